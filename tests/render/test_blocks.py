"""The Markdown extension: how fences are rendered, and what stops the build."""

import html
import re

import pytest

from render.blocks import BlockError
from render.markers import load_records

INCLUDE = '--8<-- "tensors/shape/view.py"'


def text_of(page: str) -> str:
    """Return the code of a page as a reader copies it."""
    code = re.search(r"<code>(.*?)</code>", page, re.S)[1]
    return html.unescape(re.sub(r"<[^>]*>", "", code))


def test_a_block_is_title_code_and_foot_in_one_unit(checkout):
    page = checkout.show()
    unit = re.search(r'<div class="snippet" id="view.py">(.*)</div>\s*$', page, re.S)[1]
    title, code, foot = (
        unit.index(part)
        for part in ("snippets/tensors/shape/view.py</span>", "<code>", "snippet-foot")
    )
    assert title < code < foot


def test_the_code_is_the_file(checkout):
    file = checkout.root / "snippets/tensors/shape/view.py"
    assert text_of(checkout.show()) == file.read_text("utf-8")


def test_the_download_is_a_file_of_the_site(checkout):
    include = f"```python\n{INCLUDE}\n```\n"
    for page, way in (("tensors/shape.md", "../../"), ("index.md", "")):
        html = checkout.render(checkout.page(f"{page}\n\n{include}", page))
        address = f'{way}snippets/tensors/shape/view.py" download>'
        assert f'href="{address}' in html


@pytest.mark.parametrize(("lang", "word"), [("zh", "下载"), ("en", "Download")])
def test_a_library_file_can_be_downloaded_above_its_docstrings(checkout, lang, word):
    text = "# Sums {#sums}\n\n::: snippets.sums\n\n```text\n::: snippets.no\n```\n"
    html = checkout.render(checkout.page(text, "reference/sums.md", lang), lang)
    link = (
        '<p><a class="snippet-download" href="../../snippets/sums.py"'
        f' download="sums.py">{word} sums.py</a></p>'
    )
    assert html.count("snippet-download") == html.count(link) == 1
    assert html.index(link) < html.index("::: snippets.sums")


def test_lines_of_output_and_nothing_else_are_marked(checkout):
    page = checkout.show()
    marked = re.findall(r'<span class="output">(.*?)</span>', page)
    marked = [html.unescape(re.sub(r"<[^>]*>", "", line)) for line in marked]
    assert marked == [
        "    #> tensor(0.)",
        "    #> tensor(0.)",
        "#> #> not output",
    ]


def test_comments_that_are_no_output_stay_unmarked(checkout):
    checkout.snippet("tensors/shape/note.py", "# Needs: numpy\nprint(1)\n#> 1\n")
    page = checkout.show("tensors/shape/note.py")
    assert page.count('class="output"') == 1
    assert '<span class="c1"># Needs: numpy</span>' in page


@pytest.mark.parametrize("opening", ["!!! warning", '??? note "怎么画的"'])
def test_a_block_in_a_box(checkout, opening):
    page = checkout.render(
        f"{opening}\n\n    先说结论。\n\n    ```python\n    {INCLUDE}\n    ```\n\n"
        "    再说原因。\n\n之后。\n"
    )
    file = checkout.root / "snippets/tensors/shape/view.py"
    assert text_of(page) == file.read_text("utf-8")
    box = "details" if opening.startswith("?") else "div"
    assert re.search(
        rf'<{box} class="(?:admonition )?\w+">.*<div class="snippet" id="view.py">.*'
        r'class="output".*'
        rf'class="snippet-foot".*</div>\s*</div>\s*<p>再说原因。</p>\s*</{box}>\s*<p>之后',
        page,
        re.S,
    )
    assert "<p><div" not in page
    assert "verified-html" not in page


def test_a_block_in_a_list(checkout):
    page = checkout.render(f"- 一\n\n    ```python\n    {INCLUDE}\n    ```\n\n- 二\n")
    assert re.search(r"<li>.*<div class=\"snippet\" id=.*</div>\s*</li>", page, re.S)


EVALUATE = "@torch.no_grad()\ndef evaluate(x):\n    return x[0] < 1\n"
NET = "class Net:\n    pass\n"
PROGRAM = f"""import torch


{EVALUATE}

{NET}

print(evaluate(torch.zeros(1)))
#> tensor(True)
"""


@pytest.mark.parametrize(
    ("name", "code", "title"),
    [
        ("evaluate", EVALUATE, "program.py, lines 4 to 6"),
        ("Net", NET, "program.py, lines 9 to 10"),
    ],
)
@pytest.mark.parametrize("box", ["", '??? note "more"\n\n'])
def test_a_part_is_one_function_and_the_whole_file_has_the_foot(
    checkout, name, code, title, box
):
    checkout.snippet("tensors/shape/program.py", PROGRAM)
    lines = ["```python", f'--8<-- "tensors/shape/program.py:{name}"', "```", ""]
    part = box + "\n".join("    " * bool(box) + line for line in lines)
    page = checkout.render(part, "en")
    assert text_of(page) == code
    assert f'<span class="filename">{title}</span>' in page
    assert '<div class="snippet-part" data-whole="program.py">' in page
    assert "snippet-foot" not in page
    assert "verified-html" not in page
    whole = '```python\n--8<-- "tensors/shape/program.py"\n```\n'
    page = checkout.render(f"{part}\n{whole}", "en")
    assert page.count('class="snippet-foot"') == 1
    assert page.count('<div class="snippet" id="program.py">') == 1


def test_other_fences_stay_as_they_are(checkout):
    page = checkout.render("```bash\npip install torch\n```\n\n```text\npython\n```\n")
    assert "snippet" not in page
    assert text_of(page) == "pip install torch\n"


def test_fence_within_a_fence_belongs_to_the_outer_one(checkout):
    page = checkout.render("````text\n```python\nprint(1)\n```\n````\n")
    assert "```python" in page


# What stops the build: the opening fence, its body, and part of the error message.
FAULTS = {
    "inline": ("```python", "print(1)", "Python in prose that no run has seen"),
    "empty": ("```python", "", "Python in prose that no run has seen"),
    "include and code": ("```python", f"{INCLUDE}\nx = 1", "no run has seen"),
    "two includes": ("```python", f"{INCLUDE}\n{INCLUDE}", "one fence shows one file"),
    "unknown": ("```python", '--8<-- "a/b/no.py"', "there is no file snippets/a/b/no"),
    "above": ("```python", '--8<-- "../secret.py"', "not a path below snippets/"),
    "above later": ("```python", '--8<-- "a/../../b.py"', "not a path below snippets/"),
    "absolute": ("```python", '--8<-- "/etc/x.py"', "not a path below snippets/"),
    "url": ("```python", '--8<-- "https://a.org/x.py"', "not a path below snippets/"),
    "backslash": ("```python", '--8<-- "a\\\\x.py"', "not a path below snippets/"),
    "link out": ("```python", '--8<-- "tensors/out.py"', "leads out of snippets/"),
    "lines": ("```python", '--8<-- "tensors/shape/view.py:1:2"', "not a whole Python"),
    "no such part": ("```python", '--8<-- "tensors/shape/view.py:a"', "class a"),
    "part of no file": ("```python", '--8<-- "a/no.py:a"', "is no file snippets/a/no"),
    "two parts": ("```python", '--8<-- "a/b.py:a"\n--8<-- "a/b.py:b"', "one file"),
    "no Python": ("```python", '--8<-- "tensors/shape/view.txt"', "not a whole Python"),
    "other quotes": ("```python", "--8<-- 'tensors/shape/view.py'", "not of the form"),
    "block form": ("```python", "--8<--\ntensors/shape/view.py\n--8<--", "one fence"),
    "attributes": ('```python title="x"', INCLUDE, "starts with ```python, nothing"),
    "braces": ("```{.python}", INCLUDE, "starts with ```python, nothing else"),
    "braces, inline": ("```{ .python #id }", "print(1)", "no run has seen"),
    "py": ("```py", INCLUDE, "starts with ```python, nothing else"),
    "py, inline": ("```py hl_lines='1'", "print(1)", "no run has seen"),
    "python3": ("```python3", "print(1)", "no run has seen"),
    "capital": ("``` Python", "print(1)", "no run has seen"),
    "pycon": ("```pycon", ">>> 1", "no run has seen"),
    "breaks the contract": ("```python", '--8<-- "tensors/bad.py"', "tensors/bad.py:1"),
}


@pytest.mark.parametrize("indent", ["", "    "])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_names_page_and_line(checkout, fault, indent):
    opening, body, said = FAULTS[fault]
    outside = checkout.root / "secret.py"
    outside.write_text("print(1)\n")
    (checkout.root / "snippets/tensors/out.py").symlink_to(outside)
    checkout.snippet("tensors/bad.py", "# Need: numpy\nx = 1\n")
    checkout.snippet("tensors/shape/view.txt", "x = 1\n")
    lines = [opening, *body.split("\n"), opening[:3]]
    block = "\n".join(indent + line for line in lines)
    before = "!!! note\n\n" if indent else ""
    page = checkout.page(f"# 形状\n\n{before}{block}\n\n后文\n")
    with pytest.raises(BlockError) as error:
        checkout.render(page)
    message = str(error.value)
    line = 9 if indent else 7
    assert message.startswith(f"docs/zh/tensors/shape.md:{line}: ")
    assert said in message
    assert "\n" not in message
    assert str(checkout.root) not in message


def test_tildes_are_a_fence_too(checkout):
    page = checkout.page(f"~~~python\n{INCLUDE}\n~~~\n")
    assert '<div class="snippet" id="view.py">' in checkout.render(page)
    page = checkout.page("~~~python\nprint(1)\n~~~\n")
    with pytest.raises(BlockError, match=r"shape.md:5: Python in prose"):
        checkout.render(page)


def test_a_fence_behind_a_list_mark_or_in_a_quote_is_refused(checkout):
    for lead, rest in (("- ", "  "), ("1. ", "   "), ("> ", "> ")):
        page = checkout.page(f"{lead}```python\n{rest}{INCLUDE}\n{rest}```\n")
        with pytest.raises(BlockError, match=r"shape.md:5: a Python fence starts a li"):
            checkout.render(page)


def test_a_fence_that_is_never_closed(checkout):
    page = checkout.page(f"一\n\n```python\n{INCLUDE}\n\n二\n")
    with pytest.raises(BlockError, match=r"shape.md:7: the Python fence is never clo"):
        checkout.render(page)


@pytest.mark.parametrize("text", [INCLUDE, f"```text\n{INCLUDE}\n```", f"  {INCLUDE}"])
def test_an_include_outside_a_python_fence(checkout, text):
    page = checkout.page(f"一\n\n{text}\n")
    line = 8 if text.startswith("`") else 7
    with pytest.raises(BlockError, match=f"shape.md:{line}: an include outside"):
        checkout.render(page)


def test_a_broken_record_is_named(checkout):
    checkout.record()
    (checkout.root / "records/torch-2.0.0-cpu.json").write_text("{}")
    page = checkout.page(f"```python\n{INCLUDE}\n```\n")
    with pytest.raises(BlockError, match=r"torch-2\.0\.0-cpu\.json: is not a record"):
        checkout.render(page)


def test_records_are_read_again_after_a_change(checkout):
    folder = checkout.root / "records"
    assert load_records(folder) == []
    checkout.record("2.13.0")
    assert [record.torch for record in load_records(folder)] == ["2.13.0"]
    checkout.record("2.15.0")
    assert [record.torch for record in load_records(folder)] == ["2.15.0", "2.13.0"]


def test_a_figure_has_its_size_and_waits_until_it_is_seen(checkout):
    folder = checkout.root / "docs/overrides/assets/figures"
    folder.mkdir(parents=True)
    (folder / "a-light.svg").write_text('<svg width="519.6pt" height="289.2pt"/>')
    page = checkout.render("![图](../assets/figures/a-light.svg#only-light)\n")
    assert re.search(r'<img[^>]* height="386" loading="lazy"', page)
    assert 'width="693"' in page
    assert "loading" not in checkout.render("![图](../assets/other.svg)\n")

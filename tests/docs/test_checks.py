"""Each check finds a planted fault and names its place, and else is silent."""

from pathlib import Path

import pytest

from tests.docs import checks
from tests.docs.pages import Page, markdown_extensions, read_pages, snippet_files

FENCE = '```python\n--8<-- "tensors/shape/view.py"\n```\n'
GOOD = f"""---
description: 改变张量的形状。
---

# 形状 {{#shape}}

读完本页，你会用 `view()` 改变形状。

## 改变形状 {{#view}}

| 方法 | 返回 |
| --- | --- |
| `tensor.view(*shape)` | 视图 |

{FENCE}
见[改变形状](#view)与[本页](shape.md#shape)。

- 第 1 点

    属于第 1 点的一段。

!!! warning "“`view()` 总是复制”"

    它不复制。

    ![步长](../assets/view.svg#only-light)
"""
SNIPPET = "import torch\n\nx = torch.arange(6).view(2, 3)\nprint(x.shape)\n#> 6\n"
BASE = """
theme: {logo: !ENV [LOGO, x.svg]}
markdown_extensions:
  admonition: {}
  attr_list: {}
  pymdownx.superfences: {}
  pymdownx.highlight: {}
  render.blocks: {language: zh}
  pymdownx.snippets: {base_path: [snippets], check_paths: true}
"""
CONFIG = "nav:\n  - 张量:\n    - 形状: tensors/shape.md\n"


def page(text, language="zh", name="tensors/shape.md"):
    return Page(language, name, text)


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


@pytest.fixture
def tree(tmp_path):
    """A project of one page in two languages, with nothing wrong in it."""
    for language in ("zh", "en"):
        write(tmp_path / "docs" / language / "tensors" / "shape.md", GOOD)
    write(tmp_path / "docs" / "overrides" / "assets" / "view.svg", "<svg/>")
    write(tmp_path / "snippets" / "tensors" / "shape" / "view.py", SNIPPET)
    write(tmp_path / "snippets" / "seeding.py", "x = 1\n")
    write(tmp_path / "mkdocs.base.yml", BASE)
    write(tmp_path / "mkdocs.yml", CONFIG)
    write(tmp_path / "mkdocs.en.yml", CONFIG)
    return tmp_path


def test_nothing_is_wrong_with_a_good_page(tree):
    (good,) = pages = read_pages(tree, "zh")
    extensions = markdown_extensions(tree)
    faults = [
        checks.python_blocks(good, tree, extensions),
        checks.hidden_blocks(good),
        checks.rendered_blocks(good, extensions),
        checks.shown_once(pages, snippet_files(tree)),
        checks.same_pages(pages, read_pages(tree, "en")),
        checks.same_sections(good, page(GOOD, "en")),
        checks.headings(good),
        checks.description(good),
        checks.links(good, pages, tree),
        checks.navigation(tree, "zh", pages),
        checks.same_navigation(tree),
        checks.table_columns(good),
        checks.table_rows(good, tree),
        checks.banned_phrases(good),
        checks.punctuation(good),
        checks.blanks(good),
        checks.broken_lines(good),
        checks.snippet_file("tensors/shape/view.py", SNIPPET),
        checks.snippet_sizes([5, 18, 30]),
    ]
    assert not any(faults)


# ---- blocks


def python_faults(text, tree):
    return checks.python_blocks(page(text), tree, markdown_extensions(tree))


@pytest.mark.parametrize(
    "body",
    ["x = 1", '--8<-- "tensors/shape/view.py"\n--8<-- "tensors/shape/view.py"', ""],
)
def test_a_python_block_that_is_not_one_include(tree, body):
    assert python_faults(f"\n```python\n{body}\n```\n", tree) == [
        "docs/zh/tensors/shape.md:2: not one include of one file"
    ]


@pytest.mark.parametrize("path", ["tensors/shape/gone.py", "seeding.py"])
def test_an_include_of_no_snippet_file(tree, path):
    assert python_faults(f'```python\n--8<-- "{path}"\n```\n', tree) == [
        f"docs/zh/tensors/shape.md:1: no file snippets/{path}"
    ]


@pytest.mark.parametrize(
    "file",
    [SNIPPET + "# --8<-- [start:a]\n", SNIPPET.replace("\n", "\r\n")],
)
def test_a_block_that_is_not_the_file(tree, file):
    write(tree / "snippets" / "tensors" / "shape" / "view.py", file)
    (fault,) = python_faults("\n" + FENCE, tree)
    assert fault.startswith(
        "docs/zh/tensors/shape.md:2: the block is not byte for byte"
    )


def test_a_file_that_ends_its_own_fence(tree):
    file = tree / "snippets" / "tensors" / "shape" / "view.py"
    write(file, SNIPPET + '"""\n```\n"""\n')
    (fault,) = python_faults(FENCE, tree)
    assert fault.startswith(
        "docs/zh/tensors/shape.md:1: the blocks cannot be extracted"
    )


def test_a_block_in_a_box_is_compared_without_its_indent(tree):
    fence = "".join(f"    {line}\n" for line in FENCE.splitlines())
    assert not python_faults(f'!!! note "x"\n\n{fence}', tree)


@pytest.mark.parametrize(
    "text",
    [
        '~~~python\n--8<-- "tensors/shape/view.py"\n~~~\n',
        "```py\nx = 1\n```\n",
        "``` python\nx = 1\n```\n",
        '```python title="x"\nx = 1\n```\n',
        "```{.python}\nx = 1\n```\n",
        "```\nx = 1\n```\n",
        "    x = 1\n",
        "```bash\nls\n",
        "<!--pytest-codeblocks:skip-->\n",
        "<!--pytest.mark.skip-->\n",
        "<pre>x = 1</pre>\n",
        '- 1\n\n        x = 1\n\n!!! note "x"\n\n    text\n',
    ],
)
def test_a_block_that_the_extractor_does_not_see(text):
    (fault,) = checks.hidden_blocks(page(f"text\n\n{text}"))
    number = 5 if text.startswith("-") else 3
    assert fault.startswith(f"docs/zh/tensors/shape.md:{number}: ")


def test_code_within_a_box_or_a_list_is_not_indented_code():
    text = '!!! note "x"\n\n    text\n\n    - a\n\n        b\n\n1. c\n   d\n\n    e\n'
    assert not checks.hidden_blocks(page(text))
    assert checks.hidden_blocks(page('!!! note "x"\n\n    text\n\n        x = 1\n'))


def test_a_block_that_only_the_browser_shows(tree):
    text = f"{FENCE}\n<!-- hidden from the reader:\n\n{FENCE}\n-->\n"
    (fault,) = checks.rendered_blocks(page(text), markdown_extensions(tree))
    assert "shows 1 blocks of code but has 2 fences" in fault


def test_a_file_that_is_not_shown_once_on_its_page(tree):
    files = snippet_files(tree)
    assert checks.shown_once([page("")], files) == [
        "snippets/tensors/shape/view.py:1: on no page of docs/zh"
    ]
    (twice,) = checks.shown_once([page(FENCE + FENCE)], files)
    assert twice.startswith("docs/zh/tensors/shape.md:4: ")
    assert twice.endswith("shown before, at docs/zh/tensors/shape.md:1")
    (elsewhere,) = checks.shown_once([page(FENCE, name="tensors/math.md")], files)
    assert elsewhere.startswith("docs/zh/tensors/math.md:1: ")
    assert elsewhere.endswith("belongs to tensors/shape.md")


# ---- two languages


def test_a_page_that_one_language_lacks():
    assert checks.same_pages([page("")], [page("", "en", "a.md")]) == [
        "docs/zh/tensors/shape.md:1: no page docs/en/tensors/shape.md",
        "docs/en/a.md:1: no page docs/zh/a.md",
    ]


@pytest.mark.parametrize(
    ("old", "new", "line", "word"),
    [
        ("## 改变形状 {#view}", "### 改变形状 {#view}", 9, "heading"),
        ("## 改变形状 {#view}", "## 改变形状 {#views}", 9, "heading"),
        ("- 第 1 点", "## 又一节 {#more}", 21, "no #more"),
        ("    它不复制。\n\n", "", 9, "paragraphs"),
        (FENCE, "", 9, "files"),
        ("| `tensor.view(*shape)` | 视图 |\n", "", 9, "tables"),
        ("你会用 `view()`", "你会用", 5, "inline code"),
        ("(shape.md#shape)", "(shape.md)", 9, "links"),
        ("!!! warning", "!!! note", 9, "admonitions"),
        ("view.svg", "shape.svg", 9, "pictures"),
    ],
)
def test_a_section_that_differs_between_the_languages(old, new, line, word):
    assert old in GOOD
    faults = checks.same_sections(page(GOOD), page(GOOD.replace(old, new), "en"))
    (fault,) = [fault for fault in faults if word in fault]
    language = "en" if word == "no #more" else "zh"
    assert fault.startswith(f"docs/{language}/tensors/shape.md:{line}: ")


def test_code_in_a_fence_is_not_inline_code():
    with_bash = page("# a {#a}\n\n```bash\necho `date`\n```\n")
    assert checks.codes(with_bash.lines) == set()
    assert checks.codes(page("a `x\ny` b\n").lines) == {"x y"}


# ---- a page by itself


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("# a {#a}\n\n## b\n", 3, "no explicit id"),
        ("# a {#a}\n\n##b\n", 3, "no explicit id"),
        ("# a {#a}\n\n## b {#B_c}\n", 3, "lower-case"),
        ("# a {#a}\n\n## b {#a}\n", 3, "line 1"),
        ("# a {#a}\n\n# b {#b}\n", 3, "2 titles"),
        ("## b {#b}\n", 1, "0 titles"),
        ("# a {#a}\n\nb\n---\n", 4, "underlined"),
        ("# a {#a}\n\n<h2>b</h2>\n", 3, "HTML heading"),
    ],
)
def test_a_heading_without_a_good_id(text, line, word):
    (fault,) = checks.headings(page(text))
    assert fault.startswith(f"docs/zh/tensors/shape.md:{line}: ")
    assert word in fault


def test_a_comment_in_a_shell_block_is_no_heading():
    assert not checks.headings(page("# a {#a}\n\n```bash\n# comment\n```\n"))


@pytest.mark.parametrize(
    "front", ["", "---\ntitle: x\n---\n", "---\ndescription:\n---\n"]
)
def test_a_page_without_description(front):
    (fault,) = checks.description(page(f"{front}# a {{#a}}\n"))
    assert fault.startswith("docs/zh/tensors/shape.md:1: ")


@pytest.mark.parametrize(
    "link",
    [
        "[a](gone.md)",
        "[a](shape.md#gone)",
        "[`a`](#gone)",
        "[a](/tensors/shape.md)",
        "[a](../../en/tensors/shape.md)",
        "[a](../gone/)",
        "[a]()",
        "![a](../assets/gone.svg)",
        "![a[0] = 9](../assets/gone.svg)",
        "[![a](../assets/view.svg)](gone.md)",
        "[![a](../assets/gone.svg)](shape.md)",
        "![a](../assets/view.svg#only-lihgt)",
        "[a][ref]\n\n[ref]: gone.md",
        '<a href="gone.md">a</a>',
    ],
)
def test_a_link_that_leads_nowhere(tree, link):
    pages = read_pages(tree, "zh")
    (fault,) = checks.links(page(f"{GOOD}\n{link}\n"), pages, tree)
    line = GOOD.count("\n") + (4 if "ref" in link and "[ref]" in link else 2)
    assert fault.startswith(f"docs/zh/tensors/shape.md:{line}: ")


@pytest.mark.parametrize(
    "link",
    ["[a](https://pytorch.org)", "`x[0](gone)`", "[`a`](shape.md#view)", "<b@c.org>"],
)
def test_a_link_that_is_none_of_ours(tree, link):
    assert not checks.links(page(f"{GOOD}\n{link}\n"), read_pages(tree, "zh"), tree)


def test_a_page_outside_the_navigation_and_the_other_way_round(tree):
    write(
        tree / "mkdocs.yml", CONFIG + "    - a: tensors/a.md\n    - a: tensors/a.md\n"
    )
    write(tree / "docs" / "zh" / "b.md", "")
    assert checks.navigation(tree, "zh", read_pages(tree, "zh")) == [
        "docs/zh/b.md:1: not in the nav of mkdocs.yml",
        "mkdocs.yml:4: no page docs/zh/tensors/a.md",
        "mkdocs.yml:4: tensors/a.md is in the nav 2 times",
    ]
    (fault,) = checks.same_navigation(tree)
    assert "page 2" in fault


def test_a_row_with_too_few_cells():
    text = "| a | b |\n| --- | --- |\n| `x | y` | 1 |\n| 2 |\n||1|\n| x \\| y | 1 |\n"
    assert checks.table_columns(page(text)) == [
        "docs/zh/tensors/shape.md:4: 1 cells in a table of 2 columns"
    ]


# ---- tables and the files that prove them


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("torch.float32", "float32"),
        ("tensor.view(*size)", "view"),
        ("tensor.detach().clone()", "clone"),
        ("tensor.sum(dim, …)", "sum"),
        ("tensor.max(dim=…)", "max"),
        ("os.environ['CUDA_VISIBLE_DEVICES']", "environ"),
        ("torch.device('cuda', 0)", "device"),
        ("cat(tensors, dim)", "cat"),
        ("a @ b", None),
        ("x[mask]", None),
        ("dim", None),
        ("2.13.0", None),
        ("pip install torch", None),
        ("dim=0", None),
    ],
)
def test_the_name_of_an_api(code, name):
    assert checks.api_name(code) == name


def test_a_row_that_no_file_proves(tree):
    text = (
        f"| a | b |\n| --- | --- |\n| `x.view()`, `x.gone()` | `x.other()` |\n\n{FENCE}"
    )
    assert checks.table_rows(page(text), tree) == [
        "docs/zh/tensors/shape.md:3: no file on the page uses `x.gone()`"
    ]


# ---- prose


@pytest.mark.parametrize(
    "text",
    [
        "值得注意的是，它复制。",
        "它不仅快，而且省，更好用。",
        "先看代码。让我们开始。",
        "- 让我们开始。",
        "好！！",
        "它复制——总是。",
        "这意味着它复制。",
        "请您看。",
        '!!! note "您"',
        "| 您 | 1 |",
    ],
)
def test_a_banned_phrase(text):
    (fault,) = checks.banned_phrases(page(f"\n{text}\n"))
    assert fault.startswith("docs/zh/tensors/shape.md:2: ")


def test_a_banned_phrase_in_code_or_in_a_sentence_is_none():
    text = "`您` 可以。它让我们看到结果。\n\n```bash\n# 您——\n```\n"
    assert not checks.banned_phrases(page(text))


@pytest.mark.parametrize(
    "text",
    [
        "它复制,总是",
        "它复制, 总是",
        "`x`, 它",
        "形状(shape)",
        "注: 它",
        "它复制.",
        '他说"好"',
    ],
)
def test_half_width_punctuation_beside_chinese(text):
    (fault,) = checks.punctuation(page(f"\n{text}\n"))
    assert fault.startswith("docs/zh/tensors/shape.md:2: half-width")


@pytest.mark.parametrize(
    "text",
    [
        "步长（stride），`a`, `b` 与 (0, 1)。",
        '---\ndescription: "改变形状"\n---',
        '!!! note "形状"',
        "[形状](shape.md)很重要",
        "![步长](a.svg)",
        "1. 先看",
        "| 形状 | 步长 |",
    ],
)
def test_punctuation_that_is_right(text):
    assert not checks.punctuation(page(f"{text}\n"))


@pytest.mark.parametrize("text", ["用view", "3轮", "`x`返回", "**轮**3", "[轮](a.md)3"])
def test_no_blank_between_chinese_and_latin(text):
    (fault,) = checks.blanks(page(f"\n{text}\n"))
    assert fault.startswith("docs/zh/tensors/shape.md:2: no blank")


def test_a_blank_is_not_asked_beside_punctuation_or_in_addresses():
    assert not checks.blanks(page("用 `x`，3 轮。[轮](图a.md)\n\n## 轮 {#a轮}\n"))


def test_a_line_break_in_a_chinese_sentence():
    (fault,) = checks.broken_lines(page("第一行\n第二行\n"))
    assert fault.startswith("docs/zh/tensors/shape.md:1: ")
    assert not checks.broken_lines(page("- 第一行\n- 第二行\n\n![图](a)\n![图](b)\n"))
    assert not checks.broken_lines(page("第一行 `x`\n`y` 第二行\n"))


def test_chinese_on_an_english_page():
    (fault,) = checks.chinese_left(page("a\n\nthe 视图\n", "en"))
    assert fault.startswith("docs/en/tensors/shape.md:3: ")
    assert not checks.chinese_left(page("the `视图`\n", "en"))


# ---- snippet files


@pytest.mark.parametrize(
    ("source", "line", "word"),
    [
        ("x = 1\ny = '" + "a" * 90 + "'\n", 2, "columns"),
        ("x = 1\n" * 31, 31, "31 lines"),
        ("x = 1\n\tx\n".replace("\tx", "y = '\t'"), 2, "tab"),
        ("x = 1\nimport verify.run\n", 2, "verify"),
        ("def f():\n    from verify import runner\n", 2, "verify"),
        ("import os\nos.environ['MASTER_PORT'] = '29500'\n", 2, "port"),
        ("import os\nos.environ.setdefault('MASTER_PORT', '29500')\n", 2, "port"),
        ("# Run: torchrun --master-port=29500 FILE\n", 1, "port"),
        ("x = 1\nu = 'tcp://localhost:29500'\n", 2, "port"),
    ],
)
def test_a_fault_within_a_file(source, line, word):
    (fault,) = checks.snippet_file("tensors/shape/view.py", source)
    assert fault.startswith(f"snippets/tensors/shape/view.py:{line}: ")
    assert word in fault


@pytest.mark.parametrize(
    "name", ["__init__", "random", "numpy", "view_2", "View", "2_views", "view-a"]
)
def test_a_bad_name(name):
    (fault,) = checks.snippet_file(f"tensors/shape/{name}.py", SNIPPET)
    assert fault.startswith(f"snippets/tensors/shape/{name}.py:1: ")


def test_a_free_port_and_a_digit_in_a_word_are_fine():
    source = "import os\nport = os.environ['MASTER_PORT']\nu = 'tcp://localhost:0'\n"
    assert not checks.snippet_file("distributed/launch/conv2d_to_bf16.py", source)


def test_the_one_whole_program_may_be_longer():
    name = "training/loop/train_digits.py"
    assert not checks.snippet_file(name, "x = 1\n" * 120)
    (fault,) = checks.snippet_file(name, "x = 1\n" * 121)
    assert "121 lines, more than 120" in fault


def test_files_that_are_long_on_the_whole():
    (median,) = checks.snippet_sizes([5, 19, 19])
    assert "median of 19" in median
    (p90,) = checks.snippet_sizes([5] * 8 + [60] * 2)
    assert "90th percentile" in p90


def test_the_checks_leave_nothing_behind(tree):
    before = sorted(Path(tree).rglob("*"))
    test_nothing_is_wrong_with_a_good_page(tree)
    assert sorted(Path(tree).rglob("*")) == before

"""The model of the pages: how they are parsed, cached and looked up."""

import pytest

from render import markers, pages
from render.mistakes import MARKER
from render.pages import fences, parse_page, read_site, read_snippet_file

INCLUDE = '```python\n--8<-- "tensors/shape/view.py"\n```\n'


def test_a_page_is_found_by_its_text_and_by_the_files_that_it_shows(checkout):
    checkout.page("## 一\n", "a.md")
    text = checkout.page(f"## 一\n\n{INCLUDE}", "tensors/shape.md")
    site = read_site(checkout.root, "zh")
    assert site.page_with(text).name == "tensors/shape.md"
    assert site.page_with("text of no page") is None
    assert site.page_of("tensors/shape/view.py").name == "tensors/shape.md"
    assert site.page_of("tensors/shape/gone.py") is None


def test_pages_are_in_the_order_of_the_navigation(checkout):
    for name in ("a.md", "index.md", "tensors/math.md", "tensors/shape.md"):
        checkout.page(f"# {name}\n", name, "en")
    site = read_site(checkout.root, "en")
    assert list(site.pages) == [
        "index.md",
        "tensors/shape.md",
        "tensors/math.md",
        "a.md",
    ]
    assert [page.title for page in site.chapters["Tensors"]] == [
        "tensors/shape.md",
        "tensors/math.md",
    ]
    names = {"tensors/math", "index", "tensors/shape"}
    assert pages.page_order(checkout.root, "en", names) == {
        "Home": ["index"],
        "Tensors": ["tensors/shape", "tensors/math"],
    }


def test_pages_are_read_again_only_when_one_has_changed(checkout):
    checkout.page("# one\n")
    site = read_site(checkout.root, "zh")
    assert read_site(checkout.root, "zh") is site
    checkout.page("# another\n")
    assert read_site(checkout.root, "zh").pages["tensors/shape.md"].title == "another"


def test_a_page_is_expanded_once_until_a_record_changes(checkout):
    checkout.page("# R {#r}\n\n<!-- release runs -->\n", "reference/releases.md")
    page = read_site(checkout.root, "zh").pages["reference/releases.md"]
    expanded = markers.expand(page)
    assert markers.expand(page) is expanded
    checkout.record("2.13.0")
    assert "2.13.0" not in expanded.text
    assert "2.13.0" in markers.expand(page).text


def test_a_line_knows_where_a_person_wrote_it(checkout):
    data = checkout.root / "docs/mistakes/tensors/shape.yml"
    data.parent.mkdir(parents=True)
    data.write_text(
        '- id: a\n  zh: {claim: "一", truth: "二"}\n  en: {claim: "1", truth: "2"}\n'
    )
    for lang in ("zh", "en"):
        checkout.page(f"# a {{#a}}\n\n{MARKER}\n\nb\n", lang=lang)
    page = read_site(checkout.root, "zh").pages["tensors/shape.md"]
    places = {line.text: line.place for line in page.lines}
    assert places["# a {#a}"] == "docs/zh/tensors/shape.md:5"
    assert places['!!! warning "一"'] == "docs/mistakes/tensors/shape.yml:2"
    assert places["b"] == "docs/zh/tensors/shape.md:9"


def test_a_marker_in_a_fence_is_code(checkout):
    checkout.page(f"# a\n\n```text\n{MARKER}\n```\n")
    assert MARKER in read_site(checkout.root, "zh").pages["tensors/shape.md"].text


def test_a_page_without_front_matter_and_one_with_a_mark_of_its_encoding(checkout):
    path = checkout.root / "docs/zh/a.md"
    path.parent.mkdir(parents=True)
    path.write_bytes("\ufeff---\r\ndescription: b\r\n---\r\n\r\n# 张量\r\n".encode())
    page = read_site(checkout.root, "zh").pages["a.md"]
    assert (page.description, page.text) == ("b", "# 张量\n")
    bare = parse_page("# a\n\n---\n", "zh", "a.md")
    assert (bare.description, bare.text) == ("", "# a\n\n---\n")


def test_sections_and_what_they_show():
    page = parse_page(
        f"# A `b` {{#a}}\n\n## c {{#c}}\n\n{INCLUDE}\n### d {{#d}}\n\n## e {{#e}}\n",
        "zh",
        "a.md",
    )
    assert [(x.level, x.id) for x in page.sections[1:]] == [
        (1, "a"),
        (2, "c"),
        (3, "d"),
        (2, "e"),
    ]
    assert page.title == "A `b`"
    assert page.shown() == page.shown("a") == page.shown("c") != page.shown("d")
    assert "### d" in page.text_of("c")
    assert page.heading_of(page.fences[0].first) == "c"


def test_a_page_that_shows_a_part_of_a_file_does_not_show_the_file(checkout):
    part = INCLUDE.replace("view.py", "view.py:size")
    whole = parse_page(f"# a\n\n{part}\n{INCLUDE}", "zh", "a.md", checkout.root)
    only = parse_page(f"# a\n\n{part}", "zh", "a.md", checkout.root)
    assert [fence.part for fence in whole.fences] == [
        ("tensors/shape/view.py", "size"),
        None,
    ]
    assert whole.shown() == [name for name, _ in whole.snippets]
    assert whole.shown() == ["tensors/shape/view.py"]
    assert only.shown() == only.snippets == []


def test_line_numbers_of_fences():
    found = list(fences(["a", "```bash", "b", "```", "~~~python", "c", "~~~", "```"]))
    assert [(x.first, x.last, x.is_python, x.is_closed) for x in found] == [
        (1, 3, False, True),
        (4, 6, True, True),
        (7, 7, False, False),
    ]


@pytest.mark.parametrize("config", pages.CONFIGS.values())
def test_values_that_the_environment_gives_are_left_out(tmp_path, config):
    (tmp_path / config).write_text("a: !ENV [B, c]\nd: [1]\n")
    assert pages.read_config(tmp_path / config) == {"a": None, "d": [1]}


def test_a_snippet_file_is_parsed_again_when_it_has_changed(tmp_path):
    path = tmp_path / "block.py"
    path.write_text("print(1)\n#> 1\n")
    snippet = read_snippet_file(path)
    assert read_snippet_file(path) is snippet
    path.write_text("print(10)\n#> 10\n")
    assert read_snippet_file(path).source == "print(10)\n#> 10\n"

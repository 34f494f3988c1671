"""Common mistakes: one file supplies both their page and the errata."""

from __future__ import annotations

import re

import pytest

from render import mistakes
from render.blocks import BlockError
from render.errata import errata
from render.markers import ERRATA

ENTRY = """\
- id: view-copies
  kind: wrong
  since: always
  blocks: [view]
  zh:
    claim: "误区：`view()` 会复制"
    truth: |-
      共享内存，见[上文](#view)和[创建](create.md#a)。
  en:
    claim: "Myth: `view()` copies"
    truth: |-
      It shares memory, see [above](#view) and [create](create.md#a).
"""
GENERAL = """\
- id: not-in-the-notes
  zh: {claim: "一", truth: "二。"}
  en: {claim: "one", truth: "Two."}
"""
PAGE = f"# 形状 {{#shape}}\n\n## 误区 {{#mistakes}}\n\n{mistakes.MARKER}\n"


@pytest.fixture
def pages(checkout):
    """A function that writes a page's mistakes and returns the checkout's folder."""
    for lang in ("zh", "en"):
        checkout.page(PAGE, lang=lang)
        checkout.page(f"# 勘误 {{#errata}}\n\n{ERRATA}\n", "reference/errata.md", lang)

    def write(text, page="tensors/shape"):
        path = checkout.root / mistakes.data_file(page)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return checkout.root

    return write


def test_a_page_shows_its_entries_as_boxes(checkout, pages):
    pages(ENTRY + GENERAL)
    html = checkout.render(PAGE)
    titles = re.findall(r'<p class="admonition-title">(.*?)</p>', html)
    assert titles == ["误区：<code>view()</code> 会复制", "一"]
    assert re.search(
        r'admonition warning.*<div class="snippet" id="view.py"', html, re.S
    )
    assert mistakes.MARKER not in html


def test_the_boxes_are_those_of_the_page_s_language(checkout, pages):
    pages(ENTRY)
    html = checkout.render(PAGE, "en")
    assert "It shares memory" in html
    assert "共享内存" not in html


def test_each_line_of_a_box_knows_where_it_stands(pages):
    root = pages(GENERAL + ENTRY)
    rows = mistakes.boxes(mistakes.load(root, "tensors/shape"), "en")
    file = (root / mistakes.data_file("tensors/shape")).read_text("utf-8").split("\n")
    for line, number in rows:
        if line.startswith("!!!") or line.startswith("    It"):
            said = line.removeprefix('!!! warning "').removesuffix('"').strip()
            assert said in file[number - 1]


def test_the_errata_lists_what_has_a_kind(pages):
    root = pages(ENTRY + GENERAL)
    text = "\n".join(errata(root, "en", "reference/errata.md"))
    assert text.startswith("1 statements: 1 wrong.")
    assert "## Tensors {#tensors " in text
    assert "### [形状](../tensors/shape.md) {#tensors-shape " in text
    assert "**“`view()` copies”** · wrong · always so" in text
    assert "[`view.py`](../tensors/shape.md#view.py)" in text
    assert "{: #view-copies .erratum " in text
    assert "Two." not in text


@pytest.mark.parametrize(
    ("lang", "statement"), [("zh", "“`view()` 会复制”"), ("en", "“`view()` copies”")]
)
def test_the_errata_quotes_a_myth_without_the_word_myth(pages, lang, statement):
    text = "\n".join(errata(pages(ENTRY), lang, "reference/errata.md"))
    assert f"**{statement}** · " in text


def test_links_of_a_truth_lead_on_from_the_errata(pages):
    root = pages(ENTRY)
    text = "\n".join(errata(root, "zh", "reference/errata.md"))
    assert "[上文](../tensors/shape.md#view)" in text
    assert "[创建](../tensors/create.md#a)" in text


@pytest.mark.parametrize(
    ("since", "zh", "en"),
    [
        ('"2.6"', "从 2.6 起", "since 2.6"),
        ("seen 2.0.1", "2.0.1 已如此", "2.0.1 or earlier"),
        ("always", "一直如此", "always so"),
    ],
)
def test_since_when(pages, since, zh, en):
    root = pages(ENTRY.replace("since: always", f"since: {since}"))
    for lang, said in (("zh", zh), ("en", en)):
        assert f"· {said}" in "\n".join(errata(root, lang, "reference/e.md"))


def test_the_rendered_errata_has_an_anchor_for_each_entry(checkout, pages):
    pages(ENTRY)
    html = checkout.render(f"# 勘误 {{#errata}}\n\n{ERRATA}\n")
    assert '<p class="erratum" id="view-copies">' in html


def test_an_entry_shows_a_block_of_another_page(pages, checkout):
    checkout.snippet("tensors/create/a.py", "print(1)\n#> 1\n")
    root = pages(ENTRY.replace("blocks: [view]", "proof: [tensors/create/a]"))
    text = "\n".join(errata(root, "zh", "reference/errata.md"))
    assert "[`a.py`](../tensors/create.md#a.py)" in text


@pytest.mark.parametrize(
    ("old", "new", "line", "fault"),
    [
        ("  blocks: [view]\n", "", 1, "view-copies: no block proves it"),
        (
            "blocks: [view]",
            "blocks: [gone]",
            1,
            "no file snippets/tensors/shape/gone.py",
        ),
        ("blocks: [view]", "blocks: view", 1, "blocks is not a list of files"),
        ("  en:\n", "  fr:\n", 1, "the language en is missing"),
        ("  en:\n", "  fr:\n", 9, "unknown key 'fr'"),
        ("kind: wrong", "kind: bad", 1, "kind 'bad' is none of wrong, outdated"),
        ("  since: always\n", "", 1, "kind and since go together"),
        ("since: always", "since: ever", 1, "since 'ever' is no release"),
        ("id: view-copies", "id: View", 1, "id 'View' is not lower-case words"),
        ("`view()` copies", 'a \\" b', 1, "the claim in en"),
        ("Myth: ", "", 1, "the claim in en doesn't begin with 'Myth: '"),
        ("误区：", "", 1, "the claim in zh doesn't begin with '误区：'"),
        ('    claim: "Myth: `view()` copies"\n', "", 1, "en has no claim"),
        (
            "    truth: |-\n      It",
            "    turth: |-\n      It",
            11,
            "unknown key 'turth'",
        ),
        ("- id:", "id:", 1, "not a list of entries"),
        ("  kind: wrong", "  kind: [", 4, "did not find"),
    ],
)
def test_a_fault_names_file_and_line(pages, old, new, line, fault):
    assert old in ENTRY
    text = ENTRY.replace(old, new)
    if old == "- id:":
        text = text.replace("\n  ", "\n")
    root = pages(text)
    with pytest.raises(mistakes.MistakeError) as caught:
        mistakes.load(root, "tensors/shape")
    found = str(caught.value).split("\n")
    place = f"docs/mistakes/tensors/shape.yml:{line}: "
    assert any(row.startswith(place) and fault in row for row in found), found


def test_a_second_entry_of_one_name(pages):
    root = pages(ENTRY + ENTRY)
    with pytest.raises(
        mistakes.MistakeError, match=r"shape.yml:13: a second entry view-"
    ):
        mistakes.load(root, "tensors/shape")


def test_one_name_on_two_pages(pages, checkout):
    for lang in ("zh", "en"):
        checkout.page(PAGE, "tensors/math.md", lang)
    checkout.snippet("tensors/math/view.py", "print(1)\n#> 1\n")
    pages(ENTRY, "tensors/math")
    root = pages(ENTRY)
    with pytest.raises(
        mistakes.MistakeError, match=r"shape.yml:1: view-copies stands in"
    ):
        errata(root, "zh", "reference/errata.md")


def test_entries_of_a_page_that_is_not_there(pages):
    root = pages(ENTRY.replace("[view]", "[tensors/shape/view]"), "tensors/gone")
    with pytest.raises(
        mistakes.MistakeError, match=r"gone.yml:1: there is no page docs/z"
    ):
        mistakes.load(root, "tensors/gone")


def test_a_marker_without_entries_stops_the_build(checkout, pages):
    with pytest.raises(BlockError, match=r"tensors/shape.yml:1: there is no such file"):
        checkout.render(PAGE)

"""Every row, block and statement of the notes has a home, or a page it waits for."""

import sys
from collections import Counter
from pathlib import Path

import pytest

from render import mistakes
from render.pages import LANGUAGES, read_site

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[2]
MAP = Path(__file__).with_name("notes_map.toml")
# Rows, blocks and statements of each section of the notes: none can vanish unseen.
COUNTS = {
    "文首": (0, 0, 5),
    "一.0": (0, 1, 0),
    "一.1": (0, 0, 2),
    "一.2": (0, 0, 3),
    "二.1": (3, 0, 0),
    "二.2": (6, 0, 0),
    "三.1": (9, 0, 0),
    "三.2": (3, 0, 0),
    "三.3": (7, 0, 0),
    "三.4": (4, 0, 0),
    "三.5": (13, 0, 2),
    "三.6": (10, 0, 0),
    "四.1": (5, 0, 0),
    "四.2": (0, 0, 2),
    "四.3": (0, 1, 4),
    "四.4": (8, 5, 6),
    "四.5": (0, 2, 4),
    "四.6": (0, 4, 0),
    "四.7": (0, 4, 1),
    "四.8": (4, 8, 10),
    "五": (0, 1, 0),
    "五.1": (0, 2, 8),
    "五.2": (0, 0, 2),
    "五.3": (0, 3, 1),
    "五.4": (0, 2, 3),
    "六.1": (0, 4, 1),
    "六.2": (5, 1, 3),
}
KEYS = {"kind", "item", "page", "heading", "snippet", "open", "wrong", "errata"}


def read_map(path=MAP):
    """The page map, the sections of the notes with their entries, the findings."""
    table = tomllib.loads(path.read_text("utf-8"))
    return table["pages"], table["notes"], table["findings"]


def fault_of(entry, pages, root):
    """What is wrong with an entry, in a few words; "" when nothing is.

    Args:
        entry: One line of the map.
        pages: Names of the page map.
        root: The project's folder.
    """
    unknown = set(entry) - KEYS
    if unknown or not {"kind", "item"} <= set(entry):
        return f"keys {sorted(unknown)}" if unknown else "no kind or no item"
    if ("open" in entry) == ("page" in entry):
        return "has to name either a page or an open one"
    name = entry.get("open") or entry["page"]
    if name not in pages:
        return f"{name} is not in the page map"
    paths = {lang: root / "docs" / lang / f"{name}.md" for lang in LANGUAGES}
    if "open" in entry:
        there = [path for path in paths.values() if path.exists()]
        return f"{name} exists now: name the heading there" if there else ""
    heading, file = entry.get("heading"), None
    if "snippet" in entry:
        file = f"{name}/{entry['snippet']}.py"
        if not (root / "snippets" / file).is_file():
            return f"no file snippets/{file}"
    for language, path in paths.items():
        where = f"docs/{language}/{name}.md"
        if not path.is_file():
            return f"no page {where}"
        page = read_site(root, language).pages[f"{name}.md"]
        if heading not in {section.id for section in page.sections}:
            return f"{where} has no heading #{heading}"
        if file and file not in page.shown(heading):
            return f"{where}#{heading} does not show {file}"
        if "wrong" in entry and heading != "mistakes":
            linked = f"(#{heading})" in page.text_of("mistakes")
            if not linked and (file is None or file not in page.shown("mistakes")):
                return f"{where}#mistakes neither shows this nor links to #{heading}"
    return ""


PAGES, NOTES, FINDINGS = read_map()
ERRATA = {entry.id for entry in mistakes.load_all(ROOT) if entry.kind}
ENTRIES = [
    pytest.param(entry, id=f"{section} {entry.get('item')}")
    for section, entries in NOTES.items()
    for entry in entries
]


@pytest.mark.parametrize("entry", ENTRIES)
def test_an_entry_holds(entry):
    fault = fault_of(entry, PAGES, ROOT)
    if fault:
        pytest.fail(f"notes_map.toml: {entry['item']}: {fault}", pytrace=False)


def errata_fault(target, known, root):
    """What is wrong with the errata entry that is named; "" when nothing is.

    Args:
        target: The id of an entry, or `{"open": page}` for one of a later chapter.
        known: The ids of all entries of the errata.
        root: The project's folder.
    """
    if isinstance(target, dict):
        page = f"docs/zh/{target['open']}.md"
        return f"{page} exists now: name its entry" if (root / page).exists() else ""
    return "" if target in known else f"no entry {target} in docs/mistakes/ with a kind"


@pytest.mark.parametrize("entry", [e for e in ENTRIES if "wrong" in e.values[0]])
def test_what_is_wrong_has_an_errata_entry(entry):
    target = {"open": entry["open"]} if "open" in entry else entry.get("errata")
    fault = errata_fault(target, ERRATA, ROOT)
    if fault:
        pytest.fail(f"notes_map.toml: {entry['item']}: {fault}", pytrace=False)


@pytest.mark.parametrize("finding", FINDINGS)
def test_a_finding_has_an_errata_entry(finding):
    fault = errata_fault(FINDINGS[finding], ERRATA, ROOT)
    if fault:
        pytest.fail(f"notes_map.toml: finding {finding}: {fault}", pytrace=False)


def test_no_finding_has_vanished():
    assert len(FINDINGS) == 75


def test_none_has_vanished():
    counted = {
        section: tuple(Counter(x["kind"] for x in entries)[k] for k in kinds)
        for kinds in [("row", "block", "text")]
        for section, entries in NOTES.items()
    }
    assert counted == COUNTS
    assert sum(map(sum, COUNTS.values())) == len(ENTRIES)


def test_the_basics_and_the_tensors_are_all_taken_in():
    waiting = [
        f"{section} {entry['item']}"
        for section, entries in NOTES.items()
        for entry in entries
        if "open" in entry and (section[0] in "一二三" or "no_grad" in entry["item"])
    ]
    assert waiting == []


# ---- the test is able to fail


@pytest.fixture
def tree(tmp_path):
    """A project with one page and one file."""
    text = (
        "# a {#a}\n\n## b {#b}\n\n"
        '```python\n--8<-- "tensors/shape/x.py"\n```\n\n'
        "## c {#c}\n\n## d {#mistakes}\n\n[see](#c)\n"
    )
    for language in LANGUAGES:
        path = tmp_path / "docs" / language / "tensors" / "shape.md"
        path.parent.mkdir(parents=True)
        path.write_text(text, "utf-8")
    file = tmp_path / "snippets" / "tensors" / "shape" / "x.py"
    file.parent.mkdir(parents=True)
    file.write_text("print(1)\n", "utf-8")
    return tmp_path


GOOD = {"kind": "row", "item": "x", "page": "tensors/shape", "heading": "b"}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({}, ""),
        ({"snippet": "x"}, ""),
        ({"heading": "a", "snippet": "x"}, ""),
        ({"heading": "c", "wrong": "y"}, ""),
        ({"heading": "mistakes", "wrong": "y"}, ""),
        ({"page": None, "heading": None, "open": "tensors/math"}, ""),
        ({"pgae": "x"}, "keys"),
        ({"item": None}, "no item"),
        ({"page": None}, "either"),
        ({"open": "tensors/math"}, "either"),
        ({"page": None, "open": "tensors/gone"}, "page map"),
        ({"page": None, "open": "tensors/shape"}, "exists now"),
        ({"page": "tensors/math"}, "no page docs/zh/tensors/math.md"),
        ({"heading": "z"}, "no heading #z"),
        ({"heading": None}, "no heading"),
        ({"snippet": "z"}, "no file"),
        ({"heading": "c", "snippet": "x"}, "does not show"),
        ({"wrong": "y"}, "links to #b"),
    ],
)
def test_the_fault_of_an_entry(tree, change, fault):
    changed = {key: x for key, x in {**GOOD, **change}.items() if x is not None}
    found = fault_of(changed, ["tensors/shape", "tensors/math"], tree)
    assert fault in found
    assert bool(fault) == bool(found)


def test_a_heading_that_only_one_language_has(tree):
    path = tree / "docs" / "en" / "tensors" / "shape.md"
    path.write_text(path.read_text("utf-8").replace("{#b}", "{#bb}"), "utf-8")
    assert fault_of(GOOD, ["tensors/shape"], tree) == (
        "docs/en/tensors/shape.md has no heading #b"
    )


@pytest.mark.parametrize(
    ("target", "fault"),
    [
        ("max-is-a-tuple", ""),
        ("max-is-a-tupel", "no entry max-is-a-tupel"),
        (None, "no entry None"),
        ({"open": "tensors/math"}, ""),
        ({"open": "tensors/shape"}, "exists now"),
    ],
)
def test_the_fault_of_an_errata_entry(tree, target, fault):
    found = errata_fault(target, {"max-is-a-tuple"}, tree)
    assert fault in found
    assert bool(fault) == bool(found)

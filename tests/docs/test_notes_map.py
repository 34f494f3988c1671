"""Everything in the original notes is on the pages, and their faults are in the errata.

This site grew from notes in Chinese. `notes_map.toml` lists every table row, code block
and statement of the notes, with the page and heading where it is now.
"""

import sys
from collections import Counter
from pathlib import Path

import pytest

from render import mistakes
from render.pages import LANGUAGES, read_site
from tests.faults import hold

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[2]
MAP = Path(__file__).with_name("notes_map.toml")
SECTIONS = tomllib.loads(MAP.read_text("utf-8"))["section"]
ERRATA = {entry.id for entry in mistakes.load_all(ROOT) if entry.kind}
KINDS = {"row", "block", "statement"}
OPTIONAL = {"snippet", "wrong", "errata"}


def section_faults(section, errata=ERRATA, root=ROOT):
    """Check a section of the map.

    Args:
        section: The section, as parsed from the map.
        errata: The ids of all entries in the errata.
        root: The project's folder.

    Yields:
        One line for each fault.
    """
    entries = section["entries"]
    for entry in entries:
        if fault := entry_fault(entry, root):
            yield f"{entry.get('item')}: {fault}"
    wrong = {*section.get("also_wrong", [])}
    wrong |= {entry["errata"] for entry in entries if "errata" in entry}
    for target in sorted(wrong - errata):
        yield f"docs/mistakes/ has no mistake {target} with a kind"
    counts = {**Counter(entry.get("kind") for entry in entries)}
    counts |= {"fault": len(wrong)} if wrong else {}
    if counts != section["counts"]:
        yield f"has {counts}, expected {section['counts']}"


def entry_fault(entry, root):
    """Return what is wrong with an entry, in a few words, or "" if nothing is."""
    needed = {"kind", "item", "page", "heading"}
    if not needed <= entry.keys() <= needed | OPTIONAL or entry["kind"] not in KINDS:
        return f"has the keys {sorted(entry)}"
    if ("wrong" in entry) != ("errata" in entry):
        return "needs both 'wrong' and 'errata', or neither"
    name, heading, file = entry["page"], entry["heading"], None
    if "snippet" in entry:
        file = f"{name}/{entry['snippet']}.py"
    for language in LANGUAGES:
        where = f"docs/{language}/{name}.md"
        if not (root / where).is_file():
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


@pytest.mark.parametrize(
    "section", SECTIONS, ids=lambda section: f"{section['name']} {section['about']}"
)
def test_a_section_of_the_notes_has_its_place(section):
    hold(f"{MAP.name}: {line}" for line in section_faults(section))


def test_no_section_is_lost():
    names = [section["name"] for section in SECTIONS]
    assert len(names) == len({*names}) == 27


# ---- The checks above find planted faults


@pytest.fixture
def tree(tmp_path):
    """A project with one page, the same in both languages except for one heading."""
    text = (
        "# a {#a}\n\n## b {#b}\n\n"
        '```python\n--8<-- "tensors/shape/x.py"\n```\n\n'
        "## c {#c}\n\n## d {#mistakes}\n\n[see](#c)\n"
    )
    for language in LANGUAGES:
        path = tmp_path / "docs" / language / "tensors" / "shape.md"
        path.parent.mkdir(parents=True)
        path.write_text(text + f"\n## only here {{#{language}}}\n", "utf-8")
    return tmp_path


GOOD = {"kind": "row", "item": "x", "page": "tensors/shape", "heading": "b"}
WRONG = {"wrong": "y", "errata": "known"}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({}, ""),
        ({"snippet": "x"}, ""),
        ({"heading": "a", "snippet": "x"}, ""),
        ({"heading": "c", **WRONG}, ""),
        ({"heading": "mistakes", **WRONG}, ""),
        ({"pgae": "x"}, "has the keys"),
        ({"item": None}, "has the keys"),
        ({"page": None}, "has the keys"),
        ({"heading": None}, "has the keys"),
        ({"kind": "text"}, "has the keys"),
        ({"page": "tensors/math"}, "no page docs/zh/tensors/math.md"),
        ({"heading": "z"}, "has no heading #z"),
        ({"heading": "zh"}, "docs/en/tensors/shape.md has no heading #zh"),
        ({"snippet": "z"}, "does not show tensors/shape/z.py"),
        ({"heading": "c", "snippet": "x"}, "does not show"),
        (WRONG, "links to #b"),
        ({"wrong": "y"}, "needs both"),
        ({"heading": "c", "wrong": "y", "errata": "gone"}, "no mistake gone"),
    ],
)
def test_a_fault_of_an_entry_is_named(tree, change, fault):
    entry = {key: x for key, x in {**GOOD, **change}.items() if x is not None}
    faults = {"fault": 1} if "errata" in entry else {}
    counts = {"row": 1, **faults}
    section = {"counts": counts, "entries": [entry]}
    found = [*section_faults(section, {"known"}, tree)]
    assert bool(found) == bool(fault)
    assert fault in "".join(found)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"counts": {"row": 2}}, "has {'row': 1}, expected {'row': 2}"),
        ({"entries": []}, "has {}, expected {'row': 1}"),
        ({"also_wrong": ["known"]}, "has {'row': 1, 'fault': 1}"),
        ({"also_wrong": ["gone"]}, "docs/mistakes/ has no mistake gone"),
    ],
)
def test_a_fault_of_a_section_is_named(tree, change, fault):
    section = {"counts": {"row": 1}, "entries": [GOOD], **change}
    assert fault in next(section_faults(section, {"known"}, tree))

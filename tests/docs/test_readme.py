"""README and COMMANDS match in both languages; all texts name only what exists."""

import re
from pathlib import Path

import pytest

from render import checks
from render.pages import codes, parse_page, tables, targets

ROOT = Path(__file__).resolve().parents[2]


def read(name):
    """Parse a Markdown file in the root folder of the project."""
    language = "zh" if name.endswith(".zh.md") else "en"
    return parse_page((ROOT / name).read_text("utf-8"), language, name)


PAIRS = [
    (read("README.md"), read("README.zh.md")),
    (read("COMMANDS.md"), read("COMMANDS.zh.md")),
]
TEXTS = [
    *(page for pair in PAIRS for page in pair),
    *map(read, ("CONTRIBUTING.md", "ARCHITECTURE.md", "CHANGELOG.md", "SECURITY.md")),
]
each_pair = pytest.mark.parametrize(("en", "zh"), PAIRS, ids=["README", "COMMANDS"])
each_text = pytest.mark.parametrize("page", TEXTS, ids=lambda page: page.name)


@each_pair
def test_both_languages_have_the_same_commands_and_tables(en, zh):
    assert [fence.body for fence in zh.fences] == [fence.body for fence in en.fences]
    assert [t.shape for t in tables(zh.lines)] == [t.shape for t in tables(en.lines)]
    assert codes(zh.lines) == codes(en.lines)
    assert [s.level for s in zh.sections] == [s.level for s in en.sections]


@each_pair
def test_the_chinese_is_written_as_on_the_pages(en, zh):
    for rule in checks.CHINESE:
        assert list(rule(zh)) == []


@each_text
def test_every_session_exists(page):
    sessions = re.findall(
        r"^def (\w+)\(session", (ROOT / "noxfile.py").read_text(), re.M
    )
    assert set(re.findall(r"nox -s (\w+)", page.text)) <= set(sessions)


@each_text
def test_every_link_leads_to_a_file(page):
    for _, target, _ in targets(page.lines):
        assert target.startswith("https://") or (ROOT / target).is_file()


@each_text
def test_every_folder_that_is_named_exists(page):
    for code in codes(page.lines):
        is_address = "://" in code
        if code.endswith("/") and code != "site/" and not is_address:
            assert (ROOT / code).is_dir(), code

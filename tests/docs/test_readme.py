"""The README says the same in both languages, and nothing that does not exist."""

import re
from pathlib import Path

import pytest

from render import checks
from render.pages import codes, parse_page, tables, targets

ROOT = Path(__file__).resolve().parents[2]
EN, ZH = (
    parse_page((ROOT / name).read_text("utf-8"), language, name)
    for language, name in [("en", "README.md"), ("zh", "README.zh.md")]
)
CONTRIBUTING = parse_page(
    (ROOT / "CONTRIBUTING.md").read_text("utf-8"), "en", "CONTRIBUTING.md"
)
each_text = pytest.mark.parametrize(
    "page", [EN, ZH, CONTRIBUTING], ids=lambda page: page.name
)


def test_both_languages_have_the_same_commands_and_tables():
    assert [fence.body for fence in ZH.fences] == [fence.body for fence in EN.fences]
    assert [t.shape for t in tables(ZH.lines)] == [t.shape for t in tables(EN.lines)]
    assert codes(ZH.lines) == codes(EN.lines)
    assert [s.level for s in ZH.sections] == [s.level for s in EN.sections]


def test_the_chinese_is_written_as_on_the_pages():
    for rule in checks.CHINESE:
        assert list(rule(ZH)) == []


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


def test_every_folder_and_file_that_is_named_exists():
    for page in (EN, ZH):
        for code in codes(page.lines):
            if code.endswith("/") and code != "site/":  # what a build makes
                assert (ROOT / code).is_dir(), code

"""Each error message on the pages comes from a run and has a cure in both languages."""

import re
from pathlib import Path

import pytest

from render import errors
from render.pages import read_site
from tests.faults import hold
from verify import DEFAULT_TORCH

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = ("zh", "en")
RECORDED = errors.recorded(ROOT)
TEXTS = {
    one.text
    for entries in RECORDED.values()
    for entry in entries
    for one in entry.messages
}


def rows(lang):
    """Return the generated lines of all pages of error messages in one language."""
    return [
        row
        for part in errors.PARTS
        for row in errors.part(ROOT, lang, f"reference/errors-{part}.md", part)
    ]


def test_every_page_that_a_part_names_exists():
    for part, names in errors.PARTS.items():
        for name in names:
            assert (ROOT / "docs" / "en" / name).exists(), f"{part}: {name}"


def test_there_are_messages():
    assert len(TEXTS) > 200


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_message_of_the_default_release_has_a_cure_or_a_reason(lang):
    hold(
        [
            f"snippets/{name}: write a cure into docs/errors/{lang}.yml, or a reason "
            f"into docs/errors/left-off.yml: {message.cls}: {message.text[:200]}"
            for name, message in errors.uncured(ROOT, lang)
        ]
    )


def test_every_heading_was_met_by_a_run_of_its_blocks():
    for found in errors.headings(ROOT, "en").values():
        for one in found:
            assert one.message.text in TEXTS
            for name in one.files:
                assert any(
                    one.pattern.match(message.text)
                    for entry in RECORDED[name]
                    for message in entry.messages
                ), (name, one.pattern.text)


def test_every_heading_is_on_a_page():
    headings = sum(map(len, errors.headings(ROOT, "en").values()))
    assert headings > 150
    for lang in LANGUAGES:
        assert sum(row.startswith("### ") for row in rows(lang)) == headings


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_cure_belongs_to_a_message(lang):
    shown = {
        one.pattern for found in errors.headings(ROOT, lang).values() for one in found
    }
    hold(
        [
            f"docs/errors/{lang}.yml: no block met {pattern.text!r}; take it out, or "
            "run the block that does with python -m verify --json records"
            for pattern in errors.cures(ROOT, lang)
            if pattern not in shown
        ]
    )


def test_both_languages_have_the_same_headings_and_code():
    assert [*errors.cures(ROOT, "zh")] == [*errors.cures(ROOT, "en")]
    ids = [re.findall(r"^#+ .*?#([\w-]+)", "\n".join(rows(x)), re.M) for x in LANGUAGES]
    assert ids[0] == ids[1]
    assert len(ids[0]) > 150
    zh, en = (errors.cures(ROOT, lang) for lang in LANGUAGES)
    hold(
        [
            f"docs/errors: {pattern.text!r} has other code in Chinese"
            for pattern in en
            if sorted(re.findall("`[^`]+`", zh[pattern]))
            != sorted(re.findall("`[^`]+`", en[pattern]))
        ]
    )


@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_part_has_its_page_and_ids_of_its_own(lang):
    pages = read_site(ROOT, lang).pages
    for marker, part in errors.PART_MARKERS.items():
        name = f"reference/errors-{part}.md"
        assert marker in pages[name].text
        made = "\n".join(errors.part(ROOT, lang, name, part))
        ids = re.findall(r"^#+ .*?\{:? ?#([\w-]+)", made, re.M)
        assert len(ids) == len(set(ids))


def test_chinese_sentences_end_in_chinese():
    hold(
        [
            f"docs/errors/zh.yml: {text!r} doesn't end with 。"
            for text in errors.cures(ROOT, "zh").values()
            if not text.endswith("。")
        ]
    )


def test_no_message_tells_of_the_machine_that_ran_it():
    home = re.compile(r"/(?:home|root|tmp|work|usr)/|\b0x[0-9a-f]{6,}|:[2-6]\d{4}\b")
    hold([text for text in TEXTS if home.search(text)])
    assert DEFAULT_TORCH in {x for e in RECORDED.values() for y in e for x in y.ran}

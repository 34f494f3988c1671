"""The pages hold what the project promises of them."""

from pathlib import Path

import pytest

from tests.docs import checks
from tests.docs.pages import (
    LANGUAGES,
    at_origin,
    markdown_extensions,
    read_pages,
    snippet_files,
)

ROOT = Path(__file__).resolve().parents[2]
PAGES = {language: read_pages(ROOT, language) for language in LANGUAGES}
FILES = snippet_files(ROOT)

every_page = pytest.mark.parametrize(
    "page", PAGES["zh"] + PAGES["en"], ids=lambda page: page.where
)
chinese_page = pytest.mark.parametrize("page", PAGES["zh"], ids=lambda page: page.where)
english_page = pytest.mark.parametrize("page", PAGES["en"], ids=lambda page: page.where)
each_language = pytest.mark.parametrize("language", LANGUAGES)
each_file = pytest.mark.parametrize("file", FILES)


def hold(faults):
    """Fail with the faults and nothing around them."""
    if faults:
        both = PAGES["zh"] + PAGES["en"]
        pytest.fail("\n".join(at_origin(x, both) for x in faults), pytrace=False)


@pytest.fixture(scope="module")
def extensions():
    """The Markdown extensions of the site, with their options."""
    return markdown_extensions(ROOT)


def test_there_are_pages_and_files():
    assert PAGES["zh"]
    assert PAGES["en"]
    assert FILES


@every_page
def test_a_python_block_is_one_file(page, extensions):
    hold(checks.python_blocks(page, ROOT, extensions))


@every_page
def test_no_block_hides_from_the_extractor(page):
    hold(checks.hidden_blocks(page))


@every_page
def test_the_rendered_page_shows_no_other_block(page, extensions):
    hold(checks.rendered_blocks(page, extensions))


@each_language
def test_every_file_is_shown_once(language):
    hold(checks.shown_once(PAGES[language], FILES))


def test_both_languages_have_the_same_pages():
    hold(checks.same_pages(PAGES["zh"], PAGES["en"]))


@chinese_page
def test_both_languages_agree_section_by_section(page):
    for other in PAGES["en"]:
        if other.name == page.name:
            hold(checks.same_sections(page, other))


@each_language
def test_the_navigation_lists_the_pages(language):
    hold(checks.navigation(ROOT, language, PAGES[language]))


def test_the_navigation_has_the_same_order_in_both_languages():
    hold(checks.same_navigation(ROOT))


@every_page
def test_every_heading_has_an_id(page):
    hold(checks.headings(page))


@every_page
def test_the_page_describes_itself(page):
    hold(checks.description(page))


@every_page
def test_links_and_anchors_lead_somewhere(page):
    hold(checks.links(page, PAGES[page.language], ROOT))


@every_page
def test_rows_have_the_columns_of_their_table(page):
    hold(checks.table_columns(page))


@every_page
def test_an_api_in_a_table_is_used_by_a_file_on_the_page(page):
    hold(checks.table_rows(page, ROOT))


@chinese_page
def test_no_banned_phrase(page):
    hold(checks.banned_phrases(page))


@chinese_page
def test_full_width_punctuation(page):
    hold(checks.punctuation(page))


@chinese_page
def test_a_blank_between_chinese_and_latin(page):
    hold(checks.blanks(page))


@chinese_page
def test_no_line_break_in_a_chinese_sentence(page):
    hold(checks.broken_lines(page))


@english_page
def test_no_chinese_left_on_an_english_page(page):
    hold(checks.chinese_left(page))


@each_file
def test_a_file_is_short_and_well_named(file):
    hold(checks.snippet_file(file, (ROOT / "snippets" / file).read_text("utf-8")))


def test_most_files_are_very_short():
    files = [(ROOT / "snippets" / file).read_text("utf-8") for file in FILES]
    hold(checks.snippet_sizes([len(text.splitlines()) for text in files]))

"""What every reader uses: the language switch, colors, downloads and addresses."""

import json
import re
from pathlib import Path

import pytest

SNIPPETS = Path(__file__).resolve().parents[2] / "snippets"


@pytest.mark.parametrize(("lang", "other"), [("zh", "en"), ("en", "zh")])
def test_the_switch_of_language_stays_on_the_page(open_page, site, lang, other):
    for path in ("", "tensors/shape/"):
        page = open_page(f"{lang}/{path}")
        page.click(".site-language")
        page.wait_for_url(f"{site}{other}/{path}")
        assert page.evaluate("document.documentElement.lang") == other


def test_the_switch_of_language_keeps_the_section(open_page, site):
    page = open_page("zh/tensors/shape/#view")
    page.click(".site-language")
    page.wait_for_url(f"{site}en/tensors/shape/#view")
    assert page.locator("#view").is_visible()


def test_the_switch_of_language_works_without_scripts(open_page, site):
    page = open_page("en/tensors/shape/", java_script_enabled=False)
    page.click(".site-language")
    assert page.url == f"{site}zh/tensors/shape/"


def test_the_switch_of_language_keeps_the_colors(open_page, site):
    page = open_page("zh/tensors/shape/", color_scheme="light")
    page.click('label[for="__palette_1"]')
    page.click(".site-language")
    page.wait_for_url(f"{site}en/**")
    assert page.get_attribute("body", "data-md-color-scheme") == "slate"


@pytest.mark.parametrize(("wish", "scheme"), [("light", "default"), ("dark", "slate")])
def test_colors_follow_the_system(open_page, wish, scheme):
    page = open_page("zh/", color_scheme=wish)
    assert page.get_attribute("body", "data-md-color-scheme") == scheme


def test_the_index_holds_no_badges(folder):
    states = {"zh": r"✓ \d+ 个版本|○ 尚", "en": r"✓ \d+ releases|○ Not"}
    for lang, words in states.items():
        index = (folder / lang / "search/search_index.json").read_text("utf-8")
        for entry in json.loads(index)["docs"]:
            text = entry["text"].replace("\u200b", "")
            assert not re.search(words, text), entry["location"]


def test_a_fault_of_a_page_would_be_seen(readers, site):
    reader = readers()
    page = reader.page
    page.goto(f"{site}zh/")
    page.route("https://pytorch.example/*", lambda route: route.abort())
    page.evaluate("fetch('https://pytorch.example/x').catch(() => console.error('y'))")
    page.evaluate("fetch('nowhere.js')")
    page.wait_for_timeout(200)
    faults = "\n".join(reader.faults)
    assert "asks for https://pytorch.example/x" in faults
    assert "404 for" in faults
    assert ": y" in faults


@pytest.mark.parametrize("path", ["en/", "zh/tensors/shape/"])
def test_the_download_is_the_file(open_page, path):
    page = open_page(path)
    block = page.locator(".md-content__inner > .snippet").first  # not in a closed box
    file = SNIPPETS.parent / block.locator(".filename").inner_text()
    with page.expect_download() as download:
        block.locator(".snippet-download").click()
    assert download.value.suggested_filename == file.name
    assert Path(download.value.path()).read_bytes() == file.read_bytes()


def test_output_is_set_apart_by_more_than_color(open_page):
    for scheme in ("light", "dark"):
        page = open_page("zh/", color_scheme=scheme)
        output = page.locator(".snippet .output").first
        rule = output.evaluate("line => getComputedStyle(line).boxShadow")
        assert "inset" in rule
        assert output.inner_text().startswith("#>")


def test_the_block_of_the_home_page_stands_above_the_fold(open_page):
    for lang in ("zh", "en"):
        foot = open_page(f"{lang}/").locator(".snippet-foot").first.bounding_box()
        assert foot["y"] + foot["height"] < 900


@pytest.mark.parametrize(
    ("path", "heading"),
    [
        ("zh/nothing/here/", "没有这个页面"),
        ("en/nothing/here/", "There is no such page"),
        ("nothing/", "没有这个页面"),
    ],
)
def test_an_unknown_address(open_page, site, path, heading):
    page = open_page(path)
    assert page.locator("h1").inner_text() == heading
    lang = "en" if path.startswith("en") else "zh"
    page.locator(f'article a[href], body > p a[href="{lang}/"]').first.click()
    page.wait_for_url(f"{site}{lang}/")


@pytest.mark.parametrize(
    ("locale", "lang"),
    [("zh-CN", "zh"), ("zh-TW", "zh"), ("en-US", "en"), ("fr-FR", "en")],
)
def test_the_root_leads_to_the_language_of_the_reader(open_page, site, locale, lang):
    open_page(locale=locale).wait_for_url(f"{site}{lang}/")


def test_the_root_leads_to_chinese_without_scripts(open_page, site):
    open_page(java_script_enabled=False).wait_for_url(f"{site}zh/")

"""The API index in a browser: its filter and its letters."""

import pytest

from render import api
from render.blocks import ROOT

NAMES = [*api.all_used(ROOT)]
FIELD = "#api-filter"
both = pytest.mark.parametrize("lang", ["zh", "en"])


def names(page):
    """Return the names in the index that are visible."""
    return page.evaluate(
        "[...document.querySelectorAll('#api-index ~ p')]"
        ".filter(row => row.checkVisibility())"
        ".map(row => row.id || row.querySelector(':scope > a[id]')?.id).filter(Boolean)"
    )


@both
def test_a_filter_leaves_the_names_with_all_words(open_page, lang):
    page = open_page(f"{lang}/reference/api/")
    assert len(names(page)) == len(NAMES)
    page.get_by_label({"zh": "筛选", "en": "Filter"}[lang], exact=True).fill(
        "TENSOR view"
    )
    wanted = [x for x in NAMES if "tensor" in x.lower() and "view" in x.lower()]
    assert sorted(names(page)) == sorted(wanted) != []
    output = page.locator(".api-filter output").inner_text()
    assert str(len(wanted)) in output
    assert str(len(NAMES)) in output
    assert page.locator("#api-index ~ h2 >> visible=true").count() == 1
    page.fill(FIELD, "no such name")
    assert names(page) == []
    page.evaluate("location.hash = 'torch.zeros'")
    page.wait_for_function("document.getElementById('torch.zeros').checkVisibility()")


def test_the_filter_works_on_a_phone_by_keys(open_page):
    page = open_page("en/reference/api/", viewport={"width": 390, "height": 844})
    page.focus(FIELD)
    page.keyboard.type("einsum")
    assert names(page) == ["torch.einsum"]
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_letters_lead_to_names(open_page):
    page = open_page("en/reference/api/")
    letter = page.locator("#tensor + .letters a", has_text="V")
    assert letter.get_attribute("href").startswith("#torch.Tensor.v")
    letter.click()
    target = letter.get_attribute("href")[1:]
    box = page.locator(f"[id='{target}']").bounding_box()
    assert page.locator(".md-header").bounding_box()["height"] <= box["y"] < 400


def test_without_scripts_the_whole_index_is_there(open_page):
    page = open_page("en/reference/api/", java_script_enabled=False)
    assert page.locator(FIELD).count() == 0
    assert page.locator("#api-index ~ p[id]").count() >= len(NAMES) - 1
    assert page.locator(".letters").first.is_visible()

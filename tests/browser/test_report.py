"""Links to a new issue that already names the block or the page."""

import hashlib
from urllib.parse import parse_qs, urlsplit

import pytest

from render.blocks import ROOT


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_block_leads_to_an_issue_about_it(open_page, lang):
    page = open_page(f"{lang}/tensors/shape/")
    block = page.locator("[id='stride_and_offset.py']")
    link = block.locator(".snippet-report")
    assert not link.is_visible()  # inside the closed details of the badge
    block.locator("summary").first.click()
    assert link.is_visible()
    file = "snippets/tensors/shape/stride_and_offset.py"
    sha256 = hashlib.sha256((ROOT / file).read_bytes()).hexdigest()
    page.select_option(".site-release select", "2.6.0")
    address = link.get_attribute("href")
    assert address.startswith("https://pytorch-notes.example/issues/new?")
    said = parse_qs(urlsplit(address).query)
    assert said == {
        "title": [file],
        "body": [f"{file}\ntorch 2.6.0\nsha256 {sha256}"],
    }
    names = page.locator(".snippet-report").evaluate_all("x => x.map(y => y.ariaLabel)")
    assert len(set(names)) == page.locator(".snippet").count()


def test_without_scripts_the_page_leads_to_an_issue(open_page):
    page = open_page("en/tensors/shape/", java_script_enabled=False)
    link = page.locator(".take-away .report")
    assert link.is_visible()
    assert "title=docs/en/tensors/shape.md" in link.get_attribute("href")
    assert page.locator(".snippet-report").count() == 0

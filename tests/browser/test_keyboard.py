"""The site without a mouse, and the site without scripts."""

import pytest

# All visible controls, so none in a closed menu or box. Of the search, only the input
# counts, because the results and the reset button appear once it is open.
WANTED = """() => [...document.querySelectorAll(
    "a[href], button, input, select, summary, label[tabindex], [tabindex='0']")]
  .filter(one => one.checkVisibility({visibilityProperty: true}))
  .filter(one => one.getClientRects().length && one.tabIndex >= 0)
  .filter(one => !one.closest(".md-search__inner") || one.matches(".md-search__input"))
  .filter(one => !one.hidden)  // the way to the top, until one scrolls
  .filter(one => one.type != "radio" || one.checked)
  .map((one, n) => (one.dataset.n = n, one.outerHTML.slice(0, 100)))"""
# The focused element. A radio button of the palette shows its focus on its label.
FOCUS = """() => {
  const one = document.activeElement
  if (!one || one == document.body) return null
  const shown = one.matches(".md-option") ? one.nextElementSibling : one
  const style = getComputedStyle(shown), box = shown.getBoundingClientRect()
  return {
    n: one.dataset.n ?? null,
    html: one.outerHTML.slice(0, 100),
    outlined: style.outlineStyle != "none" && parseFloat(style.outlineWidth) >= 1,
    seen: box.width > 0 && box.bottom > 0 && box.top < innerHeight
      && box.right > 0 && box.left < innerWidth,
  }
}"""

# True except for a moment after the search closes, when the theme still stops a narrow
# page from scrolling.
FREE = """() => document.querySelector("#__search").checked
  || !document.body.hasAttribute("data-md-scrolllock")"""


def walk(page):
    """Press Tab from the top of the page to its end; return what gets the focus."""
    reached = []
    presses = 0
    while True:
        page.keyboard.press("Tab")
        page.wait_for_function(FREE)
        focus = page.evaluate(FOCUS)
        presses += 1
        assert presses < 1000, "the Tab key never comes round"
        if focus is None:  # at the end of the page, or of the search
            continue
        if reached and focus["n"] == reached[0]["n"]:
            return reached
        reached.append(focus)


@pytest.mark.parametrize("width", [1300, 390])
@pytest.mark.parametrize(
    "path", ["zh/", "en/tensors/layout/", "zh/reference/freezing/", "en/404.html"]
)
def test_keys_reach_everything_and_the_focus_is_seen(open_page, path, width):
    page = open_page(
        path, viewport={"width": width, "height": 900}, reduced_motion="reduce"
    )
    page.wait_for_load_state("networkidle")
    page.add_style_tag(content="* { transition: none !important }")
    wanted = page.evaluate(WANTED)
    reached = walk(page)
    numbers = {focus["n"] for focus in reached}
    assert [x for n, x in enumerate(wanted) if str(n) not in numbers] == []
    assert len(wanted) > 5
    for focus in reached:
        if "md-search__scrollwrap" in focus["html"]:
            continue  # visible only in an open search
        assert focus["outlined"], focus["html"]
        assert focus["seen"], focus["html"]


def test_keys_open_the_menu_of_a_narrow_screen(open_page):
    page = open_page("en/", viewport={"width": 390, "height": 844})
    page.wait_for_load_state("networkidle")
    link = page.locator(".md-nav--primary a", has_text="Shape").first
    assert not link.is_visible()
    page.focus(".md-header__button[for=__drawer]")
    page.keyboard.press("Enter")
    page.wait_for_selector(".md-sidebar--primary", state="visible")
    assert page.is_checked("#__drawer")


def test_keys_choose_the_colors(open_page):
    page = open_page("en/", color_scheme="light")
    page.focus(".md-option")
    page.keyboard.press("ArrowRight")
    assert page.get_attribute("body", "data-md-color-scheme") == "slate"


def test_keys_search(open_page, site):
    page = open_page("en/")
    page.wait_for_load_state("networkidle")
    page.keyboard.press("/")
    page.keyboard.insert_text("storage_offset")
    page.keyboard.press("End")
    page.wait_for_selector(".md-search-result__link >> visible=true")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site}en/tensors/shape/**")


@pytest.mark.parametrize("width", [1300, 390])
def test_a_page_without_scripts(open_page, site, width):
    size = {"width": width, "height": 900}
    page = open_page("en/tensors/shape/", java_script_enabled=False, viewport=size)
    block = page.locator(".md-content__inner > .snippet").first
    assert block.locator("code").inner_text().startswith("import")
    assert block.locator(".snippet-foot").is_visible()
    box = page.locator("details.note").first
    box.locator("> summary").click()
    assert box.locator(".snippet").is_visible()
    if width == 390:  # a checkbox opens the menu
        page.focus("#__drawer")
        page.keyboard.press("Space")
    link = page.locator(".md-nav--primary a", has_text="Autograd").first
    assert link.is_visible()
    link.click()
    page.wait_for_url(f"{site}en/tensors/autograd/")
    assert page.locator("h1").inner_text().startswith("Autograd")


def test_a_term_is_explained_to_keys_and_led_to_by_a_tap(open_page, site):
    page = open_page("en/reference/ddp/")
    page.focus("a.term[href$=term-rank]")
    said = page.locator("a.term[href$=term-rank]").evaluate(
        "term => getComputedStyle(term, '::after').content"
    )
    assert said.startswith('"The number of a process')
    page = open_page("zh/reference/ddp/", has_touch=True)
    page.tap("a.term[href$=term-rank]")
    page.wait_for_url(f"{site}zh/reference/glossary/#term-rank")
    assert page.locator("#term-rank").is_visible()

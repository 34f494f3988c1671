"""How pages look: the first screen, the release matrix, pictures and tables."""

import threading

import pytest

from render import site as rendering

MATRIX = "#pages ~ * table:has(th:nth-child(7))"
both = pytest.mark.parametrize("lang", ["zh", "en"])


@both
def test_the_first_screen_leads_on(open_page, site, lang):
    page = open_page(f"{lang}/")
    buttons = page.locator("#home + p + p a")
    assert page.locator(".numbers strong").count() == 3
    for part in (buttons.nth(1), page.locator(".numbers")):
        box = part.bounding_box()
        assert box["y"] + box["height"] < 600
    buttons.nth(1).click()
    assert page.evaluate("document.activeElement.matches('.md-search__input')")
    page = open_page(f"{lang}/")
    page.locator("#home + p + p a").first.click()
    page.wait_for_url(f"{site}{lang}/start/first/")


def test_the_search_button_works_without_our_script(readers, site):
    page = readers().page
    page.route("**/assets/site.js", lambda route: route.abort())
    page.goto(f"{site}en/")
    page.locator("#home + p + p a").nth(1).click()
    page.wait_for_url(f"{site}en/?q=")
    page.wait_for_function("document.activeElement.matches('.md-search__input')")


@both
@pytest.mark.parametrize("width", [390, 1300])
def test_the_matrix_shows_every_release(open_page, lang, width):
    page = open_page(
        f"{lang}/reference/releases/", viewport={"width": width, "height": 900}
    )
    page.wait_for_selector(f".md-typeset__scrollwrap {MATRIX}, {MATRIX}")
    right = page.evaluate(
        f"document.querySelector('{MATRIX}').getBoundingClientRect().right"
    )
    assert right <= width
    if width == 1300:  # the header row stays in view
        page.locator(f"{MATRIX} tr").last.evaluate("row => row.scrollIntoView(false)")
        head = page.locator(f"{MATRIX} th").nth(3)
        header = page.locator(".md-header").bounding_box()["height"]
        assert header - 2 <= head.bounding_box()["y"] <= header + 2


def test_the_matrix_is_printed_whole(open_page):
    # The width of A4 without margins. Folded rows must be printed too.
    page = open_page("en/reference/releases/", viewport={"width": 718, "height": 1000})
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") <= 718
    cells = page.locator(f"{MATRIX} tr").nth(1).locator("td")
    box = cells.last.bounding_box()
    assert box["x"] + box["width"] <= 718
    folded = page.locator("#pages ~ details li").first
    assert folded.bounding_box()["height"] > 0


def test_a_picture_is_loaded_in_the_scheme_that_is_seen(readers, site):
    page = readers(color_scheme="light").page
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{site}en/tensors/shape/")
    picture = page.locator("article img[src$='only-light']").first
    picture.scroll_into_view_if_needed()
    picture.evaluate("image => image.decode()")
    width, height = picture.evaluate(
        "x => [x.width / x.naturalWidth, x.height / x.naturalHeight]"
    )
    assert abs(width - height) < 0.01
    assert not any("-dark.svg" in url for url in asked)
    page.click("label[for=__palette_1]")
    page.locator("article img[src$='only-dark']").first.evaluate("x => x.decode()")
    assert any("-dark.svg" in url for url in asked)


@both
def test_an_unknown_address_suggests(open_page, site, lang):
    page = open_page(f"{lang}/tensors/einsum-path.html")
    other = {"zh": "en", "en": "zh"}[lang]
    switch = page.get_attribute(".site-language", "href")
    assert switch.endswith(f"{other}/tensors/einsum-path.html")
    assert page.title().startswith(("没有这个页面", "There is no such page"))
    assert page.locator("article li a").count() == 5
    page.click("#search-instead a")
    page.wait_for_url(f"{site}{lang}/?q=tensors%20einsum%20path")
    page.wait_for_selector(".md-search-result__link >> visible=true")


def test_an_address_outside_both_languages_suggests(open_page, site):
    page = open_page("einsum/")
    page.click("div[lang=en] a >> nth=1")
    page.wait_for_url(f"{site}en/?q=einsum")


def test_unknown_addresses_below_a_folder_that_the_build_did_not_know(
    open_page, folder
):
    with rendering.server(folder.parent, 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://{rendering.HOST}:{server.server_port}/{folder.name}/"
        page = open_page()
        page.goto(f"{url}en/404.html")
        page.wait_for_load_state("networkidle")
        paper = "getComputedStyle(document.body).getPropertyValue('--paper')"
        assert page.evaluate(paper), "there are no styles"
        page.click("article li a >> nth=0")
        page.wait_for_url(f"{url}en/start/first/")
        server.shutdown()


def test_buttons_of_blocks_have_names_of_their_own(open_page):
    page = open_page("en/tensors/shape/")
    page.wait_for_selector(".md-code__nav[role=none]")
    for what in (".md-code__nav button", ".snippet-download"):
        names = page.evaluate(
            f"[...document.querySelectorAll('.snippet {what}')].map(x => x.ariaLabel)"
        )
        assert len(names) == len(set(names)) > 1
        assert all(name.endswith(".py") for name in names)


@both
def test_a_sentence_in_a_table_has_room_on_a_phone(open_page, lang):
    page = open_page(
        f"{lang}/reference/glossary/", viewport={"width": 390, "height": 844}
    )
    page.wait_for_selector("tr[id=term-rank]")
    cell = page.locator("tr[id=term-rank] td").nth(2).bounding_box()
    assert cell["width"] > 300

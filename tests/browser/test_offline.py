"""The archive for reading offline, unpacked and opened without a server."""

import zipfile

import pytest

from render import links, offline

INPUT = ".md-search__input"


@pytest.fixture(scope="module")
def unpacked(folder, tmp_path_factory):
    """The folder in the unpacked archive."""
    # A space in the path, as in many readers' paths.
    unpacked = tmp_path_factory.mktemp("read me")
    with zipfile.ZipFile(folder / offline.NAME) as packed:
        packed.extractall(unpacked)
    return unpacked / offline.FOLDER


@pytest.fixture(scope="module")
def home(unpacked):
    """The `file:` address of the unpacked archive."""
    return f"{unpacked.as_uri()}/"


@pytest.fixture
def opened(chromium, home):
    """A function that opens a file of the archive in a new browser context.

    The test fails if a page asks for anything else or reports an error.
    """
    faults = []
    contexts = []

    def opened(path, **options):
        context = chromium.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on(
            "request",
            lambda request: (
                request.url.startswith((home, "data:"))
                or faults.append(f"asks for {request.url}")
            ),
        )
        page.on("requestfailed", lambda request: faults.append(f"no {request.url}"))
        page.on(
            "console",
            lambda said: said.type == "error" and faults.append(said.text),
        )
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(home + path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert faults == []


@pytest.mark.parametrize(("locale", "lang"), [("zh-CN", "zh"), ("en-US", "en")])
def test_it_opens_in_the_language_of_the_reader(opened, home, locale, lang):
    page = opened("index.html", locale=locale)
    page.wait_for_url(f"{home}{lang}/index.html")
    color = "getComputedStyle(document.querySelector('.snippet')).borderTopWidth"
    assert page.evaluate(color) == "1px", "there are no styles"


def test_links_lead_to_files(opened, home):
    page = opened("zh/index.html")
    page.click("article a:text-is('形状')")
    page.wait_for_url(f"{home}zh/tensors/shape/index.html")
    assert page.evaluate(
        "[...document.querySelectorAll('a[href]')].every(link =>"
        " link.protocol != 'file:' || /\\.\\w+$/.test(link.pathname))"
    )


def test_every_link_of_the_archive_leads_somewhere(unpacked):
    assert links.inside(unpacked, links.read(unpacked)) == []


def test_the_switch_of_language_stays_on_the_page(opened, home):
    page = opened("zh/tensors/shape/index.html#view")
    page.click(".site-language")
    page.wait_for_url(f"{home}en/tensors/shape/index.html#view")


def test_pictures_are_shown(opened):
    page = opened("zh/tensors/shape/index.html", color_scheme="dark")
    picture = page.locator("article img >> visible=true").first
    assert "-dark.svg" in picture.get_attribute("src")
    picture.scroll_into_view_if_needed()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)")


@pytest.mark.parametrize(
    ("lang", "words", "wanted"),
    [("zh", "自动求导", "tensors/autograd"), ("en", "storage_offset", "tensors/shape")],
)
def test_search(opened, home, lang, words, wanted):
    page = opened(f"{lang}/tensors/math/index.html")
    page.click(INPUT)
    page.keyboard.insert_text(words)
    page.keyboard.press("End")
    page.wait_for_selector(".md-search-result__link >> visible=true")
    page.locator(".md-search-result__link >> visible=true").first.click()
    page.wait_for_url(f"{home}{lang}/{wanted}/index.html**")


def test_the_pages_lead_to_the_archive(open_page, folder):
    page = open_page("zh/")
    with page.expect_download() as download:
        page.click(f"a[href$='{offline.NAME}']")
    assert download.value.suggested_filename == offline.NAME


def test_a_chosen_release_is_kept_and_its_difference_is_there(opened, home):
    page = opened("en/tensors/setup/index.html")
    page.select_option(".site-release select", "2.7.1")
    page.click("[id='accelerator.py'] .snippet-difference")
    page.wait_for_url(f"{home}en/reference/releases/index.html#torch-2-7-1-cpu")
    page.click(".site-language")
    page.wait_for_url(f"{home}zh/reference/releases/index.html*")
    assert page.input_value(".site-release select") == "2.7.1"
    assert page.locator("th.of-release").inner_text() == "2.7.1"

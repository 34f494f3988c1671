"""Every page in a browser: its content, layout, accessibility, weight and links."""

import gzip
from pathlib import Path

import axe_playwright_python
import pytest

from render import links
from tests.faults import hold

ROOT = Path(__file__).resolve().parents[2]
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
SCREENS = WIDE, NARROW = (1300, 900), (390, 844)
WAYS = [("mouse", SCREENS), ("finger", SCREENS)]
OWN_WAY = {"zh": [("mouse", [WIDE])], "en": [("finger", [NARROW])]}
SCHEMES = ("default", "slate")

PAGES = sorted(
    path.relative_to(ROOT / "docs").with_suffix("").as_posix()
    for lang in ("zh", "en")
    for path in (ROOT / "docs" / lang).rglob("*.md")
)
# The open search is the same on all pages, so it is checked only on these.
SEARCHED = ("zh/index", "zh/tensors/shape", "en/index", "en/reference/errors")
every_page = pytest.mark.parametrize("name", PAGES)
# axe takes most of the time. Both languages of a page have the same structure, so axe
# checks only one of them, alternately Chinese and English. It also checks the pages
# where it checks the open search.
READ = {
    f"{('zh', 'en')[number % 2]}/{path}"
    for number, path in enumerate(sorted({name[3:] for name in PAGES}))
}.union(SEARCHED)

# What a page says about itself, its blocks, and the blocks that are cut off.
LOOK = """() => ({
  lang: document.documentElement.lang,
  title: document.title,
  description: document.querySelector("meta[name=description]").content,
  canonical: document.querySelector("link[rel=canonical]").href,
  other: document.querySelector(".site-language").href,
  blocks: [...document.querySelectorAll(".snippet")].map(block => [
    block.querySelector(".filename").textContent,
    block.querySelector("code").textContent,
  ]),
  cut: [...document.querySelectorAll(".md-content__inner > .snippet")]
    .filter(block => block.querySelector("code").scrollWidth > block.clientWidth)
    .map(block => block.querySelector(".filename").textContent),
})"""
WIDTH = "document.documentElement.scrollWidth"

# Keep the first span of each class in highlighted code, and in output. Only the colors
# of spans can be wrong, so the others need no check.
ONE_OF_A_KIND = """() => {
  const seen = new Set()
  for (const span of document.querySelectorAll(".highlight code span:not(.output)")) {
    const kind = span.className + (span.closest(".output") ? " in output" : "")
    if (seen.has(kind)) span.replaceWith(span.textContent)
    seen.add(kind)
  }
  for (const code of document.querySelectorAll(".highlight code")) code.normalize()
}"""
# Mark the first text of each kind, because axe takes seconds to check the contrast of
# every text. Texts are of one kind if they look the same and their ancestors have the
# same names, classes and backgrounds.
MARK = """() => {
  const ways = new Map([[document.documentElement, ""]])
  const way = element => {
    if (!ways.has(element)) {
      const {backgroundColor, backgroundImage, opacity} = getComputedStyle(element)
      ways.set(element, [
        way(element.parentElement), element.localName, element.className,
        element.getAttribute("style"), backgroundColor, backgroundImage, opacity,
      ].join())
    }
    return ways.get(element)
  }
  const seen = new Set()
  for (const element of document.body.querySelectorAll("*")) {
    const text = [...element.childNodes].some(n => n.nodeType == 3 && n.data.trim())
    if (!text || !element.checkVisibility({visibilityProperty: true})) continue
    const {color, fontSize, fontWeight} = getComputedStyle(element)
    const kind = [way(element), color, fontSize, fontWeight].join()
    if (!seen.has(kind)) element.setAttribute("data-first", "")
    seen.add(kind)
  }
}"""
# In the frame after a change of size, our script makes code that scrolls focusable.
TWO_FRAMES = """() => new Promise(done =>
  requestAnimationFrame(() => requestAnimationFrame(done)))"""
VIOLATIONS = """async () => {
  const found = await axe.run(document, {resultTypes: ["violations"]})
  return found.violations.flatMap(rule => rule.nodes.slice(0, 3).map(node =>
    `${rule.id}: ${node.html.slice(0, 120)} ${node.any[0]?.message ?? ""}`))
}"""


def address(name):
    """Return the path on the site of a page in docs/."""
    return f"{name.removesuffix('index')}/".replace("//", "/")


@pytest.fixture(scope="module")
def results(chromium, site):
    """The HTML of the search results by language; they are the same on every page."""
    found = {}
    for lang in ("zh", "en"):
        page = chromium.new_page()
        page.goto(f"{site}{lang}/?q=freeze")
        page.wait_for_selector(".md-search-result__link")
        found[lang] = page.inner_html(".md-search-result")
        page.close()
    return found


@pytest.mark.parametrize("name", [*PAGES, "zh/404.html", "en/404.html"])
def test_a_page(reader, results, site, name, every_way):
    reader.faults.clear()
    page = reader.page
    where = site + (name if name.endswith("html") else address(name))
    faults = []
    # Both languages have the same structure, so by default each is checked one way.
    for pointer, screens in WAYS if every_way else OWN_WAY[name[:2]]:
        visit(reader, pointer, where)
        if name in PAGES:
            faults += untrue(page, site, name)
        open_boxes(page)
        faults += copies(page) + too_wide(page)
        if every_way or name in READ or name not in PAGES:
            faults += barriers(page, pointer, screens)
    if every_way or name in SEARCHED:
        page.evaluate(OPEN, results[name[:2]])
        faults += look(page, "search", SCHEMES, SCREENS)
    hold(faults + reader.faults)


def visit(reader, pointer, where):
    """Open a page with a mouse or a finger, which the theme checks only on loading."""
    finger = {"enabled": pointer == "finger", "maxTouchPoints": 1}
    reader.pointer.send("Emulation.setTouchEmulationEnabled", finger)
    show(reader.page, "default", WIDE)
    reader.page.goto(where)
    hovers = reader.page.evaluate("matchMedia('(hover)').matches")
    assert hovers == (pointer == "mouse")
    reader.page.wait_for_load_state("networkidle")


def open_boxes(page):
    """Open the closed boxes, which contain blocks too."""
    page.evaluate(
        "for (const box of document.querySelectorAll('details')) box.open = 1"
    )


def untrue(page, site, name):
    """Return what is wrong in what a page says about itself, and in its blocks."""
    seen = page.evaluate(LOOK)
    lang, other = name[:2], {"zh": "en", "en": "zh"}[name[:2]]
    faults = []

    def wanted(what, got, right):
        if got != right:
            faults.append(f"{what} is {got!r}, not {right!r}")

    wanted("the language", seen["lang"], lang)
    wanted("the switch", seen["other"], site + other + address(name)[2:])
    wanted("the canonical address", seen["canonical"], site + address(name))
    wanted("what is cut on a wide screen", seen["cut"], [])
    for what in ("title", "description"):
        if len(seen[what]) < 10:
            faults.append(f"the {what} is {seen[what]!r}")
    for file, code in seen["blocks"]:
        if code.encode() != (ROOT / file).read_bytes():
            faults.append(f"the block is not {file}")
    return faults


# Click every button and return what it would write to the clipboard. Really writing and
# reading takes half a second on a long page, so only the first button is tested so.
COPIES = """() => {
  const texts = []
  document.execCommand = () => texts.push(document.activeElement.value)
  for (const button of document.querySelectorAll(".snippet button[data-md-type=copy]"))
    button.click()
  delete document.execCommand
  return texts
}"""
# The theme shows "copied" for two seconds. Remove the message instead of waiting.
SAID = "document.querySelector('[data-md-component=dialog]').remove()"


def copies(page):
    """Click every copy button; return which copies differ from their files."""
    blocks = page.query_selector_all(".snippet")
    if not blocks:
        return []
    blocks[0].query_selector("button[data-md-type=copy]").click()
    copied = [page.evaluate("navigator.clipboard.readText()")]
    copied += page.evaluate(COPIES)
    page.evaluate(SAID)
    files = page.eval_on_selector_all(
        ".snippet .filename", "names => names.map(name => name.textContent)"
    )
    return [
        f"the copy of {file} begins with {text[:40]!r}"
        for file, text in zip([files[0], *files], copied, strict=True)
        if text.encode() != (ROOT / file).read_bytes()
    ]


# Remove all but the marked texts. axe first builds a tree of all elements, which takes
# longer than its rules. Once it has checked the whole page, one text of each kind is
# enough for the other checks.
THIN = """() => {
  const parts = "article > :not(h1, h2, h3, h4), details > :not(summary), tbody tr, li"
  for (const part of document.querySelectorAll(parts))
    if (!part.querySelector("[data-first], li") && !part.matches("[data-first]"))
      part.remove()
}"""
OPEN = """(results) => {
  document.querySelector(".md-search-result").innerHTML = results
  document.querySelector("#__search").checked = true
}"""


def too_wide(page):
    """Return the screens that a page is too wide for."""
    faults = []
    for screen in SCREENS:
        show(page, "default", screen)
        if (needed := page.evaluate(WIDTH)) > screen[0]:
            faults.append(f"{needed} px wide on a screen of {screen[0]}")
    return faults


def barriers(page, how, screens):
    """Return what axe finds on the page in light, and on the thinned page in dark."""
    look_with_axe(page)
    faults = look(page, how, SCHEMES[:1], screens)
    thin(page, SCHEMES[1:], screens)
    return faults + look(page, how, SCHEMES[1:], screens)


def thin(page, schemes, screens):
    """Remove all but one text of each kind in these schemes, on these screens."""
    for scheme in schemes:
        for screen in screens:
            show(page, scheme, screen)
            page.evaluate(MARK)
    page.evaluate(THIN)


def look(page, how, schemes, screens):
    """Return what axe finds in these schemes, on these screens."""
    faults = []
    for scheme in schemes:
        for screen in screens:
            show(page, scheme, screen)
            found = violations(page)
            faults += [f"{how}, {scheme}, {screen[0]} px: {fault}" for fault in found]
    return faults


def show(page, scheme, screen):
    """Choose a scheme and the size of the screen, and wait until the page fits it."""
    option = f"[data-md-color-scheme={scheme}].md-option"
    page.evaluate(f"document.querySelector('{option}')?.click()")
    page.set_viewport_size({"width": screen[0], "height": screen[1]})
    page.evaluate(TWO_FRAMES)


def look_with_axe(page):
    """Load axe into a page and limit its contrast check to marked texts."""
    # Otherwise axe could see colors and the menu during a transition.
    page.add_style_tag(content="*, ::before, ::after { transition: none !important }")
    page.evaluate(ONE_OF_A_KIND)
    page.add_script_tag(path=AXE)
    page.evaluate(
        "axe.configure({rules: [{id: 'color-contrast', selector: '[data-first]'}]})"
    )


def violations(page):
    """Mark texts for the contrast check and return what axe finds."""
    page.evaluate(MARK)
    return page.evaluate(VIOLATIONS)


def test_axe_finds_what_is_wrong(readers, site):
    page = readers().page
    page.goto(f"{site}zh/")
    page.evaluate("document.querySelector('h1').innerHTML = '<img src=\"\">x'")
    page.evaluate("document.querySelector('.snippet .output').style.color = '#aaa'")
    page.evaluate(
        """document.querySelector(".md-typeset > p").insertAdjacentHTML("beforeend",
        '<a href="../" style="color: #333; text-decoration: none">x</a>')"""
    )
    look_with_axe(page)

    def rules():
        return {fault.partition(":")[0] for fault in violations(page)}

    wrong = {"image-alt", "color-contrast", "link-in-text-block"}
    assert rules() == wrong
    page.evaluate(THIN)
    assert rules() == wrong


def test_every_link_inside_leads_somewhere(folder):
    hold(links.inside(folder, links.read(folder)))


def weight(folder, page):
    """Return the gzipped bytes of a page, and of the styles and scripts it loads."""
    read = links.Page((page).read_text("utf-8"))
    files = {(page.parent / address).resolve() for _, address in read.loads}
    return len(gzip.compress(page.read_bytes())), sum(
        len(gzip.compress(file.read_bytes()))
        for file in files
        if file.suffix in (".css", ".js")
    )


@every_page
def test_a_page_is_light(folder, name):
    html, rest = weight(folder, folder / address(name) / "index.html")
    assert html <= 25_000, f"{name}: the next page is {html} bytes"
    assert html + rest <= 100_000, f"{name}: the first page is {html + rest} bytes"


def test_a_page_loads_no_more_than_its_weight_counts(readers, site):
    page = readers().page
    asked = []
    page.on("request", lambda request: asked.append(request.url.removeprefix(site)))
    page.goto(f"{site}zh/tensors/shape/")
    page.wait_for_load_state("networkidle")
    kinds = {name.rpartition(".")[2] for name in asked[1:]}
    assert kinds <= {"css", "js", "svg"}, asked
    assert not any("worker" in name or "index" in name for name in asked[1:])


def test_titles_and_descriptions_are_each_page_s_own(folder):
    for lang in ("zh", "en"):
        titles, descriptions = set(), set()
        pages = [folder / address(x) / "index.html" for x in PAGES if x[:2] == lang]
        for page in pages:
            head = page.read_text("utf-8").partition("</head>")[0]
            titles.add(head.partition("<title>")[2].partition("</title>")[0])
            descriptions.add(head.partition('name="description"')[2].partition(">")[0])
        assert len(titles) == len(descriptions) == len(pages)

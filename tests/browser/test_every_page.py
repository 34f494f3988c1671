"""Every page of both languages as a reader meets it: on two screens, light and dark."""

import gzip
from pathlib import Path

import axe_playwright_python
import pytest

from render import links

ROOT = Path(__file__).resolve().parents[2]
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
WIDE, NARROW = (1300, 900), (390, 844)

PAGES = sorted(
    path.relative_to(ROOT / "docs").with_suffix("").as_posix()
    for lang in ("zh", "en")
    for path in (ROOT / "docs" / lang).rglob("*.md")
)
every_page = pytest.mark.parametrize("name", PAGES)

# What a page tells of itself.
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

# Within highlighted code only colors can be wrong: of the spans of a kind, in code or
# in output, the first stays.
ONE_OF_A_KIND = """() => {
  const seen = new Set()
  for (const span of document.querySelectorAll(".highlight code span:not(.output)")) {
    const kind = span.className + (span.closest(".output") ? " in output" : "")
    if (seen.has(kind)) span.replaceWith(span.textContent)
    seen.add(kind)
  }
  for (const code of document.querySelectorAll(".highlight code")) code.normalize()
}"""
COLORS = ["color-contrast", "link-in-text-block"]
# axe compares the contrast of every text, for seconds. Of texts with the same names and
# grounds all the way up and the same looks, one is as good as another: the first is
# marked, and axe looks at the marked ones.
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
    element.removeAttribute("data-first")
    const text = [...element.childNodes].some(n => n.nodeType == 3 && n.data.trim())
    if (!text || !element.checkVisibility({visibilityProperty: true})) continue
    const {color, fontSize, fontWeight} = getComputedStyle(element)
    const kind = [way(element), color, fontSize, fontWeight].join()
    if (!seen.has(kind)) element.setAttribute("data-first", "")
    seen.add(kind)
  }
}"""
VIOLATIONS = """async (options) => {
  const found = await axe.run(document, {resultTypes: ["violations"], ...options})
  return found.violations.flatMap(rule => rule.nodes.slice(0, 3).map(node =>
    `${rule.id}: ${node.html.slice(0, 120)} ${node.any[0]?.message ?? ""}`))
}"""


def address(name):
    """Where a page of docs/ stands on the site."""
    return f"{name.removesuffix('index')}/".replace("//", "/")


def hold(faults):
    """Fail with the faults and nothing around them."""
    if faults:
        pytest.fail("\n".join(faults), pytrace=False)


@pytest.mark.parametrize("name", [*PAGES, "zh/404.html", "en/404.html"])
def test_a_page(readers, site, name):
    reader = readers(permissions=["clipboard-read", "clipboard-write"])
    page = reader.page
    page.goto(site + (name if name.endswith("html") else address(name)))
    page.wait_for_load_state("networkidle")
    faults = untrue(page, site, name) if name in PAGES else []
    # Closed boxes hold blocks too.
    page.evaluate(
        "for (const box of document.querySelectorAll('details')) box.open = 1"
    )
    hold(faults + copies(page) + barriers(page) + reader.faults)


def untrue(page, site, name):
    """What a page tells of itself and is not so."""
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


# Playwright moves the mouse to a button in a tenth of a second, this in a hundredth.
# Anew for each block: five seconds after a gesture, or after this has begun, a page may
# no longer write to the clipboard.
COPY = """async (block) => {
  await navigator.clipboard.writeText("")
  block.querySelector("button[data-md-type=copy]").click()
  return navigator.clipboard.readText()
}"""
# It says "copied" for two seconds; nobody waits for it to go.
SAID = "document.querySelector('[data-md-component=dialog]').remove()"


def copies(page):
    """Click every copy button, the first with the mouse; what is not the file."""
    blocks = page.query_selector_all(".snippet")
    if not blocks:
        return []
    blocks[0].query_selector("button[data-md-type=copy]").click()
    copied = [page.evaluate("navigator.clipboard.readText()")]
    copied += [page.evaluate(COPY, block) for block in blocks]
    page.evaluate(SAID)
    files = [block.query_selector(".filename").text_content() for block in blocks]
    return [
        f"the copy of {file} begins with {text[:40]!r}"
        for file, text in zip([files[0], *files], copied, strict=True)
        if text.encode() != (ROOT / file).read_bytes()
    ]


def barriers(page):
    """What stops anybody on a page: on two screens, light and dark."""
    # Colors and the menu move slowly; a busy machine would look at them on the way.
    page.add_style_tag(content="*, ::before, ::after { transition: none !important }")
    look_with_axe(page)
    faults = []
    for scheme in ("default", "slate"):
        # The other radio button of the palette, which the shown label stands for.
        page.evaluate(
            f"document.querySelector('[data-md-color-scheme={scheme}]"
            ".md-option').click()"
        )
        assert page.get_attribute("body", "data-md-color-scheme") == scheme
        for width, height in (WIDE, NARROW):
            page.set_viewport_size({"width": width, "height": height})
            if (needed := page.evaluate(WIDTH)) > width:
                faults.append(f"{needed} px wide on a screen of {width}")
            # Light and dark differ in nothing but colors.
            found = violations(page, only=None if scheme == "default" else COLORS)
            faults += [f"{scheme}, {width} px: {fault}" for fault in found]
    return faults


def look_with_axe(page):
    """Bring axe onto a page, and let it look at the contrast of marked texts only."""
    page.evaluate(ONE_OF_A_KIND)
    page.add_script_tag(path=AXE)
    page.evaluate(
        "axe.configure({rules: [{id: 'color-contrast', selector: '[data-first]'}]})"
    )


def violations(page, only=None):
    """What axe finds on a page by all of its rules, or only by some."""
    page.evaluate(MARK)
    return page.evaluate(VIOLATIONS, {"runOnly": only} if only else {})


def test_axe_finds_what_is_wrong(readers, site):
    page = readers().page
    page.goto(f"{site}zh/")
    page.evaluate("document.querySelector('h1').innerHTML = '<img src=\"\">x'")
    page.evaluate("document.querySelector('.snippet .c1').style.color = '#aaa'")
    page.evaluate(
        """document.querySelector(".md-typeset > p").insertAdjacentHTML("beforeend",
        '<a href="../" style="color: #333; text-decoration: none">x</a>')"""
    )
    look_with_axe(page)

    def rules(*how):
        return {fault.partition(":")[0] for fault in violations(page, *how)}

    assert rules() == {"image-alt", *COLORS}
    assert rules(COLORS) == {*COLORS}


def test_every_link_inside_leads_somewhere(folder):
    hold(links.inside(folder, links.read(folder)))


def weight(folder, page):
    """Bytes of a page and of what it loads, gzipped; pictures apart."""
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

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

# Of all texts with the same colours, size and weight on the same grounds, the first.
# A test's own name for what axe compares, so that it need not look at each character.
TEXTS = """() => {
  const grounds = new Map([[null, ""]])
  const ground = element => {
    if (!grounds.has(element)) {
      const style = getComputedStyle(element)
      grounds.set(element, ground(element.parentElement) + [
        style.backgroundColor, style.backgroundImage, style.opacity, "",
      ].join(" ").replace("rgba(0, 0, 0, 0) none 1 ", ""))
    }
    return grounds.get(element)
  }
  const kinds = new Map()
  for (const element of document.body.querySelectorAll("*")) {
    const text = [...element.childNodes].some(n => n.nodeType == 3 && n.data.trim())
    if (!text || !element.checkVisibility()) continue
    const style = getComputedStyle(element)
    const kind = [
      element.localName, style.color, getComputedStyle(element.parentElement).color,
      style.fontSize, style.fontWeight, style.textDecorationLine, ground(element),
    ].join()
    if (!kinds.has(kind)) kinds.set(kind, element)
  }
  return [...kinds.values()]
}"""
# Light and dark differ in nothing but colours: all other rules run once on each screen.
COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"]}
OTHERS = {"rules": {rule: {"enabled": False} for rule in COLOURS["runOnly"]}}
VIOLATIONS = """async ([options, texts]) => {
  const found = await axe.run(
    texts ? {include: eval(texts)()} : document,
    {resultTypes: ["violations"], ...options})
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


@every_page
def test_a_page(readers, site, name):
    reader = readers(permissions=["clipboard-read", "clipboard-write"])
    page = reader.page
    page.goto(site + address(name))
    page.wait_for_load_state("networkidle")
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
    faults += copies(page)
    for width, height in (WIDE, NARROW):
        page.set_viewport_size({"width": width, "height": height})
        if (found := page.evaluate(WIDTH)) > width:
            faults.append(f"{found} px wide on a screen of {width}")
    hold(faults + reader.faults)


# Playwright moves the mouse to a button in a tenth of a second, this in a hundredth.
COPIES = """async () => {
  const copies = []
  for (const block of document.querySelectorAll(".snippet")) {
    await navigator.clipboard.writeText("")
    block.querySelector("button[data-md-type=copy]").click()
    copies.push([
      block.querySelector(".filename").textContent,
      await navigator.clipboard.readText(),
    ])
  }
  return copies
}"""


def copies(page):
    """Click every copy button, the first with the mouse; what is not the file."""
    # Closed boxes hold blocks too.
    page.evaluate(
        "for (const box of document.querySelectorAll('details')) box.open = 1"
    )
    found = []
    if block := page.query_selector(".snippet"):
        block.query_selector("button[data-md-type=copy]").click()
        copied = page.evaluate("navigator.clipboard.readText()")
        found = [(block.query_selector(".filename").text_content(), copied)]
    return [
        f"the copy of {file} begins with {copied[:40]!r}"
        for file, copied in found + page.evaluate(COPIES)
        if copied.encode() != (ROOT / file).read_bytes()
    ]


@pytest.mark.parametrize("name", [*PAGES, "zh/404.html", "en/404.html"])
def test_nothing_on_a_page_stops_anybody(readers, site, name):
    reader = readers()
    page = reader.page
    page.goto(site + (name if name.endswith("html") else address(name)))
    page.wait_for_load_state("networkidle")
    page.evaluate(
        "for (const box of document.querySelectorAll('details')) box.open = 1"
    )
    # Colours and the menu move slowly; a busy machine would look at them on the way.
    page.add_style_tag(content="*, ::before, ::after { transition: none !important }")
    page.add_script_tag(path=AXE)
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
            found = violations(page, COLOURS, TEXTS)
            if scheme == "default":
                found += violations(page, OTHERS)
            faults += [f"{scheme}, {width} px: {fault}" for fault in found]
    hold(faults)


def violations(page, options, elements=None):
    """What axe finds on a page, or of those elements that a function finds on it."""
    return page.evaluate(VIOLATIONS, [options, elements])


def test_axe_finds_what_is_wrong(readers, site):
    page = readers().page
    page.goto(f"{site}zh/")
    page.evaluate("document.querySelector('h1').innerHTML = '<img src=\"\">x'")
    page.evaluate("document.querySelector('.snippet .c1').style.color = '#aaa'")
    page.add_script_tag(path=AXE)

    def rules(*how):
        return {fault.partition(":")[0] for fault in violations(page, *how)}

    assert rules(COLOURS, TEXTS) == rules(COLOURS) == {"color-contrast"}
    assert rules(OTHERS) == {"image-alt"}


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

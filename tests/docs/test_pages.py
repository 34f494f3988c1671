"""The real pages pass the linter, and other tools find the same blocks on them."""

import io
import sys
from html.parser import HTMLParser
from pathlib import Path

import markdown
import pytest
from pytest_codeblocks import extract_from_buffer

from render.checks import check
from render.pages import LANGUAGES, parse_page, read_config, read_part, read_site
from tests.faults import hold

ROOT = Path(__file__).resolve().parents[2]
# The site's Markdown extensions, without our own.
EXTENSIONS = {
    name: options or {}
    for name, options in read_config(ROOT / "mkdocs.base.yml")[
        "markdown_extensions"
    ].items()
}
EXTENSIONS["pymdownx.snippets"]["base_path"] = [str(ROOT / "snippets")]
EXTENSIONS["pymdownx.highlight"]["use_pygments"] = False
CHAPTERS = sorted(
    {name.partition("/")[0] for name in read_site(ROOT, "zh").pages} - {"index.md"}
)


class Blocks(HTMLParser):
    """Counts the code blocks that a browser shows."""

    def __init__(self, text):
        super().__init__()
        self.count = 0
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.count += tag == "pre"


def with_lines(page):
    """Return the text of a page, including functions by line numbers, not by name.

    Only our own extension can include a function of a file by its name.
    """
    text = page.text
    for fence in page.fences:
        if fence.part:
            part = read_part(fence, ROOT)
            lines = f"{part.file}:{part.first}:{part.last}"
            text = text.replace(f'"{":".join(fence.part)}"', f'"{lines}"')
    return text


def differences(page):
    """Return how the blocks that other tools find differ from the page's fences.

    Python-Markdown must show one block for each fence, and pytest-codeblocks must
    extract each file byte for byte.
    """
    site = markdown.Markdown(extensions=[*EXTENSIONS], extension_configs=EXTENSIONS)
    text = with_lines(page)
    shown = Blocks(site.convert(text)).count
    faults = []
    if shown != len(page.fences):
        faults = [f"{page.where}:1: shows {shown} blocks, has {len(page.fences)}"]
    text = "\n".join(site.preprocessors["snippet"].run(text.split("\n")))
    try:
        found = extract_from_buffer(io.StringIO(text), sys.maxsize)
    except RuntimeError as error:  # a fence within a file ends the block early
        return [*faults, f"{page.where}:1: the blocks can't be extracted: {error}"]
    codes = [x.code.encode().rstrip(b"\n") for x in found if x.syntax == "python"]
    pythons = [fence for fence in page.fences if fence.is_python]
    if len(codes) == len(pythons):  # leave out parts of files
        pairs = zip(codes, pythons, strict=True)
        codes = [code for code, fence in pairs if not fence.part]
    files = page.shown()
    if len(codes) != len(files):
        faults += [f"{page.where}:1: {len(codes)} blocks extracted, has {len(files)}"]
    return faults + [
        f"{page.where}:1: a block is not byte for byte snippets/{file}"
        for code, file in zip(codes, files, strict=False)
        if code != (ROOT / "snippets" / file).read_bytes().rstrip(b"\n")
    ]


def test_the_linter_finds_no_fault():
    hold(check(ROOT))


@pytest.mark.parametrize("chapter", [*CHAPTERS, "index.md"])
def test_other_readers_see_the_same_blocks(chapter):
    pages = [
        page
        for language in LANGUAGES
        for name, page in read_site(ROOT, language).pages.items()
        if name.startswith(chapter)
    ]
    assert pages
    hold([fault for page in pages for fault in differences(page)])


FENCE = '```python\n--8<-- "tensors/shape/view_or_copy.py"\n```\n'


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (f"{FENCE}\n<!-- hidden from a reader:\n\n{FENCE}\n-->\n", "shows 1 blocks"),
        (f"{FENCE}\n    x = 1\n", "shows 2 blocks, has 1"),
        (f"{FENCE}\n```python\nx = '''\n```\n'''\n```\n", "can't be extracted"),
        (f"```python\nx = 1\n```\n\n{FENCE}", "2 blocks extracted, has 1"),
        (f'!!! note "x"\n\n{FENCE.replace("```p", "    ```p")}', "not byte for byte"),
    ],
)
def test_a_block_that_only_some_readers_see(text, fault):
    found = differences(parse_page(text, "zh", "a.md"))
    assert any(fault in x for x in found), found

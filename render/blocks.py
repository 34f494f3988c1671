"""Markdown extension that turns each included snippet file into a verified block.

A Python fence on a page contains one include and nothing else::

    ```python
    --8<-- "tensors/shape/reshape.py"
    ```

The extension adds a title and a line below the code that says where the file was run
and offers a download. It also marks the lines of output. Because it rewrites Markdown
into Markdown before `pymdownx.snippets` runs, it works with any generator that uses
Python-Markdown. Without the extension the fence still shows the code.

A page that shows a whole file can also show one of its functions or classes::

    ```python
    --8<-- "training/loop/train_digits.py:evaluate"
    ```

The title of such a part gives its line numbers. It has no line below the code, because
only whole files are run.

A page that shows any other Python stops the build with a `BlockError`.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as etree
from collections.abc import Sequence
from pathlib import Path

from markdown import Markdown
from markdown.extensions import Extension
from markdown.postprocessors import Postprocessor
from markdown.preprocessors import Preprocessor
from markdown.treeprocessors import Treeprocessor

from render import answers, api, terms
from render.badges import (
    Run,
    library_download,
    newest_runs,
    page_line,
    runs_of,
    status_line,
)
from render.markers import expand, load_records
from render.pages import (
    INCLUDE,
    ROOT,
    Fence,
    Page,
    Row,
    fences,
    read_part,
    read_site,
    read_snippet,
    rows_of,
)
from verify import evidence
from verify.snippet import Snippet

try:  # MkDocs prints a BuildError as one line, and any other error as a traceback.
    from mkdocs.exceptions import BuildError as _Error
except ImportError:
    _Error = Exception

# The marker that the newest runs replace. Other Markdown renderers show nothing there.
NEWEST_RUNS = "<!-- newest runs -->"
# The line that mkdocstrings replaces with the docstrings of a library file.
LIBRARY = re.compile(r"^::: snippets\.(?P<name>\w+)[ ]*$", re.M)

KEPT = re.compile(r"^( *)\[\[verified-html-(\d+)\]\](?:<i id=\"[^\"]*\">)?$")
BLOCK = re.compile(r'<div class="snippet" .*?<div class="snippet-foot"', re.S)
# Names, spaces, punctuation and operators have the color of the code around them. The
# spans that Pygments puts around each would be a third of a page.
PLAIN = re.compile(r'<span class="(?:n|nn|w|p|o)">([^<]*)</span>')
FIGURE = re.compile(r"assets/(figures/[^#]+\.svg)")
PIXELS_PER_POINT = 96 / 72
LINES = {"zh": "{file} 第 {first}–{last} 行", "en": "{file}, lines {first} to {last}"}
OUTPUT = re.compile(r'^([ ]*)<span class="c1">(#&gt;.*?)</span>$', re.M)


class BlockError(_Error):
    """Raised if a page can't be rendered, mostly because its Python isn't a file.

    The message is one line: the page, the line, what is wrong and what to do.
    """


class _Blocks(Preprocessor):
    """Preprocessor that rewrites each Python fence as a block and rejects other code.

    Args:
        md: The converter.
        root: The checkout.
        lang: `zh` or `en`.
    """

    def __init__(self, md: Markdown, root: Path, lang: str) -> None:
        super().__init__(md)
        self.root, self.lang = root, lang
        self.kept: list[str] = []
        self.found: list[evidence.Record] = []
        self.shown: list[tuple[Snippet, list[Run]]] = []
        self.page: Page | None = None  # None for other text, such as a docstring.
        self.up = ""  # The relative path from the page to its language's home.

    def run(self, lines: list[str]) -> list[str]:
        self.kept.clear()
        self.shown.clear()
        try:
            self.found = load_records(self.root / "records")
            page = read_site(self.root, self.lang).page_with("\n".join(lines))
            self.page = page
            if page is None:
                self.up = ""
                return self.blocks(rows_of(lines, "a page"))
            self.up = way_up(page.name)
            used = api.used_here(self.root, self.lang, page.name)
            lines = self.blocks(expand(page).rows)
            if said := page_line(self.shown, self.lang):
                lines += ["", self.keep(said), ""]
            return lines + used
        except ValueError as error:
            raise BlockError(str(error)) from None

    def blocks(self, rows: Sequence[Row]) -> list[str]:
        """Return the lines of a page with its Python fences turned into blocks.

        Args:
            rows: The lines of the page with their places.

        Raises:
            ValueError: If a Python fence isn't one include of a snippet file, or there
                is an include outside a Python fence.
        """
        lines: list[str] = []
        done = 0
        for fence in fences([row.text for row in rows]):
            lines += self.prose(rows[done : fence.first])
            done = fence.last + 1
            if fence.is_python:
                try:
                    lines += self.part(fence) if fence.part else self.block(fence)
                except ValueError as error:
                    raise ValueError(f"{rows[fence.first].place}: {error}") from None
            else:
                lines += self.code(rows[fence.first : done])
        return lines + self.prose(rows[done:])

    def code(self, rows: Sequence[Row]) -> list[str]:
        """Return lines outside Python fences, where includes aren't allowed.

        Raises:
            ValueError: If a line is an include.
        """
        for row in rows:
            if INCLUDE.match(row.text):
                what = "an include outside a Python fence; put it into one"
                raise ValueError(f"{row.place}: {what}")
        return [row.text for row in rows]

    def prose(self, rows: Sequence[Row]) -> list[str]:
        """Return lines outside fences, with the newest runs in place of their marker.

        The docstrings of a library file get a download link above them.

        Raises:
            ValueError: If a line is an include.
        """
        lines: list[str] = []
        for line in self.code(rows):
            if line.strip() == NEWEST_RUNS:
                html = newest_runs(self.found, self.root, self.lang)
                lines += ["", self.keep(html), ""]
                continue
            if library := LIBRARY.match(line):
                html = library_download(library["name"], self.lang, self.up)
                lines += ["", self.keep(html), ""]
            lines.append(line)
        return lines

    def block(self, fence: Fence) -> list[str]:
        """Return a fence as a block with title, code, output and status line."""
        name, snippet = read_snippet(fence, self.root)
        leaf = name.rpartition("/")[2]
        address = f"{self.up}snippets/{name}"  # render.downloads writes the file there.
        runs = runs_of(name, snippet, self.found, self.root)
        self.shown.append((snippet, runs))
        own = answers.attribute(snippet, runs, answers.choices(self.found), self.lang)
        foot = status_line(snippet, runs, self.lang, address, self.up, own)
        return [
            "",
            fence.lead + self.keep(f'<div class="snippet" id="{leaf}">', leaf),
            "",
            f'{fence.lead}```python title="snippets/{name}"',
            f'{fence.lead}--8<-- "{name}"',
            f"{fence.lead}```",
            "",
            fence.lead + self.keep(foot),
            "",
            fence.lead + self.keep("</div>"),
            "",
        ]

    def part(self, fence: Fence) -> list[str]:
        """Return a fence with part of a file as a block that names its line numbers.

        A script uses `data-whole` to link the title to the block of the whole file.
        """
        part = read_part(fence, self.root)
        leaf = part.file.rpartition("/")[2]
        title = LINES[self.lang].format(file=leaf, first=part.first, last=part.last)
        return [
            "",
            fence.lead + self.keep(f'<div class="snippet-part" data-whole="{leaf}">'),
            "",
            f'{fence.lead}```python title="{title}"',
            f'{fence.lead}--8<-- "{part.file}:{part.first}:{part.last}"',
            f"{fence.lead}```",
            "",
            fence.lead + self.keep("</div>"),
            "",
        ]

    def keep(self, html: str, name: str = "") -> str:
        """Return a placeholder line for HTML that `_Html` stashes later.

        Args:
            html: The HTML.
            name: The id of the element, if links lead to it. MkDocs reads it from the
                placeholder when it collects the anchors of a page.
        """
        self.kept.append(html)
        anchor = f'<i id="{name}">' if name else ""
        return f"[[verified-html-{len(self.kept) - 1}]]{anchor}"


def way_up(page: str) -> str:
    """Return the relative path from a page's address to its language's home.

    Args:
        page: The path of the page, e.g. ``tensors/shape.md``.

    Returns:
        The path, e.g. ``../../``.
    """
    *folders, leaf = page.removesuffix(".md").split("/")
    return "../" * (len(folders) + (leaf != "index"))


class _Html(Preprocessor):
    """Preprocessor that moves the HTML that `_Blocks` has kept to the stash.

    Stashed HTML alone in a paragraph works at any indentation, but HTML in the text
    wouldn't. This is a separate step because normalizing white space, which comes after
    `_Blocks`, removes the marks of stashed HTML.
    """

    def __init__(self, blocks: _Blocks) -> None:
        super().__init__(blocks.md)
        self.blocks = blocks

    def run(self, lines: list[str]) -> list[str]:
        def stash(match: re.Match[str]) -> str:
            return match[1] + self.md.htmlStash.store(self.blocks.kept[int(match[2])])

        return [KEPT.sub(stash, line) for line in lines]


class _Output(Postprocessor):
    """Postprocessor that marks lines of output, which Pygments takes for comments."""

    def run(self, text: str) -> str:
        def mark(block: re.Match[str]) -> str:
            plain = PLAIN.sub(r"\1", block[0])
            return OUTPUT.sub(r'<span class="output">\1\2</span>', plain)

        return BLOCK.sub(mark, text)


class _Pictures(Treeprocessor):
    """Treeprocessor that gives each figure a size and loads it lazily.

    A page contains a light and a dark version of each figure and hides one. Browsers
    load hidden pictures too, unless they're lazy. The size reserves the space on the
    page until the picture has loaded.
    """

    def __init__(self, md: Markdown, root: Path) -> None:
        super().__init__(md)
        self.assets = root / "docs" / "overrides" / "assets"

    def run(self, root: etree.Element) -> None:
        for image in root.iter("img"):
            name = FIGURE.search(image.get("src", ""))
            path = self.assets / name[1] if name else None
            if path and path.is_file():
                width, height = size(path)
                image.set("width", str(width))
                image.set("height", str(height))
                image.set("loading", "lazy")


class _Terms(Treeprocessor):
    """Treeprocessor that links the first use of each glossary term on a page."""

    def __init__(self, blocks: _Blocks) -> None:
        super().__init__(blocks.md)
        self.blocks = blocks

    def run(self, root: etree.Element) -> None:
        if page := self.blocks.page:
            site = read_site(self.blocks.root, self.blocks.lang)
            terms.mark(root, site, page, self.blocks.up)


def size(path: Path) -> tuple[int, int]:
    """Return the width and height of an SVG file in CSS pixels.

    Args:
        path: The file. Its size is in points, as matplotlib writes it.
    """
    picture = etree.parse(path).getroot()
    width, height = (
        float(picture.get(side, "").removesuffix("pt")) for side in ("width", "height")
    )
    return round(width * PIXELS_PER_POINT), round(height * PIXELS_PER_POINT)


class SnippetBlocks(Extension):
    """The extension.

    Args:
        **options: `lang` (`zh` or `en`) and `root` (the checkout).
    """

    def __init__(self, **options: str) -> None:
        self.config = {
            "lang": ["zh", "Language of the labels, and folder of the pages in docs/"],
            "root": [str(ROOT), "Folder that holds docs/, snippets/ and records/"],
        }
        super().__init__(**options)

    def extendMarkdown(self, md: Markdown) -> None:
        """Register the processors between those of Python-Markdown and MkDocs.

        A higher priority runs first. These are the priorities of the others:

        - Preprocessors: `pymdownx.snippets` 32, white space 30, fences 25, MkDocs'
          collection of ids in HTML 21, HTML 20.
        - Treeprocessors: inline patterns, which create the pictures, 20; MkDocs'
          rewriting of addresses 0. Links to terms are added after it, because their
          addresses are already those of the built site.
        - Postprocessors: restoring stashed HTML 30.
        """
        root = Path(self.getConfig("root")).resolve()
        blocks = _Blocks(md, root, self.getConfig("lang"))
        md.preprocessors.register(blocks, "snippet_blocks", 40)
        md.preprocessors.register(_Html(blocks), "snippet_html", 20.5)
        md.treeprocessors.register(_Pictures(md, root), "pictures", 5)
        md.treeprocessors.register(_Terms(blocks), "terms", -1)
        md.postprocessors.register(_Output(md), "snippet_output", 10)


def makeExtension(**options: str) -> SnippetBlocks:
    """Create the extension; Python-Markdown looks for a function of this name."""
    return SnippetBlocks(**options)

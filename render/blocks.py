"""Markdown extension: a fence that includes a snippet file becomes a proven block.

A page holds fences with one include and nothing else::

    ```python
    --8<-- "tensors/shape/reshape.py"
    ```

The extension gives each of them a title, marks the lines of output, and puts a line
below that says where the file was run, with a download. It rewrites Markdown into
Markdown before `pymdownx.snippets` runs, so any generator on Python-Markdown renders
it; without it the fence still shows the code.

A file that the page shows whole may be explained function by function::

    ```python
    --8<-- "training/loop/train_digits.py:evaluate"
    ```

Such a part has the numbers of its lines as title, and no line below: the proof belongs
to the whole file.

Prose that shows other Python stops the build: see `BlockError`.
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

try:  # MkDocs prints its own kind of error as one line, any other as a traceback.
    from mkdocs.exceptions import BuildError as _Error
except ImportError:
    _Error = Exception

# Stands on a page for the newest runs; other Markdown renderers show nothing there.
NEWEST_RUNS = "<!-- newest runs -->"
# Stands on a page for the docstrings of a library file.
LIBRARY = re.compile(r"^::: snippets\.(?P<name>\w+)[ ]*$", re.M)

KEPT = re.compile(r"^( *)\[\[verified-html-(\d+)\]\](?:<i id=\"[^\"]*\">)?$")
BLOCK = re.compile(r'<div class="snippet" .*?<div class="snippet-foot"', re.S)
# Names, blanks, marks and operators look like the code around them: spans for each of
# them are a third of a page.
PLAIN = re.compile(r'<span class="(?:n|nn|w|p|o)">([^<]*)</span>')
FIGURE = re.compile(r"assets/(figures/[^#]+\.svg)")
PIXELS_PER_POINT = 96 / 72
LINES = {"zh": "{file} 第 {first}–{last} 行", "en": "{file}, lines {first} to {last}"}
OUTPUT = re.compile(r'^([ ]*)<span class="c1">(#&gt;.*?)</span>$', re.M)


class BlockError(_Error):
    """A page shows Python that is not one snippet file.

    The message is one line: page, line, what is wrong and what to do.
    """


class _Blocks(Preprocessor):
    """Wrap each Python fence; refuse what is not one snippet file."""

    def __init__(self, md: Markdown, root: Path, lang: str) -> None:
        super().__init__(md)
        self.root, self.lang = root, lang
        self.kept: list[str] = []
        self.found: list[evidence.Record] = []
        self.shown: list[tuple[Snippet, list[Run]]] = []
        self.page: Page | None = None  # none: a docstring, for example
        self.up = ""  # the way from the page to the start of its language

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
        """Lines of a page with its fences as blocks.

        Raises:
            ValueError: A fence shows Python that is not one snippet file.
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
        """Lines outside Python fences, which may not include a file."""
        for row in rows:
            if INCLUDE.match(row.text):
                what = "an include outside a Python fence; put it into one"
                raise ValueError(f"{row.place}: {what}")
        return [row.text for row in rows]

    def prose(self, rows: Sequence[Row]) -> list[str]:
        """Lines outside fences, with the newest runs in the place of their marker.

        The docstrings of a library file get a download of the file above them.
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
        """A fence as a unit of title, code, output and status line."""
        name, snippet = read_snippet(fence, self.root)
        leaf = name.rpartition("/")[2]
        address = f"{self.up}snippets/{name}"  # where render.downloads puts it
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
        """A fence with one function of a file, whose title leads to the whole file."""
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
        """A line that stands for HTML until `_Html` puts it in the stash.

        MkDocs finds in the line the id that links lead to.
        """
        self.kept.append(html)
        anchor = f'<i id="{name}">' if name else ""
        return f"[[verified-html-{len(self.kept) - 1}]]{anchor}"


def way_up(page: str) -> str:
    """The way from a page to the start of its language, as browsers see it."""
    *folders, leaf = page.removesuffix(".md").split("/")
    return "../" * (len(folders) + (leaf != "index"))


class _Html(Preprocessor):
    """Stash the HTML that `_Blocks` kept.

    A tag in the stash, alone in a paragraph, works at every indentation, where HTML in
    the text would not. What is stashed before white space is normalized gets lost.
    """

    def __init__(self, blocks: _Blocks) -> None:
        super().__init__(blocks.md)
        self.blocks = blocks

    def run(self, lines: list[str]) -> list[str]:
        def stash(match: re.Match[str]) -> str:
            return match[1] + self.md.htmlStash.store(self.blocks.kept[int(match[2])])

        return [KEPT.sub(stash, line) for line in lines]


class _Output(Postprocessor):
    """Give the lines of output a class of their own: to Pygments they are comments."""

    def run(self, text: str) -> str:
        def mark(block: re.Match[str]) -> str:
            plain = PLAIN.sub(r"\1", block[0])
            return OUTPUT.sub(r'<span class="output">\1\2</span>', plain)

        return BLOCK.sub(mark, text)


class _Pictures(Treeprocessor):
    """Give each figure its size, and load it only where it is seen.

    A page names a light and a dark figure and hides one. Browsers load a hidden picture
    too, unless it is lazy. The size keeps its place until it is there.
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
    """Link the first use of each term of the glossary."""

    def __init__(self, blocks: _Blocks) -> None:
        super().__init__(blocks.md)
        self.blocks = blocks

    def run(self, root: etree.Element) -> None:
        if page := self.blocks.page:
            site = read_site(self.blocks.root, self.blocks.lang)
            terms.mark(root, site, page, self.blocks.up)


def size(path: Path) -> tuple[int, int]:
    """Width and height of an SVG file in CSS pixels."""
    picture = etree.parse(path).getroot()
    width, height = (
        float(picture.get(side, "").removesuffix("pt")) for side in ("width", "height")
    )
    return round(width * PIXELS_PER_POINT), round(height * PIXELS_PER_POINT)


class SnippetBlocks(Extension):
    """The extension; options `lang` (`zh` or `en`) and `root` (the checkout)."""

    def __init__(self, **options: str) -> None:
        self.config = {
            "lang": ["zh", "Language of the labels, and folder of the pages in docs/"],
            "root": [str(ROOT), "Folder that holds docs/, snippets/ and records/"],
        }
        super().__init__(**options)

    def extendMarkdown(self, md: Markdown) -> None:
        """Register around the others, whose priorities these are.

        Before: `pymdownx.snippets` 32, white space 30, fences 25, MkDocs' search for
        ids in HTML 21, HTML 20.
        After: the stash is restored at 30. Pictures are there after the inline patterns
        20, and MkDocs makes their addresses those of the site at 0; links to terms are
        so from the start.
        """
        root = Path(self.getConfig("root")).resolve()
        blocks = _Blocks(md, root, self.getConfig("lang"))
        md.preprocessors.register(blocks, "snippet_blocks", 40)
        md.preprocessors.register(_Html(blocks), "snippet_html", 20.5)
        md.treeprocessors.register(_Pictures(md, root), "pictures", 5)
        md.treeprocessors.register(_Terms(blocks), "terms", -1)
        md.postprocessors.register(_Output(md), "snippet_output", 10)


def makeExtension(**options: str) -> SnippetBlocks:
    """The name that Python-Markdown looks for."""
    return SnippetBlocks(**options)

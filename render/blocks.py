"""Markdown extension: a fence that includes a snippet file becomes a proven block.

A page holds fences with one include and nothing else::

    ```python
    --8<-- "tensors/shape/reshape.py"
    ```

The extension gives each of them a title, marks the lines of output, and puts a line
below that says where the file was run, with a download. It rewrites Markdown into
Markdown before `pymdownx.snippets` runs, so any generator on Python-Markdown renders
it; without it the fence still shows the code.

Prose that shows other Python stops the build: see `BlockError`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown import Markdown
from markdown.extensions import Extension
from markdown.postprocessors import Postprocessor
from markdown.preprocessors import Preprocessor

from render import api, mistakes, releases
from render.badges import library_download, newest_runs, runs_of, status_line
from render.files import read_snippet_file, read_text
from verify import evidence, record_files
from verify.snippet import Snippet, SnippetError

try:  # MkDocs prints its own kind of error as one line, any other as a traceback.
    from mkdocs.exceptions import BuildError as _Error
except ImportError:
    _Error = Exception

ROOT = Path(__file__).resolve().parent.parent

# Stands on a page for the newest runs; other Markdown renderers show nothing there.
NEWEST_RUNS = "<!-- newest runs -->"
# Stand on a page for the boxes of its common mistakes, and for those of all pages.
MISTAKES = "<!-- mistakes -->"
ERRATA = "<!-- errata -->"
# Stands on the page of the API index.
API = "<!-- api index -->"
MARKERS = (MISTAKES, ERRATA, API, *releases.MARKERS)
# Stands on a page for the docstrings of a library file.
LIBRARY = re.compile(r"::: snippets\.(?P<name>\w+)\s*$")

FENCE = re.compile(r"(?P<lead>[\s>]*(?:(?:[-*+]|\d+[.)])\s+)?)(?P<marks>`{3,}|~{3,})")
PYTHON = re.compile(r"(?:^|[\s{.])(?:i?python|py)[\d.]*(?=[\s}]|$)|pycon", re.I)
INCLUDE = re.compile(r"\s*-+8<-+(?:\s|$)")
PATH = re.compile(r'\s*--8<-- "(?P<path>[^"]*)"\s*')
KEPT = re.compile(r"^( *)\[\[verified-html-(\d+)\]\](?:<i id=\"[^\"]*\">)?$")
BLOCK = re.compile(r'<div class="snippet" .*?<div class="snippet-foot"', re.S)
# Names, blanks, marks and operators look like the code around them: spans for each of
# them are a third of a page.
PLAIN = re.compile(r'<span class="(?:n|nn|w|p|o)">([^<]*)</span>')
OUTPUT = re.compile(r'^([ ]*<span class="c1">#&gt;.*?</span>)$', re.M)


class BlockError(_Error):
    """A page shows Python that is not one snippet file.

    The message is one line: page, line, what is wrong and what to do.
    """


@dataclass(frozen=True)
class Fence:
    """One fence of a page; `first` and `last` are indexes of its lines."""

    first: int
    last: int
    lead: str
    info: str
    body: tuple[str, ...]

    @property
    def is_python(self) -> bool:
        """Whether a reader would take the fence for Python."""
        return bool(PYTHON.search(re.sub(r"\"[^\"]*\"|'[^']*'", "", self.info)))


def fences(lines: list[str]) -> Iterator[Fence]:
    """Find the fences of a page; one that is never closed has an empty body.

    Args:
        lines: The lines of the page.

    Yields:
        Each fence, from the top; a fence within a fence is part of the outer one.
    """
    after = 0
    for first, line in enumerate(lines):
        start = FENCE.match(line)
        if first < after or not start:
            continue
        marks, lead, info = start["marks"], start["lead"], line[start.end() :].strip()
        if marks[0] in info:  # code in a line, not a fence
            continue
        last = first
        for n in range(first + 1, len(lines)):
            if lines[n].strip(" \t>") == marks:
                last = n
                break
        after = last + 1
        yield Fence(first, last, lead, info, tuple(lines[first + 1 : last]))


def read_snippet(fence: Fence, root: Path) -> tuple[str, Snippet]:
    """The snippet file that a Python fence shows.

    Args:
        fence: A Python fence.
        root: The folder that holds `snippets/`.

    Returns:
        The path below `snippets/`, and the file.

    Raises:
        ValueError: The fence is not exactly one include of one snippet file.
    """
    if fence.last == fence.first:
        raise ValueError("the Python fence is never closed")
    if fence.lead.strip():
        raise ValueError("a Python fence starts a line; indent it instead")
    body = [line for line in fence.body if line.strip()]
    includes = [line for line in body if INCLUDE.match(line)]
    if len(includes) > 1:
        raise ValueError("a second include in one fence; one fence shows one file")
    if not includes or len(body) > 1:
        raise ValueError(
            "Python in prose that no run has seen; a Python fence holds "
            'one include: --8<-- "chapter/page/name.py"'
        )
    match = PATH.fullmatch(includes[0])
    if not match:
        raise ValueError('the include is not of the form --8<-- "chapter/page/name.py"')
    name = match["path"]
    path = root / "snippets" / name
    if re.search(r"^\w+:|^[/\\]|\\|(^|/)\.\.?(/|$)", name):
        raise ValueError(f'"{name}" is not a path below snippets/')
    if not name.endswith(".py"):
        raise ValueError(f'"{name}" is not a whole Python file')
    if not path.is_file():
        raise ValueError(f"there is no file snippets/{name}")
    if fence.info != "python" or not set(fence.body[0][: len(fence.lead)]) <= {" "}:
        raise ValueError("the fence of a snippet starts with ```python, nothing else")
    if not path.resolve().is_relative_to((root / "snippets").resolve()):
        raise ValueError(f'"{name}" leads out of snippets/')
    try:
        return name, read_snippet_file(path)
    except SnippetError as error:
        faults = "; ".join(error.faults).replace(f"{root.resolve()}/", "")
        raise ValueError(faults) from None


def locate(text: str, docs: Path) -> tuple[Path | None, int]:
    """The page file that a text comes from, found by the text itself.

    A Markdown extension is not told which page it works on, in no generator.

    Args:
        text: A page, as the generator hands it on: without its front matter.
        docs: The folder of the pages.

    Returns:
        The file, or None, and the number of lines above the text in it.
    """
    found = []
    for path in sorted(docs.rglob("*.md")):
        page = read_text(path)
        if page.endswith(text):
            found.append((page[: len(page) - len(text)].count("\n"), path))
    if not found:
        return None, 0
    above, path = min(found)
    return path, above


def generated(marker: str, root: Path, lang: str, page: str) -> list[str]:
    """The Markdown that a marker on a page stands for.

    Args:
        marker: One of `MARKERS`.
        root: The checkout.
        lang: `zh` or `en`.
        page: Path of the page, e.g. ``tensors/shape.md``.

    Returns:
        Lines of Markdown, with includes.

    Raises:
        BlockError: The data behind the marker is not right.
    """
    try:
        if marker in releases.MARKERS:
            found = load_records(root / "records")
            return releases.markdown(marker, root, lang, page, found)
        if marker == ERRATA:
            return mistakes.errata(root, lang, page)
        if marker == API:
            return api.index(root, lang, page)
        entries = mistakes.load(root, page.removesuffix(".md"))
    except (mistakes.MistakeError, evidence.RecordError) as error:
        raise BlockError(str(error)) from None
    return [line for line, _ in mistakes.boxes(entries, lang)]


class _Blocks(Preprocessor):
    """Wrap each Python fence; refuse what is not one snippet file."""

    def __init__(self, md: Markdown, root: Path, lang: str) -> None:
        super().__init__(md)
        self.root, self.lang = root, lang
        self.kept: list[str] = []
        self.found: list[evidence.Record] = []
        self.page: Path | None = None
        self.up = ""

    def run(self, lines: list[str]) -> list[str]:
        self.kept.clear()
        self.found = load_records(self.root / "records")
        self.page, _ = locate("\n".join(lines), self.root / "docs" / self.lang)
        self.up = self.way_up()
        return self.expand(lines) + self.last()

    def last(self) -> list[str]:
        """What every page with blocks ends with: the torch names that they use."""
        if self.page is None:
            return []
        page = self.page.relative_to(self.root / "docs" / self.lang)
        return api.used_here(self.root, self.lang, page.as_posix())

    def expand(self, lines: list[str]) -> list[str]:
        """Lines of a page with its fences as blocks and its markers filled in."""
        rows: list[str] = []
        done = 0
        for fence in fences(lines):
            rows += self.prose(lines, done, fence.first)
            done = fence.last + 1
            if fence.is_python:
                try:
                    rows += self.block(fence)
                except ValueError as error:
                    raise self.error(lines, fence.first, str(error)) from None
            else:
                rows += [lines[fence.first]]
                rows += self.prose(lines, fence.first + 1, done, code=True)
        return rows + self.prose(lines, done, len(lines))

    def prose(self, lines, first, last, code=False) -> list[str]:
        """Return the lines outside Python fences, with what markers stand for.

        An include isn't allowed there. The docstrings of a library file get a download
        of the file above them.
        """
        rows = []
        for n in range(first, last):
            if INCLUDE.match(lines[n]):
                raise self.error(
                    lines, n, "an include outside a Python fence; put it into one"
                )
            if lines[n].strip() == NEWEST_RUNS and not code:
                html = newest_runs(self.found, self.root, self.lang)
                rows += ["", self.keep(html), ""]
            elif lines[n].strip() in MARKERS and not code:
                rows += ["", *self.expand(self.generated(lines[n].strip())), ""]
            elif (library := LIBRARY.match(lines[n])) and not code:
                html = library_download(library["name"], self.lang, self.up)
                rows += ["", self.keep(html), "", lines[n]]
            else:
                rows.append(lines[n])
        return rows

    def generated(self, marker: str) -> list[str]:
        """The Markdown that a marker on this page stands for."""
        if self.page is None:
            return []
        page = self.page.relative_to(self.root / "docs" / self.lang)
        return generated(marker, self.root, self.lang, page.as_posix())

    def block(self, fence: Fence) -> list[str]:
        """A fence as a unit of title, code, output and status line."""
        name, snippet = read_snippet(fence, self.root)
        leaf = name.rpartition("/")[2]
        address = f"{self.up}snippets/{name}"  # where render.downloads puts it
        runs = runs_of(name, snippet, self.found, self.root)
        foot = status_line(snippet, runs, self.lang, address, leaf, self.up)
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

    def way_up(self) -> str:
        """The way from the page to the start of its language, as browsers see it."""
        if self.page is None:
            return ""
        docs = self.root / "docs" / self.lang
        parts = self.page.relative_to(docs).with_suffix("").parts
        return "../" * (len(parts) - (parts[-1] == "index"))

    def keep(self, html: str, name: str = "") -> str:
        """A line that stands for HTML until `_Html` puts it in the stash.

        MkDocs finds in the line the id that links lead to.
        """
        self.kept.append(html)
        anchor = f'<i id="{name}">' if name else ""
        return f"[[verified-html-{len(self.kept) - 1}]]{anchor}"

    def error(self, lines: list[str], line: int, what: str) -> BlockError:
        """An error that names the page file and its line."""
        path, above = locate("\n".join(lines), self.root / "docs" / self.lang)
        page = path.relative_to(self.root).as_posix() if path else "a page"
        return BlockError(f"{page}:{above + line + 1}: {what}")


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
            return OUTPUT.sub(r'<span class="output">\1</span>', plain)

        return BLOCK.sub(mark, text)


def load_records(folder: Path) -> list[evidence.Record]:
    """The records of a folder, read again only when one of its files has changed.

    Raises:
        BlockError: A file is not a record, or not of the release in its name.
    """
    stamp = tuple(
        (path.name, path.stat().st_mtime_ns) for path in sorted(folder.glob("*.json"))
    )
    return _load_records(folder, stamp)


@functools.lru_cache(maxsize=4)
def _load_records(folder: Path, stamp: tuple) -> list[evidence.Record]:
    try:
        return record_files.load(folder) if stamp else []
    except evidence.RecordError as error:
        raise BlockError(str(error)) from None


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
        After: the stash is restored at 30.
        """
        root = Path(self.getConfig("root")).resolve()
        blocks = _Blocks(md, root, self.getConfig("lang"))
        md.preprocessors.register(blocks, "snippet_blocks", 40)
        md.preprocessors.register(_Html(blocks), "snippet_html", 20.5)
        md.postprocessors.register(_Output(md), "snippet_output", 10)


def makeExtension(**options: str) -> SnippetBlocks:
    """The name that Python-Markdown looks for."""
    return SnippetBlocks(**options)

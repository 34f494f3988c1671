"""Read the Markdown pages of the site and the snippet files that they show.

A `Site` is one language: its navigation, its chapters and its pages. A `Page` has the
lines, fences and sections of one page, and names the snippet files that it shows.

A page contains only what people have written: the Markdown file, with the common
mistakes from its data file inserted at their marker. Each line keeps the file and line
number that it comes from, so a fault points to the line that somebody has to edit.
`render.markers` fills in what is generated from records and other data.

Lines are classified as Python-Markdown would read them with the site's extensions.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import yaml

from render import mistakes
from verify import evidence
from verify.snippet import Snippet, SnippetError, parse

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = mistakes.LANGUAGES
CONFIGS = {"zh": "mkdocs.yml", "en": "mkdocs.en.yml"}
# A heading with this attribute is left out of the search, and so is its section.
UNSEARCHED = "data-search-exclude"

FENCE = re.compile(r"(?P<lead>[\s>]*(?:(?:[-*+]|\d+[.)])\s+)?)(?P<marks>`{3,}|~{3,})")
PYTHON = re.compile(r"(?:^|[\s{.])(?:i?python|py)[\d.]*(?=[\s}]|$)|pycon", re.I)
INCLUDE = re.compile(r"\s*-+8<-+(?:\s|$)")
PATH = re.compile(r'\s*--8<-- "(?P<path>[^"]*)"\s*')
PART = re.compile(r"(?P<file>[^:]*\.py):(?P<name>\w+)")
# Python-Markdown doesn't require a space after the number signs.
HEADING = re.compile(
    r"\s*(?P<marks>#{1,6})(?!#)\s*(?P<title>.+?)\s*(?P<attrs>\{[^{}]*\})?[\s#]*"
)
BOX = re.compile(
    r"(?P<lead>\s*)(?P<mark>!!!|\?\?\?\+?)\s*(?P<type>[\w -]+?)\s*"
    r"(?:\"(?P<title>.*)\")?\s*"
)
TAB = re.compile(r"\s*===[!+]*\s+\".*\"\s*")
LIST_ITEM = re.compile(r"\s*(?:[-*+]|\d+\.)\s+\S.*")
DELIMITER_ROW = re.compile(r"\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*")
CODE = re.compile(r"(?<![`\\])(?P<ticks>`+)(?!`)(?P<code>.+?)(?<!`)(?P=ticks)(?!`)")
LINK = re.compile(
    r"(?P<image>!?)\[(?P<text>(?:[^\[\]]|\[[^\[\]]*\])*)\]"
    r"\(\s*<?(?P<target>[^()\s<>]*(?:\([^()\s]*\)[^()\s<>]*)?)>?(?:\s+\"[^\"]*\")?\s*\)"
)
REFERENCE = re.compile(r"\s*\[(?!\^)[^\]]+\]:\s*(?P<target>\S+).*")
ATTRS = re.compile(r"\{[:#.][^{}]*\}")
ID = re.compile(r"#([^\s}]+)")


# ---- the parts of a page


@dataclass(frozen=True)
class Row:
    """A line of text and its place, e.g. ``docs/mistakes/tensors/shape.yml:12``."""

    text: str
    place: str


@dataclass(frozen=True)
class Line:
    """A line of a page, with its kind.

    Attributes:
        index: The index in `Page.rows`.
        text: The line itself.
        place: The file and line number.
        kind: "blank", "fence" (a fence mark or a line inside the fence), "heading",
            "box" (the first line of an admonition), "row" (a table row), "indented"
            (indented code) or "text".
    """

    index: int
    text: str
    place: str
    kind: str


@dataclass(frozen=True)
class Fence:
    """A fenced code block.

    A fence that is never closed ends on its first line and has an empty body.

    Attributes:
        first: The index of the opening line.
        last: The index of the closing line.
        lead: What precedes the opening marks: indentation, quote or list markers.
        marks: The opening marks, e.g. three backticks.
        info: The text after the marks, e.g. ``python``.
        body: The lines between the opening and the closing line.
    """

    first: int
    last: int
    lead: str
    marks: str
    info: str
    body: tuple[str, ...]

    @property
    def is_closed(self) -> bool:
        """Whether the fence has a closing line."""
        return self.last > self.first

    @property
    def is_python(self) -> bool:
        """Whether a reader would take the contents for Python."""
        return bool(PYTHON.search(re.sub(r"\"[^\"]*\"|'[^']*'", "", self.info)))

    @property
    def include(self) -> str | None:
        """The path below `snippets/` of the file that the fence shows whole.

        None if the fence isn't a Python fence with one include of a whole file.
        """
        return None if self.part else self._target

    @property
    def part(self) -> tuple[str, str] | None:
        """The path below `snippets/` and the name of the function or class shown.

        None if the fence doesn't include a part of a file.
        """
        match = PART.fullmatch(self._target or "")
        return (match["file"], match["name"]) if match else None

    @property
    def _target(self) -> str | None:
        match = PATH.fullmatch("\n".join(self.body).strip())
        return match["path"] if match and self.is_python else None


@dataclass(frozen=True)
class Part:
    """A function or class of a snippet file that a page shows by itself.

    Attributes:
        file: The path of the file below `snippets/`.
        first: The number of the first line, which may be a decorator.
        last: The number of the last line.
        code: The lines as they are in the file.
    """

    file: str
    first: int
    last: int
    code: tuple[str, ...]


@dataclass
class Table:
    """A Markdown table.

    Attributes:
        place: The file and line number of the header row.
        columns: The number of columns in the header row.
        rows: The body rows: the place and the cells of each.
    """

    place: str
    columns: int
    rows: list[tuple[str, list[str]]] = field(default_factory=list)

    @property
    def shape(self) -> tuple[int, int]:
        """The number of body rows and the number of columns."""
        return len(self.rows), self.columns


@dataclass
class Section:
    """A heading and the lines below it, up to the next heading of any level.

    The first section of a page is the part above its first heading. It has level 0 and
    neither id nor title.
    """

    index: int = 0
    place: str = ""
    level: int = 0
    id: str = ""
    title: str = ""
    lines: list[Line] = field(default_factory=list)

    @property
    def outline(self) -> list[str]:
        """The kinds of its blocks in order: heading, paragraph, table, fence and so on.

        Consecutive lines of the same kind count as one block.
        """
        names = {"text": "paragraph", "row": "table"}
        found, before = [], ""
        for line in self.lines:
            if line.kind not in (before, "blank"):
                found.append(names.get(line.kind, line.kind))
            before = line.kind
        return found

    def __str__(self) -> str:
        first = "the part above the first heading"
        return f"#{self.id}" if self.id else self.title or first


@dataclass(frozen=True, eq=False)
class Page:
    """A page of one language.

    Attributes:
        lang: `zh` or `en`.
        name: The path below the language folder, e.g. ``tensors/shape.md``.
        front: The lines of the front matter.
        rows: The lines below the front matter.
        root: The checkout.
    """

    lang: str
    name: str
    front: tuple[Row, ...]
    rows: tuple[Row, ...]
    root: Path = ROOT

    @property
    def where(self) -> str:
        """The page's path in the repository."""
        return f"docs/{self.lang}/{self.name}"

    @cached_property
    def text(self) -> str:
        """The page without its front matter."""
        return "\n".join(row.text for row in self.rows)

    @cached_property
    def description(self) -> str:
        """The description in the front matter, or ""."""
        front = yaml.safe_load("\n".join(row.text for row in self.front)) or {}
        return front.get("description") or ""

    @cached_property
    def title(self) -> str:
        """The text of the first level 1 heading; the page's name if it has none."""
        titles = [one.title for one in self.sections if one.level == 1]
        return titles[0] if titles else self.name

    @cached_property
    def fences(self) -> list[Fence]:
        """All fences. A fence inside another one is part of the outer fence's body."""
        return list(fences([row.text for row in self.rows]))

    @cached_property
    def lines(self) -> list[Line]:
        """All lines, each with its kind."""
        return list(_classify(self))

    @cached_property
    def sections(self) -> list[Section]:
        """The part above the first heading, followed by one section per heading."""
        found = [Section(place=f"{self.where}:1")]
        for line in self.lines:
            if line.kind == "heading" and (match := HEADING.fullmatch(line.text)):
                named = ID.search(match["attrs"] or "")
                level, id_ = len(match["marks"]), named[1] if named else ""
                head = Section(line.index, line.place, level, id_, match["title"])
                found.append(head)
            found[-1].lines.append(line)
        return found

    @cached_property
    def snippets(self) -> list[tuple[str, Snippet]]:
        """The snippet files that the page shows whole, as (path, snippet) in order.

        Raises:
            ValueError: If a Python fence isn't exactly one include of a snippet file.
        """
        return [
            read_snippet(one, self.root)
            for one in self.fences
            if one.is_python and not one.part
        ]

    def shown(self, section: str | None = None) -> list[str]:
        """Return the files that the page shows whole, as paths below `snippets/`.

        Args:
            section: The id of a heading. Limits the result to its section, including
                subsections.

        Returns:
            The paths in the order of the page.
        """
        spans = [(0, len(self.rows))] if section is None else self._spans(section)
        return [
            fence.include
            for fence in self.fences
            if fence.include and any(a <= fence.first < b for a, b in spans)
        ]

    def text_of(self, section: str) -> str:
        """Return the text of a section, including its heading and its subsections.

        Args:
            section: The id of the heading.
        """
        rows = [row.text for a, b in self._spans(section) for row in self.rows[a:b]]
        return "\n".join(rows)

    def heading_of(self, index: int) -> str:
        """Return the id of the nearest heading at or above a line.

        Args:
            index: The index of the line.

        Returns:
            The id; "" if the heading has none or the line is above the first heading.
        """
        return [one.id for one in self.sections if one.index <= index][-1]

    def _spans(self, section: str) -> list[tuple[int, int]]:
        spans = []
        for k, head in enumerate(self.sections):
            if head.id == section:
                after = [
                    x.index for x in self.sections[k + 1 :] if x.level <= head.level
                ]
                spans.append((head.index, min(after, default=len(self.rows))))
        return spans


def parse_page(text: str, lang: str, name: str, root: Path = ROOT) -> Page:
    """Parse the text of a page and split off its front matter.

    Args:
        text: The contents of the file.
        lang: `zh` or `en`.
        name: The path below the language folder.
        root: The checkout.
    """
    page = Page(lang, name, (), (), root)
    rows = rows_of(text.split("\n"), page.where)
    texts = [row.text for row in rows]
    end = texts.index("---", 1) if texts[0] == "---" and "---" in texts[1:] else -1
    body = end + 1
    # Generators drop the blank lines below the front matter too.
    while body < len(rows) - 1 and not texts[body]:
        body += 1
    return Page(lang, name, rows[1 : max(end, 1)], rows[body:], root)


def rows_of(lines: Iterable[str], where: str) -> tuple[Row, ...]:
    """Number the lines of a file.

    Args:
        lines: The lines.
        where: The path of the file.
    """
    return tuple(Row(line, f"{where}:{n}") for n, line in enumerate(lines, 1))


def fences(lines: list[str]) -> Iterator[Fence]:
    """Find the fences in the lines of a text, from the top."""
    after = 0
    for first, line in enumerate(lines):
        start = FENCE.match(line)
        if first < after or not start:
            continue
        marks, lead, info = start["marks"], start["lead"], line[start.end() :].strip()
        if marks[0] in info:  # inline code that starts a line, not a fence
            continue
        last = first
        for n in range(first + 1, len(lines)):
            if lines[n].strip(" \t>") == marks:
                last = n
                break
        after = last + 1
        yield Fence(first, last, lead, marks, info, tuple(lines[first + 1 : last]))


def _classify(page: Page) -> Iterator[Line]:
    rows = [row.text for row in page.rows]
    fenced = {n for one in page.fences for n in range(one.first, one.last + 1)}
    # The indents that the list items and boxes around a line require of their contents.
    inside: list[int] = []
    # Indented code can start here: the line before is blank or indented code.
    opens = True
    table = False
    for n, row in enumerate(rows):
        kind, indent = "text", len(row) - len(row.lstrip())
        room = max((x for x in inside if x <= indent), default=0)
        if not row.strip():
            kind = "fence" if n in fenced else "blank"
        elif opens and indent - room >= 4:
            kind = "indented"
        elif n in fenced:
            kind = "fence"
        elif HEADING.fullmatch(row):
            kind = "heading"
        elif BOX.fullmatch(row):
            kind = "box"
        elif "|" in row and (table or _starts_table(rows, n)):
            kind = "row"
        if opens and kind != "blank":
            inside = [x for x in inside if x <= indent]
        holds = TAB.fullmatch(row) or LIST_ITEM.fullmatch(row)
        if kind == "box" or (kind == "text" and holds):
            inside = [x for x in inside if x <= indent] + [indent + 4]
        table = kind == "row"
        opens = kind in ("blank", "indented")
        yield Line(n, row, page.rows[n].place, kind)


def _starts_table(rows: list[str], n: int) -> bool:
    below = rows[n + 1] if n + 1 < len(rows) else ""
    return "|" in below and bool(DELIMITER_ROW.fullmatch(below))


def cells(row: str) -> list[str]:
    """Split a table row into cells; a bar in code or after a backslash doesn't split.

    Args:
        row: The line of Markdown.
    """
    held = CODE.sub(lambda code: code[0].replace("|", "\0"), row).replace("\\|", "\\\0")
    held = held.strip().removeprefix("|").removesuffix("|")
    return [cell.strip().replace("\0", "|") for cell in held.split("|")]


def tables(lines: Iterable[Line]) -> list[Table]:
    """Return the tables among these lines."""
    found: list[Table] = []
    first = last = -2
    for line in lines:
        if line.kind != "row":
            continue
        if line.index != last + 1:
            found.append(Table(line.place, len(cells(line.text))))
            first = line.index
        elif line.index > first + 1:  # below the delimiter row
            found[-1].rows.append((line.place, cells(line.text)))
        last = line.index
    return found


def codes(lines: Iterable[Line]) -> set[str]:
    """Return the contents of the inline code spans, which may span two lines."""
    return {
        match["code"].strip()
        for paragraph in _paragraphs(lines)
        for match in CODE.finditer(paragraph)
    }


def _paragraphs(lines: Iterable[Line]) -> Iterator[str]:
    gathered: list[str] = []
    for line in lines:
        if line.kind == "text":
            gathered.append(line.text.strip())
            continue
        yield " ".join(gathered)
        gathered = []
        if line.kind in ("heading", "box", "row"):
            yield line.text
    yield " ".join(gathered)


def targets(lines: Iterable[Line]) -> list[tuple[str, str, bool]]:
    """Return the targets of the links and pictures in these lines.

    Returns:
        The place, the target, and whether it is a picture, for each.
    """
    found = []
    for line in lines:
        if line.kind in ("fence", "indented"):
            continue
        # Blank out code first: `a[0](x)` isn't a link. Link text may contain code, so
        # a word takes its place.
        row = CODE.sub("code", line.text)
        for outer in LINK.finditer(row):
            inner = LINK.finditer(outer["text"])  # a picture as link text
            found += [
                (line.place, match["target"], bool(match["image"]))
                for match in (outer, *inner)
            ]
        if match := REFERENCE.fullmatch(row):
            found.append((line.place, match["target"], False))
    return found


# ---- the pages of a language


class Site:
    """The pages of one language.

    Args:
        root: The checkout.
        lang: `zh` or `en`.

    Attributes:
        config: The MkDocs configuration as it is in the language's own file.
        nav: The page paths of each chapter by its title, as in the navigation.
        pages: The pages by path, in navigation order. Pages that the navigation
            doesn't name come last.

    Raises:
        MistakeError: If the data file of a page's common mistakes has a fault.
    """

    def __init__(self, root: Path, lang: str) -> None:
        self.root, self.lang = root, lang
        self.docs = root / "docs" / lang
        config = root / CONFIGS[lang]
        self.config = read_config(config) if config.is_file() else {}
        self.nav = {
            title: list(_leaves(below))
            for item in self.config.get("nav") or []
            for title, below in item.items()
        }
        files = {x.relative_to(self.docs).as_posix() for x in self.docs.rglob("*.md")}
        named = [name for names in self.nav.values() for name in names]
        order = [name for name in named if name in files]
        self.pages: dict[str, Page] = {}
        self._by_text: dict[str, Page] = {}
        for name in dict.fromkeys([*order, *sorted(files)]):
            page = parse_page(read_text(self.docs / name), lang, name, root)
            self.pages[name] = with_mistakes(page)
            self._by_text[page.text.strip()] = self.pages[name]

    @cached_property
    def chapters(self) -> dict[str, list[Page]]:
        """The pages of each chapter by its title, as in the navigation."""
        return {
            title: [self.pages[name] for name in names if name in self.pages]
            for title, names in self.nav.items()
        }

    def page_with(self, text: str) -> Page | None:
        """Find a page by its text.

        A Markdown extension needs this because no generator tells it which page it is
        converting.

        Args:
            text: The contents of the page's file, without the front matter.

        Returns:
            The page; None if no page has this text.
        """
        return self._by_text.get(text.strip())

    def page_of(self, file: str) -> Page | None:
        """Find the page that shows a snippet file.

        Args:
            file: The path below `snippets/`.

        Returns:
            The page; None if no page shows the whole file.
        """
        return self._shown.get(file)

    @cached_property
    def _shown(self) -> dict[str, Page]:
        return {file: page for page in self.pages.values() for file in page.shown()}


def read_site(root: Path, lang: str) -> Site:
    """Read the pages of a language. The result is cached until a file changes.

    Args:
        root: The checkout.
        lang: `zh` or `en`.

    Raises:
        MistakeError: If the data file of a page's common mistakes has a fault.
    """
    files = [
        *(root / "docs" / lang).rglob("*.md"),
        *(root / "docs" / "mistakes").rglob("*.yml"),
        *root.glob(CONFIGS[lang]),
    ]
    stamp = frozenset((path, path.stat().st_mtime_ns) for path in files)
    return _read_site(root, lang, stamp)


@functools.lru_cache(maxsize=8)
def _read_site(root: Path, lang: str, stamp: frozenset) -> Site:
    return Site(root, lang)


def with_mistakes(page: Page) -> Page:
    """Replace the marker on a page with the boxes of its common mistakes.

    Raises:
        MistakeError: If the data file is missing or has a fault.
    """

    def boxes(marker: Row) -> list[Row]:
        name = page.name.removesuffix(".md")
        entries = mistakes.load(page.root, name)
        return [
            Row(text, f"{mistakes.data_file(name)}:{line}")
            for text, line in mistakes.boxes(entries, page.lang)
        ]

    return fill_in(page, (mistakes.MARKER,), boxes)


def fill_in(
    page: Page, markers: Collection[str], make: Callable[[Row], Iterable[Row]]
) -> Page:
    """Replace the lines of a page that are markers.

    Args:
        page: The page. A marker inside a fence is code and stays as it is.
        markers: The markers to replace.
        make: Returns the rows that replace a marker, given the marker's row.

    Returns:
        The new page, or the same object if no marker occurs in its text.
    """
    if not any(marker in page.text for marker in markers):
        return page
    fenced = {n for one in page.fences for n in range(one.first, one.last + 1)}
    rows: list[Row] = []
    for n, row in enumerate(page.rows):
        if n not in fenced and row.text.strip() in markers:
            blank = Row("", row.place)
            rows += [blank, *make(row), blank]
        else:
            rows.append(row)
    return Page(page.lang, page.name, page.front, tuple(rows), page.root)


def page_title(root: Path, lang: str, page: str) -> str:
    """Return the title of a page.

    Args:
        root: The checkout.
        lang: `zh` or `en`.
        page: The path without suffix, e.g. `tensors/math`.
    """
    return read_site(root, lang).pages[f"{page}.md"].title


def page_order(root: Path, lang: str, pages: set[str]) -> dict[str, list[str]]:
    """Group pages by chapter, in the order of the navigation.

    Args:
        root: The checkout.
        lang: `zh` or `en`.
        pages: Paths without suffix, e.g. `tensors/math`.

    Returns:
        The paths by the title of their chapter, without empty chapters.
    """
    order: dict[str, list[str]] = {}
    for title, below in read_site(root, lang).chapters.items():
        names = [page.name.removesuffix(".md") for page in below]
        if found := [name for name in names if name in pages]:
            order[title] = found
    return order


def _leaves(nav) -> Iterator[str]:
    if isinstance(nav, str):
        yield nav
    else:
        for item in nav.values() if isinstance(nav, dict) else nav:
            yield from _leaves(item)


class _Loader(yaml.SafeLoader):
    """YAML loader for MkDocs configurations; reads `!ENV` and `!!python` as None."""


_Loader.add_multi_constructor("", lambda loader, tag, node: None)


def read_config(path: Path) -> dict:
    """Read one MkDocs configuration file, without the file that it inherits from."""
    return yaml.load(path.read_text("utf-8"), _Loader) or {}


def read_text(path: Path) -> str:
    """Read a text file, without a byte order mark."""
    return path.read_text("utf-8-sig")


# ---- snippet files


def snippet_files(root: Path) -> list[str]:
    """Return the paths below `snippets/` of all snippet files, without the library."""
    folder = root / "snippets"
    return sorted(x.relative_to(folder).as_posix() for x in folder.glob("*/**/*.py"))


def read_snippet_file(path: Path) -> Snippet:
    """Parse a snippet file. The result is cached until the file changes.

    Raises:
        SnippetError: If the file breaks the contract.
    """
    facts = path.stat()
    return _parse(path, facts.st_mtime_ns, facts.st_size)


@functools.lru_cache(maxsize=4096)
def _parse(path: Path, stamp: int, size: int) -> Snippet:
    return parse(path)


def current_snippets(root: Path) -> dict[str, Snippet | None]:
    """Parse all snippet files of a checkout. See `evidence.current_snippets`."""
    return evidence.current_snippets(root / "snippets", read_snippet_file)


def read_snippet(fence: Fence, root: Path) -> tuple[str, Snippet]:
    """Read the snippet file that a Python fence shows.

    Args:
        fence: A Python fence.
        root: The checkout.

    Returns:
        The path below `snippets/` and the parsed file.

    Raises:
        ValueError: If the fence isn't exactly one include of one snippet file, or the
            file breaks the contract.
    """
    if not fence.is_closed:
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


def read_part(fence: Fence, root: Path) -> Part:
    """Read the function or class of a snippet file that a Python fence shows.

    The fence names it, so the right lines are still shown after the file changes. Line
    numbers in the fence would go stale.

    Args:
        fence: A Python fence whose include ends with a colon and a name.
        root: The checkout.

    Raises:
        ValueError: If the fence isn't exactly one include of one snippet file, or the
            file has no top-level function or class with this name.
    """
    file, name = fence.part or ("", "")
    body = tuple(line.replace(f'{file}:{name}"', f'{file}"') for line in fence.body)
    whole = replace(fence, body=body)
    _, snippet = read_snippet(whole, root)
    for node in ast.parse(snippet.source).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name == name:
            first = min(one.lineno for one in (node, *node.decorator_list))
            last = node.end_lineno or first
            lines = snippet.source.split("\n")[first - 1 : last]
            return Part(file, first, last, tuple(lines))
    raise ValueError(f"snippets/{file} has no function or class {name}")

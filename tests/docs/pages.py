"""Reads the pages and the snippet files, as text and as a reader sees them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import markdown
import yaml

from render import mistakes

LANGUAGES = ("zh", "en")
CHAPTERS = ("tensors", "training", "distributed", "reference")
CONFIGS = {"zh": "mkdocs.yml", "en": "mkdocs.en.yml"}

FENCE = re.compile(r"(?P<indent>\s*)(?P<mark>`{3,}|~{3,})(?P<info>.*)")
# Python-Markdown asks for no blank after the marks.
HEADING = re.compile(
    r"\s*(?P<marks>#{1,6})(?!#)(?P<title>.+?)(?P<attrs>\{[^{}]*\})?[\s#]*"
)
ADMONITION = re.compile(
    r"\s*(?P<mark>!!!|\?\?\?\+?)\s*(?P<type>[\w -]+?)\s*(?:\"(?P<title>.*)\")?\s*"
)
TAB = re.compile(r"\s*===[!+]*\s+\".*\"\s*")
LIST_ITEM = re.compile(r"\s*(?:[-*+]|\d+\.)\s+\S.*")
DELIMITER_ROW = re.compile(r"\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*")
INCLUDE = re.compile(r"--8<-- \"(?P<path>[\w/-]+\.py)\"")
CODE = re.compile(r"(?<![`\\])(?P<ticks>`+)(?!`)(?P<code>.+?)(?<!`)(?P=ticks)(?!`)")
LINK = re.compile(
    r"(?P<image>!?)\[(?P<text>(?:[^\[\]]|\[[^\[\]]*\])*)\]"
    r"\(\s*<?(?P<target>[^()\s<>]*(?:\([^()\s]*\)[^()\s<>]*)?)>?(?:\s+\"[^\"]*\")?\s*\)"
)
REFERENCE = re.compile(r"\s*\[(?!\^)[^\]]+\]:\s*(?P<target>\S+).*")
HTML_TARGET = re.compile(
    r"<(?P<tag>a|img)\b[^>]*?\b(?:href|src)=[\"'](?P<target>[^\"']*)[\"']", re.I
)
ATTRS = re.compile(r"\{[:#.][^{}]*\}")
ID = re.compile(r"#([^\s}]+)")
HTML_ID = re.compile(r"<[^>]*\bid=[\"']([^\"']+)[\"']")
HAN = r"[\u3400-\u9fff]"


# ---- reading a page


@dataclass(frozen=True)
class Line:
    """One line of a page and what it is.

    Attributes:
        number: Line number in the file, from 1.
        text: The line itself.
        kind: "front" (front matter), "blank", "fence" (a fence and all in it),
            "heading", "admonition", "row" (of a table), "indented" (indented code)
            or "text".
    """

    number: int
    text: str
    kind: str


@dataclass(frozen=True)
class Fence:
    """A fence as it stands in the file, not expanded."""

    number: int
    mark: str
    info: str
    closed: bool
    body: tuple[str, ...]

    @property
    def python(self) -> bool:
        """Whether it is a Python block in the one form that we write."""
        return self.mark.startswith("`") and self.info == "python"

    @property
    def include(self) -> str | None:
        """Path below `snippets/` when it is one include in a Python fence."""
        if not self.python:
            return None
        found = INCLUDE.fullmatch("\n".join(self.body).strip())
        return found["path"] if found else None


@dataclass
class Table:
    """A table: its first line, its body rows with line numbers, its columns."""

    number: int
    columns: int
    rows: list[tuple[int, list[str]]] = field(default_factory=list)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows of the body and columns."""
        return len(self.rows), self.columns


@dataclass
class Section:
    """A heading and what stands below it, up to the next heading of any level."""

    number: int
    level: int
    id: str
    lines: list[Line] = field(default_factory=list)

    @property
    def outline(self) -> list[str]:
        """Its paragraphs, tables, boxes and fences in order, by kind."""
        names = {"text": "paragraph", "row": "table", "admonition": "box"}
        found, before = [], ""
        for line in self.lines:
            if line.kind not in (before, "blank"):
                found.append(names.get(line.kind, line.kind))
            before = line.kind
        return found

    def __str__(self) -> str:
        return f"#{self.id}" if self.id else "the part above the first heading"


@dataclass(frozen=True)
class Page:
    """A page of one language.

    Attributes:
        language: "zh" or "en".
        name: Path below the folder of the language, such as "tensors/shape.md".
        text: The whole file, with the boxes of its common mistakes in their place.
        origins: Where each line stands that is not this line of the page's file:
            "docs/mistakes/tensors/shape.yml:12", by line number in `text`.
    """

    language: str
    name: str
    text: str
    origins: dict[int, str] = field(default_factory=dict)

    @property
    def where(self) -> str:
        """The page's path in the repository."""
        return f"docs/{self.language}/{self.name}"

    @cached_property
    def lines(self) -> list[Line]:
        """Every line of the file with its kind."""
        return list(_classify(self.text))

    @cached_property
    def fences(self) -> list[Fence]:
        """All fences, also those that the extractor does not see."""
        return list(_fences(self.lines))

    @cached_property
    def sections(self) -> list[Section]:
        """The part above the first heading, then one section per heading."""
        found = [Section(1, 0, "")]
        for line in self.lines:
            if line.kind == "heading":
                match = HEADING.fullmatch(line.text)
                named = ID.search(match["attrs"] or "")
                found.append(
                    Section(line.number, len(match["marks"]), named[1] if named else "")
                )
            found[-1].lines.append(line)
        return found

    @cached_property
    def ids(self) -> set[str]:
        """All that an anchor can name."""
        ids = {section.id for section in self.sections if section.id}
        for line in self.lines:
            if line.kind not in ("front", "fence", "indented"):
                ids.update(HTML_ID.findall(line.text))
                for attrs in ATTRS.findall(line.text):
                    ids.update(ID.findall(attrs))
        return ids

    def shown(self, section: str | None = None) -> list[str]:
        """Snippet files that the page shows, in order.

        Args:
            section: Id of a heading; only what stands below it is then listed,
                including its subsections.

        Returns:
            Paths below `snippets/`.
        """
        spans = [(1, len(self.lines) + 1)] if section is None else self._spans(section)
        return [
            fence.include
            for fence in self.fences
            if fence.include and any(a <= fence.number < b for a, b in spans)
        ]

    def text_of(self, section: str) -> str:
        """The text below a heading, including its subsections."""
        rows = self.text.split("\n")
        return "\n".join(
            "\n".join(rows[a - 1 : b - 1]) for a, b in self._spans(section)
        )

    def heading_of(self, number: int) -> str:
        """Id of the heading above a line ("" when there is none)."""
        return [s.id for s in self.sections if s.number <= number][-1]

    def _spans(self, section: str) -> list[tuple[int, int]]:
        spans = []
        for k, head in enumerate(self.sections):
            if head.id == section:
                after = [
                    s.number for s in self.sections[k + 1 :] if s.level <= head.level
                ]
                spans.append((head.number, min(after, default=len(self.lines) + 1)))
        return spans


def _classify(text: str) -> Iterator[Line]:
    rows = text.split("\n")  # as the extractor reads; splitlines() splits at more
    start = 0
    if rows[:1] == ["---"] and "---" in rows[1:]:
        start = rows.index("---", 1) + 1
        yield from (Line(n + 1, rows[n], "front") for n in range(start))
    mark = ""  # of the open fence
    # What list items and admonitions ask of the lines in them: their indent.
    inside: list[int] = []
    opens = True  # a block can begin here: the line before is blank
    table = False
    for n in range(start, len(rows)):
        row, kind = rows[n], "text"
        indent = len(row) - len(row.lstrip())
        if mark:
            kind = "fence"
            if row.strip() == mark:
                mark = ""
        elif not row.strip():
            kind = "blank"
        elif opens and indent - _room(inside, indent) >= 4:
            kind = "indented"
        elif match := FENCE.fullmatch(row):
            kind, mark = "fence", match["mark"]
        elif HEADING.fullmatch(row):
            kind = "heading"
        elif ADMONITION.fullmatch(row):
            kind = "admonition"
        elif "|" in row and (table or _starts_table(rows, n)):
            kind = "row"
        if opens and kind != "blank":
            inside = [room for room in inside if room <= indent]
        holds = TAB.fullmatch(row) or LIST_ITEM.fullmatch(row)
        if kind == "admonition" or (kind == "text" and holds):
            inside = [room for room in inside if room <= indent] + [indent + 4]
        table = kind == "row"
        opens = kind in ("blank", "indented")
        yield Line(n + 1, row, kind)


def _room(inside: list[int], indent: int) -> int:
    return max((room for room in inside if room <= indent), default=0)


def _starts_table(rows: list[str], n: int) -> bool:
    return (
        n + 1 < len(rows)
        and "|" in rows[n + 1]
        and bool(DELIMITER_ROW.fullmatch(rows[n + 1]))
    )


def _fences(lines: list[Line]) -> Iterator[Fence]:
    rows = iter(lines)
    for line in rows:
        if line.kind != "fence":
            continue
        match = FENCE.fullmatch(line.text)
        body: list[str] = []
        closed = False
        for inner in rows:
            if inner.text.strip() == match["mark"]:
                closed = True
                break
            body.append(inner.text)
        yield Fence(line.number, match["mark"], match["info"], closed, tuple(body))


def cells(row: str) -> list[str]:
    """Split a row of a table; a bar in code or behind a backslash does not split."""
    held = CODE.sub(lambda code: code[0].replace("|", "\0"), row).replace("\\|", "\\\0")
    held = held.strip().removeprefix("|").removesuffix("|")
    return [cell.strip().replace("\0", "|") for cell in held.split("|")]


def tables(lines: Iterable[Line]) -> list[Table]:
    """All tables among these lines."""
    found: list[Table] = []
    last = -1
    for line in lines:
        if line.kind != "row":
            continue
        if line.number != last + 1:
            found.append(Table(line.number, len(cells(line.text))))
        elif line.number > found[-1].number + 1:
            found[-1].rows.append((line.number, cells(line.text)))
        last = line.number
    return found


def codes(lines: Iterable[Line]) -> set[str]:
    """Inline code spans; one that is broken over two lines counts as one."""
    found = set()
    for paragraph in _paragraphs(lines):
        found |= {match["code"].strip() for match in CODE.finditer(paragraph)}
    return found


def _paragraphs(lines: Iterable[Line]) -> Iterator[str]:
    gathered: list[str] = []
    for line in lines:
        if line.kind == "text":
            gathered.append(line.text.strip())
            continue
        yield " ".join(gathered)
        gathered = []
        if line.kind in ("heading", "admonition", "row"):
            yield line.text
    yield " ".join(gathered)


def targets(lines: Iterable[Line]) -> list[tuple[int, str, bool]]:
    """What these lines link to: line number, target, whether it is a picture."""
    found = []
    for line in lines:
        if line.kind in ("front", "fence", "indented"):
            continue
        # Code goes first: `a[0](x)` is no link. A link's own text may be code.
        row = CODE.sub("code", line.text)
        for m in LINK.finditer(row):
            found.append((line.number, m["target"], bool(m["image"])))
            found += [  # the picture in a link
                (line.number, inner["target"], True)
                for inner in LINK.finditer(m["text"])
            ]
        found += [
            (line.number, m["target"], m["tag"].lower() != "a")
            for m in HTML_TARGET.finditer(row)
        ]
        if match := REFERENCE.fullmatch(row):
            found.append((line.number, match["target"], False))
    return found


def prose(page: Page) -> Iterator[tuple[int, str]]:
    """What a reader reads, line by line: no code, no addresses, no marks.

    Inline code becomes the letter `A`, so that the rules for Latin letters beside
    Chinese hold for it too.
    """
    for line in page.lines:
        row = line.text
        if line.kind == "front":
            if not row.startswith("description:"):
                continue
            row = row.removeprefix("description:")
        elif line.kind == "admonition":
            row = ADMONITION.fullmatch(row)["title"] or ""
        elif line.kind in ("fence", "indented", "blank") or REFERENCE.fullmatch(row):
            continue
        row = re.sub(r"^\s*(?:[-+]|\*(?=\s)|\d+\.|#+)\s+", "", row)
        row = CODE.sub("A", row)
        row = re.sub(r"<[^<>]+>", "", row)
        for _ in range(2):  # a picture may stand in a link
            row = LINK.sub(lambda match: match["text"], row)
        row = ATTRS.sub("", row).replace("*", "")
        if row.strip():
            yield line.number, row


# ---- reading the repository


class _Loader(yaml.SafeLoader):
    """Reads a MkDocs configuration; values behind `!ENV` or `!!python` become None."""


_Loader.add_multi_constructor("", lambda loader, tag, node: None)


def read_config(path: Path) -> dict:
    """A MkDocs configuration as it stands in its file, without what it inherits."""
    return yaml.load(path.read_text("utf-8"), _Loader) or {}


def read_page(root: Path, language: str, name: str) -> Page:
    """A page as it stands in its file, with the boxes of its common mistakes.

    Args:
        root: The project's folder.
        language: "zh" or "en".
        name: Path below the folder of the language.
    """
    where = f"docs/{language}/{name}"
    rows: list[tuple[str, str]] = []
    for number, row in enumerate((root / where).read_text("utf-8").split("\n"), 1):
        if row.strip() == mistakes.MARKER:
            page = name.removesuffix(".md")
            rows += [
                (line, f"{mistakes.data_file(page)}:{place}")
                for line, place in mistakes.boxes(mistakes.load(root, page), language)
            ]
        else:
            rows.append((row, f"{where}:{number}"))
    origins = {
        number: place
        for number, (_, place) in enumerate(rows, 1)
        if place != f"{where}:{number}"
    }
    return Page(language, name, "\n".join(row for row, _ in rows), origins)


def read_pages(root: Path, language: str) -> list[Page]:
    """All pages of a language, sorted by name."""
    folder = root / "docs" / language
    return [
        read_page(root, language, path.relative_to(folder).as_posix())
        for path in sorted(folder.rglob("*.md"))
    ]


def at_origin(fault: str, pages: Iterable[Page]) -> str:
    """A fault with its places as they are in the files, not in the pages' text."""
    origins = {
        f"{page.where}:{number}": place
        for page in pages
        for number, place in page.origins.items()
    }
    return re.sub(
        r"docs/\w+/[\w/-]+\.md:\d+",
        lambda place: origins.get(place[0], place[0]),
        fault,
    )


def snippet_files(root: Path) -> list[str]:
    """Paths below `snippets/` of the files that pages show (not the library)."""
    folder = root / "snippets"
    return sorted(
        path.relative_to(folder).as_posix()
        for chapter in CHAPTERS
        for path in (folder / chapter).rglob("*.py")
    )


def markdown_extensions(root: Path) -> dict[str, dict]:
    """The extensions of `mkdocs.base.yml` with their options, without our own."""
    listed = read_config(root / "mkdocs.base.yml")["markdown_extensions"]
    if isinstance(listed, list):
        pairs = [x.items() if isinstance(x, dict) else [(x, None)] for x in listed]
        listed = dict(pair for group in pairs for pair in group)
    extensions = {name: dict(options or {}) for name, options in listed.items()}
    snippets = extensions["pymdownx.snippets"]
    base = snippets.get("base_path", ["."])
    snippets["base_path"] = [
        str(root / x) for x in ([base] if isinstance(base, str) else base)
    ]
    return {name: x for name, x in extensions.items() if not name.startswith("render")}


def expand(text: str, extensions: dict[str, dict]) -> str:
    """Put the snippet files in the place of their includes, as the site does."""
    name = "pymdownx.snippets"
    reader = markdown.Markdown(
        extensions=[name], extension_configs={name: extensions[name]}
    )
    return "\n".join(reader.preprocessors["snippet"].run(text.split("\n")))


def _leaves(nav) -> Iterator[str]:
    if isinstance(nav, str):
        yield nav
    else:
        for item in nav.values() if isinstance(nav, dict) else nav:
            yield from _leaves(item)


def nav_order(root: Path, language: str) -> list[str]:
    """The pages in the order of the navigation."""
    return list(_leaves(read_config(root / CONFIGS[language]).get("nav") or []))

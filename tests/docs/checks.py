"""Says what is wrong with the pages and the snippet files.

A check takes pages or files and returns faults: one line each, which begins with the
place (`docs/zh/tensors/shape.md:41: …`). It returns an empty list when all is well.
"""

from __future__ import annotations

import ast
import io
import posixpath
import re
import statistics
import sys
from collections import Counter
from collections.abc import Iterable
from html.parser import HTMLParser
from itertools import pairwise, zip_longest
from pathlib import Path
from urllib.parse import urlsplit

import markdown
from pytest_codeblocks import extract_from_buffer

from tests.docs.pages import (
    ADMONITION,
    CODE,
    CONFIGS,
    HAN,
    LIST_ITEM,
    Page,
    Section,
    codes,
    expand,
    nav_order,
    prose,
    snippet_files,
    tables,
    targets,
)

# ---- blocks


def python_blocks(page: Page, root: Path, extensions: dict[str, dict]) -> list[str]:
    """Each Python block of the expanded page is one snippet file, byte for byte."""
    known = set(snippet_files(root))
    faults = []
    for fence in page.fences:
        if not fence.python:
            continue
        if fence.include is None:
            faults.append(f"{page.where}:{fence.number}: not one include of one file")
        elif fence.include not in known:
            faults.append(
                f"{page.where}:{fence.number}: no file snippets/{fence.include}"
            )
    if faults or not all(fence.closed for fence in page.fences):
        return faults  # an open fence is for `hidden_blocks` to say
    try:
        text = io.StringIO(expand(page.text, extensions))
        blocks = [
            b for b in extract_from_buffer(text, sys.maxsize) if b.syntax == "python"
        ]
    except RuntimeError as error:  # a fence within a file ends the block early
        return [f"{page.where}:1: the blocks cannot be extracted: {error}"]
    wanted = [fence for fence in page.fences if fence.python]
    if len(blocks) != len(wanted):
        return [
            f"{page.where}:1: {len(wanted)} Python fences,"
            f" but {len(blocks)} blocks extracted"
        ]
    for block, fence in zip(blocks, wanted, strict=True):
        file = (root / "snippets" / fence.include).read_bytes()
        if block.code.encode().rstrip(b"\n") != file.rstrip(b"\n"):
            faults.append(
                f"{page.where}:{fence.number}: the block is not byte for byte"
                f" snippets/{fence.include}"
            )
    return faults


def hidden_blocks(page: Page) -> list[str]:
    """Every block is a form that the extractor of pytest-codeblocks sees."""
    faults = []
    for fence in page.fences:
        place = f"{page.where}:{fence.number}:"
        if fence.mark.startswith("~"):
            faults.append(f"{place} a fence of {fence.mark} is not seen; use ```")
        elif fence.info not in ("python", "bash"):
            shown = fence.mark + fence.info
            faults.append(
                f"{place} {shown!r} is not seen; use ```python or ```bash as they are"
            )
        if not fence.closed:
            faults.append(f"{place} the fence is not closed")
    before = ""
    for line in page.lines:
        if line.kind == "indented" and before != "indented":
            faults.append(
                f"{page.where}:{line.number}: indented code is not seen; use a fence"
            )
        if line.kind != "blank":
            before = line.kind
        if re.search(r"<!--[-\s]*pytest[.-]", line.text):
            faults.append(
                f"{page.where}:{line.number}: a comment that steers pytest-codeblocks"
            )
        if re.search(r"<(pre|code)\b", line.text, re.I) and line.kind != "fence":
            if not re.search(r"<(pre|code)\b", CODE.sub("", line.text), re.I):
                continue
            faults.append(
                f"{page.where}:{line.number}: code in HTML is not seen; use a fence"
            )
    return faults


class _Blocks(HTMLParser):
    """Counts what a browser shows as a block of code."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def handle_starttag(self, tag, attrs):
        self.count += tag == "pre"


def rendered_blocks(page: Page, extensions: dict[str, dict]) -> list[str]:
    """The rendered page has as many blocks as fences; none hides otherwise."""
    text = "\n".join("" if x.kind == "front" else x.text for x in page.lines)
    # An include may stay unexpanded: it is a block of one line then.
    used = {name: x for name, x in extensions.items() if name != "pymdownx.snippets"}
    reader = _Blocks()
    reader.feed(markdown.markdown(text, extensions=list(used), extension_configs=used))
    if reader.count == len(page.fences):
        return []
    return [
        f"{page.where}:1: the page shows {reader.count} blocks of code"
        f" but has {len(page.fences)} fences"
    ]


def shown_once(pages: list[Page], files: Iterable[str]) -> list[str]:
    """Each snippet file is shown once in a language, on the page of its folder."""
    places: dict[str, list[str]] = {file: [] for file in files}
    faults = []
    for page in pages:
        for fence in page.fences:
            if fence.include not in places:
                continue
            place = f"{page.where}:{fence.number}"
            places[fence.include].append(place)
            chapter, topic, *_ = fence.include.split("/")
            homes = {f"{chapter}/{topic}.md"} | (
                {"index.md"} if topic == "index" else set()
            )
            if page.name not in homes:
                faults.append(
                    f"{place}: snippets/{fence.include} belongs to {min(homes)}"
                )
    language = pages[0].language if pages else ""
    for file, found in places.items():
        if not found:
            faults.append(f"snippets/{file}:1: on no page of docs/{language}")
        elif len(found) > 1:
            faults.append(f"{found[1]}: snippets/{file} is shown before, at {found[0]}")
    return faults


# ---- two languages


def same_pages(zh: list[Page], en: list[Page]) -> list[str]:
    """Both languages have the same pages."""
    names = {page.name for page in zh}, {page.name for page in en}
    return [
        f"docs/zh/{name}:1: no page docs/en/{name}"
        for name in sorted(names[0] - names[1])
    ] + [
        f"docs/en/{name}:1: no page docs/zh/{name}"
        for name in sorted(names[1] - names[0])
    ]


def same_sections(zh: Page, en: Page) -> list[str]:
    """Two languages of a page agree, section by section, in all that is not prose."""
    for a, b in zip_longest(zh.sections, en.sections):
        if a is None or b is None:
            page, extra = (en, b) if a is None else (zh, a)
            return [f"{page.where}:{extra.number}: the other language has no {extra}"]
        if (a.level, a.id) != (b.level, b.id):
            return [
                f"{zh.where}:{a.number}: heading {'#' * a.level} {a},"
                f" but {en.where}:{b.number}: {'#' * b.level} {b}"
            ]
    faults = []
    for a, b in zip(zh.sections, en.sections, strict=True):
        parts = zip(_PARTS, _parts(zh, a), _parts(en, b), strict=True)
        for what, mine, other in parts:
            if mine != other:
                told = _difference(mine, other)
                faults.append(f"{zh.where}:{a.number}: {a}: {what}: {told}")
    return faults


def _difference(zh, en) -> str:
    if isinstance(zh, Counter):
        only = [sorted((a - b).elements()) for a, b in ((zh, en), (en, zh))]
        return f"only zh {only[0]}, only en {only[1]}"
    pairs = enumerate(zip_longest(zh, en, fillvalue="nothing"), 1)
    number, (a, b) = next((n, pair) for n, pair in pairs if pair[0] != pair[1])
    return f"number {number} is {a} in zh, {b} in en"


_PARTS = (
    "paragraphs and blocks",
    "files",
    "tables (rows, columns)",
    "inline code",
    "links",
    "admonitions",
    "pictures",
)


def _parts(page: Page, section: Section) -> tuple:
    last = section.lines[-1].number if section.lines else section.number
    fences = [f for f in page.fences if section.number <= f.number <= last]
    links = targets(section.lines)
    boxes = [
        ADMONITION.fullmatch(x.text) for x in section.lines if x.kind == "admonition"
    ]
    return (
        section.outline,
        [f.include or f"{f.info}: {f.body}" for f in fences],
        [table.shape for table in tables(section.lines)],
        Counter(codes(section.lines)),
        Counter(target for _, target, picture in links if not picture),
        [f"{box['mark']} {box['type']}" for box in boxes],
        [target for _, target, picture in links if picture],
    )


# ---- a page by itself


def headings(page: Page) -> list[str]:
    """One title; every heading has its own id, lower-case words with hyphens."""
    faults = []
    seen: dict[str, int] = {}
    for section in page.sections[1:]:
        place = f"{page.where}:{section.number}:"
        if not section.id:
            faults.append(f"{place} the heading has no explicit id ({{#…}})")
        elif not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", section.id):
            faults.append(
                f"{place} id #{section.id} is not lower-case words with hyphens"
            )
        elif section.id in seen:
            faults.append(
                f"{place} id #{section.id} stands at line {seen[section.id]} too"
            )
        seen.setdefault(section.id, section.number)
    titles = [section.number for section in page.sections if section.level == 1]
    if len(titles) != 1:
        faults.append(
            f"{page.where}:{[*titles, 1, 1][1]}: {len(titles)} titles, not one"
        )
    before = ""
    for line in page.lines:
        if before == "text" and re.fullmatch(r"(=+|-+)\s*", line.text):
            faults.append(
                f"{page.where}:{line.number}: an underlined heading can have no id"
            )
        if line.kind == "text" and re.search(
            r"<h[1-6](?![^>]*\bid=)[^>]*>", CODE.sub("", line.text)
        ):
            faults.append(f"{page.where}:{line.number}: an HTML heading without id")
        before = line.kind
    return faults


def description(page: Page) -> list[str]:
    """The front matter says in one sentence what the page is."""
    rows = [x.text for x in page.lines if x.kind == "front"]
    if any(re.fullmatch(r"description:\s*\S.*", row) for row in rows):
        return []
    return [f"{page.where}:1: no `description:` in the front matter"]


def links(page: Page, pages: list[Page], root: Path) -> list[str]:
    """Relative links and anchors lead somewhere."""
    ids = {x.name: x.ids for x in pages}
    faults = []
    for number, target, picture in targets(page.lines):
        place = f"{page.where}:{number}:"
        parts = urlsplit(target)
        if parts.scheme or parts.netloc:
            continue
        if not target:
            faults.append(f"{place} a link without address")
            continue
        name = page.name
        if parts.path:
            name = posixpath.normpath(
                posixpath.join(posixpath.dirname(page.name), parts.path)
            )
        if target.startswith("/"):
            faults.append(
                f"{place} {target} is absolute; write it relative to the page"
            )
        elif name.endswith(".md"):
            if name not in ids:
                faults.append(f"{place} no page docs/{page.language}/{name}")
            elif parts.fragment and parts.fragment not in ids[name]:
                faults.append(
                    f"{place} docs/{page.language}/{name} has no #{parts.fragment}"
                )
        elif not any(
            # The generator lays the files of the overrides over those of the pages.
            (root / "docs" / folder / name).is_file()
            for folder in (page.language, "overrides")
        ):
            faults.append(f"{place} {target} leads nowhere")
        elif picture and parts.fragment not in ("", "only-light", "only-dark"):
            faults.append(f"{place} a picture with #{parts.fragment}")
    return faults


def navigation(root: Path, language: str, pages: list[Page]) -> list[str]:
    """The navigation of a language lists its pages, each once."""
    config = CONFIGS[language]
    listed = nav_order(root, language)
    names = {page.name for page in pages}
    faults = [
        f"docs/{language}/{name}:1: not in the nav of {config}"
        for name in sorted(names - set(listed))
    ]
    lines = (root / config).read_text("utf-8").splitlines()
    for name, times in Counter(listed).items():
        number = next((n for n, line in enumerate(lines, 1) if name in line), 1)
        if name not in names:
            faults.append(f"{config}:{number}: no page docs/{language}/{name}")
        if times > 1:
            faults.append(f"{config}:{number}: {name} is in the nav {times} times")
    return faults


def same_navigation(root: Path) -> list[str]:
    """Both languages have the same pages in the same order in their navigation."""
    zh, en = (nav_order(root, language) for language in CONFIGS)
    for k, (mine, other) in enumerate(zip_longest(zh, en), 1):
        if mine != other:
            return [
                f"{CONFIGS['zh']}:1: page {k} of the nav is {mine} in zh, {other} in en"
            ]
    return []


def table_columns(page: Page) -> list[str]:
    """Each row has as many cells as the head of its table."""
    return [
        f"{page.where}:{number}: {len(row)} cells in a table of {table.columns} columns"
        for table in tables(page.lines)
        for number, row in table.rows
        if len(row) != table.columns
    ]


# ---- tables and the files that prove them


def api_name(code: str) -> str | None:
    """The last name of an API: `tensor.view(*size)` → view, `torch.float32` → float32.

    Returns:
        None when the code names no API (a literal, an operator, a lone word).
    """
    try:
        node = ast.parse(code.strip(), mode="eval").body
    except (SyntaxError, ValueError):
        # Not Python as it stands, such as `tensor.sum(dim, …)`.
        found = re.fullmatch(r"(?:[A-Za-z_]\w*\.)+(\w+)\s*(?:\(.*\))?", code.strip())
        return found[1] if found else None
    called = isinstance(node, ast.Call)
    if called:
        node = node.func
    while isinstance(node, ast.Subscript):
        node = node.value
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if called and isinstance(node, ast.Name) else None


def names_used(source: str) -> set[str]:
    """Attributes, names and imported names of a file."""
    used = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute):
            used.add(node.attr)
        elif isinstance(node, ast.Name):
            used.add(node.id)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                used.update(alias.name.split("."))
    return used


def table_rows(page: Page, root: Path) -> list[str]:
    """An API in the first cell of a row is used by a file on that page."""
    used: set[str] = set()
    for file in page.shown():
        path = root / "snippets" / file
        if path.is_file():
            used |= names_used(path.read_text("utf-8"))
    faults = []
    for table in tables(page.lines):
        for number, row in table.rows:
            for match in CODE.finditer(row[0]):
                name = api_name(match["code"].replace("\\|", "|"))
                if name and name not in used:
                    faults.append(
                        f"{page.where}:{number}: no file on the page uses {match[0]}"
                    )
    return faults


# ---- Chinese and English prose

BANNED = (
    "值得注意的是",
    "需要注意的是",
    "总的来说",
    "综上所述",
    "毫无疑问",
    "众所周知",
    "不仅[^。！？]*而且[^。！？]*更",
    "赋能",
    "助力",
    "抓手",
    "深入浅出",
    "(?:^|[。！？：；|>“「])\\s*让我们",
    "[!！]\\s*[!！]",
    "——",
    "(?:^|[。！？|>“「])\\s*这意味着",
    "您",
)


def banned_phrases(page: Page) -> list[str]:
    """No phrase that the style of the Chinese pages rules out."""
    return [
        f"{page.where}:{number}: “{found[0].strip()}” is not our Chinese"
        for number, row in prose(page)
        for phrase in BANNED
        if (found := re.search(phrase, row.strip()))
    ]


def punctuation(page: Page) -> list[str]:
    """Full-width punctuation beside Chinese characters."""
    half = re.compile(
        rf"{HAN}\s*[,;]|[,;:?!]\s*{HAN}|{HAN}[:?!()]|[()]{HAN}|{HAN}\.(?=\s|$|{HAN})|{HAN}\"|\"{HAN}"
    )
    return [
        f"{page.where}:{number}: half-width punctuation in “{_around(row, found)}”"
        for number, row in prose(page)
        if (found := half.search(_unquoted(page, number, row)))
    ]


def _unquoted(page: Page, number: int, row: str) -> str:
    # Quotes around the whole value of the front matter are YAML's, not the sentence's.
    return row.strip().strip("\"'") if page.lines[number - 1].kind == "front" else row


def blanks(page: Page) -> list[str]:
    """A blank between Chinese characters and Latin letters, digits or code."""
    touching = re.compile(rf"{HAN}[A-Za-z0-9]|[A-Za-z0-9]{HAN}")
    return [
        f"{page.where}:{number}: no blank beside Latin in “{_around(row, found)}”"
        for number, row in prose(page)
        if (found := touching.search(row))
    ]


def broken_lines(page: Page) -> list[str]:
    """No line break inside a Chinese sentence: a browser shows it as a blank."""
    rows = dict(prose(page))
    ends = re.compile(rf"(?:{HAN}|[，。、；：？！）”」])$")
    begins = re.compile(rf"\s*(?:{HAN}|[（“「])")
    faults = []
    for line, after in pairwise(page.lines):
        if (
            line.kind == after.kind == "text"
            and not line.text.lstrip().startswith("![")
            and not LIST_ITEM.fullmatch(after.text)
            and ends.search(rows.get(line.number, ""))
            and begins.match(rows.get(after.number, ""))
        ):
            place = f"{page.where}:{line.number}:"
            faults.append(
                f"{place} a line break in a Chinese sentence shows as a blank"
            )
    return faults


def chinese_left(page: Page) -> list[str]:
    """An English page has no Chinese characters in its prose."""
    return [
        f"{page.where}:{number}: Chinese on an English page: “{_around(row, found)}”"
        for number, row in prose(page)
        if (found := re.search(HAN, row))
    ]


def _around(row: str, found: re.Match) -> str:
    return row[max(0, found.start() - 8) : found.end() + 8].strip()


# ---- snippet files

MAX_COLUMNS, MAX_LINES, MEDIAN, P90 = 88, 30, 18, 38
LONGER = {  # one whole program
    "training/loop/train_digits.py": 120,
    "distributed/ddp/train_digits_ddp.py": 100,
}
PORT = re.compile(r"(?i)master[-_]port\W+[1-9]\d*|tcp://[^\s\"']*:[1-9]\d*")


def snippet_file(name: str, source: str) -> list[str]:
    """A snippet file by itself: its size, name, imports and ports.

    Args:
        name: Path below `snippets/`.
        source: Its text.
    """
    where = f"snippets/{name}"
    lines = source.splitlines()
    faults = [
        f"{where}:{number}: {len(line)} columns, more than {MAX_COLUMNS}"
        for number, line in enumerate(lines, 1)
        if len(line) > MAX_COLUMNS
    ]
    faults += [
        f"{where}:{number}: a tab, which the site shows as blanks"
        for number, line in enumerate(lines, 1)
        if "\t" in line
    ]
    if len(lines) > (most := LONGER.get(name, MAX_LINES)):
        faults.append(f"{where}:{len(lines)}: {len(lines)} lines, more than {most}")
    for number, line in enumerate(lines, 1):
        if found := PORT.search(line):
            faults.append(f"{where}:{number}: a fixed port ({found[0]}) can be taken")
    for node in ast.walk(ast.parse(source, where)):
        modules = []
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules = [node.module or ""]
        if any(module.split(".")[0] == "verify" for module in modules):
            faults.append(f"{where}:{node.lineno}: a snippet does not import verify")
    stem = posixpath.basename(name).removesuffix(".py")
    if stem == "__init__":
        faults.append(f"{where}:1: no __init__.py below snippets/")
    elif stem in sys.stdlib_module_names or stem in ("torch", "numpy", "matplotlib"):
        faults.append(f"{where}:1: named like the module {stem}, which it would hide")
    elif not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]*[a-z][a-z0-9]*)*", stem):
        faults.append(f"{where}:1: {stem} is not lower-case words that name a topic")
    return faults


def snippet_sizes(lengths: list[int]) -> list[str]:
    """Most files are short: median and 90th percentile of their lines."""
    if len(lengths) < 2:
        return []
    median = statistics.median(lengths)
    p90 = statistics.quantiles(lengths, n=10, method="inclusive")[8]
    faults = []
    if median > MEDIAN:
        faults.append(f"snippets/: median of {median:g} lines, more than {MEDIAN}")
    if p90 > P90:
        faults.append(f"snippets/: 90th percentile of {p90:g} lines, more than {P90}")
    return faults

"""Lint the pages and the snippet files: ``python -m render.checks``.

The linter prints one line per fault: the place, what is wrong and what to do. It
doesn't look for broken links. The strict build reports those, because it has all the
files of the site.

Each rule is a function that takes pages or files and yields faults.
"""

from __future__ import annotations

import ast
import posixpath
import re
import statistics
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise, zip_longest
from pathlib import Path

import autocorrect_py

from render import moved
from render.mistakes import MistakeError
from render.pages import (
    BOX,
    CODE,
    CONFIGS,
    INCLUDE,
    LIST_ITEM,
    ROOT,
    Page,
    Section,
    Site,
    codes,
    read_part,
    read_site,
    read_snippet,
    read_text,
    rows_of,
    snippet_files,
    tables,
    targets,
)
from render.prose import prose
from render.style import style

HAN = r"[\u3400-\u9fff]"


def check(root: Path = ROOT) -> list[str]:
    """Apply every rule to the pages and the snippet files of a checkout.

    Returns:
        The faults without duplicates, sorted by file and line.
    """
    try:
        zh, en = (read_site(root, lang) for lang in CONFIGS)
    except MistakeError as error:
        return str(error).split("\n")
    files = snippet_files(root)
    folder = root / "snippets"
    if broken := [fault for file in files for fault in not_python(folder, file)]:
        return broken  # the rules need files that can be parsed
    sources = {file: (folder / file).read_bytes().decode() for file in files}
    faults = [*same_pages(zh, en), *snippet_sizes(sources.values())]
    for site in (zh, en):
        faults += shown_once(site, files)
        faults += navigation(site)
        faults += moved.faults(site)
        for page in site.pages.values():
            for rule in (*RULES, *(CHINESE if site is zh else ENGLISH)):
                faults += rule(page)
    for text in texts(root):
        for rule in CHINESE if text.lang == "zh" else (style,):
            faults += rule(text)
    for name in zh.pages.keys() & en.pages.keys():
        faults += same_sections(zh.pages[name], en.pages[name])
    for file, source in sources.items():
        faults += snippet_file(file, source)
    return sorted(dict.fromkeys(faults), key=_place)


def not_python(folder: Path, name: str) -> Iterator[str]:
    """Check that a snippet file can be parsed.

    Args:
        folder: The folder `snippets/`.
        name: The path below it.
    """
    try:
        ast.parse((folder / name).read_bytes(), name)
    except SyntaxError as error:  # a wrong encoding too
        yield f"snippets/{name}:{error.lineno or 1}: is not Python: {error.msg}"
    except ValueError as error:  # a null byte, before Python 3.12
        yield f"snippets/{name}:1: is not Python: {error}"


def texts(root: Path) -> Iterator[Page]:
    """Yield the Markdown files in the top folder of a checkout, e.g. the README."""
    for path in sorted(root.glob("*.md")):
        lang = "zh" if path.name.endswith(".zh.md") else "en"
        rows = rows_of(read_text(path).split("\n"), path.name)
        yield Page(lang, path.name, (), rows, root)


def _place(fault: str) -> tuple[str, int]:
    path, line, *_ = fault.split(":", 2)
    return path, int(line) if line.isdigit() else 0


# ---- blocks


def blocks(page: Page) -> Iterator[str]:
    """Check that each block has a form that every tool reads in the same way.

    The site, pytest-codeblocks and people who read the file on a code host should all
    see the same blocks.
    """
    for fence in page.fences:
        place = f"{page.rows[fence.first].place}:"
        shown = fence.marks + fence.info
        if fence.marks.startswith("~"):
            yield f"{place} a fence of {fence.marks}; use ```"
        elif fence.is_python:
            try:
                if fence.part:
                    read_part(fence, page.root)
                else:
                    read_snippet(fence, page.root)
            except ValueError as error:
                yield f"{place} {error}"
        elif fence.info != "bash":
            yield f"{place} {shown!r} isn't checked; use plain ```python or ```bash"
        elif not fence.is_closed:
            yield f"{place} the fence is never closed; end it with {fence.marks}"
        elif any(map(INCLUDE.match, fence.body)):
            yield f"{place} an include in a shell block; put it into a Python fence"
    before = ""
    for line in page.lines:
        place = f"{line.place}:"
        if line.kind == "indented" and before != "indented":
            yield f"{place} indented code; use a fence"
        if line.kind != "blank":
            before = line.kind
        if re.search(r"<!--[-\s]*pytest[.-]", line.text):
            yield f"{place} a comment that controls pytest-codeblocks; remove it"
        if line.kind == "fence":
            continue
        if INCLUDE.match(line.text):
            yield f"{place} an include outside a Python fence; put it into one"
        if re.search(r"<(pre|code)\b", CODE.sub("", line.text), re.I):
            yield f"{place} code in HTML; use a fence"


def shown_once(site: Site, files: Iterable[str]) -> Iterator[str]:
    """Check that a language shows each snippet file once, on the page of its folder."""
    places: dict[str, list[str]] = {file: [] for file in files}
    for page in site.pages.values():
        for fence in page.fences:
            if fence.include not in places:
                continue
            place = page.rows[fence.first].place
            places[fence.include].append(place)
            chapter, topic, *_ = fence.include.split("/")
            homes = {f"{chapter}/{topic}.md"}
            if topic == "index":
                homes.add("index.md")
            if page.name not in homes:
                yield f"{place}: snippets/{fence.include} belongs to {min(homes)}"
    for file, found in places.items():
        if not found:
            yield f"snippets/{file}:1: on no page of docs/{site.lang}; include it"
        elif len(found) > 1:
            yield f"{found[1]}: snippets/{file} is shown before, at {found[0]}"


def parts(page: Page) -> Iterator[str]:
    """Check that a page that shows part of a file also shows the whole file.

    Only a whole file gets the line that says where it ran.
    """
    for fence in page.fences:
        if fence.part and fence.part[0] not in page.shown():
            place = page.rows[fence.first].place
            yield f"{place}: snippets/{fence.part[0]} is not shown whole on the page"


# ---- two languages


def same_pages(zh: Site, en: Site) -> Iterator[str]:
    """Check that both languages have the same pages in the same navigation order."""
    for one, other in ((zh, en), (en, zh)):
        for name in sorted(one.pages.keys() - other.pages.keys()):
            yield f"docs/{one.lang}/{name}:1: no page docs/{other.lang}/{name}"
    named = [[x for names in site.nav.values() for x in names] for site in (zh, en)]
    for k, (a, b) in enumerate(zip_longest(*named), 1):
        if a != b:
            yield f"{CONFIGS['zh']}:1: page {k} of the nav is {a} in zh, {b} in en"
            break


def same_sections(zh: Page, en: Page) -> Iterator[str]:
    """Check that both languages of a page agree in each section, apart from the prose.

    They have the same headings, blocks, tables, inline code, links and pictures.
    """
    for a, b in zip_longest(zh.sections, en.sections):
        if a is None or b is None:
            yield f"{(a or b).place}: the other language has no {a or b}"
            return
        if (a.level, a.id) != (b.level, b.id):
            heads = f"{'#' * a.level} {a}, but {b.place}: {'#' * b.level} {b}"
            yield f"{a.place}: heading {heads}"
            return
    for a, b in zip(zh.sections, en.sections, strict=True):
        there = _parts(en, b)
        for what, mine in _parts(zh, a).items():
            if mine != there[what]:
                yield f"{a.place}: {a}: {what}: {_difference(mine, there[what])}"


def _parts(page: Page, section: Section) -> dict[str, list | Counter]:
    end = section.index + len(section.lines)
    fences = [one for one in page.fences if section.index <= one.first < end]
    links = targets(section.lines)
    boxes = [BOX.fullmatch(x.text) for x in section.lines if x.kind == "box"]
    return {
        "paragraphs and blocks": section.outline,
        "files": [one.include or f"{one.info}: {one.body}" for one in fences],
        "tables (rows, columns)": [table.shape for table in tables(section.lines)],
        "inline code": Counter(codes(section.lines)),
        "links": Counter(target for _, target, picture in links if not picture),
        "admonitions": [f"{box['mark']} {box['type']}" for box in boxes if box],
        "pictures": [target for _, target, picture in links if picture],
    }


def _difference(zh, en) -> str:
    if isinstance(zh, Counter):
        only = [sorted((a - b).elements()) for a, b in ((zh, en), (en, zh))]
        return f"only zh {only[0]}, only en {only[1]}"
    pairs = enumerate(zip_longest(zh, en, fillvalue="nothing"), 1)
    number, (a, b) = next((n, pair) for n, pair in pairs if pair[0] != pair[1])
    return f"number {number} is {a} in zh, {b} in en"


def navigation(site: Site) -> Iterator[str]:
    """Check that the navigation of a language names each of its pages once."""
    config = CONFIGS[site.lang]
    named = Counter(name for names in site.nav.values() for name in names)
    for name in sorted(site.pages.keys() - named.keys()):
        yield f"docs/{site.lang}/{name}:1: not in the nav of {config}; add it"
    for name, times in named.items():
        if name not in site.pages:
            yield f"{config}:1: no page docs/{site.lang}/{name}"
        if times > 1:
            yield f"{config}:1: {name} is in the nav {times} times"


# ---- single pages


def headings(page: Page) -> Iterator[str]:
    """Check that a page has one title, and each heading an id that no other has.

    An id consists of lower-case words with hyphens.
    """
    seen: dict[str, str] = {}
    for section in page.sections[1:]:
        place = f"{section.place}:"
        if not section.id:
            yield f"{place} the heading has no id; add {{#…}}"
        elif not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", section.id):
            yield f"{place} id #{section.id} is not lower-case words with hyphens"
        elif section.id in seen:
            yield f"{place} id #{section.id} is at {seen[section.id]} too"
        seen.setdefault(section.id, section.place)
    titles = [section.place for section in page.sections if section.level == 1]
    if len(titles) != 1:
        place = [*titles, f"{page.where}:1", f"{page.where}:1"][1]
        yield f"{place}: {len(titles)} titles instead of one"
    for before, line in pairwise(page.lines):
        if before.kind == "text" and re.fullmatch(r"(=+|-+)\s*", line.text):
            yield f"{line.place}: an underlined heading can't have an id; use #"
    for line in page.lines:
        text = CODE.sub("", line.text)
        if line.kind == "text" and re.search(r"<h[1-6](?![^>]*\bid=)[^>]*>", text):
            yield f"{line.place}: an HTML heading without id"


def description(page: Page) -> Iterator[str]:
    """Check that the front matter has a description."""
    if not page.description:
        yield f"{page.where}:1: no `description:` in the front matter"


def links(page: Page) -> Iterator[str]:
    """Check that links and pictures have a form that the strict build can check."""
    for place, target, picture in targets(page.lines):
        fragment = target.partition("#")[2]
        if not target:
            yield f"{place}: a link without an address"
        elif picture and fragment not in ("", "only-light", "only-dark"):
            yield f"{place}: a picture with #{fragment}, which the site doesn't know"
    for line in page.lines:
        if line.kind != "fence" and re.search(
            r"<(a|img)\b[^>]*\b(href|src)=", CODE.sub("", line.text), re.I
        ):
            yield f"{line.place}: a link in HTML; write it in Markdown"


def table_columns(page: Page) -> Iterator[str]:
    """Check that each table row has as many cells as the header row."""
    for table in tables(page.lines):
        for place, row in table.rows:
            if len(row) != table.columns:
                yield f"{place}: {len(row)} cells in a table of {table.columns} columns"


def table_rows(page: Page) -> Iterator[str]:
    """Check that a file on the page uses each API in the first column of a table."""
    paths = [page.root / "snippets" / file for file in page.shown()]
    used = {
        name
        for path in paths
        if path.is_file()
        for name in names_used(path.read_text("utf-8"))
    }
    for table in tables(page.lines):
        for place, row in table.rows:
            for match in CODE.finditer(row[0]):
                name = api_name(match["code"].replace("\\|", "|"))
                if name and name not in used:
                    yield f"{place}: no file on the page uses {match[0]}; show one"


def api_name(code: str) -> str | None:
    """Return the last part of an API name, e.g. `view` for `tensor.view(*size)`.

    Args:
        code: The contents of an inline code span.

    Returns:
        The name; None if the code isn't an API, e.g. a literal, an operator or a word
        that isn't called.
    """
    try:
        node = ast.parse(code.strip(), mode="eval").body
    except (SyntaxError, ValueError):
        # Almost Python, e.g. `tensor.sum(dim, …)`.
        found = re.fullmatch(r"(?:[A-Za-z_]\w*\.)+(\w+)\s*(?:\(.*\))?", code.strip())
        return found[1] if found else None
    called = isinstance(node, ast.Call)
    if isinstance(node, ast.Call):
        node = node.func
    while isinstance(node, ast.Subscript):
        node = node.value
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if called and isinstance(node, ast.Name) else None


def names_used(source: str) -> set[str]:
    """Return the variables, attributes and imported names in a Python source."""
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


# ---- Chinese and English prose

# autocorrect overlooks some half-width marks beside code, quotes and spaces.
HALF_WIDTH = re.compile(
    rf"{HAN}\s*[,;]|[,;:?!]\s*{HAN}|{HAN}[:?!()]|[()]{HAN}|{HAN}\.(?=\s|$|{HAN})"
    rf"|{HAN}\"|\"{HAN}"
)


def punctuation(page: Page) -> Iterator[str]:
    """Check that punctuation next to Chinese characters is full-width."""
    for place, row in prose(page):
        if found := HALF_WIDTH.search(row):
            yield f"{place}: half-width punctuation in “{_around(row, found)}”"


def spacing(page: Page) -> Iterator[str]:
    """Check that spaces in Chinese text are where autocorrect puts them.

    Latin letters, digits and inline code have spaces around them, except next to
    full-width punctuation.
    """
    for place, row in prose(page):
        row = re.sub(r"(?<=\d)：", "，", row)  # autocorrect reads 1：2 as a time
        better = autocorrect_py.format(row)
        if better != row and not HALF_WIDTH.search(row):
            at = len(posixpath.commonprefix([row, better]))
            yield f"{place}: spacing; write “{better[max(0, at - 8) : at + 8].strip()}”"


def broken_lines(page: Page) -> Iterator[str]:
    """Check that no line breaks inside a Chinese sentence.

    Browsers show a line break as a space, which Chinese doesn't have between words.
    """
    rows = dict(prose(page))
    ends = re.compile(rf"(?:{HAN}|[，。、；：？！）”」])$")
    begins = re.compile(rf"\s*(?:{HAN}|[（“「])")
    for line, after in pairwise(page.lines):
        if (
            line.kind == after.kind == "text"
            and not line.text.lstrip().startswith("![")
            and not LIST_ITEM.fullmatch(after.text)
            and ends.search(rows.get(line.place, ""))
            and begins.match(rows.get(after.place, ""))
        ):
            yield f"{line.place}: a line break in a Chinese sentence shows as a space"


def chinese_left(page: Page) -> Iterator[str]:
    """Check that the prose of an English page has no Chinese characters."""
    for place, row in prose(page):
        if found := re.search(HAN, row):
            yield f"{place}: Chinese on an English page: “{_around(row, found)}”"


def _around(row: str, found: re.Match) -> str:
    return row[max(0, found.start() - 8) : found.end() + 8].strip()


RULES = (blocks, parts, headings, description, links, table_columns, table_rows)
CHINESE = (style, punctuation, spacing, broken_lines)
ENGLISH = (style, chinese_left)

# ---- snippet files

MAX_COLUMNS, MAX_LINES, MEDIAN, P90 = 88, 30, 18, 38
LONGER = {  # the most lines of files that are a complete program
    "start/first/train_a_model.py": 40,
    "training/loop/train_digits.py": 130,
    "distributed/ddp/train_digits_ddp.py": 100,
}
PORT = re.compile(r"(?i)master[-_]port\W+[1-9]\d*|tcp://[^\s\"']*:[1-9]\d*")


def snippet_file(name: str, source: str) -> Iterator[str]:
    """Check the lines, name, imports and error handlers of one snippet file.

    Args:
        name: The path below `snippets/`.
        source: The contents.
    """
    where = f"snippets/{name}"
    lines = source.removesuffix("\n").split("\n")
    for number, line in enumerate(lines, 1):
        place = f"{where}:{number}:"
        if len(line) > MAX_COLUMNS:
            yield f"{place} {len(line)} columns, more than {MAX_COLUMNS}"
        if "\t" in line:
            yield f"{place} a tab, which the site shows as spaces"
        if "\r" in line:
            yield f"{place} a Windows line ending, which the site changes"
        if found := PORT.search(line):
            yield f"{place} a fixed port ({found[0]}) may be in use; use a free one"
        if line.strip().startswith("```") or "--8<--" in line:
            yield f"{place} Markdown that would end the block or be left out of it"
    if len(lines) > (most := LONGER.get(name, MAX_LINES)):
        yield f"{where}:{len(lines)}: {len(lines)} lines, more than {most}"
    tree = ast.parse(source, where)
    yield from _silent_handlers(where, tree, lines)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules = [node.module or ""]
        else:
            continue
        if any(module.split(".")[0] == "verify" for module in modules):
            yield f"{where}:{node.lineno}: a snippet doesn't import verify"
    stem = posixpath.basename(name).removesuffix(".py")
    if stem == "__init__":
        yield f"{where}:1: no __init__.py below snippets/; remove it"
    elif stem in sys.stdlib_module_names or stem in ("torch", "numpy", "matplotlib"):
        yield f"{where}:1: named like the module {stem}, which it would hide"
    elif not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]*[a-z][a-z0-9]*)*", stem):
        yield f"{where}:1: {stem} is not lower-case words that name a topic"


def _silent_handlers(where: str, tree: ast.Module, lines: list[str]) -> Iterator[str]:
    """Check that a handler that prints an error has an expected output line.

    Without a ``#>`` line, the snippet would also pass if no error were raised.
    """
    for node in tree.body:
        if not isinstance(node, ast.Try):
            continue
        for handler in node.handlers:
            calls = (one for one in ast.walk(handler) if isinstance(one, ast.Call))
            prints = any(ast.unparse(call.func) == "print" for call in calls)
            # Include the line below the handler: expected output follows a statement.
            below = lines[node.lineno - 1 : (handler.end_lineno or 0) + 1]
            if prints and not any(line.lstrip().startswith("#>") for line in below):
                place = f"{where}:{handler.lineno}:"
                yield f"{place} prints an error that nothing expects; is it raised?"


def snippet_sizes(sources: Iterable[str]) -> Iterator[str]:
    """Check that most files are short: median and 90th percentile of their lengths."""
    lengths = [len(source.splitlines()) for source in sources]
    if len(lengths) < 2:
        return
    median = statistics.median(lengths)
    p90 = statistics.quantiles(lengths, n=10, method="inclusive")[8]
    if median > MEDIAN:
        yield f"snippets/: median of {median:g} lines, more than {MEDIAN}"
    if p90 > P90:
        yield f"snippets/: 90th percentile of {p90:g} lines, more than {P90}"


def main(root: Path = ROOT) -> int:
    """Run the linter as a command.

    Returns:
        The exit code: 1 if there is a fault, else 0.
    """
    faults = check(root)
    for fault in faults:
        print(fault)
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())

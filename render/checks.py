"""The linter of pages and snippet files: ``python -m render.checks``.

It prints one line for each fault: the place, what is wrong and what to do. A link that
leads nowhere is for the strict build to name, which knows all the files of the site.

A rule takes pages or files and yields its faults.
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

from render import moved
from render.mistakes import MistakeError
from render.pages import (
    ATTRS,
    BOX,
    CODE,
    CONFIGS,
    INCLUDE,
    LINK,
    LIST_ITEM,
    REFERENCE,
    ROOT,
    Page,
    Section,
    Site,
    codes,
    read_site,
    read_snippet,
    snippet_files,
    tables,
    targets,
)

HAN = r"[\u3400-\u9fff]"


def check(root: Path = ROOT) -> list[str]:
    """Apply every rule to the pages and the snippet files of a checkout.

    Returns:
        The faults, each once.
    """
    try:
        zh, en = (read_site(root, lang) for lang in CONFIGS)
    except MistakeError as error:
        return str(error).split("\n")
    files = snippet_files(root)
    folder = root / "snippets"
    sources = {file: (folder / file).read_bytes().decode() for file in files}
    faults = [*same_pages(zh, en), *snippet_sizes(sources.values())]
    for site in (zh, en):
        faults += shown_once(site, files)
        faults += navigation(site)
        faults += moved.faults(site)
        for page in site.pages.values():
            for rule in (*RULES, *(CHINESE if site is zh else ENGLISH)):
                faults += rule(page)
    for name in zh.pages.keys() & en.pages.keys():
        faults += same_sections(zh.pages[name], en.pages[name])
    for file, source in sources.items():
        faults += snippet_file(file, source)
    return sorted(dict.fromkeys(faults), key=_place)


def _place(fault: str) -> tuple[str, int]:
    path, line, *_ = fault.split(":", 2)
    return path, int(line) if line.isdigit() else 0


# ---- blocks


def blocks(page: Page) -> Iterator[str]:
    """Each block is in the one form that every reader of the page sees.

    Readers are the site, pytest-codeblocks and people who look at the file.
    """
    for fence in page.fences:
        place = f"{page.rows[fence.first].place}:"
        shown = fence.marks + fence.info
        if fence.marks.startswith("~"):
            yield f"{place} a fence of {fence.marks}; use ```"
        elif fence.is_python:
            try:
                read_snippet(fence, page.root)
            except ValueError as error:
                yield f"{place} {error}"
        elif fence.info != "bash":
            yield f"{place} {shown!r} is not seen; use ```python or ```bash as they are"
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
            yield f"{place} a comment that steers pytest-codeblocks; remove it"
        if line.kind == "fence":
            continue
        if INCLUDE.match(line.text):
            yield f"{place} an include outside a Python fence; put it into one"
        if re.search(r"<(pre|code)\b", CODE.sub("", line.text), re.I):
            yield f"{place} code in HTML; use a fence"


def shown_once(site: Site, files: Iterable[str]) -> Iterator[str]:
    """Each snippet file is shown once in a language, on the page of its folder."""
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


# ---- two languages


def same_pages(zh: Site, en: Site) -> Iterator[str]:
    """Both languages have the same pages, in the same order in their navigation."""
    for one, other in ((zh, en), (en, zh)):
        for name in sorted(one.pages.keys() - other.pages.keys()):
            yield f"docs/{one.lang}/{name}:1: no page docs/{other.lang}/{name}"
    named = [[x for names in site.nav.values() for x in names] for site in (zh, en)]
    for k, (a, b) in enumerate(zip_longest(*named), 1):
        if a != b:
            yield f"{CONFIGS['zh']}:1: page {k} of the nav is {a} in zh, {b} in en"
            break


def same_sections(zh: Page, en: Page) -> Iterator[str]:
    """Two languages of a page agree, section by section, in all that is not prose."""
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
    """The navigation of a language names its pages, each once."""
    config = CONFIGS[site.lang]
    named = Counter(name for names in site.nav.values() for name in names)
    for name in sorted(site.pages.keys() - named.keys()):
        yield f"docs/{site.lang}/{name}:1: not in the nav of {config}; add it"
    for name, times in named.items():
        if name not in site.pages:
            yield f"{config}:1: no page docs/{site.lang}/{name}"
        if times > 1:
            yield f"{config}:1: {name} is in the nav {times} times"


# ---- a page by itself


def headings(page: Page) -> Iterator[str]:
    """One title; every heading has its own id, lower-case words with hyphens."""
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
        yield f"{place}: {len(titles)} titles, not one"
    for before, line in pairwise(page.lines):
        if before.kind == "text" and re.fullmatch(r"(=+|-+)\s*", line.text):
            yield f"{line.place}: an underlined heading can have no id; use #"
    for line in page.lines:
        text = CODE.sub("", line.text)
        if line.kind == "text" and re.search(r"<h[1-6](?![^>]*\bid=)[^>]*>", text):
            yield f"{line.place}: an HTML heading without id"


def description(page: Page) -> Iterator[str]:
    """The front matter says in one sentence what the page is."""
    if not page.description:
        yield f"{page.where}:1: no `description:` in the front matter"


def links(page: Page) -> Iterator[str]:
    """A link is one that the strict build follows."""
    for place, target, picture in targets(page.lines):
        fragment = target.partition("#")[2]
        if not target:
            yield f"{place}: a link without address"
        elif picture and fragment not in ("", "only-light", "only-dark"):
            yield f"{place}: a picture with #{fragment}, which the site doesn't know"
    for line in page.lines:
        if line.kind != "fence" and re.search(
            r"<(a|img)\b[^>]*\b(href|src)=", CODE.sub("", line.text), re.I
        ):
            yield f"{line.place}: a link in HTML; write it in Markdown"


def table_columns(page: Page) -> Iterator[str]:
    """Each row has as many cells as the head of its table."""
    for table in tables(page.lines):
        for place, row in table.rows:
            if len(row) != table.columns:
                yield f"{place}: {len(row)} cells in a table of {table.columns} columns"


def table_rows(page: Page) -> Iterator[str]:
    """An API in the first cell of a row is used by a file on that page."""
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
    """The last name of an API: `tensor.view(*size)` → view, `torch.float32` → float32.

    Returns:
        None when the code names no API (a literal, an operator, a lone word).
    """
    try:
        node = ast.parse(code.strip(), mode="eval").body
    except (SyntaxError, ValueError):
        # Not Python as it is, such as `tensor.sum(dim, …)`.
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
HALF_WIDTH = re.compile(
    rf"{HAN}\s*[,;]|[,;:?!]\s*{HAN}|{HAN}[:?!()]|[()]{HAN}|{HAN}\.(?=\s|$|{HAN})"
    rf"|{HAN}\"|\"{HAN}"
)
TOUCHING = re.compile(rf"{HAN}[A-Za-z0-9]|[A-Za-z0-9]{HAN}")


def prose(page: Page) -> Iterator[tuple[str, str]]:
    """What a reader reads, with its place: no code, no addresses, no marks.

    Inline code becomes the letter `A`, so that the rules for Latin letters beside
    Chinese hold for it too.
    """
    for front in page.front:
        key, _, value = front.text.partition(":")
        if key == "description":  # quotes around the whole of it are YAML's
            yield front.place, value.strip().strip("\"'")
    for line in page.lines:
        row = line.text
        if box := BOX.fullmatch(row):
            row = box["title"] or ""
        if line.kind in ("fence", "indented", "blank") or REFERENCE.fullmatch(row):
            continue
        row = re.sub(r"^\s*(?:[-+]|\*(?=\s)|\d+\.|#+)\s+", "", row)
        row = CODE.sub("A", row)
        row = re.sub(r'<span lang="zh">.*?</span>', "", row)  # a word said to be so
        row = re.sub(r"<[^<>]+>", "", row)
        for _ in range(2):  # a picture may be in a link
            row = LINK.sub(lambda match: match["text"], row)
        row = ATTRS.sub("", row).replace("*", "")
        if row.strip():
            yield line.place, row


def banned_phrases(page: Page) -> Iterator[str]:
    """No phrase that the style of the Chinese pages rules out."""
    for place, row in prose(page):
        for phrase in BANNED:
            if found := re.search(phrase, row.strip()):
                yield f"{place}: “{found[0].strip()}” is not our Chinese; rephrase it"


def punctuation(page: Page) -> Iterator[str]:
    """Full-width punctuation beside Chinese characters."""
    for place, row in prose(page):
        if found := HALF_WIDTH.search(row):
            yield f"{place}: half-width punctuation in “{_around(row, found)}”"


def blanks(page: Page) -> Iterator[str]:
    """A blank between Chinese characters and Latin letters, digits or code."""
    for place, row in prose(page):
        if found := TOUCHING.search(row):
            yield f"{place}: no blank beside Latin in “{_around(row, found)}”"


def broken_lines(page: Page) -> Iterator[str]:
    """No line break inside a Chinese sentence: a browser shows it as a blank."""
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
            yield f"{line.place}: a line break in a Chinese sentence shows as a blank"


def chinese_left(page: Page) -> Iterator[str]:
    """An English page has no Chinese characters in its prose."""
    for place, row in prose(page):
        if found := re.search(HAN, row):
            yield f"{place}: Chinese on an English page: “{_around(row, found)}”"


def _around(row: str, found: re.Match) -> str:
    return row[max(0, found.start() - 8) : found.end() + 8].strip()


RULES = (blocks, headings, description, links, table_columns, table_rows)
CHINESE = (banned_phrases, punctuation, blanks, broken_lines)
ENGLISH = (chinese_left,)

# ---- snippet files

MAX_COLUMNS, MAX_LINES, MEDIAN, P90 = 88, 30, 18, 38
LONGER = {  # one whole program
    "start/first/train_a_model.py": 40,
    "training/loop/train_digits.py": 120,
    "distributed/ddp/train_digits_ddp.py": 100,
}
PORT = re.compile(r"(?i)master[-_]port\W+[1-9]\d*|tcp://[^\s\"']*:[1-9]\d*")


def snippet_file(name: str, source: str) -> Iterator[str]:
    """A snippet file by itself: its size, name, imports and ports.

    Args:
        name: Path below `snippets/`.
        source: Its text.
    """
    where = f"snippets/{name}"
    lines = source.removesuffix("\n").split("\n")
    for number, line in enumerate(lines, 1):
        place = f"{where}:{number}:"
        if len(line) > MAX_COLUMNS:
            yield f"{place} {len(line)} columns, more than {MAX_COLUMNS}"
        if "\t" in line:
            yield f"{place} a tab, which the site shows as blanks"
        if "\r" in line:
            yield f"{place} a line end of Windows, which the site changes"
        if found := PORT.search(line):
            yield f"{place} a fixed port ({found[0]}) can be taken; use a free one"
        if line.strip().startswith("```") or "--8<--" in line:
            yield f"{place} Markdown that would end the block or be left out of it"
    if len(lines) > (most := LONGER.get(name, MAX_LINES)):
        yield f"{where}:{len(lines)}: {len(lines)} lines, more than {most}"
    for node in ast.walk(ast.parse(source, where)):
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


def snippet_sizes(sources: Iterable[str]) -> Iterator[str]:
    """Most files are short: median and 90th percentile of their lines."""
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
    """The command; return 1 if there is a fault."""
    faults = check(root)
    for fault in faults:
        print(fault)
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())

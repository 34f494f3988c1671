"""Generate the pages of error messages: the wording, the releases and the cure.

The messages are those that were raised while the snippet files ran, recorded in full by
`verify.messages`. ``docs/errors/<language>.yml`` maps a pattern of each message to its
cure in a sentence. ``docs/errors/left-off.yml`` lists the messages that the pages leave
out.

Each heading is the wording on the default release. The wordings that other releases use
for the same error are listed below it, so the page shows what torch has reworded.
"""

from __future__ import annotations

import functools
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from textwrap import shorten

import yaml

from render.pages import Page, current_snippets, read_site
from verify import DEFAULT_TORCH, messages
from verify.messages import Entry, Message
from verify.needs import release_key

MARKER = "<!-- errors -->"  # the overview
# Each part has its own page. It collects the messages from these pages, or all of a
# chapter. The first part that matches is used, so the last one takes what is left.
PARTS = {
    "autograd": (
        *("tensors/autograd.md", "tensors/no-grad.md"),
        *("tensors/gradient-errors.md", "tensors/advanced-autograd.md"),
    ),
    "tensors": ("tensors/",),
    "data": (
        *("training/datasets.md", "training/dataloader.md", "training/workers.md"),
        *("training/samplers.md", "training/checkpoints.md", "training/resume.md"),
        "training/file-formats.md",
    ),
    "distributed": ("distributed/",),
    "training": ("",),
}
PART_MARKERS = {f"<!-- errors of {part} -->": part for part in PARTS}
FOLDER = "errors"  # The folder of the cures below docs/.
LONG = 220  # The most characters of a heading; a box has a longer message in full.
LABEL = 48  # The most characters of an entry in the table of contents.
WORDS = {
    "zh": {
        "on": "torch {}",
        "reads": "在 torch {} 上是：",
        "whole": "完整的报错信息",
        "count": "共 {} 条",
        "colon": "：",
        "blocks": "见 ",
    },
    "en": {
        "on": "torch {}",
        "reads": "On torch {} it reads:",
        "whole": "The whole message",
        "count": "{} messages",
        "colon": ": ",
        "blocks": "See ",
    },
}
MARK = re.compile("⟨([^⟨⟩]+)⟩")
COLOR = re.compile(r"\x1b\[\d*m")  # torch prints some words in bold.


class CureError(ValueError):
    """A file of cures that can't be used; the message names it."""


@dataclass(frozen=True)
class Pattern:
    """A pattern of an error message, the key of a cure.

    Attributes:
        text: The pattern, e.g. ``shape '*' is invalid for input of size *``. A ``*``
            stands for text on one line; a final `` ...`` stands for any text.
    """

    text: str

    def match(self, message: str) -> re.Match[str] | None:
        """Match a whole message.

        Returns:
            The match, with a group for each ``*``; None if the message doesn't match.
        """
        return _compiled(self.text).fullmatch(message)


@functools.cache
def _compiled(text: str) -> re.Pattern[str]:
    parts = re.split(r"(\*| \.\.\.$|\s+)", text)
    known = {"*": r"(\S[^\n]*?)", " ...": r"(?s:\s*.*)"}
    return re.compile(
        "".join(
            known.get(part, r"\s+" if part.isspace() else re.escape(part))
            for part in parts
        )
    )


@dataclass
class Heading:
    """The heading of a message, with the snippets that raise it and other wordings.

    Attributes:
        pattern: The key of the cure.
        message: The message on the default release; if the snippet didn't run there, on
            the newest release on which it ran.
        files: The snippet files that raise the message, in the order of the pages.
        releases: The releases that use this wording.
        others: The releases that use another wording, by that wording.
    """

    pattern: Pattern
    message: Message
    files: list[str] = field(default_factory=list)
    releases: set[str] = field(default_factory=set)
    others: dict[str, set[str]] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The anchor, made from the words of the pattern that don't vary."""
        words = re.findall(r"[a-z]{2,}", self.pattern.text.lower())
        return "-".join(words[:9]) or "message"


def recorded(root: Path) -> dict[str, list[Entry]]:
    """Return the recorded messages of the snippet files as they are now.

    Args:
        root: The checkout.

    Returns:
        The entries of each file, one per device, by its path below `snippets/`.
    """
    found: dict[str, list[Entry]] = {}
    snippets = current_snippets(root)
    for path in sorted((root / "records").glob("messages-*.json")):
        for name, entry in messages.read(path).items():
            snippet = snippets.get(name)
            if messages.is_valid(entry, snippet, root / "snippets"):
                found.setdefault(name, []).append(_plain(entry))
    return found


def _plain(entry: Entry) -> Entry:
    texts = (replace(x, text=COLOR.sub("", x.text).strip()) for x in entry.messages)
    return replace(entry, messages=tuple(texts))


def told(entry: Entry) -> dict[Message, list[Message]]:
    """Group the messages of a snippet file on all releases by the error they report.

    Args:
        entry: The recorded messages of the file.

    Returns:
        The messages on the default release (if the file didn't run there, on the newest
        release on which it did), each with the wordings that replace it on other
        releases.
    """
    builds = [name for name in entry.ran if _is_default(name)] or entry.ran[-1:]
    heads: dict[Message, list[Message]] = {
        one: [] for build in builds for one in entry.on(build)
    }
    for other in entry.messages:
        if other not in heads:
            free = [one for one in heads if not {*one.releases} & {*other.releases}]
            if head := messages.most_alike(other, free):
                heads[head].append(other)
    return heads


def _is_default(torch: str) -> bool:
    """Tell whether a name is the default release or its CPU build."""
    return torch.removesuffix(messages.CPU) == DEFAULT_TORCH


def cures(root: Path, lang: str) -> dict[Pattern, str]:
    """Read the cures of a language, in the order in which they are tried.

    Args:
        root: The checkout.
        lang: `zh` or `en`.

    Returns:
        A dict of patterns and their cures, empty if there's no file.

    Raises:
        CureError: If the file isn't a mapping of messages to sentences.
    """
    return _read(root / "docs" / FOLDER / f"{lang}.yml")


def left_off(root: Path) -> dict[Pattern, str]:
    """Read which messages the pages leave out.

    Returns:
        The reasons by pattern; empty if there is no file.

    Raises:
        CureError: If the file isn't a mapping of messages to sentences.
    """
    return _read(root / "docs" / FOLDER / "left-off.yml")


def _read(path: Path) -> dict[Pattern, str]:
    if not path.is_file():
        return {}
    return dict(_read_file(path, path.stat().st_mtime_ns))


@functools.lru_cache(maxsize=8)
def _read_file(path: Path, stamp: int) -> tuple[tuple[Pattern, str], ...]:
    where = posixpath.join("docs", FOLDER, path.name)
    try:
        found = yaml.safe_load(path.read_text("utf-8"))
    except yaml.YAMLError as error:
        raise CureError(f"{where}: {error}") from None
    if not isinstance(found, dict):
        raise CureError(f"{where}: write one sentence for each message")
    for key, text in found.items():
        if not isinstance(key, str) or not isinstance(text, str) or not text.strip():
            raise CureError(f"{where}: {key!r} needs a sentence; quote both")
    return tuple((Pattern(key), text.strip()) for key, text in found.items())


def find(patterns: Mapping[Pattern, str], *texts: str) -> Pattern | None:
    """Return the first pattern that matches one of the wordings of a message.

    Args:
        patterns: The patterns in the order in which to try them.
        *texts: The wordings.

    Returns:
        The pattern; None if no pattern matches.
    """
    return next((x for x in patterns if any(x.match(text) for text in texts)), None)


def uncured(root: Path, lang: str) -> Iterator[tuple[str, Message]]:
    """Yield the messages of the default release without a cure or a reason to omit it.

    Args:
        root: The checkout.
        lang: `zh` or `en`.

    Yields:
        The snippet file and the message.
    """
    known = {**left_off(root), **cures(root, lang)}
    for name, entries in sorted(recorded(root).items()):
        for entry in entries:
            for head, others in told(entry).items():
                texts = [head.text, *(other.text for other in others)]
                if any(map(_is_default, head.releases)) and not find(known, *texts):
                    yield name, head


def headings(root: Path, lang: str) -> dict[str, list[Heading]]:
    """Return the headings of all messages, grouped by the page that raises them.

    If blocks on several pages raise a message, its heading belongs to the first page.

    Args:
        root: The checkout.
        lang: `zh` or `en`.

    Returns:
        The headings by page, e.g. ``tensors/shape.md``. Pages are in navigation order,
        headings in the order of the page.
    """
    site, found = read_site(root, lang), recorded(root)
    reasons, known = left_off(root), cures(root, lang)
    pages: dict[str, list[Heading]] = {}
    by_pattern: dict[Pattern, Heading] = {}
    for page in site.pages.values():
        for name in page.shown():
            for entry in found.get(name, ()):
                for head, others in told(entry).items():
                    texts = [head.text, *(other.text for other in others)]
                    if find(reasons, *texts) or not (pattern := find(known, *texts)):
                        continue
                    if pattern not in by_pattern:
                        by_pattern[pattern] = Heading(pattern, head)
                        pages.setdefault(page.name, []).append(by_pattern[pattern])
                    _add(by_pattern[pattern], name, head, others)
    return pages


def _add(entries: Heading, name: str, head: Message, others: list[Message]) -> None:
    """Add another file that raises the message of a heading."""
    if name not in entries.files:
        entries.files.append(name)
    entries.releases.update(head.releases)
    for other in others:
        if not entries.pattern.match(other.text):
            entries.others.setdefault(other.text, set()).update(other.releases)
        else:  # The same wording, with another value in a varying part.
            entries.releases.update(other.releases)


def part_of(page: str) -> str:
    """Return the part with the messages of a page, e.g. of ``tensors/shape.md``."""
    return next(part for part, names in PARTS.items() if page.startswith(names))


def part(root: Path, lang: str, page: str, name: str) -> Iterator[str]:
    """Render the messages of a part.

    Args:
        root: The checkout.
        lang: `zh` or `en`.
        page: The path of the page that shows them. Links start there.
        name: The part, a key of `PARTS`.

    Yields:
        Lines of Markdown.
    """
    site, folder = read_site(root, lang), posixpath.dirname(page)
    known, order = cures(root, lang), _releases(root)
    ids: set[str] = set()
    for where, found in headings(root, lang).items():
        if part_of(where) != name:
            continue
        title = site.pages[where].title
        ids.add(heading := posixpath.basename(where).removesuffix(".md"))
        yield from ("", f"## {title} {{#{heading}}}")
        for one in found:
            anchor = one.id
            while anchor in ids:
                anchor += "-2"
            ids.add(anchor)
            yield from _entry(one, anchor, known[one.pattern], lang)
            links = " · ".join(_links(one.files, where, folder, site.page_of))
            on = WORDS[lang]["on"].format(ranges(one.releases, order))
            yield f"{WORDS[lang]['blocks']}{links} · {on}"
            yield "{: .seen-on }"
            for text, releases in one.others.items():
                reads = WORDS[lang]["reads"].format(ranges(releases, order))
                yield from ("", f"{reads} {marked(None, text)}", "{: .reworded }")


def _entry(one: Heading, anchor: str, cure: str, lang: str) -> Iterator[str]:
    """Render the heading, the cure and, for a long message, a box with all of it."""
    text = one.message.text
    cls = one.message.cls.rpartition(".")[2]
    line = " ".join(text.split())
    is_long = len(line) > LONG or text.count("\n") > 2
    cut = line[:LONG].rsplit(" ", 1)[0] if len(line) > LONG else line
    label = escaped(shorten(f"{cls}: {line}", LABEL, placeholder=" …"))
    said = marked(one.pattern, cut if is_long else text, f"{cls}: ", rest=is_long)
    yield from (
        "",
        f'### {said} {{: #{anchor} .message data-toc-label="{label}" }}',
        "",
        cure,
        "",
    )
    if is_long:
        yield f'??? quote "{WORDS[lang]["whole"]}"'
        yield ""
        yield "    ```text"
        yield from (f"    {row}" for row in f"{cls}: {text}".splitlines())
        yield from ("    ```", "")


def marked(
    pattern: Pattern | None, text: str, before: str = "", rest: bool = False
) -> str:
    """Render a message as code in HTML, with its varying parts marked.

    Args:
        pattern: Each ``*`` is a varying part; None marks only what was masked when the
            message was recorded.
        text: The message or its start.
        before: Text to put before the message.
        rest: Whether the message continues after `text`.

    Example:
        >>> marked(Pattern("size *"), "size 6", "E: ")
        '<code>E: size <var>6</var></code>'
    """
    found = pattern.match(text) if pattern else None
    if pattern and not found:  # Only the start of a long message was given.
        found = _start(pattern, text)
    spans = [found.span(n + 1) for n in range(found.re.groups)] if found else []
    pieces, at = [escaped(before)], 0
    for start, end in spans:
        if start >= at:
            pieces += [_masked(text[at:start]), f"<var>{_inner(text[start:end])}</var>"]
            at = end
    pieces += [_masked(text[at:]), " …" if rest else ""]
    return f"<code>{''.join(pieces)}</code>"


def _start(pattern: Pattern, text: str) -> re.Match[str] | None:
    """Match the start of a message against as much of the pattern as it covers."""
    parts = pattern.text.split("*")
    for n in range(len(parts), 1, -1):
        if found := Pattern("*".join(parts[:n]).rstrip() + " ...").match(text):
            return found
    return None


def _masked(text: str) -> str:
    """Escape text and mark what was masked at recording, because that varies too."""
    parts = MARK.split(text)
    return "".join(
        f"<var>{escaped(part)}</var>" if n % 2 else escaped(part)
        for n, part in enumerate(parts)
    )


def _inner(text: str) -> str:
    return escaped(MARK.sub(r"\1", text))


def escaped(text: str) -> str:
    """Escape every character that HTML or Markdown could treat as markup."""
    text = text.replace("\n", " ")
    return re.sub(r"[^\w\s,.:;'!?=()/%@+…-]|_", lambda sign: f"&#{ord(sign[0])};", text)


def _links(
    files: list[str], here: str, folder: str, page_of: Callable[[str], Page | None]
) -> Iterator[str]:
    """Yield links to the section and block of each file; each section only once."""
    seen: set[str] = set()
    for file in files:
        page = page_of(file)
        if page is None:
            continue
        way, leaf = posixpath.relpath(page.name, folder), posixpath.basename(file)
        fence = next(one for one in page.fences if one.include == file)
        section = page.heading_of(fence.first)
        block = f"[`{leaf}`]({way}#{leaf})"
        if f"{way}#{section}" in seen:
            yield block
            continue
        seen.add(f"{way}#{section}")
        title = next(x.title for x in page.sections if x.id == section) or page.title
        shown = title if page.name == here else f"{page.title}: {title}"
        yield f"[{shown}]({way}{'#' * bool(section)}{section}) {block}"


def _releases(root: Path) -> list[str]:
    """Return all releases on which a recorded file ran, oldest first."""
    entries = [entry for found in recorded(root).values() for entry in found]
    ran = {x for entry in entries for x in entry.ran}
    return sorted(ran, key=lambda name: (release_key(name), name))


def ranges(releases: set[str], order: list[str]) -> str:
    """Write a set of releases as ranges.

    A range ends before a release that isn't in `releases`. CPU builds are named only if
    there is no other release.

    Args:
        releases: The releases to write.
        order: All releases, oldest first.

    Example:
        >>> ranges({"2.4.1", "2.5.1", "2.7.1"}, ["2.4.1", "2.5.1", "2.6.0", "2.7.1"])
        '2.4.1–2.5.1, 2.7.1'
        >>> ranges({"2.6.0+cpu"}, ["2.5.1", "2.6.0", "2.6.0+cpu"])
        '2.6.0+cpu'
    """
    if plain := {name for name in releases if not name.endswith(messages.CPU)}:
        releases = plain
        order = [name for name in order if not name.endswith(messages.CPU)]
    found: list[list[str]] = [[]]
    for release in order:
        if release in releases:
            found[-1].append(release)
        elif found[-1]:
            found.append([])
    return ", ".join("–".join(dict.fromkeys([x[0], x[-1]])) for x in found if x)


def overview(root: Path, lang: str, page: str) -> Iterator[str]:
    """Render the overview: how many messages each page has, with links.

    Args:
        root: The checkout.
        lang: `zh` or `en`.
        page: The path of the page that shows the overview. Links start there.

    Yields:
        Lines of Markdown.
    """
    site, words = read_site(root, lang), WORDS[lang]
    found = headings(root, lang)
    by_part: dict[str, list[str]] = {}
    for where in found:
        by_part.setdefault(part_of(where), []).append(where)
    yield words["count"].format(sum(map(len, found.values()))) + words["colon"].rstrip()
    yield ""
    folder = posixpath.dirname(page)
    for name, pages in by_part.items():
        target = f"reference/errors-{name}.md"
        if target not in site.pages:
            continue
        way = posixpath.relpath(target, folder)
        parts = []
        for where in pages:
            anchor = posixpath.basename(where).removesuffix(".md")
            title = site.pages[where].title
            parts.append(f"[{title}]({way}#{anchor}) {len(found[where])}")
        link = f"[{site.pages[target].title}]({way})"
        yield f"- {link}{words['colon']}{' · '.join(parts)}"

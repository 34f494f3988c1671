"""Common mistakes: written once, shown on the page and collected in the errata.

`docs/mistakes/<chapter>/<page>.yml` lists what is often said wrongly about the topic of
a page, in both languages, with the snippet files that show the truth::

    - id: max-is-a-tuple
      kind: incomplete
      since: always
      proof: [max_values_and_indices]
      zh:
        claim: "误区：`max()` 总是返回元组"
        truth: |-
          只有给了 `dim` 才是……
      en:
        claim: "Myth: `max()` always returns a tuple"
        truth: |-
          Only with a `dim` …

`claim` is the title of the box. It's true, or begins with a word of `MYTHS`, so that
nobody who only reads titles learns something false.

`blocks` are shown in the box, `proof` names files shown elsewhere: on the same page by
their name, on another by their path. What old notes state is a myth, has a `kind` (see
`KINDS`) and a `since` (a release; `seen` and a release; `always`: from the oldest
release tried on), and is in the errata too, see `render.errata`.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path

import yaml

LANGUAGES = ("zh", "en")
# On a page, stands for the boxes of its common mistakes.
MARKER = "<!-- mistakes -->"
KINDS = ("wrong", "outdated", "misleading", "incomplete")
# What a title begins with that is not true.
MYTHS = {"zh": "误区：", "en": "Myth: "}
KEYS = {"id", "kind", "since", "blocks", "proof", *LANGUAGES}
ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
SINCE = re.compile(r"always|(?P<seen>seen )?(?P<release>\d+(\.\d+)+)")


class MistakeError(ValueError):
    """An entry that cannot be shown. The message begins with file and line."""


@dataclass(frozen=True)
class Text:
    """One language of an entry, with the lines where its parts begin."""

    claim: str
    truth: str
    claim_line: int
    truth_line: int


@dataclass(frozen=True)
class Mistake:
    """One entry.

    Attributes:
        page: The page it belongs to, such as `tensors/math`.
        line: The line of the data file where it begins.
        id: Its anchor in the errata.
        kind: One of `KINDS`; empty where no old note states it.
        since: Since when the truth holds; empty where `kind` is.
        blocks: Files that the box shows, as paths below `snippets/`.
        proof: Files elsewhere that prove it, as paths below `snippets/`.
        texts: What it says, by language.
    """

    page: str
    line: int
    id: str
    kind: str
    since: str
    blocks: tuple[str, ...]
    proof: tuple[str, ...]
    texts: dict[str, Text]


def data_file(page: str) -> str:
    """Path of a page's entries below the checkout."""
    return f"docs/mistakes/{page}.yml"


def load(root: Path, page: str) -> list[Mistake]:
    """Read and check the entries of a page.

    Args:
        root: The checkout.
        page: The page's name, such as `tensors/math`.

    Returns:
        The entries in their order.

    Raises:
        MistakeError: An entry is not complete, or names what is not there; one line
            for each fault, which begins with file and line.
    """
    path = root / data_file(page)
    if not path.is_file():
        raise MistakeError(f"{data_file(page)}:1: there is no such file")
    return _load(root, page, path.stat().st_mtime_ns)


def load_all(root: Path) -> list[Mistake]:
    """The entries of all pages, chapter by chapter as the folders are named."""
    folder = root / "docs" / "mistakes"
    names = [p.relative_to(folder).with_suffix("") for p in folder.rglob("*.yml")]
    return [entry for name in sorted(names) for entry in load(root, name.as_posix())]


@functools.lru_cache(maxsize=256)
def _load(root: Path, page: str, stamp: int) -> list[Mistake]:
    where = data_file(page)
    faults: list[str] = []
    try:
        text = (root / where).read_text("utf-8")
        tree = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise MistakeError(f"{where}:{line}: {error.problem}") from None
    for lang in LANGUAGES:
        if not (root / "docs" / lang / f"{page}.md").is_file():
            faults.append(f"{where}:1: there is no page docs/{lang}/{page}.md")
    entries = []
    if not isinstance(tree, yaml.SequenceNode):
        raise MistakeError("\n".join([*faults, f"{where}:1: not a list of entries"]))
    for node in tree.value:
        found, wrong = _entry(root, page, node)
        faults += [f"{where}:{line}: {what}" for line, what in wrong]
        entries.append(found)
    for n, entry in enumerate(entries):
        if entry.id in {other.id for other in entries[:n]}:
            faults.append(f"{where}:{entry.line}: a second entry {entry.id}")
    if faults:
        raise MistakeError("\n".join(faults))
    return entries


def _entry(root: Path, page: str, node) -> tuple[Mistake, list[tuple[int, str]]]:
    line = node.start_mark.line + 1
    faults: list[tuple[int, str]] = []
    keys = _mapping(node, KEYS, faults)
    values = {
        key: keys[key].value
        for key in ("id", "kind", "since")
        if isinstance(keys.get(key), yaml.ScalarNode)
    }
    name, kind, since = (values.get(key, "") for key in ("id", "kind", "since"))
    if not ID.fullmatch(name):
        faults.append((line, f"id {name!r} is not lower-case words with hyphens"))
    if kind and kind not in KINDS:
        faults.append((line, f"{name}: kind {kind!r} is none of {', '.join(KINDS)}"))
    if bool(kind) != bool(since):
        faults.append((line, f"{name}: kind and since go together"))
    if since and not SINCE.fullmatch(since):
        faults.append((line, f"{name}: since {since!r} is no release, nor 'always'"))
    files = {}
    for key in ("blocks", "proof"):
        found = keys.get(key)
        names = found.value if isinstance(found, yaml.SequenceNode) else []
        if found and not names:
            faults.append((line, f"{name}: {key} is not a list of files"))
        files[key] = tuple(
            f"{x.value if '/' in x.value else f'{page}/{x.value}'}.py" for x in names
        )
        for file in files[key]:
            if not (root / "snippets" / file).is_file():
                faults.append((line, f"{name}: there is no file snippets/{file}"))
    if kind and not (files["blocks"] or files["proof"]):
        faults.append((line, f"{name}: no block proves it"))
    texts = {}
    for lang in LANGUAGES:
        if lang not in keys:
            faults.append((line, f"{name}: the language {lang} is missing"))
            continue
        part = _mapping(keys[lang], {"claim", "truth"}, faults)
        for key in ("claim", "truth"):
            if key not in part or not str(part[key].value).strip():
                faults.append((line, f"{name}: {lang} has no {key}"))
        if {"claim", "truth"} <= set(part):
            claim, truth = part["claim"], part["truth"]
            if '"' in claim.value or "\n" in claim.value:
                faults.append((line, f'{name}: the claim in {lang} has a " or 2 lines'))
            if kind and not claim.value.startswith(MYTHS[lang]):
                what = f"{name}: the claim in {lang} doesn't begin with {MYTHS[lang]!r}"
                faults.append((line, what))
            texts[lang] = Text(
                claim.value,
                truth.value.rstrip("\n"),
                claim.start_mark.line + 1,
                # A literal block begins on the line below its mark.
                truth.start_mark.line + 1 + (truth.style in ("|", ">")),
            )
    entry = Mistake(
        page, line, name, kind, since, files["blocks"], files["proof"], texts
    )
    return entry, faults


def _mapping(node, known: set[str], faults: list[tuple[int, str]]) -> dict:
    line = node.start_mark.line + 1
    if not isinstance(node, yaml.MappingNode):
        faults.append((line, f"not a mapping with {', '.join(sorted(known))}"))
        return {}
    for key, _ in node.value:
        if key.value not in known:
            faults.append((key.start_mark.line + 1, f"unknown key {key.value!r}"))
    return {key.value: value for key, value in node.value}


def boxes(entries: list[Mistake], lang: str) -> list[tuple[str, int]]:
    """The boxes of a page.

    Args:
        entries: The entries of the page.
        lang: `zh` or `en`.

    Returns:
        Lines of Markdown, each with the line of the data file that it comes from.
    """
    rows: list[tuple[str, int]] = []
    for entry in entries:
        text = entry.texts[lang]
        rows += [(f'!!! warning "{text.claim}"', text.claim_line), ("", entry.line)]
        rows += [
            (f"    {line}" if line else "", text.truth_line + n)
            for n, line in enumerate(text.truth.split("\n"))
        ]
        for file in entry.blocks:
            fence = ["", "    ```python", f'    --8<-- "{file}"', "    ```"]
            rows += [(line, entry.line) for line in fence]
        rows.append(("", entry.line))
    return rows[:-1]

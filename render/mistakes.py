"""Read the common mistakes, which a page shows as boxes and the errata collect.

`docs/mistakes/<chapter>/<page>.yml` lists what people often get wrong about the topic
of a page, in both languages, with the snippet files that prove the truth::

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

The keys of an entry:

- `claim` is the title of the box. A claim that isn't true starts with a prefix from
  `MYTHS`, so nobody who reads only the titles learns something false.
- `truth` is the text of the box.
- `blocks` lists snippet files that the box shows.
- `proof` lists snippet files that are shown elsewhere. A file on the same page is named
  by its stem, a file on another page by its path without suffix.
- `kind` is one of `KINDS`. It marks a myth from the many old PyTorch notes on the web.
  Such an entry needs a proof and is also in the errata, see `render.errata`.
- `since` goes with `kind` and says from which release on the truth holds: a release,
  `seen` and a release (that one or earlier), or `always` (the oldest release tried).
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path

import yaml

LANGUAGES = ("zh", "en")
# The line of a page that the boxes of its common mistakes replace.
MARKER = "<!-- mistakes -->"
KINDS = ("wrong", "outdated", "misleading", "incomplete")
# The prefixes of claims that aren't true.
MYTHS = {"zh": "误区：", "en": "Myth: "}
KEYS = {"id", "kind", "since", "blocks", "proof", *LANGUAGES}
ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
SINCE = re.compile(r"always|(?P<seen>seen )?(?P<release>\d+(\.\d+)+)")


class MistakeError(ValueError):
    """Faults in a data file, one per line, each with the file and line number first."""


@dataclass(frozen=True)
class Text:
    """One language of an entry.

    Attributes:
        claim: The title of the box.
        truth: The text of the box, in Markdown.
        claim_line: The line number of the claim in the data file.
        truth_line: The line number of the first line of the truth.
    """

    claim: str
    truth: str
    claim_line: int
    truth_line: int


@dataclass(frozen=True)
class Mistake:
    """One entry of a data file.

    Attributes:
        page: The page that shows the entry, e.g. `tensors/math`.
        line: The line number in the data file where the entry starts.
        id: The anchor in the errata.
        kind: One of `KINDS`; "" if the entry isn't in the errata.
        since: From which release on the truth holds; "" if the entry isn't in the
            errata.
        blocks: The files that the box shows, as paths below `snippets/`.
        proof: Files shown elsewhere that prove the truth, as paths below `snippets/`.
        texts: The claim and truth by language.
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
    """Return the path of a page's data file, relative to the checkout.

    Args:
        page: The page, e.g. `tensors/math`.
    """
    return f"docs/mistakes/{page}.yml"


def load(root: Path, page: str) -> list[Mistake]:
    """Read and check the entries of a page.

    The result is cached until the file changes.

    Args:
        root: The checkout.
        page: The page, e.g. `tensors/math`.

    Returns:
        The entries in the order of the file.

    Raises:
        MistakeError: If the file is missing, or an entry is incomplete or names a file
            that doesn't exist.
    """
    path = root / data_file(page)
    if not path.is_file():
        raise MistakeError(f"{data_file(page)}:1: there is no such file")
    return _load(root, page, path.stat().st_mtime_ns)


def load_all(root: Path) -> list[Mistake]:
    """Read the entries of all pages, sorted by the path of the page.

    Args:
        root: The checkout.

    Raises:
        MistakeError: As in `load`.
    """
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
                # The text of a block scalar starts on the line below its indicator.
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
    """Render the entries of a page as admonitions.

    Args:
        entries: The entries of the page.
        lang: `zh` or `en`.

    Returns:
        Lines of Markdown, each with its line number in the data file.
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

"""What changed from one release to the next, and what a person has explained.

A person explains a difference in a file beside the record,
``torch-2.15.0-cpu.notes.json``: ``{"tensors/shape/view.py": "upstream"}``.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from verify import RECORDS
from verify.evidence import Line, Record, RecordError, Result, path_of
from verify.needs import is_final, release_key

KINDS = ("upstream", "ours", "drift")
"""What a person may say of a difference: a breaking change of torch, a mistake of
ours, or a drift of the output that means nothing."""

MANY = 4  # changes with one cause, from which on they are told as one


def notes_of(record: Record, folder: Path = RECORDS) -> dict[str, str]:
    """What a person said of the differences in a record.

    Args:
        record: The record.
        folder: Where the records lie.

    Returns:
        One of `KINDS` by the path of the file below ``snippets/``.

    Raises:
        RecordError: The file says something else.
    """
    path = path_of(record.torch, record.device, folder).with_suffix(".notes.json")
    if not path.exists():
        return {}
    try:
        notes = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise RecordError(f"{path}: is not JSON: {error}") from None
    if not isinstance(notes, dict):
        raise RecordError(f'{path}: holds no {{"file": "kind"}}')
    for name, kind in notes.items():
        if kind not in KINDS:
            raise RecordError(f"{path}: {name}: {kind!r} is none of {', '.join(KINDS)}")
    return notes


def before(record: Record, found: Iterable[Record]) -> Record | None:
    """The record of the newest release before a record's, on the same device.

    Args:
        record: The record.
        found: All records.

    Returns:
        One that says something of files; a candidate only before a candidate's final.
    """
    key = release_key(record.torch)
    older = [
        other
        for other in found
        if other.device == record.device
        and not other.fault
        and is_final(other.torch)
        and release_key(other.torch) < key
    ]
    return max(older, key=lambda other: release_key(other.torch), default=None)


@dataclass(frozen=True)
class Change:
    """One way in which a block is not as it was, or not as it says.

    Attributes:
        name: The path of the file below ``snippets/``.
        kind: ``"failed"``, ``"output-changed"``, ``"warns"``, ``"unneeded"`` (a need
            that is no longer needed) or ``"passes"`` (failed on the release before).
        new: Whether it was not so on the release before; None if that is not known,
            because the file did not run there as it is.
        error: For a failure the last line of the error, else what there is to say.
        lines: For a changed output what was printed before and now, by line of the
            file; None where there was nothing.
        note: What a person said of it, one of `KINDS`; None if nobody did.
    """

    name: str
    kind: str
    new: bool | None
    error: str | None = None
    lines: tuple[tuple[int, str | None, str | None], ...] = ()
    note: str | None = None


def changes(
    record: Record, earlier: Record | None = None, notes: dict[str, str] | None = None
) -> list[Change]:
    """What differs on a release.

    Args:
        record: The record of the release.
        earlier: The record of the release before. Only results of the same contents
            of a file are compared.
        notes: What a person said of the differences.

    Returns:
        The changes by kind, then by file: all failures and all outputs that are not
        the expected ones, and what else is not as on the release before.
    """
    found = []
    for name, result in record.snippets.items():
        old = earlier.snippets.get(name) if earlier else None
        if old and old.sha256 != result.sha256:
            old = None
        for change in _changes(name, result, old):
            note = (notes or {}).get(name) if change.kind != "passes" else None
            found.append(dataclasses.replace(change, note=note))
    order = ("failed", "output-changed", "unneeded", "warns", "passes")
    return sorted(found, key=lambda change: (order.index(change.kind), change.name))


def by_cause(some: Iterable[Change]) -> list[list[Change]]:
    """Changes with the same note, and the same words but for numbers, together.

    Args:
        some: Changes of one kind.

    Returns:
        Each once, in the order of the first of each group.

    Example:
        >>> names = {"a.py": "rank 0", "b.py": "another word", "c.py": "rank 1"}
        >>> some = [Change(name, "failed", True, names[name]) for name in names]
        >>> [[change.name for change in group] for group in by_cause(some)]
        [['a.py', 'c.py'], ['b.py']]
    """
    groups: dict[object, list[Change]] = {}
    for change in some:
        said = [change.error]
        said += [old if new is None else new for _, old, new in change.lines]
        cause = frozenset(re.sub(r"\d+", "0", text) for text in said if text)
        groups.setdefault((cause, change.note), []).append(change)
    return list(groups.values())


def _changes(name: str, result: Result, old: Result | None) -> Iterable[Change]:
    ran = old is not None and old.outcome != "skipped"
    if result.outcome == "failed":
        kind = "unneeded" if result.need else "failed"
        same = old and (old.outcome, old.error) == (result.outcome, result.error)
        yield Change(name, kind, not same if old else None, result.error)
    elif result.outcome != "skipped" and ran:
        assert old
        if old.outcome == "failed" and not old.need:
            yield Change(name, "passes", True, old.error)
    if result.outcome in ("passed", "output-changed"):
        was = old if ran and old and old.outcome != "failed" else None
        lines = _both_sides(was.lines if was else (), result.lines)
        moved = [line for line in lines if line[1] != line[2]]
        if was and moved:
            yield Change(name, "output-changed", True, lines=tuple(moved))
        elif result.lines:
            shown = tuple((n.line, n.expected, n.actual) for n in result.lines)
            known = False if was else None
            yield Change(name, "output-changed", known, lines=shown)
    heard = {_said(warning) for warning in old.warnings} if ran and old else set()
    new = [warning for warning in result.warnings if _said(warning) not in heard]
    if ran and new:
        yield Change(name, "warns", True, "; ".join(new))


def _said(warning: str) -> str:
    """A warning without the line of torch's own source that it names."""
    return re.sub(r"\s*\(Triggered internally at .*", "", warning)


def _both_sides(
    old: tuple[Line, ...], new: tuple[Line, ...]
) -> list[tuple[int, str | None, str | None]]:
    """What was printed then and now, wherever one of them is not the expected one."""
    rows: dict[tuple[int, str | None, int], list[str | None]] = {}
    for side, lines in enumerate((old, new)):
        seen: dict[tuple[int, str | None], int] = {}
        for line in lines:
            place = (line.line, line.expected)
            seen[place] = seen.get(place, 0) + 1  # more than one line too many
            row = rows.setdefault((*place, seen[place]), [line.expected] * 2)
            row[side] = line.actual
    return [
        (line, then, here)
        for (line, _, _), (then, here) in sorted(
            rows.items(), key=lambda row: (row[0][0], row[0][2])
        )
    ]

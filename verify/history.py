"""What changed from one release to the next, and what a person has explained.

`judge_release` decides whether a release is fine. A person explains a difference in a
file beside the record, ``torch-2.15.0-cpu.notes.json``:
``{"tensors/shape/view.py": "upstream"}``.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from verify import RECORDS, ROOT
from verify.evidence import (
    Library,
    Line,
    Record,
    RecordError,
    Result,
    current_snippets,
    is_valid,
    library_is_valid,
)
from verify.needs import is_final, release_key
from verify.record_files import path_of
from verify.snippet import Snippet
from verify.verdict import CHANGED, FAILED, PASSED

NOTES = ("upstream", "ours", "drift")
"""The kinds of a note on a difference: a breaking change in torch, our own bug, or a
harmless change of the output."""

KINDS = ("failed", "output-changed", "unneeded", "warns", "passes")
"""The kinds of changes, the most important first; see `Change`."""


def notes_of(record: Record, folder: Path = RECORDS) -> dict[str, str]:
    """Read the notes on the differences in a record.

    Args:
        record: The record.
        folder: The folder of the records.

    Returns:
        One of `NOTES` by the path of the file in ``snippets/``.

    Raises:
        RecordError: If the file beside the record has anything else.
    """
    path = path_of(record.torch, record.device, folder).with_suffix(".notes.json")
    if not path.exists():
        return {}
    try:
        notes = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise RecordError(f"{path}: is not JSON: {error}") from None
    if not isinstance(notes, dict):
        raise RecordError(f'{path}: is not of the form {{"file": "kind"}}')
    for name, kind in notes.items():
        if kind not in NOTES:
            raise RecordError(f"{path}: {name}: {kind!r} is none of {', '.join(NOTES)}")
    return notes


def before(record: Record, found: Iterable[Record]) -> Record | None:
    """Return the record of the release before, on the same device.

    Args:
        record: The record.
        found: All records.

    Returns:
        The newest final release that is older and whose record has no fault; None
        without one.
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
    """One way in which a block differs from the release before or from its file.

    Attributes:
        name: The path of the file in ``snippets/``.
        kind: ``"failed"``, ``"output-changed"``, ``"warns"``, ``"unneeded"`` (a need
            that is no longer needed) or ``"passes"`` (failed on the release before).
        new: Whether the release before was different; None if that isn't known,
            because the file as it is didn't run there.
        error: For a failure the last line of the error, else a text to show.
        lines: For a changed output the line of the file, the output before and the
            output now; None where nothing was printed.
        note: The note on it, one of `NOTES`; None without a note.
    """

    name: str
    kind: str
    new: bool | None
    error: str | None = None
    lines: tuple[tuple[int, str | None, str | None], ...] = ()
    note: str | None = None


@dataclass(frozen=True)
class Group:
    """Changes of one kind that have one cause, as far as their words show it.

    Attributes:
        kind: As in `Change`.
        changes: The changes, at least one.
    """

    kind: str
    changes: tuple[Change, ...]

    @property
    def note(self) -> str | None:
        """The note on all of them."""
        return self.changes[0].note


@dataclass(frozen=True)
class Judgement:
    """The results of a release, for the files as they are now.

    Attributes:
        record: The record.
        earlier: The record of the release before; None if there is none.
        state: ``"fine"``, ``"explained"`` (a person has explained every difference),
            ``"differs"``, or the record's fault.
        results: The results that count, by file.
        unverified: Files without a result that counts.
        notes: The notes on the differences, by file.
        counts: How many results have each outcome; explained drift counts as passed.
        groups: The changes, by kind and cause.
        not_compared: How many files changed between the two runs.
        stale_notes: Files with a note that explains nothing.
        library: The result of the library's tests if it counts.
        library_is_stale: Whether the library or its tests have changed since they ran.
    """

    record: Record
    earlier: Record | None
    state: str
    results: dict[str, Result] = field(default_factory=dict)
    unverified: tuple[str, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    groups: tuple[Group, ...] = ()
    not_compared: int = 0
    stale_notes: tuple[str, ...] = ()
    library: Library | None = None
    library_is_stale: bool = False

    @property
    def fine(self) -> bool:
        """Whether all results that count are as expected or explained."""
        return self.state in ("fine", "explained")

    @property
    def is_on_another_machine(self) -> bool:
        """Whether the release before ran on another processor, GPU or Python."""
        here, there = (
            {(machine.device_name, machine.python) for machine in one.machines.values()}
            for one in (self.record, self.earlier or self.record)
        )
        return here != there


def judge_release(
    record: Record,
    earlier: Record | None = None,
    notes: Mapping[str, str] | None = None,
    root: Path = ROOT,
    snippets: Mapping[str, Snippet | None] | None = None,
) -> Judgement:
    """Decide whether a release is fine.

    Only results that count for the files as they are now enter the judgement.

    Args:
        record: The record of the release.
        earlier: The record of the release before.
        notes: The notes on the differences (see `notes_of`).
        root: The checkout.
        snippets: Its files, see `evidence.current_snippets`; they are parsed if None.

    Returns:
        The judgement. Terminal and page only render it.
    """
    folder, notes = root / "snippets", notes or {}
    if snippets is None:
        snippets = current_snippets(folder)
    if record.fault:
        return Judgement(record, earlier, record.fault, unverified=tuple(snippets))
    results = {
        name: result
        for name, result in record.snippets.items()
        if name in snippets and is_valid(result, snippets[name], folder)
    }
    found = changes(dataclasses.replace(record, snippets=results), earlier, notes)
    groups = [
        Group(kind, tuple(together))
        for kind in KINDS
        for together in by_cause(change for change in found if change.kind == kind)
    ]
    there = earlier.snippets if earlier else {}
    unverified = tuple(name for name in snippets if name not in results)
    # A note on a file that has yet to run again may still explain something.
    explain_nothing = notes.keys() - {change.name for change in found} - {*unverified}
    library = record.library if library_is_valid(record, root) else None
    broken = {
        name for name, result in results.items() if result.outcome in (FAILED, CHANGED)
    }
    state = "explained" if broken else "fine"
    if (
        not all(is_explained(results[name], notes.get(name)) for name in broken)
        or explain_nothing
        or (library and library.failed)
    ):
        state = "differs"
    return Judgement(
        record=record,
        earlier=earlier,
        state=state,
        results=results,
        unverified=unverified,
        notes=notes,
        counts=Counter(outcome_of(r, notes.get(name)) for name, r in results.items()),
        groups=tuple(groups),
        not_compared=sum(
            name in there and not _same_files(there[name], result)
            for name, result in results.items()
        ),
        stale_notes=tuple(sorted(explain_nothing)),
        library=library,
        library_is_stale=record.library is not None and library is None,
    )


def is_explained(result: Result, note: str | None) -> bool:
    """Tell whether a person has explained why a file doesn't pass.

    Args:
        result: The result of the file.
        note: The note.

    Returns:
        True for a change in torch and for harmless drift. A mistake of ours, and a need
        that is no longer needed, remain failures until they are fixed.
    """
    return note in ("upstream", "drift") and not result.need


def outcome_of(result: Result, note: str | None) -> str:
    """Return the outcome of a file; explained drift counts as passed.

    A breaking change in torch doesn't: on that release a reader sees the difference.

    Args:
        result: The result of the file.
        note: The note on it.

    Returns:
        An outcome as in `Result`.
    """
    if result.outcome in (FAILED, CHANGED) and note == "drift" and not result.need:
        return PASSED
    return result.outcome


def _same_files(old: Result, new: Result) -> bool:
    """Whether two results are of the same file and the same library."""
    return (old.sha256, old.library) == (new.sha256, new.library)


def changes(
    record: Record,
    earlier: Record | None = None,
    notes: Mapping[str, str] | None = None,
) -> list[Change]:
    """List what differs on a release.

    Args:
        record: The record of the release.
        earlier: The record of the release before. Two results are compared only if the
            file and the library were the same in both runs.
        notes: The notes on the differences.

    Returns:
        The changes by kind, then by file: all failures, all outputs that differ from
        the expected ones, and whatever else differs from the release before.
    """
    found = []
    for name, result in record.snippets.items():
        old = earlier.snippets.get(name) if earlier else None
        if old and not _same_files(old, result):
            old = None
        for change in _changes(name, result, old):
            note = (notes or {}).get(name) if change.kind != "passes" else None
            found.append(dataclasses.replace(change, note=note))
    return sorted(found, key=lambda change: (KINDS.index(change.kind), change.name))


def by_cause(some: Iterable[Change]) -> list[list[Change]]:
    """Group changes that have the same note and, apart from numbers, the same words.

    Args:
        some: Changes of one kind.

    Returns:
        The groups, in the order of their first changes.

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

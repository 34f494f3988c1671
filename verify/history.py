"""Compare a release with the previous one, and decide whether it is fine.

`judge_release` decides. A maintainer can explain a difference with a note in a file
beside the record, ``torch-2.15.0-cpu.notes.json``:
``{"tensors/shape/view.py": "upstream"}``. If notes explain every failure and every
changed output, the release counts as fine.
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
"""What a note can call a difference: a breaking change in torch, a mistake in our file,
or a harmless change of the output."""

KINDS = ("failed", "output-changed", "unneeded", "warns", "passes")
"""The kinds of changes, most important first; see `Change`."""


def notes_of(record: Record, folder: Path = RECORDS) -> dict[str, str]:
    """Read the notes on the differences in a record.

    Args:
        record: The record.
        folder: The folder of the records.

    Returns:
        One of `NOTES` for each file with a note, by path in ``snippets/``.

    Raises:
        RecordError: If the file of notes contains anything else.
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
    """Return the record of the previous release, on the same device.

    Args:
        record: The record.
        found: All records.

    Returns:
        The record of the newest final release that is older, not counting records with
        a fault; None if there is none.
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
    """A difference of a block from the previous release or from its ``#>`` lines.

    Attributes:
        name: The path of the file in ``snippets/``.
        kind: ``"failed"``, ``"output-changed"``, ``"warns"`` (has new warnings),
            ``"unneeded"`` (passes although a need is unmet) or ``"passes"`` (failed on
            the previous release).
        new: Whether the result on the previous release was different; None if that
            isn't known, because this version of the file didn't run there.
        error: The last line of the error; for ``"passes"`` that of the earlier error,
            for ``"warns"`` the new warnings, and None for ``"output-changed"``.
        lines: For ``"output-changed"``, triples of a line of the file, the output
            before (or the expected one) and the output now. An output is None where
            there is no such line.
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
    """Changes of one kind that probably have the same cause; see `by_cause`.

    Attributes:
        kind: The kind, as in `Change`.
        changes: The changes, at least one.
    """

    kind: str
    changes: tuple[Change, ...]

    @property
    def note(self) -> str | None:
        """The note, which is the same on all of the changes."""
        return self.changes[0].note


@dataclass(frozen=True)
class Judgement:
    """Whether a release is fine for the files as they are now, and why.

    Attributes:
        record: The record.
        earlier: The record of the previous release; None if there is none.
        state: ``"fine"``, ``"explained"`` (notes explain every failure and changed
            output), ``"differs"``, or the record's fault.
        results: The valid results, by file.
        unverified: The files without a valid result.
        notes: The notes on the differences, by file.
        counts: The number of results with each outcome; harmless drift counts as
            passed (see `outcome_of`).
        groups: The changes, grouped by kind and cause.
        not_compared: The number of files that changed between the runs on the two
            releases.
        stale_notes: The files with a note but without a difference to explain.
        library: The result of the library's tests; None without a valid one.
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
        """Whether all valid results are as expected or explained."""
        return self.state in ("fine", "explained")

    @property
    def is_on_another_machine(self) -> bool:
        """Whether the previous release ran on a different processor, GPU or Python."""
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

    Results of older versions of the files are ignored.

    Args:
        record: The record of the release.
        earlier: The record of the previous release.
        notes: The notes on the differences (see `notes_of`).
        root: The root of the repository.
        snippets: The files as returned by `evidence.current_snippets`; None to parse
            them.

    Returns:
        The judgement, from which both the terminal report and the site are made.
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
    # The note on a file that has to run again may turn out to explain something.
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
    """Tell whether a note explains why a file doesn't pass.

    Args:
        result: The result of the file.
        note: The note on the file; None without one.

    Returns:
        True for a breaking change in torch and for harmless drift. A mistake of ours
        and an unneeded need remain failures until they are fixed.
    """
    return note in ("upstream", "drift") and not result.need


def outcome_of(result: Result, note: str | None) -> str:
    """Return the outcome of a file, counting harmless drift as passed.

    A breaking change in torch doesn't count as passed, even with a note: on that
    release, a reader gets a different result.

    Args:
        result: The result of the file.
        note: The note on the file; None without one.

    Returns:
        An outcome as in `Result`.
    """
    if result.outcome in (FAILED, CHANGED) and note == "drift" and not result.need:
        return PASSED
    return result.outcome


def _same_files(old: Result, new: Result) -> bool:
    """Return whether file and library files were the same for two results."""
    return (old.sha256, old.library) == (new.sha256, new.library)


def changes(
    record: Record,
    earlier: Record | None = None,
    notes: Mapping[str, str] | None = None,
) -> list[Change]:
    """List what differs on a release.

    Args:
        record: The record of the release.
        earlier: The record of the previous release. Two results are compared only if
            the file and its library files were the same in both runs.
        notes: The notes on the differences.

    Returns:
        The changes, sorted by kind, then by file: all failures, all outputs that differ
        from the ``#>`` lines, and whatever else differs from the previous release.
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
    """Group changes with the same note and, apart from numbers, the same text.

    Args:
        some: Changes of one kind.

    Returns:
        The groups, in the order of the first change in each.

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
    """Remove from a warning where in torch's own sources it was triggered."""
    return re.sub(r"\s*\(Triggered internally at .*", "", warning)


def _both_sides(
    old: tuple[Line, ...], new: tuple[Line, ...]
) -> list[tuple[int, str | None, str | None]]:
    """Return old and new output of each line where one of them is unexpected."""
    rows: dict[tuple[int, str | None, int], list[str | None]] = {}
    for side, lines in enumerate((old, new)):
        seen: dict[tuple[int, str | None], int] = {}
        for line in lines:
            place = (line.line, line.expected)
            seen[place] = seen.get(place, 0) + 1  # there may be several extra lines
            row = rows.setdefault((*place, seen[place]), [line.expected] * 2)
            row[side] = line.actual
    return [
        (line, then, here)
        for (line, _, _), (then, here) in sorted(
            rows.items(), key=lambda row: (row[0][0], row[0][2])
        )
    ]

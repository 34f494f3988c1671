"""A run in words, on the terminal, and what a release is against the one before."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from verify import ROOT
from verify.evidence import Record
from verify.history import MANY, Change, by_cause, changes
from verify.paths import shown
from verify.verdict import CHANGED, FAILED, PASSED, SKIPPED, Machine, Verdict


class Progress:
    """How far a run is: one line that is written over, on a terminal only.

    Args:
        total: How many files are to run.
        faults: Whether to print the faults of a file as soon as it has run.
    """

    def __init__(self, total: int, faults: bool = True) -> None:
        self._faults = faults
        self._total, self._done, self._start = total, 0, time.monotonic()
        self._live = sys.stderr.isatty()

    def show(self, verdict: Verdict) -> None:
        """Count a file; print its faults."""
        self._done += 1
        self.clear()
        for fault in verdict.faults if self._faults else ():
            print(fault, flush=True)
        if self._live:
            passed = time.monotonic() - self._start
            left = passed / self._done * (self._total - self._done)
            print(
                f"{self._done}/{self._total} files, about {left:.0f} s left: "
                f"{shown(verdict.path)}"[:78],
                end="",
                file=sys.stderr,
                flush=True,
            )

    def clear(self) -> None:
        """Take the line away."""
        if self._live:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def summary(verdicts: list[Verdict], machine: Machine, seconds: float) -> str:
    """The closing lines of a run.

    Args:
        verdicts: What came of the files.
        machine: What they ran on.
        seconds: How long it took.

    Returns:
        A line for each unmet need, one about release and device, one with the counts.
    """
    counts = Counter(verdict.outcome for verdict in verdicts)
    needs = Counter(verdict.need for verdict in verdicts if verdict.outcome == SKIPPED)
    lines = [f"{count} skipped: needs {need}" for need, count in sorted(needs.items())]
    lines.append(
        f"torch {machine.build}, Python {machine.python}, "
        f"{machine.device} ({machine.device_name}), {seconds:.1f} s"
    )
    failed = counts[FAILED] + counts[CHANGED]
    lines.append(f"{counts[PASSED]} passed, {failed} failed, {counts[SKIPPED]} skipped")
    return "\n".join(lines)


KINDS = {
    "failed": "fail",
    "output-changed": "print something else",
    "unneeded": "have a need that is no longer needed",
    "warns": "warn newly",
    "passes": "pass again",
}
NOTES = {
    "upstream": "a breaking change of torch",
    "ours": "a mistake of ours",
    "drift": "a harmless drift",
    None: "not judged yet",
}


def release_report(
    record: Record,
    earlier: Record | None,
    notes: dict[str, str],
    docs: Path = ROOT / "docs" / "en",
) -> str:
    """A release against the one before, in words.

    Args:
        record: The record of the release.
        earlier: That of the release before, None if there is none.
        notes: What a person said of the differences.
        docs: Where the pages lie that show the files.

    Returns:
        Lines for the terminal.
    """
    where = f"torch {record.torch} on {record.device}"
    if record.fault:
        return f"{where}: {record.fault}: {record.error}"
    counts = Counter(result.outcome for result in record.snippets.values())
    lines = [
        f"{where}: {counts[PASSED]} passed, {counts[FAILED]} failed, "
        f"{counts[CHANGED]} with another output, {counts[SKIPPED]} skipped"
    ]
    lines += [f"  import torch warns: {text}" for text in record.import_warnings]
    found = changes(record, earlier, notes)
    against = f" (before: torch {earlier.torch})" if earlier else ""
    if earlier and earlier.machine[:2] != record.machine[:2]:
        against += ", which ran on another machine"
    for kind, words in KINDS.items():
        some = [change for change in found if change.kind == kind]
        if some:
            lines.append(f"{len(some)} {words}{against}:")
        for together in by_cause(some):
            whole = together if len(together) < MANY else together[:1]
            for change in whole:
                lines.append(_name(change, record, earlier, docs))
                lines += _what(change, record, earlier)
            if rest := together[len(whole) :]:
                lines.append(f"    the same, but for numbers, in {len(rest)} more:")
                names = [_name(change, record, earlier, docs) for change in rest]
                lines += [f"  {name}" for name in names]
    if not found:
        lines.append(f"nothing differs{against}")
    if library := record.library:
        lines.append(
            f"library: {library.passed} passed, {len(library.failed)} failed, "
            f"{library.skipped} skipped, {library.left_out} slow ones left out"
        )
        lines += [f"  {test}: {error}" for test, error in library.failed.items()]
    lines += [
        f"  {name}: the note beside the record explains nothing; take it out"
        for name in stale_notes(found, notes)
    ]
    if record.seconds:
        parts = ", ".join(f"{part} {s:.1f} s" for part, s in record.seconds.items())
        lines.append(f"time: {parts}")
    return "\n".join(lines)


def stale_notes(found: Iterable[Change], notes: dict[str, str]) -> list[str]:
    """The files of which a person explains a difference that there is not."""
    return sorted(notes.keys() - {change.name for change in found})


def place(name: str, docs: Path) -> str | None:
    """The page that shows a file: it has the name of the file's folder.

    Args:
        name: The path of the file below ``snippets/``.
        docs: The pages of one language.

    Returns:
        E.g. ``docs/en/tensors/shape.md``; None if there is no such page.
    """
    page = docs / f"{name.rpartition('/')[0]}.md"
    return shown(page) if page.exists() else None


def _name(change: Change, record: Record, earlier: Record | None, docs: Path) -> str:
    """The file, its page, whether it is news, and what a person said of it."""
    facts = [f"  snippets/{change.name}"]
    if page := place(change.name, docs):
        facts.append(f"({page})")
    if change.new is False and earlier:
        facts.append(f"as on {earlier.torch}")
    if record.snippets[change.name].outcome not in (PASSED, SKIPPED):
        facts.append(f"[{NOTES[change.note]}]")
    return " ".join(facts)


def _what(change: Change, record: Record, earlier: Record | None) -> list[str]:
    """The error, and what was printed then and now."""
    lines = [f"    {change.error}"] if change.error else []
    before = earlier.torch if earlier and change.new else "expected"
    width = max(len(before), len(record.torch))
    for number, then, here in change.lines:
        lines += [
            f"    line {number}, {before:{width}}: {_text(then)}",
            f"    line {number}, {record.torch:{width}}: {_text(here)}",
        ]
    return lines


def _text(line: str | None) -> str:
    return "(no such line)" if line is None else line

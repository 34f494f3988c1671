"""A run in words, on the terminal, and what a release is against the one before."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from verify import ROOT
from verify.history import Change, Group, Judgement, is_explained
from verify.messages import Reworded
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
        self._live = bool(sys.stderr and sys.stderr.isatty())

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
    "upstream": "a breaking change in torch",
    "ours": "a mistake of ours",
    "drift": "harmless drift",
    None: "not judged yet",
}
MANY = 4  # Of so many changes with one cause, only the first is shown in full.


def release_report(judgement: Judgement, docs: Path = ROOT / "docs" / "en") -> str:
    """Tell the judgement on a release in words.

    Args:
        judgement: The judgement.
        docs: The folder of the pages that show the files.

    Returns:
        Lines for the terminal.
    """
    record, counts = judgement.record, judgement.counts
    where = f"torch {record.torch} on {record.device}"
    if record.fault:
        return f"{where}: {record.fault}: {record.error}"
    lines = [
        f"{where}: {counts[PASSED]} passed, {counts[FAILED]} failed, "
        f"{counts[CHANGED]} with another output, {counts[SKIPPED]} skipped"
    ]
    lines += [f"  import torch warns: {text}" for text in record.import_warnings]
    if judgement.unverified:
        lines.append(
            f"{len(judgement.unverified)} have not run since their last change"
        )
    lines += _differences(judgement, judgement.groups, docs)
    if library := judgement.library:
        lines.append(
            f"library: {library.passed} passed, {len(library.failed)} failed, "
            f"{library.skipped} skipped, {library.left_out} slow ones left out"
        )
    elif judgement.library_is_stale:
        lines.append("library: not tested since its last change")
    lines += _failed_tests_and_notes(judgement)
    if record.seconds:
        parts = ", ".join(f"{part} {s:.1f} s" for part, s in record.seconds.items())
        lines.append(f"time: {parts}")
    return "\n".join(lines)


def stale_report(
    judgement: Judgement,
    ran: Collection[str],
    is_library_tested: bool,
    docs: Path = ROOT / "docs" / "en",
) -> str:
    """Tell what a run of the stale files found, and what is still to be explained.

    Args:
        judgement: The judgement on the release.
        ran: The files that ran, by their paths below ``snippets/``.
        is_library_tested: Whether the library's tests ran.
        docs: The folder of the pages that show the files.

    Returns:
        One line about the release, then a few about each difference.
    """
    record, results = judgement.record, judgement.results
    where = f"torch {record.torch} on {record.device}"
    if record.fault:
        return f"{where}: {record.fault}: {record.error}"
    groups = []
    for group in judgement.groups:
        told = [
            change
            for change in group.changes
            if change.name in ran
            or (
                results[change.name].outcome in (FAILED, CHANGED)
                and not is_explained(results[change.name], change.note)
            )
        ]
        groups += [replace(group, changes=tuple(told))] if told else []
    counts = Counter(results[name].outcome for name in ran if name in results)
    outcomes = ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
    facts = [f"{len(ran)} ran: {outcomes}"] if ran else []
    facts += ["the library's tests ran"] if is_library_tested else []
    lines = [f"{where}: {'; '.join(facts) or 'nothing is stale'}"]
    lines += _differences(judgement, groups, docs)
    return "\n".join(lines + _failed_tests_and_notes(judgement))


def reworded_report(changes: Sequence[Reworded], before: str) -> str:
    """Tell which messages a release words differently. None of them is a failure.

    Args:
        changes: The messages.
        before: The release before.

    Returns:
        A line that counts them and a line for each; "" if there are none.
    """
    if not changes:
        return ""
    count = f"{len(changes)} message" + "s" * (len(changes) > 1)
    changed = "differ" if len(changes) > 1 else "differs"
    head = f"{count} {changed} from torch {before}, on the same block:"
    return "\n".join([head, *(f"  {change}" for change in changes)])


def _differences(
    judgement: Judgement, groups: Sequence[Group], docs: Path
) -> list[str]:
    """Groups of changes, by kind; one line if there are none."""
    lines, earlier = [], judgement.earlier
    against = f" (before: torch {earlier.torch})" if earlier else ""
    if judgement.is_on_another_machine:
        against += ", which ran on another machine"
    for kind, words in KINDS.items():
        alike = [group for group in groups if group.kind == kind]
        if alike:
            count = sum(len(group.changes) for group in alike)
            lines.append(f"{count} {words}{against}:")
        for group in alike:
            whole = group.changes if len(group.changes) < MANY else group.changes[:1]
            for change in whole:
                lines.append(_name(change, judgement, docs))
                lines += _what(change, judgement)
            if rest := group.changes[len(whole) :]:
                lines.append(f"    the same, but for numbers, in {len(rest)} more:")
                lines += [f"  {_name(change, judgement, docs)}" for change in rest]
    return lines or [f"nothing differs{against}"]


def _failed_tests_and_notes(judgement: Judgement) -> list[str]:
    """Tests of the library that failed, and notes that explain nothing."""
    failed = judgement.library.failed if judgement.library else {}
    return [f"  {test}: {error}" for test, error in failed.items()] + [
        f"  {name}: the note beside the record explains nothing; take it out"
        for name in judgement.stale_notes
    ]


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


def _name(change: Change, judgement: Judgement, docs: Path) -> str:
    """The file, its page, whether it is news, and what a person said about it."""
    facts = [f"  snippets/{change.name}"]
    if page := place(change.name, docs):
        facts.append(f"({page})")
    if change.new is False and judgement.earlier:
        facts.append(f"as on {judgement.earlier.torch}")
    if judgement.results[change.name].outcome not in (PASSED, SKIPPED):
        facts.append(f"[{NOTES[change.note]}]")
    return " ".join(facts)


def _what(change: Change, judgement: Judgement) -> list[str]:
    """The error, and the output before and now."""
    lines = [f"    {change.error}"] if change.error else []
    torch, earlier = judgement.record.torch, judgement.earlier
    before = earlier.torch if earlier and change.new else "expected"
    width = max(len(before), len(torch))
    for number, then, here in change.lines:
        lines += [
            f"    line {number}, {before:{width}}: {_text(then)}",
            f"    line {number}, {torch:{width}}: {_text(here)}",
        ]
    return lines


def _text(line: str | None) -> str:
    return "(no such line)" if line is None else line

"""Report on the terminal: the progress of a run, its result, the changes in a release.

`history` finds the changes and decides whether a release is fine.
"""

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
    """Show the progress of a run in one line that is overwritten.

    The line appears only if standard error is a terminal.

    Args:
        total: The number of files to run.
        faults: Whether to print the faults of each file after it has run.
    """

    def __init__(self, total: int, faults: bool = True) -> None:
        self._faults = faults
        self._total, self._done, self._start = total, 0, time.monotonic()
        self._live = bool(sys.stderr and sys.stderr.isatty())

    def show(self, verdict: Verdict) -> None:
        """Count a file, print its faults and update the line."""
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
        """Erase the line."""
        if self._live:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def summary(verdicts: list[Verdict], machine: Machine, seconds: float) -> str:
    """Summarize a run.

    Args:
        verdicts: The verdicts on the files.
        machine: The machine that they ran on.
        seconds: Wall time of the run.

    Returns:
        Several lines: one for each unmet need, one with the release and the device, and
        one with the number of files that passed, failed or were skipped.
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
MANY = 4  # From this many changes with one cause on, only the first is shown in full.


def release_report(judgement: Judgement, docs: Path = ROOT / "docs" / "en") -> str:
    """Report the judgement on a release.

    Args:
        judgement: The judgement.
        docs: The folder of the pages that show the files.

    Returns:
        The report, several lines.
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
    """Report on a run of the stale files of a release.

    Args:
        judgement: The judgement on the release.
        ran: The files that ran, as paths in ``snippets/``.
        is_library_tested: Whether the library's tests ran.
        docs: The folder of the pages that show the files.

    Returns:
        One line about the release, then a few lines about each difference in the files
        that ran, and about each failure elsewhere that no note explains.
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
    """Report which messages differ from the previous release. None is a failure.

    Args:
        changes: The messages that differ.
        before: The previous release.

    Returns:
        A line with the number of messages, then a line for each; "" if there are none.
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
    """Describe the groups of changes, by kind; in one line if there are none."""
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
    """List the library's failed tests, and the notes that explain nothing."""
    failed = judgement.library.failed if judgement.library else {}
    return [f"  {test}: {error}" for test, error in failed.items()] + [
        f"  {name}: the note beside the record explains nothing; take it out"
        for name in judgement.stale_notes
    ]


def place(name: str, docs: Path) -> str | None:
    """Find the page that shows a file, which is named after the file's folder.

    Args:
        name: The path of the file in ``snippets/``.
        docs: The folder of the pages in one language.

    Returns:
        The path of the page, e.g. ``docs/en/tensors/shape.md``; None if there is none.
    """
    page = docs / f"{name.rpartition('/')[0]}.md"
    return shown(page) if page.exists() else None


def _name(change: Change, judgement: Judgement, docs: Path) -> str:
    """Return a line with the file, its page, whether it is old, and its note."""
    facts = [f"  snippets/{change.name}"]
    if page := place(change.name, docs):
        facts.append(f"({page})")
    if change.new is False and judgement.earlier:
        facts.append(f"as on {judgement.earlier.torch}")
    if judgement.results[change.name].outcome not in (PASSED, SKIPPED):
        facts.append(f"[{NOTES[change.note]}]")
    return " ".join(facts)


def _what(change: Change, judgement: Judgement) -> list[str]:
    """Return the error, and the output before and now, one per line."""
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

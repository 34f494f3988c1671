"""A run in words, on the terminal."""

from __future__ import annotations

import sys
import time
from collections import Counter

from verify.runner import CHANGED, FAILED, PASSED, SKIPPED, Runner, Verdict
from verify.snippet import shown


class Progress:
    """How far a run is: one line that is written over, on a terminal only.

    Args:
        total: How many files are to run.
    """

    def __init__(self, total: int) -> None:
        self._total, self._done, self._start = total, 0, time.monotonic()
        self._live = sys.stderr.isatty()

    def show(self, verdict: Verdict) -> None:
        """Count a file; print its faults at once."""
        self._done += 1
        self.clear()
        for fault in verdict.faults:
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


def summary(verdicts: list[Verdict], runner: Runner, seconds: float) -> str:
    """The closing lines of a run.

    Args:
        verdicts: What came of the files.
        runner: Who ran them.
        seconds: How long it took.

    Returns:
        A line for each unmet need, one about release and device, one with the counts.
    """
    counts = Counter(verdict.outcome for verdict in verdicts)
    needs = Counter(verdict.need for verdict in verdicts if verdict.outcome == SKIPPED)
    lines = [f"{count} skipped: needs {need}" for need, count in sorted(needs.items())]
    lines.append(
        f"torch {runner.facts.torch}, Python {runner.facts.python}, "
        f"{runner.device} ({runner.device_name}), {seconds:.1f} s"
    )
    failed = counts[FAILED] + counts[CHANGED]
    lines.append(f"{counts[PASSED]} passed, {failed} failed, {counts[SKIPPED]} skipped")
    return "\n".join(lines)

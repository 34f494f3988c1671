"""A time limit that tells a hung process from one that waits for a processor."""

from __future__ import annotations

import contextlib
import os
import time

from verify.fork.processes import descendants

INTERVAL = 0.5  # seconds between two looks
CEILING = 10.0  # times the limit, however long the processes waited


class Patience:
    """Counts the seconds in which a process and all that it started could run.

    The time in which one of their threads was ready to run, but other programs used
    the processors, doesn't count. A kernel that doesn't report it counts every second.

    Args:
        limit: Seconds.

    Attributes:
        waited: Seconds that didn't count so far.
    """

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self.waited = 0.0
        self._start = self._last = time.monotonic()
        self._next = self._start + INTERVAL
        self._times: dict[int, tuple[int, int]] = {}
        self._processors = _processors()

    def is_over(self, root: int) -> bool:
        """Return whether the limit is reached. It looks now and then: call it often.

        Args:
            root: The process.
        """
        if time.monotonic() >= self._next:
            self._look(root)
        if self._limit_is_reached():
            # The time since the last look may have been a wait.
            self._look(root)
        return self._limit_is_reached()

    def _limit_is_reached(self) -> bool:
        passed = time.monotonic() - self._start
        return passed - self.waited > self._limit or passed > CEILING * self._limit

    def _look(self, root: int) -> None:
        """Find out how long the processes waited since the last look."""
        now = time.monotonic()
        times = _times(root)
        passed = now - self._last
        ran, longest = 0, 0
        for thread, (running, waiting) in times.items():
            # The root may be older than this object, the others aren't.
            first = (running, waiting) if thread == root else (0, 0)
            before = self._times.get(thread, first)
            ran += max(0, running - before[0])
            longest = max(longest, waiting - before[1])
        # If the processes themselves keep all processors busy, they wait for each
        # other, and that does count.
        others = passed - ran / 1e9 / self._processors
        self.waited += max(0.0, min(longest / 1e9, others))
        self._times, self._last = times, now
        # A look at thousands of threads isn't cheap.
        self._next = now + max(INTERVAL, 10 * (time.monotonic() - now))


def _processors() -> int:
    """Return how many processors this process may use."""
    with contextlib.suppress(AttributeError):  # Linux only
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _times(root: int) -> dict[int, tuple[int, int]]:
    """Return the nanoseconds that each thread of a process tree ran and waited."""
    found = {}
    for pid in (root, *descendants(root)):
        with contextlib.suppress(OSError):
            for thread in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{thread}/schedstat") as file:
                    running, waiting, _ = map(int, file.read().split())
                found[int(thread)] = running, waiting
    return found

"""Limit the time of a process, without counting the time it waits for a CPU.

On a busy machine, a plain time limit would kill processes that only had to wait.
"""

from __future__ import annotations

import contextlib
import os
import time

from verify.fork.processes import descendants

INTERVAL = 0.5  # seconds between two readings of the times
CEILING = 10.0  # the limit on wall time, as a multiple of the given limit


class Patience:
    """A time limit for a process and everything that it starts.

    Time doesn't count if one of their threads was ready to run but other programs used
    the CPUs. If the kernel doesn't report waiting times, all time counts.

    Args:
        limit: Seconds.

    Attributes:
        waited: Seconds so far that didn't count.
    """

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self.waited = 0.0
        self._start = self._last = time.monotonic()
        self._next = self._start + INTERVAL
        self._times: dict[int, tuple[int, int]] = {}
        self._processors = _processors()

    def is_over(self, root: int) -> bool:
        """Return whether the limit is exceeded.

        Call it often, because it has to read the times of all threads regularly. It
        does that at most every `INTERVAL` seconds, and when the limit seems exceeded.

        Args:
            root: Process ID of the process.
        """
        if time.monotonic() >= self._next:
            self._look(root)
        if self._limit_is_reached():
            # The process may have waited since the last reading.
            self._look(root)
        return self._limit_is_reached()

    def _limit_is_reached(self) -> bool:
        passed = time.monotonic() - self._start
        return passed - self.waited > self._limit or passed > CEILING * self._limit

    def _look(self, root: int) -> None:
        """Read the times and add what the processes waited since the last reading."""
        now = time.monotonic()
        times = _times(root)
        passed = now - self._last
        ran, longest = 0, 0
        for thread, (running, waiting) in times.items():
            # A new thread starts at zero, except for the root's main thread, which may
            # be older than this object.
            first = (running, waiting) if thread == root else (0, 0)
            before = self._times.get(thread, first)
            ran += max(0, running - before[0])
            longest = max(longest, waiting - before[1])
        # Processes that keep all CPUs busy wait for each other, which does count. So
        # subtract the CPU time that they used themselves.
        others = passed - ran / 1e9 / self._processors
        self.waited += max(0.0, min(longest / 1e9, others))
        self._times, self._last = times, now
        # Reading the times of thousands of threads takes a while.
        self._next = now + max(INTERVAL, 10 * (time.monotonic() - now))


def _processors() -> int:
    """Return how many CPUs this process may use."""
    with contextlib.suppress(AttributeError):  # Linux only
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _times(root: int) -> dict[int, tuple[int, int]]:
    """Return how long each thread of a process tree ran and waited for a CPU.

    Args:
        root: Process ID at the root of the tree.

    Returns:
        Both times in nanoseconds, by thread ID.
    """
    found = {}
    for pid in (root, *descendants(root)):
        with contextlib.suppress(OSError):
            for thread in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{thread}/schedstat") as file:
                    running, waiting, _ = map(int, file.read().split())
                found[int(thread)] = running, waiting
    return found

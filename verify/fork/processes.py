"""Read what Linux reports about other processes in ``/proc``.

A process may end at any time, so each result may be out of date when it's returned.
"""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

PROC = Path("/proc")


def stat(pid: int) -> list[str]:
    """Return the fields of ``/proc/PID/stat``, beginning with the state.

    Args:
        pid: The process.

    Returns:
        The fields; empty if the process has ended.

    Example:
        >>> stat(os.getpid())[0]
        'R'
    """
    try:
        # "pid (name) state parent …": the name may contain spaces and brackets.
        return (
            Path(PROC, str(pid), "stat").read_text("latin-1").rpartition(")")[2].split()
        )
    except OSError:
        return []


def is_stopped(pid: int) -> bool:
    """Return whether a process is stopped, by a signal or a debugger."""
    return stat(pid)[:1] in (["T"], ["t"])


def parent(pid: int) -> int | None:
    """Return the ID of a process's parent, None if the process has ended."""
    fields = stat(pid)
    return int(fields[1]) if fields else None


def children(pid: int) -> set[int]:
    """Return the IDs of the children of a process, including zombies."""
    found: set[int] = set()
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children") as file:
                found.update(map(int, file.read().split()))
    except OSError:
        if os.path.exists(f"/proc/{pid}/task/{pid}/children"):
            return found  # only one of the threads has ended meanwhile
        # The kernel doesn't have that file, or the process has ended.
        return {child for child in everyone() if parent(child) == pid}
    return found


def descendants(pid: int) -> set[int]:
    """Return the IDs of the children of a process, of their children, and so on."""
    found: set[int] = set()
    todo = [pid]
    while todo:
        new = children(todo.pop()) - found
        found |= new
        todo += new
    return found


def everyone() -> list[int]:
    """Return the IDs of all processes."""
    return [int(name) for name in os.listdir(PROC) if name.isdigit()]


def command(pid: int) -> list[str]:
    """Return the arguments of a process's command line; empty if it has ended."""
    try:
        words = Path(PROC, str(pid), "cmdline").read_bytes().rstrip(b"\0").split(b"\0")
    except OSError:
        return []
    return [word.decode("utf-8", "replace") for word in words]


def having(variable: str, value: str) -> set[int]:
    """Return the IDs of processes that were started with an environment variable.

    Args:
        variable: The name of the variable.
        value: The value of the variable.
    """
    found = set()
    entry = f"{variable}={value}".encode()
    for pid in everyone():
        with contextlib.suppress(OSError):
            if entry in Path(PROC, str(pid), "environ").read_bytes().split(b"\0"):
                found.add(pid)
    return found


def condition(pid: int) -> tuple:
    """Return the settings of a process that its forks inherit and others can change.

    Args:
        pid: The process.

    Returns:
        Resource limits, priority, scheduler, CPU affinity and out-of-memory score
        adjustment. Use it only for a comparison with another such tuple.

    Raises:
        OSError: If the process has ended.
    """
    import resource  # Windows doesn't have it, but does import this file

    kinds = [kind for kind in dir(resource) if kind.startswith("RLIMIT_")]
    return (
        [resource.prlimit(pid, getattr(resource, kind)) for kind in kinds],
        os.getpriority(os.PRIO_PROCESS, pid),
        os.sched_getscheduler(pid),
        os.sched_getaffinity(pid),
        Path(PROC, str(pid), "oom_score_adj").read_text(),
    )


def kill(pid: int, number: int | None = None) -> None:
    """Send a signal to a process; do nothing if it has ended or isn't ours.

    Args:
        pid: The process.
        number: The signal. None means SIGKILL, which Windows doesn't define.
    """
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGKILL if number is None else number)

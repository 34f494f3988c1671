"""What Linux reports about other processes. All of it may change while you read it."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

PROC = Path("/proc")
STOPPED = "Tt"  # by a signal, by a debugger


def stat(pid: int) -> list[str]:
    """Return the fields of ``/proc/PID/stat`` from the state on; none if it has ended.

    Args:
        pid: The process.

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
    """Whether a process was stopped and so can't do anything."""
    return stat(pid)[:1] in (["T"], ["t"])


def parent(pid: int) -> int | None:
    """Return the parent of a process; None if the process has ended."""
    fields = stat(pid)
    return int(fields[1]) if fields else None


def children(pid: int) -> set[int]:
    """Return the children of a process, zombies included."""
    found: set[int] = set()
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children") as file:
                found.update(map(int, file.read().split()))
    except OSError:
        if os.path.exists(f"/proc/{pid}/task/{pid}/children"):
            return found  # a thread that has just ended
        # A kernel without that file.
        return {child for child in everyone() if parent(child) == pid}
    return found


def descendants(pid: int) -> set[int]:
    """Return the children of a process, their children, and so on."""
    found: set[int] = set()
    todo = [pid]
    while todo:
        new = children(todo.pop()) - found
        found |= new
        todo += new
    return found


def everyone() -> list[int]:
    """Return all processes."""
    return [int(name) for name in os.listdir(PROC) if name.isdigit()]


def command(pid: int) -> list[str]:
    """Return the command line of a process, word by word; none if it has ended."""
    try:
        words = Path(PROC, str(pid), "cmdline").read_bytes().rstrip(b"\0").split(b"\0")
    except OSError:
        return []
    return [word.decode("utf-8", "replace") for word in words]


def having(variable: str, value: str) -> set[int]:
    """Return the processes that were started with an environment variable.

    Args:
        variable: The name of the variable.
        value: Its value.
    """
    found = set()
    entry = f"{variable}={value}".encode()
    for pid in everyone():
        with contextlib.suppress(OSError):
            if entry in Path(PROC, str(pid), "environ").read_bytes().split(b"\0"):
                found.add(pid)
    return found


def condition(pid: int) -> tuple:
    """Return what a process hands on to its forks and any process can change.

    Args:
        pid: The process.

    Returns:
        Its resource limits, priority, scheduler and processors, and how soon it is
        killed if memory runs out. Two conditions can be compared, nothing else.

    Raises:
        OSError: If it has ended.
    """
    import resource  # not on Windows, where there is nothing to fork

    kinds = [kind for kind in dir(resource) if kind.startswith("RLIMIT_")]
    return (
        [resource.prlimit(pid, getattr(resource, kind)) for kind in kinds],
        os.getpriority(os.PRIO_PROCESS, pid),
        os.sched_getscheduler(pid),
        os.sched_getaffinity(pid),
        Path(PROC, str(pid), "oom_score_adj").read_text(),
    )


def kill(pid: int, number: int | None = None) -> None:
    """Send a process a signal, SIGKILL by default, if it's still there."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGKILL if number is None else number)

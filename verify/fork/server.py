"""The warm server: an interpreter that has imported torch and forks for each file.

Three kinds of process, so that no script can harm another or the next:

- the keeper imports torch and waits; it forks the slots and forks a slot again that a
  script has killed; it ends with the client, whose end of its standard input closes;
- a slot serves one file at a time on a socket: it forks, collects, and kills what the
  file left running. It is the "subreaper": orphans come to it;
- the fork becomes the script (`verify.fork.child`).

A cold server is the same without torch; its forks start a real ``python FILE``.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import os
import select
import signal
import socket
import sys
import time
import weakref
from collections.abc import Callable

sys.path.insert(0, os.path.abspath(f"{__file__}/../../.."))

from verify.fork.child import become
from verify.fork.protocol import pack, receive
from verify.fork.stash import Stash

# Ours and this file's folder: torch must not find its imports there. The first place
# is that of the script's folder; here it is the client's empty one.
sys.path[:2] = [""]

POLL = 0.002  # seconds between two looks at what a script left running
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
MADV_COLLAPSE = 25
LARGE = 2 << 20  # bytes of a large page
# Looked up once: each fork would make it anew.
PRCTL = ctypes.CDLL(None).prctl
# What torch imports to print a tensor, in an optimizer's step, to save. Of 940 forks
# that the files take, 290 would import the first of them.
LAZY = (
    "torch._subclasses.schema_check_mode",
    "torch.profiler._cupti_monitor",
    "torch.utils.serialization",
)


def warm_up(ahead: list[str]) -> dict:
    """Import torch so that forks are cheap and independent.

    Args:
        ahead: Other modules that files import; those that are not there do not matter.

    Returns:
        The versions that the client wants to know.

    Raises:
        RuntimeError: Forks would not be safe.
    """
    gc.disable()  # what an import makes, it keeps
    # numpy's random state is imported late; unseen in the stash it would escape the
    # reseeding of the forks.
    with contextlib.suppress(ImportError):
        import numpy.random  # noqa: F401
    import torch

    stashes: list[Stash] = []
    for name in (*LAZY, *ahead):
        with contextlib.suppress(ImportError):
            stashes.append(Stash(name, tuple(stashes)))
    # The threads of OpenBLAS end before a fork and start when needed; others stay, and
    # what they had locked would stay locked in a fork.
    if not (pid := os.fork()):
        os._exit(0)
    os.waitpid(pid, 0)
    if len(os.listdir("/proc/self/task")) > 1:
        raise RuntimeError("an import started a thread: forks could hang")
    opened = (
        os.path.realpath(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd")
    )
    if any(path.startswith("/dev/nvidia") for path in opened):
        raise RuntimeError("an import initialised CUDA: forks could not use it")
    # What imports registered would run at the end of each fork: 30 ms, and it deletes
    # temporary folders that all forks share.
    for finalizer in list(vars(weakref.finalize)["_registry"]):
        finalizer.detach()
    # Frozen objects are not visited by a fork's collector, so their pages stay shared.
    gc.enable()
    gc.collect()
    gc.freeze()
    _collapse()
    return {"torch": torch.__version__}


def _collapse() -> None:
    """Move what is in memory into large pages, of which a fork has far fewer to list.

    On Linux 6.18 a fork and its end take half of the time, with a CUDA build a quarter.
    A kernel that refuses changes nothing.
    """
    madvise = ctypes.CDLL(None).madvise
    with open("/proc/self/maps") as file:
        maps = [line.split() for line in file]
    for line in maps:
        # Of no file, or the heap.
        if line[1] == "rw-p" and line[5:] in ([], ["[heap]"]):
            start, end = (int(address, 16) for address in line[0].split("-"))
            start, end = -(-start // LARGE) * LARGE, end // LARGE * LARGE
            if start < end:
                size = ctypes.c_size_t(end - start)
                madvise(ctypes.c_void_p(start), size, MADV_COLLAPSE)


def main(folder: str, slots: str, kind: str, *ahead: str) -> None:
    """Be the keeper until the client has gone; a fork returns as its script.

    Args:
        folder: Where the sockets are made: ``slot-0``, ``slot-1``, …
        slots: How many files may run at once.
        kind: ``"warm"`` or ``"cold"``.
        ahead: Modules to import ahead, besides torch.
    """
    cold = kind == "cold"
    # A fresh interpreter has not imported them. Not in each fork: a walk over modules
    # counts a reference to each name, and so copies the pages that they lie on.
    for name in [name for name in sys.modules if name.split(".")[0] == "verify"]:
        del sys.modules[name]
    _adopt_orphans()
    hello = {"python": sys.version.split()[0], **({} if cold else warm_up(list(ahead)))}
    listeners = []
    for number in range(int(slots)):
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(f"{folder}/slot-{number}")
        listener.listen()
        listeners.append(listener)
    keeper = os.getpid()
    running: dict[int, socket.socket] = {}
    print(json.dumps(hello), flush=True)
    while not select.select([0], [], [], 0.05 if running else 0)[0]:
        for listener in listeners:
            if listener not in running.values():
                pid = os.fork()
                if not pid:
                    os.setsid()  # apart from the keeper: a script may kill this group
                    _die_with_parent()
                    _adopt_orphans()
                    request, files = serve(listener)
                    become(request, files, sys.executable if cold else "")
                running[pid] = listener
        with contextlib.suppress(ChildProcessError):
            while pid := os.waitpid(-1, os.WNOHANG)[0]:
                if running.pop(pid, None):  # killed by its script: nothing may stay
                    _end(lambda: _children(keeper) - set(running))
    for pid in running:
        _kill_group(pid)
    _end(lambda: _children(keeper))


def serve(listener: socket.socket) -> tuple[dict, list[int]]:
    """Answer requests for ever; return only in a fork, with what it is to become."""
    jobs: dict[int, socket.socket] = {}
    sweep: Sweep | None = None
    # A child's end is a byte in this pipe.
    ended, end = os.pipe2(os.O_NONBLOCK)
    signal.set_wakeup_fd(end, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    while True:
        waiting: list[int | socket.socket] = [listener, ended, *jobs.values()]
        for connection in select.select(waiting, [], [], POLL if sweep else None)[0]:
            if isinstance(connection, int):
                os.read(connection, 4096)
                continue
            if connection is not listener:
                _pass_signal(connection, jobs)
                continue
            new = listener.accept()[0]
            request = receive(new)
            if request is None:
                new.close()
                continue
            message, files = request
            if "grace" in message:
                sweep = Sweep(new, message["grace"])
            elif pid := os.fork():
                jobs[pid] = new
            else:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                _die_with_parent()
                listener.close()
                return message, files
            for fd in files:
                os.close(fd)
        left = reap(jobs)
        if sweep and sweep.is_done(left):
            sweep = None


def _pass_signal(connection: socket.socket, jobs: dict[int, socket.socket]) -> None:
    """Give a signal on to a script; a client that has gone means SIGKILL."""
    number = (connection.recv(1) or bytes([signal.SIGKILL]))[0]
    pid = next(pid for pid, job in jobs.items() if job is connection)
    if number == signal.SIGKILL:
        _kill_group(pid)
    else:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def reap(jobs: dict[int, socket.socket]) -> bool:
    """Collect children that have ended and answer for them.

    Args:
        jobs: Running scripts and the connections that wait for them.

    Returns:
        Whether any child is left.
    """
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status, used = os.wait4(-1, os.WNOHANG)
            if not pid:
                return True
            with jobs.pop(pid, contextlib.nullcontext()) as connection:
                if connection:
                    answer = {
                        "code": os.waitstatus_to_exitcode(status),
                        "cpu_s": used.ru_utime + used.ru_stime,
                        "peak_kb": used.ru_maxrss,
                    }
                    with contextlib.suppress(OSError):
                        connection.sendall(pack(answer))
    return False


class Sweep:
    """The end of what a script left running; requests are answered meanwhile.

    A process that the script started may ask for its fork only after the script has
    ended: unanswered, it could not end by itself.

    Args:
        connection: Who waits for the command lines of the killed processes.
        grace: Seconds in which helper processes may end by themselves.
    """

    def __init__(self, connection: socket.socket, grace: float) -> None:
        self._connection = connection
        self._end = time.monotonic() + grace
        self._killed: dict[int, str] = {}

    def is_done(self, left: bool) -> bool:
        """Kill what is left once the time is over, or tell that nothing is left.

        Args:
            left: Whether any child is left.

        Returns:
            Whether it has told.
        """
        if not left:
            with self._connection, contextlib.suppress(OSError):
                self._connection.sendall(pack(list(self._killed.values())))
            return True
        if time.monotonic() >= self._end:
            for pid in _children(os.getpid()):
                with contextlib.suppress(OSError), open(f"/proc/{pid}/cmdline") as file:
                    command = file.read().replace("\0", " ").strip()
                    self._killed.setdefault(pid, command[:200] or str(pid))
                _kill(pid)
        return False


def _children(parent: int) -> set[int]:
    found = set()
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{pid}/stat") as file:
            # "pid (name) state parent …"; the name may hold blanks and brackets
            if int(file.read().rpartition(")")[2].split()[1]) == parent:
                found.add(int(pid))
    return found


def _end(left: Callable[[], set[int]]) -> None:
    """Kill and collect children until none is left: orphans of one come to us."""
    while pids := left():
        for pid in pids:
            _kill(pid)
        for pid in pids:
            os.waitpid(pid, 0)


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _kill_group(pid: int) -> None:
    """Kill a child and the group that it leads, if it leads one."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    _kill(pid)


def _die_with_parent() -> None:
    PRCTL(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _adopt_orphans() -> None:
    PRCTL(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


if __name__ == "__main__":
    main(*sys.argv[1:])

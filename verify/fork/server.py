"""The warm server: an interpreter that has imported torch and forks for each file.

Three kinds of process, so that no script can harm another or the next:

- the keeper imports torch and waits; it forks the slots, and forks a slot again that a
  script has killed; it ends with the client, which closes its standard input;
- a slot runs one file at a time (`verify.fork.slot`). Orphans become its children;
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
import socket
import sys
import weakref

sys.path.insert(0, os.path.abspath(f"{__file__}/../../.."))

from verify.fork.child import become
from verify.fork.protocol import leave
from verify.fork.slot import Slot, adopt_orphans, die_with_parent, kill_all, kill_group
from verify.fork.stash import Stash

# Instead of this file's folder and ours, where torch must not find its imports. The
# first place is for the script's folder; here it is the client's empty one.
sys.path[:2] = [""]

EXIT = os._exit  # a script may replace it
MADV_COLLAPSE = 25
LARGE = 2 << 20  # bytes of a large page
# What torch imports to print a tensor, in an optimizer's step, to save. Of 940 forks
# that the files take, 290 would import the first of them.
LAZY = (
    "torch._subclasses.schema_check_mode",
    "torch.profiler._cupti_monitor",
    "torch.utils.serialization",
)


class UnsafeError(RuntimeError):
    """Forks of this process could hang or fail."""


def warm_up(ahead: tuple[str, ...]) -> str:
    """Import torch so that forks are cheap and independent.

    Args:
        ahead: Other modules that files import. Missing ones don't matter.

    Returns:
        Torch's version.

    Raises:
        UnsafeError: If forks wouldn't be safe.
    """
    gc.disable()  # what an import makes, it keeps
    # numpy's random state is imported late; unseen in the stash it would escape the
    # reseeding of the forks.
    with contextlib.suppress(ImportError):
        import numpy.random  # noqa: F401
    import torch

    stashes: list[Stash] = []
    for name in ahead:
        with contextlib.suppress(ImportError):
            stashes.append(Stash(name, tuple(stashes)))
    # The threads of OpenBLAS end before a fork and start when needed; others stay, and
    # what they had locked would stay locked in a fork.
    if not (pid := os.fork()):
        EXIT(0)
    os.waitpid(pid, 0)
    if len(os.listdir("/proc/self/task")) > 1:
        raise UnsafeError("an import started a thread, so forks could hang")
    opened = (
        os.path.realpath(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd")
    )
    if any(path.startswith("/dev/nvidia") for path in opened):
        raise UnsafeError("an import initialized CUDA, so forks could not use it")
    # What imports registered would run at the end of each fork: 30 ms, and it deletes
    # temporary folders that all forks share.
    for finalizer in list(vars(weakref.finalize)["_registry"]):
        finalizer.detach()
    # Frozen objects are not visited by a fork's collector, so their pages stay shared.
    gc.enable()
    gc.collect()
    gc.freeze()
    _collapse()
    return torch.__version__


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


def main(kind: str, slots: str, *places: str) -> tuple[dict, list[int]] | None:
    """Be the keeper until the client has gone.

    Args:
        kind: ``"warm"``; ``"bare"``: torch but nothing else ahead; or ``"cold"``.
        slots: How many files may run at once.
        places: The path of each slot's socket, then modules to import ahead.

    Returns:
        Only in a fork: the request that the fork is for, and its open files.
    """
    paths, ahead = places[: int(slots)], (*LAZY, *places[int(slots) :])
    # What imports print must not get between the client and our first line.
    client = os.dup(1)
    os.dup2(2, 1)
    # A fresh interpreter has not imported them. Not in each fork: a walk over modules
    # counts a reference to each name, and so copies the pages that they are on.
    for name in [name for name in sys.modules if name.split(".")[0] == "verify"]:
        del sys.modules[name]
    adopt_orphans()
    versions = {"python": sys.version.split()[0]}
    try:
        if kind != "cold":
            versions["torch"] = warm_up(ahead if kind == "warm" else ())
    except UnsafeError as error:
        os.write(client, json.dumps({"unsafe": str(error)}).encode() + b"\n")
        return None
    sys.stdout.flush()  # or each fork would print it again
    listeners = []
    for path in paths:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        listener.listen()
        listeners.append(listener)
    keeper = os.getpid()
    running: dict[int, socket.socket] = {}
    while True:
        for listener in listeners:
            if listener not in running.values():
                if not (pid := os.fork()):
                    os.setsid()  # apart from the keeper: a script may kill this group
                    die_with_parent(keeper)
                    adopt_orphans()
                    for other in listeners:
                        if other is not listener:
                            other.close()
                    if client >= 0:
                        os.close(client)
                    return Slot(listener).serve()
                running[pid] = listener
        if client >= 0:
            hello = {"versions": versions, "slots": list(running)}
            os.write(client, json.dumps(hello).encode() + b"\n")
            os.close(client)
            client = -1
        if select.select([0], [], [], 0.05)[0]:
            break
        with contextlib.suppress(ChildProcessError):
            while pid := os.waitpid(-1, os.WNOHANG)[0]:
                if running.pop(pid, None):
                    # A script has killed it. Nothing of it may meet the next one.
                    kill_all(set(running))
    for pid in running:
        kill_group(pid)
    kill_all(set())
    return None


if __name__ == "__main__":
    # Whatever a script does to this process, it never returns to the keeper's work.
    try:
        if request := main(*sys.argv[1:]):
            script = become(*request)
            try:
                exec(script.code, script.names)
            except BaseException as error:
                script.error = error
            leave(script.end())
        EXIT(0)
    except BaseException:
        sys.__excepthook__(*sys.exc_info())
    finally:
        EXIT(1)

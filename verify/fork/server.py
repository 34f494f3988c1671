"""The warm server: an interpreter that has imported torch and forks for each file.

There are three kinds of process, so that a script can't harm other scripts:

- The keeper imports torch and forks the slots. If a script has killed a slot, the
  keeper forks a new one. The keeper ends when the client closes its standard input.
- A slot runs one file at a time (`verify.fork.slot`). It adopts processes whose parent
  has ended, so that it can end them.
- A fork of a slot becomes the script (`verify.fork.child`).

A cold server works in the same way but doesn't import torch, and its forks start a real
``python FILE``.
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

# Remove this file's folder and the repository, where torch must not find its imports.
# The first entry will be the script's folder. Here it's the working folder, which is
# empty.
sys.path[:2] = [""]

EXIT = os._exit  # not looked up later, because a script may replace it
MADV_COLLAPSE = 25  # from <linux/mman.h>
LARGE = 2 << 20  # bytes of a large page
# Modules that torch imports on first use: to print a tensor, in an optimizer step, to
# save. Without this, 290 of the files' 940 forks would each import the first one.
LAZY = (
    "torch._subclasses.schema_check_mode",
    "torch.profiler._cupti_monitor",
    "torch.utils.serialization",
)


class UnsafeError(RuntimeError):
    """Scripts in forks of this process could hang or fail."""


def warm_up(ahead: tuple[str, ...]) -> str:
    """Import torch and prepare this process for cheap, independent forks.

    Args:
        ahead: Other modules to import. One that can't be imported is skipped.

    Returns:
        The version of torch.

    Raises:
        UnsafeError: If an import started a thread or initialized CUDA.
    """
    gc.disable()  # imports create hardly any garbage, so collecting would waste time
    # Otherwise a module of `ahead` may be the first to import it. Then it would be
    # hidden in a stash, and `verify.fork.child` couldn't reseed it in each fork.
    with contextlib.suppress(ImportError):
        import numpy.random  # noqa: F401
    import torch

    stashes: list[Stash] = []
    for name in ahead:
        with contextlib.suppress(ImportError):
            stashes.append(Stash(name, tuple(stashes)))
    # OpenBLAS ends its threads before a fork and starts new ones when needed, so fork
    # once. A thread that is still there then isn't prepared for forks: a lock that it
    # holds would stay locked for ever in the fork.
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
    # Otherwise each fork would run at its end what imports have registered. That takes
    # 30 ms and deletes temporary folders that all forks share.
    for finalizer in list(vars(weakref.finalize)["_registry"]):
        finalizer.detach()
    # The garbage collector of a fork skips frozen objects, so their memory pages stay
    # shared.
    gc.enable()
    gc.collect()
    gc.freeze()
    _collapse()
    return torch.__version__


def _collapse() -> None:
    """Move the heap into large pages, so that a fork has far fewer pages to copy.

    A fork copies the page table, not the pages. On Linux 6.18 a fork and its end take
    half of the time, with a CUDA build of torch a quarter. If the kernel doesn't
    support this, nothing changes.
    """
    madvise = ctypes.CDLL(None).madvise
    with open("/proc/self/maps") as file:
        maps = [line.split() for line in file]
    for line in maps:
        # Writable memory that isn't mapped from a file.
        if line[1] == "rw-p" and line[5:] in ([], ["[heap]"]):
            start, end = (int(address, 16) for address in line[0].split("-"))
            start, end = -(-start // LARGE) * LARGE, end // LARGE * LARGE
            if start < end:
                size = ctypes.c_size_t(end - start)
                madvise(ctypes.c_void_p(start), size, MADV_COLLAPSE)


def main(kind: str, slots: str, *places: str) -> tuple[dict, list[int]] | None:
    """Run the keeper until the client has gone.

    Args:
        kind: ``"warm"`` imports torch and other modules ahead, ``"bare"`` only torch,
            ``"cold"`` nothing.
        slots: How many files may run at once.
        places: The path of each slot's socket, then the modules to import ahead.

    Returns:
        In a fork, the request that the fork has to fulfill, and the open files that
        came with it. In the keeper, None at its end.
    """
    paths, ahead = places[: int(slots)], (*LAZY, *places[int(slots) :])
    # The client reads the first line of standard output, so what imports print must go
    # elsewhere.
    client = os.dup(1)
    os.dup2(2, 1)
    # Hide our own modules, which a fresh interpreter hasn't imported. In each fork that
    # would cost more: going through all names changes their reference counts, so the
    # kernel would copy the memory pages that they are on.
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
    sys.stdout.flush()  # otherwise each fork would print the same text again
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
                    os.setsid()  # a script may kill its slot's group, not the keeper
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
                    # A script has killed its slot. Kill what it left running, which the
                    # keeper has adopted, before the next slot starts.
                    kill_all(set(running))
    for pid in running:
        kill_group(pid)
    kill_all(set())
    return None


if __name__ == "__main__":
    # A fork ends here, whatever the script does: it must never continue as a keeper.
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

"""Run a function on several ranks of this machine and name the one that failed.

One file to copy: torch 2.4 or newer. In notebooks and tests, where torchrun is no way.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import functools
import linecache
import math
import multiprocessing
import os
import pickle
import re
import shutil
import signal
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any, TypeVar

import torch
import torch.distributed as dist

T = TypeVar("T")
# The errors of a rank that another one has left alone: gloo, NCCL, torch's store.
VICTIM = re.compile(r"gloo|NCCL|Connection|Broken pipe|[Tt]imed? ?out")
LIBRARY = (os.path.dirname(os.__file__), *torch.__path__, __file__)
# Files in which a healthy rank waits for the others.
WAITING = ("torch/distributed", "torch/autograd/graph", __file__)
FAULT, BUSY, EFFECT, WAITS, RUNS, DONE = range(6)  # the first is to blame


class RankError(RuntimeError):
    """The rank that failed first, not one that it took along.

    Attributes: `rank`; `exitcode` of the process, negative for a signal, None if it
    still ran; `message`, the last line of its error, its stack or what it printed.

    Example:
        >>> print(RankError(1, -9, "was killed by SIGKILL", "epoch 3"))
        rank 1 was killed by SIGKILL; its last line: epoch 3
    """

    def __init__(self, rank: int, exitcode: int | None, how: str, message: str) -> None:
        super().__init__(rank, exitcode, how, message)
        self.rank, self.exitcode, self.how, self.message = rank, exitcode, how, message

    def __str__(self) -> str:
        return f"rank {self.rank} {self.how}; its last line: {self.message}"


def launch(
    fn: Callable[..., T],
    nprocs: int,
    *args: Any,
    timeout: float | None = None,
    start_method: str = "spawn",
) -> list[T]:
    """Run a function on some ranks of this machine, as torchrun does a script.

    The function makes the process group, by the library's `ddp.distributed` or torch's
    ``init_process_group``. Not built on torch's ``elastic_launch``, which takes a rank
    that exits for one that is done, leaves its signal handlers behind and knows no
    timeout. Not on Windows.

    Args:
        fn: Importable, or anything callable with ``start_method="fork"`` (notebooks).
        nprocs: Number of ranks; each has one thread unless OMP_NUM_THREADS is set.
        *args: Arguments of `fn`; tensors are copied.
        timeout: Seconds for the whole run; None is no limit.
        start_method: As in `multiprocessing.get_context`.

    Returns:
        What each rank returned, by rank.

    Raises:
        RankError: A rank raised, exited, was killed or was busy at the timeout. All
            ranks and what they started have been ended.
        ValueError: `nprocs` is less than 1.

    Example:
        >>> launch(os.getenv, 2, "RANK")
        ['0', '1']
    """
    if nprocs < 1:
        raise ValueError(f"nprocs must be 1 or more, got {nprocs}")
    end = time.monotonic() + (math.inf if timeout is None else timeout)
    store = dist.TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)
    context: Any = multiprocessing.get_context(start_method)
    work = (fn, args) if start_method == "fork" else pickle.dumps((fn, args))
    ranks: list[tuple[Any, Callable[..., Any]]] = []
    with tempfile.TemporaryDirectory() as folder:
        try:
            for rank in range(nprocs):
                printed = context.RawArray(ctypes.c_char, 4000)
                printed.value = b"(none: a script needs if __name__ == '__main__')"
                given = (Path(folder, f"{rank}"), printed, rank, nprocs, store.port)
                process = context.Process(target=_run, args=(work, *given))
                process.start()
                ranks.append((process, functools.partial(_look, process, *given[:3])))
            while True:
                alive = [p.sentinel for p, _ in ranks if p.exitcode is None]
                found = [look(asked=False) for _, look in ranks]
                blame, left = min(found)[0], end - time.monotonic()
                if blame == EFFECT or (left <= 0 and blame == RUNS):
                    for process, _ in ranks:  # each writes down its stack
                        with contextlib.suppress(OSError):  # it has ended
                            os.kill(process.pid, signal.SIGUSR2)
                    time.sleep(1.5)  # a cause may follow its effect
                    found = [look(asked=True) for _, look in ranks]
                blame, rank, error, cause = min(found)
                if blame < RUNS:
                    raise RankError(rank, *error) from RuntimeError(cause)
                if blame == DONE:
                    values = [Path(folder, f"{rank}.value") for rank in range(nprocs)]
                    return [pickle.loads(value.read_bytes()) for value in values]
                wait(alive, min(1, max(0, left)))
        finally:
            for process, _ in ranks:
                with contextlib.suppress(OSError):  # no such group
                    os.killpg(process.pid, signal.SIGKILL)
                process.kill()
                process.join()


def _look(process: Any, file: Path, printed: Any, rank: int, asked: bool) -> Any:
    """How much a rank is to blame, the rank, its error, and the traceback of that."""
    code, stack = process.exitcode, file.with_suffix(".stack")
    if code is None:
        how, blame = "does not answer", BUSY
        if not asked:
            return RUNS, rank, None, ""
        text = stack.read_text(errors="replace") if stack.exists() else ""
        if frames := re.findall(r'File "(.*)", line (\d+)', text):
            waits = any(part in frames[0][0] for part in WAITING)
            error = (None, "did not finish in time", _place(frames[::-1]))
            return WAITS if waits else BUSY, rank, error, text
    elif code >= 0 and file.exists():
        return pickle.loads(file.read_bytes())
    elif not code and file.with_suffix(".value").exists():
        return DONE, rank, None, ""
    else:
        how, blame = f"exited with code {code}", FAULT
        if code < 0:
            how = f"was killed by {signal.Signals(-code).name}"
    lines = printed.value.decode(errors="replace").strip().splitlines()
    return blame, rank, (code, how, (lines or ["(none)"])[-1]), ""


def _run(work: Any, file: Path, printed: Any, rank: int, world: int, port: int) -> None:
    """Be a rank."""
    os.setpgrp()  # what this rank starts can be ended with it
    os.environ |= {  # what torchrun sets
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "WORLD_SIZE": str(world),
        "LOCAL_WORLD_SIZE": str(world),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "TORCHELASTIC_USE_AGENT_STORE": "True",  # the store is that of `launch`
        "TORCHELASTIC_RESTART_COUNT": "0",
    }
    # Loaders start their workers as they do elsewhere, not as this rank was started.
    multiprocessing.set_start_method(None, force=True)
    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(1)
    asked = os.open(file.with_suffix(".stack"), os.O_CREAT | os.O_WRONLY)
    faulthandler.register(signal.SIGUSR2, asked, all_threads=False)

    def end_with(parent: Any) -> None:
        parent.join()
        shutil.rmtree(file.parent, ignore_errors=True)
        os.killpg(0, signal.SIGKILL)

    def keep(write: Callable[[str], int], text: str) -> int:
        printed.value = (printed.value + text.encode(errors="replace"))[-2000:]
        return write(text)

    parent = multiprocessing.parent_process()
    threading.Thread(target=end_with, args=(parent,), daemon=True).start()
    printed.value = b""
    for stream in (sys.stdout, sys.stderr):
        stream.write = functools.partial(keep, stream.write)  # type: ignore[method-assign]
    try:
        fn, args = pickle.loads(work) if isinstance(work, bytes) else work
        file.with_suffix(".value").write_bytes(pickle.dumps(fn(*args)))
    except BaseException as raised:
        how, code = "raised", 1
        if isinstance(raised, SystemExit):
            code = raised.code if type(raised.code) is int else int(bool(raised.code))
            how = f"exited with code {code}"
        text = " ".join(f"{type(raised).__name__}: {raised}".split())
        stack = traceback.extract_tb(raised.__traceback__)
        line = f"{text} ({_place([(f.filename, f.lineno) for f in stack])})"
        victim = isinstance(raised, RuntimeError) and VICTIM.search(text)
        blame = EFFECT if victim else FAULT
        report = (blame, rank, (code, how, line), traceback.format_exc())
        file.write_bytes(pickle.dumps(report))
        sys.exit(code)


def _place(frames: list[tuple[str, Any]]) -> str:
    """The innermost line outside of torch and the standard library."""
    own = [frame for frame in frames if not frame[0].startswith(LIBRARY)] or frames
    file, number = own[-1][0], int(own[-1][1])
    return f"{Path(file).name}:{number}: {linecache.getline(file, number).strip()}"

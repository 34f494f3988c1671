"""Run a function on several ranks on this machine, and find out which rank failed.

Copy this file into your project. It needs only torch 2.4 or newer. Use it in notebooks
and tests, where you can't use torchrun.
"""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import dis
import enum
import faulthandler
import functools
import gc
import inspect
import math
import multiprocessing
import operator
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
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import wait
from pathlib import Path
from traceback import FrameSummary
from typing import Any, SupportsIndex, TypeVar

import torch
import torch.distributed as dist

__all__ = ["RankError", "launch"]

T = TypeVar("T")
Work = bytes | functools.partial[Any]  # the call of `fn`, pickled except for a fork
# The exit code of a rank if the script that it imports calls `launch` again, because
# that call isn't under ``if __name__ == "__main__"``.
NO_GUARD = 78  # EX_CONFIG in sysexits.h

# --- the public API -------------------------------------------------------------------


class RankError(RuntimeError):
    """Raised by `launch` for the rank that failed first.

    If a rank fails, ranks that wait for it often fail too. This error describes the
    rank that caused the failure. Its ``__cause__`` has the traceback or the stack of
    that rank.

    Attributes:
        rank: Number of the rank.
        exitcode: Exit code of its process. It is negative if a signal killed the
            process, and None if the process was still running.
        how: What happened to it, such as "raised" or "was killed by SIGKILL".
        message: Last line of its error, or the line of code where it was, or the last
            line that it printed.

    Example:
        >>> print(RankError(1, -9, "was killed by SIGKILL", "epoch 3"))
        rank 1 was killed by SIGKILL; its last line: epoch 3
    """

    def __init__(self, rank: int, exitcode: int | None, how: str, message: str) -> None:
        super().__init__(rank, exitcode, how, message)
        self.rank = rank
        self.exitcode = exitcode
        self.how = how
        self.message = message

    def __str__(self) -> str:
        return f"rank {self.rank} {self.how}; its last line: {self.message}"


def launch(
    fn: Callable[..., T],
    nprocs: SupportsIndex,
    *args: Any,
    timeout: float | None = None,
    start_method: str = "spawn",
    **kwargs: Any,
) -> list[T]:
    """Run a function on several ranks on this machine, the way torchrun runs a script.

    Each rank is a process with the environment variables that torchrun sets. Create the
    process group in `fn`, with `ddp.distributed` from this library or with torch's
    ``init_process_group``. When `launch` returns or raises an error, all ranks have
    ended, and so have the processes that they started.

    `launch` doesn't use torch's ``elastic_launch``, which counts a rank that exits
    early as successful, doesn't restore signal handlers and has no timeout. `launch`
    doesn't work on Windows.

    Args:
        fn: Function that each rank calls. With the start methods "spawn" and
            "forkserver", ranks must be able to import it from a file. In a notebook,
            use ``start_method="fork"``, and don't use the GPU before the call.
        nprocs: Number of ranks, 1 or more. Each rank uses one thread, unless you set
            OMP_NUM_THREADS.
        *args: Positional arguments of `fn`. Tensors are copied.
        timeout: Maximum time in seconds for the whole run, or None for no limit.
        start_method: "spawn", "fork" or "forkserver", as in `multiprocessing`.
        **kwargs: Keyword arguments of `fn`. If `fn` has an argument that is called
            ``timeout`` or ``start_method``, pass it with `functools.partial`.

    Returns:
        List of what `fn` returned on each rank, in rank order.

    Raises:
        RankError: If a rank raised an error, exited, was killed or didn't finish in
            time.
        TypeError: If `nprocs` is not an integer, or `fn` or an argument can't be sent
            to another process.
        ValueError: If `nprocs` is less than 1, if `timeout` is not more than 0, or if
            ranks can't import `fn`, because it is defined in a notebook.
        RuntimeError: If `start_method` is "fork" and this process already uses CUDA.

    Example:
        >>> launch(os.getenv, 2, "RANK")
        ['0', '1']
        >>> launch(int, 1, "ff", base=16)
        [255]
    """
    # This process is a rank that is still importing the script. multiprocessing refuses
    # this too, but with a message of 15 lines.
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        sys.exit(NO_GUARD)
    if isinstance(nprocs, bool) or not hasattr(nprocs, "__index__"):
        raise TypeError(f"nprocs must be an integer, got {nprocs!r}")
    world = operator.index(nprocs)
    if world < 1:
        raise ValueError(f"nprocs must be 1 or more, got {world}")
    if timeout is not None and not timeout > 0:
        raise ValueError(f"timeout must be more than 0 seconds, got {timeout}")
    work = _pack(functools.partial(fn, *args, **kwargs), start_method)
    end = time.monotonic() + (math.inf if timeout is None else timeout)
    store = dist.TCPStore(  # type: ignore[attr-defined]
        "127.0.0.1", 0, is_master=True, wait_for_workers=False
    )
    context: Any = multiprocessing.get_context(start_method)
    ranks: list[_Rank] = []
    with tempfile.TemporaryDirectory() as folder:
        try:
            for number in range(world):
                printed = context.RawArray(ctypes.c_char, 4000)
                outbox = _Outbox(Path(folder), number, printed)
                given = (work, outbox, world, store.port, gc.isenabled())
                ranks.append(_Rank(context.Process(target=_run, args=given), outbox))
                with _no_collection():
                    ranks[-1].process.start()
            _wait_until_done(ranks, end)
            return [rank.result() for rank in ranks]
        finally:
            for rank in ranks:
                rank.end()


def _pack(call: functools.partial[Any], start_method: str) -> Work:
    """Return the call in a form that can be sent to ranks, or raise an error."""
    if start_method == "fork":
        if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
            raise RuntimeError(
                "CUDA is in use, and ranks that are forked cannot share it: restart "
                "Python and call launch() before you use the GPU, or use "
                'start_method="spawn"'
            )
        return call
    if not _is_in_a_file(call):
        raise ValueError(
            "ranks cannot import a function that is defined in a notebook or a shell: "
            'use start_method="fork", or put the function into a file and import it'
        )
    try:
        return pickle.dumps(call)
    except Exception as error:
        raise TypeError(
            f"fn or an argument cannot be sent to a rank: {error}: define it at the "
            'top level of a file, or use start_method="fork"'
        ) from error


def _is_in_a_file(fn: Callable[..., Any]) -> bool:
    """Return whether a new process can import a function."""
    while isinstance(fn, functools.partial):
        fn = fn.func
    named: Any = fn if hasattr(fn, "__qualname__") else type(fn)
    try:
        return named.__module__ != "__main__" or os.path.exists(inspect.getfile(named))
    except (OSError, TypeError):  # a class that is defined in a notebook
        return False


# --- how a rank reports to `launch` ---------------------------------------------------


class _Kind(enum.Enum):
    """The state of a rank. If a run fails, blame the rank whose state comes first."""

    FAILED = "it raised an error, exited or was killed"
    RUNS = "it is running, and has not been asked for its stack"
    BUSY = "it is computing, or it hangs"
    MAY_WAIT = "it computes gradients or uses the GPU, and may wait for other ranks"
    DONE = "it has returned"
    LOST = "it lost the connection to another rank, or its wait for one timed out"
    WAITS = "it waits for other ranks in a collective"


@dataclasses.dataclass(frozen=True)
class _Report:
    """The state of a rank, and the attributes of `RankError` that describe it."""

    kind: _Kind
    rank: int
    exitcode: int | None = None
    how: str = ""
    message: str = ""
    details: str = ""  # traceback or stack
    when: float = math.inf  # monotonic time, which all processes share
    has_own_error: bool = False  # if LOST: it also raised an error of another kind
    timed_out: bool = False  # if LOST: its wait timed out, so no rank need have ended


class _Outbox:
    """The files and the shared memory in which a rank leaves its results for `launch`.

    Each file is renamed when it is complete, so a file that exists is complete.
    """

    def __init__(self, folder: Path, rank: int, printed: Any) -> None:
        self.folder = folder
        self.rank = rank
        # The end of what the rank printed. Shared memory remains if the rank is killed.
        self.printed = printed
        self.result = folder / f"{rank}.result"  # the pickled return value
        self.report = folder / f"{rank}.report"  # the pickled report of an error
        self.stack = folder / f"{rank}.stack"  # its stack, written on SIGUSR2

    def write(self, path: Path, data: bytes) -> None:
        """Write a file, so that it only exists when it is complete."""
        part = path.with_suffix(".part")
        part.write_bytes(data)
        part.rename(path)

    def listen(self) -> None:
        """Make this process write its stack on SIGUSR2 and when it crashes."""
        part = self.stack.with_suffix(".part")
        file = os.open(part, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
        faulthandler.register(signal.SIGUSR2, file, all_threads=False)
        faulthandler.enable(file)
        part.rename(self.stack)

    def keep_what_is_printed(self) -> None:
        """Make this process copy the end of what it prints to shared memory."""

        def write(original: Callable[[str], int], text: str) -> int:
            kept = self.printed.value + text.encode(errors="replace")
            self.printed.value = kept[-2000:]
            return original(text)

        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.write = functools.partial(write, stream.write)  # type: ignore[method-assign]

    def last_line(self) -> str:
        """Return the last line that the rank printed."""
        lines = self.printed.value.decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else "(none)"

    def frames(self) -> list[FrameSummary]:
        """Return the last stack that the rank wrote, innermost frame first."""
        text = self.stack.read_text(errors="replace") if self.stack.exists() else ""
        # After a crash, the file has the stacks of all threads. The thread that crashed
        # is called the current one. If it isn't a Python thread, there is no current
        # one, and the main thread is last.
        stack = r".*most recent call first.*\n((?:  .*\n)*)"
        current = re.findall("^(?:Current thread|Stack)" + stack, text, re.MULTILINE)
        found = current or re.findall(stack, text) or [""]
        lines = re.findall(r'File "(.*)", line (\d+) in (.*)', found[-1])
        return [FrameSummary(file, int(line), name) for file, line, name in lines]


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    """Turn the garbage collector off, so that a forked rank doesn't free any object.

    A fork has copies of all objects of the launching process. If it freed one of them,
    it could crash. For example, the threads of a process group don't exist in the fork.
    The rank calls ``gc.freeze()`` and then turns the collector on again.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


# --- in a rank ------------------------------------------------------------------------


def _run(work: Work, outbox: _Outbox, world: int, port: int, collects: bool) -> None:
    """Run in each rank: call the function, and leave its result or a report."""
    os.setpgrp()  # so that `launch` can kill this rank and all processes it starts
    gc.freeze()  # see _no_collection
    if collects:
        gc.enable()
    os.environ |= {  # as torchrun sets them
        "RANK": str(outbox.rank),
        "LOCAL_RANK": str(outbox.rank),
        "WORLD_SIZE": str(world),
        "LOCAL_WORLD_SIZE": str(world),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "TORCHELASTIC_USE_AGENT_STORE": "True",  # `launch` has created the store
        "TORCHELASTIC_RESTART_COUNT": "0",
    }
    # A DataLoader starts its workers with Python's default, however this rank started.
    multiprocessing.set_start_method(None, force=True)
    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(1)
    outbox.listen()
    outbox.keep_what_is_printed()
    parent = multiprocessing.parent_process()
    threading.Thread(
        target=_end_with, args=(parent, outbox.folder), daemon=True
    ).start()
    try:
        call = pickle.loads(work) if isinstance(work, bytes) else work
        value = call()
        try:
            result = pickle.dumps(value)
        except Exception as error:
            kind = type(value).__name__
            text = f"the {kind} that fn returned cannot be sent: {error}"
            raise TypeError(text) from None
        outbox.write(outbox.result, result)
    except BaseException as raised:
        report = _report_of(raised, outbox.rank)
        outbox.write(outbox.report, pickle.dumps(report))
        sys.exit(report.exitcode)


def _end_with(parent: Any, folder: Path) -> None:
    """Kill this rank and all it started, once the launching process has ended."""
    parent.join()
    shutil.rmtree(folder, ignore_errors=True)
    os.killpg(0, signal.SIGKILL)


def _report_of(raised: BaseException, rank: int) -> _Report:
    """Return the report of a rank whose function raised an error."""
    when = time.monotonic()
    errors = list(_as_printed(raised))
    lost = [error for error in errors if _lost_another_rank(error)]
    # If a collective fails after an iterator has ended, a StopIteration can be the
    # context of its error, although it isn't an error itself.
    own = [e for e in errors if e not in lost and not isinstance(e, StopIteration)]
    how, code = "raised", 1
    if isinstance(raised, SystemExit):
        code = raised.code if type(raised.code) is int else int(bool(raised.code))
        how = f"exited with code {code}"
    shown = own[0] if own else raised
    place = _place(traceback.extract_tb(shown.__traceback__)[::-1])
    return _Report(
        kind=_Kind.LOST if lost else _Kind.FAILED,
        rank=rank,
        exitcode=code,
        how=how,
        message=_text(shown) + (f" ({place})" if place else ""),
        details="".join(traceback.format_exception(raised)),
        when=when,
        has_own_error=bool(own),
        timed_out=bool(lost and TIMED_OUT.search(_text(lost[0]))),
    )


def _as_printed(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and the errors that led to it, as a traceback shows them."""
    seen = set[int]()
    while error is not None and id(error) not in seen:
        yield error
        seen.add(id(error))
        context = None if error.__suppress_context__ else error.__context__
        error = error.__cause__ or context


def _text(error: BaseException) -> str:
    """Return the type and message of an error, on one line."""
    try:
        text = str(error)
    except Exception:
        text = "(its message can't be shown)"
    return " ".join(f"{type(error).__name__}: {text}".split())


# --- what errors and stacks say about a rank ------------------------------------------

# In the errors of gloo, NCCL and torch's store if another rank has ended or is missing.
LOST = re.compile(
    r"/gloo/|NCCL|connection|broken pipe|timed? ?out|failed to recv|monitoredBarrier",
    re.IGNORECASE,
)
TIMED_OUT = re.compile(r"timed? ?out|monitoredBarrier", re.IGNORECASE)
TORCH = os.path.dirname(torch.__file__)
COLLECTIVES = (f"{TORCH}/distributed/", f"{TORCH}/nn/parallel/distributed.py")
BACKWARD = f"{TORCH}/autograd/graph.py"  # where DDP's hooks wait for other ranks
OPERATORS = f"{TORCH}/_ops.py"  # in the stack between a collective and its operator
LIBRARY = (os.path.dirname(os.__file__), TORCH, __file__, "<frozen")


def _place(frames: Sequence[FrameSummary]) -> str:
    """Return the innermost line of code outside torch and the standard library."""
    for frame in frames:
        if not frame.filename.startswith(LIBRARY):
            return f"{Path(frame.filename).name}:{frame.lineno}: {frame.line}"
    return ""


def _lost_another_rank(error: BaseException) -> bool:
    """Return whether a collective raised an error because of another rank."""
    last = error.__traceback__
    while last and last.tb_next:
        last = last.tb_next
    if not last or not isinstance(error, RuntimeError) or not LOST.search(_text(error)):
        return False
    # Other errors can have such a message, for example if a DataLoader times out or a
    # server refuses a connection. These are raised in Python, so the instruction of the
    # innermost frame is a raise. Work.wait(), the store and backward() are C++ code, so
    # that instruction is a call.
    code = last.tb_frame.f_code
    is_raised_by_python = "RAISE" in dis.opname[code.co_code[last.tb_lasti]]
    return code.co_filename.startswith(COLLECTIVES) or not is_raised_by_python


def _activity(frames: Sequence[FrameSummary]) -> _Kind:
    """Return what a rank with this stack is doing. The innermost frame is first."""
    frame = next(frame for frame in frames if frame.filename != OPERATORS)
    if frame.filename.startswith(COLLECTIVES):
        return _Kind.WAITS
    line = frame.line or ""
    if ".wait(" in line:  # Work.wait(). Other waits have an innermost frame elsewhere.
        return _Kind.WAITS
    # These wait until the GPU has run all collectives before them.
    waits_for_gpu = re.search(r"\.(item|cpu|tolist|synchronize)\(", line)
    is_backward = frame.filename == BACKWARD
    return _Kind.MAY_WAIT if is_backward or waits_for_gpu else _Kind.BUSY


# --- in the launching process ---------------------------------------------------------


class _Rank:
    """A rank, seen from the launching process."""

    def __init__(self, process: Any, outbox: _Outbox) -> None:
        self.process = process
        self.outbox = outbox
        self.asked = False  # for its stack
        self.ended = math.inf  # when `launch` noticed that it has ended

    def ask(self) -> None:
        """Ask the rank to write its stack. It can, even if it is blocked in C code."""
        listens = self.outbox.stack.exists() and not self.outbox.report.exists()
        if listens and self.process.exitcode is None:
            self.asked = True
            with contextlib.suppress(OSError):  # if it has just ended
                os.kill(self.process.pid, signal.SIGUSR2)

    def has_answered(self) -> bool:
        """Return whether the rank has written its stack, or never will."""
        ended = self.process.exitcode is not None
        return not self.asked or ended or bool(self.outbox.frames())

    def look(self) -> _Report:
        """Return the current state of the rank."""
        # Read the exit code before the files: if the rank has ended, they are complete.
        exitcode = self.process.exitcode
        if self.outbox.report.exists():
            report: _Report = pickle.loads(self.outbox.report.read_bytes())
            return report
        frames = self.outbox.frames()
        if exitcode == 0 and self.asked and frames:
            # It was running until the signal interrupted a sleep in C code.
            exitcode = None
        if exitcode is not None:
            self.ended = min(self.ended, time.monotonic())
        kind, how = self._state(exitcode, frames)
        return _Report(
            kind=kind,
            rank=self.outbox.rank,
            exitcode=exitcode,
            how=how,
            message=self._message(exitcode, frames),
            details="".join(traceback.format_list(frames[::-1])),
            when=self.ended,
            timed_out=kind is _Kind.LOST,
        )

    def _state(
        self, exitcode: int | None, frames: list[FrameSummary]
    ) -> tuple[_Kind, str]:
        """Return the state of a rank that left no report, and a description of it."""
        late = "did not finish in time"
        if exitcode is None:
            if self.asked and not frames:
                return _Kind.BUSY, "does not answer"
            return _activity(frames) if frames else _Kind.RUNS, late
        # While Python shuts down, SIGUSR2 kills the rank instead of writing its stack.
        own_signal = self.asked and exitcode == -signal.SIGUSR2
        if self.outbox.result.exists() and (exitcode == 0 or own_signal):
            return _Kind.DONE, "returned while others waited for it"
        if own_signal:
            return _Kind.RUNS, late
        how = f"exited with code {exitcode}"
        if exitcode < 0:
            how = f"was killed by {signal.Signals(-exitcode).name}"
        if not self.outbox.stack.exists():
            how += " while it started"
        # NCCL aborts a process that has waited too long for other ranks.
        aborted = exitcode == -signal.SIGABRT and frames
        if aborted and _activity(frames) is not _Kind.BUSY:
            return _Kind.LOST, how
        return _Kind.FAILED, how

    def _message(self, exitcode: int | None, frames: list[FrameSummary]) -> str:
        """Return where the rank was, or what it printed last."""
        if self.outbox.stack.exists():
            return _place(frames) or self.outbox.last_line()
        if exitcode is None:
            return "(none: it was still starting, which includes all imports)"
        if exitcode == NO_GUARD:
            return "(none: call launch() under if __name__ == '__main__')"
        return "(none: its error is printed above)"

    def result(self) -> Any:
        """Return what the function returned on this rank."""
        try:
            return pickle.loads(self.outbox.result.read_bytes())
        except Exception as error:
            how = "returned a value that this process cannot unpickle"
            raise RankError(self.outbox.rank, 0, how, _text(error)) from error

    def end(self) -> None:
        """Kill the process of the rank and all processes that it started."""
        if self.process.pid is None:  # it hasn't been started
            return
        with contextlib.suppress(OSError):  # if there is no such process group
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.kill()
        self.process.join()


def _wait_until_done(ranks: list[_Rank], end: float) -> None:
    """Wait until all ranks have returned, or raise a RankError.

    `end` is the monotonic time at which the ranks must have returned.
    """
    while True:
        # List the running ranks before looking at them. If a rank ends meanwhile, the
        # wait below then returns at once.
        running = [r.process.sentinel for r in ranks if r.process.exitcode is None]
        kinds = {rank.look().kind for rank in ranks}
        left = end - time.monotonic()
        if kinds == {_Kind.DONE}:
            return
        if left <= 0 or kinds & {_Kind.FAILED, _Kind.LOST}:
            break
        wait(running, min(1, left))
    found = _culprit(_all_evidence(ranks))
    error = RankError(found.rank, found.exitcode, found.how, found.message)
    raise error from (RuntimeError(found.details) if found.details else None)


def _all_evidence(ranks: list[_Rank]) -> list[_Report]:
    """Return the state of each rank, after waiting for the cause of a failure."""

    def some(kind: _Kind) -> bool:
        return any(rank.look().kind is kind for rank in ranks)

    def wait_for(condition: Callable[[], bool], seconds: float) -> None:
        end = time.monotonic() + seconds
        while not condition() and time.monotonic() < end:
            time.sleep(0.02)

    if first_loss := _first_loss([rank.look() for rank in ranks]):
        # If a connection was closed although no rank has returned, then a rank is
        # failing. It may need time to clean up before it reports.
        must_fail = not first_loss.timed_out and not some(_Kind.DONE)
        wait_for(lambda: some(_Kind.FAILED), 10 if must_fail else 2)
    if some(_Kind.FAILED):
        time.sleep(0.2)  # another rank may have failed earlier but report later
    else:
        for rank in ranks:
            rank.ask()
        wait_for(lambda: all(rank.has_answered() for rank in ranks), 3)
    return [rank.look() for rank in ranks]


def _first_loss(reports: list[_Report]) -> _Report | None:
    """Return the report of the rank that was the first to lose another one, if any."""
    lost = [report for report in reports if report.kind is _Kind.LOST]
    return min(lost, key=lambda report: report.when, default=None)


def _culprit(reports: list[_Report]) -> _Report:
    """Return the report of the rank to blame."""
    order = [*_Kind]
    first_loss = _first_loss(reports)
    if first_loss and not first_loss.timed_out:
        # A connection was closed, so blame a rank that has returned before one that is
        # still running.
        order.remove(_Kind.DONE)
        order.insert(order.index(_Kind.FAILED) + 1, _Kind.DONE)
    return min(
        reports, key=lambda r: (order.index(r.kind), not r.has_own_error, r.when)
    )

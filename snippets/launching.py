"""Run a function on several ranks of this machine and name the one that failed.

One file to copy. It needs torch 2.4 or newer. It is for notebooks and tests, where
torchrun cannot be used.
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
Work = bytes | functools.partial[Any]  # of a call of `fn` with its arguments
# Of a process that imports a script in which `launch` is not guarded.
NO_GUARD = 78  # EX_CONFIG of sysexits.h

# --- what `launch` offers -------------------------------------------------------------


class RankError(RuntimeError):
    """The rank that failed first, not one that only waited for it.

    Its ``__cause__`` has the traceback or the stack of that rank.

    Attributes:
        rank: Number of the rank.
        exitcode: Exit code of its process, negative for a signal, None if it still ran.
        how: What it did, such as "raised" or "was killed by SIGKILL".
        message: Last line of its error, where it was, or what it printed last.

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
    """Run a function on some ranks of this machine, as torchrun runs a script.

    The function creates the process group, with the library's `ddp.distributed` or
    torch's ``init_process_group``. This is not built on torch's ``elastic_launch``,
    which believes that a rank that exits is done, leaves its signal handlers behind and
    has no timeout. It does not work on Windows.

    Args:
        fn: Function that each rank calls. With the start methods "spawn" and
            "forkserver" it must be importable from a file. In a notebook, use
            ``start_method="fork"``, and do not use the GPU before.
        nprocs: Number of ranks, 1 or more. Each has one thread unless OMP_NUM_THREADS
            is set.
        *args: Arguments of `fn`. Tensors are copied.
        timeout: Seconds for the whole run, or None for no limit.
        start_method: "spawn", "fork" or "forkserver", as in `multiprocessing`.
        **kwargs: Keyword arguments of `fn`. Use `functools.partial` for arguments of
            `fn` that are called ``timeout`` or ``start_method``.

    Returns:
        What each rank returned, by rank.

    Raises:
        RankError: If a rank raised, exited, was killed, or did not finish in time. All
            ranks and what they started have been ended.
        TypeError: If `nprocs` is not an integer, or if `fn` or an argument cannot be
            sent to a process.
        ValueError: If `nprocs` is less than 1, if `timeout` is not more than 0, or if
            ranks cannot import `fn` from a notebook.
        RuntimeError: If CUDA is in use, which ranks that are forked cannot share.

    Example:
        >>> launch(os.getenv, 2, "RANK")
        ['0', '1']
        >>> launch(int, 1, "ff", base=16)
        [255]
    """
    # multiprocessing refuses this too, but takes 15 lines to say why.
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
    """Return a call as ranks accept it, or raise an error that says why they can't."""
    if start_method == "fork":
        if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
            raise RuntimeError(
                "CUDA is in use, and ranks that are forked cannot share it: restart, "
                'and call launch() before you use the GPU, or use start_method="spawn"'
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
    """Whether a new process can import a function."""
    while isinstance(fn, functools.partial):
        fn = fn.func
    named: Any = fn if hasattr(fn, "__qualname__") else type(fn)
    try:
        return named.__module__ != "__main__" or os.path.exists(inspect.getfile(named))
    except (OSError, TypeError):  # a class of a notebook
        return False


# --- what a rank leaves for `launch` --------------------------------------------------


class _Kind(enum.Enum):
    """What became of a rank, the first to blame first."""

    FAILED = "it raised, exited or was killed"
    RUNS = "nobody has asked what it does"
    BUSY = "it computes, or hangs"
    MAY_WAIT = "it computes gradients or waits for the GPU, or for others there"
    DONE = "it has returned"
    LOST = "another rank closed the connection, or it gave up waiting for one"
    WAITS = "it waits for others in a collective"


@dataclasses.dataclass(frozen=True)
class _Report:
    """What became of a rank, in the words of `RankError`."""

    kind: _Kind
    rank: int
    exitcode: int | None = None
    how: str = ""
    message: str = ""
    details: str = ""  # traceback or stack
    when: float = math.inf  # by the clock that all processes share
    has_own_error: bool = False  # in addition to LOST
    timed_out: bool = False  # if LOST: it gave up, and nobody has to have left


class _Outbox:
    """Where a rank leaves what `launch` reads: files, and the end of what it printed.

    A file appears only when it is complete.
    """

    def __init__(self, folder: Path, rank: int, printed: Any) -> None:
        self.folder = folder
        self.rank = rank
        self.printed = printed  # shared memory, which outlives a rank that is killed
        self.result = folder / f"{rank}.result"  # what the function returned
        self.report = folder / f"{rank}.report"  # if it did not return
        self.stack = folder / f"{rank}.stack"  # where it is, written on SIGUSR2

    def write(self, path: Path, data: bytes) -> None:
        part = path.with_suffix(".part")
        part.write_bytes(data)
        part.rename(path)

    def listen(self) -> None:
        """Let this process write its stack on SIGUSR2, and when it crashes."""
        part = self.stack.with_suffix(".part")
        file = os.open(part, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
        faulthandler.register(signal.SIGUSR2, file, all_threads=False)
        faulthandler.enable(file)
        part.rename(self.stack)

    def keep_what_is_printed(self) -> None:
        """Let this process copy the end of what it prints."""

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
        """Return the stack that the rank wrote last, its innermost frame first."""
        text = self.stack.read_text(errors="replace") if self.stack.exists() else ""
        # After a crash there are all threads: the one that crashed is called current.
        # If it was not a Python thread, the main thread is the last one.
        stack = r".*most recent call first.*\n((?:  .*\n)*)"
        current = re.findall("^(?:Current thread|Stack)" + stack, text, re.MULTILINE)
        found = current or re.findall(stack, text) or [""]
        lines = re.findall(r'File "(.*)", line (\d+) in (.*)', found[-1])
        return [FrameSummary(file, int(line), name) for file, line, name in lines]


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    """Start a rank in which the collector is off until it has frozen all objects.

    A fork has a copy of every object. To free one in a cycle may end it, for example a
    process group, whose threads exist only in the process that was forked.
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
    """Be a rank: call the function, and leave its result or a report."""
    os.setpgrp()  # what this rank starts can be ended with it
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
        "TORCHELASTIC_USE_AGENT_STORE": "True",  # the store is in `launch`
        "TORCHELASTIC_RESTART_COUNT": "0",
    }
    # Loaders start their workers as they do elsewhere, not as this rank was started.
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
    """End this rank and all that it started when the launching process has ended."""
    parent.join()
    shutil.rmtree(folder, ignore_errors=True)
    os.killpg(0, signal.SIGKILL)


def _report_of(raised: BaseException, rank: int) -> _Report:
    """Return the report of a rank whose function raised."""
    when = time.monotonic()
    errors = list(_as_printed(raised))
    lost = [error for error in errors if _lost_another_rank(error)]
    # Many loops use a collective after the end of an iterator, which is not an error.
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
    """Yield an error and those that led to it, as a traceback shows them."""
    seen = set[int]()
    while error is not None and id(error) not in seen:
        yield error
        seen.add(id(error))
        context = None if error.__suppress_context__ else error.__context__
        error = error.__cause__ or context


def _text(error: BaseException) -> str:
    """Return kind and text of an error, on one line."""
    try:
        text = str(error)
    except Exception:
        text = "(its text cannot be shown)"
    return " ".join(f"{type(error).__name__}: {text}".split())


# --- evidence -------------------------------------------------------------------------

# What gloo, NCCL and torch's store say about a rank that is gone or does not come.
LOST = re.compile(
    r"/gloo/|NCCL|connection|broken pipe|timed? ?out|failed to recv|monitoredBarrier",
    re.IGNORECASE,
)
TIMED_OUT = re.compile(r"timed? ?out|monitoredBarrier", re.IGNORECASE)
TORCH = os.path.dirname(torch.__file__)
COLLECTIVES = (f"{TORCH}/distributed/", f"{TORCH}/nn/parallel/distributed.py")
BACKWARD = f"{TORCH}/autograd/graph.py"  # where DDP's hooks wait for others
OPERATORS = f"{TORCH}/_ops.py"  # on the way to a collective
LIBRARY = (os.path.dirname(os.__file__), TORCH, __file__, "<frozen")


def _place(frames: Sequence[FrameSummary]) -> str:
    """Return the innermost line outside torch and the standard library."""
    for frame in frames:
        if not frame.filename.startswith(LIBRARY):
            return f"{Path(frame.filename).name}:{frame.lineno}: {frame.line}"
    return ""


def _lost_another_rank(error: BaseException) -> bool:
    """Whether a collective raised the error because of another rank."""
    last = error.__traceback__
    while last and last.tb_next:
        last = last.tb_next
    if not last or not isinstance(error, RuntimeError) or not LOST.search(_text(error)):
        return False
    # A DataLoader times out too, and a server refuses connections, but in Python, with
    # a raise instruction. Work.wait(), the store and backward() are C++: their errors
    # have the frame that calls them, where the instruction is a call.
    code = last.tb_frame.f_code
    is_raised_by_python = "RAISE" in dis.opname[code.co_code[last.tb_lasti]]
    return code.co_filename.startswith(COLLECTIVES) or not is_raised_by_python


def _activity(frames: Sequence[FrameSummary]) -> _Kind:
    """Return what a rank does that has this stack, the innermost frame first."""
    frame = next(frame for frame in frames if frame.filename != OPERATORS)
    if frame.filename.startswith(COLLECTIVES):
        return _Kind.WAITS
    line = frame.line or ""
    if ".wait(" in line:  # of a Work: to wait in Python has frames in other files
        return _Kind.WAITS
    # A GPU runs collectives in order, and these wait for it.
    waits_for_gpu = re.search(r"\.(item|cpu|tolist|synchronize)\(", line)
    is_backward = frame.filename == BACKWARD
    return _Kind.MAY_WAIT if is_backward or waits_for_gpu else _Kind.BUSY


# --- in the launching process ---------------------------------------------------------


class _Rank:
    """A rank as `launch` sees it."""

    def __init__(self, process: Any, outbox: _Outbox) -> None:
        self.process = process
        self.outbox = outbox
        self.asked = False
        self.ended = math.inf  # when that was noticed

    def ask(self) -> None:
        """Let it write down its stack, which it does even if it is blocked in C."""
        listens = self.outbox.stack.exists() and not self.outbox.report.exists()
        if listens and self.process.exitcode is None:
            self.asked = True
            with contextlib.suppress(OSError):  # it has just ended
                os.kill(self.process.pid, signal.SIGUSR2)

    def has_answered(self) -> bool:
        """Whether there is nothing more to wait for after `ask`."""
        ended = self.process.exitcode is not None
        return not self.asked or ended or bool(self.outbox.frames())

    def look(self) -> _Report:
        """Return what became of it."""
        exitcode = self.process.exitcode  # before the files: then they are complete
        if self.outbox.report.exists():
            report: _Report = pickle.loads(self.outbox.report.read_bytes())
            return report
        frames = self.outbox.frames()
        if exitcode == 0 and self.asked and frames:
            exitcode = None  # the signal has ended a sleep in C: it still ran before
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
        late = "did not finish in time"
        if exitcode is None:
            if self.asked and not frames:
                return _Kind.BUSY, "does not answer"
            return _activity(frames) if frames else _Kind.RUNS, late
        # A rank that is about to end no longer listens.
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
        # NCCL aborts the process of a rank that has waited for too long.
        aborted = exitcode == -signal.SIGABRT and frames
        if aborted and _activity(frames) is not _Kind.BUSY:
            return _Kind.LOST, how
        return _Kind.FAILED, how

    def _message(self, exitcode: int | None, frames: list[FrameSummary]) -> str:
        if self.outbox.stack.exists():
            return _place(frames) or self.outbox.last_line()
        if exitcode is None:
            return "(none: it was still starting, which includes all imports)"
        if exitcode == NO_GUARD:
            return "(none: a script needs if __name__ == '__main__')"
        return "(none: its error is printed above)"

    def result(self) -> Any:
        """Return what its function returned, if this process can read it."""
        try:
            return pickle.loads(self.outbox.result.read_bytes())
        except Exception as error:
            how = "returned what cannot be read here"
            raise RankError(self.outbox.rank, 0, how, _text(error)) from error

    def end(self) -> None:
        """End its process and all that it started."""
        if self.process.pid is None:  # it was not started
            return
        with contextlib.suppress(OSError):  # no such group
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.kill()
        self.process.join()


def _wait_until_done(ranks: list[_Rank], end: float) -> None:
    """Return when all ranks have returned; raise RankError if one fails or is late."""
    while True:
        # Before the look: if one ends after it, the wait below ends at once.
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
    """Return what became of each rank, after some time for the cause to show up."""

    def some(kind: _Kind) -> bool:
        return any(rank.look().kind is kind for rank in ranks)

    def wait_for(condition: Callable[[], bool], seconds: float) -> None:
        end = time.monotonic() + seconds
        while not condition() and time.monotonic() < end:
            time.sleep(0.02)

    if first_loss := _first_loss([rank.look() for rank in ranks]):
        # If a connection was closed and nobody has returned, a rank is failing now, and
        # may have something to clean up before it reports.
        must_fail = not first_loss.timed_out and not some(_Kind.DONE)
        wait_for(lambda: some(_Kind.FAILED), 10 if must_fail else 2)
    if some(_Kind.FAILED):
        time.sleep(0.2)  # another rank may have failed before, and report later
    else:
        for rank in ranks:
            rank.ask()
        wait_for(lambda: all(rank.has_answered() for rank in ranks), 3)
    return [rank.look() for rank in ranks]


def _first_loss(reports: list[_Report]) -> _Report | None:
    lost = [report for report in reports if report.kind is _Kind.LOST]
    return min(lost, key=lambda report: report.when, default=None)


def _culprit(reports: list[_Report]) -> _Report:
    """Return the report of the rank to blame."""
    order = [*_Kind]
    first_loss = _first_loss(reports)
    if first_loss and not first_loss.timed_out:
        # A rank has left. That is one that has returned, not one that still runs.
        order.remove(_Kind.DONE)
        order.insert(order.index(_Kind.FAILED) + 1, _Kind.DONE)
    return min(
        reports, key=lambda r: (order.index(r.kind), not r.has_own_error, r.when)
    )

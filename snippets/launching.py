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
import linecache
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
from typing import Any, NamedTuple, SupportsIndex, TypeVar

import torch
import torch.distributed as dist

__all__ = ["RankError", "launch"]

T = TypeVar("T")

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
    _refuse_during_import()
    if isinstance(nprocs, bool) or not hasattr(nprocs, "__index__"):
        raise TypeError(f"nprocs must be an integer, got {nprocs!r}")
    world = operator.index(nprocs)
    if world < 1:
        raise ValueError(f"nprocs must be 1 or more, got {world}")
    if timeout is not None and not timeout > 0:
        raise ValueError(f"timeout must be more than 0 seconds, got {timeout}")
    work = _pack(fn, args, kwargs, start_method)
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
                given = (work, outbox, world, store.port)
                ranks.append(_Rank(context.Process(target=_run, args=given), outbox))
                ranks[-1].process.start()
            _wait_until_done(ranks, end)
            return [rank.result() for rank in ranks]
        finally:
            for rank in ranks:
                rank.end()


# A process that imports the script in which `launch` is not guarded ends with this.
NO_GUARD = 78  # EX_CONFIG of sysexits.h


def _refuse_during_import() -> None:
    """End a process that imports a script which calls `launch` without a guard."""
    # As multiprocessing itself finds out, but it only says so in 15 lines.
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        sys.exit(NO_GUARD)


Work = bytes | tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]


def _pack(
    fn: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    start_method: str,
) -> Work:
    """Return what a rank needs to call `fn`.

    Raises:
        TypeError, ValueError, RuntimeError: As `launch` describes.
    """
    if start_method == "fork":
        if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
            raise RuntimeError(
                "CUDA is in use, and ranks that are forked cannot share it: restart, "
                'and call launch() before you use the GPU, or use start_method="spawn"'
            )
        return fn, args, kwargs
    if not _is_in_a_file(fn):
        raise ValueError(
            "ranks cannot import a function that is defined in a notebook or a shell: "
            'use start_method="fork", or put the function into a file and import it'
        )
    try:
        return pickle.dumps((fn, args, kwargs))
    except Exception as error:
        raise TypeError(
            f"fn or an argument cannot be sent to a rank: {error}: define it at the "
            'top level of a file, or use start_method="fork"'
        ) from error


def _is_in_a_file(fn: Callable[..., Any]) -> bool:
    """Whether a new process can import a function."""
    while isinstance(fn, functools.partial):
        fn = fn.func
    named = fn if hasattr(fn, "__qualname__") else type(fn)
    main = sys.modules["__main__"]
    if named.__module__ != "__main__" or getattr(main, "__spec__", None):
        return True
    file = getattr(main, "__file__", None)
    code = getattr(fn, "__code__", None)
    return bool(file) and os.path.exists(code.co_filename if code else str(file))


# --- what a rank leaves for `launch` --------------------------------------------------


class _Kind(enum.Enum):
    """What became of a rank."""

    FAILED = "by itself: it raised, exited or was killed"
    LOST = "it lost another rank, or gave up waiting for it"
    BUSY = "it does something, or hangs, while others wait"
    MAY_WAIT = "it computes gradients or waits for the GPU or for others"
    WAITS = "for others, in a collective"
    RUNS = "nobody has asked what it does"
    DONE = "it has returned"


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
    timed_out: bool = False  # of LOST: it gave up, and nobody has to have left
    has_own_error: bool = False  # of LOST: besides


@dataclasses.dataclass(frozen=True)
class _Outbox:
    """Where a rank leaves what `launch` reads: files, and the end of what it printed.

    All but what is printed appears at once, as a whole.
    """

    folder: Path
    rank: int
    printed: Any  # shared memory: it outlives a rank that is killed

    @property
    def result(self) -> Path:
        """What the function returned, pickled."""
        return self.folder / f"{self.rank}.result"

    @property
    def report(self) -> Path:
        """What the rank reports if the function did not return."""
        return self.folder / f"{self.rank}.report"

    @property
    def stack(self) -> Path:
        """Where the rank is, written on SIGUSR2. It is there once the rank listens."""
        return self.folder / f"{self.rank}.stack"

    def write(self, path: Path, data: bytes) -> None:
        """Write one of these files."""
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

    def frames(self) -> list[_Frame]:
        """Return the stack that the rank wrote last, its innermost frame first."""
        text = self.stack.read_text(errors="replace") if self.stack.exists() else ""
        # In a crash, the stacks of other threads may come before and after.
        header = r"^((?:Current thread|Thread|Stack).*most recent call first.*)$"
        parts = re.split(header, text, flags=re.MULTILINE)[1:]
        stacks = list(zip(parts[::2], parts[1::2], strict=True))
        own = [stack for title, stack in stacks if not title.startswith("Thread")]
        last = own[-1] if own else stacks[-1][1] if stacks else ""
        found = re.findall(r'File "(.*)", line (\d+)', last)
        return [_Frame(file, int(line)) for file, line in found]


# --- in a rank ------------------------------------------------------------------------


def _run(work: Work, outbox: _Outbox, world: int, port: int) -> None:
    """Be a rank: call the function, and leave its result or a report."""
    os.setpgrp()  # what this rank starts can be ended with it
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
        fn, args, kwargs = pickle.loads(work) if isinstance(work, bytes) else work
        outbox.write(outbox.result, _pickled(fn(*args, **kwargs)))
    except BaseException as raised:
        report = _report_of(raised, outbox.rank)
        outbox.write(outbox.report, pickle.dumps(report))
        sys.exit(report.exitcode)


def _end_with(parent: Any, folder: Path) -> None:
    """End this rank and all that it started when the launching process has ended."""
    parent.join()
    shutil.rmtree(folder, ignore_errors=True)
    os.killpg(0, signal.SIGKILL)


def _pickled(value: Any) -> bytes:
    """Return a result as bytes.

    Raises:
        TypeError: If that is not possible.
    """
    try:
        return pickle.dumps(value)
    except Exception as error:
        kind = type(value).__name__
        raise TypeError(
            f"the {kind} that fn returned cannot be sent: {error}"
        ) from None


def _report_of(raised: BaseException, rank: int) -> _Report:
    """Return the report of a rank whose function raised."""
    when = time.monotonic()
    errors = list(_as_printed(raised))
    lost = [error for error in errors if _lost_another_rank(error)]
    # The end of an iterator is no error: many loops use a collective after it.
    own = [e for e in errors if e not in lost and not isinstance(e, StopIteration)]
    shown = own[0] if own else raised
    how, code = "raised", 1
    if isinstance(raised, SystemExit):
        code = raised.code if type(raised.code) is int else int(bool(raised.code))
        how = f"exited with code {code}"
    stack = traceback.extract_tb(shown.__traceback__)
    place = _place([_Frame(frame.filename, frame.lineno or 0) for frame in stack[::-1]])
    return _Report(
        kind=_Kind.LOST if lost else _Kind.FAILED,
        rank=rank,
        exitcode=code,
        how=how,
        message=_text(shown) + (f" ({place})" if place else ""),
        details="".join(traceback.format_exception(raised)),
        when=when,
        timed_out=bool(lost) and bool(TIMED_OUT.search(_text(lost[0]))),
        has_own_error=bool(own),
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
PASSED_THROUGH = (__file__, f"{TORCH}/_ops.py")  # on the way to a collective
LIBRARY = (os.path.dirname(os.__file__), TORCH, __file__, "<frozen")


class _Frame(NamedTuple):
    """A line of a stack."""

    file: str
    number: int

    def line(self) -> str:
        """Return its text, empty if there is no such file."""
        return linecache.getline(self.file, self.number).strip()


def _place(frames: Sequence[_Frame]) -> str:
    """Return the innermost line outside torch and the standard library."""
    for frame in frames:
        if not frame.file.startswith(LIBRARY):
            return f"{Path(frame.file).name}:{frame.number}: {frame.line()}"
    return ""


def _lost_another_rank(error: BaseException) -> bool:
    """Whether a collective raised the error because of another rank.

    The text is not enough: a DataLoader times out too, and a server refuses
    connections. So it also counts where the error comes from.
    """
    if not isinstance(error, RuntimeError) or not LOST.search(_text(error)):
        return False
    stack = list(traceback.walk_tb(error.__traceback__))
    if not stack:
        return False
    file = stack[-1][0].f_code.co_filename
    if file.startswith(COLLECTIVES) or file == BACKWARD:
        return True
    # Work.wait() and the store are C++, which raises in the frame that calls it. There,
    # the instruction is a call. Python code raises with a raise instruction.
    last = error.__traceback__
    while last and last.tb_next:
        last = last.tb_next
    assert last
    instruction = dis.opname[last.tb_frame.f_code.co_code[last.tb_lasti]]
    is_from_torch = type(error).__module__ in ("builtins", "torch.distributed")
    return is_from_torch and "RAISE" not in instruction


def _activity(frames: Sequence[_Frame]) -> _Kind:
    """Return what a rank does that has this stack, the innermost frame first."""
    for frame in frames:
        if frame.file in PASSED_THROUGH:
            continue
        if frame.file.startswith(COLLECTIVES):
            return _Kind.WAITS
        if frame.file == BACKWARD:
            return _Kind.MAY_WAIT
        line = frame.line()
        if ".wait(" in line:  # of a Work; waiting in Python has frames of its own
            return _Kind.WAITS
        # A GPU runs collectives in order, and these wait for it.
        may_wait = re.search(r"\.(item|cpu|tolist|synchronize)\(", line)
        return _Kind.MAY_WAIT if may_wait else _Kind.BUSY
    return _Kind.BUSY


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
        return (
            not self.asked or self.process.exitcode is not None or bool(self._stack())
        )

    def _stack(self) -> list[_Frame]:
        return self.outbox.frames()

    def look(self) -> _Report:
        """Return what became of it."""
        exitcode = self.process.exitcode  # before the files: then they are complete
        if self.outbox.report.exists():
            report = pickle.loads(self.outbox.report.read_bytes())
            assert isinstance(report, _Report)
            return report
        # The signal may end a sleep in C, and then the rank returns. What it did before
        # is what counts.
        has_answered = self.asked and bool(self.outbox.frames())
        if exitcode is None or (exitcode == 0 and has_answered):
            return self._while_it_runs()
        self.ended = min(self.ended, time.monotonic())
        return self._after_the_end(exitcode)

    def _while_it_runs(self) -> _Report:
        """Return what it does, if it was asked."""
        report = functools.partial(_Report, rank=self.outbox.rank)
        late = "did not finish in time"
        if not self.outbox.stack.exists():
            message = "(none: it was still starting, which includes all imports)"
            return report(_Kind.RUNS, how=late, message=message)
        if not self.asked:
            return report(_Kind.RUNS)
        frames = self.outbox.frames()
        if not frames:
            message = self.outbox.last_line()
            return report(_Kind.BUSY, how="does not answer", message=message)
        place = _place(frames) or self.outbox.last_line()
        stack = "\n".join(f"{frame.file}:{frame.number}" for frame in frames)
        return report(_activity(frames), how=late, message=place, details=stack)

    def _after_the_end(self, exitcode: int) -> _Report:
        """Return how it ended without a report."""
        message = self.outbox.last_line()
        report = functools.partial(
            _Report, rank=self.outbox.rank, exitcode=exitcode, when=self.ended
        )
        has_result = self.outbox.result.exists()
        own_signal = self.asked and exitcode == -signal.SIGUSR2
        if has_result and (exitcode == 0 or own_signal):
            how = "returned while others waited for it"
            return report(_Kind.DONE, how=how, message=message)
        if own_signal:  # it was about to end, and no longer listened
            return report(_Kind.RUNS, how="did not finish in time", message=message)
        how = f"exited with code {exitcode}"
        if exitcode < 0:
            how = f"was killed by {signal.Signals(-exitcode).name}"
        if not self.outbox.stack.exists():
            how += " while it started"
            message = "(none: its error is printed above)"
            if exitcode == NO_GUARD:
                message = "(none: a script needs if __name__ == '__main__')"
            return report(_Kind.FAILED, how=how, message=message)
        frames = self.outbox.frames()  # of a crash
        details = "\n".join(f"{frame.file}:{frame.number}" for frame in frames)
        report = functools.partial(
            report, how=how, message=_place(frames) or message, details=details
        )
        # NCCL aborts the process of a rank that has waited for too long.
        waited = frames and _activity(frames) in (_Kind.WAITS, _Kind.MAY_WAIT)
        if exitcode == -signal.SIGABRT and waited:
            return report(_Kind.LOST, timed_out=True)
        return report(_Kind.FAILED)

    def result(self) -> Any:
        """Return what its function returned.

        Raises:
            RankError: If this process cannot read it.
        """
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
    """Return when each rank has returned.

    Raises:
        RankError: If one fails, or if the time `end` comes first.
    """
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

    def look() -> list[_Report]:
        return [rank.look() for rank in ranks]

    def some(kind: _Kind) -> bool:
        return any(report.kind is kind for report in look())

    def wait_for(condition: Callable[[], bool], seconds: float) -> None:
        end = time.monotonic() + seconds
        while not condition() and time.monotonic() < end:
            time.sleep(0.02)

    lost = sorted(
        (report for report in look() if report.kind is _Kind.LOST),
        key=lambda report: report.when,
    )
    if lost:
        # Someone closed the connection. If nobody has returned, a rank is failing now,
        # and may have something to clean up before it reports.
        must_fail = not lost[0].timed_out and not some(_Kind.DONE)
        wait_for(lambda: some(_Kind.FAILED), 10 if must_fail else 2)
    if some(_Kind.FAILED):
        time.sleep(0.2)  # another rank may have failed before, and report later
        return look()
    for rank in ranks:
        rank.ask()
    wait_for(lambda: all(rank.has_answered() for rank in ranks), 3)
    return look()


def _culprit(reports: list[_Report]) -> _Report:
    """Return the report of the rank to blame."""

    def all_of(*kinds: _Kind) -> list[_Report]:
        found = [report for report in reports if report.kind in kinds]
        return sorted(found, key=lambda report: report.when)

    failed = all_of(_Kind.FAILED)
    if failed:
        return failed[0]
    lost = all_of(_Kind.LOST)
    waits = all_of(_Kind.WAITS)
    returned = all_of(_Kind.DONE) if lost or waits else []
    late = [*all_of(_Kind.RUNS), *all_of(_Kind.BUSY), *all_of(_Kind.MAY_WAIT)]
    suspects = [*late, *returned]
    if lost and not lost[0].timed_out:  # a rank has left, which the late ones have not
        suspects = [*returned, *late]
    lost.sort(key=lambda report: not report.has_own_error)
    return [*suspects, *lost, *waits][0]

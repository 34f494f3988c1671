"""Data parallel training: start ranks, give each its samples, count each sample once.

One file to copy: torch 2.4 or newer. The model is torch's ``DistributedDataParallel``.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import hashlib
import math
import multiprocessing
import os
import pickle
import re
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sized
from datetime import timedelta
from fractions import Fraction
from multiprocessing.connection import wait
from typing import Any, NamedTuple, TypeVar

import torch
import torch.distributed as dist

T = TypeVar("T")
VARIABLES = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")
GRACE = 1.5  # seconds: a cause may follow its effect; then from SIGTERM to SIGKILL
# The errors of a rank that another one has left alone: gloo, NCCL, torch's store.
VICTIM = re.compile(r"gloo|NCCL|Connection|Broken pipe|[Tt]imed? ?out")
LIBRARY = (os.path.dirname(os.__file__), *torch.__path__, __file__)
# Files in which a healthy rank waits for the others.
WAITING = ("torch/distributed", "torch/autograd/graph", __file__)


class Dist(NamedTuple):
    """Where this process stands, and the device of its model and data.

    Example:
        >>> Dist(rank=1, world_size=2, local_rank=1, device=torch.device("cpu")).is_main
        False
    """

    rank: int
    world_size: int
    local_rank: int
    device: torch.device

    @property
    def is_main(self) -> bool:
        """Whether this is rank 0: the one that prints and saves."""
        return self.rank == 0


@contextlib.contextmanager
def distributed(
    timeout: float | None = None, device: str | None = None
) -> Iterator[Dist]:
    """Join the process group of torchrun or `launch`; alone, be a group of one.

    Leaving waits for all ranks and destroys the group; an exception waits for none.

    Args:
        timeout: Seconds that a collective may take; None is torch's default.
        device: Type of the device, None for the accelerator or else the CPU; its index
            is the local rank. torch's default backend for the type is used.

    Raises:
        RuntimeError: A variable that torchrun sets is missing or no number.

    Example:
        >>> with distributed(device="cpu") as here:
        ...     here.rank, here.world_size, torch.distributed.get_backend()
        (0, 1, 'gloo')
    """
    given = {name: os.environ[name] for name in VARIABLES if name in os.environ}
    for name in VARIABLES if given else ():
        if name not in given or not (given[name].isdecimal() or name == "MASTER_ADDR"):
            raise RuntimeError(
                f"{name} is {given.get(name, 'missing')} where {', '.join(given)} are "
                "set: start with torchrun, or unset them to run one process"
            )
    rank, local = int(given.get("RANK", 0)), int(given.get("LOCAL_RANK", 0))
    world = int(given.get("WORLD_SIZE", 1))
    kind, options = device or _accelerator(), dict[str, Any]()
    if not given:  # a store in this process, so no port
        options = {"store": dist.HashStore(), "rank": 0, "world_size": 1}
    place = torch.device(kind, local) if kind != "cpu" else torch.device(kind)
    if kind in ("cuda", "xpu"):
        getattr(torch, kind).set_device(place)
        options["device_id"] = place
    if timeout is not None:
        options["timeout"] = timedelta(seconds=timeout)
    backend = dist.Backend.default_device_backend_map.get(kind, "gloo")
    dist.init_process_group(backend, **options)
    destroy = world == 1 or backend == "gloo"
    try:
        yield Dist(rank, world, local, place)
        dist.barrier()
        destroy = True
    except BaseException as error:
        if hasattr(error, "add_note"):  # Python >= 3.11
            error.add_note(f"on rank {rank} of {world}")
        raise
    finally:
        # Others wait for their peers here; after an error, the process's end does it.
        if destroy and dist.is_initialized():
            # Older releases hold the GIL while they join gloo's threads, which need it
            # to drop the last tensors (pytorch/pytorch#154976): let them do it before.
            time.sleep(0.05)
            dist.destroy_process_group()


def _accelerator() -> str:
    if not hasattr(torch, "accelerator"):  # torch < 2.6
        return "cuda" if torch.cuda.is_available() else "cpu"
    # A CUDA build without a GPU has a current accelerator too: ask for both.
    found = torch.accelerator.is_available()
    return str(torch.accelerator.current_accelerator().type) if found else "cpu"


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
    """Run a function, which calls `distributed`, on some ranks of this machine.

    Not built on torch's ``elastic_launch``, which blames another rank for one that
    exits with code 0 and knows no timeout. Scripts are better started with torchrun.

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
    deadline = time.monotonic() + (math.inf if timeout is None else timeout)
    store = dist.TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)
    variables = {
        "WORLD_SIZE": str(nprocs),
        "LOCAL_WORLD_SIZE": str(nprocs),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(store.port),
        "TORCHELASTIC_USE_AGENT_STORE": "True",  # the store is here, not on rank 0
        "TORCHELASTIC_RESTART_COUNT": "0",
    }
    context = multiprocessing.get_context(start_method)
    work = (fn, args) if start_method == "fork" else pickle.dumps((fn, args))
    ranks: list[_Rank] = []
    asked: list[_Rank] = []
    give_up = math.inf
    try:
        for rank in range(nprocs):
            ranks.append(_Rank(context, rank, variables, work))
        while busy := [r for r in ranks if r.code is None]:
            wait([x for r in busy for x in (r.pipe, r.process.sentinel)], 0.1)
            failures = sorted(filter(None, map(_Rank.look, ranks)), key=lambda f: f[:2])
            now = time.monotonic()
            if (failures and not failures[0][0]) or now > give_up:
                for r in asked if now > give_up else ():
                    if r.code is None and not r.failure:  # stopped, or holds the GIL
                        raise RankError(r.rank, r.code, "does not answer", r.said())
                raise failures[0][2] from RuntimeError(failures[0][3])
            if failures or now > deadline:
                give_up = min(give_up, now + GRACE)
            timed_out = now > deadline or any("imed out" in f[3] for f in failures)
            if timed_out and not asked:
                asked = [r for r in busy if not r.failure]
                for r in asked:
                    with contextlib.suppress(OSError):  # it ends right now
                        r.pipe.send("Where are you?")
        return [r.result for r in ranks]
    finally:
        for number, stop in ((15, "terminate"), (9, "kill")):
            for r in ranks:
                with contextlib.suppress(OSError, AttributeError):  # no such group
                    os.killpg(r.process.pid, number)
                getattr(r.process, stop)()
            until = time.monotonic() + GRACE
            for r in ranks:
                r.process.join(max(0.0, until - time.monotonic()))


class _Rank:
    """A process of `launch`, as that sees it."""

    def __init__(self, context: Any, rank: int, variables: Any, work: Any) -> None:
        self.rank, self.code, self.reported = rank, None, False
        self.failure: tuple[bool, float, RankError, str] | None = None
        self.printed = context.RawArray(ctypes.c_char, 4000)
        self.printed.value = (
            b"(none: a script launches under if __name__ == '__main__')"
        )
        self.pipe, theirs = context.Pipe()
        way = multiprocessing.get_start_method(allow_none=True)
        args = (work, rank, variables, way, theirs, self.printed)
        self.process = context.Process(target=_run, args=args)
        self.process.start()
        theirs.close()

    def said(self) -> str:
        lines = self.printed.value.decode(errors="replace").split("\n")
        return next((line for line in reversed(lines) if line.strip()), "(none)")

    def look(self) -> tuple[bool, float, RankError, str] | None:
        """Take in what it sent, and its end; what is wrong with it, if anything."""
        if self.code is None:
            code = self.process.exitcode  # before the pipe: it sends before it ends
            with contextlib.suppress(EOFError, OSError):
                while self.pipe.poll():
                    self.failure, self.result = pickle.loads(self.pipe.recv_bytes())
                    self.reported = True
            if code is not None and not self.failure and (code or not self.reported):
                how = f"exited with code {code}"
                if code < 0:
                    how = f"was killed by {signal.Signals(-code).name}"
                error = RankError(self.rank, code, how, self.said())
                self.failure = (False, time.monotonic(), error, "")
            self.code = code
        return self.failure


def _run(
    work: Any, rank: int, variables: Any, way: str | None, pipe: Any, printed: Any
) -> None:
    """Be a rank."""
    os.environ.update(variables, RANK=str(rank), LOCAL_RANK=str(rank))
    # The loaders of a rank start workers as those of the caller do, not as it started.
    multiprocessing.set_start_method(way, force=True)
    lock, printed.value = threading.Lock(), b"(none)"
    done: list[bool] = []
    if hasattr(os, "setpgrp"):
        os.setpgrp()  # what this rank starts can be ended with it
    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(1)

    def keep(write: Callable[[str], int], text: str) -> int:
        printed.value = (printed.value + text.encode(errors="replace"))[-2000:]
        return write(text)

    def report(error: RankError | None, value: Any, victim: bool, final: bool) -> None:
        failure = error and (victim, time.monotonic(), error, value)
        message = pickle.dumps((failure, None if error else value))
        with lock:
            if not done:
                pipe.send_bytes(message)
            done.extend([True] * final)

    def answer(main: int = threading.get_ident()) -> None:
        parent: Any = multiprocessing.parent_process()
        with contextlib.suppress(EOFError, OSError):
            while parent.sentinel not in wait([pipe, parent.sentinel]):
                pipe.recv()
                stack = traceback.extract_stack(sys._current_frames()[main])
                line, text = _last_line(stack), "".join(traceback.format_list(stack))
                waits = any(part in stack[-1].filename for part in WAITING)
                error = RankError(rank, None, "did not finish in time", line)
                report(error, text, waits, final=False)
        os.killpg(0, signal.SIGKILL)  # the parent is gone

    for stream in (sys.stdout, sys.stderr):
        stream.write = functools.partial(keep, stream.write)  # type: ignore[method-assign]
    threading.Thread(target=answer, daemon=True).start()
    try:
        fn, args = pickle.loads(work) if isinstance(work, bytes) else work
        report(None, fn(*args), victim=False, final=True)
    except BaseException as raised:
        how, code = "raised", 1
        if isinstance(raised, SystemExit):
            code = (
                raised.code if isinstance(raised.code, int) else int(bool(raised.code))
            )
            how = f"exited with code {code}"
        text = " ".join(f"{type(raised).__name__}: {raised}".split())
        line = f"{text} ({_last_line(traceback.extract_tb(raised.__traceback__))})"
        victim = isinstance(raised, RuntimeError) and bool(VICTIM.search(text))
        error = RankError(rank, code, how, line)
        report(error, traceback.format_exc(), victim, final=True)
        sys.exit(code)


def _last_line(stack: traceback.StackSummary) -> str:
    """The innermost line outside of torch and the standard library."""
    own = [f for f in stack if not f.filename.startswith(LIBRARY)] or stack
    return f"{os.path.basename(own[-1].filename)}:{own[-1].lineno}: {own[-1].line}"


def _standing() -> tuple[int, int]:
    """Rank and world size; (0, 1) without a process group."""
    if dist.is_available() and dist.is_initialized():
        return dist.get_rank(), dist.get_world_size()
    return 0, 1


def _gather(value: T) -> list[T]:
    """What each rank gives, on each rank. torch's `all_gather_object` needs NumPy."""
    world = _standing()[1]
    if world == 1:
        return [value]
    device = "cpu" if dist.get_backend() == "gloo" else _accelerator()
    data = torch.tensor(list(pickle.dumps(value)), dtype=torch.uint8, device=device)
    sizes = [torch.zeros(1, dtype=torch.long, device=device) for _ in range(world)]
    dist.all_gather(sizes, torch.tensor([len(data)], device=device))
    longest = int(max(sizes))
    parts = [data.new_empty(longest) for _ in range(world)]
    dist.all_gather(parts, torch.nn.functional.pad(data, (0, longest - len(data))))
    pairs = zip(parts, sizes, strict=True)
    return [pickle.loads(bytes(part[: int(size)].tolist())) for part, size in pairs]


class ResumableSampler:
    """Sampler for training that resumes within an epoch, on any number of ranks.

    Each iteration is an epoch with an order of its own, a function of `seed` and epoch
    alone. A loader fetches ahead, so the loop says what it has used: after each batch
    call ``advance(len(batch))`` on every rank. The ranks must use the same seed.

    Args:
        source: Dataset, or its length.
        seed: Of the orders, equal on all ranks.
        shuffle: False is the order of the dataset.
        drop_last: Ranks get equally many samples: up to ``world_size - 1`` of an epoch
            are left out if True, else come twice.

    Example:
        >>> sampler = ResumableSampler(5, shuffle=False)
        >>> for index in sampler:
        ...     sampler.advance(1)
        ...     if index == 2:
        ...         break
        >>> again = ResumableSampler(5, shuffle=False)
        >>> again.load_state_dict(sampler.state_dict())
        >>> list(again)
        [3, 4]
    """

    def __init__(
        self,
        source: int | Sized,
        seed: int = 0,
        shuffle: bool = True,
        drop_last: bool = False,
    ) -> None:
        self.size = source if isinstance(source, int) else len(source)
        self.seed, self.shuffle, self.drop_last = seed, shuffle, drop_last
        self.epoch = self.position = 0  # position: samples used by all ranks together
        self._end: int | None = None  # position at which the running epoch ends
        self._start = 0

    def __len__(self) -> int:
        """Samples that this rank gets in the epoch from where it starts."""
        left, world = self.size - self._start, _standing()[1]
        return left // world if self.drop_last else -(-left // world)

    def __iter__(self) -> Iterator[int]:
        rank, world = _standing()
        if self._end is not None:  # an epoch was begun: this is the next
            self.epoch, self.position, self._start = self.epoch + 1, 0, 0
        count = len(self)
        self._end = self._start + count * world
        order = torch.arange(self.size)
        if self.shuffle:
            key = hashlib.blake2b(f"{self.seed},{self.epoch}".encode(), digest_size=8)
            seed = int.from_bytes(key.digest(), "big")
            generator = torch.Generator().manual_seed(seed)
            order = torch.randperm(self.size, generator=generator)
        places = (torch.arange(count) * world + rank + self._start) % max(self.size, 1)
        yield from order[places].tolist()

    def advance(self, count: int) -> None:
        """Say that this rank, like each other, has used `count` more samples.

        Raises:
            ValueError: That is more than the epoch has left.
        """
        left = ((self._end or 0) - self.position) // _standing()[1]
        if not 0 <= count <= left:
            raise ValueError(
                f"advance({count}) with {left} samples of epoch {self.epoch} left on "
                "this rank: call it once for each batch, with the size of the batch"
            )
        self.position += count * _standing()[1]
        if self.position == self._end:
            self.epoch, self.position, self._start, self._end = (
                self.epoch + 1,
                0,
                0,
                None,
            )

    def state_dict(self) -> dict[str, int | bool]:
        """Where to resume, the same on each rank; loads with ``weights_only=True``.

        Raises:
            RuntimeError: An epoch runs and `advance` has not been called in it.
        """
        if self._end is not None and self.position == self._start:
            raise RuntimeError(
                "the sampler cannot know which samples were used: call "
                "advance(len(batch)) after each batch"
            )
        names = ("size", "seed", "shuffle", "epoch", "position")
        return {name: getattr(self, name) for name in names}

    def load_state_dict(self, state: dict[str, int | bool]) -> None:
        """Resume there, with this sampler's number of ranks.

        Raises:
            ValueError: The state is of another dataset size, seed or shuffle.
        """
        for name in ("size", "seed", "shuffle"):
            if state[name] != getattr(self, name):
                raise ValueError(
                    f"{name} is {getattr(self, name)!r}, saved was {state[name]!r}: "
                    "make the sampler as it was made for the saved run"
                )
        self.epoch, self.position = state["epoch"], state["position"]
        self._start, self._end = self.position, None


class EvalSampler:
    """Sampler for evaluation: each sample on one rank, once; no padding, in order.

    torch's ``DistributedSampler`` repeats samples (pytorch/pytorch#25162). Ranks get
    sizes that differ by one, so no collective inside the loop: see `weighted_mean`.

    Args:
        source: Dataset, or its length.

    Example:
        >>> list(EvalSampler(3))
        [0, 1, 2]
    """

    def __init__(self, source: int | Sized) -> None:
        self.size = source if isinstance(source, int) else len(source)

    def __len__(self) -> int:
        rank, world = _standing()
        return len(range(rank, self.size, world))

    def __iter__(self) -> Iterator[int]:
        rank, world = _standing()
        return iter(range(rank, self.size, world))


def weighted_mean(value: float | torch.Tensor, n: int) -> float:
    """Mean over the samples of all ranks, from the mean of each rank.

    Args:
        value: Mean over the samples of this rank: a number or tensor of one element,
            whatever if `n` is 0.
        n: Number of its samples, 0 or more.

    Returns:
        sum(value * n) / sum(n), the same on each rank: exact, then rounded once.

    Raises:
        ValueError: No rank has a sample, or one has fewer than 0. On every rank.

    Example:
        >>> weighted_mean(0.25, 8)
        0.25
    """
    pairs = _gather((float(value), n))
    total = sum(n for _, n in pairs)
    if total <= 0 or any(n < 0 for _, n in pairs):
        raise ValueError(
            f"the ranks have {[n for _, n in pairs]} samples: need 1 or more"
        )
    used = [(value, n) for value, n in pairs if n]
    if not all(math.isfinite(value) for value, _ in used):
        return sum(value * n for value, n in used)  # nan or inf
    return float(sum(Fraction(value) * n for value, n in used) / total)


def assert_in_sync(module: torch.nn.Module, buffers: bool = True) -> None:
    """Check that parameters and buffers are bit-equal on all ranks.

    Args:
        module: The model, of any kind, on every rank.
        buffers: False leaves them out: without SyncBatchNorm each rank has statistics
            of its own until the next forward pass takes those of rank 0.

    Raises:
        RuntimeError: On every rank, naming the tensors and the ranks that differ from
            rank 0 in values, shape, dtype or ``requires_grad``.

    Example:
        >>> assert_in_sync(torch.nn.Linear(2, 1))
    """
    tensors = dict(module.named_parameters())
    if buffers:
        tensors |= dict(module.named_buffers())
    found = _gather({name: _digest(tensor) for name, tensor in tensors.items()})
    wrong = []
    for name in dict.fromkeys(name for rank in found for name in rank):
        ranks = [
            r for r in range(len(found)) if found[r].get(name) != found[0].get(name)
        ]
        if ranks:
            wrong.append(f"'{name}' on rank {', '.join(map(str, ranks))}")
    if wrong:
        raise RuntimeError(
            f"{len(wrong)} tensors differ from rank 0: {'; '.join(wrong[:5])}: freeze "
            "and unfreeze before DistributedDataParallel; wrapping again copies rank 0"
        )


def _digest(tensor: torch.Tensor) -> str:
    data = tensor.detach().cpu().contiguous()
    content = ctypes.string_at(data.data_ptr(), data.nbytes)
    what = f"{tensor.dtype} {tuple(tensor.shape)} {tensor.requires_grad} "
    return what + hashlib.blake2b(content).hexdigest()

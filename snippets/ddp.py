"""Data parallel training: start ranks, give each its samples, count each sample once.

One file to copy: torch 2.4 or newer. The model is torch's ``DistributedDataParallel``.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import functools
import hashlib
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
from collections.abc import Callable, Iterator, Sized
from datetime import timedelta
from fractions import Fraction
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import torch
import torch.distributed as dist

T = TypeVar("T")
VARIABLES = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")
# The errors of a rank that another one has left alone: gloo, NCCL, torch's store.
VICTIM = re.compile(r"gloo|NCCL|Connection|Broken pipe|[Tt]imed? ?out")
LIBRARY = (os.path.dirname(os.__file__), *torch.__path__, __file__)
# Files in which a healthy rank waits for the others.
WAITING = ("torch/distributed", "torch/autograd/graph", __file__)
FAULT, BUSY, EFFECT, WAITS, RUNS, DONE = range(6)  # the first is to blame


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
            what = f"{name} is {given.get(name, 'missing')}"
            raise RuntimeError(
                f"{what}: start by torchrun, or unset {', '.join(given)}"
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
        # NCCL waits for the others here; after an error, the process's end does it.
        if destroy and dist.is_initialized():
            # Older releases join gloo's threads with the GIL, which these need to drop
            # the last tensors (pytorch/pytorch#154976): let them do it before.
            time.sleep(0.05)
            dist.destroy_process_group()


def _accelerator() -> str:
    # A CUDA build without a GPU has a current accelerator too: ask for both.
    if hasattr(torch, "accelerator") and torch.accelerator.is_available():  # >= 2.6
        return str(torch.accelerator.current_accelerator().type)
    return "cuda" if torch.cuda.is_available() else "cpu"


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

    Not built on torch's ``elastic_launch``, which takes a rank that exits for one that
    is done, leaves its signal handlers behind and knows no timeout. Not on Windows.

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
    place = map(str, (rank, world, rank, "127.0.0.1", port))
    os.environ.update(zip(VARIABLES, place, strict=True), LOCAL_WORLD_SIZE=str(world))
    os.environ["TORCHELASTIC_USE_AGENT_STORE"] = "True"  # that of `launch`
    os.environ["TORCHELASTIC_RESTART_COUNT"] = "0"
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
    size = torch.tensor(len(data), device=device)
    dist.all_reduce(size, dist.ReduceOp.MAX)
    data = torch.nn.functional.pad(data, (0, int(size) - len(data)))
    parts = [torch.empty_like(data) for _ in range(world)]
    dist.all_gather(parts, data)
    return [pickle.loads(bytes(part.tolist())) for part in parts]


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
        self._go_to(0, 0)

    def _go_to(self, epoch: int, position: int) -> None:
        self.epoch, self.position = epoch, position  # samples used by all ranks
        self._start, self._end = (
            position,
            -1,
        )  # where the epoch began and, once it runs, ends

    def __len__(self) -> int:
        """Samples that this rank gets in the epoch from where it starts."""
        left, world = self.size - self._start, _standing()[1]
        return left // world if self.drop_last else -(-left // world)

    def __iter__(self) -> Iterator[int]:
        rank, world = _standing()
        if self._end >= 0:  # an epoch was begun: this is the next
            self._go_to(self.epoch + 1, 0)
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
        left = max(0, self._end - self.position) // _standing()[1]
        if not 0 <= count <= left:
            raise ValueError(
                f"advance({count}) with {left} samples of epoch {self.epoch} left on "
                "this rank: call it once for each batch, with the size of the batch"
            )
        self.position += count * _standing()[1]
        if self.position == self._end:
            self._go_to(self.epoch + 1, 0)

    def state_dict(self) -> dict[str, int | bool]:
        """Where to resume, the same on each rank; loads with ``weights_only=True``.

        Raises:
            RuntimeError: An epoch runs and `advance` has not been called in it.
        """
        if self._end >= 0 and self.position == self._start:
            raise RuntimeError(
                "which samples were used? call advance(len(batch)) after each batch"
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
        self._go_to(state["epoch"], state["position"])


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
    counts = [n for _, n in pairs]
    if min(counts) < 0 or not any(counts):
        raise ValueError(f"the ranks have {counts} samples: need 1 or more")
    used = [(value, n) for value, n in pairs if n]
    if not all(math.isfinite(value) for value, _ in used):
        return sum(value * n for value, n in used)  # nan or inf
    return float(sum(Fraction(value) * n for value, n in used) / sum(counts))


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
        bad = [r for r, at in enumerate(found) if at.get(name) != found[0].get(name)]
        if bad:
            wrong.append(f"'{name}' on rank {', '.join(map(str, bad))}")
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

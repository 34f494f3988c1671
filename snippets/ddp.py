"""Data parallel training: join the ranks, share the samples, count each sample once.

One file to copy: torch 2.4 or newer. The model is torch's ``DistributedDataParallel``.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import math
import os
import pickle
import time
from collections.abc import Iterator, Sized
from datetime import timedelta
from fractions import Fraction
from typing import Any, NamedTuple, TypeVar

import torch
import torch.distributed as dist

T = TypeVar("T")
Source = int | Sized  # a dataset or its length
VARIABLES = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")


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
    """Join the process group that torchrun has prepared; alone, be a group of one.

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
            what, names = given.get(name, "missing"), ", ".join(given)
            raise RuntimeError(f"{name} is {what}: start by torchrun, or unset {names}")
    rank, local = int(given.get("RANK", 0)), int(given.get("LOCAL_RANK", 0))
    world = int(given.get("WORLD_SIZE", 1))
    kind, options = device or _accelerator(), dict[str, Any]()
    if not given:  # a store in this process, so no port
        options = {"store": dist.HashStore(), "rank": 0, "world_size": 1}
    place = torch.device(kind, local) if kind != "cpu" else torch.device(kind)
    if kind in ("cuda", "xpu"):
        getattr(torch, kind).set_device(place)
        options["device_id"] = place
    within = None if timeout is None else timedelta(seconds=timeout)
    backend = dist.Backend.default_device_backend_map.get(kind, "gloo")
    dist.init_process_group(backend, timeout=within, **options)
    fine = False
    try:
        yield Dist(rank, world, local, place)
        dist.barrier()
        fine = True
    except BaseException as error:
        if hasattr(error, "add_note"):  # Python >= 3.11
            error.add_note(f"on rank {rank} of {world}")
        raise
    finally:
        # NCCL would wait for the others after an error: the process's end does it.
        if (fine or world == 1 or backend == "gloo") and dist.is_initialized():
            # Older releases join gloo's threads with the GIL, which these need to drop
            # the last tensors (pytorch/pytorch#154976): let them do it before.
            time.sleep(0.05)
            dist.destroy_process_group()


def _accelerator() -> str:
    # A CUDA build without a GPU has a current accelerator too: ask for both.
    if hasattr(torch, "accelerator") and torch.accelerator.is_available():  # >= 2.6
        return str(torch.accelerator.current_accelerator().type)
    return "cuda" if torch.cuda.is_available() else "cpu"


def _standing() -> tuple[int, int]:
    """Rank and world size; (0, 1) without a process group."""
    there = dist.is_available() and dist.is_initialized()
    return (dist.get_rank(), dist.get_world_size()) if there else (0, 1)


def _gather(value: T) -> list[T]:
    """What each rank gives, on each rank. torch's `all_gather_object` needs NumPy."""
    if (world := _standing()[1]) == 1:
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
    alone. All ranks get equally many samples, so some may come twice. A loader fetches
    ahead: a batch counts as used when each rank calls ``advance(len(batch))`` after it.

    Args:
        source: Dataset, or its length.
        seed: Of the orders, equal on all ranks.
        shuffle: False is the order of the dataset.

    Example:
        >>> sampler, again = (ResumableSampler(5, shuffle=False) for _ in range(2))
        >>> next(iter(sampler))
        0
        >>> sampler.advance(1)
        >>> again.load_state_dict(sampler.state_dict())
        >>> list(again)
        [1, 2, 3, 4]
    """

    def __init__(self, source: Source, seed: int = 0, shuffle: bool = True) -> None:
        self.size = source if isinstance(source, int) else len(source)
        self.seed, self.shuffle = seed, shuffle
        self._go_to(0, 0)

    def _go_to(self, epoch: int, position: int) -> None:
        self.epoch, self.position = epoch, position  # samples used by all ranks
        self._start, self._end = position, -1  # of the epoch; -1 until it runs

    def __len__(self) -> int:
        """Samples that this rank gets in the epoch from where it starts."""
        return math.ceil((self.size - self._start) / _standing()[1])

    def __iter__(self) -> Iterator[int]:
        rank, world = _standing()
        if self._end >= 0:  # an epoch was begun: this is the next
            self._go_to(self.epoch + 1, 0)
        self._end = self._start + len(self) * world
        order = torch.arange(self.size)
        if self.shuffle:
            key = hashlib.blake2b(f"{self.seed},{self.epoch}".encode(), digest_size=8)
            generator = torch.Generator().manual_seed(int(key.hexdigest(), 16))
            order = torch.randperm(self.size, generator=generator)
        places = torch.arange(self._start + rank, self._end, world) % max(self.size, 1)
        yield from order[places].tolist()

    def advance(self, count: int) -> None:
        """Say that this rank, like each other, has used `count` more samples.

        Raises:
            ValueError: That is more than the epoch has left.
        """
        left = max(0, self._end - self.position) // _standing()[1]
        if not 0 <= count <= left:
            what = f"advance({count}) with {left} samples of epoch {self.epoch} left"
            raise ValueError(f"{what} on this rank: give the size of each batch once")
        self.position += count * _standing()[1]
        if self.position == self._end:
            self._go_to(self.epoch + 1, 0)

    def state_dict(self) -> dict[str, int | bool]:
        """Where to resume, the same on each rank; loads with ``weights_only=True``.

        Raises:
            RuntimeError: An epoch runs and `advance` has not been called in it.
        """
        if self._end >= 0 and self.position == self._start:
            raise RuntimeError("call advance(len(batch)) after each batch, then save")
        names = ("size", "seed", "shuffle", "epoch", "position")
        return {name: getattr(self, name) for name in names}

    def load_state_dict(self, state: dict[str, int | bool]) -> None:
        """Resume there, with this sampler's number of ranks.

        Raises:
            ValueError: The state is of another dataset size, seed or shuffle.
        """
        for name in ("size", "seed", "shuffle"):
            if state[name] != (own := getattr(self, name)):
                what = f"{name} is {own!r}, saved was {state[name]!r}"
                raise ValueError(f"{what}: make the sampler as for the saved run")
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

    def __init__(self, source: Source) -> None:
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
        value: Mean of this rank: a number or tensor of one element, any if `n` is 0.
        n: Number of samples of this rank, 0 or more.

    Returns:
        sum(value * n) / sum(n), the same on each rank: exact, then rounded once.

    Raises:
        ValueError: No rank has a sample, or one has fewer than 0. On every rank.

    Example:
        >>> weighted_mean(0.25, 8)
        0.25
    """
    pairs = _gather((float(value), n))
    counts = [count for _, count in pairs]
    if min(counts) < 0 or not any(counts):
        raise ValueError(f"the ranks have {counts} samples: need 1 or more")
    exact = Fraction if all(math.isfinite(mean) for mean, n in pairs if n) else float
    return float(sum(exact(mean) * n for mean, n in pairs if n) / sum(counts))


def assert_in_sync(module: torch.nn.Module, buffers: bool = True) -> None:
    """Check that parameters and buffers are bit-equal on all ranks.

    Args:
        module: The model, of any kind, on every rank.
        buffers: False leaves them out: the statistics of BatchNorm are each rank's own
            until the next forward pass takes those of rank 0.

    Raises:
        RuntimeError: On every rank, naming the tensors and the ranks that differ from
            rank 0 in values, shape, dtype or ``requires_grad``.

    Example:
        >>> assert_in_sync(torch.nn.Linear(2, 1))
    """
    tensors = [*module.named_parameters(), *(module.named_buffers() if buffers else ())]
    found = _gather({name: _digest(tensor) for name, tensor in tensors})
    wrong = list[str]()
    for name in dict.fromkeys(name for rank in found for name in rank):
        hashes = [rank.get(name) for rank in found]
        if bad := [rank for rank, own in enumerate(hashes) if own != hashes[0]]:
            wrong.append(f"'{name}' on rank {', '.join(map(str, bad))}")
    if wrong:
        raise RuntimeError(
            f"{len(wrong)} tensors differ from rank 0: {'; '.join(wrong[:5])}: freeze "
            "and unfreeze before DistributedDataParallel; wrapping again copies rank 0"
        )


def _digest(tensor: torch.Tensor) -> str:
    data = tensor.detach().cpu().contiguous()
    content = hashlib.blake2b(ctypes.string_at(data.data_ptr(), data.nbytes))
    return f"{tensor.dtype, tensor.shape, tensor.requires_grad} {content.hexdigest()}"

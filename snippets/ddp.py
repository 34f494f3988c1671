"""Data parallel training: join the ranks, share the samples, count each sample once.

One file to copy. It needs torch 2.4 or newer. The model is torch's own
``DistributedDataParallel``.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import math
import operator
import os
import pickle
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sized
from datetime import timedelta
from fractions import Fraction
from types import FrameType
from typing import Any, NamedTuple, SupportsIndex, TypeVar

import torch
import torch.distributed as dist
from torch._subclasses import FakeTensor
from torch.nn.parameter import is_lazy
from torch.utils.data import BatchSampler, Sampler
from torch.utils.data.dataloader import _BaseDataLoaderIter

__all__ = [
    "Dist",
    "EvalSampler",
    "ResumableSampler",
    "assert_in_sync",
    "distributed",
    "weighted_mean",
]

T = TypeVar("T")
Source = Sized | SupportsIndex  # a dataset or its length

# --- joining the ranks ----------------------------------------------------------------

# What torchrun sets for each rank, and `launch` too.
VARIABLES = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")
# Other launchers: name, then where a task finds its rank and the number of tasks (the
# first variable that is set). An mpirun inside a Slurm job has both kinds of variables,
# so Slurm comes later. A shell in an allocation of many tasks is a step of one task, so
# the step comes before the allocation.
LAUNCHERS = (
    ("mpirun", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),
    ("mpirun", "MV2_COMM_WORLD_RANK", "MV2_COMM_WORLD_SIZE"),
    ("mpiexec", "PMI_RANK", "PMI_SIZE"),
    ("jsrun", "JSM_NAMESPACE_RANK", "JSM_NAMESPACE_SIZE"),
    ("flux", "FLUX_TASK_RANK", "FLUX_JOB_SIZE"),
    ("Slurm", "SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_NTASKS"),
    ("PMIx", "PMIX_RANK", "PMIX_SIZE"),
)
# The local rank is the first of these: some launchers leave it to Slurm.
LOCAL_RANKS = (
    "OMPI_COMM_WORLD_LOCAL_RANK",
    "MV2_COMM_WORLD_LOCAL_RANK",
    "MPI_LOCALRANKID",
    "JSM_NAMESPACE_LOCAL_RANK",
    "FLUX_TASK_LOCAL_ID",
    "SLURM_LOCALID",
    "PMIX_LOCAL_RANK",
)


class Dist(NamedTuple):
    """The place of this process among the ranks, and the device of its model and data.

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
        """Whether this is rank 0, the rank that prints and saves."""
        return self.rank == 0


@contextlib.contextmanager
def distributed(
    timeout: float | None = None, device: str | torch.device | None = None
) -> Iterator[Dist]:
    """Join the process group of the launcher, or form a group of one without it.

    torchrun and `launch` set all variables. Under ``srun`` or ``mpirun``, export
    MASTER_ADDR and MASTER_PORT, the same for all tasks: the ranks are then taken from
    the launcher's own variables. Leaving the block waits for all ranks and destroys
    the group. If the block raises, it doesn't wait for the other ranks.

    Args:
        timeout: Seconds that a collective may take, or None for torch's default.
        device: Type of the device, such as ``"cuda"``, or None for the accelerator if
            there is one and else the CPU. Its index is the local rank. The backend is
            torch's default for the type.

    Yields:
        The place of this process.

    Raises:
        RuntimeError: If a variable is missing or not a number, or if this is one of
            several tasks of another launcher and the address is not set.

    Example:
        >>> with distributed(device="cpu") as here:
        ...     here.rank, here.world_size, torch.distributed.get_backend()
        (0, 1, 'gloo')
    """
    place = _place()
    rank, world, local = place or (0, 1, 0)
    target = torch.device(device or _accelerator())
    if target.type != "cpu" and target.index is None:
        target = torch.device(target.type, local)
    options: dict[str, Any] = {"rank": rank, "world_size": world}
    if place is None:
        # A store in this process needs no port.
        options["store"] = dist.HashStore()  # type: ignore[attr-defined]
    if target.type in ("cuda", "xpu"):
        getattr(torch, target.type).set_device(target)
        options["device_id"] = target
    if timeout is not None:
        options["timeout"] = timedelta(seconds=timeout)
    backend = dist.Backend.default_device_backend_map.get(target.type, "gloo")
    dist.init_process_group(backend, **options)
    completed = False
    try:
        yield Dist(rank, world, local, target)
        dist.barrier()
        completed = True
    except BaseException as error:
        if hasattr(error, "add_note"):  # Python >= 3.11
            error.add_note(f"on rank {rank} of {world}")
        raise
    finally:
        # After an error NCCL waits for the others. Its group ends with the process.
        may_destroy = completed or world == 1 or backend == "gloo"
        if may_destroy and dist.is_initialized():
            # Older releases hold the GIL while they join gloo's threads, which need it
            # to drop their last tensors (pytorch/pytorch#154976). Let them do so first.
            time.sleep(0.05)
            dist.destroy_process_group()


def _place() -> tuple[int, int, int] | None:
    """Return rank, world size and local rank from the environment, None if alone."""
    given = {name: os.environ[name] for name in VARIABLES if name in os.environ}
    launcher, variable, task = _task_of_another_launcher()
    # torchrun and `launch` know what they do. Without them, a world of one is left over
    # from another run, and each task would train alone.
    by_torchrun = any(name.startswith("TORCHELASTIC_") for name in os.environ)
    left_over = given.get("WORLD_SIZE") == "1" and not by_torchrun
    size = task.get("WORLD_SIZE", "?")
    if task and size != "1" and (not given or left_over):
        raise RuntimeError(
            f"this is task {task['RANK']} of {size} of {launcher}, and torch's "
            "variables do not say so: start with torchrun, or export MASTER_ADDR and "
            "MASTER_PORT for all tasks and unset WORLD_SIZE, or "
            f"unset {variable} if this process is alone"
        )
    if not given:
        return None
    known = task | given
    for name in VARIABLES:
        value = known.get(name, "missing")
        is_valid = name in known if name == "MASTER_ADDR" else value.isdecimal()
        if not is_valid:
            names = ", ".join(given)
            raise RuntimeError(
                f"{name} is {value}: start with torchrun, or unset {names}"
            )
    return int(known["RANK"]), int(known["WORLD_SIZE"]), int(known["LOCAL_RANK"])


def _task_of_another_launcher() -> tuple[str, str, dict[str, str]]:
    """Return the launcher, its variable with the rank, and torchrun's for this task."""
    for launcher, variable, *sizes in LAUNCHERS:
        names = {"RANK": [variable], "WORLD_SIZE": sizes, "LOCAL_RANK": LOCAL_RANKS}
        found = {name: _first_set(variables) for name, variables in names.items()}
        task = {name: value for name, value in found.items() if value is not None}
        # A script of sbatch that asked for no tasks has a rank, but is not a task.
        is_first = task.get("RANK") == "0"
        is_script = launcher == "Slurm" and is_first and "WORLD_SIZE" not in task
        if "RANK" in task and not is_script:
            return launcher, variable, task
    return "", "", {}


def _first_set(names: Iterable[str]) -> str | None:
    """Return the value of the first variable that is set."""
    return next((os.environ[name] for name in names if name in os.environ), None)


def _accelerator() -> str:
    """Return the type of the accelerator, "cpu" if there is none."""
    # A CUDA build without a GPU has a current accelerator too: ask for both.
    if hasattr(torch, "accelerator") and torch.accelerator.is_available():  # >= 2.6
        accelerator = torch.accelerator.current_accelerator()
        return accelerator.type if accelerator else "cpu"
    return "cuda" if torch.cuda.is_available() else "cpu"


# --- talking to the other ranks -------------------------------------------------------


def _rank_and_size() -> tuple[int, int]:
    """Return rank and world size, (0, 1) without a process group."""
    if dist.is_available() and dist.is_initialized():
        return dist.get_rank(), dist.get_world_size()
    return 0, 1


def _gather(value: T) -> list[T]:
    """Return what each rank gives. torch's own `all_gather_object` needs NumPy."""
    world = _rank_and_size()[1]
    if world == 1:
        return [value]
    takes_cpu = "cpu:" in dist.get_backend_config()
    device = "cpu" if takes_cpu else _accelerator()
    own = torch.frombuffer(bytearray(pickle.dumps(value)), dtype=torch.uint8)
    size = torch.tensor(len(own), device=device)
    dist.all_reduce(size, dist.ReduceOp.MAX)
    padded = torch.zeros(int(size), dtype=torch.uint8, device=device)
    padded[: len(own)] = own
    parts = [torch.empty_like(padded) for _ in range(world)]
    dist.all_gather(parts, padded)
    return [pickle.loads(bytes(part.tolist())) for part in parts]


def _gather_or_raise(make: Callable[[], T]) -> list[T]:
    """Return what each rank makes. If one cannot, raise on all, so that none waits."""
    own: T | Exception
    try:
        own = make()
    except Exception as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        own = kind(str(error))
    values = list[T]()
    for rank, each in enumerate(_gather(own)):
        if isinstance(each, Exception):
            raise type(each)(f"rank {rank}: {each}")
        values.append(each)
    return values


# --- sharing the samples --------------------------------------------------------------


def _integer(name: str, value: SupportsIndex, least: float = 0) -> int:
    """Return an int. NumPy's integers are fine, bool is not."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{name} must be an integer, got {value!r}")
    number = operator.index(value)
    if number < least:
        raise ValueError(f"{name} must be {least} or more, got {number}")
    return number


def _size(dataset: Source) -> int:
    """Return the number of samples of a dataset, or the number itself."""
    if isinstance(dataset, Sized):
        return len(dataset)
    return _integer("dataset", dataset)


class _Loader(NamedTuple):
    """What is known about the loader that iterates over a sampler."""

    batch_size: int | None = 1  # None if its batch sampler does not say
    drop_last: bool = False
    is_even: bool = False  # every batch has `batch_size`, but for the last of an epoch
    ahead: int = 2  # batches that it may fetch for one look at the first

    @classmethod
    def behind(cls, frame: FrameType | None) -> _Loader:
        """Find the loader on the stack of the call to ``__iter__``.

        A loader does not tell its sampler about ``drop_last``. Only the batch sampler,
        which calls the sampler, knows it.
        """
        found, caller = cls(), frame
        while frame:
            owner: Any = frame.f_locals.get("self")
            if isinstance(owner, _BaseDataLoaderIter):
                if found == cls() and owner._auto_collation:
                    found = cls(batch_size=None)
                prefetch = getattr(owner, "_prefetch_factor", None) or 0
                return found._replace(ahead=2 + owner._num_workers * prefetch)
            says_so = hasattr(owner, "batch_size") and hasattr(owner, "drop_last")
            if isinstance(owner, BatchSampler) or (says_so and frame is caller):
                is_even = type(owner).__iter__ is BatchSampler.__iter__
                found = cls(owner.batch_size, bool(owner.drop_last), is_even)
            frame = frame.f_back
        return found


class ResumableSampler(Sampler[int]):
    """Sampler for training that resumes within an epoch, on any number of ranks.

    The order of an epoch depends on `seed` and the epoch alone. A loader fetches
    batches ahead, so a sample counts as used only when ``advance`` says so:

        while sampler.epoch < epochs:
            for inputs, labels in loader:
                ...
                sampler.advance(len(labels))

    A pass over the loader starts at the first sample of the epoch that is not counted.
    The call that counts the last one starts the next epoch. So a look at the first
    batch before the loop costs nothing, and a loop that ends early continues in the
    next pass. ``drop_last`` of torch's ``BatchSampler`` is noticed: the samples that it
    leaves out need no count. After a pass through a batch sampler of your own that
    leaves samples out, call ``set_epoch(sampler.epoch + 1)``; it must keep the order.

    The samples come back after a resume. Random numbers that workers draw for them, for
    example to augment images, do not: a new loader starts new workers, which begin with
    new seeds. Without workers, restore the random state of this process too.

    Args:
        dataset: Dataset, or its number of samples.
        shuffle: Whether to shuffle each epoch, or to keep the order of the dataset.
        seed: Seed of the orders, the same on all ranks.
        drop_last: Whether to leave out samples so that all ranks get equally many, or
            to repeat some. For ranks, as in torch's ``DistributedSampler``.

    Raises:
        TypeError: If `dataset` has no length, or `seed` is not an integer.

    Example:
        >>> sampler, again = (ResumableSampler(5, shuffle=False) for _ in range(2))
        >>> next(iter(sampler))
        0
        >>> sampler.advance(1)
        >>> again.load_state_dict(sampler.state_dict())
        >>> list(again)
        [1, 2, 3, 4]
    """

    def __init__(
        self,
        dataset: Source,
        *,
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
    ) -> None:
        self.size = _size(dataset)
        self.shuffle = shuffle
        self.seed = _integer("seed", seed, least=-math.inf)
        self.drop_last = drop_last
        self._loader = _Loader()
        self._go_to(0, 0)

    def _go_to(self, epoch: int, position: int) -> None:
        """Continue there. Positions count the samples of all ranks together."""
        self.epoch = epoch
        self.position = position
        self._start = position  # of the latest pass
        self._handed_out = position  # to the loader, which fetches ahead
        self._looks = 0  # passes in a row that handed out all, with nothing counted

    def _share(self, position: int) -> int:
        """Return how many samples each rank gets from `position` to the end."""
        rest, world = max(0, self.size - position), _rank_and_size()[1]
        return rest // world if self.drop_last else -(-rest // world)

    def _left(self) -> int:
        """Return how many samples each rank can still count in this epoch."""
        left, loader = self._share(self.position), self._loader
        if loader.drop_last and loader.batch_size:
            left -= left % loader.batch_size
        return left

    def __len__(self) -> int:
        """Return how many samples this rank gets in a pass from where it starts."""
        return self._share(self._start)

    def __iter__(self) -> Iterator[int]:
        self._refuse_if_not_counted()
        self._loader = _Loader.behind(sys._getframe(1))
        self._start = self._handed_out = position = self.position
        if not self._left():  # no batch would come, now or later
            self._go_to(self.epoch + 1, 0)
            return
        epoch, (rank, world) = self.epoch, _rank_and_size()
        end = position + len(self) * world
        places = torch.arange(position + rank, end, world) % self.size
        for index in self._order()[places].tolist():
            position += world
            if self.epoch == epoch:  # else all of it is counted
                self._handed_out = max(self._handed_out, position)
            yield index

    def _order(self) -> torch.Tensor:
        """Return the order of the epoch."""
        if not self.shuffle:
            return torch.arange(self.size)
        key = hashlib.blake2b(f"{self.seed},{self.epoch}".encode(), digest_size=8)
        generator = torch.Generator().manual_seed(int(key.hexdigest(), 16))
        return torch.randperm(self.size, generator=generator)

    def _not_counted(self) -> int:
        """Return how many samples this rank has handed out and not counted."""
        return (self._handed_out - self.position) // _rank_and_size()[1]

    def _is_ignored(self) -> bool:
        """Whether the latest pass handed out more than a look, and nothing counted."""
        look = (self._loader.batch_size or self.size) * self._loader.ahead
        return self.position == self._start and self._not_counted() > look

    def _refuse_if_not_counted(self) -> None:
        """Raise before a pass that would silently repeat the one before it."""
        all_out = 0 < self._share(self.position) <= self._not_counted()
        # With workers, a look at one batch of a small dataset hands out all samples.
        self._looks = self._looks + 1 if all_out and self.position == self._start else 0
        # A batch sampler that does not say what it leaves out may have left this out.
        left_out = all_out and self._loader.batch_size is None
        if self._is_ignored() or left_out or self._looks > 2:
            raise RuntimeError(
                f"{self._not_counted()} samples of epoch {self.epoch} were handed out "
                "and not counted: call advance(len(labels)) after each batch, or "
                "set_epoch(epoch) before each pass; if your batch sampler left them "
                "out, call set_epoch(epoch + 1) after it"
            )

    def advance(self, count: int) -> None:
        """Count samples of this rank as used. Every rank calls it after each batch.

        Args:
            count: Number of samples that the loader took for the batch, such as
                ``len(labels)``. The ``len`` of a batch that is a tuple or dict is
                something else.

        Raises:
            TypeError: If `count` is not an integer.
            ValueError: If the epoch has fewer samples left, if the loader has not taken
                as many, or if its batches have another size.
        """
        count = _integer("count", count)
        left, taken = self._left(), self._not_counted()
        batch_size = self._loader.batch_size or 1
        wrong = ""
        if count > left:
            wrong = f"with {left} samples of epoch {self.epoch} left on this rank"
        elif count > taken:
            wrong = f"after the loader took {taken} samples"
        elif self._loader.is_even and count % batch_size and count != left:
            wrong = f"with a loader whose batch_size is {batch_size}"
        if wrong:
            raise ValueError(
                f"advance({count}) {wrong}: give the number of samples of each batch "
                "once, such as len(labels)"
            )
        self.position += count * _rank_and_size()[1]
        if count and not self._left():
            self._go_to(self.epoch + 1, 0)

    def set_epoch(self, epoch: int) -> None:
        """Go to the start of an epoch, or stay in it if it is the current one.

        ``advance`` starts the next epoch, so this is for loops that call it anyway, as
        Lightning's and accelerate's do, and for those that never call ``advance``.

        Args:
            epoch: Number of the epoch, 0 or more.

        Raises:
            TypeError, ValueError: If `epoch` is not an integer of 0 or more.
        """
        epoch = _integer("epoch", epoch)
        self._go_to(epoch, self.position if epoch == self.epoch else 0)

    def state_dict(self) -> dict[str, int | bool]:
        """Return where to resume, the same on each rank.

        Returns:
            Numbers, which load with ``weights_only=True``.

        Raises:
            RuntimeError: If a pass has handed out batches and none was counted.
        """
        if self._is_ignored():
            raise RuntimeError(
                f"no sample of epoch {self.epoch} is counted: call "
                "advance(len(labels)) after each batch, then save"
            )
        names = ("size", "seed", "shuffle", "epoch", "position")
        return {name: getattr(self, name) for name in names}

    def load_state_dict(self, state: dict[str, int | bool]) -> None:
        """Resume there, with the number of ranks that there are now.

        Args:
            state: What `state_dict` returned.

        Raises:
            ValueError: If the dataset size, the seed or shuffle was different.
        """
        for name in ("size", "seed", "shuffle"):
            own = getattr(self, name)
            if state[name] != own:
                raise ValueError(
                    f"{name} is {own!r}, saved was {state[name]!r}: make the sampler "
                    "as in the saved run"
                )
        self._go_to(state["epoch"], state["position"])


class EvalSampler(Sampler[int]):
    """Sampler for evaluation: each sample on one rank, once, in order.

    torch's ``DistributedSampler`` repeats samples (pytorch/pytorch#25162). Here the
    ranks get sizes that may differ by one, so call no collective inside the loop. See
    `weighted_mean`.

    Args:
        dataset: Dataset, or its number of samples.

    Raises:
        TypeError: If `dataset` has no length.

    Example:
        >>> list(EvalSampler(3))
        [0, 1, 2]
    """

    def __init__(self, dataset: Source) -> None:
        self.size = _size(dataset)

    def __len__(self) -> int:
        """Return how many samples this rank gets."""
        rank, world = _rank_and_size()
        return len(range(rank, self.size, world))

    def __iter__(self) -> Iterator[int]:
        rank, world = _rank_and_size()
        return iter(range(rank, self.size, world))


# --- one result of all ranks ----------------------------------------------------------


def weighted_mean(value: float | torch.Tensor, n: float | torch.Tensor) -> float:
    """Return the mean over the samples of all ranks, from the mean of each rank.

    Every rank calls it, also a rank without samples.

    Args:
        value: Mean of this rank, a number or a tensor of one element. Anything if `n`
            is 0.
        n: Number of samples of this rank, or their weight: 0 or more, a number or a
            tensor of one element.

    Returns:
        sum(value * n) / sum(n), the same on each rank, computed exactly and rounded
        once.

    Raises:
        TypeError: If `value` or `n` is not a number on some rank. On every rank.
        ValueError: If no rank has a sample, if `n` is negative or not finite on some
            rank, or if a tensor has more than one element. On every rank.

    Example:
        >>> weighted_mean(0.25, 8)
        0.25
        >>> weighted_mean(torch.tensor(0.5), torch.tensor([True, True]).sum())
        0.5
    """

    def checked() -> tuple[float, int | float]:
        count = _number("n", n)
        if isinstance(count, bool):
            raise TypeError(f"n must be a number of samples, got {count}")
        if not 0 <= count < math.inf:
            raise ValueError(f"n must be 0 or more and finite, got {count}")
        return (float(_number("value", value)) if count else 0.0), count

    pairs = [(mean, count) for mean, count in _gather_or_raise(checked) if count]
    if not pairs:
        raise ValueError("no rank has a sample: n is 0 on each")
    total = sum(Fraction(count) for _, count in pairs)
    if all(math.isfinite(mean) for mean, _ in pairs):
        return float(sum(Fraction(mean) * Fraction(n) for mean, n in pairs) / total)
    return sum(mean for mean, _ in pairs if not math.isfinite(mean))


def _number(name: str, value: Any) -> int | float:
    """Return a Python number; a tensor must have one element."""
    if isinstance(value, torch.Tensor):
        shape = list(value.shape)
        if value.numel() != 1:
            raise ValueError(f"{name} must have one element, got the shape {shape}")
        value = value.item()
    if isinstance(value, int | float):
        return value
    if hasattr(value, "__float__"):  # as NumPy's numbers have
        return float(value)
    raise TypeError(f"{name} must be a number, got {type(value).__name__}")


def assert_in_sync(module: torch.nn.Module, buffers: bool = True) -> None:
    """Check that parameters and buffers are bit-equal on all ranks.

    Every rank calls it. Weights that a module keeps elsewhere and puts into its state
    dict, as quantized layers do, count as buffers.

    Args:
        module: The model.
        buffers: Whether to compare buffers. The statistics of BatchNorm differ between
            ranks until the next forward pass takes those of rank 0.

    Raises:
        RuntimeError: If tensors differ from those of rank 0 in values, shape, dtype,
            layout or ``requires_grad``. On every rank, with their names and the ranks.
        TypeError: If a tensor has no values to compare, for example on the meta device,
            or if each rank holds a part of it. On every rank, with its name.

    Example:
        >>> assert_in_sync(torch.nn.Linear(2, 1))
    """

    def digests() -> dict[str, list[str]]:
        found = dict[str, list[str]]()
        for name, tensor in _tensors(module, buffers):
            found.setdefault(name, []).append(_digest(name, tensor))
        return found

    found = _gather_or_raise(digests)
    different = list[str]()
    for name in dict.fromkeys(name for rank in found for name in rank):
        hashes = [rank.get(name) for rank in found]
        ranks = [str(rank) for rank, own in enumerate(hashes) if own != hashes[0]]
        if ranks:
            different.append(f"'{name}' on rank {', '.join(ranks)}")
    if different:
        count = len(different)
        differ = "1 tensor differs" if count == 1 else f"{count} tensors differ"
        raise RuntimeError(
            f"{differ} from rank 0: {'; '.join(different[:5])}: freeze and "
            "unfreeze before DistributedDataParallel; wrapping again copies rank 0"
        )


def _tensors(
    module: torch.nn.Module, buffers: bool
) -> Iterator[tuple[str, torch.Tensor]]:
    """Yield tensors with their names. A tied tensor has several."""
    named: dict[str, Any] = dict(module.named_parameters(remove_duplicate=False))
    if buffers:
        named |= module.named_buffers(remove_duplicate=False)
        named |= {k: v for k, v in module.state_dict().items() if k not in named}
    for name, value in named.items():
        # A quantized layer has its weight and bias as a tuple.
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, torch.Tensor):
                yield name, part


def _digest(name: str, tensor: torch.Tensor) -> str:
    """Return text that is equal for equal tensors, or raise a TypeError."""
    # Lazy, on the meta device, or fake.
    if is_lazy(tensor) or tensor.is_meta or isinstance(tensor, FakeTensor):
        raise TypeError(f"'{name}' cannot be compared: it has no values, only a shape")
    if hasattr(tensor, "placements"):  # a DTensor
        raise TypeError(f"'{name}' cannot be compared: each rank holds a part of it")
    # A copy has what the tensor shows, not the whole storage that it is a view of.
    data: Any = tensor.detach().cpu()
    if data.is_nested:
        data = [part.clone() for part in data.unbind()]
    elif data.is_sparse:
        data = data.coalesce().clone()
    elif data.is_mkldnn:
        data = data.to_dense()
    elif data.layout == torch.strided:
        data = data.clone(memory_format=torch.contiguous_format)
    else:  # compressed, such as CSR
        data = data.clone()
    file = io.BytesIO()
    torch.save(data, file)  # which knows all kinds of tensors
    content = hashlib.blake2b(file.getbuffer()).hexdigest()
    return f"{tensor.dtype, tensor.layout, tensor.requires_grad} {content}"

"""Train on several ranks: join the process group, share samples and combine metrics.

Copy this file into your project. It needs only torch 2.4 or newer. Use it with torch's
own ``DistributedDataParallel``.
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

# The environment variables that torchrun and `launch` set for each rank.
VARIABLES = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")
# Other launchers: the name, the variable with the rank of a task, and the variables
# with the number of tasks, of which the first that is set counts. If mpirun runs inside
# a Slurm job, the variables of both are set, so Slurm comes after the MPI launchers. A
# shell in an allocation of many tasks is a job step of one task, so the variable of the
# step comes before the one of the allocation.
LAUNCHERS = (
    ("mpirun", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),
    ("mpirun", "MV2_COMM_WORLD_RANK", "MV2_COMM_WORLD_SIZE"),
    ("mpiexec", "PMI_RANK", "PMI_SIZE"),
    ("jsrun", "JSM_NAMESPACE_RANK", "JSM_NAMESPACE_SIZE"),
    ("flux", "FLUX_TASK_RANK", "FLUX_JOB_SIZE"),
    ("Slurm", "SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_NTASKS"),
    ("PMIx", "PMIX_RANK", "PMIX_SIZE"),
)
# The variables with the local rank. The first one that is set counts, even if another
# launcher set it: some launchers leave it to Slurm.
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
    """The rank of this process, and the device for its model and data.

    Attributes:
        rank: Rank of this process, from 0 to ``world_size - 1``.
        world_size: Number of processes in the group.
        local_rank: Rank among the processes on this machine.
        device: Device for the model and the data of this process.

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
        """Whether this is rank 0, which usually prints and saves."""
        return self.rank == 0


@contextlib.contextmanager
def distributed(
    timeout: float | None = None, device: str | torch.device | None = None
) -> Iterator[Dist]:
    """Join the launcher's process group, or create a group of one if there is none.

    torchrun and `launch` set all environment variables that this needs. If you start
    your program with ``srun`` or ``mpirun``, export MASTER_ADDR and MASTER_PORT with
    the same values for all tasks. The ranks then come from the launcher's variables.

    At the end of the ``with`` block, each rank waits for all others and then destroys
    the group. If the block raises an error, the rank doesn't wait.

    Args:
        timeout: Maximum time of a collective in seconds, or None for torch's default.
        device: Device type, such as ``"cuda"``. None means the accelerator if there is
            one, otherwise the CPU. The device index is the local rank. The backend is
            torch's default for the device type.

    Yields:
        The rank of this process, and its device.

    Raises:
        RuntimeError: If an environment variable is missing or is not a number, or if
            another launcher started several tasks without MASTER_ADDR and MASTER_PORT.

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
        # A store in this process doesn't need a port.
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
        # After an error, destroying an NCCL group would wait for the other ranks. It
        # ends with the process instead.
        may_destroy = completed or world == 1 or backend == "gloo"
        if may_destroy and dist.is_initialized():
            # gloo's threads need the GIL to free their last tensors. Older releases
            # hold it while they join these threads (pytorch/pytorch#154976), so first
            # wait until the tensors are free.
            time.sleep(0.05)
            dist.destroy_process_group()


def _place() -> tuple[int, int, int] | None:
    """Return rank, world size and local rank from the environment.

    Return None if no launcher started this process.
    """
    given = {name: os.environ[name] for name in VARIABLES if name in os.environ}
    launcher, variable, task = _task_of_another_launcher()
    # A world size of 1 is right if torchrun or `launch` set it. Otherwise it is left
    # over from another run, and with it each task would train alone.
    by_torchrun = any(name.startswith("TORCHELASTIC_") for name in os.environ)
    left_over = given.get("WORLD_SIZE") == "1" and not by_torchrun
    size = task.get("WORLD_SIZE", "?")
    if task and size != "1" and (not given or left_over):
        raise RuntimeError(
            f"this is task {task['RANK']} of {size} of {launcher}, but torchrun's "
            "variables are not set for it: start with torchrun, or export MASTER_ADDR "
            "and MASTER_PORT for all tasks and unset WORLD_SIZE, or "
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
    """Find the launcher of this process, if it isn't torchrun or `launch`.

    Returns:
        Name of the launcher, name of its variable with the rank, and the values for
        RANK, WORLD_SIZE and LOCAL_RANK that are known. All are empty without such a
        launcher.
    """
    for launcher, variable, *sizes in LAUNCHERS:
        names = {"RANK": [variable], "WORLD_SIZE": sizes, "LOCAL_RANK": LOCAL_RANKS}
        found = {name: _first_set(variables) for name, variables in names.items()}
        task = {name: value for name, value in found.items() if value is not None}
        # A batch script that sbatch runs has rank 0 too, even if the job asks for no
        # tasks. Then it isn't a task.
        is_first = task.get("RANK") == "0"
        is_script = launcher == "Slurm" and is_first and "WORLD_SIZE" not in task
        if "RANK" in task and not is_script:
            return launcher, variable, task
    return "", "", {}


def _first_set(names: Iterable[str]) -> str | None:
    """Return the value of the first environment variable that is set."""
    return next((os.environ[name] for name in names if name in os.environ), None)


def _accelerator() -> str:
    """Return the device type of the accelerator, or "cpu" if there is none."""
    # A CUDA build has a current accelerator even without a GPU, so check both.
    if hasattr(torch, "accelerator") and torch.accelerator.is_available():  # >= 2.6
        accelerator = torch.accelerator.current_accelerator()
        return accelerator.type if accelerator else "cpu"
    return "cuda" if torch.cuda.is_available() else "cpu"


# --- exchanging objects between ranks -------------------------------------------------


def _rank_and_size() -> tuple[int, int]:
    """Return rank and world size, or (0, 1) if there is no process group."""
    if dist.is_available() and dist.is_initialized():
        return dist.get_rank(), dist.get_world_size()
    return 0, 1


def _gather(value: T) -> list[T]:
    """Return the values of all ranks, in order of the ranks.

    torch's own ``all_gather_object`` needs NumPy.
    """
    world = _rank_and_size()[1]
    if world == 1:
        return [value]
    supports_cpu = "cpu:" in dist.get_backend_config()
    device = "cpu" if supports_cpu else _accelerator()
    own = torch.frombuffer(bytearray(pickle.dumps(value)), dtype=torch.uint8)
    # The ranks can have different sizes, but all_gather needs equal ones: pad to the
    # largest. Loading a pickle ignores what follows it.
    size = torch.tensor(len(own), device=device)
    dist.all_reduce(size, dist.ReduceOp.MAX)
    padded = torch.zeros(int(size), dtype=torch.uint8, device=device)
    padded[: len(own)] = own
    parts = [torch.empty_like(padded) for _ in range(world)]
    dist.all_gather(parts, padded)
    return [pickle.loads(bytes(part.tolist())) for part in parts]


def _gather_or_raise(make: Callable[[], T]) -> list[T]:
    """Call `make` on each rank and return the results of all ranks.

    If `make` fails on a rank, all ranks raise its error, so that no rank waits forever.
    """
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
    """Return any integer, including one from NumPy, as an int, but reject a bool."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{name} must be an integer, got {value!r}")
    number = operator.index(value)
    if number < least:
        raise ValueError(f"{name} must be {least} or more, got {number}")
    return number


def _size(dataset: Source) -> int:
    """Return the number of samples of a dataset, or the given number itself."""
    if isinstance(dataset, Sized):
        return len(dataset)
    return _integer("dataset", dataset)


class _Loader(NamedTuple):
    """What is known about the data loader that iterates over a sampler.

    Attributes:
        batch_size: Number of samples in a batch, or None if the batch sampler has no
            such attribute.
        drop_last: Whether the loader leaves out the last batch if it is smaller.
        is_even: Whether every batch except the last one has `batch_size` samples.
        ahead: Number of batches that the loader may fetch if you only look at the
            first one.
    """

    batch_size: int | None = 1
    drop_last: bool = False
    is_even: bool = False
    ahead: int = 2

    @classmethod
    def behind(cls, frame: FrameType | None) -> _Loader:
        """Find the loader in the call stack of the sampler's ``__iter__``.

        A loader doesn't pass ``drop_last`` to its sampler. Only the batch sampler that
        iterates over the sampler has it.
        """
        found, caller = cls(), frame
        while frame:
            owner: Any = frame.f_locals.get("self")
            if isinstance(owner, _BaseDataLoaderIter):
                if found == cls() and owner._auto_collation:
                    found = cls(batch_size=None)
                prefetch = getattr(owner, "_prefetch_factor", None) or 0
                return found._replace(ahead=2 + owner._num_workers * prefetch)
            # Any class can be a batch sampler if it has these attributes.
            has_both = hasattr(owner, "batch_size") and hasattr(owner, "drop_last")
            if isinstance(owner, BatchSampler) or (has_both and frame is caller):
                is_even = type(owner).__iter__ is BatchSampler.__iter__
                found = cls(owner.batch_size, bool(owner.drop_last), is_even)
            frame = frame.f_back
        return found


class ResumableSampler(Sampler[int]):
    """Sampler for training that can resume within an epoch, on any number of ranks.

    The order of an epoch depends only on `seed` and on the number of the epoch. A data
    loader fetches batches ahead, so the sampler can't know which of them you have used.
    Call ``advance`` after each batch to count its samples as used:

        while sampler.epoch < epochs:
            for inputs, labels in loader:
                ...
                sampler.advance(len(labels))

    Each pass over the loader starts at the first sample of the epoch that isn't counted
    yet. When you count the last sample, the next epoch starts. So you can look at the
    first batch before the loop, and if a loop ends early, the next pass continues it.

    The sampler finds out whether the loader uses ``drop_last``. Don't count the samples
    that the loader leaves out. If you wrote your own batch sampler, it must keep the
    order. If it leaves out samples, call ``set_epoch(sampler.epoch + 1)`` after each
    pass.

    A resumed run gets the same samples, but workers draw different random numbers for
    them, for example to augment images: a new loader starts new workers with new seeds.
    Without workers, you get the same random numbers if you also restore the random
    state of this process.

    Args:
        dataset: Dataset, or its number of samples.
        shuffle: Whether to shuffle the samples in each epoch. If False, they are in the
            order of the dataset.
        seed: Seed for shuffling. It must be the same on all ranks.
        drop_last: How to give all ranks the same number of samples: True leaves out a
            few samples, False repeats a few, as in torch's ``DistributedSampler``.

    Raises:
        TypeError: If `dataset` has no length and isn't an integer, or `seed` isn't an
            integer.
        ValueError: If `dataset` is a negative number.

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
        """Continue at this position, which counts the samples of all ranks together."""
        self.epoch = epoch
        self.position = position  # samples that are counted
        self._start = position  # where the latest pass started
        self._handed_out = position  # samples that the loader has fetched
        self._looks = 0  # passes in a row that fetched all samples and counted none

    def _share(self, position: int) -> int:
        """Return how many samples each rank gets from `position` to the end."""
        rest, world = max(0, self.size - position), _rank_and_size()[1]
        return rest // world if self.drop_last else -(-rest // world)  # rounded up

    def _left(self) -> int:
        """Return how many samples each rank can still count in this epoch."""
        left, loader = self._share(self.position), self._loader
        if loader.drop_last and loader.batch_size:
            left -= left % loader.batch_size
        return left

    def __len__(self) -> int:
        """Return how many samples this rank gets in the latest pass.

        Before the first pass, this is the number of samples that are left in the epoch.
        """
        return self._share(self._start)

    def __iter__(self) -> Iterator[int]:
        self._refuse_if_not_counted()
        self._loader = _Loader.behind(sys._getframe(1))
        self._start = self._handed_out = position = self.position
        if not self._left():  # the loader would never return a batch in this epoch
            self._go_to(self.epoch + 1, 0)
            return
        epoch, (rank, world) = self.epoch, _rank_and_size()
        end = position + len(self) * world
        places = torch.arange(position + rank, end, world) % self.size
        for index in self._order()[places].tolist():
            position += world
            if self.epoch == epoch:  # otherwise the whole epoch is counted already
                self._handed_out = max(self._handed_out, position)
            yield index

    def _order(self) -> torch.Tensor:
        """Return the indices of all samples in the order of the current epoch."""
        if not self.shuffle:
            return torch.arange(self.size)
        key = hashlib.blake2b(f"{self.seed},{self.epoch}".encode(), digest_size=8)
        generator = torch.Generator().manual_seed(int(key.hexdigest(), 16))
        return torch.randperm(self.size, generator=generator)

    def _not_counted(self) -> int:
        """Return how many samples this rank has fetched but not counted."""
        return (self._handed_out - self.position) // _rank_and_size()[1]

    def _is_ignored(self) -> bool:
        """Return whether the loop over the loader seems not to call ``advance``.

        This is the case if the latest pass has fetched more samples than a look at the
        first batch needs, and none of them has been counted.
        """
        look = (self._loader.batch_size or self.size) * self._loader.ahead
        return self.position == self._start and self._not_counted() > look

    def _refuse_if_not_counted(self) -> None:
        """Raise an error if a new pass would repeat samples because none is counted."""
        all_out = 0 < self._share(self.position) <= self._not_counted()
        # With workers, a look at the first batch of a small dataset fetches all of its
        # samples. So allow it twice in a row.
        self._looks = self._looks + 1 if all_out and self.position == self._start else 0
        # A batch sampler without `drop_last` may have left out the rest of the samples.
        left_out = all_out and self._loader.batch_size is None
        if self._is_ignored() or left_out or self._looks > 2:
            raise RuntimeError(
                f"{self._not_counted()} samples of epoch {self.epoch} were handed out "
                "and not counted: call advance(len(labels)) after each batch, or "
                "set_epoch(epoch) before each pass. If your batch sampler left them "
                "out, call set_epoch(epoch + 1) after the pass"
            )

    def advance(self, count: int) -> None:
        """Count samples of this rank as used. Call it on every rank after each batch.

        Args:
            count: Number of samples in the batch, such as ``len(labels)``. If the batch
                is a tuple or a dict, its own ``len`` is a different number.

        Raises:
            TypeError: If `count` is not an integer.
            ValueError: If `count` is negative, if this rank has fewer samples left in
                the epoch, if the loader has fetched fewer samples, or if `count`
                doesn't fit the loader's batch size.
        """
        count = _integer("count", count)
        left, fetched = self._left(), self._not_counted()
        batch_size = self._loader.batch_size or 1
        problem = ""
        if count > left:
            problem = f"this rank has only {left} left in epoch {self.epoch}"
        elif count > fetched:
            problem = f"the loader has fetched only {fetched} more"
        elif self._loader.is_even and count % batch_size and count != left:
            problem = f"the loader's batch_size is {batch_size}"
        if problem:
            raise ValueError(
                f"advance({count}), but {problem}: call it once per batch with the "
                "number of samples, such as len(labels)"
            )
        self.position += count * _rank_and_size()[1]
        if count and not self._left():
            self._go_to(self.epoch + 1, 0)

    def set_epoch(self, epoch: int) -> None:
        """Go to the start of an epoch, or stay in place if it is the current one.

        If you call ``advance``, you don't need this method, because ``advance`` starts
        the next epoch. It is for loops that never call ``advance``, and for Lightning
        and accelerate, which call ``set_epoch`` anyway.

        Args:
            epoch: Number of the epoch, 0 or more.

        Raises:
            TypeError, ValueError: If `epoch` is not an integer, or is negative.
        """
        epoch = _integer("epoch", epoch)
        self._go_to(epoch, self.position if epoch == self.epoch else 0)

    def state_dict(self) -> dict[str, int | bool]:
        """Return the state to save in a checkpoint. It is the same on every rank.

        Returns:
            Integers and bools, which ``torch.load(weights_only=True)`` accepts.

        Raises:
            RuntimeError: If the loop over the loader never calls ``advance``.
        """
        if self._is_ignored():
            raise RuntimeError(
                f"no sample of epoch {self.epoch} is counted yet: call "
                "advance(len(labels)) after each batch, before you save"
            )
        names = ("size", "seed", "shuffle", "epoch", "position")
        return {name: getattr(self, name) for name in names}

    def load_state_dict(self, state: dict[str, int | bool]) -> None:
        """Resume where the state was saved, on any number of ranks.

        Args:
            state: State that `state_dict` returned.

        Raises:
            ValueError: If the dataset size, `seed` or `shuffle` differs from the saved
                one.
        """
        for name in ("size", "seed", "shuffle"):
            own = getattr(self, name)
            if state[name] != own:
                raise ValueError(
                    f"{name} is {own!r}, but was {state[name]!r} when the state was "
                    "saved: create the sampler with the same arguments as then"
                )
        self._go_to(state["epoch"], state["position"])


class EvalSampler(Sampler[int]):
    """Sampler for evaluation that gives each sample to exactly one rank, in order.

    torch's ``DistributedSampler`` repeats samples (pytorch/pytorch#25162). This one
    doesn't, so some ranks may get one sample more than others. Don't call a collective
    inside the loop, because a rank with fewer batches would not call it as often. After
    the loop, combine the results with `weighted_mean`.

    Args:
        dataset: Dataset, or its number of samples.

    Raises:
        TypeError: If `dataset` has no length and isn't an integer.
        ValueError: If `dataset` is a negative number.

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


# --- one result for all ranks ---------------------------------------------------------


def weighted_mean(value: float | torch.Tensor, n: float | torch.Tensor) -> float:
    """Combine the mean of each rank into the mean over the samples of all ranks.

    Call it on every rank, even on a rank without samples. If the arguments of one rank
    are invalid, all ranks raise the same error.

    Args:
        value: Mean over the samples of this rank, as a number or a tensor with one
            element of any dtype. It is ignored if `n` is 0.
        n: Number of samples on this rank, or their total weight, as a number or a
            tensor with one element of any dtype. It must be 0 or more.

    Returns:
        sum(value * n) / sum(n) over all ranks. It is computed exactly and rounded once,
        so that it is equal on all ranks.

    Raises:
        TypeError: If `value` or `n` is not a number.
        ValueError: If no rank has a sample, if `n` is negative or not finite, or if a
            tensor doesn't have exactly one element.

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
        raise ValueError("n must be more than 0 on at least one rank")
    total = sum(Fraction(count) for _, count in pairs)
    if all(math.isfinite(mean) for mean, _ in pairs):
        return float(sum(Fraction(mean) * Fraction(n) for mean, n in pairs) / total)
    return sum(mean for mean, _ in pairs if not math.isfinite(mean))


def _number(name: str, value: Any) -> int | float:
    """Return a number, or a tensor with one element, as a Python number."""
    if isinstance(value, torch.Tensor):
        shape = list(value.shape)
        if value.numel() != 1:
            raise ValueError(f"{name} must have one element, got shape {shape}")
        value = value.item()
    if isinstance(value, int | float):
        return value
    if hasattr(value, "__float__"):  # for example a NumPy number
        return float(value)
    raise TypeError(f"{name} must be a number, got {type(value).__name__}")


def assert_in_sync(module: torch.nn.Module, buffers: bool = True) -> None:
    """Check that a model's parameters and buffers are bitwise identical on all ranks.

    Call it on every rank. If the check fails, all ranks raise the same error. Some
    modules, such as quantized layers, have weights that are neither parameters nor
    buffers but are in the state dict. They are compared together with the buffers.

    Args:
        module: Model to check.
        buffers: Whether to compare buffers too. The running statistics of BatchNorm
            differ between ranks after a forward pass, until the next one copies the
            statistics of rank 0.

    Raises:
        RuntimeError: If tensors differ from those of rank 0 in values, shape, dtype,
            layout or ``requires_grad``. The message names up to five of them and the
            ranks.
        TypeError: If a tensor can't be compared, because it has no values, as on the
            meta device, or because each rank has only a part of it. The message names
            the tensor.

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
            "unfreeze before you wrap the model in DistributedDataParallel, or wrap it "
            "again to copy the tensors of rank 0"
        )


def _tensors(
    module: torch.nn.Module, buffers: bool
) -> Iterator[tuple[str, torch.Tensor]]:
    """Yield tensors with their names. A tied tensor has several names."""
    named: dict[str, Any] = dict(module.named_parameters(remove_duplicate=False))
    if buffers:
        named |= module.named_buffers(remove_duplicate=False)
        named |= {k: v for k, v in module.state_dict().items() if k not in named}
    for name, value in named.items():
        # In the state dict of a quantized layer, weight and bias are a tuple.
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, torch.Tensor):
                yield name, part


def _digest(name: str, tensor: torch.Tensor) -> str:
    """Return a string that is the same for equal tensors, and differs for unequal ones.

    Raise a TypeError if the values of the tensor aren't available.
    """
    if is_lazy(tensor) or tensor.is_meta or isinstance(tensor, FakeTensor):
        raise TypeError(
            f"'{name}' can't be compared, because it has no values: initialize it first"
        )
    if hasattr(tensor, "placements"):  # a DTensor
        raise TypeError(
            f"'{name}' can't be compared, because each rank has only a part of it: "
            "compare its full_tensor()"
        )
    # Copy the tensor, because torch.save writes the whole storage of a view.
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
    torch.save(data, file)  # supports all kinds of tensors
    content = hashlib.blake2b(file.getbuffer()).hexdigest()
    return f"{tensor.dtype, tensor.layout, tensor.requires_grad} {content}"

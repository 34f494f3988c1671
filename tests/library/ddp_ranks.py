"""Functions that the ranks run in the tests of ddp and launching.

Ranks can import them from this file, whatever the start method is.
"""

import contextlib
import ctypes
import functools
import math
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import torch
import torch._dynamo  # DDP and optimizers import it, which takes seconds on each rank
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, TensorDataset

from snippets import ddp
from snippets.launching import launch
from tests.forked import import_ahead

# Each rank is a fork of one server process, which imports this module once. A rank then
# starts in 0.1 s instead of 2 s.
import_ahead(__name__)
IMPORTED_BY = os.getpid()


def start(fn, nprocs, *args, **options):
    """Launch ranks as forks of the server process."""
    return launch(fn, nprocs, *args, start_method="forkserver", **options)


def is_imported_ahead():
    """Return whether the server imported this module, and not the rank itself."""
    return os.getpid() != IMPORTED_BY


def fail(kind, folder, timeout=None):
    """Let rank 1 fail while the other ranks wait for it in an all-reduce."""
    with ddp.distributed(timeout=timeout, device="cpu") as here:
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        Path(folder, f"{here.rank}").write_text(f"{os.getpid()} {child.pid}")
        dist.barrier()
        if here.rank == 1:
            print("epoch", 3, "step 7")
            fault(kind)
        if kind == "raise, others ignore SIGTERM":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            time.sleep(600)
        dist.all_reduce(torch.ones(1))
    return here.rank


def fault(kind):
    """Fail in the way that `kind` describes."""
    if kind.startswith("raise"):
        raise ValueError("no such\nlabel: 11")
    if kind == "exit 3":
        sys.exit(3)
    if kind == "exit":
        sys.exit()
    if kind == "leave at once with 0":
        os._exit(0)
    if kind == "leave at once with 5":
        os._exit(5)
    if kind == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if kind == "stop":
        os.kill(os.getpid(), signal.SIGSTOP)
    if kind == "hang":
        time.sleep(600)
    raise AssertionError(kind)


def leave_early():
    """Let rank 1 raise its own error after rank 0 has lost the connection to it."""
    with ddp.distributed(device="cpu") as here:
        if here.rank == 1:
            try:
                raise KeyError("fold")
            finally:
                dist.destroy_process_group()
                time.sleep(0.5)
        dist.all_reduce(torch.ones(1))


def blame(kind):
    """Let rank 1 of three cause a failure, in the way that `kind` describes."""
    if kind == "returns before it joins" and os.environ["RANK"] == "1":
        return
    dist.init_process_group(
        "gloo", timeout=timedelta(seconds=3 if kind.endswith("times out") else 600)
    )
    rank = dist.get_rank()
    work = CULPRITS[kind] if rank == 1 else OTHERS.get((kind, rank), wait_in_all_reduce)
    work()


def wait_in_all_reduce():
    dist.all_reduce(torch.ones(1))


def fail_with(error):
    raise error


def fail_with_much_to_clean_up():
    """Fail, but report it long after the other ranks lose the connection."""
    try:
        raise KeyError("fold")
    finally:
        dist.destroy_process_group()
        time.sleep(3)


def fail_and_wait_in_finally():
    try:
        raise KeyError("fold")
    finally:
        dist.monitored_barrier(timeout=timedelta(seconds=2))


def fail_and_wait_longer_than_others():
    time.sleep(1)  # until the other ranks wait
    try:
        raise KeyError("fold")
    finally:
        dist.recv(torch.ones(1), src=0)


def fail_and_never_end():
    threading.Thread(target=time.sleep, args=(600,)).start()  # not a daemon
    raise KeyError("fold")


class Unprintable(Exception):
    """An error that has no message and can't be pickled."""

    def __init__(self):
        self.lock = threading.Lock()

    def __str__(self):
        raise ValueError("no text")


class OnlyThere:
    """A result that can't be unpickled."""

    def __reduce__(self):
        return raise_what_has_no_text, ()


def raise_what_has_no_text():
    raise Unprintable


def hang_in_a_lock():
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()


def hang_in_a_loop():
    while True:
        sum(range(1000))


def hang_in_c():
    ctypes.PyDLL(None).sleep(600)  # PyDLL keeps the GIL


def abort_while_waiting():
    """Abort while waiting, as NCCL does with a rank that waits too long."""
    threading.Timer(1, os.kill, (os.getpid(), signal.SIGABRT)).start()
    wait_in_all_reduce()


def wait_for_work():
    dist.all_reduce(torch.ones(1), async_op=True).wait()


def wait_and_wrap():
    try:
        wait_in_all_reduce()
    except RuntimeError as error:
        raise OSError("cannot sync") from error


def wait_and_exit():
    try:
        wait_in_all_reduce()
    except RuntimeError:
        sys.exit(1)


def compute():
    time.sleep(600)


def fail_later():
    time.sleep(0.1)
    raise ValueError("later")


def crash():
    os.kill(os.getpid(), signal.SIGSEGV)


def do_nothing():
    pass


CULPRITS = {
    "text of a loader": functools.partial(
        fail_with, RuntimeError("DataLoader timed out after 5 seconds")
    ),
    "text of http": functools.partial(
        fail_with, ConnectionRefusedError("Connection refused")
    ),
    "text of NCCL": functools.partial(
        fail_with, RuntimeError("NCCL error: connection closed by peer, timed out")
    ),
    "cleans up": fail_with_much_to_clean_up,
    "waits in finally, times out": fail_and_wait_in_finally,
    "waits longer in finally, times out": fail_and_wait_longer_than_others,
    "never ends": fail_and_never_end,
    "no text": raise_what_has_no_text,
    "lock, times out": hang_in_a_lock,
    "loop, times out": hang_in_a_loop,
    "C, times out": hang_in_c,
    "others abort": compute,
    "async, times out": hang_in_a_lock,
    "wrapped, times out": hang_in_a_lock,
    "exit, times out": hang_in_a_lock,
    "first of two": functools.partial(fail_with, KeyError("fold")),
    "crash": crash,
    "returns early": do_nothing,
    "returns early, one computes": do_nothing,
    "returns before it joins": do_nothing,
}
# What the other ranks do, by kind and rank. Those not listed wait in an all-reduce.
OTHERS = {
    ("text of a loader", 0): compute,
    ("cleans up", 2): compute,
    ("others abort", 0): abort_while_waiting,
    ("others abort", 2): abort_while_waiting,
    ("async, times out", 0): wait_for_work,
    ("async, times out", 2): wait_for_work,
    ("wrapped, times out", 0): wait_and_wrap,
    ("exit, times out", 0): wait_and_exit,
    ("first of two", 0): fail_later,
    ("returns early, one computes", 0): compute,
}


def sum_of_ranks():
    """Return the rank and device of this process, and a sum over all ranks."""
    with ddp.distributed(device="cpu") as here:
        total = torch.tensor([float(here.rank + 1)])
        dist.all_reduce(total)
    return here, total, dist.is_initialized(), os.environ["MASTER_PORT"]


def side_by_side(folder, number):
    """Launch two ranks at the same time as the other processes of the test do."""
    Path(folder, f"ready-{number}").touch()
    while not Path(folder, "go").exists():
        time.sleep(0.01)
    results = launch(sum_of_ranks, 2, start_method="fork")
    Path(folder, f"{number}").write_text(
        " ".join(f"{total.item():.0f}:{port}" for _, total, _, port in results)
    )


def launch_and_be_killed(folder):
    """Launch ranks that never end. The test kills the process that calls this."""
    launch(wait_forever, 2, folder, start_method="fork")


def wait_forever(folder):
    """Start a process, write down both process ids, and wait."""
    with ddp.distributed(device="cpu") as here:
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        Path(folder, f"{here.rank}.part").write_text(f"{os.getpid()} {child.pid}")
        Path(folder, f"{here.rank}.part").rename(Path(folder, f"{here.rank}"))
        time.sleep(600)


def start_method():
    """Return how multiprocessing starts a process in this rank."""
    return multiprocessing.get_start_method()


def outcome(check):
    """Return what a check returns, or its error as text."""
    try:
        return check()
    except (RuntimeError, TypeError, ValueError) as error:
        return f"{type(error).__name__}: {error}"


class Net(torch.nn.Module):
    """Two linear layers with a norm layer between them."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.body = torch.nn.Linear(4, 4)
        self.norm = torch.nn.BatchNorm1d(4)
        self.head = torch.nn.Linear(4, 1)

    def forward(self, x):
        """Return one number for each row."""
        return self.head(self.norm(self.body(x)))


def one_bit(rank, world):
    model = Net()
    if rank == 1:
        bias = model.head.bias.data
        bias[0] = torch.nextafter(bias[0], torch.tensor(9.0))
    return model


def trained_on_one_rank(rank, world):
    model = Net()
    model.body.weight.requires_grad_(rank != world - 1)
    return model


def other_buffer(rank, world):
    model = Net()
    model.norm.running_mean += rank
    return model


def sparse(rank, world):
    model = torch.nn.Linear(2, 1, bias=False)
    torch.nn.init.ones_(model.weight)
    model.register_buffer("graph", torch.eye(3).to_sparse() * (1 + (rank == 1)))
    return model


def unfrozen_under_ddp(rank, world):
    """Unfreeze a layer after wrapping the model in DDP, which is wrong, and train."""
    model = Net()
    model.body.requires_grad_(False)
    wrapped = DistributedDataParallel(model)
    model.body.requires_grad_(True)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    generator = torch.Generator().manual_seed(rank)
    for _ in range(3):
        optimizer.zero_grad()
        wrapped(torch.randn(8, 4, generator=generator)).square().mean().backward()
        optimizer.step()
    model.norm = torch.nn.Identity()  # because its statistics always differ
    return model


MODELS = {
    "equal": lambda rank, world: Net(),
    "one bit": one_bit,
    "trained on one rank": trained_on_one_rank,
    "other buffer": other_buffer,
    "other shapes and names": lambda rank, world: torch.nn.Linear(
        2 + (rank == 0), 1, bias=rank == 0
    ),
    "meta": lambda rank, world: torch.nn.Linear(
        2, 1, device="meta" if rank == 1 else "cpu"
    ),
    "sparse": sparse,
    "unfrozen under DDP": unfrozen_under_ddp,
}


def collectives(value_sets):
    """Return findings by topic, for all tests that need ranks which don't fail."""
    found = {}
    with ddp.distributed(device="cpu") as here:
        rank, world = here.rank, here.world_size
        found["here"] = here

        pairs = [dict(enumerate(values)) for values in value_sets]
        found["means"] = [
            ddp.weighted_mean(*pair.get(rank, (math.nan, 0))) for pair in pairs
        ]
        arguments = {
            "tensor mean": (torch.tensor(rank * 1.0), rank),
            "tensor count": (
                torch.tensor(rank),
                torch.tensor([True] * (rank + 1)).sum(),
            ),
            "rank 0 has no mean": (0.5 if rank else torch.empty(0), rank),
            "no samples": (0.0, 0),
            "negative": (1.0, 5 if rank else -1),
            "value": ("high" if rank == 1 else 1.0, 2),
            "shape": (torch.ones(3 if rank == 1 else 1), 2),
            "count": (1.0, None if rank == 1 else 2),
            "bool": (1.0, True if rank == 1 else 2),
            "nan": (1.0, math.nan if rank == 1 else 2),
            "complex": (1j if rank == 1 else 1.0, 2),
        }
        found["outcomes"] = {
            name: outcome(functools.partial(ddp.weighted_mean, *pair))
            for name, pair in arguments.items()
        }

        found["eval"] = {n: list(ddp.EvalSampler(n)) for n in range(10)}
        found["eval sizes"] = {n: len(ddp.EvalSampler(n)) for n in range(10)}

        checks = {
            name: functools.partial(ddp.assert_in_sync, make(rank, world))
            for name, make in MODELS.items()
        }
        model = other_buffer(rank, world)
        checks["other buffer, left out"] = functools.partial(
            ddp.assert_in_sync, model, buffers=False
        )
        found["in sync"] = {name: outcome(check) for name, check in checks.items()}

        sampler = ddp.ResumableSampler(24, seed=3)
        found["orders"] = [use_all(sampler) for _ in range(2)]
        found["uneven"] = list(ddp.ResumableSampler(23))
    return found


def use_all(sampler):
    """Use all samples of an epoch on this rank one by one, and return them."""
    used = []
    for index in sampler:
        used.append(index)
        sampler.advance(1)
    return used


def as_a_task_of(launcher):
    """Join as a task of Slurm or MPI for which only the address is set."""
    rank, world = os.environ.pop("RANK"), os.environ.pop("WORLD_SIZE")
    del os.environ["LOCAL_RANK"]
    names = {
        "Slurm": ("SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_LOCALID"),
        "MPI": [f"OMPI_COMM_WORLD_{name}" for name in ("RANK", "SIZE", "LOCAL_RANK")],
    }[launcher]
    os.environ |= dict(zip(names, (rank, world, rank), strict=True))
    with ddp.distributed(device="cpu") as here:
        return here[:3], ddp.weighted_mean(here.rank, 1)


def train(path, kill_at=None, resume=False, workers=0):
    """Train a small net with dropout for two epochs of six steps on two ranks.

    At step `kill_at`, each rank saves its state, then rank 0 kills itself.
    """
    generator = torch.Generator().manual_seed(9)
    dataset = TensorDataset(torch.randn(24, 4, generator=generator), torch.arange(24))
    with ddp.distributed(device="cpu") as here:
        model = torch.nn.Sequential(Net(), torch.nn.Dropout(0.5))
        wrapped = DistributedDataParallel(model)
        optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
        sampler = ddp.ResumableSampler(dataset, seed=5)
        loader = DataLoader(
            dataset,
            batch_size=2,
            sampler=sampler,
            num_workers=workers,
            generator=torch.Generator(),  # so that it doesn't use the global one
        )
        torch.manual_seed(100 + here.rank)
        file, step, used = f"{path}.{here.rank}", 0, []
        if resume:
            state = torch.load(file, weights_only=True)
            model.load_state_dict(state["model"])
            optimizer.load_state_dict(state["optimizer"])
            sampler.load_state_dict(state["sampler"])
            torch.set_rng_state(state["rng"])
            step = state["step"]
        for epoch in range(sampler.epoch, 2):
            for inputs, indices in loader:
                optimizer.zero_grad()
                wrapped(inputs).square().mean().backward()
                optimizer.step()
                sampler.advance(len(inputs))
                used.append((epoch, indices.tolist()))
                step += 1
                if step == kill_at:
                    state = {
                        "model": model.state_dict(),
                        "optimizer": optimizer.state_dict(),
                        "sampler": sampler.state_dict(),
                        "rng": torch.get_rng_state(),
                        "step": step,
                    }
                    torch.save(state, file)
                    dist.barrier()
                    if here.is_main:
                        os.kill(os.getpid(), signal.SIGKILL)
    return {
        "weights": list(model.state_dict().values()),
        "moments": [t for s in optimizer.state.values() for t in s.values()],
        "rng": [torch.get_rng_state()],
        "used": used,
    }


def rest_of_epoch(state, size):
    """Resume from `state`, and return the indices for this rank and their number."""
    with ddp.distributed(device="cpu"):
        sampler = ddp.ResumableSampler(size, seed=5)
        sampler.load_state_dict(state)
        return list(sampler), len(sampler)


def use_some(size, count):
    """Use `count` samples on this rank, and return them and the sampler state."""
    with ddp.distributed(device="cpu"):
        sampler, used = ddp.ResumableSampler(size, seed=5), []
        with contextlib.closing(iter(sampler)) as indices:
            for index in indices:
                used.append(index)
                sampler.advance(1)
                if len(used) == count:
                    return used, sampler.state_dict()

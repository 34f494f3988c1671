"""Functions that the ranks run in the tests of checkpoints."""

import time
from datetime import timedelta

import torch
import torch._dynamo  # DDP and optimizers import it, which takes seconds on each rank
from torch import distributed, nn

from snippets.checkpoints import Checkpoints, load, save
from snippets.ddp import ResumableSampler
from snippets.launching import launch
from snippets.seeding import RNGState, seed_everything
from tests.forked import import_ahead
from tests.library.checkpoint_files import digest

# Each rank is a fork of one server process, which imports this module once.
import_ahead(__name__)
SAMPLES, BATCH, STEPS, BREAK = 24, 2, 13, 3  # on 2 ranks, an epoch has 6 steps
LATE = 3.0


def start(work, ranks, folder):
    """Run the work on this many ranks, and return the result of each."""
    return launch(join, ranks, work, folder, start_method="forkserver")


def join(work, folder):
    """Do the work as a rank of a process group whose timeout is ten minutes."""
    distributed.init_process_group("gloo", timeout=timedelta(seconds=600))
    result = work(distributed.get_rank(), folder)
    distributed.destroy_process_group()
    return result


def outcome(work):
    """Return the repr of a call's result, or the type and message of its error."""
    try:
        return repr(work())
    except BaseException as error:
        return f"{type(error).__name__}: {error}"


# --- resuming


class Run:
    """A training run, either new or resumed from a checkpoint."""

    def __init__(self, ranks, rank):
        self.ranks, self.rank = ranks, rank
        seed_everything(7, rank=rank)
        torch.manual_seed(0)  # all ranks start from the same weights
        model = nn.Sequential(
            nn.Linear(3, 8), nn.BatchNorm1d(8), nn.Dropout(0.3), nn.Linear(8, 1)
        )
        self.model = model if ranks == 1 else nn.parallel.DistributedDataParallel(model)
        seed_everything(7, rank=rank)
        self.optimizer = torch.optim.AdamW(model.parameters(), lr=0.05)
        self.scheduler = torch.optim.lr_scheduler.StepLR(self.optimizer, 4, 0.5)
        self.sampler = ResumableSampler(SAMPLES, seed=3)
        self.parts = {
            "model": model,
            "optimizer": self.optimizer,
            "scheduler": self.scheduler,
            "sampler": self.sampler,
        }
        self.rng, self.step, self.seen = RNGState(), 0, []

    def state(self):
        state = {name: part.state_dict() for name, part in self.parts.items()}
        own = self.rng.state_dict()
        state["rng"] = [own] * self.ranks
        if self.ranks > 1:
            distributed.all_gather_object(state["rng"], own)
        return {**state, "step": self.step}

    def resume(self, state):
        for name, part in self.parts.items():
            part.load_state_dict(state[name])
        self.step = state["step"]
        self.rng.load_state_dict(state["rng"][self.rank])

    def train(self, until, files=None):
        """Train up to a step, save after each one, and return the samples in order."""
        data = torch.linspace(-1, 1, SAMPLES * 3).view(SAMPLES, 3)
        while self.step < until:
            # The loader gets its own generator. Otherwise each new iterator would draw
            # from the global one, and a run resumed within an epoch creates one more.
            loader = torch.utils.data.DataLoader(
                data,
                BATCH,
                sampler=Recorder(self.sampler, self.seen),
                generator=torch.Generator(),
            )
            for batch in loader:
                noisy = batch + 0.01 * torch.randn_like(batch)
                loss = (self.model(noisy) - batch.sum(1, keepdim=True)).square().mean()
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()
                self.scheduler.step()
                self.sampler.advance(len(batch))
                self.step += 1
                if files:
                    files.save(self.step, self.state())
                if self.step == until:
                    break
        return self.seen


class Recorder(torch.utils.data.Sampler):
    """A sampler that passes on the indices of another one and records them."""

    def __init__(self, sampler, seen):
        self.sampler, self.seen = sampler, seen

    def __len__(self):
        return len(self.sampler)

    def __iter__(self):
        for index in self.sampler:
            self.seen.append(index)
            yield index


def train(rank, folder):
    ranks = distributed.get_world_size()
    straight = Run(ranks, rank)
    straight.train(STEPS)
    files = Checkpoints(folder / "run", keep=STEPS)
    first = Run(ranks, rank)
    first.train(BREAK, files)
    second = Run(ranks, rank)
    second.resume(load(files.latest()))
    second.train(STEPS)
    torch.serialization.add_safe_globals([Interrupting])  # so that save accepts it
    missing = folder / "missing" / "last.pt"
    unsafe = {"best": {1j: object()}}
    return {
        "straight": digest(straight.state()),
        "resumed": digest(second.state()),
        "rng": digest(straight.rng.state_dict()),
        "consumed": first.seen[: BREAK * BATCH],
        "latest": str(files.latest()),
        "missing": outcome(lambda: save(missing, {"step": 1})),
        "unsafe": outcome(lambda: save(folder / "x.pt", unsafe)),
        "back": outcome(lambda: files.save(1, {"step": 1})),
        "interrupt": outcome(lambda: save(folder / "x.pt", Interrupting())),
        "saved": outcome(lambda: save(folder / "y.pt", {"rank": rank})),
    }


class Interrupting(dict):
    """A value that interrupts rank 0 while it saves, as Ctrl+C does."""

    def __reduce__(self):
        raise SystemExit("stopped")


def remaining(rank, folder):
    """Resume from the newest checkpoint, and return the samples left for this rank."""
    run = Run(distributed.get_world_size(), rank)
    state = load(Checkpoints(folder / "run").latest())
    run.sampler.load_state_dict(state["sampler"])
    return list(run.sampler)


# --- a call that some ranks don't make


def timed(work):
    """Return the outcome of a call and how many seconds it took."""
    start = time.monotonic()
    return outcome(work), time.monotonic() - start


def alone(rank, caller, path):
    """Let one rank call save, and the other rank only after that call has failed."""
    store = distributed.distributed_c10d._get_default_store()
    if rank != caller:
        store.wait([f"alone/{caller}"], timedelta(seconds=600))
    result = timed(lambda: save(path, {"alone": rank}, timeout=1))
    if rank == caller:
        store.set(f"alone/{caller}", "done")
    distributed.barrier()
    return result


def late(rank, path):
    """Let rank 1 call save late, but within the default timeout."""
    if rank == 1:
        time.sleep(LATE)
    return timed(lambda: save(path, {"late": rank}))


def mixed(rank, files):
    """Let the ranks make different calls."""
    result = outcome(files.latest if rank else lambda: files.save(1, {"step": 1}))
    distributed.barrier()
    return result


def meet(rank, folder):
    """Make several calls, some of them on one rank only, and report the outcomes."""
    files = Checkpoints(folder / "run", keep=1, timeout=1)
    return {
        "late": late(rank, folder / "late.pt"),
        "rank 0 alone": alone(rank, 0, folder / "zero.pt"),
        "after 0": outcome(lambda: save(folder / "after.pt", {"rank": rank})),
        "rank 1 alone": alone(rank, 1, folder / "one.pt"),
        "after 1": outcome(lambda: save(folder / "after.pt", {"rank": rank})),
        "mixed": mixed(rank, files),
        "metric": outcome(lambda: files.save(2, {}, metric="low")),
        "latest": outcome(lambda: load(files.latest())["step"]),
    }

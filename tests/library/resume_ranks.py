"""Two ranks whose training is interrupted, then one and four that resume it.

``python resume_ranks.py FOLDER``; each rank prints what came of it as JSON.
"""

import hashlib
import json
import os
import sys
import traceback
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch
from torch import distributed, nn

from snippets import checkpoints
from snippets.checkpoints import Checkpoints
from snippets.ddp import ResumableSampler
from snippets.seeding import RNGState, seed_everything

SAMPLES, BATCH, STEPS, BREAK = 24, 2, 13, 3  # at 2 ranks, an epoch is 6 steps


def digest(value):
    """SHA-256 of all tensors and numbers of a nested state, in order."""
    sha = hashlib.sha256()

    def add(value):
        if isinstance(value, torch.Tensor):
            sha.update(value.detach().numpy().tobytes())
        elif isinstance(value, dict):
            for key in value:
                sha.update(repr(key).encode())
                add(value[key])
        elif isinstance(value, (list, tuple)):
            for item in value:
                add(item)
        else:
            sha.update(repr(value).encode())

    add(value)
    return sha.hexdigest()


class Run:
    """All that a training is made of, new or as a checkpoint has it."""

    def __init__(self, ranks, rank):
        self.ranks, self.rank = ranks, rank
        seed_everything(7, rank=rank)
        torch.manual_seed(0)  # the same first weights everywhere
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
        """Train up to a step, save after each; returns the samples in their order."""
        data = torch.linspace(-1, 1, SAMPLES * 3).view(SAMPLES, 3)
        while self.step < until:
            # Without a generator of its own, each new iterator over a loader draws from
            # the global one: a run that starts a new one within an epoch would differ.
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
    """Passes on what a sampler says and notes it."""

    def __init__(self, sampler, seen):
        self.sampler, self.seen = sampler, seen

    def __len__(self):
        return len(self.sampler)

    def __iter__(self):
        for index in self.sampler:
            self.seen.append(index)
            yield index


def outcome(work):
    """What a call returned, or the kind and text of what it raised."""
    try:
        return repr(work())
    except BaseException as error:
        return f"{type(error).__name__}: {error}"


def train(ranks, rank, folder):
    straight = Run(ranks, rank)
    straight.train(STEPS)
    files = Checkpoints(folder / "run", keep=STEPS)
    first = Run(ranks, rank)
    first.train(BREAK, files)
    second = Run(ranks, rank)
    second.resume(checkpoints.load(files.latest()))
    second.train(STEPS)
    torch.serialization.add_safe_globals([Interrupting])  # so that save gets to it
    missing = folder / "missing" / "last.pt"
    unsafe = {"best": {1j: object()}}
    return {
        "straight": digest(straight.state()),
        "resumed": digest(second.state()),
        "rng": digest(straight.rng.state_dict()),
        "consumed": first.seen[: BREAK * BATCH],
        "latest": str(files.latest()),
        "missing": outcome(lambda: checkpoints.save(missing, {"step": 1})),
        "unsafe": outcome(lambda: checkpoints.save(folder / "x.pt", unsafe)),
        "back": outcome(lambda: files.save(1, {"step": 1})),
        "interrupt": outcome(lambda: checkpoints.save(folder / "x.pt", Interrupting())),
        "saved": outcome(lambda: checkpoints.save(folder / "y.pt", {"rank": rank})),
    }


class Interrupting(dict):
    """As if someone pressed Ctrl-C while rank 0 saves."""

    def __reduce__(self):
        raise SystemExit("stopped")


def remaining(ranks, rank, folder):
    run = Run(ranks, rank)
    state = checkpoints.load(Checkpoints(folder / "run").latest())
    run.sampler.load_state_dict(state["sampler"])
    return {"remaining": list(run.sampler)}


def be(rank, ranks, folder, work):
    distributed.init_process_group(
        "gloo",
        init_method=f"file://{folder / f'store-{ranks}'}",
        rank=rank,
        world_size=ranks,
        timeout=timedelta(seconds=60),
    )
    result = {"ranks": ranks, "rank": rank, **work(ranks, rank, folder)}
    os.write(1, (json.dumps(result) + "\n").encode())  # one write, one whole line
    distributed.destroy_process_group()


if __name__ == "__main__":
    torch.set_num_threads(1)
    for ranks, work in [(2, train), (1, remaining), (4, remaining)]:
        children = []
        for rank in range(ranks):  # forks, so that torch is imported once
            if not (child := os.fork()):
                try:
                    be(rank, ranks, Path(sys.argv[1]), work)
                    os._exit(0)
                except BaseException:
                    traceback.print_exc()
                    os._exit(1)
            children.append(child)
        if any([os.waitpid(child, 0)[1] for child in children]):
            sys.exit(f"{ranks} ranks failed")

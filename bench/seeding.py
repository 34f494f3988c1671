"""Measure what seeding, snapshots and `seed_worker` cost, as ratios of medians.

Each round measures every function in turn, so the functions that a ratio compares ran
under similar conditions. The unit is a table's first row: the direct calls of
``random``, NumPy and torch. lightning, accelerate and pytorch-ignite are added to the
tables if they are installed.

The last tables show the time to the first batch of a loader with two workers, for
datasets with many small Python objects. They also show how much memory `seed_worker`
adds to a worker: it searches the dataset for generators, and the memory pages that it
touches are copied.

``python bench/seeding.py [--rounds 7] [--calls 300] [--objects 100000]``
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import importlib
import random
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from snippets.seeding import (
    RNGState,
    derive_seed,
    isolate_rng,
    seed_everything,
    seed_worker,
)

Ways = dict[str, Callable[[], Any]]


def bare_seed() -> None:
    random.seed(7)
    np.random.seed(7)
    torch.manual_seed(7)


def bare_state() -> tuple[Any, ...]:
    states = random.getstate(), np.random.get_state(), torch.get_rng_state()
    return states, torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []


def bare_restore(saved: tuple[Any, ...]) -> None:
    (python, numpy, cpu), cuda = saved
    random.setstate(python)
    np.random.set_state(numpy)
    torch.set_rng_state(cpu)
    if cuda:
        torch.cuda.set_rng_state_all(cuda)


def block(manager: Callable[[], Any]) -> Callable[[], None]:
    def run() -> None:
        with manager():
            pass

    return run


def ours() -> tuple[Ways, Ways, Ways]:
    state, saved = RNGState(), bare_state()
    plain = state.state_dict()

    def bare_block() -> None:
        bare_restore(bare_state())

    return (
        {
            "bare calls": bare_seed,
            "seed_everything": lambda: seed_everything(7),
            "seed_everything(rank=3)": lambda: seed_everything(7, rank=3),
            "derive_seed": lambda: derive_seed(7, "worker", 3),
        },
        {
            "bare calls": bare_state,
            "RNGState().state_dict": state.state_dict,
        },
        {
            "bare calls, read and set": bare_block,
            "bare calls, set alone": lambda: bare_restore(saved),
            "RNGState().load_state_dict": lambda: state.load_state_dict(plain),
            "isolate_rng": block(isolate_rng),
        },
    )


def peers(seeds: Ways, states: Ways, blocks: Ways) -> None:
    """Add the functions of other libraries to the tables, if they are installed."""

    def found(name: str) -> Any:
        with contextlib.suppress(ImportError):
            return importlib.import_module(name)
        print(f"not installed: {name.partition('.')[0]}")

    if fabric := found("lightning.fabric.utilities.seed"):
        seeds["lightning seed_everything"] = lambda: fabric.seed_everything(
            7, verbose=False
        )
        states["lightning _collect_rng_states"] = fabric._collect_rng_states
        if isolating := found("lightning.pytorch.utilities.seed"):
            blocks["lightning isolate_rng"] = block(isolating.isolate_rng)
    if accelerate := found("accelerate.utils"):
        seeds["accelerate set_seed"] = lambda: accelerate.set_seed(7)
    if ignite := found("ignite.engine.deterministic"):
        seeds["ignite manual_seed"] = lambda: ignite.manual_seed(7)
        states["ignite _get_rng_states"] = ignite._get_rng_states
        blocks["ignite keep_random_state"] = ignite.keep_random_state(lambda: None)


def medians(ways: Ways, rounds: int, calls: int) -> dict[str, float]:
    """Measure each function, after one warm-up round.

    Args:
        ways: The functions by name.
        rounds: The number of rounds that count.
        calls: How often to call a function in each round.

    Returns:
        The median seconds per call, by name.
    """
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    # timeit does this too. Without a GPU, each call of torch.manual_seed() appends a
    # stack trace to a queue, which would trigger collections.
    gc.disable()
    for _ in range(rounds + 1):
        for name, way in ways.items():
            start = time.perf_counter()
            for _ in range(calls):
                way()
            seconds[name].append((time.perf_counter() - start) / calls)
    return {name: statistics.median(taken[1:]) for name, taken in seconds.items()}


def table(title: str, taken: dict[str, float], limits: dict[str, float]) -> None:
    print(f"\n{title}, {next(iter(taken))} = 1")
    unit = next(iter(taken.values()))
    for name, seconds in taken.items():
        limit = f"   <= {limits[name]:.2f}" if name in limits else ""
        print(f"  {name:<32}{seconds * 1e6:9.1f} us{seconds / unit:8.2f} x{limit}")


class Objects(Dataset[float]):
    """A dataset with many small Python objects and a random number generator.

    Args:
        shape: How the objects are nested: "dicts", "images" or "tree".
        count: The number of objects.
    """

    def __init__(self, shape: str, count: int) -> None:
        self.rng = np.random.default_rng(0)
        self.samples: Any
        if shape == "dicts":
            self.samples = [{"id": index, "box": [index]} for index in range(count)]
        elif shape == "images":  # Like annotations in COCO, with 12 boxes per image.
            images = range(count // 12)
            self.samples = {
                image: [{"id": box, "box": [0, 0, 1, 1]} for box in range(12)]
                for image in images
            }
        else:  # Many short containers.
            self.samples = [
                [[index] * 3 for index in range(100)] for _ in range(count // 100)
            ]

    def __len__(self) -> int:
        return 4

    def __getitem__(self, index: int) -> float:
        return float(self.rng.random())


def private_bytes() -> float:
    """Return the memory in bytes that this process doesn't share with any other."""
    with open("/proc/self/smaps_rollup") as file:
        lines = [line.split() for line in file]
    return sum(float(line[1]) * 1024 for line in lines if line[0] == "Private_Dirty:")


def measured(worker_id: int) -> None:
    """Call `seed_worker` and print what it adds to the memory of worker 0."""
    before = private_bytes()
    seed_worker(worker_id)
    if worker_id == 0:
        print(f"    +{(private_bytes() - before) / 2**20:.1f} MiB in a worker")


def first_batch(dataset: Objects, init: Callable[[int], None] | None) -> None:
    """Start two workers and wait for the first batch."""
    loader = DataLoader(
        dataset, num_workers=2, worker_init_fn=init, multiprocessing_context="fork"
    )
    gc.enable()  # Workers inherit the setting, and in training it's on.
    next(iter(loader))
    gc.disable()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--calls", type=int, default=300, help="in each round")
    parser.add_argument("--objects", type=int, default=100_000, help="of a dataset")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    device = "CUDA" if torch.cuda.is_available() else "no GPU"
    print(f"torch {torch.__version__}, {device}, medians of {asked.rounds} rounds")
    seeds, states, blocks = ours()
    peers(seeds, states, blocks)
    for title, ways, limits in (
        ("seed", seeds, {"seed_everything": 1.5}),
        ("snapshot", states, {"RNGState().state_dict": 1.5}),
        ("set back", blocks, {}),
    ):
        table(title, medians(ways, asked.rounds, asked.calls), limits)
    for shape in ("dicts", "images", "tree"):
        dataset = Objects(shape, asked.objects)
        gc.collect()  # Move the objects out of the youngest generation, as in training.
        batches: Ways = {
            "no worker_init_fn": lambda: first_batch(dataset, None),  # noqa: B023
            "seed_worker": lambda: first_batch(dataset, seed_worker),  # noqa: B023
        }
        title = f"first batch, {asked.objects} objects, {shape}"
        # One call per round, so that load on the machine affects both functions alike.
        table(title, medians(batches, 3 * asked.rounds, 1), {"seed_worker": 1.2})
        if Path("/proc/self/smaps_rollup").exists():
            first_batch(dataset, measured)


if __name__ == "__main__":
    main()

"""Kill processes while they save, and see what is left of the checkpoint.

A child saves 24 MiB over a good file and is killed by SIGKILL at a random time; then
the file is loaded. It must hold one step, the old or the new one, from end to end.

``python bench/crash.py [--kills 200] [--writer NAME]``; exits with 1 if a checkpoint of
this library was lost. torch.save goes on until it has lost five: that shows that the
program can fail, and it exits with 1 if it has not.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import signal
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import torch

from snippets import checkpoints
from snippets.checkpoints import Checkpoints

TENSORS, NUMBERS = 6, 1 << 20  # 24 MiB of float32
CONTROL, ENOUGH = "torch.save", 5  # what loses checkpoints, and how many will do
NAMES = re.compile(r"last\.pt|step-\d+_metric=[\d.]+\.pt")


class Writer(NamedTuple):
    """How to save a state under a step, and to load what is there."""

    save: Callable[[Path, int, Any], Any]
    load: Callable[[Path], Any]


def folder(path: Path) -> Checkpoints:
    return Checkpoints(path.parent, keep=2, best=1)


def load_newest(path: Path) -> Any:
    best, latest = folder(path).best(), folder(path).latest()  # both are checked
    if best is None or step_of(checkpoints.load(best)) < 0:
        raise ValueError("no best")
    return checkpoints.load(latest or path)


WRITERS = {
    "save": Writer(
        lambda path, _, state: checkpoints.save(path, state), checkpoints.load
    ),
    "Checkpoints": Writer(
        lambda path, step, state: folder(path).save(step, state, abs(step % 7 - 3)),
        load_newest,
    ),
    CONTROL: Writer(
        lambda path, _, state: torch.save(state, path),
        lambda path: torch.load(path, weights_only=True),
    ),
}


def make(step: int) -> dict[str, Any]:
    weights = [torch.full((NUMBERS,), float(step)) for _ in range(TENSORS)]
    return {"step": step, "weights": weights}


def step_of(state: Any) -> int:
    """The step that all parts of a state are of."""
    if not all(bool((one == state["step"]).all()) for one in state["weights"]):
        raise ValueError("parts of several steps")
    return int(state["step"])


def save_in_child(writer: Writer, path: Path, step: int, delay: float | None) -> bool:
    """Save in a child and kill it after `delay` seconds; whether it was killed."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            state = make(step)
            os.write(writing, b".")
            writer.save(path, step, state)
            os._exit(0)
        finally:
            os._exit(1)
    os.close(writing)
    ready = os.read(reading, 1)  # the child is about to save
    os.close(reading)
    if ready and delay is not None:
        time.sleep(delay)
        os.kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    if not os.WIFSIGNALED(status) and status:
        raise RuntimeError("the child could not save")
    return os.WIFSIGNALED(status)


def crash(name: str, kills: int, seed: int) -> bool:
    """Kill `kills` saves and print a row of the table. True if all is as due."""
    writer, dice = WRITERS[name], random.Random(seed)
    finished = lost = 0
    with tempfile.TemporaryDirectory() as home:
        path = Path(home, "last.pt")
        durations = []
        for step in range(3):
            start = time.perf_counter()
            writer.save(path, step, make(step))
            durations.append(time.perf_counter() - start)
        good, step, killed = 2, 2, 0
        while killed < kills and (name != CONTROL or lost < ENOUGH):
            step += 1
            delay = dice.uniform(0, 1.1 * statistics.median(durations))
            if not save_in_child(writer, path, step, delay):
                finished += 1
                durations = [*durations[-6:], 0.9 * statistics.median(durations)]
            else:
                killed += 1
            try:
                found = step_of(writer.load(path))
                if found not in (good, step):
                    raise ValueError(f"step {found}, expected {good} or {step}")
                good = found
            except Exception:
                lost += 1
                writer.save(path, step, make(step))
                good = step
        left = len(os.listdir(home))
        writer.save(path, step + 1, make(step + 1))
        stray = [one for one in os.listdir(home) if not NAMES.fullmatch(one)]
        print(
            f"{name:<14}{killed:>8}{finished:>12}{lost:>8}{left:>8}{len(stray):>8}",
            flush=True,
        )
    return lost > 0 if name == CONTROL else not lost and not stray


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--writer", choices=WRITERS, action="append")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    torch.set_num_threads(1)  # what is forked has no other thread
    warnings.simplefilter("error", UserWarning)  # a file passed over is a file lost
    size = TENSORS * NUMBERS * 4 / 2**20
    print(f"{size:.0f} MiB, killed at random times, torch {torch.__version__}")
    print(
        f"{'writer':<14}{'killed':>8}{'finished':>12}{'lost':>8}{'files':>8}{'stray':>8}"
    )
    well = {
        name: crash(name, asked.kills, asked.seed) for name in asked.writer or WRITERS
    }
    sys.exit(not all(well.values()))


if __name__ == "__main__":
    main()

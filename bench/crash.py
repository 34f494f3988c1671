"""Test checkpoint writers: kill processes while they save, and damage saved files.

Kills: a child process overwrites a good file with 24 MiB and gets SIGKILL at a random
time. Then the file is loaded. All of its parts must come from the same step, either the
old or the new one.

Flips: one random bit of the saved files is flipped, and loading them fails, returns the
right state or returns a wrong state. ``--flips N`` repeats this N times.

``python bench/crash.py [--kills 200] [--flips 0] [--writer NAME]`` exits with 1 if this
library lost a checkpoint or loaded a wrong state. `torch.save` is the control: it runs
until it has lost five checkpoints, and must load wrong states after flips. If it
doesn't, the test couldn't have found a fault, and the exit code is also 1.
torch_checkpointing is added to the tables if it is installed.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import random
import re
import shutil
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
# The writer that is expected to lose checkpoints, and after how many losses to stop it.
CONTROL, ENOUGH = "torch.save", 5
NAMES = re.compile(r"last\.pt|step-\d+_metric=[\d.]+\.pt|step-\d+")


class Writer(NamedTuple):
    """A way to save and load checkpoints.

    Attributes:
        save: Called with the path, the step and the state.
        load: Called with the path; returns the newest state.
    """

    save: Callable[[Path, int, Any], Any]
    load: Callable[[Path], Any]


def folder(path: Path) -> Checkpoints:
    return Checkpoints(path.parent, keep=2, best=1)


def load_newest(path: Path) -> Any:
    best, latest = folder(path).best(), folder(path).latest()  # Both verify files.
    if best is None or step_of(checkpoints.load(best)) < 0:
        raise ValueError("no best")
    return checkpoints.load(latest or path)


class TorchCheckpointing:
    """Save each step to a new folder, because torch_checkpointing can't replace one."""

    @staticmethod
    def manager() -> Any:
        """Return a manager that saves synchronously, on any file system."""
        from torch_checkpointing import CheckpointManager
        from torch_checkpointing.config import SyncCheckpointSaverConfig
        from torch_checkpointing.storage.filesystem import LocalFileSystemStorageConfig

        config = CheckpointManager.Config(
            save=SyncCheckpointSaverConfig(),
            # The default writes with O_DIRECT, which many file systems don't support.
            storage_config=LocalFileSystemStorageConfig(use_direct_io=False),
        )
        return CheckpointManager(config)

    @classmethod
    def save(cls, path: Path, step: int, state: Any) -> None:
        """Save, then delete the older folders."""
        old = cls.folders(path)
        cls.manager().save(str(path.parent / f"step-{step}"), state)
        for folder in old:
            shutil.rmtree(folder)

    @classmethod
    def load(cls, path: Path) -> Any:
        """Load from the newest folder."""
        into = {"step": None, "weights": None}
        return cls.manager().load(cls.folders(path)[-1], into=into)

    @staticmethod
    def folders(path: Path) -> list[Path]:
        """Return the folders of complete checkpoints, newest last."""
        found = path.parent.glob("step-*")
        return sorted(found, key=lambda folder: int(folder.name[5:]))


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
if importlib.util.find_spec("torch_checkpointing"):
    WRITERS["torch_checkpointing"] = Writer(
        TorchCheckpointing.save, TorchCheckpointing.load
    )
OURS = ("save", "Checkpoints")


def make(step: int) -> dict[str, Any]:
    weights = [torch.full((NUMBERS,), float(step)) for _ in range(TENSORS)]
    return {"step": step, "weights": weights}


def step_of(state: Any) -> int:
    """Return the step of a state.

    Raises:
        ValueError: If parts of the state come from different steps.
    """
    if not all(bool((one == state["step"]).all()) for one in state["weights"]):
        raise ValueError("parts of several steps")
    return int(state["step"])


def save_in_child(writer: Writer, path: Path, step: int, delay: float | None) -> bool:
    """Save in a child process and kill it.

    Args:
        writer: How to save.
        path: Where to save.
        step: The step to save.
        delay: Seconds from the start of saving to the kill; None lets the child finish.

    Returns:
        Whether the child was killed before it finished.

    Raises:
        RuntimeError: If the child couldn't save.
    """
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
    ready = os.read(reading, 1)  # Wait until the child is about to save.
    os.close(reading)
    if ready and delay is not None:
        time.sleep(delay)
        os.kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    if not os.WIFSIGNALED(status) and status:
        raise RuntimeError("the child could not save")
    return os.WIFSIGNALED(status)


def crash(name: str, kills: int, seed: int) -> bool:
    """Kill a writer while it saves, and print a row of the table.

    Args:
        name: The writer, a key of `WRITERS`.
        kills: How many times to kill it.
        seed: The seed of the random times.

    Returns:
        Whether the result is as expected: this library loses no checkpoint and leaves
        no stray files, and the control loses a checkpoint. True for other writers.
    """
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
            f"{name:<20}{killed:>8}{finished:>12}{lost:>8}{left:>8}{len(stray):>8}",
            flush=True,
        )
    if name in OURS:
        return not lost and not stray
    return lost > 0 or name != CONTROL


def damage(name: str, flips: int, seed: int) -> bool:
    """Flip bits of saved files one at a time, and print a row of the table.

    Args:
        name: The writer, a key of `WRITERS`.
        flips: How many bits to flip.
        seed: The seed of the random places.

    Returns:
        Whether the result is as expected: this library never loads a wrong state, and
        the control does. True for other writers.
    """
    writer, dice = WRITERS[name], random.Random(seed)
    refused = right = wrong = 0
    with tempfile.TemporaryDirectory() as home:
        path = Path(home, "last.pt")
        writer.save(path, 1, make(1))
        files = sorted(file for file in Path(home).rglob("*") if file.is_file())
        sizes = [file.stat().st_size for file in files]
        for _ in range(flips):
            file = dice.choices(files, sizes)[0]
            place = dice.randrange(file.stat().st_size * 8)
            flip(file, place)
            try:
                state = writer.load(path)
            except Exception:
                refused += 1
            else:
                if is_step(state, 1):
                    right += 1
                else:
                    wrong += 1
            flip(file, place)
        print(f"{name:<20}{flips:>8}{refused:>8}{right:>8}{wrong:>8}", flush=True)
    if name in OURS:
        return not wrong
    return wrong > 0 or name != CONTROL


def flip(file: Path, place: int) -> None:
    """Flip one bit of a file.

    Args:
        file: The file.
        place: The index of the bit, counted from the start of the file.
    """
    with open(file, "r+b") as opened:
        opened.seek(place // 8)
        byte = opened.read(1)[0] ^ 1 << place % 8
        opened.seek(place // 8)
        opened.write(bytes([byte]))


def is_step(state: Any, step: int) -> bool:
    try:
        return step_of(state) == step
    except Exception:  # Missing parts can raise anything.
        return False


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--flips", type=int, default=0)
    parser.add_argument("--writer", choices=WRITERS, action="append")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    torch.set_num_threads(1)  # A forked child lacks the thread pool.
    # The library warns when it skips a damaged file. Count that as a lost checkpoint.
    warnings.simplefilter("error", UserWarning)
    size = TENSORS * NUMBERS * 4 / 2**20
    print(f"{size:.0f} MiB, killed at random times, torch {torch.__version__}")
    names = asked.writer or [*WRITERS]
    well = []
    if asked.kills:
        title = f"{'killed':>8}{'finished':>12}{'lost':>8}{'files':>8}{'stray':>8}"
        print(f"{'writer':<20}{title}")
        well += [crash(name, asked.kills, asked.seed) for name in names]
    if asked.flips:
        print(f"\n{'writer':<20}{'flips':>8}{'refused':>8}{'right':>8}{'wrong':>8}")
        well += [damage(name, asked.flips, asked.seed) for name in names]
    sys.exit(not all(well))


if __name__ == "__main__":
    main()

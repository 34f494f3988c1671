"""Kill processes while they save, damage files, and see whether loading notices.

A child saves 24 MiB over a good file and is killed by SIGKILL at a random time; then
the file is loaded. It must hold one step, the old or the new one, from end to end.
With ``--flips N``, one random bit of the saved files is flipped, N times, and each time
loading fails, returns the right state, or returns a wrong one.

``python bench/crash.py [--kills 200] [--flips 0] [--writer NAME]``; exits with 1 if a
checkpoint of this library was lost or a wrong one loaded. torch.save continues until it
has lost five and must load wrong ones: that shows that the program can fail.
torch_checkpointing joins the tables if it is installed.
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
CONTROL, ENOUGH = "torch.save", 5  # what loses checkpoints, and how many will do
NAMES = re.compile(r"last\.pt|step-\d+_metric=[\d.]+\.pt|step-\d+")


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


class TorchCheckpointing:
    """Saves each step to a new folder, as the library doesn't replace one."""

    @staticmethod
    def manager() -> Any:
        """Return a manager that saves when told to, on any file system."""
        from torch_checkpointing import CheckpointManager
        from torch_checkpointing.config import SyncCheckpointSaverConfig
        from torch_checkpointing.storage.filesystem import LocalFileSystemStorageConfig

        config = CheckpointManager.Config(
            save=SyncCheckpointSaverConfig(),
            # The default writes with O_DIRECT, which many file systems refuse.
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
        """Return the folders of whole checkpoints, the newest last."""
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
            f"{name:<20}{killed:>8}{finished:>12}{lost:>8}{left:>8}{len(stray):>8}",
            flush=True,
        )
    if name in OURS:
        return not lost and not stray
    return lost > 0 or name != CONTROL


def damage(name: str, flips: int, seed: int) -> bool:
    """Flip bits one by one and print a row of the table. True if all is as due."""
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
    """Flip the bit at a place of a file."""
    with open(file, "r+b") as opened:
        opened.seek(place // 8)
        byte = opened.read(1)[0] ^ 1 << place % 8
        opened.seek(place // 8)
        opened.write(bytes([byte]))


def is_step(state: Any, step: int) -> bool:
    try:
        return step_of(state) == step
    except Exception:  # of any kind: parts may be missing
        return False


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--flips", type=int, default=0)
    parser.add_argument("--writer", choices=WRITERS, action="append")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    torch.set_num_threads(1)  # what is forked has no other thread
    warnings.simplefilter("error", UserWarning)  # a file passed over is a file lost
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

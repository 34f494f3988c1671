"""Measure what it costs to save and load a checkpoint safely, as ratios of medians.

Each round measures every function once in random order, so the functions that a ratio
compares ran under similar conditions. The unit for saving is a raw write and fsync of
the same bytes. The unit for loading is `torch.load`, and the limit allows 1.2 times the
time of `zlib.crc32` on top. lightning, accelerate, pytorch-ignite and safetensors are
added to the tables if they are installed.

``python bench/checkpoints.py [--mib 256 1024] [--rounds 7] [--folder FOLDER]``
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import random
import statistics
import sys
import tempfile
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import torch

from snippets import checkpoints

TENSORS = 24


def write_raw(path: Path, data: bytes) -> None:
    with open(path, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def save_torch_and_fsync(path: Path, state: Any) -> None:
    with open(path, "wb") as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())


def peers(folder: Path, state: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return functions of other installed libraries that save and load a state.

    Args:
        folder: Where to save.
        state: The state to save.

    Returns:
        The functions that save, and those that load, by name.
    """
    saves: dict[str, Callable[[], Any]] = {}
    loads: dict[str, Callable[[], Any]] = {}

    def found(name: str) -> Any:
        with contextlib.suppress(ImportError):
            return importlib.import_module(name)
        print(f"not installed: {name.partition('.')[0]}")

    if module := found("safetensors.torch"):
        path = folder / "safetensors"
        saves["safetensors save_file"] = lambda: module.save_file(state, path)
        loads["safetensors load_file"] = lambda: module.load_file(path)
    if cloud := found("lightning.fabric.utilities.cloud_io"):
        at = folder / "lightning"
        saves["lightning _atomic_save"] = lambda: cloud._atomic_save(state, at)
        loads["lightning _load"] = lambda: cloud._load(at, weights_only=True)
    if other := found("accelerate.utils"):
        to = folder / "accelerate.safetensors"
        saves["accelerate save"] = lambda: other.save(
            state, to, safe_serialization=True
        )
        loads["accelerate load"] = lambda: other.load_state_dict(str(to))
    if handlers := found("ignite.handlers"):
        saver = handlers.DiskSaver(str(folder / "ignite"), require_empty=False)
        saves["ignite DiskSaver"] = lambda: saver(state, "ignite.pt")
        loads["ignite torch.load"] = lambda: torch.load(
            folder / "ignite" / "ignite.pt", weights_only=True
        )
    return saves, loads


def medians(ways: dict[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """Measure each function, after one warm-up round.

    Args:
        ways: The functions by name.
        rounds: The number of rounds that count.

    Returns:
        The median seconds, by name.
    """
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    # A function can slow down the next one, so the order is random in each round.
    dice = random.Random(0)
    for _ in range(rounds + 1):
        for name in dice.sample([*ways], len(ways)):
            os.sync()  # Don't make this function wait for earlier writes.
            start = time.perf_counter()
            ways[name]()
            seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(taken[1:]) for name, taken in seconds.items()}


def table(
    title: str, taken: dict[str, float], unit: float, limits: dict[str, float]
) -> None:
    print(f"\n{title}")
    for name, seconds in taken.items():
        limit = f"   <= {limits[name]:.2f}" if name in limits else ""
        print(f"  {name:<34}{seconds * 1e3:9.0f} ms{seconds / unit:8.2f} x{limit}")


def measure(mib: int, rounds: int, home: Path) -> None:
    numbers = mib * 2**20 // 4 // TENSORS
    state = {f"layer{i}": torch.randn(numbers) for i in range(TENSORS)}
    data = b"".join(memoryview(tensor.numpy()).cast("B") for tensor in state.values())
    ours, raw, theirs = home / "ours.pt", home / "raw", home / "torch.pt"
    saves, loads = peers(home, state)
    saved = medians(
        {
            "raw write + fsync": lambda: write_raw(raw, data),
            "save": lambda: checkpoints.save(ours, state),
            "torch.save + fsync": lambda: save_torch_and_fsync(theirs, state),
            "torch.save": lambda: torch.save(state, theirs),
            **saves,
        },
        rounds,
    )
    raw_time = saved["raw write + fsync"]
    table(f"save {mib} MiB, raw write + fsync = 1", saved, raw_time, {"save": 1.4})
    loaded = medians(
        {
            "torch.load": lambda: torch.load(ours, weights_only=True),
            "zlib.crc32": lambda: zlib.crc32(data),
            "load": lambda: checkpoints.load(ours),
            **loads,
        },
        rounds,
    )
    unit = loaded["torch.load"]
    limit = {"load": 1 + 1.2 * loaded["zlib.crc32"] / unit}
    table(f"load {mib} MiB, torch.load = 1", loaded, unit, limit)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--mib", type=int, nargs="+", default=[256, 1024])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--folder", help="on the disk to measure (default: temporary)")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    print(f"torch {torch.__version__}, medians of {asked.rounds} rounds")
    for mib in asked.mib:
        with tempfile.TemporaryDirectory(dir=asked.folder) as home:
            measure(mib, asked.rounds, Path(home))


if __name__ == "__main__":
    main()

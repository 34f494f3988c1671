"""Measure what `launch` costs compared with torch's own launcher, as medians.

Each round starts two ranks that do nothing, with each launcher in turn. The unit is a
plain `elastic_launch` that checks its ranks every 0.1 s. `launch` may take 0.1 s
longer. With ``spawn``, each rank also imports torch, but with ``fork`` it doesn't.

``python bench/launching.py [--rounds 7] [--nprocs 2]``
"""

from __future__ import annotations

import argparse
import logging
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import torch
from torch.distributed.elastic.multiprocessing import DefaultLogsSpecs
from torch.distributed.launcher.api import LaunchConfig, elastic_launch

from snippets.launching import launch

LIMIT = 0.1  # seconds


def rank() -> str:
    return os.environ["RANK"]


def bare(nprocs: int, start_method: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        config = LaunchConfig(
            min_nodes=1,
            max_nodes=1,
            nproc_per_node=nprocs,
            logs_specs=DefaultLogsSpecs(folder),
            run_id="bench",
            rdzv_backend="c10d",
            rdzv_endpoint="localhost:0",
            max_restarts=0,
            monitor_interval=0.1,
            start_method=start_method,
        )
        found = elastic_launch(config, rank)()
    assert sorted(found.values()) == [str(number) for number in range(nprocs)]


def ours(nprocs: int, start_method: str) -> None:
    found = launch(rank, nprocs, start_method=start_method)
    assert found == [str(number) for number in range(nprocs)]


def seconds(way: Callable[[int, str], None], nprocs: int, start_method: str) -> float:
    start = time.perf_counter()
    way(nprocs, start_method)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--nprocs", type=int, default=2)
    asked = parser.parse_args()
    logging.disable(logging.WARNING)
    ways = {"elastic_launch": bare, "launch": ours}
    print(f"torch {torch.__version__}, {asked.nprocs} ranks, {asked.rounds} rounds")
    for start_method in ("spawn", "fork"):
        taken: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(asked.rounds + 1):  # The first round is a warm-up.
            for name, way in ways.items():
                taken[name].append(seconds(way, asked.nprocs, start_method))
        print(f"\n{start_method}, elastic_launch = 1")
        unit = statistics.median(taken["elastic_launch"][1:])
        for name, each in taken.items():
            middle, low, high = (
                statistics.median(each[1:]),
                min(each[1:]),
                max(each[1:]),
            )
            limit = f"   <= {unit + LIMIT:.2f} s" if name == "launch" else ""
            print(
                f"  {name:<16}{middle:7.2f} s{middle / unit:7.2f} x"
                f"   from {low:.2f} to {high:.2f} s{limit}"
            )


if __name__ == "__main__":
    main()

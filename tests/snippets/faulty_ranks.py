"""The program of the ranks in test_distributed_faults.py, which fails as told."""

import os
import signal
import sys
import time
from datetime import timedelta

import torch
import torch.distributed as dist
from torch.distributed.algorithms.join import Join
from torch.nn.parallel import DistributedDataParallel


def main(kind, seconds):
    """Join the process group and fail.

    Args:
        kind: The way to fail, or "none" or "join" for a run without a fault.
        seconds: The timeout of a collective.
    """
    dist.set_debug_level_from_env()  # torch was imported before the variable was set
    dist.init_process_group("gloo", timeout=timedelta(seconds=float(seconds)))
    rank, ones = dist.get_rank(), torch.ones(4)
    dist.all_reduce(ones)
    if kind in ("uneven", "join"):
        train(batches=3 + rank, join=kind == "join")
    elif kind == "skip":
        if rank == 0:
            dist.all_reduce(ones)
        dist.broadcast(torch.ones(2), 0)
    else:
        if rank == 1:
            fault(kind)
        dist.all_reduce(ones)
    dist.barrier()
    dist.destroy_process_group()


def train(batches, join):
    """Run a backward pass for each batch; the ranks have different numbers of them."""
    model = DistributedDataParallel(torch.nn.Linear(2, 1))
    with Join([model], enable=join):
        for _ in range(batches):
            model(torch.ones(1, 2)).sum().backward()


def fault(kind):
    """Make this rank raise, exit, die or hang as `kind` says; do nothing if "none"."""
    if kind == "raise":
        raise ValueError("no such class: 10")
    if kind == "exit":
        sys.exit(3)
    if kind == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if kind == "hang":
        time.sleep(600)


if __name__ == "__main__":
    main(*sys.argv[1:])

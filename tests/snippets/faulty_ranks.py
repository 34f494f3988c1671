"""What the ranks of test_distributed_faults.py run: join, then fail as told."""

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
    """Fail in the way that `kind` says; a collective may take so many seconds."""
    dist.set_debug_level_from_env()  # torch was imported in another environment
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
    """One backward for each batch, of which the ranks have different numbers."""
    model = DistributedDataParallel(torch.nn.Linear(2, 1))
    with Join([model], enable=join):
        for _ in range(batches):
            model(torch.ones(1, 2)).sum().backward()


def fault(kind):
    """Fail in the way that `kind` says."""
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

"""Two ranks of which one calls `save` alone, late, or beside another call.

``python meeting_ranks.py FOLDER``; each rank prints its outcomes as JSON.
"""

import json
import os
import sys
import time
import traceback
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch
from torch import distributed

from snippets.checkpoints import Checkpoints, load, save

LATE = 3.0


def outcome(work):
    """Return what a call returned or raised, and the seconds that it took."""
    start = time.monotonic()
    try:
        result = repr(work())
    except Exception as error:
        result = f"{type(error).__name__}: {error}"
    return [result, time.monotonic() - start]


def alone(rank, caller, path):
    """One rank calls save; the other one does not, and is late with its own call."""
    store = distributed.distributed_c10d._get_default_store()
    if rank != caller:
        store.wait([f"alone/{caller}"], timedelta(seconds=600))
    result = outcome(lambda: save(path, {"alone": rank}, timeout=1))
    if rank == caller:
        store.set(f"alone/{caller}", "done")
    distributed.barrier()
    return result


def late(rank, path):
    """Rank 1 arrives late, but within the default time."""
    if rank == 1:
        time.sleep(LATE)
    return outcome(lambda: save(path, {"late": rank}))


def mixed(rank, files):
    """The ranks make different calls."""
    work = files.latest if rank else lambda: files.save(1, {"step": 1})
    result = outcome(work)
    distributed.barrier()
    return result


def work(rank, folder):
    files = Checkpoints(folder / "run", keep=1, timeout=1)
    return {
        "rank": rank,
        "late": late(rank, folder / "late.pt"),
        "rank 0 alone": alone(rank, 0, folder / "zero.pt"),
        "after 0": outcome(lambda: save(folder / "after.pt", {"rank": rank})),
        "rank 1 alone": alone(rank, 1, folder / "one.pt"),
        "after 1": outcome(lambda: save(folder / "after.pt", {"rank": rank})),
        "mixed": mixed(rank, files),
        "metric": outcome(lambda: files.save(2, {}, metric="low")),
        "latest": outcome(lambda: load(files.latest())["step"]),
    }


def be(rank, folder):
    distributed.init_process_group(
        "gloo",
        init_method=f"file://{folder / 'store'}",
        rank=rank,
        world_size=2,
        timeout=timedelta(seconds=600),
    )
    result = json.dumps(work(rank, folder)) + "\n"
    os.write(1, result.encode())  # one write, one whole line
    distributed.destroy_process_group()


if __name__ == "__main__":
    torch.set_num_threads(1)
    children = []
    for rank in range(2):
        if not (child := os.fork()):
            try:
                be(rank, Path(sys.argv[1]))
                os._exit(0)
            except BaseException:
                traceback.print_exc()
                os._exit(1)
        children.append(child)
    if any([os.waitpid(child, 0)[1] for child in children]):
        sys.exit("a rank failed")

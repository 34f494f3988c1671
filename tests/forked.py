"""What tests share that run in forks: one server, which has imported what they need.

`multiprocessing` has one such server, and the list that was set last before its start
is the one that holds. So all name their modules here, while tests are collected.
"""

import multiprocessing

AHEAD: list[str] = []
# `python -m torch.distributed.run`, in a fork of the runner, which takes no -m.
TORCHRUN = ("-c", "from torch.distributed.run import main; main()")


def import_ahead(*modules: str) -> None:
    """Let the server import modules before it forks; missing ones are passed over."""
    AHEAD.extend(module for module in modules if module not in AHEAD)
    multiprocessing.set_forkserver_preload(AHEAD)

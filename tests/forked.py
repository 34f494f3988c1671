"""Modules that the fork server of `multiprocessing` imports before it forks.

A process has only one fork server, which uses the preload list that was set last before
it started. So that no test module replaces the list of another, all of them add their
modules to the list here, when pytest imports them.
"""

import multiprocessing

AHEAD: list[str] = []
# Like `python -m torch.distributed.run`. The runner forks a warm interpreter for `-c`,
# but starts a new one for `-m`.
TORCHRUN = ("-c", "from torch.distributed.run import main; main()")


def import_ahead(*modules: str) -> None:
    """Have the fork server import modules before it forks.

    Args:
        modules: Names of modules. The server ignores those that can't be imported.
    """
    AHEAD.extend(module for module in modules if module not in AHEAD)
    multiprocessing.set_forkserver_preload(AHEAD)

"""Environment variables for snippet files, the same for everybody who runs them.

A file gets what a plain terminal has and what the machine requires. It doesn't get the
personal settings of whoever starts the runner, such as the width of the terminal, the
language, the time zone and access tokens.
"""

from __future__ import annotations

import os
import site
from pathlib import Path

# Variables that are passed on. Without them, a program may not be found or not load.
_NAMES = (
    "PATH",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    # For processors that OpenBLAS doesn't recognize correctly.
    "OPENBLAS_CORETYPE",
    "OPENBLAS_L2_SIZE",
    # Where torch may be installed.
    "PYTHONPATH",
    "PYTHONHOME",
    "CONDA_PREFIX",
    "VIRTUAL_ENV",
    # Windows needs these to start a program.
    "SYSTEMROOT",
    "SYSTEMDRIVE",
    "COMSPEC",
    "PATHEXT",
    "WINDIR",
    "PROCESSOR_ARCHITECTURE",
)
_PREFIXES = ("CUDA_", "NVIDIA_")
_FIXED = {
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    "USER": "reader",
    "LOGNAME": "reader",
    "PYTHONUTF8": "1",
}


def environment(bytecode: Path | None = None) -> dict[str, str]:
    """Return the environment variables for snippet files.

    Args:
        bytecode: Folder for the bytecode of modules if ``PYTHONDONTWRITEBYTECODE`` is
            set for this process. None means that files don't write bytecode either,
            so each import compiles, which can take longer than the import itself.

    Returns:
        Names and values, without ``HOME`` and ``TMPDIR``, which differ in each run.
    """
    env = {
        name: value
        for name, value in os.environ.items()
        if name.upper() in _NAMES or name.upper().startswith(_PREFIXES)
    }
    env |= _FIXED
    # HOME is another folder in a run, which would hide `pip install --user` packages.
    env["PYTHONUSERBASE"] = site.getuserbase()
    # Share the person's caches, so that libraries don't rebuild fonts and kernels in
    # each run.
    home = os.path.expanduser("~")
    env["XDG_CACHE_HOME"] = os.environ.get(
        "XDG_CACHE_HOME", os.path.join(home, ".cache")
    )
    if os.environ.get("PYTHONDONTWRITEBYTECODE"):
        if bytecode:
            env["PYTHONPYCACHEPREFIX"] = str(bytecode)
        else:
            env["PYTHONDONTWRITEBYTECODE"] = "1"
    return env

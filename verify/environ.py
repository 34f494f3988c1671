"""The environment variables that a snippet finds: the same for everybody who runs it.

Width of the terminal, language, time zone, tokens and settings of the person who calls
the runner don't reach a file. It finds what a plain terminal has, and what the machine
needs.
"""

from __future__ import annotations

import os
import site
from pathlib import Path

# Without these a program can't be found, loaded or put on a device.
_NAMES = (
    "PATH",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    # Chooses the right kernels on processors that OpenBLAS mistakes for others.
    "OPENBLAS_CORETYPE",
    "OPENBLAS_L2_SIZE",
    # Where torch may be installed.
    "PYTHONPATH",
    "PYTHONHOME",
    "CONDA_PREFIX",
    "VIRTUAL_ENV",
    # Windows starts no program without them.
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
    """Return the variables that every snippet finds.

    Args:
        bytecode: Where compiled modules are kept if this process was told to write
            none; compiling a new torch at each import takes longer than the import.

    Returns:
        Names and values. ``HOME`` and ``TMPDIR`` are missing: each run has its own.
    """
    env = {
        name: value
        for name, value in os.environ.items()
        if name.upper() in _NAMES or name.upper().startswith(_PREFIXES)
    }
    env |= _FIXED
    # A private HOME hides what was installed with `pip install --user`.
    env["PYTHONUSERBASE"] = site.getuserbase()
    # Caches of libraries are as warm as a reader's: fonts, compiled kernels.
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

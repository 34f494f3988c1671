"""Create, reuse and delete virtual environments with torch releases.

Each environment has its own folder in ``.nox/verify``, named after the release, the
device and the Python version. A command locks the folder while it uses it. Another
command that needs the same environment at the same time creates a second one.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from verify import ROOT, recording
from verify.installer import Installer, python_of
from verify.paths import find, shown
from verify.snippet import SnippetError, parse

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

FACTS = "environment.json"  # exists once an environment is complete
BEGAN = "began"  # exists from the start of a whole run until it is complete
WORK = ROOT / ".nox" / "verify"
# Distributions whose name differs from that of their module.
DISTRIBUTIONS = {"sklearn": "scikit-learn"}
# Needs that aren't modules.
NOT_MODULES = {"cuda", "linux", "snippets"}


@dataclass(frozen=True)
class Environment:
    """A virtual environment with one torch release.

    Attributes:
        folder: The folder that contains the environment and its bytecode.
        seconds: How long the installation took.
        is_new: Whether this command installed it.
    """

    folder: Path
    seconds: float
    is_new: bool

    @property
    def python(self) -> Path:
        """The interpreter."""
        return python_of(self.folder / "env")

    @property
    def bytecode(self) -> Path:
        """The folder for bytecode, so that none is written beside the sources."""
        return self.folder / "bytecode"

    def begin_run(self) -> str | None:
        """Mark the start of a whole run, so that a later command can continue it.

        Returns:
            The start time of a run that was interrupted in this environment, as ISO
            8601 in UTC; None if there is none.
        """
        began = self.folder / BEGAN
        if began.exists():
            return began.read_text("utf-8")
        began.write_text(recording.now(), "utf-8")
        return None

    def end_run(self) -> None:
        """Mark the whole run as complete."""
        (self.folder / BEGAN).unlink()


def has_unfinished_run(torch: str, device: str) -> bool:
    """Return whether a whole run on a release was interrupted and can continue."""
    return any(WORK.glob(f"torch-{torch}-{device}-*/{BEGAN}"))


@contextlib.contextmanager
def provide(
    torch: str,
    device: str,
    installer: Installer,
    packages: list[str],
    keep: bool = False,
) -> Iterator[Environment]:
    """Provide an environment with a release, an existing one if possible.

    It is deleted at the end of the ``with`` block, unless it is to be kept. After
    Ctrl-C, a complete environment is kept, so that the same command can continue.

    Args:
        torch: The release.
        device: ``"cpu"`` or ``"cuda"``.
        installer: Installs torch.
        packages: Distributions to install in addition to torch.
        keep: Whether to keep the environment for later commands. One that an earlier
            command kept is kept in any case.

    Yields:
        The environment. No other command uses or deletes it in the meantime.

    Raises:
        InstallError: If the release can't be installed.
        RequestError: If the installer's interpreter can't be started.
    """
    version = installer.python_version()
    want = {
        "torch": torch,
        "device": device,
        "python": f"{version} ({installer.python})",
        "packages": packages,
    }
    with _claim(f"torch-{torch}-{device}-python{version}") as (folder, is_first):
        facts = _read(folder)
        keep = keep or bool(facts.get("kept"))
        stays = False
        try:
            is_new = facts.get("want") != want or not python_of(folder / "env").exists()
            if is_new:
                facts = {
                    "want": want,
                    "seconds": _install(folder, torch, installer, packages),
                }
            else:
                print(f"  environment: found in {shown(folder)}", flush=True)
            _write(folder, {**facts, "kept": keep})
            stays = keep
            yield Environment(folder, facts["seconds"], is_new)
        except KeyboardInterrupt:
            stays = stays or (is_first and (folder / FACTS).exists())
            raise
        finally:
            if not stays:
                shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _claim(name: str) -> Iterator[tuple[Path, bool]]:
    """Lock the folder of an environment, or a numbered one if it is in use.

    Yields:
        The folder, and whether it is the one without a number, which is the first that
        a later command tries.
    """
    WORK.mkdir(parents=True, exist_ok=True)
    number, lock = 0, None
    while lock is None:
        number += 1
        folder = WORK / (name if number == 1 else f"{name}-{number}")
        lock = _lock(folder.with_name(f"{folder.name}.lock"))
    try:
        yield folder, number == 1
    finally:
        if not folder.exists():
            with contextlib.suppress(OSError):  # Windows can't delete open files
                os.unlink(lock.name)
        lock.close()
        with contextlib.suppress(OSError):  # not empty
            WORK.rmdir()


def _lock(path: Path) -> IO[str] | None:
    """Open and lock a file; return None if another process has locked it."""
    while True:
        file = open(path, "a")  # noqa: SIM115
        try:
            if sys.platform == "win32":
                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            return None
        # Another command may have deleted the file before this one locked it.
        with contextlib.suppress(OSError):
            if os.path.samestat(os.fstat(file.fileno()), os.stat(path)):
                return file
        file.close()


def _install(
    folder: Path, torch: str, installer: Installer, packages: list[str]
) -> float:
    """Replace the folder with a new environment; return how many seconds it took."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    print("  installing " + ", ".join(["torch", *packages]), flush=True)
    start = time.monotonic()
    how = installer.install(torch, packages, folder / "env")
    print(f"  installed: {how}", flush=True)
    return time.monotonic() - start


def _read(folder: Path) -> dict:
    """Read the facts about the environment in a folder; empty if it isn't complete."""
    with contextlib.suppress(OSError, ValueError):
        facts = json.loads((folder / FACTS).read_text("utf-8"))
        if isinstance(facts, dict) and isinstance(facts.get("seconds"), float):
            return facts
    return {}


def _write(folder: Path, facts: dict) -> None:
    (folder / FACTS).write_text(json.dumps(facts, indent=1), "utf-8")


def packages(tests: Path) -> list[str]:
    """List what the snippet files and the library's tests need in addition to torch.

    Args:
        tests: The folder of the library's tests; it needn't exist.

    Returns:
        Names of distributions: those of the modules in ``# Needs:`` lines, and pytest
        if there are tests.
    """
    needs: set[str] = set()
    for path in find():
        with contextlib.suppress(SnippetError, OSError):  # the run will report them
            needs.update(parse(path).needs)
    modules = {need.partition(".")[0] for need in needs if need.isidentifier()}
    found = {DISTRIBUTIONS.get(m, m) for m in modules - NOT_MODULES}
    return sorted(found | ({"pytest"} if tests.is_dir() else set()))

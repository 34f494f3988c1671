"""Environments of torch releases: made, kept, found again, and never shared.

Each environment has its own folder in ``.nox/verify``, named after release,
device and Python. A command holds its lock while it uses the folder, so that another
command beside it makes a second environment instead of deleting the first.
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

FACTS = "environment.json"  # written when an environment is complete
BEGAN = "began"  # there while a whole run isn't complete
WORK = ROOT / ".nox" / "verify"
# Modules whose distribution has another name.
DISTRIBUTIONS = {"sklearn": "scikit-learn"}
# What a file can need that no index has.
NOT_MODULES = {"cuda", "linux", "snippets"}


@dataclass(frozen=True)
class Environment:
    """A Python with one torch release.

    Attributes:
        folder: Its folder, in which a run may leave files.
        seconds: How long the installation took.
        is_new: Whether it was installed just now.
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
        """The folder for compiled modules, which keeps them away from the sources."""
        return self.folder / "bytecode"

    def begin_run(self) -> str | None:
        """Note that a whole run begins, for the command that may have to continue it.

        Returns:
            When the run began that was interrupted here; None if none was.
        """
        began = self.folder / BEGAN
        if began.exists():
            return began.read_text("utf-8")
        began.write_text(recording.now(), "utf-8")
        return None

    def end_run(self) -> None:
        """Note that the run is complete."""
        (self.folder / BEGAN).unlink()


def has_unfinished_run(torch: str, device: str) -> bool:
    """Tell whether a whole run on a release was interrupted."""
    return any(WORK.glob(f"torch-{torch}-{device}-*/{BEGAN}"))


@contextlib.contextmanager
def provide(
    torch: str,
    device: str,
    installer: Installer,
    packages: list[str],
    keep: bool = False,
) -> Iterator[Environment]:
    """Find the environment of a release, or install it.

    After an interrupt a complete environment stays, so that the same command can
    continue.

    Args:
        torch: The release.
        device: ``"cpu"`` or ``"cuda"``.
        installer: Installs torch.
        packages: Distributions to install in addition to torch.
        keep: Whether the environment stays for later commands. One that was kept
            before stays anyway.

    Yields:
        The environment. No other command uses or deletes it during this time.

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
    """Lock the first folder of a name that no other command uses.

    Yields:
        The folder, and whether it is the one that a later command looks at first.
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
            with contextlib.suppress(OSError):  # Windows deletes no open file
                os.unlink(lock.name)
        lock.close()
        with contextlib.suppress(OSError):  # others are left
            WORK.rmdir()


def _lock(path: Path) -> IO[str] | None:
    """Lock a file until it is closed; None if another process has locked it."""
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
    """Install a release in place of what is in the folder; return the seconds."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    print("  installing " + ", ".join(["torch", *packages]), flush=True)
    start = time.monotonic()
    how = installer.install(torch, packages, folder / "env")
    print(f"  installed: {how}", flush=True)
    return time.monotonic() - start


def _read(folder: Path) -> dict:
    """What is known about the environment in a folder; nothing without one."""
    with contextlib.suppress(OSError, ValueError):
        facts = json.loads((folder / FACTS).read_text("utf-8"))
        if isinstance(facts, dict) and isinstance(facts.get("seconds"), float):
            return facts
    return {}


def _write(folder: Path, facts: dict) -> None:
    (folder / FACTS).write_text(json.dumps(facts, indent=1), "utf-8")


def packages(tests: Path) -> list[str]:
    """List what the files and the library's tests need in addition to torch.

    Args:
        tests: The folder of the library's tests; it needn't exist.

    Returns:
        Names of distributions, from the ``# Needs:`` lines.
    """
    needs: set[str] = set()
    for path in find():
        with contextlib.suppress(SnippetError, OSError):  # the run will report them
            needs.update(parse(path).needs)
    modules = {need.partition(".")[0] for need in needs if need.isidentifier()}
    found = {DISTRIBUTIONS.get(m, m) for m in modules - NOT_MODULES}
    return sorted(found | ({"pytest"} if tests.is_dir() else set()))

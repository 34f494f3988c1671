"""Find torch releases and install them, with uv or pip."""

from __future__ import annotations

import functools
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from verify import RequestError
from verify.install_errors import cause_from_pip, cause_from_uv
from verify.needs import release_key

# Torch before 2.3 was built for NumPy 1 and warns if it finds NumPy 2.
NUMPY_2_SINCE = "2.3.0"
# A program that prints the version of its interpreter and the arguments that start pip.
# If pip isn't installed, for example in an environment that uv created for a tool, that
# is the wheel which comes with Python for `ensurepip`.
FACTS = """
import importlib.util, json, pathlib, platform, sysconfig
pip = ["-m", "pip"] if importlib.util.find_spec("pip") else None
if not pip:
    found = importlib.util.find_spec("ensurepip")
    folders = [sysconfig.get_config_var("WHEEL_PKG_DIR")]
    folders += [found.submodule_search_locations[0] + "/_bundled"] if found else []
    for folder in filter(None, folders):
        for wheel in pathlib.Path(folder).glob("pip-*.whl"):
            pip = [str(wheel / "pip")]
print(json.dumps({"version": platform.python_version(), "pip": pip}))
"""


class InstallError(RuntimeError):
    """An existing release can't be installed; the message is one line."""


@dataclass(frozen=True)
class Installer:
    """Find and install torch releases for one interpreter.

    Attributes:
        python: The interpreter to create environments with.
        index: The URL of an additional package index.
        wheels: An additional folder of wheels.
    """

    python: str = sys.executable
    index: str | None = None
    wheels: Path | None = None

    def python_version(self) -> str:
        """Return the version of the interpreter, e.g. ``"3.12.4"``.

        Raises:
            RequestError: If the interpreter can't be started.
        """
        return _facts(self.python)["version"]

    def releases(self, pre: bool = False) -> list[str]:
        """List the releases that pip finds for the interpreter.

        Args:
            pre: Whether to list nightlies and candidates too.

        Returns:
            Releases, oldest first.

        Raises:
            RequestError: If the interpreter can't be started, there is neither pip nor
                uv, or pip finds no release.
        """
        command = [*self._pip(), "index", "versions", "torch", *self._places()]
        done = _run(command + ["--pre"] * pre)
        listed = re.search(r"^Available versions: (.+)$", done.stdout, re.M)
        if done.returncode or not listed:
            cause = cause_from_pip(done.stdout + done.stderr)
            raise RequestError(f"pip finds no torch for {self.python}: {cause}")
        found = {version.partition("+")[0] for version in listed[1].split(", ")}
        return sorted(found, key=release_key)

    def install(self, torch: str, packages: Iterable[str], folder: Path) -> str:
        """Create an environment with a release, with uv or else with pip.

        Args:
            torch: The release.
            packages: Distributions to install in addition to torch.
            folder: The folder of the environment; existing contents are deleted.

        Returns:
            The tool that was used and its time, e.g. ``"uv, 19.3 s"``.

        Raises:
            InstallError: If no tool can install the release; the message contains the
                cause from each tool.
            RequestError: If the interpreter can't be started, or there is neither pip
                nor uv.
        """
        wanted = [f"torch=={torch}", *packages]
        if release_key(torch) < release_key(NUMPY_2_SINCE):
            wanted = [f"{w}<2" if w == "numpy" else w for w in wanted]
        errors = []
        for name, steps in self._ways(folder, wanted):
            shutil.rmtree(folder, ignore_errors=True)
            start = time.monotonic()
            failed = next((done for done in map(_run, steps) if done.returncode), None)
            if not failed:
                return f"{name}, {time.monotonic() - start:.1f} s"
            errors.append(f"{name}: {_cause(name, failed)}")
        if not find_uv():
            errors.append("uv isn't installed; if it were, it would be tried first")
        raise InstallError("; ".join(errors))

    def _ways(
        self, folder: Path, wanted: list[str]
    ) -> Iterator[tuple[str, list[list[str]]]]:
        """Yield tools with their commands that create an environment, fastest first."""
        python = str(python_of(folder))
        if uv := find_uv():
            venv = [*uv, "venv", "--quiet", "--python", self.python, str(folder)]
            install = [*uv, "pip", "install", "--quiet", "--python", python]
            yield "uv", [venv, [*install, *self._places("--index"), *wanted]]
        venv = [self.python, "-m", "venv", "--without-pip", str(folder)]
        # Compiling all of torch takes longer than importing it once, so don't. --quiet
        # would hide which requirements conflict.
        options = ["--python", python, "install", "--progress-bar=off", "--no-compile"]
        yield "pip", [venv, [*self._pip(), *options, *self._places(), *wanted]]

    def _places(self, index: str = "--extra-index-url") -> list[str]:
        """Return the options for the additional index and the folder of wheels."""
        places = [index, self.index] if self.index else []
        return places + (["--find-links", str(self.wheels)] if self.wheels else [])

    def _pip(self) -> list[str]:
        """Return the command of the interpreter's own pip, or of one that uv fetches.

        The interpreter's own pip is preferred, because its version and its settings
        determine what can be installed.

        Raises:
            RequestError: If there is neither pip nor uv.
        """
        options = ["--disable-pip-version-check", "--no-input"]
        if pip := _facts(self.python)["pip"]:
            return [self.python, *pip, *options]
        if uv := find_uv():
            return [*uv, "tool", "run", "--python", self.python, "pip", *options]
        raise RequestError(
            f"{self.python} has no pip, and there is no uv to fetch one; install pip "
            "or uv, or name another interpreter with --python"
        )


def python_of(folder: Path) -> Path:
    """Return the interpreter of an environment."""
    if os.name == "nt":
        return folder / "Scripts" / "python.exe"
    return folder / "bin" / "python"


def find_uv() -> list[str] | None:
    """Return the command of uv, from PATH or this Python; None if there is none."""
    beside_python = os.path.dirname(sys.executable)
    if found := shutil.which("uv") or shutil.which("uv", path=beside_python):
        return [found]
    if importlib.util.find_spec("uv"):
        return [sys.executable, "-m", "uv"]
    return None


@functools.lru_cache
def _facts(python: str) -> dict:
    """Return the version of an interpreter, and the arguments that start pip or None.

    Raises:
        RequestError: If the interpreter can't be started.
    """
    done = _run([python, "-c", FACTS])
    if done.returncode:
        said = (done.stderr.strip() or "it printed nothing").splitlines()[-1]
        raise RequestError(
            f"can't start {python}: {said}; name another interpreter with --python"
        )
    return json.loads(done.stdout)


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a tool with the user's environment variables, except most PYTHON* ones.

    PIP_* and UV_* are passed on because they may name indexes and constraints. Only
    those that make the tools quiet aren't, because a quiet tool doesn't say why it
    failed. If the tool can't be started, the exit code is 127.
    """
    kept = ("PYTHONPATH", "PYTHONHOME", "PYTHONUSERBASE", "PYTHONDONTWRITEBYTECODE")
    env = {
        name: value
        for name, value in os.environ.items()
        if name in kept or not name.startswith(("PYTHON", "PIP_QUIET", "UV_QUIET"))
    }
    try:
        return subprocess.run(
            command,
            capture_output=True,
            env={**env, "PYTHONUTF8": "1"},
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    except OSError as error:
        return subprocess.CompletedProcess(command, 127, "", str(error))


def _cause(tool: str, failed: subprocess.CompletedProcess[str]) -> str:
    """Return why a tool failed, and which file a constraint of pip may come from."""
    if tool == "uv":
        return cause_from_uv(failed.stderr)
    cause = cause_from_pip(failed.stdout + failed.stderr)
    if "(constraint)" in cause:
        where = os.environ.get("PIP_CONSTRAINT") or "see 'pip config list'"
        cause += f" (constraint file: {where})"
    return cause

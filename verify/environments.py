"""Torch releases that an index has, each in an environment of its own."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from verify import RequestError
from verify.needs import is_final, release_key
from verify.paths import find
from verify.snippet import SnippetError, parse

# Modules whose distribution has another name.
DISTRIBUTIONS = {"sklearn": "scikit-learn"}
# Torch before 2.3 was built for NumPy 1 and warns of a newer one.
NUMPY_2_SINCE = "2.3.0"
NIGHTLY = "nightly"
NO_PROGRAM = 127  # the exit code of shells


class InstallError(RuntimeError):
    """A release that exists cannot be installed; the message is one line."""


@dataclass(frozen=True)
class Source:
    """Where torch comes from.

    Attributes:
        python: The interpreter that the environments are made for.
        index: An index to look in besides the usual one.
        wheels: A folder of wheels to look in too.
    """

    python: str = sys.executable
    index: str | None = None
    wheels: Path | None = None

    def releases(self, pre: bool = False) -> list[str]:
        """The releases that pip would find.

        Args:
            pre: Nightlies and candidates too.

        Returns:
            Oldest first.

        Raises:
            RequestError: pip finds none, or there is no pip.
        """
        command = [*self._pip, "index", "versions", "torch"]
        command += ["--extra-index-url", self.index] if self.index else []
        command += ["--find-links", str(self.wheels)] if self.wheels else []
        done = _run(command + ["--pre"] * pre)
        listed = re.search(r"^Available versions: (.+)$", done.stdout, re.M)
        if done.returncode == NO_PROGRAM or "No module named pip" in done.stderr:
            raise RequestError(
                f"{self.python} has no pip, or is not there; name another with --python"
            )
        if done.returncode or not listed:
            raise RequestError(f"pip finds no torch: {_last(done)}")
        found = {version.partition("+")[0] for version in listed[1].split(", ")}
        return sorted(found, key=release_key)

    def install(self, torch: str, packages: Iterable[str], folder: Path) -> str:
        """Make an environment with a release.

        Args:
            torch: The release.
            packages: What else to install.
            folder: Where; what is there is replaced.

        Returns:
            Who did it and in which time, e.g. ``"uv, 19.3 s"``.

        Raises:
            InstallError: It cannot be installed.
        """
        wanted = [f"torch=={torch}", *packages]
        if release_key(torch) < release_key(NUMPY_2_SINCE):
            wanted = [f"{w}<2" if w == "numpy" else w for w in wanted]
        errors = []
        for name, steps in self._ways(folder, wanted):
            shutil.rmtree(folder, ignore_errors=True)
            start = time.monotonic()
            for step in steps:
                done = _run(step)
                if done.returncode:
                    errors.append(f"{name}: {_last(done)}")
                    break
            else:
                return f"{name}, {time.monotonic() - start:.1f} s"
        raise InstallError("; ".join(errors))

    def _ways(self, folder: Path, wanted: list[str]):
        """Name and commands of each way to make an environment, the quickest first."""
        python = str(python_of(folder))
        wheels = ["--find-links", str(self.wheels)] if self.wheels else []
        if uv := find_uv():
            index = ["--index", self.index] if self.index else []
            venv = [*uv, "venv", "--quiet", "--python", self.python, str(folder)]
            install = [*uv, "pip", "install", "--quiet", "--python", python]
            yield "uv", [venv, [*install, *index, *wheels, *wanted]]
        index = ["--extra-index-url", self.index] if self.index else []
        venv = [self.python, "-m", "venv", "--without-pip", str(folder)]
        # Compiling all of torch takes longer than importing it once.
        install = [*self._pip, "--python", python, "install", "--quiet", "--no-compile"]
        yield "pip", [venv, [*install, *index, *wheels, *wanted]]

    @property
    def _pip(self) -> list[str]:
        """The interpreter's own pip: its version and settings decide what fits."""
        command = [self.python, "-m", "pip"]
        return [*command, "--disable-pip-version-check", "--no-input"]


def python_of(folder: Path) -> Path:
    """The interpreter of an environment."""
    return folder / "bin" / "python"


def find_uv() -> list[str] | None:
    """The command of uv: on the path, beside this Python or in it; None without uv."""
    beside = Path(sys.executable).with_name("uv")
    if found := shutil.which("uv") or (str(beside) if beside.exists() else None):
        return [found]
    if importlib.util.find_spec("uv"):
        return [sys.executable, "-m", "uv"]
    return None


def packages(tests: Path) -> list[str]:
    """What the files and the library's tests need besides torch.

    Args:
        tests: The folder of the library's tests; it need not be there.

    Returns:
        Names of distributions, as the ``# Needs:`` lines ask for them.
    """
    needs: set[str] = set()
    for path in find():
        try:
            needs.update(parse(path).needs)
        except SnippetError:
            continue  # the run will say so
    modules = {need.partition(".")[0] for need in needs if need.isidentifier()}
    found = {DISTRIBUTIONS.get(m, m) for m in modules - {"cuda", "snippets"}}
    return sorted(found | ({"pytest"} if tests.is_dir() else set()))


def choose(named: list[str], source: Source, recorded: Iterable[str] = ()) -> list[str]:
    """The releases that a person asks for.

    Args:
        named: What they wrote: releases, ``newest``, ``oldest`` (of those with a
            record) or ``nightly``; nothing for the newest.
        source: Where torch comes from.
        recorded: The releases with a record.

    Returns:
        Releases that the source has, in the order asked for.

    Raises:
        RequestError: There is no such release; the nearest are named.
    """
    words = {"newest", "oldest"}
    have = source.releases(any(not is_final(n) for n in named if n not in words))
    newest = max(filter(is_final, have), key=release_key, default="0")
    chosen = []
    for name in named or ["newest"]:
        if name == "oldest":
            name = min(filter(is_final, recorded), key=release_key, default=newest)
        elif name == "newest":
            name = newest
        elif name == NIGHTLY:
            name = have[-1]
            if is_final(name):
                raise RequestError(
                    f"the index has no torch after {newest}; name with --index one "
                    "that has nightlies"
                )
        if name not in have:
            key = release_key(name)
            older = [release for release in have if release_key(release) < key][-1:]
            newer = [release for release in have if release_key(release) > key][:1]
            raise RequestError(
                f"pip finds no torch {name} for {source.python}; the nearest: "
                + ", ".join(older + newer)
            )
        chosen.append(name)
    return list(dict.fromkeys(chosen))


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command, capture_output=True, text=True, env=_plain_python(), check=False
        )
    except OSError as error:  # there is no such program
        return subprocess.CompletedProcess(command, NO_PROGRAM, "", str(error))


def _plain_python() -> dict[str, str]:
    """This process's environment with Python's own switches off.

    The tools need the rest of it: indexes, proxies, certificates.
    """
    kept = ("PYTHONPATH", "PYTHONHOME", "PYTHONUSERBASE", "PYTHONDONTWRITEBYTECODE")
    env = {k: v for k, v in os.environ.items() if k[:6] != "PYTHON" or k in kept}
    return {**env, "PYTHONUTF8": "1"}


def _last(done: subprocess.CompletedProcess[str]) -> str:
    """The line in which a tool says what is wrong; uv breaks it into several."""
    told = re.split(r"\n\s*\n|\n\s*hint:", (done.stderr or done.stdout).strip())[0]
    if "╰─▶" in told:
        return " ".join(told.rpartition("╰─▶")[2].split())
    lines = told.splitlines() or ["it said nothing"]
    errors = [line for line in lines if re.match("error", line, re.I)]
    return (errors or lines)[-1].strip()

"""A small checkout, and a torch that is a page of Python: importing it takes no time.

A wheel is a zip archive of a package and three files about it; the tool under test
installs it as it would the real one, without a network.
"""

import compileall
import functools
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REAL = ("-m", "verify.release")
QUICK = (str(Path(__file__).with_name("quick_installer.py")),)
# uv and pip have the wheels of a folder, and nothing else.
OFFLINE = {
    "PIP_NO_INDEX": "1",
    "PIP_CONFIG_FILE": os.devnull,
    "PIP_FIND_LINKS": "",
    "UV_OFFLINE": "1",
    "UV_NO_CACHE": "1",
}

# What the runner asks of torch, and a few functions to break.
TORCH = """
import sys, types, warnings

__version__ = "{version}"
cuda = types.SimpleNamespace(is_available=lambda: False)
default_generator = types.SimpleNamespace(seed=lambda: None)


def add(a, b, alpha=1):
    return a + alpha * b


def mean(values):
    return sum(values) / len(values)
"""
# What is imported from here is the real package, from the Python that runs the tests.
ELSEWHERE = "import sys; sys.path.append({folder!r})\n"


def wheel(
    folder: Path,
    name: str,
    version: str,
    files: dict[str, str],
    needs: str = "",
    python: str = "",
) -> Path:
    """Write a wheel of files by their path in site-packages.

    Args:
        folder: The folder of wheels.
        name: The distribution.
        version: Its version.
        files: Texts by their path in site-packages.
        needs: Another distribution that it depends on.
        python: The versions of Python that it is for.

    Returns:
        The wheel.
    """
    folder.mkdir(exist_ok=True)
    info = f"{name}-{version}.dist-info"
    path = folder / f"{name}-{version}-py3-none-any.whl"
    files = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        + (f"Requires-Dist: {needs}\n" if needs else "")
        + (f"Requires-Python: {python}\n" if python else ""),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\n"
        "Root-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{file},,\n" for file in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(file, text)
    return path


@functools.cache
def compiled_verify() -> tempfile.TemporaryDirectory:
    """A copy of `verify/`, compiled once for all checkouts; it goes at the end."""
    folder = tempfile.TemporaryDirectory()
    shutil.copytree(ROOT / "verify", folder.name, dirs_exist_ok=True)
    compileall.compile_dir(folder.name, quiet=1)
    return folder


class Tree:
    """A checkout with the real `verify/`, and with files of its own."""

    def __init__(self, root: Path) -> None:
        self.root, self.wheels = root, root / "wheels"
        self.wheels.mkdir(parents=True, exist_ok=True)
        if not (root / "verify").exists():
            shutil.copytree(compiled_verify().name, root / "verify")
            (root / "snippets").mkdir()

    def copy(self, root: Path) -> "Tree":
        """The same checkout at another place."""
        shutil.copytree(self.root, root)
        return Tree(root)

    def torch(self, version: str, more: str = "", **wanted: str) -> None:
        """Make a wheel of a torch release; `more` is appended to its module."""
        text = TORCH.format(version=version) + textwrap.dedent(more)
        wheel(self.wheels, "torch", version, {"torch/__init__.py": text}, **wanted)

    def snippet(self, name: str, text: str) -> Path:
        """Write a snippet file, and show it on a page of both languages."""
        path = self.root / "snippets" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text).lstrip("\n"), "utf-8")
        for lang in ("zh", "en"):
            page = self.root / "docs" / lang / f"{Path(name).parent}.md"
            page.parent.mkdir(parents=True, exist_ok=True)
            old = page.read_text("utf-8") if page.exists() else "# Sums {#sums}\n"
            block = f'\n```python\n--8<-- "{name}"\n```\n'
            page.write_text(old + block * (block not in old), "utf-8")
        return path

    def verify(self, *arguments, program=QUICK, environment=None):
        """Run the command; return its exit code, output and errors."""
        with self.start(*arguments, program=program, environment=environment) as run:
            out, err = run.communicate(timeout=120)
        return run.returncode, out, err

    def start(self, *arguments, program=QUICK, environment=None):
        """Start the command.

        Args:
            arguments: Its arguments.
            program: What follows `python`: `QUICK`, `REAL` or another module.
            environment: Variables to set.

        Returns:
            The process.
        """
        wheels = ["--wheels", str(self.wheels)] if program in (QUICK, REAL) else []
        variables = {**os.environ, **OFFLINE, **(environment or {})}
        # Else each environment compiles the standard library for itself.
        variables.pop("PYTHONDONTWRITEBYTECODE", None)
        return subprocess.Popen(
            [sys.executable, *program, *map(str, arguments), *wheels],
            cwd=self.root,
            env=variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def installed(self) -> list[str]:
        """List the releases that were installed, in order."""
        log = self.root / ".nox" / "installed.log"
        return log.read_text().split() if log.exists() else []

    def record(self, torch: str, device: str = "cpu") -> Path:
        """Where the record of a release lies."""
        return self.root / "records" / f"torch-{torch}-{device}.json"

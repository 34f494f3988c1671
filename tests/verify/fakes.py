"""Build a small checkout and wheels of a fake torch that imports instantly.

A wheel is a zip archive of a package and three metadata files. The tool under test
installs these wheels as it would install real ones, but without a network.
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
# Keep uv and pip from using anything but the wheels in the folder given to them.
OFFLINE = {
    "PIP_NO_INDEX": "1",
    "PIP_CONFIG_FILE": os.devnull,
    "PIP_FIND_LINKS": "",
    "UV_OFFLINE": "1",
    "UV_NO_CACHE": "1",
}

# What the runner uses of torch, and a few functions for tests to break.
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


def wheel(
    folder: Path,
    name: str,
    version: str,
    files: dict[str, str],
    needs: str = "",
    python: str = "",
) -> Path:
    """Write a wheel.

    Args:
        folder: The folder to write into, which is created if it doesn't exist.
        name: The name of the distribution.
        version: The version of the distribution.
        files: The text of each file, by its path in site-packages.
        needs: A requirement of the distribution, such as `helper>=2`. Default: none.
        python: The Python versions that it supports, such as `>=3.11`. Default: all.

    Returns:
        The path of the wheel.
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
    """Return a temporary copy of `verify/`, compiled once for all checkouts."""
    folder = tempfile.TemporaryDirectory()
    shutil.copytree(ROOT / "verify", folder.name, dirs_exist_ok=True)
    compileall.compile_dir(folder.name, quiet=1)
    return folder


class Tree:
    """A checkout with the real `verify/` but its own snippets, pages and records.

    Args:
        root: The folder of the checkout, which is filled if it's new.

    Attributes:
        root: The folder of the checkout.
        wheels: The folder of wheels that it installs from.
    """

    def __init__(self, root: Path) -> None:
        self.root, self.wheels = root, root / "wheels"
        self.wheels.mkdir(parents=True, exist_ok=True)
        if not (root / "verify").exists():
            shutil.copytree(compiled_verify().name, root / "verify")
            (root / "snippets").mkdir()

    def copy(self, root: Path) -> "Tree":
        """Copy the checkout to another folder and return the copy."""
        shutil.copytree(self.root, root)
        return Tree(root)

    def torch(self, version: str, more: str = "", **wanted: str) -> None:
        """Write a wheel of the fake torch.

        Args:
            version: The release.
            more: Source to append to the module.
            wanted: The arguments `needs` and `python` of `wheel`.
        """
        text = TORCH.format(version=version) + textwrap.dedent(more)
        wheel(self.wheels, "torch", version, {"torch/__init__.py": text}, **wanted)

    def snippet(self, name: str, text: str) -> Path:
        """Write a snippet file, add it to a page in both languages, return its path."""
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
        """Run the command to its end; the arguments are those of `start`.

        Returns:
            The exit code, standard output and standard error.
        """
        with self.start(*arguments, program=program, environment=environment) as run:
            out, err = run.communicate(timeout=120)
        return run.returncode, out, err

    def start(self, *arguments, program=QUICK, environment=None):
        """Start the command.

        Args:
            arguments: Command-line arguments, converted to strings.
            program: What follows `python`: `QUICK`, `REAL` or other arguments.
            environment: Environment variables to add. Default: none.

        Returns:
            The running process, with pipes for its output.
        """
        wheels = ["--wheels", str(self.wheels)] if program in (QUICK, REAL) else []
        variables = {**os.environ, **OFFLINE, **(environment or {})}
        # Without bytecode files, each environment compiles the standard library again.
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
        """Return the releases that were installed, in order."""
        log = self.root / ".nox" / "installed.log"
        return log.read_text().split() if log.exists() else []

    def record(self, torch: str, device: str = "cpu") -> Path:
        """Return the path of the record of a release."""
        return self.root / "records" / f"torch-{torch}-{device}.json"

"""Draw the pictures of the pages by running the snippet files that save them.

Each picture exists in a light and a dark version. ``python -m render.figures`` redraws
the pictures whose snippet file has changed and removes those that no file draws. Paths
select the snippet files to draw even if they haven't changed. ``--check`` changes
nothing and lists what is outdated.

A picture contains the SHA-256 of the file that drew it, so a test can tell whether it
is up to date.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PICTURES = Path("docs/overrides/assets/figures")
SCHEMES = ("light", "dark")
STAMP = re.compile(r"<!-- snippets/(?P<name>\S+) sha256:(?P<hash>[0-9a-f]{64}) -->")
# Remove the matplotlib version and the date: they differ although the picture doesn't.
METADATA = re.compile(r"^ *<metadata>.*?</metadata>\n", re.S | re.M)


class FigureError(Exception):
    """A snippet file that fails or doesn't save its picture, described in one line."""


def sources(root: Path = ROOT) -> list[Path]:
    """Return the snippet files that save a picture, sorted.

    Args:
        root: The checkout.
    """
    files = sorted((root / "snippets").glob("*/**/*.py"))
    return [path for path in files if "savefig(" in path.read_text("utf-8")]


def pictures(source: Path, root: Path = ROOT) -> list[Path]:
    """Return the paths of a snippet file's pictures: light, then dark.

    Args:
        source: The snippet file.
        root: The checkout.
    """
    stem = source.relative_to(root / "snippets").with_suffix("")
    return [root / PICTURES / f"{stem.as_posix()}-{scheme}.svg" for scheme in SCHEMES]


def stamp(source: Path, root: Path = ROOT) -> str:
    """Return the line in a picture that names the file that drew it, with its hash.

    Args:
        source: The snippet file.
        root: The checkout.
    """
    name = source.relative_to(root / "snippets").as_posix()
    return (
        f"<!-- snippets/{name} sha256:"
        f"{hashlib.sha256(source.read_bytes()).hexdigest()} -->"
    )


def stale(root: Path = ROOT) -> list[str]:
    """List the outdated pictures, without drawing any.

    Args:
        root: The checkout.

    Returns:
        One line for each picture that is missing, is older than its file or belongs to
        no file.
    """
    faults = []
    wanted = set()
    for source in sources(root):
        for picture in pictures(source, root):
            wanted.add(picture)
            where = picture.relative_to(root).as_posix()
            what = source.relative_to(root).as_posix()
            if not picture.is_file():
                faults.append(f"{where}: is missing; draw it with {what}")
            elif stamp(source, root) not in picture.read_text("utf-8"):
                faults.append(f"{where}: is older than {what}")
    for picture in sorted((root / PICTURES).glob("**/*.*")):
        if picture not in wanted:
            where = picture.relative_to(root).as_posix()
            faults.append(f"{where}: no snippet file draws it; remove it")
    return faults


def draw(source: Path, root: Path = ROOT) -> list[Path]:
    """Run a snippet file with the light and the dark style and keep what it saves.

    Args:
        source: The snippet file.
        root: The checkout.

    Returns:
        The paths of the pictures: light, then dark.

    Raises:
        FigureError: If the file fails, or saves anything but one SVG with its own name.
    """
    what = source.relative_to(root).as_posix()
    targets = pictures(source, root)
    for scheme, target in zip(SCHEMES, targets, strict=True):
        style = Path(__file__).with_name(f"{scheme}.mplstyle")
        env = {**os.environ, "MATPLOTLIBRC": str(style), "MPLBACKEND": "Agg"}
        # For files that import the library.
        env["PYTHONPATH"] = os.pathsep.join(
            filter(None, [str(root), env.get("PYTHONPATH", "")])
        )
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                [sys.executable, str(source)],
                cwd=folder,
                env=env,
                text=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
            if done.returncode:
                last = (done.stderr.strip() or "no message").splitlines()[-1]
                raise FigureError(f"{what}: fails: {last}")
            saved = sorted(path.name for path in Path(folder).iterdir())
            if saved != [f"{source.stem}.svg"]:
                raise FigureError(
                    f"{what}: saves {', '.join(saved) or 'nothing'}; "
                    f'a picture is saved by savefig("{source.stem}.svg")'
                )
            svg = Path(folder, saved[0]).read_text("utf-8")
        svg = METADATA.sub("", svg)
        svg = svg.replace("<svg ", f"{stamp(source, root)}\n<svg ", 1)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(svg, "utf-8", newline="\n")
    return targets


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Run the command line.

    Args:
        arguments: The arguments; None means those of the process.
        root: The checkout.

    Returns:
        The exit code: 0; 1 if a file can't be drawn or `--check` finds a fault; 2 if a
        path has no snippet file that saves a picture.
    """
    parser = argparse.ArgumentParser(
        prog="python -m render.figures",
        description="Draw the pictures of the snippet files that have changed.",
    )
    parser.add_argument("paths", nargs="*", metavar="PATH", help="draw these anyway")
    parser.add_argument(
        "--check", action="store_true", help="don't draw, list what is outdated"
    )
    options = parser.parse_args(arguments)
    faults = stale(root)
    if options.check:
        print("\n".join(faults) or "every picture is up to date")
        return 1 if faults else 0
    found = sources(root)
    chosen = [
        source
        for source in found
        if any(
            stamp(source, root) not in _text(path) for path in pictures(source, root)
        )
    ]
    if options.paths:
        named = [Path(path).resolve() for path in options.paths]
        for path in named:
            if not any(source.is_relative_to(path) for source in found):
                print(f"{path}: no snippet file there saves a picture", file=sys.stderr)
                return 2
        chosen = [s for s in found if any(s.is_relative_to(path) for path in named)]
    code = 0
    for source in chosen:
        try:
            for picture in draw(source, root):
                print(picture.relative_to(root).as_posix())
        except FigureError as error:
            print(error, file=sys.stderr)
            code = 1
    for picture in sorted((root / PICTURES).glob("**/*.svg")):
        if not any(picture in pictures(source, root) for source in found):
            picture.unlink()
            print(f"removed {picture.relative_to(root).as_posix()}")
    return code


def _text(path: Path) -> str:
    return path.read_text("utf-8") if path.is_file() else ""


if __name__ == "__main__":
    sys.exit(main())

"""Where snippet files are, what they are called, and how they are read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from verify import ROOT, SNIPPETS, RequestError, SnippetError

MOST_BYTES = 1 << 20
"""Size of the largest file that is read: a snippet file has about a thousand bytes."""


def name_of(path: Path) -> str:
    """Return the name of a snippet file: its path in ``snippets/``, else the path.

    Example:
        >>> name_of(SNIPPETS / "tensors" / "shape" / "view.py")
        'tensors/shape/view.py'
    """
    path = _resolved(path)
    return (
        path.relative_to(SNIPPETS) if path.is_relative_to(SNIPPETS) else path
    ).as_posix()


def shown(path: Path) -> str:
    """Return a path as a person writes it: from the root of the repository if below."""
    path = _resolved(path)
    return str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)


def _resolved(path: Path) -> Path:
    """Return the path without links; `Path.resolve` fails in a loop of them."""
    return Path(os.path.realpath(path))


def read(path: Path) -> bytes:
    """Read a snippet file; never wait for one that isn't a regular file.

    Args:
        path: The file.

    Returns:
        Its bytes.

    Raises:
        SnippetError: If it can't be read, isn't a regular file, or is larger than
            1 MiB.
    """

    def fault(what: str) -> SnippetError:
        return SnippetError([f"{shown(path)}:1: {what}"])

    # Opening a FIFO waits for its other end, without this flag.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # a device may act when opened
            raise fault(f"is {_kind(path)}; a snippet is a regular file")
        fd = os.open(path, flags)
        with open(fd, "rb") as file:
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                raise fault(f"is {_kind(path)}; a snippet is a regular file")
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise fault(f"can't be read: {error.strerror or error}") from None
    if len(data) > MOST_BYTES:
        raise fault(f"has more than {MOST_BYTES:,} bytes; shorten it")
    return data


def _kind(path: Path) -> str:
    """Say what a path is that isn't a regular file."""
    mode = os.stat(path).st_mode
    kinds = {
        stat.S_IFDIR: "a folder",
        stat.S_IFIFO: "a FIFO",
        stat.S_IFSOCK: "a socket",
        stat.S_IFCHR: "a device",
        stat.S_IFBLK: "a device",
    }
    return kinds.get(stat.S_IFMT(mode), "a special file")


def find(folder: Path = SNIPPETS) -> list[Path]:
    """Return all snippet files in a folder and its subfolders, without the library's.

    Hidden files and what isn't a regular file are left out: editors keep dangling
    links such as ``.#name.py`` beside a file. What can't be looked at is returned, a
    folder included, so that it isn't missed: reading it fails with one line.

    Args:
        folder: ``snippets/`` or a folder below it.

    Returns:
        Sorted paths.
    """
    found: list[Path] = []
    folders, real = [folder], _resolved(folder)
    library = None
    if SNIPPETS.is_relative_to(real):
        library = folder / SNIPPETS.relative_to(real)
    while folders:  # not os.walk, which calls itself for each level
        parent = folders.pop()
        try:
            with os.scandir(parent) as entries:
                for entry in entries:
                    path = parent / entry.name
                    if entry.name.startswith(".") or entry.name == "__pycache__":
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(path)
                    elif path.suffix == ".py" and parent != library:
                        found += [path] * _may_be_regular(path)
        except OSError:
            found.append(parent)
    return sorted(found)


def _may_be_regular(path: Path) -> bool:
    try:
        return stat.S_ISREG(os.stat(path).st_mode)
    except PermissionError:
        return True
    except OSError:  # it has just gone, or is a link to nothing or to itself
        return False


def chosen_files(paths: list[Path], word: str | None = None) -> list[Path]:
    """Return the files that a person names.

    Args:
        paths: Files and folders; none for all of ``snippets/``.
        word: Only files with this in their path.

    Returns:
        Each file once.

    Raises:
        RequestError: If a path isn't a Python file or a folder, or there is no file.
    """
    files: dict[Path, None] = {}
    for path in paths or [SNIPPETS]:
        what = None
        try:
            mode = os.stat(path).st_mode
        except FileNotFoundError:
            what = "doesn't exist"
        except (OSError, ValueError) as error:
            what = f"can't be read: {getattr(error, 'strerror', None) or error}"
        else:
            if stat.S_ISDIR(mode):
                files.update(dict.fromkeys(map(_resolved, find(path))))
            elif not stat.S_ISREG(mode):
                what = f"is {_kind(path)}, not a Python file"
            elif path.suffix != ".py":
                what = "is not a Python file"
            else:
                files[_resolved(path)] = None
        if what:
            name = str(path) if str(path).isprintable() else repr(str(path))
            raise RequestError(f"{name} {what}; pass a snippet file or a folder")
    if word:
        files = {p: None for p in files if word.lower() in str(p).lower()}
    if not files:
        raise RequestError(
            "no snippet file to run" + f" has '{word}' in its path" * bool(word)
        )
    return list(files)


def text_of(path: Path) -> str:
    """Return the text of a file; "" if it can't be read."""
    try:
        return path.read_text("utf-8", errors="replace") if path.is_file() else ""
    except OSError:
        return ""

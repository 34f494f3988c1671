"""Find, name and read snippet files."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from verify import ROOT, SNIPPETS, RequestError, SnippetError

MOST_BYTES = 1 << 20
"""The largest size of a file that is read; most have about a thousand bytes."""


def name_of(path: Path) -> str:
    """Return the name of a snippet file, which is its path in ``snippets/``.

    For a file elsewhere, return its absolute path.

    Example:
        >>> name_of(SNIPPETS / "tensors" / "shape" / "view.py")
        'tensors/shape/view.py'
    """
    path = _resolved(path)
    return (
        path.relative_to(SNIPPETS) if path.is_relative_to(SNIPPETS) else path
    ).as_posix()


def shown(path: Path) -> str:
    """Return a path for messages, relative to the repository if it is in there."""
    path = _resolved(path)
    return str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)


def _resolved(path: Path) -> Path:
    """Resolve links; unlike `Path.resolve`, don't fail if they form a loop."""
    return Path(os.path.realpath(path))


def read(path: Path) -> bytes:
    """Read a snippet file, without ever blocking on a FIFO or a device.

    Args:
        path: The file.

    Returns:
        Its contents.

    Raises:
        SnippetError: If it can't be read, isn't a regular file, or is larger than
            `MOST_BYTES`.
    """

    def fault(what: str) -> SnippetError:
        return SnippetError([f"{shown(path)}:1: {what}"])

    # Without O_NONBLOCK, opening a FIFO waits until somebody writes to it.
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
    """Return what a path is, if it isn't a regular file, e.g. "a folder"."""
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
    """Find all snippet files in a folder and its subfolders.

    The modules of the library, directly in ``snippets/``, are left out. So are hidden
    files, such as the links ``.#name.py`` of editors, and everything else that isn't a
    regular file. Files and folders without read permission are returned nevertheless,
    so that a later attempt to read them reports the problem.

    Args:
        folder: The folder.

    Returns:
        The paths, sorted.
    """
    found: list[Path] = []
    folders, real = [folder], _resolved(folder)
    library = None
    if SNIPPETS.is_relative_to(real):
        library = folder / SNIPPETS.relative_to(real)
    while folders:  # os.walk() was recursive before Python 3.12
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
    except OSError:  # just deleted, or a broken link
        return False


def chosen_files(paths: list[Path], word: str | None = None) -> list[Path]:
    """Return the snippet files that are given on the command line.

    Args:
        paths: Files and folders; if empty, all of ``snippets/``.
        word: Choose only files whose path contains this, in upper or lower case.

    Returns:
        The files, without duplicates.

    Raises:
        RequestError: If a path is neither a Python file nor a folder, or if no file is
            left.
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

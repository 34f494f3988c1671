"""Watch folders for files that are created, changed or deleted."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

CHANGED, CREATED, DELETED = "changed", "created", "deleted"
# Folders that tools write to at any time.
CACHES = {
    *("__pycache__", ".cache", ".mypy_cache", ".pytest_cache", ".ruff_cache"),
    *(".git", ".nox", ".tox", ".venv", "venv", "node_modules", "build", "site"),
}
# Files that editors and file managers write beside an edited file.
EDITORS = re.compile(r"\.#.*|#.*#|.*~|\..*\.sw.|4913|\.DS_Store")
DEEP = 2000  # entries; larger folders of a single file are watched without subfolders

Signature = tuple[int, ...]
NAME: Signature = ()  # of each entry in a folder where only new names count


@dataclass(frozen=True)
class Change:
    """A path that was created, changed or deleted.

    Attributes:
        path: The path.
        before: Its signature at the previous look; None if it didn't exist.
        after: Its signature now; None if it doesn't exist.
        time: The time of the change in nanoseconds, by the clock of its file system.
    """

    path: str
    before: Signature | None
    after: Signature | None
    time: int

    @property
    def kind(self) -> str:
        """``"changed"``, ``"created"`` or ``"deleted"``."""
        if self.before is None:
            return CREATED
        return DELETED if self.after is None else CHANGED

    def is_like(self, other: Change) -> bool:
        """Return whether both are of the same path, or new paths in the same folder."""
        if self.path == other.path:
            return True
        both_new = self.before is None and other.before is None
        return both_new and os.path.dirname(self.path) == os.path.dirname(other.path)


class Tree:
    """Watch folders, and report what has changed since the previous look.

    Caches, virtual environments, editors' files and most of ``.git`` are ignored. Git's
    hooks and configuration aren't, because git runs commands from them.

    Args:
        roots: Folders to watch with their subfolders.
        names: Shared folders in which only new names count, such as ``/tmp``.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     tree = Tree([folder])
        ...     Path(folder, "new.txt").touch()
        ...     [(change.kind, Path(change.path).name) for change in tree.look()]
        [('created', 'new.txt')]
    """

    def __init__(
        self, roots: Iterable[str | Path], names: Iterable[str | Path] = ()
    ) -> None:
        self._lock = threading.Lock()
        self._roots = [os.path.realpath(root) for root in roots]
        for root in tuple(self._roots):
            self._roots += _git(root)
        shared = [os.path.realpath(folder) for folder in names]
        self._names = [folder for folder in shared if folder not in self._roots]
        self._flat: list[str] = []
        self._known = self._read()

    def add(self, file: Path) -> None:
        """Watch the folder of a file too, unless it is watched already.

        Args:
            file: The file. If its folder has more than `DEEP` entries, its subfolders
                aren't watched. If only new names count in its folder, only the file
                itself is watched.
        """
        path = Path(os.path.realpath(file))
        with self._lock:
            if {str(path), *map(str, path.parents)} & {*self._roots}:
                return
            folder = str(path.parent)
            if folder in self._flat:
                return
            if folder in self._names:
                folder = str(path)
            found = self._scan(folder, limit=DEEP)
            if found is not None:
                self._roots.append(folder)
            else:
                self._flat.append(folder)
                found = self._scan(folder, deep=False)
            self._known.update(found or {})

    def look(self) -> list[Change]:
        """Return the changes since the previous look, sorted by path."""
        with self._lock:
            known, self._known = self._known, self._read()
            paths = [p for p, now in self._known.items() if known.get(p) != now]
            paths += known.keys() - self._known.keys()
            changes = [
                Change(path, known.get(path), self._known.get(path), _time(path))
                for path in sorted(paths)
                if not EDITORS.fullmatch(os.path.basename(path))
            ]
        return [
            c for c in changes if c.kind == CREATED or NAME not in (c.before, c.after)
        ]

    def shares(self, path: str) -> bool:
        """Return whether a path is in one of the folders where only new names count."""
        return os.path.dirname(path) in self._names

    def _read(self) -> dict[str, Signature]:
        found: dict[str, Signature] = {}
        for root in self._roots:
            found.update(self._scan(root) or {})
        for folder in self._flat:
            found.update(self._scan(folder, deep=False) or {})
        for folder in self._names:
            with contextlib.suppress(OSError), os.scandir(folder) as entries:
                for entry in entries:
                    found.setdefault(entry.path, NAME)
        return found

    def _scan(
        self, folder: str, deep: bool = True, limit: float = float("inf")
    ) -> dict[str, Signature] | None:
        """Return the signatures of all entries; None if there are more than `limit`."""
        found: dict[str, Signature] = {}
        folders = [folder]
        while folders:
            current = folders.pop()
            try:
                with os.scandir(current) as listing:
                    entries = list(listing)
            except OSError:  # not a folder, or deleted
                with contextlib.suppress(OSError):
                    found[current] = _signature(os.lstat(current))
                continue
            if any(entry.name == "pyvenv.cfg" for entry in entries):
                continue  # a virtual environment
            for entry in entries:
                if entry.name in CACHES or entry.path in self._names:
                    continue
                try:
                    status = entry.stat(follow_symlinks=False)
                except OSError:
                    continue
                found[entry.path] = _signature(status)
                if deep and stat.S_ISDIR(status.st_mode):
                    folders.append(entry.path)
            if len(found) > limit:
                return None
        return found


def _signature(status: os.stat_result) -> Signature:
    if stat.S_ISDIR(status.st_mode):  # its entries have their own signatures
        return (status.st_mode,)
    # A program can set st_mtime, but that changes st_ctime, which it can't set.
    times = (status.st_mtime_ns, status.st_ctime_ns)
    return (status.st_mode, status.st_ino, status.st_size, *times)


def _time(path: str) -> int:
    """Return when a path changed or, if it was deleted, when its folder changed."""
    with contextlib.suppress(OSError):
        return os.lstat(path).st_ctime_ns
    with contextlib.suppress(OSError):
        return os.stat(os.path.dirname(path)).st_mtime_ns
    return 0


def _git(root: str) -> list[str]:
    """Return the paths in ``.git`` that make git run commands: hooks and config."""
    folder = os.path.join(root, ".git")
    with contextlib.suppress(OSError):
        if os.path.isfile(folder):  # a worktree
            link = Path(folder).read_text("utf-8").partition("gitdir: ")[2].strip()
            folder = os.path.join(root, link)
            common = Path(folder, "commondir").read_text("utf-8").strip()
            folder = os.path.join(folder, common)
    paths = (os.path.realpath(os.path.join(folder, n)) for n in ("hooks", "config"))
    return [path for path in paths if os.path.exists(os.path.dirname(path))]

"""See what appears in folders in which a snippet file has nothing to write."""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path


class Watch:
    """Watches which names appear in folders; cheap enough for a look at each file.

    Caches and hidden files are left aside: interpreters and editors write those.

    Attributes:
        appeared: Paths that appeared since the start, in the order in which they were
            seen.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     watch = Watch()
        ...     start = watch.look(Path(folder))
        ...     Path(folder, "new.txt").touch()
        ...     end = watch.look()
        >>> [os.path.basename(path) for path in watch.appeared[start:end]]
        ['new.txt']
    """

    def __init__(self) -> None:
        self.appeared: list[str] = []
        self._folders: dict[str, tuple[int, set[str]]] = {}
        self._lock = threading.Lock()

    def look(self, *folders: Path, below: bool = False) -> int:
        """Look for new names.

        Args:
            folders: Folders to watch from now on.
            below: Whether to watch the folders below these too.

        Returns:
            How many paths have appeared so far.
        """
        with self._lock:
            for folder in folders:
                inside = [name for name, *_ in os.walk(folder)] if below else []
                for name in (str(folder), *filter(_counts, inside)):
                    if name not in self._folders:
                        self._folders[name] = self._read(name)
            for name, (changed, known) in list(self._folders.items()):
                with contextlib.suppress(OSError):
                    # A folder's own time changes when a name comes or goes.
                    if os.stat(name).st_mtime_ns == changed:
                        continue
                    self._folders[name] = changed, found = self._read(name)
                    self.appeared += sorted(found - known)
            return len(self.appeared)

    @staticmethod
    def _read(folder: str) -> tuple[int, set[str]]:
        changed = os.stat(folder).st_mtime_ns
        return changed, {e.path for e in os.scandir(folder) if _counts(e.path)}


def _counts(path: str) -> bool:
    name = os.path.basename(path)
    return name != "__pycache__" and not name.startswith(".")

"""Delete a folder, however deep it is."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path


def delete_folder(folder: Path) -> bool:
    """Delete a folder with everything in it, at any depth.

    What can't be deleted stays, and no error is raised.

    Args:
        folder: The folder. It doesn't have to exist.

    Returns:
        Whether the folder is gone.
    """
    with contextlib.suppress(RecursionError):
        shutil.rmtree(folder, ignore_errors=True)
    # Whatever remains can't be deleted, or it's too deep: for a recursion, or for the
    # system, because its paths are too long. So move each inner folder to the top.
    number = 0
    todo = _folders(folder)
    while todo:
        inner = todo.pop()
        for deeper in _folders(inner):
            number += 1
            target = folder / f"{number}.moved"
            with contextlib.suppress(OSError):
                deeper.rename(target)
                todo.append(target)
        shutil.rmtree(inner, ignore_errors=True)
    with contextlib.suppress(OSError):
        os.rmdir(folder)
    return not os.path.lexists(folder)


def _folders(folder: Path) -> list[Path]:
    """Return the folders that are directly in a folder, without links to folders."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        return [Path(e.path) for e in entries if e.is_dir(follow_symlinks=False)]
    return []

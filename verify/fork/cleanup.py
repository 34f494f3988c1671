"""Delete a folder whatever is in it."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path


def delete_folder(folder: Path) -> bool:
    """Delete a folder with all that is in it, however deep.

    Args:
        folder: The folder. It doesn't have to exist.

    Returns:
        Whether it's gone. What can't be deleted stays.
    """
    with contextlib.suppress(RecursionError):
        shutil.rmtree(folder, ignore_errors=True)
    # What is left is too deep for a recursion and its paths are too long for the
    # system, or it can't be deleted. Moving folders up makes them shallow.
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
    """Return the folders in a folder, links left aside."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        return [Path(e.path) for e in entries if e.is_dir(follow_symlinks=False)]
    return []

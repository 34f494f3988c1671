"""Where snippet files lie, and what they are called."""

from __future__ import annotations

from pathlib import Path

from verify import ROOT, SNIPPETS, RequestError


def name_of(path: Path) -> str:
    """The name of a snippet file: its path below ``snippets/``, else the path.

    Example:
        >>> name_of(SNIPPETS / "tensors" / "shape" / "view.py")
        'tensors/shape/view.py'
    """
    path = path.resolve()
    return (
        path.relative_to(SNIPPETS) if path.is_relative_to(SNIPPETS) else path
    ).as_posix()


def shown(path: Path) -> str:
    """A path as a person writes it: from the root of the repository if it is below."""
    path = path.resolve()
    return str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)


def find(folder: Path = SNIPPETS) -> list[Path]:
    """All snippet files at or below a folder; files of the library are none.

    Args:
        folder: ``snippets/`` or a folder below it.

    Returns:
        Sorted paths.
    """
    return sorted(
        path
        for path in folder.rglob("*.py")
        if path.parent.resolve() != SNIPPETS and "__pycache__" not in path.parts
    )


def chosen_files(paths: list[Path], word: str | None = None) -> list[Path]:
    """The files that a person names.

    Args:
        paths: Files and folders; none for all of ``snippets/``.
        word: Only files with this in their path.

    Returns:
        Each file once.

    Raises:
        RequestError: A path is no Python file or folder, or there is no file.
    """
    files: dict[Path, None] = {}
    for path in paths or [SNIPPETS]:
        if path.is_dir():
            files.update(dict.fromkeys(p.resolve() for p in find(path)))
        elif path.is_file() and path.suffix == ".py":
            files[path.resolve()] = None
        else:
            what = "is no Python file" if path.exists() else "does not exist"
            raise RequestError(
                f"{path} {what}; name a snippet file or a folder of them"
            )
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

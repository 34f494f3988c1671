"""Files that many pages ask for: read again only when they have changed."""

from __future__ import annotations

import functools
from pathlib import Path

from verify import evidence
from verify.snippet import Snippet, parse_bytes


def read_bytes(path: Path) -> bytes:
    """What a file holds."""
    facts = path.stat()
    return _read(path, facts.st_mtime_ns, facts.st_size)


def read_text(path: Path) -> str:
    """The text of a file, without a mark of its encoding at the start."""
    return read_bytes(path).decode("utf-8-sig").replace("\r\n", "\n")


def read_snippet_file(path: Path) -> Snippet:
    """Parse a snippet file.

    Raises:
        SnippetError: If the file breaks the contract.
    """
    facts = path.stat()
    return _parse(path, facts.st_mtime_ns, facts.st_size)


def current_snippets(root: Path) -> dict[str, Snippet | None]:
    """Parse all snippet files of a checkout, see `evidence.current_snippets`."""
    return evidence.current_snippets(root / "snippets", read_snippet_file)


@functools.lru_cache(maxsize=4096)
def _parse(path: Path, stamp: int, size: int) -> Snippet:
    return parse_bytes(_read(path, stamp, size), path)


@functools.lru_cache(maxsize=4096)
def _read(path: Path, stamp: int, size: int) -> bytes:
    return path.read_bytes()

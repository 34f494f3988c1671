"""Files that many pages ask for: read again only when they have changed."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path


def read_bytes(path: Path) -> bytes:
    """What a file holds."""
    facts = path.stat()
    return _read(path, facts.st_mtime_ns, facts.st_size)


def read_text(path: Path) -> str:
    """The text of a file, without a mark of its encoding at the start."""
    return read_bytes(path).decode("utf-8-sig").replace("\r\n", "\n")


def sha256(path: Path) -> str:
    """The hash under which records speak of a file."""
    return hashlib.sha256(read_bytes(path)).hexdigest()


@functools.lru_cache(maxsize=4096)
def _read(path: Path, stamp: int, size: int) -> bytes:
    return path.read_bytes()

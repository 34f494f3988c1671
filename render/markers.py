"""Replace the markers of a page with Markdown that is generated from data."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from pathlib import Path

from render import api, errors, releases
from render.errata import errata
from render.pages import Page, Row, fill_in, rows_of
from verify import evidence, record_files

ERRATA = "<!-- errata -->"
API = "<!-- api index -->"


def expand(page: Page) -> Page:
    """Fill in the markers of a page.

    The result is cached until the page or a record changes.

    Args:
        page: The page as it is in its file.

    Returns:
        The page with its markers replaced.

    Raises:
        ValueError: If the data behind a marker has a fault; the message names the file.
    """
    return _expand(page, _stamp(page.root / "records"))


@functools.lru_cache(maxsize=256)
def _expand(page: Page, stamp: tuple) -> Page:
    where = (page.root, page.lang, page.name)

    @functools.cache
    def release() -> releases.Release:
        return releases.Release(*where, load_records(page.root / "records"))

    makers: dict[str, Callable[[], Iterable[str]]] = {
        ERRATA: lambda: errata(*where),
        API: lambda: api.index(*where),
        errors.MARKER: lambda: errors.overview(*where),
        **{
            marker: functools.partial(errors.part, *where, name)
            for marker, name in errors.PART_MARKERS.items()
        },
        releases.RUNS: lambda: release().runs(),
        releases.PAGES: lambda: release().pages(),
        releases.CHANGES: lambda: release().changes(),
    }

    def make(row: Row) -> Iterable[Row]:
        marker = row.text.strip()
        return rows_of(makers[marker](), f"{row.place}, {marker}")

    return fill_in(page, makers, make)


def load_records(folder: Path) -> list[evidence.Record]:
    """Read the records of a folder. The result is cached until a record changes.

    Args:
        folder: The folder of the records.

    Returns:
        The records, newest release first; empty if there are none.

    Raises:
        RecordError: If a file isn't a record, or isn't for the release in its name.
    """
    return _load_records(folder, _stamp(folder))


def _stamp(folder: Path) -> tuple:
    files = sorted(folder.glob("*.json"))
    return tuple((path.name, path.stat().st_mtime_ns) for path in files)


@functools.lru_cache(maxsize=4)
def _load_records(folder: Path, stamp: tuple) -> list[evidence.Record]:
    return record_files.load(folder) if stamp else []

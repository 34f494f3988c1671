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
MARKERS = (
    *(ERRATA, API, errors.MARKER, *errors.PART_MARKERS),
    *(releases.RUNS, releases.PAGES, releases.CHANGES),
)


def data_files(root: Path) -> list[Path]:
    """List the files from whose data the markers are filled in.

    Args:
        root: The checkout.
    """
    return [
        *(root / "records").glob("*.json"),
        *(root / "docs" / "errors").glob("*.yml"),
        *(root / "docs" / "mistakes").glob("*/*.yml"),
    ]


def expand(page: Page) -> Page:
    """Fill in the markers of a page.

    The result is cached until the page or the data of a marker changes.

    Args:
        page: The page as it is in its file.

    Returns:
        The page with its markers replaced.

    Raises:
        ValueError: If the data behind a marker has a fault; the message names the file.
    """
    return _expand(page, _stamp(data_files(page.root)))


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
    return _load_records(folder, _stamp(folder.glob("*.json")))


def _stamp(files: Iterable[Path]) -> tuple:
    """Return the names of files, and when they were last changed."""
    return tuple((str(path), path.stat().st_mtime_ns) for path in sorted(files))


@functools.lru_cache(maxsize=4)
def _load_records(folder: Path, stamp: tuple) -> list[evidence.Record]:
    return record_files.load(folder) if stamp else []

"""MkDocs hooks for the live preview of one language; they do nothing in a build.

``mkdocs serve --dirty`` rebuilds a page only if its Markdown file has changed.
`on_files` also marks pages for which an included file, the common mistakes, a record or
the data of a list, such as that of error messages, has changed. `on_post_build` writes
the downloads.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from render import downloads, markers
from render.pages import ROOT, read_site


class _Preview:
    """State that a preview keeps between its builds.

    Attributes:
        is_on: Whether MkDocs runs as a preview, not as a build.
        has_downloads: Whether all downloads have been written once.
    """

    is_on = False
    has_downloads = False


def on_startup(command: str, dirty: bool) -> None:
    """Note whether MkDocs runs as a preview. MkDocs calls this hook first."""
    _Preview.is_on = command == "serve"


def on_files(files, config) -> None:
    """Make pages look outdated if a file that they show is newer than their HTML.

    MkDocs calls this hook before it checks which pages have changed. It compares
    modification times, so the HTML gets the oldest possible one.

    Args:
        files: The files of the site.
        config: The configuration of MkDocs.
    """
    if not _Preview.is_on:
        return
    records = _newest((ROOT / "records").glob("*.json"))
    pages = read_site(ROOT, config.theme["language"]).pages
    for file in files.documentation_pages():
        built = Path(file.abs_dest_path)
        page = pages[file.src_uri]
        name = file.src_uri.removesuffix(".md")
        used = [
            *(ROOT / "snippets" / shown for shown in page.shown()),
            ROOT / "docs" / "mistakes" / f"{name}.yml",
            ROOT / "snippets" / f"{Path(name).name}.py",  # for a library page
        ]
        if any(row.text.strip() in markers.MARKERS for row in page.rows):
            used += markers.data_files(ROOT)
        if built.is_file() and max(_newest(used), records) > built.stat().st_mtime:
            os.utime(built, (0, 0))


def on_post_build(config) -> None:
    """Write the downloads after MkDocs has written the pages.

    The first build writes all downloads. Later builds write only the snippet files,
    because notebooks and archives would slow the preview down.

    Args:
        config: The configuration of MkDocs.
    """
    if not _Preview.is_on:
        return
    out = Path(config.site_dir)
    if _Preview.has_downloads:
        downloads.put_snippets(out)
        return
    downloads.write(out, config.theme["language"], config.site_url or "/")
    _Preview.has_downloads = True


def _newest(paths: Iterable[Path]) -> float:
    return max((path.stat().st_mtime for path in paths if path.is_file()), default=0.0)

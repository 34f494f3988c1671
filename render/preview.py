"""A live preview of one language: the hooks of ``mkdocs serve``, idle in a build.

MkDocs rebuilds what has changed, but looks at the Markdown of a page alone. `on_files`
tells it about the files that the page shows. `on_post_build` writes the downloads.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from render import downloads
from render.pages import ROOT, read_site


class _Preview:
    """What a preview remembers between its builds; `is_on` is false in a build."""

    is_on = False
    has_downloads = False


def on_startup(command: str, dirty: bool) -> None:
    """Called by MkDocs first."""
    _Preview.is_on = command == "serve"


def on_files(files, config) -> None:
    """Called by MkDocs before it looks which pages have changed.

    A page whose blocks, mistakes or records are newer than its HTML has changed too.
    """
    if not _Preview.is_on:
        return
    records = _newest((ROOT / "records").glob("*.json"))
    pages = read_site(ROOT, config.theme["language"]).pages
    for file in files.documentation_pages():
        built = Path(file.abs_dest_path)
        name = file.src_uri.removesuffix(".md")
        used = [
            *(ROOT / "snippets" / shown for shown in pages[file.src_uri].shown()),
            ROOT / "docs" / "mistakes" / f"{name}.yml",
            ROOT / "snippets" / f"{Path(name).name}.py",  # a file of the library
        ]
        if built.is_file() and max(_newest(used), records) > built.stat().st_mtime:
            os.utime(built, (0, 0))


def on_post_build(config) -> None:
    """Called by MkDocs when the pages are written.

    The notebooks and archives are written once, the files of the blocks each time.
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

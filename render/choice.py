"""MkDocs hook that tells the theme which torch releases a reader can choose.

With a generator that has no such hooks, the header doesn't offer the choice, but the
pages don't change otherwise.
"""

from __future__ import annotations

from render.answers import choices
from render.markers import load_records
from render.pages import ROOT


def on_config(config) -> None:
    """Add the releases to the configuration before MkDocs renders the pages.

    Args:
        config: The configuration of MkDocs. The template `release.html` reads
            `extra.releases`.
    """
    config.extra["releases"] = choices(load_records(ROOT / "records"))

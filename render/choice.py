"""Tell the theme which torch releases a reader can choose: a hook of MkDocs.

A generator without such hooks shows no choice; the pages are the same otherwise.
"""

from __future__ import annotations

from render.answers import choices
from render.markers import load_records
from render.pages import ROOT


def on_config(config) -> None:
    """Called by MkDocs before it renders pages.

    Args:
        config: Its configuration; `extra.releases` is for the partial `release.html`.
    """
    config.extra["releases"] = choices(load_records(ROOT / "records"))

"""Find the Chromium that the browser tests and their tools use."""

import os
import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
"""The names under which systems install it."""


def path() -> str | None:
    """Return the path in the variable CHROMIUM, or a Chromium on the path, or None."""
    return os.environ.get("CHROMIUM") or next(
        filter(None, map(shutil.which, NAMES)), None
    )

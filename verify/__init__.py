"""Run snippet files, compare what they print with what they say, keep the evidence.

Standard library only: this folder runs on a machine that has nothing but Python
and torch.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
"""The repository."""

SNIPPETS = ROOT / "snippets"
"""The folder of the snippet files; records and pages name a file by its path below."""

RECORDS = ROOT / "records"
"""The folder of the evidence."""

DEFAULT_TORCH = "2.13.0"
"""The release that the files are written for: here a new warning fails a file, on
other releases it is reported."""


class RequestError(ValueError):
    """What was asked for cannot be done; the message is one line for a person."""

"""Run snippet files, compare their output with their ``#>`` lines, keep the evidence.

Standard library only: this folder runs on a machine that has nothing but Python
and torch.
"""

from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
"""The repository."""

SNIPPETS = ROOT / "snippets"
"""The folder of the snippet files; records and pages name a file by its path in it."""

RECORDS = ROOT / "records"
"""The folder of the evidence."""

DEFAULT_TORCH = "2.13.0"
"""The release that the files are written for: here a new warning fails a file, on
other releases it is reported."""


class RequestError(ValueError):
    """What was asked for cannot be done; the message is one line for a person."""


class SnippetError(ValueError):
    """A file that breaks the contract of a snippet file.

    Args:
        faults: One line for each fault, as ``file:line: what and what to do``.
    """

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))

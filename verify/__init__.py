"""Run snippet files, compare their output with their ``#>`` lines, record the results.

``python -m verify`` uses the torch release that is installed, and `verify.release`
installs others. This package needs only the standard library, so it runs wherever there
is Python with torch.
"""

from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
"""The root of the repository."""

SNIPPETS = ROOT / "snippets"
"""The folder of the snippet files, which are named by their path in this folder."""

RECORDS = ROOT / "records"
"""The folder of the records: results, notes and messages for each release."""

DEFAULT_TORCH = "2.13.0"
"""The release that the files are written for.

An unannounced warning fails a file on this release, but is only reported on others.
"""


class RequestError(ValueError):
    """A request can't be fulfilled; the message is one line for the user."""


class SnippetError(ValueError):
    """A file breaks the contract of a snippet file.

    Args:
        faults: One line for each fault, as ``file:line: what and what to do``.

    Attributes:
        faults: The same, as a tuple.
    """

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))

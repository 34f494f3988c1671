"""Report all faults that a test has found at once."""

from collections.abc import Iterable

import pytest


def hold(faults: Iterable[str]) -> None:
    """Fail with one line for each fault and no traceback; pass if there is none."""
    if lines := "\n".join(faults):
        pytest.fail(lines, pytrace=False)

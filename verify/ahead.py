"""Which slow modules are worth importing once for all files, not once for each."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from verify.paths import text_of

# Modules that take about a second to import.
_SLOW = (
    "matplotlib.pyplot",
    "sklearn.datasets",
    "torch.distributed.checkpoint",
    "torch.distributed.fsdp",
    "torch.distributed.tensor",
)
_PATTERNS = {
    **{name: rf"^(?:import|from) {re.escape(name)}\b" for name in _SLOW},
    # Imported by an optimizer's first step, for example.
    "torch._dynamo": r"\boptim\.|\bDistributedDataParallel\b|\btorch\.compile\b",
    # What torchrun runs.
    "torch.distributed.run": r"^# Run: torchrun\b",
}
_ENOUGH = 3  # files; for fewer, importing ahead costs more than it saves


def modules_ahead(paths: Iterable[Path]) -> tuple[str, ...]:
    """Return the slow modules that at least three of the files import.

    Args:
        paths: The files. One that can't be read imports nothing.
    """
    texts = [text_of(path) for path in paths]
    return tuple(
        name
        for name, pattern in _PATTERNS.items()
        if sum(bool(re.search(pattern, text, re.M)) for text in texts) >= _ENOUGH
    )

"""Choose slow modules that the warm server should import once for all files."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from verify.paths import text_of

# Modules that take about a second to import and that a file imports explicitly.
_SLOW = (
    "matplotlib.pyplot",
    "sklearn.datasets",
    "torch.distributed.checkpoint",
    "torch.distributed.fsdp",
    "torch.distributed.tensor",
)
# For each module, a pattern of sources that import it.
_PATTERNS = {
    **{name: rf"^(?:import|from) {re.escape(name)}\b" for name in _SLOW},
    # torch imports it on first use, e.g. in the first step of an optimizer.
    "torch._dynamo": r"\boptim\.|\bDistributedDataParallel\b|\btorch\.compile\b",
    # The module behind the command `torchrun`.
    "torch.distributed.run": r"^# Run: torchrun\b",
}
_ENOUGH = 3  # with fewer files, importing ahead costs more time than it saves


def modules_ahead(paths: Iterable[Path]) -> tuple[str, ...]:
    """Return the slow modules that at least three of the files import.

    Args:
        paths: The files. One that can't be read is skipped.

    Returns:
        The names of the modules.
    """
    texts = [text_of(path) for path in paths]
    return tuple(
        name
        for name, pattern in _PATTERNS.items()
        if sum(bool(re.search(pattern, text, re.M)) for text in texts) >= _ENOUGH
    )

"""The verdict on one snippet file, and the machine that it was reached on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from verify.compare import Difference
from verify.fork.client import Result

PASSED, FAILED, CHANGED, SKIPPED = "passed", "failed", "output-changed", "skipped"


@dataclass(frozen=True)
class Machine:
    """What files run on.

    Attributes:
        device: ``"cpu"`` or ``"cuda"``: torch's default device.
        device_name: The processor or GPU, in words.
        build: The torch release with the name of its build, e.g. ``2.13.0+cpu``.
        python: Version of Python.
        numpy: Version of NumPy, None if there is none.
        platform: Operating system.
    """

    device: str
    device_name: str
    build: str
    python: str
    numpy: str | None
    platform: str

    @property
    def release(self) -> str:
        """The torch release without the name of its build, e.g. ``2.13.0``."""
        return self.build.partition("+")[0]

    @property
    def id(self) -> str:
        """A short name: equal for the same device, torch build and Python.

        The kernel and NumPy are left out, because they change while the machine stays.
        """
        facts = "\n".join((self.device_name, self.build, self.python))
        return hashlib.sha256(facts.encode()).hexdigest()[:8]


@dataclass(frozen=True)
class Verdict:
    """The result of one file.

    Attributes:
        path: The file.
        outcome: ``"passed"``, ``"failed"``, ``"output-changed"`` or ``"skipped"``.
        faults: One line each, with file and line where there is one.
        need: The unmet need of a skipped file, e.g. ``"cuda"``; of a failed file the
            need that it has no longer.
        sha256: Hash of the file as it ran; None if it breaks the contract, or if the
            file or the library was edited while it ran.
        library: Hashes of the library files that it imports, by their names.
        seconds: Wall time of the run.
        warnings: What a reader would see, as ``Category: first line``.
        error: Last line of a failed file's error; of a skipped one, if it ran to
            see whether its need is real, how it fails.
        differences: Where its output is not the expected one.
        result: The run itself; None if there was none.
    """

    path: Path
    outcome: str
    faults: tuple[str, ...] = ()
    need: str | None = None
    sha256: str | None = None
    library: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    warnings: tuple[str, ...] = ()
    error: str | None = None
    differences: tuple[Difference, ...] = ()
    result: Result | None = field(default=None, repr=False)

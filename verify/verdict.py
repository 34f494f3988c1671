"""Data classes for the verdict on a snippet file and for the machine it ran on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from verify.compare import Difference
from verify.fork.client import Result

PASSED, FAILED, CHANGED, SKIPPED = "passed", "failed", "output-changed", "skipped"


@dataclass(frozen=True)
class Machine:
    """The hardware and software that files run on.

    Attributes:
        device: torch's default device, ``"cpu"`` or ``"cuda"``.
        device_name: Name of the processor or the GPU.
        build: The torch release with its build suffix, e.g. ``2.13.0+cpu``.
        python: Version of Python.
        numpy: Version of NumPy, None if it isn't installed.
        platform: Operating system, as in `platform.platform`.
    """

    device: str
    device_name: str
    build: str
    python: str
    numpy: str | None
    platform: str

    @property
    def release(self) -> str:
        """The torch release without its build suffix, e.g. ``2.13.0``."""
        return self.build.partition("+")[0]

    @property
    def id(self) -> str:
        """A short hash of the device name, the torch build and the Python version.

        The platform and NumPy are left out, because updating those doesn't make it
        another machine.
        """
        facts = "\n".join((self.device_name, self.build, self.python))
        return hashlib.sha256(facts.encode()).hexdigest()[:8]


@dataclass(frozen=True)
class Verdict:
    """The verdict on one file.

    Attributes:
        path: The file.
        outcome: ``"passed"``, ``"failed"``, ``"output-changed"`` or ``"skipped"``.
        faults: What is wrong with the file, as lines that begin with ``file:line:``.
        need: The unmet need of a skipped file, e.g. ``"cuda"``. If the file failed, a
            need that turned out to be unnecessary. Else None.
        sha256: Hash of the file as it ran. None if the file can't be read or breaks the
            contract of snippet files, or if it or its library was edited meanwhile.
        library: Hashes of the library files that the file imports, by name.
        seconds: Wall time of the run.
        warnings: The warnings and uncaught exceptions that a reader would see, as
            ``Category: first line``.
        error: Why a file failed, in one line. If the file was skipped but ran to check
            its need, how it failed.
        differences: The differences between the expected and the actual output.
        result: The result of the run, None if the file didn't run.
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

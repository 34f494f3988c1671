"""The evidence: what came of each file on one torch release and one device.

A record is one run on one machine. It carries a seal, the hash of all that it says, so
that a slip of the hand is seen; it is no signature. Beside it may lie a file of notes,
``torch-2.15.0-cpu.notes.json``, in which a person says of a block what its difference
is: ``{"tensors/shape/view.py": "upstream"}``.
"""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import json
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from verify import RECORDS, SNIPPETS
from verify.needs import release_key
from verify.paths import name_of
from verify.verdict import Machine, Verdict

FAULTS = ("not-installed", "not-imported", "altered")
"""Why a record says nothing of any file: torch could not be installed, or not be
imported, or the record was changed after the run."""

LINES = 20  # of a changed output are kept


class RecordError(ValueError):
    """A file that is not a record; the message names it in one line."""


@dataclass(frozen=True)
class Line:
    """One place where the output is not the expected one.

    Attributes:
        line: Line of the file.
        expected: Text of the ``#>`` line, None if there is none.
        actual: The line that was printed, None if there is none.
    """

    line: int
    expected: str | None
    actual: str | None


@dataclass(frozen=True)
class Result:
    """What came of one snippet file.

    Attributes:
        sha256: Hash of the file as it ran; None if it broke the contract.
        outcome: ``"passed"``, ``"failed"``, ``"output-changed"`` or ``"skipped"``.
        seconds: Wall time of the run.
        when: When it ran, as ISO 8601 in UTC.
        warnings: What a reader would see, as ``Category: first line``.
        error: For a failure the last line of the error; for a skipped file how it
            fails where its need is not met, if that was tried.
        need: For a skipped file the unmet need; for a failed one the need that is no
            longer needed.
        lines: Where the output is not the expected one, the first 20.
    """

    sha256: str | None
    outcome: str
    seconds: float
    when: str
    warnings: tuple[str, ...] = ()
    error: str | None = None
    need: str | None = None
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True)
class Library:
    """What came of the library's tests.

    Attributes:
        passed: How many passed.
        skipped: How many were skipped, e.g. for want of a GPU.
        left_out: How many were not asked for, being slow.
        failed: The last line of the error, by the name of the test.
        seconds: Wall time of them all.
    """

    passed: int
    skipped: int
    left_out: int
    failed: dict[str, str]
    seconds: float


@dataclass(frozen=True)
class Record:
    """What came of all files on one release and one device.

    Attributes:
        torch: The release, e.g. ``2.13.0``.
        build: The same with the name of the build, e.g. ``2.13.0+cpu``.
        device: ``"cpu"`` or ``"cuda"``.
        device_name: The processor or GPU.
        python: Version of Python.
        numpy: Version of NumPy, None where there is none.
        platform: Operating system.
        when: When the last of the files ran, as ISO 8601 in UTC.
        snippets: Results by the path of the file below ``snippets/``.
        import_warnings: What importing torch warned of.
        library: What came of the library's tests; None if they did not run.
        seconds: Wall time of the parts of the run, e.g. ``{"install": 19.2}``.
        fault: Why nothing here counts, one of `FAULTS`; None if it does.
        error: The same as one line of the tool that said so.
    """

    torch: str
    build: str
    device: str
    device_name: str
    python: str
    numpy: str | None
    platform: str
    when: str
    snippets: dict[str, Result]
    import_warnings: tuple[str, ...] = ()
    library: Library | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    fault: str | None = None
    error: str | None = None

    @property
    def machine(self) -> tuple[str | None, ...]:
        """What must be the same for two runs to be one record."""
        return (self.device_name, self.platform, self.python, self.build, self.numpy)


def now() -> str:
    """This moment as ISO 8601 in UTC."""
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")


def path_of(torch: str, device: str, folder: Path = RECORDS) -> Path:
    """Where the record of a release and a device lies.

    Example:
        >>> path_of("2.13.0", "cpu").name
        'torch-2.13.0-cpu.json'
    """
    return folder / f"torch-{torch}-{device}.json"


def releases(device: str, folder: Path = RECORDS) -> list[str]:
    """The releases of which there is a record for a device, oldest first."""
    found = (
        re.fullmatch(rf"torch-(.+)-{device}\.json", path.name)
        for path in folder.glob(f"torch-*-{device}.json")
    )
    return sorted((match[1] for match in found if match), key=release_key)


def without_folders(text: str | None) -> str | None:
    """An error without where things lie on the machine that saw it.

    Example:
        >>> without_folders("no name 'f' in 'torch' (/home/me/env/lib/torch/x.py)")
        "no name 'f' in 'torch' (x.py)"
    """
    return text and re.sub(r"(?<![\w./:])(?:/[\w.+@-]+)+/(?=[\w.+@-])", "", text)


def make(
    machine: Machine,
    verdicts: Iterable[Verdict],
    import_warnings: str = "",
    earlier: Record | None = None,
) -> Record:
    """A record of what just ran.

    Args:
        machine: What it ran on.
        verdicts: What came of it.
        import_warnings: What importing torch wrote to standard error.
        earlier: A record of the same release and device, of which the results of
            files that did not run now and still exist are kept.

    Returns:
        The record.

    Raises:
        RecordError: Results would be kept of a machine that is not this one.
    """
    when = now()
    results = {
        name_of(verdict.path): Result(
            sha256=verdict.sha256,
            outcome=verdict.outcome,
            seconds=round(verdict.seconds, 3),
            when=when,
            warnings=verdict.warnings,
            error=without_folders(verdict.error),
            need=verdict.need,
            lines=tuple(
                Line(found.line, found.expected, found.actual)
                for found in verdict.differences[:LINES]
            ),
        )
        for verdict in verdicts
    }
    record = Record(
        torch=machine.release,
        build=machine.build,
        device=machine.device,
        device_name=machine.device_name,
        python=machine.python,
        numpy=machine.numpy,
        platform=machine.platform,
        when=when,
        snippets=dict(sorted(results.items())),
        import_warnings=tuple(import_warnings.strip().splitlines()[:1]),
    )
    return complete(record, earlier) if earlier else record


def complete(record: Record, earlier: Record) -> Record:
    """A record with the results of an earlier one that it has none of.

    Args:
        record: What just ran.
        earlier: A record of the same release and device.

    Returns:
        Both in one; results of files that are gone are dropped. Of one that does not
        count nothing is kept.

    Raises:
        RecordError: They are of different machines: one record is one machine's.
    """
    kept = {
        name: result
        for name, result in earlier.snippets.items()
        if name not in record.snippets and (SNIPPETS / name).exists()
    }
    if earlier.fault:
        return record
    if kept and earlier.machine != record.machine:
        theirs, ours = (
            ", ".join(filter(None, one.machine)) for one in (earlier, record)
        )
        raise RecordError(
            f"the record of torch {earlier.torch} on {earlier.device} was made on "
            f"another machine ({theirs}), this is {ours}; run all files, or name "
            "another file"
        )
    return dataclasses.replace(
        record,
        snippets=dict(sorted({**kept, **record.snippets}.items())),
        library=record.library or earlier.library,
        seconds=record.seconds or earlier.seconds,
    )


def without(record: Record, names: Iterable[str]) -> Record:
    """A record without the results of some files."""
    gone = set(names)
    kept = {name: r for name, r in record.snippets.items() if name not in gone}
    return dataclasses.replace(record, snippets=kept)


def seal(fields: dict) -> str:
    """The hash of all that a record says.

    Args:
        fields: The record as it is written; a seal among the fields does not count.

    Returns:
        A SHA-256.
    """
    said = {key: value for key, value in fields.items() if key != "seal"}
    text = json.dumps(said, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def write(record: Record, path: Path) -> None:
    """Write a record; a reader finds the old one or the new one, never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fields = _without_empty(dataclasses.asdict(record), keep=("snippets", "numpy"))
    fields["snippets"] = {
        name: _without_empty(result, keep=("sha256",))
        for name, result in fields["snippets"].items()
    }
    # As it is read again: tuples are lists by then.
    fields = json.loads(json.dumps(fields))
    fields["seal"] = seal(fields)
    new = path.with_name(path.name + ".new")
    new.write_text(json.dumps(fields, indent=1, ensure_ascii=False) + "\n", "utf-8")
    os.replace(new, path)


def _without_empty(fields: dict, keep: tuple[str, ...]) -> dict:
    return {
        key: value
        for key, value in fields.items()
        if key in keep or value not in (None, (), {})
    }


def read(path: Path) -> Record:
    """Read one record.

    One that was changed after the run has the fault ``"altered"`` and no results:
    nothing in it counts.

    Raises:
        RecordError: The file is not a record, or its name is not that of its release.
        OSError: The file cannot be read.
    """
    try:
        fields = json.loads(path.read_text("utf-8"))
        if fields.pop("seal", None) != seal(fields):
            fields |= {
                "snippets": {},
                "library": None,
                "import_warnings": (),
                "fault": "altered",
                "error": f"{path.name} was changed after the run",
            }
        fields["snippets"] = {
            name: _result(result) for name, result in fields["snippets"].items()
        }
        fields["import_warnings"] = tuple(fields.get("import_warnings", ()))
        fields["library"] = Library(**lib) if (lib := fields.get("library")) else None
        record = Record(**{"numpy": None, **fields})
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise RecordError(f"{path}: is not a record: {error}") from None
    return record


def _result(fields: dict) -> Result:
    lines = tuple(Line(**line) for line in fields.get("lines", ()))
    warnings = tuple(fields.get("warnings", ()))
    return Result(**{**fields, "warnings": warnings, "lines": lines})


def load(folder: Path = RECORDS) -> list[Record]:
    """All records of a folder.

    Args:
        folder: Where they lie; a folder that does not exist holds none.

    Returns:
        The records, newest release first, the CPU before CUDA.

    Raises:
        RecordError: A file in the folder is not a record, or not of the release and
            device in its name.
    """
    records = []
    for path in folder.glob("torch-*.json"):
        if path.name.endswith(".notes.json"):
            continue
        record = read(path)
        if path.name != path_of(record.torch, record.device).name:
            raise RecordError(
                f"{path}: is of torch {record.torch} on {record.device}; only a run "
                "writes records"
            )
        records.append(record)
    records.sort(key=lambda record: record.device)
    records.sort(key=lambda record: release_key(record.torch), reverse=True)
    return records

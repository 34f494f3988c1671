"""The evidence: what came of each file on one torch release and one device."""

from __future__ import annotations

import dataclasses
import datetime
import json
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from verify import RECORDS, SNIPPETS
from verify.snippet import name_of

if TYPE_CHECKING:  # who only reads records needs no runner, nor a system that has one
    from verify.runner import Runner, Verdict


class RecordError(ValueError):
    """A file that is not a record; the message names it in one line."""


@dataclass(frozen=True)
class Result:
    """What came of one snippet file.

    Attributes:
        sha256: Hash of the file as it ran; None if it broke the contract.
        outcome: ``"passed"``, ``"failed"``, ``"output-changed"`` or ``"skipped"``.
        seconds: Wall time of the run.
        when: When it ran, as ISO 8601 in UTC.
        warnings: What a reader would see, as ``Category: first line``.
        error: For a failure the last line of the error.
        need: For a skipped file the unmet need.
    """

    sha256: str | None
    outcome: str
    seconds: float
    when: str
    warnings: tuple[str, ...] = ()
    error: str | None = None
    need: str | None = None


@dataclass(frozen=True)
class Record:
    """What came of all files on one release and one device.

    Attributes:
        torch: The release, e.g. ``2.13.0``.
        build: The same with the name of the build, e.g. ``2.13.0+cpu``.
        device: ``"cpu"`` or ``"cuda"``.
        device_name: The processor or GPU.
        python: Version of Python.
        platform: Operating system.
        when: When the last of the files ran, as ISO 8601 in UTC.
        snippets: Results by the path of the file below ``snippets/``.
    """

    torch: str
    build: str
    device: str
    device_name: str
    python: str
    platform: str
    when: str
    snippets: dict[str, Result]


def path_of(torch: str, device: str, folder: Path = RECORDS) -> Path:
    """Where the record of a release and a device lies.

    Example:
        >>> path_of("2.13.0", "cpu").name
        'torch-2.13.0-cpu.json'
    """
    return folder / f"torch-{torch}-{device}.json"


def release_key(torch: str) -> tuple[int, ...]:
    """A key that sorts releases by age.

    Example:
        >>> max(["2.9.1", "2.13.0"], key=release_key)
        '2.13.0'
    """
    return tuple(int(number) for number in re.findall(r"\d+", torch)[:3])


def make(
    runner: Runner, verdicts: Iterable[Verdict], earlier: Record | None = None
) -> Record:
    """A record of what just ran.

    Args:
        runner: Who ran it.
        verdicts: What came of it.
        earlier: A record of the same release and device, of which the results of
            files that did not run now and still exist are kept.

    Returns:
        The record.
    """
    now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
    results = {}
    if earlier:
        results = {
            name: result
            for name, result in earlier.snippets.items()
            if (SNIPPETS / name).exists()
        }
    for verdict in verdicts:
        results[name_of(verdict.path)] = Result(
            sha256=verdict.sha256,
            outcome=verdict.outcome,
            seconds=round(verdict.seconds, 3),
            when=now,
            warnings=verdict.warnings,
            error=verdict.error,
            need=verdict.need,
        )
    return Record(
        torch=runner.release,
        build=runner.facts.torch,
        device=runner.device,
        device_name=runner.device_name,
        python=runner.facts.python,
        platform=runner.facts.platform,
        when=now,
        snippets=dict(sorted(results.items())),
    )


def write(record: Record, path: Path) -> None:
    """Write a record; a reader finds the old one or the new one, never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fields = dataclasses.asdict(record)
    for result in fields["snippets"].values():
        for key in ("warnings", "error", "need"):
            if not result[key]:
                del result[key]
    new = path.with_name(path.name + ".new")
    new.write_text(json.dumps(fields, indent=1, ensure_ascii=False) + "\n", "utf-8")
    os.replace(new, path)


def read(path: Path) -> Record:
    """Read one record.

    Raises:
        RecordError: The file is not a record.
        OSError: The file cannot be read.
    """
    try:
        fields = json.loads(path.read_text("utf-8"))
        fields["snippets"] = {
            name: Result(**{**result, "warnings": tuple(result.get("warnings", ()))})
            for name, result in fields["snippets"].items()
        }
        return Record(**fields)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise RecordError(f"{path}: is not a record: {error}") from None


def load(folder: Path = RECORDS) -> list[Record]:
    """All records of a folder.

    Args:
        folder: Where they lie; a folder that does not exist holds none.

    Returns:
        The records, newest release first, the CPU before CUDA.

    Raises:
        RecordError: A file in the folder is not a record.
    """
    records = [read(path) for path in folder.glob("torch-*.json")]
    records.sort(key=lambda record: record.device)
    records.sort(key=lambda record: release_key(record.torch), reverse=True)
    return records

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
from typing import TYPE_CHECKING

from verify import RECORDS, SNIPPETS
from verify.snippet import name_of

if TYPE_CHECKING:  # who only reads records needs no runner, nor a system that has one
    from verify.runner import Runner, Verdict

KINDS = ("upstream", "ours", "drift")
"""What a person may say of a difference: a breaking change of torch, a mistake of
ours, or a drift of the output that means nothing."""

FAULTS = ("not-installed", "not-imported", "altered")
"""Why a record says nothing of any file: torch could not be installed, or not be
imported, or the record was changed after the run."""

RELEASE = re.compile(r"(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:\.?(dev|a|b|rc)(\d+))?")
LINES = 20  # of a changed output are kept
MANY = 4  # changes with one cause, from which on they are told as one


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


def release_key(torch: str) -> tuple[int, int, int, int, int]:
    """A key that sorts releases by age; one before the final one comes before it.

    Example:
        >>> max(["2.9.1", "2.13.0"], key=release_key)
        '2.13.0'
        >>> sorted(["2.16.0", "2.16.0rc1", "2.16.0.dev20261120"], key=release_key)
        ['2.16.0.dev20261120', '2.16.0rc1', '2.16.0']
    """
    match = RELEASE.match(torch)
    if not match:
        return (0, 0, 0, 0, 0)
    major, minor, patch, stage, number = match.groups()
    stages = ("dev", "a", "b", "rc", None)
    return (
        int(major),
        int(minor or 0),
        int(patch or 0),
        stages.index(stage),
        int(number or 0),
    )


def is_final(torch: str) -> bool:
    """Whether a release is neither a nightly nor a candidate.

    Example:
        >>> is_final("2.15.0"), is_final("2.16.0rc1")
        (True, False)
    """
    return release_key(torch)[3] == 4


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
        torch=runner.release,
        build=runner.facts.torch,
        device=runner.device,
        device_name=runner.device_name,
        python=runner.facts.python,
        numpy=runner.facts.numpy,
        platform=runner.facts.platform,
        when=when,
        snippets=dict(sorted(results.items())),
        import_warnings=tuple(runner.server.import_warnings.strip().splitlines()[:1]),
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


def notes_of(record: Record, folder: Path = RECORDS) -> dict[str, str]:
    """What a person said of the differences in a record.

    Args:
        record: The record.
        folder: Where the records lie.

    Returns:
        One of `KINDS` by the path of the file below ``snippets/``.

    Raises:
        RecordError: The file says something else.
    """
    path = path_of(record.torch, record.device, folder).with_suffix(".notes.json")
    if not path.exists():
        return {}
    try:
        notes = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise RecordError(f"{path}: is not JSON: {error}") from None
    if not isinstance(notes, dict):
        raise RecordError(f'{path}: holds no {{"file": "kind"}}')
    for name, kind in notes.items():
        if kind not in KINDS:
            raise RecordError(f"{path}: {name}: {kind!r} is none of {', '.join(KINDS)}")
    return notes


def before(record: Record, found: Iterable[Record]) -> Record | None:
    """The record of the newest release before a record's, on the same device.

    Args:
        record: The record.
        found: All records.

    Returns:
        One that says something of files; a candidate only before a candidate's final.
    """
    key = release_key(record.torch)
    older = [
        other
        for other in found
        if other.device == record.device
        and not other.fault
        and is_final(other.torch)
        and release_key(other.torch) < key
    ]
    return max(older, key=lambda other: release_key(other.torch), default=None)


@dataclass(frozen=True)
class Change:
    """One way in which a block is not as it was, or not as it says.

    Attributes:
        name: The path of the file below ``snippets/``.
        kind: ``"failed"``, ``"output-changed"``, ``"warns"``, ``"unneeded"`` (a need
            that is no longer needed) or ``"passes"`` (failed on the release before).
        new: Whether it was not so on the release before; None if that is not known,
            because the file did not run there as it is.
        error: For a failure the last line of the error, else what there is to say.
        lines: For a changed output what was printed before and now, by line of the
            file; None where there was nothing.
        note: What a person said of it, one of `KINDS`; None if nobody did.
    """

    name: str
    kind: str
    new: bool | None
    error: str | None = None
    lines: tuple[tuple[int, str | None, str | None], ...] = ()
    note: str | None = None


def changes(
    record: Record, earlier: Record | None = None, notes: dict[str, str] | None = None
) -> list[Change]:
    """What differs on a release.

    Args:
        record: The record of the release.
        earlier: The record of the release before. Only results of the same contents
            of a file are compared.
        notes: What a person said of the differences.

    Returns:
        The changes by kind, then by file: all failures and all outputs that are not
        the expected ones, and what else is not as on the release before.
    """
    found = []
    for name, result in record.snippets.items():
        old = earlier.snippets.get(name) if earlier else None
        if old and old.sha256 != result.sha256:
            old = None
        for change in _changes(name, result, old):
            note = (notes or {}).get(name) if change.kind != "passes" else None
            found.append(dataclasses.replace(change, note=note))
    order = ("failed", "output-changed", "unneeded", "warns", "passes")
    return sorted(found, key=lambda change: (order.index(change.kind), change.name))


def by_cause(some: Iterable[Change]) -> list[list[Change]]:
    """Changes with the same note, and the same words but for numbers, together.

    Args:
        some: Changes of one kind.

    Returns:
        Each once, in the order of the first of each group.

    Example:
        >>> names = {"a.py": "rank 0", "b.py": "another word", "c.py": "rank 1"}
        >>> some = [Change(name, "failed", True, names[name]) for name in names]
        >>> [[change.name for change in group] for group in by_cause(some)]
        [['a.py', 'c.py'], ['b.py']]
    """
    groups: dict[object, list[Change]] = {}
    for change in some:
        said = [change.error]
        said += [old if new is None else new for _, old, new in change.lines]
        cause = frozenset(re.sub(r"\d+", "0", text) for text in said if text)
        groups.setdefault((cause, change.note), []).append(change)
    return list(groups.values())


def _changes(name: str, result: Result, old: Result | None) -> Iterable[Change]:
    ran = old is not None and old.outcome != "skipped"
    if result.outcome == "failed":
        kind = "unneeded" if result.need else "failed"
        same = old and (old.outcome, old.error) == (result.outcome, result.error)
        yield Change(name, kind, not same if old else None, result.error)
    elif result.outcome != "skipped" and ran:
        assert old
        if old.outcome == "failed" and not old.need:
            yield Change(name, "passes", True, old.error)
    if result.outcome in ("passed", "output-changed"):
        was = old if ran and old and old.outcome != "failed" else None
        lines = _both_sides(was.lines if was else (), result.lines)
        moved = [line for line in lines if line[1] != line[2]]
        if was and moved:
            yield Change(name, "output-changed", True, lines=tuple(moved))
        elif result.lines:
            shown = tuple((n.line, n.expected, n.actual) for n in result.lines)
            known = False if was else None
            yield Change(name, "output-changed", known, lines=shown)
    heard = {_said(warning) for warning in old.warnings} if ran and old else set()
    new = [warning for warning in result.warnings if _said(warning) not in heard]
    if ran and new:
        yield Change(name, "warns", True, "; ".join(new))


def _said(warning: str) -> str:
    """A warning without the line of torch's own source that it names."""
    return re.sub(r"\s*\(Triggered internally at .*", "", warning)


def _both_sides(
    old: tuple[Line, ...], new: tuple[Line, ...]
) -> list[tuple[int, str | None, str | None]]:
    """What was printed then and now, wherever one of them is not the expected one."""
    rows: dict[tuple[int, str | None, int], list[str | None]] = {}
    for side, lines in enumerate((old, new)):
        seen: dict[tuple[int, str | None], int] = {}
        for line in lines:
            place = (line.line, line.expected)
            seen[place] = seen.get(place, 0) + 1  # more than one line too many
            row = rows.setdefault((*place, seen[place]), [line.expected] * 2)
            row[side] = line.actual
    return [
        (line, then, here)
        for (line, _, _), (then, here) in sorted(
            rows.items(), key=lambda row: (row[0][0], row[0][2])
        )
    ]

"""The files of the records: where they are, and how they are read and written.

A record has a seal, the hash of everything in it. The seal shows that somebody edited
the record by hand. It is not a signature.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import re
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from verify import RECORDS
from verify.evidence import Library, Line, Record, RecordError, Result
from verify.needs import release_key
from verify.verdict import Machine

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

LOCK_TIMEOUT = 60.0  # seconds to wait for another run that writes
LOCK = ".lock"  # the file that locks a folder where the system doesn't


def path_of(torch: str, device: str, folder: Path = RECORDS) -> Path:
    """Return the path of the record of a release and a device.

    Example:
        >>> path_of("2.13.0", "cpu").name
        'torch-2.13.0-cpu.json'
    """
    return folder / f"torch-{torch}-{device}.json"


def releases(device: str, folder: Path = RECORDS) -> list[str]:
    """List the releases with a record for a device, oldest first."""
    found = (
        re.fullmatch(rf"torch-(.+)-{device}\.json", path.name)
        for path in folder.glob(f"torch-*-{device}.json")
    )
    return sorted((match[1] for match in found if match), key=release_key)


def seal(fields: dict) -> str:
    """Hash everything in a record.

    Args:
        fields: The record as it is written; a seal among the fields doesn't count.

    Returns:
        A SHA-256.
    """
    sealed = {key: value for key, value in fields.items() if key != "seal"}
    text = json.dumps(sealed, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()


def write(record: Record, path: Path) -> None:
    """Write a record. A reader finds the old one or the new one, never half of one.

    Args:
        record: The record.
        path: The file; it is replaced.

    Raises:
        OSError: If it cannot be written. Then the old file is unchanged.
    """
    path = real(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    fields = _without_empty(dataclasses.asdict(record), keep=("snippets",))
    fields["machines"] = {
        id: {key: value for key, value in facts.items() if key != "device"}
        for id, facts in fields.get("machines", {}).items()
    }
    fields["snippets"] = {
        name: _without_empty(result, keep=("sha256",))
        for name, result in fields["snippets"].items()
    }
    if record.library:
        fields["library"] = _without_empty(fields["library"], keep=("failed",))
    # As it is read again: tuples are lists by then.
    fields = json.loads(json.dumps(fields))
    fields["seal"] = seal(fields)
    text = json.dumps(fields, indent=1, ensure_ascii=False) + "\n"
    handle, new = new_file(path)
    try:
        with open(handle, "wb") as file:
            file.write(text.encode("utf-8", "backslashreplace"))
            file.flush()
            os.fsync(handle)
        os.replace(new, path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


def _without_empty(fields: dict, keep: tuple[str, ...]) -> dict:
    return {
        key: value
        for key, value in fields.items()
        if key in keep or value not in (None, (), {}, "")
    }


def real(path: Path) -> Path:
    """The file that a path leads to: replacing a link would leave its target old."""
    return Path(os.path.realpath(path))


def new_file(path: Path) -> tuple[int, Path]:
    """Open a new file beside another one, with the rights that the other would get."""
    new = path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")
    try:
        return os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), new
    except OSError as error:  # a person knows only the other one
        raise type(error)(error.errno, error.strerror, str(path)) from None


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other runs from writing into a folder."""
    lock = _lock_folder if fcntl else _lock_by_file
    deadline = time.monotonic() + LOCK_TIMEOUT
    while True:
        try:
            unlock = lock(folder)
            break
        except (BlockingIOError, FileExistsError):
            if time.monotonic() > deadline:
                what = folder if lock is _lock_folder else folder / LOCK
                raise RecordError(
                    f"{what}: another run holds the lock; end that run"
                    + ", or delete this file if there is none" * (what != folder)
                ) from None
            time.sleep(0.02)
        except OSError:
            if lock is _lock_by_file:
                raise
            lock = _lock_by_file  # some network file systems don't lock folders
    try:
        yield
    finally:
        unlock()


def _lock_folder(folder: Path) -> Callable[[], None]:
    """Lock a folder itself: nothing is left behind, even if the process is killed."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BaseException:
        os.close(handle)
        raise
    return lambda: os.close(handle)


def _lock_by_file(folder: Path) -> Callable[[], None]:
    """Lock a folder by a file in it, which stays if the process is killed."""
    lock = folder / LOCK
    os.close(os.open(lock, os.O_CREAT | os.O_EXCL))
    return lock.unlink


def read(path: Path) -> Record:
    """Read one record, of today's format or of the one before.

    A record that was changed after the run has the fault ``"altered"`` and no results:
    nothing in it counts. The older format names one machine, at the top.

    Args:
        path: The file.

    Returns:
        The record.

    Raises:
        RecordError: If the file is not a record.
        OSError: If the file cannot be read.
    """
    if path.exists() and not path.is_file():
        raise RecordError(f"{path}: is not a regular file; name another file")
    try:
        fields = json.loads(path.read_text("utf-8"))
        if fields.pop("seal", None) != seal(fields):
            return Record(
                fields["torch"],
                fields["device"],
                fields["when"],
                fault="altered",
                error=f"{path.name} was changed after the run",
            )
        return _record(fields)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise RecordError(f"{path}: is not a record: {error}") from None


def _record(fields: dict) -> Record:
    device = fields["device"]
    only = ""
    if "machines" not in fields:  # the older format
        facts = ("device_name", "build", "python", "platform")
        machine = Machine(
            device=device,
            numpy=fields.pop("numpy", None),
            **{fact: fields.pop(fact) for fact in facts},
        )
        only = machine.id if fields["snippets"] else ""
        fields["machines"] = {only: machine} if only else {}
    else:
        fields["machines"] = {
            id: Machine(device=device, **facts)
            for id, facts in fields["machines"].items()
        }
    fields["snippets"] = {
        name: _result({"machine": only, **result})
        for name, result in fields["snippets"].items()
    }
    if library := fields.get("library"):
        fields["library"] = Library(**{"machine": only, **library})
    fields["import_warnings"] = tuple(fields.get("import_warnings", ()))
    return Record(**fields)


def _result(fields: dict) -> Result:
    lines = tuple(Line(**line) for line in fields.get("lines", ()))
    warnings = tuple(fields.get("warnings", ()))
    return Result(**{**fields, "warnings": warnings, "lines": lines})


def load(folder: Path = RECORDS) -> list[Record]:
    """Read all records of a folder.

    Args:
        folder: The folder; one that doesn't exist has no records.

    Returns:
        The records, newest release first, the CPU before CUDA.

    Raises:
        RecordError: If a file in the folder is not a record, or doesn't belong to the
            release and device in its name.
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

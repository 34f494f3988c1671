"""Find, read, lock and write the files of records.

A record contains a seal, the hash of all its other contents. The seal reveals edits by
hand. It is not a signature, so it doesn't protect against a forged record.
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

LOCK_TIMEOUT = 60.0  # seconds to wait while another run holds the lock
LOCK = ".lock"  # the lock file, for systems that can't lock a folder


def path_of(torch: str, device: str, folder: Path = RECORDS) -> Path:
    """Return the path of the record of a release and a device.

    Args:
        torch: The release.
        device: ``"cpu"`` or ``"cuda"``.
        folder: The folder of the records.

    Example:
        >>> path_of("2.13.0", "cpu").name
        'torch-2.13.0-cpu.json'
    """
    return folder / f"torch-{torch}-{device}.json"


def releases(device: str, folder: Path = RECORDS) -> list[str]:
    """List the releases that have a record for a device, oldest first."""
    found = (
        re.fullmatch(rf"torch-(.+)-{device}\.json", path.name)
        for path in folder.glob(f"torch-*-{device}.json")
    )
    return sorted((match[1] for match in found if match), key=release_key)


def seal(fields: dict) -> str:
    """Hash the contents of a record.

    Args:
        fields: The record, as in its JSON file. A field ``"seal"`` is ignored.

    Returns:
        The SHA-256, in hexadecimal.
    """
    sealed = {key: value for key, value in fields.items() if key != "seal"}
    text = json.dumps(sealed, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()


def write(record: Record, path: Path) -> None:
    """Write a record atomically: readers see the old file or the new one.

    Args:
        record: The record.
        path: The file to create or replace.

    Raises:
        OSError: If the record can't be written. An existing file is unchanged then.
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
    # Hash what `read` will see: JSON turns tuples into lists.
    fields = json.loads(json.dumps(fields))
    fields["seal"] = seal(fields)
    replace_text(path, json.dumps(fields, indent=1, ensure_ascii=False) + "\n")


def _without_empty(fields: dict, keep: tuple[str, ...]) -> dict:
    return {
        key: value
        for key, value in fields.items()
        if key in keep or value not in (None, (), {}, "")
    }


def real(path: Path) -> Path:
    """Resolve links, so that writing replaces the target of a link and not the link."""
    return Path(os.path.realpath(path))


def replace_text(path: Path, text: str) -> None:
    """Write a text file atomically: readers see the old file or the new one.

    Args:
        path: The file to create or replace; its folder must exist.
        text: The new contents. Lone surrogates are written as escapes.

    Raises:
        OSError: If the file can't be written. An existing file is unchanged then.
    """
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


def new_file(path: Path) -> tuple[int, Path]:
    """Create a temporary file beside a file that it will replace.

    Unlike `tempfile`, this gives the file the default permissions.

    Args:
        path: The file to replace later; it needn't exist.

    Returns:
        The open file descriptor, and the path of the temporary file.

    Raises:
        OSError: If the temporary file can't be created. The error names `path`.
    """
    new = path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")
    try:
        return os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), new
    except OSError as error:  # name the file that the user knows
        raise type(error)(error.errno, error.strerror, str(path)) from None


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other runs from writing into a folder inside the ``with`` block.

    Args:
        folder: The folder; it must exist.

    Raises:
        RecordError: If another run holds the lock for longer than `LOCK_TIMEOUT`.
        OSError: If the folder can't be locked.
    """
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
    """Lock the folder itself, which leaves nothing behind if the process is killed."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BaseException:
        os.close(handle)
        raise
    return lambda: os.close(handle)


def _lock_by_file(folder: Path) -> Callable[[], None]:
    """Lock a folder with a file in it, which remains if the process is killed."""
    lock = folder / LOCK
    os.close(os.open(lock, os.O_CREAT | os.O_EXCL))
    return lock.unlink


def read(path: Path) -> Record:
    """Read one record, in the current or the previous format.

    In the previous format a record has only one machine, with its fields at the top
    level.

    Args:
        path: The file.

    Returns:
        The record. If it was edited by hand, a record with the fault ``"altered"`` and
        without results.

    Raises:
        RecordError: If the file is not a record.
        OSError: If the file can't be read.
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
    if "machines" not in fields:  # the previous format
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
        folder: The folder; it needn't exist.

    Returns:
        The records, newest release first, and for each release the CPU before CUDA.

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

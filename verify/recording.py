"""Add the results of runs to records.

`merge` combines new results with those in the record, so that a run of a few files
doesn't discard the results of the others.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import os
import re
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from verify import SNIPPETS, messages
from verify.evidence import Library, Line, Record, RecordError, Result
from verify.paths import name_of
from verify.record_files import locked, new_file, path_of, read, real, write
from verify.verdict import Machine, Verdict

LINES = 20  # differences in the output that a record keeps for a file
CHARACTERS = 1000  # characters of a line or an error that a record keeps
SAVE_EVERY = 2.0  # seconds between two saves during a run


def make(
    machine: Machine,
    verdicts: Iterable[Verdict] = (),
    import_warnings: str = "",
    library: Library | None = None,
    seconds: Mapping[str, float] | None = None,
) -> Record:
    """Make a record of what just ran.

    Args:
        machine: The machine that the files ran on.
        verdicts: The verdicts on the files.
        import_warnings: What importing torch wrote to standard error.
        library: The result of the library's tests, if they ran.
        seconds: Wall time of the parts of the run, if everything ran.

    Returns:
        The record. It is not written.
    """
    results = {name_of(v.path): _result_of(v, machine) for v in verdicts}
    if library:
        library = dataclasses.replace(library, machine=machine.id)
    return Record(
        torch=machine.release,
        device=machine.device,
        when=now(),
        machines={machine.id: machine},
        snippets=dict(sorted(results.items())),
        import_warnings=tuple(import_warnings.strip().splitlines()[:1]),
        library=library,
        seconds=dict(seconds or {}),
    )


def merge(
    path: Path,
    machine: Machine,
    verdicts: Iterable[Verdict] = (),
    import_warnings: str = "",
    library: Library | None = None,
    seconds: Mapping[str, float] | None = None,
) -> Record:
    """Add the results of a run to a record.

    Args:
        path: The record to add to; it needn't exist.
        machine: As for `make`.
        verdicts: As for `make`.
        import_warnings: As for `make`.
        library: As for `make`.
        seconds: As for `make`.

    Returns:
        The record as written.

    Raises:
        RecordError: As `merge_record`.
        OSError: As `merge_record`.
    """
    return merge_record(
        path, make(machine, verdicts, import_warnings, library, seconds)
    )


def merge_record(path: Path, new: Record) -> Record:
    """Add the results of one record to the record in a file.

    Results of other files are kept, except those of files that no longer exist. If the
    record in the file has a fault, it is replaced. Other runs can't write to the same
    folder in the meantime.

    Args:
        path: The record to add to; it needn't exist.
        new: The results, of one or several machines.

    Returns:
        The record as written.

    Raises:
        RecordError: If the file is not a record or belongs to a different release or
            device, or if another run holds the lock for too long.
        OSError: If the record can't be written. The file is unchanged then.
    """
    path = real(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with locked(path.parent):
        earlier = _earlier(path, new.torch, new.device) or dataclasses.replace(
            new, snippets={}, library=None, seconds={}
        )
        results = {
            name: result
            for name, result in {**earlier.snippets, **new.snippets}.items()
            if (SNIPPETS / name).exists()
        }
        library = new.library or earlier.library
        used = {result.machine for result in results.values()}
        used |= {library.machine} if library else set()
        machines = {**earlier.machines, **new.machines}
        record = Record(
            torch=new.torch,
            device=new.device,
            when=max((result.when for result in results.values()), default=new.when),
            machines={id: machines[id] for id in sorted(used & machines.keys())},
            snippets=dict(sorted(results.items())),
            import_warnings=(new if new.snippets else earlier).import_warnings,
            library=library,
            seconds={**earlier.seconds, **new.seconds},
        )
        write(record, path)
    return record


def merge_fault(path: Path, torch: str, device: str, fault: str, error: str) -> Record:
    """Record that nothing could run on a release.

    A record with results is left unchanged: they stay valid even if, for example, the
    package index is down today.

    Args:
        path: The record; it needn't exist.
        torch: The release.
        device: The device.
        fault: ``"not-installed"`` or ``"not-imported"``.
        error: The error in one line.

    Returns:
        A record of the fault alone, even if it wasn't written.

    Raises:
        RecordError: If the file is not a record, or another run holds the lock for too
            long.
        OSError: If the record can't be written.
    """
    path = real(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    record = Record(torch, device, now(), fault=fault, error=_short(error))
    with locked(path.parent):
        if not path.exists() or read(path).fault:
            write(record, path)
    return record


class Recorder:
    """Add verdicts to a record during a run, every few seconds.

    Leaving the ``with`` block saves the rest, even if the run was interrupted.

    Args:
        path: The record; it needn't exist.
        machine: The machine that the files run on.
        import_warnings: What importing torch wrote to standard error.

    Raises:
        RecordError: On entry, before anything runs, if the file is not a record of this
            release and device, or the messages beside it can't be read.
        OSError: On entry if the record can't be written, and on exit if the last save
            fails.

    Example:
        with Recorder(path, runner.machine) as recorder:
            for verdict in runner.run_all(files):
                recorder.add(verdict)
    """

    def __init__(self, path: Path, machine: Machine, import_warnings: str = "") -> None:
        self.path, self.machine, self.import_warnings = path, machine, import_warnings
        self._unsaved: list[Verdict] = []
        self._next_save = 0.0

    def __enter__(self) -> Recorder:
        path = real(self.path)
        _earlier(path, self.machine.release, self.machine.device)
        if messages_path := self._messages_path():
            messages.read(messages_path)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, probe = new_file(path)
        os.close(handle)
        probe.unlink()
        return self

    def add(self, verdict: Verdict) -> None:
        """Add a verdict, and save if the last save was a few seconds ago."""
        self._unsaved.append(verdict)
        if time.monotonic() >= self._next_save:
            with contextlib.suppress(OSError):  # the disk may have room later
                self.save()
            self._next_save = time.monotonic() + SAVE_EVERY

    def save(self) -> None:
        """Write the verdicts added since the last save, and their messages."""
        if not self._unsaved:
            return
        merge(self.path, self.machine, self._unsaved, self.import_warnings)
        if path := self._messages_path():
            messages.merge(path, messages.release_of(self.machine), self._unsaved)
        self._unsaved = []

    def _messages_path(self) -> Path | None:
        """Return the path for the messages; None if the record has a custom name.

        Whoever names a file for the results doesn't expect a second one beside it.
        """
        release, device = self.machine.release, self.machine.device
        if self.path.name != path_of(release, device).name:
            return None
        return messages.path_of(device, self.path.parent)

    def __exit__(self, *_) -> None:
        self.save()


def _earlier(path: Path, torch: str, device: str) -> Record | None:
    """Read the record in a file; return None if there is none or it has a fault.

    Raises:
        RecordError: If the file is not a record of this release and device.
    """
    if not path.exists():
        return None
    earlier = read(path)
    if (earlier.torch, earlier.device) != (torch, device):
        raise RecordError(
            f"{path} is of torch {earlier.torch} on {earlier.device}, this is torch "
            f"{torch} on {device}; name another file"
        )
    return None if earlier.fault else earlier


def _result_of(verdict: Verdict, machine: Machine) -> Result:
    """Return what a record keeps of a verdict."""
    return Result(
        sha256=verdict.sha256,
        outcome=verdict.outcome,
        seconds=round(verdict.seconds, 3),
        when=now(),
        warnings=tuple(without_folders(text) for text in verdict.warnings),
        error=verdict.error and _short(without_folders(verdict.error)),
        need=verdict.need,
        lines=tuple(
            Line(found.line, _short(found.expected), _short(found.actual))
            for found in verdict.differences[:LINES]
        ),
        library=verdict.library,
        machine=machine.id,
    )


def _short(text: str | None) -> str | None:
    """Cut a text to `CHARACTERS`."""
    if text is None or len(text) <= CHARACTERS:
        return text
    return text[: CHARACTERS - 1] + "…"


def now() -> str:
    """Return the current time as ISO 8601 in UTC."""
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")


def without_folders(text: str) -> str:
    """Remove the folders from absolute paths in an error or a warning.

    Example:
        >>> without_folders("no name 'f' in 'torch' (/home/me/env/lib/torch/x.py)")
        "no name 'f' in 'torch' (x.py)"
    """
    return re.sub(r"(?<![\w./:])(?:/[\w.+@-]+)+/(?=[\w.+@-])", "", text)

"""Put the results of runs into records.

Runs use `merge`, so that no run takes away what another one found.
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

LINES = 20  # of a changed output are kept
CHARACTERS = 1000  # of a line or an error are kept
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
        seconds: Wall time of the parts of the run, if it was a whole one.

    Returns:
        The record.
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
    """Put what just ran into a record; see `make` and `merge_record`."""
    return merge_record(
        path, make(machine, verdicts, import_warnings, library, seconds)
    )


def merge_record(path: Path, new: Record) -> Record:
    """Put the results of one record into another one.

    Results of other files stay, those of files that no longer exist are dropped.
    Nothing is taken over from a record that has a fault. Other runs that write into the
    same folder wait meanwhile.

    Args:
        path: The record that is to have the results; it needn't exist.
        new: The results, of one machine or of several.

    Returns:
        The record as it was written.

    Raises:
        RecordError: If the file is not a record, or belongs to another release or
            device, or another run doesn't stop writing.
        OSError: If the record cannot be written. The earlier record stays whole.
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
    """Say in a record that nothing could run on a release.

    A record that has results is left as it is: if the index is out of order today, the
    earlier results still hold.

    Args:
        path: The record; it needn't exist.
        torch: The release.
        device: The device.
        fault: One of `FAULTS`.
        error: The same in one line.

    Returns:
        A record of the fault alone, whether or not it was written.
    """
    path = real(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    record = Record(torch, device, now(), fault=fault, error=_short(error))
    with locked(path.parent):
        if not path.exists() or read(path).fault:
            write(record, path)
    return record


class Recorder:
    """Put verdicts into a record during a run, every few seconds.

    On the way out of the ``with`` block the rest is saved too, also if the run was
    interrupted.

    Args:
        path: The record; it needn't exist.
        machine: The machine that the files run on.
        import_warnings: What importing torch wrote to standard error.

    Raises:
        RecordError: On entry, before anything runs, if the record cannot take results
            of this release and device, or the messages beside it were changed by hand.
        OSError: On entry if the record cannot be written, and on exit if the last save
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
        """Take one verdict; save what has come since the last save if it is time."""
        self._unsaved.append(verdict)
        if time.monotonic() >= self._next_save:
            with contextlib.suppress(OSError):  # perhaps the disk has room later
                self.save()
            self._next_save = time.monotonic() + SAVE_EVERY

    def save(self) -> None:
        """Put the verdicts that have come since the last save into the record."""
        if not self._unsaved:
            return
        merge(self.path, self.machine, self._unsaved, self.import_warnings)
        if path := self._messages_path():
            messages.merge(path, messages.release_of(self.machine), self._unsaved)
        self._unsaved = []

    def _messages_path(self) -> Path | None:
        """Where the messages belong; None beside a record with a name of its own.

        There, another file would be a surprise.
        """
        release, device = self.machine.release, self.machine.device
        if self.path.name != path_of(release, device).name:
            return None
        return messages.path_of(device, self.path.parent)

    def __exit__(self, *_) -> None:
        self.save()


def _earlier(path: Path, torch: str, device: str) -> Record | None:
    """The record that is there; None without one, or if nothing in it counts."""
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
    """The part of a verdict that a record keeps."""
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
    """A text without what is beyond the first 1000 characters."""
    if text is None or len(text) <= CHARACTERS:
        return text
    return text[: CHARACTERS - 1] + "…"


def now() -> str:
    """This moment as ISO 8601 in UTC."""
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")


def without_folders(text: str) -> str:
    """Take the folders of the machine out of an error or a warning.

    Example:
        >>> without_folders("no name 'f' in 'torch' (/home/me/env/lib/torch/x.py)")
        "no name 'f' in 'torch' (x.py)"
    """
    return re.sub(r"(?<![\w./:])(?:/[\w.+@-]+)+/(?=[\w.+@-])", "", text)

"""The evidence: the result of each file on one torch release and one device.

A result counts only while its key matches: the SHA-256 of the file and of every library
file that it imports (`is_valid`). Runs put their results into a record with `merge`, so
that no run takes away what another one found.

A record has a seal, the hash of everything in it. The seal shows that somebody edited
the record by hand. It is not a signature.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import hashlib
import json
import os
import re
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from verify import RECORDS, ROOT, SNIPPETS
from verify.needs import release_key
from verify.paths import find, name_of
from verify.snippet import Snippet, SnippetError, parse
from verify.verdict import FAILED, Machine, Verdict

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

FAULTS = ("not-installed", "not-imported", "altered")
"""Why nothing in a record counts: torch couldn't be installed, torch couldn't be
imported, or the record was changed after the run."""

LINES = 20  # of a changed output are kept
CHARACTERS = 1000  # of a line or an error are kept
SAVE_EVERY = 2.0  # seconds between two saves during a run
LOCK_TIMEOUT = 60.0  # seconds to wait for another run that writes
LOCK = ".lock"  # the file that locks a folder where the system doesn't


class RecordError(ValueError):
    """A file that is not a usable record; the message names it in one line."""


@dataclass(frozen=True)
class Line:
    """One place where the output differs from the expected one.

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
    """The result of one snippet file.

    Attributes:
        sha256: Hash of the file as it ran. None if the file broke the contract, or was
            edited while it ran.
        outcome: ``"passed"``, ``"failed"``, ``"output-changed"`` or ``"skipped"``.
        seconds: Wall time of the run.
        when: When it ran, as ISO 8601 in UTC.
        warnings: What a reader would see, as ``Category: first line``.
        error: For a failure the last line of the error. For a skipped file how it fails
            without what it needs, if that was tried.
        need: For a skipped file the unmet need. For a failed file the need that it no
            longer has.
        lines: Where the output differs, the first 20 places.
        library: Hashes of the library files that it imports, by their names.
        machine: A key of `Record.machines`.
    """

    sha256: str | None
    outcome: str
    seconds: float
    when: str
    warnings: tuple[str, ...] = ()
    error: str | None = None
    need: str | None = None
    lines: tuple[Line, ...] = ()
    library: dict[str, str] = field(default_factory=dict)
    machine: str = ""


@dataclass(frozen=True)
class Library:
    """The result of the library's own tests.

    Attributes:
        passed: How many passed.
        skipped: How many were skipped, for example because there is no GPU.
        left_out: How many were left out because they are slow.
        failed: The last line of the error, by the name of the test.
        seconds: Wall time of all tests.
        sha256: The `library_key` before the tests ran; None in old records.
        machine: A key of `Record.machines`.
    """

    passed: int
    skipped: int
    left_out: int
    failed: dict[str, str]
    seconds: float
    sha256: str | None = None
    machine: str = ""


@dataclass(frozen=True)
class Record:
    """The results of all files on one release and one device.

    Attributes:
        torch: The release, e.g. ``2.13.0``.
        device: ``"cpu"`` or ``"cuda"``.
        when: When the last of the files ran, as ISO 8601 in UTC.
        machines: The machines that produced the results, by `Machine.id`.
        snippets: Results by the path of the file below ``snippets/``.
        import_warnings: What importing torch warned of.
        library: The result of the library's tests; None if they didn't run.
        seconds: Wall time of the parts of the run, e.g. ``{"install": 19.2}``.
        fault: Why nothing here counts, one of `FAULTS`; None if the results count.
        error: The fault in one line, in the words of the tool that found it.
    """

    torch: str
    device: str
    when: str
    machines: dict[str, Machine] = field(default_factory=dict)
    snippets: dict[str, Result] = field(default_factory=dict)
    import_warnings: tuple[str, ...] = ()
    library: Library | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    fault: str | None = None
    error: str | None = None


# ------------------------------------------------------------------ which results count


def library_hashes(snippet: Snippet, folder: Path = SNIPPETS) -> dict[str, str]:
    """Hash the library files that a snippet file runs.

    Args:
        snippet: The snippet file.
        folder: The folder of the library files.

    Returns:
        SHA-256 by name, e.g. ``{"__init__.py": …, "ddp.py": …}``. All library files if
        the snippet needs the library but imports it in a way that the syntax tree
        doesn't show. Empty if the snippet doesn't use the library.
    """
    if not snippet.library and "snippets" not in snippet.needs:
        return {}
    # A program in a string, for a child process, imports too.
    modules = {*snippet.library, *re.findall(r"\bsnippets\.(\w+)", snippet.source)}
    names = [f"{module}.py" for module in modules]
    if not names:
        names = [path.name for path in folder.glob("*.py")]
    return {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
        for name in sorted({"__init__.py", *names})
        if (folder / name).is_file()
    }


def is_valid(result: Result, snippet: Snippet | None, folder: Path = SNIPPETS) -> bool:
    """Tell whether a result counts for a file as the file is now.

    Args:
        result: The result.
        snippet: The file as it is now; None if it breaks the contract.
        folder: The folder of the library files.

    Returns:
        True if neither the file nor a library file that it imports has changed since
        the run.
    """
    if snippet is None:
        return result.sha256 is None and result.outcome == FAILED
    return result.sha256 == snippet.sha256 and result.library == library_hashes(
        snippet, folder
    )


def current_snippets(
    folder: Path = SNIPPETS, parse: Callable[[Path], Snippet] = parse
) -> dict[str, Snippet | None]:
    """Parse all snippet files as they are now.

    Args:
        folder: ``snippets/``.
        parse: Parses one file.

    Returns:
        The files by their paths below the folder; None for a file that breaks the
        contract.
    """
    found: dict[str, Snippet | None] = {}
    for path in find(folder):
        if path.parent == folder or not path.is_file():  # the library, or a broken link
            continue
        name = path.relative_to(folder).as_posix()
        try:
            found[name] = parse(path)
        except (SnippetError, OSError):
            found[name] = None
    return found


def library_key(root: Path = ROOT) -> str:
    """Hash the library and its tests.

    Args:
        root: The checkout.

    Returns:
        One SHA-256 of the names and contents of all files.
    """
    files = [*(root / "snippets").glob("*.py")]
    files += (root / "tests" / "library").rglob("*.py")
    key = hashlib.sha256()
    for path in sorted(files):
        data = path.read_bytes()
        key.update(f"{path.relative_to(root).as_posix()}\n{len(data)}\n".encode())
        key.update(data)
    return key.hexdigest()


def library_is_valid(record: Record, root: Path = ROOT) -> bool:
    """Tell whether the result of the library's tests counts.

    Args:
        record: The record.
        root: The checkout.

    Returns:
        True if the tests ran, and neither the library nor its tests have changed since.
    """
    library = record.library
    return library is not None and library.sha256 == library_key(root)


# ------------------------------------------------------------------- adding the results


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
    path = _real(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with _locked(path.parent):
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
    path = _real(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    record = Record(torch, device, now(), fault=fault, error=_short(error))
    with _locked(path.parent):
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
            of this release and device.
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
        path = _real(self.path)
        _earlier(path, self.machine.release, self.machine.device)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, probe = _new_file(path)
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
        if self._unsaved:
            merge(self.path, self.machine, self._unsaved, self.import_warnings)
            self._unsaved = []

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
        warnings=verdict.warnings,
        error=_short(without_folders(verdict.error)),
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


def without_folders(text: str | None) -> str | None:
    """Take the folders of the machine that saw an error out of its text.

    Example:
        >>> without_folders("no name 'f' in 'torch' (/home/me/env/lib/torch/x.py)")
        "no name 'f' in 'torch' (x.py)"
    """
    return text and re.sub(r"(?<![\w./:])(?:/[\w.+@-]+)+/(?=[\w.+@-])", "", text)


# ----------------------------------------------------------------------- files on disk


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
    path = _real(path)
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
    handle, new = _new_file(path)
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


def _real(path: Path) -> Path:
    """The file that a path leads to: replacing a link would leave its target old."""
    return Path(os.path.realpath(path))


def _new_file(path: Path) -> tuple[int, Path]:
    """Open a new file beside another one, with the rights that the other would get."""
    new = path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")
    try:
        return os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), new
    except OSError as error:  # a person knows only the other one
        raise type(error)(error.errno, error.strerror, str(path)) from None


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
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

"""Find out which snippet file changed something outside its own folders.

Comparing the watched folders with how they looked before is cheap, so `Strays` does it
about once a second while files run. A comparison shows what changed but not who changed
it: people, editors and other programs write there too. So the files that ran at that
time are only suspects. Each suspect is run again alone, and it is blamed if the change
happens again then but not while nothing runs.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from verify import RECORDS, ROOT, messages, record_files, recording
from verify.evidence import RecordError
from verify.folders import listed
from verify.paths import shown
from verify.tree import CHANGED, CREATED, DELETED, Change, Tree

SHARED_MEMORY = "/dev/shm"
# Linux takes file times from a coarse clock that may be up to 10 ms late. This allows
# twice that.
TICK_NS = 20_000_000
LONGEST_WAIT = 5.0  # seconds

T = TypeVar("T")


@dataclass(eq=False)
class Run:
    """One run of a snippet file.

    Attributes:
        path: The file.
        source: The text of the file when it started.
        again: A function that runs the file once more.
        start: Start time in nanoseconds since the epoch.
        end: End time in nanoseconds since the epoch, None while the file runs.
    """

    path: Path
    source: str
    again: Callable[[], object]
    start: int
    end: int | None = None

    def names(self, change: Change) -> bool:
        """Return whether the file's source seems to mention the path that changed.

        It may be the quoted name, or the folder and the first three letters of the
        name, if the rest is appended at run time. ``__file__`` is the file itself.

        Args:
            change: The change.
        """
        if change.path == os.path.realpath(self.path):
            return "__file__" in self.source
        folder, name = os.path.split(change.path)
        if folder == SHARED_MEMORY:  # a semaphore /demo is the file sem.demo
            name = name.removeprefix("sem.")
        said = re.search(rf"""["'/]{re.escape(name)}["'/]""", self.source)
        return bool(said) or os.path.join(folder, name[:3]) in self.source


class Strays:
    """Watches folders and finds out which snippet file changed something in them.

    Args:
        exclusive: Returns a context manager that keeps files from running.
        roots: Folders to watch, with everything below them.
        names: Folders that all programs write to, where only new names count. None
            means the temporary folder, the home folder and shared memory.
        interval: Minimum seconds between two comparisons.

    Attributes:
        notes: A line for each group of changes that couldn't be attributed.
    """

    def __init__(
        self,
        exclusive: Callable[[], AbstractContextManager] = contextlib.nullcontext,
        roots: Iterable[str | Path] = (ROOT,),
        names: Iterable[str | Path] | None = None,
        interval: float = 1.0,
    ) -> None:
        self.notes: list[str] = []
        self._exclusive, self._interval = exclusive, interval
        if names is None:
            names = [tempfile.gettempdir(), os.path.expanduser("~"), SHARED_MEMORY]
        self._began = recording.now()
        temporary = os.path.realpath(tempfile.gettempdir())
        self._run_folders = os.path.join(temporary, "verify-")
        self._looked = time.time_ns()
        self._tree = Tree(roots, names)
        self._runs: list[Run] = []
        # Undecided changes with their suspects, by path.
        self._open: dict[str, tuple[Change, list[Run]]] = {}
        self._blamed: dict[Path, list[Change]] = {}  # by the file that made them
        self._unexplained: set[str] = set()  # paths whose change no file repeated
        self._ignored: set[str] = set()  # paths that other programs write
        self._busy: set[str] = set()  # folders in which other programs create files
        self._lock = threading.RLock()

    @contextlib.contextmanager
    def running(
        self, path: Path, source: str, again: Callable[[], object]
    ) -> Iterator[None]:
        """Record that a file runs while this context is open.

        Args:
            path: The file.
            source: The text of the file.
            again: A function that runs the file once more. It's called only while no
                other file runs.
        """
        self._tree.add(path)
        run = Run(path, source, again, time.time_ns())
        self._runs.append(run)
        try:
            yield
        finally:
            run.end = time.time_ns()

    def settle(
        self, finished: Iterable[tuple[Path, T] | None]
    ) -> Iterator[tuple[T, list[str]]]:
        """Hold back each result until it's known what its file changed elsewhere.

        Args:
            finished: Each file that ended, with its result. A None only gives this
                generator a chance to compare the folders again.

        Yields:
            Each result with the faults of its file. If `finished` raises an error, the
            results of files that aren't suspected come first.
        """
        with self._lock:
            self._look()
        due = time.monotonic() + self._interval
        held: list[tuple[Path, T]] = []
        try:
            for pair in finished:
                held += [pair] if pair else []
                start = time.monotonic()
                if start >= due:
                    held = yield from self._release(held)
                    # Also on a slow disk, spend at most about 2 % of the time on this.
                    end = time.monotonic()
                    due = end + max(self._interval, 50 * (end - start))
            yield from self._release(held, last=True)
        except GeneratorExit:
            raise
        except BaseException:
            yield from self._interrupted(held)
            raise

    def _interrupted(self, held: list[tuple[Path, T]]) -> Iterator[tuple[T, list[str]]]:
        """Yield the results of files that aren't suspected; run nothing again."""
        self._look()
        suspected = {run.path for _, runs in self._open.values() for run in runs}
        for path, result in held:
            if path not in suspected:
                yield result, faults(self._blamed.pop(path, []))

    def _release(
        self, held: list[tuple[Path, T]], last: bool = False
    ) -> Generator[tuple[T, list[str]], None, list[tuple[Path, T]]]:
        """Yield the results that are settled, and return the others.

        Suspects are run again once all suspects of some change have ended.

        Args:
            held: The results so far.
            last: Whether all files have ended, so that no result has to wait.
        """
        with self._lock:
            self._look()
            ready = last or any(
                all(run.end for run in suspects) for _, suspects in self._open.values()
            )
            if self._open and ready:
                with self._exclusive():
                    self._judge()
            awaited = {run for _, suspects in self._open.values() for run in suspects}
            waiting = {run.path for run in awaited}
            for run in list(self._runs):
                if run.end and run.end < self._looked and run not in awaited:
                    self._runs.remove(run)
        for path, result in held:
            if path not in waiting:
                yield result, faults(self._blamed.pop(path, []))
        return [(path, result) for path, result in held if path in waiting]

    def _look(self) -> None:
        """Record each new change with its suspects, and drop changes without suspects.

        A path that was changed and then restored is dropped too.
        """
        since = self._looked
        now = time.time_ns()
        for change in self._changes():
            earlier, suspects = self._open.pop(change.path, (change, []))
            change = replace(change, before=earlier.before)
            found = [*suspects, *self._suspects(change, since)]
            if found and change.before != change.after:
                self._open[change.path] = change, list(dict.fromkeys(found))
        self._looked = now

    def _changes(self) -> list[Change]:
        """Return what changed since the last call, except for ignored changes."""
        return [c for c in self._tree.look() if not self._is_ignored(c)]

    def _is_ignored(self, change: Change) -> bool:
        """Return whether a change is known not to be the work of a snippet file."""
        above = map(str, Path(change.path).parents)
        if self._ignored & {change.path, *above}:
            return True
        if _is_of_a_recorder(change.path, self._began):
            return True
        # Run folders, which are watched if the temporary folder is in a watched one.
        if change.path.startswith(self._run_folders):
            return True
        folder = os.path.dirname(change.path)
        return change.kind == CREATED and folder in self._busy

    def _suspects(self, change: Change, since: int) -> list[Run]:
        """Return the runs during which a change may have happened.

        Args:
            change: The change.
            since: Time of the previous comparison, in nanoseconds.
        """
        runs = [run for run in self._runs if not run.end or run.end >= since]
        if since - TICK_NS <= change.time <= time.time_ns():
            runs = [
                run
                for run in self._runs
                if run.start - TICK_NS <= change.time
                and (run.end is None or change.time <= run.end)
            ]
        # A time outside of that interval is from another clock, such as a file
        # server's. Then every run since the previous comparison counts.
        return [run for run in runs if self._is_plausible(change, run)]

    def _is_plausible(self, change: Change, run: Run) -> bool:
        """Return whether a run may have made a change.

        In a folder that all programs write to, running at the time isn't enough: the
        file must also mention the path.
        """
        if change.kind == CREATED and change.path == os.path.abspath(run.path):
            return False  # the file existed before it ran
        if not self._tree.shares(change.path):
            return True
        with contextlib.suppress(OSError, AttributeError):
            if os.lstat(change.path).st_uid != os.getuid():
                return False
        # A library often chooses the names in shared memory, so the file doesn't
        # mention them.
        in_memory = os.path.dirname(change.path) == SHARED_MEMORY
        return in_memory or run.names(change)

    def _judge(self) -> None:
        """Run the suspects again, one by one, and blame them for what they repeat.

        The caller makes sure that no other file runs.
        """
        self._look()
        self._ignored |= _held_open() & self._open.keys()
        rest = {p: v for p, v in self._open.items() if p not in self._ignored}
        idle: list[Change] = []
        for run in dict.fromkeys(r for _, runs in rest.values() for r in runs):
            mine = [c for c, suspects in rest.values() if run in suspects]
            if not mine:
                continue  # another file has been blamed meanwhile
            again, others = self._repeats(run, idle)
            for change in mine:
                if any(change.is_like(other) for other in again):
                    self._blame(run, change)
                    del rest[change.path]
            for change in again:
                self._blame(run, change)
            for change in others:
                rest.setdefault(change.path, (change, [run]))
        if rest and not idle:
            idle += self._wait(0.5)
        self._judge_once_only(
            (change, suspects)
            for change, suspects in rest.values()
            if not self._is_others(change, idle)
        )
        # Only now, so that after an interruption these changes are still undecided.
        self._open.clear()
        self._remove_shared_memory()
        self._tree.look()
        self._looked = time.time_ns()

    def _repeats(
        self, run: Run, idle: list[Change]
    ) -> tuple[list[Change], list[Change]]:
        """Run a file twice more, with a wait after each run.

        Args:
            run: The run to repeat.
            idle: Changes that happened while nothing ran. Those of the two waits are
                appended.

        Returns:
            The changes that happened in both runs but in no wait, and those that
            happened in only one run. Both are empty if the first run changed nothing.
        """
        first, seconds = self._rerun(run)
        if not first:
            return [], []
        # Waits of different lengths, so that a program that writes at regular intervals
        # is caught in at least one of them.
        idle += self._wait(2 * seconds + 0.1)
        second, seconds = self._rerun(run)
        idle += self._wait(3.5 * seconds + 0.2)
        held_open = _held_open()
        both = {c.path: c for c in second} | {c.path: c for c in first}
        again: list[Change] = []
        others: list[Change] = []
        for change in both.values():
            if change.path in held_open or self._is_others(change, idle):
                continue
            repeated = all(any(change.is_like(c) for c in x) for x in (first, second))
            (again if repeated else others).append(change)
        return again, others

    def _rerun(self, run: Run) -> tuple[list[Change], float]:
        """Run a file again; return what changed meanwhile, and the seconds it took."""
        self._changes()
        start = time.monotonic()
        run.again()
        seconds = time.monotonic() - start
        changes = [c for c in self._changes() if self._is_plausible(c, run)]
        return changes, seconds

    def _wait(self, seconds: float) -> list[Change]:
        """Wait while nothing runs, and return what changes meanwhile.

        Such changes are made by other programs, so their paths are ignored from now on.
        """
        time.sleep(min(seconds, LONGEST_WAIT))
        changes = self._changes()
        self._ignored |= {change.path for change in changes}
        self._busy |= {
            os.path.dirname(change.path)
            for change in changes
            if change.kind == CREATED and not self._tree.shares(change.path)
        }
        return changes

    def _is_others(self, change: Change, idle: list[Change]) -> bool:
        """Return True if a change is like one that happened while nothing ran."""
        # All programs create files in a shared folder, so only the same path counts.
        if self._tree.shares(change.path):
            return any(change.path == other.path for other in idle)
        return any(change.is_like(other) for other in idle)

    def _judge_once_only(self, rest: Iterable[tuple[Change, list[Run]]]) -> None:
        """Judge changes that no file repeated.

        A file may make such a change only once, for example if it writes only what
        doesn't exist yet. It's blamed if it's the only suspect that mentions the path,
        or the only suspect of a created or deleted path. Other changes become notes.

        Args:
            rest: The changes, each with its suspects.
        """
        unknown: dict[tuple[Run, ...], list[Change]] = {}
        for change, suspects in rest:
            if change.after is not None and not os.path.lexists(change.path):
                continue
            named = [run for run in suspects if run.names(change)]
            # A person often saves a file while others run, but seldom creates one.
            only = suspects if change.kind != CHANGED else []
            found = next((runs for runs in (named, only) if len(runs) == 1), None)
            if found:
                self._blame(found[0], change)
            elif change.path in self._unexplained:  # for the second time
                self._ignored.add(change.path)
            else:
                self._unexplained.add(change.path)
                unknown.setdefault(tuple(suspects), []).append(change)
        for runs, changes in unknown.items():
            what = "; ".join(_said(changes, kind) for kind in _kinds(changes))
            files = listed([shown(run.path) for run in runs], 3)
            self.notes.append(
                f"{what} while {files} ran, and not again when run alone: by another "
                "program, or only once"
            )

    def _blame(self, run: Run, change: Change) -> None:
        """Record that a run made a change, once for each path."""
        blamed = self._blamed.setdefault(run.path, [])
        if all(change.path != other.path for other in blamed):
            blamed.append(change)

    def _remove_shared_memory(self) -> None:
        """Delete what blamed files left in shared memory, where it'd use up memory."""
        for changes in self._blamed.values():
            for change in changes:
                if os.path.dirname(change.path) == SHARED_MEMORY:
                    with contextlib.suppress(OSError):
                        os.unlink(change.path)


def faults(changes: list[Change]) -> list[str]:
    """Describe the changes that a file is blamed for.

    Args:
        changes: What the file changed outside its own folders.

    Returns:
        A line for each kind of change: what happened and what to do about it.

    Example:
        >>> faults([Change("/elsewhere/x.txt", None, (), 0)])[0][:47]
        'created /elsewhere/x.txt; a file may write only'
    """
    rule = "a file may write only into its working folder: fix it, then"
    cures = {
        CHANGED: f"{rule} undo the change",
        CREATED: f"{rule} delete what it created",
        DELETED: f"{rule} restore what it deleted",
        "left": "unlink shared memory before the file ends",
    }
    return [f"{_said(changes, kind)}; {cures[kind]}" for kind in _kinds(changes)]


def _kinds(changes: list[Change]) -> list[str]:
    return list(dict.fromkeys(_kind(change) for change in changes))


def _kind(change: Change) -> str:
    """Return the kind of a change for messages: ``left`` if it's in shared memory."""
    in_memory = os.path.dirname(change.path) == SHARED_MEMORY
    return "left" if in_memory else change.kind


def _is_of_a_recorder(path: str, since: str) -> bool:
    """Return whether `verify`, in this process or another, wrote a path as evidence.

    That is the records folder, a record with a valid seal that is newer than this run,
    a messages file with a valid seal, or a temporary file that will become one of them.
    A snippet file can't write a valid one unless it forges evidence.

    Args:
        path: The path that changed.
        since: When this run began, as ISO 8601 in UTC.
    """
    name = os.path.basename(path)
    if path == str(RECORDS) or re.fullmatch(r"\..+\.json\.[0-9a-f]{8}\.new", name):
        return True
    try:
        if not name.endswith(".json"):
            return False
        if messages.is_path(Path(path)):
            messages.read(Path(path))  # raises RecordError unless the seal is valid
            return True
        record = record_files.read(Path(path))
    except (OSError, RecordError):
        return False
    return record.fault != "altered" and record.when >= since


def _said(changes: list[Change], kind: str) -> str:
    """Describe the changes of one kind, e.g. ``created a.txt, b``.

    If a folder is listed, what is in it isn't.
    """
    paths = sorted(change.path for change in changes if _kind(change) == kind)
    top = [p for p in paths if not any(str(q) in paths for q in Path(p).parents)]
    return f"{kind} {listed([_shown(path) for path in top])}"


def _shown(path: str) -> str:
    # Not `verify.paths.shown`, which follows links.
    below = path.startswith(f"{ROOT}{os.sep}")
    return os.path.relpath(path, ROOT) if below else path


def _held_open() -> set[str]:
    """Return the files that are open for writing, and mapped shared memory.

    It's called while no snippet file runs, so the files belong to other programs, such
    as the log file of a server.
    """
    held: set[str] = set()
    if not sys.platform.startswith("linux"):
        return held
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            for entry in os.scandir(process / "fd"):
                with contextlib.suppress(OSError, IndexError):
                    target = os.readlink(entry.path)
                    if target.startswith("/"):
                        info = (process / "fdinfo" / entry.name).read_text()
                        flags = int(info.partition("flags:")[2].split()[0], 8)
                        if flags & os.O_ACCMODE != os.O_RDONLY:
                            held.add(target)
        with contextlib.suppress(OSError):
            text = (process / "maps").read_text(errors="surrogateescape")
            held.update(re.findall(rf" ({SHARED_MEMORY}/.*)$", text, re.M))
    return held

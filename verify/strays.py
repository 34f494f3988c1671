"""Find what snippet files change outside their working folders, and which file did.

Looking is cheap, so it happens while files run, about once a second. It doesn't say who
changed something: a person, an editor and other programs write here too. So a file is
blamed only if it makes the change again when it runs alone, and nobody makes it while
nothing runs.
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
# Linux stamps files with the time of its last tick, up to 10 ms ago.
TICK_NS = 20_000_000
LONGEST_WAIT = 5.0  # seconds

T = TypeVar("T")


@dataclass(eq=False)
class Run:
    """When a file ran.

    Attributes:
        path: The file.
        source: Its text when it started.
        again: Runs it once more.
        start: When it started, in nanoseconds.
        end: When it had ended; None while it runs.
    """

    path: Path
    source: str
    again: Callable[[], object]
    start: int
    end: int | None = None

    def names(self, change: Change) -> bool:
        """Return whether the file's text contains the name of what changed."""
        if change.path == os.path.realpath(self.path):
            return "__file__" in self.source
        folder, name = os.path.split(change.path)
        if folder == SHARED_MEMORY:  # a semaphore /demo is the file sem.demo
            name = name.removeprefix("sem.")
        said = re.search(rf"""["'/]{re.escape(name)}["'/]""", self.source)
        return bool(said) or os.path.join(folder, name[:3]) in self.source


class Strays:
    """Says which of the files that run changed something outside its working folder.

    Args:
        exclusive: Makes a context in which no file runs.
        roots: Folders to watch with all below them.
        names: Folders of all programs, in which new names count; the temporary folder,
            the home folder and shared memory if None.
        interval: Seconds between two looks, at least.

    Attributes:
        notes: Lines about changes whose origin is unknown.
        ours: Paths that this program itself writes during this time.
    """

    def __init__(
        self,
        exclusive: Callable[[], AbstractContextManager] = contextlib.nullcontext,
        roots: Iterable[str | Path] = (ROOT,),
        names: Iterable[str | Path] | None = None,
        interval: float = 1.0,
    ) -> None:
        self.notes: list[str] = []
        self.ours: set[str] = set()
        self._exclusive, self._interval = exclusive, interval
        if names is None:
            names = [tempfile.gettempdir(), os.path.expanduser("~"), SHARED_MEMORY]
        self._began = recording.now()
        temporary = os.path.realpath(tempfile.gettempdir())
        self._run_folders = os.path.join(temporary, "verify-")
        self._looked = time.time_ns()
        self._tree = Tree(roots, names)
        self._runs: list[Run] = []
        self._open: dict[str, tuple[Change, list[Run]]] = {}
        self._blamed: dict[Path, list[Change]] = {}
        self._unexplained: set[str] = set()
        self._ignored: set[str] = set()  # other programs' paths
        self._busy: set[str] = set()  # folders in which they make files
        self._lock = threading.RLock()

    @contextlib.contextmanager
    def running(
        self, path: Path, source: str, again: Callable[[], object]
    ) -> Iterator[None]:
        """Note that a file runs in this context.

        Args:
            path: The file.
            source: Its text.
            again: Runs it once more; called while nothing else runs.
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
        """Hand on results of runs as soon as it's known what else the files did.

        Args:
            finished: Files that ended, each with its result. None in place of one
                says that time passed.

        Yields:
            The results, each with the faults of its file. If `finished` raises, the
            results of files that are suspected of nothing come first.
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
                    # On a slow disk, too, looking takes a small part of the time.
                    end = time.monotonic()
                    due = end + max(self._interval, 50 * (end - start))
            yield from self._release(held, last=True)
        except GeneratorExit:
            raise
        except BaseException:
            yield from self._interrupted(held)
            raise

    def _interrupted(self, held: list[tuple[Path, T]]) -> Iterator[tuple[T, list[str]]]:
        """Yield what is settled without running anything again."""
        self._look()
        suspected = {run.path for _, runs in self._open.values() for run in runs}
        for path, result in held:
            if path not in suspected:
                yield result, faults(self._blamed.pop(path, []))

    def _release(
        self, held: list[tuple[Path, T]], last: bool = False
    ) -> Generator[tuple[T, list[str]], None, list[tuple[Path, T]]]:
        """Yield what is settled; return what has to wait for files that still run."""
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
        """Note what changed, with the files that ran then; what nobody did is fine."""
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
        return [c for c in self._tree.look() if not self._is_ignored(c)]

    def _is_ignored(self, change: Change) -> bool:
        above = map(str, Path(change.path).parents)
        if change.path in self.ours or self._ignored & {change.path, *above}:
            return True
        if _is_of_a_recorder(change.path, self._began):
            return True
        # The folders of the runs themselves, if temporary files are kept in the tree.
        if change.path.startswith(self._run_folders):
            return True
        folder = os.path.dirname(change.path)
        return change.kind == CREATED and folder in self._busy

    def _suspects(self, change: Change, since: int) -> list[Run]:
        """Return the files that ran when something changed."""
        runs = [run for run in self._runs if not run.end or run.end >= since]
        if since - TICK_NS <= change.time <= time.time_ns():
            runs = [
                run
                for run in self._runs
                if run.start - TICK_NS <= change.time
                and (run.end is None or change.time <= run.end)
            ]
        # Else the clock is another one, that of a server for example.
        return [run for run in runs if self._is_plausible(change, run)]

    def _is_plausible(self, change: Change, run: Run) -> bool:
        """In folders where all programs write, a file is suspected for a reason."""
        if change.kind == CREATED and change.path == os.path.abspath(run.path):
            return False  # it was there to be run
        if not self._tree.shares(change.path):
            return True
        with contextlib.suppress(OSError, AttributeError):
            if os.lstat(change.path).st_uid != os.getuid():
                return False
        # Names in shared memory are often made by a library.
        in_memory = os.path.dirname(change.path) == SHARED_MEMORY
        return in_memory or run.names(change)

    def _judge(self) -> None:
        """Find which file made the open changes, while nothing else runs."""
        self._look()
        self._ignored |= _held_open() & self._open.keys()
        rest = {p: v for p, v in self._open.items() if p not in self._ignored}
        idle: list[Change] = []
        for run in dict.fromkeys(r for _, runs in rest.values() for r in runs):
            mine = [c for c, suspects in rest.values() if run in suspects]
            if not mine:
                continue  # blamed on another file
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
        self._open.clear()  # not before: an interruption leaves it undecided
        self._remove_shared_memory()
        self._tree.look()
        self._looked = time.time_ns()

    def _repeats(
        self, run: Run, idle: list[Change]
    ) -> tuple[list[Change], list[Change]]:
        """Run a file twice more and wait between; nothing else runs.

        Returns:
            What it does each time and nobody does in a wait, and what else happened.
        """
        first, seconds = self._rerun(run)
        if not first:
            return [], []
        # Unlike lengths: what another program does at regular times is seen in one.
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
        self._changes()
        start = time.monotonic()
        run.again()
        seconds = time.monotonic() - start
        changes = [c for c in self._changes() if self._is_plausible(c, run)]
        return changes, seconds

    def _wait(self, seconds: float) -> list[Change]:
        """Return what changes while nothing runs: another program's, from now on."""
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
        if self._tree.shares(change.path):  # there, a new name doesn't affect others
            return any(change.path == other.path for other in idle)
        return any(change.is_like(other) for other in idle)

    def _judge_once_only(self, rest: Iterable[tuple[Change, list[Run]]]) -> None:
        """Judge what no file did again: it may write only what isn't there yet."""
        unknown: dict[tuple[Run, ...], list[Change]] = {}
        for change, suspects in rest:
            if change.after is not None and not os.path.lexists(change.path):
                continue
            named = [run for run in suspects if run.names(change)]
            # A person saves a file now and then, but seldom makes one just then.
            only = suspects if change.kind != CHANGED else []
            found = next((runs for runs in (named, only) if len(runs) == 1), None)
            if found:
                self._blame(found[0], change)
            elif change.path in self._unexplained:  # again, and by no file
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
        blamed = self._blamed.setdefault(run.path, [])
        if all(change.path != other.path for other in blamed):
            blamed.append(change)

    def _remove_shared_memory(self) -> None:
        """Free what blamed files left in shared memory, which lasts until a reboot."""
        for changes in self._blamed.values():
            for change in changes:
                if os.path.dirname(change.path) == SHARED_MEMORY:
                    with contextlib.suppress(OSError):
                        os.unlink(change.path)


def faults(changes: list[Change]) -> list[str]:
    """Say what a file did.

    Args:
        changes: What it changed outside its working folder.

    Returns:
        A line for each kind of change.

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
    in_memory = os.path.dirname(change.path) == SHARED_MEMORY
    return "left" if in_memory else change.kind


def _is_of_a_recorder(path: str, since: str) -> bool:
    """Whether a run of `verify`, this one or one beside it, saved its results there.

    The folder of the records, a sealed record that is newer than this run, sealed
    messages, or a file that becomes one of them. A snippet doesn't write those, unless
    it forges evidence.
    """
    name = os.path.basename(path)
    if path == str(RECORDS) or re.fullmatch(r"\..+\.json\.[0-9a-f]{8}\.new", name):
        return True
    try:
        if not name.endswith(".json"):
            return False
        if messages.is_path(Path(path)):
            messages.read(Path(path))  # with its seal
            return True
        record = record_files.read(Path(path))
    except (OSError, RecordError):
        return False
    return record.fault != "altered" and record.when >= since


def _said(changes: list[Change], kind: str) -> str:
    """Return for example ``created a.txt, b``; what is in a new folder isn't listed."""
    paths = sorted(change.path for change in changes if _kind(change) == kind)
    top = [p for p in paths if not any(str(q) in paths for q in Path(p).parents)]
    return f"{kind} {listed([_shown(path) for path in top])}"


def _shown(path: str) -> str:
    # Not the target of a link, and not a name that is cut at a newline.
    below = path.startswith(f"{ROOT}{os.sep}")
    return os.path.relpath(path, ROOT) if below else path


def _held_open() -> set[str]:
    """Return the files that programs have open to write, or have mapped as shared.

    No file runs, so these programs are others: a server and its log, for example.
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

"""Run snippet files: start each as a reader would, and judge what came out."""

from __future__ import annotations

import concurrent.futures
import contextlib
import json
import os
import platform
import queue
import random
import re
import secrets
import socket
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from verify import ROOT, RequestError, SnippetError
from verify.environ import environment
from verify.evidence import library_hashes
from verify.folders import RunFolder, listed
from verify.fork import DEFAULT_DEVICE, marking
from verify.fork.client import Result, Server
from verify.fork.marking import Printed
from verify.judge import how_it_ended, judge, with_strays
from verify.needs import fits, is_about_torch, is_next_to
from verify.paths import shown
from verify.plain import PlainServer
from verify.snippet import Snippet, hidden_modules, parse
from verify.stderr import error_line
from verify.strays import Strays
from verify.text import first_lines, shortened
from verify.verdict import FAILED, PASSED, SKIPPED, Machine, Verdict

# The server that forks needs /proc, subreapers and Unix sockets that pass open files.
ON_LINUX = sys.platform.startswith("linux")
TIMEOUT = 30.0  # seconds until a file is killed, unless it states more
TIMEOUT_TORCHRUN = 60.0
MOST_JOBS = 8
# A run that waited for a CPU for more than this share of its time is not to blame.
STARVED = 0.1
# A fork differs here from a fresh interpreter: it has the runner's frames below the
# script, and the runner's command line.
TELLS_A_FORK = re.compile(
    r"\binspect\.(stack|currentframe|trace)\b|\b_getframe\b|\bfaulthandler\b"
    r"|\b(print|format|extract|walk)_stack\b|\brecursionlimit\b|\bRecursionError\b"
    r"|\borig_argv\b|/proc/self\b|\bsys\.flags\b"
)
PROBE = """
import json, platform, sys, torch
try:
    from numpy import __version__ as numpy
except ImportError:
    numpy = None
cuda = torch.cuda.is_available()
print(json.dumps({
    "build": torch.__version__,
    "python": platform.python_version(),
    "numpy": numpy,
    "platform": platform.platform(),
    "cuda": torch.cuda.get_device_name() if cuda else None,
}))
"""
# What `python FILE` becomes in a cold run on another default device.
ON_DEVICE = """
import os, runpy, sys, torch
torch.set_default_device(sys.argv.pop(1))
sys.argv.pop(0)
sys.path[0] = os.path.dirname(os.path.realpath(sys.argv[0]))
runpy.run_path(sys.argv[0], run_name="__main__")
"""
TORCHRUN = "torch.distributed.run"
PROCESSOR = re.compile(r"model name\s*:\s*(.+)")


@dataclass(frozen=True)
class Command:
    """How a file is started.

    Attributes:
        argv: What follows ``python`` on the command line.
        torchrun: Whether torchrun starts it.
        fresh: Whether the file needs a fresh interpreter, because a fork won't do.
    """

    argv: tuple[str, ...]
    torchrun: bool
    fresh: bool


class Runner:
    """Runs snippet files on one interpreter and one device.

    On Linux each file is a fork of an interpreter that has imported torch; elsewhere,
    or if asked for, a fresh interpreter.

    Args:
        python: The interpreter; it needs torch, nothing else.
        device: ``"cpu"`` or ``"cuda"``: torch's default device in files that do not
            say ``# Device: cpu``.
        cold: Start a real ``python FILE`` for each file.
        jobs: How many files run at once; None for one more than there are cores, for
            some files wait, and at most 8.
        timeout: Seconds until a file is killed; None for 30, or 60 under torchrun, or
            what a file states in ``# Timeout:`` (and 120 for importing torch).
        matrix: The releases that are verified. A file that needs another torch runs
            on the one next to its bound, and must fail there. Without any, such a
            file is skipped.
        ahead: Modules that many of the files import, see `verify.ahead`.
        bytecode: As for `environment`.
        variables: Extra environment variables for the server and each file.

    Attributes:
        machine: What the files run on.

    Raises:
        RequestError: If there is no CUDA device to run on.
        verify.fork.client.ServerError: The interpreter cannot run snippets.
    """

    def __init__(
        self,
        python: str = sys.executable,
        device: str = "cpu",
        cold: bool = False,
        jobs: int | None = None,
        timeout: float | None = None,
        matrix: Iterable[str] = (),
        ahead: Iterable[str] = (),
        bytecode: Path | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        self.python, self.device, self.timeout = python, device, timeout
        self.jobs = jobs or min(MOST_JOBS, (os.cpu_count() or 1) + 1)
        self._env = {**environment(bytecode), **(variables or {})}
        self._matrix = tuple(matrix)
        start_timeout = timeout or 120.0
        self.server: Server | PlainServer
        if ON_LINUX:
            self.server = Server(
                python,
                cold=cold,
                slots=self.jobs,
                env=self._env,
                start_timeout=start_timeout,
                ahead=tuple(ahead),
            )
        else:
            self.server = PlainServer(python, self._env, start_timeout)
        # A warm server becomes cold if an import makes forks unsafe.
        self.cold = self.server.cold
        self._strays = Strays(self._every_slot)
        self._modules: dict[str, bool] = {}
        self._slots: queue.SimpleQueue[int] = queue.SimpleQueue()
        for slot in range(self.jobs):
            self._slots.put(slot)
        self._turn = threading.Lock()  # to take slots
        try:
            facts = json.loads(self._ask(PROBE))
            self._cuda: str | None = facts.pop("cuda")
            if device == "cuda" and not self._cuda:
                raise RequestError(
                    f"--device cuda: torch {facts['build']} doesn't see a CUDA device"
                )
            name = str(self._cuda) if device == "cuda" else _processor()
            self.machine = Machine(device=device, device_name=name, **facts)
        except BaseException:
            self.close()
            raise

    @property
    def notes(self) -> list[str]:
        """Facts about the run that no verdict has, one line each."""
        because = self.server.cold_because
        cold = [f"each file starts a fresh Python: {because}"] if because else []
        return [*cold, *self._strays.notes]

    @property
    def release(self) -> str:
        """The torch release without the name of its build, e.g. ``2.13.0``."""
        return self.machine.release

    def run(self, path: Path) -> Verdict:
        """Run one file.

        Args:
            path: The file.

        Returns:
            The verdict; nothing that the file does raises here.
        """
        # A generator: the first look at the tree comes before the run.
        return next(self._settled(self._run(one) for one in [path]))

    def _run(self, path: Path) -> Verdict:
        """Return the verdict on a file, except for what it changed elsewhere."""
        try:
            snippet = parse(path)
            _refuse_hidden_modules(path)
            need = self.unmet(snippet)
            if need and not self._is_next_to_bound(snippet):
                return Verdict(
                    path,
                    SKIPPED,
                    need=need,
                    sha256=snippet.sha256,
                    library=library_hashes(snippet),
                )
            verdict = self._verdict(snippet)
        except SnippetError as error:
            return _failed(path, error.faults)
        except OSError as error:
            what = f"cannot be run: {error.strerror or error}"
            return _failed(path, [f"{shown(path)}:1: {what}"])
        return self._other_side(verdict, need) if need else verdict

    def run_all(self, paths: Iterable[Path]) -> Iterator[Verdict]:
        """Run many files, several at once where cores allow.

        Args:
            paths: The files.

        Yields:
            The verdicts as they come.
        """
        with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
            runs = [pool.submit(self._run, path) for path in paths]
            try:
                yield from self._settled(_as_they_end(runs))
            finally:
                if not all([run.done() or run.cancel() for run in runs]):
                    self.close()  # interrupted: do not wait for what is running

    def marked_output(self, snippet: Snippet) -> tuple[Verdict, list[Printed]]:
        """Run a file and see which of its statements prints what.

        Args:
            snippet: The file.

        Returns:
            The verdict on the run, outputs left aside, and the printed lines in the
            order of a terminal.
        """
        token = secrets.token_hex(4)
        output: list[str] = []

        def marked_run() -> Iterator[Verdict]:
            with self._slot() as slot, self._running(snippet):
                marker = (marking.__file__, token)
                result, left = self._execute(snippet, slot, marker)
            output.append(result.out)
            yield judge(snippet, result, self.machine, left, compare=False)

        verdict = next(self._settled(marked_run()))
        return verdict, marking.read_marks(output[0], token)

    def run_under(self, snippet: Snippet, *program: str) -> Verdict:
        """Run a file under a program that runs it in turn.

        Args:
            snippet: The file.
            *program: The program and its arguments; the file and the file's own
                arguments follow.

        Returns:
            The verdict on the file, but for what it changed outside its folders.
        """
        with self._slot() as slot:
            result, left = self._execute(snippet, slot, program)
        return judge(snippet, result, self.machine, left)

    def run_program(
        self, argv: list[str], folder: Path, env: dict[str, str], timeout: float
    ) -> Result:
        """Run something that isn't a snippet file in the place of one.

        Args:
            argv: What follows ``python`` on the command line.
            folder: Its working folder.
            env: Environment variables in addition to those that a file gets.
            timeout: Seconds after which it is killed.

        Returns:
            How it ended.
        """
        with self._slot() as slot:
            return self.server.run(
                argv, folder, {**self._env, **env}, timeout, slot=slot
            )

    def unmet(self, snippet: Snippet) -> str | None:
        """Return the first need that this interpreter or device does not meet."""
        return next((n for n in snippet.needs if not self._meets(n)), None)

    def _meets(self, need: str) -> bool:
        if is_about_torch(need):
            return fits(need, self.release)
        if need == "cuda":
            return self.device == "cuda"
        if need == "linux":
            return ON_LINUX
        if need == "snippets":
            return True
        if need not in self._modules:
            code = (
                f"import importlib.util as u; print(u.find_spec({need!r}) is not None)"
            )
            self._modules[need] = self._ask(code).strip() == "True"
        return self._modules[need]

    def _is_next_to_bound(self, snippet: Snippet) -> bool:
        """Whether a file lacks nothing but another torch, and this one is next to it.

        On the verified release next to its bound a file must fail: else its need is
        not real.
        """
        return bool(self._matrix) and all(
            is_next_to(need, self.release, self._matrix)
            for need in snippet.needs
            if not self._meets(need)
        )

    def _other_side(self, verdict: Verdict, need: str) -> Verdict:
        """Return the verdict on a file that ran although its need isn't met."""
        if verdict.outcome != PASSED:
            return replace(verdict, outcome=SKIPPED, need=need, faults=(), warnings=())
        what = f"passes on torch {self.release}; remove '{need}' from '# Needs:'"
        return replace(
            verdict,
            outcome=FAILED,
            need=need,
            error=what,
            faults=(f"{shown(verdict.path)}:1: {what}",),
        )

    def _ask(self, code: str) -> str:
        """What a line of Python prints on the interpreter."""
        result = self.run_program(["-c", code], Path(tempfile.gettempdir()), {}, 60.0)
        if result.killed or result.code != 0:
            last = error_line(result.err) or how_it_ended(result)
            raise RequestError(f"{self.python} cannot run snippets: {shortened(last)}")
        return result.out

    def _verdict(self, snippet: Snippet) -> Verdict:
        """Run a file so that the verdict is about what the file itself did.

        A run that was starved of CPU time, or whose supervisor another file may have
        killed, is repeated while nothing else runs. So is one of a file that somebody
        saved meanwhile: a verdict is about bytes that really ran.
        """
        library = library_hashes(snippet)
        with self._slot() as slot, self._running(snippet):
            result, left = self._execute(snippet, slot)
        if self._may_be_innocent(result) or _was_edited(snippet, library):
            snippet = parse(snippet.path)
            library = library_hashes(snippet)
            with self._every_slot() as slot, self._running(snippet):
                result, left = self._execute(snippet, slot)
        if edited := _was_edited(snippet, library):
            left.append("changed while it ran; a file must not change itself")
        verdict = judge(snippet, result, self.machine, left)
        if edited:  # nobody knows which bytes ran
            return replace(verdict, sha256=None)
        return replace(verdict, library=library)

    def _may_be_innocent(self, result: Result) -> bool:
        """Whether a run failed in a way that other processes can cause."""
        if result.lost:
            return True
        ran_out = (result.killed or "").startswith("ran longer")
        starved = result.waited > STARVED * result.seconds
        return ran_out and (starved or self.jobs > 1)

    @contextlib.contextmanager
    def _slot(self) -> Iterator[int]:
        """Hold one slot, in which one file runs at a time."""
        with self._turn:
            slot = self._slots.get()
        try:
            yield slot
        finally:
            self._slots.put(slot)

    @contextlib.contextmanager
    def _every_slot(self) -> Iterator[int]:
        """Hold all slots, so that a file runs alone in one of them.

        Nobody else gets a slot meanwhile: a thread that takes its slot back as soon as
        it has returned it would never let go.
        """
        slots: list[int] = []
        with self._turn:
            try:
                for _ in range(self.jobs):
                    slots.append(self._slots.get())
                yield slots[0]
            finally:
                for slot in slots:
                    self._slots.put(slot)

    def _command(self, snippet: Snippet) -> Command:
        """How a reader starts the file, as arguments of this interpreter."""
        file = str(snippet.path.resolve())
        words = [file if w == snippet.path.name else w for w in snippet.run or ()]
        if words and words[0] == "torchrun":
            program = Path(self.python).with_name("torchrun")
            start = [str(program)] if program.exists() else ["-m", TORCHRUN]
            fresh = not program.exists() or self.cold
            return Command((*start, *words[1:]), torchrun=True, fresh=fresh)
        argv = words[1:] or [file]
        # A fork can't have other flags than its server, nor run a module.
        forkable = argv[0] == file and not TELLS_A_FORK.search(snippet.source)
        fresh = self.cold or not forkable
        return Command(tuple(argv), torchrun=TORCHRUN in argv, fresh=fresh)

    def _execute(
        self, snippet: Snippet, slot: int, program: tuple[str, ...] = ()
    ) -> tuple[Result, list[str]]:
        """Run a file in an empty folder, and report what it left in its other folders.

        Args:
            snippet: The file.
            slot: The slot to run it in.
            program: What runs the file, if not Python itself.
        """
        file = str(snippet.path.resolve())
        command = self._command(snippet)
        argv = list(command.argv)
        if program:
            at = argv.index(file)
            argv[at:at] = program
        with RunFolder() as folder:
            tmp = str(folder.tmp)
            env = {
                **self._env,
                "HOME": str(folder.home),
                **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), tmp),
                # torchrun's own default is the same for every file and program.
                "PET_MASTER_PORT": _free_port(),
            }
            if "snippets" in snippet.needs:
                paths = [str(ROOT), env.get("PYTHONPATH", "")]
                env["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
            if self.device == "cpu" and self._cuda:
                env["CUDA_VISIBLE_DEVICES"] = ""
            # A file that torchrun starts chooses the device of each rank itself.
            if self.device != "cpu" and not snippet.device and not command.torchrun:
                if command.fresh:
                    at = argv.index(file)
                    argv[at:at] = ["-c", ON_DEVICE, self.device]
                else:
                    env[DEFAULT_DEVICE] = self.device
            usual = TIMEOUT_TORCHRUN if command.torchrun else TIMEOUT
            limit = self.timeout or snippet.timeout or usual
            result = self.server.run(
                argv, folder.work, env, limit, slot=slot, fresh=command.fresh
            )
            # What was killed or failed had no chance to delete what it made.
            left = [] if result.killed or result.code else folder.left()
        if folder.resisted:
            left.append(f"made what can't be deleted: {listed(folder.resisted)}")
        return result, left

    def _running(self, snippet: Snippet) -> contextlib.AbstractContextManager[None]:
        """Return the context in which a file runs, so that its strays are found."""
        return self._strays.running(
            snippet.path, snippet.source, lambda: self._execute(snippet, slot=0)
        )

    def _settled(self, verdicts: Iterable[Verdict | None]) -> Iterator[Verdict]:
        """Add what the files changed outside their working folders."""
        pairs = ((one.path, one) if one else None for one in verdicts)
        for verdict, found in self._strays.settle(pairs):
            yield with_strays(verdict, found) if found else verdict

    def close(self) -> None:
        """End the server."""
        self.server.close()

    def __enter__(self) -> Runner:
        return self

    def __exit__(self, *_) -> None:
        self.close()


def _as_they_end(
    runs: Iterable[concurrent.futures.Future[Verdict]],
) -> Iterator[Verdict | None]:
    """Yield the verdicts as they come, and None for each second without one."""
    pending = set(runs)
    while pending:
        done, pending = concurrent.futures.wait(
            pending, timeout=1.0, return_when=concurrent.futures.FIRST_COMPLETED
        )
        yield from (run.result() for run in done)
        if not done:
            yield None


def _failed(path: Path, faults: Iterable[str]) -> Verdict:
    """The verdict on a file that could not run."""
    lines = first_lines(tuple(faults), f"{shown(path)}:1")
    return Verdict(path, FAILED, lines, error=lines[-1].partition(": ")[2])


def _refuse_hidden_modules(path: Path) -> None:
    """Refuse a file if its folder hides a module from it.

    A fork has imported the real module already, so only a fresh ``python FILE`` fails.

    Raises:
        SnippetError: If the file or a neighbor has the name of a module.
    """
    for name, file in hidden_modules(path.resolve().parent).items():
        what = f"hides the module {name} from each file beside it; rename it"
        raise SnippetError([f"{shown(path)}:1: {shown(file)} {what}"])


def _was_edited(snippet: Snippet, library: dict[str, str]) -> bool:
    """Whether the file or its library is not what was read before the run."""
    try:
        same = snippet.path.read_bytes() == snippet.data
    except OSError:
        return True
    return not same or library_hashes(snippet) != library


def _free_port() -> str:
    """A port for torchrun, which opens it a second later.

    Below 32768, from where on Linux gives ports to all who ask for any: one of these
    would be somebody else's by then.
    """
    while True:
        port = random.randrange(20_000, 30_000)
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("", port))
            return str(port)


def _processor() -> str:
    """The name of the processor."""
    try:
        found = PROCESSOR.search(Path("/proc/cpuinfo").read_text())
    except OSError:
        found = None
    return found[1].strip() if found else platform.processor() or platform.machine()

"""Run snippet files as a reader would start them, and return a verdict on each.

`Runner` owns the interpreter that the files run on. It starts each file in empty
folders, repeats a run that other processes may have spoiled, and has the result judged
by `verify.judge`.
"""

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

# The forking server needs /proc, subreapers, and Unix sockets that pass file
# descriptors.
ON_LINUX = sys.platform.startswith("linux")
TIMEOUT = 30.0  # seconds until a file is killed, unless its header sets a limit
TIMEOUT_TORCHRUN = 60.0
MOST_JOBS = 8
# If a run times out after it waited for a CPU for more than this share of its time, the
# machine was too busy, so the file is run again.
STARVED = 0.1
# A file that uses any of these could notice that it runs in a fork: the call stack
# starts with the server's frames, and the process has the server's command line. Such a
# file gets a fresh interpreter.
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
# Runs a file in a fresh interpreter with a default device other than the CPU:
# `python -c ON_DEVICE DEVICE FILE ARGS`.
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
    """How to start a file.

    Attributes:
        argv: What follows ``python`` on the command line.
        torchrun: Whether torchrun starts the file.
        fresh: Whether the file needs a fresh interpreter instead of a fork.
    """

    argv: tuple[str, ...]
    torchrun: bool
    fresh: bool


class Runner:
    """Runs snippet files on one interpreter and one device.

    On Linux each file runs in a fork of an interpreter that has already imported torch.
    On other systems, or with `cold`, each file starts a fresh interpreter.

    Args:
        python: The interpreter. It needs torch and nothing else.
        device: ``"cpu"`` or ``"cuda"``: torch's default device in files that don't say
            ``# Device: cpu``.
        cold: Start a real ``python FILE`` for each file.
        jobs: How many files run at once. None means the number of cores plus one,
            because some files spend time waiting, but at most 8.
        timeout: Seconds until a file is killed. None means what the file's
            ``# Timeout:`` line says, else 60 under torchrun and 30 otherwise. It also
            limits the import of torch at the start, where None means 120.
        matrix: All releases that files are verified on. A file with an unmet bound,
            such as ``torch>=2.6``, still runs on the verified release next to the
            bound, and must fail there. If empty, such a file is skipped.
        ahead: Modules that many of the files import. See `verify.ahead`.
        bytecode: See `verify.environ.environment`.
        variables: Extra environment variables for the server and each file.

    Attributes:
        python: The interpreter.
        device: torch's default device.
        timeout: Seconds until a file is killed, None if that depends on the file.
        jobs: How many files run at once.
        server: The server that runs the commands.
        cold: Whether each file starts a fresh interpreter, by request or because forks
            turned out to be unsafe.
        machine: The device and the software that the files run on.

    Raises:
        RequestError: If `device` is ``"cuda"`` but torch doesn't see a CUDA device, or
            if the interpreter can't describe itself.
        verify.fork.client.ServerError: If the interpreter can't run snippets.
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
        # Not `cold`: the server falls back to cold if an import makes forks unsafe.
        self.cold = self.server.cold
        self._strays = Strays(self._every_slot)
        self._modules: dict[str, bool] = {}
        self._slots: queue.SimpleQueue[int] = queue.SimpleQueue()
        for slot in range(self.jobs):
            self._slots.put(slot)
        self._turn = threading.Lock()  # held while taking slots
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
        """Facts about the whole run that don't belong to a verdict, one line each."""
        because = self.server.cold_because
        cold = [f"each file starts a fresh Python: {because}"] if because else []
        return [*cold, *self._strays.notes]

    @property
    def release(self) -> str:
        """The torch release without its build suffix, e.g. ``2.13.0``."""
        return self.machine.release

    def run(self, path: Path) -> Verdict:
        """Run one file.

        Args:
            path: The file.

        Returns:
            The verdict. An error in the file is part of it and isn't raised.
        """
        # A generator expression, so that the file starts only after `_settled` has
        # recorded what the watched folders look like.
        return next(self._settled(self._run(one) for one in [path]))

    def _run(self, path: Path) -> Verdict:
        """Return the verdict on a file, without what it changed outside its folders."""
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
        """Run many files, up to `jobs` of them at once.

        If the caller stops early, the server is closed, which ends the running files.

        Args:
            paths: The files.

        Yields:
            One verdict per file, in the order in which they become known.
        """
        with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
            runs = [pool.submit(self._run, path) for path in paths]
            try:
                yield from self._settled(_as_they_end(runs))
            finally:
                if not all([run.done() or run.cancel() for run in runs]):
                    self.close()  # interrupted, so don't wait for running files

    def marked_output(self, snippet: Snippet) -> tuple[Verdict, list[Printed]]:
        """Run a file and find out which statement prints which line.

        Args:
            snippet: The file.

        Returns:
            The verdict on the run, which doesn't compare the output with the expected
            one, and the printed lines in the order in which a terminal shows them.
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
        """Run a file as ``python PROGRAM FILE ARGS``, for example under a tracer.

        Args:
            snippet: The file.
            *program: The program that runs the file, and its arguments. The file and
                the file's own arguments are appended.

        Returns:
            The verdict on the file, without what it changed outside its folders.
        """
        with self._slot() as slot:
            result, left = self._execute(snippet, slot, program)
        return judge(snippet, result, self.machine, left)

    def run_program(
        self, argv: list[str], folder: Path, env: dict[str, str], timeout: float
    ) -> Result:
        """Run a command that isn't a snippet file, in the same way as a snippet file.

        Args:
            argv: What follows ``python`` on the command line.
            folder: The working folder. The command gets no folders of its own.
            env: Environment variables in addition to those of a snippet file.
            timeout: Seconds until the command is killed.

        Returns:
            How the command ended.
        """
        with self._slot() as slot:
            return self.server.run(
                argv, folder, {**self._env, **env}, timeout, slot=slot
            )

    def unmet(self, snippet: Snippet) -> str | None:
        """Return the first need that isn't met here, or None if all are met.

        Args:
            snippet: The file, with the needs of its ``# Needs:`` line.
        """
        return next((n for n in snippet.needs if not self._meets(n)), None)

    def _meets(self, need: str) -> bool:
        """Return whether this interpreter or device meets a need."""
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
        """Return whether all unmet needs are torch bounds right next to this release.

        A file must fail on the verified release that its bound excludes most narrowly.
        Otherwise the bound is wrong or no longer necessary.
        """
        return bool(self._matrix) and all(
            is_next_to(need, self.release, self._matrix)
            for need in snippet.needs
            if not self._meets(need)
        )

    def _other_side(self, verdict: Verdict, need: str) -> Verdict:
        """Return the verdict on a file that ran on the wrong side of its bound.

        Failing is what the bound promises, so the file counts as skipped. If it passes,
        the bound isn't needed, and that's a fault.
        """
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
        """Run Python code on the interpreter and return what it prints."""
        result = self.run_program(["-c", code], Path(tempfile.gettempdir()), {}, 60.0)
        if result.killed or result.code != 0:
            last = error_line(result.err) or how_it_ended(result)
            raise RequestError(f"{self.python} cannot run snippets: {shortened(last)}")
        return result.out

    def _verdict(self, snippet: Snippet) -> Verdict:
        """Run a file, and run it again if the first result may not be its own fault.

        In the second run no other file runs. It's for a file that timed out while other
        files ran or the CPUs were busy, for a file whose supervisor process another
        file may have killed, and for a file that was edited while it ran.
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
        if edited:  # so it's unknown which version of the file ran
            return replace(verdict, sha256=None)
        return replace(verdict, library=library)

    def _may_be_innocent(self, result: Result) -> bool:
        """Return whether other processes may have caused the failure of a run."""
        if result.lost:
            return True
        ran_out = (result.killed or "").startswith("ran longer")
        starved = result.waited > STARVED * result.seconds
        return ran_out and (starved or self.jobs > 1)

    @contextlib.contextmanager
    def _slot(self) -> Iterator[int]:
        """Reserve a slot of the server, which runs one command at a time."""
        with self._turn:
            slot = self._slots.get()
        try:
            yield slot
        finally:
            self._slots.put(slot)

    @contextlib.contextmanager
    def _every_slot(self) -> Iterator[int]:
        """Reserve all slots, so that a file can run alone in one of them.

        The lock keeps other threads from taking a slot in the meantime. Without it, a
        thread that returns its slot and takes it again at once could keep it for ever.
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
        """Translate the file's ``# Run:`` line into arguments for the interpreter."""
        file = str(snippet.path.resolve())
        words = [file if w == snippet.path.name else w for w in snippet.run or ()]
        if words and words[0] == "torchrun":
            program = Path(self.python).with_name("torchrun")
            start = [str(program)] if program.exists() else ["-m", TORCHRUN]
            fresh = not program.exists() or self.cold
            return Command((*start, *words[1:]), torchrun=True, fresh=fresh)
        argv = words[1:] or [file]
        # A fork has the interpreter flags of its server and can't run `-m MODULE`.
        forkable = argv[0] == file and not TELLS_A_FORK.search(snippet.source)
        fresh = self.cold or not forkable
        return Command(tuple(argv), torchrun=TORCHRUN in argv, fresh=fresh)

    def _execute(
        self, snippet: Snippet, slot: int, program: tuple[str, ...] = ()
    ) -> tuple[Result, list[str]]:
        """Run a file in an empty folder with its own home and temporary folder.

        Args:
            snippet: The file.
            slot: The slot to run it in.
            program: A program that runs the file, and its arguments. If empty, Python
                runs the file directly.

        Returns:
            How the run ended, and the faults for files that it left in its home and
            temporary folders or that couldn't be deleted.
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
                # torchrun's default port is fixed, so two files at once would clash.
                "PET_MASTER_PORT": _free_port(),
            }
            if "snippets" in snippet.needs:
                paths = [str(ROOT), env.get("PYTHONPATH", "")]
                env["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
            if self.device == "cpu" and self._cuda:
                env["CUDA_VISIBLE_DEVICES"] = ""
            # Under torchrun, the file itself chooses the device of each rank.
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
            # A file that was killed or failed had no chance to clean up.
            left = [] if result.killed or result.code else folder.left()
        if folder.resisted:
            left.append(f"made what can't be deleted: {listed(folder.resisted)}")
        return result, left

    def _running(self, snippet: Snippet) -> contextlib.AbstractContextManager[None]:
        """Return a context to run a file in, so that its stray changes are found.

        A stray change is a change outside the file's own folders.
        """
        return self._strays.running(
            snippet.path, snippet.source, lambda: self._execute(snippet, slot=0)
        )

    def _settled(self, verdicts: Iterable[Verdict | None]) -> Iterator[Verdict]:
        """Add to each verdict what its file changed outside its own folders."""
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
    """Yield verdicts as they are completed, and None for each second without one."""
    pending = set(runs)
    while pending:
        done, pending = concurrent.futures.wait(
            pending, timeout=1.0, return_when=concurrent.futures.FIRST_COMPLETED
        )
        yield from (run.result() for run in done)
        if not done:
            yield None


def _failed(path: Path, faults: Iterable[str]) -> Verdict:
    """Return the verdict on a file that couldn't run."""
    lines = first_lines(tuple(faults), f"{shown(path)}:1")
    return Verdict(path, FAILED, lines, error=lines[-1].partition(": ")[2])


def _refuse_hidden_modules(path: Path) -> None:
    """Refuse a file if it or a neighbor shadows a module, such as ``random.py``.

    A fork wouldn't notice because it has already imported the real module, but a
    reader's ``python FILE`` would import the wrong one.

    Raises:
        SnippetError: If the file or a neighbor has the name of an importable module.
    """
    for name, file in hidden_modules(path.resolve().parent).items():
        what = f"hides the module {name} from each file beside it; rename it"
        raise SnippetError([f"{shown(path)}:1: {shown(file)} {what}"])


def _was_edited(snippet: Snippet, library: dict[str, str]) -> bool:
    """Return whether the file or its library files changed since they were read."""
    try:
        same = snippet.path.read_bytes() == snippet.data
    except OSError:
        return True
    return not same or library_hashes(snippet) != library


def _free_port() -> str:
    """Return a free port for torchrun, which opens it about a second later.

    The port is below 32768. Linux hands out ports from there on to programs that ask
    for any port, so another program could get such a port within that second.
    """
    while True:
        port = random.randrange(20_000, 30_000)
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("", port))
            return str(port)


def _processor() -> str:
    """Return the name of the processor."""
    try:
        found = PROCESSOR.search(Path("/proc/cpuinfo").read_text())
    except OSError:
        found = None
    return found[1].strip() if found else platform.processor() or platform.machine()

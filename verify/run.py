"""Run snippet files and say of each whether it is as it says."""

from __future__ import annotations

import concurrent.futures
import contextlib
import io
import json
import os
import platform
import queue
import random
import re
import shutil
import signal
import socket
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

from verify import DEFAULT_TORCH, ROOT, RequestError
from verify.compare import differences
from verify.folders import RunFolder, listed
from verify.fork.child import DEFAULT_DEVICE, MARK_LINES
from verify.fork.client import Result, Server
from verify.needs import fits, is_about_torch, is_next_to
from verify.snippet import Snippet, SnippetError, parse, shown
from verify.strays import Strays
from verify.verdict import CHANGED, FAILED, PASSED, SKIPPED, Machine, Verdict

TIMEOUT = 30.0  # seconds until a file is killed
TIMEOUT_TORCHRUN = 60.0
# Modules that take about a second to import.
SLOW_MODULES = (
    "matplotlib.pyplot",
    "sklearn.datasets",
    "torch.distributed.checkpoint",
    "torch.distributed.fsdp",
    "torch.distributed.tensor",
)
# What imports torch._dynamo, another of them: an optimizer's first step, for example.
IMPORTS_DYNAMO = r"\boptim\.|\bDistributedDataParallel\b|\btorch\.compile\b"
RUNS_TORCHRUN = r"^# Run: torchrun\b"  # which is torch.distributed.run
WARNING = re.compile(r"^(.+?):\d+: (\w*Warning): (.*)$", re.M)
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
PROCESSOR = re.compile(r"model name\s*:\s*(.+)")


class Runner:
    """Runs snippet files on one interpreter and one device.

    Args:
        python: The interpreter; it needs torch, nothing else.
        device: ``"cpu"`` or ``"cuda"``: torch's default device in files that do not
            say ``# Device: cpu``.
        cold: Start a real ``python FILE`` for each file.
        jobs: How many files run at once; None for one more than there are cores, for
            some files wait, and at most 8.
        timeout: Seconds until a file is killed; None for the usual 30, and 60 under
            torchrun (and 120 for importing torch).
        matrix: The releases that are verified. A file that needs another torch runs
            on the one next to its bound, and must fail there. Without any, such a
            file is skipped.
        ahead: Modules that many of the files import, see `modules_ahead`.
        bytecode: As for `environment`.

    Attributes:
        machine: What the files run on.
        notes: Lines on changes of files of which nobody knows who made them.

    Raises:
        RequestError: There is no CUDA device to run on.
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
    ) -> None:
        if not sys.platform.startswith("linux"):
            raise RequestError(
                f"the runner needs Linux (on Windows: WSL), not {sys.platform}"
            )
        self.python, self.device, self.cold, self.timeout = (
            python,
            device,
            cold,
            timeout,
        )
        self.jobs = jobs or min(8, (os.cpu_count() or 1) + 1)
        self._env = environment(bytecode)
        self._matrix = tuple(matrix)
        self.server = Server(
            python,
            cold=cold,
            slots=self.jobs,
            env=self._env,
            start_timeout=timeout or 120.0,
            ahead=tuple(ahead),
        )
        self._strays = Strays(self._nothing_runs)
        self._modules: dict[str, bool] = {}
        self._slots: queue.SimpleQueue[int] = queue.SimpleQueue()
        for slot in range(self.jobs):
            self._slots.put(slot)
        try:
            facts = json.loads(self._ask(PROBE))
            self._cuda: str | None = facts.pop("cuda")
            if device == "cuda" and not self._cuda:
                raise RequestError(
                    f"--device cuda: torch {facts['build']} sees no CUDA device"
                )
            name = str(self._cuda) if device == "cuda" else _processor()
            self.machine = Machine(device=device, device_name=name, **facts)
        except BaseException:
            self.close()
            raise

    @property
    def notes(self) -> list[str]:  # noqa: D102
        return self._strays.notes

    @property
    def release(self) -> str:
        """The torch release without the name of its build, e.g. ``2.13.0``."""
        return self.machine.release

    def run(self, path: Path) -> Verdict:
        """Run one file.

        Args:
            path: The file.

        Returns:
            What came of it; nothing that the file does raises here.
        """
        return next(self._settled(self._run(path) for path in [path]))

    def _run(self, path: Path) -> Verdict:
        """Return the verdict on a file, except for what it changed elsewhere."""
        try:
            snippet = parse(path)
        except SnippetError as error:
            return Verdict(
                path, FAILED, error.faults, error=error.faults[-1].partition(": ")[2]
            )
        need = self.unmet(snippet)
        if need and not self._is_next_to_bound(snippet):
            return Verdict(path, SKIPPED, need=need, sha256=snippet.sha256)
        slot = self._slots.get()
        try:
            with self._running(snippet):
                result, left = self._execute(snippet, slot)
        finally:
            self._slots.put(slot)
        verdict = self._judge(snippet, result, left)
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
                yield from self._settled(_ended(runs))
            finally:
                if not all([run.done() or run.cancel() for run in runs]):
                    self.close()  # interrupted: do not wait for what is running

    def marked_output(self, snippet: Snippet) -> tuple[Verdict, list[tuple[int, str]]]:
        """Run a file and see which of its lines prints what.

        Args:
            snippet: The file.

        Returns:
            The verdict on the run, outputs left aside, and the printed lines with the
            number of the line at the top level of the file that printed each.
        """
        slot = self._slots.get()
        try:
            with self._running(snippet):
                result, left = self._execute(snippet, slot, mark=True)
        finally:
            self._slots.put(slot)
        lines, at, start = [], 0, True
        for piece in re.split(r"(\0\d+\0)", result.out):
            if piece.startswith("\0"):
                at = int(piece.strip("\0"))
                continue
            for text in io.StringIO(piece, newline="\n"):  # splits at LF alone
                if start:
                    lines.append((at, text))
                else:
                    lines[-1] = (lines[-1][0], lines[-1][1] + text)
                start = text.endswith("\n")
        verdict = self._judge(snippet, result, left, compare=False)
        verdict = next(self._settled([verdict]))
        return verdict, [(line, text.rstrip("\n")) for line, text in lines]

    def run_program(
        self, argv: list[str], folder: Path, env: dict[str, str], timeout: float
    ) -> Result:
        """Run what is no snippet file, in the place of one.

        Args:
            argv: What follows ``python`` on the command line.
            folder: Its working folder.
            env: What it finds in its environment besides what a file finds there.
            timeout: Seconds after which it is killed.

        Returns:
            How it ended.
        """
        slot = self._slots.get()
        try:
            return self.server.run(
                argv, folder, {**self._env, **env}, timeout, slot=slot
            )
        finally:
            self._slots.put(slot)

    def unmet(self, snippet: Snippet) -> str | None:
        """The first need of a file that this interpreter or device does not meet."""
        return next((n for n in snippet.needs if not self._meets(n)), None)

    def _meets(self, need: str) -> bool:
        if is_about_torch(need):
            return fits(need, self.release)
        if need == "cuda":
            return self.device == "cuda"
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
        """The verdict on a file that ran although its need is not met."""
        if verdict.outcome != PASSED:
            return replace(verdict, outcome=SKIPPED, need=need, faults=(), warnings=())
        what = f"passes on torch {self.release}; take '{need}' out of '# Needs:'"
        return replace(
            verdict,
            outcome=FAILED,
            need=need,
            error=what,
            faults=(f"{shown(verdict.path)}:1: {what}",),
        )

    def _ask(self, code: str) -> str:
        """What a line of Python prints on the interpreter."""
        result = self.run_program(["-c", code], Path("/"), {}, 60.0)
        if result.code != 0:
            last = (result.err.strip() or _ending(result)).splitlines()[-1]
            raise RequestError(f"{self.python} cannot run snippets: {last}")
        return result.out

    def _execute(
        self, snippet: Snippet, slot: int, mark: bool = False
    ) -> tuple[Result, list[str]]:
        """Run a file in an empty folder; also return faults for what it left."""
        file, torchrun = str(snippet.path.resolve()), False
        argv = [file]
        if snippet.run:
            words = [file if w == snippet.path.name else w for w in snippet.run]
            argv, torchrun = words[1:], words[0] == "torchrun"
        with RunFolder() as folder:
            env = {
                **self._env,
                "HOME": str(folder.home),
                "TMPDIR": str(folder.tmp),
                # torchrun's own default is the same for every file and every program.
                "PET_MASTER_PORT": _free_port(),
            }
            if "snippets" in snippet.needs:
                paths = [str(ROOT), env.get("PYTHONPATH", "")]
                env["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
            if mark:
                env[MARK_LINES] = file
            if self.device == "cpu" and self._cuda:
                env["CUDA_VISIBLE_DEVICES"] = ""
            if torchrun:
                program = Path(self.python).with_name("torchrun")
                argv.insert(0, str(program if program.exists() else _torchrun()))
            elif self.device != "cpu" and not snippet.device:
                # A file that torchrun starts chooses the device of each rank itself.
                if self.cold:
                    argv = ["-c", ON_DEVICE, self.device, *argv]
                else:
                    env[DEFAULT_DEVICE] = self.device
            limit = self.timeout or (TIMEOUT_TORCHRUN if torchrun else TIMEOUT)
            result = self.server.run(argv, folder.work, env, limit, slot=slot)
            # What was killed or failed had no chance to delete what it made.
            left = [] if result.killed or result.code else folder.left()
        if folder.resisted:
            left.append(f"made what can't be deleted: {listed(folder.resisted)}")
        return result, left

    def _settled(self, verdicts: Iterable[Verdict | None]) -> Iterator[Verdict]:
        """Add what the files changed outside their working folders."""
        pairs = ((v.path, v) if v else None for v in verdicts)
        for verdict, found in self._strays.settle(pairs):
            yield _with_faults(verdict, found) if found else verdict

    def _running(self, snippet: Snippet) -> AbstractContextManager[None]:
        """Return the context in which a file runs, so that its strays are found."""
        return self._strays.running(
            snippet.path, snippet.source, lambda: self._execute(snippet, slot=0)
        )

    @contextlib.contextmanager
    def _nothing_runs(self) -> Iterator[None]:
        """Wait until all slots are free, and keep them."""
        slots: list[int] = []
        try:
            while len(slots) < self.jobs:
                slots.append(self._slots.get())
            yield
        finally:
            for slot in slots:
                self._slots.put(slot)

    def _judge(
        self, snippet: Snippet, result: Result, left: list[str], compare: bool = True
    ) -> Verdict:
        faults, error = [], None
        where = shown(snippet.path)
        if result.killed or result.code:
            says = _says(result.err)
            ending = result.killed or _ending(result)
            error = says if says and not result.killed else ending
            line = _last_line(snippet.path, result.err)
            faults.append(
                f"{where}:{line}: {ending}" + (f": {error}" if error != ending else "")
            )
        faults += [f"{where}:1: left running: {command}" for command in result.left]
        faults += [f"{where}:1: {text}" for text in left]
        seen = _warnings(result.err)
        categories = {text.partition(":")[0] for text in seen}
        for name in snippet.warns:
            if name not in categories:
                faults.append(f"{where}:1: '# Warns: {name}', but it does not warn")
        if self.release == DEFAULT_TORCH:
            for text in seen:
                if text.partition(":")[0] not in snippet.warns:
                    faults.append(f"{where}:1: warns: {text}")
        outcome, found = FAILED if faults else PASSED, []
        if compare and not (result.killed or result.code):
            found = differences(snippet.expected, result.out, self.device)
            faults += [
                f"{where}:{difference.line}: {difference}" for difference in found
            ]
            if found and outcome == PASSED:
                outcome = CHANGED
        if faults and not error:
            error = faults[0].partition(": ")[2]
        return Verdict(
            path=snippet.path,
            outcome=outcome,
            faults=tuple(faults),
            sha256=snippet.sha256,
            seconds=result.seconds,
            warnings=tuple(seen),
            error=error,
            differences=tuple(found),
            result=result,
        )

    def close(self) -> None:
        """End the server."""
        self.server.close()

    def __enter__(self) -> Runner:
        return self

    def __exit__(self, *_) -> None:
        self.close()


def _ended(runs: list[Future[Verdict]]) -> Iterator[Verdict | None]:
    """Yield verdicts as they come, and None in a second in which none comes."""
    pending = set(runs)
    while pending:
        ended, pending = concurrent.futures.wait(
            pending, timeout=1.0, return_when=concurrent.futures.FIRST_COMPLETED
        )
        yield from (run.result() for run in ended)
        if not ended:
            yield None


def _with_faults(verdict: Verdict, found: list[str]) -> Verdict:
    """Add faults to the verdict on a file: whatever else it did, it fails."""
    return replace(
        verdict,
        outcome=FAILED,
        error=verdict.error or found[0],
        faults=(*verdict.faults, *(f"{shown(verdict.path)}:1: {t}" for t in found)),
    )


def modules_ahead(paths: Iterable[Path]) -> tuple[str, ...]:
    """What is worth importing once for all files, in place of once for each.

    Args:
        paths: The files.

    Returns:
        The slow modules that more than two of the files import.
    """
    texts = [path.read_text("utf-8", errors="replace") for path in paths]
    imports = {name: rf"^(import|from) {name}\b" for name in SLOW_MODULES}
    imports["torch._dynamo"] = IMPORTS_DYNAMO
    imports["torch.distributed.run"] = RUNS_TORCHRUN
    return tuple(
        name
        for name, pattern in imports.items()
        if sum(bool(re.search(pattern, text, re.M)) for text in texts) > 2
    )


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
    return found[1].strip() if found else platform.machine()


def _torchrun() -> str:
    found = shutil.which("torchrun")
    if not found:
        raise RequestError("'# Run: torchrun': there is no torchrun beside this Python")
    return found


def environment(bytecode: Path | None = None) -> dict[str, str]:
    """This process's environment with Python as a reader has it: nothing switched.

    Args:
        bytecode: Where compiled modules are to lie if Python is told to write none;
            compiling a new torch at each import takes longer than the import.
    """
    kept = ("PYTHONPATH", "PYTHONHOME", "PYTHONUSERBASE", "PYTHONDONTWRITEBYTECODE")
    env = {k: v for k, v in os.environ.items() if k[:6] != "PYTHON" or k in kept}
    if bytecode and env.pop("PYTHONDONTWRITEBYTECODE", None):
        env["PYTHONPYCACHEPREFIX"] = str(bytecode)
    return {**env, "PYTHONUTF8": "1"}


def _says(err: str) -> str:
    """The last line of an error; torchrun frames that of its ranks in a report."""
    ranks = re.findall(r"^\[rank\d+\]: ([\w.]+(?:Error|Exception)\b.*)$", err, re.M)
    return (ranks or err.strip().splitlines() or [""])[-1]


def _ending(result: Result) -> str:
    """How a process ended, in words."""
    if result.code is not None and result.code < 0:
        return f"killed by {signal.Signals(-result.code).name}"
    return f"exit code {result.code}"


def _last_line(path: Path, err: str) -> int:
    """The line of the file that the last traceback names; 1 if there is none."""
    lines = re.findall(rf'File "[^"]*{re.escape(path.name)}", line (\d+)', err)
    return int(lines[-1]) if lines else 1


def _warnings(err: str) -> list[str]:
    """The warnings that a reader would see, each once, in order.

    Not those in which torch deprecates what torch itself calls: there is nothing that
    a reader could write differently.
    """
    found: dict[str, None] = {}
    for file, category, text in WARNING.findall(err):
        own = f"{os.sep}torch{os.sep}" in file
        if not (own and category.endswith(("DeprecationWarning", "FutureWarning"))):
            found[f"{category}: {text}"] = None
    return list(found)

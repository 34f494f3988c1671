"""Verify torch releases: ``python -m verify.release [RELEASE …]``.

Each release gets an environment of its own, in which every snippet file and the tests
of the library run. What came of them is the record; against the record of the release
before, it is the report.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import contextlib
import dataclasses
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from verify import ROOT, RequestError, environments, evidence
from verify.ahead import modules_ahead
from verify.command import run_command
from verify.environ import environment
from verify.environments import InstallError, Source, python_of
from verify.evidence import Library, Record
from verify.fork import precompile
from verify.fork.client import Result, ServerError
from verify.history import before, judge, notes_of
from verify.needs import fits, is_final, release_key
from verify.paths import chosen_files, name_of, shown
from verify.report import Progress, release_report
from verify.run import Runner
from verify.snippet import Snippet, parse
from verify.verdict import SKIPPED

WORK = ROOT / ".nox" / "verify"
TESTS = ROOT / "tests" / "library"
# Tests whose time goes into processes and disks, not into torch.
FAST = "not slow"
TIMEOUT_LIBRARY = 600.0


@dataclass(frozen=True)
class Request:
    """What a person asks for.

    Attributes:
        source: Where torch comes from.
        device: ``"cpu"`` or ``"cuda"``.
        only: Files and folders to run; none for everything and the library's tests.
        keep: Whether the environments stay.
        timeout: Seconds until a file is killed; None for the runner's own.
        matrix: The releases that are verified.
        new: Whether releases that have a record are left out.
    """

    source: Source
    device: str = "cpu"
    only: list[Path] = field(default_factory=list)
    keep: bool = False
    timeout: float | None = None
    matrix: tuple[str, ...] = ()
    new: bool = False

    def runner(self, folder: Path, **options) -> Runner:
        """A runner on the environment in a folder."""
        return Runner(
            str(python_of(folder / "env")),
            device=self.device,
            timeout=self.timeout,
            matrix=self.matrix,
            bytecode=_bytecode(folder),
            **options,
        )


def main(argv: list[str] | None = None) -> int:
    """Verify releases.

    Args:
        argv: The command's arguments; those of the process if None.

    Returns:
        0 if all is as expected or explained, 1 if something differs, 2 if the request
        is wrong.
    """
    parser = argparse.ArgumentParser(
        prog="nox -s verify --",
        description="Run every snippet file and the library's tests on torch releases.",
        epilog="Exit codes: 0 all as expected, 1 something differs, 2 wrong request.",
    )
    parser.add_argument(
        "releases",
        nargs="*",
        metavar="RELEASE",
        help="e.g. 2.15.0; oldest, newest or nightly (default: what pip would take)",
    )
    parser.add_argument(
        "--new", action="store_true", help="leave out releases that have a record"
    )
    parser.add_argument("--index", metavar="URL", help="look for torch here too")
    parser.add_argument(
        "--wheels", type=Path, metavar="FOLDER", help="look for wheels here too"
    )
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument(
        "--python",
        default=sys.executable,
        metavar="FILE",
        help="the interpreter to make environments for (default: this one)",
    )
    parser.add_argument(
        "--keep", action="store_true", help=f"leave environments in {shown(WORK)}"
    )
    parser.add_argument(
        "--only",
        type=Path,
        action="append",
        default=[],
        metavar="PATH",
        help="only this file or folder, without the library's tests",
    )
    parser.add_argument(
        "--first-broken",
        type=Path,
        metavar="PATH",
        help="find the first release on which this file does not pass",
    )
    parser.add_argument("--timeout", type=float, help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    source = Source(options.python, options.index, options.wheels)

    def work() -> int:
        if options.wheels and not options.wheels.is_dir():
            raise RequestError(f"--wheels: {options.wheels} is no folder")
        request = Request(
            source,
            options.device,
            options.only,
            options.keep,
            options.timeout,
            tuple(evidence.releases(options.device)),
            options.new,
        )
        if options.first_broken:
            return first_broken(options.first_broken, options.releases, request)
        return verify(options.releases, request)

    return run_command(
        work, hint="; the same command goes on from here", errors=(InstallError,)
    )


def verify(named: list[str], request: Request) -> int:
    """Run releases one after the other; write their records, print their reports.

    Args:
        named: The releases as a person wrote them; none for the newest.
        request: What else they asked for.

    Returns:
        0 if all is as expected or explained, else 1.

    Raises:
        RequestError: There is no such release, file or device.
    """
    files = chosen_files(request.only)
    chosen = environments.choose(named, request.source, request.matrix)
    if request.new:
        chosen = [release for release in chosen if release not in request.matrix]
        if not chosen:
            print("every release has a record", flush=True)
    request = dataclasses.replace(request, matrix=(*request.matrix, *chosen))
    fine = True
    for number, torch in enumerate(chosen, 1):
        of = f" ({number} of {len(chosen)})" if len(chosen) > 1 else ""
        print(f"torch {torch} on {request.device}{of}", flush=True)
        record = verify_release(torch, files, request)
        found = evidence.load()
        earlier = before(record, found)
        notes = notes_of(record)
        judgement = judge(record, earlier, notes)
        print(release_report(judgement), flush=True)
        fine &= judgement.fine
    return 0 if fine else 1


def verify_release(torch: str, files: list[Path], request: Request) -> Record:
    """Install a release, run files and the library's tests on it, write the record.

    Args:
        torch: The release.
        files: The files.
        request: What else was asked for.

    Returns:
        The record, as it was written.

    Raises:
        RequestError: There is no such device.
    """
    folder = WORK / f"{torch}-{request.device}"
    path = evidence.path_of(torch, request.device)
    start = time.monotonic()
    try:
        seconds = {"install": _install(torch, folder, request.source)}
        record = _run(files, folder, request)
    except (InstallError, ServerError) as error:
        fault = "not-installed" if isinstance(error, InstallError) else "not-imported"
        words = str(error).removeprefix(f"{python_of(folder / 'env')} ")
        record = evidence.merge_fault(path, torch, request.device, fault, words)
        _clear(folder, request)
        return record
    if not request.only:
        seconds |= record.seconds | {"all": time.monotonic() - start}
        seconds = {p: round(s, 1) for p, s in seconds.items()}
        record = dataclasses.replace(record, seconds=seconds)
    record = evidence.merge_record(path, record)
    for early in evidence.releases(request.device):
        same = release_key(early)[:3] == release_key(torch)[:3]
        if same and release_key(early) < release_key(torch):
            evidence.path_of(early, request.device).unlink()  # a candidate of this one
    _clear(folder, request)
    return record


def _install(torch: str, folder: Path, source: Source) -> float:
    """Make the environment, or take the one that is there; the seconds it took."""
    done = folder / "installed.json"
    want = {"torch": torch, **dataclasses.asdict(source), "wheels": str(source.wheels)}
    with contextlib.suppress(OSError, ValueError):
        have = json.loads(done.read_text())
        seconds = have.pop("seconds")
        if have == want:
            print(f"  environment: as it was left in {shown(folder)}", flush=True)
            return seconds
    shutil.rmtree(folder, ignore_errors=True)
    packages = environments.packages(TESTS)
    print("  installing " + ", ".join(["torch", *packages]), flush=True)
    start = time.monotonic()
    how = source.install(torch, packages, folder / "env")
    seconds = time.monotonic() - start
    done.write_text(json.dumps({**want, "seconds": seconds}))
    print(f"  installed: {how}", flush=True)
    return seconds


def _run(files: list[Path], folder: Path, request: Request) -> Record:
    """Run the files and, beside them, the library's tests.

    Args:
        files: The files.
        folder: The folder of the environment.
        request: The rest of the request.

    Returns:
        The record.

    Raises:
        ServerError: If the release cannot be imported.
    """
    part, start = _part(folder, request), time.monotonic()
    with contextlib.ExitStack() as stack:
        ahead = modules_ahead(files)
        with _compiling(folder, ahead):
            runner = stack.enter_context(request.runner(folder, ahead=ahead))
        left, tested = files, False
        if not request.only and part.exists():
            had = evidence.read(part)
            if {*had.machines} == {runner.machine.id}:
                left = [path for path in files if not _has_run(path, had)]
                tested = evidence.library_is_valid(had)
        else:
            part.unlink(missing_ok=True)
        if len(left) < len(files):
            print(f"  {len(files) - len(left)} files have run before", flush=True)
        library = None
        if not request.only and TESTS.is_dir() and not tested:
            library = stack.enter_context(library_tests(folder, request, runner))
        progress = Progress(len(left), faults=False)
        warned = runner.server.import_warnings
        with evidence.Recorder(part, runner.machine, warned) as recorder:
            try:
                for verdict in runner.run_all(left):
                    progress.show(verdict)
                    recorder.add(verdict)
            finally:
                progress.clear()
        ran = time.monotonic() - start
        print(f"  {len(left)} files: {ran:.1f} s", flush=True)
        # Of a part only, it would say nothing of a release.
        seconds = {} if request.only else {"snippets": ran}
        found = None
        if library:
            found = library()
            seconds["library"] = found.seconds
            print(f"  library's tests: {found.seconds:.1f} s, beside the files")
        return evidence.merge(
            part, runner.machine, (), warned, library=found, seconds=seconds
        )


@contextlib.contextmanager
def _compiling(folder: Path, ahead: tuple[str, ...]) -> Iterator[None]:
    """Compile what a server imports after torch, on another core.

    In a new environment three quarters of its start are compiling.
    """
    command = [str(python_of(folder / "env")), precompile.__file__, *ahead]
    with subprocess.Popen(
        command,
        env=environment(_bytecode(folder)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            yield
        finally:
            process.kill()


def _bytecode(folder: Path) -> Path:
    """Where what the environment compiles lies, not beside the sources."""
    return folder / "bytecode"


def _part(folder: Path, request: Request) -> Path:
    """Where a run that may be interrupted keeps what is done."""
    return folder / ("only.json" if request.only else "record.json")


def _has_run(path: Path, record: Record) -> bool:
    result = record.snippets.get(name_of(path))
    if not result:
        return False
    with contextlib.suppress(ValueError, OSError):
        return evidence.is_valid(result, parse(path))
    return False


@contextlib.contextmanager
def library_tests(
    folder: Path, request: Request, runner: Runner
) -> Iterator[Callable[[], Library]]:
    """Run the library's tests in the background, in a fork that has imported torch.

    Args:
        folder: That of the environment.
        request: What was asked for.
        runner: The runner on the environment.

    Yields:
        A function that waits for them and says what came of them.
    """
    report = folder / "library.xml"
    report.unlink(missing_ok=True)
    command = ["-c", "import pytest, sys; sys.exit(pytest.main())", str(TESTS), "-q"]
    command += ["-m", FAST, "-p", "no:cacheprovider", f"--junitxml={report}"]
    command += ["--device", request.device] * (request.device != "cpu")
    with (
        tempfile.TemporaryDirectory(prefix="verify-library-") as temporary,
        concurrent.futures.ThreadPoolExecutor(1) as pool,
    ):
        os.chmod(temporary, 0o711)  # a test of theirs gives up the rights of root
        command += [f"--basetemp={temporary}/tests"]
        tests = pool.submit(
            runner.run_program, command, ROOT, {"TMPDIR": temporary}, TIMEOUT_LIBRARY
        )
        try:
            key = evidence.library_key()
            yield lambda: _library(report, tests.result(), key)
        finally:
            if not tests.done():  # interrupted: do not wait for them
                runner.close()


def _library(report: Path, result: Result, key: str) -> Library:
    """What pytest's report says; it counts if nothing was edited meanwhile."""
    counts, failed = {"passed": 0, "skipped": 0}, {}
    if result.killed or not report.exists():
        lines = (result.out + result.err).strip().splitlines()
        ending = f"pytest ended with {result.code} and said nothing"
        failed[shown(TESTS)] = result.killed or [ending, *lines][-1]
    else:
        for case in ET.parse(report).iter("testcase"):
            problem = case.find("failure")
            if problem is None:
                problem = case.find("error")
            if problem is not None:
                name = f"{case.get('classname')}::{case.get('name')}"
                failed[name] = (problem.get("message") or "").partition("\n")[0]
            else:
                counts["passed" if case.find("skipped") is None else "skipped"] += 1
    left_out = re.search(r"(\d+) deselected", result.out)
    return Library(
        passed=counts["passed"],
        skipped=counts["skipped"],
        left_out=int(left_out[1]) if left_out else 0,
        failed=failed,
        seconds=round(result.seconds, 1),
        sha256=key if key == evidence.library_key() else None,
    )


def _clear(folder: Path, request: Request) -> None:
    """Take the environment away unless somebody wants it or a run is to go on."""
    _part(folder, request).unlink(missing_ok=True)
    if not request.keep and not (folder / "record.json").exists():
        shutil.rmtree(folder, ignore_errors=True)
        with contextlib.suppress(OSError):
            WORK.rmdir()  # the last one


def first_broken(path: Path, named: list[str], request: Request) -> int:
    """Find by bisection the first release on which a file does not pass.

    Args:
        path: The file.
        named: The releases to look at; none for all final ones that pip finds, from
            the oldest with a record.
        request: What else was asked for.

    Returns:
        0 if the file passes on the newest of them, else 1.

    Raises:
        RequestError: It is no file, or it cannot run there.
    """
    (file,) = files = chosen_files([path])
    if len(files) > 1 or path.is_dir():
        raise RequestError(f"--first-broken: {path} is a folder; name one file")
    if named:
        chosen = environments.choose(named, request.source, request.matrix)
        candidates = sorted(chosen, key=release_key)
    else:
        since = release_key(min(request.matrix, key=release_key, default="0.0"))
        candidates = [
            release
            for release in request.source.releases()
            if is_final(release) and release_key(release) >= since
        ]
    snippet = parse(file)
    candidates = [r for r in candidates if all(fits(n, r) for n in snippet.needs)]
    if not candidates:
        raise RequestError(
            f"{shown(file)}: no release meets {', '.join(snippet.needs)}"
        )
    seen: dict[str, str | None] = {}

    def error_on(torch: str) -> str | None:
        """The error on a release; None if the file passes."""
        if torch not in seen:
            seen[torch] = _error_on(torch, file, snippet, request)
        return seen[torch]

    oldest, newest = candidates[0], candidates[-1]
    if error_on(newest) is None:
        print(f"{shown(file)} passes on torch {newest}, the newest")
        return 0
    if error_on(oldest) is not None:
        print(f"{shown(file)} fails already on torch {oldest}: {seen[oldest]}")
        return 1
    low, high = 0, len(candidates) - 1
    while high - low > 1:
        middle = (low + high) // 2
        if error_on(candidates[middle]) is None:
            low = middle
        else:
            high = middle
    good, bad = candidates[low], candidates[high]
    print(f"{shown(file)} passes on torch {good}, not on torch {bad}: {seen[bad]}")
    return 1


def _error_on(torch: str, file: Path, snippet: Snippet, request: Request) -> str | None:
    """What is wrong with a file on a release, by its record or by a run."""
    path = evidence.path_of(torch, request.device)
    if path.exists():
        result = evidence.read(path).snippets.get(name_of(file))
        counts = result and evidence.is_valid(result, snippet)
        if result and counts and result.outcome != SKIPPED:
            error = None if result.outcome == "passed" else str(result.error)
            print(f"  torch {torch}: {error or 'passes'} (record)", flush=True)
            return error
    folder = WORK / f"{torch}-{request.device}"
    try:
        _install(torch, folder, request.source)
        with request.runner(folder, jobs=1) as runner:
            verdict = runner.run(file)
    except (InstallError, ServerError) as problem:
        print(f"  torch {torch}: {problem}", flush=True)
        return str(problem)
    finally:
        _clear(folder, request)
    if verdict.outcome == SKIPPED:
        raise RequestError(f"{shown(file)} needs {verdict.need}, which is not here")
    print(f"  torch {torch}: {verdict.error or 'passes'}", flush=True)
    return verdict.error


if __name__ == "__main__":
    sys.exit(main())

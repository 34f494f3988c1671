"""Verify torch releases: ``python -m verify.release [RELEASE …]``.

Each release is installed in its own environment. All snippet files and the library's
tests run in that environment, the results are written to the record of the release, and
a report lists the differences from the previous release.
"""

from __future__ import annotations

import argparse
import contextlib
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from verify import (
    RequestError,
    apis,
    environments,
    evidence,
    library_tests,
    matrix,
    messages,
    record_files,
    recording,
)
from verify.ahead import modules_ahead
from verify.command import run_command
from verify.environ import environment as python_environment
from verify.environments import Environment
from verify.evidence import Record
from verify.first_broken import Bisection
from verify.fork import precompile
from verify.fork.client import ServerError
from verify.history import Judgement, before, judge_release, notes_of
from verify.installer import Installer, InstallError
from verify.matrix import Plan
from verify.needs import release_key
from verify.paths import chosen_files, name_of, shown
from verify.recording import Recorder
from verify.report import (
    Progress,
    release_report,
    reworded_report,
    stale_report,
)
from verify.run import Runner


@dataclass(frozen=True)
class Request:
    """The options of a command.

    Attributes:
        installer: Finds and installs the releases.
        device: ``"cpu"`` or ``"cuda"``.
        only: Files and folders to run; if empty, all files and the library's tests.
        stale: Whether to run only what has no valid evidence.
        new: Whether to skip releases that have a record.
        keep: Whether to keep the environments.
        timeout: Seconds until a file is killed; None for the runner's default.
        verified: The releases with a record; `verify` adds those that it runs.
    """

    installer: Installer
    device: str = "cpu"
    only: list[Path] = field(default_factory=list)
    stale: bool = False
    new: bool = False
    keep: bool = False
    timeout: float | None = None
    verified: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether everything runs, even if it has valid evidence."""
        return not self.only and not self.stale


def main(
    argv: list[str] | None = None, installer: Callable[..., Installer] = Installer
) -> int:
    """Verify releases.

    Args:
        argv: The command's arguments; None for those of the process.
        installer: Creates the installer, from an interpreter, an index and a folder of
            wheels.

    Returns:
        0 if everything is as expected or explained, 1 if something differs, 2 if the
        request is wrong, and other codes after a signal (see `run_command`).
    """
    parser = _parser()
    options = parser.parse_args(argv)

    def work() -> int:
        if options.wheels and not options.wheels.is_dir():
            raise RequestError(f"--wheels: {options.wheels} is not a folder")
        if options.stale and options.new:
            raise RequestError(
                "--stale and --new exclude each other: name the new releases"
            )
        source = installer(options.python, options.index, options.wheels)
        recorded = tuple(record_files.releases(options.device))
        if options.first_broken:
            search = Bisection(
                source, options.device, recorded, options.keep, options.timeout
            )
            return search.run(options.first_broken, options.releases)
        request = Request(
            source,
            options.device,
            options.only,
            options.stale,
            options.new,
            options.keep,
            options.timeout,
            recorded,
        )
        return verify(options.releases, request)

    return run_command(
        work,
        hint="; the same command continues from here",
        errors=(InstallError,),
    )


def _parser() -> argparse.ArgumentParser:
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
        "--stale",
        action="store_true",
        help="run only what has no valid evidence, on the releases named or on all "
        "with a record",
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
        "--keep",
        action="store_true",
        help=f"keep the environments in {shown(environments.WORK)} for later commands",
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
        help="find the first release on which this file doesn't pass",
    )
    parser.add_argument("--timeout", type=float, help=argparse.SUPPRESS)
    return parser


def verify(named: list[str], request: Request) -> int:
    """Run releases one after the other; write each record and print a report on it.

    Args:
        named: The releases as given on the command line. If empty, the newest one or,
            with `Request.stale`, all that have a record.
        request: The other options.

    Returns:
        0 if everything is as expected or explained, else 1.

    Raises:
        RequestError: If a release, a file or the device doesn't exist.
        RecordError: If an existing record or its notes can't be read.
    """
    files = chosen_files(request.only)
    recorded = request.verified
    if request.stale:
        chosen = matrix.choose_recorded(named, request.installer, recorded)
    else:
        chosen = matrix.choose(named, request.installer, recorded)
    if request.new:
        chosen = [
            release
            for release in chosen
            if release not in recorded
            or environments.has_unfinished_run(release, request.device)
        ]
        if not chosen:
            print("every release has a record", flush=True)
    verified = tuple(dict.fromkeys([*recorded, *chosen]))
    request = replace(request, verified=verified)
    library = not request.only and library_tests.TESTS.is_dir()
    records = {(one.torch, one.device): one for one in record_files.load()}
    snippets = evidence.current_snippets()
    fine = True
    for number, torch in enumerate(chosen, 1):
        place = f" ({number} of {len(chosen)})" if len(chosen) > 1 else ""
        title = f"torch {torch} on {request.device}{place}"
        plan, known = Plan(torch, files, library), records.get((torch, request.device))
        if request.stale:
            plan = matrix.without_evidence(known, plan)
        if plan or not known:
            print(title, flush=True)
            known = verify_release(plan, request)
        judgement = judge_release(
            known, before(known, records.values()), notes_of(known), snippets=snippets
        )
        if request.stale:
            names = [name_of(path) for path in plan.files]
            print(stale_report(judgement, names, plan.library), flush=True)
        else:
            print(release_report(judgement), flush=True)
        if plan and judgement.earlier:
            _report_messages(judgement, {name_of(path) for path in plan.files})
        if not known.fault:  # a fault doesn't replace earlier results
            records[torch, request.device] = known
        fine &= judgement.fine
    return 0 if fine else 1


def _report_messages(judgement: Judgement, ran: set[str]) -> None:
    """Print which messages of the files that ran differ from the previous release."""
    record, earlier = judgement.record, judgement.earlier
    assert earlier
    known = messages.read(messages.path_of(record.device))
    found = messages.reworded(
        {name: known[name] for name in known.keys() & ran}, record.torch, earlier.torch
    )
    if text := reworded_report(found, earlier.torch):
        print(text, flush=True)


def verify_release(plan: Plan, request: Request) -> Record:
    """Install a release, run its plan, and write the results to its record.

    Args:
        plan: What to run on which release.
        request: The other options.

    Returns:
        The record as written; if the release can't be installed or imported, a record
        of that fault.

    Raises:
        RequestError: If the device doesn't exist, or the installer's interpreter can't
            be started.
    """
    path = record_files.path_of(plan.torch, request.device)
    packages = environments.packages(library_tests.TESTS)
    start = time.monotonic()
    try:
        with environments.provide(
            plan.torch, request.device, request.installer, packages, request.keep
        ) as environment:
            if request.is_whole:
                plan = _continued(plan, environment, path)
            record = _run(plan, environment, request, path)
            if request.is_whole:
                whole = time.monotonic() - start
                seconds = {"install": environment.seconds, **record.seconds}
                record = _with_seconds(record, {**seconds, "all": whole}, path)
                environment.end_run()
    except (InstallError, ServerError) as error:
        fault = "not-installed" if isinstance(error, InstallError) else "not-imported"
        public = _without_places(str(error))
        record = recording.merge_fault(path, plan.torch, request.device, fault, public)
        return replace(record, error=str(error))
    if not request.only:
        _remove_candidates(plan.torch, request.device)
    return record


def _continued(plan: Plan, environment: Environment, path: Path) -> Plan:
    """Leave out of a whole run what an interrupted run in the environment has done."""
    since = environment.begin_run()
    if since is None or not path.exists():
        return plan
    left = matrix.without_evidence(record_files.read(path), plan, since)
    if done := len(plan.files) - len(left.files):
        print(f"  {done} files have run before", flush=True)
    return left


def _run(plan: Plan, environment: Environment, request: Request, path: Path) -> Record:
    """Run the files and, at the same time, the library's tests.

    Args:
        plan: What to run.
        environment: The environment of the release.
        request: The other options.
        path: The path of the record.

    Returns:
        The record as written, but with the `seconds` of this run only.

    Raises:
        ServerError: If torch can't be imported.
    """
    start, library = time.monotonic(), None
    with contextlib.ExitStack() as stack:
        ahead = modules_ahead(plan.files)
        with _compiling(environment, ahead):
            runner = stack.enter_context(
                Runner(
                    str(environment.python),
                    device=request.device,
                    timeout=request.timeout,
                    matrix=request.verified,
                    ahead=ahead,
                    bytecode=environment.bytecode,
                )
            )
        warned = runner.server.import_warnings
        if plan.library:
            library = stack.enter_context(library_tests.in_background(runner))
        progress = Progress(len(plan.files), faults=False)
        with Recorder(path, runner.machine, warned) as recorder:
            try:
                for verdict in runner.run_all(plan.files):
                    progress.show(verdict)
                    recorder.add(verdict)
            finally:
                progress.clear()
        apis.record(runner, plan.files)
        for note in runner.notes:
            print(f"  note: {note}", flush=True)
        seconds = {"snippets": time.monotonic() - start}
        print(f"  {len(plan.files)} files: {seconds['snippets']:.1f} s", flush=True)
        found = library() if library else None
        if found:
            seconds["library"] = found.seconds
            print(f"  library's tests: {found.seconds:.1f} s, beside the files")
        record = recording.merge(path, runner.machine, (), warned, library=found)
    return replace(record, seconds=seconds)


@contextlib.contextmanager
def _compiling(environment: Environment, ahead: tuple[str, ...]) -> Iterator[None]:
    """Compile the modules in `ahead` in another process while the server starts.

    In a new environment, the server spends three quarters of its start compiling.
    """
    if not ahead or not environment.is_new:
        yield
        return
    command = [str(environment.python), precompile.__file__, *ahead]
    with subprocess.Popen(
        command,
        env=python_environment(environment.bytecode),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            yield
        finally:
            process.kill()


def _with_seconds(record: Record, seconds: dict[str, float], path: Path) -> Record:
    """Add the times of a whole run to its record."""
    rounded = {part: round(taken, 1) for part, taken in seconds.items()}
    # Merge the times alone: another run may have written newer results meanwhile.
    times = replace(record, snippets={}, library=None, seconds=rounded)
    return recording.merge_record(path, times)


def _without_places(error: str) -> str:
    """Remove URLs and folders, which may be private, from an error for a record."""
    error = re.sub(r"\b\w+://\S+", "(address)", error)
    return recording.without_folders(error)


def _remove_candidates(torch: str, device: str) -> None:
    """Remove the records and notes of the nightlies and candidates of a release."""
    for early in record_files.releases(device):
        is_same = release_key(early)[:3] == release_key(torch)[:3]
        if is_same and release_key(early) < release_key(torch):
            path = record_files.path_of(early, device)
            path.unlink()
            path.with_suffix(".notes.json").unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main())

"""Run snippet files with the current interpreter: ``python -m verify [PATH …]``."""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from importlib import metadata
from pathlib import Path

from verify import DEFAULT_TORCH, RECORDS, RequestError, apis, matrix, record_files
from verify.ahead import modules_ahead
from verify.command import run_command
from verify.history import is_explained, notes_of
from verify.paths import chosen_files, name_of, shown
from verify.recording import Recorder
from verify.report import Progress, summary
from verify.run import Runner
from verify.update import LONGEST_MESSAGE, UpdateError, Updater
from verify.verdict import PASSED, SKIPPED


def main(argv: list[str] | None = None) -> int:
    """Run snippet files.

    Args:
        argv: The command's arguments; None for those of the process.

    Returns:
        0 if everything is as expected, 1 if something differs, 2 for a usage error, and
        other codes after a signal (see `run_command`).
    """
    parser = argparse.ArgumentParser(
        prog="python -m verify",
        description="Run snippet files and compare their output with their '#>' lines.",
        epilog="Exit status: 0 if all is as expected, 1 if not, 2 for a usage error.",
    )
    parser.add_argument(
        "paths",
        nargs="*",
        type=Path,
        metavar="PATH",
        help="files or folders (default: all of snippets/)",
    )
    parser.add_argument(
        "-k", metavar="WORD", help="run only files with WORD in their path"
    )
    parser.add_argument(
        "--device",
        choices=["cpu", "cuda"],
        default="cpu",
        help="run the files on this device (default: cpu)",
    )
    parser.add_argument(
        "--cold",
        action="store_true",
        help="start a fresh 'python FILE' for each file (slower)",
    )
    parser.add_argument(
        "--update",
        action="store_true",
        help="write the output into the files as '#>' lines",
    )
    parser.add_argument(
        "--json",
        type=Path,
        metavar="FILE",
        help="add the results to a record (in a folder: of this torch and device)",
    )
    parser.add_argument(
        "--stale",
        action="store_true",
        help="run only files without a valid result in the record (default: records/)",
    )
    parser.add_argument(
        "--jobs",
        type=int,
        metavar="N",
        help="files to run at once (default: one per core, up to 8)",
    )
    options = parser.parse_args(argv)
    command = _update if options.update else _verify
    return run_command(lambda: command(options))


def _verify(options: argparse.Namespace) -> int:
    files, start = chosen_files(options.paths, options.k), time.monotonic()
    known: list[str] = []
    if options.stale:
        chosen, (files, known) = files, _split_stale(options, files)
        print(f"{len(chosen) - len(files)} of {len(chosen)} have a valid result")
        print("".join(f"{fault}\n" for fault in known), end="")
        if not files:
            return 1 if known else 0
    with contextlib.ExitStack() as stack:
        runner = stack.enter_context(
            Runner(
                device=options.device,
                cold=options.cold,
                jobs=options.jobs,
                matrix=record_files.releases(options.device),
                ahead=modules_ahead(files),
            )
        )
        warned = runner.server.import_warnings
        recorder = None
        if path := options.json:
            if path.is_dir():
                path = record_files.path_of(runner.release, runner.device, path)
            recorder = stack.enter_context(Recorder(path, runner.machine, warned))
        if warned.strip():
            print(f"import torch warns: {warned.strip().splitlines()[0]}")
        verdicts, progress = [], Progress(len(files))
        try:
            for verdict in runner.run_all(files):
                verdicts.append(verdict)
                if recorder:
                    recorder.add(verdict)
                progress.show(verdict)
        finally:
            progress.clear()
        if recorder and recorder.path.resolve().parent == RECORDS:
            apis.record(runner, files)
    for note in runner.notes:
        print(f"note: {note}")
    print(summary(verdicts, runner.machine, time.monotonic() - start))
    fine = all(verdict.outcome in (PASSED, SKIPPED) for verdict in verdicts)
    return 0 if fine and not known else 1


def _split_stale(
    options: argparse.Namespace, files: list[Path]
) -> tuple[list[Path], list[str]]:
    """Return the files without a valid result, and the valid, unexplained failures.

    The release is read from the metadata of the package, because importing torch takes
    long and perhaps nothing has to run.

    Returns:
        The files to run, and one line for each recorded failure.
    """
    try:
        torch = metadata.version("torch").partition("+")[0]
    except metadata.PackageNotFoundError:
        raise RequestError(
            f"--stale: torch isn't installed for {sys.executable}; remove --stale"
        ) from None
    path = options.json or RECORDS
    if path.is_dir():
        path = record_files.path_of(torch, options.device, path)
    record = record_files.read(path) if path.exists() else None
    plan = matrix.without_evidence(record, matrix.Plan(torch, files, library=False))
    if record is None:
        return list(plan.files), []
    notes = notes_of(record)
    valid = sorted({name_of(file) for file in files} - {*map(name_of, plan.files)})
    faults = [
        f"snippets/{name}:1: {result.outcome} before: {result.error}"
        for name in valid
        if (result := record.snippets[name]).outcome not in (PASSED, SKIPPED)
        and not is_explained(result, notes.get(name))
    ]
    return list(plan.files), faults


def _update(options: argparse.Namespace) -> int:
    for name in ("cold", "json", "stale"):
        if getattr(options, name):
            raise RequestError(f"--update can't be combined with --{name}")
    if options.device != "cpu":
        raise RequestError("--update writes what the CPU prints; remove --device")
    files, refused = chosen_files(options.paths, options.k), 0
    ahead = modules_ahead(files)
    with Runner(jobs=1, ahead=ahead) as runner, Updater(runner) as updater:
        if runner.release != DEFAULT_TORCH:
            raise RequestError(
                f"--update needs torch {DEFAULT_TORCH}, got {runner.release}"
            )
        for path in files:
            try:
                if updater.update(path):
                    print(f"{shown(path)}: updated")
            except UpdateError as error:
                refused += 1
                print(error)
            except Exception as error:  # continue with the other files
                refused += 1
                what = f"{type(error).__name__}: {error}"
                print(f"{shown(path)}:1: not updated: {what!r}"[:LONGEST_MESSAGE])
        apis.record(runner, files)
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())

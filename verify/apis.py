"""Record which torch names the snippet files use: ``python -m verify.apis``.

Each file runs once more, on the default release, under `verify.fork.tracing`. For a
file that can't run there, for example because there is no GPU, only the imported names
are found, from its source, and the entry says why it didn't run. The results in other
records don't change.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from verify import DEFAULT_TORCH, SNIPPETS, RequestError, SnippetError
from verify.ahead import modules_ahead
from verify.api_names import RECORD, Entry, documented, merge, read
from verify.command import run_command
from verify.fork import tracing
from verify.paths import chosen_files, shown
from verify.run import Runner
from verify.snippet import Snippet, parse
from verify.verdict import PASSED


def record(
    runner: Runner, files: Iterable[Path], path: Path = RECORD, again: bool = False
) -> int:
    """Update the entries of files in the record of names.

    Nothing happens unless the runner has the default release and runs on the CPU.

    Args:
        runner: Runs the files.
        files: The files. Those with an up-to-date entry don't run.
        path: The record.
        again: Whether to run files with an up-to-date entry too.

    Returns:
        The number of files that were traced.

    Raises:
        RecordError: If the record can't be read.
    """
    if (runner.release, runner.device) != (DEFAULT_TORCH, "cpu"):
        return 0
    known = {} if again else read(path)
    snippets = [
        snippet
        for snippet in _parsed(files)
        if not _is_current(known.get(snippet.name), snippet, runner)
    ]
    found: dict[str, Entry] = {}
    try:
        for name, entry in _traced(runner, snippets):
            found[name] = entry
    finally:  # even if interrupted, keep what was found
        if found:
            merge(found, path)
    return len(found)


def _parsed(files: Iterable[Path]) -> Iterator[Snippet]:
    """Yield the files in ``snippets/`` that keep the contract; a run reports others."""
    for file in files:
        if file.is_relative_to(SNIPPETS):
            try:
                yield parse(file)
            except (SnippetError, OSError):
                continue


def _faults(files: Iterable[Path]) -> Iterator[str]:
    """Yield a line for each reason why a file can't be traced."""
    for file in files:
        if not file.is_relative_to(SNIPPETS):
            yield f"{shown(file)}: not traced: the record is of files in snippets/"
            continue
        try:
            parse(file)
        except SnippetError as error:
            yield from error.faults


def _is_current(entry: Entry | None, snippet: Snippet, runner: Runner) -> bool:
    """Return whether an entry is of the current file, and a run wouldn't add to it."""
    if entry is None or entry.sha256 != snippet.sha256:
        return False
    return not entry.unrun or bool(runner.unmet(snippet))


def _traced(runner: Runner, snippets: list[Snippet]) -> Iterator[tuple[str, Entry]]:
    with (
        tempfile.TemporaryDirectory(prefix="apis-") as folder,
        concurrent.futures.ThreadPoolExecutor(runner.jobs) as pool,
    ):
        names = Path(folder, "documented")
        names.write_text("\n".join(documented()), "utf-8")
        runs = {
            pool.submit(trace, runner, snippet, names, Path(folder, str(n))): snippet
            for n, snippet in enumerate(snippets)
        }
        try:
            for run in concurrent.futures.as_completed(runs):
                yield runs[run].name, run.result()
        finally:
            pool.shutdown(cancel_futures=True)


def trace(runner: Runner, snippet: Snippet, names: Path, out: Path) -> Entry:
    """Find the torch names that one file uses.

    Args:
        runner: Runs the file.
        snippet: The file.
        names: A file with the documented names, one per line.
        out: The path of a new temporary file.

    Returns:
        The entry for the file.
    """
    program = tracing.__file__, str(names), str(out)
    need = runner.unmet(snippet)
    why = need and f"needs {need}"
    if not why:
        verdict = runner.run_under(snippet, *program)
        if verdict.outcome != PASSED:
            why = f"{verdict.outcome} when traced"
    if why:
        argv = [*program, str(snippet.path), "--source"]
        runner.run_program(argv, out.parent, {}, timeout=120)
    used: dict[str, set[int]] = {}
    for row in out.read_text("utf-8").splitlines() if out.exists() else ():
        line, name = row.split(" ")
        used.setdefault(name, set()).add(int(line))
    lines = {name: sorted(used[name]) for name in sorted(used)}
    return Entry(snippet.sha256, lines, why)


def main(argv: list[str] | None = None) -> int:
    """Update the record of names.

    Args:
        argv: The command's arguments; None for those of the process.

    Returns:
        0, 1 if a file can't be traced, or an error code of `run_command`.
    """
    parser = argparse.ArgumentParser(
        prog="python -m verify.apis",
        description="Record in records/apis.json which torch names the snippet files "
        "use. Files with an up-to-date entry don't run.",
    )
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH")
    parser.add_argument("--all", action="store_true", help="run these files too")
    options = parser.parse_args(argv)

    def work() -> int:
        files = chosen_files(options.paths)
        with Runner(ahead=modules_ahead(files)) as runner:
            if runner.release != DEFAULT_TORCH:
                raise RequestError(
                    f"the names are those of torch {DEFAULT_TORCH}, this is "
                    f"{runner.release}"
                )
            count = record(runner, files, again=options.all)
        print(f"{count} of {len(files)} files traced")
        faults = [*_faults(files)]
        for fault in faults:
            print(f"verify: {fault}", file=sys.stderr)
        return 1 if faults else 0

    return run_command(work)


if __name__ == "__main__":
    sys.exit(main())

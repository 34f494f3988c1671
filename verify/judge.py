"""Judge one run of a snippet file: compare the result with what the file promises."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from verify import DEFAULT_TORCH
from verify.compare import Difference, differences
from verify.fork.client import Result
from verify.paths import shown
from verify.snippet import Snippet
from verify.stderr import ending_of, error_line, last_line, notices
from verify.text import LINES, first_lines, shortened
from verify.verdict import CHANGED, FAILED, PASSED, Machine, Verdict

_ERROR_WIDTH = 500  # characters of an error or of a printed line that a verdict keeps


def judge(
    snippet: Snippet,
    result: Result,
    machine: Machine,
    strays: Iterable[str] = (),
    compare: bool = True,
) -> Verdict:
    """Return the verdict on one run.

    Args:
        snippet: The file as it ran.
        result: The result of the run.
        machine: The machine that the file ran on.
        strays: Faults for what the file did outside its working folder, one line each.
        compare: Whether to compare the output with the expected output.

    Returns:
        The verdict. It's ``"output-changed"`` if unexpected output is the only fault.
    """
    where = f"{shown(snippet.path)}:1"
    ending = _ending(snippet, result)
    faults = [*ending]
    faults += [f"{where}: left running: {shortened(name)}" for name in result.left]
    faults += [f"{where}: {stray}" for stray in strays]
    seen = notices(result.err, snippet.path)
    if not ending:
        faults += _unannounced(snippet, seen, machine)
    if not ending and not snippet.asserts and not result.out and not snippet.expected:
        faults.append(f"{where}: prints nothing and asserts nothing; show a value")
    outcome = FAILED if faults else PASSED
    found: list[Difference] = []
    if compare and not ending:
        found = differences(snippet.expected, result.out, machine.device)
        # Half a million lines of output could be as many differences.
        faults += [
            f"{shown(snippet.path)}:{difference.line}: {difference}"
            for difference in found[:LINES]
        ]
        if found and outcome == PASSED:
            outcome = CHANGED
    error = _error(result) if ending else None
    if faults and not error:
        error = faults[0].partition(": ")[2]
    return Verdict(
        path=snippet.path,
        outcome=outcome,
        faults=first_lines(faults, where, more=len(found[LINES:])),
        sha256=snippet.sha256,
        seconds=result.seconds,
        warnings=tuple(
            shortened(str(notice), _ERROR_WIDTH)
            for notice in seen
            # The exception that ended the file is its error, not a warning.
            if not (ending and notice.uncaught)
        ),
        error=error and shortened(error, _ERROR_WIDTH),
        differences=tuple(found),
        result=result,
    )


def with_strays(verdict: Verdict, strays: Sequence[str]) -> Verdict:
    """Add to a verdict that the file changed something outside its own folders.

    Args:
        verdict: The verdict on the run itself.
        strays: One fault per line, at least one.

    Returns:
        A verdict with the outcome ``"failed"``.
    """
    where = f"{shown(verdict.path)}:1"
    faults = [*verdict.faults, *(f"{where}: {stray}" for stray in strays)]
    return replace(
        verdict,
        outcome=FAILED,
        faults=first_lines(faults, where),
        error=verdict.error or strays[0],
    )


def how_it_ended(result: Result) -> str:
    """Describe how a process ended, e.g. ``exit code 1`` or ``ran longer than 30 s``.

    Args:
        result: The result of the process.
    """
    if result.killed:
        return result.killed
    return ending_of(result.code or 0)


def _ending(snippet: Snippet, result: Result) -> list[str]:
    """Return one fault if the run was killed or failed, else an empty list."""
    if not result.killed and not result.code:
        return []
    line = last_line(result.err, snippet.path)
    ending, error = how_it_ended(result), _error(result)
    text = ending if error == ending else f"{ending}: {shortened(error)}"
    return [f"{shown(snippet.path)}:{line}: {text}"]


def _error(result: Result) -> str:
    """Return the line of standard error that says why a run failed, or how it ended."""
    said = "" if result.killed else error_line(result.err)
    return said or how_it_ended(result)


def _unannounced(snippet: Snippet, seen: Sequence, machine: Machine) -> Iterable[str]:
    """Compare the warnings and uncaught exceptions with the file's `# Warns:` line.

    Args:
        snippet: The file.
        seen: The notices in the run's standard error.
        machine: The machine that the file ran on.

    Yields:
        A fault for each announced category that didn't occur. On the default torch
        release, also a fault for each notice that isn't announced.
    """
    where = shown(snippet.path)
    categories = {notice.category for notice in seen}
    for name in snippet.warns:
        if name not in categories:
            yield f"{where}:1: '# Warns: {name}', but it does not warn"
    if machine.release != DEFAULT_TORCH:
        return  # on other releases a new warning is reported but isn't a fault
    for notice in seen:
        if notice.category not in snippet.warns:
            verb = "leaves uncaught" if notice.uncaught else "warns"
            yield f"{where}:{notice.line}: {verb}: {shortened(str(notice))}"

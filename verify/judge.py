"""Judge one run of a snippet file: compare what it did with what the file promises."""

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
        result: How the run ended.
        machine: What it ran on.
        strays: What the file changed outside its working folder, one line each.
        compare: Whether the output has to be the expected one.
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
        # Half a million lines of output are as many differences.
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
            # How the file itself ended is its error, not a warning.
            if not (ending and notice.uncaught)
        ),
        error=error and shortened(error, _ERROR_WIDTH),
        differences=tuple(found),
        result=result,
    )


def with_strays(verdict: Verdict, strays: Sequence[str]) -> Verdict:
    """Return a verdict with what the file changed outside its working folder.

    Args:
        verdict: The verdict on the run itself.
        strays: One line each.
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
    """Return how a process ended, in words."""
    if result.killed:
        return result.killed
    return ending_of(result.code or 0)


def _ending(snippet: Snippet, result: Result) -> list[str]:
    """Return the fault of a run that didn't end well, else nothing."""
    if not result.killed and not result.code:
        return []
    line = last_line(result.err, snippet.path)
    ending, error = how_it_ended(result), _error(result)
    text = ending if error == ending else f"{ending}: {shortened(error)}"
    return [f"{shown(snippet.path)}:{line}: {text}"]


def _error(result: Result) -> str:
    """Return the last line of the run's standard error, or how the run ended."""
    said = "" if result.killed else error_line(result.err)
    return said or how_it_ended(result)


def _unannounced(snippet: Snippet, seen: Sequence, machine: Machine) -> Iterable[str]:
    """Faults of warnings and tracebacks that `# Warns:` doesn't announce, and back."""
    where = shown(snippet.path)
    categories = {notice.category for notice in seen}
    for name in snippet.warns:
        if name not in categories:
            yield f"{where}:1: '# Warns: {name}', but it does not warn"
    if machine.release != DEFAULT_TORCH:
        return  # elsewhere a new warning is reported, not refused
    for notice in seen:
        if notice.category not in snippet.warns:
            verb = "leaves uncaught" if notice.uncaught else "warns"
            yield f"{where}:{notice.line}: {verb}: {shortened(str(notice))}"

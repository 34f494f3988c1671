"""Write the ``#>`` lines of a file under the statements that print."""

from __future__ import annotations

import ast
from pathlib import Path

from verify.compare import ANYTHING, same_line
from verify.paths import shown
from verify.run import Runner
from verify.snippet import MARK, Snippet, SnippetError, parse, parse_bytes


class UpdateError(ValueError):
    """The file was not written; the message says why, one line for each fault."""


def update(path: Path, runner: Runner) -> bool:
    """Write what a file prints into the file; keep everything else byte for byte.

    A file whose output is as expected stays as it is, and so does a single ``#>`` line
    that still fits with its ``...``. The file runs twice, so that what differs from run
    to run is not written down.

    Args:
        path: The file.
        runner: A warm runner.

    Returns:
        Whether the file was changed.

    Raises:
        UpdateError: The file fails, a need is unmet, or it prints something else each
            time. It was not touched.
    """
    try:
        snippet = parse(path)
    except SnippetError as error:
        raise UpdateError(str(error)) from None
    if need := runner.unmet(snippet):
        raise UpdateError(f"{shown(path)}:1: not updated, needs {need}")
    verdict, printed = runner.marked_output(snippet)
    if verdict.faults:
        raise UpdateError("\n".join(verdict.faults))
    old = [expected.text for expected in snippet.expected]
    new = [line for _, line in printed]
    if len(old) == len(new) and all(map(_fits, old, new)):
        return False
    text = rewrite(snippet, printed)
    for number, row in enumerate(text.split("\n"), 1):
        if row.strip().startswith(MARK) and row != row.rstrip():
            raise UpdateError(
                f"{shown(path)}:{number}: prints blanks at the end of a line, which "
                f"nobody sees; leave them out, or write '{MARK}' with '...' there"
            )
    _, again = runner.marked_output(snippet)
    written = parse_bytes(text.encode(), path).expected
    for number, line in enumerate(written):
        if number >= len(again) or not same_line(line.text, again[number][1]):
            raise UpdateError(
                f"{shown(path)}:{printed[number][0]}: prints something else each time; "
                f"fix a seed, or write '{MARK}' with '...' for the part that differs"
            )
    path.write_bytes(text.encode())
    return True


def rewrite(snippet: Snippet, printed: list[tuple[int, str]]) -> str:
    """The file's text with its ``#>`` lines made anew.

    Args:
        snippet: The file.
        printed: What it printed: number of the line that printed, and the text.

    Returns:
        The text.
    """
    lines = snippet.source.splitlines(keepends=True)
    places = _places(ast.parse(snippet.source), len(lines))
    old: dict[int, list[str]] = {}
    for expected in snippet.expected:
        before = [at for at, _ in places.values() if at < expected.line]
        old.setdefault(max(before, default=0), []).append(expected.text)
    new: dict[int, list[str]] = {}
    for line, text in printed:
        at, indent = places.get(line, (max(places.values())[0], 0))
        kept = old.get(at, [])
        number = len(new.setdefault(at, []))
        if number < len(kept) and _fits(kept[number], text):
            text = kept[number]
        new[at].append(" " * indent + (f"{MARK} {text}" if text else MARK) + "\n")
    drop = {expected.line for expected in snippet.expected}
    result: list[str] = []
    for number, row in enumerate(lines, 1):
        if number in drop:
            continue
        if number in new and not row.endswith("\n"):
            row += "\n"
        result += [row, *new.get(number, [])]
    return "".join(result)


def _fits(old: str, new: str) -> bool:
    """Whether a ``#>`` line may stay: what a person left out is left out again."""
    return old == new or (ANYTHING in old and same_line(old, new))


def _places(tree: ast.Module, last: int) -> dict[int, tuple[int, int]]:
    """For each line, the line that its output stands under, and the indentation.

    That is the end of the statement at the top level. Inside `with`, `if` and `try`,
    which run a statement once, it is the end of the inner statement; a loop prints in
    the order of its rounds, so its output stands behind the whole loop.
    """
    places: dict[int, tuple[int, int]] = {}

    def visit(statements: list[ast.stmt]) -> None:
        for statement in statements:
            start = min(
                [statement.lineno]
                + [d.lineno for d in getattr(statement, "decorator_list", [])]
            )
            end = statement.end_lineno or start
            for line in range(start, end + 1):
                places[line] = (end, statement.col_offset)
            if isinstance(statement, (ast.With, ast.If, ast.Try)):
                for name in ("body", "orelse", "finalbody"):
                    visit(getattr(statement, name, []))
                for handler in getattr(statement, "handlers", []):
                    visit(handler.body)

    visit(tree.body)
    return places

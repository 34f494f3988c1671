"""Place the output of a file in the file, as ``#>`` lines.

Each printed line goes below the statement that completed it.
"""

from __future__ import annotations

import ast
import io
import itertools
import re
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass

from verify.compare import ANYTHING, same_line
from verify.fork.marking import Printed, once_run
from verify.snippet import MARK, Snippet

Place = tuple[int, str]  # the line above a '#>' line, and its indentation


@dataclass(frozen=True)
class Line:
    """A printed line with its place in the file.

    Attributes:
        place: The number of the line to put it below, and the indentation.
        by: The number of the line that printed the end of it.
        printed: The text, and the lines that printed its parts.
        text: The text of the ``#>`` line: what was printed, or what a person wrote with
            ``...`` to match it.
    """

    place: Place
    by: int
    printed: Printed
    text: str


@dataclass(frozen=True)
class Draft:
    """A file with new ``#>`` lines.

    Attributes:
        snippet: The file as it is.
        lines: The ``#>`` lines to write, in order.
        text: The text of the file with these lines and otherwise unchanged.
        origins: For each line number of the text, the line number in the file; for a
            ``#>`` line, that of the line that printed it.
    """

    snippet: Snippet
    lines: Sequence[Line]
    text: str
    origins: dict[int, int]


def fits(old: str, new: str) -> bool:
    """Return whether the text of a ``#>`` line may stay for a printed line.

    It may if it is equal, or if it matches with ``...`` that a person wrote.

    Example:
        >>> fits("took ... s", "took 3 s"), fits("0.20", "0.2")
        (True, False)
    """
    return old == new or (has_wildcard(old) and same_line(old, new))


def has_wildcard(text: str) -> bool:
    """Return whether a text contains ``...`` as a word, which matches any text.

    Example:
        >>> has_wildcard("took ... s"), has_wildcard("tensor([0, ..., 9])")
        (True, False)
    """
    return ANYTHING in text.split(" ")


def _place(snippet: Snippet, printed: Sequence[Printed]) -> list[Line]:
    """Return the printed lines with their places and texts."""
    places, last = _places(snippet.source)
    found = [places.get(line.line, last) for line in printed]
    # A line that is printed on entering a `with` would go below its whole block. To
    # keep the output in order, move each line up to the place of the next line if that
    # is higher in the file.
    for number in reversed(range(len(found) - 1)):
        here, later = found[number : number + 2]
        if (later[0], -len(later[1])) < (here[0], -len(here[1])):
            found[number] = later
    old: dict[int, list[str]] = {}
    ends = sorted({at for at, _ in (*places.values(), last)})
    for expected in snippet.expected:
        at = max((end for end in ends if end < expected.line), default=0)
        old.setdefault(at, []).append(expected.text)
    lines = []
    for here, line in zip(found, printed, strict=True):
        said, kept = line.text, old.get(here[0], [])
        fitting = [n for n, text in enumerate(kept) if fits(text, said)]
        if fitting:
            said = kept[fitting[0]]
            del kept[: fitting[0] + 1]
        lines.append(Line(here, line.line or last[0], line, said))
    return lines


def compose(snippet: Snippet, printed: Sequence[Printed]) -> Draft:
    """Put the printed lines into the text of a file, in place of the old ``#>`` lines.

    Args:
        snippet: The file.
        printed: The printed lines, in order.

    Returns:
        The new text. Nothing is written.
    """
    lines = _place(snippet, printed)
    rows = snippet.source.split("\n")  # not splitlines(), which also splits at \f
    ends_open = rows[-1] != ""
    if not ends_open:
        rows.pop()
    drop = {expected.line for expected in snippet.expected}
    new = {
        at: list(group)
        for at, group in itertools.groupby(lines, key=lambda line: line.place[0])
    }
    result: list[str] = []
    origins: dict[int, int] = {}
    for number, row in enumerate(rows, 1):
        if number not in drop:
            result.append(row)
            origins[len(result)] = number
        for line in new.get(number, []):
            said = f"{MARK} {line.text}" if line.text else MARK
            result.append(line.place[1] + said)
            origins[len(result)] = line.by
    # A file without a line end at its end stays so, unless its last line is new.
    is_old = bool(rows) and len(rows) not in drop and not new.get(len(rows))
    text = "\n".join(result) + "\n" * (not (ends_open and is_old))
    return Draft(snippet, lines, text, origins)


def same_program(a: str, b: str) -> bool:
    r"""Return whether two sources are the same program, except for comments.

    Example:
        >>> same_program("print(1)", "print(1)\n#> 1"), same_program("'a'", "'b'")
        (True, False)
    """
    # Not ast.dump(), which is recursive and fails for deeply nested code.
    nodes = (ast.walk(ast.parse(source)) for source in (a, b))
    return all(
        x is not None and y is not None and _shape(x) == _shape(y)
        for x, y in itertools.zip_longest(*nodes)
    )


def _shape(node: ast.AST) -> tuple[object, ...]:
    """Return the contents of a node, with only the types of the nodes below it."""

    def flat(value: object) -> object:
        if isinstance(value, ast.AST):
            return type(value)
        if isinstance(value, list):
            return [flat(item) for item in value]
        return type(value), repr(value)

    return type(node), *((name, flat(value)) for name, value in ast.iter_fields(node))


def _places(source: str) -> tuple[dict[int, Place], Place]:
    """Return the place for the output of each line, and for output from no line.

    The place is below the statement at the top level of the file. Inside `with`, `if`,
    `try` and `match`, which run each statement at most once, it is below the inner
    statement.
    """
    rows = source.split("\n")
    spans = _logical_lines(source)
    places: dict[int, Place] = {}
    tree = ast.parse(source)
    for body in once_run(tree):  # an inner body comes after the outer one
        for statement in body:
            decorators = getattr(statement, "decorator_list", [])
            start = min(node.lineno for node in (statement, *decorators))
            end = statement.end_lineno or start
            # A statement may end within a line that another one continues.
            end = spans.get(end, (end, end))[1]
            row = rows[spans.get(start, (start, start))[0] - 1]
            blank = re.match(r"[ \t\f]*", row)
            here = (end, blank[0].rpartition("\f")[2] if blank else "")
            for line in range(start, end + 1):
                places[line] = here
    end = max((at for at, _ in places.values()), default=len(rows))
    return places, (end, "")


def _logical_lines(source: str) -> dict[int, tuple[int, int]]:
    """Return for each line of code the first and last line of its logical line."""
    spans: dict[int, tuple[int, int]] = {}
    first = None
    skipped = (tokenize.COMMENT, tokenize.NL, tokenize.INDENT, tokenize.DEDENT)
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in skipped:
            continue
        first = first or token.start[0]
        if token.type == tokenize.NEWLINE:
            for line in range(first, token.start[0] + 1):
                spans[line] = (first, token.start[0])
            first = None
    return spans

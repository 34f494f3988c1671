"""Compare expected and actual output: text exactly, floats within a tolerance."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from verify.snippet import Expected

TOLERANCE = 1e-4
# A number with a decimal point or an exponent. Its sign isn't part of the match, so
# that -0. differs from 0. Integers don't match, because an index or a size that is off
# by one is wrong, however large it is. Neither do versions (2.13.0) or names (x1.5a).
FLOAT = re.compile(
    r"(?<![\w.])(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE][-+]?[0-9]))"
    r"(?:[eE][-+]?[0-9]+)?(?:(?![\w.])|(?=j(?!\w)))"
)
HOLE = "\ud800"  # replaces a float; a lone surrogate, so no UTF-8 text contains it
ANYTHING = "..."
WILDCARD = re.compile(r"(?<![^ ])\.\.\.(?![^ ])")  # ANYTHING as a separate word
ON_CUDA = re.compile(r",\s+device='cuda(:\d+)?'")
SHOWN = 200  # characters of a long text that a message quotes


@dataclass(frozen=True)
class Difference:
    r"""One place where the output differs from the expected output.

    Its `str` is one line of limited length, whatever the file prints.

    Attributes:
        line: The line number of the ``#>`` line. For an unexpected line, that of the
            ``#>`` line before it, or 1.
        expected: The text of the ``#>`` line; None for an unexpected line.
        actual: The printed line; None if nothing was printed there.

    Example:
        >>> print(Difference(4, "a", "\u0430"))  # a Cyrillic letter
        expected 'a', got '\u0430'
    """

    line: int
    expected: str | None
    actual: str | None

    def __str__(self) -> str:
        if self.expected is None:
            return f"prints {_quote(self.actual or '')}, which no #> line expects"
        if self.actual is None:
            return f"expected {_quote(self.expected)}, got no such line"
        texts = self.expected, self.actual
        same = common(*texts)
        same_end = common(*(text[same:][::-1] for text in texts))
        # A non-ASCII character may look like another one: a Cyrillic letter, a
        # full-width letter, a combining mark. If the part that differs contains one,
        # quote both texts as ASCII. repr() already escapes unprintable characters.
        ascii_only = all(text[same : len(text) - same_end].isascii() for text in texts)
        expected, actual = (
            _quote(text, same, repr if ascii_only else ascii) for text in texts
        )
        return f"expected {expected}, got {actual}"


def common(a: str, b: str) -> int:
    """Return the length of the longest common prefix of two texts."""
    pairs = zip(a, b, strict=False)
    different = (n for n, (x, y) in enumerate(pairs) if x != y)
    return next(different, min(len(a), len(b)))


def _quote(text: str, at: int = 0, show: Callable[[str], str] = repr) -> str:
    """Quote a text, shortened if it is long.

    Args:
        text: The text.
        at: The index of a character that must stay visible.
        show: The function that quotes, `repr` or `ascii`.

    Returns:
        The quoted text; if it is long, `SHOWN` characters around `at`.
    """
    if len(text) <= SHOWN:
        return show(text)
    start = 0 if at < SHOWN * 3 // 4 else min(at - SHOWN // 2, len(text) - SHOWN)
    before, after = ANYTHING * (start > 0), ANYTHING * (start + SHOWN < len(text))
    part = show(text[start : start + SHOWN])
    return f"{before}{part}{after} ({len(text):,} characters)"


def same_line(expected: str, actual: str) -> bool:
    """Return whether one printed line is as expected.

    A float (a number with a decimal point or an exponent) matches a float of the same
    sign within a relative tolerance of 1e-4. ``...`` as a separate word, between spaces
    or the ends of the line, matches anything. All other text has to be equal. The
    running time is linear in the length of the printed line.

    Args:
        expected: The text of a ``#>`` line.
        actual: The printed line.

    Returns:
        True if it is as expected.

    Example:
        >>> same_line("tensor([1.2345])", "tensor([1.2346])")
        True
        >>> same_line("tensor([1.2345])", "tensor([1.3345])")
        False
        >>> same_line("tensor([1., 2.])", "tensor([1, 2])")
        False
        >>> same_line("tensor([0., 2.])", "tensor([-0., 2.])")
        False
        >>> same_line("RuntimeError: ... size 6", "RuntimeError: [4] is not of size 6")
        True
        >>> same_line("tensor([0, ..., 9])", "tensor([0, 1, 2, 9])")
        False
    """
    if expected == actual:
        return True
    if HOLE in expected or HOLE in actual:
        return False
    text, floats = _split(actual)
    first, *others = [_split(segment) for segment in WILDCARD.split(expected)]
    if not others:
        return text == first[0] and _all_close(first[1], floats)

    # The first segment must be a prefix and the last one a suffix. From left to right,
    # each of the others is matched as early as possible. No backtracking is needed.
    *middle, last = others
    end = len(text) - len(last[0])
    place, count = len(first[0]), len(first[1])
    if not text.startswith(first[0]) or not text.endswith(last[0]) or end < place:
        return False
    if not _all_close(first[1], floats[:count]):
        return False
    if not _all_close(last[1], floats[len(floats) - len(last[1]) :]):
        return False
    for segment, wanted in middle:
        while True:
            at = text.find(segment, place, end)
            if at < 0:
                return False
            count += text.count(HOLE, place, at)
            if _all_close(wanted, floats[count : count + len(wanted)]):
                break
            place = at + 1  # skip the space that this segment starts with
        place, count = at + len(segment), count + len(wanted)
    return True


def _split(line: str) -> tuple[str, list[str]]:
    """Return a line with `HOLE` in place of each float, and the floats."""
    return FLOAT.sub(HOLE, line), FLOAT.findall(line)


def _all_close(expected: Sequence[str], actual: Sequence[str]) -> bool:
    """Return whether floats are pairwise equal within the tolerance."""
    return all(map(_close, expected, actual))


def _close(expected: str, actual: str) -> bool:
    if expected == actual:
        return True
    a, b = float(expected), float(actual)
    if math.inf in (a, b):
        return False  # a number such as 1e999 overflows to infinity
    # The last factor allows for rounding, so that 1.0000 and 1.0001 are close.
    return math.isclose(a, b, rel_tol=TOLERANCE * (1 + 1e-9))


def differences(
    expected: Sequence[Expected], output: str, device: str = "cpu"
) -> list[Difference]:
    r"""Return where a file's output is not what its ``#>`` lines expect.

    Args:
        expected: The ``#>`` lines, in order.
        output: The whole standard output of the run.
        device: Torch's default device in the run. With ``"cuda"``, an unexpected
            ``device='cuda:0'`` in the output is ignored.

    Returns:
        The differences, in order; empty if the output is as expected. Each wrong line
        is one difference, so there may be very many. The caller decides how many to
        show.

    Example:
        >>> expected = [Expected(2, "1."), Expected(4, "done")]
        >>> for difference in differences(expected, "1\ndone\n"):
        ...     print(f"line {difference.line}: {difference}")
        line 2: expected '1.', got '1'
    """
    found = _differences(expected, output)
    if found and device == "cuda":
        found = _differences(expected, ON_CUDA.sub("", output))
    return found


def _differences(expected: Sequence[Expected], output: str) -> list[Difference]:
    actual = output.split("\n")
    if actual[-1] == "":
        actual.pop()

    def same(pair: tuple[Expected, str]) -> bool:
        return same_line(pair[0].text, pair[1])

    # Skip the lines that agree at the start and at the end, so that one missing or
    # extra line doesn't make all lines after it differ.
    head = len(list(itertools.takewhile(same, zip(expected, actual, strict=False))))
    rest, got = list(expected[head:]), actual[head:]
    tail = len(
        list(itertools.takewhile(same, zip(rest[::-1], got[::-1], strict=False)))
    )
    rest, got = rest[: len(rest) - tail], got[: len(got) - tail]
    line = expected[head - 1].line if head else 1
    result = []
    for want, have in itertools.zip_longest(rest, got):
        if want is not None:
            line = want.line
            if have is not None and same((want, have)):
                continue
        result.append(Difference(line, want.text if want else None, have))
    return result

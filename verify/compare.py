"""Compare expected with real output: text exactly, floats within a tolerance."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from verify.snippet import Expected

TOLERANCE = 1e-4
# A number with a point or an exponent. Its sign is text, so that -0. is not 0. Integers
# are text: an index or a size that is off by one is wrong, however large it is. So are
# versions (2.13.0) and names (x1.5a).
FLOAT = re.compile(
    r"(?<![\w.])(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE][-+]?[0-9]))"
    r"(?:[eE][-+]?[0-9]+)?(?:(?![\w.])|(?=j(?!\w)))"
)
HOLE = "\ud800"  # stands where a float was; half a character, which UTF-8 can't encode
ANYTHING = "..."
WILDCARD = re.compile(r"(?<![^ ])\.\.\.(?![^ ])")  # ANYTHING as a separate word
ON_CUDA = re.compile(r",\s+device='cuda(:\d+)?'")
SHOWN = 200  # characters of a text that a message quotes


@dataclass(frozen=True)
class Difference:
    r"""One place where the real output is not the expected one.

    As a string it is one line of bounded length, whatever the file prints.

    Attributes:
        line: Line of the file: the ``#>`` line, or the line after which the
            unexpected output belongs.
        expected: Text of the ``#>`` line, None if there is none.
        actual: The line that was printed, None if there is none.

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
        # Texts that look alike differ in a non-ASCII character: a Cyrillic letter, a
        # full-width one, a combining mark. If there is one in the part that differs,
        # both are quoted as ASCII. repr() already escapes what doesn't print.
        ascii_only = all(text[same : len(text) - same_end].isascii() for text in texts)
        expected, actual = (
            _quote(text, same, repr if ascii_only else ascii) for text in texts
        )
        return f"expected {expected}, got {actual}"


def common(a: str, b: str) -> int:
    """Return how many characters at the start of two texts are the same."""
    pairs = zip(a, b, strict=False)
    different = (n for n, (x, y) in enumerate(pairs) if x != y)
    return next(different, min(len(a), len(b)))


def _quote(text: str, at: int = 0, show: Callable[[str], str] = repr) -> str:
    """Quote a text of any length.

    Args:
        text: The text.
        at: The index that has to be seen.
        show: How to quote it.

    Returns:
        The quoted text. Of a long text, about 200 characters around `at`.
    """
    if len(text) <= SHOWN:
        return show(text)
    start = 0 if at < SHOWN * 3 // 4 else min(at - SHOWN // 2, len(text) - SHOWN)
    before, after = ANYTHING * (start > 0), ANYTHING * (start + SHOWN < len(text))
    part = show(text[start : start + SHOWN])
    return f"{before}{part}{after} ({len(text):,} characters)"


def same_line(expected: str, actual: str) -> bool:
    """Return whether one printed line is as expected.

    A float, i.e. a number with a point or an exponent, matches a float of the same sign
    within a relative tolerance of 1e-4. ``...`` as a separate word, between blanks or
    the ends of the line, matches anything. All other text has to be equal. The time is
    linear in the length of the printed line.

    Args:
        expected: Text of a ``#>`` line.
        actual: The line that was printed.

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

    # The first segment is a prefix and the last one a suffix. The others follow from
    # the left, each as early as it fits. No choice is ever taken back.
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
            place = at + 1  # past a blank: each of these segments starts with one
        place, count = at + len(segment), count + len(wanted)
    return True


def _split(line: str) -> tuple[str, list[str]]:
    """Return a line with a hole for each float, and the floats."""
    return FLOAT.sub(HOLE, line), FLOAT.findall(line)


def _all_close(expected: Sequence[str], actual: Sequence[str]) -> bool:
    """Return whether floats of equal number are the same within the tolerance."""
    return all(map(_close, expected, actual))


def _close(expected: str, actual: str) -> bool:
    if expected == actual:
        return True
    a, b = float(expected), float(actual)
    if math.inf in (a, b):
        return False  # 1.8e+308 is more than a float can be
    # The last factor is for rounding: 1.0000 and 1.0001 are close.
    return math.isclose(a, b, rel_tol=TOLERANCE * (1 + 1e-9))


def differences(
    expected: Sequence[Expected], output: str, device: str = "cpu"
) -> list[Difference]:
    r"""Return where a file's output is not what its ``#>`` lines expect.

    Args:
        expected: The ``#>`` lines in order.
        output: The whole standard output of the run.
        device: Torch's default device in that run. With ``"cuda"``, a printed
            ``device='cuda:0'`` that the file does not expect is taken for granted.

    Returns:
        The differences in order, empty if all is as expected. There is one for each
        wrong line, so a file that prints half a million lines has as many; the caller
        decides how many to show.

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

    # What agrees at both ends is left out, so that one line too many or too few is
    # one difference and not a cascade.
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

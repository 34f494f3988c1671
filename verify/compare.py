"""Compare expected with real output: text exactly, numbers within a tolerance."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from verify.snippet import Expected

TOLERANCE = 1e-4
# A number with a point or an exponent. Integers are text: an index or a size that is
# off by one is wrong, however large it is. So are versions (2.13.0) and names (x1.5a).
FLOAT = re.compile(
    r"(?<![\w.])[-+]?(?:\d+\.\d*|\.\d+|\d+(?=[eE][-+]?\d))(?:[eE][-+]?\d+)?"
    r"(?:(?![\w.])|(?=j(?!\w)))"
)
NUMBER = r"([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)"
ANYTHING = "..."
ON_CUDA = re.compile(r",\s+device='cuda(:\d+)?'")


@dataclass(frozen=True)
class Difference:
    """One place where the real output is not the expected one.

    Attributes:
        line: Line of the file: that of the ``#>`` line, or the one after which the
            output that nothing expects belongs.
        expected: Text of the ``#>`` line, None if there is none.
        actual: The line that was printed, None if there is none.
    """

    line: int
    expected: str | None
    actual: str | None

    def __str__(self) -> str:
        if self.expected is None:
            return f"prints {self.actual!r}, which no #> line expects"
        if self.actual is None:
            return f"expected {self.expected!r}, got no such line"
        return f"expected {self.expected!r}, got {self.actual!r}"


def same_line(expected: str, actual: str) -> bool:
    """Whether one printed line is as expected.

    Args:
        expected: Text of a ``#>`` line; ``...`` in it matches anything.
        actual: The line that was printed.

    Returns:
        True if the text is the same and each number that is written with a point or
        an exponent is within a relative tolerance of 1e-4.

    Example:
        >>> same_line("tensor([1.2345])", "tensor([1.2346])")
        True
        >>> same_line("tensor([1.2345])", "tensor([1.3345])")
        False
        >>> same_line("RuntimeError: ...", "RuntimeError: shape '[4]' is invalid")
        True
    """
    if expected == actual:
        return True
    pattern, numbers = [], []
    for part in expected.split(ANYTHING):
        end, pieces = 0, []
        for match in FLOAT.finditer(part):
            pieces += [re.escape(part[end : match.start()]), NUMBER]
            numbers.append(float(match[0]))
            end = match.end()
        pattern.append("".join([*pieces, re.escape(part[end:])]))
    found = re.fullmatch(".*?".join(pattern), actual)
    if not found:
        return False
    pairs = zip(numbers, map(float, found.groups()), strict=True)
    return all(
        abs(a - b) <= TOLERANCE * max(abs(a), abs(b)) * (1 + 1e-9) for a, b in pairs
    )


def differences(
    expected: Sequence[Expected], output: str, device: str = "cpu"
) -> list[Difference]:
    """Where a file's output is not what its ``#>`` lines say.

    Args:
        expected: The ``#>`` lines in order.
        output: The whole standard output of the run.
        device: Torch's default device in that run. With ``"cuda"``, a printed
            ``device='cuda:0'`` that the file does not expect is taken for granted.

    Returns:
        The differences in order; empty if all is as expected.
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

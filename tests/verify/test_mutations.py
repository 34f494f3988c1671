"""Test that the comparison notices a small change of any `#>` line of any snippet.

The changes are those that a new release, a lost dtype or a typo could cause.
"""

import re
from decimal import Decimal

import pytest

from verify.compare import same_line
from verify.paths import find
from verify.snippet import parse

# Not imported from `verify.compare`, because these tests check its patterns.
FLOAT = re.compile(r"(?<![\w.])(?:\d+\.\d*|\.\d+|\d+(?=e))(?:e[-+]?\d+)?(?![\w.])")
INTEGER = re.compile(r"(?<![\w.])\d+(?![\w.])")
WORD = re.compile(r"[A-Za-z]{2,}")
BLANK = re.compile(" ")
# A wildcard also hides the blanks around it.
HIDDEN = re.compile(r"(?:^| +)\.\.\.(?: +\.\.\.)*(?:$| +)")


@pytest.fixture(scope="module")
def lines():
    """Return the place and text of each `#>` line of all snippets."""
    return [
        (f"{snippet.name}:{expected.line}", expected.text)
        for snippet in map(parse, find())
        for expected in snippet.expected
    ]


def visible(text, *patterns):
    """Yield the text before, in and after each match outside of wildcards."""
    hidden = [match.span() for match in HIDDEN.finditer(text)]
    for pattern in patterns:
        for match in pattern.finditer(text):
            start, end = match.span()
            if all(end <= a or b <= start for a, b in hidden):
                yield text[:start], match[0], text[end:]


def float_to_integer(text):
    """Turn each float into an integer: `1.` to `1`, `0.5` to `0`."""
    for before, number, after in visible(text, FLOAT):
        yield f"{before}{int(Decimal(number))}{after}"


def integer_to_float(text):
    """Turn each integer into a float: `1` to `1.` and `1.0`."""
    for before, number, after in visible(text, INTEGER):
        yield f"{before}{number}.{after}"
        yield f"{before}{number}.0{after}"


def sign(text):
    """Change the sign of each number: `1.5` to `-1.5`, `-3` to `3`."""
    for before, number, after in visible(text, FLOAT, INTEGER):
        if before.endswith("-"):
            yield before[:-1] + number + after
        else:
            yield f"{before}-{number}{after}"


def negative_zero(text):
    """Make each floating-point zero negative: `0.` to `-0.`."""
    for before, number, after in visible(text, FLOAT):
        if Decimal(number) == 0 and not before.endswith("-"):
            yield f"{before}-{number}{after}"


def last_digit(text):
    """Raise and lower the last digit of each float, if that exceeds the tolerance."""
    for before, number, after in visible(text, FLOAT):
        mantissa, e, exponent = number.partition("e")
        at = max(n for n, char in enumerate(mantissa) if char.isdigit())
        for step in (1, 9):
            digit = (int(mantissa[at]) + step) % 10
            new = f"{mantissa[:at]}{digit}{mantissa[at + 1 :]}{e}{exponent}"
            old_value, value = Decimal(number), Decimal(new)
            if abs(old_value - value) > Decimal("1.001e-4") * max(old_value, value):
                yield before + new + after


def off_by_one(text):
    """Add 1 to each integer and subtract 1: `3` to `4` and `2`."""
    for before, number, after in visible(text, INTEGER):
        yield f"{before}{int(number) + 1}{after}"
        if int(number):
            yield f"{before}{int(number) - 1}{after}"


def one_word(text):
    """Change the last letter of each word: `Linear` to `Lineat`."""
    for before, word, after in visible(text, WORD):
        yield before + word[:-1] + ("u" if word[-1] == "t" else "t") + after


def blank_added(text):
    """Double each blank, and add a blank at each end of the line."""
    for before, _, after in visible(text, BLANK):
        yield f"{before}  {after}"
    if not text.startswith("... ") and text != "...":
        yield f" {text}"
    if not text.endswith(" ...") and text != "...":
        yield f"{text} "


def blank_removed(text):
    """Remove each blank."""
    for before, _, after in visible(text, BLANK):
        yield before + after


def blank_replaced(text):
    """Replace each blank by a no-break space."""
    for before, _, after in visible(text, BLANK):
        yield f"{before}\u00a0{after}"


# The least number of lines that each kind has to change. If it changed none, the test
# would prove nothing. The numbers are a little below today's counts.
KINDS = {
    float_to_integer: 600,
    integer_to_float: 700,
    sign: 1200,
    negative_zero: 90,
    last_digit: 500,
    off_by_one: 700,
    one_word: 1700,
    blank_added: 2000,
    blank_removed: 1500,
    blank_replaced: 1500,
}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_change_is_noticed(kind, lines):
    changed, missed = 0, []
    for place, text in lines:
        others = list(kind(text))
        changed += bool(others)
        for other in others:
            assert other != text
            if same_line(text, other) or same_line(other, text):
                missed.append(f"{place}: {text!r} passes for {other!r}")
    assert not missed
    assert changed >= KINDS[kind]


def test_every_line_is_as_expected_without_a_change(lines):
    assert all(same_line(text, text) for _, text in lines)

"""Test that text from a file is safe to print on a terminal and in a CI log."""

import pytest

from verify.text import LINES, first_lines, shortened


@pytest.mark.parametrize(
    "text",
    [
        "\x1b[2J\x1b[H768 passed",
        "\x1b]0;owned\x07",
        "a\n::error::injected",
        "50%\r100%",
        "a\0b",
        "right\u202eleft",
        "\x9b2J",
        "\ud800",
    ],
)
def test_nothing_reaches_the_terminal_raw(text):
    line = shortened(text)
    assert line.isprintable()
    line.encode()


def test_readable_text_stays_as_it_is():
    assert shortened("张量 [1.5, é] 🙂") == "张量 [1.5, é] 🙂"


def test_a_long_line_is_cut_and_says_so():
    line = shortened("y" * 10**6)
    assert len(line) == 200
    assert line.endswith("y…")


def test_escapes_do_not_make_a_line_longer():
    assert len(shortened("\x1b" * 150)) == 200


def test_many_lines_become_few_and_a_number():
    lines = [f"a.py:{n}: wrong" for n in range(500_000)]
    few = first_lines(lines, "a.py:1")
    assert len(few) == LINES
    assert few[-1] == "a.py:1: and 499991 more"
    assert first_lines(lines[:LINES], "a.py:1") == tuple(lines[:LINES])

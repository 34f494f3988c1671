"""Escape and shorten text from files and tools before a terminal shows it."""

from __future__ import annotations

from collections.abc import Sequence

WIDTH = 200
"""The largest number of characters of a line that are shown."""

LINES = 10
"""The largest number of lines about one file that are shown."""


def escaped(text: str) -> str:
    r"""Replace unprintable characters with escape sequences such as ``\x1b``.

    The texts of errors and the names of processes and files come from the file that
    runs. Unescaped, they could clear the screen, or begin a line that a CI system takes
    for a command.

    Args:
        text: The text.

    Returns:
        The text in one line.

    Example:
        >>> print(escaped("\x1b[2J 张量\n::error::"))
        \x1b[2J 张量\n::error::
    """
    return "".join(
        char
        if char.isprintable()
        else char.encode("unicode_escape", "backslashreplace").decode()
        for char in text
    )


def shortened(text: str, width: int = WIDTH) -> str:
    """Return text as one escaped line of limited length.

    Args:
        text: The text.
        width: The largest length; a longer line is cut and ends in ``…``.

    Example:
        >>> shortened("y" * 1_000_000, width=8)
        'yyyyyyy…'
    """
    line = escaped(text[: width + 1])
    return line if len(line) <= width else line[: width - 1] + "…"


def first_lines(lines: Sequence[str], where: str, more: int = 0) -> tuple[str, ...]:
    """Return at most `LINES` lines about a file; the last one counts those left out.

    Args:
        lines: The lines.
        where: The file and line number with which the last line begins.
        more: The number of further lines that aren't in `lines`.

    Example:
        >>> first_lines(["a.py:1: x"] * 12, "a.py:1")[-1]
        'a.py:1: and 3 more'
    """
    if len(lines) + more <= LINES:
        return tuple(lines)
    shown = lines[: LINES - 1]
    return (*shown, f"{where}: and {len(lines) + more - len(shown)} more")

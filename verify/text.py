"""Text that a file or a tool wrote, made safe and short enough for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

WIDTH = 200
"""Characters of a line that are shown."""

LINES = 10
"""Lines about one file that are shown."""


def escaped(text: str) -> str:
    r"""Return text with everything that a terminal would obey written as an escape.

    A file decides what its errors, warnings, names and processes are called. Raw, they
    could clear the screen or start a line that a CI system takes for a command.

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
    """Return one escaped line of at most `width` characters; `…` marks a cut.

    Example:
        >>> shortened("y" * 1_000_000, width=8)
        'yyyyyyy…'
    """
    line = escaped(text[: width + 1])
    return line if len(line) <= width else line[: width - 1] + "…"


def first_lines(lines: Sequence[str], where: str, more: int = 0) -> tuple[str, ...]:
    """Return the first lines about a file, and how many more there are.

    Args:
        lines: The lines.
        where: What the closing line begins with.
        more: How many more lines there are.

    Example:
        >>> first_lines(["a.py:1: x"] * 12, "a.py:1")[-1]
        'a.py:1: and 3 more'
    """
    if len(lines) + more <= LINES:
        return tuple(lines)
    shown = lines[: LINES - 1]
    return (*shown, f"{where}: and {len(lines) + more - len(shown)} more")

"""What a reader sees on standard error: warnings, tracebacks, the last line."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

# "file.py:7: SomeWarning: text", whatever the class is called.
_WARNING = re.compile(
    r"^(\S.*?\.pyx?|<[^>\n]+>|sys):(\d+): ([A-Za-z_]\w*): (.*)$", re.M
)
# The line after the indented ones names the exception. A rank's lines begin with
# "[rank0]:" and don't count: torchrun reports for its ranks, and fails for them.
_TRACEBACK = re.compile(
    r"^Traceback \(most recent call last\):\n"
    r"(?:[ \t].*\n)*"
    r"(?P<name>[A-Za-z_][\w.]*)(?::[ ]?(?P<text>.*))?$",
    re.M,
)
# Between two tracebacks of one exception; the last one is the exception itself.
_CHAINED = re.compile(
    r"\n(?:During handling of the above exception, another exception occurred"
    r"|The above exception was the direct cause of the following exception):\n"
)
_RANK_ERROR = re.compile(r"^\[rank\d+\]: ([\w.]+(?:Error|Exception)\b.*)$", re.M)


@dataclass(frozen=True)
class Notice:
    """A warning, or an uncaught exception.

    Attributes:
        line: Line of the file; 1 if it came from elsewhere.
        category: Name of the class, e.g. ``FutureWarning`` or ``ValueError``.
        text: The first line of the message.
        uncaught: Whether it is the exception of a traceback.
    """

    line: int
    category: str
    text: str
    uncaught: bool = False

    def __str__(self) -> str:
        return f"{self.category}: {self.text}" if self.text else self.category


def notices(err: str, path: Path) -> list[Notice]:
    """Return the warnings and uncaught exceptions that a reader would see.

    Those in which torch deprecates what torch itself calls are left out: a reader
    couldn't write anything differently.

    Args:
        err: What the run wrote to standard error.
        path: The file that ran.

    Returns:
        Each once, warnings first, in the order in which they were written.
    """
    file = str(path.resolve())
    found: dict[str, Notice] = {}
    for source, line, category, text in _WARNING.findall(err):
        from_torch = f"{os.sep}torch{os.sep}" in source
        if from_torch and category.endswith(("DeprecationWarning", "FutureWarning")):
            continue
        notice = Notice(int(line) if source == file else 1, category, text)
        found.setdefault(str(notice), notice)
    for match in _TRACEBACK.finditer(err):
        if _CHAINED.match(err, match.end() + 1):
            continue
        line = last_line(match[0], path)
        notice = Notice(line, match["name"], match["text"] or "", uncaught=True)
        found.setdefault(str(notice), notice)
    return list(found.values())


def last_line(err: str, path: Path) -> int:
    """Return the line of the file that the last traceback names, 1 if none does.

    Args:
        err: What the run wrote to standard error.
        path: The file; one of the same name elsewhere, e.g. torch's own
            ``functional.py``, doesn't count.
    """
    names = {str(path), str(path.absolute()), str(path.resolve())}
    lines = [
        line
        for name, line in re.findall(r'^.*?File "([^"\n]*)", line (\d+)', err, re.M)
        if name in names
    ]
    return int(lines[-1]) if lines else 1


def error_line(err: str) -> str:
    """Return the last line of an error; torchrun frames its ranks' in a report."""
    ranks = _RANK_ERROR.findall(err)
    return (ranks or err.strip().splitlines() or [""])[-1]

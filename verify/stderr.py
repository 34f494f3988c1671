"""What a reader sees on standard error: warnings, tracebacks, the last line."""

from __future__ import annotations

import os
import re
import signal
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
_RANK_ERROR = re.compile(
    r"^\[rank(?P<rank>\d+)\]: (?P<error>[\w.]+(?:Error|Exception)\b.*)$", re.M
)
# A rank in torchrun's report, whose last entry is the one that failed first.
_FAILED_RANK = re.compile(
    r"^  rank +: (?P<rank>\d+) .*\n(?:  .*\n)*?  exitcode +: (?P<code>-?\d+) ", re.M
)
# What C++ writes before it aborts.
_TERMINATED = re.compile(r"^ *what\(\): +(.+)$", re.M)


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
    """Return the line that says why a program failed, which is mostly the last one.

    After torchrun's report it is the last error of the rank that failed first, or says
    which rank was killed by a signal.
    """
    errors = [match.groupdict() for match in _RANK_ERROR.finditer(err)]
    failed = [(one["rank"], int(one["code"])) for one in _FAILED_RANK.finditer(err)]
    if not failed:
        last = (err.strip().splitlines() or [""])[-1]
        return errors[-1]["error"] if errors else last
    # The others fail because a rank that crashes closes its connections. torchrun may
    # see one of them first, and ends the rest with SIGTERM.
    crashed = [one for one in failed if one[1] < 0 and one[1] != -signal.SIGTERM]
    rank, code = (crashed or failed)[-1]
    own = [one["error"] for one in errors if one["rank"] == rank]
    # Until its process group is there, a rank writes its traceback without a prefix.
    plain = [
        str(Notice(1, match["name"], match["text"] or ""))
        for match in _TRACEBACK.finditer(err)
        if not match["name"].endswith("ChildFailedError")
    ]
    if own or (plain and code > 0):
        return [*plain, *own][-1]
    said = _TERMINATED.findall(err)
    return ": ".join([f"rank {rank}", ending_of(code), *said[:1]])


def ending_of(code: int) -> str:
    """Return how a process ended, in words.

    Args:
        code: Its exit code; below 0 the number of the signal that killed it.
    """
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"

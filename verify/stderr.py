"""Find warnings, uncaught exceptions and the cause of failure in standard error."""

from __future__ import annotations

import os
import re
import signal
from dataclasses import dataclass
from pathlib import Path

# "file.py:7: SomeWarning: text". The name of the class needn't end in "Warning".
_WARNING = re.compile(
    r"^(\S.*?\.pyx?|<[^>\n]+>|sys):(\d+): ([A-Za-z_]\w*): (.*)$", re.M
)
# A traceback up to the first line that isn't indented, which names the exception. A
# rank's traceback, whose lines begin with "[rank0]:", is left out on purpose, because
# torchrun itself reports that the rank failed.
_TRACEBACK = re.compile(
    r"^Traceback \(most recent call last\):\n"
    r"(?:[ \t].*\n)*"
    r"(?P<name>[A-Za-z_][\w.]*)(?::[ ]?(?P<text>.*))?$",
    re.M,
)
# Stands between the tracebacks of chained exceptions. Only the last one is uncaught.
_CHAINED = re.compile(
    r"\n(?:During handling of the above exception, another exception occurred"
    r"|The above exception was the direct cause of the following exception):\n"
)
_RANK_ERROR = re.compile(
    r"^\[rank(?P<rank>\d+)\]: (?P<error>[\w.]+(?:Error|Exception)\b.*)$", re.M
)
# A rank in torchrun's report. The last entry is the rank that failed first.
_FAILED_RANK = re.compile(
    r"^  rank +: (?P<rank>\d+) .*\n(?:  .*\n)*?  exitcode +: (?P<code>-?\d+) ", re.M
)
# What a C++ program writes about an uncaught exception before it aborts.
_TERMINATED = re.compile(r"^ *what\(\): +(.+)$", re.M)


@dataclass(frozen=True)
class Notice:
    """A warning, or an uncaught exception.

    Attributes:
        line: Line of the snippet file, 1 if the notice is about another file.
        category: Name of the class, e.g. ``FutureWarning`` or ``ValueError``.
        text: The first line of the message.
        uncaught: True for an uncaught exception, False for a warning.
    """

    line: int
    category: str
    text: str
    uncaught: bool = False

    def __str__(self) -> str:
        return f"{self.category}: {self.text}" if self.text else self.category


def notices(err: str, path: Path) -> list[Notice]:
    """Return the warnings and uncaught exceptions that a reader would see.

    A deprecation warning about code of torch itself is left out, because the author of
    the file can't do anything about it.

    Args:
        err: What the run wrote to standard error.
        path: The file that ran.

    Returns:
        The warnings, then the exceptions, each in the order in which they were written
        and without repetitions.
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
    """Return the line of a file that is mentioned last in tracebacks.

    Args:
        err: What the run wrote to standard error.
        path: The file. Another file with the same name, e.g. torch's own
            ``functional.py``, doesn't count.

    Returns:
        The line number, 1 if no traceback mentions the file.
    """
    names = {str(path), str(path.absolute()), str(path.resolve())}
    lines = [
        line
        for name, line in re.findall(r'^.*?File "([^"\n]*)", line (\d+)', err, re.M)
        if name in names
    ]
    return int(lines[-1]) if lines else 1


def error_line(err: str) -> str:
    """Return a line that says why a program failed.

    That is usually the last line. If torchrun reports failed ranks, it's the last error
    of the rank that failed first, or a line about how that rank ended, e.g. ``rank 1:
    killed by SIGSEGV``.

    Args:
        err: What the program wrote to standard error.

    Returns:
        The line, "" if `err` is empty.
    """
    errors = [match.groupdict() for match in _RANK_ERROR.finditer(err)]
    failed = [(one["rank"], int(one["code"])) for one in _FAILED_RANK.finditer(err)]
    if not failed:
        last = (err.strip().splitlines() or [""])[-1]
        return errors[-1]["error"] if errors else last
    # A rank that crashes is the cause even if torchrun noticed another rank first: its
    # closed connections make others fail, and torchrun ends the rest with SIGTERM.
    crashed = [one for one in failed if one[1] < 0 and one[1] != -signal.SIGTERM]
    rank, code = (crashed or failed)[-1]
    own = [one["error"] for one in errors if one["rank"] == rank]
    # Before a rank has a process group, its traceback doesn't have the "[rank0]:".
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
    """Describe how a process ended.

    Args:
        code: Exit code, or the negative number of the signal that killed the process.

    Returns:
        For example ``exit code 1`` or ``killed by SIGSEGV``.
    """
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"

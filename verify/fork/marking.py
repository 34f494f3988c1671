r"""Run a script and mark in its output which statement wrote each part.

``python marking.py TOKEN FILE ARGS`` does the same as ``python FILE ARGS``, but puts
marks into the standard output. `--update` reads them with `read_marks` to write each
line of output below the statement that printed it. A mark is a NUL, the token, one of
the following, and another NUL:

- ``L 12``: the script writes the following text while it's at line 12;
- ``W t7``: another thread writes the following text, or another process (``p7``);
- ``J t7 12``: line 12 has waited for that thread or process, or for all (``*``).

A line number always refers to the top level of the script: if a function prints, it's
the line of the statement that called the function. The output is flushed at the end of
each line, as in a terminal.

This program runs on the interpreter under test, in a fresh process or in a fork of the
warm server. So it imports nothing from the project.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import functools
import importlib.machinery
import io
import os
import re
import sys
import threading
from collections.abc import Callable
from types import CodeType, FrameType
from typing import NamedTuple, cast

HOOK = "_verify_statement"  # name of the builtin function that marked statements call
# Our own descriptor is at least this, because a script may print the numbers of its
# files, which are lower.
FIRST_FREE = 500
# Methods that wait for a thread or process: module, class, method, and a function that
# returns whom a call on the object waits for, as written in a J mark.
WAITS: tuple[tuple[str, str, str, Callable[[object], str]], ...] = (
    ("threading", "Thread", "join", lambda thread: f"t{id(thread)}"),
    (
        "multiprocessing.process",
        "BaseProcess",
        "join",
        lambda process: f"p{getattr(process, 'pid', 0)}",
    ),
    ("concurrent.futures._base", "Future", "result", lambda _: "*"),
)


class MarkingOutput(io.BufferedWriter):
    """Standard output that inserts marks.

    Args:
        raw: The unbuffered standard output.
        token: A random text, so that a script doesn't print a mark by chance.
        file: Absolute path of the script.
    """

    def __init__(self, raw: io.RawIOBase, token: str, file: str) -> None:
        super().__init__(raw)
        self._token, self._file, self._pid = token, file, os.getpid()
        self._last, self._raw = b"", raw
        try:
            import fcntl

            self._fd = fcntl.fcntl(raw.fileno(), fcntl.F_DUPFD_CLOEXEC, FIRST_FREE)
        except (ImportError, OSError):  # no `fcntl`, or a lower limit of descriptors
            self._fd = os.dup(raw.fileno())
        self._output = _identity(self._fd)

    def write(self, data) -> int:
        """Write the data, after a mark if the writer or its line has changed.

        Args:
            data: The bytes.

        Returns:
            The number of bytes of the data, without the mark.
        """
        data = bytes(data)
        mark = b""
        # Otherwise the script has redirected its output, with `os.dup2` for example.
        if _identity(self._raw.fileno()) == self._output:
            mark = self._mark(*self._writer())
            if mark == self._last:
                mark = b""
            else:
                self._last = mark
            if data.endswith(b"\n"):  # another process may write the next line
                self._last = b""
        super().write(mark + data)
        return len(data)

    def note(self, *values: object) -> None:
        """Write a mark at once, bypassing the buffer.

        Text that is still in the buffer is written later, after the mark.

        Args:
            *values: Kind and values of the mark.
        """
        if os.getpid() != self._pid or _identity(self._fd) != self._output:
            return
        self._last = b""
        with contextlib.suppress(OSError):
            os.write(self._fd, self._mark(*values))

    def line(self) -> int:
        """Return the line that runs at the script's top level, 0 if none does."""
        frame: FrameType | None = sys._getframe(1)
        while frame:
            code = frame.f_code
            if code.co_name == "<module>" and code.co_filename == self._file:
                return frame.f_lineno
            frame = frame.f_back
        return 0

    def _writer(self) -> tuple[object, ...]:
        """Return kind and value of the mark for whoever writes now."""
        if os.getpid() != self._pid:
            return "W", f"p{os.getpid()}"
        thread = threading.current_thread()
        if thread is not threading.main_thread():
            return "W", f"t{id(thread)}"
        return "L", self.line()

    def _mark(self, *values: object) -> bytes:
        return f"\0{self._token} {' '.join(map(str, values))}\0".encode()


def _identity(fd: int) -> tuple[int, int] | None:
    """Return device and inode of the file behind a descriptor; None if it's closed."""
    try:
        status = os.fstat(fd)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def run(token: str, file: str, *rest: str) -> None:
    """Run a script as ``__main__``, with marks in its output.

    Args:
        token: See `MarkingOutput`.
        file: Path of the script.
        *rest: Arguments of the script.
    """
    old = cast("io.TextIOWrapper", sys.stdout)
    encoding, errors = old.encoding, old.errors
    buffer = cast("io.RawIOBase | io.BufferedWriter", old.detach())
    # Under `-u` there is no buffer: the text stream is directly on the raw one.
    raw = buffer if isinstance(buffer, io.RawIOBase) else buffer.detach()
    output = MarkingOutput(raw, token, os.path.abspath(file))
    stream = io.TextIOWrapper(
        output, encoding, errors, line_buffering=True, write_through=True
    )
    stream.mode = "w"  # type: ignore[misc]
    sys.stdout = sys.__stdout__ = stream  # type: ignore[misc]

    def at_statement(line: int) -> None:
        output.note("L", line)
        _watch_waits(output)

    setattr(builtins, HOOK, at_statement)
    with open(file, "rb") as opened:
        code = compile_marked(opened.read(), os.path.abspath(file))
    sys.argv[:] = [file, *rest]
    if sys.path and sys.path[0] == os.path.dirname(os.path.realpath(__file__)):
        sys.path[0] = os.path.dirname(os.path.realpath(file))
    main = sys.modules["__main__"].__dict__
    main.clear()
    main.update(
        __name__="__main__",
        __doc__=None,
        __package__=None,
        __loader__=importlib.machinery.SourceFileLoader("__main__", file),
        __spec__=None,
        __annotations__={},
        __builtins__=builtins,
        __file__=os.path.abspath(file),
        __cached__=None,
    )
    exec(code, main)


def compile_marked(data: bytes, file: str) -> CodeType:
    """Compile a script with a call of the hook before each statement that runs once.

    Line numbers don't change, nor do the bodies of functions, classes and loops.

    Args:
        data: The bytes of the script.
        file: Absolute path of the script.

    Returns:
        The compiled script.

    Raises:
        SyntaxError: If the script can't be compiled.
    """
    tree = compile(data, file, "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
    assert isinstance(tree, ast.Module)
    for body in once_run(tree):
        new: list[ast.stmt] = []
        for number, statement in enumerate(body):
            first = number == 0 and body is tree.body
            is_docstring = (
                first
                and isinstance(statement, ast.Expr)
                and isinstance(statement.value, ast.Constant)
                and isinstance(statement.value.value, str)
            )
            is_future = (
                isinstance(statement, ast.ImportFrom)
                and statement.module == "__future__"
            )
            if not is_docstring and not is_future:  # these have to stay first
                new.append(_call(statement.lineno, statement))
            new.append(statement)
        body[:] = new
    if tree.body:
        # What is printed from now on, e.g. by `atexit`, belongs to no line.
        tree.body.append(_call(0, tree.body[-1]))
    return compile(tree, file, "exec", dont_inherit=True)


def once_run(tree: ast.Module) -> list[list[ast.stmt]]:
    """Return the lists of statements that run at most once.

    These are the top level and the blocks of `with`, `if`, `try` and `match` there. A
    loop counts as one statement, because the output of its body is interleaved.

    Args:
        tree: The syntax tree of a script.

    Returns:
        The lists in the tree itself, so that they can be changed in place; the top
        level comes first.
    """
    found = [tree.body]
    for body in found:
        for statement in body:
            if isinstance(statement, (ast.With, ast.If, ast.Match)) or (
                type(statement).__name__ in ("Try", "TryStar")
            ):
                inner = [
                    getattr(part, name, [])
                    for part in (
                        statement,
                        *getattr(statement, "handlers", []),
                        *getattr(statement, "cases", []),
                    )
                    for name in ("body", "orelse", "finalbody")
                ]
                found += filter(None, inner)
    return found


def _call(line: int, at: ast.stmt) -> ast.stmt:
    """Return a call of the hook with a line number.

    Args:
        line: The argument of the call.
        at: The statement whose position in the source the call gets.
    """
    name = ast.Name(HOOK, ast.Load())
    call = ast.Expr(ast.Call(name, [ast.Constant(line)], []))
    return ast.fix_missing_locations(ast.copy_location(call, at))


def _watch_waits(output: MarkingOutput) -> None:
    """Wrap each method in `WAITS` so that it writes a J mark after it has waited.

    It's called before each statement, because the script may import `multiprocessing`
    at any time.
    """
    for module, cls, method, writer in WAITS:
        owner = getattr(sys.modules.get(module), cls, None)
        original = getattr(owner, method, None)
        if original is None or hasattr(original, HOOK):
            continue

        def waiting(self, *args, original=original, writer=writer, **kwargs):
            try:
                return original(self, *args, **kwargs)
            finally:
                line = output.line()
                if line and threading.current_thread() is threading.main_thread():
                    output.note("J", writer(self), line)

        waiting = functools.wraps(original)(waiting)
        setattr(waiting, HOOK, True)
        setattr(owner, method, waiting)


class Printed(NamedTuple):
    """A line of output.

    Attributes:
        line: The top-level line of the script that completed it, 0 if it was printed
            after the last statement.
        text: The text, without the newline.
        pieces: For each piece of the text that was printed separately: its offset, and
            the top-level line of the script that printed it.
    """

    line: int
    text: str
    pieces: tuple[tuple[int, int], ...] = ()


def read_marks(output: str, token: str) -> list[Printed]:
    r"""Split a script's output into lines, and use up the marks in it.

    A line of another thread or process counts as printed by the line that waited for
    it.

    Args:
        output: The output with marks.
        token: The token of the marks.

    Returns:
        The printed lines in order.

    Example:
        >>> marked = "\0# L 3\0loss \0# L 4\0half\n\0# W t7\0late\n\0# J t7 9\0"
        >>> [(line, text) for line, text, _ in read_marks(marked, "#")]
        [(4, 'loss half'), (9, 'late')]
    """
    lines: list[Printed] = []
    writers: list[str] = []  # who wrote each line, "" for the main thread
    line, writer, text = 0, "", ""
    pieces: list[tuple[int, int]] = []
    last = (0, "")
    marked = re.split(rf"\x00{re.escape(token)} ([^\x00]*)\x00", output)
    for number, piece in enumerate(marked):
        if number % 2 == 0:
            *ended, rest = piece.split("\n")
            for part in ended:
                pieces.append((len(text), line))
                lines.append(Printed(line, text + part, tuple(pieces)))
                writers.append(writer)
                text, pieces = "", []
            if rest:
                pieces.append((len(text), line))
                text, last = text + rest, (line, writer)
            continue
        kind, value, *waited = piece.split(" ")
        if kind == "L":
            line, writer = int(value), ""
        elif kind == "W":
            writer = value
        else:
            for at, by in enumerate(writers):
                if by and value in (by, "*"):
                    lines[at] = lines[at]._replace(line=int(waited[0]))
                    writers[at] = ""
    if text:
        lines.append(Printed(last[0], text, tuple(pieces)))
    return lines


if __name__ == "__main__":
    # Execute this file again as a module of another name, because `run` empties
    # `__main__` for the script.
    own = type(sys)("marking")
    own.__file__ = __file__
    with open(__file__, encoding="utf-8") as opened:
        exec(compile(opened.read(), __file__, "exec"), own.__dict__)
    own.run(*sys.argv[1:])

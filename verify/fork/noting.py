"""Note the exceptions and warnings that a script meets, without its notice.

Only what torch or Python raised is noted. What the script itself raises or warns of, to
make a point, is no message of theirs. Each message is a line of JSON that is appended
to a file; the ranks that a script starts append to the same one.

- An `except` clause of the script begins with a call of our function. Line numbers and
  columns stay. This is Python code only for an exception that really was caught.
- The exception that ends a script is noted where the runner prints its traceback.
- A warning is noted where `warnings` shows it or, under
  ``catch_warnings(record=True)``, puts it into the list.

This module runs on the interpreter that is tested, so it imports nothing of the
project.
"""

from __future__ import annotations

import ast
import builtins
import json
import opcode
import os
import sys
import warnings
from collections.abc import Callable

# A script may replace them in `os`.
from os import close, open, write
from types import CodeType, TracebackType

HOOK = "_verify_caught"  # the name under which the script finds our function
MOST = 200  # messages of one process, so that a loop fills no disk
INSTALLED = tuple({sys.prefix, sys.base_prefix, sys.exec_prefix})
RAISES = opcode.opmap["RAISE_VARARGS"]

_ENDS = (SystemExit, KeyboardInterrupt)

_out = ""  # the file to append to; nothing is noted without one
_file = ""  # the script
_seen: set[str] = set()


def _is_compiling() -> bool:
    """Stands in for `torch.compiler.is_compiling`."""
    return False


def start(out: str, file: str) -> None:
    """Note what this process and its forks meet from now on.

    Args:
        out: The file to append to.
        file: The script, as an absolute path; "" for code that isn't in a file.
    """
    global _out, _file, _is_compiling
    _out, _file = out, file
    # In `sys.modules`: asking torch for what it doesn't have may run code of torch.
    compiler = sys.modules.get("torch.compiler")
    _is_compiling = getattr(compiler, "is_compiling", _is_compiling)
    show = warnings._showwarnmsg  # type: ignore[attr-defined]

    def note_and_show(message):
        try:
            _note_warning(message, sys._getframe(1))
        finally:
            show(message)

    warnings._showwarnmsg = note_and_show  # type: ignore[attr-defined]
    if spawn := sys.modules.get("multiprocessing.spawn"):
        _watch_spawned(spawn.runpy)


def compiled(source: str | bytes, name: str) -> CodeType:
    """Compile a script so that its `except` clauses note what they catch.

    Args:
        source: The script.
        name: The name that tracebacks show.

    Raises:
        SyntaxError: If the script can't be compiled; also `ValueError`,
            `RecursionError` or `MemoryError`.
    """
    word = b"except" if isinstance(source, bytes) else "except"
    if not _out or word not in source:  # type: ignore[operator]
        return compile(source, name, "exec", dont_inherit=True)
    tree = ast.parse(source, name)
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler):
            call = ast.Expr(ast.Call(ast.Name(HOOK, ast.Load()), [], []))
            ast.copy_location(call, node.body[0])
            node.body.insert(0, ast.fix_missing_locations(call))
    setattr(builtins, HOOK, _hook())
    return compile(tree, name, "exec", dont_inherit=True)


def _hook() -> Callable[[], None]:
    """The function that an `except` clause of the script calls.

    It has no names of this module, which dynamo couldn't import.
    """
    is_compiling, note, current = _is_compiling, note_error, sys.exc_info

    def caught() -> None:
        if not is_compiling():  # what is compiled has to be the script's own code
            note(current()[1])

    return caught


def note_error(error: BaseException | None) -> None:
    """Note an exception, unless the script itself raised it.

    Args:
        error: The exception, with its traceback.
    """
    if not _out or error is None or isinstance(error, _ENDS):
        return
    line, last = 0, None
    step: TracebackType | None = error.__traceback__
    while step:
        last = step
        if step.tb_frame.f_code.co_filename == _file:
            line = step.tb_lineno
        step = step.tb_next
    code = last and last.tb_frame.f_code
    if last and code and _is_own(code) and code.co_code[last.tb_lasti] == RAISES:
        return
    _note("error", type(error), error, line)


def _note_warning(message, frame) -> None:
    """Note a warning, unless the script itself asked for it."""
    if not _out:
        return
    if _is_own(frame.f_code) and _calls_warn(frame):
        return
    line, step = 0, frame
    while step and not line:
        if step.f_code.co_filename == _file:
            line = step.f_lineno
        step = step.f_back
    _note("warning", message.category, message.message, line)


def _is_own(code: CodeType) -> bool:
    """Whether code is neither torch's nor Python's, as ``<frozen importlib>`` is."""
    name = code.co_filename
    return name == _file or not name.startswith((*INSTALLED, "<"))


def _calls_warn(frame) -> bool:
    """Whether the line that runs calls `warnings.warn`, and not something of torch."""
    try:
        with builtins.open(frame.f_code.co_filename, "rb") as file:
            tree = ast.parse(file.read())
    except (OSError, SyntaxError, ValueError):
        return False
    return any(
        isinstance(node, ast.Call)
        and getattr(node.func, "attr", getattr(node.func, "id", "")).startswith("warn")
        and node.lineno <= frame.f_lineno <= (node.end_lineno or node.lineno)
        for node in ast.walk(tree)
    )


def _note(kind: str, cls: type, what: object, line: int) -> None:
    """Append one message to the file, each once for a process."""
    try:
        module = "" if cls.__module__ == "builtins" else f"{cls.__module__}."
        row = json.dumps(
            {
                "kind": kind,
                "class": module + cls.__qualname__,
                "text": str(what),
                "line": line,
            }
        )
        if row in _seen or len(_seen) >= MOST:
            return
        _seen.add(row)
        fd = open(_out, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            write(fd, f"{row}\n".encode())
        finally:
            close(fd)
    except Exception:  # a message without a text, or no room: the script goes on
        return


def _watch_spawned(runpy) -> None:
    """Compile the script so in processes that multiprocessing spawns, too."""
    read = runpy._get_code_from_file

    def read_noting(*args):
        found = read(*args)  # in 3.12 the code, before that the code and its name
        file = os.path.abspath(args[-1])
        global _file
        _file = file
        with builtins.open(file, "rb") as opened:
            code = compiled(opened.read(), file)
        return (code, *found[1:]) if isinstance(found, tuple) else code

    runpy._get_code_from_file = read_noting

"""Record the exceptions and warnings that a script meets, unnoticed by the script.

Only messages of torch, Python and other packages are recorded, not an exception or a
warning that the script itself raises to make a point. Each message is appended to a
file as one line of JSON. All ranks of a script append to the same file.

- A caught exception is recorded by a call at the start of each `except` clause, which
  `compiled` inserts without changing line numbers. The script gets slower only where
  it really catches something.
- An uncaught exception is recorded by `verify.fork.child`, which prints its traceback.
- A warning is recorded where `warnings` shows it or, under
  ``catch_warnings(record=True)``, appends it to the list.

This module runs on the interpreter under test, so it imports nothing from the project.
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

# Not through `os`, where a script may replace them.
from os import close, open, write
from types import CodeType, TracebackType

HOOK = "_verify_caught"  # name of the builtin function that `except` clauses call
MOST = 200  # messages per process, so that a loop can't fill the disk
INSTALLED = tuple({sys.prefix, sys.base_prefix, sys.exec_prefix})
RAISES = opcode.opmap["RAISE_VARARGS"]

_ENDS = (SystemExit, KeyboardInterrupt)

_out = ""  # path of the file to append to; if empty, nothing is recorded
_file = ""  # path of the script
_seen: set[str] = set()  # messages that this process has recorded


def _is_compiling() -> bool:
    """Replace `torch.compiler.is_compiling` if torch isn't imported or lacks it."""
    return False


def start(out: str, file: str) -> None:
    """Record what this process and its forks meet from now on.

    Args:
        out: Path of the file to append to.
        file: Absolute path of the script, "" for code that isn't in a file.
    """
    global _out, _file, _is_compiling
    _out, _file = out, file
    # Not `torch.compiler`: without that attribute, torch's `__getattr__` would run.
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
    """Compile a script so that its `except` clauses record what they catch.

    Args:
        source: The source of the script.
        name: The file name that tracebacks show.

    Returns:
        The compiled script.

    Raises:
        SyntaxError: If the script can't be compiled. `compile` may also raise a
            `ValueError`, `RecursionError` or `MemoryError`.
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
    """Return the function that an `except` clause of the script calls.

    The function uses no globals of this module, because `torch.compile` couldn't import
    the module to look them up.
    """
    is_compiling, note, current = _is_compiling, note_error, sys.exc_info

    def caught() -> None:
        if not is_compiling():  # torch.compile must not see `note`
            note(current()[1])

    return caught


def note_error(error: BaseException | None) -> None:
    """Record an exception, unless the script itself raised it.

    Args:
        error: The exception with its traceback; None does nothing.
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
    """Record a warning, unless the script itself called `warnings.warn`.

    Args:
        message: A `warnings.WarningMessage`.
        frame: The frame that warned.
    """
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
    """Return whether code is the script's own or in another file of its project.

    Code of Python or of an installed package isn't, nor is ``<frozen importlib>``.
    """
    name = code.co_filename
    return name == _file or not name.startswith((*INSTALLED, "<"))


def _calls_warn(frame) -> bool:
    """Return whether the current line of a frame calls a function named ``warn…``.

    Otherwise the line calls something, e.g. in C++, that warns in the line's name.
    """
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
    """Append a message to the file, unless this process has done so before."""
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
    except Exception:  # e.g. `str(what)` fails or the disk is full: don't disturb
        return


def _watch_spawned(runpy) -> None:
    """Use `compiled` also in processes that multiprocessing spawns.

    Such a process runs the script's file through `runpy`.

    Args:
        runpy: The module, as `multiprocessing.spawn` imported it.
    """
    read = runpy._get_code_from_file

    def read_noting(*args):
        # Python 3.12 returns the code, earlier versions the code and the file name.
        found = read(*args)
        file = os.path.abspath(args[-1])
        global _file
        _file = file
        with builtins.open(file, "rb") as opened:
            code = compiled(opened.read(), file)
        return (code, *found[1:]) if isinstance(found, tuple) else code

    runpy._get_code_from_file = read_noting

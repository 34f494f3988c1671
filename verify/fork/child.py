"""Make a fork of the warm server behave like a new ``python FILE``.

`become` sets up the process, the caller executes the `Script` that it returns, and
`Script.end` does what an interpreter does when it exits. Whatever a script can observe
should be as in a fresh interpreter: streams, environment, modules, tracebacks, exit
code, and the order in which objects are destroyed.
"""

from __future__ import annotations

import atexit
import builtins
import contextlib
import ctypes
import gc
import importlib.machinery
import io
import os
import signal
import sys
import tempfile
import threading
import weakref
from types import CodeType, ModuleType
from typing import BinaryIO, cast

from verify.fork import DEFAULT_DEVICE, noting
from verify.fork.stash import AHEAD

# Copied before a script can change them.
_BUILTINS = dict(vars(builtins))
_C = None if os.name == "nt" else ctypes.CDLL(None)
_IONBF = 2  # from glibc's stdio.h: no buffering


def become(message: dict, files: list[int]) -> Script:
    """Turn this process into a fresh interpreter that is about to run a script.

    Args:
        message: The request, a dict with these keys:

            - ``argv``: what follows ``python`` on the command line;
            - ``cwd`` and ``env``: working folder and environment;
            - ``targets``: the descriptor number that each of `files` must get;
            - ``session``: whether to start a new session. A worker doesn't, because
              it may want to do that itself;
            - ``fresh``: whether to start a real interpreter, False if missing;
            - ``noted``: the file for the script's exceptions and warnings, see
              `verify.fork.noting`.
        files: Open file descriptors, in the order of ``targets``.

    Returns:
        The script. If the command needs a real interpreter, this process is replaced
        by one, and the function doesn't return.
    """
    if message["session"]:
        # Also a new process group: killing it kills what the script started.
        os.setsid()
    _place(files, message["targets"])
    os.chdir(message["cwd"])
    argv, env = message["argv"], message["env"]
    split = None if message.get("fresh") else _without_flags(argv)
    if split:
        _become_environment(env)
        rest, unbuffered = split
        _fresh_streams(unbuffered or bool(env.get("PYTHONUNBUFFERED")))
        _fresh_state()
        # Leave a script that can't be compiled to a real interpreter: it doesn't read
        # files as `compile` does, so its error message may be different.
        with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
            return Script(rest, message["noted"])
        _flush()
    os.execve(sys.executable, [sys.executable, *argv], env)


def _place(files: list[int], targets: list[int]) -> None:
    """Move open files to their target descriptors, and close all other files.

    A file is copied to a spare descriptor only if its own is about to be overwritten,
    because under a low limit (`ulimit -n 64`) there may be no room to copy all.

    Args:
        files: The open files.
        targets: The descriptor that each must get.
    """
    at = dict(zip(targets, files, strict=True))
    for target in targets:
        for other, fd in at.items():
            if fd == target and other != target:  # about to be overwritten
                at[other] = os.dup(fd)
        if at[target] == target:
            os.set_inheritable(target, True)
        else:
            os.dup2(at[target], target)
        at[target] = target
    for fd in map(int, os.listdir("/proc/self/fd")):
        if fd not in at:
            with contextlib.suppress(OSError):  # `listdir` has closed its own
                os.close(fd)


def _become_environment(env: dict[str, str]) -> None:
    """Make `os.environ` equal to `env`, changing only the variables that differ."""
    for name in os.environ.keys() - env.keys():
        del os.environ[name]
    for name, value in env.items():
        if os.environ.get(name) != value:
            os.environ[name] = value


def _without_flags(argv: list[str]) -> tuple[list[str], bool] | None:
    """Split the interpreter's flags off a command line.

    Args:
        argv: What follows ``python``.

    Returns:
        The rest, and whether ``-u`` was among the flags. None if a fork can't do what
        the command line asks for: a flag that the server wasn't started with, a module
        (``-m``), a program on standard input, a folder, or no program at all.
    """
    rest, unbuffered = list(argv), False
    while rest and rest[0].startswith("-") and rest[0] != "-c":
        import subprocess  # already imported by torch, so this costs nothing

        # multiprocessing repeats the flags that the interpreter was started with.
        own = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]
        if rest[0] == "-u":
            unbuffered, rest = True, rest[1:]
        elif own and rest[: len(own)] == own:
            rest = rest[len(own) :]
        else:
            return None
    if rest[:1] == ["-c"]:
        return (rest, unbuffered) if len(rest) > 1 else None
    return (rest, unbuffered) if rest and os.path.isfile(rest[0]) else None


def _fresh_streams(unbuffered: bool) -> None:
    """Create stdin, stdout and stderr as the interpreter does when it starts.

    Args:
        unbuffered: Whether to do so as under ``python -u``.
    """
    for fd, name in enumerate(("stdin", "stdout", "stderr")):
        old = getattr(sys, name)
        raw = io.FileIO(fd, "wb" if fd else "rb", closefd=False)
        raw.name = f"<{name}>"
        buffer: io.RawIOBase | io.BufferedIOBase
        if fd:
            buffer = raw if unbuffered else io.BufferedWriter(raw)
        else:
            buffer = io.BufferedReader(raw)
        new = io.TextIOWrapper(
            cast("BinaryIO", buffer),
            old.encoding,
            old.errors,
            line_buffering=fd == 2 and not unbuffered,
            write_through=unbuffered,
        )
        new.mode = "w" if fd else "r"  # type: ignore[misc]
        setattr(sys, name, new)
        setattr(sys, f"__{name}__", new)
    if unbuffered and _C:
        _C.setvbuf(ctypes.c_void_p.in_dll(_C, "stdout"), None, _IONBF, 0)


def _fresh_state() -> None:
    """Reset state that all forks inherit but that a fresh interpreter sets up anew."""
    # Otherwise every file without a seed would print the same random numbers.
    if torch := sys.modules.get("torch"):
        torch.default_generator.seed()
        # OpenMP reads the variable only once, when torch is imported, but torchrun sets
        # it for its ranks later.
        threads = os.environ.get("OMP_NUM_THREADS", "")
        if threads.isdecimal() and int(threads) not in (0, torch.get_num_threads()):
            torch.set_num_threads(int(threads))
    if random := sys.modules.get("numpy.random"):
        random.seed()
    tempfile.tempdir = None  # forget the server's; the script has its own TMPDIR
    if shim := os.environ.get("PYTHON_EXEC"):
        import multiprocessing.spawn

        multiprocessing.spawn.set_executable(shim)
    for path in reversed(os.environ.get("PYTHONPATH", "").split(os.pathsep)):
        if path and path not in sys.path:
            sys.path.insert(1, path)


class Script:
    """A script, ``-c CODE`` or ``FILE``, that is about to run as ``__main__``.

    The caller executes `code` itself, because a method that does so would be one more
    frame in each traceback.

    Args:
        argv: ``-c``, the code and its arguments; or the file and its arguments.
        noted: The file for the script's exceptions and warnings, see
            `verify.fork.noting`.

    Attributes:
        code: The compiled script.
        names: The namespace of ``__main__``.
        error: The exception that ended the script, set by the caller; else None.

    Raises:
        SyntaxError: If the script can't be compiled. `compile` may also raise a
            `ValueError`, `RecursionError` or `MemoryError`.
    """

    def __init__(self, argv: list[str], noted: str) -> None:
        self._last = next(reversed(sys.modules))
        main = sys.modules["__main__"] = ModuleType("__main__")
        self.names = main.__dict__
        self.names.update(
            __builtins__=__builtins__, __annotations__={}, __cached__=None
        )
        sys.orig_argv = [sys.executable, *argv]
        self.error: BaseException | None = None
        file = ""
        source: str | bytes
        if argv[0] == "-c":
            sys.path[0], sys.argv, source = "", ["-c", *argv[2:]], argv[1]
        else:
            sys.argv, file = argv, argv[0]
            sys.path[0] = os.path.dirname(os.path.realpath(file))
            main.__file__ = os.path.abspath(file)
            main.__loader__ = importlib.machinery.SourceFileLoader("__main__", file)
            with open(file, "rb") as opened:
                source = opened.read()
        if device := os.environ.get(DEFAULT_DEVICE):
            sys.modules["torch"].set_default_device(device)
        name = os.path.abspath(file) if file else "<string>"
        noting.start(noted, name if file else "")
        self.code: CodeType = noting.compiled(source, name)
        # A destructor may run an `except` clause, which calls the hook, after `_forget`
        # has restored the builtins.
        _BUILTINS.update((n, v) for n, v in vars(builtins).items() if n == noting.HOOK)

    def end(self) -> int:
        """Do what an interpreter does when it exits.

        Only installed modules aren't torn down, which would take half a second.

        Returns:
            The exit code, or a negative signal number.
        """
        error, self.error = self.error, None
        if error and error.__traceback__:
            # Drop the first frame, which is the server's. It has to go from the
            # exception itself: in Python 3.11 `sys.excepthook` prints the exception's
            # own traceback, not the one that it's given.
            error = error.with_traceback(error.__traceback__.tb_next)
        if error:
            noting.note_error(error)
        code = _report(error) if error else 0
        del error  # its traceback keeps the objects of all its frames alive
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        _flush()
        del self.names, self.code
        _forget(self._last)
        _flush()
        # Also flush the buffers of C, unless a signal is to end this process: a signal
        # wouldn't flush them either.
        if _C and code >= 0:
            _C.fflush(None)
        return code


def _report(error: BaseException) -> int:
    """Print an uncaught exception as the interpreter does, and return the exit code."""
    if isinstance(error, SystemExit):
        return _exit_code(error.code)
    sys.last_type, sys.last_value = type(error), error
    sys.last_traceback = error.__traceback__
    hook, second = getattr(sys, "excepthook", None), None
    try:
        if hook is None:
            print("sys.excepthook is missing", file=sys.stderr)
            hook = sys.__excepthook__
        hook(type(error), error, error.__traceback__)
    except SystemExit as left:
        return _exit_code(left.code)
    except BaseException as failure:
        second = failure.with_traceback(
            failure.__traceback__ and failure.__traceback__.tb_next
        )
    if second:
        print("Error in sys.excepthook:", file=sys.stderr)
        sys.__excepthook__(type(second), second, second.__traceback__)
        print("\nOriginal exception was:", file=sys.stderr)
        sys.__excepthook__(type(error), error, error.__traceback__)
    return -signal.SIGINT if isinstance(error, KeyboardInterrupt) else 1


def _exit_code(code: object) -> int:
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    print(code, file=sys.stderr)
    return 1


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(ValueError, OSError, AttributeError):
            stream.flush()


def _forget(last: str) -> None:
    """Destroy the script's objects in the order in which an interpreter does.

    The order decides what destructors can still use, and so what they print. See
    ``finalize_modules`` in CPython's ``pylifecycle.c``.

    Args:
        last: The last name in ``sys.modules`` before the script ran.
    """
    sys.settrace(None)
    sys.setprofile(None)
    for name in ("last_type", "last_value", "last_traceback"):
        vars(sys).pop(name, None)
    for name in ("stdin", "stdout", "stderr"):
        setattr(sys, name, getattr(sys, f"__{name}__"))
    alive = []
    own = _own_modules(last)
    # An interpreter has emptied `sys.modules` by now, so the traceback of an error in a
    # destructor has no source lines. Without `io`, it has none here either.
    sys.modules["io"] = None  # type: ignore[assignment]
    for name in ["__main__", *own]:
        if isinstance(module := sys.modules.get(name), ModuleType):
            alive.append(weakref.ref(module))
            sys.modules.pop(name)
        del module
    for name in own:  # entries that aren't modules
        sys.modules.pop(name, None)
    names = vars(builtins)
    changed = dict(names)
    names.clear()
    names.update(_BUILTINS)
    changed.clear()
    # Collect before the namespaces are cleared below, because destructors of cyclic
    # garbage still find the names of their module.
    gc.collect()
    for reference in reversed(alive):
        if module := reference():
            names = vars(module)
            for name in [n for n in names if n[:1] == "_" and n[1:2] != "_"]:
                names[name] = None
            for name in [n for n in names if n != "__builtins__"]:
                names[name] = None


def _own_modules(last: str) -> list[str]:
    """Return the names that the script added to ``sys.modules``, in that order.

    Modules of the standard library and installed packages are left out: tearing those
    down takes about half a second.

    Args:
        last: The last name in ``sys.modules`` before the script ran.
    """
    own = []
    # From the end, and only as far as necessary: touching a name changes its reference
    # count, so the kernel copies the memory page that it's on.
    for name in reversed(sys.modules):
        if name == last:
            break
        if name in AHEAD:
            continue
        module = sys.modules[name]
        file = getattr(module, "__file__", None)
        spec = getattr(module, "__spec__", None)
        is_builtin = getattr(spec, "origin", None) in ("built-in", "frozen")
        if not is_builtin and not str(file).startswith(_INSTALLED):
            own.append(name)
    return own[::-1]


_INSTALLED = (sys.prefix, sys.base_prefix, sys.exec_prefix)

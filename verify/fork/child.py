"""Turn a fork of the warm server into what ``python FILE`` would be."""

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

# Taken before a script can change anything.
_BUILTINS = dict(vars(builtins))
_C = None if os.name == "nt" else ctypes.CDLL(None)
_IONBF = 2  # no buffer, in glibc's stdio.h


def become(message: dict, files: list[int]) -> Script:
    """Turn this process into a fresh interpreter that is about to run a script.

    Args:
        message: ``argv`` (what follows ``python``), ``cwd``, ``env``, ``targets``: the
            numbers under which the script finds its open files, ``session``: whether it
            leads one (a worker doesn't, because it may want to make its own),
            ``fresh``: whether to start a real interpreter, and ``noted``: the file for
            the messages that it meets, see `noting`.
        files: Open files in the order of ``targets``.

    Returns:
        The script. If a real interpreter has to be started, this process becomes that
        and the function doesn't return.
    """
    if message["session"]:
        os.setsid()  # its own group: killing it kills what the script started
    _place(files, message["targets"])
    os.chdir(message["cwd"])
    argv, env = message["argv"], message["env"]
    split = None if message.get("fresh") else _without_flags(argv)
    if split:
        _become_environment(env)
        rest, unbuffered = split
        _fresh_streams(unbuffered or bool(env.get("PYTHONUNBUFFERED")))
        _fresh_state()
        # The interpreter reads a file in another way than `compile`, which shows where
        # the file can't be compiled.
        with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
            return Script(rest, message["noted"])
        _flush()
    os.execve(sys.executable, [sys.executable, *argv], env)


def _place(files: list[int], targets: list[int]) -> None:
    """Give open files their numbers, and close all others.

    In place, because a low limit (`ulimit -n 64`) leaves no room above them.
    """
    at = dict(zip(targets, files, strict=True))
    for target in targets:
        for other, fd in at.items():
            if fd == target and other != target:  # which it is about to overwrite
                at[other] = os.dup(fd)
        if at[target] == target:
            os.set_inheritable(target, True)
        else:
            os.dup2(at[target], target)
        at[target] = target
    for fd in map(int, os.listdir("/proc/self/fd")):
        if fd not in at:
            with contextlib.suppress(OSError):  # the one that listed them
                os.close(fd)


def _become_environment(env: dict[str, str]) -> None:
    """Set what differs from the server's, which is little of it."""
    for name in os.environ.keys() - env.keys():
        del os.environ[name]
    for name, value in env.items():
        if os.environ.get(name) != value:
            os.environ[name] = value


def _without_flags(argv: list[str]) -> tuple[list[str], bool] | None:
    """Split off the interpreter's flags.

    Returns:
        The rest, and whether ``-u`` was among the flags. None if a fork can't be what
        the command line asks for: a flag that this interpreter wasn't started with, a
        module (``-m``), a program on standard input, a folder, no program at all.
    """
    rest, unbuffered = list(argv), False
    while rest and rest[0].startswith("-") and rest[0] != "-c":
        import subprocess  # torch has imported it

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
    """Make stdin, stdout and stderr as the interpreter does when it starts."""
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
    """Undo what a fork shares with its siblings and a fresh interpreter does not."""
    # Without this, every file that sets no seed would print the same numbers.
    if torch := sys.modules.get("torch"):
        torch.default_generator.seed()
        # OpenMP read it when torch was imported; torchrun sets it for its ranks.
        threads = os.environ.get("OMP_NUM_THREADS", "")
        if threads.isdecimal() and int(threads) not in (0, torch.get_num_threads()):
            torch.set_num_threads(int(threads))
    if random := sys.modules.get("numpy.random"):
        random.seed()
    tempfile.tempdir = None  # the server's own, which the script must not fill
    if shim := os.environ.get("PYTHON_EXEC"):
        import multiprocessing.spawn

        multiprocessing.spawn.set_executable(shim)
    for path in reversed(os.environ.get("PYTHONPATH", "").split(os.pathsep)):
        if path and path not in sys.path:
            sys.path.insert(1, path)


class Script:
    """What ``-c CODE`` or ``FILE`` is as ``__main__``.

    The caller executes `code` itself, for each frame between it and the script would be
    one that a reader's traceback doesn't have.

    Args:
        argv: ``-c``, the code and arguments, or the file and arguments.
        noted: The file for the messages that it meets.

    Attributes:
        code: The compiled script.
        names: The module's namespace.
        error: What the script raised.

    Raises:
        SyntaxError: If the script can't be compiled; also `ValueError`,
            `RecursionError` or `MemoryError`.
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
        # A destructor may catch something after the builtins have gone.
        _BUILTINS.update((n, v) for n, v in vars(builtins).items() if n == noting.HOOK)

    def end(self) -> int:
        """Do what an interpreter does at its end.

        All but half a second in which it would take apart each imported module.

        Returns:
            The exit code, or a negative signal number.
        """
        error, self.error = self.error, None
        if error and error.__traceback__:
            # In 3.11 the hook prints the exception's own traceback and not the one
            # that it gets. The first frame is the server's.
            error = error.with_traceback(error.__traceback__.tb_next)
        if error:
            noting.note_error(error)
        code = _report(error) if error else 0
        del error  # and all objects of the frames that it went through
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        _flush()
        del self.names, self.code
        _forget(self._last)
        _flush()
        # C has its own buffer. A signal ends a process without writing it.
        if _C and code >= 0:
            _C.fflush(None)
        return code


def _report(error: BaseException) -> int:
    """Show what a script raised as the interpreter does; return the exit code."""
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
    """Let go of what the script made, in the order in which an interpreter does.

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
    # An interpreter has taken all modules away by now, so it finds no source lines for
    # the traceback of a destructor.
    sys.modules["io"] = None  # type: ignore[assignment]
    for name in ["__main__", *own]:
        if isinstance(module := sys.modules.get(name), ModuleType):
            alive.append(weakref.ref(module))
            sys.modules.pop(name)
        del module
    for name in own:  # what isn't a module, after all modules
        sys.modules.pop(name, None)
    names = vars(builtins)
    changed = dict(names)
    names.clear()
    names.update(_BUILTINS)
    changed.clear()
    # Destructors that run now still find the names of their module.
    gc.collect()
    for reference in reversed(alive):
        if module := reference():
            names = vars(module)
            for name in [n for n in names if n[:1] == "_" and n[1:2] != "_"]:
                names[name] = None
            for name in [n for n in names if n != "__builtins__"]:
                names[name] = None


def _own_modules(last: str) -> list[str]:
    """Return what the script itself put into ``sys.modules``.

    Not what is installed: taking that apart is the half second.
    """
    own = []
    # From the end, for a look at each name would copy the page that it is on.
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

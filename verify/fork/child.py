"""Turn a fork of the warm server into what ``python FILE`` would be."""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import gc
import importlib.machinery
import io
import os
import signal
import sys
import tempfile
import threading
from types import CodeType
from typing import BinaryIO, cast

from verify.fork import DEFAULT_DEVICE
from verify.fork.protocol import leave

_FIRST_FREE = 500  # descriptors below this are the script's, above it ours to move


def become(message: dict, files: list[int], python: str) -> None:
    """Run a request in this process as a fresh interpreter would, and end it.

    Args:
        message: ``argv`` (what follows ``python``), ``cwd``, ``env``, ``targets``, the
            numbers that the script finds its open files under, and ``session``,
            whether it leads one. A worker does not: it may want to make its own.
        files: Open files in the order of ``targets``.
        python: The interpreter that a cold run starts; "" to run in this fork.
    """
    if message["session"]:
        os.setsid()  # a group of its own: killing it kills what the script started
    files = [fcntl.fcntl(fd, fcntl.F_DUPFD, _FIRST_FREE) for fd in files]
    os.closerange(3, _FIRST_FREE)
    for fd in {0, 1, 2}.difference(message["targets"]):
        os.close(fd)
    for fd, target in zip(files, message["targets"], strict=True):
        os.dup2(fd, target)
        os.close(fd)
    os.chdir(message["cwd"])
    if python:
        os.execve(python, [python, *message["argv"]], message["env"])
    _become_environment(message["env"])
    argv, unbuffered = _without_flags(message["argv"])
    _fresh_streams(unbuffered)
    _fresh_state()
    leave(_run(argv))


def _become_environment(env: dict[str, str]) -> None:
    """Set what differs from the server's, which is little of it."""
    for name in os.environ.keys() - env.keys():
        del os.environ[name]
    for name, value in env.items():
        if os.environ.get(name) != value:
            os.environ[name] = value


def _without_flags(argv: list[str]) -> tuple[list[str], bool]:
    """Split off the interpreter's flags; multiprocessing repeats those it runs with."""
    argv, unbuffered = list(argv), bool(os.environ.get("PYTHONUNBUFFERED"))
    while argv[0].startswith("-") and argv[0] not in ("-", "-c"):
        unbuffered |= argv[0] == "-u"
        argv = argv[2 if argv[0] in ("-X", "-W") else 1 :]
    return argv, unbuffered


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


def _run(argv: list[str]) -> int:
    """Execute ``-c CODE`` or ``FILE`` as ``__main__``; the exit code."""
    main = sys.modules["__main__"] = type(sys)("__main__")
    main.__dict__.update(__builtins__=__builtins__, __annotations__={}, __cached__=None)
    sys.orig_argv = [sys.executable, *argv]
    code = 0
    source: str | CodeType
    try:
        if argv[0] == "-c":
            sys.path[0], sys.argv, source = "", ["-c", *argv[2:]], argv[1]
        else:
            sys.argv = argv
            file = argv[0]
            sys.path[0] = os.path.dirname(os.path.realpath(file))
            main.__file__ = os.path.abspath(file)
            main.__loader__ = importlib.machinery.SourceFileLoader("__main__", file)
            with open(file, "rb") as opened:
                source = compile(
                    opened.read(), main.__file__, "exec", dont_inherit=True
                )
        if device := os.environ.get(DEFAULT_DEVICE):
            sys.modules["torch"].set_default_device(device)
        exec(source, main.__dict__)
    except SystemExit as error:
        code = _exit_code(error.code)
    except BaseException as error:
        # In 3.11 the hook prints the exception's own traceback and not the one that
        # it is handed: take our frame off both.
        trace = error.__traceback__ and error.__traceback__.tb_next
        sys.excepthook(type(error), error.with_traceback(trace), trace)
        code = -signal.SIGINT if isinstance(error, KeyboardInterrupt) else 1
    # What an interpreter does at its end, but for the half second in which it takes
    # apart each imported module.
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    _flush()
    main.__dict__.clear()
    gc.collect()
    _flush()
    return code


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

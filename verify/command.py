"""Run a command so that it ends with an exit code and one line, not a traceback.

This covers wrong requests, errors of the system, Ctrl-C, SIGTERM and closed pipes.
"""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator

from verify import RequestError, SnippetError
from verify.evidence import RecordError
from verify.fork.client import ServerError

WRONG_REQUEST = 2
INTERRUPTED = 128 + signal.SIGINT
TERMINATED = 128 + signal.SIGTERM
NOBODY_READS = 128 + 13  # as after SIGPIPE, which Windows doesn't define


class _Terminated(KeyboardInterrupt):
    """Raised on SIGTERM, so that a command ends as orderly as after Ctrl-C."""


def run_command(
    work: Callable[[], int],
    hint: str = "",
    errors: tuple[type[Exception], ...] = (),
) -> int:
    """Run a command and turn whatever ends it into an exit code.

    Args:
        work: A function that runs the command and returns its exit code.
        hint: Text after "interrupted" or "terminated", e.g. how to continue.
        errors: Exceptions to report in one line, in addition to those of `verify`.

    Returns:
        The return value of `work`, or 2 after an exception that is reported in one
        line, 130 after Ctrl-C, 143 after SIGTERM, or 141 if the reader of the output
        has closed the pipe.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    known: tuple[type[Exception], ...] = (
        RequestError,
        RecordError,
        ServerError,
        SnippetError,
        OSError,
        *errors,
    )
    with _sigterm_raises():
        try:
            code = work()
            if sys.stdout:
                sys.stdout.flush()
            return code
        except _Terminated:
            _say(f"\nverify: terminated{hint}")
            return TERMINATED
        except KeyboardInterrupt:
            _say(f"\nverify: interrupted{hint}")
            return INTERRUPTED
        except BrokenPipeError:
            _drop_unwritable_output()
            return NOBODY_READS
        except known as error:
            _drop_unwritable_output()
            _say(f"verify: {error}")
            return WRONG_REQUEST


@contextlib.contextmanager
def _sigterm_raises() -> Iterator[None]:
    """Raise an exception on SIGTERM, so that a command can save its results.

    Only the main thread can set a signal handler, so this does nothing in another.
    """

    def terminate(*_) -> None:
        raise _Terminated

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _drop_unwritable_output() -> None:
    """Discard output that can't be written to standard output.

    Otherwise Python would try to write it again at exit, and print a traceback.
    """
    try:
        if sys.stdout:
            sys.stdout.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _say(line: str) -> None:
    with contextlib.suppress(OSError):
        print(line, file=sys.stderr, flush=True)

"""How a command ends: with an exit code and one line, whatever ends it."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator

from verify import RequestError
from verify.evidence import RecordError
from verify.fork.client import ServerError

WRONG_REQUEST = 2
INTERRUPTED = 128 + signal.SIGINT
TERMINATED = 128 + signal.SIGTERM
NOBODY_READS = 128 + 13  # as if SIGPIPE, which Windows doesn't have, had ended it


class _Terminated(KeyboardInterrupt):
    """SIGTERM, which ends a command in the same orderly way as Ctrl-C."""


def run_command(
    work: Callable[[], int],
    hint: str = "",
    errors: tuple[type[Exception], ...] = (),
) -> int:
    """Run a command and turn whatever ends it into an exit code.

    Args:
        work: The command; it returns its exit code.
        hint: Text after "interrupted", e.g. how to continue.
        errors: More errors, in addition to those of `verify`, with one line each.

    Returns:
        The code of `work`. 2 after a wrong request or an error of the system, 130 after
        Ctrl-C, 143 after SIGTERM, 141 if nobody reads the output anymore.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    known: tuple[type[Exception], ...] = (
        RequestError,
        RecordError,
        ServerError,
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
    """Let SIGTERM raise in the main thread, so that results are saved at the end."""

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
    """Drop what standard output doesn't take.

    Python would try again when it ends, and print a traceback.
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

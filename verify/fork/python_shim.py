"""Stand in for ``python ARGS``: have the warm server fork instead of importing torch.

A shell script, written by `verify.fork.keeper`, runs this file. torchrun starts its
workers with that script because ``PYTHON_EXEC`` contains its path, and multiprocessing
starts spawned processes with it because `verify.fork.child` calls ``set_executable``.
"""

import _signal  # type: ignore[import-not-found]
import _socket
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

# Import nothing else, because each worker has to wait for it. Nor import it as
# `verify.fork.protocol`, because the package `verify` imports `pathlib`.
from protocol import (  # type: ignore[import-not-found]
    MAX_FILES,
    Inbox,
    leave,
    send,
)


def main(address: str, python: str, *argv: str) -> None:
    """Pass open files, folder and environment to a fork, and end in the same way.

    SIGTERM and SIGINT are passed on to the fork meanwhile.

    Args:
        address: Path of the slot's socket.
        python: The interpreter to start if the slot can't be reached.
        *argv: What follows ``python`` on the command line.
    """
    files = [
        fd
        for fd in map(int, os.listdir("/proc/self/fd"))
        if os.path.exists(f"/proc/self/fd/{fd}")  # `listdir` has closed its own
    ]
    connection = _socket.socket(_socket.AF_UNIX)
    try:
        if len(files) > MAX_FILES:
            raise OSError("more files than one message can carry")
        connection.connect(address)
    except OSError:
        os.execv(python, [python, *argv])
    send(
        connection,
        files,
        targets=files,
        session=False,
        argv=argv,
        cwd=os.getcwd(),
        env=dict(os.environ),
    )
    for number in (_signal.SIGTERM, _signal.SIGINT):
        _signal.signal(number, lambda n, _: connection.send(bytes([n])))
    try:
        inbox = Inbox(connection)
        connection.setblocking(True)
        answer = inbox.receive()
    except (EOFError, ValueError):
        answer = None
    leave(answer["code"] if answer else 1)


if __name__ == "__main__":
    main(*sys.argv[1:])

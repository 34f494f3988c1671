"""Be ``python ARGS`` for a program that starts one, in a fork of the warm server.

torchrun starts its workers with the program that ``PYTHON_EXEC`` names, and
multiprocessing's spawn with the one that is set there. The runner names a script that
runs this file. A worker then costs a fork instead of an import of torch.
"""

import _signal  # type: ignore[import-not-found]
import _socket
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

# Nothing more: a worker waits for what this file imports. And not as a part of
# `verify`, which imports `pathlib`.
from protocol import (  # type: ignore[import-not-found]
    MAX_FILES,
    Inbox,
    leave,
    send,
)


def main(address: str, python: str, *argv: str) -> None:
    """Hand this process's files, folder and environment to a fork; end as it ends.

    Args:
        address: The server's socket.
        python: The interpreter to start if the server can't be reached.
        argv: What follows ``python`` on the command line.
    """
    files = [
        fd
        for fd in map(int, os.listdir("/proc/self/fd"))
        if os.path.exists(f"/proc/self/fd/{fd}")  # not the one that listed them
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

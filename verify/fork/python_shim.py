"""Be ``python ARGS`` for a program that starts one, by a fork of the warm server.

torchrun starts its workers with the program that ``PYTHON_EXEC`` names and
multiprocessing's spawn with the one that is set there; the runner names this file.
A worker then costs a fork and not an import of torch.
"""

import _signal  # type: ignore[import-not-found]
import _socket
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

# Nothing more, see there: what a worker imports here, it waits for. Not as a part of
# `verify`, which imports `pathlib`.
from protocol import leave, send, unpack  # type: ignore[import-not-found]


def main(address: str, *argv: str) -> None:
    """Hand this process's files, folder and environment to a fork; end as it ends.

    Args:
        address: Socket of the server.
        argv: What follows ``python`` on the command line.
    """
    files = [
        fd
        for fd in map(int, os.listdir("/proc/self/fd"))
        if os.path.exists(f"/proc/self/fd/{fd}")  # not the one that listed them
    ]
    connection = _socket.socket(_socket.AF_UNIX)
    connection.connect(address)
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
        _signal.signal(number, lambda n, _: connection.sendall(bytes([n])))
    answer = connection.recv(4096)
    leave(unpack(answer)["code"] if answer else 1)


if __name__ == "__main__":
    main(*sys.argv[1:])

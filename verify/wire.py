"""How a request travels, one message of JSON with open files, and how it ends."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket

MAX_FILES = 64


def send(path: str, files: list[int], **message) -> socket.socket:
    """Send a request.

    Args:
        path: Address of a Unix socket.
        files: Descriptors that the other side is to have, in the order of
            ``message["targets"]``.
        message: What JSON can hold.

    Returns:
        The open connection; the answer comes over it.
    """
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(path)
    body = json.dumps(message).encode()
    socket.send_fds(connection, [len(body).to_bytes(4, "big")], files)
    connection.sendall(body)
    return connection


def receive(connection: socket.socket) -> tuple[dict, list[int]] | None:
    """Receive what `send` sent; None if the other side has gone, even half-way."""
    size, files, *_ = socket.recv_fds(connection, 4, MAX_FILES)
    length = int.from_bytes(size, "big")
    body = connection.recv(length, socket.MSG_WAITALL)
    if not body or len(body) < length:
        for fd in files:
            os.close(fd)
        return None
    return json.loads(body), files


def leave(code: int) -> None:
    """End this process at once with the status that another ended with.

    Args:
        code: Exit code, or a negative signal number.
    """
    if code < 0:
        with contextlib.suppress(OSError):  # SIGKILL cannot be handled
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code & 0xFF)

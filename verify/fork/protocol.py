"""How a request travels, one message with open files, and how a process ends.

The shim needs this for each process that a script starts, which waits for it. So it is
made of modules in C: `json`, `socket` and `signal` bring `re` and `enum` along and take
longer than the interpreter's own start. What Python's `marshal` of version 2 writes,
each Python 3 reads.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import _socket
import marshal
import os
import sys

MAX_FILES = 64
VERSION = 2


def send(connection: _socket.socket, files: list[int], **message: object) -> None:
    """Send a request.

    Args:
        connection: A Unix socket that is connected; the answer comes over it.
        files: Descriptors that the other side is to have, in the order of
            ``message["targets"]``.
        message: What `pack` takes.
    """
    body = pack(message)
    numbers = b"".join(fd.to_bytes(4, sys.byteorder) for fd in files)
    rights = [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, numbers)]
    connection.sendmsg([len(body).to_bytes(4, "big")], rights)
    connection.sendall(body)


def receive(connection: _socket.socket) -> tuple[dict, list[int]] | None:
    """Receive what `send` sent; None if the other side has gone, even half-way."""
    room = _socket.CMSG_SPACE(4 * MAX_FILES)
    size, rights, *_ = connection.recvmsg(4, room)
    files = [
        int.from_bytes(numbers[i : i + 4], sys.byteorder)
        for _, _, numbers in rights
        for i in range(0, len(numbers), 4)
    ]
    length = int.from_bytes(size, "big")
    body = connection.recv(length, _socket.MSG_WAITALL)
    if not body or len(body) < length:
        for fd in files:
            os.close(fd)
        return None
    return unpack(body), files


def pack(value: dict | list) -> bytes:
    """Numbers, texts, lists and dicts of them as bytes."""
    return marshal.dumps(value, VERSION)


def unpack(data: bytes):
    """What `pack` packed."""
    return marshal.loads(data)


def leave(code: int) -> None:
    """End this process at once with the status that another ended with.

    Args:
        code: Exit code, or a negative signal number.
    """
    if code < 0:
        if code != -_signal.SIGKILL:  # which cannot be handled
            _signal.signal(-code, _signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code & 0xFF)

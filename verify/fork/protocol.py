"""How messages travel between processes, and how a process ends.

The shim needs this for each process that a script starts, and that process waits for
it. So this file imports only modules written in C: `json`, `socket` and `signal` import
`re` and `enum`, which takes longer than starting the interpreter. Every Python 3 reads
what another writes with version 2 of `marshal`.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import _socket
import marshal
import os
import sys

# A script may replace them in `os`.
from os import _exit, getpid, kill

MAX_FILES = 64
MAX_BYTES = 1 << 24
VERSION = 2


def send(connection: _socket.socket, files: list[int], **message: object) -> None:
    """Send a message and open files.

    Args:
        connection: A connected Unix socket.
        files: Descriptors for the other side, at most `MAX_FILES`.
        message: What `pack` accepts.
    """
    body = pack(message)
    numbers = b"".join(fd.to_bytes(4, sys.byteorder) for fd in files)
    rights = [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, numbers)] if files else []
    connection.sendmsg([len(body).to_bytes(4, "big")], rights)
    connection.sendall(body)


class Inbox:
    """The messages that arrive on a connection, in whatever pieces.

    It never blocks, because the other side may send half a message and fall silent.

    Args:
        connection: A connected Unix socket.

    Attributes:
        files: The open files that came with the messages so far. Whoever uses them
            takes them out of the list.
    """

    def __init__(self, connection: _socket.socket) -> None:
        connection.setblocking(False)
        self.connection = connection
        self.files: list[int] = []
        self._size, self._data = 0, b""

    def receive(self) -> dict | None:
        """Return the next message, or None if it hasn't arrived completely.

        Raises:
            EOFError: If the other side has closed the connection.
            ValueError: If what arrived isn't a message.
        """
        while True:
            # Never more than this message: single bytes, which are signals, may follow.
            missing = (self._size or 4) - len(self._data)
            if missing:
                try:
                    data, rights, *_ = self.connection.recvmsg(
                        missing, _socket.CMSG_SPACE(4 * MAX_FILES)
                    )
                except BlockingIOError:
                    return None
                except OSError as error:
                    raise EOFError(str(error)) from error
                for _level, _kind, numbers in rights:
                    for i in range(0, len(numbers) - 3, 4):
                        self.files.append(
                            int.from_bytes(numbers[i : i + 4], sys.byteorder)
                        )
                if not data:
                    raise EOFError("the other side has closed the connection")
                self._data += data
            elif self._size:
                body, self._size, self._data = self._data, 0, b""
                return unpack(body)
            else:
                self._size, self._data = int.from_bytes(self._data, "big"), b""
                if not 0 < self._size <= MAX_BYTES:
                    raise ValueError(f"a message of {self._size} bytes")

    def close(self) -> None:
        """Close the connection and the files that nobody took."""
        self.connection.close()
        for fd in self.files:
            os.close(fd)
        self.files = []


def pack(value: dict) -> bytes:
    """Return numbers, texts, lists and dicts of them as bytes."""
    return marshal.dumps(value, VERSION)


def unpack(data: bytes) -> dict:
    """Return what `pack` packed.

    Raises:
        ValueError: If the bytes are anything else.
    """
    try:
        value = marshal.loads(data)
    except (EOFError, TypeError) as error:
        raise ValueError(str(error)) from error
    if not isinstance(value, dict):
        raise ValueError(f"expected a dict, got {type(value).__name__}")
    return value


def leave(code: int) -> None:
    """End this process at once with the status that another ended with.

    Args:
        code: Exit code, or a negative signal number.
    """
    if code < 0:
        if code != -_signal.SIGKILL:  # which cannot be handled
            _signal.signal(-code, _signal.SIG_DFL)
        kill(getpid(), -code)
    _exit(code & 0xFF)

"""Send messages and open files between processes, and end a process like another.

`verify.fork.python_shim` imports this file for each process that a script starts, and
the process has to wait for that. So this file imports only modules written in C:
`json`, `socket` and `signal` import `re` and `enum`, which takes longer than starting
the interpreter. Messages use version 2 of `marshal`, which every Python 3 can read.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import _socket
import marshal
import os
import sys

# Not through `os`, where a script may replace them.
from os import _exit, getpid, kill

MAX_FILES = 64
MAX_BYTES = 1 << 24
VERSION = 2


def send(connection: _socket.socket, files: list[int], **message: object) -> None:
    """Send a message, and open files with it.

    Args:
        connection: A connected Unix socket.
        files: Descriptors to pass to the other side, at most `MAX_FILES`.
        **message: The message, with values that `pack` accepts.

    Raises:
        OSError: If the message can't be sent.
    """
    body = pack(message)
    numbers = b"".join(fd.to_bytes(4, sys.byteorder) for fd in files)
    rights = [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, numbers)] if files else []
    connection.sendmsg([len(body).to_bytes(4, "big")], rights)
    connection.sendall(body)


class Inbox:
    """Receives messages that arrive on a connection in pieces.

    The connection is set to non-blocking, because the other side may send half a
    message and then nothing.

    Args:
        connection: A connected Unix socket.

    Attributes:
        connection: The connection.
        files: Descriptors of the open files that came with the messages so far. `close`
            closes them, so take them out of the list to keep them open.
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
            # Don't read beyond this message: single bytes, which are signals, may
            # follow.
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
        """Close the connection and all files that are still in the list."""
        self.connection.close()
        for fd in self.files:
            os.close(fd)
        self.files = []


def pack(value: dict) -> bytes:
    """Serialize a dict of numbers, strings, lists and dicts.

    Args:
        value: The dict.

    Returns:
        The bytes.
    """
    return marshal.dumps(value, VERSION)


def unpack(data: bytes) -> dict:
    """Restore a dict from the bytes that `pack` returned.

    Args:
        data: The bytes.

    Returns:
        The dict.

    Raises:
        ValueError: If the bytes aren't a dict.
    """
    try:
        value = marshal.loads(data)
    except (EOFError, TypeError) as error:
        raise ValueError(str(error)) from error
    if not isinstance(value, dict):
        raise ValueError(f"expected a dict, got {type(value).__name__}")
    return value


def leave(code: int) -> None:
    """End this process at once, in the same way as another process ended.

    Args:
        code: Exit code of the other process, or the negative number of the signal that
            killed it.
    """
    if code < 0:
        if code != -_signal.SIGKILL:  # SIGKILL has no handler to reset
            _signal.signal(-code, _signal.SIG_DFL)
        kill(getpid(), -code)
    _exit(code & 0xFF)

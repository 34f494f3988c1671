"""Start the server process, check that scripts haven't tampered with it, and end it.

The server process is the keeper of the slots, see `verify.fork.server`. `Keeper` is the
object for it in the runner's process.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

from verify.fork.cleanup import delete_folder
from verify.fork.processes import (
    children,
    condition,
    having,
    is_stopped,
    kill,
    parent,
)
from verify.fork.protocol import Inbox, send

HERE = Path(__file__).parent
# By default, waiting OpenMP threads spin on a core that another file needs, which made
# operations on small tensors nine times slower. OpenMP reads this when torch is
# imported, so the server needs it but the environment of a script doesn't.
WAITING = {"OMP_WAIT_POLICY": "passive"}
TOKEN = "VERIFY_RUN"
"""Environment variable that marks all processes of a server, to find and kill them."""
ANSWER = 60.0  # seconds in which an idle slot must answer


class ServerError(RuntimeError):
    """The interpreter can't run commands, for example because torch is missing."""


class UnsafeError(ServerError):
    """An import made forks unsafe, for example because it started a thread."""


class Keeper:
    """A running server.

    Args:
        python: The interpreter.
        flags: Flags for the interpreter.
        env: Environment of the server.
        kind: ``"warm"`` imports torch and `ahead`, ``"bare"`` only torch, ``"cold"``
            nothing.
        ahead: Modules to import ahead, in addition to torch.
        slots: How many files may run at once.
        start_timeout: Seconds that importing torch may take.

    Attributes:
        process: The server process.
        users: How many commands use this keeper.
        token: The value of `TOKEN` in the environment of its processes.
        versions: ``{"python": …, "torch": …}``, without torch if the server is cold.
        import_warnings: What the server wrote to standard error while it started.

    Raises:
        ServerError: If the interpreter can't run commands.
        UnsafeError: If the modules of this kind make forks unsafe.
    """

    def __init__(
        self,
        python: str,
        flags: tuple[str, ...],
        env: dict[str, str],
        kind: str,
        ahead: tuple[str, ...],
        slots: int,
        start_timeout: float,
    ) -> None:
        self.users = 0
        self.token = uuid.uuid4().hex
        self._is_broken = False
        # Short names, because the path of a Unix socket can't exceed 107 characters.
        # Each slot has its own folder with a random name: a file that knows its own
        # socket doesn't know those of other slots.
        self._home = Path(tempfile.mkdtemp(prefix="verify-"))
        self._places = [
            Path(tempfile.mkdtemp(prefix="verify-slot-")) for _ in range(slots)
        ]
        for place in self._places:
            _write_shim(place, python)
        (self._home / "tmp").mkdir()
        sockets = [str(place / "socket") for place in self._places]
        command = [python, *flags, str(HERE / "server.py"), kind, str(slots)]
        with open(self._home / "log", "w") as log:
            self.process = subprocess.Popen(
                [*command, *sockets, *ahead],
                env={
                    **WAITING,
                    **env,
                    "TMPDIR": str(self._home / "tmp"),
                    TOKEN: self.token,
                },
                cwd=self._home / "tmp",
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        try:
            self._greet(python, start_timeout)
        except BaseException:
            self.kill()
            self.end()
            raise

    def _greet(self, python: str, start_timeout: float) -> None:
        """Wait for the first line of the server, which says that it's ready.

        Raises:
            ServerError: If the server ends or doesn't get ready in time.
            UnsafeError: If forks would be unsafe.
        """
        assert self.process.stdout
        came = select.select([self.process.stdout], [], [], start_timeout)[0]
        line = self.process.stdout.readline() if came else b""
        self.import_warnings = (self._home / "log").read_text(errors="replace")
        if not line:
            last = (self.import_warnings.strip() or "no output").splitlines()[-1]
            if not came:
                last = f"import torch ran longer than {start_timeout:g} s"
            raise ServerError(f"{python} cannot run snippets: {last}")
        hello = json.loads(line)
        if "unsafe" in hello:
            raise UnsafeError(hello["unsafe"])
        self.versions: dict[str, str] = hello["versions"]
        self._slots: list[int] = hello["slots"]
        self._condition = condition(self.process.pid)

    def address(self, slot: int) -> str:
        """Return the path of a slot's socket."""
        return str(self._places[slot] / "socket")

    def shim(self, slot: int) -> str:
        """Return the path of the program that the files of a slot start as Python."""
        return str(self._places[slot] / "python")

    def noted(self, slot: int) -> str:
        """Return the path of the file for the messages that a script meets in a slot.

        Messages are exceptions and warnings. See `verify.fork.noting`.
        """
        return str(self._home / f"noted-{slot}")

    def pid(self, slot: int) -> int:
        """Return the process ID of a slot."""
        return self._slots[slot]

    def has_place(self, slot: int) -> bool:
        """Return whether the socket and the ``python`` of a slot still exist."""
        return all(map(os.path.exists, (self.address(slot), self.shim(slot))))

    def is_fit(self, slot: int) -> bool:
        """Return whether the server can run a command, as it could at its start.

        A stopped server is continued, and a slot that has changed is replaced.

        Args:
            slot: The slot that the command is for.
        """
        if self._is_broken or self.process.poll() is not None:
            return False
        with contextlib.suppress(OSError):
            if is_stopped(self.process.pid):
                kill(self.process.pid, signal.SIGCONT)
            return (
                self.has_place(slot)
                and condition(self.process.pid) == self._condition
                and (self.is_unchanged(slot) or self.replace(slot))
            )
        return False

    def is_unchanged(self, slot: int) -> bool:
        """Return whether a slot is alive, idle, and has its original limits.

        Args:
            slot: The slot.
        """
        pid = self._slots[slot]
        with contextlib.suppress(OSError):
            return (
                parent(pid) == self.process.pid
                and not is_stopped(pid)
                and not children(pid)
                and condition(pid) == self._condition
            )
        return False

    def replace(self, slot: int) -> bool:
        """Kill the process of a slot and wait until the server has forked a new one.

        Args:
            slot: The slot.

        Returns:
            Whether there is a new process. If not, the whole server has been killed.
        """
        old = self._slots[slot]
        if is_stopped(self.process.pid):
            kill(self.process.pid, signal.SIGCONT)
        if parent(old) == self.process.pid:
            kill(old)
        deadline = time.monotonic() + ANSWER
        while self.process.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                new = self._ask_for_pid(slot, deadline)
                if new and new != old and parent(new) == self.process.pid:
                    self._slots[slot] = new
                    return True
            time.sleep(0.02)
        self.kill()
        return False

    def _ask_for_pid(self, slot: int, deadline: float) -> int | None:
        """Ask a slot for its process ID; return None if it doesn't answer."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(ANSWER)
            connection.connect(self.address(slot))
            send(connection, [], ping=True)
            inbox = Inbox(connection)
            with contextlib.suppress(EOFError, ValueError):
                while time.monotonic() < deadline and self.process.poll() is None:
                    if answer := inbox.receive():
                        return answer.get("slot")
                    select.select([connection], [], [], 0.1)
        return None

    def kill(self) -> None:
        """Kill the server and all processes that it or its scripts have started."""
        self._is_broken = True
        self.process.kill()
        self.process.wait()
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            if not (left := having(TOKEN, self.token)):
                break
            for pid in left:
                kill(pid)
            time.sleep(0.01)

    def end(self) -> None:
        """End the server and everything that runs on it, and delete its folders.

        Closing its standard input asks the server to end. If it doesn't end properly
        within 5 seconds, it's killed.
        """
        assert self.process.stdin
        assert self.process.stdout
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        if is_stopped(self.process.pid):
            kill(self.process.pid, signal.SIGCONT)
        try:
            code = self.process.wait(5)
        except subprocess.TimeoutExpired:
            code = None
        if code != 0:
            self.kill()
        self.process.stdout.close()
        for folder in (self._home, *self._places):
            delete_folder(folder)


def _write_shim(place: Path, python: str) -> None:
    """Write the program that torchrun and multiprocessing start instead of Python.

    It runs `verify.fork.python_shim`.

    Args:
        place: The folder of the slot.
        python: The interpreter under test, in case that the server can't be reached.
    """
    shim = place / "python"
    # The real path, because starting through the link of a virtual environment takes
    # 3 ms longer.
    own = os.path.realpath(sys.executable)
    shim.write_text(
        f"#!/bin/sh\nexec '{own}' -IS '{HERE / 'python_shim.py'}' "
        f"'{place / 'socket'}' '{python}' \"$@\"\n"
    )
    shim.chmod(0o755)

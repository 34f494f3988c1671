"""The client's hold on a server: start it, see whether it is as it was, end it."""

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
# While OpenMP's threads wait they spin, on a core that another file needs: small
# tensors took nine times as long. It's read at import, and scripts don't see it.
WAITING = {"OMP_WAIT_POLICY": "passive"}
TOKEN = "VERIFY_RUN"
"""Environment variable by which processes of one server are found if all else fails."""
ANSWER = 60.0  # seconds in which a slot that has nothing to do must answer


class ServerError(RuntimeError):
    """The interpreter can't serve, for example because it has no torch."""


class UnsafeError(ServerError):
    """Importing the modules has made forks unsafe."""


class Keeper:
    """A running server.

    Args:
        python: The interpreter.
        flags: Flags for it.
        env: Its environment.
        kind: ``"warm"``, ``"bare"``: torch but nothing else ahead, or ``"cold"``.
        ahead: Modules to import ahead, besides torch.
        slots: How many files may run at once.
        start_timeout: Seconds that importing torch may take.

    Attributes:
        users: How many commands run on it.
        token: The value of `TOKEN` in its processes.
        versions: ``{"python": …, "torch": …}``; no torch if cold.
        import_warnings: What importing torch wrote to standard error.

    Raises:
        ServerError: If the interpreter can't serve.
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
        # Short: the path of a Unix socket may have 107 characters. Each slot has its
        # own, so that a file which knows its own doesn't know the others'.
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
        """Wait for the first line of the server."""
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
        """Return the path of the program that is the ``python`` of a slot's files."""
        return str(self._places[slot] / "python")

    def noted(self, slot: int) -> str:
        """Return the path of the messages that a slot's files meet."""
        return str(self._home / f"noted-{slot}")

    def pid(self, slot: int) -> int:
        """Return the process number of a slot."""
        return self._slots[slot]

    def has_place(self, slot: int) -> bool:
        """Whether the files of a slot are there."""
        return all(map(os.path.exists, (self.address(slot), self.shim(slot))))

    def is_fit(self, slot: int) -> bool:
        """Whether the server can run a command as it could when it started.

        Args:
            slot: Which slot is to run it. If it has changed, it's replaced.
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
        """Whether a slot is there, runs, and has the limits that it started with."""
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
        """Kill a slot and wait for the one that takes its place.

        Args:
            slot: Which slot.

        Returns:
            Whether there is a new one. If there isn't, the whole server is killed.
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
        """Return what a slot says its process number is."""
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
        """Kill the server and all processes that were ever started on it."""
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
        """End the server and everything that runs on it, and delete its folders."""
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
    """Write what torchrun and multiprocessing start as their python."""
    shim = place / "python"
    # The interpreter itself, because following an environment's link takes 3 ms.
    own = os.path.realpath(sys.executable)
    shim.write_text(
        f"#!/bin/sh\nexec '{own}' -IS '{HERE / 'python_shim.py'}' "
        f"'{place / 'socket'}' '{python}' \"$@\"\n"
    )
    shim.chmod(0o755)

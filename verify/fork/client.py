"""Run commands on the warm server and report how each one ended.

`Server` is what the runner uses. It starts the server process through a `Keeper`,
restarts it after a crash, and watches each command's time, output and supervisor.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from verify.fork.keeper import TOKEN, Keeper, ServerError, UnsafeError
from verify.fork.patience import INTERVAL, Patience
from verify.fork.processes import children, is_stopped
from verify.fork.protocol import Inbox, send

# Seconds for helper processes to end by themselves. A compile worker of torch 2.4, for
# example, notices only after importing torch that its parent has gone.
GRACE = 10.0
# Seconds for a slot to kill a command and what the command left running.
KILL = 20.0
NO_END: dict = {"code": None, "cpu_s": 0.0, "peak_kb": 0}
LIMIT = "ran longer than {:g} s"
OUTPUT = "wrote more than {} bytes of {}"
# What a file can do to its slot, as the reason of its failure. The supervisor process
# is the slot.
KILLED = "killed its supervisor process"
STOPPED = "stopped its supervisor process"
SILENCED = "kept its supervisor process from answering"
GARBLED = "garbled the answer of its supervisor process"
DELETED = "deleted the folder of its supervisor process"


@dataclass(frozen=True)
class Result:
    """The result of one command.

    Attributes:
        code: Exit code, or a negative signal number. None if the end of the command
            wasn't observed.
        out: Standard output, cut at the limit.
        err: Standard error, cut at the limit.
        seconds: Wall time from the request to the end of the command.
        cpu_s: CPU seconds of the process and of the children that it waited for.
        peak_kb: Peak resident memory of the process in KiB.
        killed: Why the command was killed or its slot was lost, or None.
        left: Command lines of the processes that the command left running, which were
            then killed. At most a few lines, whatever their number.
        waited: Seconds in which the command was ready to run but other programs used
            the CPUs.
        lost: Whether its slot or keeper died, stopped, fell silent or answered
            nonsense. Another command may have caused that, so run the command again
            before you blame it.
        noted: The exceptions and warnings that the command met, in the format of
            `verify.fork.noting`. Empty for a real ``python ARGS``.
    """

    code: int | None
    out: str
    err: str
    seconds: float
    cpu_s: float
    peak_kb: int
    killed: str | None
    left: tuple[str, ...]
    waited: float = 0.0
    lost: bool = False
    noted: str = ""


class Server:
    r"""Runs commands as ``python ARGS`` would, each in a fork of a warm interpreter.

    Args:
        python: The interpreter: Python 3.10 or later, with torch.
        cold: Start a real ``python ARGS`` for each command and import nothing ahead.
        slots: How many commands may run at once, each in its own slot.
        flags: Flags for the interpreter, for example ``("-W", "error")``.
        env: Environment of the server. None means the environment of this process.
        start_timeout: Seconds that importing torch may take.
        ahead: Modules to import ahead, in addition to torch.

    Attributes:
        cold: Whether each command is a real ``python ARGS``.
        cold_because: Why the server is cold although it was meant to be warm, or None.

    Raises:
        ServerError: If the interpreter can't run commands. The message says why.

    Example:
        >>> with Server(cold=True) as server:
        ...     server.run(["-c", "print(6 * 7)"], cwd="/").out
        '42\n'
    """

    def __init__(
        self,
        python: str = sys.executable,
        cold: bool = False,
        slots: int = 1,
        flags: tuple[str, ...] = (),
        env: dict[str, str] | None = None,
        start_timeout: float = 120.0,
        ahead: tuple[str, ...] = (),
    ) -> None:
        self._start_timeout, self._ahead = start_timeout, ahead
        self._python, self._slots, self._flags = python, slots, flags
        self._env = dict(os.environ if env is None else env)
        self._kind = "cold" if cold else "warm"
        self.cold_because: str | None = None
        self._closed = False
        self._lock = threading.Lock()
        self._keeper = self._start()

    def _start(self) -> Keeper:
        """Start a keeper that is as warm as is safe.

        If the modules to import ahead make forks unsafe, try without them. If torch
        itself does, start a fresh interpreter for each command.
        """
        while True:
            try:
                return Keeper(
                    self._python,
                    self._flags,
                    self._env,
                    self._kind,
                    self._ahead,
                    self._slots,
                    self._start_timeout,
                )
            except UnsafeError as error:
                if self._kind == "warm":
                    self._kind = "bare"
                else:
                    self._kind, self.cold_because = "cold", str(error)

    @property
    def cold(self) -> bool:
        """Whether each command is a real ``python ARGS``."""
        return self._kind == "cold"

    @property
    def pid(self) -> int:
        """The process ID of the keeper."""
        return self._keeper.process.pid

    @property
    def versions(self) -> dict[str, str]:
        """``{"python": …, "torch": …}``, without torch if the server is cold."""
        return self._keeper.versions

    @property
    def import_warnings(self) -> str:
        """What the server wrote to standard error while it started."""
        return self._keeper.import_warnings

    def run(
        self,
        argv: list[str],
        cwd: str | Path,
        env: dict[str, str] | None = None,
        timeout: float = 60.0,
        max_output: int = 1 << 20,
        slot: int = 0,
        fresh: bool = False,
    ) -> Result:
        """Run one command.

        Args:
            argv: What follows ``python`` on the command line.
            cwd: Working folder of the command.
            env: Environment of the command. None means that of this process.
            timeout: Seconds until the command is killed. Time spent waiting for a CPU
                doesn't count. See `Patience`.
            max_output: Bytes of output, or of errors, at which the command is killed.
            slot: The slot to use. Each slot runs one command at a time.
            fresh: Start a real ``python ARGS``, for what a fork can't do.

        Returns:
            How the command ended, even if it did something to its slot.

        Raises:
            ServerError: If the server is closed, or if it died and can't be started
                again.
        """
        keeper = self._enter(slot)
        try:
            env = dict(os.environ if env is None else env)
            env[TOKEN] = keeper.token
            if not (fresh or self.cold):
                env["PYTHON_EXEC"] = keeper.shim(slot)
            real = fresh or self.cold
            request = {
                "targets": [0, 1, 2],
                "session": True,
                "argv": [*(self._flags if real else ()), *map(str, argv)],
                "cwd": str(cwd),
                "env": env,
                "fresh": real,
                "grace": GRACE,
                "noted": keeper.noted(slot),
            }
            return _Command(keeper, slot, timeout, max_output).run(request)
        finally:
            self._leave(keeper)

    def _enter(self, slot: int) -> Keeper:
        """Return a keeper that can run a command, and count one more user of it.

        If the current keeper is unusable, one thread replaces it for all threads.
        """
        for _ in range(3):
            with self._lock:
                if self._closed:
                    raise ServerError("the server is closed")
                keeper = self._keeper
                keeper.users += 1
            if keeper.is_fit(slot):
                return keeper
            with self._lock:
                if self._keeper is keeper and not self._closed:
                    self._keeper = self._start()
            self._leave(keeper)
        raise ServerError(f"{self._python} cannot run snippets: its server keeps dying")

    def _leave(self, keeper: Keeper) -> None:
        """Count one user less, and end a replaced keeper that has no users left."""
        with self._lock:
            keeper.users -= 1
            is_last = keeper.users == 0 and keeper is not self._keeper
        if is_last:
            keeper.end()

    def close(self) -> None:
        """End the server and everything that it runs. A second call does nothing."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        self._keeper.end()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_) -> None:
        self.close()


def _start_of(path: Path, size: int) -> str:
    """Return the start of a file, or "" if it can't be read.

    The command could have put anything in its place, such as a pipe or a link.
    """
    try:
        with open(path, "rb", opener=_open_plain) as file:
            return file.read(size).decode(errors="replace")
    except OSError:
        return ""


def _open_plain(path: str, flags: int) -> int:
    """Open a file without following a link or blocking on a pipe."""
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOFOLLOW)


class _Command:
    """One command in its slot, which the command may kill, stop or silence.

    Args:
        keeper: The keeper of the slot.
        slot: The number of the slot.
        timeout: Seconds until the command is killed.
        max_output: Bytes on a stream at which the command is killed.
    """

    def __init__(
        self, keeper: Keeper, slot: int, timeout: float, max_output: int
    ) -> None:
        self._keeper, self._slot, self._max_output = keeper, slot, max_output
        self._timeout = timeout
        # The two answers of the slot: how the command ended, and what it left running.
        self._end: dict | None = None
        self._left: list[str] | None = None
        self._killed: str | None = None
        self._lost: str | None = None
        self._start, self._seconds = time.perf_counter(), 0.0

    def run(self, request: dict) -> Result:
        """Send a request to the slot and wait until the command has ended.

        Args:
            request: The message, see `verify.fork.child.become`, and ``grace``: seconds
                for helper processes to end by themselves.
        """
        patience = Patience(self._timeout)
        noted = Path(self._keeper.noted(self._slot))
        noted.unlink(missing_ok=True)
        with (
            open(os.devnull) as null,
            tempfile.TemporaryFile() as out,
            tempfile.TemporaryFile() as err,
            socket.socket(socket.AF_UNIX) as connection,
        ):
            outputs = {"output": out.fileno(), "errors": err.fileno()}
            connection.settimeout(KILL)
            try:
                connection.connect(self._keeper.address(self._slot))
                send(connection, [null.fileno(), *outputs.values()], **request)
            except OSError:
                self._lost = KILLED
            else:
                self._follow(connection, outputs, patience)
            self._seconds = self._seconds or time.perf_counter() - self._start
            self._check_slot()
            texts = [
                os.pread(fd, self._max_output, 0).decode(errors="replace")
                for fd in outputs.values()
            ]
        return Result(
            out=texts[0],
            err=texts[1],
            seconds=self._seconds,
            killed=self._killed or self._lost,
            left=tuple(self._left or ()),
            waited=patience.waited,
            lost=self._lost is not None and self._lost != DELETED,
            noted=_start_of(noted, self._max_output),
            **(self._end or NO_END),
        )

    def _follow(
        self, connection: socket.socket, outputs: dict[str, int], patience: Patience
    ) -> None:
        """Wait for the slot's answers and enforce the limits of the command.

        Returns when the slot has answered completely or is lost.

        Args:
            connection: The connection to the slot.
            outputs: The descriptors of the two output files, by their names.
            patience: The time limit of the command.
        """
        inbox = Inbox(connection)
        slot = self._keeper.pid(self._slot)
        next_look = time.monotonic() + INTERVAL
        while True:
            try:
                while self._left is None:
                    if (message := inbox.receive()) is None:
                        break
                    self._take(message)
                    patience = Patience(GRACE + KILL)
            except EOFError:
                self._lost = KILLED
            except ValueError:
                self._lost = GARBLED
            if self._lost or self._left is not None:
                return
            select.select([connection], [], [], 0.05)
            is_over = patience.is_over(slot)
            if not self._end and not self._killed:
                self._killed = self._excess(outputs, is_over)
                if self._killed:
                    with contextlib.suppress(OSError):
                        connection.send(bytes([signal.SIGKILL]))
                    patience = Patience(KILL)
                    is_over = False
            if time.monotonic() > next_look:
                next_look = time.monotonic() + INTERVAL
                if is_stopped(slot):
                    self._lost = STOPPED
                elif is_over and (self._killed or self._end):
                    self._lost = SILENCED
                if self._lost:
                    return

    def _take(self, message: dict) -> None:
        """Check an answer of the slot and keep it.

        Args:
            message: The answer: first how the command ended, then what it left running.

        Raises:
            ValueError: If the answer isn't one that a slot would give.
        """
        if not self._end:
            if set(message) != set(NO_END) or not (
                all(isinstance(value, (int, float)) for value in message.values())
                and -64 <= message["code"] <= 255
                and 0 <= message["cpu_s"] < 1e9
                and 0 <= message["peak_kb"] < 1e12
            ):
                raise ValueError("not how a command ends")
            self._end, self._seconds = message, time.perf_counter() - self._start
        else:
            left = message.get("left")
            if len(message) != 1 or not isinstance(left, list):
                raise ValueError("not what was left running")
            self._left = list(map(str, left))

    def _excess(self, outputs: dict[str, int], is_over: bool) -> str | None:
        """Return a message about the limit that the command has exceeded, or None."""
        for name, fd in outputs.items():
            if os.fstat(fd).st_size > self._max_output:
                return OUTPUT.format(self._max_output, name)
        return LIMIT.format(self._timeout) if is_over else None

    def _check_slot(self) -> None:
        """Find out whether the command tampered with its slot; replace a lost slot."""
        keeper = self._keeper
        if not self._lost:
            if not keeper.has_place(self._slot):
                self._lost = DELETED
            elif children(keeper.pid(self._slot)):
                self._lost = GARBLED  # the command runs, so the answer was faked
        if self._lost and self._lost != DELETED:
            self._end = None
            keeper.replace(self._slot)

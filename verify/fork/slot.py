"""The slot process: run one file at a time and kill what the file leaves running.

A slot is a fork of the warm server. It forks again for each request on its socket: for
a file that the runner wants to run, and for the workers of that file, which ask through
`verify.fork.python_shim`. When a file has ended, the slot reports how, ends the
processes that are left, and reports those.

A script can find the socket, so the slot trusts no connection. A client that sends
nothing, or nonsense, or a request out of turn, doesn't delay other clients.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import socket
import time
from collections import Counter
from dataclasses import dataclass, field

from verify.fork.processes import children, command, kill
from verify.fork.protocol import Inbox, send

POLL = 0.002  # minimum seconds between two checks of what a file left running
MOST_CONNECTIONS = 200  # `select` fails from descriptor 1024 on
MOST_COMMANDS = 5  # lines about what a file left running
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
# From <sys/prctl.h>. `prctl` is looked up once instead of in each fork.
PRCTL = ctypes.CDLL(None).prctl
EXIT = os._exit  # not looked up later, because a script may replace it


@dataclass
class Job:
    """A running script: a file or one of its workers.

    Attributes:
        connection: The connection on which the client waits for the end of the script.
        is_session: Whether the script is the file itself, not a worker.
        name: Name of the script in messages.
        grace: Seconds for the file's helper processes to end by themselves.
    """

    connection: socket.socket
    is_session: bool
    name: str
    grace: float


@dataclass
class Sweep:
    """The phase after a file has ended, in which the slot ends what the file left.

    Requests of workers are still answered in this phase: a process that the file
    started may ask for its fork only now, and can't end by itself without an answer.

    Attributes:
        job: The file.
        deadline: Time on the monotonic clock until which the processes may end by
            themselves.
        killed: Command lines of the processes that were killed, by process ID.
    """

    job: Job
    deadline: float
    killed: dict[int, str] = field(default_factory=dict)


class Slot:
    """Answers the requests on a socket, one file at a time.

    Args:
        listener: The listening socket.
    """

    def __init__(self, listener: socket.socket) -> None:
        listener.setblocking(False)
        self._listener = listener
        self._inboxes: dict[socket.socket, Inbox] = {}
        self._jobs: dict[int, Job] = {}
        self._sweep: Sweep | None = None
        self._noted = ""  # the file in which the script and its workers note messages
        self._own_command = command(os.getpid())

    def serve(self) -> tuple[dict, list[int]]:
        """Answer requests for ever.

        Returns:
            Only in a fork: the request that the fork has to fulfill, and the open files
            that came with it.
        """
        # Python writes a byte into this pipe for each SIGCHLD, which wakes up `select`.
        ended, end = os.pipe2(os.O_NONBLOCK)
        signal.set_wakeup_fd(end, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        while True:
            jobs = {job.connection: pid for pid, job in self._jobs.items()}
            waiting: list[int | socket.socket] = [self._listener, ended]
            waiting += [*self._inboxes, *jobs]
            for ready in select.select(waiting, [], [], self._pause())[0]:
                if isinstance(ready, int):
                    os.read(ready, 4096)
                elif ready is self._listener:
                    self._accept()
                elif ready in self._inboxes:
                    request = self._receive(self._inboxes[ready])
                    if request and self._is_fork_for(*request, ready):
                        return request
                elif ready in jobs:
                    self._forward_signal(jobs[ready])
            any_left = self._collect()
            if self._sweep:
                self._go_on_sweeping(self._sweep, any_left)

    def _pause(self) -> float | None:
        """Return the longest time to wait for an event, None for no limit."""
        if not self._sweep:
            return None
        return max(POLL, self._sweep.deadline - time.monotonic())

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            connection = self._listener.accept()[0]
            self._inboxes[connection] = Inbox(connection)
        if len(self._inboxes) > MOST_CONNECTIONS:
            self._inboxes.pop(next(iter(self._inboxes))).close()

    def _receive(self, inbox: Inbox) -> tuple[dict, list[int]] | None:
        """Read from a connection.

        Pings are answered here. Invalid requests and those out of turn are dropped,
        and their connection is closed.

        Returns:
            The request and the open files that came with it, None if there is no
            complete and valid request.
        """
        try:
            message = inbox.receive()
            if message is None:
                return None
            if message.get("ping"):
                send(inbox.connection, [], slot=os.getpid())
                message = None
            elif _has_closed(inbox.connection) or not self._is_in_turn(message):
                message = None
        except (EOFError, ValueError, OSError):
            message = None
        del self._inboxes[inbox.connection]  # type: ignore[arg-type]
        if message is None:
            inbox.close()
            return None
        return message, inbox.files

    def _is_in_turn(self, message: dict) -> bool:
        """Return whether a request may come now.

        A file may come only while the slot is idle, a worker only while it isn't. The
        slot is idle again once a file and everything that it started have ended.
        """
        is_busy = bool(self._sweep) or any(
            job.is_session for job in self._jobs.values()
        )
        return bool(message.get("session")) != is_busy

    def _is_fork_for(
        self, message: dict, files: list[int], connection: socket.socket
    ) -> bool:
        """Fork for a request.

        Args:
            message: The request. The fork also finds under ``noted`` where to note
                messages.
            files: The open files that came with the request.
            connection: The connection on which the client waits.

        Returns:
            True in the fork, False in the slot.
        """
        slot = os.getpid()
        if message.get("session"):
            self._noted = message.get("noted", "")
        message["noted"] = self._noted
        if not (pid := os.fork()):
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            die_with_parent(slot)
            return True
        argv = message.get("argv") or ["?"]
        name = next((word for word in argv if not word.startswith("-")), argv[0])
        self._jobs[pid] = Job(
            connection,
            bool(message.get("session")),
            os.path.basename(name) if argv[0] != "-c" else "-c",
            message.get("grace", 0.0),
        )
        for fd in files:
            os.close(fd)
        return False

    def _forward_signal(self, pid: int) -> None:
        """Send a script the signal that its client asks for.

        If the client has closed the connection, kill the script.

        Args:
            pid: The process of the script.
        """
        job = self._jobs[pid]
        try:
            number = (job.connection.recv(1) or bytes([signal.SIGKILL]))[0]
        except OSError:
            number = signal.SIGKILL
        if number == signal.SIGKILL:
            job.grace = 0.0
            kill_group(pid)
        elif number in (signal.SIGTERM, signal.SIGINT):
            kill(pid, number)

    def _collect(self) -> bool:
        """Reap the children that have ended, and tell their clients how they ended.

        Returns:
            Whether any child is left.
        """
        while True:
            try:
                pid, status, used = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if not pid:
                return True
            if not (job := self._jobs.pop(pid, None)):
                continue
            with contextlib.suppress(OSError):
                send(
                    job.connection,
                    [],
                    code=os.waitstatus_to_exitcode(status),
                    cpu_s=used.ru_utime + used.ru_stime,
                    peak_kb=used.ru_maxrss,
                )
            if job.is_session:
                self._sweep = Sweep(job, time.monotonic() + job.grace)
            else:
                job.connection.close()

    def _go_on_sweeping(self, sweep: Sweep, any_left: bool) -> None:
        """Kill what a file left running after the deadline; answer if nothing is left.

        Args:
            sweep: The phase that the slot is in.
            any_left: Whether the slot still has children.
        """
        if not any_left:
            with contextlib.suppress(OSError):
                send(sweep.job.connection, [], left=_summary(sweep.killed))
            sweep.job.connection.close()
            self._sweep = None
        elif time.monotonic() >= sweep.deadline:
            for pid in children(os.getpid()):
                if pid not in sweep.killed:
                    sweep.killed[pid] = self._readable_command(pid, sweep.job.name)
                kill(pid)

    def _readable_command(self, pid: int, name: str) -> str:
        """Return the command line of a process as a person would recognize it.

        Args:
            pid: The process.
            name: The file that left it running.
        """
        words = command(pid)
        if words in ([], self._own_command):
            return f"a process that {name} forked"
        for place, word in enumerate(words):
            # The shim is followed by the socket, the interpreter and the arguments.
            if word.endswith("python_shim.py"):
                words = ["python", *words[place + 3 :]]
                break
        return " ".join(words).strip()[:200] or str(pid)


def _summary(killed: dict[int, str]) -> list[str]:
    """Summarize the command lines of killed processes in a few lines."""
    counts = Counter(killed.values()).most_common()
    lines = [f"{text}, {n} times" if n > 1 else text for text, n in counts]
    if more := sum(n for _, n in counts[MOST_COMMANDS:]):
        lines[MOST_COMMANDS:] = [f"{more} more processes"]
    return lines


def _has_closed(connection: object) -> bool:
    """Return whether the other side has closed a connection."""
    poll = select.poll()
    poll.register(connection, select.POLLRDHUP)  # type: ignore[arg-type]
    return bool(poll.poll(0))


def kill_group(pid: int) -> None:
    """Kill a child and the process group that it leads, if any.

    Args:
        pid: The child.
    """
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    kill(pid)


def kill_all(excepted: set[int]) -> None:
    """Kill and reap children until only the excepted ones are left.

    It takes several rounds, because the children of a killed process become children of
    this process (see `adopt_orphans`).

    Args:
        excepted: The children to keep.
    """
    while pids := children(os.getpid()) - excepted:
        for pid in pids:
            kill(pid)
        for pid in pids:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when its parent ends.

    Args:
        parent: Process ID of the parent. If the parent has already ended, this process
            exits.
    """
    PRCTL(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        EXIT(1)


def adopt_orphans() -> None:
    """Make this process the new parent of all descendants whose own parent ends."""
    PRCTL(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

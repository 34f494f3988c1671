"""The client of the warm server: run one command, say how it ended."""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from verify.fork.protocol import send, unpack

HERE = Path(__file__).parent
# Threads of OpenMP spin while they wait, for a core that another file needs: side by
# side, small tensors took nine times as long. Read at import; scripts do not see it.
WAITING = {"OMP_WAIT_POLICY": "passive"}
# Seconds in which helper processes may end by themselves: a compile worker of torch 2.4
# imports torch, and only then sees that it is no longer wanted.
GRACE = 10.0


class ServerError(RuntimeError):
    """The interpreter cannot serve, e.g. because it has no torch."""


@dataclass(frozen=True)
class Result:
    """How one command ended.

    Attributes:
        code: Exit code, or a negative signal number; None if its supervisor died.
        out: Standard output, cut at the limit.
        err: Standard error, cut at the limit.
        seconds: Wall time from the request to the end.
        cpu_s: Processor seconds of the process and of the children it waited for.
        peak_kb: Peak resident memory of the process in KiB.
        killed: Why the runner killed it, or None.
        left: Command lines of processes that it left running; they are killed.
    """

    code: int | None
    out: str
    err: str
    seconds: float
    cpu_s: float
    peak_kb: int
    killed: str | None
    left: tuple[str, ...]


class Server:
    r"""An interpreter that runs commands as ``python ARGS`` would, each in a fork.

    Args:
        python: The interpreter; it needs Python 3.10 and torch, nothing else.
        cold: Start a real ``python ARGS`` for each command and import nothing ahead.
        slots: How many commands may run at once, each in a slot of its own.
        flags: Flags for the interpreter, e.g. ``["-W", "error"]``.
        env: Its environment; that of this process if None.
        start_timeout: Seconds that importing torch may take.
        ahead: Modules to import ahead, besides torch.

    Attributes:
        versions: ``{"python": …, "torch": …}``; no torch if cold.
        import_warnings: What importing torch wrote to standard error.

    Raises:
        ServerError: The interpreter cannot serve; the message says why.

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
        self._python, self._cold, self._slots = python, cold, slots
        self._flags, self._closed = flags, False
        self._env = dict(os.environ if env is None else env)
        # Short: the path of a Unix socket may have 107 characters.
        self._folder = Path(tempfile.mkdtemp(prefix="verify-"))
        try:
            self._start()
        except BaseException:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise

    def _start(self) -> None:
        home = self._folder / "server"
        shutil.rmtree(home, ignore_errors=True)
        (home / "tmp").mkdir(parents=True)
        for slot in range(self._slots):
            # torchrun and multiprocessing start this as their python.
            shim = home / f"python-{slot}"
            # The interpreter itself, not an environment's link to it, which it would
            # take 3 ms to follow.
            python = os.path.realpath(sys.executable)
            shim.write_text(
                f"#!/bin/sh\nexec '{python}' -IS '{HERE / 'python_shim.py'}' "
                f"'{home / f'slot-{slot}'}' \"$@\"\n"
            )
            shim.chmod(0o755)
        kind = "cold" if self._cold else "warm"
        command = [self._python, *self._flags, str(HERE / "server.py")]
        with open(home / "log", "w") as log:
            self._process = subprocess.Popen(
                [*command, str(home), str(self._slots), kind, *self._ahead],
                env={**WAITING, **self._env, "TMPDIR": str(home / "tmp")},
                cwd=home / "tmp",
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        assert self._process.stdin
        assert self._process.stdout
        self._stdin, self._stdout = self._process.stdin, self._process.stdout
        came = select.select([self._stdout], [], [], self._start_timeout)[0]
        if not came:
            os.killpg(self._process.pid, signal.SIGKILL)
        hello = self._stdout.readline()
        self.import_warnings = (home / "log").read_text(errors="replace")
        if not hello:
            self._process.communicate()
            last = (self.import_warnings.strip() or "it said nothing").splitlines()[-1]
            if not came:
                last = f"import torch ran longer than {self._start_timeout:g} s"
            raise ServerError(f"{self._python} cannot run snippets: {last}")
        self.versions: dict[str, str] = json.loads(hello)
        self._home = home

    @property
    def pid(self) -> int:
        """The keeper's process number."""
        return self._process.pid

    def run(
        self,
        argv: list[str],
        cwd: str | Path,
        env: dict[str, str] | None = None,
        timeout: float = 60.0,
        max_output: int = 1 << 20,
        slot: int = 0,
    ) -> Result:
        """Run one command.

        Args:
            argv: What follows ``python`` on the command line.
            cwd: Its working folder.
            env: Its environment; that of this process if None.
            timeout: Seconds after which it is killed.
            max_output: Bytes on one of its streams after which it is killed.
            slot: Which slot runs it; one command at a time in each.

        Returns:
            How it ended.

        Raises:
            ServerError: The server had died and cannot be started again.
        """
        if self._closed:
            raise ServerError("the server is closed")
        if self._process.poll() is not None:
            self._stdin.close()
            self._stdout.close()
            self._start()
        env = dict(os.environ if env is None else env)
        if not self._cold:
            env["PYTHON_EXEC"] = str(self._home / f"python-{slot}")
        address = str(self._home / f"slot-{slot}")
        killed, answer, start = None, b"", time.perf_counter()
        with (
            open(os.devnull) as null,
            tempfile.TemporaryFile(dir=self._folder) as out,
            tempfile.TemporaryFile(dir=self._folder) as err,
        ):
            files = [null.fileno(), out.fileno(), err.fileno()]
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect(address)
                send(
                    connection,
                    files,
                    targets=[0, 1, 2],
                    session=True,
                    argv=list(map(str, argv)),
                    cwd=str(cwd),
                    env=env,
                )
                while not select.select([connection], [], [], 0.05)[0]:
                    if time.perf_counter() - start > timeout:
                        killed = f"ran longer than {timeout:g} s"
                    for fd, name in zip(files[1:], ("output", "errors"), strict=True):
                        if os.fstat(fd).st_size > max_output:
                            killed = f"wrote more than {max_output} bytes of {name}"
                    if killed:
                        with contextlib.suppress(OSError):
                            connection.sendall(bytes([signal.SIGKILL]))
                with contextlib.suppress(OSError):
                    answer = connection.recv(4096)
            seconds = time.perf_counter() - start
            left = self._sweep(address, 0 if killed else GRACE)
            texts = [
                os.pread(fd, max_output, 0).decode(errors="replace") for fd in files[1:]
            ]
        if answer:
            end = unpack(answer)
        else:
            end = {"code": None, "cpu_s": 0.0, "peak_kb": 0}
            killed = killed or "killed the process that watches over it"
        return Result(
            out=texts[0],
            err=texts[1],
            seconds=seconds,
            killed=killed,
            left=tuple(left),
            **end,
        )

    def _sweep(self, address: str, grace: float) -> list[str]:
        """Have the slot kill what is left; a slot that was killed has just started."""
        with (
            contextlib.suppress(OSError),
            socket.socket(socket.AF_UNIX) as connection,
        ):
            connection.connect(address)
            send(connection, [0], grace=grace)
            if answer := connection.makefile("rb").read():
                return unpack(answer)
        return []

    def close(self) -> None:
        """End the server and everything that it runs; a second time, do nothing."""
        if self._closed:
            return
        self._closed = True
        self._stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._stdout.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_) -> None:
        self.close()

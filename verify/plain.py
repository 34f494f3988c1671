"""Run each command in a fresh interpreter, on operating systems other than Linux.

The warm server needs Linux. A fresh ``python ARGS`` works everywhere: it's slower, but
it's exactly what a reader would start. If a command leaves processes running, those in
its process group are killed; others aren't found.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from verify.fork.client import Result, ServerError

_NEW_PROCESS_GROUP = 0x200  # Windows: subprocess.CREATE_NEW_PROCESS_GROUP
_OWN_GROUP: dict = (
    {"creationflags": _NEW_PROCESS_GROUP}
    if sys.platform == "win32"
    else {"start_new_session": True}
)
_POLL = 0.02  # seconds between two checks of a running command
_START_TIMEOUT = 120.0


class PlainServer:
    """Runs each command in a fresh interpreter, in place of `Server`.

    Args:
        python: The interpreter. It needs torch.
        env: Environment for a first import of torch, as a test. None means the
            environment of this process.
        start_timeout: Seconds that importing torch may take.

    Attributes:
        import_warnings: What importing torch wrote to standard error.
        cold: Always True: each command is a real ``python ARGS``.
        cold_because: Always None, because this server wasn't meant to be warm.

    Raises:
        ServerError: If the interpreter can't import torch. The message says why.
    """

    cold = True
    cold_because: str | None = None

    def __init__(
        self,
        python: str = sys.executable,
        env: dict[str, str] | None = None,
        start_timeout: float = _START_TIMEOUT,
    ) -> None:
        self._python = python
        with tempfile.TemporaryDirectory(prefix="verify-") as folder:
            result = self.run(["-c", "import torch"], folder, env, start_timeout)
        self.import_warnings = result.err
        if result.killed or result.code:
            lines = result.err.strip().splitlines() or [f"exit code {result.code}"]
            raise ServerError(
                f"{python} cannot run snippets: {result.killed or lines[-1]}"
            )

    def run(
        self,
        argv: list[str],
        cwd: str | Path,
        env: dict[str, str] | None = None,
        timeout: float = 60.0,
        max_output: int = 1 << 20,
        slot: int = 0,
        fresh: bool = True,
    ) -> Result:
        """Run one command.

        Args:
            argv: What follows ``python`` on the command line.
            cwd: Working folder of the command.
            env: Environment of the command. None means that of this process.
            timeout: Seconds until the command is killed.
            max_output: Bytes of output, or of errors, at which the command is killed.
            slot: Not used, because there are no slots.
            fresh: Not used, because the interpreter is always a fresh one.

        Returns:
            How the command ended. CPU time, memory and processes left running aren't
            measured.

        Raises:
            ServerError: If the interpreter can't be started.
        """
        start, killed = time.perf_counter(), None
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            try:
                process = subprocess.Popen(
                    [self._python, *map(str, argv)],
                    cwd=cwd,
                    env=env,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=err,
                    **_OWN_GROUP,
                )
            except OSError as error:
                raise ServerError(
                    f"{self._python} cannot be started: {error}"
                ) from None
            while process.poll() is None:
                if time.perf_counter() - start > timeout:
                    killed = f"ran longer than {timeout:g} s"
                for file, name in ((out, "output"), (err, "errors")):
                    if os.fstat(file.fileno()).st_size > max_output:
                        killed = f"wrote more than {max_output} bytes of {name}"
                if killed:
                    _kill_group(process)
                    process.wait()
                    break
                time.sleep(_POLL)
            seconds = time.perf_counter() - start
            _kill_group(process)
            texts = []
            for file in (out, err):
                file.seek(0)
                text = file.read(max_output).decode(errors="replace")
                # On Windows, Python writes CR LF at the end of a line.
                texts.append(text.replace(os.linesep, "\n"))
        return Result(
            code=process.returncode,
            out=texts[0],
            err=texts[1],
            seconds=seconds,
            cpu_s=0.0,
            peak_kb=0,
            killed=killed,
            left=(),
        )

    def close(self) -> None:
        """Do nothing, because there is no server process to end."""


def _kill_group(process: subprocess.Popen) -> None:
    """Kill a command and the processes that it started, if they are in its group.

    Windows has no such groups. There, the processes are found by their parents, which
    works only while the command runs.
    """
    if sys.platform == "win32":
        if process.poll() is None:
            tree = ["taskkill", "/F", "/T", "/PID", str(process.pid)]
            subprocess.run(tree, capture_output=True, check=False)
        return
    # Both mean that the group is empty: macOS reports that as a lack of permission.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)

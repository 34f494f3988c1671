"""Start a real ``python ARGS`` for each command, on every operating system.

The warm server needs Linux. Elsewhere each file starts an interpreter: slow, and just
what a reader does. What a file leaves running is ended as far as the system can tell:
the processes of its group.
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
_POLL = 0.02  # seconds between two looks at a running command
_START_TIMEOUT = 120.0


class PlainServer:
    """Runs each command with a fresh interpreter; replaces `Server`.

    Args:
        python: The interpreter; it needs torch.
        env: Its environment while it imports torch for the first time.
        start_timeout: Seconds that importing torch may take.

    Attributes:
        import_warnings: What importing torch wrote to standard error.
        cold: True, as of a server that starts a fresh interpreter for each command.
        cold_because: None: it was never to be warm.

    Raises:
        ServerError: If the interpreter can't import torch. The message gives the cause.
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
            cwd: Its working folder.
            env: Its environment; this process's if None.
            timeout: Seconds after which it is killed.
            max_output: Bytes on one of its streams after which it is killed.
            slot: Not used: commands don't share anything.
            fresh: Not used: each command has an interpreter to itself.

        Returns:
            How it ended.
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
                # Windows ends lines with CR LF in text files.
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
        """Do nothing: no process outlives its command."""


def _kill_group(process: subprocess.Popen) -> None:
    """Kill a command and what it started, as far as it is in its group."""
    if sys.platform == "win32":
        if process.poll() is None:
            tree = ["taskkill", "/F", "/T", "/PID", str(process.pid)]
            subprocess.run(tree, capture_output=True, check=False)
        return
    # Nobody is left in the group; macOS reports that as a lack of permission.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)

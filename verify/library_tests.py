"""Run the library's own tests on a release, at the same time as the snippet files."""

from __future__ import annotations

import concurrent.futures
import contextlib
import os
import re
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from pathlib import Path

from verify import ROOT, evidence
from verify.evidence import Library
from verify.fork.client import Result
from verify.paths import shown
from verify.run import Runner

TESTS = ROOT / "tests" / "library"
FAST = "not slow"  # slow tests exercise processes and disks, not torch
TIMEOUT = 600.0


@contextlib.contextmanager
def in_background(runner: Runner) -> Iterator[Callable[[], Library]]:
    """Start the library's tests with pytest, in a process that the runner starts.

    Args:
        runner: The runner, which determines the release and the device.

    Yields:
        A function that waits for the tests and returns their result.
    """
    with (
        tempfile.TemporaryDirectory(prefix="verify-library-") as folder,
        concurrent.futures.ThreadPoolExecutor(1) as pool,
    ):
        os.chmod(folder, 0o711)  # for a test that gives up root privileges
        report, key = Path(folder, "report.xml"), evidence.library_key()
        start = "import pytest, sys; sys.exit(pytest.main())"
        command = ["-c", start, str(TESTS), "-q", "-m", FAST, "-p", "no:cacheprovider"]
        command += [f"--basetemp={folder}/tests", f"--junitxml={report}"]
        command += ["--device", runner.device] * (runner.device != "cpu")
        env = {"TMPDIR": folder}
        tests = pool.submit(runner.run_program, command, ROOT, env, TIMEOUT)
        try:
            yield lambda: _result(report, tests.result(), key)
        finally:
            if not tests.done():  # interrupted: don't wait for them
                runner.close()


def _result(report: Path, ran: Result, key: str) -> Library:
    """Read pytest's report; omit the key if library or tests changed during the run."""
    counts, failed = {"passed": 0, "skipped": 0}, {}
    if ran.killed or not report.exists():
        lines = (ran.out + ran.err).strip().splitlines()
        ending = f"pytest ended with {ran.code} and no output"
        failed[shown(TESTS)] = ran.killed or [ending, *lines][-1]
    else:
        for case in ET.parse(report).iter("testcase"):
            problem = case.find("failure")
            if problem is None:
                problem = case.find("error")
            if problem is not None:
                name = f"{case.get('classname')}::{case.get('name')}"
                failed[name] = (problem.get("message") or "").partition("\n")[0]
            else:
                counts["passed" if case.find("skipped") is None else "skipped"] += 1
    left_out = re.search(r"(\d+) deselected", ran.out)
    return Library(
        passed=counts["passed"],
        skipped=counts["skipped"],
        left_out=int(left_out[1]) if left_out else 0,
        failed=failed,
        seconds=round(ran.seconds, 1),
        sha256=key if key == evidence.library_key() else None,
    )

"""Test that the runner works on systems where it can't fork a warm interpreter."""

import pytest

from verify import run as run_module
from verify.__main__ import main
from verify.fork.client import ServerError
from verify.plain import PlainServer
from verify.run import Runner


@pytest.fixture
def elsewhere(finds_small_torch, monkeypatch):
    """Yield a runner that treats this system as one other than Linux."""
    monkeypatch.setattr(run_module, "ON_LINUX", False)
    with Runner(jobs=2, timeout=120) as runner:
        yield runner


def test_files_run_cold(elsewhere, write):
    good = write("import torch\n\nprint(torch.add(1, 2))\n#> 3\n", "a.py")
    bad = write("print(1)\n#> 2\n", "b.py")
    failing = write("print(1)\n#> 1\n1 / 0\n", "c.py")
    verdicts = {v.path.name: v for v in elsewhere.run_all([good, bad, failing])}
    assert isinstance(elsewhere.server, PlainServer)
    assert elsewhere.cold
    assert verdicts["a.py"].faults == ()
    assert verdicts["b.py"].outcome == "output-changed"
    assert verdicts["c.py"].error == "ZeroDivisionError: division by zero"


def test_what_needs_linux_is_skipped_by_name(elsewhere, write):
    path = write("# Needs: linux\nprint(1)\n#> 1\n")
    verdict = elsewhere.run(path)
    assert (verdict.outcome, verdict.need) == ("skipped", "linux")


def test_linux_has_what_linux_has(warm, write):
    assert warm.run(write("# Needs: linux\nprint(1)\n#> 1\n")).outcome == "passed"


def test_a_hang_is_killed_with_what_it_started(elsewhere, write):
    elsewhere.timeout = 3
    path = write("""
    import subprocess
    import sys

    print(1, flush=True)
    subprocess.run([sys.executable, "-c", "import time; time.sleep(1000)"])
    """)
    verdict = elsewhere.run(path)
    assert "ran longer than 3 s" in verdict.faults[0]


def test_endless_output_is_cut(elsewhere, write):
    verdict = elsewhere.run(write("while True:\n    print('y' * 1000)\n"))
    assert "wrote more than 1048576 bytes of output" in verdict.faults[0]


@pytest.mark.usefixtures("finds_small_torch")
def test_the_command_says_what_passed(monkeypatch, write, capsys):
    monkeypatch.setattr(run_module, "ON_LINUX", False)
    assert main([str(write("print(1)\n#> 1\n"))]) == 0
    assert "1 passed, 0 failed, 0 skipped" in capsys.readouterr().out


def test_a_python_that_is_not_there_is_told_in_one_line(tmp_path):
    with pytest.raises(ServerError, match="cannot be started"):
        PlainServer(str(tmp_path / "python"))

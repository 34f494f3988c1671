"""Test the runner with hostile files.

Each file gets a clear verdict in time and leaves nothing behind. The next file isn't
affected.
"""

import contextlib
import itertools
import os
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import pytest

from tests.busy import patient
from verify.fork.keeper import TOKEN
from verify.fork.processes import having
from verify.fork.protocol import Inbox
from verify.run import Runner

GOOD = """
import os
import torch

print(os.listdir(), torch.add(1, 2))
#> [] 3
"""


@pytest.fixture(scope="module", params=["warm", "cold"])
def runner(request, small_torch):
    """Yield a runner with one slot, so that leftovers would affect the next file."""
    variables = {"PYTHONPATH": small_torch}
    cold = request.param == "cold"
    with Runner(jobs=1, cold=cold, variables=variables) as runner:
        yield runner


# For tests of what a file writes. The same code checks that after warm and cold runs,
# so the warm runner is enough.
once = pytest.mark.parametrize("runner", ["warm"], indirect=True)


def check(runner, write, text, outcome, *words, limit=None):
    """Run a hostile file, check its verdict and that a good file passes afterwards.

    Args:
        runner: The runner.
        write: The fixture that writes files.
        text: The source of the hostile file.
        outcome: The outcome to expect.
        words: Texts that its faults must contain.
        limit: The timeout in seconds. Default: 120.

    Returns:
        The verdict on the hostile file.
    """
    start, runner.timeout = time.monotonic(), limit or 120
    verdict = runner.run(write(text, "hostile.py"))
    runner.timeout = 120
    if limit:  # the file itself would run much longer
        assert time.monotonic() - start < patient(limit + 15)
    assert verdict.outcome == outcome, verdict
    said = "\n".join(verdict.faults)
    assert all(word in said for word in words), said
    assert all("hostile.py:" in fault for fault in verdict.faults)
    after = runner.run(write(GOOD, "good.py"))
    assert after.faults == ()
    return verdict


def is_running(*words):
    """Return whether the command line of some process contains all words."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            command = path.read_text(errors="replace").replace("\0", " ")
            if all(word in command for word in words):
                return True
    return False


ENDS = {
    "segfault": (
        "import ctypes\n\nprint(1, flush=True)\n#> 1\nctypes.string_at(0)\n",
        "killed by SIGSEGV",
    ),
    "exit code": (
        "import sys\n\nprint(1)\n#> 1\nsys.exit(3)\n",
        "exit code 3",
    ),
    "endless output": (
        "while True:\n    print('y' * 100)\n",
        "wrote more than 1048576 bytes of output",
    ),
    "endless errors": (
        "import sys\n\nwhile True:\n    print('went wrong', file=sys.stderr)\n",
        "wrote more than 1048576 bytes of errors",
    ),
    "reading stdin": ("name = input()\nprint(name)\n", ":1: exit code 1: EOFError"),
}
HANGS = {
    "sleep": "import time\n\nprint(1)\ntime.sleep(7531)\n",
    "loop that ignores signals": """
        import signal

        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        print(1)
        while True:
            pass
        """,
    "thread that never ends": """
        import threading
        import time

        threading.Thread(target=time.sleep, args=(7531,)).start()
        print(1)
        #> 1
        """,
    "import that hangs": """
        import importlib

        print(importlib.import_module("hangs"))
        """,
}


@pytest.mark.parametrize("kind", ENDS)
def test_a_bad_end_is_named(runner, write, kind):
    check(runner, write, ENDS[kind][0], "failed", ENDS[kind][1])


def test_exit_before_the_output(runner, write):
    text = "import os\n\nprint(1)\n#> 1\nos._exit(0)\n"
    check(runner, write, text, "output-changed", ":4: expected '1', got no such line")


@pytest.mark.parametrize("kind", HANGS)
def test_what_hangs_is_killed(runner, write, kind):
    write("import time\n\ntime.sleep(7533)\n", "hangs.py")
    check(runner, write, HANGS[kind], "failed", "longer than 1 s", limit=1)


def test_a_child_and_a_thread_left_behind(runner, write):
    text = """
    import subprocess
    import threading
    import time

    subprocess.Popen(["sleep", "7531"], start_new_session=True)
    threading.Thread(target=time.sleep, args=(7531,), daemon=True).start()
    print(1)
    #> 1
    """
    check(runner, write, text, "failed", "left running: sleep 7531")
    assert not is_running("sleep", "7531")


def test_changed_modules(runner, write):
    text = """
    import os
    import sys

    import torch

    print(torch.add(1, 2))
    #> 3
    torch.add = None
    os.environ["PATH"] = ""
    sys.modules["numpy"] = None
    sys.path.clear()
    """
    check(runner, write, text, "passed")


def test_changed_globals_of_torch(warm, write):
    path = write("""
    import torch

    print(torch.get_default_dtype(), torch.ones(2), torch.initial_seed() == 42)
    #> torch.float32 tensor([1., 1.]) False
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(42)
    torch.set_printoptions(precision=1)
    torch.ones = None
    """)
    for _ in range(warm.jobs + 1):  # at least one slot runs the file twice
        assert warm.run(path).faults == ()


@once
def test_writing_into_the_repository(runner, write, tmp_path):
    text = """
    from pathlib import Path

    Path(__file__).with_name("stray.txt").write_text("x")
    print(1)
    #> 1
    """
    check(runner, write, text, "failed", "stray.txt; a file may write only into its")
    # The runner deletes nothing in a checkout.
    assert (tmp_path / "stray.txt").read_text() == "x"


@once
def test_rewriting_itself_and_a_file_that_exists(runner, write, tmp_path):
    text = """
    from pathlib import Path

    path = Path(__file__)
    path.write_text(path.read_text() + "# rewritten\\n")
    path.with_name("notes").joinpath("page.md").write_text("x")
    print(1)
    #> 1
    """
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "page.md").write_text("a person's")
    check(runner, write, text, "failed", "changed ", "hostile.py", "notes/page.md;")


@once
def test_a_name_that_would_act_on_a_terminal(runner, write):
    text = """
    from pathlib import Path

    Path(__file__).with_name("a\\n::error::b\\x1b[2J").touch()
    print(1)
    #> 1
    """
    verdict = check(runner, write, text, "failed", "a\\n::error::b\\x1b[2J; a file")
    assert all(fault.isprintable() for fault in verdict.faults)


@once
def test_leftovers_at_home_and_in_the_temporary_folder(runner, write):
    text = """
    import os
    import tempfile
    from pathlib import Path

    Path.home().joinpath("model.pt").write_text("x")
    Path(tempfile.gettempdir(), "runs").mkdir()
    print(os.listdir("."))
    #> []
    """
    check(runner, write, text, "failed", "left ~/model.pt, $TMPDIR/runs; delete it")


@once
def test_leftovers_in_shared_memory(runner, write):
    text = """
    import multiprocessing.resource_tracker
    import os
    from multiprocessing import shared_memory

    import _multiprocessing

    multiprocessing.resource_tracker.register = lambda *names: None
    memory = shared_memory.SharedMemory("verify-left", create=True, size=4096)
    _multiprocessing.SemLock(1, 1, 1, "/verify-left", False)
    print(1, flush=True)
    #> 1
    os._exit(0)
    """
    left = "/dev/shm/sem.verify-left, /dev/shm/verify-left"
    check(runner, write, text, "failed", f"left {left}; unlink shared memory")
    assert not any(map(os.path.exists, left.split(", ")))


@once
def test_another_programs_log_is_nobodys_fault(runner, write, tmp_path):
    text = """
    import time

    print(1, flush=True)
    #> 1
    time.sleep(0.5)
    """
    path, done = write(text), threading.Event()

    def serve():
        for number in itertools.count():
            if done.wait(0.05):
                return
            with open(tmp_path / f"server-{number // 6}.log", "a") as log:
                log.write("GET /\n")

    (other := threading.Thread(target=serve)).start()
    verdict = runner.run(path)
    done.set()
    other.join()
    assert verdict.faults == ()


@once
def test_three_thousand_folders_in_each_other(runner, write):
    text = """
    import os

    for _ in range(3000):
        os.mkdir("d")
        os.chdir("d")
    print(1)
    #> 1
    """
    check(runner, write, text, "passed")


@once
def test_an_immutable_file(runner, write):
    text = """
    import subprocess

    open("x", "w").close()
    print(subprocess.run(["chattr", "+i", "x"]).returncode)
    #> ...
    """
    verdict = check(runner, write, text, "passed" if _is_bound() else "failed")
    if not _is_bound():
        assert "made what can't be deleted: work/x (immutable)" in verdict.faults[0]


def _is_bound():
    """Return whether this user isn't allowed to make a file immutable."""
    with tempfile.NamedTemporaryFile() as file:
        command = ["chattr", "+i", file.name]
        if subprocess.run(command, capture_output=True).returncode:
            return True
        subprocess.run(["chattr", "-i", file.name], check=True)
        return False


@pytest.mark.usefixtures("finds_small_torch")
def test_many_files_at_once_and_one_that_strays(write):
    good = "import time\n\nprint(1)\n#> 1\ntime.sleep(0.2)\n"
    files = [write(good, f"{number}.py") for number in range(8)]
    text = good + "open(__file__ + '.log', 'w').close()\n"
    files.insert(4, write(text, "hostile.py"))
    with Runner(jobs=3) as runner:
        verdicts = {v.path.name: v for v in runner.run_all(files)}
    assert len(verdicts) == 9
    failed = [name for name, v in verdicts.items() if v.outcome != "passed"]
    assert failed == ["hostile.py"]
    assert "created " in verdicts["hostile.py"].faults[0]


def test_killing_the_group_of_its_parent(runner, write):
    text = """
    import os
    import signal
    import subprocess
    import time

    subprocess.Popen(["sleep", "7532"])
    os.killpg(os.getpgid(os.getppid()), signal.SIGKILL)
    time.sleep(7532)
    print(1)
    """
    check(runner, write, text, "failed", "killed its supervisor process")
    # The keeper ends the processes of a lost supervisor, but not at once.
    deadline = time.monotonic() + patient(5)
    while is_running("sleep", "7532") and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_running("sleep", "7532")


def test_the_working_folder_is_empty_and_goes_away(runner, write):
    text = """
    import os
    import tempfile
    from pathlib import Path

    print(os.listdir())
    #> []
    print(os.listdir(os.path.expanduser("~")), os.listdir(tempfile.gettempdir()))
    #> [] []
    Path("a.txt").write_text("x")
    print(os.getcwd(), tempfile.gettempdir())
    #> ...
    """
    verdict = check(runner, write, text, "passed")
    work, tmp = verdict.result.out.splitlines()[2].split()
    assert not Path(work).exists()
    assert not Path(tmp).exists()


@pytest.mark.usefixtures("finds_small_torch")
def test_a_server_that_was_killed_is_started_again(write):
    with Runner(jobs=1, cold=True) as runner:
        os.kill(runner.server.pid, 9)
        runner.server._keeper.process.wait()
        assert runner.run(write(GOOD)).faults == ()
        token = runner.server._keeper.token
    assert not having(TOKEN, token)


@pytest.mark.usefixtures("finds_small_torch")
def test_nothing_is_left_of_a_server():
    with Runner(jobs=1, cold=True) as runner:
        keeper = runner.server._keeper
        folders = [Path(keeper.address(0)).parent, Path(keeper._home)]
        assert len(having(TOKEN, keeper.token)) == 2
    assert not having(TOKEN, keeper.token)
    assert not any(folder.exists() for folder in folders)


def test_a_request_that_stops_half_way_leaves_no_file_open():
    """A process can be killed while it requests a fork."""
    here, there = socket.socketpair()
    with here, open(os.devnull) as file:
        inbox = Inbox(here)
        before = os.listdir("/proc/self/fd")
        socket.send_fds(there, [(9).to_bytes(4, "big")], [file.fileno()])
        there.sendall(b'{"ar')
        assert inbox.receive() is None  # without waiting for the rest
        there.close()
        with pytest.raises(EOFError):
            inbox.receive()
        inbox.close()
        # Both sockets are closed, and no descriptor has been added.
        assert len(os.listdir("/proc/self/fd")) == len(before) - 2

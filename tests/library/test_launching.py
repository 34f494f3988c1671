"""Launching ranks: they work, or the error names the rank that failed."""

import gc
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from snippets import ddp, launching
from snippets.launching import RankError, launch
from tests.busy import patient
from tests.library import ddp_ranks
from tests.library.ddp_ranks import start

WORLDS = [2, 4]


def processes(folder):
    """Return the process ids that the ranks have written down."""
    files = [path for path in Path(folder).iterdir() if path.name.isdigit()]
    return [int(pid) for path in files for pid in path.read_text().split()]


def running(pid):
    """Return whether a process exists and has not ended."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def gone(pids):
    """Return whether all processes end in time."""
    until = time.monotonic() + patient(10)
    while any(map(running, pids)) and time.monotonic() < until:
        time.sleep(0.02)
    return not any(map(running, pids))


@pytest.fixture(scope="module", autouse=True)
def warm():
    """Start the server, which imports torch, before a test measures time."""
    assert start(ddp_ranks.is_imported_ahead, 1) == [True]


# --- a rank fails


FAULTS = {
    "raise": (1, "raised", "ValueError: no such label: 11 (ddp_ranks.py:"),
    "raise, others ignore SIGTERM": (1, "raised", "ValueError: no such label: 11"),
    "exit 3": (3, "exited with code 3", "SystemExit: 3 (ddp_ranks.py:"),
    "exit": (0, "exited with code 0", "sys.exit()"),
    "leave at once with 0": (0, "exited with code 0", "epoch 3 step 7"),
    "leave at once with 5": (5, "exited with code 5", "epoch 3 step 7"),
    "kill": (-9, "was killed by SIGKILL", "epoch 3 step 7"),
}


@pytest.mark.slow
@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("kind", FAULTS)
def test_if_a_rank_fails_all_ranks_end_and_the_error_names_it(kind, world, tmp_path):
    exitcode, how, line = FAULTS[kind]
    with pytest.raises(RankError) as caught:
        start(ddp_ranks.fail, world, kind, tmp_path)
    seconds = time.time() - (tmp_path / "1").stat().st_mtime  # since before the fault
    assert seconds < patient(10)
    error = caught.value
    assert (error.rank, error.exitcode, error.how) == (1, exitcode, how)
    assert line in error.message
    assert str(error) == f"rank 1 {how}; its last line: {error.message}"
    assert "\n" not in str(error)
    pids = processes(tmp_path)
    assert len(pids) == 2 * world  # each rank has started one process
    assert gone(pids)
    assert multiprocessing.active_children() == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "world", "limit", "how", "line"),
    [
        ("hang", 2, "launch", "did not finish in time", "time.sleep(600)"),
        ("hang", 4, "collective", "did not finish in time", "time.sleep(600)"),
        ("stop", 4, "launch", "does not answer", "epoch 3 step 7"),
    ],
)
def test_the_error_names_the_rank_that_hangs_and_not_one_that_waits_for_it(
    kind, world, limit, how, line, tmp_path
):
    seconds = patient(6)  # enough for all ranks to start
    options = {"timeout": seconds} if limit == "launch" else {}
    within = seconds if limit == "collective" else None
    began = time.time()
    with pytest.raises(RankError) as caught:
        start(ddp_ranks.fail, world, kind, tmp_path, within, **options)
    ended = time.time()
    if limit == "collective":  # its time starts when the other ranks begin to wait
        began = (tmp_path / "1").stat().st_mtime
    assert ended - began < seconds + patient(5)
    error = caught.value
    assert (error.rank, error.exitcode, error.how) == (1, None, how)
    assert line in error.message
    pids = processes(tmp_path)
    assert len(pids) == 2 * world
    assert gone(pids)


# How the error describes rank 1, and a part of its last line.
BLAMED = {
    "text of a loader": (
        "raised",
        "RuntimeError: DataLoader timed out after 5 seconds",
    ),
    "text of http": ("raised", "ConnectionRefusedError: Connection refused"),
    "text of NCCL": ("raised", "RuntimeError: NCCL error: connection closed"),
    "cleans up": ("raised", "KeyError: 'fold'"),
    "waits in finally, times out": ("raised", "KeyError: 'fold'"),
    "waits longer in finally, times out": ("raised", "KeyError: 'fold'"),
    "never ends": ("raised", "KeyError: 'fold'"),
    "no text": ("raised", "Unprintable: (its message can't be shown)"),
    "first of two": ("raised", "KeyError: 'fold'"),
    "lock, times out": ("did not finish in time", "lock.acquire()"),
    "loop, times out": ("did not finish in time", "sum(range(1000))"),
    "C, times out": ("did not finish in time", ".sleep(600)"),
    "async, times out": ("did not finish in time", "lock.acquire()"),
    "wrapped, times out": ("did not finish in time", "lock.acquire()"),
    "exit, times out": ("did not finish in time", "lock.acquire()"),
    "others abort": ("did not finish in time", "time.sleep(600)"),
    "crash": ("was killed by SIGSEGV", "os.kill(os.getpid(), signal.SIGSEGV)"),
    "returns early": ("returned while others waited for it", "(none)"),
    "returns early, one computes": ("returned while others waited for it", "(none)"),
    "returns before it joins": ("returned while others waited for it", "(none)"),
}


def test_every_kind_of_failure_is_tested():
    assert sorted(BLAMED) == sorted(ddp_ranks.CULPRITS)


@pytest.mark.slow
@pytest.mark.parametrize("kind", BLAMED)
def test_the_error_names_the_rank_to_blame_and_what_happened_to_it(kind):
    how, line = BLAMED[kind]
    limit = patient(8) if kind == "returns before it joins" else patient(60)
    with pytest.raises(RankError) as caught:
        start(ddp_ranks.blame, 3, kind, timeout=limit)
    error = caught.value
    assert (error.rank, error.how) == (1, how)
    assert line in error.message


def test_ranks_whose_collectives_time_out_together_are_not_blamed():
    for _ in range(3):
        with pytest.raises(RankError) as caught:
            start(ddp_ranks.blame, 4, "lock, times out", timeout=patient(60))
        assert (caught.value.rank, caught.value.how) == (1, "did not finish in time")


def test_the_error_names_the_cause_even_if_its_effect_is_reported_first():
    with pytest.raises(RankError, match=r"rank 1 raised.*KeyError: 'fold'"):
        start(ddp_ranks.leave_early, 2)


def test_the_cause_of_the_error_has_the_traceback_of_the_rank(tmp_path):
    with pytest.raises(RankError) as caught:
        start(ddp_ranks.fail, 2, "raise", tmp_path)
    text = str(caught.value.__cause__)
    assert "Traceback" in text
    assert "in fault" in text
    if sys.version_info >= (3, 11):
        assert "on rank 1 of 2" in text


def test_ranks_end_when_the_launching_process_is_killed(tmp_path):
    context = multiprocessing.get_context("forkserver")
    parent = context.Process(target=ddp_ranks.launch_and_be_killed, args=(tmp_path,))
    parent.start()
    while len(processes(tmp_path)) < 4:
        assert parent.is_alive()
        time.sleep(0.02)
    pids = processes(tmp_path)
    assert all(map(running, pids))
    os.kill(parent.pid, signal.SIGKILL)
    parent.join()
    assert gone(pids)


# --- arguments and results


def test_results_are_in_order_of_the_ranks_and_can_contain_tensors():
    results = start(ddp_ranks.sum_of_ranks, 2)
    assert [here.rank for here, *_ in results] == [0, 1]
    assert [total.item() for _, total, *_ in results] == [3.0, 3.0]
    assert [group for _, _, group, _ in results] == [False, False]  # destroyed


@pytest.mark.slow
def test_the_default_start_method_works_and_changes_nothing_in_the_caller(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = {number: signal.getsignal(number) for number in signal.valid_signals()}
    environment = dict(os.environ)
    assert launch(os.getenv, 1, "LOCAL_RANK") == ["0"]
    assert before == {n: signal.getsignal(n) for n in signal.valid_signals()}
    assert environment == dict(os.environ)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_elastic_launch_hides_an_early_exit_and_changes_signal_handlers(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import os, signal, sys\n"
        "from torch.distributed.launcher.api import LaunchConfig, elastic_launch\n"
        "def leave():\n"
        "    if os.environ['RANK'] == '1':\n"
        "        sys.exit(0)\n"
        "config = LaunchConfig(\n"
        "    1, 1, 2, run_id='x', rdzv_backend='c10d', rdzv_endpoint='localhost:0',\n"
        "    max_restarts=0, monitor_interval=0.1, start_method='fork')\n"
        "before = signal.getsignal(signal.SIGINT)\n"
        "print(elastic_launch(config, leave)())\n"
        "print(signal.getsignal(signal.SIGINT) == before)\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", script],
        capture_output=True,
        text=True,
        timeout=patient(120),
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert done.stdout in ("{0: None, 1: None}\nFalse\n", "{1: None, 0: None}\nFalse\n")


def run_script(folder, text, *options):
    """Run a script next to a copy of launching.py.

    Return its output and the last line that it wrote to stderr.
    """
    shutil.copy(launching.__file__, folder)
    script = folder / "script.py"
    script.write_text(text)
    done = subprocess.run(
        [sys.executable, *(options or [script])],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=patient(120),
    )
    return done.stdout, (done.stderr.strip().splitlines() or [""])[-1]


@pytest.mark.slow
def test_the_error_says_so_if_a_script_has_no_main_guard(tmp_path):
    text = "import os, launching\nlaunching.launch(os.getenv, 1, 'RANK')\n"
    _, error = run_script(tmp_path, text)
    assert "RankError: rank 0 exited with code 78 while it started" in error
    assert error.endswith("(none: call launch() under if __name__ == '__main__')")


START = """
import time
if __name__ == "__mp_main__":
    {in_a_rank}
from launching import launch

def work(*args):
    return args

if __name__ == "__main__":
    print(launch(work, 1, timeout={timeout}))
"""


@pytest.mark.slow
def test_a_slow_import_is_not_reported_as_a_missing_guard(tmp_path):
    text = START.format(in_a_rank="time.sleep(600)", timeout=2)
    _, error = run_script(tmp_path, text)
    assert "rank 0 did not finish in time; its last line: (none: it was still" in error


@pytest.mark.slow
def test_an_error_in_an_import_is_not_reported_as_a_missing_guard(tmp_path):
    text = START.format(in_a_rank="raise OSError('no data')", timeout=600)
    _, error = run_script(tmp_path, text)
    assert "rank 0 exited with code 1 while it started" in error
    assert "guard" not in error
    assert "__main__" not in error


@pytest.mark.slow
def test_a_function_defined_in_a_shell_or_notebook_is_refused_at_once(tmp_path):
    text = (
        "import launching\n"
        "def work(): return 1\n"
        "print(launching.launch(work, 2, start_method='fork'))\n"
        "launching.launch(work, 2)\n"
    )
    output, error = run_script(tmp_path, "", "-c", text)
    assert output == "[1, 1]\n"
    assert error.startswith("ValueError: ranks cannot import a function")
    assert 'start_method="fork"' in error


def test_fork_is_refused_if_cuda_is_in_use(monkeypatch):
    monkeypatch.setattr("torch.cuda.is_initialized", lambda: True)
    with pytest.raises(RuntimeError, match=r"^CUDA is in use.*start_method=\"spawn\""):
        launch(os.getpid, 1, start_method="fork")


@pytest.mark.slow
def test_an_exit_code_set_by_an_exit_handler_is_reported(tmp_path):
    text = (
        "import atexit, os\n"
        "from launching import launch\n"
        "def work():\n"
        "    atexit.register(os._exit, 7)\n"
        "if __name__ == '__main__':\n"
        "    launch(work, 1)\n"
    )
    _, error = run_script(tmp_path, text)
    assert "rank 0 exited with code 7" in error


def test_control_c_ends_the_ranks(tmp_path):
    def interrupt():
        while len(processes(tmp_path)) < 4:
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        start(ddp_ranks.wait_forever, 2, tmp_path)
    assert gone(processes(tmp_path))
    assert multiprocessing.active_children() == []


@pytest.mark.slow
def test_ddp_and_launching_work_together_without_numpy(tmp_path):
    shutil.copy(ddp.__file__, tmp_path)
    text = (
        "import sys\n"
        "sys.modules['numpy'] = None\n"
        "import torch, ddp, launching\n"
        "def check():\n"
        "    with ddp.distributed(device='cpu') as here:\n"
        "        ddp.assert_in_sync(torch.nn.Flatten())\n"
        "        mean = ddp.weighted_mean(here.rank, here.rank + 1)\n"
        "        samples = ddp.EvalSampler(3), ddp.ResumableSampler(4, shuffle=False)\n"
        "        return mean, *map(list, samples)\n"
        "print(launching.launch(check, 2, start_method='fork'))\n"
    )
    output, error = run_script(tmp_path, text)
    expected = [(2 / 3, [0, 2], [0, 2]), (2 / 3, [1], [1, 3])]
    assert output == f"{expected}\n", error


def test_loaders_in_a_rank_start_workers_with_the_default_start_method():
    assert start(ddp_ranks.start_method, 1) == [
        multiprocessing.get_all_start_methods()[0]  # the default is first
    ]


def test_launch_works_in_a_thread():
    results = []
    thread = threading.Thread(
        target=lambda: results.extend(start(os.getenv, 2, "RANK")), daemon=True
    )
    thread.start()
    thread.join(30)
    assert results == ["0", "1"]


def test_the_error_names_a_result_that_cannot_be_pickled():
    with pytest.raises(
        RankError, match=r"rank 0 raised.*the function that fn returned"
    ):
        start(eval, 1, "lambda: 1")


def test_a_function_or_argument_that_cannot_be_pickled_is_refused():
    with pytest.raises(TypeError, match=r"cannot be sent to a rank.*pickle"):
        start(os.getenv, 1, threading.Lock())
    with pytest.raises(TypeError, match=r"cannot be sent to a rank.*pickle"):
        start(lambda: 1, 1)
    assert launch(lambda: 1, 1, start_method="fork") == [1]


def test_the_error_names_the_rank_whose_result_cannot_be_unpickled():
    with pytest.raises(RankError, match="rank 0 returned a value that this process"):
        start(ddp_ranks.OnlyThere, 1)


def test_keyword_arguments_are_passed_on():
    assert start(int, 1, "ff", base=16) == [255]
    assert launch(dict, 2, a=1, start_method="fork") == [{"a": 1}, {"a": 1}]


class EndsOtherProcesses:
    """An object in a cycle that only the process which created it can safely free."""

    def __init__(self):
        self.cycle = self
        self.home = os.getpid()

    def __del__(self):
        if os.getpid() != self.home:
            os.kill(os.getpid(), signal.SIGKILL)


def test_a_forked_rank_frees_no_object_of_the_launching_process():
    gc.disable()
    try:
        EndsOtherProcesses()
        assert launch(lambda: gc.collect() >= 0, 1, start_method="fork") == [True]
    finally:
        gc.enable()


@pytest.mark.parametrize("collects", [True, False])
def test_the_collector_is_on_in_a_forked_rank_if_it_is_on_in_the_caller(collects):
    if not collects:
        gc.disable()
    try:
        assert launch(gc.isenabled, 1, start_method="fork") == [collects]
        assert gc.isenabled() == collects
    finally:
        gc.enable()


def test_the_collector_is_off_while_a_rank_starts(monkeypatch):
    """Python also creates objects between the fork and the first line of the rank."""
    base = multiprocessing.process.BaseProcess
    bootstrap = base._bootstrap

    def with_a_look(process, *args, **kwargs):
        assert not gc.isenabled()
        return bootstrap(process, *args, **kwargs)

    monkeypatch.setattr(base, "_bootstrap", with_a_look)
    assert launch(os.getenv, 1, "RANK", start_method="fork") == ["0"]


def test_nprocs_can_be_a_numpy_integer():
    assert start(os.getenv, np.int64(2), "RANK") == ["0", "1"]


@pytest.mark.parametrize(
    ("nprocs", "timeout", "error", "says"),
    [
        *((wrong, None, TypeError, "an integer") for wrong in (True, 2.0, "2", None)),
        *((n, None, ValueError, f"nprocs must be 1 or more, got {n}") for n in (0, -1)),
        *((1, n, ValueError, "more than 0 seconds") for n in (0, -1, float("nan"))),
    ],
)
def test_an_invalid_nprocs_or_timeout_is_refused(nprocs, timeout, error, says):
    name = "nprocs" if timeout is None else "timeout"
    with pytest.raises(error, match=f"^{name} must be.*") as caught:
        launch(os.getenv, nprocs, "RANK", timeout=timeout)
    assert says in str(caught.value)


@pytest.mark.slow
def test_twenty_launches_at_the_same_time_use_different_ports(tmp_path):
    context = multiprocessing.get_context("forkserver")
    launches = [
        context.Process(target=ddp_ranks.side_by_side, args=(tmp_path, number))
        for number in range(20)
    ]
    for process in launches:
        process.start()
    while len(list(tmp_path.glob("ready-*"))) < 20:
        assert all(process.is_alive() for process in launches)
        time.sleep(0.02)
    (tmp_path / "go").touch()
    for process in launches:
        process.join(patient(60))
    assert [process.exitcode for process in launches] == [0] * 20
    results = [(tmp_path / str(n)).read_text().split() for n in range(20)]
    assert all(r.startswith("3:") for result in results for r in result)
    assert all(len(set(result)) == 1 for result in results)

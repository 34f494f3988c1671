"""train_digits_ddp.py reaches the accuracy on its page, and resumes exactly.

It is started by Python and by torchrun, with several numbers of processes.
"""

import functools
import os
import re
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch

from snippets.checkpoints import Checkpoints, load
from tests.busy import patient
from tests.forked import TORCHRUN
from verify.fork.client import Server
from verify.fork.processes import descendants, kill

pytest.importorskip("sklearn")

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "snippets" / "distributed" / "ddp" / "train_digits_ddp.py"
PAGES = [
    ROOT / "docs" / name / "distributed" / "ddp-advanced.md" for name in ("zh", "en")
]
AHEAD = ("torch._dynamo", "sklearn.datasets")  # they take seconds to import
EPOCHS = 4
SECONDS = patient(60)  # for one run
bit_equal = functools.partial(torch.testing.assert_close, rtol=0, atol=0)


@pytest.fixture(scope="module")
def server(device):
    """A server that has imported what the program needs and forks each process."""
    hidden = {"CUDA_VISIBLE_DEVICES": ""} if device == "cpu" else {}
    env = os.environ | {"PYTHONPATH": str(ROOT), **hidden}
    with Server(env=env, ahead=AHEAD) as server:
        server.variables = env
        yield server


@pytest.fixture(scope="module")
def start(server):
    """A function that runs the program; with 0 processes, without torchrun."""

    def start(processes, folder, *options):
        launcher = [*TORCHRUN, f"--nproc-per-node={processes}"] if processes else []
        words = [*launcher, PROGRAM, "--folder", folder, "--epochs", EPOCHS, *options]
        argv = [*map(str, words)]
        return server.run(argv, folder.parent, server.variables, timeout=SECONDS)

    return start


@pytest.fixture(scope="module")
def run(start):
    """A function that runs the program, which must succeed, and returns its output."""

    def run(processes, folder, *options):
        done = start(processes, folder, *options)
        assert done.code == 0, done
        return done.out

    return run


def latest(folder):
    """Return the state in the newest checkpoint."""
    return load(Checkpoints(folder).latest())


@pytest.fixture(scope="module")
def straight(run, tmp_path_factory):
    """A function that returns the state and folder of an uninterrupted run.

    There is one run for each number of processes.
    """
    made = {}

    def straight(processes):
        if processes not in made:
            folder = tmp_path_factory.mktemp("straight") / str(processes)
            run(processes, folder)
            made[processes] = latest(folder), folder
        return made[processes]

    return straight


ROW = re.compile(r"^\| (\d) \| (\d+) \| ([\d.]+) \| ([\d.]+) ?% \|$", re.M)
TABLES = [ROW.findall(page.read_text("utf-8")) for page in PAGES]


def test_both_languages_show_the_same_accuracies():
    assert len(TABLES[0]) == 4
    assert TABLES[0] == TABLES[1]


@pytest.mark.parametrize(("processes", "batch", "lr", "percent"), TABLES[0])
def test_accuracy_is_that_of_the_page(
    run, straight, processes, batch, lr, percent, tmp_path
):
    processes = int(processes)
    if lr == "0.1":
        state, _ = straight(processes if processes > 1 else 0)
    else:
        run(processes, tmp_path / "run", "--lr", lr)
        state = latest(tmp_path / "run")
    _, accuracy = state["history"][-1]
    assert int(batch) == 32 * processes
    assert accuracy * 100 == pytest.approx(float(percent), abs=3)  # on any release
    assert accuracy * 300 == pytest.approx(round(accuracy * 300))  # 300 test samples
    assert len(state["history"]) == EPOCHS


def test_torchrun_with_one_process_is_plain_python(run, straight, tmp_path):
    output = run(1, tmp_path / "run")
    assert output.count("accuracy") == EPOCHS
    want, _ = straight(0)
    bit_equal(latest(tmp_path / "run"), want, rtol=0, atol=0)


def test_killed_and_resumed_it_ends_bit_equal(server, start, run, straight, tmp_path):
    processes = 4  # a sum of four depends on the order, of two it does not
    want, folder = straight(processes)
    before, last = sorted(folder.iterdir())
    epoch = last.stat().st_mtime - before.stat().st_mtime
    folder = tmp_path / "run"
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(start, processes, folder)
        while not [*folder.glob("step-000000001*")]:
            assert not future.done(), future.result()
            time.sleep(0.005)
        time.sleep(epoch / 2)
        # Kill torchrun and its processes at once, as a power failure does.
        for pid in descendants(server._keeper.pid(0)):
            kill(pid)
    assert future.result().code == -signal.SIGKILL
    reached = latest(folder)["history"]
    assert 0 < len(reached) < EPOCHS
    output = run(processes, folder)
    assert f"epoch {len(reached)} " not in output  # resumed, not restarted
    bit_equal(latest(folder), want)


def test_it_goes_on_with_no_other_run(start, straight):
    _, folder = straight(0)
    before = sorted(os.listdir(folder))
    done = start(0, folder, "--lr", "0.2")
    assert done.code == 1
    assert "take another --folder" in done.err
    assert sorted(os.listdir(folder)) == before

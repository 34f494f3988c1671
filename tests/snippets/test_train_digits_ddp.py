"""The DDP program: however it is started, accurate; killed and resumed, bit-equal."""

import contextlib
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from snippets.checkpoints import Checkpoints, load
from tests.busy import patient
from tests.forked import TORCHRUN
from verify.fork.client import Server

pytest.importorskip("sklearn")

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "snippets" / "distributed" / "ddp" / "train_digits_ddp.py"
PAGES = [ROOT / "docs" / name / "distributed" / "ddp.md" for name in ("zh", "en")]
AHEAD = ("torch._dynamo", "sklearn.datasets")  # what takes seconds to import
EPOCHS = 4
SECONDS = patient(60)  # for one run


def command(processes, folder, *options, torchrun=TORCHRUN):
    """What follows `python`: the program on 0 processes, or torchrun on some."""
    launcher = [*torchrun, f"--nproc-per-node={processes}"] if processes else []
    words = [*launcher, PROGRAM, "--folder", folder, "--epochs", EPOCHS, *options]
    return [*map(str, words)]


@pytest.fixture(scope="module")
def environment(device):
    """Variables of a run."""
    hidden = {"CUDA_VISIBLE_DEVICES": ""} if device == "cpu" else {}
    return os.environ | {"PYTHONPATH": str(ROOT), **hidden}


@pytest.fixture(scope="module")
def start(environment):
    """Start the program; each process is an interpreter of its own."""

    def start(processes, folder, *options):
        torchrun = ("-m", "torch.distributed.run")
        words = command(processes, folder, *options, torchrun=torchrun)
        return subprocess.Popen(
            [sys.executable, *words],
            cwd=folder.parent,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    return start


@pytest.fixture(scope="module")
def run(environment):
    """Run the program to its end and give its output; a process costs a fork."""
    with Server(env=environment, ahead=AHEAD) as server:

        def run(processes, folder, *options):
            words = command(processes, folder, *options)
            done = server.run(words, folder.parent, environment, timeout=SECONDS)
            assert done.code == 0, done
            return done.out

        yield run


@pytest.fixture(scope="module")
def straight(run, tmp_path_factory):
    """The state after a run that nothing disturbs and its folder, by processes."""
    made = {}

    def straight(processes):
        if processes not in made:
            folder = tmp_path_factory.mktemp("straight") / str(processes)
            run(processes, folder)
            made[processes] = load(Checkpoints(folder).latest()), folder
        return made[processes]

    return straight


def finished(process):
    """What a run that succeeds has printed."""
    try:
        output, _ = process.communicate(timeout=SECONDS)
    finally:
        kill(process)
    assert process.returncode == 0, output
    return output


def family(pid):
    """A process and its descendants."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    except FileNotFoundError:  # it has ended
        return []
    return [pid, *(other for child in children for other in family(int(child)))]


def kill(process):
    """End torchrun and its processes at once, as a power failure does."""
    for pid in family(process.pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.communicate()


ROW = re.compile(r"^\| (\d) \| (\d+) \| ([\d.]+) \| ([\d.]+) % \|$", re.M)
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
        state = load(Checkpoints(tmp_path / "run").latest())
    _, accuracy = state["history"][-1]
    assert int(batch) == 32 * processes
    assert accuracy * 100 == pytest.approx(float(percent), abs=3)  # of any release
    assert accuracy * 300 == pytest.approx(round(accuracy * 300))  # of 300 samples
    assert len(state["history"]) == EPOCHS


def test_torchrun_with_one_process_is_plain_python(start, straight, tmp_path):
    output = finished(start(1, tmp_path / "run"))
    assert output.count("accuracy") == EPOCHS
    want, _ = straight(0)
    assert not differing(load(Checkpoints(tmp_path / "run").latest()), want)


def test_killed_and_resumed_it_ends_bit_equal(start, run, straight, tmp_path):
    processes = 4  # the sum of two is the same in either order, that of four is not
    want, folder = straight(processes)
    before, last = sorted(folder.iterdir())
    epoch = last.stat().st_mtime - before.stat().st_mtime
    folder = tmp_path / "run"
    process = start(processes, folder)
    try:
        limit = time.monotonic() + SECONDS
        while not [*folder.glob("step-000000001*")]:
            assert process.poll() is None, process.communicate()[0]
            assert time.monotonic() < limit
            time.sleep(0.005)
        time.sleep(random.uniform(0, epoch))
    finally:
        kill(process)
    assert process.returncode == -signal.SIGKILL
    reached = load(Checkpoints(folder).latest())["history"]
    assert 0 < len(reached) < EPOCHS
    output = run(processes, folder)
    assert f"epoch {len(reached)} " not in output  # went on, did not start anew
    assert not differing(load(Checkpoints(folder).latest()), want)


def test_it_goes_on_with_no_other_run(start, straight):
    _, folder = straight(0)
    before = sorted(os.listdir(folder))
    process = start(0, folder, "--lr", "0.2")
    output, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 1
    assert "take another --folder" in output
    assert sorted(os.listdir(folder)) == before


def differing(a, b, name="state"):
    """The names under which two states are not equal to the last bit."""
    if isinstance(a, torch.Tensor):
        return [] if torch.equal(a, b) else [name]
    if isinstance(a, (list, tuple)) and len(a) == len(b):
        a, b = dict(enumerate(a)), dict(enumerate(b))
    if isinstance(a, dict) and a.keys() == b.keys():
        return [x for key in a for x in differing(a[key], b[key], f"{name}.{key}")]
    return [] if a == b else [name]

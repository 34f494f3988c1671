"""train_digits.py reaches its accuracy, and interruptions don't change its result."""

import multiprocessing
import os
import runpy
import signal
import sys
import time
from pathlib import Path

import pytest
import torch

from snippets.checkpoints import Checkpoints, load
from tests.busy import patient
from tests.forked import import_ahead

pytest.importorskip("sklearn")

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "snippets" / "training" / "loop" / "train_digits.py"
# For each run, the signals that interrupt it, each with the epochs to wait before it.
INTERRUPTIONS = [
    [(signal.SIGINT, 0.2), (signal.SIGKILL, 0.7), (signal.SIGINT, 1.1)],
    [(signal.SIGKILL, 0.5), (signal.SIGINT, 0.9), (signal.SIGKILL, 0.1)],
]
CONTEXT = multiprocessing.get_context("forkserver")
import_ahead("torch", "torch.utils.data", "sklearn.datasets")


def run_program(arguments, output):
    """Run the program in this new process, with its output appended to a file."""
    for number in (1, 2):
        os.dup2(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666), number)
    sys.argv[1:] = arguments
    runpy.run_path(str(PROGRAM), run_name="__main__")


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    """A function that starts the program with arguments and returns its process.

    The process is a fork of one that has imported torch. All write to `start.output`.
    """
    output = tmp_path_factory.mktemp("output") / "output.txt"

    def start(*arguments):
        words = [str(argument) for argument in arguments]
        process = CONTEXT.Process(target=run_program, args=(words, output))
        process.start()
        return process

    start.output = output
    return start


def finished(process, output):
    """Wait for a process and assert that it succeeded."""
    process.join(patient(60))
    assert process.exitcode == 0, output.read_text("utf-8")


def test_accuracy_of_97_percent(start, device, tmp_path):
    finished(start("--device", device, "--folder", tmp_path / "run"), start.output)
    last = start.output.read_text("utf-8").splitlines()[-1]
    assert last.startswith("test accuracy ")
    assert float(last.split()[-1].rstrip("%")) >= 97


def test_interrupted_again_and_again_it_ends_bit_equal(start, tmp_path):
    options = ("--device", "cpu", "--epochs", 3, "--resume", "--folder")
    finished(start(*options, tmp_path / "straight"), start.output)
    files = Checkpoints(tmp_path / "straight")
    want, names = load(files.latest()), sorted(os.listdir(files.folder))
    *_, before, last = (files.folder / name for name in names)
    epoch = last.stat().st_mtime - before.stat().st_mtime

    for number, ends in enumerate(INTERRUPTIONS):
        folder = tmp_path / str(number)
        interrupted = []
        for done, (signal_number, part) in enumerate(ends):
            process = start(*options, folder)
            while done and process.exitcode is None:
                if [*folder.glob(f"step-{done:09}*")]:
                    break
                time.sleep(0.001)
            process.join(part * epoch)
            if process.exitcode is None:
                os.kill(process.pid, signal_number)
            process.join()
            if process.exitcode:
                interrupted.append((done, process.exitcode))
        finished(start(*options, folder), start.output)
        assert interrupted
        assert not differing(load(Checkpoints(folder).latest()), want), interrupted
        assert sorted(os.listdir(folder)) == names, interrupted


def test_it_overwrites_no_other_run(start, tmp_path):
    options = ("--device", "cpu", "--folder", tmp_path / "run", "--epochs")
    finished(start(*options, 1), start.output)
    before = sorted(os.listdir(tmp_path / "run"))
    for others in ((1,), (2, "--resume")):  # without --resume; with other epochs
        process = start(*options, *others)
        process.join(patient(60))
        assert process.exitcode == 2
        assert "resume it or change --folder" in start.output.read_text("utf-8")
    assert sorted(os.listdir(tmp_path / "run")) == before


def differing(a, b, name="state"):
    """Return the names of the values that differ in any bit between two states."""
    if isinstance(a, torch.Tensor):
        return [] if torch.equal(a, b) else [name]
    if isinstance(a, (list, tuple)) and len(a) == len(b):
        a, b = dict(enumerate(a)), dict(enumerate(b))
    if isinstance(a, dict) and a.keys() == b.keys():
        return [x for key in a for x in differing(a[key], b[key], f"{name}.{key}")]
    return [] if a == b else [name]

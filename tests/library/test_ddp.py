"""Given ranks on this machine: what happens when they work and when one fails."""

import math
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from fractions import Fraction
from itertools import chain
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

from snippets import ddp
from tests.library import ddp_ranks

# Ranks are forks of one server that has imported torch: 0.1 s instead of 2 s each.
multiprocessing.set_forkserver_preload(["tests.library.ddp_ranks"])
WORLDS = [2, 4]
VALUES = [  # (mean, number of samples) of each rank; ranks that are not named have none
    [(0.1, 3), (0.7, 1)],
    [(0.5, 0), (0.3, 7)],
    [(math.nan, 0), (0.1, 10)],
    [(1e16, 1), (1.0, 1), (-1e16, 1)],
    [(0.1, 1), (0.2, 1), (0.3, 1), (0.4, 1_000_003)],
]
# Of 8 samples in epoch 0, by seed: what every release gives.
ORDERS = {0: [2, 3, 0, 7, 1, 4, 6, 5], 1: [6, 5, 0, 7, 1, 3, 4, 2]}


def start(fn, nprocs, *args, **options):
    """`launch`, from the warm server."""
    return ddp.launch(fn, nprocs, *args, start_method="forkserver", **options)


def processes(folder):
    """The processes that the ranks have written down."""
    files = [path for path in Path(folder).iterdir() if path.name.isdigit()]
    return [int(pid) for path in files for pid in path.read_text().split()]


def running(pid):
    """Whether there is a process that has not ended."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def gone(pids, seconds=10.0):
    """Whether all of them end in time."""
    until = time.monotonic() + seconds
    while any(map(running, pids)) and time.monotonic() < until:
        time.sleep(0.02)
    return not any(map(running, pids))


@pytest.fixture(scope="module", autouse=True)
def warm():
    """The server imports torch once, before anything has a limit."""
    start(os.getenv, 1, "RANK")


@pytest.fixture(scope="module", params=WORLDS)
def ranks(request):
    """What each of 2 and of 4 ranks found in one start."""
    return start(ddp_ranks.collectives, request.param, VALUES)


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
def test_a_rank_that_fails_ends_all_and_is_named(kind, world, tmp_path):
    exitcode, how, line = FAULTS[kind]
    with pytest.raises(ddp.RankError) as caught:
        start(ddp_ranks.fail, world, kind, tmp_path)
    assert time.time() - (tmp_path / "1").stat().st_mtime < 10  # since before the fault
    error = caught.value
    assert (error.rank, error.exitcode, error.how) == (1, exitcode, how)
    assert line in error.message
    assert str(error) == f"rank 1 {how}; its last line: {error.message}"
    assert "\n" not in str(error)
    pids = processes(tmp_path)
    assert len(pids) == 2 * world  # the ranks, and a process that each has started
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
def test_a_rank_that_hangs_is_named_and_not_those_that_wait_for_it(
    kind, world, limit, how, line, tmp_path
):
    seconds = 3
    options = {"timeout": seconds} if limit == "launch" else {}
    within = seconds if limit == "collective" else None
    began = time.monotonic()
    with pytest.raises(ddp.RankError) as caught:
        start(ddp_ranks.fail, world, kind, tmp_path, within, **options)
    assert time.monotonic() - began < seconds + 5
    error = caught.value
    assert (error.rank, error.exitcode, error.how) == (1, None, how)
    assert line in error.message
    pids = processes(tmp_path)
    assert len(pids) == 2 * world
    assert gone(pids)


def test_the_cause_is_named_even_if_its_effect_is_reported_before_it():
    with pytest.raises(ddp.RankError, match=r"rank 1 raised.*KeyError: 'fold'"):
        start(ddp_ranks.leave_early, 2)


def test_the_traceback_of_the_rank_is_the_cause(tmp_path):
    with pytest.raises(ddp.RankError) as caught:
        start(ddp_ranks.fail, 2, "raise", tmp_path)
    text = str(caught.value.__cause__)
    assert "Traceback" in text
    assert "in fault" in text
    if sys.version_info >= (3, 11):
        assert "on rank 1 of 2" in text


def test_ranks_end_with_the_process_that_launched_them(tmp_path):
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


# --- launch


def test_results_come_by_rank_with_tensors():
    results = start(ddp_ranks.sum_of_ranks, 2)
    assert [here.rank for here, *_ in results] == [0, 1]
    assert [total.item() for _, total, *_ in results] == [3.0, 3.0]
    assert [group for _, _, group, _ in results] == [False, False]  # destroyed


@pytest.mark.slow
def test_the_default_way_of_starting_works_and_leaves_the_caller_as_it_was(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = {number: signal.getsignal(number) for number in signal.valid_signals()}
    environment = dict(os.environ)
    assert ddp.launch(os.getenv, 1, "LOCAL_RANK") == ["0"]
    assert before == {n: signal.getsignal(n) for n in signal.valid_signals()}
    assert environment == dict(os.environ)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_why_launch_is_not_built_on_elastic_launch(tmp_path):
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
        timeout=120,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert done.stdout in ("{0: None, 1: None}\nFalse\n", "{1: None, 0: None}\nFalse\n")


@pytest.mark.slow
def test_a_script_without_a_main_guard_is_told_so(tmp_path):
    script = tmp_path / "script.py"
    script.write_text("import os, ddp\nddp.launch(os.getenv, 1, 'RANK')\n")
    (tmp_path / "ddp.py").write_bytes(Path(ddp.__file__).read_bytes())
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, timeout=120
    )
    assert "RankError: rank 0 exited with code 1" in done.stderr
    assert done.stderr.endswith("(none: a script needs if __name__ == '__main__')\n")


@pytest.mark.slow
def test_the_file_alone_works_without_numpy(tmp_path):
    (tmp_path / "ddp.py").write_bytes(Path(ddp.__file__).read_bytes())
    script = tmp_path / "script.py"
    script.write_text(
        "import sys\n"
        "sys.modules['numpy'] = None\n"
        "import torch, ddp\n"
        "def check():\n"
        "    with ddp.distributed(device='cpu') as here:\n"
        "        ddp.assert_in_sync(torch.nn.Flatten())\n"
        "        mean = ddp.weighted_mean(here.rank, here.rank + 1)\n"
        "        samples = ddp.EvalSampler(3), ddp.ResumableSampler(4, shuffle=False)\n"
        "        return mean, *map(list, samples)\n"
        "print(ddp.launch(check, 2, start_method='fork'))\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    expected = [(2 / 3, [0, 2], [0, 2]), (2 / 3, [1], [1, 3])]
    assert done.stdout == f"{expected}\n", done.stderr


def test_loaders_in_a_rank_start_workers_as_everywhere():
    assert start(ddp_ranks.start_method, 1) == [
        multiprocessing.get_all_start_methods()[0]  # the default
    ]


def test_launch_works_in_a_thread():
    results = []
    thread = threading.Thread(
        target=lambda: results.extend(start(os.getenv, 2, "RANK")), daemon=True
    )
    thread.start()
    thread.join(30)
    assert results == ["0", "1"]


def test_what_cannot_be_sent_back_is_said():
    with pytest.raises(ddp.RankError, match=r"rank 0 raised.*pickle"):
        start(eval, 1, "lambda: 1")


@pytest.mark.parametrize("nprocs", [0, -1])
def test_no_ranks_are_refused(nprocs):
    with pytest.raises(ValueError, match=f"nprocs must be 1 or more, got {nprocs}"):
        ddp.launch(os.getenv, nprocs, "RANK")


@pytest.mark.slow
def test_ports_never_clash_in_twenty_launches_side_by_side(tmp_path):
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
        process.join(60)
    assert [process.exitcode for process in launches] == [0] * 20
    results = [(tmp_path / str(n)).read_text().split() for n in range(20)]
    assert all(r.startswith("3:") for result in results for r in result)
    assert all(len(set(result)) == 1 for result in results)


# --- one process, and torchrun


@pytest.fixture
def alone(monkeypatch):
    """An environment without torchrun."""
    for name in ddp.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def test_one_process_trains_with_ddp_without_torchrun(alone):
    with ddp.distributed(device="cpu") as here:
        assert (here.rank, here.world_size, here.is_main) == (0, 1, True)
        model = DistributedDataParallel(torch.nn.Linear(2, 1).to(here.device))
        model(torch.ones(3, 2)).sum().backward()
        assert ddp.weighted_mean(0.5, 3) == 0.5
        ddp.assert_in_sync(model)
    assert not dist.is_initialized()


def test_the_group_is_destroyed_after_an_error_and_can_be_made_again(alone):
    with pytest.raises(KeyError) as caught, ddp.distributed(device="cpu"):
        raise KeyError("x")
    if sys.version_info >= (3, 11):
        assert caught.value.__notes__ == ["on rank 0 of 1"]
    assert not dist.is_initialized()
    with ddp.distributed(device="cpu"):
        assert dist.is_initialized()


@pytest.mark.parametrize("missing", ddp.VARIABLES)
def test_a_half_set_environment_names_what_is_missing(alone, missing):
    for name, value in zip(
        ddp.VARIABLES, ["0", "1", "0", "localhost", "0"], strict=True
    ):
        if name != missing:
            alone.setenv(name, value)
    with pytest.raises(RuntimeError, match=rf"^{missing} is missing.*torchrun"):
        ddp.distributed(device="cpu").__enter__()
    assert not dist.is_initialized()


def test_a_variable_that_is_no_number_is_named(alone):
    for name, value in zip(
        ddp.VARIABLES, ["0", "two", "0", "localhost", "0"], strict=True
    ):
        alone.setenv(name, value)
    with pytest.raises(RuntimeError, match=r"^WORLD_SIZE is two"):
        ddp.distributed(device="cpu").__enter__()


@pytest.mark.slow
def test_torchrun_starts_the_same_code(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import torch, ddp\n"
        "with ddp.distributed(timeout=60, device='cpu') as here:\n"
        "    mean = ddp.weighted_mean(float(here.rank), here.rank + 1)\n"
        "    if here.is_main:\n"
        "        print(here.world_size, mean)\n"
    )
    (tmp_path / "ddp.py").write_bytes(Path(ddp.__file__).read_bytes())
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    torchrun = subprocess.Popen(
        [*command, "--nproc-per-node=2", script],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "TMPDIR": str(tmp_path)},
    )
    try:
        output, errors = torchrun.communicate(timeout=120)
    finally:
        torchrun.terminate()  # not killed: it ends its ranks
        torchrun.wait()
    assert (torchrun.returncode, output) == (0, f"2 {2 / 3}\n"), errors


# --- metrics


def test_each_rank_has_its_place(ranks):
    world = len(ranks)
    for rank, found in enumerate(ranks):
        assert found["here"] == (rank, world, rank, torch.device("cpu"))
        assert found["here"].is_main == (rank == 0)


def test_a_weighted_mean_is_exact_on_uneven_and_empty_ranks(ranks):
    for case, pairs in enumerate(VALUES):
        pairs = pairs[: len(ranks)]
        used = [(Fraction(value), n) for value, n in pairs if n]
        expected = float(sum(v * n for v, n in used) / sum(n for _, n in used))
        assert [found["means"][case] for found in ranks] == [expected] * len(ranks)


def test_a_weighted_mean_takes_a_tensor(ranks):
    squares, counts = sum(r * r for r in range(len(ranks))), sum(range(len(ranks)))
    assert {found["tensor mean"] for found in ranks} == {squares / counts}


def test_a_weighted_mean_of_nothing_raises_on_every_rank(ranks):
    for found in ranks:
        assert found["no samples"].startswith(
            f"ValueError: the ranks have {[0] * len(ranks)}"
        )
        assert found["negative"].startswith("ValueError: the ranks have [-1, 5")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_mean_that_is_not_finite_stays_so(value):
    assert str(ddp.weighted_mean(value, 2)) == str(value)


@pytest.mark.parametrize("n", range(10))
def test_evaluation_sees_each_sample_once(ranks, n):
    parts = [found["eval"][n] for found in ranks]
    assert sorted(chain(*parts)) == list(range(n))
    assert [found["eval sizes"][n] for found in ranks] == [len(part) for part in parts]
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


# --- in sync


def test_equal_models_are_in_sync(ranks):
    assert {found["in sync"] for found in ranks} == {None}


def test_one_bit_on_one_rank_is_named_on_all(ranks):
    for found in ranks:
        assert found["one bit"].startswith(
            "RuntimeError: 1 tensors differ from rank 0: 'head.bias' on rank 1: "
        )


def test_a_tensor_that_only_one_rank_trains_is_named(ranks):
    for found in ranks:
        assert f"'body.weight' on rank {len(ranks) - 1}: " in found["requires_grad"]


def test_buffers_count_unless_they_are_left_out(ranks):
    others = ", ".join(map(str, range(1, len(ranks))))
    for found in ranks:
        assert f"'norm.running_mean' on rank {others}: " in found["buffer"]
        assert found["no buffers"] is None


def test_models_of_other_shapes_and_names_are_named(ranks):
    for found in ranks:
        assert "2 tensors differ from rank 0: 'weight' on rank" in found["other model"]
        assert "'bias' on rank" in found["other model"]


def test_ranks_that_drift_after_unfreezing_under_ddp_are_found(ranks):
    others = ", ".join(map(str, range(1, len(ranks))))
    for found in ranks:
        assert f"'body.weight' on rank {others}: " in found["drift"]
        assert "before DistributedDataParallel" in found["drift"]


# --- the order of samples


def test_each_epoch_has_each_sample_once_in_an_order_of_its_own(ranks):
    epochs = [
        list(chain(*parts)) for parts in zip(*(r["orders"] for r in ranks), strict=True)
    ]
    assert [sorted(epoch) for epoch in epochs] == [list(range(24))] * 2
    assert epochs[0] != epochs[1]


def test_the_order_does_not_depend_on_the_number_of_ranks(ranks):
    alone = ddp.ResumableSampler(24, seed=3)
    for epoch in range(2):
        parts = [found["orders"][epoch] for found in ranks]
        assert [i for step in zip(*parts, strict=True) for i in step] == list(alone)


def test_an_uneven_rest_is_padded_or_dropped_equally(ranks):
    world = len(ranks)
    padded = [found["uneven, False"] for found in ranks]
    dropped = [found["uneven, True"] for found in ranks]
    assert {len(part) for part in padded} == {-(-23 // world)}
    assert set(chain(*padded)) == set(range(23))
    assert {len(part) for part in dropped} == {23 // world}
    assert len(set(chain(*dropped))) == 23 // world * world


@pytest.mark.parametrize("seed", ORDERS)
def test_an_order_is_the_same_on_every_release(seed):
    assert list(ddp.ResumableSampler(8, seed=seed)) == ORDERS[seed]


def test_run_0_epoch_1_is_not_run_1_epoch_0():
    first = ddp.ResumableSampler(50, seed=0)
    list(first)
    assert list(first) != list(ddp.ResumableSampler(50, seed=1))


@pytest.mark.parametrize("size", [0, 1, 5])
def test_lengths_are_those_of_the_iteration(size):
    sampler = ddp.ResumableSampler(range(size), shuffle=False)
    assert (len(sampler), list(sampler)) == (size, list(range(size)))


@pytest.mark.parametrize("world", [1, 2, 4])
@pytest.mark.parametrize("used", [1, 5, 12])
def test_an_epoch_resumes_on_another_number_of_ranks(world, used):
    size = 2 * used + 8  # what two ranks leave can be divided by each number of ranks
    before = start(ddp_ranks.use_some, 2, size, used)
    state = before[0][1]
    assert [found[1] for found in before] == [state] * 2
    after = start(ddp_ranks.rest_of_epoch, world, state, size)
    parts = [part for part, _ in before + after]
    assert sorted(chain(*parts)) == list(range(size))
    assert [length for _, length in after] == [len(part) for part, _ in after]


@pytest.fixture(scope="module")
def unbroken():
    """Two epochs of six steps on each of two ranks."""
    return start(ddp_ranks.train, 2, "")


@pytest.mark.parametrize(("step", "workers"), [(1, 0), (5, 2), (6, 2), (9, 0)])
def test_training_that_is_killed_resumes_bit_for_bit(tmp_path, unbroken, step, workers):
    path = str(tmp_path / "state")
    with pytest.raises(ddp.RankError, match="rank 0 was killed by SIGKILL"):
        start(ddp_ranks.train, 2, path, step, False, workers)
    resumed = start(ddp_ranks.train, 2, path, None, True, workers)
    for whole, rest in zip(unbroken, resumed, strict=True):
        assert whole["used"][step:] == rest["used"]
        assert len(rest["used"]) == 12 - step
        for key in ("weights", "moments", "rng"):
            pairs = zip(whole[key], rest[key], strict=True)
            assert all(torch.equal(one, other) for one, other in pairs)


def test_a_state_loads_with_weights_only(tmp_path):
    sampler = ddp.ResumableSampler(4)
    torch.save(sampler.state_dict(), tmp_path / "state")
    assert torch.load(tmp_path / "state", weights_only=True) == sampler.state_dict()


def test_a_state_within_an_epoch_without_advance_is_refused():
    sampler = ddp.ResumableSampler(4)
    next(iter(sampler))
    with pytest.raises(RuntimeError, match=r"call advance\(len\(batch\)\)"):
        sampler.state_dict()
    sampler.advance(1)
    assert sampler.state_dict()["position"] == 1


def test_more_than_the_epoch_has_left_is_refused():
    sampler = ddp.ResumableSampler(4)
    with pytest.raises(ValueError, match="with 0 samples of epoch 0 left"):
        sampler.advance(1)
    next(iter(sampler))
    sampler.advance(3)
    for count in (2, -1):
        with pytest.raises(ValueError, match="with 1 samples of epoch 0 left"):
            sampler.advance(count)
    sampler.advance(1)
    assert (sampler.epoch, sampler.position) == (1, 0)


def test_an_epoch_that_was_left_early_is_followed_by_the_next():
    sampler, whole = ddp.ResumableSampler(9), ddp.ResumableSampler(9)
    next(iter(sampler))
    list(whole)
    assert list(sampler) == list(whole)


@pytest.mark.parametrize(
    ("other", "text"),
    [
        ({"source": 5}, "size is 5, saved was 4"),
        ({"seed": 1}, "seed is 1, saved was 0"),
        ({"shuffle": False}, "shuffle is False, saved was True"),
    ],
)
def test_a_state_of_another_order_is_refused(other, text):
    sampler = ddp.ResumableSampler(**({"source": 4} | other))
    with pytest.raises(ValueError, match=text):
        sampler.load_state_dict(ddp.ResumableSampler(4).state_dict())
    assert (sampler.epoch, sampler.position) == (0, 0)

"""Given ranks: each has its place, its samples and a share in the metrics."""

import math
import os
import subprocess
import sys
from fractions import Fraction
from itertools import chain
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

from snippets import ddp
from snippets.launching import RankError
from tests.busy import patient
from tests.library import ddp_ranks
from tests.library.ddp_ranks import start

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


@pytest.fixture(scope="module", params=WORLDS)
def ranks(request):
    """What each of 2 and of 4 ranks found in one start."""
    return start(ddp_ranks.collectives, request.param, VALUES)


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
        output, errors = torchrun.communicate(timeout=patient(120))
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


def test_an_uneven_rest_is_padded_equally(ranks):
    padded = [found["uneven"] for found in ranks]
    assert {len(part) for part in padded} == {-(-23 // len(ranks))}
    assert set(chain(*padded)) == set(range(23))


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
    with pytest.raises(RankError, match="rank 0 was killed by SIGKILL"):
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

"""Joining the process group, sampling, and combining results, on one or more ranks."""

import math
import os
import subprocess
import sys
from fractions import Fraction
from itertools import chain, product
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader

from snippets import ddp
from snippets.launching import RankError
from tests.busy import patient
from tests.library import ddp_ranks
from tests.library.ddp_ranks import start

WORLDS = [2, 4]
# (mean, number of samples) of each rank. Ranks that aren't listed have no samples.
VALUES = [
    [(0.1, 3), (0.7, 1)],
    [(0.5, 0), (0.3, 7)],
    [(math.nan, 0), (0.1, 10)],
    [(1e16, 1), (1.0, 1), (-1e16, 1)],
    [(0.1, 1), (0.2, 1), (0.3, 1), (0.4, 1_000_003)],
]
# The order of 8 samples in epoch 0, by seed. It is the same on every torch release.
ORDERS = {0: [2, 3, 0, 7, 1, 4, 6, 5], 1: [6, 5, 0, 7, 1, 3, 4, 2]}


@pytest.fixture(scope="module", params=WORLDS)
def ranks(request):
    """The findings of each rank, from one launch of 2 and one of 4 ranks."""
    return start(ddp_ranks.collectives, request.param, VALUES)


# --- joining the process group


TORCHRUN = dict(zip(ddp.VARIABLES, ["0", "1", "0", "localhost", "29500"], strict=True))


@pytest.fixture
def environment(monkeypatch):
    """Return a function that sets variables in an environment without a launcher."""
    launchers = ("SLURM_", "OMPI_", "PMI", "MPI_", "MV2_", "TORCHELASTIC_")
    for name in list(os.environ):
        if name in ddp.VARIABLES or name.startswith(launchers):
            monkeypatch.delenv(name)

    def set_all(variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return set_all


@pytest.fixture
def alone(environment):
    """Run the test in an environment without a launcher."""


def test_one_process_trains_with_ddp_without_torchrun(alone):
    with ddp.distributed(device="cpu") as here:
        assert (here.rank, here.world_size, here.is_main) == (0, 1, True)
        model = DistributedDataParallel(torch.nn.Linear(2, 1).to(here.device))
        model(torch.ones(3, 2)).sum().backward()
        assert ddp.weighted_mean(0.5, 3) == 0.5
        ddp.assert_in_sync(model)
    assert not dist.is_initialized()


def test_after_an_error_the_group_is_destroyed_and_can_be_created_again(alone):
    with pytest.raises(KeyError) as caught, ddp.distributed(device="cpu"):
        raise KeyError("x")
    if sys.version_info >= (3, 11):
        assert caught.value.__notes__ == ["on rank 0 of 1"]
    assert not dist.is_initialized()
    with ddp.distributed(device="cpu"):
        assert dist.is_initialized()


def refused(text):
    """Assert that joining fails with this message and leaves no process group."""
    with pytest.raises(RuntimeError, match=text):
        ddp.distributed(device="cpu").__enter__()
    assert not dist.is_initialized()


@pytest.mark.parametrize("missing", ddp.VARIABLES)
def test_the_error_names_a_missing_variable(environment, missing):
    environment({name: TORCHRUN[name] for name in ddp.VARIABLES if name != missing})
    refused(rf"^{missing} is missing.*torchrun")


def test_the_error_names_a_variable_that_is_not_a_number(environment):
    environment(TORCHRUN | {"WORLD_SIZE": "two"})
    refused("^WORLD_SIZE is two")


MANY_TASKS = {
    "srun": {"SLURM_PROCID": "1", "SLURM_STEP_NUM_TASKS": "2", "SLURM_NTASKS": "2"},
    "srun, rank 0": {"SLURM_PROCID": "0", "SLURM_STEP_NUM_TASKS": "2"},
    "no step": {"SLURM_PROCID": "0", "SLURM_LOCALID": "0", "SLURM_NTASKS": "2"},
    "no number": {"SLURM_PROCID": "1"},
    "Open MPI": {"OMPI_COMM_WORLD_RANK": "0", "OMPI_COMM_WORLD_SIZE": "2"},
    "Open MPI in a job of one task": {
        "OMPI_COMM_WORLD_RANK": "1",
        "OMPI_COMM_WORLD_SIZE": "4",
        "SLURM_PROCID": "0",
        "SLURM_NTASKS": "1",
    },
    "MPICH": {"PMI_RANK": "0", "PMI_SIZE": "4"},
    "MVAPICH": {"MV2_COMM_WORLD_RANK": "3", "MV2_COMM_WORLD_SIZE": "4"},
    "PMIx": {"PMIX_RANK": "0"},
    "a world of one is left over": {
        "SLURM_PROCID": "0",
        "SLURM_STEP_NUM_TASKS": "2",
        **TORCHRUN,
    },
}


@pytest.mark.parametrize("launcher", MANY_TASKS)
def test_one_of_several_tasks_never_trains_alone(environment, launcher):
    environment(MANY_TASKS[launcher])
    refused(r"^this is task \d of .*torchrun")


ALONE = {
    "a script of sbatch": {"SLURM_JOB_ID": "7", "SLURM_PROCID": "0"},
    "a shell of salloc": {"SLURM_JOB_ID": "7", "SLURM_NTASKS": "8"},
    "srun --pty": {
        "SLURM_PROCID": "0",
        "SLURM_STEP_NUM_TASKS": "1",
        "SLURM_NTASKS": "8",
    },
    "srun of one task": {"SLURM_PROCID": "0", "SLURM_NTASKS": "1", "PMIX_RANK": "0"},
    "mpirun of one task": {
        "OMPI_COMM_WORLD_RANK": "0",
        "OMPI_COMM_WORLD_SIZE": "1",
        "PMIX_RANK": "0",
        "SLURM_PROCID": "0",
        "SLURM_NTASKS": "8",
    },
}


@pytest.mark.parametrize("shell", ALONE)
def test_a_single_task_trains_alone(environment, shell):
    environment(ALONE[shell])
    with ddp.distributed(device="cpu") as here:
        assert here[:3] == (0, 1, 0)


def test_torchrun_may_start_one_rank_inside_one_of_several_tasks(environment):
    left_over = MANY_TASKS["a world of one is left over"]
    environment(left_over | {"TORCHELASTIC_RUN_ID": "7"})
    assert ddp._place() == (0, 1, 0)


@pytest.mark.parametrize("launcher", ["Slurm", "MPI"])
def test_tasks_of_other_launchers_join_if_the_address_is_set(launcher):
    assert start(ddp_ranks.as_a_task_of, 2, launcher) == [
        ((0, 2, 0), 0.5),
        ((1, 2, 1), 0.5),
    ]


@pytest.mark.slow
def test_the_same_code_runs_under_torchrun(tmp_path):
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
        torchrun.terminate()  # kill() would leave its ranks running
        torchrun.wait()
    assert (torchrun.returncode, output) == (0, f"2 {2 / 3}\n"), errors


# --- combining metrics


def test_each_rank_gets_its_rank_and_device(ranks):
    world = len(ranks)
    for rank, found in enumerate(ranks):
        assert found["here"] == (rank, world, rank, torch.device("cpu"))
        assert found["here"].is_main == (rank == 0)


def test_weighted_mean_is_exact_even_if_ranks_have_few_or_no_samples(ranks):
    for case, pairs in enumerate(VALUES):
        pairs = pairs[: len(ranks)]
        used = [(Fraction(value), n) for value, n in pairs if n]
        expected = float(sum(v * n for v, n in used) / sum(n for _, n in used))
        assert [found["means"][case] for found in ranks] == [expected] * len(ranks)


def test_all_ranks_return_the_same_mean_or_raise_the_same_error(ranks):
    each = range(len(ranks))
    expected = {
        "tensor mean": sum(r * r for r in each) / sum(each),
        "tensor count": sum(r * (r + 1) for r in each) / sum(r + 1 for r in each),
        "rank 0 has no mean": 0.5,
        "no samples": "ValueError: n must be more than 0 on at least one rank",
        "negative": "ValueError: rank 0: n must be 0 or more and finite, got -1",
        "value": "TypeError: rank 1: value must be a number, got str",
        "shape": "ValueError: rank 1: value must have one element, got shape [3]",
        "count": "TypeError: rank 1: n must be a number, got NoneType",
        "bool": "TypeError: rank 1: n must be a number of samples, got True",
        "nan": "ValueError: rank 1: n must be 0 or more and finite, got nan",
        "complex": "TypeError: rank 1: value must be a number, got complex",
    }
    for found in ranks:
        assert found["outcomes"] == expected


@pytest.mark.parametrize(
    "dtype",
    [torch.float64, torch.bfloat16, torch.float16, torch.int32, torch.uint8],
)
def test_mean_and_count_can_have_any_dtype(dtype):
    assert ddp.weighted_mean(torch.tensor([[3]], dtype=dtype), torch.tensor(2)) == 3.0
    assert ddp.weighted_mean(3, torch.tensor(2, dtype=dtype)) == 3.0
    assert ddp.weighted_mean(np.float32(0.5), np.int64(2)) == 0.5


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_mean_that_is_not_finite_is_returned_unchanged(value):
    assert str(ddp.weighted_mean(value, 2)) == str(value)


@pytest.mark.parametrize("n", range(10))
def test_eval_sampler_puts_each_sample_on_one_rank(ranks, n):
    parts = [found["eval"][n] for found in ranks]
    assert sorted(chain(*parts)) == list(range(n))
    assert [found["eval sizes"][n] for found in ranks] == [len(part) for part in parts]
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


# --- comparing tensors between ranks


@pytest.mark.parametrize(
    ("models", "text"),
    [
        ("equal", None),
        (
            "one bit",
            "RuntimeError: 1 tensor differs from rank 0: 'head.bias' on rank 1: ",
        ),
        ("trained on one rank", "'body.weight' on rank {last}: "),
        ("other buffer", "'norm.running_mean' on rank {others}: "),
        ("other buffer, left out", None),
        ("other shapes and names", "2 tensors differ from rank 0: 'weight' on rank"),
        ("other shapes and names", "'bias' on rank"),
        ("meta", "TypeError: rank 1: 'weight' can't be compared, because it has no"),
        ("sparse", "RuntimeError: 1 tensor differs from rank 0: 'graph' on rank 1: "),
        ("unfrozen under DDP", "'body.weight' on rank {others}: "),
        ("unfrozen under DDP", "before you wrap the model in DistributedDataParallel"),
    ],
)
def test_the_error_on_all_ranks_names_the_tensors_that_differ(ranks, models, text):
    last = len(ranks) - 1
    others = ", ".join(str(rank) for rank in range(1, len(ranks)))
    for found in ranks:
        said = found["in sync"][models]
        if text is None:
            assert said is None
        else:
            assert text.format(last=last, others=others) in said


def kinds_of_tensors(x):
    """Yield the values of a 4 x 4 matrix as tensors of many kinds."""
    ones, zeros = torch.ones(4), torch.zeros(4, dtype=torch.int64)
    twice = torch.complex(x, x)
    yield "COO", x.to_sparse()
    yield "COO that is not coalesced", torch.sparse_coo_tensor([[1, 1]], x[0, :2], (3,))
    yield "CSR", x.to_sparse_csr()
    yield "CSC", x.to_sparse_csc()
    yield "BSR", x.to_sparse_bsr((2, 2))
    yield "BSC", x.to_sparse_bsc((2, 2))
    yield "quantized", torch.quantize_per_tensor(x, 0.1, 0, torch.qint8)
    yield "by channel", torch.quantize_per_channel(x, ones, zeros, 0, torch.qint8)
    yield "nested", torch.nested.nested_tensor([x, x[:2]])
    yield "jagged", torch.nested.nested_tensor([x, x[:2]], layout=torch.jagged)
    yield "bfloat16", x.bfloat16()
    yield "float8", x.to(torch.float8_e4m3fn)
    yield "complex", twice
    yield "conj", twice.conj()
    yield "neg", twice.conj().imag
    yield "transposed", x.t()
    yield "strided", x[::2, ::2]
    yield "expanded", x[:1].expand(4, 4)
    yield "0-dim", x[0, 0]
    yield "bool", x > 0.5
    yield "parameter", torch.nn.Parameter(x)


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")
def test_tensors_of_every_kind_are_compared_by_their_values():
    values = torch.linspace(-3, 3, 16).view(4, 4)
    kinds, again = (dict(kinds_of_tensors(values.clone())) for _ in range(2))
    others = dict(kinds_of_tensors(values.flip(0)))
    for name, tensor in kinds.items():
        digest = ddp._digest(name, tensor)
        assert digest == ddp._digest(name, again[name]), name
        assert digest != ddp._digest(name, others[name]), name


def test_views_and_copies_with_the_same_values_are_equal():
    x = torch.complex(torch.randn(4, 4), torch.randn(4, 4))
    wide = torch.empty_strided((1, 4), (9, 1), dtype=x.dtype)
    for view, copy in [
        (x.t(), x.t().contiguous()),
        (x.conj(), x.conj().resolve_conj()),
        (x.conj().imag, x.conj().imag.clone()),
        (wide.copy_(x[:1]), x[:1].clone()),
        (x[1:3], x[1:3].clone()),
    ]:
        assert ddp._digest("x", view) == ddp._digest("x", copy)


def test_empty_and_tied_tensors_are_compared():
    model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Linear(2, 2))
    model[1].weight = model[0].weight
    model.register_buffer("empty", torch.empty(0, 3))
    ddp.assert_in_sync(model)
    names = [name for name, _ in ddp._tensors(model, True)]
    assert names == ["0.weight", "0.bias", "1.weight", "1.bias", "empty"]


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")
def test_the_weights_of_quantized_layers_are_compared():
    quantize = torch.ao.quantization.quantize_dynamic
    model = quantize(torch.nn.Sequential(torch.nn.Linear(2, 2)), {torch.nn.Linear})
    names = [name for name, _ in ddp._tensors(model, True)]
    assert names.count("0._packed_params._packed_params") == 2  # weight and bias


def test_the_error_names_a_lazy_parameter():
    with pytest.raises(TypeError, match="'weight' can't be compared"):
        ddp.assert_in_sync(torch.nn.LazyLinear(2))


# --- the order of samples


def test_each_epoch_has_each_sample_once_in_a_new_order(ranks):
    epochs = [
        list(chain(*parts)) for parts in zip(*(r["orders"] for r in ranks), strict=True)
    ]
    assert [sorted(epoch) for epoch in epochs] == [list(range(24))] * 2
    assert epochs[0] != epochs[1]


def test_the_order_does_not_depend_on_the_number_of_ranks(ranks):
    alone = ddp.ResumableSampler(24, seed=3)
    for epoch in range(2):
        parts = [found["orders"][epoch] for found in ranks]
        alone.set_epoch(epoch)
        assert [i for step in zip(*parts, strict=True) for i in step] == list(alone)


def test_if_samples_do_not_divide_evenly_some_are_repeated(ranks):
    padded = [found["uneven"] for found in ranks]
    assert {len(part) for part in padded} == {-(-23 // len(ranks))}
    assert set(chain(*padded)) == set(range(23))


@pytest.mark.parametrize("seed", ORDERS)
def test_an_order_is_the_same_on_every_release(seed):
    assert list(ddp.ResumableSampler(8, seed=seed)) == ORDERS[seed]


def test_epoch_1_with_seed_0_differs_from_epoch_0_with_seed_1():
    first = ddp.ResumableSampler(50, seed=0)
    first.set_epoch(1)
    assert list(first) != list(ddp.ResumableSampler(50, seed=1))


@pytest.mark.parametrize("size", [0, 1, 5])
def test_len_is_the_number_of_samples_in_a_pass(size):
    sampler = ddp.ResumableSampler(range(size), shuffle=False)
    assert (len(sampler), list(sampler)) == (size, list(range(size)))


@pytest.mark.parametrize("world", [1, 2, 4])
@pytest.mark.parametrize("used", [1, 5, 12])
def test_an_epoch_resumes_on_another_number_of_ranks(world, used):
    size = 2 * used + 8  # 8 samples are left, which 1, 2 and 4 ranks can share evenly
    before = start(ddp_ranks.use_some, 2, size, used)
    state = before[0][1]
    assert [found[1] for found in before] == [state] * 2
    after = start(ddp_ranks.rest_of_epoch, world, state, size)
    parts = [part for part, _ in before + after]
    assert sorted(chain(*parts)) == list(range(size))
    assert [length for _, length in after] == [len(part) for part, _ in after]


@pytest.fixture(scope="module")
def unbroken():
    """The results of two epochs of six steps on two ranks, without a break."""
    return start(ddp_ranks.train, 2, "")


@pytest.mark.parametrize(("step", "workers"), [(1, 0), (5, 2), (6, 2), (9, 0)])
def test_training_that_is_killed_resumes_bit_equal(tmp_path, unbroken, step, workers):
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


def test_a_sampler_state_can_be_loaded_with_weights_only(tmp_path):
    sampler = ddp.ResumableSampler(4)
    torch.save(sampler.state_dict(), tmp_path / "state")
    assert torch.load(tmp_path / "state", weights_only=True) == sampler.state_dict()


@pytest.fixture
def be_rank(monkeypatch):
    """Return a function that makes this process act as a rank."""

    def be(rank, world):
        monkeypatch.setattr(ddp, "_rank_and_size", lambda: (rank, world))

    return be


def batches_of(loader, sampler, epochs, most=None):
    """Use batches until `epochs`, or at most `most`, and return them as tuples."""
    used = []
    while sampler.epoch < epochs and len(used) != most:
        for batch in loader:
            sampler.advance(len(batch))
            used.append(tuple(batch))
            if len(used) == most:
                break
    return used


def expected(size, batch_size, drop_last, rank, world, epochs):
    """Return the same batches, computed only from the order of each epoch."""
    sampler, used = ddp.ResumableSampler(size), []
    for epoch in range(epochs):
        sampler.set_epoch(epoch)
        order = sampler._order().tolist()
        padded = [order[i % size] for i in range(-(-size // world) * world)]
        own = padded[rank::world]
        parts = [own[i : i + batch_size] for i in range(0, len(own), batch_size)]
        used += [tuple(p) for p in parts if len(p) == batch_size or not drop_last]
    return used


def loader_of(sampler, batch_size, drop_last, **options):
    """Return a loader whose samples are the indices themselves."""
    options = {"sampler": sampler, "drop_last": drop_last, **options}
    return DataLoader(range(sampler.size), batch_size, collate_fn=list, **options)


def stopped_and_resumed(size, batch_size, drop_last, stop, **options):
    """Return the batches of two epochs, in a run that stops and one that resumes."""
    first, second = ddp.ResumableSampler(size), ddp.ResumableSampler(size)
    loader = loader_of(first, batch_size, drop_last, **options)
    next(iter(loader))  # look at the first batch before the loop
    begun = batches_of(loader, first, 2, stop)
    second.load_state_dict(first.state_dict())
    loader = loader_of(second, batch_size, drop_last, **options)
    rest = batches_of(loader, second, 2)
    assert second.epoch == 2
    return begun + rest


@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize("world", [1, 2, 3])
def test_a_run_stopped_anywhere_neither_loses_nor_adds_an_epoch(
    be_rank, world, drop_last
):
    sizes, batch_sizes = range(7), range(1, 4)
    for size, batch_size, rank in product(sizes, batch_sizes, range(world)):
        be_rank(rank, world)
        whole = expected(size, batch_size, drop_last, rank, world, 2)
        for stop in range(1, len(whole) + 1):
            used = stopped_and_resumed(size, batch_size, drop_last, stop)
            assert used == whole, (size, batch_size, rank, stop)


@pytest.mark.parametrize("drop_last", [False, True])
def test_workers_that_fetch_all_samples_ahead_change_nothing(drop_last):
    whole = expected(10, 3, drop_last, 0, 1, 2)
    stop = len(whole) // 2
    assert stopped_and_resumed(10, 3, drop_last, stop, num_workers=2) == whole


def test_a_for_loop_with_set_epoch_gets_the_same_batches():
    sampler = ddp.ResumableSampler(10)
    loader = loader_of(sampler, 3, drop_last=True)
    used = []
    for epoch in range(3):
        sampler.set_epoch(epoch)  # as Lightning and accelerate do
        for batch in loader:
            sampler.advance(len(batch))
            used.append(tuple(batch))
    assert used == expected(10, 3, True, 0, 1, 3)


def test_if_the_samples_left_are_less_than_a_batch_the_epoch_ends():
    first, second = ddp.ResumableSampler(10), ddp.ResumableSampler(10)
    batches_of(loader_of(first, 2, False), first, 1, most=4)
    second.load_state_dict(first.state_dict())  # with two samples left
    used = batches_of(loader_of(second, 5, True), second, 2)
    assert [len(batch) for batch in used] == [5, 5]
    assert second.epoch == 2


def test_drop_last_leaves_out_samples_instead_of_repeating_some(be_rank):
    parts = []
    for rank in range(3):
        be_rank(rank, 3)
        sampler = ddp.ResumableSampler(8, drop_last=True)
        parts.append(list(sampler))
        assert len(sampler) == len(parts[-1]) == 2
        sampler.advance(2)
        assert (sampler.epoch, sampler.position) == (1, 0)
    assert sorted(chain(*parts)) == sorted(ddp.ResumableSampler(8)._order()[:6])


def test_a_second_iterator_inside_the_loop_changes_nothing():
    sampler, used = ddp.ResumableSampler(10), []
    loader = loader_of(sampler, 3, False)
    for batch in loader:
        sampler.advance(len(batch))
        used.append(tuple(batch))
        next(iter(loader))
    assert used == expected(10, 3, False, 0, 1, 1)


def test_a_loop_that_ends_early_continues_in_the_next_pass():
    sampler = ddp.ResumableSampler(10)
    loader = loader_of(sampler, 3, False)
    used = [batch for _ in range(2) for batch in batches_of(loader, sampler, 2, 2)]
    assert used == expected(10, 3, False, 0, 1, 1)
    assert sampler.epoch == 1


@pytest.mark.parametrize("workers", [0, 2])
def test_without_advance_or_set_epoch_a_second_pass_is_refused(workers):
    sampler = ddp.ResumableSampler(40)
    loader = loader_of(sampler, 3, False, num_workers=workers)
    list(loader)
    with pytest.raises(RuntimeError, match=r"40 samples .*not counted.*set_epoch"):
        list(loader)
    sampler.set_epoch(0)  # repeat the epoch on purpose
    assert len(list(loader)) == 14


def test_with_set_epoch_advance_is_not_needed():
    sampler = ddp.ResumableSampler(40)
    orders = []
    for epoch in range(3):
        sampler.set_epoch(epoch)
        orders.append(list(sampler))
    assert len({tuple(order) for order in orders}) == 3


class OwnBatches:
    """A batch sampler that leaves out a last smaller batch."""

    def __init__(self, sampler, batch_size):
        self.sampler, self.size = sampler, batch_size

    def __iter__(self):
        batch = []
        for index in self.sampler:
            batch.append(index)
            if len(batch) == self.size:
                yield batch
                batch = []


class OwnBatchesWithAttributes(OwnBatches):
    """The same, with the attributes of torch's batch sampler."""

    def __init__(self, sampler, batch_size):
        super().__init__(sampler, batch_size)
        self.batch_size, self.drop_last = batch_size, True


def test_a_custom_batch_sampler_with_torchs_attributes_is_recognized():
    sampler = ddp.ResumableSampler(10)
    own = OwnBatchesWithAttributes(sampler, 3)
    loader = DataLoader(range(10), batch_sampler=own, collate_fn=list)
    assert batches_of(loader, sampler, 3) == expected(10, 3, True, 0, 1, 3)


def test_a_custom_batch_sampler_without_them_loses_no_epoch_silently():
    sampler = ddp.ResumableSampler(10)
    own = OwnBatches(sampler, 3)
    loader = DataLoader(range(10), batch_sampler=own, collate_fn=list)
    assert len(batches_of(loader, sampler, 1, most=3)) == 3
    with pytest.raises(RuntimeError, match=r"1 samples of epoch 0 .*set_epoch"):
        batches_of(loader, sampler, 3)
    sampler.set_epoch(sampler.epoch + 1)
    assert len(batches_of(loader, sampler, 2, most=3)) == 3


def test_the_sampler_can_be_wrapped_in_another_one():
    class Recorder(torch.utils.data.Sampler):
        def __init__(self, inner):
            self.inner = inner

        def __iter__(self):
            yield from self.inner

    sampler = ddp.ResumableSampler(10)
    loader = DataLoader(
        range(10), 3, sampler=Recorder(sampler), drop_last=True, collate_fn=list
    )
    assert batches_of(loader, sampler, 2) == expected(10, 3, True, 0, 1, 2)


def test_state_dict_within_an_epoch_is_refused_without_advance():
    sampler = ddp.ResumableSampler(8)
    assert sampler.state_dict()["position"] == 0
    for number, _ in enumerate(loader_of(sampler, 2, False)):
        if number == 2:
            break
    with pytest.raises(RuntimeError, match=r"call advance\(len\(labels\)\)"):
        sampler.state_dict()
    sampler.advance(2)
    assert sampler.state_dict()["position"] == 2


def test_advance_refuses_more_samples_than_are_left_or_fetched():
    sampler = ddp.ResumableSampler(4)
    with pytest.raises(
        ValueError, match=r"advance\(1\), but the loader has fetched only 0"
    ):
        sampler.advance(1)
    for number, _ in enumerate(sampler):
        if number == 2:
            break
    with pytest.raises(
        ValueError, match=r"advance\(4\), but the loader has fetched only 3"
    ):
        sampler.advance(4)
    sampler.advance(3)
    with pytest.raises(ValueError, match="this rank has only 1 left in epoch 0"):
        sampler.advance(2)
    with pytest.raises(ValueError, match="count must be 0 or more, got -1"):
        sampler.advance(-1)
    list(sampler)
    sampler.advance(1)
    assert (sampler.epoch, sampler.position) == (1, 0)


@pytest.mark.parametrize("make", [tuple, dict])
def test_advance_refuses_the_len_of_a_batch_that_is_a_tuple_or_dict(make):
    def collate(samples):
        inputs = torch.tensor(samples)
        pair = {"inputs": inputs, "labels": inputs}
        return pair if make is dict else tuple(pair.values())

    sampler = ddp.ResumableSampler(12)
    batch = next(iter(DataLoader(range(12), 4, sampler=sampler, collate_fn=collate)))
    with pytest.raises(ValueError, match=r"batch_size is 4: .*len\(labels\)"):
        sampler.advance(len(batch))
    sampler.advance(len(list(batch.values() if make is dict else batch)[-1]))
    assert sampler.position == 4


def test_numpy_integers_are_accepted_and_bools_are_refused():
    sampler = ddp.ResumableSampler(np.int64(6), seed=np.int32(1))
    assert list(sampler) == list(ddp.ResumableSampler(6, seed=1))
    sampler.advance(np.int64(2))
    sampler.advance(torch.tensor(2))
    sampler.set_epoch(np.uint8(1))
    assert (sampler.epoch, sampler.position) == (1, 0)
    assert len(ddp.EvalSampler(np.int64(6))) == 6
    for wrong in (True, 1.5, "3", None):
        with pytest.raises(TypeError, match="must be an integer"):
            sampler.advance(wrong)
        with pytest.raises(TypeError, match="must be an integer"):
            sampler.set_epoch(wrong)
    with pytest.raises(TypeError, match="dataset must be an integer, got True"):
        ddp.ResumableSampler(True)


def test_the_samplers_are_subclasses_of_torchs_sampler():
    for sampler in (ddp.ResumableSampler(3), ddp.EvalSampler(3)):
        assert isinstance(sampler, torch.utils.data.Sampler)


@pytest.mark.parametrize(
    ("other", "text"),
    [
        ({"dataset": 5}, "size is 5, but was 4"),
        ({"seed": 1}, "seed is 1, but was 0"),
        ({"shuffle": False}, "shuffle is False, but was True"),
    ],
)
def test_a_state_with_other_arguments_is_refused(other, text):
    sampler = ddp.ResumableSampler(**({"dataset": 4} | other))
    with pytest.raises(ValueError, match=text):
        sampler.load_state_dict(ddp.ResumableSampler(4).state_dict())
    assert (sampler.epoch, sampler.position) == (0, 0)

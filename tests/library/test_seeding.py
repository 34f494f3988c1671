"""Equal seeds give equal numbers, other purposes other ones, and errors change none."""

import functools
import io
import os
import random
import subprocess
import sys

import numpy as np
import pytest
import torch
from torch.utils.data import ConcatDataset, DataLoader, Dataset, Subset

from snippets import seeding
from snippets.seeding import (
    RNGState,
    derive_seed,
    deterministic,
    isolate_rng,
    seed_everything,
    seed_worker,
)

CUBLAS = "CUBLAS_WORKSPACE_CONFIG"
WRONG = [
    (True, TypeError),
    (1.9, TypeError),
    ("7", TypeError),
    (None, TypeError),
    (np.int64(7), TypeError),
    (torch.tensor(7), TypeError),
    (-1, ValueError),
    (2**32, ValueError),
]


@pytest.fixture(autouse=True)
def start():
    """Each test starts from the same numbers and leaves no trace in others."""
    state = RNGState().state_dict()
    seed_everything(0)
    yield
    RNGState().load_state_dict(state)


def draw():
    """Some numbers of each generator, of all of their kinds."""
    return (
        random.random(),
        random.gauss(0, 1),
        np.random.rand(3).tolist(),
        np.random.randn(3).tolist(),
        torch.rand(3).tolist(),
        torch.randn(3).tolist(),
    )


def in_new_process(code):
    run = [sys.executable, "-c", f"from snippets.seeding import *\n{code}"]
    return subprocess.run(run, capture_output=True, text=True, check=True).stdout


# Seeds


def test_equal_seeds_give_equal_numbers():
    assert seed_everything(7) == 7
    first = draw()
    assert draw() != first
    seed_everything(7)
    assert draw() == first
    seed_everything(8)
    assert all(a != b for a, b in zip(first, draw(), strict=True))


def test_rank_zero_draws_what_torch_draws_with_that_seed():
    seed_everything(7)
    drawn = torch.rand(3)
    torch.manual_seed(7)
    assert torch.equal(torch.rand(3), drawn)


@pytest.mark.parametrize(("seed", "error"), WRONG)
@pytest.mark.parametrize(
    "call",
    [
        seed_everything,
        lambda value: seed_everything(0, rank=value),
        lambda value: (
            isolate_rng(value).__enter__() if value is not None else derive_seed(value)
        ),
    ],
    ids=["seed", "rank", "isolate"],
)
def test_invalid_seeds_change_nothing(call, seed, error):
    before = RNGState().state_dict()
    with pytest.raises(
        error, match=r"must be (an int, got .*: pass int|in \[0, 42949)"
    ):
        call(seed)
    after = RNGState().state_dict()
    assert torch.equal(before.pop("torch"), after.pop("torch"))
    assert before == after


def test_runs_and_ranks_do_not_share_seeds():
    seeds = {seed_everything(run, rank=rank) for run in range(24) for rank in range(24)}
    assert len(seeds) == 24 * 24


def test_derived_seeds_are_the_same_everywhere():
    # Given values written down once: no release of Python or torch may change them.
    assert derive_seed(0, "worker", 3) == 290874954
    assert derive_seed(2**64 - 1, "é", -1) == 3717892500
    keys = [(), (1,), ("1",), (1, 2), (12,), ("1", "2"), ("12",), ("1, 2",), (1, "2")]
    assert len({derive_seed(0, *key) for key in keys}) == len(keys)
    assert all(0 <= derive_seed(0, *key) < 2**32 for key in keys)


@pytest.mark.parametrize("key", [1.5, True, None, b"a", ("a",), np.int64(1)])
def test_keys_are_integers_and_strings(key):
    with pytest.raises(TypeError, match="keys must be int or str, got"):
        derive_seed(0, "worker", key)


# Generators that a dataset holds


class Slots:
    __slots__ = ("rng", "unset")

    def __init__(self, rng):
        self.rng = rng


class Noise(Dataset):
    """Holds generators in all the places where people put them."""

    def __init__(self, size=8):
        self.size = size
        self.generators = {
            "pcg": np.random.default_rng(1),
            "mersenne": np.random.Generator(np.random.MT19937(1)),
            "philox": np.random.Generator(np.random.Philox(1)),
            "legacy": np.random.RandomState(1),
            "torch": torch.Generator().manual_seed(1),
            "python": random.Random(1),
        }
        self.slots = Slots(np.random.default_rng(1))
        self.nested = [({"deep": (random.Random(1),)},)]
        self.partial = functools.partial(random.Random.random, random.Random(1))
        self.method = np.random.default_rng(1).random
        self.me = self  # a cycle
        self.paths = [(str(index), index) for index in range(20_000)]

    def __len__(self):
        return self.size

    def __getitem__(self, index):
        held = self.generators
        drawn = {
            name: held[name].random()
            for name in ("pcg", "mersenne", "philox", "python")
        }
        drawn["children"] = held["pcg"].spawn(1)[0].random() if SPAWNS else drawn["pcg"]
        drawn["legacy"] = held["legacy"].standard_normal()
        if held["torch"] is not None:
            drawn["torch"] = torch.rand((), generator=held["torch"]).double().item()
        drawn["slots"] = self.slots.rng.random()
        drawn["nested"] = self.nested[0][0]["deep"][0].random()
        drawn["partial"] = self.partial()
        drawn["method"] = self.method()
        drawn["globals"] = torch.rand(()).double().item()
        return drawn


SPAWNS = hasattr(np.random.Generator, "spawn")  # NumPy 1.25


def epochs(dataset, *, init=seed_worker, seed=0, count=2, **options):
    """What each source of numbers drew: a list over epochs and samples."""
    loader = DataLoader(
        dataset,
        worker_init_fn=init,
        num_workers=2,
        generator=torch.Generator().manual_seed(seed),
        **options,
    )
    drawn = [batch for _ in range(count) for batch in loader]
    return {name: [batch[name].item() for batch in drawn] for name in drawn[0]}


# Python 3.12 warns where a process with threads forks, as a DataLoader does.
forks = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")


@forks
def test_each_worker_and_epoch_draws_its_own_numbers_repeatably():
    first = epochs(Noise())
    for name, numbers in first.items():
        assert len(set(numbers)) == 16, name
    assert epochs(Noise()) == first
    other = epochs(Noise(), seed=1)
    assert all(not set(other[name]) & set(first[name]) for name in first)


@forks
def test_without_it_workers_and_epochs_repeat():
    # Given the same dataset and no seed_worker, this is what the test above finds:
    for name, numbers in epochs(Noise(), init=None).items():
        assert len(set(numbers)) == (16 if name == "globals" else 4), name


@forks
def test_nested_datasets():
    dataset = ConcatDataset([Subset(Noise(8), range(4)), Noise(4)])
    for name, numbers in epochs(dataset).items():
        assert len(set(numbers)) == 16, name


@forks
def test_workers_that_persist_go_on():
    drawn = epochs(Noise(), persistent_workers=True)
    assert all(len(set(numbers)) == 16 for numbers in drawn.values())
    assert epochs(Noise(), persistent_workers=True) == drawn


@pytest.mark.slow
def test_workers_that_are_spawned():
    dataset = Noise()
    # Torch cannot send its own generator to a spawned process.
    dataset.generators["torch"] = None
    drawn = epochs(dataset, multiprocessing_context="spawn", count=1)
    assert all(len(set(numbers)) == 8 for numbers in drawn.values())


class Closure(Dataset):
    def __init__(self):
        rng = np.random.default_rng(1)
        self.jitter = lambda value: value + rng.random()

    def __len__(self):
        return 8

    def __getitem__(self, index):
        return {"jitter": self.jitter(0.0)}


@forks
def test_closures():
    assert len(set(epochs(Closure())["jitter"])) == 16


@forks
@pytest.mark.parametrize(("entries", "found"), [(10_000, True), (10_001, False)])
def test_long_containers_are_data(entries, found):
    class Long(Closure):
        def __init__(self):
            self.parts = [None] * (entries - 1) + [np.random.default_rng(1)]

        def __getitem__(self, index):
            return {"rng": self.parts[-1].random()}

    assert len(set(epochs(Long())["rng"])) == (16 if found else 4)


def test_outside_of_a_worker_it_says_how_to_use_it():
    with pytest.raises(RuntimeError, match="pass worker_init_fn=seed_worker"):
        seed_worker(0)


# Snapshots


def test_a_snapshot_goes_through_a_checkpoint():
    # Given generators in the middle of their streams, with a second number in reserve
    draw(), random.gauss(0, 1), np.random.randn(), torch.randn(1)
    file = io.BytesIO()
    torch.save({"rng": RNGState().state_dict()}, file)
    drawn = draw()
    file.seek(0)
    # When another run loads it, with the default of torch 2.6 and newer
    seed_everything(1)
    RNGState().load_state_dict(torch.load(file, weights_only=True)["rng"])
    # Then it goes on with the same numbers
    assert draw() == drawn


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning")
def test_a_snapshot_goes_through_a_distributed_checkpoint(tmp_path):
    import torch.distributed.checkpoint as dcp
    from torch.distributed.checkpoint.stateful import Stateful

    assert isinstance(RNGState(), Stateful)
    dcp.save({"rng": RNGState()}, checkpoint_id=tmp_path)
    drawn = draw()
    dcp.load({"rng": RNGState()}, checkpoint_id=tmp_path)
    assert draw() == drawn


def test_reading_changes_nothing():
    state = RNGState().state_dict()
    drawn = draw()
    RNGState().load_state_dict(state)
    RNGState().state_dict()
    assert draw() == drawn


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda state: state.pop("torch"), "not a state_dict"),
        (lambda state: state.update(mtia=[]), "not a state_dict"),
        (lambda state: state.update(cuda=[torch.zeros(16)] * 2), "{'cuda': 2}, here"),
        (lambda state: state.update(torch=torch.zeros(3)), "no RNG was changed"),
        (lambda state: state.update(numpy=("PCG64",)), "no RNG was changed"),
        (lambda state: state.update(python=(3, (1,), None)), "no RNG was changed"),
    ],
)
def test_a_state_that_does_not_fit_changes_nothing(change, message):
    state = RNGState(device=False).state_dict()
    change(state)
    seed_everything(1)
    before = draw()
    seed_everything(1)
    with pytest.raises(RuntimeError, match=message):
        RNGState().load_state_dict(state)
    assert draw() == before


def test_devices_can_be_left_out():
    state = RNGState(device=False).state_dict()
    assert set(state) == {"python", "torch", "numpy"}
    state["cuda"] = [torch.zeros(16, dtype=torch.uint8)] * 99
    RNGState(device=False).load_state_dict(state)


def test_a_state_with_numpy_needs_numpy(monkeypatch):
    state = RNGState().state_dict()
    monkeypatch.setattr(seeding, "numpy", None)
    drawn = torch.rand(1)
    with pytest.raises(RuntimeError, match="install NumPy, or del"):
        RNGState().load_state_dict(state)
    assert not torch.equal(torch.rand(1), drawn), "torch was set back"
    del state["numpy"]
    RNGState().load_state_dict(state)
    assert torch.equal(torch.rand(1), drawn)


class Device:
    """Two devices, as `torch.cuda` and `torch.xpu` show them."""

    def __init__(self, forked=False):
        self.states = [torch.zeros(16, dtype=torch.uint8), torch.ones(16)]
        self._is_in_bad_fork = lambda: forked
        self.is_available = lambda: True
        self.device_count = lambda: 2
        self.get_rng_state_all = lambda: list(self.states)
        self.set_rng_state_all = lambda states: setattr(self, "states", states)


def test_all_devices_are_saved_and_restored(monkeypatch):
    device = Device()
    monkeypatch.setattr(torch, "xpu", device)
    state = RNGState().state_dict()
    assert len(state["xpu"]) == 2
    saved, device.states = device.states, []
    RNGState().load_state_dict(state)
    assert all(map(torch.equal, device.states, saved))
    with isolate_rng():
        device.states = []
    assert all(map(torch.equal, device.states, saved))
    del state["xpu"]
    with pytest.raises(RuntimeError, match=r"here are .*xpu"):
        RNGState().load_state_dict(state)


def test_forked_workers_leave_devices_alone(monkeypatch):
    monkeypatch.setattr(torch, "xpu", Device(forked=True))
    assert "xpu" not in RNGState().state_dict()


# Isolation


@pytest.mark.parametrize("seed", [None, 5])
def test_a_block_leaves_generators_as_they_were(seed):
    expected = draw()
    seed_everything(0)
    with isolate_rng(seed):
        inside = draw()
    assert draw() == expected
    assert (inside == expected) == (seed is None)


def test_a_block_that_raises_leaves_generators_as_they_were():
    expected = draw()
    seed_everything(0)
    with pytest.raises(IndexError), isolate_rng(5):
        draw()[99]
    assert draw() == expected


def test_blocks_nest_also_when_they_are_one_object():
    block = isolate_rng(5)
    expected = draw()
    seed_everything(0)
    with block:
        inside = draw()
        with block:
            assert draw() == inside
        rest = draw()
    assert draw() == expected
    with block:
        assert (draw(), draw()) == (inside, rest)


def test_a_function_keeps_its_result_and_name():
    @isolate_rng(5)
    def sample(depth):
        """Draw, deeper and deeper."""
        return [*(sample(depth - 1) if depth else []), torch.rand(1).item()]

    expected = draw()
    seed_everything(0)
    assert sample.__name__ == "sample"
    assert len(set(sample(2))) == 1
    assert draw() == expected


def test_functions_whose_body_runs_later_are_refused():
    def batches():
        yield torch.rand(1)

    async def fetch():
        return torch.rand(1)

    for function in (batches, fetch):
        with pytest.raises(TypeError, match="use `with` in the body"):
            isolate_rng(5)(function)


# Deterministic algorithms


def settings():
    return (
        torch.get_deterministic_debug_mode(),
        torch.backends.cudnn.benchmark,
        os.environ.get(CUBLAS),
    )


@pytest.fixture
def unset(monkeypatch):
    monkeypatch.delenv(CUBLAS, raising=False)
    monkeypatch.setattr(torch.backends.cudnn, "benchmark", True)


def test_a_block_is_deterministic(unset):
    before = settings()
    with deterministic():
        assert settings() == (2, False, ":4096:8")
        with deterministic(warn_only=True):
            assert settings() == (1, False, ":4096:8")
        assert settings() == (2, False, ":4096:8")
    assert settings() == before == (0, True, None)


def test_a_block_that_raises_restores(unset):
    with pytest.raises(KeyError), deterministic():
        raise KeyError
    assert settings() == (0, True, None)


def test_a_call_lasts(unset):
    call = deterministic()
    assert settings() == (2, False, ":4096:8")
    with call:  # restores what was before the call
        assert settings() == (2, False, ":4096:8")
    assert settings() == (0, True, None)
    with call:
        assert settings() == (2, False, ":4096:8")
    assert settings() == (0, True, None)


def test_a_setting_that_is_good_is_kept(unset, monkeypatch):
    monkeypatch.setenv(CUBLAS, ":16:8")
    with deterministic():
        assert settings() == (2, False, ":16:8")
    assert settings() == (0, True, ":16:8")


@pytest.mark.parametrize(("value", "started"), [(None, True), (":0:0", False)])
def test_a_setting_without_effect_is_refused(unset, monkeypatch, value, started):
    if value:
        monkeypatch.setenv(CUBLAS, value)
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: started)
    before = settings()
    with pytest.raises(RuntimeError, match="set :4096:8 before CUDA starts"):
        deterministic()
    assert settings() == before


def test_the_variable_stays_once_cuda_has_started(unset, monkeypatch):
    # Otherwise the second block of a program would be refused.
    with deterministic():
        monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    assert settings() == (0, True, ":4096:8")
    with deterministic():
        assert settings() == (2, False, ":4096:8")


def test_what_has_no_deterministic_algorithm_raises(unset):
    index = torch.zeros(2, dtype=torch.long)
    with deterministic(), pytest.raises(RuntimeError, match="deterministic"):
        torch.zeros(3).put_(index, torch.ones(2))


# A GPU


needs_cuda = pytest.mark.skipif(
    not torch.cuda.is_available(), reason="needs a CUDA device"
)


@needs_cuda
def test_cuda_goes_on_with_the_same_numbers():
    state = RNGState().state_dict()
    drawn = torch.rand(3, device="cuda")
    moved = {**state, "torch": state["torch"].cuda()}
    moved["cuda"] = [tensor.cuda() for tensor in state["cuda"]]
    RNGState().load_state_dict(moved)
    assert torch.equal(torch.rand(3, device="cuda"), drawn)
    with isolate_rng(5):
        torch.rand(3, device="cuda")
    RNGState().load_state_dict(state)
    assert torch.equal(torch.rand(3, device="cuda"), drawn)


@needs_cuda
def test_cuda_trains_bit_equal():
    code = """
import torch
deterministic()
seed_everything(0)
model = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.Flatten(),
                            torch.nn.Dropout(), torch.nn.Linear(288, 2)).cuda()
optimizer = torch.optim.AdamW(model.parameters())
for _ in range(20):
    optimizer.zero_grad()
    model(torch.randn(16, 3, 8, 8, device="cuda")).square().mean().backward()
    optimizer.step()
print([parameter.sum().item() for parameter in model.parameters()])
"""
    assert in_new_process(code) == in_new_process(code)

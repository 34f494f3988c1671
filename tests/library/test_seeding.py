"""Seeding: generators, workers, saved states, isolation and deterministic torch."""

import asyncio
import collections
import enum
import functools
import io
import itertools
import logging
import os
import random
import subprocess
import sys
import types
from unittest.mock import patch

import numpy as np
import pytest
import torch
from torch.utils.data import (
    ChainDataset,
    ConcatDataset,
    DataLoader,
    Dataset,
    IterableDataset,
    Subset,
)

from snippets import seeding
from snippets.seeding import (
    RNGState,
    derive_seed,
    deterministic,
    isolate_rng,
    seed_everything,
    seed_worker,
)
from tests.forked import import_ahead

import_ahead(__name__)
logger = logging.getLogger(__name__)
CUBLAS = "CUBLAS_WORKSPACE_CONFIG"
WRONG = [
    (True, TypeError),
    (1.9, TypeError),
    ("7", TypeError),
    (None, TypeError),
    (np.bool_(True), TypeError),
    (np.float64(7), TypeError),
    (np.array(7), TypeError),
    (torch.tensor(7), TypeError),
    (-1, ValueError),
    (2**32, ValueError),
]


@pytest.fixture(autouse=True)
def start():
    """Start each test with the same seed, and restore the generators after it."""
    state = RNGState().state_dict()
    seed_everything(0)
    yield
    RNGState().load_state_dict(state)


def draw():
    """Draw uniform and normal numbers from each global generator."""
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


def test_rank_0_draws_the_same_as_after_torch_manual_seed():
    seed_everything(7)
    drawn = torch.rand(3)
    torch.manual_seed(7)
    assert torch.equal(torch.rand(3), drawn)


@pytest.mark.parametrize(("seed", "error"), WRONG)
@pytest.mark.parametrize(
    "call",
    [
        seed_everything,
        lambda value: seed_everything(0, rank="0" if value is None else value),
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


def test_different_runs_and_ranks_get_different_seeds():
    seeds = {seed_everything(run, rank=rank) for run in range(24) for rank in range(24)}
    assert len(seeds) == 24 * 24


def test_derived_seeds_are_the_same_on_every_release():
    # These values must not change with a new release of Python or torch.
    assert derive_seed(0, "worker", 3) == 290874954
    assert derive_seed(2**64 - 1, "é", -1) == 3717892500
    keys = [(), (1,), ("1",), (1, 2), (12,), ("1", "2"), ("12",), ("1, 2",), (1, "2")]
    assert len({derive_seed(0, *key) for key in keys}) == len(keys)
    assert all(0 <= derive_seed(0, *key) < 2**32 for key in keys)


@pytest.mark.parametrize("kind", [np.int64, np.int32, np.uint8])
def test_numpy_integers_are_accepted(kind):
    assert seed_everything(kind(7), rank=kind(3)) == seed_everything(7, rank=3)
    assert type(seed_everything(kind(7), rank=0)) is int
    assert derive_seed(kind(7), "a", kind(3)) == derive_seed(7, "a", 3)
    with isolate_rng(kind(7)):
        inside = torch.rand(3)
    with isolate_rng(7):
        assert torch.equal(torch.rand(3), inside)


class Split(str, enum.Enum):
    TRAIN = "train"


def test_a_str_enum_member_as_key_counts_as_its_value():
    assert derive_seed(0, Split.TRAIN) == derive_seed(0, "train")


@pytest.fixture
def no_ranks(monkeypatch):
    for name in seeding._RANK_VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    "variable",
    ["RANK", "PMI_RANK", "OMPI_COMM_WORLD_RANK", "MV2_COMM_WORLD_RANK", "SLURM_PROCID"],
)
def test_the_rank_comes_from_the_launcher(variable, no_ranks, monkeypatch):
    assert seed_everything(7) == 7
    monkeypatch.setenv(variable, "3")
    assert seed_everything(7) == derive_seed(7, "rank", 3)
    assert seed_everything(7, rank=0) == 7
    assert seed_everything(7, rank=1) == derive_seed(7, "rank", 1)
    with isolate_rng(7):
        assert torch.initial_seed() == derive_seed(7, "rank", 3)


def test_the_rank_of_the_process_group_wins_over_torchrun_and_torchrun_over_slurm(
    no_ranks, monkeypatch
):
    # Given torchrun in a Slurm job that has one task per node
    monkeypatch.setenv("SLURM_PROCID", "1")
    monkeypatch.setenv("RANK", "5")
    assert seed_everything(7) == derive_seed(7, "rank", 5)
    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.distributed, "get_rank", lambda: 2)
    assert seed_everything(7) == derive_seed(7, "rank", 2)


@pytest.mark.parametrize("value", ["one", "-1", "1.0"])
def test_a_variable_that_is_not_a_rank_changes_nothing(value, no_ranks, monkeypatch):
    monkeypatch.setenv("RANK", value)
    before = torch.get_rng_state()
    with pytest.raises(ValueError, match=r"RANK must be a rank, got .*: pass rank="):
        seed_everything(7)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("key", [1.5, True, None, b"a", ("a",), np.float32(1)])
def test_keys_of_other_types_are_refused(key):
    with pytest.raises(TypeError, match="keys must be int or str, got"):
        derive_seed(0, "worker", key)


# Generators in a dataset


class Slots:
    __slots__ = ("rng", "unset")

    def __init__(self, rng):
        self.rng = rng


GLOBAL = np.random.default_rng(1)
SETTINGS = types.ModuleType("settings")
SETTINGS.rng = random.Random(1)


def of_default(rng=np.random.default_rng(1)):  # noqa: B008
    return rng.random()


def of_keyword(*, rng=random.Random(1)):  # noqa: B008
    return rng.random()


def of_variable():
    return (lambda: GLOBAL.random())()


def of_module():
    return SETTINGS.rng.random()


class Noise(Dataset):
    """A dataset with generators in the usual places. It can be sent to a process."""

    of_class = np.random.default_rng(1)

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
        self.functions = [of_default, of_keyword, of_variable, of_module]
        self.me = self  # a reference cycle
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
        drawn["class"] = self.of_class.random()
        for function in self.functions:
            drawn[function.__name__] = function()
        drawn["globals"] = torch.rand(()).double().item()
        return drawn


SPAWNS = hasattr(np.random.Generator, "spawn")  # NumPy 1.25


def epochs(dataset, *, init=seed_worker, seed=0, count=2, **options):
    """Return the numbers drawn over all epochs and samples, by source."""
    # Closures can't be sent to a new process, so don't use the default of Python 3.14.
    options.setdefault("multiprocessing_context", "fork")
    loader = DataLoader(
        dataset,
        worker_init_fn=init,
        num_workers=2,
        generator=torch.Generator().manual_seed(seed),
        **options,
    )
    drawn = [batch for _ in range(count) for batch in loader]
    return {name: [batch[name].item() for batch in drawn] for name in drawn[0]}


# Python 3.12 warns if a process with threads forks, as a DataLoader does.
forks = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")


@forks
def test_workers_and_epochs_draw_different_numbers_and_a_second_run_the_same():
    first = epochs(Noise())
    for name, numbers in first.items():
        assert len(set(numbers)) == 16, name
    assert epochs(Noise()) == first
    other = epochs(Noise(), seed=1)
    assert all(not set(other[name]) & set(first[name]) for name in first)


@forks
def test_without_seed_worker_workers_and_epochs_draw_the_same_numbers():
    # This shows that the test above can fail.
    for name, numbers in epochs(Noise(), init=None).items():
        assert len(set(numbers)) == (16 if name == "globals" else 4), name


@forks
def test_nested_datasets_and_persistent_workers_are_seeded():
    nested = ConcatDataset([Subset(Noise(8), range(4)), Noise(4)])
    persistent = epochs(Noise(), persistent_workers=True)
    assert epochs(Noise(), persistent_workers=True) == persistent
    for drawn in (epochs(nested), persistent):
        for name, numbers in drawn.items():
            assert len(set(numbers)) == 16, name


@pytest.mark.slow
def test_workers_with_a_pickled_dataset_are_seeded():
    dataset = Noise()
    # A torch.Generator can't be pickled.
    dataset.generators["torch"] = None
    # This is like "spawn", but the server imports torch only once for all workers.
    drawn = epochs(dataset, multiprocessing_context="forkserver", count=1)
    assert all(len(set(numbers)) == 8 for numbers in drawn.values())


class Draws(Dataset):
    """A dataset whose samples have one number from each of the given functions."""

    def __init__(self, functions, **attributes):
        self.functions = functions
        vars(self).update(attributes)

    def __len__(self):
        return 8

    def __getitem__(self, index):
        return {name: draw() for name, draw in self.functions.items()}


BITS = ["MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64"]


def kinds():
    """Return functions by name, each with one kind of generator in its closure."""
    functions = {}
    for name in BITS:
        make = getattr(np.random, name)
        modern = np.random.Generator(make(1))
        legacy = np.random.RandomState(make(1))
        bare = make(1)
        legacy.standard_normal()  # this keeps a second number in reserve
        functions |= {
            name: modern.random,
            f"RandomState {name}": lambda legacy=legacy: legacy.standard_normal(),
            f"bare {name}": lambda bare=bare: bare.random_raw() / 2**64,
        }
        modern.integers(9, dtype=np.uint32)  # this keeps half of the bits in reserve

    class Own(random.Random):
        def __init__(self, name):
            self.name = name
            super().__init__(1)

    class OwnBits(np.random.PCG64):
        def __init__(self):
            super().__init__(1)

    own, reserve, sequence = Own("a"), random.Random(1), np.random.SeedSequence(1)
    own_bits = np.random.Generator(OwnBits())
    generator = torch.Generator().manual_seed(1)
    reserve.gauss(0, 1)
    system = random.SystemRandom()
    return functions | {
        "subclass of Random": lambda: own.random(),
        "gauss": lambda: reserve.gauss(0, 1),
        "SystemRandom": lambda: system.random(),
        "subclass of PCG64": own_bits.random,
        "SeedSequence": lambda: np.random.default_rng(sequence.spawn(1)[0]).random(),
        "torch": lambda: torch.rand((), generator=generator).double().item(),
    }


@forks
def test_generators_of_every_kind_are_seeded():
    for name, numbers in epochs(Draws(kinds())).items():
        assert len(set(numbers)) == 16, name


class Compose:
    def __init__(self, transforms):
        self.transforms = transforms

    def __call__(self):
        return sum(transform() for transform in self.transforms)


class Module(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.rng = np.random.default_rng(1)

    def forward(self):
        return self.rng.random()


class Base:
    inherited = np.random.default_rng(1)

    def __init__(self):
        self._hidden = np.random.default_rng(1)

    @property
    def hidden(self):
        return self._hidden

    @property
    def variable(self):
        return random.Random.random(FROM_PROPERTY)

    @staticmethod
    def of_static(rng=np.random.default_rng(1)):  # noqa: B008
        return rng.random()

    @classmethod
    def of_class(cls):
        return cls.inherited.random()


class Derived(Base):
    pass


class WithoutDict(list):
    __slots__ = ("a", "b")


class OnlyOnAccess:
    """A proxy for an object that can't be loaded in a worker."""

    def __getattribute__(self, name):
        raise OSError(f"{name} was used")


class Lazy(dict):
    def items(self):
        raise OSError("the files were read")

    __iter__ = __len__ = values = keys = items


FROM_PROPERTY = random.Random(1)


def numbers_of(rng):
    while True:
        yield rng.random()


def places():
    """Return functions by the place of their generator, and unusual attributes."""

    def rng():
        return np.random.default_rng(1)

    cached = rng()

    @functools.cache
    def remembers(_):
        return cached.random()

    count = itertools.count()
    array = np.empty((2, 3), dtype=object)
    array[1, 2] = rng()
    fields = np.zeros(1, dtype=[("rng", object)])
    fields["rng"][0] = rng()
    slots, derived = Slots(rng()), Derived()
    in_set, in_deque, in_dict = {rng()}, collections.deque([rng()]), {1: {"a": rng()}}
    keys = {rng(): "value"}
    space = types.SimpleNamespace(rng=rng())
    point = collections.namedtuple("point", ["rng"])(rng())
    iterator, stream, mapped = iter([rng()]), numbers_of(rng()), map(rng().random, [])
    lazy = Lazy(rng=rng())
    late = [rng()]
    for _ in range(5):
        late = [[], {"a": late}]
    functions = {
        "array": lambda: array[1, 2].random(),
        "field": lambda: fields["rng"][0].random(),
        "slots": lambda: slots.rng.random(),
        "property": lambda: derived.hidden.random(),
        "variable in a property": lambda: derived.variable,
        "inherited": lambda: derived.inherited.random(),
        "staticmethod": lambda: derived.of_static(),
        "set": lambda: next(iter(in_set)).random(),
        "deque": lambda: in_deque[0].random(),
        "dict": lambda: in_dict[1]["a"].random(),
        "keys": lambda: next(iter(keys)).random(),
        "namespace": lambda: space.rng.random(),
        "namedtuple": lambda: point.rng.random(),
        "iterator": lambda: iterator.__reduce__()[1][0][0].random(),
        "stream": lambda: next(stream),
        "map": lambda: mapped.__reduce__()[1][0](),
        "dict that reads files": lambda: dict.__getitem__(lazy, "rng").random(),
        "deep": lambda: late[1]["a"][1]["a"][1]["a"][1]["a"][1]["a"][0].random(),
        "transforms": Compose([Compose([rng().random]), Compose((lambda: 0,))]),
        "module": torch.nn.Sequential(torch.nn.Identity(), Module())[1],
        "partial": functools.partial(of_default.__call__, rng=rng()),
        "partial keyword": functools.partial(lambda rng: rng.random(), rng=rng()),
        "method": Compose([rng().random]).__call__,
        "decorator": wrapped(rng().random),
        "cache": lambda: remembers(next(count)),
    }
    return functions, {"proxy": OnlyOnAccess(), "empty": WithoutDict()}


@forks
def test_generators_in_every_place_are_seeded():
    functions, attributes = places()
    for name, numbers in epochs(Draws(functions, **attributes)).items():
        assert len(set(numbers)) == 16, name


@forks
def test_generators_in_an_iterable_dataset_are_seeded():
    class Stream(IterableDataset):
        def __init__(self):
            self.rng = np.random.default_rng(1)

        def __iter__(self):
            for _ in range(4):
                yield {"rng": self.rng.random()}

    for dataset in (Stream(), ChainDataset([Stream()])):
        assert len(set(epochs(dataset)["rng"])) == 16


@forks
def test_generators_in_collate_fn_are_seeded():
    rng = np.random.default_rng(1)

    def collate(samples):
        return {"rng": torch.tensor(rng.random(), dtype=torch.float64)}

    for dataset in ([0] * 8, range(8)):
        for function in (collate, functools.partial(collate)):
            drawn = epochs(dataset, collate_fn=function)
            assert len(set(drawn["rng"])) == 16

    def init(worker_id):  # a user's own function that calls seed_worker
        seed_worker(worker_id)

    assert len(set(epochs(range(8), collate_fn=collate, init=init)["rng"])) == 16


@forks
def test_a_generator_in_two_places_is_seeded_once():
    bits = np.random.PCG64(1)
    first, second = np.random.Generator(bits), np.random.Generator(bits)
    shared = random.Random(1)

    def alternate():
        return first.random() != second.random()

    def same():
        before = shared.getstate()
        shared.random()
        return before != pair["other"].getstate()

    pair = {"one": shared, "other": shared}
    twins = {"bits": bits, "alternate": alternate, "same": same}
    dataset = Draws({"alternate": alternate, "same": same}, twins=twins)
    drawn = epochs(dataset)
    assert all(drawn["alternate"])
    assert all(drawn["same"])


@forks
def test_generators_in_one_worker_draw_different_numbers():
    same = [np.random.default_rng(1) for _ in range(20)]
    held = {(index, "key"): rng for index, rng in enumerate(same)}
    kept = {np.random.default_rng(1) for _ in range(20)}
    dataset = Draws(
        {
            "same": lambda: len({rng.random() for rng in same}),
            "kept": lambda: len({rng.random() for rng in kept}),
        },
        held=held,
    )
    drawn = epochs(dataset, count=1)
    assert set(drawn["same"]) == set(drawn["kept"]) == {20}


@forks
def test_global_generators_are_not_seeded_again():
    # Given a dataset that refers to them
    dataset = Draws(
        {"numpy": np.random.rand, "python": random.random, "torch": uniform}
    )
    assert epochs(dataset) == epochs(dataset, init=None)


def uniform():
    return torch.rand(()).double().item()


def searched(**attributes):
    """Search a dataset as in a worker.

    Return the paths of the generators, the number of objects visited, and the path of
    the first object that was not searched, if any.
    """
    dataset = types.SimpleNamespace(**attributes)
    with patch.object(seeding, "_contents", wraps=seeding._contents) as visit:
        found, missed = seeding._search(dataset=dataset)
    paths = [seeding._path(place) for place in found]
    return paths, visit.call_count, missed and seeding._path(missed)


SMALL = 100_000  # number of small objects, such as annotations of images


@pytest.mark.parametrize(
    "data",
    [
        lambda: [{"id": index} for index in range(SMALL)],
        lambda: tuple(Slots(index) for index in range(SMALL)),
        lambda: {index: [index] for index in range(SMALL)},
        lambda: {(index,) for index in range(SMALL)},
        lambda: collections.deque([index] for index in range(SMALL)),
        lambda: np.array([{"id": index} for index in range(SMALL)], dtype=object),
        lambda: types.SimpleNamespace(**{f"a{i}": [i] for i in range(SMALL)}),
        lambda: {"images": [{"boxes": [[0]] * 12} for _ in range(SMALL // 12)]},
        lambda: [[{"id": index} for index in range(300)] for _ in range(SMALL // 300)],
    ],
    ids=["list", "tuple", "dict", "set", "deque", "array", "fields", "coco", "tree"],
)
def test_the_search_does_not_visit_all_of_a_large_dataset(data):
    paths, count, missed = searched(data=data(), rng=random.Random(1))
    assert paths == ["dataset.rng"]
    assert count < 1_000
    assert missed is None


def test_the_search_returns_the_place_where_it_stopped():
    # Given many small containers, and a long chain of nested ones
    tree = [[[[index] for index in range(10)] for _ in range(100)] for _ in range(100)]
    chain = functools.reduce(lambda node, _: {"next": node}, range(SMALL), {"last": 1})
    for data, start in (
        (tree, "dataset.data["),
        (chain, "dataset.data['next']['next'"),
    ):
        # When the dataset is searched
        paths, count, missed = searched(data=data, rng=random.Random(1))
        # Then the search stops early, says where, and has found the near generator
        assert count < 2 * seeding._MOST
        assert missed.startswith(start)
        assert paths == ["dataset.rng"]


@forks
def test_a_search_that_stops_warns_and_you_can_pass_generators_instead():
    hidden = random.Random(1)
    tree = [[[[index] for index in range(10)] for _ in range(100)] for _ in range(100)]
    tree[60][60].append(hidden)
    dataset = Draws({"variable": of_variable}, tree=tree)
    dataset.functions["hidden"] = lambda: dataset.tree[60][60][-1].random()
    with pytest.raises(
        UserWarning, match=r"did not search dataset\.tree\[.*generators="
    ):
        epochs(dataset)  # pytest turns warnings into errors
    # If you pass the generator, even among many others, there is no warning
    many = [np.random.default_rng(1) for _ in range(800)]
    init = functools.partial(seed_worker, generators=[*many, hidden])
    drawn = epochs(dataset, init=init)
    assert {len(set(numbers)) for numbers in drawn.values()} == {16}


@forks
@pytest.mark.parametrize("count", [201, 3_000])
@pytest.mark.parametrize("at", ["each", "first"])
def test_a_long_container_with_a_generator_is_searched_completely(count, at):
    samples = [Slots(None) for _ in range(count)]
    places = {"each": range(count), "first": [0, 30]}[at]
    for place in places:
        samples[place].rng = random.Random(1)
    draws = {"rng": lambda: samples[places[1]].rng.random()}
    assert len(set(epochs(Draws(draws))["rng"])) == 16


def test_a_generator_in_the_middle_of_a_long_container_is_not_found():
    # The docstring describes this limit.
    middle = [None] * 1_000
    middle[500] = random.Random(1)
    assert searched(data=middle)[0] == []


@forks
def test_a_generator_made_in_the_worker_is_not_found():
    # The docstring describes this limit too.
    made = Draws({"rng": lambda: np.random.default_rng(1).random()})
    assert len(set(epochs(made)["rng"])) == 1


class Stubborn(random.Random):
    def seed(self, value=None):
        if value != 1:
            raise ValueError("no other seed")


@forks
def test_the_error_names_a_generator_that_cannot_be_seeded():
    dataset = Draws({"rng": float}, transforms=[Compose([Stubborn(1)])])
    where = r"cannot seed dataset\.transforms\[0\]\.transforms\[0\]: no other seed"
    with pytest.raises(RuntimeError, match=where):
        epochs(dataset)


def test_a_warning_says_so_if_collate_fn_cannot_be_found(monkeypatch):
    # Given a worker that doesn't run in torch's own loop
    info = types.SimpleNamespace(dataset=[0], seed=1)
    monkeypatch.setattr(seeding, "get_worker_info", lambda: info)
    with pytest.warns(UserWarning, match="did not search collate_fn: generators there"):
        seed_worker(0)
    seed_worker(0, generators=[])


def test_the_search_does_not_visit_installed_packages():
    def loads():
        return pytest.main([]), torch.nn.functional.relu, logger

    paths, count, missed = searched(loads=loads)
    assert (paths, missed) == ([], None)
    assert count < 100


def test_the_error_outside_of_a_worker_says_how_to_use_seed_worker():
    with pytest.raises(RuntimeError, match="pass worker_init_fn=seed_worker"):
        seed_worker(0)


# Saving and restoring


def test_a_state_can_be_saved_in_a_checkpoint():
    # Given generators that have drawn numbers and have a normal one in reserve
    draw(), random.gauss(0, 1), np.random.randn(), torch.randn(1)
    file = io.BytesIO()
    torch.save({"rng": RNGState().state_dict()}, file)
    drawn = draw()
    file.seek(0)
    # When another run loads the state with weights_only
    seed_everything(1)
    RNGState().load_state_dict(torch.load(file, weights_only=True)["rng"])
    # Then it draws the same numbers
    assert draw() == drawn


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning")
def test_a_state_can_be_saved_in_a_distributed_checkpoint(tmp_path):
    import torch.distributed.checkpoint as dcp
    from torch.distributed.checkpoint.stateful import Stateful

    assert isinstance(RNGState(), Stateful)
    dcp.save({"rng": RNGState()}, checkpoint_id=tmp_path)
    drawn = draw()
    dcp.load({"rng": RNGState()}, checkpoint_id=tmp_path)
    assert draw() == drawn


def drawn_after(snapshot, **options):
    """Return what workers draw after a saved state, in the same and in a resumed run.

    The state is saved after `snapshot` batches. An epoch has two batches.
    """
    functions = {"global": uniform, "own": np.random.default_rng(1).random}

    def loader(samples):
        options.update(batch_size=4, num_workers=2, worker_init_fn=seed_worker)
        options.update(multiprocessing_context="fork")
        return DataLoader(Draws(functions), sampler=samples, **options)

    def numbers(batch):
        return [values.tolist() for values in batch.values()]

    seed_everything(3, rank=0)
    whole, drawn = loader(range(8)), []
    for _ in range(2):
        for batch in whole:
            drawn.append(numbers(batch))
            if len(drawn) == snapshot:
                state = RNGState().state_dict()
    RNGState().load_state_dict(state)
    rest = [numbers(batch) for batch in loader(range(4 * snapshot % 8, 8))]
    return drawn[snapshot : snapshot + len(rest)], rest


@forks
@pytest.mark.parametrize(
    ("snapshot", "options", "equal"),
    [(2, {}, True), (1, {}, False), (2, {"persistent_workers": True}, False)],
    ids=["between epochs", "within an epoch", "persistent"],
)
def test_workers_draw_the_same_after_resuming_only_between_epochs(
    snapshot, options, equal
):
    whole, rest = drawn_after(snapshot, **options)
    assert len(rest) == snapshot
    assert (whole == rest) == equal


def test_state_dict_changes_no_generator():
    state = RNGState().state_dict()
    drawn = draw()
    RNGState().load_state_dict(state)
    RNGState().state_dict()
    assert draw() == drawn


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda state: state.pop("torch"), "expected a state_dict"),
        (lambda state: state.update(mtia=[]), "expected a state_dict"),
        (
            lambda state: state.update(cuda=[torch.zeros(16)] * 2),
            "{'cuda': 2}, but this",
        ),
        (lambda state: state.update(torch=torch.zeros(3)), "no generator was changed"),
        (lambda state: state.update(numpy=("PCG64",)), "no generator was changed"),
        (
            lambda state: state.update(python=(3, (1,), None)),
            "no generator was changed",
        ),
    ],
)
def test_an_invalid_state_changes_no_generator(change, message):
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


def test_a_state_with_a_numpy_part_needs_numpy(monkeypatch):
    state = RNGState().state_dict()
    monkeypatch.setattr(seeding, "numpy", None)
    drawn = torch.rand(1)
    with pytest.raises(RuntimeError, match="install NumPy, or del"):
        RNGState().load_state_dict(state)
    assert not torch.equal(torch.rand(1), drawn), "torch must not be restored either"
    del state["numpy"]
    RNGState().load_state_dict(state)
    assert torch.equal(torch.rand(1), drawn)


class Device:
    """A replacement for `torch.cuda` or `torch.xpu` with two devices."""

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
    with pytest.raises(RuntimeError, match=r"this process has .*xpu"):
        RNGState().load_state_dict(state)


def test_forked_workers_do_not_read_devices(monkeypatch):
    monkeypatch.setattr(torch, "xpu", Device(forked=True))
    assert "xpu" not in RNGState().state_dict()


# Isolation


@pytest.mark.parametrize("seed", [None, 5])
def test_isolate_rng_restores_the_generators(seed):
    expected = draw()
    seed_everything(0)
    with isolate_rng(seed):
        inside = draw()
    assert draw() == expected
    assert (inside == expected) == (seed is None)


def test_isolate_rng_restores_the_generators_after_an_error():
    expected = draw()
    seed_everything(0)
    with pytest.raises(IndexError), isolate_rng(5):
        draw()[99]
    assert draw() == expected


def test_the_same_isolate_rng_object_can_be_nested():
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


def test_a_decorated_function_keeps_its_result_and_name():
    @isolate_rng(5)
    def sample(depth):
        """Draw a number on each level of the recursion."""
        return [*(sample(depth - 1) if depth else []), torch.rand(1).item()]

    expected = draw()
    seed_everything(0)
    assert sample.__name__ == "sample"
    assert len(set(sample(2))) == 1
    assert draw() == expected


def batches():
    yield torch.rand(1)


async def fetch():
    return torch.rand(1)


async def stream():
    yield torch.rand(1)


class Source:
    def batches(self):
        yield torch.rand(1)

    async def fetch(self):
        return torch.rand(1)

    async def __call__(self):
        return torch.rand(1)


class Batches:
    def __call__(self):
        yield torch.rand(1)


def wrapped(function):
    @functools.wraps(function)
    def inner():
        return function()

    return inner


BLOCKS = pytest.mark.parametrize("block", [isolate_rng, deterministic])
LATER = "runs after the call: use `with` inside its body"


@BLOCKS
@pytest.mark.parametrize(
    "function",
    [
        batches,
        fetch,
        stream,
        Source().batches,
        Source().fetch,
        functools.partial(batches),
        functools.partial(functools.partial(Source.fetch), Source()),
    ],
)
def test_generator_and_coroutine_functions_are_refused(block, function):
    with pytest.raises(TypeError, match=LATER):
        block()(function)


@BLOCKS
@pytest.mark.parametrize(
    "function",
    [
        Source(),
        Batches(),
        functools.partial(Source()),
        lambda: batches(),
        lambda: stream(),
        lambda: (torch.rand(1) for _ in range(3)),
        wrapped(fetch),
    ],
)
def test_functions_that_return_a_generator_or_coroutine_fail_when_called(
    block, function
):
    decorated = block()(function)
    before = settings(), torch.get_rng_state()
    with pytest.raises(TypeError, match=LATER):
        decorated()
    assert settings() == before[0]
    assert torch.equal(torch.get_rng_state(), before[1])


@BLOCKS
def test_decorating_something_that_is_not_callable_is_refused(block):
    for value in (classmethod(draw), 5):
        with pytest.raises(TypeError, match="is not callable: decorate the function"):
            block()(value)


@BLOCKS
def test_callables_of_every_kind_can_be_decorated(block):
    class Model:
        def sample(self, n=1):
            return torch.rand(n)

        @block()
        def decorated(self, n=1):
            return torch.rand(n)

        def __call__(self, n=1):
            return torch.rand(n)

    model = Model()
    for function in (model.sample, model.decorated, model, torch.rand, Model.sample):
        arguments = (model, 3) if function is Model.sample else (3,)
        assert len(block()(function)(*arguments)) == 3
        assert len(block()(functools.partial(function, *arguments))()) == 3
    assert isinstance(block()(Model)(), Model)


def test_a_block_in_a_coroutine_works_if_it_ends_before_an_await():
    async def fetch():
        with isolate_rng(5):
            drawn = torch.rand(1)
        await asyncio.sleep(0)
        return drawn

    async def both():
        return await asyncio.gather(fetch(), fetch())

    expected = draw()
    seed_everything(0)
    first, second = asyncio.run(both())
    assert torch.equal(first, second)
    assert draw() == expected


def test_an_invalid_seed_for_isolate_rng_is_refused():
    with pytest.raises(ValueError, match="seed must be in"):
        isolate_rng(-1)


@BLOCKS
def test_leaving_a_block_that_was_not_entered_is_refused(block):
    with pytest.raises(RuntimeError, match="was never entered: use it in a with"):
        block().__exit__(None, None, None)


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


ON, WARNS = (2, False, ":4096:8"), (1, False, ":4096:8")


def test_torch_is_deterministic_from_the_start_to_the_end_of_a_block(unset):
    before = settings()
    block = deterministic()
    assert settings() == before == (0, True, None)
    for _ in range(2):
        with block:
            assert settings() == ON
            with block:
                assert settings() == ON
            with deterministic(warn_only=True):
                assert settings() == WARNS
            assert settings() == ON
        assert settings() == before


def test_a_deterministic_block_restores_the_settings_after_an_error(unset):
    with pytest.raises(KeyError), deterministic():
        raise KeyError
    assert settings() == (0, True, None)


def test_torch_is_deterministic_in_a_decorated_function(unset):
    @deterministic(warn_only=True)
    def train(depth=0):
        """Train."""
        return settings() if depth == 0 else train(depth - 1)

    before = settings()
    assert train.__name__ == "train"
    assert train() == train(3) == WARNS
    assert settings() == before


def test_enable_stays_on(unset):
    with deterministic():  # restores the settings for other tests
        deterministic(warn_only=True).enable()
        assert settings() == WARNS
        with deterministic():
            assert settings() == ON
        assert settings() == WARNS
    assert settings() == (0, True, None)


def test_an_inner_block_restores_a_setting_changed_in_the_outer_one(unset):
    with deterministic():
        torch.backends.cudnn.benchmark = True
        with deterministic():
            assert settings() == ON
        assert settings() == (2, True, ":4096:8")
    assert settings() == (0, True, None)


def test_a_valid_value_of_the_variable_is_kept(unset, monkeypatch):
    monkeypatch.setenv(CUBLAS, ":16:8")
    with deterministic():
        assert settings() == (2, False, ":16:8")
    assert settings() == (0, True, ":16:8")


@pytest.mark.parametrize(("value", "started"), [(None, True), (":0:0", False)])
def test_an_invalid_or_late_variable_is_refused(unset, monkeypatch, value, started):
    if value:
        monkeypatch.setenv(CUBLAS, value)
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: started)
    before = settings()
    never = deterministic()(pytest.fail)
    for use in (deterministic().enable, deterministic().__enter__, never):
        with pytest.raises(RuntimeError, match="set it to :4096:8 before CUDA starts"):
            use()
        assert settings() == before


def test_the_variable_stays_once_cuda_has_started(unset, monkeypatch):
    # Otherwise a second block in the same program would be refused.
    with deterministic():
        monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    assert settings() == (0, True, ":4096:8")
    with deterministic():
        assert settings() == ON


def test_an_operation_without_a_deterministic_algorithm_raises_an_error(unset):
    index = torch.zeros(2, dtype=torch.long)
    with deterministic(), pytest.raises(RuntimeError, match="deterministic"):
        torch.zeros(3).put_(index, torch.ones(2))


# A GPU


needs_cuda = pytest.mark.skipif(
    not torch.cuda.is_available(), reason="needs a CUDA device"
)


@needs_cuda
def test_restored_cuda_generators_draw_the_same_numbers():
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
def test_training_on_cuda_twice_is_bit_equal():
    code = """
import torch
deterministic().enable()
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

"""Checkpoints: crashes, damaged and malicious files, full disks, exact resume."""

import argparse
import contextlib
import dataclasses
import datetime
import enum
import functools
import io
import os
import pickle
import random
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from fractions import Fraction
from pathlib import Path

import pytest
import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode

from snippets import checkpoints
from snippets.checkpoints import (
    CheckpointError,
    Checkpoints,
    CorruptCheckpointError,
    UnsafeValueError,
    load,
    save,
)
from tests.busy import patient
from tests.library import checkpoint_ranks
from tests.library.checkpoint_files import damage, digest, holds, state, steps_in
from tests.library.checkpoint_ranks import BATCH, BREAK, SAMPLES, STEPS, Run, start

with contextlib.suppress(ImportError):
    import numpy

ROOT = Path(__file__).resolve().parents[2]
CRASH = ROOT / "bench" / "crash.py"


@pytest.fixture
def path(tmp_path):
    """The path of a complete checkpoint of step 1."""
    path = tmp_path / "last.pt"
    save(path, state(1))
    return path


# --- Save and load --------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:Validating sparse")  # from torch 2.15
# Releases 2.11 and 2.12 warn about every sparse tensor that they load.
@pytest.mark.filterwarnings("ignore:Sparse invariant checks")
def test_what_every_release_can_load_is_loaded_unchanged(tmp_path):
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    optimizer = torch.optim.AdamW(model.parameters())
    model(torch.ones(3, 2)).sum().backward()
    optimizer.step()
    full = {
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "plain": [None, True, 1, -(2**70), 0.5, "text", (1, ("x",)), {1: {2.5: "y"}}],
        "torch": [torch.float16, torch.device("cpu"), torch.Size([1, 2])],
        "kinds": [OrderedDict(a=1), Counter("aab"), nn.Parameter(torch.ones(2))],
        "dtypes": [torch.ones(2, dtype=kind) for kind in (torch.bfloat16, torch.bool)],
        "sparse": torch.eye(3).to_sparse(),
        "scalar": torch.tensor(1.5),
    }
    save(tmp_path / "all.pt", full)
    assert digest(load(tmp_path / "all.pt")["model"]) == digest(full["model"])
    found = load(tmp_path / "all.pt")
    assert found["plain"] == full["plain"]
    assert found["kinds"][:2] == full["kinds"][:2]
    assert digest(found["optimizer"]) == digest(full["optimizer"])
    assert torch.equal(found["sparse"].to_dense(), torch.eye(3))


@pytest.mark.parametrize("value", [{}, [], None, 5, torch.ones(3), {"a": []}])
def test_a_state_can_be_any_value(tmp_path, value):
    save(tmp_path / "any.pt", value)
    assert digest(load(tmp_path / "any.pt")) == digest(value)


def test_views_share_memory_after_loading(path):
    found = load(path)
    found["weight"][2] = -1
    assert found["view"][0] == -1


def test_torch_load_reads_files_of_save_and_load_reads_files_of_torch_save(
    path, tmp_path
):
    assert torch.load(path, weights_only=True)["step"] == 1
    assert torch.load(path, weights_only=True, mmap=True)["step"] == 1
    torch.save(state(2), tmp_path / "theirs.pt")
    assert holds(tmp_path / "theirs.pt", 2)


def test_map_location_determines_the_device(path):
    assert load(path)["weight"].device.type == "cpu"
    assert load(path, map_location="meta")["weight"].device.type == "meta"


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
def test_gpu_tensors_are_loaded_to_the_cpu_by_default(tmp_path):
    weight = torch.arange(9.0, device="cuda")
    save(tmp_path / "gpu.pt", {"weight": weight})
    assert load(tmp_path / "gpu.pt")["weight"].device.type == "cpu"
    found = load(tmp_path / "gpu.pt", map_location="cuda")["weight"]
    assert found.is_cuda
    assert torch.equal(found, weight)


def test_a_file_follows_the_umask_and_no_other_file_is_left(tmp_path):
    before = os.umask(0o027)
    try:
        save(tmp_path / "last.pt", state())
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "last.pt").stat().st_mode) == 0o640
    assert os.listdir(tmp_path) == ["last.pt"]


def test_save_follows_a_symbolic_link(path, tmp_path):
    link = tmp_path / "link.pt"
    link.symlink_to(path.name)
    save(link, state(2))
    assert link.is_symlink()
    assert holds(path, 2)


# --- Crash ----------------------------------------------------------------------------


def crash(*arguments):
    """Run bench/crash.py and return its rows by writer.

    Each row has the numbers of killed, finished, lost, files and stray.
    """
    ran = subprocess.run(
        [sys.executable, CRASH, *arguments],
        capture_output=True,
        text=True,
        timeout=patient(300),
    )
    rows = [line.split() for line in ran.stdout.splitlines()[2:]]
    assert rows, ran.stderr
    return ran.returncode, {row[0]: [int(number) for number in row[1:]] for row in rows}


@pytest.mark.slow
def test_no_checkpoint_is_lost_in_twenty_kills_and_no_stray_file_is_left():
    code, rows = crash("--kills", "20", "--writer", "save", "--writer", "Checkpoints")
    for name in ("save", "Checkpoints"):
        killed, _, lost, _, stray = rows[name]
        assert (killed, lost, stray) == (20, 0, 0), name
    assert code == 0


@pytest.mark.slow
def test_the_crash_program_detects_what_torch_save_loses():
    code, rows = crash("--kills", "50", "--writer", "torch.save")
    assert 0 < rows["torch.save"][2] <= 5
    assert code == 0


def test_if_two_saves_overlap_the_later_one_wins_and_the_other_fails(path, tmp_path):
    torch_load = checkpoints._torch_load

    def save_in_between(*args, **kwargs):
        patch.undo()
        save(path, state(3))
        return torch_load(*args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checkpoints, "_torch_load", save_in_between)
        with pytest.raises(FileNotFoundError, match=r"last\.pt"):
            save(path, state(2))
    assert holds(path, 3)
    assert os.listdir(tmp_path) == ["last.pt"]


def test_a_save_that_starts_before_another_renames_does_not_replace_its_file(
    path, monkeypatch
):
    replace, write, seen = os.replace, torch.save, []

    def begin_another(*ours):
        def half(value, file):
            file.write(b"half")
            with pytest.raises(FileNotFoundError):
                replace(*ours)
            seen.append(holds(path, 1))
            write(value, file)

        monkeypatch.setattr(os, "replace", replace)
        monkeypatch.setattr(torch, "save", half)
        save(path, state(3))

    monkeypatch.setattr(os, "replace", begin_another)
    # The other save fails, because half of a file is not a zip file.
    with contextlib.suppress(CheckpointError):
        save(path, state(2))
    assert seen == [True]
    assert holds(path, 1)


def test_only_temporary_files_for_the_same_path_are_deleted(path, tmp_path):
    left, others = ".last.pt-0123abcd.tmp", {".best.pt-0123abcd.tmp", ".last.pt-x.tmp"}
    for name in (left, *others):
        (tmp_path / name).write_bytes(b"half")
    save(path, state(2))
    assert set(os.listdir(tmp_path)) == {"last.pt", *others}


def test_processes_that_save_to_the_same_path_never_damage_it(path, tmp_path):
    children = []
    for step in (2, 3, 4):
        if not (child := os.fork()):
            torch.set_num_threads(1)
            for _ in range(40):
                with contextlib.suppress(CheckpointError, OSError):
                    save(path, state(step, numbers=200_000))
            os._exit(0)
        children.append(child)
    found = set()
    while children:
        found.add(load(path)["step"])
        children = [child for child in children if not os.waitpid(child, os.WNOHANG)[0]]
    assert found <= {1, 2, 3, 4}
    save(path, state(5))
    assert holds(path, 5)
    assert os.listdir(tmp_path) == ["last.pt"]


def test_an_interrupted_save_keeps_the_old_file(path, monkeypatch, tmp_path):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        save(path, state(2))
    assert holds(path, 1)
    assert os.listdir(tmp_path) == ["last.pt"]


def test_save_flushes_the_file_then_renames_it_then_flushes_the_folder(
    path, monkeypatch
):
    steps = []
    fsync, replace = os.fsync, os.replace

    def note_fsync(number):
        mode = os.fstat(number).st_mode
        steps.append("folder" if stat.S_ISDIR(mode) else "file")
        fsync(number)

    def note_replace(*names):
        steps.append("rename")
        replace(*names)

    monkeypatch.setattr(os, "fsync", note_fsync)
    monkeypatch.setattr(os, "replace", note_replace)
    save(path, state(2))
    assert steps == ["file", "rename", "folder"]


# --- Damage ---------------------------------------------------------------------------


def flip_bits(path, dice):
    """Flip one random bit of the file and yield, 200 times with a different bit."""
    good = path.read_bytes()
    for place in dice.sample(range(len(good) * 8), 200):
        bad = bytearray(good)
        bad[place // 8] ^= 1 << place % 8
        path.write_bytes(bad)
        yield


@pytest.mark.parametrize("numbers", [3, 5000])
def test_a_file_with_one_flipped_bit_is_refused(tmp_path, numbers):
    path = tmp_path / "last.pt"
    save(path, state(1, numbers))
    for _ in flip_bits(path, random.Random(numbers)):
        with pytest.raises(CorruptCheckpointError):
            load(path)


def test_a_flipped_bit_never_changes_what_is_loaded_from_a_torch_save_file(tmp_path):
    path, loaded = tmp_path / "theirs.pt", 0
    torch.save(state(), path)
    for _ in flip_bits(path, random.Random(1)):
        with contextlib.suppress(CheckpointError):
            assert digest(load(path)) == digest(state())
            loaded += 1
    assert loaded < 100  # in these, the bit is in the padding


def test_a_truncated_file_is_refused(path):
    good, dice = path.read_bytes(), random.Random(0)
    ends = range(len(good) - 100, len(good))
    for size in [*dice.sample(range(1, len(good)), 50), *ends]:
        path.write_bytes(good[:size])
        with pytest.raises(CorruptCheckpointError, match=r"last\.pt is damaged"):
            load(path)


@pytest.mark.parametrize("block", range(0, 20480, 4096))
def test_a_file_with_a_zeroed_block_is_refused(path, block):
    bad = bytearray(path.read_bytes())
    bad[block : block + 4096] = bytes(4096)
    path.write_bytes(bad)
    with pytest.raises(CorruptCheckpointError):
        load(path)


def test_the_error_names_the_damaged_record(path):
    damage(path)
    with pytest.raises(CorruptCheckpointError, match=r"damaged \(.*/data/0'\): use an"):
        load(path)
    assert torch.load(path, weights_only=True)["step"] == 1  # no error


LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (bytes(5000), "full of zeros"),
        (b"\n<!DOCTYPE html><html><title>404</title></html>", "is a web page"),
        (b"<?xml version='1.0'?><Error>AccessDenied</Error>", "is a web page"),
        (LFS, "is a Git LFS pointer: run git lfs pull"),
        (pickle.dumps({"a": 1}), r"is not a checkpoint, but starts with b'\\x80"),
        (b"\x10\0\0\0\0\0\0\0" + b'{"a":{"dtype":1}}', "is a safetensors file"),
        (b"\x1f\x8b\x08 gzip", r"is not a checkpoint, but starts with b'\\x1f"),
        (b"hello", "is not a checkpoint, but starts with b'hello'"),
    ],
)
def test_the_error_says_what_a_file_is_if_not_a_checkpoint(tmp_path, content, says):
    path = tmp_path / "last.pt"
    path.write_bytes(content)
    with pytest.raises(CorruptCheckpointError, match=says) as raised:
        load(path)
    assert str(path) in str(raised.value)
    assert "\n" not in str(raised.value)


def test_the_error_names_the_format_before_1_6(tmp_path):
    path = tmp_path / "old.pt"
    torch.save(state(), path, _use_new_zipfile_serialization=False)
    with pytest.raises(
        CorruptCheckpointError, match=r"format before 1\.6: load it with torch\.load"
    ):
        load(path)


def test_a_folder_and_another_zip_file_are_refused(tmp_path):
    with pytest.raises(CorruptCheckpointError, match="is a folder"):
        load(tmp_path)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("a")
    archive = shutil.make_archive(str(tmp_path / "out"), "zip", tmp_path / "in")
    with pytest.raises(CorruptCheckpointError, match="is TorchScript or another zip"):
        load(archive)


def test_a_file_that_was_compressed_again_can_be_loaded(path, tmp_path):
    with (
        zipfile.ZipFile(path) as old,
        zipfile.ZipFile(tmp_path / "small.pt", "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, old.read(name))
    assert holds(tmp_path / "small.pt", 1)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_a_torchscript_file_is_refused(tmp_path):
    # With torch 2.4, torch.load(weights_only=True) returns the script as a module.
    torch.jit.script(nn.Linear(1, 1)).save(str(tmp_path / "script.pt"))
    with pytest.raises(CorruptCheckpointError, match="is TorchScript or another zip"):
        load(tmp_path / "script.pt")


def test_a_missing_file_raises_file_not_found(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no\.pt"):
        load(tmp_path / "no.pt")


# --- Malice ---------------------------------------------------------------------------


class System:
    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return os.system, (f"touch {self.marker}",)


class Eval(System):
    def __reduce__(self):
        return eval, (f"__import__('pathlib').Path({self.marker!r}).touch()",)


class Own(System):
    def __reduce__(self):
        return Path.touch, (Path(self.marker),)


PLACES = {
    "top": lambda evil: evil,
    "state dict": lambda evil: {"model": {"weight": torch.ones(2), "bias": evil}},
    "optimizer": lambda evil: {"state": {0: {"step": evil}}, "param_groups": []},
    "key": lambda evil: {"model": [({"x": (evil,)},)]},
}


@pytest.mark.parametrize("kind", [System, Eval, Own])
@pytest.mark.parametrize("place", PLACES)
def test_a_file_that_could_run_code_is_refused_and_its_code_does_not_run(
    tmp_path, kind, place
):
    marker = tmp_path / "ran"
    path = tmp_path / "evil.pt"
    torch.save(PLACES[place](kind(str(marker))), path)
    with pytest.raises(
        UnsafeValueError, match=r"contains [\w.]+, which could run code"
    ):
        load(path)
    assert not marker.exists()
    torch.load(path, weights_only=False)
    assert marker.exists()  # so this test would notice if the code ran


# --- Values that cannot be loaded are not saved ---------------------------------------


Point = namedtuple("Point", "x y")


class Color(enum.Enum):
    RED = 1


class Level(enum.IntEnum):
    LOW = 1


class Text(str):
    """A subclass of str, which torch does not load."""


class Number(int):
    """A subclass of int, which torch does not load."""


@dataclasses.dataclass
class Options:
    rate: float


class Tagged:
    """A class that torch does not load."""


class Labeled(torch.Tensor):
    """A subclass of Tensor, which torch does not load."""


def recursive_tuple():
    value = ([],)
    value[0].append(value)
    return value


# torch.load(weights_only=True) accepts some of them only in newer releases.
VALUES = {
    "set": lambda: {1, "a"},
    "empty set": lambda: set(),
    "set in a dict": lambda: {"a": [{1j}]},
    "frozenset": lambda: frozenset([1]),
    "complex": lambda: 1 + 2j,
    "bytes": lambda: b"raw",
    "empty bytes": lambda: b"",
    "bytearray": lambda: bytearray(b"raw"),
    "large int": lambda: 2**2038,
    "huge int": lambda: 2**2100,
    "surrogate": lambda: "\ud800",
    "dtype": lambda: torch.uint16,
    "layout": lambda: torch.sparse_coo,
    "memory format": lambda: torch.channels_last,
    "qscheme": lambda: torch.per_tensor_affine,
    "device": lambda: torch.device("cuda:1"),
    "class of tensors": lambda: torch.Tensor,
    "storage": lambda: torch.UntypedStorage([1, 2, 3]),
    "uint16": lambda: torch.ones(2, dtype=torch.uint16),
    "float8": lambda: torch.ones(2).to(torch.float8_e4m3fn),
    "conj": lambda: torch.ones(2, dtype=torch.complex64).conj(),
    "quantized": lambda: torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8),
    "sparse rows": lambda: torch.eye(2).to_sparse_csr(),
    "nested": lambda: torch.nested.nested_tensor([torch.ones(2), torch.ones(3)]),
    "strides": lambda: torch.ones(2, 3).T,
    "ordered dict of complex": lambda: OrderedDict(a=1j),
    "defaultdict": lambda: defaultdict(int, a=1),
    "namedtuple": lambda: Point(1, 2),
    "range": lambda: range(3),
    "ellipsis": lambda: ...,
    "enum": lambda: Color.RED,
    "int enum": lambda: Level.LOW,
    "subclass of str": lambda: Text("a"),
    "subclass of int": lambda: Number(1),
    "dataclass": lambda: Options(0.1),
    "generator": lambda: torch.Generator(),
    "labeled": lambda: torch.ones(2).as_subclass(Labeled),
    "recursive list": lambda: [[...]],
    "recursive tuple": lambda: recursive_tuple(),
    "fraction": lambda: Fraction(1, 2),
}


@pytest.mark.filterwarnings("ignore")  # about prototypes, different in each release
@pytest.mark.parametrize("name", VALUES)
def test_save_accepts_exactly_what_the_loader_of_this_release_accepts(tmp_path, name):
    # Given a value that torch itself may or may not save and load
    state = {"value": VALUES[name]()}
    try:
        torch.save(state, tmp_path / "theirs.pt")
        expected = torch.load(tmp_path / "theirs.pt", weights_only=True)["value"]
    except Exception:
        # If torch refuses it, then save refuses it too, and writes no file
        with pytest.raises(UnsafeValueError, match=r"^state"):
            save(tmp_path / "ours.pt", state)
        assert not (tmp_path / "ours.pt").exists()
    else:
        # If torch loads it, then load returns the same
        save(tmp_path / "ours.pt", state)
        found = load(tmp_path / "ours.pt")["value"]
        assert repr(found) == repr(expected)


def with_attribute(value, tag):
    value.tag = tag
    return value


WEIGHT = nn.Parameter(torch.ones(1))
# What the message says about a value in {"v": value}. If it starts with "state", the
# value is the whole state.
REFUSED = {
    "pathlib.": Path("x"),
    "would not load: save str() of it": Path("x"),
    "argparse.Namespace would not load: save vars()": argparse.Namespace(),
    "Point would not load: save tuple() of it": Point(1, 2),
    "Color would not load: save its .value": Color.RED,
    "Level would not load: save its .value": Level.LOW,
    "Options would not load: save dataclasses.asdict()": Options(1),
    "Text would not load: save str() of it": Text("a"),
    "Number would not load: save int() of it": Number(1),
    "builtins.frozenset would not load: save list()": frozenset(),
    "collections.deque would not load: save list() of it": deque(),
    "builtins.range would not load: save list() of it": range(2),
    "builtins.generator would not load: save list()": (i for i in []),
    "fractions.Fraction would not load: save float()": Fraction(1),
    "datetime would not load: save its .isoformat()": datetime.datetime(2024, 1, 1),
    "timedelta would not load: save its .total_seconds()": datetime.timedelta(1),
    "builtins.type would not load: save a name": Tagged,
    "builtins.function would not load: save a name": lambda: 1,
    "builtins.module would not load: leave it out": os,
    "functools.partial would not load: save a name": functools.partial(print),
    "_thread.lock would not load: leave it out": threading.Lock(),
    "Tagged would not load: leave it out": Tagged(),
    "linear.Linear would not load: save its .state_dict()": nn.Linear(1, 1),
    "SGD would not load: save its .state_dict()": torch.optim.SGD([WEIGHT]),
    "torch._C.Generator would not load: save its .get_state()": torch.Generator(),
    "random.Random would not load: save its .getstate()": random.Random(1),
    "Labeled would not load: save .as_sub": torch.ones(2).as_subclass(Labeled),
    "state: builtins.int would not load: save int() of it, or str()": 2**3000,
    "state['x'] key ": {"x": {Text("k"): 1}},
    "state[0]: collections.defaultdict would not load: save dict() of it": [
        defaultdict(int)
    ],
    f"state['w'].tag: {__name__}.Tagged": {"w": with_attribute(WEIGHT, Tagged())},
    "state['w'].tag: builtins.function": {
        "w": with_attribute(nn.Parameter(torch.ones(1)), lambda: 0)
    },
    "state['w'].tag['a'][0]: builtins.function": {
        "w": with_attribute(torch.ones(1), {"a": [lambda: 0]})
    },
    "state['m'].tag: builtins.function": {
        "m": with_attribute(nn.Linear(1, 1).state_dict(), lambda: 0)
    },
    "state['s']": {"s": {Text("a")}},
}
with contextlib.suppress(NameError):
    REFUSED |= {
        "state['v']: numpy.float64 would not load: save its .item()": {
            "v": numpy.float64(0.5)
        },
        "state['v']: numpy.bool": {"v": numpy.bool_(True)},
        "state['a'][1][0]: numpy.ndarray would not load: save torch.as_tensor()": {
            "a": (1, [numpy.ones(2)])
        },
        "numpy.str_ would not load: save its .item()": {numpy.str_("k"): 1},
    }


@pytest.mark.parametrize("says", REFUSED)
def test_the_error_says_where_a_value_is_its_type_and_how_to_convert_it(path, says):
    in_state = says.startswith("state")
    state = REFUSED[says] if in_state else {"v": REFUSED[says]}
    with pytest.raises(UnsafeValueError, match=re.escape(says)) as error:
        save(path, state)
    assert in_state or str(error.value).startswith("state['v']")
    assert "\n" not in str(error.value)
    assert holds(path, 1)


def test_the_error_lists_up_to_five_values(path):
    state = {"a": [Tagged(), {"b": Tagged()}], "c": Tagged(), "d": [Tagged()] * 9}
    with pytest.raises(UnsafeValueError) as error:
        save(path, state)
    places = re.findall(r"(state\S+): ", str(error.value))
    assert places == [
        "state['a'][0]",
        "state['a'][1]['b']",
        "state['c']",
        "state['d'][0]",
    ]


def test_a_state_that_is_nested_too_deeply_is_refused(path):
    state = []
    for _ in range(100_000):
        state = [state]
    with pytest.raises(UnsafeValueError, match="nested too deeply"):
        save(path, state)
    assert holds(path, 1)


def test_a_large_model_is_refused_without_a_copy_of_its_weights(path):
    model = nn.Linear(1 << 12, 1 << 12)  # 64 MiB
    written = []

    class Measured(io.BytesIO):
        def write(self, data):
            written.append(len(data))
            return super().write(data)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checkpoints.io, "BytesIO", Measured)
        with pytest.raises(UnsafeValueError, match=r"save its \.state_dict"):
            save(path, model)
    assert 0 < sum(written) < 1 << 20


# --- Tensors without data -------------------------------------------------------------


class Wrapper(torch.Tensor):
    """A tensor that wraps another one, as in quantization libraries."""

    @staticmethod
    def __new__(cls, inner):
        return torch.Tensor._make_wrapper_subclass(cls, inner.size())

    def __init__(self, inner):
        self.inner = inner

    def __tensor_flatten__(self):
        return ["inner"], None

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        raise NotImplementedError(func)


@dataclasses.dataclass
class Training:
    """A class that users add to the safe globals of torch."""

    model: dict


def freed():
    tensor = torch.ones(3)
    tensor.untyped_storage().resize_(0)  # as FSDP does
    return tensor


def fake():
    with FakeTensorMode():
        return torch.ones(3)


def offloaded():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    model[1].to_empty(device="meta")  # as accelerate does
    return model


WITHOUT_DATA = {
    "state['model']['1.weight']": lambda: {"model": offloaded().state_dict()},
    "state['p'][1]": lambda: {"p": [*offloaded().parameters()][1:3]},
    "state[0]['x'][0]": lambda: [{"x": (torch.ones(2, device="meta"),)}],
    "state['s']": lambda: {"s": torch.sparse_coo_tensor(size=(2,), device="meta")},
    "state['w'].tag": lambda: {
        "w": with_attribute(nn.Parameter(torch.ones(2)), torch.ones(1, device="meta"))
    },
    "state['f']": lambda: {"f": fake()},
    "state['f'][0]": lambda: {"f": [freed()]},
    "state['v'].inner": lambda: {"v": Wrapper(torch.ones(2, device="meta"))},
    "state['v'].inner.inner": lambda: {
        "v": Wrapper(Wrapper(torch.ones(2, device="meta")))
    },
    "state['v'].model['a']": lambda: {
        "v": Training({"a": torch.ones(2, device="meta")})
    },
    "state['u']": lambda: {"u": torch.UntypedStorage(3, device="meta")},
    "state['lazy']": lambda: {"lazy": nn.LazyLinear(2).weight},
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("place", WITHOUT_DATA)
def test_a_tensor_without_data_does_not_replace_the_last_complete_file(tmp_path, place):
    # Given a folder that keeps one file
    files = Checkpoints(tmp_path, keep=1)
    files.save(1, state(1))
    # When a part of the next state has no data
    with (
        safe_globals(Wrapper, Training),
        pytest.raises(UnsafeValueError, match=re.escape(place) + ": .*(data|batch)"),
    ):
        files.save(2, WITHOUT_DATA[place]())
    # Then the first file is still there
    assert holds(files.latest(), 1)


def test_if_torch_cannot_save_a_state_save_raises_a_checkpoint_error(path):
    weight = torch.ones(2)
    with pytest.raises(CheckpointError, match="as different types"):
        save(path, [weight, weight.view(torch.int32)])
    assert holds(path, 1)


def test_empty_tensors_do_not_count_as_tensors_without_data(path):
    save(path, {"a": torch.empty(0), "b": torch.empty(3, 0), "c": freed()[:0]})
    assert load(path)["b"].shape == (3, 0)


def test_a_wrapper_tensor_with_data_is_saved_if_it_is_a_safe_global(path):
    with safe_globals(Wrapper, Training):
        save(path, Training({"a": Wrapper(torch.ones(2))}))
        assert torch.equal(load(path).model["a"].inner, torch.ones(2))


@contextlib.contextmanager
def safe_globals(*kinds):
    # In torch 2.4, get_safe_globals returns the list itself, so copy it.
    before = [*torch.serialization.get_safe_globals()]
    torch.serialization.add_safe_globals([*kinds])
    try:
        yield
    finally:
        torch.serialization.clear_safe_globals()
        torch.serialization.add_safe_globals(before)


def test_a_class_is_saved_if_it_is_a_safe_global(path):
    with pytest.raises(UnsafeValueError, match=r"state\['own'\]: .*\.Training"):
        save(path, {"own": Training(7)})
    with safe_globals(Training):
        save(path, {"own": Training(7)})
        assert load(path)["own"].model == 7


class Stubborn:
    """A class that torch does not load, even as a safe global."""

    def __reduce__(self):
        return print, ("running",)


def test_the_error_names_a_safe_global_that_torch_does_not_load(path, tmp_path):
    says = r"^state\['a'\]\[0\]: .*Stubborn"
    with safe_globals(Stubborn), pytest.raises(UnsafeValueError, match=says):
        save(path, {"a": [Stubborn()], "w": torch.ones(2)})
    assert holds(path, 1)
    assert os.listdir(tmp_path) == ["last.pt"]


def test_a_dtensor_is_refused(path):
    class Spread(torch.Tensor):
        placements = ()

    says = r"state\['part'\]: .*full_tensor"
    with safe_globals(Spread), pytest.raises(UnsafeValueError, match=says):
        save(path, {"part": torch.ones(2).as_subclass(Spread)})
    assert holds(path, 1)


# --- Disk -----------------------------------------------------------------------------


def test_a_full_disk_keeps_the_old_file(path, tmp_path):
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    large = {"weight": torch.zeros(2**18)}
    for limit in (100, 2000, 2**16, 2**20):  # the file is slightly larger than 2**20
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limits[1]))
        try:
            with pytest.raises(
                OSError, match=r"\d{7} bytes to write, \d+ free"
            ) as error:
                save(path, large)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert error.value.filename == str(path)
        assert holds(path, 1)
        assert os.listdir(tmp_path) == ["last.pt"]


@pytest.fixture
def small_disk(tmp_path):
    """A folder on a file system of 1 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if not shutil.which("mount"):
        pytest.skip("needs mount, of util-linux")
    made = subprocess.run(
        mount,
        capture_output=True,
        text=True,
        timeout=patient(30),
        env=os.environ | {"LC_ALL": "C"},
    )
    if re.search("superuser|permission denied|not permitted", made.stderr):
        pytest.skip("needs the right to mount a tmpfs, as root has")
    assert made.returncode == 0, made.stderr
    yield folder
    subprocess.run(["umount", str(folder)], check=True, timeout=patient(30))


def test_a_full_file_system_keeps_the_old_files(small_disk):
    path = small_disk / "last.pt"
    save(path, state(1))
    with pytest.raises(
        OSError, match=r"No space left.*: \d{7} bytes to write, "
    ) as error:
        save(path, {"weight": torch.zeros(2**18)})
    assert error.value.filename == str(path)
    assert os.listdir(small_disk) == ["last.pt"]
    files = Checkpoints(small_disk / "run", keep=1)
    files.save(1, state(1))
    with pytest.raises(OSError, match="No space left"):
        files.save(2, {"weight": torch.zeros(2**18)})
    assert os.listdir(files.folder) == ["step-000000001.pt"]
    assert holds(files.latest(), 1)
    assert holds(path, 1)


def test_the_error_names_a_missing_folder(tmp_path):
    path = tmp_path / "missing" / "last.pt"
    with pytest.raises(FileNotFoundError, match=r"\d{5} bytes to write.*missing"):
        save(path, state())


def test_the_error_names_a_folder_given_instead_of_a_file(tmp_path):
    with pytest.raises(IsADirectoryError, match=str(tmp_path)):
        save(tmp_path, state())
    assert not [name for name in os.listdir(tmp_path.parent) if ".tmp" in name]


def test_a_folder_without_write_permission_keeps_the_old_file():
    with tempfile.TemporaryDirectory() as home:
        path = Path(home, "last.pt")
        save(path, state(1))
        os.chmod(home, 0o555)
        root = os.geteuid() == 0  # root ignores permissions
        if root:
            os.seteuid(65534)
        try:
            with pytest.raises(PermissionError, match="bytes to write") as error:
                save(path, state(2))
        finally:
            if root:
                os.seteuid(0)
            os.chmod(home, 0o755)
        assert error.value.filename == os.path.realpath(path)
        assert holds(path, 1)
        assert os.listdir(home) == ["last.pt"]


# --- Checkpoints ----------------------------------------------------------------------


def test_the_newest_and_the_best_are_kept(tmp_path):
    files = Checkpoints(tmp_path / "run", keep=2, best=1)
    for step, loss in enumerate([0.5, 0.2, float("nan"), 0.4, None]):
        files.save(step, {"step": step}, loss)
    assert steps_in(files.folder) == [1, 3, 4]
    assert load(files.latest())["step"] == 4
    assert load(files.best())["step"] == 1


def test_with_max_the_highest_metric_is_best_and_the_earlier_of_two_equal_ones(
    tmp_path,
):
    files = Checkpoints(tmp_path, keep=1, best=1, mode="max")
    for step, score in enumerate([0.5, 0.9, float("nan"), 0.9, -1.0]):
        files.save(step, {"step": step}, torch.tensor(score))
    assert steps_in(tmp_path) == [1, 4]
    assert load(files.best())["step"] == 1


def test_without_checkpoints_latest_and_best_return_none(tmp_path):
    assert Checkpoints(tmp_path / "none").latest() is None
    assert Checkpoints(tmp_path).best() is None
    assert not (tmp_path / "none").exists()


def test_a_failed_save_deletes_nothing(tmp_path, monkeypatch):
    files = Checkpoints(tmp_path, keep=1)
    files.save(1, state(1))
    with pytest.raises(UnsafeValueError):
        files.save(2, {"dir": Path("x")})
    monkeypatch.setattr(os, "replace", lambda *_: pickle.loads(b"no pickle"))
    with pytest.raises(pickle.UnpicklingError):
        files.save(2, state(2))
    monkeypatch.undo()
    assert os.listdir(tmp_path) == ["step-000000001.pt"]
    assert holds(files.latest(), 1)


def test_nothing_is_deleted_before_the_new_file_is_on_the_disk(tmp_path, monkeypatch):
    files = Checkpoints(tmp_path, keep=1)
    files.save(1, state(1))
    seen = []
    replace = os.replace

    def look(*names):
        seen.append(os.listdir(tmp_path))
        replace(*names)

    monkeypatch.setattr(os, "replace", look)
    files.save(2, state(2))
    assert "step-000000001.pt" in seen[0]
    assert steps_in(tmp_path) == [2]


def test_latest_returns_a_complete_file_that_load_refuses(tmp_path):
    # To skip it would silently resume from an older file.
    path = Checkpoints(tmp_path).save(1, state(1))
    torch.save(System(str(tmp_path / "ran")), path)
    assert Checkpoints(tmp_path).latest() == path
    with pytest.raises(UnsafeValueError):
        load(path)


def test_a_damaged_file_is_skipped_with_a_warning(tmp_path):
    files = Checkpoints(tmp_path, keep=3, best=1)
    for step in (1, 2, 3):
        newest = files.save(step, state(step), 1 / step)
    damage(newest)
    for find in (files.latest, files.best):
        with pytest.warns(UserWarning, match=r"skipped: .*3_metric.* is damaged"):
            assert holds(find(), 2)


def test_if_all_files_are_damaged_latest_raises_instead_of_returning_none(tmp_path):
    files = Checkpoints(tmp_path)
    damage(files.save(1, state(1)))
    with (
        pytest.warns(UserWarning, match="skipped"),
        pytest.raises(CorruptCheckpointError, match="every checkpoint tried in"),
    ):
        files.latest()


def test_a_step_below_that_of_a_complete_file_is_refused(tmp_path):
    files = Checkpoints(tmp_path, keep=1)
    files.save(5, state(5))
    with pytest.raises(ValueError, match=r"step=4: .* not below latest"):
        files.save(4, state(4))
    assert holds(files.latest(), 5)
    damage(files.latest())
    with pytest.warns(UserWarning, match="skipped"):
        files.save(4, state(4))  # because the run resumed from an earlier file
    with pytest.warns(UserWarning, match="skipped"):
        assert holds(files.latest(), 4)


def test_saving_a_step_again_replaces_its_file(tmp_path):
    files = Checkpoints(tmp_path, keep=3, best=1)
    files.save(1, state(1), 0.1)
    files.save(1, state(1), 0.7)
    assert os.listdir(tmp_path) == ["step-000000001_metric=0.7.pt"]


def test_other_files_in_the_folder_are_kept(tmp_path):
    names = ["notes.txt", "step-x.pt", "step-1_metric=0.1_copy.pt", "best.pt"]
    for name in names:
        (tmp_path / name).write_text("mine")
    files = Checkpoints(tmp_path, keep=1)
    for step in (1, 2):
        files.save(step, state(step))
    assert sorted(os.listdir(tmp_path)) == sorted([*names, "step-000000002.pt"])
    assert holds(files.latest(), 2)


@pytest.mark.parametrize("metric", [None, float("nan"), 1e-7, -2.5e30, float("inf")])
def test_the_newest_are_kept_whatever_their_metric(tmp_path, metric):
    files = Checkpoints(tmp_path, keep=3)
    for step in range(5):
        files.save(step, state(step), metric)
    assert steps_in(tmp_path) == [2, 3, 4]
    assert (files.best() is None) == (metric is None or metric != metric)


@pytest.mark.parametrize("wrong", [{"keep": 0}, {"best": -1}, {"mode": "best"}])
def test_the_error_names_an_invalid_option(tmp_path, wrong):
    with pytest.raises(ValueError, match=f"{next(iter(wrong))}="):
        Checkpoints(tmp_path, **wrong)


@pytest.mark.parametrize("step", [-1, True, 1.0, "1"])
def test_a_step_is_an_integer_of_0_or_more(tmp_path, step):
    Checkpoints(tmp_path).save(0, {})  # so that the step is compared with another one
    with pytest.raises(ValueError, match=r"need an int >= 0"):
        Checkpoints(tmp_path).save(step, state())
    assert steps_in(tmp_path) == [0]


# --- Exact resume ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def straight():
    run = Run(1, 0)
    run.train(STEPS)
    return run


@pytest.mark.parametrize("end", range(1, STEPS))
def test_a_run_resumed_at_any_step_is_bit_equal(straight, tmp_path, end):
    first = Run(1, 0)
    files = Checkpoints(tmp_path, keep=1)
    first.train(end)
    files.save(end, first.state())
    second = Run(1, 0)
    second.resume(load(files.latest()))
    second.train(STEPS)
    assert digest(second.state()) == digest(straight.state())
    used = BATCH * end
    assert first.seen[:used] + second.seen == straight.seen[: used + len(second.seen)]


@pytest.fixture(scope="module")
def ranks(tmp_path_factory):
    """The folder of a run on two ranks, and what each rank returned."""
    folder = tmp_path_factory.mktemp("ranks")
    return folder, start(checkpoint_ranks.train, 2, folder)


@pytest.mark.slow
def test_two_ranks_resume_bit_equal_and_each_restores_its_generators(ranks):
    two = ranks[1]
    assert two[0]["rng"] != two[1]["rng"]
    for rank in two:
        assert rank["resumed"] == rank["straight"]


@pytest.mark.slow
@pytest.mark.parametrize("number", [1, 4])
def test_a_run_on_two_ranks_resumes_on_one_or_four_with_each_sample_once(ranks, number):
    folder, two = ranks
    used = [index for rank in two for index in rank["consumed"]]
    assert len(used) == 2 * BREAK * BATCH
    for rest in start(checkpoint_ranks.remaining, number, folder):
        used += rest
    assert sorted(used) == list(range(SAMPLES))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("what", "starts"),
    [
        ("missing", "FileNotFoundError: [Errno 2] No such file or directory: "),
        ("unsafe", "UnsafeValueError: state['best']"),
        ("back", "ValueError: step=1: "),
        ("latest", "/"),
        ("saved", "None"),
    ],
)
def test_all_ranks_return_or_raise_what_rank_0_does(ranks, what, starts):
    zero, one = ranks[1]
    assert zero[what].startswith(starts)
    assert one[what] == zero[what]


@pytest.mark.slow
def test_if_rank_0_is_interrupted_the_other_ranks_get_an_error(ranks):
    zero, one = ranks[1]
    assert zero["interrupt"] == "SystemExit: stopped"
    assert one["interrupt"] == "CheckpointError: rank 0: SystemExit('stopped')"


@pytest.mark.slow
def test_only_rank_0_writes(ranks):
    folder, _ = ranks
    assert load(folder / "y.pt") == {"rank": 0}
    assert sorted(os.listdir(folder)) == ["run", "y.pt"]

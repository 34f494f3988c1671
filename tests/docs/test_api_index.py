"""records/apis.json covers every snippet file, and its names exist in torch."""

import contextlib
import importlib
import re
from pathlib import Path

import pytest

from render import api
from render.pages import snippet_files
from tests.faults import hold
from verify import DEFAULT_TORCH, api_names

ROOT = Path(__file__).resolve().parents[2]
RECORDED = api.recorded(ROOT)
USED = api.all_used(ROOT)
MISSING = object()


def test_every_file_has_an_entry_of_its_own_bytes():
    hold(
        [
            f"snippets/{file}:1: records/apis.json has no entry of the file as it is; "
            "run python -m verify.apis"
            for file in snippet_files(ROOT)
            if file not in RECORDED
        ]
    )


def test_a_file_that_did_not_run_needs_what_a_plain_machine_lacks():
    unrun = {file: entry.unrun for file, entry in RECORDED.items() if entry.unrun}
    hold(
        [
            f"snippets/{file}:1: {why}; run python -m verify.apis where it can run"
            for file, why in unrun.items()
            if not re.fullmatch(r"needs (cuda|torch\S+)", why)
        ]
    )


def test_a_file_writes_the_names_that_it_uses():
    faults = []
    for file, entry in RECORDED.items():
        source = (ROOT / "snippets" / file).read_text("utf-8")
        words = {*re.findall(r"\w+", source)}
        lines = range(1, source.count("\n") + 1)
        faults += [
            f"snippets/{file}:{numbers[0]}: {name} is not here"
            for name, numbers in entry.names.items()
            if name.rpartition(".")[2] not in words or not {*numbers} <= {*lines}
        ]
    hold(faults)


@pytest.mark.parametrize(
    ("name", "file"),
    [
        (
            "torch.autograd.function.FunctionCtx.save_for_backward",
            "tensors/advanced-autograd/custom_function_swish.py",
        ),
        (
            "torch.distributed.tensor.DTensor.full_tensor",
            "distributed/beyond/fully_shard_a_model.py",
        ),
        (
            "torch.utils.data.distributed.DistributedSampler.set_epoch",
            "distributed/ddp/set_epoch.py",
        ),
        ("torch.autograd.graph.Node.name", "tensors/autograd/leaf_tensors.py"),
        (
            "torch.distributed.GradBucket.parameters",
            "distributed/dp-and-ddp/ddp_buckets.py",
        ),
    ],
)
def test_what_only_a_run_can_tell_is_there(name, file):
    assert file in USED[name][file.rpartition("/")[0]]


@pytest.mark.parametrize(
    "name",
    [
        "torch.cuda.MemPool.id",  # `get_worker_info().id` was once recorded as this
        "torch.utils.data.Dataloader",  # one block shows that this name fails
        "torch.nn.Module.__init__",
    ],
)
def test_what_no_block_uses_is_not_there(name):
    assert name not in USED


@pytest.fixture(scope="module")
def torch():
    """The installed torch, which must be the default release."""
    torch = pytest.importorskip("torch")
    if torch.__version__.partition("+")[0] != DEFAULT_TORCH:
        pytest.skip(f"the names are those of torch {DEFAULT_TORCH}")
    return torch


def find(name):
    """Return an object of torch by its dotted name, or MISSING if there is none."""
    above, _, last = name.rpartition(".")
    if not above:
        return importlib.import_module(name)
    owners = [find(above)]
    # A function may have the name of its module, such as `torch.multiprocessing.spawn`.
    with contextlib.suppress(ImportError):
        owners.append(importlib.import_module(above))
    return next((getattr(one, last) for one in owners if hasattr(one, last)), MISSING)


@pytest.mark.filterwarnings("ignore")
def test_torch_has_every_name(torch):
    hold([f"torch has no {name}" for name in USED if find(name) is MISSING])


@pytest.mark.parametrize(("name", "documented"), api.ALIASES.items())
def test_an_alias_is_the_documented_object(torch, name, documented):
    assert documented in api_names.documented()
    assert name not in api_names.documented()
    assert find(name) is find(documented)

"""Each file of the library works alone, with only torch and without NumPy."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.busy import patient

SNIPPETS = Path(__file__).parents[2] / "snippets"
FILES = sorted(path.stem for path in SNIPPETS.glob("*.py") if path.stem != "__init__")
# Hides NumPy from Python and from torch's own code.
WITHOUT_NUMPY = """
import sys, warnings
from importlib.machinery import PathFinder

class WithoutNumpy(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name.partition(".")[0] != "numpy":
            return super().find_spec(name, path, target)

sys.meta_path = [WithoutNumpy if it is PathFinder else it for it in sys.meta_path]
warnings.filterwarnings("ignore", "Failed to initialize NumPy")
try:
    import numpy
except ModuleNotFoundError:
    pass
else:
    raise AssertionError("NumPy is not hidden")
"""
# A short program for each file, as a user would write it.
USES = {
    "seeding": """
from seeding import *
import torch
from torch.utils.data import DataLoader, Dataset

class Noise(Dataset):
    def __init__(self):
        self.generator = torch.Generator()
    def __len__(self):
        return 8
    def __getitem__(self, index):
        return torch.rand((), generator=self.generator)

seed_everything(1, rank=1)
rng = RNGState()
state = rng.state_dict()
assert set(state) <= {"python", "torch", "cuda", "xpu", "mps"}
torch.save(state, "rng.pt")
drawn = torch.rand(3)
with isolate_rng(0), deterministic():
    torch.rand(3)
rng.load_state_dict(torch.load("rng.pt", weights_only=True))
assert torch.equal(torch.rand(3), drawn)
loader = DataLoader(Noise(), num_workers=2, worker_init_fn=seed_worker)
assert len({float(number) for number in loader}) == 8
""",
    "freezing": """
from freezing import *
import copy
import torch
from torch import nn

model = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Linear(3, 2))
with freeze(model, "0", "1") as frozen:
    before = copy.deepcopy(model[:2].state_dict())
    optimizer = torch.optim.SGD(model[2].parameters(), lr=0.1)
    model.train()(torch.randn(8, 4)).sum().backward()
    optimizer.step()
    after = model[:2].state_dict()
    assert all(torch.equal(after[name], before[name]) for name in before)
    assert "trainable" in str(frozen)
unfreeze(model)
assert len(add_trainable(optimizer, model)) == 4
assert freeze_norm_stats(model) == ["1"]
""",
    "checkpoints": """
from checkpoints import *
import torch

model = torch.nn.Linear(4, 3)
save("model.pt", {"model": model.state_dict(), "step": 1})
state = load("model.pt")
assert torch.equal(state["model"]["weight"], model.weight)
data = bytearray(open("model.pt", "rb").read())
data[len(data) // 2] ^= 1
open("model.pt", "wb").write(data)
try:
    load("model.pt")
except CorruptCheckpointError:
    pass
else:
    raise AssertionError("a flipped bit was loaded")
""",
    "ddp": """
from ddp import *

with distributed(device="cpu") as here:
    assert (here.rank, here.world_size) == (0, 1)
    assert list(EvalSampler(range(5))) == [0, 1, 2, 3, 4]
    assert weighted_mean(2.0, 3) == 2.0
""",
    "launching": """
import os
from launching import *

assert launch(os.getenv, 2, "RANK", start_method="fork") == ["0", "1"]
""",
}


def test_each_file_has_a_program():
    assert sorted(USES) == FILES


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_a_file_works_alone_and_without_numpy(name, tmp_path):
    # Given the file in an empty folder, and no PYTHONPATH that leads to another copy
    shutil.copy(SNIPPETS / f"{name}.py", tmp_path)
    environment = {key: os.environ[key] for key in os.environ if key != "PYTHONPATH"}
    # When a program in this folder uses the file
    run = subprocess.run(
        [
            sys.executable,
            "-W",
            "error::ImportWarning",
            "-c",
            WITHOUT_NUMPY + USES[name],
        ],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=patient(120),
    )
    # Then the program works
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("name", FILES)
def test_a_file_imports_only_torch_numpy_and_the_standard_library(name):
    tree = ast.parse((SNIPPETS / f"{name}.py").read_text(encoding="utf-8"))
    imported = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports another file of the library"
            imported.add(node.module.partition(".")[0])
    assert imported - set(sys.stdlib_module_names) <= {"torch", "numpy"}

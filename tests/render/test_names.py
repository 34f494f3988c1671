"""Which torch names a file uses, from its syntax tree alone."""

from __future__ import annotations

import pytest

from render.names import Facts, load_facts, resolve

FACTS = load_facts()


def used(source: str) -> list[str]:
    names = resolve(source, FACTS)
    assert names.unknown == []
    return sorted(names.used)


def test_names_come_through_every_import():
    source = """
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader as Loader
torch.zeros(2)
F.one_hot
nn.Linear
Loader
"""
    assert used(source) == [
        "torch.nn.Linear",
        "torch.nn.functional.one_hot",
        "torch.utils.data.DataLoader",
        "torch.zeros",
    ]


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("torch.zeros(2).sum()", "torch.Tensor.sum"),
        ("x = torch.zeros(2)\n(x + 1).sum()", "torch.Tensor.sum"),
        ("values, indices = torch.zeros(2, 2).max(dim=1)\nindices.tolist()", ".tolist"),
        ("for p in nn.Linear(2, 2).parameters():\n    p.numel()", "torch.Tensor.numel"),
        ("model = nn.Linear(2, 2)\nmodel.eval()", "torch.nn.Module.eval"),
        ("nn.Linear(2, 2)(torch.ones(2)).view(2)", "torch.Tensor.view"),
        ("o = torch.optim.SGD([])\no.step()", "torch.optim.Optimizer.step"),
        ("class Net(nn.Module):\n    pass\nNet().train()", "torch.nn.Module.train"),
        ("def f(a):\n    a.to('cpu')\nf(torch.ones(2))", "torch.Tensor.to"),
        ("[x.size() for x in [torch.ones(2)]]", "torch.Tensor.size"),
        ("torch.float32.itemsize", "torch.dtype.itemsize"),
        ("a = b = torch.ones(2)\nb.grad", "torch.Tensor.grad"),
        ("{'a': torch.ones(2)}['a'].shape", "torch.Tensor.shape"),
        ("for b in DataLoader(range(4)):\n    b.tolist()", "torch.Tensor.tolist"),
        (
            "class Net(nn.Module):\n    def train(self, mode):\n"
            "        super().train(mode)",
            "torch.nn.Module.train",
        ),
        ("torch.LongTensor([1]).dtype", "torch.Tensor.dtype"),
        ("f = lambda: torch.ones(2)\nf().dtype", "torch.Tensor.dtype"),
    ],
)
def test_the_receiver_is_found_by_following_values(source, name):
    head = (
        "import torch\nfrom torch import nn\nfrom torch.utils.data import DataLoader\n"
    )
    assert any(found.endswith(name) for found in used(head + source))


def test_the_fields_of_a_named_tuple_are_no_methods():
    source = "import torch\nprint(torch.ones(2, 2).max(dim=1).indices.tolist())"
    names = ["torch.Tensor.max", "torch.Tensor.tolist", "torch.ones"]
    assert used(source) == names


def test_a_method_that_one_class_has_is_that_class_s():
    names = resolve("import torch\nfor x in torch.load('a'):\n    x.backward()", FACTS)
    assert "torch.Tensor.backward" in names.used


@pytest.mark.parametrize(
    "line",
    [
        "' '.join(x)",
        "[].append(1)",
        "{}.values()",
        "Path('a').name",
        "np.ones(2).sum()",
        "open('a').detach()",
    ],
)
def test_what_is_not_torch_s_is_left_out(line):
    source = f"import torch\nimport numpy as np\nfrom pathlib import Path\n{line}"
    assert used(source) == []


def test_what_cannot_be_told_is_said_with_its_line():
    source = (
        "import torch\nfrom torch import nn\nnn.Linear\nx = torch.load('a')\nx.to(0)"
    )
    names = resolve(source, FACTS)
    assert names.unresolved == [(5, "to", ("torch.Tensor", "torch.nn.Module"))]
    assert "torch.Tensor.to" not in names.used


def test_another_package_s_object_is_not_taken_for_torch_s():
    source = "import torch\nfrom somewhere import make\nmake().full_tensor()"
    assert resolve(source, FACTS).unresolved[0][:2] == (3, "full_tensor")


def test_a_receiver_can_be_told():
    source = (
        "import torch\nfrom torch import nn\nnn.Linear\nx = torch.load('a')\nx.to(0)"
    )
    told = resolve(source, FACTS, {"to": "torch.Tensor"})
    assert "torch.Tensor.to" in told.used
    assert told.unresolved == []
    assert resolve(source, FACTS, {"to": "other"}).unresolved == []


def test_a_name_that_the_facts_do_not_have():
    facts = Facts("2.13.0", {"torch": ("module", None)}, {})
    names = resolve("import torch\ntorch.zeros(1)", facts)
    assert names.unknown == [(2, "torch.zeros")]
    assert names.used == {}

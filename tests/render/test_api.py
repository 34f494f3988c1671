"""The API index, and the names at the end of each page."""

from __future__ import annotations

import re

import pytest

from render import api
from render.markers import API

BLOCK = "import torch\n\nprint(torch.zeros(2).sum())\n#> tensor(0.)\n"


@pytest.fixture
def pages(checkout):
    """A page with two blocks, and the index."""
    checkout.snippet("tensors/shape/view.py", BLOCK)
    checkout.snippet("tensors/shape/other.py", BLOCK.replace("zeros", "ones"))
    for lang in ("zh", "en"):
        checkout.page("# 形状 {#shape}\n", lang=lang)
        checkout.page(f"# API {{#i}}\n\n{API}\n", "reference/api.md", lang)
    return checkout


def test_a_page_ends_with_the_names_that_its_blocks_use(pages):
    html = pages.render("# 形状 {#shape}\n")
    end = html.partition('id="api"')[2]
    assert "本页用到的 API" in end
    names = re.findall(r'href="../reference/api.md#([\w.]+)"', end)
    assert names == ["torch.ones", "torch.Tensor.sum", "torch.zeros"]
    blocks = '<a href="#other.py">1</a> <a href="#view.py">2</a>'
    assert f"<code>Tensor.sum</code></a> {blocks}" in end


def test_many_blocks_are_counted(pages):
    for letter in "abcdefghi":
        pages.snippet(f"tensors/shape/{letter}.py", BLOCK)
    assert "<code>Tensor.sum</code></a> (11)" in pages.render("# 形状 {#shape}\n")


def test_a_page_without_blocks_has_no_such_end(pages):
    text = pages.page("# 空 {#empty}\n", "tensors/empty.md")
    assert 'id="api"' not in pages.render(text)


def test_the_index_leads_to_pages_blocks_and_documentation(pages):
    html = pages.render(f"# API {{#i}}\n\n{API}\n")
    entry = re.search(r'<p [^>]*id="torch.Tensor.sum">(.*?)</p>', html, re.S)[1]
    docs = f'href="{api.DOCS}generated/torch.Tensor.sum.html"'
    assert docs in entry
    assert '<a href="../tensors/shape.md#other.py">形状</a>' in entry
    assert '<a href="../tensors/shape.md#view.py">2</a>' in entry
    assert html.index('id="tensor"') < html.index('id="torch"')


@pytest.mark.parametrize(
    ("name", "page"),
    [
        ("torch.zeros", "generated/torch.zeros.html"),
        ("torch.Tensor.sum", "generated/torch.Tensor.sum.html"),
        ("torch.nn.Linear", "generated/torch.nn.Linear.html"),
        ("torch.nn.Module.eval", "generated/torch.nn.Module.html#torch.nn.Module.eval"),
        ("torch.nn.Parameter", "generated/torch.nn.parameter.Parameter.html"),
        ("torch.optim.Optimizer.step", "generated/torch.optim.Optimizer.step.html"),
        ("torch.float32", "tensor_attributes.html#torch.dtype"),
        ("torch.finfo.max", "type_info.html#torch.finfo"),
        ("torch.utils.data.DataLoader", "data.html#torch.utils.data.DataLoader"),
        ("torch.distributed.barrier", "distributed.html#torch.distributed.barrier"),
        ("torch.nn.init.ones_", "nn.init.html#torch.nn.init.ones_"),
    ],
)
def test_the_official_page_follows_from_the_name(name, page):
    assert api.official(name) == api.DOCS + page


def test_some_names_are_documented_nowhere():
    assert api.official("torch.version.cuda") is None


def test_a_name_without_a_rule():
    with pytest.raises(
        api.ApiError, match=r"render/api.py:1: no rule says where numpy"
    ):
        api.official("numpy.zeros")


def test_a_fault_names_file_and_line(pages):
    source = "import torch\nfrom torch import nn\nnn.Linear\ntorch.load('a').to(1)\n"
    pages.snippet("tensors/shape/bad.py", source)
    pages.snippet("tensors/shape/gone.py", "import torch\ntorch.not_there(1)\n")
    found = api.faults(pages.root)
    assert any(x.startswith("snippets/tensors/shape/bad.py:4: whose to") for x in found)
    gone = "snippets/tensors/shape/gone.py:2: torch.not_there is not in render/torch_"
    assert any(x.startswith(gone) for x in found)
    assert all(x.startswith(("snippets/tensors/shape/", "render/rec")) for x in found)


def test_a_receiver_that_is_not_needed_is_a_fault(pages, monkeypatch):
    monkeypatch.setattr(
        api,
        "load_receivers",
        lambda: {"tensors/shape/view.py": {"sum": "torch.Tensor"}, "a/b/c.py": {}},
    )
    assert api.faults(pages.root) == [
        "render/receivers.yml:1: tensors/shape/view.py needs no sum",
        "render/receivers.yml:1: no file a/b/c.py",
    ]

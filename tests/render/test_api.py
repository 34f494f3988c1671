"""The API index, and the list of API names at the end of each page."""

from __future__ import annotations

import hashlib
import json
import re

import pytest

from render import api
from render.blocks import BlockError
from render.markers import API
from verify import DEFAULT_TORCH

BLOCK = "import torch\n\nprint(torch.zeros(2).sum())\n#> tensor(0.)\n"


@pytest.fixture
def pages(checkout):
    """A checkout with a page of two blocks and the API index, in both languages."""
    checkout.snippet("tensors/shape/view.py", BLOCK)
    checkout.snippet("tensors/shape/other.py", BLOCK.replace("zeros", "ones"))
    for lang in ("zh", "en"):
        checkout.page("# 形状 {#shape}\n", lang=lang)
        checkout.page(f"# API {{#i}}\n\n{API}\n", "reference/api.md", lang)
    traced(checkout)
    return checkout


def traced(checkout, **more):
    """Write records/apis.json as if every snippet file had run."""
    files = {}
    for path in checkout.root.glob("snippets/*/*/*.py"):
        made = re.search(r"torch\.\w+", path.read_text("utf-8"))[0]
        files[path.relative_to(checkout.root / "snippets").as_posix()] = {
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "names": {"torch.Tensor.sum": [3], made: [3]},
            **more,
        }
    record = checkout.root / "records" / "apis.json"
    record.parent.mkdir(exist_ok=True)
    record.write_text(json.dumps({"torch": DEFAULT_TORCH, "files": files}), "utf-8")


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
    traced(pages)
    assert "<code>Tensor.sum</code></a> (11)" in pages.render("# 形状 {#shape}\n")


def test_a_page_without_blocks_has_no_such_end(pages):
    text = pages.page("# 空 {#empty}\n", "tensors/empty.md")
    assert 'id="api"' not in pages.render(text)


def test_the_index_leads_to_pages_blocks_and_documentation(pages):
    html = pages.render(f"# API {{#i}}\n\n{API}\n")
    entry = re.search(r'<p [^>]*id="torch.Tensor.sum">(.*?)</p>', html, re.S)[1]
    docs = f'href="{api.DOCS}generated/torch.Tensor.sum.html"'
    assert docs in entry
    assert '<a href="../tensors/shape.md#api">形状</a>' in entry
    only = re.search(r'<p [^>]*id="torch.zeros">(.*?)</p>', html, re.S)[1]
    assert re.search(r'href="../tensors/shape.md#\w+\.py">形状</a>$', only)
    assert html.index('id="tensor"') < html.index('id="torch"')
    assert "letters" not in html  # only a long section has them


@pytest.mark.parametrize(
    ("name", "page"),
    [
        ("torch.zeros", "generated/torch.zeros.html"),
        ("torch.Tensor.sum", "generated/torch.Tensor.sum.html"),
        ("torch.nn.Linear", "generated/torch.nn.Linear.html"),
        ("torch.nn.Module.eval", "generated/torch.nn.Module.html#torch.nn.Module.eval"),
        ("torch.optim.SGD.step", "generated/torch.optim.SGD.html#torch.optim.SGD.step"),
        (
            "torch.autograd.function.FunctionCtx.save_for_backward",
            "generated/torch.autograd.function.FunctionCtx.save_for_backward.html",
        ),
        (
            "torch.distributed.elastic.multiprocessing.errors.ChildFailedError",
            "elastic/errors.html"
            "#torch.distributed.elastic.multiprocessing.errors.ChildFailedError",
        ),
        ("torch.nn.Parameter", "generated/torch.nn.parameter.Parameter.html"),
        ("torch.optim.Optimizer.step", "generated/torch.optim.Optimizer.step.html"),
        ("torch.float32", "tensor_attributes.html#torch.dtype"),
        ("torch.finfo", "type_info.html"),
        ("torch.utils.data.DataLoader", "data.html#torch.utils.data.DataLoader"),
        ("torch.distributed.barrier", "distributed.html#torch.distributed.barrier"),
        ("torch.nn.init.ones_", "nn.init.html#torch.nn.init.ones_"),
    ],
)
def test_the_official_page_is_that_of_the_documentation(name, page):
    assert api.official(name) == api.DOCS + page


@pytest.mark.parametrize(
    "name", ["torch.version.cuda", "torch.Tensor._version", "torch.nn.Linear.bias", "x"]
)
def test_a_name_that_the_documentation_does_not_have_has_no_link(name):
    assert api.official(name) is None


def test_what_changed_since_it_ran_counts_for_nothing(pages):
    pages.snippet("tensors/shape/view.py", BLOCK + "# changed\n")
    end = pages.render("# 形状 {#shape}\n").partition('id="api"')[2]
    assert "torch.ones" in end
    assert "torch.zeros" not in end


def test_without_a_record_there_is_no_name(pages):
    (pages.root / "records" / "apis.json").unlink()
    assert 'id="api"' not in pages.render("# 形状 {#shape}\n")


def test_the_index_says_how_many_blocks_did_not_run(pages):
    assert "没能" not in pages.render(f"# API {{#i}}\n\n{API}\n")
    traced(pages, unrun="needs cuda")
    assert "其中 2 个没能" in pages.render(f"# API {{#i}}\n\n{API}\n")


def test_a_damaged_record_stops_the_build(pages):
    (pages.root / "records" / "apis.json").write_text("{", "utf-8")
    with pytest.raises(BlockError, match=r"apis.json: is not a record of names"):
        pages.render("# 形状 {#shape}\n")


def test_letters_lead_to_the_names_of_a_long_section(pages, monkeypatch):
    monkeypatch.setattr(api, "MANY", 1)
    html = pages.render(f"# API {{#i}}\n\n{API}\n")
    (row,) = re.findall(r'<p class="letters">(.*?)</p>', html)
    links = re.findall(r'<a href="#(.*?)">(.)</a>', row)
    assert links == [("torch.ones", "O"), ("torch.zeros", "Z")]
    assert all(f'id="{name}"' in html for name, _ in links)

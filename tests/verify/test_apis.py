"""Test how a traced run finds the torch names that a snippet file uses."""

import json
import re
import subprocess
import sys

import pytest

from verify import DEFAULT_TORCH, ROOT, SNIPPETS, api_names, apis
from verify.api_names import Entry, documented
from verify.fork import tracing
from verify.snippet import parse
from verify.verdict import PASSED

IMPORTS = (
    "import torch\nfrom torch import nn\nfrom torch.utils.data import DataLoader\n"
)
CLASSES = """
class Net(nn.Module):
    def train(self, mode=True):
        return super().train(mode)
    def forward(self, x):
        return x
class Double(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return 2 * x
"""
FILES = (  # with ranks, spawned processes, compiled code, grad_fn, properties, hooks
    "distributed/beyond/fully_shard_a_model.py",
    "distributed/dp-and-ddp/ddp_buckets.py",
    "distributed/launch/spawn_names_the_rank.py",
    "tensors/advanced-autograd/custom_function_swish.py",
    "tensors/autograd/graph_of_expression.py",
    "tensors/shape/view_or_copy.py",
    "training/datasets/stream_shared_by_workers.py",
    "training/schedulers/resume_a_scheduler.py",
)


@pytest.fixture
def trace(warm, write, tmp_path):
    """Return a function that traces a file and returns the names that it uses."""
    names = tmp_path / "documented"
    names.write_text("\n".join(documented()), "utf-8")

    def trace(text):
        path = text if hasattr(text, "is_file") else write(text)
        return apis.trace(warm, parse(path), names, tmp_path / "used")

    return trace


def names(entry, line):
    """Return the names that an entry has on a line."""
    return [name for name, lines in entry.names.items() if line in lines]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("torch.zeros(2)", "zeros"),
        ("(torch.ones(2) + 1).sum()", "Tensor.sum ones"),
        ("nn.functional.relu(torch.eye(2)).T", "Tensor.T eye nn.functional.relu"),
        ("nn.Parameter(torch.ones(2)).t()", "Tensor.t nn.Parameter ones"),
        ("Net().eval()", "nn.Module.eval"),
        ("Net().forward(1)", ""),
        ("nn.Linear(2, 2).weight", "nn.Linear"),
        ("Double.apply(torch.ones(2))", "autograd.Function.apply ones"),
        ("torch.optim.SGD([torch.ones(2)]).step()", "ones optim.SGD optim.SGD.step"),
        (
            "torch.optim.SGD([torch.ones(2)]).zero_grad()",
            "ones optim.Optimizer.zero_grad optim.SGD",
        ),
        ("list(DataLoader(range(2)))[0].t()", "Tensor.t utils.data.DataLoader"),
        (
            "nn.Parameter(torch.ones(2)).sum().grad_fn.name()",
            "Tensor.grad_fn Tensor.sum autograd.graph.Node.name nn.Parameter ones",
        ),
        ("torch.finfo(torch.half).max", "finfo finfo.max half"),
        ("getattr(torch, 'cuda').is_available()", "cuda.is_available"),
        ("torch.version.cuda", "version.cuda"),
        ("x = torch.ones(2); x.grad = None", "Tensor.grad ones"),
        ("y: torch.Tensor = 1", ""),
        ("(1).real, 'a'.split(), {}.values()", ""),
        ("torch.distributed.group.WORLD", "distributed.group distributed.group.WORLD"),
    ],
)
def test_a_name_is_that_of_the_documentation(trace, line, expected):
    entry = trace(f"{IMPORTS}{CLASSES}{line}\nprint(1)\n#> 1\n")
    assert entry.unrun is None
    assert names(entry, 15) == [f"torch.{name}" for name in expected.split()]


def test_an_annotation_is_not_a_use(trace):
    functions = (
        "def one(x: torch.Generator) -> torch.Size: ...\n"
        "async def two() -> torch.dtype: ...\n"
    )
    entry = trace(f"{IMPORTS}{functions}assert torch.eye(1).shape\n")
    assert sorted(entry.names) == ["torch.Tensor.shape", "torch.eye"]


def test_lines_of_classes_are_traced(trace):
    entry = trace(f"{IMPORTS}{CLASSES}Net().train()\nDouble.apply(torch.ones(2))\n")
    assert names(entry, 7) == ["torch.nn.Module.train"]  # through super()
    save = "torch.autograd.function.FunctionCtx.save_for_backward"
    assert names(entry, 13) == [save]


def test_a_name_that_torch_does_not_have_is_none(trace):
    entry = trace(
        "import torch\ntry:\n    torch.Zeros\nexcept AttributeError:\n    print(1)\n"
        "#> 1\n"
    )
    assert entry == Entry(entry.sha256, {})


def test_processes_that_a_file_starts_are_traced(trace):
    entry = trace("""
        import os
        import torch
        import torch.multiprocessing as mp

        def work(rank):
            torch.arange(3)

        if __name__ == "__main__":
            mp.spawn(work, nprocs=1)
            if not (pid := os.fork()):
                torch.eye(2)
                os._exit(0)
            os.waitpid(pid, 0)
            print(1)
            #> 1
        """)
    assert entry.unrun is None
    assert names(entry, 6) == ["torch.arange"]
    assert names(entry, 11) == ["torch.eye"]


def test_what_can_not_run_is_read_for_what_it_imports(trace):
    entry = trace(
        f"# Needs: cuda\n{IMPORTS}torch.ones(2).cuda()\nDataLoader\nnn.init.ones_\n"
        "print(1)\n#> 1\n"
    )
    assert entry.unrun == "needs cuda"
    assert entry.names == {
        "torch.nn.init.ones_": [7],
        "torch.ones": [5],
        "torch.utils.data.DataLoader": [6],
    }


def test_a_file_that_fails_says_so(trace):
    entry = trace("import torch\ntorch.ones(2)\ntorch.eye(2).nothing\n")
    assert entry.unrun == "failed when traced"
    assert entry.names == {"torch.eye": [3], "torch.ones": [2]}


@pytest.mark.parametrize("file", FILES)
def test_a_traced_file_prints_the_same_and_uses_what_the_record_says(
    file, warm, trace, tmp_path
):
    snippet = parse(SNIPPETS / file)
    entry = trace(snippet.path)
    assert entry == api_names.read()[file]
    program = (tracing.__file__, str(tmp_path / "documented"), str(tmp_path / "again"))
    plain, traced = warm.run(snippet.path), warm.run_under(snippet, *program)
    assert plain.outcome == traced.outcome == PASSED
    if "torchrun" not in snippet.source:  # several ranks print in any order
        assert traced.result.out == plain.result.out


CALLS = """
import contextlib, io, json, sys, torch
from torch.overrides import TorchFunctionMode, resolve_name

class Calls(TorchFunctionMode):
    def __torch_function__(self, func, types, args=(), kwargs=None):
        called.add(str(resolve_name(func)).removesuffix(".__get__"))
        return func(*args, **(kwargs or {}))

found = {}
for file in sys.argv[1:]:
    called = set()
    with contextlib.redirect_stdout(io.StringIO()), Calls():
        exec(compile(open(file).read(), file, "exec"), {"__name__": "__main__"})
    found[file] = sorted(called)
print(json.dumps(found))
"""


def test_torch_itself_sees_the_recorded_calls():
    """`torch.overrides` intercepts each function that handles a tensor."""
    files = [
        str(SNIPPETS / name)
        for name in api_names.read()
        if name.startswith(("tensors/shape/", "tensors/math/", "tensors/create/"))
        and not (snippet := parse(SNIPPETS / name)).needs
        and "except " not in snippet.source  # wrong calls aren't intercepted
    ]
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", CALLS, *files],
        capture_output=True,
        text=True,
        check=True,
    )
    heard = json.loads(run.stdout.splitlines()[-1])
    checked = 0
    for file, calls in heard.items():
        recorded = api_names.read()[parse(SNIPPETS / file).name].names
        every = {name for called in heard.values() for name in called}
        methods = {x for x in recorded if x.startswith("torch.Tensor.") and x in every}
        assert methods <= {*calls}, f"{file}: {methods - {*calls}}"
        checked += len(methods)
    assert checked > 100


@pytest.fixture
def record(warm, monkeypatch, tmp_path):
    """Return a function that records the files of a folder used as `snippets/`."""
    folder = tmp_path / "snippets"
    folder.mkdir()
    for module in (apis, api_names, sys.modules["verify.paths"]):
        monkeypatch.setattr(module, "SNIPPETS", folder)
    path = tmp_path / "apis.json"

    def record(*files, **more):
        return apis.record(warm, [folder / file for file in files], path, **more)

    record.folder, record.path = folder, path
    return record


def test_only_what_has_changed_is_traced(record):
    one, two = record.folder / "one.py", record.folder / "two.py"
    one.write_text("import torch\n\nprint(torch.ones(1))\n#> tensor([1.])\n")
    two.write_text("# Needs: cuda\nimport torch\n\nprint(torch.ones(1))\n")
    assert record("one.py", "two.py") == 2
    assert record("one.py", "two.py") == 0
    two.write_text("import torch\n\nprint(torch.eye(1))\n#> tensor([[1.]])\n")
    assert record("one.py", "two.py") == 1
    assert record("one.py", again=True) == 1
    entries = api_names.read(record.path)
    assert entries["two.py"].names == {"torch.eye": [3]}
    one.unlink()
    assert record("two.py", again=True) == 1
    assert [*api_names.read(record.path)] == ["two.py"]


def test_a_file_that_can_not_be_traced_is_named(record, capsys, tmp_path):
    broken, elsewhere = record.folder / "broken.py", tmp_path / "elsewhere.py"
    broken.write_text("print(")
    elsewhere.write_text("print(1)\n#> 1\n")
    assert apis.main([str(broken), str(elsewhere)]) == 1
    output = capsys.readouterr()
    assert output.out == "0 of 2 files traced\n"
    first, second = output.err.splitlines()
    assert re.fullmatch(r"verify: \S*broken.py:1: .*'\(' was never closed", first)
    assert re.fullmatch(r"verify: \S*elsewhere.py: not traced: .* snippets/", second)


def test_names_of_another_release_are_none(record):
    (record.folder / "one.py").write_text("import torch\n\nprint(torch.ones(1).sum())")
    record("one.py")
    text = record.path.read_text("utf-8")
    record.path.write_text(text.replace(DEFAULT_TORCH, "2.4.1"), "utf-8")
    assert api_names.read(record.path) == {}


def test_a_damaged_record_is_named(tmp_path):
    (tmp_path / "apis.json").write_text("{", "utf-8")
    with pytest.raises(ValueError, match=r"apis.json: is not a record of names"):
        api_names.read(tmp_path / "apis.json")


def test_the_inventory_is_read_as_sphinx_writes_it():
    assert documented()["torch.nn.Linear"] == (
        "generated/torch.nn.Linear.html#torch.nn.Linear"
    )
    assert documented()["torch.distributed.all_reduce"] == (
        "distributed.html#torch.distributed.all_reduce"
    )
    assert (ROOT / "verify/torch_docs.inv").read_bytes().startswith(b"# Sphinx inv")

"""What torch is, as far as the snippet files ask: `python -m render.torch_facts`.

Imports torch and writes `render/torch_facts.json`, from which the site tells without
torch which of its names a block uses (see `render.names`). A test holds that the file
is what this command would write.
"""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import json
import sys
import types
import warnings
from pathlib import Path
from typing import Any

from render.names import CHAPTERS, FACTS, OTHER, TENSOR, Facts, Type, join, resolve

ROOT = Path(__file__).resolve().parent.parent
# Where the documented classes are, among which that of a method is looked for.
MODULES = (
    "torch", "torch.nn", "torch.nn.parallel", "torch.nn.utils.rnn", "torch.optim",
    "torch.optim.lr_scheduler", "torch.optim.swa_utils", "torch.utils.data",
    "torch.autograd", "torch.utils.hooks", "torch.autograd.graph", "torch.cuda",
    "torch.amp", "torch.futures",
    "torch.distributed", "torch.distributed.checkpoint", "torch.distributed.fsdp",
    "torch.distributed.device_mesh", "torch.distributed.tensor",
    "torch.distributed.algorithms.join",
)  # fmt: skip


# What the documentation says that these return, where no annotation does.
RETURNS: dict[str, Type] = {
    "torch.Tensor.grad_fn": "torch.autograd.graph.Node",
    "torch.Tensor.register_hook": "torch.utils.hooks.RemovableHandle",
    "torch.distributed.all_reduce": "torch.distributed.Work",
    "torch.distributed.group.WORLD": "torch.distributed.ProcessGroup",
    "torch.nn.functional.one_hot": TENSOR,
    "torch.nn.Module.to": "self",
}


class Torch(Facts):
    """The same answers as `Facts`, from torch itself; keeps what it was asked."""

    def __init__(self) -> None:
        import torch

        warnings.simplefilter("ignore")
        self.module = torch
        self.stubs = _stubs(Path(torch.__file__).parent)
        super().__init__(torch.__version__.partition("+")[0], {}, _owners())

    def look_up(self, name: str) -> tuple[str, Type] | None:
        """What a name is and gives; None where torch does not have it."""
        if name not in self.names:
            found = self._look_up(name) or ("none", None)
            self.names[name] = found  # type: ignore[index]
        found = self.names[name]
        return None if found[0] == "none" and name not in ABSENT else found

    def _look_up(self, name: str) -> tuple[str, Type] | None:
        try:
            owner, value = _find(name)
        except (AttributeError, ImportError):
            return self._annotated(name)
        if isinstance(value, types.ModuleType):
            return "module", None
        if type(value).__name__ == "tensortype":  # an old constructor of one dtype
            return "function", TENSOR
        if inspect.isclass(value):
            above = [_public(x) for x in value.__mro__[1:]]
            return "class", tuple(x for x in above if x and x != name)
        if name in RETURNS and not callable(value):
            return "value", RETURNS[name]
        attr = name.rpartition(".")[2]
        if inspect.isclass(owner):
            own = attr in vars(owner) and not _is_wrapped_from_above(owner, value)
            if not own and not name.startswith(TENSOR + "."):
                return None  # the class above has it
            if callable(value) or isinstance(value, (staticmethod, classmethod)):
                return "method", self._returns(name, value)
            if name in RETURNS:
                return "property", RETURNS[name]
            stub = self.stubs.get(("TensorBase", attr)) if owner is _tensor() else None
            if isinstance(value, property) and value.fget:
                return "property", self._returns(name, value.fget)
            return "property", _type(stub, owner) if stub else OTHER
        if callable(value):
            return "function", self._returns(name, value)
        return "value", _public(type(value)) or OTHER

    def _annotated(self, name: str) -> tuple[str, Type] | None:
        """An attribute that a class declares and its objects have."""
        above, _, attr = name.rpartition(".")
        try:
            _, owner = _find(above)
        except (AttributeError, ImportError, ValueError):
            return None
        noted = inspect.isclass(owner) and vars(owner).get("__annotations__", {})
        if not noted or attr not in noted:
            return None
        return "attribute", _type(_parsed(noted[attr]), owner)

    def _returns(self, name: str, value: Any) -> Type:
        if name in RETURNS:
            return RETURNS[name]
        attr = name.rpartition(".")[2]
        is_tensor = name.startswith(TENSOR + ".")
        stub = self.stubs.get(("TensorBase" if is_tensor else "", attr))
        noted = getattr(value, "__annotations__", {}).get("return")
        if noted is None and stub and (is_tensor or name.count(".") == 1):
            return _type(stub, _tensor())
        return _type(_parsed(noted), value) if noted is not None else None


def _is_wrapped_from_above(owner: type, value: Any) -> bool:
    """Whether it is the inherited step(), which a class's first optimizer wraps."""
    name = getattr(value, "__qualname__", "")
    return hasattr(value, "hooked") and not name.startswith(f"{owner.__name__}.")


@functools.lru_cache(maxsize=1)
def _tensor() -> type:
    import torch

    return torch.Tensor


def _find(name: str) -> tuple[Any, Any]:
    """An object of torch by its dotted name, and what holds it."""
    parts = name.split(".")
    owner, value = None, importlib.import_module(parts[0])
    for n, part in enumerate(parts[1:], 2):
        owner = value
        if inspect.isclass(owner):
            value = inspect.getattr_static(owner, part)
            continue
        try:
            value = getattr(owner, part)
        except AttributeError:
            value = importlib.import_module(".".join(parts[:n]))
    return owner, value


@functools.lru_cache(maxsize=1)
def _classes() -> dict[type, str]:
    """The documented classes by their public name, the shortest first."""
    found: dict[type, str] = {}
    for name in MODULES:
        for attr, value in vars(importlib.import_module(name)).items():
            if inspect.isclass(value) and not attr.startswith("_"):
                if (value.__module__ or "").split(".")[0] != "torch":
                    continue
                if name == "torch" and attr not in LISTED:
                    continue
                if name == "torch.cuda" and attr.endswith(("Tensor", "Storage")):
                    continue
                found.setdefault(value, f"{name}.{attr}")
    return found


# Of the classes in `torch` itself, those that the documentation lists. Beside them
# stand the compiler's own, and the constructors and storages of one dtype each.
LISTED = {
    *("Tensor", "Generator", "Size", "dtype", "finfo", "iinfo", "layout"),
    *("memory_format", "device", "Stream", "Event", "UntypedStorage", "autocast"),
    *("enable_grad", "inference_mode", "no_grad", "set_grad_enabled"),
    *("SymInt", "SymFloat", "SymBool"),
}


def _public(value: Any) -> str | None:
    return _classes().get(value)


def _owners() -> dict[str, list[str]]:
    """By attribute, the topmost documented classes that have it."""
    owners: dict[str, set[str]] = {}
    for kind, name in _classes().items():
        attrs = dir(kind) if name == TENSOR else [*vars(kind)]
        attrs += vars(kind).get("__annotations__", {})
        for attr in attrs:
            above = any(attr in vars(x) for x in kind.__mro__[1:] if x in _classes())
            if not attr.startswith("_") and not above:
                owners.setdefault(attr, set()).add(name)
    return {attr: sorted(owners[attr]) for attr in sorted(owners)}


def _stubs(folder: Path) -> dict[tuple[str, str], ast.expr]:
    """What compiled functions and methods return, from the stubs beside them."""
    found: dict[tuple[str, str], list[ast.expr]] = {}

    def note(owner: str, body: list[ast.stmt]) -> None:
        for node in body:
            if isinstance(node, ast.FunctionDef) and node.returns:
                found.setdefault((owner, node.name), []).append(node.returns)
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                found.setdefault((owner, node.target.id), []).append(node.annotation)

    note("", ast.parse((folder / "_C/_VariableFunctions.pyi").read_text("utf-8")).body)
    for node in ast.parse((folder / "_C/__init__.pyi").read_text("utf-8")).body:
        if isinstance(node, ast.ClassDef) and node.name == "TensorBase":
            note("TensorBase", node.body)
    return {
        key: functools.reduce(lambda a, b: ast.BinOp(a, ast.BitOr(), b), nodes)
        for key, nodes in found.items()
    }


def _parsed(noted: Any) -> ast.expr:
    text = noted if isinstance(noted, str) else getattr(noted, "__name__", None)
    if not isinstance(noted, (str, type)):
        text = str(noted)
    elif isinstance(noted, type) and not getattr(noted, "__args__", None):
        text = _public(noted) or noted.__qualname__
    else:
        text = str(noted)
    text = str(text).replace("typing.", "").replace("collections.abc.", "")
    try:
        return ast.parse(text.strip("'\""), mode="eval").body
    except SyntaxError:
        return ast.Constant(None)


SEQUENCES = {"list", "List", "Sequence", "Iterator", "Iterable", "Generator", "set"}


def _type(node: ast.expr | None, where: Any) -> Type:
    """A type as `render.names` writes it."""
    if isinstance(node, ast.Constant):
        return (
            _type(_parsed(node.value), where) if isinstance(node.value, str) else None
        )
    if isinstance(node, ast.BinOp):
        return join(_type(node.left, where), _type(node.right, where))
    if isinstance(node, ast.Subscript):
        outer = ast.unparse(node.value).rpartition(".")[2]
        inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        kinds = [_type(x, where) for x in inner if ast.unparse(x) != "..."]
        if outer in ("Optional", "Union"):
            return functools.reduce(join, kinds)
        if outer in SEQUENCES or (
            outer in ("tuple", "Tuple") and len(inner) != len(kinds)
        ):
            return ("seq", kinds[0] if kinds else None)
        if outer in ("tuple", "Tuple"):
            return ("tuple", *kinds)
        if outer in ("dict", "Dict", "OrderedDict", "Mapping", "defaultdict"):
            return ("dict", kinds[-1])
        return _named(outer, where)
    if node is None:
        return None
    text = ast.unparse(node)
    if text.startswith("torch.return_types."):
        return ("seq", TENSOR)
    return _named(text, where)


# Annotations of what has no method of torch.
PLAIN = {
    *("int", "float", "bool", "str", "bytes", "complex", "number", "Number", "ndarray"),
    *("memoryview", "Path", "timedelta", "type", "slice", "range"),
}


def _named(text: str, where: Any) -> Type:
    short = text.rpartition(".")[2]
    if short in ("Tensor", "Size", "Generator", "dtype", "device"):
        return f"torch.{short}"
    if short in ("_dtype", "_device", "_size"):
        return {"_dtype": "torch.dtype", "_device": "torch.device"}.get(short, OTHER)
    if short in ("Self", "T", "T_co", "Module") and short != "Module":
        return "self" if short in ("Self", "T") else None
    if short in ("Any", "object", "None", "T_co", "Optional"):
        return None
    for name in MODULES:
        value = getattr(importlib.import_module(name), short, None)
        if inspect.isclass(value) and _public(value):
            return _public(value)
    return OTHER if short.lstrip("_") in PLAIN else None


def collect() -> dict:
    """The facts that the snippet files of today ask for.

    Returns:
        What `render/torch_facts.json` holds.
    """
    facts = Torch()
    for chapter in CHAPTERS:
        for path in sorted((ROOT / "snippets" / chapter).rglob("*.py")):
            resolve(path.read_text("utf-8"), facts)
    names = {key: facts.names[key] for key in sorted(facts.names)}
    return {
        "torch": facts.torch,
        "names": {k: v for k, v in names.items() if v[0] != "none" or k in ABSENT},
        "owners": facts.owners,
    }


# Names that torch does not have, in blocks that show just that.
ABSENT = frozenset(
    {
        "torch.utils.data.Dataloader",
        "torch.nn.ModueList",
        "torch.backends.cudnn.deteministic",
        "torch.optim.scheduler",
    }
)


def main() -> int:
    """Write the facts."""
    found = json.loads(json.dumps(collect()))
    rows = [f'"torch": {json.dumps(found["torch"])}']
    for part in ("names", "owners"):
        lines = ",\n".join(
            f"{json.dumps(k)}: {json.dumps(v)}" for k, v in found[part].items()
        )
        rows.append(f'"{part}": {{\n{lines}\n}}')
    FACTS.write_text("{\n" + ",\n".join(rows) + "\n}\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

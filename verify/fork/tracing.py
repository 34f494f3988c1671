"""Run a script and record which torch names its own lines use.

``python tracing.py DOCUMENTED OUT FILE ARGS`` does the same as ``python FILE ARGS``,
and appends a line such as ``12 torch.zeros`` to OUT for each name that the script uses:
the line number, and the name as torch's documentation spells it. DOCUMENTED is a file
with all names in the documentation, one per line.

Each ``value.attr`` in the script is compiled as ``note(value, 12, "attr").attr``. Since
`note` returns the value, it's still the script that reads the attribute. Processes that
the script forks or spawns, and the ranks of torchrun, record names too. Programs in
strings don't, because they aren't lines of the script.

``python tracing.py DOCUMENTED OUT FILE --source`` doesn't run the script, for one that
can't run on this machine. It resolves only the attributes of what the script imports,
such as ``torch.cuda.Stream``.

This program runs on the interpreter under test, in a fresh process or in a fork of the
warm server. So it imports nothing from the project.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import importlib.machinery
import os
import sys
import types
from collections.abc import Iterator
from typing import Any, cast

HOOK = "_verify_note"  # name of the builtin function that the compiled script calls
Function = ast.FunctionDef | ast.AsyncFunctionDef


class Names:
    """Finds the name that torch's documentation uses for an attribute or a class.

    Args:
        documented: All names in the documentation.
    """

    def __init__(self, documented: list[str]) -> None:
        self._documented = set(documented)
        self._by_last: dict[str, list[str]] = {}
        for name in documented:
            self._by_last.setdefault(name.rpartition(".")[2], []).append(name)

    def of_attribute(self, value: object, attr: str) -> str | None:
        """Return the name of an attribute of a value, None if it isn't torch's.

        A method gets the name of the class that defines it, or, if the documentation
        doesn't have that name, of the most derived class for which it does.

        Args:
            value: The value: an object, a class or a module.
            attr: The attribute. It doesn't have to exist.

        Returns:
            The full name, e.g. ``torch.Tensor.sum``.
        """
        if isinstance(value, types.ModuleType):
            return self._of_module(value.__name__, attr)
        mro = _mro(value)
        owner = next((one for one in mro if attr in vars(one)), None)
        if owner is None and isinstance(value, type):
            metaclass: Any = type(value)
            above = metaclass.__mro__
            owner = next((one for one in above if attr in vars(one)), None)
            mro = mro[:1]
        if owner and not _is_torch(owner.__module__):
            # The class of a `grad_fn` is created in C++ and isn't in a module of torch.
            # The documentation lists its attributes under `Node`.
            node = getattr(sys.modules.get("torch.autograd.graph"), "Node", type)
            if not (isinstance(value, node) and attr in vars(node)):
                return None  # a class of Python, the script or another package
            mro, owner = (node,), node
        for one in (owner, *mro) if owner else mro:
            documented = f"{self.of_class(one)}.{attr}"
            if documented in self._documented:
                return documented
        if owner is None or attr.startswith("__"):
            return None
        nearest = mro[::-1] if owner not in mro else mro[mro.index(owner) :: -1]
        public = [name for one in nearest if (name := self.of_class(one))]
        return f"{public[0]}.{attr}" if public else None

    def _of_module(self, module: str, attr: str) -> str | None:
        """Return the name of a module's attribute, None if it's a module itself."""
        if not _is_torch(module):
            return None
        # `types` is the default because it's a module: as for one, the result is None.
        found = getattr(sys.modules.get(module), attr, types)
        return None if isinstance(found, types.ModuleType) else f"{module}.{attr}"

    def of_class(self, kind: type) -> str | None:
        """Return the public name of a class of torch, None for any other class.

        Args:
            kind: The class.
        """
        if not _is_torch(kind.__module__):
            return None
        parts = kind.__module__.split(".")
        # Prefer torch.amp.X to torch.X, and either to torch.amp.some_module.X.
        lengths = [2, 1, *range(3, len(parts) + 1)]
        above = [".".join([*parts[:n], kind.__name__]) for n in lengths]
        for name in [*self._by_last.get(kind.__name__, []), *above]:
            module, _, last = name.rpartition(".")
            is_it = getattr(sys.modules.get(module), last, None) is kind
            if is_it and "._" not in name and module != "torch.return_types":
                return name
        return None


def _mro(value: object) -> tuple[type, ...]:
    """Return the classes in which Python looks for an attribute of a value."""
    if isinstance(value, super):
        found: Any = value
        above = found.__self_class__.__mro__
        return above[above.index(found.__thisclass__) + 1 :]
    return value.__mro__ if isinstance(value, type) else type(value).__mro__


def _is_torch(module: object) -> bool:
    return str(module).partition(".")[0] == "torch"


class _Noting(ast.NodeTransformer):
    """Wraps a call of the hook around each value whose attribute the script uses.

    Imported names are wrapped too. Annotations and patterns aren't: an annotation isn't
    a use, and Python doesn't allow calls in a pattern.

    Args:
        imported: What the script imports from torch, see `_imported`.
    """

    def __init__(self, imported: dict[str, tuple[str, str]]) -> None:
        self._imported = imported

    def visit_Attribute(self, node: ast.Attribute) -> ast.Attribute:
        self.generic_visit(node)
        node.value = _call(node, node.value, ast.Constant(node.attr))
        return node

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id not in self._imported or not isinstance(node.ctx, ast.Load):
            return node
        names = [ast.Constant(name) for name in self._imported[node.id]]
        return _call(node, node, *names)

    def visit_arg(self, node: ast.arg) -> ast.arg:
        return node  # an annotation

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AnnAssign:
        node.target = self.visit(node.target)
        node.value = node.value and self.visit(node.value)
        return node

    def visit_FunctionDef(self, node: Function) -> Function:
        returns, node.returns = node.returns, None
        self.generic_visit(node)
        node.returns = returns
        return node

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_MatchClass(self, node: ast.MatchClass) -> ast.MatchClass:
        return node

    def visit_MatchValue(self, node: ast.MatchValue) -> ast.MatchValue:
        return node


def _call(at: ast.expr, value: ast.expr, *words: ast.expr) -> ast.expr:
    """Return a call of the hook with a value, the line of `at`, and names."""
    hook = ast.Name(HOOK, ast.Load())
    call = ast.Call(hook, [value, ast.Constant(at.lineno), *words], [])
    return ast.fix_missing_locations(ast.copy_location(call, at))


def _imported(tree: ast.Module) -> dict[str, tuple[str, str]]:
    """Return what a script imports from modules of torch.

    For ``from torch.x import y as z``, that is ``{"z": ("torch.x", "y")}``.
    """
    return {
        alias.asname or alias.name: (node.module, alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module and not node.level
        if _is_torch(node.module)
        for alias in node.names
    }


def run(documented: str, out: str, file: str, *rest: str) -> None:
    """Run a script as ``__main__`` and record the torch names that it uses.

    Args:
        documented: Path of the file with the documented names.
        out: Path of the file to append to.
        file: Path of the script.
        *rest: Arguments of the script, or ``--source`` alone.
    """
    with open(documented, encoding="utf-8") as listed:
        names = Names(listed.read().split())
    with open(file, "rb") as opened:
        tree = ast.parse(opened.read(), file)
    if rest == ("--source",):
        _write(out, sorted(_followed(tree, names)))
        return
    import torch

    is_compiling = torch.compiler.is_compiling
    seen: set[tuple[object, ...]] = set()

    def note(value: object, line: int, *words: str) -> object:
        if is_compiling():  # torch.compile must not see the code below
            return value
        kind = type(value)
        is_key = issubclass(kind, (type, types.ModuleType))
        key = (line, words, id(value) if is_key else kind)
        if key not in seen or kind is super:
            seen.add(key)
            if len(words) == 1:
                name = names.of_attribute(value, words[0])
            else:
                name = _of_import(value, *words)
            if name:
                _write(out, [(line, name)])
        return value

    setattr(builtins, HOOK, note)
    code = compile(
        _Noting(_imported(tree)).visit(tree),
        os.path.abspath(file),
        "exec",
        dont_inherit=True,
    )
    sys.argv[:] = [file, *rest]
    if sys.path and sys.path[0] == os.path.dirname(os.path.realpath(__file__)):
        sys.path[0] = os.path.dirname(os.path.realpath(file))
    _trace_spawned([__file__, documented, out, file, *rest])
    frame = sys._getframe(1).f_globals
    name = frame["__name__"]  # `__mp_main__` in a process that multiprocessing spawns
    frame.clear()
    frame.update(
        __name__=name,
        __doc__=None,
        __package__=None,
        __loader__=importlib.machinery.SourceFileLoader("__main__", file),
        __spec__=None,
        __annotations__={},
        __builtins__=builtins,
        __file__=os.path.abspath(file),
        __cached__=None,
    )
    exec(code, frame)


def _of_import(value: object, module: str, name: str) -> str | None:
    """Return the name of an imported value, None if the variable has been reused."""
    is_it = getattr(sys.modules.get(module), name, None) is value
    is_module = isinstance(value, types.ModuleType)
    return f"{module}.{name}" if is_it and not is_module else None


def _trace_spawned(argv: list[str]) -> None:
    """Make processes that multiprocessing spawns run this program as their main module.

    Args:
        argv: The command line of this program.
    """
    import multiprocessing.spawn

    prepare = multiprocessing.spawn.get_preparation_data

    def prepare_traced(name: str) -> dict:
        data = prepare(name)
        if "init_main_from_path" in data:
            data |= {"init_main_from_path": __file__, "sys_argv": argv}
        return data

    multiprocessing.spawn.get_preparation_data = prepare_traced


def _followed(tree: ast.Module, names: Names) -> Iterator[tuple[int, str]]:
    """Find the torch names that can be resolved from the imports, e.g. ``nn.Linear``.

    Args:
        tree: The syntax tree of a script.
        names: The documented names.

    Yields:
        Line number and name of each use.
    """
    bound: dict[str, object] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if _is_torch(alias.name):
                    module = importlib.import_module(alias.name)
                    whole = sys.modules["torch"]
                    bound[alias.asname or "torch"] = module if alias.asname else whole
    imported = _imported(tree)
    for name, (path, attr) in imported.items():
        bound[name] = getattr(importlib.import_module(path), attr, None)

    def value_of(node: ast.expr) -> object:
        if isinstance(node, ast.Name):
            return bound.get(node.id)
        if isinstance(node, ast.Attribute):
            return getattr(value_of(node.value), node.attr, None)
        return None

    for node in ast.walk(tree):
        found = None
        if isinstance(node, ast.Attribute):
            if (value := value_of(node.value)) is not None:
                found = names.of_attribute(value, node.attr)
        elif isinstance(node, ast.Name) and node.id in imported:
            found = _of_import(bound[node.id], *imported[node.id])
        if found:
            yield cast("ast.expr", node).lineno, found


def _write(out: str, found: list[tuple[int, str]]) -> None:
    """Append names with their lines to the file `out`."""
    text = "".join(f"{line} {name}\n" for line, name in found)
    with open(out, "a", encoding="utf-8") as file:
        file.write(text)


if __name__ in ("__main__", "__mp_main__"):
    # Execute this file again as a module of another name, because `run` empties
    # `__main__` for the script.
    own = type(sys)("tracing")
    own.__file__ = __file__
    with open(__file__, encoding="utf-8") as opened:
        exec(compile(opened.read(), __file__, "exec"), own.__dict__)
    own.run(*sys.argv[1:])

"""Which torch names a snippet file uses, read from its syntax tree.

What a name is, what it returns and which classes have a method is told by
`render/torch_facts.json`, which `python -m render.torch_facts` writes from torch
itself; here nothing is imported and nothing is run.

The receiver of a method is found by following the values of the file: what a
constructor makes, what a function returns, what a loop takes out, what a caller passes.
Where that ends (`batch` of a loader may be anything), a method is taken for that of the
one torch class that has it, if no other class and no built-in type does. What is left
is reported as unresolved, with its line: nothing is guessed.

A type is a string (a class, such as ``torch.Tensor``; ``other`` is anything that is not
torch's), or a tuple: ``("seq", item)``, ``("dict", value)``, ``("tuple", a, b, …)``,
``("union", a, b, …)``, ``("class", name)``, ``("module", name)``,
``("function", name)``, ``("bound", returns, receiver)``, ``("local", name)`` and a few
more of that kind. None is a type that is not known.
"""

from __future__ import annotations

import ast
import builtins
import functools
import json
import sys
from collections import OrderedDict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FACTS = Path(__file__).with_name("torch_facts.json")
CHAPTERS = ("start", "tensors", "training", "distributed", "reference")
TENSOR = "torch.Tensor"
OTHER = "other"
# Of the named tuples that torch returns; tensors have methods of some of these names.
FIELDS = ("values", "indices", "logabsdet", "sign", "min", "max", "eigenvalues")
# What a receiver that is not known may be, beside a class of torch.
BUILT_IN = frozenset(
    name
    for kind in (
        *(str, bytes, int, float, complex, list, tuple, dict, set, frozenset, deque),
        *(OrderedDict, BaseException, Path, range, slice),
    )
    for name in dir(kind)
    if not name.startswith("_")
)

Type = Any


@dataclass
class Names:
    """What a file uses.

    Attributes:
        used: Each torch name with the line of its first use.
        unresolved: What may be a method of torch, with its line and the classes that
            have one of this name.
        unknown: Names below torch that the facts do not have, with their line.
    """

    used: dict[str, int] = field(default_factory=dict)
    unresolved: list[tuple[int, str, tuple[str, ...]]] = field(default_factory=list)
    unknown: list[tuple[int, str]] = field(default_factory=list)


class Facts:
    """What torch is, as far as the snippet files ask.

    Attributes:
        torch: The release that the facts were taken from.
        names: By dotted name: what it is ("module", "class", "function", "method",
            "property", "value", "attribute" or "none") and what it gives (a type; of a
            class, the classes above it).
        owners: By attribute: the classes of torch that have one of this name.
    """

    def __init__(self, torch: str, names: Mapping, owners: Mapping) -> None:
        self.torch, self.names, self.owners = torch, names, owners

    def look_up(self, name: str) -> tuple[str, Type] | None:
        """What a name is and gives; None where the facts do not have it."""
        return self.names.get(name)


def thaw(found):
    """A type as it was before JSON made lists of tuples."""
    return tuple(thaw(x) for x in found) if isinstance(found, list) else found


@functools.lru_cache(maxsize=2)
def _facts(path: Path, stamp: int) -> Facts:
    found = json.loads(path.read_text("utf-8"))
    names = {
        name: (what, thaw(gives)) for name, (what, gives) in found["names"].items()
    }
    return Facts(found["torch"], names, found["owners"])


def load_facts(path: Path = FACTS) -> Facts:
    """The facts that are committed."""
    return _facts(path, path.stat().st_mtime_ns)


def resolve(
    source: str, facts: Facts, receivers: Mapping[str, str] | None = None
) -> Names:
    """The torch names of a file.

    Args:
        source: The text of the file.
        facts: What torch is.
        receivers: By attribute: the class of a receiver that the source does not tell,
            or `other` for one that is not torch's.

    Returns:
        The names, and what cannot be told.
    """
    tree = ast.parse(source)
    reader = _Reader(facts, receivers or {})
    again = any(word in source for word in ("def ", "class ", "lambda"))
    # What later lines pass and return is known when they have been read once.
    for last in (False, False, True) if again else (True,):
        reader.names = Names()
        reader.scope = {}
        reader.deferred = []
        reader.block(tree.body)
        reader.run_deferred()
        reader.finish(last)
    return reader.names


class _Reader:
    """Follows the values through one file."""

    def __init__(self, facts: Facts, receivers: Mapping[str, str]) -> None:
        self.facts, self.receivers = facts, receivers
        self.names = Names()
        self.scope: dict[str, Type] = {}
        self.functions: dict[str, ast.FunctionDef | ast.AsyncFunctionDef] = {}
        self.classes: dict[str, ast.ClassDef] = {}
        self.bases: dict[str, list[Type]] = {}
        self.fields: dict[tuple[str, str], Type] = {}
        self.passed: dict[tuple[str, str], Type] = {}
        self.submodules: dict[str, Type] = {}
        self.returned: dict[str, Type] = {}
        self.deferred: list[tuple] = []
        self.here: list[str] = []  # the class and function being read
        self.open: dict[tuple[int, str], tuple[str, ...]] = {}
        # Classes of which the file can have an object: tensors, and what it names, or
        # what something that it names gives.
        self.near: set[str] = {TENSOR}
        self.foreign = False  # whether another package's objects may be about

    # ---- names

    def use(self, name: str, line: int) -> None:
        self.names.used.setdefault(name, line)
        what, gives = self.facts.look_up(name) or ("none", None)
        if what == "class":
            self.near |= {name, *_flat(gives)}
        else:
            self.near |= set(_flat(gives))

    def finish(self, last: bool) -> None:
        if last:
            self.names.unresolved = sorted(
                (line, attr, owners) for (line, attr), owners in self.open.items()
            )
        self.open = {}

    def mro(self, kind: Type) -> list[str]:
        """A class and those above it, as far as they are torch's."""
        if isinstance(kind, tuple) and kind[0] == "local":
            return [x for base in self.bases.get(kind[1], []) for x in self.mro(base)]
        if not isinstance(kind, str) or kind == OTHER:
            return []
        found = self.facts.look_up(kind)
        above = found[1] if found and found[0] == "class" else ()
        return [kind, *(above or ())]

    def member(self, kind: Type, attr: str, line: int) -> tuple[bool, Type]:
        """Whether a class of torch has the attribute, and what it gives."""
        named, first = "", None
        for owner in self.mro(kind):
            found = self.facts.look_up(f"{owner}.{attr}")
            if found:
                named, first = f"{owner}.{attr}", first or found
            elif owner in self.facts.owners.get(attr, ()):
                self.names.unknown.append((line, f"{owner}.{attr}"))
                return True, None
        if not first:
            return False, None
        what, gives = first
        if what != "attribute":  # documented where the topmost class has it
            self.use(named, line)
        if what == "method":
            return True, ("bound", gives, kind)
        return True, self.gives(gives, kind)

    def attribute(self, node: ast.Attribute) -> Type:
        value = self.type_of(node.value)
        attr, line = node.attr, node.lineno
        if isinstance(value, tuple) and value[0] == "union":  # may be each of them
            tuples = [x for x in value[1:] if isinstance(x, tuple) and x[0] == "seq"]
            if tuples and attr in FIELDS:
                return tuples[0][1]
            found = [self.of_type(x, attr, line) for x in value[1:]]
            given = [gives for there, gives in found if there]
            return functools.reduce(join, given) if given else None
        if value is not None:
            return self.of_type(value, attr, line)[1]
        return self.of_unknown(attr, line)

    def of_type(self, value: Type, attr: str, line: int) -> tuple[bool, Type]:
        """Whether a type has the attribute, and what it gives."""
        if value == OTHER:
            return False, OTHER
        if isinstance(value, str):
            there, gives = self.member(value, attr, line)
            if not there and "torch.nn.Module" in self.mro(value):
                return True, self.submodules.get(attr)
            return there, gives
        kind = value[0]
        if kind == "module":
            name = f"{value[1]}.{attr}"
            found = self.facts.look_up(name)
            if found is None:
                self.names.unknown.append((line, name))
                return True, None
            return True, self.named(name, found, line)
        if kind == "class":
            return (
                (True, OTHER) if attr[:2] == "__" else self.member(value[1], attr, line)
            )
        if kind == "super":
            bases = self.bases.get(value[1], [])
            above = [self.of_type(base, attr, line) for base in bases]
            return next((x for x in above if x[0]), (False, None))
        if kind in ("local", "localclass"):
            name = value[1]
            own = self.fields.get((name, attr))
            if own is not None:
                return True, own
            if attr in self.methods(name):
                return True, ("method", name, attr)
            if not self.mro(("local", name)):
                return True, None
            return self.member(("local", name), attr, line)
        if kind == "named":
            joined = functools.reduce(join, value[1].values())
            return True, ("item", attr, ("dict", joined))
        if kind == "library":
            return True, self.library(value, attr)
        if kind in ("seq", "tuple"):
            if attr in FIELDS:
                return True, value[1] if len(value) > 1 else None
            return True, ("item", attr, value)
        if kind == "dict":
            return True, ("item", attr, value)
        return False, OTHER

    def of_unknown(self, attr: str, line: int) -> Type:
        """A method of a receiver that is not known: that of the one class, or none."""
        owners = tuple(
            owner
            for owner in self.facts.owners.get(attr, ())
            if (self.facts.look_up(f"{owner}.{attr}") or [""])[0] != "attribute"
        )
        if not owners or attr.startswith("__"):
            return None
        if attr in self.receivers:
            return self.of_type(self.receivers[attr], attr, line)[1]
        near = tuple(owner for owner in owners if owner in self.near)
        if len(owners) == 1 and attr not in BUILT_IN and not self.foreign:
            near = owners  # no other object in this file has it
        if len(near) == 1 and attr not in BUILT_IN:
            return self.member(near[0], attr, line)[1]
        if near or attr not in BUILT_IN:
            self.open[line, attr] = near or owners
        return None

    def named(self, name: str, found: tuple[str, Type], line: int) -> Type:
        what, gives = found
        if what == "module":
            return ("module", name)
        if what == "none":
            return None
        self.use(name, line)
        if what == "class":
            return ("class", name)
        if what in ("function", "method"):
            return ("function", name)
        return gives

    # ---- statements

    def block(self, body: Iterable[ast.stmt]) -> None:
        for node in body:
            self.statement(node)

    def statement(self, node: ast.stmt) -> None:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            self.imports(node)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            for decorator in node.decorator_list:
                self.type_of(decorator)
            for default in [*node.args.defaults, *node.args.kw_defaults]:
                if default:
                    self.type_of(default)
            key = ".".join([*self.here[:1], node.name]) if self.here else node.name
            self.functions[key] = node
            if not self.here:
                self.scope[node.name] = ("func", node.name)
            else:
                self.scope.setdefault(node.name, ("func", key))
            self.deferred.append((key, node, dict(self.scope), list(self.here)))
        elif isinstance(node, ast.ClassDef):
            self.define_class(node)
        elif isinstance(node, ast.Assign):
            value = self.type_of(node.value)
            for target in node.targets:
                self.assign(target, value)
        elif isinstance(node, ast.AnnAssign):
            if node.value:
                self.assign(node.target, self.type_of(node.value))
        elif isinstance(node, ast.AugAssign):
            self.assign(node.target, self.binary(self.type_of(node.target), node.value))
        elif isinstance(node, (ast.For, ast.AsyncFor)):
            self.assign(node.target, self.item_of(self.type_of(node.iter)))
            self.block([*node.body, *node.orelse])
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            for item in node.items:
                entered = self.type_of(item.context_expr)
                if item.optional_vars:
                    self.assign(item.optional_vars, self.entered(entered))
            self.block(node.body)
        elif isinstance(node, ast.Try):
            self.block(node.body)
            for handler in node.handlers:
                if handler.type:
                    self.type_of(handler.type)
                if handler.name:
                    self.scope[handler.name] = OTHER
                self.block(handler.body)
            self.block([*node.orelse, *node.finalbody])
        elif isinstance(node, ast.Return):
            value = self.type_of(node.value) if node.value else OTHER
            if self.here:
                key = ".".join(self.here[-2:])
                self.returned[key] = join(self.returned.get(key), value)
        else:
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.expr):
                    self.type_of(child)
            for name in ("body", "orelse"):
                self.block(getattr(node, name, []))

    def imports(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            bound = alias.asname or alias.name.split(".")[0]
            if isinstance(node, ast.Import):
                top = alias.name.split(".")[0]
                name = alias.name if alias.asname else top
                self.scope[bound] = ("module", name) if top == "torch" else OTHER
            elif (node.module or "").startswith("snippets."):
                self.scope[bound] = ("library", f"{node.module}.{alias.name}")
            elif (node.module or "").split(".")[0] != "torch":
                top = (node.module or "").split(".")[0]
                known = top in sys.stdlib_module_names or top in ("numpy", "matplotlib")
                self.scope[bound] = OTHER if known else None
                self.foreign |= not known
            else:
                name = f"{node.module}.{alias.name}"
                found = self.facts.look_up(name)
                if found is None:
                    self.names.unknown.append((node.lineno, name))
                    self.scope[bound] = None
                else:
                    self.scope[bound] = self.named(name, found, node.lineno)

    def define_class(self, node: ast.ClassDef) -> None:
        for decorator in node.decorator_list:
            self.type_of(decorator)
        bases = []
        for base in node.bases:
            kind = self.type_of(base)
            if isinstance(kind, tuple) and kind[0] == "class":
                bases.append(kind[1])
            elif isinstance(kind, tuple) and kind[0] == "localclass":
                bases.append(("local", kind[1]))
        self.classes[node.name] = node
        self.bases[node.name] = bases
        self.scope[node.name] = ("localclass", node.name)
        outer = self.here
        self.here = [node.name]
        inner = dict(self.scope)
        for item in node.body:
            if isinstance(item, ast.Assign):
                value = self.type_of(item.value)
                for target in item.targets:
                    if isinstance(target, ast.Name):
                        self.fields[node.name, target.id] = value
            else:
                self.statement(item)
        self.scope = {**inner, node.name: ("localclass", node.name)}
        self.here = outer

    def methods(self, name: str) -> set[str]:
        found = {
            item.name
            for item in getattr(self.classes.get(name), "body", [])
            if isinstance(item, ast.FunctionDef)
        }
        for base in self.bases.get(name, []):
            if isinstance(base, tuple):
                found |= self.methods(base[1])
        return found

    def run_deferred(self) -> None:
        """Bodies of functions, which know what the file has defined below them."""
        outer = dict(self.scope)
        while self.deferred:
            key, node, scope, here = self.deferred.pop(0)
            self.scope = {**outer, **scope}
            self.here = [*here[:1], node.name] if here else [node.name]
            names = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            for n, argument in enumerate(names):
                kind = self.passed.get((key, argument.arg))
                if here and n == 0 and here[0] in self.classes:
                    kind = ("local", here[0])
                if kind is None and argument.annotation:
                    kind = self.annotated(argument.annotation)
                self.scope[argument.arg] = kind
            if node.args.vararg:
                passed = self.passed.get((key, "*"))
                self.scope[node.args.vararg.arg] = ("seq", passed)
            if node.args.kwarg:
                self.scope[node.args.kwarg.arg] = ("dict", None)
            self.block(node.body)
            self.here = []
        self.scope = outer

    def annotated(self, node: ast.expr) -> Type:
        kind = self.type_of(node)
        if isinstance(kind, tuple) and kind[0] == "class":
            return kind[1]
        return None

    def assign(self, target: ast.expr, value: Type) -> None:
        if isinstance(target, ast.Name):
            self.scope[target.id] = value
        elif isinstance(target, (ast.Tuple, ast.List)):
            exact = isinstance(value, tuple) and value[0] == "tuple"
            starred = any(isinstance(x, ast.Starred) for x in target.elts)
            for n, part in enumerate(target.elts):
                if exact and not starred and n + 1 < len(value):
                    self.assign(part, value[n + 1])
                elif isinstance(part, ast.Starred):
                    self.assign(part.value, ("seq", self.item_of(value)))
                else:
                    self.assign(part, self.item_of(value))
        elif isinstance(target, ast.Attribute):
            owner = self.type_of(target.value)
            own = isinstance(owner, tuple) and owner[0] == "local"
            if own and not any(
                self.facts.look_up(f"{base}.{target.attr}") for base in self.mro(owner)
            ):
                known = self.fields.get((owner[1], target.attr))
                self.fields[owner[1], target.attr] = join(known, value)
                return
            self.attribute(target)
        elif isinstance(target, ast.Subscript):
            self.type_of(target.value)
            self.type_of(target.slice)

    # ---- expressions

    def type_of(self, node: ast.expr | None) -> Type:
        if node is None:
            return OTHER
        method = getattr(self, f"of_{type(node).__name__.lower()}", None)
        if method:
            return method(node)
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.type_of(child)
        return OTHER

    def of_name(self, node: ast.Name) -> Type:
        if node.id in self.scope:
            return self.scope[node.id]
        return OTHER if hasattr(builtins, node.id) else None

    def of_attribute(self, node: ast.Attribute) -> Type:
        return self.attribute(node)

    def of_namedexpr(self, node: ast.NamedExpr) -> Type:
        value = self.type_of(node.value)
        self.assign(node.target, value)
        return value

    def of_ifexp(self, node: ast.IfExp) -> Type:
        self.type_of(node.test)
        return join(self.type_of(node.body), self.type_of(node.orelse))

    def of_boolop(self, node: ast.BoolOp) -> Type:
        kinds = [self.type_of(x) for x in node.values]
        return functools.reduce(join, kinds)

    def of_unaryop(self, node: ast.UnaryOp) -> Type:
        kind = self.type_of(node.operand)
        return OTHER if isinstance(node.op, ast.Not) else kind

    def binary(self, left: Type, node: ast.expr) -> Type:
        right = self.type_of(node)
        kinds = [left, right]
        if any(TENSOR in self.mro(kind) for kind in kinds):
            return TENSOR
        if any(isinstance(k, tuple) and k[0] in ("seq", "tuple") for k in kinds):
            seqs = [
                k for k in kinds if isinstance(k, tuple) and k[0] in ("seq", "tuple")
            ]
            return ("seq", functools.reduce(join, map(self.item_of, seqs)))
        return None if None in kinds else OTHER

    def of_binop(self, node: ast.BinOp) -> Type:
        return self.binary(self.type_of(node.left), node.right)

    def of_compare(self, node: ast.Compare) -> Type:
        kinds = [self.type_of(x) for x in (node.left, *node.comparators)]
        if all(
            isinstance(op, (ast.Is, ast.IsNot, ast.In, ast.NotIn)) for op in node.ops
        ):
            return OTHER
        if any(TENSOR in self.mro(kind) for kind in kinds):
            return TENSOR
        return None if None in kinds else OTHER

    def of_tuple(self, node: ast.Tuple) -> Type:
        if any(isinstance(x, ast.Starred) for x in node.elts):
            return self.of_list(node)
        return ("tuple", *(self.type_of(x) for x in node.elts))

    def of_list(self, node) -> Type:
        kinds = [self.type_of(x) for x in node.elts]
        return ("seq", functools.reduce(join, kinds) if kinds else None)

    of_set = of_list

    def of_starred(self, node: ast.Starred) -> Type:
        return self.item_of(self.type_of(node.value))

    def of_dict(self, node: ast.Dict) -> Type:
        for key in node.keys:
            if key:
                self.type_of(key)
        kinds = [
            self.type_of(v) if k else self.value_of(self.type_of(v))
            for k, v in zip(node.keys, node.values, strict=True)
        ]
        return ("dict", functools.reduce(join, kinds) if kinds else None)

    def of_subscript(self, node: ast.Subscript) -> Type:
        kind = self.type_of(node.value)
        self.type_of(node.slice)
        index = node.slice.value if isinstance(node.slice, ast.Constant) else None
        if isinstance(kind, tuple):
            if kind[0] == "tuple" and isinstance(index, int) and index + 1 < len(kind):
                return kind[1:][index]
            if kind[0] in ("tuple", "seq"):
                item = self.item_of(kind)
                return ("seq", item) if isinstance(node.slice, ast.Slice) else item
            if kind[0] == "dict":
                return kind[1]
            if kind[0] == "named":
                return functools.reduce(join, kind[1].values())
            if kind[0] == "union":
                return functools.reduce(join, [self.index_of(x) for x in kind[1:]])
            if kind[0] == "class":
                return kind
        return self.index_of(kind)

    def index_of(self, kind: Type) -> Type:
        if isinstance(kind, tuple) and kind[0] in ("seq", "tuple"):
            return self.item_of(kind)
        for owner in self.mro(kind):
            if owner == TENSOR:
                return TENSOR
            found = self.facts.look_up(f"{owner}.__getitem__")
            if found:
                return self.gives(found[1], kind)
        return OTHER if kind == OTHER else None

    def of_joinedstr(self, node: ast.JoinedStr) -> Type:
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                self.type_of(part.value)
                if part.format_spec:
                    self.type_of(part.format_spec)
        return OTHER

    def of_lambda(self, node: ast.Lambda) -> Type:
        return self.apply(node, [])

    def apply(self, node: ast.Lambda, kinds: list[Type]) -> Type:
        outer = dict(self.scope)
        for n, argument in enumerate(node.args.args):
            self.scope[argument.arg] = kinds[n] if n < len(kinds) else None
        for rest in (node.args.vararg, node.args.kwarg):
            if rest:
                self.scope[rest.arg] = None
        result = self.type_of(node.body)
        self.scope = outer
        return ("lambda", result)

    def comprehension(self, node, *results: ast.expr) -> list[Type]:
        outer = dict(self.scope)
        for part in node.generators:
            self.assign(part.target, self.item_of(self.type_of(part.iter)))
            for test in part.ifs:
                self.type_of(test)
        kinds = [self.type_of(result) for result in results]
        self.scope = outer
        return kinds

    def of_listcomp(self, node) -> Type:
        return ("seq", *self.comprehension(node, node.elt))

    of_setcomp = of_generatorexp = of_listcomp

    def of_dictcomp(self, node: ast.DictComp) -> Type:
        return ("dict", self.comprehension(node, node.key, node.value)[1])

    def item_of(self, kind: Type) -> Type:
        """What a loop over a value takes out."""
        if isinstance(kind, tuple):
            if kind[0] == "seq":
                return kind[1]
            if kind[0] == "tuple":
                return functools.reduce(join, kind[1:]) if kind[1:] else None
            if kind[0] == "dict":
                return OTHER
            if kind[0] == "union":
                return functools.reduce(join, [self.item_of(x) for x in kind[1:]])
            if kind[0] == "local" and "__iter__" not in self.methods(kind[1]):
                return self.returned.get(f"{kind[1]}.__getitem__")
        for owner in self.mro(kind):
            if owner == TENSOR:
                return TENSOR
            found = self.facts.look_up(f"{owner}.__iter__")
            if found and found[1]:
                return self.item_of(self.gives(found[1], kind))
        return OTHER if kind == OTHER else None

    def value_of(self, kind: Type) -> Type:
        return kind[1] if isinstance(kind, tuple) and kind[0] == "dict" else None

    def entered(self, kind: Type) -> Type:
        for owner in self.mro(kind):
            found = self.facts.look_up(f"{owner}.__enter__")
            if found:
                return self.gives(found[1], kind) or kind
        return kind

    def gives(self, returns: Type, receiver: Type) -> Type:
        """What a call returns, with the receiver in place of "self"."""
        if returns == "self":
            return receiver
        if isinstance(returns, tuple):
            return tuple(self.gives(x, receiver) for x in returns)
        return returns

    def of_call(self, node: ast.Call) -> Type:
        named = isinstance(node.func, ast.Name) and node.func.id not in self.scope
        called = None if named else self.type_of(node.func)
        kinds = [self.type_of(x) for x in node.args]
        words = {x.arg: self.type_of(x.value) for x in node.keywords}
        keyed = isinstance(node.func, ast.Name) and words and not kinds
        if keyed and node.func.id in ("OrderedDict", "dict"):  # type: ignore[attr-defined]
            return ("named", words)
        if named:
            return self.built_in(node.func.id, kinds, node)  # type: ignore[attr-defined]
        return self.call(called, kinds, words)

    def library(self, value: Type, attr: str) -> Type:
        """What a name of the library gives, as its annotations say."""
        told = _library(value[1])
        name = value[2] if len(value) > 2 else ""
        if attr:
            field = f".{attr}"
            if field not in told:
                return ("library", value[1], attr)
            noted: str | None = told[field]
        else:
            noted = told.get(name or "()")
        if noted is None:
            return None
        module = value[1].rpartition(".")[0]
        if _library(f"{module}.{noted}"):
            return ("library", f"{module}.{noted}")
        if noted in PLAIN:
            return OTHER
        return _NOTED.get(noted.partition("[")[0])

    def call(self, called: Type, kinds: list[Type], words: dict) -> Type:
        if isinstance(called, tuple) and called[0] == "union":
            return functools.reduce(
                join, [self.call(part, kinds, words) for part in called[1:]]
            )
        if not isinstance(called, tuple):
            if called is None or called == OTHER:
                return called
            for owner in self.mro(called):  # an object of torch that is called
                for attr in ("forward", "__call__"):
                    found = self.facts.look_up(f"{owner}.{attr}")
                    if found and found[1]:
                        return self.gives(found[1], called)
            return None
        kind, *rest = called
        if kind == "class":
            for given in kinds:  # submodules that are named when they are made
                if isinstance(given, tuple) and given[0] == "named":
                    self.submodules.update(given[1])
            return rest[0]
        if kind == "function":
            found = self.facts.look_up(rest[0])
            return found[1] if found else None
        if kind == "bound":
            return self.gives(rest[0], rest[1])
        if kind == "localclass":
            self.pass_to(f"{rest[0]}.__init__", kinds, words, 1)
            return ("local", rest[0])
        if kind == "local":
            for name in self.chain(rest[0]):
                for attr in ("forward", "__call__"):
                    if f"{name}.{attr}" in self.functions:
                        self.pass_to(f"{name}.{attr}", kinds, words, 1)
                        return self.returned.get(f"{name}.{attr}")
            for base in self.mro(called):
                found = self.facts.look_up(f"{base}.forward")
                if found and found[1]:
                    return self.gives(found[1], called)
            return None
        if kind == "method":
            for name in self.chain(rest[0]):
                if f"{name}.{rest[1]}" in self.functions:
                    self.pass_to(f"{name}.{rest[1]}", kinds, words, 1)
                    return self.returned.get(f"{name}.{rest[1]}")
        if kind == "func":
            self.pass_to(rest[0], kinds, words, 0)
            return self.returned.get(rest[0])
        if kind == "lambda":
            return rest[0]
        if kind == "library":
            return self.library(called, "")
        if kind == "item":
            return self.container_call(rest[0], rest[1], kinds)
        return None

    def chain(self, name: str) -> list[str]:
        """A class of the file and those of the file above it."""
        above = [x[1] for x in self.bases.get(name, []) if isinstance(x, tuple)]
        return [name, *(y for x in above for y in self.chain(x))]

    def container_call(self, attr: str, kind: Type, kinds: list[Type]) -> Type:
        if kind[0] == "dict":
            if attr == "items":
                return ("seq", ("tuple", OTHER, kind[1]))
            if attr in ("values",):
                return ("seq", kind[1])
            if attr in ("get", "pop", "setdefault"):
                return join(kind[1], kinds[1]) if len(kinds) > 1 else kind[1]
            return kind if attr == "copy" else OTHER
        if attr in ("pop",):
            return self.item_of(kind)
        return kind if attr == "copy" else OTHER

    def pass_to(self, key: str, kinds: list[Type], words: dict, skip: int) -> None:
        node = self.functions.get(key)
        if node is None:
            return
        names = [x.arg for x in [*node.args.posonlyargs, *node.args.args]][skip:]
        for n, kind in enumerate(kinds):
            name = names[n] if n < len(names) else "*"
            self.passed[key, name] = join(self.passed.get((key, name)), kind)
        for name, kind in words.items():
            if name:
                self.passed[key, name] = join(self.passed.get((key, name)), kind)

    def built_in(self, name: str, kinds: list[Type], node: ast.Call) -> Type:
        first = kinds[0] if kinds else None
        if name in ("list", "tuple", "sorted", "reversed", "iter", "set", "filter"):
            first = kinds[-1] if kinds else None
            return ("seq", self.item_of(first)) if kinds else ("seq", None)
        if name in ("next", "sum", "max", "min"):
            item = functools.reduce(join, kinds) if len(kinds) > 1 else None
            if name in ("next", "sum") or len(kinds) == 1:
                item = self.item_of(first)
            return item
        if name == "zip":
            return ("seq", ("tuple", *(self.item_of(x) for x in kinds)))
        if name == "enumerate":
            return ("seq", ("tuple", OTHER, self.item_of(first)))
        if name == "map":
            item = [self.item_of(x) for x in kinds[1:]]
            if node.args and isinstance(node.args[0], ast.Lambda):
                return ("seq", self.apply(node.args[0], item)[1])
            return ("seq", self.call(first, item, {}))
        if name in ("abs", "round", "pow"):
            return first
        if name == "super" and self.here:
            return ("super", self.here[0])
        if name == "dict":
            return first if first and first[0] == "dict" else ("dict", None)
        if name == "vars":
            return ("dict", None)
        if name in ("getattr", "eval"):
            return None
        if name == "type":
            return None if first is None else OTHER
        if not hasattr(builtins, name):
            return None
        return OTHER


# What the library returns that has no method of torch, and what has.
PLAIN = frozenset({"None", "int", "float", "str", "bool", "Path", "Path | None"})
_NOTED = {
    "torch.device": "torch.device",
    "torch.Tensor": TENSOR,
    "Tensor": TENSOR,
    "dict": ("dict", None),
    "list": ("seq", None),
}


@functools.lru_cache(maxsize=64)
def _library(name: str) -> dict[str, str]:
    """What a function or a class of the library gives, as annotated.

    Returns:
        By method what it returns, by "." and a field what it is; "()" is the call.
    """
    _, module, top = name.split(".", 2)
    path = Path(__file__).resolve().parent.parent / "snippets" / f"{module}.py"
    told: dict[str, str] = {}
    for node in ast.parse(path.read_text("utf-8")).body if path.is_file() else []:
        if isinstance(node, ast.FunctionDef) and node.name == top and node.returns:
            noted = ast.unparse(node.returns)
            entered = noted.removeprefix("Iterator[").removesuffix("]")
            told["()"] = entered if node.decorator_list else noted
        elif isinstance(node, ast.ClassDef) and node.name == top:
            told["()"] = top
            for item in node.body:
                if isinstance(item, ast.FunctionDef) and item.returns:
                    told[item.name] = ast.unparse(item.returns)
                elif isinstance(item, ast.AnnAssign):
                    told[f".{ast.unparse(item.target)}"] = ast.unparse(item.annotation)
    return told


def _flat(kind: Type) -> Iterable[str]:
    """The classes in a type."""
    if isinstance(kind, str):
        return [kind]
    return [x for part in kind or () for x in _flat(part)]


def join(a: Type, b: Type) -> Type:
    """The type of what is the one or the other."""
    if a is None or a == b:
        return b
    if b is None:
        return a
    if isinstance(a, tuple) and isinstance(b, tuple):
        if a[0] == b[0] and a[0] in ("seq", "dict"):
            return (a[0], join(a[1], b[1]))
        if a[0] == b[0] == "tuple" and len(a) == len(b):
            return ("tuple", *map(join, a[1:], b[1:]))
    parts = []
    for kind in (a, b):
        more = kind[1:] if isinstance(kind, tuple) and kind[0] == "union" else (kind,)
        parts += [x for x in more if x not in parts]
    return ("union", *parts)

"""Import modules ahead of need without a script seeing them before it imports them."""

from __future__ import annotations

import atexit
import builtins
import contextlib
import dataclasses
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Callable, Iterator
from types import ModuleType

AHEAD: set[str] = set()
"""The names of all modules that were imported ahead."""


class Stash(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """A module imported ahead of need, with all that it imports: there but unseen.

    The modules appear in ``sys.modules`` when something imports one of them, so that a
    script that forgets an import fails as it would in a fresh interpreter. One of the
    standard library, which anything may import, appears alone.

    Args:
        name: The module.
        others: What was stashed before. Of a module that several use there is one. It
            appears with each of them, and when asked for, with the first.
    """

    def __init__(self, name: str, others: tuple[Stash, ...] = ()) -> None:
        self.modules: dict[str, ModuleType] = {}  # with the shared ones
        self.own: set[str] = set()
        self.links: list[tuple[ModuleType, str, ModuleType]] = []
        self.imports: dict[str, set[str]] = {}
        self.exits: list[Exit] = []
        for other in others:
            other._show()
        before = dict(sys.modules)
        try:
            with _holding_exits() as self.exits, _recording_imports() as self.imports:
                __import__(name)
        finally:
            self.modules = {n: sys.modules[n] for n in sys.modules.keys() - before}
            self.own = set(self.modules)
            AHEAD.update(self.own)
            for full, module in self.modules.items():
                parent, _, attribute = full.rpartition(".")
                names = vars(before[parent]) if parent in before else {}
                if names.get(attribute) is module:
                    self.links.append((before[parent], attribute, module))
            for stash in (self, *others):
                stash._hide()
            self._share(others)
        sys.meta_path.insert(0, self)

    def _share(self, others: tuple[Stash, ...]) -> None:
        """Add what the modules use of the others', which may be asked for or not."""
        held = {n: module for other in others for n, module in other.modules.items()}
        imports: dict[str, set[str]] = {}
        for stash in (self, *others):
            for importer, names in stash.imports.items():
                imports.setdefault(importer, set()).update(names)
        waiting, seen = list(self.modules), set(self.modules)
        while waiting:
            name = waiting.pop()
            parent = name.rpartition(".")[0]
            found = {*imports.get(name, ()), parent} & held.keys() - seen
            seen |= found
            waiting += found
        used = {n: held[n] for n in seen & held.keys()}
        self.modules |= used
        shared = list(map(id, used.values()))
        for other in others:
            self.links += [link for link in other.links if id(link[2]) in shared]
            self.exits += [leave for leave in other.exits if leave.module in used]

    def _show(self, but: str = "") -> None:
        sys.modules.update({n: m for n, m in self.modules.items() if n != but})
        for parent, attribute, module in self.links:
            setattr(parent, attribute, module)

    def _hide(self) -> None:
        for name in self.modules:
            sys.modules.pop(name, None)  # two may have it
        for parent, attribute, _ in self.links:
            vars(parent).pop(attribute, None)

    def find_spec(self, name, path=None, target=None):
        """Give everything back when the first of the modules is asked for."""
        if name not in self.own:
            return None
        if not _is_standard(name):
            sys.meta_path.remove(self)
            # Not `name` itself: importlib would take that module's own spec, not ours.
            self._show(but=name)
            for leave in self.exits:
                leave.register()
        own = self.modules[name].__spec__
        return importlib.machinery.ModuleSpec(name, self, loader_state=own)

    def create_module(self, spec):
        """The module that was imported ahead."""
        return self.modules[spec.name]

    def exec_module(self, module):
        """Give it its own spec back, for it has been executed."""
        module.__spec__ = module.__spec__.loader_state


def _is_standard(name: str) -> bool:
    """Whether a module is of the standard library."""
    return name.partition(".")[0] in sys.stdlib_module_names


@dataclasses.dataclass(eq=False)
class Exit:
    """What a module wants to be done at the end of the process."""

    module: str
    function: Callable
    args: tuple
    kwargs: dict
    registered: bool = False

    def register(self) -> None:
        """Register it once, since two stashes may have the module."""
        if not self.registered:
            self.registered = True
            atexit.register(self.function, *self.args, **self.kwargs)


@contextlib.contextmanager
def _holding_exits() -> Iterator[list[Exit]]:
    """Collect what imports want to be done at the end, in place of registering it.

    A script that does not see the modules must not run it; it would take 3 ms of each
    fork. The standard library's own is not much, and its modules come back alone.
    """
    held: list[Exit] = []
    real, holding = atexit.register, True

    def register(function, *args, **kwargs):
        caller = sys._getframe(1).f_globals.get("__name__", "")
        if not holding or _is_standard(caller):  # somebody may have kept this function
            return real(function, *args, **kwargs)
        held.append(Exit(caller, function, args, kwargs))
        return function

    atexit.register = register  # type: ignore[assignment]
    try:
        yield held
    finally:
        atexit.register, holding = real, False


@contextlib.contextmanager
def _recording_imports() -> Iterator[dict[str, set[str]]]:
    """Collect the modules that each module imports, by their full names."""
    imports: dict[str, set[str]] = {}
    real = builtins.__import__

    def recording(name, globals=None, locals=None, fromlist=(), level=0):
        module = real(name, globals, locals, fromlist, level)
        importer = (globals or {}).get("__name__")
        if importer is not None:
            package = globals.get("__package__") or importer
            full = importlib.util.resolve_name("." * level + name, package)
            parts = [f"{full}.{part}" for part in fromlist or ()]
            imports.setdefault(importer, set()).update([full, *parts])
        return module

    builtins.__import__ = recording
    try:
        yield imports
    finally:
        builtins.__import__ = real

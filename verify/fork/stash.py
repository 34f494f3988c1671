"""Import modules before scripts need them, but hide them until a script imports them.

A fork then finds a slow module already imported. A script that forgets to import a
module still fails as in a fresh interpreter.
"""

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
    """A module, and all that it imports, which are imported but hidden.

    The stash is an import hook. When something imports one of the hidden modules, all
    of them appear in ``sys.modules``. A module of the standard library appears alone,
    because anything may import it.

    Args:
        name: The module to import now.
        others: The earlier stashes. A module that several stashes use exists only once.
            It appears with any of them. If it's imported itself, it appears with the
            stash that imported it first.

    Attributes:
        modules: All modules that appear with this stash, by name.
        own: The names of the modules that this stash imported first.
        links: Attributes of modules outside the stash that refer to its modules:
            parent, attribute, module.
        imports: The names that each module imported, by the name of the module.
        exits: What the modules want to do at exit.

    Raises:
        ImportError: If the module can't be imported.
    """

    def __init__(self, name: str, others: tuple[Stash, ...] = ()) -> None:
        self.modules: dict[str, ModuleType] = {}
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
        """Add the modules of other stashes that the modules of this stash use.

        The other stash may never appear, so this one must be able to show them too.
        """
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
        """Put the modules into ``sys.modules`` and their parents, except for one."""
        sys.modules.update({n: m for n, m in self.modules.items() if n != but})
        for parent, attribute, module in self.links:
            setattr(parent, attribute, module)

    def _hide(self) -> None:
        """Remove the modules from ``sys.modules`` and their parents."""
        for name in self.modules:
            sys.modules.pop(name, None)  # another stash may have hidden it already
        for parent, attribute, _ in self.links:
            vars(parent).pop(attribute, None)

    def find_spec(self, name, path=None, target=None):
        """Show all modules of the stash if one of its own is imported.

        Called by the import system.
        """
        if name not in self.own:
            return None
        if not _is_standard(name):
            sys.meta_path.remove(self)
            # Except for `name`: if it were in `sys.modules`, importlib would use that
            # module's own spec instead of the one returned here.
            self._show(but=name)
            for leave in self.exits:
                leave.register()
        own = self.modules[name].__spec__
        return importlib.machinery.ModuleSpec(name, self, loader_state=own)

    def create_module(self, spec):
        """Return the module that was imported ahead."""
        return self.modules[spec.name]

    def exec_module(self, module):
        """Restore the module's own spec; the module was executed when stashed."""
        module.__spec__ = module.__spec__.loader_state


def _is_standard(name: str) -> bool:
    """Return whether a module belongs to the standard library."""
    return name.partition(".")[0] in sys.stdlib_module_names


@dataclasses.dataclass(eq=False)
class Exit:
    """A function that a module wanted to register with `atexit`.

    Attributes:
        module: The name of the module.
        function: The function.
        args: Its positional arguments.
        kwargs: Its keyword arguments.
        registered: Whether it has been registered since.
    """

    module: str
    function: Callable
    args: tuple
    kwargs: dict
    registered: bool = False

    def register(self) -> None:
        """Register the function unless another stash has already done so."""
        if not self.registered:
            self.registered = True
            atexit.register(self.function, *self.args, **self.kwargs)


@contextlib.contextmanager
def _holding_exits() -> Iterator[list[Exit]]:
    """Collect what modules register with `atexit` instead of registering it.

    A script that doesn't import the modules must not run their exit functions, which
    would take 3 ms in each fork. Exit functions of the standard library are registered
    as usual: they are few, and its modules appear without the rest of a stash.

    Yields:
        The list that collects them.
    """
    held: list[Exit] = []
    real, holding = atexit.register, True

    def register(function, *args, **kwargs):
        caller = sys._getframe(1).f_globals.get("__name__", "")
        # A module may keep this function and call it later, when `holding` is False.
        if not holding or _is_standard(caller):
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
    """Collect the modules that each module imports.

    Yields:
        The full names, by the name of the importing module. A name in ``from module
        import name`` counts as a module because it may be one.
    """
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

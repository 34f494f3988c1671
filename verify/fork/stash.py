"""Import modules ahead of need without a script seeing them before it imports them."""

from __future__ import annotations

import atexit
import contextlib
import importlib.abc
import importlib.machinery
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
        others: What was stashed before; both may use a module, of which there is one.
    """

    def __init__(self, name: str, others: tuple[Stash, ...] = ()) -> None:
        self.others = others
        self.modules: dict[str, ModuleType] = {}
        self.links: list[tuple[ModuleType, str, ModuleType]] = []
        for other in others:
            other._show()
        before = dict(sys.modules)
        try:
            with _holding_exits() as self.exits:
                __import__(name)
        finally:
            self.modules = {n: sys.modules[n] for n in sys.modules.keys() - before}
            AHEAD.update(self.modules)
            for full, module in self.modules.items():
                parent, _, attribute = full.rpartition(".")
                names = vars(before[parent]) if parent in before else {}
                if names.get(attribute) is module:
                    self.links.append((before[parent], attribute, module))
            for stash in (self, *others):
                stash._hide()
        sys.meta_path.insert(0, self)

    def _show(self, but: str = "") -> None:
        sys.modules.update({n: m for n, m in self.modules.items() if n != but})
        for parent, attribute, module in self.links:
            setattr(parent, attribute, module)

    def _hide(self) -> None:
        for name in self.modules:
            del sys.modules[name]
        for parent, attribute, _ in self.links:
            delattr(parent, attribute)

    def find_spec(self, name, path=None, target=None):
        """Give everything back when the first of the modules is asked for."""
        if name not in self.modules:
            return None
        if not _is_standard(name):
            sys.meta_path.remove(self)
            # Not `name` itself: importlib would take that module's own spec, not ours.
            self._show(but=name)
            # Its modules use those of the others without asking for them.
            for stash in (*self.others, self):
                while stash.exits:
                    function, args, kwargs = stash.exits.pop(0)
                    atexit.register(function, *args, **kwargs)
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


@contextlib.contextmanager
def _holding_exits() -> Iterator[list[tuple[Callable, tuple, dict]]]:
    """Collect what imports want to be done at the end, in place of registering it.

    A script that does not see the modules must not run it; it would take 3 ms of each
    fork. The standard library's own is not much, and its modules come back alone.
    """
    held: list[tuple[Callable, tuple, dict]] = []
    real, holding = atexit.register, True

    def register(function, *args, **kwargs):
        caller = sys._getframe(1).f_globals.get("__name__", "")
        if not holding or _is_standard(caller):  # somebody may have kept this function
            return real(function, *args, **kwargs)
        held.append((function, args, kwargs))
        return function

    atexit.register = register  # type: ignore[assignment]
    try:
        yield held
    finally:
        atexit.register, holding = real, False

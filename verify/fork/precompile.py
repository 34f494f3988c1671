"""Compile modules and all that they import, without importing anything.

In a new environment, three quarters of the warm server's start are compiling. Another
core does that of what it imports last, in the meantime.
"""

from __future__ import annotations

import dis
import sys
from collections.abc import Iterator
from contextlib import suppress
from importlib.machinery import PathFinder, SourceFileLoader
from types import CodeType


def compile_all(names: list[str]) -> set[str]:
    """Compile modules, what they import, what that imports, and so on.

    Args:
        names: The modules; those that are not there do not matter.

    Returns:
        The modules that are compiled now. Not what is imported in a function or by
        name, for that takes running it.

    Example:
        >>> "json.decoder" in compile_all(["json"])
        True
    """
    compiled: set[str] = set()
    folders: dict[str, list[str] | None] = {"": None}
    todo = names[::-1]
    while todo:
        name = todo.pop()
        parent = name.rpartition(".")[0]
        if name in folders:
            continue
        if parent not in folders:
            todo += [name, parent]
            continue
        folders[name] = []
        if parent and not folders[parent]:
            continue  # not a package, or not there
        # KeyError: a namespace package, whose place only an import knows.
        with suppress(ImportError, SyntaxError, ValueError, OSError, KeyError):
            spec = PathFinder.find_spec(name, folders[parent])
            if spec and isinstance(spec.loader, SourceFileLoader):
                folders[name] = spec.submodule_search_locations or []
                # As an import does: reads what is there or compiles and writes it.
                if code := spec.loader.get_code(name):
                    compiled.add(name)
                    package = name if spec.submodule_search_locations else parent
                    todo += [*_imports(code, package)][::-1]
    return compiled


def _imports(code: CodeType, package: str) -> Iterator[str]:
    """The modules that a module imports when it is run, in its order."""
    loaded: list = [0, None]
    for instruction in dis.get_instructions(code):
        if instruction.opname.startswith("LOAD_"):
            loaded = [loaded[1], instruction.argval]
        if instruction.opname == "IMPORT_NAME":
            level, names = loaded
            name = instruction.argval
            if level:
                parts = package.split(".")[: len(package.split(".")) - level + 1]
                name = ".".join(filter(None, [*parts, name]))
            yield name
            for other in names or ():  # each may be a module
                yield f"{name}.{other}"


if __name__ == "__main__":
    del sys.path[0]  # this file's folder
    compile_all(sys.argv[1:])

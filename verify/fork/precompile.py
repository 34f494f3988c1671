"""Compile modules and what they import to bytecode, without importing anything.

``python precompile.py MODULE...`` runs beside the warm server while that starts. In a
new environment, compiling takes three quarters of the server's start. So this process
uses another core to compile the modules that the server imports last.
"""

from __future__ import annotations

import dis
import sys
from collections.abc import Iterator
from contextlib import suppress
from importlib.machinery import PathFinder, SourceFileLoader
from types import CodeType


def compile_all(names: list[str]) -> set[str]:
    """Compile modules and all modules that they import, directly or indirectly.

    Only import statements at the top level of a module are followed, not those in
    functions or dynamic imports.

    Args:
        names: The modules. One that doesn't exist is skipped.

    Returns:
        The names of the modules that are compiled now.

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
            continue  # the parent isn't a package or doesn't exist
        # KeyError comes from a namespace package, whose path only an import determines.
        with suppress(ImportError, SyntaxError, ValueError, OSError, KeyError):
            spec = PathFinder.find_spec(name, folders[parent])
            if spec and isinstance(spec.loader, SourceFileLoader):
                folders[name] = spec.submodule_search_locations or []
                # As in an import, this reads the cached bytecode if there is any, else
                # compiles the module and writes the cache.
                if code := spec.loader.get_code(name):
                    compiled.add(name)
                    package = name if spec.submodule_search_locations else parent
                    todo += [*_imports(code, package)][::-1]
    return compiled


def _imports(code: CodeType, package: str) -> Iterator[str]:
    """Yield the modules that a module imports at its top level, in order.

    Args:
        code: The code of the module.
        package: The package that relative imports start from.

    Yields:
        Absolute names. A name in ``from module import name`` counts as a module because
        it may be one.
    """
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
            for other in names or ():
                yield f"{name}.{other}"


if __name__ == "__main__":
    del sys.path[0]  # this file's folder
    compile_all(sys.argv[1:])

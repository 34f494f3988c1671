"""The docstrings of the library as its pages show them, in Chinese on Chinese pages.

The docstrings in the code are English. Beside a Chinese reference page lies a YAML file
with the Chinese ones, each with the hash of the English one that it was written for:

    seed_everything:
      of: 5a1c0d9e7b32
      text: |
        先检查种子，再设置所有随机数发生器。

`of` goes stale when the English docstring changes; `python -m render.docstrings` names
what is missing, stale or left over, and so does a test.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
import re
import sys
from pathlib import Path
from typing import Any

import yaml

try:
    from griffe import Extension
except ImportError:  # the check of the files needs YAML alone
    Extension = object

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "zh" / "reference"
ADDRESS = re.compile(r"""(?<![<(`"'])\bhttps?://[\w./#-]*[\w/]""", re.A)
LIBRARY = ("seeding", "freezing", "checkpoints", "ddp", "launching")


def fingerprint(docstring: str) -> str:
    """Return the hash with which a Chinese docstring names the English one.

    Example:
        >>> fingerprint("Seed everything.")
        '53ddb7151205'
    """
    return hashlib.sha256(inspect.cleandoc(docstring).encode()).hexdigest()[:12]


def public_docstrings(source: str, module: str) -> dict[str, str]:
    """The docstrings that a reference page shows.

    Args:
        source: Text of the module.
        module: Its name, the key of its own docstring.

    Returns:
        Docstrings by name, methods as ``Class.method``.
    """
    found: dict[str, str] = {}

    def visit(node: ast.AST, prefix: str) -> None:
        for child in ast.iter_child_nodes(node):
            if not isinstance(
                child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
            ) or child.name.startswith("_"):
                continue
            if text := ast.get_docstring(child):
                found[prefix + child.name] = text
            if isinstance(child, ast.ClassDef):
                visit(child, f"{prefix}{child.name}.")

    tree = ast.parse(source)
    if text := ast.get_docstring(tree):
        found[module] = text
    visit(tree, "")
    return found


def read(path: Path) -> dict[str, dict[str, str]]:
    """The Chinese docstrings of one file; none if it does not exist."""
    return yaml.safe_load(path.read_text("utf-8")) or {} if path.exists() else {}


def faults(module: str, source: str, path: Path) -> list[str]:
    """What is missing, stale or left over in the Chinese docstrings of a module.

    Args:
        module: Its name.
        source: Its text.
        path: The YAML file.

    Returns:
        One line for each, with the hash that belongs there.
    """
    english, chinese = public_docstrings(source, module), read(path)
    found = []
    for name, text in english.items():
        of = fingerprint(text)
        if name not in chinese:
            found.append(f"{path}: {name}: missing; write it, with 'of: {of}'")
        elif chinese[name].get("of") != of:
            found.append(
                f"{path}: {name}: outdated; compare it with the English docstring, "
                f"then write 'of: {of}'"
            )
    found += [
        f"{path}: {name}: obsolete; {module}.py has no such docstring"
        for name in chinese.keys() - english.keys()
    ]
    return found


class LibraryDocstrings(Extension):
    """Griffe extension: the docstrings of the library as its pages show them.

    Args:
        chinese: Put the Chinese docstrings in the place of the English ones.
    """

    def __init__(self, chinese: bool = False) -> None:
        super().__init__()
        self.chinese = chinese

    def on_object(self, *, obj: Any, **_: Any) -> None:
        """Change the docstring of an object of the library."""
        _, _, rest = obj.path.partition(".")
        module, _, name = rest.partition(".")
        if not obj.docstring or module not in LIBRARY:
            return
        if self.chinese:
            entry = read(FOLDER / f"{module}.yml").get(name or module)
            if entry:
                obj.docstring.value = entry["text"].strip()
        # In Markdown an address is a link only between angle brackets.
        obj.docstring.value = ADDRESS.sub(r"<\g<0>>", obj.docstring.value)
        # Griffe takes the plural alone for a section of doctests.
        obj.docstring.value = obj.docstring.value.replace(
            "\nExample:\n", "\nExamples:\n"
        )


def main() -> int:
    """Name every fault; 1 if there is any."""
    found = [
        fault
        for module in LIBRARY
        for fault in faults(
            module,
            (ROOT / "snippets" / f"{module}.py").read_text("utf-8"),
            FOLDER / f"{module}.yml",
        )
    ]
    print("\n".join(found) or "every Chinese docstring is present and up to date")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

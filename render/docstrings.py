"""Griffe extension that shows the library's docstrings, in Chinese on Chinese pages.

The docstrings in the code are in English. A YAML file next to each Chinese reference
page has the translations, each with the hash of the English docstring that it was
written for:

    seed_everything:
      of: 5a1c0d9e7b32
      text: |
        先检查种子，再设置所有随机数发生器。

When the English docstring changes, its hash no longer matches `of`.
`python -m render.docstrings` lists the translations that are missing, outdated or
obsolete, and a test fails if there are any.
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
except ImportError:  # Checking the translations doesn't require griffe.
    Extension = object

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "zh" / "reference"
ADDRESS = re.compile(r"""(?<![<(`"'])\bhttps?://[\w./#-]*[\w/]""", re.A)
LIBRARY = ("seeding", "freezing", "checkpoints", "ddp", "launching")


def fingerprint(docstring: str) -> str:
    """Return the hash by which a translation refers to the English docstring.

    Args:
        docstring: The English docstring. Its indentation doesn't matter.

    Example:
        >>> fingerprint("Seed everything.")
        '53ddb7151205'
    """
    return hashlib.sha256(inspect.cleandoc(docstring).encode()).hexdigest()[:12]


def public_docstrings(source: str, module: str) -> dict[str, str]:
    """Return the docstrings of a module that its reference page shows.

    Args:
        source: The source code of the module.
        module: The name of the module. Its own docstring has this key.

    Returns:
        A dict of names and docstrings. A method is named ``Class.method``.
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
    """Read a file of Chinese docstrings.

    Args:
        path: The YAML file.

    Returns:
        A dict of names and entries with `of` and `text`, empty if there's no file.
    """
    return yaml.safe_load(path.read_text("utf-8")) or {} if path.exists() else {}


def faults(module: str, source: str, path: Path) -> list[str]:
    """List the Chinese docstrings of a module that are missing, outdated or obsolete.

    Args:
        module: The name of the module.
        source: The source code of the module.
        path: The YAML file with the Chinese docstrings.

    Returns:
        One line per fault, with the hash to write if there is one.
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
    """Prepare the library's docstrings for their reference pages.

    Args:
        chinese: Whether to replace the English docstrings with the Chinese ones.
    """

    def __init__(self, chinese: bool = False) -> None:
        super().__init__()
        self.chinese = chinese

    def on_object(self, *, obj: Any, **_: Any) -> None:
        """Change the docstring of an object of the library, in place."""
        _, _, rest = obj.path.partition(".")
        module, _, name = rest.partition(".")
        if not obj.docstring or module not in LIBRARY:
            return
        if self.chinese:
            entry = read(FOLDER / f"{module}.yml").get(name or module)
            if entry:
                obj.docstring.value = entry["text"].strip()
        # Markdown turns an address into a link only between angle brackets.
        obj.docstring.value = ADDRESS.sub(r"<\g<0>>", obj.docstring.value)
        # Griffe recognizes only the plural as a section with doctests.
        obj.docstring.value = obj.docstring.value.replace(
            "\nExample:\n", "\nExamples:\n"
        )


def main() -> int:
    """Print the faults of all modules.

    Returns:
        The exit code: 1 if there is a fault, else 0.
    """
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

"""Parse snippet files: the header, the expected output, and faults.

A snippet file keeps a contract: it is a plain Python file with optional header lines
(``# Needs: torch>=2.6``) and with expected output in ``#>`` lines below the statements
that print it. Its header lists what it imports besides torch and the standard library.
"""

from __future__ import annotations

import ast
import contextlib
import difflib
import functools
import hashlib
import importlib.machinery
import io
import os
import re
import shlex
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from verify import SnippetError
from verify.needs import NEED
from verify.paths import name_of, read, shown

HEADER = re.compile(r"#\s*([A-Za-z]\w*)(\s*):(.*)")
KEYS = ("Needs", "Device", "Run", "Warns", "Timeout")
ALIKE = 0.75  # similarity from which a word counts as a misspelled key
MOST_SECONDS = 3600
MARK = "#>"
# torch, and what `import torch` looks for outside the standard library.
USED_BY_TORCH = (
    "torch",
    "filelock",
    "functorch",
    "fsspec",
    "jinja2",
    "markupsafe",
    "mpmath",
    "networkx",
    "numpy",
    "optree",
    "packaging",
    "pkg_resources",
    "setuptools",
    "sympy",
    "torchgen",
    "triton",
    "typing_extensions",
    "yaml",
)


@dataclass(frozen=True)
class Expected:
    """One ``#>`` line.

    Attributes:
        line: Its line number.
        text: The output that it expects.
    """

    line: int
    text: str


@dataclass(frozen=True)
class Snippet:
    """A snippet file that keeps the contract.

    Attributes:
        path: The path of the file.
        data: Its bytes.
        source: Its text.
        needs: The items of ``# Needs:``, e.g. ``("torch>=2.6", "numpy")``.
        device: ``"cpu"`` if the file is about CPU memory or CPU numbers, else None.
        run: The command of ``# Run:``, with ``FILE`` replaced by the name of the file;
            None without that header.
        warns: Names of the warning classes that ``# Warns:`` announces.
        timeout: Seconds after which the file is killed, from ``# Timeout:``; None for
            the default.
        asserts: Whether there is an assert statement or a call such as
            ``torch.testing.assert_close()``.
        expected: The ``#>`` lines, in order.
    """

    path: Path
    data: bytes
    source: str
    needs: tuple[str, ...]
    device: str | None
    run: tuple[str, ...] | None
    warns: tuple[str, ...]
    timeout: float | None
    asserts: bool
    expected: tuple[Expected, ...]

    @functools.cached_property
    def sha256(self) -> str:
        """The SHA-256 of the file, which identifies this version in records."""
        return hashlib.sha256(self.data).hexdigest()

    @property
    def name(self) -> str:
        """The path in ``snippets/``, e.g. ``tensors/shape/view.py``."""
        return name_of(self.path)

    @functools.cached_property
    def library(self) -> tuple[str, ...]:
        """The library modules that the file imports, e.g. ``("ddp", "seeding")``."""
        modules: set[str] = set()
        if "snippets" not in self.source:  # most files: faster than parsing
            return ()
        for node in ast.walk(ast.parse(self.source)):
            if isinstance(node, ast.Import):
                dotted = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module == "snippets":
                dotted = [f"snippets.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                dotted = [node.module or ""]
            else:
                continue
            for name in dotted:
                package, _, rest = name.partition(".")
                if package == "snippets" and rest:
                    modules.add(rest.partition(".")[0])
        return tuple(sorted(modules - {"*"}))


def parse(path: Path) -> Snippet:
    """Read and parse one file.

    Args:
        path: The file.

    Returns:
        The parsed file.

    Raises:
        SnippetError: If the file can't be read or breaks the contract. The error lists
            every fault.
    """
    return parse_bytes(read(path), path)


def parse_bytes(data: bytes, path: Path) -> Snippet:
    """Parse the contents of a file, before or after they are written.

    Args:
        data: The contents.
        path: The path of the file; it needn't exist.

    Returns:
        The parsed file.

    Raises:
        SnippetError: If the contents break the contract. The error lists every fault.
    """
    faults: list[str] = []

    def fault(line: int, what: str) -> None:
        faults.append(f"{shown(path)}:{line}: {what}")

    if data.startswith(b"\xef\xbb\xbf"):
        fault(1, "starts with a byte order mark; save it as UTF-8 without one")
    if b"\r" in data:
        line = data[: data.index(b"\r")].count(b"\n") + 1
        fault(line, "ends with CR; save the file with LF line ends")
    try:
        source = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        fault(line, f"byte 0x{data[error.start]:02x} is not UTF-8; save it as UTF-8")
    if faults:  # the checks below would read the file differently than Python does
        raise SnippetError(faults)
    try:
        tree = ast.parse(source)
        comments = [
            token
            for token in tokenize.generate_tokens(io.StringIO(source).readline)
            if token.type == tokenize.COMMENT
        ]
    except (SyntaxError, tokenize.TokenError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        fault(line, f"is not Python: {getattr(error, 'msg', error)}")
        raise SnippetError(faults) from None
    except (RecursionError, MemoryError):
        fault(1, "is nested too deeply for Python's parser; write simpler statements")
        raise SnippetError(faults) from None

    header = _header(source, comments, path, fault)
    if not data:
        fault(1, "is empty; a snippet prints or asserts something")
    for line, module in _imports(tree):
        if module == "torch" or module in sys.stdlib_module_names:
            continue
        if module == ".":
            fault(line, "imports from its folder; a copied block has no such module")
        elif module == "verify":
            fault(line, "imports verify; a copied block has no such module")
        elif module not in header["needs"]:
            fault(line, f"imports {module}; add it to '# Needs:'")
    expected = []
    for token in comments:
        if not token.string.startswith(MARK):
            continue
        line, text = token.start[0], token.string[len(MARK) :]
        if token.line[: token.start[1]].strip():
            fault(line, f"'{MARK}' follows code on its line; put it on its own line")
        elif text and not text.startswith(" "):
            fault(line, f"'{MARK}' without a space after it; write '{MARK} {text}'")
        expected.append(Expected(line, text[1:]))
    if faults:
        raise SnippetError(faults)
    return Snippet(
        path,
        data,
        source,
        asserts=_asserts(tree),
        expected=tuple(expected),
        **header,
    )


def _header(source, comments, path, fault) -> dict:
    """Return the header as arguments for `Snippet`; report faults to `fault`."""
    header = {"needs": (), "device": None, "run": None, "warns": (), "timeout": None}
    top = 0
    for line in source.split("\n"):
        if not line.startswith("#"):
            break
        top += 1
    seen = set()
    for token in comments:
        line, match = token.start[0], HEADER.fullmatch(token.string)
        if not match or token.start[1] > 0:
            continue
        word, blank, value = match[1], match[2], match[3].strip()
        key = _key_like(word)
        is_exact = word == key and not blank
        if key is None or (line > top and not is_exact):
            continue  # a comment such as "# Note: ..."
        if not is_exact:
            fault(line, f"'# {word}{blank}:' is not a header; write '# {key}:'")
        elif line > top:
            fault(line, f"'# {key}:' must be at the top of the file")
        elif key in seen:
            fault(line, f"a second '# {key}:'; write one line with commas")
        elif not value:
            fault(line, f"'# {key}:' is empty; fill it in or remove it")
        else:
            _read_header_line(key, value, line, path, header, fault)
        seen.add(key)
    return header


def _key_like(word: str) -> str | None:
    """Return the header key that a word is or misspells; None if there is none.

    Example:
        >>> _key_like("Needs"), _key_like("needs"), _key_like("Warn")
        ('Needs', 'Needs', 'Warns')
        >>> _key_like("Note"), _key_like("Seeds"), _key_like("Time")
        (None, None, None)
    """
    keys = {key.lower(): key for key in KEYS if key[0].lower() == word[0].lower()}
    close = difflib.get_close_matches(word.lower(), keys, n=1, cutoff=ALIKE)
    return keys[close[0]] if close else None


def _read_header_line(key, value, line, path, header, fault) -> None:
    items = tuple(item.strip() for item in value.split(","))
    if key == "Needs":
        for item in items:
            if not NEED.fullmatch(item):
                fault(
                    line,
                    f"'{item}' is not a valid need; use torch>=X.Y, cuda, linux, "
                    "snippets or the name of a module",
                )
        header["needs"] = items
    elif key == "Device":
        if value != "cpu":
            fault(line, f"'# Device: {value}' is not supported; only cpu is")
        header["device"] = value
    elif key == "Warns":
        for item in items:
            if not item.isidentifier():
                fault(
                    line,
                    f"'{item}' is not the name of a warning class; use for example "
                    "FutureWarning",
                )
        header["warns"] = items
    elif key == "Timeout":
        if not re.fullmatch(r"[0-9]+(\.[0-9]+)?", value) or not (
            0 < float(value) <= MOST_SECONDS
        ):
            fault(
                line,
                f"'# Timeout: {value}' is not a number of seconds up to "
                f"{MOST_SECONDS}; use for example '# Timeout: 120'",
            )
        else:
            header["timeout"] = float(value)
    else:
        try:
            command = shlex.split(value)
        except ValueError as error:
            fault(line, f"'# Run:' cannot be split into words: {error}")
            return
        if command[0] not in ("python", "torchrun"):
            fault(line, f"'# Run:' starts with '{command[0]}', not python or torchrun")
        if not {"FILE", path.name} & set(command):
            fault(line, f"'# Run:' doesn't name FILE or {path.name}")
        header["run"] = tuple(path.name if w == "FILE" else w for w in command)


def _imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the line and the top-level package of each import; "." if relative."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = ["." if node.level else node.module or ""]
        else:
            continue
        for name in names:
            yield node.lineno, name.partition(".")[0] or "."


def _asserts(tree: ast.AST) -> bool:
    """Return whether a file has an assert statement or calls an assert function."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert):
            return True
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name.startswith("assert"):
                return True
    return False


def hidden_modules(folder: Path) -> dict[str, Path]:
    """Find files in a folder that hide a module from the files beside them.

    ``python FILE`` searches the folder of the file first. So a file ``random.py``
    replaces the standard library's module for all files beside it, and for torch when
    one of them runs. A package in the folder does the same. A folder without
    ``__init__.py`` doesn't, because Python prefers a module from anywhere else. The
    result is cached until a name in the folder is added or removed.

    Args:
        folder: A folder of snippet files.

    Returns:
        The files and packages in the folder that hide a module, by name of the module:
        one of the standard library, one that torch uses, or one that a file in the
        folder imports. Empty if the folder can't be read.
    """
    try:
        return _hidden_modules(folder, os.stat(folder).st_mtime_ns)
    except OSError:
        return {}


@functools.cache
def _hidden_modules(folder: Path, changed: int) -> dict[str, Path]:
    entries = sorted(folder.iterdir())
    named: dict[str, Path] = {}
    imported: set[str] = set()
    for path in entries:
        if path.name.startswith("."):
            continue
        name, dot, rest = path.name.partition(".")
        if dot + rest in importlib.machinery.all_suffixes():
            named.setdefault(name, path)
        elif any(
            (path / f"__init__{end}").exists()
            for end in importlib.machinery.all_suffixes()
        ):
            named[path.name] = path
        if path.suffix == ".py":
            with contextlib.suppress(
                SnippetError, SyntaxError, ValueError, RecursionError, MemoryError
            ):
                imported |= {module for _, module in _imports(ast.parse(read(path)))}
    return {
        name: path
        for name, path in named.items()
        if name in sys.stdlib_module_names or name in USED_BY_TORCH or name in imported
    }

"""Parse one snippet file: header, expected output, and what is wrong with it."""

from __future__ import annotations

import ast
import functools
import hashlib
import io
import re
import shlex
import sys
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from verify.needs import NEED
from verify.paths import name_of, shown

HEADER = re.compile(r"#\s*([A-Z]\w*):(.*)")
KEYS = ("Needs", "Device", "Run", "Warns")
MARK = "#>"


class SnippetError(ValueError):
    """A file that breaks the contract of a snippet file.

    Args:
        faults: One line for each fault, as ``file:line: what and what to do``.
    """

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


@dataclass(frozen=True)
class Expected:
    """One ``#>`` line: where it stands and the output that it expects."""

    line: int
    text: str


@dataclass(frozen=True)
class Snippet:
    """One snippet file that keeps the contract.

    Attributes:
        path: Where the file lies.
        data: Its bytes.
        source: The same as text.
        needs: What ``# Needs:`` asks for, e.g. ``("torch>=2.6", "numpy")``.
        device: ``"cpu"`` if the file is about CPU memory or CPU numbers, else None.
        run: The command of ``# Run:`` with the file's name in it, else None.
        warns: Names of the warnings that ``# Warns:`` announces.
        expected: The ``#>`` lines in order.
    """

    path: Path
    data: bytes
    source: str
    needs: tuple[str, ...]
    device: str | None
    run: tuple[str, ...] | None
    warns: tuple[str, ...]
    expected: tuple[Expected, ...]

    @functools.cached_property
    def sha256(self) -> str:
        """The hash under which records speak of this very file."""
        return hashlib.sha256(self.data).hexdigest()

    @property
    def name(self) -> str:
        """The path below ``snippets/``, e.g. ``tensors/shape/view.py``."""
        return name_of(self.path)

    @functools.cached_property
    def library(self) -> tuple[str, ...]:
        """The library modules that the file imports, e.g. ``("ddp", "seeding")``."""
        modules: set[str] = set()
        if "snippets" not in self.source:  # most files: no need for a syntax tree
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
    """Read one file.

    Args:
        path: The file.

    Returns:
        What the file says of itself.

    Raises:
        SnippetError: The file breaks the contract; every fault is named.
        OSError: The file cannot be read.
    """
    return parse_bytes(path.read_bytes(), path)


def parse_bytes(data: bytes, path: Path) -> Snippet:
    """The same for bytes that are, or are to become, the file at `path`."""
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
    if faults:  # nothing below would read the same text as Python does
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

    header = _header(source, comments, path, fault)
    if not data:
        fault(1, "is empty; a snippet prints or asserts something")
    elif not _shows_something(tree):
        fault(1, "neither prints nor asserts; show what the lines do")
    for line, module in _imports(tree):
        if module == "verify":
            fault(line, "imports verify; a copied block has no such module")
        elif module not in header["needs"]:
            fault(line, f"imports {module}; add it to '# Needs:'")
    expected = []
    for token in comments:
        if not token.string.startswith(MARK):
            continue
        line, text = token.start[0], token.string[len(MARK) :]
        if token.line[: token.start[1]].strip():
            fault(line, f"'{MARK}' stands behind code; give it a line of its own")
        elif text and not text.startswith(" "):
            fault(line, f"'{MARK}' without a blank; write '{MARK} {text}'")
        expected.append(Expected(line, text[1:]))
    if faults:
        raise SnippetError(faults)
    return Snippet(path, data, source, expected=tuple(expected), **header)


def _header(source, comments, path, fault) -> dict:
    """The header lines as fields of a Snippet; faults go to `fault`."""
    header = {"needs": (), "device": None, "run": None, "warns": ()}
    top = 0
    for line in source.split("\n"):
        if not line.startswith("#"):
            break
        top += 1
    seen = set()
    for token in comments:
        line, match = token.start[0], HEADER.fullmatch(token.string)
        alone = token.start[1] == 0
        if not match or not alone or (line > top and match[1] not in KEYS):
            continue
        key, value = match[1], match[2].strip()
        if key not in KEYS:
            fault(line, f"unknown header '{key}'; known are {', '.join(KEYS)}")
        elif line > top:
            fault(line, f"'# {key}:' belongs to the very top of the file")
        elif key in seen:
            fault(line, f"a second '# {key}:'; write one line with commas")
        elif not value:
            fault(line, f"'# {key}:' is empty; fill it in or take it out")
        else:
            _read_header_line(key, value, line, path, header, fault)
        seen.add(key)
    return header


def _read_header_line(key, value, line, path, header, fault) -> None:
    items = tuple(item.strip() for item in value.split(","))
    if key == "Needs":
        for item in items:
            if not NEED.fullmatch(item):
                fault(
                    line,
                    f"'{item}' is no need; write torch>=X.Y, cuda, snippets "
                    "or the name of a module",
                )
        header["needs"] = items
    elif key == "Device":
        if value != "cpu":
            fault(line, f"'# Device: {value}' is not known; only cpu is")
        header["device"] = value
    elif key == "Warns":
        for item in items:
            if not re.fullmatch(r"\w+Warning", item):
                fault(line, f"'{item}' is no warning; write e.g. FutureWarning")
        header["warns"] = items
    else:
        try:
            command = shlex.split(value)
        except ValueError as error:
            fault(line, f"'# Run:' cannot be split into words: {error}")
            return
        if command[0] not in ("python", "torchrun"):
            fault(line, f"'# Run:' starts with '{command[0]}', not python or torchrun")
        if not {"FILE", path.name} & set(command):
            fault(line, f"'# Run:' does not name FILE or {path.name}")
        header["run"] = tuple(path.name if w == "FILE" else w for w in command)


def _imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and name of what a file imports beyond torch and the standard library."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or "."]
        else:
            continue
        for name in names:
            module = name.partition(".")[0]
            if module != "torch" and module not in sys.stdlib_module_names:
                yield node.lineno, module


def _shows_something(tree: ast.AST) -> bool:
    """Whether a file prints or asserts, by its syntax tree."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert):
            return True
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name == "print" or name.startswith("assert"):
                return True
    return False

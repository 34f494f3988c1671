"""Define the evidence: the result of each file on one torch release and one device.

A result is valid only while the SHA-256 of the file, and of every library file that it
imports, stays the same (`is_valid`). The library consists of the modules directly in
``snippets/``. The snippet files are in its subfolders. `recording` adds results to a
record, and `record_files` reads and writes records.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from verify import ROOT, SNIPPETS
from verify.paths import find
from verify.snippet import Snippet, SnippetError, parse
from verify.verdict import FAILED, Machine

FAULTS = ("not-installed", "not-imported", "altered")
"""Why a record has no valid results: torch couldn't be installed, torch couldn't be
imported, or the record was edited by hand."""


class RecordError(ValueError):
    """A file is not a usable record; the message is one line with its path."""


@dataclass(frozen=True)
class Line:
    """One place where the output differs from the expected output.

    Attributes:
        line: The line number in the file, as in `compare.Difference`.
        expected: The text of the ``#>`` line; None for an unexpected line.
        actual: The printed line; None if nothing was printed there.
    """

    line: int
    expected: str | None
    actual: str | None


@dataclass(frozen=True)
class Result:
    """The result of one snippet file.

    Attributes:
        sha256: The hash of the file as it ran; None if the file broke the contract or
            was edited during the run.
        outcome: ``"passed"``, ``"failed"``, ``"output-changed"`` or ``"skipped"``.
        seconds: Wall time of the run.
        when: The time of the run, as ISO 8601 in UTC.
        warnings: The warnings that a reader would see, as ``Category: first line``.
        error: For a failed file, the last line of the error. For a skipped file that
            ran to confirm its unmet need, how it failed.
        need: For a skipped file, the unmet need. For a failed file, a need that is
            unmet although the file passes.
        lines: The first 20 places where the output differs.
        library: Hashes of the library files that it imports, by file name.
        machine: The machine that it ran on, a key of `Record.machines`.
    """

    sha256: str | None
    outcome: str
    seconds: float
    when: str
    warnings: tuple[str, ...] = ()
    error: str | None = None
    need: str | None = None
    lines: tuple[Line, ...] = ()
    library: dict[str, str] = field(default_factory=dict)
    machine: str = ""


@dataclass(frozen=True)
class Library:
    """The result of the library's own tests.

    Attributes:
        passed: How many tests passed.
        skipped: How many were skipped, for example because there is no GPU.
        left_out: How many were deselected because they are slow.
        failed: The first line of each failure's message, by name of the test.
        seconds: Wall time of all tests.
        sha256: The `library_key` when the tests ran; None in old records, or if the
            library or its tests were edited during the run.
        machine: The machine that they ran on, a key of `Record.machines`.
    """

    passed: int
    skipped: int
    left_out: int
    failed: dict[str, str]
    seconds: float
    sha256: str | None = None
    machine: str = ""


@dataclass(frozen=True)
class Record:
    """The results of all files on one release and one device.

    Attributes:
        torch: The release, e.g. ``2.13.0``.
        device: ``"cpu"`` or ``"cuda"``.
        when: The time of the latest result, as ISO 8601 in UTC.
        machines: The machines that produced the results, by `Machine.id`.
        snippets: The results, by path of the file in ``snippets/``.
        import_warnings: The first line that importing torch writes to standard error,
            if any.
        library: The result of the library's tests; None if they didn't run.
        seconds: Wall time of the parts of the last whole run, e.g.
            ``{"install": 19.2}``.
        fault: Why no result in the record is valid, one of `FAULTS`; usually None.
        error: The fault in one line, in the words of the tool that reported it.
    """

    torch: str
    device: str
    when: str
    machines: dict[str, Machine] = field(default_factory=dict)
    snippets: dict[str, Result] = field(default_factory=dict)
    import_warnings: tuple[str, ...] = ()
    library: Library | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    fault: str | None = None
    error: str | None = None


def library_hashes(snippet: Snippet, folder: Path = SNIPPETS) -> dict[str, str]:
    """Hash the library files that a snippet file imports.

    Args:
        snippet: The snippet file.
        folder: The folder of the library files.

    Returns:
        SHA-256 by file name, e.g. ``{"__init__.py": …, "ddp.py": …}``. If the snippet
        needs the library but doesn't name a module of it, all library files. If the
        snippet doesn't use the library, an empty dict.
    """
    if not snippet.library and "snippets" not in snippet.needs:
        return {}
    # Also find imports in strings: a file may start a child process from a string.
    modules = {*snippet.library, *re.findall(r"\bsnippets\.(\w+)", snippet.source)}
    names = [f"{module}.py" for module in modules]
    if not names:
        names = [path.name for path in folder.glob("*.py")]
    return {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
        for name in sorted({"__init__.py", *names})
        if (folder / name).is_file()
    }


def is_valid(result: Result, snippet: Snippet | None, folder: Path = SNIPPETS) -> bool:
    """Tell whether a result is still valid for a file.

    Args:
        result: The result.
        snippet: The file as it is now; None if it breaks the contract.
        folder: The folder of the library files.

    Returns:
        True if neither the file nor a library file that it imports has changed since
        the run.
    """
    if snippet is None:
        return result.sha256 is None and result.outcome == FAILED
    return result.sha256 == snippet.sha256 and result.library == library_hashes(
        snippet, folder
    )


def current_snippets(
    folder: Path = SNIPPETS, parse: Callable[[Path], Snippet] = parse
) -> dict[str, Snippet | None]:
    """Parse all snippet files as they are now.

    Args:
        folder: The folder, usually ``snippets/``.
        parse: The function that parses one file.

    Returns:
        The parsed files, by path in the folder; None in place of a file that breaks the
        contract or can't be read.
    """
    found: dict[str, Snippet | None] = {}
    for path in find(folder):
        if path.parent == folder or not path.is_file():  # the library, or a broken link
            continue
        name = path.relative_to(folder).as_posix()
        try:
            found[name] = parse(path)
        except (SnippetError, OSError):
            found[name] = None
    return found


def library_key(root: Path = ROOT) -> str:
    """Hash the library and its tests.

    Args:
        root: The root of the repository.

    Returns:
        One SHA-256 of the names and contents of all their Python files.
    """
    files = [*(root / "snippets").glob("*.py")]
    files += (root / "tests" / "library").rglob("*.py")
    key = hashlib.sha256()
    for path in sorted(files):
        data = path.read_bytes()
        key.update(f"{path.relative_to(root).as_posix()}\n{len(data)}\n".encode())
        key.update(data)
    return key.hexdigest()


def library_is_valid(record: Record, root: Path = ROOT) -> bool:
    """Tell whether the result of the library's tests is still valid.

    Args:
        record: The record.
        root: The root of the repository.

    Returns:
        True if the tests ran, and neither the library nor its tests have changed since.
    """
    library = record.library
    return library is not None and library.sha256 == library_key(root)

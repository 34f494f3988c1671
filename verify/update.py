"""Write what a file prints into the file, as ``#>`` lines below its statements.

A file is written only if it prints the same again on another server, with a different
hash seed and other contents of uninitialized memory.
"""

from __future__ import annotations

import ast
import contextlib
import itertools
import os
import re
import stat
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from verify import ROOT, SnippetError
from verify.paths import read, shown
from verify.placing import Draft, Line, compose, fits, has_wildcard, same_program
from verify.run import Runner
from verify.snippet import MARK, Snippet, parse, parse_bytes
from verify.verdict import PASSED, Verdict

MOST_LINES = 1000
LONGEST_LINE = 1000  # characters
LONGEST_MESSAGE = 500
# A short file runs up to AGAIN times on another server, for about this many seconds in
# total, because a random choice between two outputs often repeats itself once.
AGAIN_S = 1.0
AGAIN = 4
# A file that uses sets or hashes runs with each of these: the order of two strings in
# a set is the same under half of all seeds.
HASH_SEEDS = (1, 2, 3, 4)
# Makes glibc fill new memory with a byte that isn't zero, so that a tensor without
# values doesn't happen to contain zeros.
FILLED_MEMORY = {"MALLOC_PERTURB_": "165"}

# What a '#>' line can't contain: control characters except tabs, unusual line ends,
# surrogates, characters that change the writing direction, and the replacement
# character, which stands for bytes that aren't UTF-8.
UNPRINTABLE = re.compile(
    "[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffd]"
)
NAMES = {
    "\r": "a carriage return",
    "\x1b": "an escape character",
    "\ufffd": "bytes that are not UTF-8",
}
# Folders that most machines have, so that output may contain their paths.
EVERYWHERE = {"/", "/usr", "/usr/local", "/tmp"}
ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{4,}\b")
CLOCK = re.compile(r"\bimport time\b|\btime\.|\bfrom time\b|\bdatetime\b|_counter\b")
A_TIME = "a time: print something else"
SET_ORDER = "the order of a set: print sorted(...)"
# What in the source makes output differ, and what to do about it.
CAUSES = (
    (
        re.compile(r"\bempty(_like|_strided|_permuted)?\(|new_empty|\bresize_?\("),
        "uninitialized memory: fill the tensor first",
    ),
    (
        re.compile(r"\bid\(|\bdata_ptr\b|\b_cdata\b|\baddressof\b"),
        "an address: compare addresses and print the result",
    ),
    (re.compile(r"\bhash\("), "a hash: print something else"),
    (CLOCK, A_TIME),
    (
        re.compile(r"\bgetpid\b|\buuid|\bsecrets\b"),
        "an identifier: print something else",
    ),
    (
        re.compile(r"\bThread\(|\bProcess\(|Executor\(|\bspawn\("),
        "the order of threads or processes: wait for one before the next prints",
    ),
)


class UpdateError(ValueError):
    """A file was not updated; the message is one line with the cause."""


class Updater:
    """Write the output of files into the files.

    Each file runs on the given runner and, before it is written, on at least one more
    server: a fresh interpreter with a different hash seed, different addresses and
    different contents of uninitialized memory. If the output differs there, the file
    isn't written.

    Args:
        runner: Runs the files. `close` leaves it open.
    """

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._others: list[Runner] = []

    def update(self, path: Path) -> bool:
        """Write what a file prints into the file; keep everything else byte for byte.

        If the output is as expected, the file isn't written. A ``#>`` line whose
        ``...`` still matches the output is kept.

        Args:
            path: The file.

        Returns:
            Whether the file was changed.

        Raises:
            UpdateError: If the file fails, a need is unmet, the output differs from
                run to run or can't be written as ``#>`` lines, or the file can't be
                written. The file is unchanged.
        """
        try:
            return self._update(path)
        except UpdateError as error:
            raise UpdateError(_one_line(str(error))) from None
        except SnippetError as error:
            raise UpdateError(_first(error.faults)) from None
        except OSError as error:
            what = error.strerror or str(error)
            raise UpdateError(
                _one_line(f"{shown(path)}:1: not updated: {what}")
            ) from None

    def _update(self, path: Path) -> bool:
        snippet = parse(path)
        where = shown(path)
        if need := self._runner.unmet(snippet):
            raise UpdateError(f"{where}:1: not updated, needs {need}")
        verdict, printed = self._runner.marked_output(snippet)
        if verdict.faults:
            raise UpdateError(_first(verdict.faults))
        if not printed and not snippet.asserts:
            raise UpdateError(
                f"{where}:1: neither prints nor asserts; show what the lines do"
            )
        old = [expected.text for expected in snippet.expected]
        if len(old) == len(printed) and all(
            fits(said, line.text) for said, line in zip(old, printed, strict=True)
        ):
            return False
        if len(printed) > MOST_LINES:
            raise UpdateError(
                f"{where}:{printed[0].line or 1}: prints {len(printed):,} lines; print "
                f"at most {MOST_LINES:,}"
            )
        draft = compose(snippet, printed)
        for line in draft.lines:
            if what := self._unfit(line, snippet):
                raise UpdateError(f"{where}:{what}")
        _check_text(draft)
        self._check_again(draft)
        write_back(path, snippet.data, draft.text.encode())
        return True

    def _unfit(self, line: Line, snippet: Snippet) -> str | None:
        """Return why a line can't be written, as ``line: what and what to do``."""
        text = line.printed.text
        if line.text != text:
            return None  # a person wrote '...' in place of a part
        if found := UNPRINTABLE.search(text):
            name = NAMES.get(found[0], f"the character U+{ord(found[0]):04X}")
            by = [at for start, at in line.printed.pieces if start <= found.start()]
            return (
                f"{by[-1] or line.by}: prints {name}, which a comment can't hold; "
                "don't print it"
            )
        if text != text.rstrip():
            return (
                f"{line.by}: prints trailing whitespace, which nobody sees; "
                f"remove it, or write '{MARK}' with '...' there"
            )
        if len(text) > LONGEST_LINE:
            return f"{line.by}: prints a line of {len(text):,} characters; print less"
        if has_wildcard(text) and text not in {e.text for e in snippet.expected}:
            return (
                f"{line.by}: prints '...', which matches any text in a '{MARK}' line; "
                f"print something else, or write this '{MARK}' line by hand"
            )
        for folder in self._folders(snippet.path):
            end = "" if folder.endswith("-") else r"(?!\w)"
            if re.search(rf"(?<![\w.]){re.escape(folder)}{end}", text):
                return (
                    f"{line.by}: prints a path of this machine ({folder}); print a "
                    f"name without folders, or write '{MARK}' with '...' in its place"
                )
        return None

    def _folders(self, path: Path) -> set[str]:
        """Return the beginnings of paths that other machines don't have."""
        python = Path(self._runner.python)
        home = Path(os.path.expanduser("~"))
        here = [ROOT, home, path.absolute().parent, python, python.parent.parent]
        if os.path.realpath(python) == os.path.realpath(sys.executable):
            here += map(Path, (sysconfig.get_path("stdlib"), sys.base_prefix))
        here = [folder for folder in here if folder.is_absolute()]
        found = {str(folder) for folder in here} | set(map(os.path.realpath, here))
        # The temporary folders in which the runner runs a file begin with this.
        work = os.path.join(tempfile.gettempdir(), "verify-")
        return {work, *(found - EVERYWHERE)}

    def _check_again(self, draft: Draft) -> None:
        """Run the new text on other servers.

        Raises:
            UpdateError: If the output differs there.
        """
        path = draft.snippet.path
        with tempfile.TemporaryDirectory(prefix="verify-update-") as folder:
            copy = Path(folder, path.name)
            copy.write_bytes(draft.text.encode())
            for verdict in self._more_runs(draft.snippet.source, copy):
                if what := self._difference(draft, verdict, copy):
                    raise UpdateError(f"{shown(path)}:{what}")

    def _more_runs(self, source: str, copy: Path) -> Iterator[Verdict]:
        """Run a file on other servers, often enough to notice random output."""
        seeds = HASH_SEEDS if _hashes(source) else HASH_SEEDS[:1]
        for number in range(len(seeds)):
            while len(self._others) <= number:
                self._others.append(self._start(HASH_SEEDS[len(self._others)]))
            spent = 0.0
            for _ in range(AGAIN):
                verdict = self._others[number].run(copy)
                yield verdict
                spent += verdict.seconds
                if spent * 2 > AGAIN_S:
                    break

    def _start(self, seed: int) -> Runner:
        variables = {**FILLED_MEMORY, "PYTHONHASHSEED": str(seed)}
        return Runner(
            self._runner.python,
            jobs=1,
            timeout=self._runner.timeout,
            variables=variables,
        )

    def _difference(self, draft: Draft, verdict: Verdict, copy: Path) -> str | None:
        """Return how another run differs, as ``line: what and what to do``, or None."""
        source = draft.snippet.source
        printed = [line.printed.text for line in draft.lines]
        again = _lines(verdict)
        if verdict.outcome == PASSED:
            for line, text in zip(draft.lines, again, strict=False):
                # Two times as floats may differ by less than the tolerance.
                is_kept = line.text != line.printed.text
                if line.printed.text != text and not is_kept and CLOCK.search(source):
                    return f"{line.by}: {_differs(A_TIME)}"
            return None
        if not verdict.differences:
            fault = verdict.faults[0].removeprefix(f"{shown(copy)}:")
            number, _, what = fault.partition(": ")
            by = draft.origins.get(int(number) if number.isdecimal() else 1, 1)
            return f"{by}: passes once, but not each time: {what}"
        by = draft.origins.get(verdict.differences[0].line, 1)
        # Marked runs flush each line, as on a terminal, but plain runs buffer it. If a
        # plain run on the first server has the same order, buffering is the cause.
        is_reordered = sorted(printed) == sorted(again) and printed != again
        if is_reordered and _lines(self._runner.run(copy)) == again:
            return (
                f"{by}: prints something different each time: the order differs from "
                "that on a terminal; print with flush=True before another process or C "
                "code writes"
            )
        if _words(printed) == _words(again) and _hashes(source):
            return f"{by}: {_differs(SET_ORDER)}"
        pairs = itertools.zip_longest(printed, again, fillvalue="")
        first, second = next((p for p in pairs if p[0] != p[1]), ("", ""))
        return f"{by}: {_differs(_cause(first, second, source))}"

    def close(self) -> None:
        """End the other servers."""
        while self._others:
            self._others.pop().close()

    def __enter__(self) -> Updater:
        return self

    def __exit__(self, *_) -> None:
        self.close()


def write_back(path: Path, old: bytes, new: bytes) -> None:
    """Replace the contents of a file atomically.

    Args:
        path: The file. If it is a link, the link stays and its target is replaced.
        old: The contents when the file was parsed.
        new: The new contents.

    Raises:
        UpdateError: If somebody has edited the file since it was parsed, or it can't
            be written. The file is unchanged.
    """
    where = f"{shown(path)}:1:"
    target = Path(os.path.realpath(path))
    draft: Path | None = None
    try:
        status = os.stat(target)
        # os.replace() would replace a read-only file too.
        if not os.access(target, os.W_OK) or not status.st_mode & 0o222:
            raise UpdateError(f"{where} not updated: the file is read-only")
        fd, name = tempfile.mkstemp(prefix=".verify-", dir=target.parent)
        draft = Path(name)
        with open(fd, "wb") as file:
            file.write(new)
            file.flush()
            os.fsync(fd)
        if hasattr(os, "chown"):
            with contextlib.suppress(PermissionError):
                os.chown(draft, status.st_uid, status.st_gid)
        os.chmod(draft, stat.S_IMODE(status.st_mode))
        if read(target) != old:
            raise UpdateError(
                f"{where} not updated: the file was edited while it ran; run --update "
                "again"
            )
        os.replace(draft, target)
        draft = None
    except OSError as error:
        what = error.strerror or error
        raise UpdateError(f"{where} not updated: can't be written: {what}") from None
    finally:
        if draft:
            with contextlib.suppress(OSError):
                draft.unlink()


def _check_text(draft: Draft) -> None:
    """Check that the new text is the same program and expects what was printed.

    Raises:
        UpdateError: If it isn't or doesn't.
    """
    old = draft.snippet
    with contextlib.suppress(SnippetError):
        new = parse_bytes(draft.text.encode(), old.path)
        said = [expected.text for expected in new.expected]
        if (
            said == [line.text for line in draft.lines]
            and _code(new) == _code(old)
            and same_program(new.source, old.source)
        ):
            return
    raise UpdateError(
        f"{shown(old.path)}:1: not updated: there is no place for its '{MARK}' lines; "
        "put each statement on its own lines"
    )


def _lines(verdict: Verdict) -> list[str]:
    """Return the lines that a file printed, or none if it didn't run."""
    if not verdict.result:
        return []
    return verdict.result.out.removesuffix("\n").split("\n")


def _code(snippet: Snippet) -> list[str]:
    """Return all lines of a file that aren't ``#>`` lines."""
    drop = {expected.line for expected in snippet.expected}
    rows = snippet.source.removesuffix("\n").split("\n")
    return [row for number, row in enumerate(rows, 1) if number not in drop]


def _hashes(source: str) -> bool:
    """Return whether a source uses sets or hashes, which depend on the hash seed."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Set, ast.SetComp)):
            return True
        if isinstance(node, ast.Name) and node.id in ("set", "frozenset", "hash"):
            return True
        if isinstance(node, ast.BinOp) and any(
            isinstance(side, ast.Call)
            and getattr(side.func, "attr", "") in ("keys", "items")
            for side in (node.left, node.right)
        ):
            return True
    return False


def _words(lines: Sequence[str]) -> list[str]:
    return sorted(re.findall(r"[\w.]+", "\n".join(lines)))


def _cause(first: str, second: str, source: str) -> str:
    """Return why a line probably differs between two runs, and what to do."""
    if ADDRESS.sub("", first) == ADDRESS.sub("", second):
        return "an address: print something else"
    return next(
        (cause for pattern, cause in CAUSES if pattern.search(source)),
        "random numbers: fix a seed",
    )


def _differs(cause: str) -> str:
    return (
        f"prints something different each time, {cause}, or write '{MARK}' with '...' "
        "for the part that differs"
    )


def _first(faults: Sequence[str]) -> str:
    """Return the first fault and the number of the others, as one line."""
    more = f" (and {len(faults) - 1:,} more)" if len(faults) > 1 else ""
    return _one_line(faults[0]) + more


def _one_line(text: str) -> str:
    """Escape what a terminal doesn't print, and shorten the message."""
    text = "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode()
        for char in text[: LONGEST_MESSAGE + 1]
    )
    return text if len(text) <= LONGEST_MESSAGE else text[:LONGEST_MESSAGE] + " ..."

r"""Record the exceptions and warnings that torch raises in each block on each release.

The process that runs a block writes them down (`verify.fork.noting`). `recording` then
merges them into one file per device, next to the records. What would differ between
two runs on the same machine, such as an address or a temporary path, is replaced by a
placeholder: ``⟨address⟩``.

If something needs a GPU, a CPU build of torch words the error differently than a CUDA
build on a machine without a GPU. So messages from CPU builds are kept separately, under
the name of the release plus ``+cpu``.

Like a result, a message is valid only while the SHA-256 of the file, and of every
library file that it imports, stays the same.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from verify import RECORDS, SNIPPETS
from verify.compare import common
from verify.evidence import RecordError, library_hashes
from verify.needs import release_key
from verify.paths import name_of
from verify.record_files import locked, real, releases, replace_text, seal
from verify.snippet import Snippet
from verify.text import escaped
from verify.verdict import SKIPPED, Machine, Verdict

KINDS = ("error", "warning")
AROUND = 30  # characters of context that a report shows on each side of a change
# A C++ backtrace is as long as a page and has an address in each line.
_BACKTRACE = re.compile(
    r"\n*(?:Exception raised from .* \(most recent call first\):|C\+\+ CapturedTrace.*)"
    r"\n(?:frame #\d+:.*(?:\n|$)|#\d+ .*(?:\n|$))*"
)
# The runner's own frame, which a message contains if torch quotes the whole stack.
_RUNNER = re.compile(
    r'^ *File "[^"\n]*/fork/server\.py", line \d+, in <module>\n.*script\.code.*\n',
    re.M,
)
# The repr of a set of strings, whose order differs from process to process.
_SET = re.compile(r"\{'[^'{}\n]*'(?:, '[^'{}\n]*')+\}")
_DATE = r"\d{4}-\d\d-\d\d"
_MASKS = tuple(
    (re.compile(pattern), mask)
    for pattern, mask in (
        (r"\b0x[0-9a-fA-F]{5,}\b", "⟨address⟩"),
        (rf"\b{_DATE}[T_ ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?", "⟨date⟩"),
        (r"(?i)(\bpids?(?:\(s\))?[ :=#]*|\bprocess id[ :=]*)\d+(?:, \d+)*", r"\1⟨pid⟩"),
        # Line numbers in torch's sources change with each release.
        (r"(\.(?:cpp|cc|cxx|c|h|hpp|cuh?|cuh|mm)):\d+", r"\1:⟨line⟩"),
        (r'(File "[^"\n]*", line )\d+', r"\1⟨line⟩"),
        (r"\[?\b\d{1,3}(?:\.\d{1,3}){3}\]?:\d+\b", "⟨host⟩:⟨port⟩"),
        (r"\b\d{1,3}(?:\.\d{1,3}){3}\b", "⟨host⟩"),
        (r"(Timed out waiting )\d+(ms)", r"\1⟨time⟩ \2"),
        (r"(?m)^(\s*host +: ).+", r"\1⟨host⟩"),
        (r"(?i)(\bport[ :=]+)\d+", r"\1⟨port⟩"),
        (r"\b(localhost|⟨host⟩)([\]):, ]+)\d{4,5}\b", r"\1\2⟨port⟩"),
        # The machine's folders, and the random names of temporary folders in them.
        (r"(?<![\w./:<])(?:/[\w.+@%-]+)+/(?=[\w.+@-])", "⟨folder⟩/"),
        (r"(⟨folder⟩/)(?:tmp|verify-run-)\w{6,}", r"\1⟨name⟩"),
    )
)


@dataclass(frozen=True)
class Message:
    """An exception or a warning in a block.

    Attributes:
        kind: ``"error"`` or ``"warning"``.
        cls: The class as a traceback names it, e.g. ``RuntimeError`` or
            ``torch.OutOfMemoryError``.
        text: The whole text, as returned by `masked`.
        releases: The releases with exactly this text, oldest first; see `release_of`.
    """

    kind: str
    cls: str
    text: str
    releases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Entry:
    """The messages of one file.

    Attributes:
        sha256: Hash of the file as it ran.
        library: Hashes of the library files that it imports, by file name.
        ran: The releases on which it ran, oldest first; see `release_of`.
        messages: Its messages, in the order of the lines that they come from.
    """

    sha256: str
    library: dict[str, str]
    ran: tuple[str, ...]
    messages: tuple[Message, ...]

    def on(self, torch: str) -> tuple[Message, ...]:
        """Return the messages of one release, named as by `release_of`."""
        return tuple(one for one in self.messages if torch in one.releases)


@dataclass(frozen=True)
class Reworded:
    """A message of a block that differs between two releases.

    Attributes:
        name: The path of the file in ``snippets/``.
        before: The message on the earlier release; None if there was none.
        now: The message on the later release; None if there is none.
    """

    name: str
    before: Message | None
    now: Message | None

    def __str__(self) -> str:
        return f"snippets/{self.name}: {_change(self.before, self.now)}"


CPU = "+cpu"


def release_of(machine: Machine) -> str:
    """Return the torch release of a machine, plus ``+cpu`` if it is a CPU build."""
    return machine.release + CPU * machine.build.endswith(CPU)


def path_of(device: str, folder: Path = RECORDS) -> Path:
    """Return the path of the file with the messages of a device."""
    return folder / f"messages-{device}.json"


def is_path(path: Path) -> bool:
    """Return whether a file is named as a file of messages is."""
    return bool(re.fullmatch(r"messages-[a-z]+\.json", path.name))


def masked(text: str) -> str:
    """Replace the parts of a message that differ from run to run on one machine.

    Numbers that the block itself determines, such as shapes, are kept.

    Example:
        >>> masked("at /tmp/tmpa1b2c3d4/model.pt: <Net at 0x7f3a5c001230> on port 80")
        'at ⟨folder⟩/model.pt: <Net at ⟨address⟩> on port ⟨port⟩'
    """
    text = _RUNNER.sub("", _BACKTRACE.sub("\n", text))
    text = _SET.sub(lambda found: _sorted_set(found[0]), text)
    for pattern, mask in _MASKS:
        text = pattern.sub(mask, text)
    return "\n".join(line.rstrip() for line in text.split("\n")).strip("\n")


def _sorted_set(text: str) -> str:
    return "{" + ", ".join(sorted(re.findall("'[^']*'", text))) + "}"


def of_run(noted: str) -> tuple[Message, ...]:
    """Parse the messages that the processes of one run wrote down.

    Args:
        noted: Lines of JSON, see `verify.fork.noting`. The script could write to the
            same file, so lines that aren't messages are skipped.

    Returns:
        Each message once, sorted by line of the script: the order in which parallel
        ranks write is random.
    """
    found = set()
    for row in noted.splitlines():
        try:
            fields = json.loads(row)
            kind, cls, text = fields["kind"], fields["class"], str(fields["text"])
            place = int(fields["line"])
        except (ValueError, TypeError, KeyError):
            continue
        if kind in KINDS and isinstance(cls, str):
            found.add((place, kind, cls, masked(text)))
    return tuple(dict.fromkeys(Message(*facts) for _, *facts in sorted(found)))


def is_valid(entry: Entry, snippet: Snippet | None, folder: Path = SNIPPETS) -> bool:
    """Tell whether messages are still valid for a file.

    Args:
        entry: The messages.
        snippet: The file as it is now; None if it breaks the contract.
        folder: The folder of the library files.

    Returns:
        True if neither the file nor a library file that it imports has changed since
        the run.
    """
    return (
        snippet is not None
        and entry.sha256 == snippet.sha256
        and entry.library == library_hashes(snippet, folder)
    )


def read(path: Path) -> dict[str, Entry]:
    """Read the messages of a device.

    Args:
        path: The file of messages; it needn't exist.

    Returns:
        The entries by path of the snippet file in ``snippets/``; empty if there is no
        file of messages.

    Raises:
        RecordError: If the file contains anything else, or was changed by hand.
    """
    if not path.is_file():
        return {}
    try:
        files = json.loads(path.read_text("utf-8"))
        if files.pop("seal", None) != seal(files):
            raise RecordError(
                f"{path}: was changed after a run wrote it; restore it, or delete it "
                "and run all files again"
            )
        return {
            name: Entry(
                fields["sha256"],
                fields.get("library", {}),
                tuple(fields["ran"]),
                tuple(
                    Message(
                        one["kind"], one["class"], one["text"], tuple(one["releases"])
                    )
                    for one in fields["messages"]
                ),
            )
            for name, fields in files.items()
        }
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise RecordError(f"{path}: is not a record of messages: {error}") from None


def merge(path: Path, torch: str, verdicts: Iterable[Verdict]) -> None:
    """Add the messages of files that just ran to the file of messages of a device.

    Messages of other files and releases are kept. Releases without a record and files
    that no longer exist are removed, and so are files without a message on any release.

    Args:
        path: The file of messages; it needn't exist, but its folder must.
        torch: The release, see `release_of`.
        verdicts: The verdicts on the files.

    Raises:
        RecordError: If the file contains anything else or was changed by hand, or if
            another run holds the lock for too long.
        OSError: If the file can't be written. It is unchanged then.
    """
    path = real(path)
    device = path.stem.partition("-")[2]
    with locked(path.parent):
        earlier = read(path)
        known = {torch.removesuffix(CPU), *releases(device, path.parent)}
        known |= {release + CPU for release in known}
        entries = dict(earlier)
        for verdict in verdicts:
            name = name_of(verdict.path)
            if new := _entry(verdict, torch):
                entries[name] = _merged(entries.get(name), new)
        entries = {
            name: kept
            for name, entry in sorted(entries.items())
            if (SNIPPETS / name).is_file() and (kept := _only(entry, known)).messages
        }
        if entries != earlier:
            _write(entries, path)


def _entry(verdict: Verdict, torch: str) -> Entry | None:
    """Return the messages of one run; None if the run is no evidence of them."""
    result = verdict.result
    if verdict.sha256 is None or result is None or result.killed:
        return None
    if verdict.outcome == SKIPPED:  # it ran, if at all, only to confirm its unmet need
        return None
    messages = tuple(replace(one, releases=(torch,)) for one in of_run(result.noted))
    return Entry(verdict.sha256, verdict.library, (torch,), messages)


def _merged(old: Entry | None, new: Entry) -> Entry:
    """Replace the messages of the release of `new` in `old`; keep the others."""
    if old is None or (old.sha256, old.library) != (new.sha256, new.library):
        return new
    (torch,) = new.ran
    on: dict[Message, tuple[str, ...]] = {}
    rest = _only(old, {*old.ran} - {torch})
    for one in (*new.messages, *rest.messages):
        same = replace(one, releases=())
        on[same] = (*on.get(same, ()), *one.releases)
    # Keep the order of the old entry, so that a diff shows only new messages.
    order = dict.fromkeys([replace(one, releases=()) for one in old.messages] + [*on])
    messages = (replace(one, releases=_sorted(on[one])) for one in order if one in on)
    return replace(new, ran=_sorted((torch, *rest.ran)), messages=tuple(messages))


def _only(entry: Entry, known: set[str]) -> Entry:
    """Return an entry with the known releases only."""
    messages = (
        replace(one, releases=tuple(r for r in one.releases if r in known))
        for one in entry.messages
    )
    return replace(
        entry,
        ran=tuple(release for release in entry.ran if release in known),
        messages=tuple(one for one in messages if one.releases),
    )


def _sorted(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names), key=lambda name: (release_key(name), name)))


def _write(entries: Mapping[str, Entry], path: Path) -> None:
    """Write a file of messages, one message per line, so that diffs stay readable."""
    files = []
    for name, entry in entries.items():
        library = {"library": entry.library} if entry.library else {}
        facts = {"sha256": entry.sha256, **library, "ran": entry.ran}
        rows = [
            "  "
            + _json({"kind": one.kind, "class": one.cls, "text": one.text})[:-1]
            + f', "releases": {_json(one.releases)}}}'
            for one in entry.messages
        ]
        listed = ",\n".join(rows)
        files.append(f'{_json(name)}: {_json(facts)[:-1]}, "messages": [\n{listed}]}}')
    body = ",\n".join(files).encode("utf-8", "backslashreplace").decode("utf-8")
    first = f'"seal": {_json(seal(json.loads(f"{{{body}}}")))}'
    replace_text(path, "{\n" + ",\n".join(filter(None, (first, body))) + "\n}\n")


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def reworded(
    entries: Mapping[str, Entry], torch: str, before: str
) -> tuple[Reworded, ...]:
    """List the messages of unchanged blocks that differ between two releases.

    Args:
        entries: The messages of a device.
        torch: The later release.
        before: The earlier release.

    Returns:
        The differences. Each old message is paired with the most similar new one; a
        message without a similar one stays unpaired. Only blocks that ran on both
        releases are compared, on CUDA builds where there is a choice.
    """
    found = []
    for name, entry in entries.items():
        pair = _same_build(entry, torch, before)
        if pair is None:
            continue
        later, earlier = pair
        gone = [one for one in entry.on(earlier) if later not in one.releases]
        come = [one for one in entry.on(later) if earlier not in one.releases]
        for old in gone:
            new = most_alike(old, come)
            if new:
                come.remove(new)
            found.append(Reworded(name, old, new))
        found += [Reworded(name, None, new) for new in come]
    return tuple(found)


def _same_build(entry: Entry, torch: str, before: str) -> tuple[str, str] | None:
    """Choose a build of each release that the file ran on, the same one if possible."""
    later, earlier = ((name, name + CPU) for name in (torch, before))
    pairs = [
        *zip(later, earlier, strict=True),
        (torch, before + CPU),
        (torch + CPU, before),
    ]
    return next((pair for pair in pairs if {*pair} <= {*entry.ran}), None)


def most_alike(old: Message, others: Iterable[Message]) -> Message | None:
    """Return the message that replaces an old one.

    Args:
        old: The message on the earlier release.
        others: The messages that are new on the later release.

    Returns:
        The most similar message of the same kind; None if none is similar enough.
    """
    alike = [one for one in others if one.kind == old.kind]

    def likeness(one: Message) -> float:
        words = difflib.SequenceMatcher(None, old.text.split(), one.text.split())
        return words.ratio() + (one.cls == old.cls)

    best = max(alike, key=likeness, default=None)
    return best if best and likeness(best) > 0.3 else None


def _change(before: Message | None, now: Message | None) -> str:
    """Show old and new text on one line, without most of what they have in common."""
    old, new = (
        escaped(" ".join(f"{one.cls}: {one.text}".split())) if one else "(nothing)"
        for one in (before, now)
    )
    start = common(old, new)
    end = common(old[start:][::-1], new[start:][::-1])
    cut = max(0, start - AROUND)
    texts = []
    for text in (old, new):
        stop = min(len(text), len(text) - end + AROUND)
        texts.append("…" * (cut > 0) + text[cut:stop] + "…" * (stop < len(text)))
    return f"{texts[0]} → {texts[1]}"

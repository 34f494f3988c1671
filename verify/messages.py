r"""The messages that blocks met on each release: exceptions caught, warnings given.

A fork notes them (`verify.fork.noting`), the recorder puts them into one file for each
device beside the records. What differs between two runs on one machine, such as an
address or a temporary path, becomes a mark: ``⟨address⟩``.

A CPU build has other words for what needs a GPU than a CUDA build on a machine without
one. Its messages stand beside the others, under the release with ``+cpu``.

The messages of a block count only while its key matches, as its results do: the SHA-256
of the file and of every library file that it imports.
"""

from __future__ import annotations

import difflib
import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from verify import RECORDS, SNIPPETS
from verify.compare import common
from verify.evidence import RecordError, library_hashes
from verify.needs import release_key
from verify.paths import name_of
from verify.record_files import locked, new_file, real, releases, seal
from verify.snippet import Snippet
from verify.text import escaped
from verify.verdict import SKIPPED, Machine, Verdict

KINDS = ("error", "warning")
AROUND = 30  # characters that a report shows beside what was reworded
# A C++ backtrace has an address in each line, and is as long as a page.
_BACKTRACE = re.compile(
    r"\n*(?:Exception raised from .* \(most recent call first\):|C\+\+ CapturedTrace.*)"
    r"\n(?:frame #\d+:.*(?:\n|$)|#\d+ .*(?:\n|$))*"
)
# Of the runner itself, where torch quotes the whole stack.
_RUNNER = re.compile(
    r'^ *File "[^"\n]*/fork/server\.py", line \d+, in <module>\n.*script\.code.*\n',
    re.M,
)
# The order of a set of texts changes with each process.
_SET = re.compile(r"\{'[^'{}\n]*'(?:, '[^'{}\n]*')+\}")
_DATE = r"\d{4}-\d\d-\d\d"
_MASKS = tuple(
    (re.compile(pattern), mask)
    for pattern, mask in (
        (r"\b0x[0-9a-fA-F]{5,}\b", "⟨address⟩"),
        (rf"\b{_DATE}[T_ ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?", "⟨date⟩"),
        (r"(?i)(\bpids?(?:\(s\))?[ :=#]*|\bprocess id[ :=]*)\d+(?:, \d+)*", r"\1⟨pid⟩"),
        # A line of torch's sources moves with each release.
        (r"(\.(?:cpp|cc|cxx|c|h|hpp|cuh?|cuh|mm)):\d+", r"\1:⟨line⟩"),
        (r'(File "[^"\n]*", line )\d+', r"\1⟨line⟩"),
        (r"\[?\b\d{1,3}(?:\.\d{1,3}){3}\]?:\d+\b", "⟨host⟩:⟨port⟩"),
        (r"\b\d{1,3}(?:\.\d{1,3}){3}\b", "⟨host⟩"),
        (r"(Timed out waiting )\d+(ms)", r"\1⟨time⟩ \2"),
        (r"(?m)^(\s*host +: ).+", r"\1⟨host⟩"),
        (r"(?i)(\bport[ :=]+)\d+", r"\1⟨port⟩"),
        (r"\b(localhost|⟨host⟩)([\]):, ]+)\d{4,5}\b", r"\1\2⟨port⟩"),
        # The folders of the machine, and the random names below them.
        (r"(?<![\w./:<])(?:/[\w.+@%-]+)+/(?=[\w.+@-])", "⟨folder⟩/"),
        (r"(⟨folder⟩/)(?:tmp|verify-run-)\w{6,}", r"\1⟨name⟩"),
    )
)


@dataclass(frozen=True)
class Message:
    """One text that a block met.

    Attributes:
        kind: ``"error"`` or ``"warning"``.
        cls: The class as a traceback names it, e.g. ``RuntimeError`` or
            ``torch.OutOfMemoryError``.
        text: The whole text, masked.
        releases: The releases on which it reads so, oldest first, see `release_of`.
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
        library: Hashes of the library files that it imports, by their names.
        ran: The releases on which it ran, oldest first.
        messages: What it met, in the order of its lines.
    """

    sha256: str
    library: dict[str, str]
    ran: tuple[str, ...]
    messages: tuple[Message, ...]

    def on(self, torch: str) -> tuple[Message, ...]:
        """The messages of one release."""
        return tuple(one for one in self.messages if torch in one.releases)


@dataclass(frozen=True)
class Reworded:
    """A message that a release doesn't have, or not so, on a block.

    Attributes:
        name: The file, by its path below ``snippets/``.
        before: The message on the release before; None if there is none.
        now: The message on this release; None if there is none.
    """

    name: str
    before: Message | None
    now: Message | None

    def __str__(self) -> str:
        return f"snippets/{self.name}: {_change(self.before, self.now)}"


CPU = "+cpu"


def release_of(machine: Machine) -> str:
    """Return the release of a machine, with ``+cpu`` for a CPU build of it."""
    return machine.release + CPU * machine.build.endswith(CPU)


def path_of(device: str, folder: Path = RECORDS) -> Path:
    """Return the path of the messages of a device."""
    return folder / f"messages-{device}.json"


def is_path(path: Path) -> bool:
    """Whether a path is that of the messages of a device."""
    return bool(re.fullmatch(r"messages-[a-z]+\.json", path.name))


def masked(text: str) -> str:
    """Take out of a message what another run on the machine would write differently.

    Numbers that the block itself decides, such as shapes, stay.

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
    """Read what the processes of one run noted.

    Args:
        noted: Lines of JSON, see `verify.fork.noting`; a script could write others.

    Returns:
        Each message once, in the order of the script's lines: ranks race.
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
    """Whether messages are those of a file as it is now.

    Args:
        entry: The messages.
        snippet: The file as it is now; None if it breaks the contract.
        folder: The folder of the library files.
    """
    return (
        snippet is not None
        and entry.sha256 == snippet.sha256
        and entry.library == library_hashes(snippet, folder)
    )


def read(path: Path) -> dict[str, Entry]:
    """Read the messages of a device.

    Args:
        path: The file; one that doesn't exist has no entries.

    Returns:
        Entries by the path of the file below ``snippets/``.

    Raises:
        RecordError: If the file holds something else, or was changed by hand.
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
    """Put the messages of what just ran into a record.

    Messages of other files and releases stay. A release without a record leaves, as do
    files that are gone. A file that met nothing on any release has no entry.

    Args:
        path: The record of the device; it needn't exist.
        torch: The release, see `release_of`.
        verdicts: The verdicts on the files.

    Raises:
        RecordError: If the file is not such a record, or another run doesn't stop
            writing.
        OSError: If the record can't be written. The earlier one stays whole.
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
    """What one run says; None if it says nothing of the messages."""
    result = verdict.result
    if verdict.sha256 is None or result is None or result.killed:
        return None
    if verdict.outcome == SKIPPED:  # it ran only to see that it fails without its need
        return None
    messages = tuple(replace(one, releases=(torch,)) for one in of_run(result.noted))
    return Entry(verdict.sha256, verdict.library, (torch,), messages)


def _merged(old: Entry | None, new: Entry) -> Entry:
    """An entry with what a run on one release says, in place of what it said there."""
    if old is None or (old.sha256, old.library) != (new.sha256, new.library):
        return new
    (torch,) = new.ran
    on: dict[Message, tuple[str, ...]] = {}
    rest = _only(old, {*old.ran} - {torch})
    for one in (*new.messages, *rest.messages):
        same = replace(one, releases=())
        on[same] = (*on.get(same, ()), *one.releases)
    # In the order of the older entry, so that a diff shows only what is new.
    order = dict.fromkeys([replace(one, releases=()) for one in old.messages] + [*on])
    messages = (replace(one, releases=_sorted(on[one])) for one in order if one in on)
    return replace(new, ran=_sorted((torch, *rest.ran)), messages=tuple(messages))


def _only(entry: Entry, known: set[str]) -> Entry:
    """An entry without what it says of other releases."""
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
    """Write a record with a line for each message, which a diff shows alone."""
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
    text = "{\n" + ",\n".join(filter(None, (first, body))) + "\n}\n"
    handle, new = new_file(path)
    try:
        with open(handle, "wb") as file:
            file.write(text.encode("utf-8"))
            file.flush()
            os.fsync(handle)
        os.replace(new, path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def reworded(
    entries: Mapping[str, Entry], torch: str, before: str
) -> tuple[Reworded, ...]:
    """List the messages that differ between two releases on the same block.

    Args:
        entries: The messages of a device.
        torch: The release.
        before: The release before.

    Returns:
        Pairs of the texts that are most alike; a text without a partner is alone.
        Only blocks that ran on both releases count. If they did on both builds, the
        CUDA builds are compared.
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
    """Both releases with their build, of the same build if there is one."""
    later, earlier = ((name, name + CPU) for name in (torch, before))
    pairs = [
        *zip(later, earlier, strict=True),
        (torch, before + CPU),
        (torch + CPU, before),
    ]
    return next((pair for pair in pairs if {*pair} <= {*entry.ran}), None)


def most_alike(old: Message, others: Iterable[Message]) -> Message | None:
    """The message that took the place of another one; None if none looks like it."""
    alike = [one for one in others if one.kind == old.kind]

    def likeness(one: Message) -> float:
        words = difflib.SequenceMatcher(None, old.text.split(), one.text.split())
        return words.ratio() + (one.cls == old.cls)

    best = max(alike, key=likeness, default=None)
    return best if best and likeness(best) > 0.3 else None


def _change(before: Message | None, now: Message | None) -> str:
    """What changed, on one line: what two texts share at length is cut."""
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

"""Choose the releases to verify, and the files that have to run on each of them.

A file, or the library's tests, has to run on a release if the record of the release has
no valid result for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from verify import RequestError, evidence
from verify.evidence import Record
from verify.installer import Installer
from verify.needs import is_final, release_key
from verify.paths import name_of
from verify.snippet import SnippetError, parse

NIGHTLY = "nightly"


@dataclass(frozen=True)
class Plan:
    """What has to run on one release.

    Attributes:
        torch: The release.
        files: The snippet files.
        library: Whether the library's tests have to run.
    """

    torch: str
    files: Sequence[Path]
    library: bool

    def __bool__(self) -> bool:
        return bool(self.files) or self.library


def without_evidence(
    record: Record | None, plan: Plan, since: str | None = None
) -> Plan:
    """Leave out what has valid evidence.

    Args:
        record: The record of the release; None if there is none. A record with a fault
            has no valid evidence.
        plan: What to run if there is no evidence.
        since: Ignore results before this time (ISO 8601 in UTC), and the result of the
            library's tests, which has no time. None to ignore none.

    Returns:
        The plan without the files that have a valid result, and without the library's
        tests if they have one.
    """
    if record is None or record.fault:
        return plan
    files = [path for path in plan.files if not _is_valid(record, path, since or "")]
    is_tested = since is None and evidence.library_is_valid(record)
    return Plan(plan.torch, files, plan.library and not is_tested)


def _is_valid(record: Record, path: Path, since: str) -> bool:
    """Return whether a record has a valid result for a file."""
    result = record.snippets.get(name_of(path))
    if result is None or result.when < since:
        return False
    try:
        snippet = parse(path)
    except (SnippetError, OSError):
        snippet = None
    return evidence.is_valid(result, snippet)


def choose(
    named: list[str], installer: Installer, recorded: Iterable[str] = ()
) -> list[str]:
    """Find the releases that are named on the command line.

    Args:
        named: Releases, ``newest``, ``oldest`` (of those with a record) or
            ``nightly``; if empty, the newest release.
        installer: Lists the existing releases.
        recorded: The releases with a record.

    Returns:
        The releases in the given order, without duplicates.

    Raises:
        RequestError: If a release doesn't exist, or pip finds no release at all.
    """
    words = {"newest", "oldest"}
    have = installer.releases(any(not is_final(n) for n in named if n not in words))
    newest = max(filter(is_final, have), key=release_key, default="0")
    chosen = []
    for name in named or ["newest"]:
        if name == "oldest":
            name = min(filter(is_final, recorded), key=release_key, default=newest)
        elif name == "newest":
            name = newest
        elif name == NIGHTLY:
            name = have[-1]
            if is_final(name):
                raise RequestError(
                    f"the index has no torch after {newest}; name one that has "
                    "nightlies with --index"
                )
        if name not in have:
            key = release_key(name)
            older = [release for release in have if release_key(release) < key][-1:]
            newer = [release for release in have if release_key(release) > key][:1]
            raise RequestError(
                f"pip finds no torch {name} for {installer.python}; the nearest: "
                + ", ".join(older + newer)
            )
        chosen.append(name)
    return list(dict.fromkeys(chosen))


def choose_recorded(
    named: list[str], installer: Installer, recorded: Sequence[str]
) -> list[str]:
    """Find the releases to bring up to date, if possible without a package index.

    Args:
        named: As for `choose`, except that an empty list means all releases with a
            record.
        installer: As for `choose`; used only for names without a record.
        recorded: The releases with a record.

    Returns:
        The releases in the given order, without duplicates.

    Raises:
        RequestError: If a release doesn't exist, or no release is named and there are
            no records.
    """
    if not named and not recorded:
        raise RequestError("--stale: there is no record yet; name a release")
    final = [release for release in recorded if is_final(release)]
    chosen = []
    for name in named or recorded:
        if name == "oldest" and final:
            name = min(final, key=release_key)
        chosen += [name] if name in recorded else choose([name], installer, recorded)
    return list(dict.fromkeys(chosen))

"""Which files have to run on which releases.

A cell is one file, or the library's tests, on one release. It has to run if the record
of the release has no valid evidence for it.
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
        record: The record of the release; None without one. In a record with a fault
            nothing is valid.
        plan: What would run without this filter.
        since: Only results since then count, as ISO 8601 in UTC; None for all. The
            result of the library's tests has no time, so it doesn't count.

    Returns:
        The plan without the files whose results are valid, and without the library's
        tests if theirs is.
    """
    if record is None or record.fault:
        return plan
    files = [path for path in plan.files if not _is_valid(record, path, since or "")]
    is_tested = since is None and evidence.library_is_valid(record)
    return Plan(plan.torch, files, plan.library and not is_tested)


def _is_valid(record: Record, path: Path, since: str) -> bool:
    """Whether a record has a valid result for a file."""
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
    """Find the releases that a person names.

    Args:
        named: What they wrote: releases, ``newest``, ``oldest`` (of those with a
            record) or ``nightly``; nothing for the newest.
        installer: Knows which releases there are.
        recorded: The releases with a record.

    Returns:
        Releases that the installer finds, in the order asked for.

    Raises:
        RequestError: If a release doesn't exist. The message names the nearest.
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
    """Find the releases to bring up to date, without asking an index if possible.

    Args:
        named: As for `choose`; nothing for all releases with a record.
        installer: As for `choose`; asked only about names without a record.
        recorded: The releases with a record.

    Returns:
        Releases, in the order asked for.

    Raises:
        RequestError: If a release doesn't exist, or there are no records.
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

"""Parse and compare torch releases, and the bounds on them in ``# Needs:`` lines.

No other module parses releases (``2.13.0``, ``2.16.0rc1``, ``2.16.0.dev20261120``) or
bounds (``torch>=2.6``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

NEED = re.compile(r"torch(>=|<)\d+\.\d+(\.\d+)?|[A-Za-z_]\w*(\.\w+)*")
"""One item of a ``# Needs:`` line."""

_TORCH = re.compile(r"torch(>=|<)(.+)")
_RELEASE = re.compile(r"(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:\.?(dev|a|b|rc)(\d+))?")


def release_key(torch: str) -> tuple[int, int, int, int, int]:
    """Return a key that sorts releases, with nightlies and candidates before the final.

    Text that isn't a release sorts before all releases.

    Example:
        >>> max(["2.9.1", "2.13.0"], key=release_key)
        '2.13.0'
        >>> sorted(["2.16.0", "2.16.0rc1", "2.16.0.dev20261120"], key=release_key)
        ['2.16.0.dev20261120', '2.16.0rc1', '2.16.0']
    """
    match = _RELEASE.match(torch)
    if not match:
        return (0, 0, 0, 0, 0)
    major, minor, patch, stage, number = match.groups()
    stages = ("dev", "a", "b", "rc", None)
    return (
        int(major),
        int(minor or 0),
        int(patch or 0),
        stages.index(stage),
        int(number or 0),
    )


def is_final(torch: str) -> bool:
    """Return whether a release is final, so neither a nightly nor a candidate.

    Example:
        >>> is_final("2.15.0"), is_final("2.16.0rc1")
        (True, False)
    """
    return release_key(torch)[3] == 4


def is_about_torch(need: str) -> bool:
    """Return whether a need is a bound on the torch release.

    Example:
        >>> is_about_torch("torch>=2.6"), is_about_torch("numpy")
        (True, False)
    """
    return _TORCH.fullmatch(need) is not None


def fits(need: str, release: str) -> bool:
    """Return whether a torch release meets a need.

    Every release meets a need that isn't about torch. A nightly or a candidate counts
    as the final release that follows it.

    Example:
        >>> fits("torch>=2.6", "2.13.0"), fits("torch<2.6", "2.13.0")
        (True, False)
        >>> fits("torch>=2.16", "2.16.0rc1"), fits("numpy", "2.13.0")
        (True, True)
    """
    match = _TORCH.fullmatch(need)
    if not match:
        return True
    have, bound = release_key(release)[:3], release_key(match[2])[:3]
    return have >= bound if match[1] == ">=" else have < bound


def is_next_to(need: str, release: str, verified: Iterable[str]) -> bool:
    """Return whether a release is the closest verified one that misses a bound.

    On that release a file with the bound has to fail, or else the bound is wrong.

    Args:
        need: A bound, e.g. ``"torch>=2.6"``.
        release: A release that doesn't meet the bound.
        verified: The releases that files are verified on.

    Returns:
        True if no verified release is between the release and the bound.

    Example:
        >>> is_next_to("torch>=2.6", "2.5.1", ["2.4.1", "2.5.1", "2.6.0"])
        True
        >>> is_next_to("torch>=2.6", "2.4.1", ["2.4.1", "2.5.1", "2.6.0"])
        False
    """
    match = _TORCH.fullmatch(need)
    if not match:
        return False
    here, bound = release_key(release)[:3], release_key(match[2])[:3]
    others = [release_key(other)[:3] for other in verified]
    if match[1] == ">=":
        return not any(here < other < bound for other in others)
    return not any(bound <= other < here for other in others)

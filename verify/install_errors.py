"""Find the cause of a failed installation in the output of pip or uv.

The last line alone isn't enough. That of pip is often "ResolutionImpossible: for help
visit …", and the cause is somewhere above it. uv spreads one cause over several lines.
"""

from __future__ import annotations

import re

LONGEST = 500  # characters of a cause: a conflict can fill a page
FRAME = " \t│|"  # what pip and uv print before each line of a build's output

# pip prints such a warning and then continues as if the index were empty.
UNREACHABLE = re.compile(r"after connection broken by '(.+)'|^Could not fetch URL (.+)")
OTHER_PYTHON = re.compile(r"require a different python version: (.+)", re.I)
NOT_FOUND = re.compile(r"No matching distribution found for (\S+)")


def cause_from_pip(printed: str) -> str:
    """Return why pip failed.

    Args:
        printed: Its standard output, then its standard error, without ``--quiet``,
            which hides the requirements that conflict.

    Returns:
        The cause in one line, at most `LONGEST` characters.

    Example:
        >>> cause_from_pip('''The conflict is caused by:
        ...     The user requested torch==2.15.0
        ...     The user requested (constraint) torch<2.15
        ...
        ... ERROR: ResolutionImpossible: for help visit https://pip.pypa.io''')
        'conflict: The user requested torch==2.15.0; The user requested (constraint) \
torch<2.15'
    """
    lines = printed.splitlines()
    for tell in (_conflict, _hash_mismatch, _not_found, _failed_build):
        if found := tell(lines):
            return _short(found)
    errors = [line for line in lines if re.match("error: .*[^:]$", line, re.I)]
    # Without such a line, the last one of a traceback is the most helpful.
    said = [line for line in errors or lines if line.strip()]
    last = said[-1] if said else "it printed nothing"
    return _short(re.sub("^error: ", "", last, flags=re.I))


def cause_from_uv(printed: str) -> str:
    """Return why uv failed.

    Args:
        printed: Its standard error.

    Returns:
        The cause in one line, at most `LONGEST` characters.

    Example:
        >>> cause_from_uv('''error: No solution found when resolving dependencies
        ...   cause: Because you require torch==2.15.0 and torch<2.15, we can conclude
        ...          that your requirements are unsatisfiable.
        ... ''')
        'Because you require torch==2.15.0 and torch<2.15'
    """
    labels = r"^[ \t]*(error:|×|cause:|Caused by:|├─▶|╰─▶|hint:)"
    parts = re.split(labels, printed, flags=re.M)
    headline, causes, hints = "", [], []
    for label, text in zip(parts[1::2], parts[2::2], strict=True):
        lines = [line.strip(FRAME) for line in text.splitlines() if line.strip(FRAME)]
        if "[stderr]" in lines:  # a failed build: the last line has its error
            lines = lines[-1:]
        text = " ".join(lines)
        if label == "hint:":
            hints.append(text)
        elif headline:
            causes.append(text)
        else:
            headline = text
    if not causes:
        return cause_from_pip(printed) if not headline else _short(headline)
    if not headline.startswith("No solution found"):
        # The first cause says which step failed, and the last one says why.
        return _short(": ".join(dict.fromkeys([headline, causes[0], causes[-1]])))
    end = ", we can conclude that your requirements are unsatisfiable."
    told = causes[-1].removesuffix(end)
    return _short(" ".join([told, *(f"({hint})" for hint in hints)]))


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else text[: LONGEST - 2] + " …"


def _conflict(lines: list[str]) -> str | None:
    """Return the requirements that conflict."""
    if "The conflict is caused by:" not in lines:
        return None
    found = []
    for line in lines[lines.index("The conflict is caused by:") + 1 :]:
        if not line.startswith(" "):
            break
        found.append(line.strip())
    return "conflict: " + "; ".join(found)


def _hash_mismatch(lines: list[str]) -> str | None:
    """Return the file that has a different hash than the requirements state."""
    for number, line in enumerate(lines):
        if "DO NOT MATCH THE HASHES" in line:
            return "the hashes don't match: " + " ".join(lines[number + 1 :])
    return None


def _not_found(lines: list[str]) -> str | None:
    """Return the requirement that pip found nothing for, and why if it says so."""
    found = [match for line in lines if (match := NOT_FOUND.search(line))]
    if not found:
        return None
    wanted = found[-1][1]
    unreachable = [match for line in lines if (match := UNREACHABLE.search(line))]
    if unreachable:
        told = unreachable[-1][1] or unreachable[-1][2]
        told = re.sub(r"<\S+ object at \w+>:? ?", "", told)
        return f"can't reach the index for {wanted}: {told}"
    told = found[-1][0]
    if asked_by := [line for line in lines if f" {wanted} (from " in line]:
        source = (
            asked_by[-1].partition(f" {wanted} ")[2].partition(" (from versions")[0]
        )
        told += "" if source.startswith("(from versions") else f" {source}"
    other = [match for line in lines if (match := OTHER_PYTHON.search(line))]
    if other:
        versions = dict(text.split(" ", 1) for text in other[-1][1].split("; "))
        pinned = wanted.partition("==")[2]
        if pinned in versions:
            return f"{wanted} has {versions[pinned]}; name another Python with --python"
        if not pinned:
            version, requires = [*versions.items()][-1]
            told += f"; {version} has {requires}"
    return told


def _failed_build(lines: list[str]) -> str | None:
    """Return the step of a package build that failed, and the last line it printed."""
    ends = [n for n, line in enumerate(lines) if line.strip(FRAME) == "[end of output]"]
    if not ends:
        return None
    step = next((line for line in lines if line.strip().startswith("×")), "")
    return f"{step.strip(' ×.')}: {lines[ends[0] - 1].strip(FRAME)}"

"""Read which torch names the blocks use, and which names torch documents.

`verify.apis` writes the record of the names that blocks use. `torch_docs.inv` lists the
documented names. It is a Sphinx inventory (``objects.inv``), so the one from newer
documentation can replace it unchanged. This one has 4,455 names from the documentation
of PyTorch 2.6. They were read from its sources (``docs/source`` of Debian's pytorch
2.6.0+dfsg), and are limited to names that torch 2.13 still has and that have the same
address in the published inventory of 2.6.
"""

from __future__ import annotations

import functools
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from verify import DEFAULT_TORCH, RECORDS, SNIPPETS
from verify.evidence import RecordError
from verify.record_files import locked, replace_text

RECORD = RECORDS / "apis.json"
INVENTORY = Path(__file__).with_name("torch_docs.inv")
_HEADER_LINES = 4


@dataclass(frozen=True)
class Entry:
    """The torch names that one file uses.

    Attributes:
        sha256: The hash of the file when its names were found.
        names: The numbers of the lines that use a name, by name.
        unrun: Why the names were found in the source only; None if the file ran.
    """

    sha256: str
    names: dict[str, list[int]]
    unrun: str | None = None


def read(path: Path = RECORD) -> dict[str, Entry]:
    """Read the record of names.

    Args:
        path: The record; it needn't exist.

    Returns:
        The entries, by path of the file in ``snippets/``; empty if there is no record,
        or one of a release that isn't the default.

    Raises:
        RecordError: If the file is not a record of names.
    """
    if not path.is_file():
        return {}
    try:
        fields = json.loads(path.read_text("utf-8"))
        if fields["torch"] != DEFAULT_TORCH:
            return {}
        return {name: Entry(**entry) for name, entry in fields["files"].items()}
    except (ValueError, TypeError, KeyError) as error:
        raise RecordError(f"{path}: is not a record of names: {error}") from None


def merge(found: Mapping[str, Entry], path: Path = RECORD) -> None:
    """Add entries to the record of names, and remove those of deleted files.

    Args:
        found: The entries, by path of the file in ``snippets/``.
        path: The record; it needn't exist, but its folder must.

    Raises:
        RecordError: If the file is not a record of names, or another run holds the lock
            for too long.
        OSError: If the record can't be written.
    """
    with locked(path.parent):
        rows = []
        for name, entry in sorted({**read(path), **found}.items()):
            if (SNIPPETS / name).is_file():
                fields = {"sha256": entry.sha256, "names": entry.names}
                why = {"unrun": entry.unrun} if entry.unrun else {}
                rows.append(f"{json.dumps(name)}: {json.dumps({**fields, **why})}")
        text = ",\n".join(rows)  # one line per file, so that diffs stay readable
        first = f'{{"torch": "{DEFAULT_TORCH}", "files": {{\n'
        replace_text(path, f"{first}{text}\n}}}}\n")


@functools.cache
def documented(path: Path = INVENTORY) -> dict[str, str]:
    """Read a Sphinx inventory.

    Args:
        path: The inventory.

    Returns:
        The addresses of Python objects, except modules, by name. They are relative to
        the root of the documentation.

    Example:
        >>> documented()["torch.Tensor.sum"]
        'generated/torch.Tensor.sum.html#torch.Tensor.sum'
    """
    packed = path.read_bytes().split(b"\n", _HEADER_LINES)[_HEADER_LINES]
    found = {}
    for line in zlib.decompress(packed).decode("utf-8").splitlines():
        name, role, _, address, _ = line.split(" ", 4)
        if role.startswith("py:") and role != "py:module":
            # A trailing `$` stands for the name.
            found[name] = address[:-1] + name if address.endswith("$") else address
    return found

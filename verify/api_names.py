"""The torch names that blocks use, as recorded, and those that torch documents.

`verify.apis` writes the record. `torch_docs.inv` lists what the documentation has, in
the format of Sphinx (``objects.inv``), so that of newer documentation can replace it as
it is. This one has 4,455 names of the documentation of PyTorch 2.6: read from its
sources (``docs/source`` of Debian's pytorch 2.6.0+dfsg), as far as torch 2.13 still has
the names and the published inventory of 2.6 gives them the same address.
"""

from __future__ import annotations

import functools
import json
import os
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from verify import DEFAULT_TORCH, RECORDS, SNIPPETS
from verify.evidence import RecordError
from verify.record_files import locked, new_file

RECORD = RECORDS / "apis.json"
INVENTORY = Path(__file__).with_name("torch_docs.inv")
_HEADER_LINES = 4


@dataclass(frozen=True)
class Entry:
    """The torch names that one file uses.

    Attributes:
        sha256: Hash of the file as it ran.
        names: The lines that use a name, by name.
        unrun: Why the names come from the source; None if they come from a run.
    """

    sha256: str
    names: dict[str, list[int]]
    unrun: str | None = None


def read(path: Path = RECORD) -> dict[str, Entry]:
    """Read the record.

    Args:
        path: The record; one that doesn't exist has no entries.

    Returns:
        Entries by the path of the file in ``snippets/``. None of them if the record
        is of another release than the default one.

    Raises:
        RecordError: If the file is not such a record.
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
    """Put entries into the record; those of files that are gone leave it.

    Args:
        found: Entries by the path of the file in ``snippets/``.
        path: The record; it needn't exist.
    """
    with locked(path.parent):
        rows = []
        for name, entry in sorted({**read(path), **found}.items()):
            if (SNIPPETS / name).is_file():
                fields = {"sha256": entry.sha256, "names": entry.names}
                why = {"unrun": entry.unrun} if entry.unrun else {}
                rows.append(f"{json.dumps(name)}: {json.dumps({**fields, **why})}")
        text = ",\n".join(rows)  # a line for each file, so that a diff shows it alone
        handle, new = new_file(path)
        with open(handle, "w", encoding="utf-8") as file:
            file.write(f'{{"torch": "{DEFAULT_TORCH}", "files": {{\n{text}\n}}}}\n')
        os.replace(new, path)


@functools.cache
def documented(path: Path = INVENTORY) -> dict[str, str]:
    """Read an inventory.

    Args:
        path: The inventory.

    Returns:
        Addresses below the root of the documentation, by the names of Python objects.

    Example:
        >>> documented()["torch.Tensor.sum"]
        'generated/torch.Tensor.sum.html#torch.Tensor.sum'
    """
    packed = path.read_bytes().split(b"\n", _HEADER_LINES)[_HEADER_LINES]
    found = {}
    for line in zlib.decompress(packed).decode("utf-8").splitlines():
        name, role, _, address, _ = line.split(" ", 4)
        if role.startswith("py:") and role != "py:module":
            # `$` at the end means the name.
            found[name] = address[:-1] + name if address.endswith("$") else address
    return found

"""Build small records for the tests of the code that reads records."""

import hashlib
from pathlib import Path

from verify.evidence import Record, Result
from verify.snippet import parse_bytes
from verify.verdict import Machine

TEXT = "print(1)\n"


def machine(torch="2.13.0", device="cpu", **facts):
    """Return a typical machine in which `facts` replace the usual fields."""
    usual = {
        "device_name": "AMD EPYC",
        "build": torch,
        "python": "3.11.7",
        "numpy": "2.3.5",
        "platform": "Linux",
    }
    return Machine(device=device, **{**usual, **facts})


def result(text=TEXT, outcome="passed", **more):
    """Return the result of a file that contains `text`."""
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    return Result(sha256, outcome, 0.1, "2026-05-04", **more)


def of(torch, device="cpu", **results):
    """Return a record of files.

    Args:
        torch: The release.
        device: The device.
        results: The result of each file, by its name without ".py".
    """
    here = machine(torch, device)
    snippets = {f"{name}.py": r for name, r in results.items()}
    when = "2026-05-04T10:00:00+00:00"
    return Record(torch, device, when, {here.id: here}, snippets)


def files(*names, text=TEXT):
    """Return parsed files by name.

    Args:
        names: The names of the files without ".py".
        text: The text of each file.
    """
    return {
        f"{name}.py": parse_bytes(text.encode(), Path(f"/{name}.py")) for name in names
    }

"""Records made by hand, for the tests of what reads them."""

import hashlib

from verify.evidence import Record, Result


def result(text="print(1)\n", outcome="passed", **more):
    """What came of a file with a text."""
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    return Result(sha256, outcome, 0.1, "2026-05-04", **more)


def of(torch, device="cpu", **results):
    """A record of files a.py, b.py, …"""
    snippets = {f"{name}.py": r for name, r in results.items()}
    facts = ("AMD EPYC", "3.11.7", "2.3.5", "Linux", "2026-05-04T10:00:00+00:00")
    return Record(torch, torch, device, *facts, snippets)

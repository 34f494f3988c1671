"""Limits that hold on a busy machine: a hang is told from a wait for the CPU."""

import os


def patient(seconds: float) -> float:
    """Return a limit for what takes less than `seconds` on a quiet machine.

    With twenty processes for each core, everything takes twenty times as long. Nothing
    waits for a limit but a test that fails, or one about a limit.
    """
    load = os.getloadavg()[0] / (os.cpu_count() or 1)
    return seconds * max(1.0, load)

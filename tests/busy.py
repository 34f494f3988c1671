"""Time limits that tell a hanging process from one that waits for a busy CPU."""

import os


def patient(seconds: float) -> float:
    """Return a time limit that grows with the load of the machine.

    With twenty processes per core, everything takes twenty times as long. A generous
    limit costs little: most tests reach it only if they fail.

    Args:
        seconds: The limit on an idle machine.

    Returns:
        The limit in seconds, never less than `seconds`.
    """
    load = os.getloadavg()[0] / (os.cpu_count() or 1)
    return seconds * max(1.0, load)

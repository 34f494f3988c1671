"""The device that snippet files run on, and what holds for all that tests start."""

import os
import signal

import pytest

# A shell that starts this in the background has interrupts ignored, and so would every
# program that a test starts and interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


# Threads of OpenMP that spin while they wait take the core that another process needs.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")


def pytest_addoption(parser):
    """Add `--device` and `--every-way`."""
    parser.addoption(
        "--device",
        choices=["cpu", "cuda"],
        default="cpu",
        help="device that the snippet files run on (default: cpu)",
    )
    parser.addoption(
        "--every-way",
        action="store_true",
        help="see each page with mouse and finger, on both screens, in both schemes "
        "and with the search open (default: the ways that differ)",
    )


@pytest.fixture(scope="session")
def device(request):
    """The device of this run: "cpu" or "cuda"."""
    return request.config.getoption("--device")

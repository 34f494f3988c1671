"""Options of the test suite, and settings for every process that a test starts."""

import os
import signal

import pytest

# If a shell starts pytest in the background, pytest ignores SIGINT. The programs that
# tests start would inherit that, and the tests that interrupt them would fail.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


# Idle OpenMP threads spin by default, which takes CPU time from other processes.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")


def pytest_addoption(parser):
    """Add the options `--device` and `--every-way`."""
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
    """Return the device that snippet files run on: "cpu" or "cuda"."""
    return request.config.getoption("--device")

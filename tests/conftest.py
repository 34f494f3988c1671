"""The device that snippet files run on."""

import pytest


def pytest_addoption(parser):
    """Add `--device`."""
    parser.addoption(
        "--device",
        choices=["cpu", "cuda"],
        default="cpu",
        help="device that the snippet files run on (default: cpu)",
    )


@pytest.fixture(scope="session")
def device(request):
    """The device of this run: "cpu" or "cuda"."""
    return request.config.getoption("--device")

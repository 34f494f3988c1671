"""What the tests of the runner share: files to run, and a warm and a cold runner."""

import textwrap

import pytest

from verify.run import Runner


@pytest.fixture
def write(tmp_path):
    """Write a file with the given text and give its path."""

    def write(text, name="block.py"):
        path = tmp_path / name
        path.write_text(textwrap.dedent(text).lstrip("\n"), "utf-8")
        return path

    return write


@pytest.fixture(scope="session")
def warm():
    """A runner that forks: one server for all tests, so that each follows others."""
    with Runner(ahead=["torch._dynamo"]) as runner:
        yield runner


@pytest.fixture(scope="session")
def cold():
    """A runner that starts a real `python FILE`."""
    with Runner(timeout=120, cold=True) as runner:
        yield runner


@pytest.fixture(params=["warm", "cold"])
def runner(request):
    """Each runner in turn: what holds for one holds for the other."""
    return request.getfixturevalue(request.param)

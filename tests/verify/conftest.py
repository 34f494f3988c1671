"""Fixtures for the tests of the runner: a file writer, a fake torch and runners."""

import textwrap

import pytest

from tests.verify.fakes import TORCH
from verify import DEFAULT_TORCH
from verify.run import Runner


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a file with the given text and returns its path."""

    def write(text, name="block.py"):
        path = tmp_path / name
        path.write_text(textwrap.dedent(text).lstrip("\n"), "utf-8")
        return path

    return write


@pytest.fixture(scope="session")
def small_torch(tmp_path_factory):
    """Return a folder with a fake torch, because importing the real one takes seconds.

    The version of the fake is the default release.
    """
    folder = tmp_path_factory.mktemp("small_torch")
    (folder / "torch.py").write_text(TORCH.format(version=DEFAULT_TORCH))
    return str(folder)


@pytest.fixture
def finds_small_torch(small_torch, monkeypatch):
    """Have the runners that a test starts import the fake torch."""
    monkeypatch.setenv("PYTHONPATH", small_torch)


@pytest.fixture(scope="session")
def warm():
    """Yield a runner that forks from one server.

    All tests share it, so each file runs after the files of other tests.
    """
    with Runner(ahead=["torch._dynamo"]) as runner:
        yield runner


@pytest.fixture(scope="session")
def cold(small_torch):
    """Yield a runner that starts a new `python FILE` each time, with the fake torch."""
    with Runner(timeout=120, cold=True, variables={"PYTHONPATH": small_torch}) as cold:
        yield cold


@pytest.fixture(params=["warm", "cold"])
def runner(request):
    """Return the warm and then the cold runner; a test must pass with both."""
    return request.getfixturevalue(request.param)

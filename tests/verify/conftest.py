"""What the tests of the runner share: files to run, and a warm and a cold runner."""

import textwrap

import pytest

from tests.verify.fakes import TORCH
from verify import DEFAULT_TORCH
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
def small_torch(tmp_path_factory):
    """A folder with a torch that is a page of Python; the real one takes seconds.

    Its version is the default release.
    """
    folder = tmp_path_factory.mktemp("small_torch")
    (folder / "torch.py").write_text(TORCH.format(version=DEFAULT_TORCH))
    return str(folder)


@pytest.fixture
def finds_small_torch(small_torch, monkeypatch):
    """Runners that a test starts have the small torch."""
    monkeypatch.setenv("PYTHONPATH", small_torch)


@pytest.fixture(scope="session")
def warm():
    """A runner that forks: one server for all tests, so that each follows others."""
    with Runner(ahead=["torch._dynamo"]) as runner:
        yield runner


@pytest.fixture(scope="session")
def cold(small_torch):
    """A runner that starts a real `python FILE`; its torch is the small one."""
    with Runner(timeout=120, cold=True, variables={"PYTHONPATH": small_torch}) as cold:
        yield cold


@pytest.fixture(params=["warm", "cold"])
def runner(request):
    """Each runner in turn: what holds for one holds for the other."""
    return request.getfixturevalue(request.param)

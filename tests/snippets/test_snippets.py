"""Every snippet file does what it says, in one server of the runner."""

from collections import defaultdict
from pathlib import Path

import pytest

from tests.docs.pages import LANGUAGES, read_pages, snippet_files
from verify import RequestError
from verify.ahead import modules_ahead
from verify.evidence import releases
from verify.fork.client import ServerError
from verify.run import Runner

ROOT = Path(__file__).resolve().parents[2]
FILES = snippet_files(ROOT)


@pytest.fixture(scope="session")
def runner(device):
    """The runner, warm for all files, on the device of `--device`."""
    try:
        ahead = modules_ahead(ROOT / "snippets" / file for file in FILES)
        matrix = releases(device)
        runner = Runner(device=device, matrix=matrix, ahead=ahead)
    except (RequestError, ServerError) as error:  # one line, not one for each file
        pytest.exit(str(error), returncode=2)
    with runner:
        yield runner


@pytest.fixture(scope="session")
def shown_at():
    """Where a reader meets each file, such as `docs/zh/tensors/shape.md#view`."""
    places = defaultdict(list)
    for language in LANGUAGES:
        for page in read_pages(ROOT, language):
            for fence in page.fences:
                heading = page.heading_of(fence.number)
                places[fence.include].append(f"{page.where}#{heading}")
    return places


def test_there_are_files():
    assert FILES


@pytest.mark.parametrize("file", FILES)
def test_snippet(file, runner, shown_at):
    verdict = runner.run(ROOT / "snippets" / file)
    if verdict.outcome == "skipped":
        pytest.skip(f"needs {verdict.need}")
    if verdict.outcome != "passed":
        readers = ", ".join(shown_at[file]) or "on no page"
        faults = "\n".join(f"{readers}: {fault}" for fault in verdict.faults)
        pytest.fail(faults or f"{readers}: {file}: {verdict.outcome}", pytrace=False)

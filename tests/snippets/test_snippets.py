"""Every snippet file prints and does what its comments say, on the installed torch."""

from collections import defaultdict
from pathlib import Path

import pytest

from render.pages import LANGUAGES, read_site, snippet_files
from verify import RequestError
from verify.ahead import modules_ahead
from verify.fork.client import ServerError
from verify.record_files import releases
from verify.run import Runner

ROOT = Path(__file__).resolve().parents[2]
FILES = snippet_files(ROOT)


@pytest.fixture(scope="session")
def verdicts(request, device):
    """The verdicts by file name on all selected files, which run concurrently."""
    names = [
        item.callspec.params["file"]
        for item in request.session.items
        if getattr(item, "function", None) is test_snippet
    ]
    files = {ROOT / "snippets" / name: name for name in names}
    try:
        runner = Runner(
            device=device, matrix=releases(device), ahead=modules_ahead(files)
        )
    except (RequestError, ServerError) as error:  # one message, not one for each file
        pytest.exit(str(error), returncode=2)
    with runner:
        return {files[one.path]: one for one in runner.run_all(files)}


@pytest.fixture(scope="session")
def shown_at():
    """The sections that show each file, such as `docs/zh/tensors/shape.md#view`."""
    places = defaultdict(list)
    for language in LANGUAGES:
        for page in read_site(ROOT, language).pages.values():
            for fence in page.fences:
                heading = page.heading_of(fence.first)
                places[fence.include].append(f"{page.where}#{heading}")
    return places


def test_there_are_files():
    assert FILES


@pytest.mark.parametrize("file", FILES)
def test_snippet(file, verdicts, shown_at):
    verdict = verdicts[file]
    if verdict.outcome == "skipped":
        pytest.skip(f"needs {verdict.need}")
    if verdict.outcome != "passed":
        readers = ", ".join(shown_at[file]) or "on no page"
        faults = "\n".join(f"{readers}: {fault}" for fault in verdict.faults)
        pytest.fail(faults or f"{readers}: {file}: {verdict.outcome}", pytrace=False)

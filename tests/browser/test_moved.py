"""Redirects from old addresses, added to a copy of the built site."""

import shutil
import threading

import pytest

from render import moved, offline
from render import site as rendering

MOVES = """tensors/shape.md#gone: tensors/math.md#matmul
tensors/former.md: tensors/shape.md
tensors/former.md#product: tensors/math.md#matmul
"""


@pytest.fixture(scope="module")
def planted(folder, tmp_path_factory):
    """A copy of the site in a folder `notes`, with the redirects of MOVES."""
    tree = tmp_path_factory.mktemp("tree")
    (tree / "docs").mkdir()
    (tree / moved.NAME).write_text(MOVES)
    names = ("docs/zh", "docs/en", "docs/mistakes", "snippets")
    for name in (*names, *rendering.CONFIGS.values()):
        (tree / name).symlink_to(rendering.ROOT / name)
    out = tree / "notes"
    ignored = shutil.ignore_patterns("*.zip", "snippets", "training", "distributed")
    shutil.copytree(folder, out, ignore=ignored)
    for lang in rendering.CONFIGS:
        moved.write(out / lang, tree, lang, f"https://example.org/{lang}/")
    return out


@pytest.fixture(scope="module")
def url(planted):
    """The address of the copy on a server, below a path."""
    with rendering.server(planted.parent, 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://{rendering.HOST}:{server.server_port}/notes/"
        server.shutdown()


@pytest.fixture(scope="module")
def files(planted, tmp_path_factory):
    """The `file:` address of the copy, converted as for the archive."""
    out = tmp_path_factory.mktemp("files")
    for path in planted.rglob("*"):
        name = path.relative_to(planted).as_posix()
        copy = out / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".html":
            copy.write_text(offline.page(planted, name, path.read_text("utf-8")))
        elif path.is_file():
            copy.symlink_to(path)
    return f"{out.as_uri()}/"


@pytest.mark.parametrize("kind", ["url", "files"])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("tensors/shape/{}#gone", "tensors/math/{}#matmul"),
        ("tensors/former/{}", "tensors/shape/{}"),
        ("tensors/former/{}#view", "tensors/shape/{}#view"),
        ("tensors/former/{}#gone", "tensors/math/{}#matmul"),
        ("tensors/former/{}#product", "tensors/math/{}#matmul"),
    ],
)
def test_an_old_address_leads_on(open_page, request, kind, old, new):
    start = request.getfixturevalue(kind)
    leaf = "index.html" if kind == "files" else ""
    page = open_page("zh/")
    page.goto(start + leaf)
    page.wait_for_url(f"{start}*/{leaf}")
    before = page.evaluate("history.length")
    page.goto(f"{start}en/{old.format(leaf)}")
    page.wait_for_url(f"{start}en/{new.format(leaf)}")
    # The old address must not be in the history, or Back would lead to it.
    assert page.evaluate("history.length") == before + 1
    page.click(".site-language")
    page.wait_for_url(f"{start}zh/{new.format(leaf)}")


def test_a_link_on_the_page_itself_leads_on(open_page, url):
    page = open_page("zh/")
    page.goto(f"{url}zh/tensors/shape/")
    page.evaluate("location.hash = 'gone'")
    page.wait_for_url(f"{url}zh/tensors/math/#matmul")
    page.go_back()
    page.wait_for_url(f"{url}zh/tensors/shape/")


def test_without_scripts_a_line_says_where_the_section_is(open_page, url):
    page = open_page("zh/", java_script_enabled=False)
    page.goto(f"{url}en/tensors/shape/")
    line = page.locator("#gone")
    assert not line.is_visible()
    page.goto(f"{url}en/tensors/shape/#gone")
    line.locator("a").click()
    assert page.url == f"{url}en/tensors/math/#matmul"


def test_without_scripts_a_page_that_has_moved_leads_on(open_page, url, files):
    page = open_page("zh/", java_script_enabled=False)
    page.goto(f"{url}zh/tensors/former/")
    page.wait_for_url(f"{url}zh/tensors/shape/")
    page.goto(f"{files}zh/tensors/former/index.html")
    page.wait_for_url(f"{files}zh/tensors/shape/index.html")

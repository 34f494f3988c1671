"""The built site on a free port, and a real Chromium that reads it."""

import contextlib
import importlib.util
import os
import shutil
import tempfile
import threading
from pathlib import Path

import pytest

from render import site as rendering

sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright")

REPORT = "https://pytorch-notes.example/issues/new?title={title}&body={body}"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@contextlib.contextmanager
def built(folder):
    """Build the site into a folder, for the very port that serves it; its address."""
    with rendering.server(folder, 0) as server:
        url = f"http://{rendering.HOST}:{server.server_port}/"
        # As where the site is published: each page leads to its source.
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("EDIT_URL", "https://pytorch-notes.example/edit/main/{path}")
            patch.setenv("VIEW_URL", "https://pytorch-notes.example/blob/main/{path}")
            patch.setenv("REPORT_URL", REPORT)
            rendering.build(folder, url, archive=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield url
        server.shutdown()


# With several workers, the process that hands out the tests builds the site for all.
SHARED = pytest.StashKey()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
    """Tell a worker of xdist where the site is."""
    stash = node.config.stash
    if SHARED not in stash and importlib.util.find_spec("mkdocs"):
        stack = contextlib.ExitStack()
        node.config.add_cleanup(stack.close)
        folder = stack.enter_context(tempfile.TemporaryDirectory()) + "/site"
        stash[SHARED] = (folder, stack.enter_context(built(Path(folder))))
    node.workerinput["site"] = stash.get(SHARED, None)


@pytest.fixture(scope="session")
def folder_and_site(request, tmp_path_factory):
    """The folder that holds the site, and its address."""
    pytest.importorskip("mkdocs", reason="builds the site with MkDocs")
    if shared := getattr(request.config, "workerinput", {}).get("site"):
        yield Path(shared[0]), shared[1]
    else:
        folder = tmp_path_factory.mktemp("site")
        with built(folder) as url:
            yield folder, url


@pytest.fixture(scope="session")
def folder(folder_and_site):
    """The folder that holds the site."""
    return folder_and_site[0]


@pytest.fixture(scope="session")
def site(folder_and_site):
    """Address of the site."""
    return folder_and_site[1]


@pytest.fixture(scope="session")
def chromium():
    """The browser; the variable CHROMIUM names one that is not on the path."""
    named = os.environ.get("CHROMIUM")
    path = named or next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        need = f"needs a Chromium: one of {', '.join(NAMES)} on the path"
        # Where the change is judged, nothing read is not the same as all well.
        (pytest.fail if os.environ.get("CI") else pytest.skip)(need)
    with sync_api.sync_playwright() as playwright:
        # The sandbox needs rights that root in a container lacks; the pages are ours.
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox"]
        )
        yield browser
        browser.close()


class Reader:
    """Opens pages in one browser window; `faults` is what they should not have done."""

    def __init__(self, chromium, site, **options):
        options.setdefault("viewport", {"width": 1300, "height": 900})
        self.site = site
        self.faults = []
        self.context = chromium.new_context(**options)
        self.context.set_default_timeout(60_000)  # other tests may go first
        self.page = self.context.new_page()
        self.page.on("request", self._request)
        self.page.on("response", self._response)
        self.page.on("console", self._console)
        self.page.on("pageerror", self._fault)

    def _fault(self, what):
        self.faults.append(f"{self.page.url}: {what}")

    def _request(self, request):
        if not request.url.startswith((self.site, "data:", "blob:")):
            self._fault(f"asks for {request.url}")

    def _response(self, response):
        if response.status >= 400:
            self._fault(f"{response.status} for {response.url}")

    def _console(self, message):
        if message.type in ("error", "warning"):
            self._fault(message.text)


@pytest.fixture
def every_way(request):
    """Whether each page is looked at in every way, also in those that hardly differ."""
    return request.config.getoption("--every-way")


@pytest.fixture
def readers(chromium, site):
    """A function that makes a reader with options of a browser window."""
    made = []

    def reader(**options):
        made.append(Reader(chromium, site, **options))
        return made[-1]

    yield reader
    for one in made:
        one.context.close()


@pytest.fixture(scope="module")
def reader(chromium, site):
    """One reader for all tests of a file; its `pointer` makes a mouse a finger.

    With a window for each, a browser would load the styles
    and scripts of the site again for each.
    """
    permissions = ["clipboard-read", "clipboard-write"]
    reader = Reader(chromium, site, permissions=permissions)
    reader.pointer = reader.context.new_cdp_session(reader.page)
    yield reader
    reader.context.close()


@pytest.fixture
def open_page(readers, site):
    """A function that opens a path of the site in a window of its own."""

    def open_page(path="", **options):
        page = readers(**options).page
        page.goto(site + path)
        return page

    return open_page

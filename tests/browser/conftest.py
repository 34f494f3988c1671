"""Fixtures for browser tests: the built site on a free port, and Chromium."""

import contextlib
import importlib.util
import os
import tempfile
import threading
from pathlib import Path

import pytest

import tests.chromium
from render import site as rendering

sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright")

REPORT = "https://pytorch-notes.example/issues/new?title={title}&body={body}"


@contextlib.contextmanager
def built(folder):
    """Build the site into a folder and serve it; yield its address.

    The server starts before the build, because the pages contain their address.
    """
    with rendering.server(folder, 0) as server:
        url = f"http://{rendering.HOST}:{server.server_port}/"
        # As on the published site, each page links to its source and to a new issue.
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("EDIT_URL", "https://pytorch-notes.example/edit/main/{path}")
            patch.setenv("VIEW_URL", "https://pytorch-notes.example/blob/main/{path}")
            patch.setenv("REPORT_URL", REPORT)
            rendering.build(folder, url, archive=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield url
        server.shutdown()


# With pytest-xdist, the controller builds the site once for all workers.
SHARED = pytest.StashKey()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
    """Pass the folder and the address of the site to a worker of pytest-xdist."""
    stash = node.config.stash
    if SHARED not in stash and importlib.util.find_spec("mkdocs"):
        stack = contextlib.ExitStack()
        node.config.add_cleanup(stack.close)
        folder = stack.enter_context(tempfile.TemporaryDirectory()) + "/site"
        stash[SHARED] = (folder, stack.enter_context(built(Path(folder))))
    node.workerinput["site"] = stash.get(SHARED, None)


@pytest.fixture(scope="session")
def folder_and_site(request, tmp_path_factory):
    """The folder and the address of the built site."""
    pytest.importorskip("mkdocs", reason="builds the site with MkDocs")
    if shared := getattr(request.config, "workerinput", {}).get("site"):
        yield Path(shared[0]), shared[1]
    else:
        folder = tmp_path_factory.mktemp("site")
        with built(folder) as url:
            yield folder, url


@pytest.fixture(scope="session")
def folder(folder_and_site):
    """The folder of the built site."""
    return folder_and_site[0]


@pytest.fixture(scope="session")
def site(folder_and_site):
    """The address of the built site, with a slash at the end."""
    return folder_and_site[1]


@pytest.fixture(scope="session")
def chromium():
    """A Chromium from the path, or the one that the variable CHROMIUM names."""
    path = tests.chromium.path()
    if path is None:
        names = ", ".join(tests.chromium.NAMES)
        need = f"needs a Chromium: one of {names} on the path"
        # In CI, skipping every browser test must not look like success.
        (pytest.fail if os.environ.get("CI") else pytest.skip)(need)
    with sync_api.sync_playwright() as playwright:
        # Root in a container lacks the rights for the sandbox. We trust our own pages.
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox"]
        )
        yield browser
        browser.close()


class Reader:
    """Opens pages in one browser window and collects what goes wrong.

    Attributes:
        site: The address of the site.
        faults: Requests to other sites, failed responses, messages in the console, and
            uncaught exceptions.
        context: The browser context, with its own cookies and storage.
        page: The first page in it.
    """

    def __init__(self, chromium, site, **options):
        options.setdefault("viewport", {"width": 1300, "height": 900})
        self.site = site
        self.faults = []
        self.context = chromium.new_context(**options)
        self.context.set_default_timeout(60_000)  # other tests run meanwhile
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
    """Whether to check each page in every way, even in ways that hardly differ."""
    return request.config.getoption("--every-way")


@pytest.fixture
def readers(chromium, site):
    """A function that opens a browser window with options and returns its Reader."""
    made = []

    def reader(**options):
        made.append(Reader(chromium, site, **options))
        return made[-1]

    yield reader
    for one in made:
        one.context.close()


@pytest.fixture(scope="module")
def reader(chromium, site):
    """One Reader for all tests of a file; its `pointer` can emulate a touch screen.

    A new window for each test would load the styles and scripts of the site again.
    """
    permissions = ["clipboard-read", "clipboard-write"]
    reader = Reader(chromium, site, permissions=permissions)
    reader.pointer = reader.context.new_cdp_session(reader.page)
    yield reader
    reader.context.close()


@pytest.fixture
def open_page(readers, site):
    """A function that opens a path of the site in a new window."""

    def open_page(path="", **options):
        page = readers(**options).page
        page.goto(site + path)
        return page

    return open_page

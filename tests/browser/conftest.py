"""The built site on a free port, and a real Chromium that reads it."""

import os
import shutil
import threading

import pytest

from render import site as rendering

sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright")

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """Address of the site, built for the very port that serves it."""
    pytest.importorskip("mkdocs", reason="builds the site with MkDocs")
    folder = tmp_path_factory.mktemp("site")
    with rendering.server(folder, 0) as server:
        url = f"http://{rendering.HOST}:{server.server_port}/"
        rendering.build(folder, url)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield url
        server.shutdown()


@pytest.fixture(scope="session")
def folder(site, tmp_path_factory):
    """The folder that holds the site."""
    return next(tmp_path_factory.getbasetemp().glob("site*"))


@pytest.fixture(scope="session")
def addresses(folder):
    """Every page of both languages, as paths below the root."""
    return sorted(
        f"{path.parent.relative_to(folder).as_posix()}/"
        for lang in rendering.CONFIGS
        for path in (folder / lang).rglob("index.html")
    )


@pytest.fixture(scope="session")
def chromium():
    """The browser; the variable CHROMIUM names one that is not on the path."""
    named = os.environ.get("CHROMIUM")
    path = named or next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip(f"needs a Chromium: one of {', '.join(NAMES)} on the path")
    with sync_api.sync_playwright() as playwright:
        # The sandbox needs rights that root in a container lacks; the pages are ours.
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox"]
        )
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium, site):
    """A function that opens a path of the site in a reader's browser.

    Faults of all pages that it opened are in its attribute `faults`.
    """
    contexts = []
    faults = []

    def open_page(path="", **reader):
        reader.setdefault("viewport", {"width": 1300, "height": 900})
        context = chromium.new_context(**reader)
        contexts.append(context)
        page = context.new_page()

        def on_request(request):
            if not request.url.startswith((site, "data:", "blob:")):
                faults.append(f"{page.url}: asks for {request.url}")

        def on_response(response):
            if response.status >= 400:
                faults.append(f"{page.url}: {response.status} for {response.url}")

        def on_console(message):
            if message.type in ("error", "warning"):
                faults.append(f"{page.url}: {message.text}")

        page.on("request", on_request)
        page.on("response", on_response)
        page.on("console", on_console)
        page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))
        page.goto(site + path)
        return page

    open_page.faults = faults
    yield open_page
    for context in contexts:
        context.close()

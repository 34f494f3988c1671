"""Build the site and serve it.

- ``python -m render.site build`` builds both languages into ``site/`` and fails on
  warnings. ``--builder`` chooses a generator other than MkDocs.
- ``python -m render.site serve`` builds both and serves them on 127.0.0.1:8000.
- ``python -m render.site serve en`` serves one language and rebuilds what changes.

With ``--offline`` the build also packs the site into an archive that needs no server,
and the pages link to it. With ``--links`` it checks the links inside the site, lists
the links to other sites and requests each of them.

Environment variables:

- ``SITE_URL``: where the site is published, e.g. ``https://example.org/notes/``.
- ``EDIT_URL`` and ``VIEW_URL``: if set, pages link to their source, e.g. at
  ``https://example.org/notes/edit/main/{path}``.
- ``REPORT_URL``: if set, pages have links to report a problem, e.g. at
  ``https://example.org/notes/issues/new?title={title}&body={body}``.
"""

from __future__ import annotations

import argparse
import functools
import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.parse
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import rcssmin
import rjsmin

from render import downloads, links, moved, offline, search_index
from render.pages import CONFIGS, ROOT

HOST, PORT = "127.0.0.1", 8000
NEUTRAL_URL = "https://pytorch-notes.example/"
# No option makes MkDocs print its warnings but not its progress, so remove the latter.
NOISE = re.compile(r"^(INFO .*|)\n", re.M)
BLANKS = re.compile(r"\s*\n\s*")
SEARCH_MARK = re.compile(r" data-search-exclude(=\"\")?(?=[ >])")


class SiteError(Exception):
    """An error that the user can fix. The message has one line per fault."""


# All of these read mkdocs.yml and mkdocs.en.yml. MkDocs is no longer maintained.
# ProperDocs is a maintained fork, and Zensical is by the authors of the theme.
BUILDERS = ("mkdocs", "properdocs", "zensical")


def build(
    out: Path = ROOT / "site",
    url: str | None = None,
    archive: bool = False,
    builder: str = "mkdocs",
) -> None:
    """Build both languages and the files that belong to neither.

    Args:
        out: The output folder. Its previous contents are deleted. Zensical always
            writes to the folder that the configuration names.
        url: The address of `out` on the web. The default is the environment variable
            `SITE_URL`, or a placeholder if that isn't set.
        archive: Whether to pack an archive that needs no server, and link to it.
        builder: One of `BUILDERS`.

    Raises:
        SiteError: If a language doesn't build without warnings.
    """
    url = (url or os.environ.get("SITE_URL") or NEUTRAL_URL).rstrip("/") + "/"
    shutil.rmtree(out, ignore_errors=True)
    environment = _environment(url)
    if archive:
        environment["OFFLINE_ZIP"] = offline.NAME
    running = {
        lang: subprocess.Popen(
            _build_command(builder, config, out / lang),
            cwd=ROOT,
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        for lang, config in CONFIGS.items()
    }
    failed = []
    for lang, process in running.items():
        said, _ = process.communicate()
        if process.returncode:
            faults = NOISE.sub("", said).strip()
            failed.append(f"{faults}\n{CONFIGS[lang]} does not build")
        elif not failed:
            finish(out / lang, lang, f"{url}{lang}/")
    if failed:
        raise SiteError("\n".join(failed))
    write_root(out, url)
    if archive:
        (out / offline.NAME).write_bytes(offline.pack(out))


def finish(folder: Path, lang: str, url: str) -> None:
    """Add what generators don't write: downloads, search data and moved addresses.

    The pages, scripts and styles are then made smaller, see `tidy`.

    Args:
        folder: The folder of the language in a built site.
        lang: `zh` or `en`.
        url: The address of the folder on the web, with a trailing slash.
    """
    downloads.write(folder, lang, url)
    search_index.complete(folder, ROOT, lang)
    moved.write(folder, ROOT, lang, url)
    for page in folder.rglob("*.html"):
        page.write_text(tidy(page.read_text("utf-8")), "utf-8")
    # Our own scripts and styles. The theme's are in folders, and small already.
    for suffix, minified in ((".js", rjsmin.jsmin), (".css", rcssmin.cssmin)):
        for asset in (folder / "assets").glob(f"*{suffix}"):
            asset.write_text(minified(asset.read_text("utf-8")), "utf-8")


def tidy(page: str) -> str:
    """Remove the theme's blank lines and the search attributes from a page.

    They are a fortieth of what a reader downloads. White space inside ``<article`` is
    kept, because it may be part of code.

    Args:
        page: The HTML of the page.

    Returns:
        The smaller HTML.
    """
    before, article, rest = page.partition("<article")
    body, end, after = rest.partition("</article>")
    body = SEARCH_MARK.sub("", body)
    return BLANKS.sub("\n", before) + article + body + end + BLANKS.sub("\n", after)


def report_links(out: Path = ROOT / "site") -> None:
    """Print the links to other sites, each with the site's answer.

    Links to page sources and problem reports are left out because their addresses are
    settings, not part of the pages.

    Args:
        out: The folder of a built site.

    Raises:
        SiteError: If `links.inside` finds a fault, or another site answers that a page
            doesn't exist.
    """
    pages = links.read(out)
    settings = ("EDIT_URL", "VIEW_URL", "REPORT_URL")
    starts = [os.environ.get(key, "").partition("{")[0] for key in settings]
    own = [start for start in starts if start]
    found = {
        address: places
        for address, places in links.outside(out, pages).items()
        if not address.startswith(tuple(own))
    }
    faults = links.inside(out, pages)
    for address, answer in links.check(found).items():
        print(f"{answer:>5}  {address}  ({len(found[address])} × {found[address][0]})")
        if answer in ("404", "410"):
            faults.append(f"{found[address][0]}: {address} answers {answer}")
    if faults:
        raise SiteError("\n".join(faults))


def write_root(out: Path, url: str) -> None:
    """Write the files of ``docs/root``, which belong to neither language.

    Args:
        out: The folder of the site.
        url: The address of the site, with a trailing slash. Files for programs need
            absolute links. The 404 page needs the path, because it is shown at
            addresses of any depth.
    """
    source = ROOT / "docs" / "root"
    out.mkdir(parents=True, exist_ok=True)
    shutil.copy(source / "index.html", out)
    base = urllib.parse.urlsplit(url).path or "/"
    page = (source / "404.html").read_text("utf-8")
    page = page.replace('<base href="/">', f'<base href="{base}">')
    (out / "404.html").write_text(page, "utf-8")
    for name in ("robots.txt", "llms.txt"):
        text = (source / name).read_text("utf-8")
        (out / name).write_text(text.replace("{url}", url), "utf-8")


class Handler(SimpleHTTPRequestHandler):
    """Serve the files of the site, and the language's 404 page for other addresses."""

    def send_error(self, code, message=None, explain=None) -> None:
        """Answer 404 with the site's own page, as a static host would."""
        lang = self.path.split("/")[1]
        page = Path(self.directory, lang if lang in CONFIGS else "", "404.html")
        if code != 404 or not page.is_file():
            super().send_error(code, message, explain)
            return
        body = page.read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format, *args) -> None:
        """Don't log requests."""


class Server(ThreadingHTTPServer):
    """A threaded server whose unfinished requests don't keep the program alive."""

    daemon_threads = True

    def handle_error(self, request, client_address) -> None:
        """Ignore browsers that close the connection before they have the whole file."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def server(folder: Path, port: int = PORT) -> Server:
    """Create a server for a built site, without starting it.

    Args:
        folder: The folder of the site.
        port: The port; 0 means any free port.

    Returns:
        The server; `serve_forever` starts it.

    Raises:
        SiteError: If the port can't be used.
    """
    handler = functools.partial(Handler, directory=str(folder))
    try:
        return Server((HOST, port), handler)
    except OSError as error:
        raise SiteError(
            f"{HOST}:{port} cannot be taken ({error.strerror}); "
            "end the program that uses it and try again"
        ) from None


def serve() -> None:
    """Build the site and serve it on 127.0.0.1:8000 until Ctrl+C.

    Raises:
        SiteError: If the port can't be used or the site doesn't build.
    """
    # Open the port first: if it's taken, don't let the user wait for the build.
    with server(ROOT / "site") as running:
        url = f"http://{HOST}:{PORT}/"
        build(url=url)
        print(f"Serving {url}  (Ctrl+C ends it)", flush=True)
        running.serve_forever()


def preview(lang: str) -> None:
    """Serve one language and rebuild it whenever a page or snippet changes.

    Args:
        lang: `zh` or `en`.

    Raises:
        SiteError: If the port can't be used or MkDocs fails.
    """
    with server(ROOT / "site"):
        pass  # Try the port: if it's taken, MkDocs prints a traceback.
    # With --dirty, MkDocs rebuilds only changed pages. The hooks in render.preview tell
    # it which pages show a changed file.
    words = ("serve", "--dirty", "-f", CONFIGS[lang], "-a", f"{HOST}:{PORT}")
    command = [sys.executable, "-m", "mkdocs", *words]
    # MkDocs fails if a watched folder that the configuration names doesn't exist.
    if (ROOT / "records").is_dir():
        command += ["-w", "records"]
    with subprocess.Popen(
        command, cwd=ROOT, env=_environment(f"http://{HOST}:{PORT}/")
    ) as process:
        # When this program is terminated, MkDocs must end too, or it keeps the port.
        signal.signal(signal.SIGTERM, lambda *_: process.terminate())
        code = process.wait()
    if code > 0:
        raise SiteError(f"the preview of {CONFIGS[lang]} ended; see the lines above")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: The arguments; None means those of the process.

    Returns:
        The exit code: 0, or 1 after a `SiteError`, whose message is printed.
    """
    parser = argparse.ArgumentParser(prog="python -m render.site")
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("build", help="both languages into site/")
    command.add_argument(
        "--offline", action="store_true", help="and one archive that needs no server"
    )
    command.add_argument(
        "--links", action="store_true", help="and list and check links to other sites"
    )
    command.add_argument("--builder", choices=BUILDERS, default="mkdocs")
    help_ = "both languages; with a language, its preview that follows each change"
    command = commands.add_parser("serve", help=help_)
    command.add_argument("lang", nargs="?", choices=[*CONFIGS])
    options = parser.parse_args(arguments)
    try:
        if options.command == "build":
            build(archive=options.offline, builder=options.builder)
            if options.offline:
                print(ROOT / "site" / offline.NAME)
            if options.links:
                report_links()
        elif options.lang:
            preview(options.lang)
        else:
            serve()
    except SiteError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    return 0


def _build_command(builder: str, config: str, out: Path) -> list[str]:
    # Run it as a module: a console script wouldn't find `render` in the checkout.
    command = [sys.executable, "-m", builder, "build", "--strict", "-f", config]
    return command if builder == "zensical" else [*command, "-d", str(out)]


def _environment(url: str) -> dict[str, str]:
    own = {f"SITE_URL_{lang.upper()}": f"{url}{lang}/" for lang in CONFIGS}
    return {
        "NO_MKDOCS_2_WARNING": "1",
        **os.environ,
        **own,
    }


if __name__ == "__main__":
    sys.exit(main())

"""Build the site, and serve it.

``python -m render.site build`` builds both languages, strictly, into ``site/``; with
``--builder`` by another generator than MkDocs.
``python -m render.site serve`` does so and serves them on 127.0.0.1:8000.
``python -m render.site serve en`` serves one language and rebuilds it on each change.

With ``--offline`` the build also makes one archive of the site that needs no server,
and the pages lead to it. With ``--links`` it lists the links to other sites and asks
for each of them.

The environment variable ``SITE_URL=https://example.org/notes/`` says where the site is
published. Links to the source of a page appear if ``EDIT_URL`` or ``VIEW_URL`` is set,
for example to ``https://example.org/notes/edit/main/{path}``. Links to report a problem
appear if ``REPORT_URL`` is set, for example to
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

from render import downloads, links, moved, offline, search_index
from render.pages import CONFIGS, ROOT

HOST, PORT = "127.0.0.1", 8000
NEUTRAL_URL = "https://pytorch-notes.example/"
# MkDocs has no level of output that shows warnings and nothing below them.
NOISE = re.compile(r"^(INFO .*|)\n", re.M)
BLANKS = re.compile(r"\s*\n\s*")
SEARCH_MARK = re.compile(r" data-search-exclude(=\"\")?(?=[ >])")


class SiteError(Exception):
    """Something that the person at the keyboard can mend; one line for each fault."""


# Each of them reads mkdocs.yml and mkdocs.en.yml. MkDocs is no longer maintained:
# ProperDocs is a fork that is, and Zensical is by the authors of the theme.
BUILDERS = ("mkdocs", "properdocs", "zensical")


def build(
    out: Path = ROOT / "site",
    url: str | None = None,
    archive: bool = False,
    builder: str = "mkdocs",
) -> None:
    """Build both languages and the files above them.

    Args:
        out: The folder to fill; what it held before is gone afterwards. Zensical fills
            only the folder that the configuration names.
        url: The address of `out` on the web; by default `SITE_URL` of the environment.
        archive: Also make the archive that needs no server, and lead to it.
        builder: One of `BUILDERS`.

    Raises:
        SiteError: A language does not build without a warning.
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
    """Add what no generator makes to the pages of one language, and tidy these.

    Args:
        folder: The folder of the language in a built site.
        lang: `zh` or `en`.
        url: Its address on the web.
    """
    downloads.write(folder, lang, url)
    search_index.complete(folder, ROOT, lang)
    moved.write(folder, ROOT, lang, url)
    for page in folder.rglob("*.html"):
        page.write_text(tidy(page.read_text("utf-8")), "utf-8")


def tidy(page: str) -> str:
    """Take the blank lines of the theme and the marks for the search off a page.

    They are a fortieth of what a reader loads. Between ``<article`` and its end, white
    space may be code.
    """
    before, article, rest = page.partition("<article")
    body, end, after = rest.partition("</article>")
    body = SEARCH_MARK.sub("", body)
    return BLANKS.sub("\n", before) + article + body + end + BLANKS.sub("\n", after)


def report_links(out: Path = ROOT / "site") -> None:
    """Print the links to other sites with the answer of each.

    Links to the sources of the pages and to reports are left out: their address is a
    setting.

    Args:
        out: A built site.

    Raises:
        SiteError: A link inside leads nowhere, or another site says that there is no
            such page.
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
    """Put above both languages what belongs to neither, see docs/root.

    Args:
        out: The folder of the site.
        url: Its address: links need it in files for programs, and its path at an
            unknown depth.
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
    """Files of the site; an unknown address gets the 404 page of its language."""

    def send_error(self, code, message=None, explain=None) -> None:
        """Answer 404 as a host of static files does."""
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
        """Say nothing for each file."""


class Server(ThreadingHTTPServer):
    """A server that takes a port only if nobody has it."""

    daemon_threads = True

    def handle_error(self, request, client_address) -> None:
        """Say nothing when a browser goes on before it has got everything."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def server(folder: Path, port: int = PORT) -> Server:
    """A server of a built site, not yet running.

    Args:
        folder: The site.
        port: The port; 0 takes a free one.

    Returns:
        The server; `serve_forever` runs it.

    Raises:
        SiteError: The port is taken.
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
    """Build for, and serve on, 127.0.0.1:8000 until Ctrl+C."""
    with server(ROOT / "site") as running:  # before the build: no wait for a no
        url = f"http://{HOST}:{PORT}/"
        build(url=url)
        print(f"Serving {url}  (Ctrl+C ends it)", flush=True)
        running.serve_forever()


def preview(lang: str) -> None:
    """Serve one language and rebuild it whenever a page or snippet changes.

    Args:
        lang: `zh` or `en`.
    """
    with server(ROOT / "site"):
        pass  # MkDocs would answer a taken port with a traceback
    # Only what changed: render.preview says which pages show a changed file.
    words = ("serve", "--dirty", "-f", CONFIGS[lang], "-a", f"{HOST}:{PORT}")
    command = [sys.executable, "-m", "mkdocs", *words]
    if (ROOT / "records").is_dir():  # named in the configuration it would have to be
        command += ["-w", "records"]
    with subprocess.Popen(
        command, cwd=ROOT, env=_environment(f"http://{HOST}:{PORT}/")
    ) as process:
        # Whoever ends this program ends the preview: it would keep the port.
        signal.signal(signal.SIGTERM, lambda *_: process.terminate())
        code = process.wait()
    if code > 0:
        raise SiteError(f"the preview of {CONFIGS[lang]} ended; see the lines above")


def main(arguments: list[str] | None = None) -> int:
    """The command.

    Args:
        arguments: The words after the program's name.

    Returns:
        The exit code: 0, or 1 when something is wrong, which is said in one line.
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
    # As a module: the console script would not find `render` in the checkout.
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

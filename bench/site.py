"""Measure the size and speed of the site, of its builds and of the live preview.

- builds: the time of a strict build of both languages, without and with the archive;
- weights: the gzipped size of each page alone, and with the style sheets and scripts
  that a first visit loads;
- reading: largest contentful paint and layout shift at full speed, and as on a phone
  with 1.6 Mbit/s, 150 ms latency and a quarter of the processor speed;
- preview: the time from saving a page, or a file that it shows, to serving it.

``python bench/site.py [--runs 5]`` prints medians next to their limits.
"""

from __future__ import annotations

import argparse
import functools
import gzip
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from http.server import ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from playwright.sync_api import sync_playwright

from render import links, site

PAGES = ("zh/", "en/", "zh/tensors/shape/", "en/training/dataloader/")
PHONE = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1.6e6 / 8,
    "uploadThroughput": 0.75e6 / 8,
}
PAINT = """new Promise(done => {
  let shift = 0, paint = 0
  new PerformanceObserver(list => list.getEntries().forEach(entry => {
    if (!entry.hadRecentInput) shift += entry.value
  })).observe({type: "layout-shift", buffered: true})
  new PerformanceObserver(list => {
    paint = list.getEntries().at(-1).startTime
  }).observe({type: "largest-contentful-paint", buffered: true})
  setTimeout(() => done([paint, shift]), 300)
})"""
TEXT = {".html", ".css", ".js", ".svg", ".json", ".xml", ".txt"}


class Gzipped(site.Handler):
    """Serve text files gzipped, as static hosts do."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Send one file, gzipped if it is text."""
        path = Path(self.translate_path(self.path))
        if path.is_dir():
            path /= "index.html"
        if path.suffix not in TEXT or not path.is_file():
            super().do_GET()
            return
        body = packed(path)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@functools.cache
def packed(path: Path) -> bytes:
    return gzip.compress(path.read_bytes())


def row(what: str, found: str, limit: str = "") -> None:
    print(f"{what:<44}{found:>16}   {limit}", flush=True)


def builds(folder: Path, runs: int) -> None:
    for archive in (False, True):
        taken = []
        for _ in range(runs):
            start = time.perf_counter()
            site.build(folder, archive=archive)
            taken.append(time.perf_counter() - start)
        name = "both languages, strict" + (", with the archive" if archive else "")
        limit = "" if archive else "limit 6 s"
        row(name, f"{statistics.median(taken):.1f} s", limit)


def weights(folder: Path) -> None:
    first, following = {}, {}
    for path in folder.glob("??/**/index.html"):
        page = links.Page(path.read_text("utf-8"))
        files = {(path.parent / address).resolve() for _, address in page.loads}
        rest = sum(len(packed(x)) for x in files if x.suffix in (".css", ".js"))
        name = path.parent.relative_to(folder).as_posix()
        following[name] = len(packed(path))
        first[name] = following[name] + rest
    for name, limit, found in (
        ("first page", "limit 100 kB", first),
        ("next page", "limit 25 kB", following),
    ):
        heaviest = max(found, key=found.__getitem__)
        row(f"{name}, heaviest: {heaviest}", f"{found[heaviest] / 1e3:.1f} kB", limit)
        row(f"{name}, median", f"{statistics.median(found.values()) / 1e3:.1f} kB")
    for lang in site.CONFIGS:
        size = len(packed(folder / lang / "search/search_index.json"))
        row(f"index of the search, {lang}, when one searches", f"{size / 1e3:.1f} kB")


def reading(folder: Path, runs: int) -> None:
    handler = functools.partial(Gzipped, directory=str(folder))
    with ThreadingHTTPServer((site.HOST, 0), handler) as server, sync_playwright() as p:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = p.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for phone in (False, True):
            for name in PAGES:
                url = f"http://{site.HOST}:{server.server_port}/{name}"
                found = [visit(browser, url, phone) for _ in range(runs)]
                paint = statistics.median(x for x, _ in found)
                shift = max(x for _, x in found)
                kind = "phone" if phone else "here"
                limit = "limit 1500 ms" if phone else "limit 300 ms"
                row(f"largest paint, {kind}: {name}", f"{paint:.0f} ms", limit)
                row(f"layout shift, {kind}: {name}", f"{shift:.3f}", "limit 0.02")
        browser.close()
        server.shutdown()


def visit(browser, url: str, phone: bool) -> tuple[float, float]:
    """Measure one first visit.

    Args:
        browser: The Chromium browser.
        url: The address of the page.
        phone: Whether to slow the connection and processor down to those of a phone.

    Returns:
        The largest contentful paint in milliseconds, and the layout shift.
    """
    size = {"width": 390, "height": 844} if phone else {"width": 1300, "height": 900}
    context = browser.new_context(viewport=size)
    page = context.new_page()
    page.goto("about:blank")
    if phone:
        devtools = context.new_cdp_session(page)
        devtools.send("Network.enable")
        devtools.send("Network.emulateNetworkConditions", PHONE)
        devtools.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    page.goto(url, wait_until="load")
    paint, shift = page.evaluate(PAINT)
    context.close()
    return paint, shift


def preview(tree: Path, runs: int) -> None:
    """Time the preview of a copied checkout after edits of a page and a snippet file.

    Args:
        tree: The folder to copy the checkout to.
        runs: How often to edit each file.
    """
    with site.server(tree):
        pass  # Fail now if the port is taken, or the other server would be measured.
    names = ("docs", "records", "render", "snippets", "verify")
    for name in names:
        shutil.copytree(ROOT / name, tree / name)
    for path in [*ROOT.glob("mkdocs*.yml"), ROOT / "LICENSE"]:
        shutil.copy(path, tree)
    command = [sys.executable, "-m", "render.site", "serve", "en"]
    with subprocess.Popen(
        command, cwd=tree, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            row("preview, first build", f"{served('shape'):.1f} s")
            page = tree / "docs/en/tensors/shape.md"
            block = min((tree / "snippets/tensors/shape").glob("*.py"))
            for what, path in (("page", page), ("block", block)):
                taken = []
                for n in range(runs):
                    time.sleep(1)
                    word = f"edited{what}{n}"
                    text = path.read_text("utf-8")
                    note = f"\n{word}\n" if what == "page" else f"# {word}\n"
                    path.write_text(text + note, "utf-8")
                    taken.append(served(word))
                middle = statistics.median(taken)
                row(
                    f"preview, a saved {what} is served", f"{middle:.2f} s", "limit 1 s"
                )
        finally:
            process.send_signal(signal.SIGTERM)


def served(word: str, seconds: float = 60) -> float:
    """Return the seconds until the served page ``tensors/shape`` contains a word.

    Args:
        word: The word.
        seconds: After how long to give up and exit.
    """
    url = f"http://{site.HOST}:{site.PORT}/en/tensors/shape/"
    start = time.perf_counter()
    while time.perf_counter() - start < seconds:
        try:
            with urllib.request.urlopen(url, timeout=seconds) as answer:
                if word in answer.read().decode():
                    return time.perf_counter() - start
        except OSError:
            pass
        time.sleep(0.02)
    raise SystemExit(f"the preview does not serve '{word}' within {seconds} s")


def main() -> None:
    parser = argparse.ArgumentParser(description="measure the site")
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        built = Path(folder, "site")
        builds(built, runs)
        weights(built)
        reading(built, runs)
        preview(Path(folder), runs)


if __name__ == "__main__":
    main()

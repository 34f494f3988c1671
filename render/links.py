"""Check the links of a built site, and list those to other sites.

A MkDocs build checks only the links in Markdown. It doesn't see the links in the HTML
of blocks, badges, the API index and the theme.
"""

from __future__ import annotations

import urllib.error
import urllib.parse
import urllib.request
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from pathlib import Path

SECONDS = 10  # The timeout for an answer from another site.


class Page(HTMLParser):
    """The links, loaded files and anchors of an HTML file.

    Args:
        text: The contents of the file.

    Attributes:
        links: The line number and address of each link.
        loads: The line number and address of each picture, script or style sheet.
        ids: The anchors.
        nameless: The line numbers of pictures without alternative text.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[tuple[int, str]] = []
        self.loads: list[tuple[int, str]] = []
        self.ids: set[str] = set()
        self.nameless: list[int] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect the addresses and ids of an element."""
        found = {key: value or "" for key, value in attrs}
        line = self.getpos()[0]
        self.ids |= {found[key] for key in ("id", "name") if key in found}
        if tag == "a" and "href" in found:
            self.links.append((line, found["href"]))
        for key in ("src", "data", "poster"):
            if key in found:
                self.loads.append((line, found[key]))
        if tag == "link" and found.get("rel") in ("stylesheet", "icon", "preload"):
            self.loads.append((line, found["href"]))
        if tag == "img" and not found.get("alt", "").strip():
            self.nameless.append(line)


def read(site: Path) -> dict[Path, Page]:
    """Parse all HTML files of a built site.

    Args:
        site: The folder of the site.

    Returns:
        The pages by the path of their file.
    """
    return {
        path: Page(path.read_text("utf-8")) for path in sorted(site.rglob("*.html"))
    }


def inside(site: Path, pages: dict[Path, Page]) -> list[str]:
    """Check the links within the site, the files that pages load, and the pictures.

    Args:
        site: The folder of the site.
        pages: The pages from `read`.

    Returns:
        One line per fault: the file, the line, and which link leads nowhere, which file
        is loaded from another host or that a picture has no alternative text.
    """
    faults = []
    ids = {path.resolve(): page.ids for path, page in pages.items()}
    for path, page in pages.items():
        where = path.relative_to(site).as_posix()
        faults += [
            f"{where}:{n}: a picture without alternative text" for n in page.nameless
        ]
        for line, address in page.loads:
            parts = urllib.parse.urlsplit(address)
            if parts.netloc:
                faults.append(f"{where}:{line}: loads {address} from another host")
        if path.name == "404.html":
            continue  # Its links start at the root of the published site.
        for line, address in page.links + page.loads:
            parts = urllib.parse.urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            file = path.resolve()  # The site's folder may be a symbolic link.
            if parts.path:
                file = (file.parent / urllib.parse.unquote(parts.path)).resolve()
                if file.is_dir():
                    file /= "index.html"
            if not file.is_file() or not file.is_relative_to(site.resolve()):
                faults.append(f"{where}:{line}: {address} leads nowhere")
            elif parts.fragment and file.suffix == ".html":
                anchor = urllib.parse.unquote(parts.fragment)
                if anchor not in ids[file]:
                    faults.append(f"{where}:{line}: {address}: no such anchor")
    return faults


def outside(site: Path, pages: dict[Path, Page]) -> dict[str, list[str]]:
    """Collect the links to other sites.

    Args:
        site: The folder of the site.
        pages: The pages from `read`.

    Returns:
        The places that use each address, by the address without its fragment.
    """
    found: dict[str, list[str]] = defaultdict(list)
    for path, page in pages.items():
        for line, address in page.links:
            if urllib.parse.urlsplit(address).netloc:
                place = f"{path.relative_to(site).as_posix()}:{line}"
                found[address.partition("#")[0]].append(place)
    return dict(sorted(found.items()))


def check(addresses: Iterable[str]) -> dict[str, str]:
    """Request addresses on other sites, several at a time.

    Args:
        addresses: The addresses.

    Returns:
        The result by address: a status code such as ``200``, or why there was no
        answer.
    """
    addresses = list(addresses)
    with ThreadPoolExecutor(8) as pool:
        return dict(zip(addresses, pool.map(_ask, addresses), strict=True))


def _ask(address: str) -> str:
    request = urllib.request.Request(
        address, method="HEAD", headers={"User-Agent": "link check"}
    )
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            return str(answer.status)
    except urllib.error.HTTPError as error:
        return str(error.code)
    except (OSError, ValueError) as error:
        return f"no answer ({getattr(error, 'reason', error)})"

"""The links of a built site: those inside lead somewhere, the others are listed.

MkDocs checks the links that pages have in Markdown when it builds. It doesn't see those
in the HTML of blocks, badges, the API index and the theme.
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

SECONDS = 10  # for another site to answer


class Page(HTMLParser):
    """What one HTML file links to, loads and offers as anchors.

    Args:
        text: The file.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[tuple[int, str]] = []
        self.loads: list[tuple[int, str]] = []
        self.ids: set[str] = set()
        self.nameless: list[int] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of addresses and ids."""
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
    """All pages of a built site, by their files."""
    return {
        path: Page(path.read_text("utf-8")) for path in sorted(site.rglob("*.html"))
    }


def inside(site: Path, pages: dict[Path, Page]) -> list[str]:
    """What is wrong with the links and files that stay inside.

    Args:
        site: The folder of the site.
        pages: Its pages.

    Returns:
        One line for each fault: file, line, and what leads nowhere, is loaded from
        another host or has no alternative text.
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
            continue  # its addresses hold wherever the site is published
        for line, address in page.links + page.loads:
            parts = urllib.parse.urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            file = path.resolve()  # the folder itself may be a link
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
    """Return the links to other sites: each address with the places that use it."""
    found: dict[str, list[str]] = defaultdict(list)
    for path, page in pages.items():
        for line, address in page.links:
            if urllib.parse.urlsplit(address).netloc:
                place = f"{path.relative_to(site).as_posix()}:{line}"
                found[address.partition("#")[0]].append(place)
    return dict(sorted(found.items()))


def check(addresses: Iterable[str]) -> dict[str, str]:
    """Ask other sites for their pages.

    Args:
        addresses: The addresses.

    Returns:
        What each answered: a number such as ``200``, or why there was no answer.
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

"""Pack the built site into an archive that a browser can read without a server.

If a browser opens a page from disk, a link to a folder doesn't open its ``index.html``,
and scripts can neither start workers nor fetch other files. So links get the name of
the file, and the search gets its index as a script and a shim for its worker.

Material's plugin `offline` does the same, but instead of the normal site and with
different addresses. Because we publish both, it would require a second build of both
languages.
"""

from __future__ import annotations

import json
import posixpath
import re
import urllib.parse
from pathlib import Path

from render.downloads import zipped
from render.pages import ROOT

SHIM = ROOT / "docs" / "root" / "iframe-worker.js"
FOLDER = "verified-pytorch-notes"
NAME = f"{FOLDER}.zip"
# The address of a link, or of a redirect for browsers without JavaScript.
LINK = re.compile(r'(?:(?<=href=")|(?<=; url=))([^":#?]*)(?=["#?])')
# The link to the archive, which the pages in the archive don't need.
TO_ARCHIVE = re.compile(rf'\s*<a href="[^"]*{re.escape(NAME)}"[^>]*>[^<]*</a>')
HEAD = re.compile(r'(?=<script src="[^"]*assets/search-later\.js")')
# Files that are useless without a server.
LEFT_OUT = re.compile(
    r"\.map$|^robots\.txt$|^llms\.txt$|^sitemap|/sitemap|(^|/)404\.html$|/objects\.inv$"
)


def pack(site: Path) -> bytes:
    """Pack a built site.

    Args:
        site: The folder of the site.

    Returns:
        A ZIP archive with one folder, whose ``index.html`` is the start page.
    """
    files = {}
    for path in sorted(site.rglob("*")):
        name = path.relative_to(site).as_posix()
        if not path.is_file() or LEFT_OUT.search(name) or name == NAME:
            continue
        if path.suffix == ".html":
            text = page(site, name, path.read_text("utf-8"))
            files[f"{FOLDER}/{name}"] = text.encode()
        elif path.name == "search_index.json":
            script = f"{FOLDER}/{name.removesuffix('on')}"
            files[script] = index(path.read_text("utf-8")).encode()
        else:
            files[f"{FOLDER}/{name}"] = path.read_bytes()
    files[f"{FOLDER}/{SHIM.name}"] = SHIM.read_bytes()
    return zipped(files)


def page(site: Path, name: str, text: str) -> str:
    """Adapt a page to the archive: links name files, and the search loads the shim.

    Args:
        site: The folder of the site.
        name: The path of the page below `site`.
        text: The HTML of the page.

    Returns:
        The HTML for the archive.
    """

    def file_of(match: re.Match[str]) -> str:
        address = match[1]
        target = site / posixpath.dirname(name) / urllib.parse.unquote(address)
        if address and not address.startswith("/") and target.is_dir():
            return posixpath.join(address, "index.html")
        return address

    text = LINK.sub(file_of, TO_ARCHIVE.sub("", text))
    # At the top level, a script or a refresh leads to the folder of a language.
    if "/" not in name:
        return re.sub(r"\b(zh|en)/(?=[\"'])", r"\1/index.html", text)
    up = "../" * name.count("/")
    return HEAD.sub(f'<script src="{up}{SHIM.name}"></script>', text)


def index(text: str) -> str:
    """Turn the search index into a script, with pages under the names of their files.

    Args:
        text: The contents of ``search_index.json``.

    Returns:
        The contents of ``search_index.js``.
    """
    found = json.loads(text)
    for entry in found["docs"]:
        path, mark, anchor = entry["location"].partition("#")
        if not path or path.endswith("/"):
            entry["location"] = f"{path}index.html{mark}{anchor}"
    return "var __index = " + json.dumps(found, ensure_ascii=False)

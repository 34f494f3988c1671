"""The built site as one archive that a browser reads without a server.

A browser that opens a file gives it no index of a folder, no worker and no other file
to read. So links get the name of the file, and the search gets its index as a script
and a shim for its worker.

Material's plugin `offline` builds such a site in the place of the other one, at other
addresses. Both are published, so it would take a second build of both languages.
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
# Of links, and of old pages that lead on without a script.
LINK = re.compile(r'(?:(?<=href=")|(?<=; url=))([^":#?]*)(?=["#?])')
# The archive doesn't hold itself.
TO_ARCHIVE = re.compile(rf'\s*<a href="[^"]*{re.escape(NAME)}"[^>]*>[^<]*</a>')
HEAD = re.compile(r'(?=<script src="[^"]*assets/search-later\.js")')
# What no page of the archive asks for.
LEFT_OUT = re.compile(
    r"\.map$|^robots\.txt$|^llms\.txt$|^sitemap|/sitemap|(^|/)404\.html$|/objects\.inv$"
)


def pack(site: Path) -> bytes:
    """The archive of a built site.

    Args:
        site: The folder of the site.

    Returns:
        A ZIP archive of one folder, with ``index.html`` in it to begin with.
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
    """A page whose links name files of the archive, with the shim before the search.

    Args:
        site: The folder of the site.
        name: Path of the page below it.
        text: The page.

    Returns:
        The page as it goes into the archive.
    """

    def file_of(match: re.Match[str]) -> str:
        address = match[1]
        target = site / posixpath.dirname(name) / urllib.parse.unquote(address)
        if address and not address.startswith("/") and target.is_dir():
            return posixpath.join(address, "index.html")
        return address

    text = LINK.sub(file_of, TO_ARCHIVE.sub("", text))
    if "/" not in name:  # the choice of language is a script and a refresh
        return re.sub(r"\b(zh|en)/(?=[\"'])", r"\1/index.html", text)
    up = "../" * name.count("/")
    return HEAD.sub(f'<script src="{up}{SHIM.name}"></script>', text)


def index(text: str) -> str:
    """The index of the search as a script; its pages by the names of their files.

    Args:
        text: ``search_index.json``.

    Returns:
        ``search_index.js``.
    """
    found = json.loads(text)
    for entry in found["docs"]:
        path, mark, anchor = entry["location"].partition("#")
        if not path or path.endswith("/"):
            entry["location"] = f"{path}index.html{mark}{anchor}"
    return "var __index = " + json.dumps(found, ensure_ascii=False)

"""Add synonyms and chapters to the search index.

MkDocs writes ``search/search_index.json`` from the text of the pages. `complete` adds
other words that readers type (``docs/search/<language>.yml``, and for names in other
libraries ``names.yml``) and the chapter of each page, which distinguishes pages with
the same title.
``docs/overrides/assets/search-worker.js`` uses both.
"""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from render.pages import read_site


def complete(out: Path, root: Path, lang: str) -> None:
    """Add synonyms and chapters to the search index of one language, in place.

    Nothing happens if there is no such index, because Zensical has its own search.

    Args:
        out: The folder of the language in a built site.
        root: The checkout.
        lang: `zh` or `en`.
    """
    path = out / "search" / "search_index.json"
    if not path.is_file():
        return
    index = json.loads(path.read_text("utf-8"))
    index["config"]["synonyms"] = read_synonyms(root, lang)
    chapters = {
        page.name.removesuffix(".md") + "/": chapter
        for chapter, pages in read_site(root, lang).chapters.items()
        for page in pages
    }
    for entry in index["docs"]:
        if entry["location"] in chapters:
            entry["chapter"] = chapters[entry["location"]]
    text = json.dumps(index, ensure_ascii=False, separators=(",", ":"))
    path.write_text(text, "utf-8")


def read_synonyms(root: Path, lang: str) -> dict[str, str]:
    """Read the synonyms of one language, and the names in other libraries.

    Args:
        root: The checkout.
        lang: `zh` or `en`.

    Returns:
        The words of the pages by what readers type, both as text even if YAML reads
        them as numbers.
    """
    found: dict[str, str] = {}
    for name in ("names", lang):
        path = root / "docs" / "search" / f"{name}.yml"
        entries = yaml.safe_load(path.read_text("utf-8")) or {}
        found |= {str(typed): str(meant) for typed, meant in entries.items()}
    return found

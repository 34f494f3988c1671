"""Redirect old addresses of pages and sections that have moved.

``docs/moved.yml`` lists them for both languages::

    tensors/autograd.md#hooks: tensors/hooks.md#hooks
    tensors/old.md: tensors/new.md

A page that has moved leaves a page with a redirect at its old address. If only a
section has moved, its old page gets a line with the id of the section and a link to the
new place. Only readers who follow the old address see the line, and a script takes them
to the new address.

All of these are plain links in the HTML, so `render.offline` adapts them to the archive
and `render.links` checks them like any other link.
"""

from __future__ import annotations

import html
import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from render.pages import Page, Site, read_site, read_text

NAME = "docs/moved.yml"
ARTICLE = '<article class="md-content__inner md-typeset">'
# Without JavaScript, the browser shows the line because it has the id of the section.
SECTION_SCRIPT = """<script>
  {
    const leadOn = () => document.querySelectorAll(".moved").forEach(line => {
      if (location.hash == "#" + line.id) location.replace(line.lastElementChild.href)
    })
    leadOn()
    addEventListener("hashchange", leadOn)
  }
</script>
"""
PAGE = """<!doctype html>
<html lang="{lang}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="robots" content="noindex">
<title>{title}</title>
<noscript><meta http-equiv="refresh" content="0; url={address}"></noscript>
<link rel="canonical" href="{canonical}">
<style>:root {{ color-scheme: light dark; font-family: sans-serif }}</style>
<p>{lines}</p>
<script>
  const [page, ...sections] = document.links
  const section = sections.find(link => location.hash == "#" + link.id)
  const address = new URL((section ?? page).href)
  address.hash ||= location.hash
  location.replace(address)
</script>
</html>
"""
WORDS = {
    "zh": {"page": "本页已移到", "section": "这一节已移到"},
    "en": {"page": "This page is now at", "section": "This section is now at"},
}


@dataclass(frozen=True)
class Move:
    """A page or section that has moved.

    Attributes:
        place: The file and line number of the entry, e.g. ``docs/moved.yml:3``.
        page: The old page, e.g. ``tensors/autograd.md``.
        id: The id of the section on the old page; "" for the whole page.
        new_page: The new page.
        new_id: The id of the section on the new page; "" for the whole page.
    """

    place: str
    page: str
    id: str
    new_page: str
    new_id: str

    @property
    def address(self) -> str:
        """The address of the new place, relative to that of the old page."""
        way = posixpath.relpath(_folder(self.new_page), _folder(self.page))
        return f"{way}/" + (self.new_id and f"#{self.new_id}")


def load(root: Path) -> list[Move]:
    """Read the list of moves.

    Args:
        root: The checkout.

    Returns:
        The moves in the order of the file; empty if there is no file.

    Raises:
        ValueError: If an entry doesn't map one page to another, or is listed twice.
    """
    path = root / NAME
    if not path.is_file():
        return []
    moves: list[Move] = []
    tree = yaml.compose(read_text(path), yaml.SafeLoader)
    for key, value in tree.value if tree else []:
        place = f"{NAME}:{key.start_mark.line + 1}"
        page, _, id_ = str(key.value).partition("#")
        new_page, _, new_id = str(value.value).partition("#")
        if not (page.endswith(".md") and new_page.endswith(".md")):
            raise ValueError(f"{place}: not of the form old/page.md#id: new/page.md#id")
        if any((page, id_) == (one.page, one.id) for one in moves):
            raise ValueError(f"{place}: {key.value} is listed twice")
        moves.append(Move(place, page, id_, new_page, new_id))
    return moves


def faults(site: Site) -> Iterator[str]:
    """Check that each move leads from a place that is gone to one that exists.

    Args:
        site: The pages of one language.

    Yields:
        One line per fault.
    """
    try:
        moves = load(site.root)
    except ValueError as error:
        yield str(error)
        return
    left = {one.page for one in moves if not one.id}
    for one in moves:
        old, new = site.pages.get(one.page), site.pages.get(one.new_page)
        where = f"docs/{site.lang}/{one.page}"
        if not one.id and old:
            yield f"{one.place}: {where} is still there; remove the page or the entry"
        elif one.id and old and one.id in _ids(old):
            yield f"{one.place}: #{one.id} is still in {where}; remove the entry"
        elif not old and one.page not in left:
            yield f"{one.place}: no page {where}; add where the whole page is now"
        if new is None:
            yield f"{one.place}: no page docs/{site.lang}/{one.new_page}"
        elif one.new_id and one.new_id not in _ids(new):
            yield f"{one.place}: no #{one.new_id} in {new.where}"


def write(out: Path, root: Path, lang: str, url: str) -> None:
    """Write the redirects of one language into a built site.

    Args:
        out: The folder of the language in a built site.
        root: The checkout.
        lang: `zh` or `en`.
        url: The address of the folder on the web, with a trailing slash.
    """
    site = read_site(root, lang)
    moves = load(root)
    for page in dict.fromkeys(one.page for one in moves):
        found = [one for one in moves if one.page == page]
        path = out / _folder(page) / "index.html"
        if page in site.pages:
            text = path.read_text("utf-8")
            lines = "".join(_section_line(one, site) for one in found)
            text = text.replace(ARTICLE, ARTICLE + "\n" + lines + SECTION_SCRIPT, 1)
        else:
            text = _page(found, site, url)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def _section_line(move: Move, site: Site) -> str:
    said = WORDS[site.lang]["section"]
    return f'<p class="moved" id="{move.id}">{said} {_link(move, site)}</p>\n'


def _page(moves: list[Move], site: Site, url: str) -> str:
    whole = next(one for one in moves if not one.id)
    sections = [_link(one, site, shown=False) for one in moves if one.id]
    canonical = _folder(whole.new_page).removeprefix(".")
    return PAGE.format(
        lang=site.lang,
        title=html.escape(_title(whole, site)),
        canonical=url + (canonical and f"{canonical}/"),
        lines="".join([f"{WORDS[site.lang]['page']} {_link(whole, site)}", *sections]),
        address=whole.address,
    )


def _link(move: Move, site: Site, shown: bool = True) -> str:
    title = html.escape(_title(move, site))
    hidden = "" if shown else f' id="{move.id}" hidden'
    return f'<a href="{move.address}"{hidden}>{title}</a>'


def _title(move: Move, site: Site) -> str:
    page = site.pages[move.new_page]
    titles = {one.id: one.title for one in page.sections if one.id}
    return titles.get(move.new_id, page.title).replace("`", "")


def _ids(page: Page) -> set[str]:
    """Return the ids of the headings and blocks of a page."""
    blocks = {posixpath.basename(name) for name in page.shown()}
    return {one.id for one in page.sections if one.id} | blocks


def _folder(page: str) -> str:
    """Return the folder of a page in the built site, relative to its language."""
    return "." if page == "index.md" else page.removesuffix(".md")

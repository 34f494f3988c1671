"""Old addresses that lead on: pages and sections that have moved.

``docs/moved.yml`` lists them, for both languages at once::

    tensors/autograd.md#hooks: tensors/hooks.md#hooks
    tensors/old.md: tensors/new.md

A page that has moved leaves a page in its old place. Where a section was, a line says
where it is now. The line shows only to readers who follow the old address, and for them
a script goes on to the new one. Its links are plain links, so the archive without a
server changes them like any other, and the check of links reads them.
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
# Without the script the browser shows the line, because it has the id of the section.
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
        place: Where it is listed: ``docs/moved.yml:3``.
        page: The page it was on: ``tensors/autograd.md``.
        id: Its id there, "" for the whole page.
        new_page: The page it is on now.
        new_id: Its id there, or "" for the whole page.
    """

    place: str
    page: str
    id: str
    new_page: str
    new_id: str

    @property
    def address(self) -> str:
        """The way from the old page to the new place, as browsers see it."""
        way = posixpath.relpath(_folder(self.new_page), _folder(self.page))
        return f"{way}/" + (self.new_id and f"#{self.new_id}")


def load(root: Path) -> list[Move]:
    """Read what has moved; nothing has if there is no such file.

    Raises:
        ValueError: An entry isn't a page with another, or is there twice.
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
    """Each entry leads from what is no longer there to what is."""
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
    """Make the old addresses of one language lead on.

    Args:
        out: The folder of the language in a built site.
        root: The checkout.
        lang: `zh` or `en`.
        url: Its address on the web.
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
    """The ids of the headings and blocks of a page."""
    blocks = {posixpath.basename(name) for name in page.shown()}
    return {one.id for one in page.sections if one.id} | blocks


def _folder(page: str) -> str:
    """The folder below the language in which the site has a page."""
    return "." if page == "index.md" else page.removesuffix(".md")

"""Link glossary terms in the prose of the pages.

The first use of a term on a page becomes a link to its row in the glossary. The link's
title is the meaning of the term. Browsers show it to readers who point at the link, and
the style sheet shows it to readers who reach the link with the keyboard. On a touch
screen, readers follow the link.
"""

from __future__ import annotations

import functools
import re
import xml.etree.ElementTree as etree
from collections.abc import Iterator
from dataclasses import dataclass

from render.pages import CODE, LINK, Page, Site, tables

GLOSSARY = "reference/glossary.md"
# Pages without links to terms: the home page has its own style, and the glossary
# explains the terms itself.
WITHOUT = (GLOSSARY, "index.md")
# Terms or forms that aren't linked, because every reader knows them or because pages
# also use them in their everyday sense: a program freezes, and 连续 can mean "one after
# the other".
COMMON = {
    *("tensor", "shape", "device", "module", "layer", "parameter", "loss", "step"),
    *("dataset", "optimizer", "launch", "freeze", "连续"),
    *("snippet", "verified", "release", "deprecated"),
}
# Terms with a different meaning elsewhere: "gather" is a collective operation, but also
# a way to index. They are linked only in the chapter that their glossary row links to.
LOCAL = {
    *("stride", "view", "contiguous", "generator", "detach", "buffer", "worker"),
    *("broadcasting", "backend", "broadcast", "gather", "scatter", "barrier"),
}
PROSE = ("p", "li", "dd")
SKIPPED = ("a", "abbr", "code", "pre", "table", "details", "h1", "h2", "h3", "h4")
HAN = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True)
class Term:
    """A row of the glossary.

    Attributes:
        name: The English name as lower-case words with hyphens, in both languages.
        forms: The ways to write it in the language of the page.
        meaning: The definition as plain text.
        chapter: The folder of the page that the row links to.
    """

    name: str
    forms: tuple[str, ...]
    meaning: str
    chapter: str

    @property
    def id(self) -> str:
        """The id of its row; the prefix keeps it apart from the ids of headings."""
        return f"term-{self.name}"


def read(site: Site) -> tuple[Term, ...]:
    """Read the terms of the glossary, in the order of its rows.

    Args:
        site: The pages of one language.

    Returns:
        The terms; empty if there is no glossary.
    """
    page = site.pages.get(GLOSSARY)
    return _read(page) if page else ()


@functools.lru_cache(maxsize=8)
def _read(page: Page) -> tuple[Term, ...]:
    terms = []
    for table in tables(page.lines):
        for _, (first, other, meaning, *_) in table.rows:
            link = LINK.search(first)
            written = link["text"] if link else first
            english = written if page.lang == "en" else re.sub(r"<[^>]+>", "", other)
            name = re.split(r", | \(", english.lower())[0]
            # "../tensors/shape.md#view" is in the chapter "tensors".
            chapter = link["target"].split("/")[-2:][0] if link else ""
            meaning = CODE.sub(lambda code: code["code"], meaning)
            terms.append(
                Term(name.replace(" ", "-"), _forms(written), meaning, chapter)
            )
    return tuple(terms)


def _forms(written: str) -> tuple[str, ...]:
    """Split a cell into forms; `批次，小批量` and `步长（stride）` have two each."""
    forms = re.split(r"，|, | ?[（(]|[)）]", written)
    # Skip single characters: a Chinese one is part of too many words.
    return tuple(x for x in forms if len(x) > 1)


def mark(root: etree.Element, site: Site, page: Page, up: str) -> None:
    """Link the first use of each term in the prose of a page, in place.

    The glossary page gets ids for its rows instead.

    Args:
        root: The element tree of the page, as treeprocessors get it.
        site: The pages of the language.
        page: The page.
        up: The relative path from the page to its language's home, e.g. ``../../``.
    """
    terms = read(site)
    if page.name == GLOSSARY:
        rows = [row for body in root.iter("tbody") for row in body.iter("tr")]
        for row, term in zip(rows, terms, strict=True):
            row.set("id", term.id)
    if page.name in WITHOUT:
        return
    here = page.name.partition("/")[0]
    forms = {
        form.lower(): term
        for term in reversed(terms)  # The first of two terms with the same form wins.
        if term.name not in LOCAL or term.chapter == here
        for form in term.forms
        if COMMON.isdisjoint((term.name, form))
    }
    if forms:
        _Marker(forms, f"{up}{GLOSSARY.removesuffix('.md')}/").element(root, False)


class _Marker:
    """Walks the elements of one page and links each term that isn't linked yet.

    Args:
        forms: The terms by their forms in lower case.
        glossary: The relative address of the glossary.
    """

    def __init__(self, forms: dict[str, Term], glossary: str) -> None:
        self.forms, self.glossary = forms, glossary
        self.used: set[Term] = set()
        longest_first = sorted(forms, key=len, reverse=True)
        self.pattern = re.compile("|".join(map(_pattern, longest_first)), re.I)

    def element(self, element: etree.Element, is_prose: bool) -> None:
        """Link the terms in an element and its children, except in skipped elements.

        Args:
            element: The element.
            is_prose: Whether an element around it is prose.
        """
        if element.tag in SKIPPED or element.get("class") == "admonition-title":
            return
        is_prose = is_prose or element.tag in PROSE
        children = list(element)
        place = 0
        if is_prose and element.text:
            element.text, links = self._links(element.text)
            for link in links:
                element.insert(place, link)
                place += 1
        for child in children:
            self.element(child, is_prose)
            place += 1
            if is_prose and child.tail:
                child.tail, links = self._links(child.tail)
                for link in links:
                    element.insert(place, link)
                    place += 1

    def _links(self, text: str) -> tuple[str, list[etree.Element]]:
        """Split text into what precedes the first link, and links with their tails."""
        links: list[etree.Element] = []
        before, done = text, 0
        for match in self._first_uses(text):
            if links:
                links[-1].tail = text[done : match.start()]
            else:
                before = text[: match.start()]
            links.append(self._link(match[0]))
            done = match.end()
        if links:
            links[-1].tail = text[done:]
        return before, links

    def _first_uses(self, text: str) -> Iterator[re.Match[str]]:
        for match in self.pattern.finditer(text):
            term = self._term(match[0])
            if term not in self.used:
                self.used.add(term)
                yield match

    def _link(self, written: str) -> etree.Element:
        term = self._term(written)
        address = f"{self.glossary}#{term.id}"
        found = {"class": "term", "href": address, "title": term.meaning}
        link = etree.Element("a", found)
        link.text = written
        return link

    def _term(self, written: str) -> Term:
        form = written.lower()
        return self.forms.get(form) or self.forms[form.removesuffix("s")]


def _pattern(form: str) -> str:
    """Return the regex of a form: Chinese anywhere, English as a word or its plural."""
    if HAN.search(form):
        return re.escape(form)
    return rf"(?<![A-Za-z0-9_./-]){re.escape(form)}s?(?![A-Za-z0-9_/(-])"

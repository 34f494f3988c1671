"""The prose of a page: what a reader reads of it, without code, addresses and marks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from render.pages import ATTRS, BOX, CODE, LINK, REFERENCE, Page


def prose(page: Page) -> Iterator[tuple[str, str]]:
    """Yield each line that has prose, as a place and the text.

    Inline code and bare addresses become the letter `A`, so that the rules for Latin
    letters beside Chinese apply to them too.
    """
    for front in page.front:
        key, _, value = front.text.partition(":")
        if key == "description":  # quotes around the whole of it are YAML's
            yield front.place, value.strip().strip("\"'")
    for line in page.lines:
        row = line.text
        if box := BOX.fullmatch(row):
            row = box["title"] or ""
        if line.kind in ("fence", "indented", "blank") or REFERENCE.fullmatch(row):
            continue
        row = re.sub(r"^\s*(?:[-+]|\*(?=\s)|\d+\.|#+)\s+", "", row)
        row = CODE.sub("A", row)
        row = re.sub(r'<span lang="zh">.*?</span>', "", row)  # a word marked as Chinese
        row = re.sub(r"<https?:[^<>]+>", "A", row)
        row = re.sub(r"<[^<>]+>", "", row)
        for _ in range(2):  # a picture may be in a link
            row = LINK.sub(lambda match: match["text"], row)
        row = ATTRS.sub("", row).replace("*", "")
        if row.strip():
            yield line.place, row

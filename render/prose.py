"""Extract the prose of a page: its text without code, addresses and markup."""

from __future__ import annotations

import re
from collections.abc import Iterator

from render.pages import ATTRS, BOX, CODE, LINK, REFERENCE, Page


def prose(page: Page) -> Iterator[tuple[str, str]]:
    """Yield the prose of a page, line by line.

    The letter `A` replaces inline code and bare addresses, so the rules for Latin
    letters next to Chinese also apply there.

    Args:
        page: The page.

    Yields:
        The place and the text of each line that has prose, the description in the front
        matter included.
    """
    for front in page.front:
        key, _, value = front.text.partition(":")
        if key == "description":  # Quotes around the value belong to the YAML syntax.
            yield front.place, value.strip().strip("\"'")
    for line in page.lines:
        row = line.text
        if box := BOX.fullmatch(row):
            row = box["title"] or ""
        if line.kind in ("fence", "indented", "blank") or REFERENCE.fullmatch(row):
            continue
        row = re.sub(r"^\s*(?:[-+]|\*(?=\s)|\d+\.|#+)\s+", "", row)
        row = CODE.sub("A", row)
        row = re.sub(r'<span lang="zh">.*?</span>', "", row)  # Chinese on purpose
        row = re.sub(r"<https?:[^<>]+>", "A", row)
        row = re.sub(r"<[^<>]+>", "", row)
        for _ in range(2):  # The text of a link may be a picture.
            row = LINK.sub(lambda match: match["text"], row)
        row = ATTRS.sub("", row).replace("*", "")
        if row.strip():
            yield line.place, row

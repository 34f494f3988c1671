"""Habits of the English pages, counted beside two tutorials that are pleasant to read.

The counts are per 1000 words of running text: paragraphs, lists and boxes, without
headings, tables, pictures and code.

``python bench/prose.py [CHECKOUT]`` prints the counts of this checkout or of another
one, to compare them. It doesn't require torch.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from render.pages import CODE, LINK, Page, read_site

PRONOUN = r"(?:it|that|there|here|what|let|who|how|where|he|she)"


@dataclass(frozen=True)
class Measure:
    """A habit, with its counts per 1000 words in FastAPI's tutorial and the Rust Book.

    Attributes:
        name: The label in the table.
        pattern: The regex that finds it in Markdown without code and addresses.
        fastapi: The count in FastAPI's tutorial (36,040 words).
        rust_book: The count in the Rust Book (140,852 words).
        is_wanted: Whether too few are a fault too, not only too many.
    """

    name: str
    pattern: str
    fastapi: float
    rust_book: float
    is_wanted: bool

    def is_fine(self, figure: float) -> bool:
        """Tell whether a count, rounded as printed, is within the two tutorials' range.

        If the habit isn't wanted, any lower count is fine too.
        """
        low, high = sorted((self.fastapi, self.rust_book))
        return (low if self.is_wanted else 0) <= round(figure, 2) <= high


CONTRACTION = rf"(?i)\b\w+n['’]t\b|['’](?:re|ve|ll|d|m)\b|\b{PRONOUN}['’]s\b"
MEASURES = [
    Measure("contractions", CONTRACTION, 10.4, 19.7, True),
    Measure("you, your", r"(?i)\byou(?:r|rs|rself)?\b", 37.3, 13.0, True),
    Measure("but, however", r"(?i)\b(?:but|however)\b", 5.9, 4.2, True),
    Measure("semicolons", ";", 0.03, 1.6, False),
    Measure(
        "raises without an object",
        r"\braises?(?=\s*[.,:;)]|$|\s(?:if|in|on|when)\b)",
        0.06,
        0.0,
        False,
    ),
    Measure("a link behind “, see”", r"[,:;] see \[", 0.03, 0.08, False),
]


def running_text(page: Page) -> Iterator[str]:
    """Yield the lines of a page that are running text, with code replaced by `A`."""
    for line in page.lines:
        if line.kind == "text" and not line.text.lstrip().startswith("!["):
            yield CODE.sub("A", line.text)


def measure(pages: Iterable[Page]) -> tuple[int, list[float]]:
    """Count the words of pages, and each habit per 1000 words.

    Args:
        pages: The pages.

    Returns:
        The number of words, and a count for each of `MEASURES`.
    """
    source = "\n".join(line for page in pages for line in running_text(page))
    text = LINK.sub(lambda link: f"[{link['text']}]", re.sub(r"<[^<>]+>", "", source))
    words = len(re.findall(r"[A-Za-z][\w'’-]*", text))
    found = [len(re.findall(one.pattern, text, re.M)) for one in MEASURES]
    return words, [1000 * count / max(words, 1) for count in found]


def table(words: int, figures: Iterable[float]) -> str:
    """Format the counts as a table; a star marks those that aren't fine."""
    rows = [
        f"{f'per 1000 of {words} words':<28}{'ours':>8}{'FastAPI':>9}{'Rust Book':>11}"
    ]
    for one, ours in zip(MEASURES, figures, strict=True):
        star = "" if one.is_fine(ours) else " *"
        counts = f"{ours:>8.2f}{one.fastapi:>9.2f}{one.rust_book:>11.2f}"
        rows.append(f"{one.name:<28}{counts}{star}")
    return "\n".join(rows)


def main() -> None:
    """Print the table of a checkout."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("checkout", nargs="?", default=ROOT, type=Path)
    checkout = parser.parse_args().checkout.resolve()
    print(table(*measure(read_site(checkout, "en").pages.values())))


if __name__ == "__main__":
    main()

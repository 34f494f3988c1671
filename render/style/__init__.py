"""The rules of style: habits that an editor would change, found by patterns.

`english.yml` and `chinese.yml` list them. Each rule shows a line that it finds and the
same line as it should be.

A line may break a rule if a comment at its end gives the reason::

    It is called `raises`. <!-- style: the name of a fixture of pytest -->
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from render.pages import CODE, Page
from render.prose import prose

FILES = {"en": "english.yml", "zh": "chinese.yml"}
ALLOWED = re.compile(r" *<!--\s*style:\s*(?P<reason>[^<>]*?)\s*-->")


@dataclass(frozen=True)
class Rule:
    """A habit.

    Attributes:
        find: The pattern that finds it in a line of prose.
        advice: What to write.
        wrong: A line that has it.
        right: The same line without it.
        most: How many lines of a page may have it.
    """

    find: re.Pattern[str]
    advice: str
    wrong: str
    right: str
    most: int = 0


@functools.lru_cache
def rules(lang: str) -> list[Rule]:
    """Read the rules of a language."""
    text = (Path(__file__).parent / FILES[lang]).read_text("utf-8")
    return [
        Rule(**{**entry, "find": re.compile(entry["find"])})
        for entry in yaml.safe_load(text)
    ]


def style(page: Page) -> Iterator[str]:
    """A line has no habit of the list, unless a comment gives the reason."""
    comments = {
        line.place: found["reason"]
        for line in page.lines
        if line.kind != "fence" and (found := ALLOWED.search(CODE.sub("", line.text)))
    }
    lines = list(prose(page))
    used: set[str] = set()
    for rule in rules(page.lang):
        hits = {
            place: (hit[0].strip(), row)
            for place, row in lines
            if (hit := rule.find.search(row.strip()))
        }
        # A picture is there twice, for light and dark, with the same words.
        if len({row for _, row in hits.values()}) <= rule.most:
            continue
        used.update(hits)
        for place, (words, _) in hits.items():
            if not comments.get(place):
                yield f"{place}: “{words[-30:]}”: {rule.advice}"
    for place, reason in comments.items():
        if not reason:
            yield f"{place}: a style comment without a reason; add it"
        elif place not in used:
            yield f"{place}: a style comment on a line that breaks no rule; remove it"

"""bench/prose.py counts each writing habit, and only in running text."""

import runpy
from pathlib import Path

import pytest

from render.pages import parse_page

BENCH = Path(__file__).resolve().parents[2] / "bench" / "prose.py"
MODULE = runpy.run_path(str(BENCH))
NAMES = [one.name for one in MODULE["MEASURES"]]
NOTHING_ELSE = """---
description: You don't; you won't.
---

# You don't {#a}

| You don't | but; |
| - | - |
| you | however; |

![You don't; but](a.svg)

```bash
echo "you don't; but"
```
"""


def figures(text):
    """Measure a page: its number of words, and the count of each habit found."""
    page = parse_page(f"{NOTHING_ELSE}\n{text}", "en", "a.md")
    words, found = MODULE["measure"]([page])
    return words, {
        name: round(per * words / 1000)
        for name, per in zip(NAMES, found, strict=True)
        if per
    }


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It's what you'll need, and they don't.", {"contractions": 3, "you, your": 1}),
        ("The model's weights, PyTorch’s docs.", {}),
        ("Your own, yours, yourself. Young.", {"you, your": 3}),
        ("But it fails. However, butter is fine.", {"but, however": 2}),
        ("One; two; `a;b`.", {"semicolons": 2}),
        ("It raises. It raises if empty.", {"raises without an object": 2}),
        ("It raises an error.", {}),
        ("Copy it, see [Layout](l.md).", {"a link behind “, see”": 1}),
        ("See [Layout](l.md). First, see how it ends.", {}),
        ('!!! note "It\'s; but"\n\n    You copy.', {"you, your": 1}),
    ],
)
def test_a_habit_is_counted_in_running_text_alone(text, found):
    assert figures(text)[1] == found


def test_words_are_those_of_running_text():
    assert figures("One two-fold `x = 1`.\n\n- three\n- four\n")[0] == 5


@pytest.mark.parametrize(
    ("figures", "marked"),
    [
        ([10.4, 37.3, 4.2, 1.6, 0.06, 0.08], []),
        ([15, 20, 5, 0, 0, 0], []),
        ([10.39, 37.31, 4.19, 1.61, 0.07, 0.09], NAMES),
        ([15, 20, 5, 1.604, 0, 0.9], NAMES[-1:]),
    ],
)
def test_a_figure_outside_the_range_is_marked(figures, marked):
    lines = MODULE["table"](9, figures).splitlines()[1:]
    assert [name for name, line in zip(NAMES, lines, strict=True) if "*" in line] == (
        marked
    )

"""Each style rule finds the habit that it describes and leaves good prose alone."""

import subprocess
import sysconfig
from pathlib import Path

import pytest

from render.pages import parse_page
from render.style import FILES, rules, style

ROOT = Path(__file__).resolve().parents[2]
RULES = [(lang, rule) for lang in FILES for rule in rules(lang)]


def faults(text, lang="en"):
    """Return the style faults of a page with this text."""
    return list(style(parse_page(text, lang, "tensors/shape.md")))


@pytest.mark.parametrize(("lang", "rule"), RULES, ids=lambda x: getattr(x, "wrong", x))
def test_a_rule_finds_the_wrong_line_and_not_the_right_one(lang, rule):
    lines = [rule.wrong, *(f"{rule.wrong} Line {n}." for n in range(rule.most))]
    found = faults("\n\n".join(lines), lang)
    assert len(found) == 1 + rule.most
    assert found[0].startswith(f"docs/{lang}/tensors/shape.md:1: “")
    assert found[0].endswith(rule.advice)
    assert faults(rule.right, lang) == []


@pytest.mark.parametrize(
    "text",
    [
        "There is no error, and the steps aren't all the same length.\n",
        "It raises an error. The weight is no longer frozen.\n",
        "It only counts the calls of its own `step()`.\n",
        "A blank line ends it. Pass another tensor, or multiply it by `n`.\n",
        "The letters stand for axes. If it fails, see what it says.\n",
        "| 1 | one; two |\n| - | - |\n| 1.7.1 | three; four |\n",
        "```bash\necho anew; echo anew\n```\n",
        "One; two.\n",
        "In each of these runs the fork notes the errors.\n",
        "![a; b](a.svg#only-light)\n![a; b](a.svg#only-dark)\n",
    ],
)
def test_what_is_good_english(text):
    assert faults(text) == []


def test_a_comment_with_a_reason_allows_a_line():
    line = "It is called anew."
    (fault,) = faults(line)
    assert fault == (
        'docs/en/tensors/shape.md:1: “anew”: write "again", "re-" or "new"'
    )
    assert faults(f"{line} <!-- style: the name of a function -->") == []
    assert len(faults(f"{line} <!-- style: -->")) == 2
    assert len(faults(f"{line} `<!-- style: code -->`")) == 1
    (fault,) = faults("It is called again. <!-- style: a name -->")
    assert fault.endswith("breaks no rule; remove it")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("# The colour of a behaviour", ["colour", "behaviour"]),  # misspelled
        ("def initialise(recieved): ...", ["initialise", "recieved"]),  # misspelled
        ("# `arange()` fills a color", []),
    ],
)
def test_the_spelling_is_that_of_the_us(tmp_path, text, words):
    (tmp_path / "a.md").write_text(f"{text}\n")
    typos = Path(sysconfig.get_path("scripts")) / "typos"
    command = [typos, "--format=brief", f"--config={ROOT}/pyproject.toml", tmp_path]
    found = subprocess.run(command, capture_output=True, text=True)
    assert found.stderr == ""
    assert found.returncode == (2 if words else 0)
    assert [line.split("`")[1] for line in found.stdout.splitlines()] == words

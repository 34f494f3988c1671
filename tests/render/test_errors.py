"""The pages of error messages, rendered from a planted record of messages."""

import hashlib
import json
import re

import pytest

from render import errors
from render.errors import CureError, Pattern, marked
from verify import DEFAULT_TORCH
from verify.record_files import seal

OLD, NEW = "2.4.1", "2.99.0"
FILE = "tensors/shape/view.py"
MARKER = "<!-- errors of tensors -->"
PAGE = f"# 报错 {{#e}}\n\n{MARKER}\n"
BLOCK = f'# 形状 {{#shape}}\n\n## 视图 {{#views}}\n\n```python\n--8<-- "{FILE}"\n```\n'
CURES = """
"shape '*' is invalid for input of size *": "Make the sizes fit: `x.view(-1)`."
"old words about * ...": "Do `this`."
"""
SHAPE = "shape '[3, 4]' is invalid for input of size 6"


@pytest.fixture
def site(checkout):
    """A page with a block, and a page of messages, in both languages."""
    (checkout.root / "docs" / "errors").mkdir(parents=True)
    for lang in ("zh", "en"):
        checkout.page(BLOCK, lang=lang)
        checkout.page(PAGE, "reference/errors-tensors.md", lang)
        (checkout.root / "docs/errors" / f"{lang}.yml").write_text(CURES, "utf-8")
    return checkout


def met(site, *found, ran=(DEFAULT_TORCH,), sha256=None, cls="RuntimeError"):
    """Write the record of the messages that the block met.

    Args:
        site: The checkout.
        found: The messages: each is its text, then the releases that showed it.
        ran: The releases that the block ran on.
        sha256: The recorded hash of the block, by default that of the current file.
        cls: The class of the errors.
    """
    file = site.root / "snippets" / FILE
    entry = {
        "sha256": sha256 or hashlib.sha256(file.read_bytes()).hexdigest(),
        "ran": list(ran),
        "messages": [
            {"kind": "error", "class": cls, "text": text, "releases": list(releases)}
            for text, *releases in found
        ],
    }
    path = site.root / "records" / "messages-cpu.json"
    path.parent.mkdir(exist_ok=True)
    files = {FILE: entry}
    path.write_text(json.dumps({"seal": seal(files), **files}), "utf-8")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_message_is_a_heading_with_its_cure_its_block_and_its_releases(site, lang):
    met(site, (SHAPE, DEFAULT_TORCH))
    html = site.render(PAGE, lang)
    said = re.search(r"<h3 [^>]*>(.*?)<a class", html, re.S)[1]
    assert said == (
        "<code>RuntimeError: shape '<var>[3, 4]</var>' is invalid for input of size "
        "<var>6</var></code>"
    ).replace("[", "&#91;").replace("]", "&#93;")
    assert "<p>Make the sizes fit: <code>x.view(-1)</code>.</p>" in html
    assert 'href="../tensors/shape.md#views">视图</a>' in html
    assert 'href="../tensors/shape.md#view.py"><code>view.py</code></a>' in html
    assert f"torch {DEFAULT_TORCH}" in html


def test_only_releases_that_showed_it_are_named(site):
    ran = ("2.4.1", "2.5.1", "2.6.0", "2.7.1", DEFAULT_TORCH)
    met(site, (SHAPE, "2.4.1", "2.5.1", "2.7.1", DEFAULT_TORCH), ran=ran)
    assert f"torch 2.4.1–2.5.1, 2.7.1–{DEFAULT_TORCH}" in site.render(PAGE)


def test_what_another_release_says_in_its_place_is_below_it(site):
    reworded = "shape '[3, 4]' does not fit an input of size 6"
    met(site, (SHAPE, DEFAULT_TORCH), (reworded, NEW), ran=(DEFAULT_TORCH, NEW))
    html = site.render(PAGE, "en")
    assert html.count("<h3") == 1
    below = re.search(r'<p class="reworded">(.*?)</p>', html, re.S)[1]
    assert below.startswith(f"On torch {NEW} it reads: <code>")
    assert "does not fit an input of size 6" in below


def test_a_cure_stays_with_a_message_that_the_default_release_rewords(site):
    met(
        site,
        ("new words about shapes here", DEFAULT_TORCH),
        ("old words about shapes here", OLD),
        ran=(OLD, DEFAULT_TORCH),
    )
    html = site.render(PAGE, "en")
    assert "Do <code>this</code>." in html
    assert "new words about shapes here" in html
    assert list(errors.uncured(site.root, "en")) == []


def test_another_number_is_the_same_message(site):
    other = SHAPE.replace("6", "7")
    met(site, (SHAPE, DEFAULT_TORCH), (other, DEFAULT_TORCH))
    assert site.render(PAGE).count("<h3") == 1


def test_messages_of_an_edited_block_are_not_shown(site):
    met(site, (SHAPE, DEFAULT_TORCH), sha256="a" * 64)
    assert "<h3" not in site.render(PAGE)


def test_a_message_without_a_cure_is_found(site):
    met(site, ("nobody knows", DEFAULT_TORCH))
    ((name, message),) = errors.uncured(site.root, "en")
    assert (name, message.text) == (FILE, "nobody knows")
    assert "<h3" not in site.render(PAGE)
    (site.root / "docs/errors/left-off.yml").write_text('"nobody *": "a reason"\n')
    assert list(errors.uncured(site.root, "en")) == []


def test_a_long_message_is_a_short_heading_and_then_whole(site):
    text = "old words about shapes " + "and so on " * 40 + "\n\tto the `very` <end>"
    met(site, (text, DEFAULT_TORCH))
    html = site.render(PAGE)
    assert html.count("<h3") == 1
    assert len(re.sub("<[^>]*>", "", re.search("<h3.*?</h3>", html, re.S)[0])) < 300
    whole = re.search(r"<details.*?</details>", html, re.S)[0]
    assert "to the `very` &lt;end&gt;" in whole


@pytest.mark.parametrize(
    "text",
    [
        "a *b* __c__ `d` [e](f) <g> {: #h } &amp; \\i ~~j~~ !k \"l\" 'm'",
        '<__main__.Net object at 0x1> " #n .o }',
    ],
)
def test_nothing_in_a_message_is_markup(site, text):
    met(site, (f"old words about {text}", DEFAULT_TORCH))
    import html

    heading = re.search(r"<h3.*?</h3>", site.render(PAGE), re.S)[0]
    plain = html.unescape(re.sub("<[^>]*>", "", heading))
    assert text in plain
    # The attributes that follow the message in the heading are still read.
    assert 'class="message" id="old-words-about"' in heading


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("size *", "size 6", True),
        ("size *", "size ", False),
        ("size *", "size 6\nand more", False),
        ("a b ...", "a\n\tb and\nall the rest", True),
        ("a.b", "axb", False),
        ("a b", "a   b", True),
        ("f(*)", "f()", False),
    ],
)
def test_a_pattern_fits_a_whole_message(pattern, text, fits):
    assert bool(Pattern(pattern).match(text)) is fits


def test_what_was_masked_varies_too():
    assert marked(None, "at ⟨address⟩") == "<code>at <var>address</var></code>"


@pytest.mark.parametrize("text", ["- a\n", '"a": 3\n', '"a": ""\n', "a: [\n"])
def test_a_file_of_cures_that_is_none_is_refused(site, text):
    (site.root / "docs/errors/en.yml").write_text(text)
    with pytest.raises(CureError, match=r"docs/errors/en\.yml"):
        errors.cures(site.root, "en")

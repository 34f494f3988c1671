"""Redirects from old addresses, in a small checkout with a few pages."""

import re

import pytest

from render import links, moved, offline, site
from render.pages import CONFIGS, read_site

CONFIG = "site_name: N\nnav: [Home: index.md, A: [a/old.md, a/new.md]]\n"
OLD = "---\ndescription: d\n---\n\n# Old {#old}\n\n## Kept {#kept}\n"
NEW = (
    "# New {#new}\n\n## Hooks & `x` {#hooks}\n\n"
    '```python\n--8<-- "a/new/hook.py"\n```\n'
)


@pytest.fixture
def tree(tmp_path):
    """A checkout in which a section of a/old.md has moved to a/new.md."""
    for lang, config in CONFIGS.items():
        (tmp_path / config).write_text(CONFIG)
        docs = tmp_path / "docs" / lang / "a"
        docs.mkdir(parents=True)
        (docs / "old.md").write_text(OLD)
        (docs / "new.md").write_text(NEW)
        (docs.parent / "index.md").write_text("# Home {#home}\n")
    return tmp_path


@pytest.fixture
def moves(tree):
    """A function that writes lines to docs/moved.yml."""
    path = tree / moved.NAME

    def write(*lines):
        path.write_text("\n".join(["# What has moved", *lines]) + "\n")

    return write


def faults(tree):
    """Return the faults of the English site; the Chinese site has the same pages."""
    return list(moved.faults(read_site(tree, "en")))


def test_a_tree_where_nothing_has_moved(tree):
    assert faults(tree) == []
    moved.write(tree / "site", tree, "en", "https://example.org/en/")
    assert not (tree / "site").exists()


def test_entries_that_lead_somewhere(tree, moves):
    moves(
        "a/old.md#hooks: a/new.md#hooks",
        "a/old.md#hook.py: a/new.md#hook.py",
        "a/gone.md: a/new.md",
        "a/gone.md#section: a/old.md#kept",
    )
    assert faults(tree) == []


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("a/old.md#x: a/none.md#x", "no page docs/en/a/none.md"),
        ("a/old.md#x: a/new.md#none", "no #none in docs/en/a/new.md"),
        ("a/old.md#x: a/new.md#none.py", "no #none.py in docs/en/a/new.md"),
        ("a/old.md#kept: a/new.md", "#kept is still in docs/en/a/old.md"),
        ("a/old.md: a/new.md", "docs/en/a/old.md is still there"),
        ("a/gone.md#x: a/new.md", "no page docs/en/a/gone.md; add where the whole"),
        ("a/old/#x: a/new.md", "not of the form"),
        ("a/old.md#x: a/new/", "not of the form"),
        ("a/old.md#y: a/new.md", "a/old.md#y is listed twice"),
    ],
)
def test_an_entry_that_leads_nowhere(tree, moves, line, fault):
    moves("a/old.md#y: a/new.md#hooks", line)
    (found,) = faults(tree)
    assert found.startswith(f"docs/moved.yml:3: {fault}")


@pytest.fixture
def built(tree, moves):
    """A function that adds redirects to built pages and returns the site's folder."""

    def build(*lines):
        moves(*lines)
        out = tree / "site"
        for lang in CONFIGS:
            for name in ("a/old", "a/new", "."):
                path = out / lang / name / "index.html"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(
                    f'{moved.ARTICLE}\n<p id="hooks">{name}</p>\n</article>'
                )
            moved.write(out / lang, tree, lang, f"https://example.org/{lang}/")
        return out

    return build


def test_a_page_says_where_a_section_is_now(built):
    out = built("a/old.md#hooks: a/new.md#hooks")
    page = (out / "en/a/old/index.html").read_text()
    line = re.search(r'<p class="moved" id="hooks">(.*)</p>', page)[1]
    assert line == ('This section is now at <a href="../new/#hooks">Hooks &amp; x</a>')
    assert "location.replace" in page
    assert "moved" not in (out / "en/a/new/index.html").read_text()
    assert "这一节已移到" in (out / "zh/a/old/index.html").read_text("utf-8")


def test_a_page_that_has_moved_leaves_one_that_leads_on(built):
    out = built("b/gone.md: a/new.md", "b/gone.md#h: a/new.md#hooks", "c.md: index.md")
    page = (out / "en/b/gone/index.html").read_text()
    assert 'url=../../a/new/"' in page
    assert '<link rel="canonical" href="https://example.org/en/a/new/">' in page
    assert '<a href="../../a/new/">New</a>' in page
    assert '<a href="../../a/new/#hooks" id="h" hidden>' in page
    home = (out / "en/c/index.html").read_text()
    assert '<a href="../">Home</a>' in home
    assert '<link rel="canonical" href="https://example.org/en/">' in home
    assert links.inside(out, links.read(out)) == []


def test_the_archive_leads_on_to_files(built):
    out = built("b/gone.md: a/new.md", "b/gone.md#h: a/new.md#hooks")
    name = "en/b/gone/index.html"
    page = offline.page(out, name, (out / name).read_text())
    assert 'url=../../a/new/index.html"' in page
    assert 'href="../../a/new/index.html"' in page
    assert 'href="../../a/new/index.html#hooks"' in page


def test_a_build_makes_old_addresses_lead_on(tree, built, monkeypatch):
    out = built()
    (tree / moved.NAME).write_text("gone.md: a/new.md\n")
    for what in (site.downloads, site.search_index):
        for name in ("write", "complete"):
            monkeypatch.setattr(what, name, lambda *_: None, raising=False)
    monkeypatch.setattr(site, "ROOT", tree)
    site.finish(out / "en", "en", "https://example.org/en/")
    assert (out / "en/gone/index.html").is_file()

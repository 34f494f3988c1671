"""Other generators build the same site, in case MkDocs or its theme is abandoned."""

import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from render import site

ROOT = Path(__file__).resolve().parents[2]
NEEDED = ("docs", "records", "render", "snippets", "verify")
VOID = {"br", "hr", "img", "input", "link", "meta", "source", "wbr"}


class Article(HTMLParser):
    """Collects the headings, code blocks and status lines of a page."""

    def __init__(self, text):
        super().__init__()
        self.open = []  # tags, each with the list that collects its text
        self.headings, self.blocks, self.badges = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        inside = any(name == "article" for name, _ in self.open)
        into = None
        if inside and tag in ("h1", "h2", "h3", "h4"):
            into = [tag, found.get("id"), ""]
            self.headings.append(into)
        elif inside and tag == "code" and self.open[-1][0] == "pre":
            into = [""]
            self.blocks.append(into)
        elif found.get("class") == "snippet-facts":
            into = [""]
            self.badges.append(into)
        elif "headerlink" in found.get("class", ""):
            into = [""]  # the link sign isn't part of a heading
        if tag not in VOID:
            self.open.append((tag, into))

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        for _, into in reversed(self.open):
            if into:
                into[-1] += data
                return


@pytest.fixture(scope="module")
def usual(tmp_path_factory):
    """The folder of the site that MkDocs builds."""
    folder = tmp_path_factory.mktemp("usual")
    site.build(folder)
    return folder


@pytest.fixture(scope="module", params=["properdocs", "zensical"])
def both(request, usual, tmp_path_factory):
    """The folders of the sites that MkDocs and another generator build."""
    pytest.importorskip(request.param, reason=f"builds with {request.param}")
    # Build in a copy, because Zensical writes to the folder named in the configuration.
    tree = tmp_path_factory.mktemp("tree")
    for name in NEEDED:
        shutil.copytree(
            ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__")
        )
    for path in [*ROOT.glob("mkdocs*.yml"), ROOT / "LICENSE"]:
        shutil.copy(path, tree)
    done = subprocess.run(
        [sys.executable, "-m", "render.site", "build", "--builder", request.param],
        cwd=tree,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert done.returncode == 0, done.stdout
    return usual, tree / "site"


def test_there_are_the_same_pages_and_files(both):
    usual, other = (
        {
            path.relative_to(folder).as_posix()
            for lang in site.CONFIGS
            for path in (folder / lang).rglob("*")
            if path.suffix in (".html", ".md", ".ipynb", ".py", ".zip", ".txt")
        }
        for folder in both
    )
    assert usual == other
    assert len(usual) > 600


def test_every_page_has_the_same_headings_blocks_and_badges(both):
    usual, other = both
    faults = []
    seen = 0
    for path in sorted(usual.rglob("index.html")):
        name = path.relative_to(usual)
        if name.as_posix() == "index.html":
            continue  # redirects to a language
        mine, its = (
            Article((folder / name).read_text("utf-8")) for folder in (usual, other)
        )
        for what in ("headings", "blocks", "badges"):
            a, b = getattr(mine, what), getattr(its, what)
            seen += len(a)
            if a != b:
                rest = [x for x in a if x not in b], [x for x in b if x not in a]
                faults.append(f"{name}: {what}: {rest}")
    assert faults == []
    assert seen > 1000

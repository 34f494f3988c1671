"""The live preview: which pages it rebuilds when a file changes."""

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from render import preview
from render.errors import PART_MARKERS

ERRORS, *_ = PART_MARKERS  # the marker of a list of error messages


@dataclass
class File:
    """A page as MkDocs describes it to its hooks."""

    src_uri: str
    abs_dest_path: Path


class Files(list):
    """The pages as MkDocs hands them to its hooks."""

    def documentation_pages(self):
        return self


@dataclass
class Config:
    theme: dict


@pytest.fixture
def rebuilt(checkout, tmp_path, monkeypatch):
    """Which pages are built again after a file has changed."""
    monkeypatch.setattr(preview, "ROOT", checkout.root)
    monkeypatch.setattr(preview._Preview, "is_on", True)
    checkout.page("# Home {#home}", "index.md")
    checkout.page('# Shape\n\n```python\n--8<-- "tensors/shape/view.py"\n```\n')
    checkout.page(f"# Errors\n\n{ERRORS}\n", "tensors/math.md")
    files = Files()
    for name in ("index", "tensors/shape", "tensors/math"):
        built = tmp_path / "site" / name / "index.html"
        built.parent.mkdir(parents=True)
        built.write_text(name)
        files.append(File(f"{name}.md", built))

    def rebuilt(changed):
        for file in files:
            os.utime(file.abs_dest_path, (1000, 1000))
        for path in checkout.root.rglob("*.*"):
            if path.is_file() and path.suffix != ".html":
                os.utime(path, (500, 500))
        path = checkout.root / changed
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        preview.on_files(files, Config({"language": "zh"}))
        return [f.src_uri for f in files if f.abs_dest_path.stat().st_mtime == 0]

    return rebuilt


def test_a_block_rebuilds_the_page_that_shows_it(rebuilt):
    assert rebuilt("snippets/tensors/shape/view.py") == ["tensors/shape.md"]


def test_mistakes_rebuild_their_page_and_the_lists(rebuilt):
    assert rebuilt("docs/mistakes/tensors/shape.yml") == [
        "tensors/shape.md",
        "tensors/math.md",
    ]


def test_a_cure_rebuilds_the_lists_of_error_messages(rebuilt):
    assert rebuilt("docs/errors/tensors.yml") == ["tensors/math.md"]


def test_a_record_rebuilds_every_page(rebuilt):
    assert len(rebuilt("records/torch-2.13.0-cpu.json")) == 3


def test_nothing_is_rebuilt_if_nothing_changed(rebuilt):
    assert rebuilt("docs/notes.txt") == []

"""Given a file that pages ask for again and again: it is read when it has changed."""

import os
from pathlib import Path

from render import files


def test_a_file_is_read_again_only_when_it_has_changed(tmp_path, monkeypatch):
    path, reads = tmp_path / "page.md", []
    read = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda x: reads.append(x) or read(x))
    path.write_bytes(b"one")
    assert files.read_bytes(path) == files.read_bytes(path) == b"one"
    assert reads == [path]
    path.write_bytes(b"two")  # as long as before
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 1))
    assert files.read_bytes(path) == b"two"
    assert reads == [path, path]


def test_text_is_the_same_whatever_an_editor_adds(tmp_path):
    path = tmp_path / "page.md"
    path.write_bytes("\ufeff张量\r\n形状\n".encode())
    assert files.read_text(path) == "张量\n形状\n"


def test_a_snippet_file_is_parsed_again_when_it_has_changed(tmp_path):
    path = tmp_path / "block.py"
    path.write_text("print(1)\n#> 1\n")
    snippet = files.read_snippet_file(path)
    assert files.read_snippet_file(path) is snippet
    path.write_text("print(10)\n#> 10\n")
    assert files.read_snippet_file(path).source == "print(10)\n#> 10\n"

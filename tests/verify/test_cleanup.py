"""Test that a folder can be deleted whatever a snippet file leaves in it."""

import os
import sys

import pytest

from verify.fork.cleanup import delete_folder


def test_a_folder_with_files_and_links(tmp_path):
    folder, outside = tmp_path / "a", tmp_path / "outside"
    (folder / "b").mkdir(parents=True)
    outside.mkdir()
    (outside / "kept.txt").write_text("x")
    (folder / "b" / "file").write_text("x")
    (folder / "link").symlink_to(outside)
    assert delete_folder(folder)
    assert (outside / "kept.txt").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="needs os.chdir below a long path")
def test_folders_deeper_than_recursion_and_paths_allow(tmp_path):
    folder = tmp_path / "deep"
    folder.mkdir()
    here = os.getcwd()
    try:
        os.chdir(folder)
        for _ in range(3000):
            os.mkdir("folder")
            os.chdir("folder")
            open("file", "w").close()
    finally:
        os.chdir(here)
    assert delete_folder(folder)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there(tmp_path):
    assert delete_folder(tmp_path / "missing")

"""Test that the folder of a run is removed, and that leftovers are reported."""

import contextlib
import ctypes
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest

from verify import folders
from verify.folders import RunFolder, left_in, listed, printable, remove


def test_a_run_starts_in_three_empty_folders_which_go_away():
    with RunFolder() as folder:
        inside = [folder.work, folder.home, folder.tmp]
        assert [os.listdir(path) for path in inside] == [[], [], []]
        (folder.work / "model.pt").write_text("weights")
    assert not any(path.exists() for path in inside)
    assert folder.resisted == []
    assert not folder.work.parent.exists()


def test_what_a_file_left_at_home_and_in_the_temporary_folder_is_named():
    with RunFolder() as folder:
        (folder.work / "model.pt").write_text("its working folder is its own")
        (folder.home / "model.pt").write_text("weights")
        (folder.tmp / "runs" / "first").mkdir(parents=True)
        assert folder.left() == [
            "left ~/model.pt, $TMPDIR/runs; delete it or write into the working folder"
        ]


def test_what_libraries_keep_there_is_allowed():
    with RunFolder() as folder:
        for path in (
            folder.home / ".cache" / "matplotlib" / "fontlist-v390.json",
            folder.home / ".config" / "matplotlib" / "matplotlibrc",
            folder.home / ".triton" / "cache" / "kernel",
            folder.tmp / "torchelastic_4bk" / "none_wi" / "attempt_0" / "0" / "log",
            folder.tmp / "torchinductor_reader" / "fxgraph" / "code.py",
            folder.tmp / "pytorch-errorfile-s1.pickle",
            folder.tmp / "pymp-x3" / "listener-1",
        ):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("x")
        assert folder.left() == []


def test_what_lies_beside_an_allowed_path_is_not_allowed(tmp_path):
    (tmp_path / ".cache" / "torch").mkdir(parents=True)
    (tmp_path / ".cache" / "mine").mkdir()
    (tmp_path / ".cache" / "torchvision").touch()
    assert left_in(tmp_path, [".cache/torch"], "~") == [
        "~/.cache/mine",
        "~/.cache/torchvision",
    ]


def test_a_link_in_place_of_the_home_folder_is_not_followed(tmp_path):
    (tmp_path / "persons").mkdir()
    (tmp_path / "persons" / "letter.txt").touch()
    (tmp_path / "home").symlink_to(tmp_path / "persons")
    assert left_in(tmp_path / "home", [], "~") == []


def test_names_are_escaped_and_a_long_list_is_cut():
    assert printable("a\n::warning::b\x1b[2J") == "a\\n::warning::b\\x1b[2J"
    assert printable(os.fsdecode(b"\xff.pt")) == "\\udcff.pt"
    assert printable("模型.pt") == "模型.pt"
    assert listed(map(str, range(10))) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9"
    assert listed(map(str, range(15))).endswith("8, 9 and 5 more")


def test_three_thousand_folders_in_each_other(tmp_path):
    here = os.getcwd()
    folder = tmp_path / "run"
    folder.mkdir()
    os.chdir(folder)
    try:
        for _ in range(3000):
            os.mkdir("d")
            os.chdir("d")
        os.mkdir("beside")
        with open("x", "w"):
            pass
    finally:
        os.chdir(here)
    assert remove(folder) == []
    assert not folder.exists()


def test_a_wide_folder_and_every_kind_of_file(tmp_path):
    folder = tmp_path / "run"
    (folder / "wide").mkdir(parents=True)
    for number in range(500):
        (folder / "wide" / str(number)).touch()
    os.mkfifo(folder / "fifo")
    (folder / "dangling").symlink_to("nowhere")
    (folder / "a\n\x1b[2J").mkdir()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(folder / "socket"))
        assert remove(folder) == []
    assert not folder.exists()


def test_what_a_link_leads_to_is_kept(tmp_path):
    (tmp_path / "persons").mkdir()
    (tmp_path / "persons" / "letter.txt").touch()
    folder = tmp_path / "run"
    (folder / "inner").mkdir(parents=True)
    (folder / "link").symlink_to(tmp_path / "persons")
    (folder / "inner" / "link").symlink_to(tmp_path / "persons")
    os.link(tmp_path / "persons" / "letter.txt", folder / "hard")
    assert remove(folder) == []
    assert (tmp_path / "persons" / "letter.txt").exists()


@pytest.fixture
def bound():
    """Yield a folder, and a function that calls `remove` without root privileges.

    Root may read and write everything, so as root the function changes the user.
    """
    top = Path(tempfile.mkdtemp())  # only the owner can enter `tmp_path`

    def call(folder):
        if os.getuid():
            return remove(folder)
        for path in (top, *top.rglob("*")):
            os.chown(path, 12345, 12345)
        read, write = os.pipe()
        child = os.fork()
        if not child:
            with contextlib.suppress(BaseException):
                os.setgroups([])
                os.setgid(12345)
                os.setuid(12345)
                os.write(write, json.dumps(remove(folder)).encode())
            os._exit(0)
        os.close(write)
        os.waitpid(child, 0)
        with open(read) as answer:
            return json.load(answer)

    yield top, call
    subprocess.run(["chmod", "-R", "u+rwx", top], check=True)
    shutil.rmtree(top)


def test_folders_that_may_not_be_read_or_written(bound):
    top, remove_as_user = bound
    folder = top / "run"
    (folder / "a" / "b" / "c").mkdir(parents=True)
    (folder / "a" / "b" / "c" / "x").touch()
    for path in (folder / "a" / "b" / "c", folder / "a" / "b", folder / "a"):
        path.chmod(0o000)
    assert remove_as_user(folder) == []
    assert not folder.exists()


def test_the_folder_above_a_runs_folder_is_left_as_it_is(bound):
    top, remove_as_user = bound
    folder = top / "kept" / "run"
    folder.mkdir(parents=True)
    (folder / "x").touch()
    (top / "kept").chmod(0o500)
    assert remove_as_user(folder) == []
    assert (top / "kept").stat().st_mode & 0o777 == 0o500
    assert os.listdir(folder) == []


def test_a_folder_that_is_gone_is_no_error(tmp_path):
    assert remove(tmp_path / "gone") == []


def test_an_immutable_file_is_named_and_removed(tmp_path):
    folder = tmp_path / "run"
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "x").touch()
    for path in (folder / "inner" / "x", folder / "inner"):
        if subprocess.run(["chattr", "+i", path], capture_output=True).returncode:
            pytest.skip("chattr needs root and a file system with flags")
    assert remove(folder) == ["inner (immutable)", "inner/x (immutable)"]
    assert not folder.exists()


def test_a_file_that_stays_immutable_is_named_and_the_rest_goes(tmp_path, monkeypatch):
    folder = tmp_path / "run"
    (folder / "inner").mkdir(parents=True)
    for name in ("inner/x", "inner/y", "z"):
        (folder / name).touch()

    def refuse(path, **_):
        if re.search("x$", path):
            raise PermissionError(1, "Operation not permitted", path)
        return unlink(path)

    unlink = os.unlink
    monkeypatch.setattr(folders.os, "unlink", refuse)
    assert remove(folder) == ["inner/x (Operation not permitted)"]
    monkeypatch.undo()
    assert [path.name for path in folder.rglob("*")] == ["inner", "x"]


def test_nothing_behind_a_mount_point_is_deleted(tmp_path):
    libc = ctypes.CDLL(None, use_errno=True)
    (tmp_path / "persons").mkdir()
    (tmp_path / "persons" / "letter.txt").touch()
    folder = tmp_path / "run"
    (folder / "a b").mkdir(parents=True)
    paths = [os.fsencode(tmp_path / "persons"), os.fsencode(folder / "a b")]
    if libc.mount(*paths, None, 4096, None):  # MS_BIND
        pytest.skip("mount needs root")
    assert remove(folder) == ["a b (a mount point)"]
    assert (tmp_path / "persons" / "letter.txt").exists()
    assert not folder.exists()


def test_a_mount_point_that_stays_keeps_all(tmp_path, monkeypatch):
    folder = tmp_path / "run"
    (folder / "disk").mkdir(parents=True)
    (folder / "disk" / "letter.txt").touch()
    point = str(folder / "disk")
    monkeypatch.setattr(folders, "_mount_points", lambda _: [point])
    assert remove(folder) == ["disk (a mount point)"]
    assert (folder / "disk" / "letter.txt").exists()

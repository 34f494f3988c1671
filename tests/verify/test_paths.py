"""Test which paths are snippet files, which are left out and which are errors."""

import os
import socket
import subprocess
import sys

import pytest

from verify import ROOT, SNIPPETS, RequestError
from verify.paths import MOST_BYTES, chosen_files, find, name_of, read, shown
from verify.snippet import SnippetError, parse

IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


@pytest.fixture
def odd(tmp_path):
    """Return a function that makes a "*.py" path that isn't a regular file."""

    def odd(kind):
        path = tmp_path / f"{kind}.py"
        if kind == "fifo":
            os.mkfifo(path)
        elif kind == "folder":
            path.mkdir()
        elif kind == "socket":
            here = os.getcwd()
            os.chdir(tmp_path)  # a socket's path must be short
            try:
                with socket.socket(socket.AF_UNIX) as bound:
                    bound.bind(path.name)
            finally:
                os.chdir(here)
        else:
            target = {
                "device": "/dev/zero",
                "terminal": "/dev/tty",
                "dangling": tmp_path / "nothing",
                "loop": path,
                "link-to-folder": tmp_path,
            }
            path.symlink_to(target[kind])
        return path

    return odd


ODD = ["fifo", "socket", "device", "dangling", "loop", "folder", "link-to-folder"]


def test_files_are_found_below_a_folder_and_the_library_is_not(tmp_path):
    for name in (
        "b.py",
        "a.py",
        "deep/c.py",
        "note.txt",
        "__pycache__/d.py",
        ".hidden.py",
        ".checkpoints/e.py",
    ):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    names = [path.relative_to(tmp_path).as_posix() for path in find(tmp_path)]
    assert names == ["a.py", "b.py", "deep/c.py"]
    assert not [path for path in find() if path.parent == SNIPPETS]


@pytest.mark.parametrize("kind", ODD)
def test_what_is_not_a_regular_file_is_not_found(tmp_path, odd, kind):
    (tmp_path / "good.py").touch()
    odd(kind)
    assert chosen_files([tmp_path]) == [tmp_path / "good.py"]


def test_the_lock_of_an_editor_is_not_found(tmp_path):
    (tmp_path / "good.py").touch()
    (tmp_path / ".#good.py").symlink_to("somebody@host.12345:67890")
    assert find(tmp_path) == [tmp_path / "good.py"]


def test_a_folder_named_like_a_file_is_a_folder(tmp_path):
    (tmp_path / "x.py").mkdir()
    (tmp_path / "x.py" / "good.py").touch()
    assert find(tmp_path) == [tmp_path / "x.py" / "good.py"]


def test_a_link_to_a_file_is_its_target(tmp_path):
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "good.py").touch()
    (tmp_path / "link.py").symlink_to(tmp_path / "text" / "good.py")
    assert chosen_files([tmp_path]) == [tmp_path / "text" / "good.py"]


def test_folders_of_any_depth(tmp_path):
    here = os.getcwd()
    os.chdir(tmp_path)
    try:
        for _ in range(1_100):
            os.mkdir("d")
            os.chdir("d")
    finally:
        os.chdir(here)
    (tmp_path / "good.py").touch()
    try:
        found = find(tmp_path)
        assert found[-1] == tmp_path / "good.py"
        assert all(path.is_relative_to(tmp_path) for path in found)
    finally:
        subprocess.run(["rm", "-rf", tmp_path / "d"], check=True)


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        ("fifo", "is a FIFO, not a Python file"),
        ("socket", "is a socket, not a Python file"),
        ("device", "is a device, not a Python file"),
        ("dangling", "doesn't exist"),
        ("loop", "can't be read: Too many levels of symbolic links"),
    ],
)
def test_a_path_that_a_person_names_is_refused_in_one_line(odd, kind, what):
    path = odd(kind)
    with pytest.raises(RequestError) as caught:
        chosen_files([path])
    assert str(caught.value) == f"{path} {what}; pass a snippet file or a folder"


@pytest.mark.parametrize(
    "name", ["no\nsuch.py", "nul\0.py", "x" * 5_000 + ".py", "\udcff.py"]
)
def test_a_name_of_any_kind_is_refused_in_one_line(tmp_path, name):
    with pytest.raises(RequestError) as caught:
        chosen_files([tmp_path / name])
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("kind", ODD)
def test_reading_never_waits(odd, kind):
    path = odd(kind)
    with pytest.raises(SnippetError) as caught:
        read(path)
    (fault,) = caught.value.faults
    assert fault.startswith(f"{shown(path)}:1: ")
    assert fault.count("\n") == 0


def test_a_file_that_is_too_large_is_not_read_whole(tmp_path):
    path = tmp_path / "large.py"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(SnippetError, match=r"has more than 1,048,576 bytes; shorten"):
        parse(path)
    path.write_bytes(b"#" * MOST_BYTES)
    assert len(read(path)) == MOST_BYTES


def test_a_file_that_has_gone_is_one_line(tmp_path):
    with pytest.raises(SnippetError, match=r"gone.py:1: can't be read: No such file"):
        parse(tmp_path / "gone.py")


@pytest.mark.skipif(IS_ROOT, reason="root reads all files")
def test_what_may_not_be_read_is_found_and_fails(tmp_path):
    check_unreadable(tmp_path)


@pytest.mark.skipif(not IS_ROOT, reason="only root can be somebody else")
def test_what_another_user_may_not_read_is_found_and_fails(tmp_path):
    for folder in (tmp_path, *tmp_path.parents):
        if not folder.stat().st_mode & 0o001:
            folder.chmod(folder.stat().st_mode | 0o001)
    code = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from tests.verify.test_paths import check_unreadable\n"
        "os.setgid(65534); os.setuid(65534)\n"
        "check_unreadable(Path(sys.argv[1]))\n"
    )
    tmp_path.chmod(0o777)
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def check_unreadable(folder):
    """Check that files and folders without read permission fail with a clear error."""
    secret, locked = folder / "secret.py", folder / "locked"
    secret.touch(mode=0o200)
    locked.mkdir(mode=0o000)
    (folder / "good.py").touch()
    try:
        found = find(folder)
        assert found == sorted([folder / "good.py", locked, secret])
        for path in (locked, secret):
            with pytest.raises(
                SnippetError, match=r"can't be read: Permission denied|is a folder"
            ):
                parse(path)
    finally:
        locked.chmod(0o700)
        secret.chmod(0o600)


def test_names_of_loops_and_of_files_that_are_gone(odd, tmp_path):
    loop = odd("loop")
    assert shown(loop) == name_of(loop) == str(loop)
    assert shown(ROOT / "snippets" / "no.py") == "snippets/no.py"
    assert name_of(SNIPPETS / "no" / "such.py") == "no/such.py"


@pytest.mark.parametrize("kind", ["fifo", "device", "dangling", "loop"])
def test_a_folder_with_an_odd_file_is_judged(runner, write, tmp_path, odd, kind):
    write("print(1)\n#> 1\n", "good.py")
    path = odd(kind)
    verdicts = list(runner.run_all([*chosen_files([tmp_path]), path]))
    outcomes = {verdict.path.name: verdict.outcome for verdict in verdicts}
    assert outcomes == {"good.py": "passed", path.name: "failed"}
    (fault,) = next(v.faults for v in verdicts if v.outcome == "failed")
    assert fault.startswith(f"{shown(path)}:1: ")


def test_a_file_that_vanishes_is_judged(runner, write):
    path = write("print(1)\n#> 1\n")
    (found,) = chosen_files([path])
    path.unlink()
    verdict = runner.run(found)
    assert verdict.outcome == "failed"
    assert verdict.faults == (f"{path}:1: can't be read: No such file or directory",)

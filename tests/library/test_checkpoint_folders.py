"""Checkpoints: paths, cleaning up, reading a file only once, and missing ranks."""

import errno
import io
import os
import re
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
import torch

from snippets.checkpoints import Checkpoints, CorruptCheckpointError, load, save
from tests.busy import patient
from tests.library import checkpoint_ranks
from tests.library.checkpoint_files import damage, holds, state, steps_in


@pytest.fixture
def unprivileged():
    """A folder, in a process that can't ignore file permissions as root can."""
    with tempfile.TemporaryDirectory() as home:
        os.chmod(home, 0o777)
        root = os.geteuid() == 0
        if root:
            os.seteuid(65534)
        try:
            yield Path(home)
        finally:
            if root:
                os.seteuid(0)


# --- Paths ----------------------------------------------------------------------------


def test_a_tilde_stands_for_the_home_folder(tmp_path, monkeypatch):
    home, here = tmp_path / "home", tmp_path / "here"
    home.mkdir()
    here.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(here)
    save("~/last.pt", state(1))
    assert holds("~/last.pt", 1)
    files = Checkpoints("~/run")
    assert files.save(2, state(2)) == home / "run" / "step-000000002.pt"
    assert holds(files.latest(), 2)
    assert sorted(os.listdir(home)) == ["last.pt", "run"]
    assert os.listdir(here) == []


@pytest.mark.parametrize("name", ["~nobody-of-this-name", "~nobody-of-this-name/run"])
def test_an_unknown_home_folder_is_refused(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    for use in (
        lambda: save(name, state()),
        lambda: load(name),
        lambda: Checkpoints(name).save(1, state()),
    ):
        with pytest.raises(FileNotFoundError, match=r"home folder.* write \./~nobody"):
            use()
    assert os.listdir(tmp_path) == []
    save("./~last.pt", state(1))
    assert os.listdir(tmp_path) == ["~last.pt"]


def test_a_relative_folder_stays_the_same_after_chdir(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    files = Checkpoints("run", keep=1)
    files.save(1, state(1))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    files.save(2, state(2))
    assert holds(files.latest(), 2)
    assert os.listdir(tmp_path / "run") == ["step-000000002.pt"]
    assert os.listdir(tmp_path / "elsewhere") == []


class Place:
    """A path object of another library."""

    def __init__(self, path):
        self.path = path

    def __fspath__(self):
        return str(self.path)


@pytest.mark.parametrize("kind", [str, Path, Place])
def test_a_path_can_be_a_str_or_any_path_object(tmp_path, kind):
    save(kind(tmp_path / "last.pt"), state(1))
    assert holds(kind(tmp_path / "last.pt"), 1)
    files = Checkpoints(kind(tmp_path / "run"))
    files.save(2, state(2))
    assert holds(files.latest(), 2)


@pytest.mark.parametrize("wrong", [None, 3, io.BytesIO()])
def test_a_value_that_is_not_a_path_is_refused(wrong):
    for use in (lambda: save(wrong, state()), lambda: load(wrong)):
        with pytest.raises(TypeError, match=r"expected str, bytes or os\.PathLike"):
            use()


def test_a_symbolic_link_can_point_to_a_file_that_does_not_exist_yet(tmp_path):
    (tmp_path / "disk").mkdir()
    link = tmp_path / "link.pt"
    link.symlink_to("disk/last.pt")
    save(link, state(1))
    assert link.is_symlink()
    assert holds(tmp_path / "disk" / "last.pt", 1)


@pytest.mark.parametrize("name", ["disk", "disk/missing"])
def test_the_folder_can_be_a_symbolic_link(tmp_path, name):
    (tmp_path / "disk").mkdir()
    link = tmp_path / "link"
    link.symlink_to(tmp_path / name)
    files = Checkpoints(link, keep=1)
    for step in (1, 2):
        files.save(step, state(step))
    assert link.is_symlink()
    assert holds(files.latest(), 2)
    assert (tmp_path / name / "step-000000002.pt").exists()


def test_the_error_names_the_missing_folder_of_a_symbolic_link(tmp_path):
    link = tmp_path / "link.pt"
    link.symlink_to("missing/last.pt")
    with pytest.raises(FileNotFoundError, match=r"missing/last\.pt"):
        save(link, state())


@pytest.mark.parametrize("name", ["run", "run/", "run/.", "missing/"])
def test_save_refuses_the_name_of_a_folder(tmp_path, name):
    (tmp_path / "run").mkdir()
    with pytest.raises(IsADirectoryError, match="need a file name"):
        save(f"{tmp_path}/{name}", state())
    assert os.listdir(tmp_path) == ["run"]


def test_a_named_pipe_is_neither_replaced_nor_read(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(FileExistsError, match="not a regular file"):
        save(pipe, state())
    with pytest.raises(CorruptCheckpointError, match="is not a regular file"):
        load(pipe)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.parametrize("name", ["a" * 252 + ".pt", "检" * 84 + ".pt"])
def test_a_name_can_be_as_long_as_the_file_system_allows(tmp_path, name):
    for step in (1, 2):
        save(tmp_path / name, state(step))
        assert holds(tmp_path / name, step)
        assert os.listdir(tmp_path) == [name]


def test_a_name_that_is_too_long_is_refused(tmp_path):
    with pytest.raises(OSError, match="File name too long"):
        save(tmp_path / ("a" * 256), state())
    assert os.listdir(tmp_path) == []


def test_the_error_names_a_file_given_instead_of_a_folder(tmp_path):
    (tmp_path / "run").write_text("a file")
    files = Checkpoints(tmp_path / "run")
    for use in (files.latest, files.best, lambda: files.save(1, state())):
        with pytest.raises(NotADirectoryError, match="run"):
            use()


def test_if_the_folder_cannot_be_read_latest_raises_instead_of_returning_none(
    unprivileged,
):
    files = Checkpoints(unprivileged / "run")
    files.save(1, state(1))
    os.chmod(files.folder, 0o000)
    try:
        with pytest.raises(PermissionError, match="run"):
            files.latest()
    finally:
        os.chmod(files.folder, 0o700)
    assert holds(files.latest(), 1)


# --- Numbers --------------------------------------------------------------------------


def test_numpy_integers_are_accepted(tmp_path):
    numpy = pytest.importorskip("numpy")
    for kind in (numpy.int64, numpy.int8, numpy.uint32):
        files = Checkpoints(tmp_path / kind.__name__, keep=kind(2), best=kind(1))
        for step, loss in enumerate([0.1, 0.4, 0.3, 0.2]):
            files.save(kind(step), state(step), numpy.float32(loss))
        assert steps_in(files.folder) == [0, 2, 3]
        assert files.save(kind(4), {}).name == "step-000000004.pt"


@pytest.mark.parametrize("name", ["keep", "best", "step"])
@pytest.mark.parametrize("wrong", [True, 1.5, "1", None, "numpy.bool_", "tensor"])
def test_a_value_that_is_not_an_integer_is_refused(tmp_path, name, wrong):
    if wrong == "numpy.bool_":
        wrong = pytest.importorskip("numpy").bool_(True)
    elif wrong == "tensor":
        wrong = torch.tensor(True)

    def use():
        options = {} if name == "step" else {name: wrong}
        Checkpoints(tmp_path, **options).save(wrong, state())

    with pytest.raises(ValueError, match=f"{name}=.*: need an int >= "):
        use()


@pytest.mark.parametrize("metric", ["low", [1.0], torch.ones(2), 1j])
def test_a_metric_that_is_not_a_number_is_refused(tmp_path, metric):
    with pytest.raises((TypeError, ValueError, RuntimeError)):
        Checkpoints(tmp_path).save(1, state(), metric)
    assert os.listdir(tmp_path) == []


def test_the_error_for_a_step_below_the_newest_says_what_to_do(tmp_path):
    files = Checkpoints(tmp_path, best=1)
    for step, loss in [(100, 1.0), (300, 9.0)]:
        files.save(step, state(step), loss)
    with pytest.raises(ValueError, match=r"step=200: .* latest") as error:
        files.save(200, state(200), 0.5)
    for words in (str(tmp_path), "300", "another folder", "delete the later files"):
        assert words in str(error.value)
    assert steps_in(tmp_path) == [100, 300]


# --- Cleaning up after a successful save ----------------------------------------------


def test_a_folder_named_like_an_old_file_causes_a_warning(tmp_path):
    files = Checkpoints(tmp_path, keep=1, best=1)
    (tmp_path / "step-000000005.pt").mkdir()
    (tmp_path / "step-000000005.pt" / "shard.pt").write_text("mine")
    with pytest.warns(UserWarning, match=r"could not delete .*step-000000005\.pt"):
        assert holds(files.save(7, state(7), 0.5), 7)
    assert steps_in(tmp_path) == [5, 7]
    assert (tmp_path / "step-000000005.pt" / "shard.pt").exists()


def test_a_warning_names_the_line_of_the_caller(tmp_path):
    files = Checkpoints(tmp_path, keep=1)
    (tmp_path / "step-000000003.pt").mkdir()
    with pytest.warns(UserWarning, match="could not delete") as caught:
        files.save(6, state(6))
    (tmp_path / "step-000000003.pt").rmdir()
    damage(tmp_path / "step-000000006.pt")
    with pytest.warns(UserWarning, match="skipped") as passed:
        files.save(5, state(5))
    assert {Path(one.filename) for one in [*caught, *passed]} == {Path(__file__)}


def test_a_warning_works_if_no_python_code_made_the_call(tmp_path):
    # Given an old file that cannot be deleted, and a save that atexit calls
    (tmp_path / "step-000000003.pt").mkdir()
    text = (
        "import atexit, sys\n"
        "from snippets.checkpoints import Checkpoints\n"
        "atexit.register(Checkpoints(sys.argv[1], keep=1).save, 6, {})\n"
    )
    # When the program ends
    ran = subprocess.run(
        [sys.executable, "-c", text, tmp_path],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=patient(60),
    )
    # Then the checkpoint is complete, and there is a warning but no error
    assert load(tmp_path / "step-000000006.pt") == {}
    assert re.search(r"UserWarning: could not delete .*step-000000003\.pt", ran.stderr)
    assert "Error" not in ran.stderr


def failing(number):
    """Return a function that raises an OSError with this number."""

    def work(*_, **__):
        raise OSError(number, os.strerror(number))

    return work


@pytest.mark.parametrize("number", [errno.EACCES, errno.EBUSY, errno.EROFS, errno.EIO])
def test_old_files_that_cannot_be_deleted_cause_warnings(tmp_path, monkeypatch, number):
    files = Checkpoints(tmp_path, keep=1)
    files.save(1, state(1))
    with monkeypatch.context() as patch:
        for place, name in [(Path, "unlink"), (os, "unlink"), (os, "remove")]:
            patch.setattr(place, name, failing(number))
        with pytest.warns(UserWarning, match=r"could not delete .*000001"):
            path = files.save(2, state(2))
    assert path == tmp_path / "step-000000002.pt"
    assert holds(path, 2)
    files.save(3, state(3))  # deletes them
    assert steps_in(tmp_path) == [3]


def test_an_old_file_that_another_process_deletes_causes_no_warning(
    tmp_path, monkeypatch, recwarn
):
    for step in (1, 2):
        Checkpoints(tmp_path).save(step, state(step))
    unlink = Path.unlink

    def vanish(path, missing_ok=False):
        os.remove(path)  # as if another process did
        unlink(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", vanish)
    assert holds(Checkpoints(tmp_path, keep=1).save(3, state(3)), 3)
    assert steps_in(tmp_path) == [3]
    assert not list(recwarn)


def test_a_folder_that_cannot_be_listed_after_saving_causes_a_warning(
    tmp_path, monkeypatch
):
    listdir = os.listdir

    def work(folder):
        if "step-000000001.pt" in listdir(folder):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return listdir(folder)

    monkeypatch.setattr(os, "listdir", work)
    with pytest.warns(UserWarning, match="could not delete old files"):
        assert holds(Checkpoints(tmp_path).save(1, state(1)), 1)


def test_temporary_files_that_cannot_be_deleted_do_not_stop_a_save(tmp_path):
    for name in (".last.pt-01234567.tmp", ".step-01234567.tmp"):
        (tmp_path / name).mkdir()
    with pytest.warns(UserWarning, match=r"could not delete .*\.last\.pt-01234567"):
        save(tmp_path / "last.pt", state(1))
    with pytest.warns(UserWarning, match=r"could not delete .*\.step-01234567"):
        path = Checkpoints(tmp_path).save(2, state(2))
    assert holds(tmp_path / "last.pt", 1)
    assert holds(path, 2)


@pytest.mark.parametrize("number", [errno.EINVAL, errno.EIO, errno.EACCES])
def test_a_folder_that_cannot_be_flushed_causes_a_warning(
    tmp_path, monkeypatch, number
):
    fsync = os.fsync

    def work(file):
        if stat.S_ISDIR(os.fstat(file).st_mode):
            raise OSError(number, os.strerror(number))
        fsync(file)

    monkeypatch.setattr(os, "fsync", work)
    with pytest.warns(UserWarning, match="saved .*, but a power failure may undo it"):
        save(tmp_path / "last.pt", state(2))
    assert holds(tmp_path / "last.pt", 2)


def test_save_works_in_a_folder_without_read_permission(unprivileged):
    folder = unprivileged / "drop"
    folder.mkdir()
    os.chmod(folder, 0o300)
    with pytest.warns(UserWarning, match="a power failure may undo it"):
        save(folder / "last.pt", state(1))
    os.chmod(folder, 0o700)
    assert holds(folder / "last.pt", 1)
    assert os.listdir(folder) == ["last.pt"]


# --- Reading a file only once ---------------------------------------------------------


def bytes_read(work):
    """Return how many bytes this process reads with system calls during the work."""
    file = Path("/proc/self/io")
    if not file.exists():
        pytest.skip("needs Linux")
    before = int(file.read_text().split()[1])
    work()
    return int(file.read_text().split()[1]) - before


def settle(path):
    """Wait until a change of the file is certain to change its time."""
    time.sleep(0.05)
    return path


@pytest.mark.parametrize("find", ["latest", "best"])
def test_latest_and_load_together_read_the_file_once(tmp_path, find):
    files = Checkpoints(tmp_path)
    state = {"step": 1, "weight": torch.ones(1 << 20)}
    size = settle(files.save(1, state, 0.5)).stat().st_size
    found = []
    used = bytes_read(lambda: found.append(load(getattr(files, find)())))
    assert size <= used < 1.1 * size
    assert found[0]["step"] == 1
    assert torch.equal(found[0]["weight"], state["weight"])


def test_a_loaded_state_does_not_depend_on_the_file(tmp_path):
    files = Checkpoints(tmp_path)
    path = settle(files.save(1, state(1)))
    found = load(files.latest())
    path.write_bytes(b"")
    assert torch.equal(found["weight"], state(1)["weight"])
    found["weight"][2] = -1
    assert found["view"][0] == -1


@pytest.mark.parametrize("how", ["in place", "replaced", "with its old time"])
def test_load_refuses_a_file_that_is_damaged_after_latest_checked_it(tmp_path, how):
    files = Checkpoints(tmp_path)
    path = settle(files.save(1, state(1)))
    assert files.latest() == path
    times = path.stat()
    if how == "replaced":
        (tmp_path / "other").write_bytes(path.read_bytes())
        damage(tmp_path / "other")
        os.replace(tmp_path / "other", path)
    else:
        damage(path)
    if how == "with its old time":
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    with pytest.raises(CorruptCheckpointError):
        load(path)


def test_load_refuses_a_file_that_is_damaged_immediately_after_latest(tmp_path):
    # This soon, the file system may still show the same time.
    files = Checkpoints(tmp_path)
    for step in range(50):
        path = files.save(step, state(step, numbers=100))
        assert files.latest() == path
        damage(path)
        with pytest.raises(CorruptCheckpointError):
            load(path)
        path.unlink()


def test_load_returns_the_new_state_if_the_file_is_replaced_after_latest(tmp_path):
    path = settle(Checkpoints(tmp_path).save(1, state(1)))
    assert Checkpoints(tmp_path).latest() == path
    save(path, state(2))
    assert holds(path, 2)


@pytest.mark.parametrize("where", ["meta", None, {"cpu": "cpu"}, torch.device("cpu")])
def test_a_file_from_latest_can_be_loaded_with_any_map_location(tmp_path, where):
    files = Checkpoints(tmp_path)
    settle(files.save(1, state(1)))
    found = load(files.latest(), map_location=where)["weight"]
    assert found.device.type == ("meta" if where == "meta" else "cpu")


# --- A call that some ranks don't make ------------------------------------------------


@pytest.fixture(scope="module")
def meeting(tmp_path_factory):
    """A folder, and the reports of two ranks that sometimes make different calls."""
    folder = tmp_path_factory.mktemp("meeting")
    return folder, checkpoint_ranks.start(checkpoint_ranks.meet, 2, folder)


@pytest.mark.slow
@pytest.mark.parametrize("caller", [0, 1])
def test_if_only_one_rank_calls_save_the_error_names_the_other(meeting, caller):
    text, seconds = meeting[1][caller][f"rank {caller} alone"]
    assert text.startswith(f"CheckpointError: rank {caller} called save()")
    assert f"ranks [{1 - caller}] did not within 1 s: every rank must call it" in text
    assert seconds < patient(10)  # a collective would wait for 600


@pytest.mark.slow
@pytest.mark.parametrize("caller", [0, 1])
def test_a_rank_that_calls_save_too_late_fails_too(meeting, caller):
    text, _ = meeting[1][1 - caller][f"rank {caller} alone"]
    assert text.startswith("CheckpointError: ")
    assert "every rank must call it" in text


@pytest.mark.slow
@pytest.mark.parametrize("caller", [0, 1])
def test_after_a_failed_call_the_next_one_works(meeting, caller):
    for report in meeting[1]:
        assert report[f"after {caller}"] == "None"


@pytest.mark.slow
def test_a_rank_can_call_save_later_than_the_other(meeting):
    folder, (zero, one) = meeting
    assert zero["late"][0] == one["late"][0] == "None"
    assert zero["late"][1] > 0.9 * checkpoint_ranks.LATE
    assert load(folder / "late.pt") == {"late": 0}


@pytest.mark.slow
def test_the_errors_name_the_different_calls_of_the_ranks(meeting):
    names = ("Checkpoints.save", "Checkpoints.latest")
    for report, name in zip(meeting[1], names, strict=True):
        assert f"called {name}(), but" in report["mixed"]


@pytest.mark.slow
def test_an_invalid_metric_raises_the_same_error_on_all_ranks(meeting):
    zero, one = meeting[1]
    assert zero["metric"] == one["metric"]
    assert "could not convert string to float: 'low'" in zero["metric"]
    assert zero["latest"] == one["latest"] == "1"

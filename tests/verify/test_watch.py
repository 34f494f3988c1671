"""Given folders, what appears in them is seen once."""

from verify.watch import Watch


def test_a_new_name_is_seen_below_and_beside(tmp_path):
    (tmp_path / "inner" / "deep").mkdir(parents=True)
    (tmp_path / "old.txt").touch()
    watch = Watch()
    start = watch.look(tmp_path, below=True)
    (tmp_path / "inner" / "deep" / "new.txt").touch()
    (tmp_path / "folder").mkdir()
    watch.look()
    names = {path.rpartition("/")[2] for path in watch.appeared[start:]}
    assert names == {"new.txt", "folder"}
    assert watch.look() == len(watch.appeared) == start + 2


def test_what_was_there_when_the_watch_began_is_not_new(tmp_path):
    (tmp_path / "old.txt").touch()
    watch = Watch()
    assert watch.look(tmp_path) == 0


def test_caches_and_hidden_files_do_not_count(tmp_path):
    watch = Watch()
    watch.look(tmp_path)
    for name in ("__pycache__", ".draft.swp"):
        (tmp_path / name).mkdir()
    assert watch.look() == 0


def test_a_folder_that_goes_away_is_no_error(tmp_path):
    (tmp_path / "inner").mkdir()
    watch = Watch()
    watch.look(tmp_path, below=True)
    (tmp_path / "inner").rmdir()
    assert watch.look() == 0

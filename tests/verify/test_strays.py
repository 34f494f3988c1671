"""Test which snippet file is blamed for a change outside of its own folder.

Other snippet files, other programs and people may write at the same time.
"""

import contextlib
import itertools
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from verify import SNIPPETS, messages
from verify import strays as strays_module
from verify import tree as tree_module
from verify.fork.client import Result
from verify.strays import Strays, faults
from verify.tree import Change, Tree
from verify.verdict import PASSED, Verdict

FIX = "a file may write only into its working folder: fix it, then"


@pytest.fixture
def tree(tmp_path):
    """Return the root of a small repository."""
    root = tmp_path / "repository"
    for name in (
        "snippets/tensors/shape/view.py",
        "snippets/tensors/shape/reshape.py",
        "records/torch-2.13.0-cpu.json",
        "docs/zh/shape.md",
        "verify/run.py",
        "README.md",
        ".git/config",
        ".git/HEAD",
        ".git/hooks/pre-commit",
        ".github/workflows/tests.yml",
    ):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return root


@pytest.fixture
def shared(tmp_path):
    """Return a folder like the temporary folder, where all programs write."""
    folder = tmp_path / "shared"
    folder.mkdir()
    return folder


@pytest.fixture
def strays(tree, shared):
    """Return a `Strays` that watches the repository and the shared folders."""
    return Strays(roots=[tree], names=[shared, strays_module.SHARED_MEMORY], interval=0)


def kinds(tree):
    """Return the kind and file name of each change since the last look."""
    return [(change.kind, Path(change.path).name) for change in tree.look()]


def run(strays, path, action, source=""):
    """Run a pretended snippet file and return its faults.

    Args:
        strays: The `Strays` to test.
        path: The path of the file.
        action: What the file does, in its first run and whenever it has to run again.
        source: The source of the file. Default: empty.
    """

    def results():
        with strays.running(path, source, action):
            action()
        yield path, None

    [(_, found)] = strays.settle(results())
    return found


# --- changes that `Tree.look` reports ---


def test_a_look_sees_what_is_new_changed_and_gone_once(tree):
    watched = Tree([tree])
    assert watched.look() == []
    (tree / "new").mkdir()
    (tree / "new" / "a.txt").touch()
    (tree / "docs" / "zh" / "shape.md").write_text("edited")
    (tree / "README.md").unlink()
    assert kinds(watched) == [
        ("deleted", "README.md"),
        ("changed", "shape.md"),
        ("created", "new"),
        ("created", "a.txt"),
    ]
    assert watched.look() == []


@pytest.mark.parametrize(
    "name",
    [
        ".git/hooks/post-checkout",
        ".git/config",
        ".github/workflows/tests.yml",
        ".hidden",
        "verify/run.py",
    ],
)
def test_a_look_sees_what_could_run_later(tree, name):
    watched = Tree([tree])
    (tree / name).write_text("evil")
    assert [Path(change.path).name for change in watched.look()] == [Path(name).name]


@pytest.mark.parametrize(
    "name",
    [
        "snippets/__pycache__/view.cpython-313.pyc",
        ".git/index",
        ".git/objects/ab/cd",
        "env/lib/torch.py",
        "site/index.html",
        ".nox/tests/bin/python",
        "docs/zh/.shape.md.swp",
        "docs/zh/shape.md~",
        "docs/zh/#shape.md#",
    ],
)
def test_a_look_leaves_out_caches_environments_and_editors(tree, name):
    (tree / "env").mkdir()
    (tree / "env" / "pyvenv.cfg").touch()
    path = tree / name
    path.parent.mkdir(parents=True, exist_ok=True)
    watched = Tree([tree])
    path.touch()
    assert watched.look() == []


def test_a_look_sees_an_edit_that_hides_its_time_and_size(tree):
    watched, path = Tree([tree]), tree / "README.md"
    before = path.stat()
    path.write_text("X" * before.st_size)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert kinds(watched) == [("changed", "README.md")]


def test_a_look_sees_modes_links_and_replaced_files(tree):
    watched = Tree([tree])
    (tree / "verify" / "run.py").chmod(0o777)
    (tree / "link").symlink_to("README.md")
    (tree / "new").write_text("README.md")
    (tree / "new").replace(tree / "README.md")
    assert sorted(kinds(watched)) == [
        ("changed", "README.md"),
        ("changed", "run.py"),
        ("created", "link"),
    ]


def test_the_hooks_of_a_worktree_are_those_of_its_repository(tree, tmp_path):
    worktree = tmp_path / "worktree"
    worktree.mkdir()
    (tree / ".git" / "worktrees" / "w").mkdir(parents=True)
    (tree / ".git" / "worktrees" / "w" / "commondir").write_text("../..\n")
    (worktree / ".git").write_text(f"gitdir: {tree}/.git/worktrees/w\n")
    watched = Tree([worktree])
    (tree / ".git" / "hooks" / "post-checkout").touch()
    assert kinds(watched) == [("created", "post-checkout")]


def test_a_folder_of_all_programs_shows_new_names_alone(tree, shared):
    (shared / "log").touch()
    watched = Tree([tree], [shared])
    (shared / "log").write_text("grown")
    (shared / "new").touch()
    assert kinds(watched) == [("created", "new")]
    (shared / "new").unlink()
    assert watched.look() == []


def test_the_folder_of_a_file_elsewhere_is_watched_from_then_on(tree, tmp_path):
    watched, folder = Tree([tree]), tmp_path / "elsewhere"
    (folder / "inner").mkdir(parents=True)
    (folder / "block.py").touch()
    watched.add(folder / "block.py")
    watched.add(folder / "block.py")
    assert watched.look() == []
    (folder / "inner" / "a.txt").touch()
    assert kinds(watched) == [("created", "a.txt")]


def test_of_a_large_folder_what_lies_directly_in_it_is_watched(
    tree, tmp_path, monkeypatch
):
    monkeypatch.setattr(tree_module, "DEEP", 3)
    watched, folder = Tree([tree]), tmp_path / "elsewhere"
    (folder / "inner").mkdir(parents=True)
    for number in range(5):
        (folder / f"{number}.py").touch()
    watched.add(folder / "0.py")
    (folder / "inner" / "a.txt").touch()
    (folder / "0.py").write_text("edited")
    assert kinds(watched) == [("changed", "0.py")]


def test_of_a_file_among_those_of_all_programs_edits_are_seen(tree, shared):
    (shared / "block.py").touch()
    watched = Tree([tree], [shared])
    watched.add(shared / "block.py")
    (shared / "block.py").write_text("edited")
    assert kinds(watched) == [("changed", "block.py")]


# --- changes that a snippet file is blamed for ---


@pytest.mark.parametrize(
    "name",
    [
        "snippets/tensors/shape/reshape.py",
        "snippets/tensors/shape/view.py",  # the file itself
        "records/torch-2.13.0-cpu.json",
        "docs/zh/shape.md",
        "verify/run.py",
        ".git/config",
    ],
)
def test_an_edit_is_blamed_on_the_file(strays, tree, name):
    path = tree / "snippets/tensors/shape/view.py"

    def append():
        with open(tree / name, "a") as file:
            file.write("more")

    found = run(strays, path, append)
    assert found == [f"changed {tree / name}; {FIX} undo the change"]
    assert run(strays, path, lambda: None) == []


def test_messages_that_a_recorder_saves_are_not_blamed_on_a_file(strays, tree):
    path = messages.path_of("cpu", tree / "records")
    noted = '{"kind": "error", "class": "RuntimeError", "text": "no view", "line": 1}\n'
    result = Result(0, "", "", 0.1, 0.1, 1, None, (), noted=noted)
    block = SNIPPETS / "tensors/shape/capital_t_on_batches.py"
    verdict = Verdict(block, PASSED, sha256="a" * 64, result=result)

    def save():
        messages.merge(path, "2.13.0", [verdict])

    assert run(strays, tree / "a.py", save) == []
    assert "no view" in path.read_text("utf-8")


def test_messages_that_a_file_forges_are_blamed_on_it(strays, tree):
    path = messages.path_of("cpu", tree / "records")
    found = run(strays, tree / "a.py", lambda: path.write_text('{"seal": "1"}'))
    assert found == [f"created {path}; {FIX} delete what it created"]


@pytest.mark.parametrize(
    "name",
    ["stray.txt", "snippets/stray.txt", "docs/zh/stray.md", ".git/hooks/post-merge"],
)
def test_a_new_file_is_blamed_on_the_file(strays, tree, name):
    found = run(strays, tree / "a.py", lambda: (tree / name).write_text("x"))
    assert found == [f"created {tree / name}; {FIX} delete what it created"]
    # The runner deletes nothing in a checkout.
    assert (tree / name).exists()


def test_a_file_that_writes_only_what_is_not_there_yet_is_blamed(strays, tree):
    stray = tree / "stray.txt"
    found = run(strays, tree / "a.py", lambda: stray.exists() or stray.touch())
    assert found == [f"created {stray}; {FIX} delete what it created"]


def test_a_file_that_deletes_a_file_is_blamed(strays, tree):
    gone = tree / "README.md"
    found = run(strays, tree / "a.py", lambda: gone.unlink(missing_ok=True))
    assert found == [f"deleted {gone}; {FIX} restore what it deleted"]


def test_names_that_differ_each_time_are_blamed(strays, tree):
    number = itertools.count()
    found = run(strays, tree / "a.py", lambda: (tree / f"stray-{next(number)}").touch())
    names = ", ".join(str(tree / f"stray-{n}") for n in range(3))
    assert found == [f"created {names}; {FIX} delete what it created"]


def test_of_a_new_folder_its_name_is_said_alone(strays, tree):
    def write():
        (tree / "runs" / "first").mkdir(parents=True, exist_ok=True)
        (tree / "runs" / "first" / "events").write_text("x")

    found = run(strays, tree / "a.py", write)
    assert found == [f"created {tree / 'runs'}; {FIX} delete what it created"]


def test_what_is_gone_when_the_file_ends_is_no_fault(strays, tree):
    def write():
        (tree / "lock").touch()
        (tree / "lock").unlink()

    assert run(strays, tree / "a.py", write) == []


def test_only_the_file_that_does_it_is_blamed(strays, tree):
    """Several files run at once, then each runs alone to find the culprit."""
    files = {name: tree / f"{name}.py" for name in "abc"}
    stray = tree / "docs" / "stray.md"
    actions = {"a": lambda: None, "b": lambda: stray.write_text("x"), "c": list}

    def results():
        with contextlib.ExitStack() as stack:
            for name, path in files.items():
                stack.enter_context(strays.running(path, "", actions[name]))
            for action in actions.values():
                action()
        yield from ((path, path) for path in files.values())

    found = dict(strays.settle(results()))
    assert [bool(found[path]) for path in files.values()] == [False, True, False]
    assert strays.notes == []


def test_a_once_only_change_is_blamed_on_the_one_that_names_it(strays, tree):
    stray = tree / "stray.txt"
    found = _two_at_once(strays, tree, stray, sources=("", "open('stray.txt')"))
    assert found == [[], [f"created {stray}; {FIX} delete what it created"]]
    assert strays.notes == []


def test_a_semaphore_is_named_without_the_prefix_of_its_file(strays, tree, memory):
    stray = memory(f"sem.named-{os.getpid()}")
    sources = ("", f"SemLock(1, 1, 1, '/named-{os.getpid()}', False)")
    found = _two_at_once(strays, tree, stray, sources)
    assert found == [[], [f"left {stray}; unlink shared memory before the file ends"]]


def test_a_once_only_change_while_two_files_ran_is_a_note(strays, tree):
    stray = tree / "stray.txt"
    found = _two_at_once(strays, tree, stray, sources=("", ""))
    assert found == [[], []]
    [note] = strays.notes
    assert note == (
        f"created {stray} while {tree / 'a.py'}, {tree / 'b.py'} ran, and not again "
        "when run alone: by another program, or only once"
    )


def _two_at_once(strays, tree, stray, sources):
    """Have `stray` appear while two files run; return the faults of each file."""
    paths = [tree / "a.py", tree / "b.py"]

    def results():
        with contextlib.ExitStack() as stack:
            for path, source in zip(paths, sources, strict=True):
                stack.enter_context(strays.running(path, source, lambda: None))
            stray.touch()
        yield from ((path, path) for path in paths)

    found = dict(strays.settle(results()))
    return [found[path] for path in paths]


def test_a_result_waits_for_files_that_ran_at_the_same_time(strays, tree):
    """The file that is still running may be the one that made the change."""
    first, second = tree / "a.py", tree / "b.py"
    stray = tree / "stray.txt"
    order = []

    def write():
        stray.write_text("x")

    def results():
        with strays.running(second, "", write):
            with strays.running(first, "", lambda: None):
                write()
            order.append("a ended")
            yield first, "a"
            write()
        order.append("b ended")
        yield second, "b"

    for result, found in strays.settle(results()):
        order.append((result, found))
    fault = f"created {stray}; {FIX} delete what it created"
    assert order == ["a ended", "b ended", ("a", []), ("b", [fault])]


def test_a_result_is_handed_on_before_all_have_ended(strays, tree):
    order = []

    def results():
        for name in "ab":
            with strays.running(tree / f"{name}.py", "", lambda: None):
                order.append(f"{name} ran")
            yield tree / f"{name}.py", name

    for name, _ in strays.settle(results()):
        order.append(name)
    assert order == ["a ran", "a", "b ran", "b"]


def test_a_result_is_handed_on_while_another_file_runs_long(strays, tree):
    order = []

    def results():
        yield tree / "a.py", "a"
        for number in range(2):
            order.append(f"second {number}")
            yield None

    strays._interval = 1e-9
    for result, _ in strays.settle(results()):
        order.append(result)
    assert order.index("a") < order.index("second 1")


def test_an_interruption_hands_on_what_is_settled_first(tree):
    strays, handed = Strays(roots=[tree], names=[], interval=3600), []

    def results():
        for name in ("a", "b"):
            with strays.running(tree / f"{name}.py", "", lambda: None):
                if name == "b":
                    (tree / "stray.txt").touch()
            yield tree / f"{name}.py", name
            time.sleep(0.05)  # gives the runs different timestamps
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        handed.extend(name for name, _ in strays.settle(results()))
    assert handed == ["a"]  # b hasn't been judged yet


def test_files_run_again_while_nothing_else_runs(tree):
    stack = []

    @contextlib.contextmanager
    def exclusive():
        stack.append("nothing runs")
        yield
        stack.pop()

    def write():
        seen.append(list(stack))
        (tree / "stray.txt").write_text("x")

    seen = []
    strays = Strays(exclusive, roots=[tree], names=[])
    assert run(strays, tree / "a.py", write) != []
    assert seen == [[], ["nothing runs"], ["nothing runs"]]
    assert stack == []


# --- changes that no snippet file is blamed for ---


@contextlib.contextmanager
def another_program(code, *arguments):
    """Run code in another process, and wait for its first line of output."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        try:
            yield
        finally:
            process.kill()


def until_changed(path):
    """Return an action that lasts until another program has changed `path`."""

    def wait():
        before = path.stat().st_mtime_ns if path.exists() else None
        while (path.stat().st_mtime_ns if path.exists() else None) == before:
            time.sleep(0.005)

    return wait


LOG_HELD_OPEN = """
import sys, time
with open(sys.argv[1], "a", buffering=1) as log:
    while True:
        print("GET /", file=log)
        print(flush=True)
        time.sleep(0.02)
"""
LOG_OPENED_EACH_TIME = """
import sys, time
while True:
    with open(sys.argv[1], "a") as log:
        print("GET /", file=log)
    print(flush=True)
    time.sleep(0.02)
"""
NEW_FILES = """
import itertools, pathlib, sys, time
folder = pathlib.Path(sys.argv[1]).with_name("drafts")
folder.mkdir(exist_ok=True)
for number in itertools.count():
    (folder / f"{number}.md").touch()
    pathlib.Path(sys.argv[1]).write_text("newest")
    print(flush=True)
    time.sleep(0.02)
"""


@pytest.mark.parametrize("code", [LOG_HELD_OPEN, LOG_OPENED_EACH_TIME, NEW_FILES])
def test_another_programs_growing_files_are_nobodys_fault(strays, tree, code):
    log = tree / "server.log"
    with another_program(code, log):
        for _ in range(2):
            assert run(strays, tree / "a.py", until_changed(log)) == []
    assert strays.notes == []


def test_a_stray_is_found_while_another_programs_log_grows(strays, tree):
    log, stray = tree / "server.log", tree / "docs" / "stray.md"

    def write():
        stray.write_text("x")
        until_changed(log)()

    with another_program(LOG_OPENED_EACH_TIME, log):
        found = run(strays, tree / "a.py", write)
    assert found == [f"created {stray}; {FIX} delete what it created"]


def save_in_place(path):
    """Save a file like an editor that overwrites it."""
    path.write_text("edited")


def save_by_replacing(path):
    """Save a file like Vim, which writes a new file and renames it."""
    path.with_name(".shape.md.swp").touch()
    path.with_name("shape.md~").touch()
    path.with_name("4913").write_text("edited")
    path.with_name("4913").replace(path)


@pytest.mark.parametrize("save", [save_in_place, save_by_replacing])
def test_an_editor_that_saves_a_file_meanwhile_is_nobodys_fault(strays, tree, save):
    page, ran = tree / "docs" / "zh" / "shape.md", []

    def action():
        if not ran:
            save(page)  # by an editor, not by the snippet file
        ran.append(1)

    assert run(strays, tree / "a.py", action, "x = 'other.md'") == []
    [note] = strays.notes
    assert note.startswith(f"changed {page} while {tree / 'a.py'} ran")


def test_a_folder_that_another_program_fills_is_left_to_it(strays, tree, monkeypatch):
    number, runs = itertools.count(), []

    def other(*_):
        (tree / "docs" / f"{next(number)}.md").touch()

    def action():
        runs.append(1)
        other()

    monkeypatch.setattr(strays_module.time, "sleep", other)
    assert run(strays, tree / "a.py", action) == []
    runs.clear()
    assert run(strays, tree / "a.py", action) == []
    assert len(runs) == 1  # the folder is ignored from now on


def test_a_file_that_another_program_deletes_again_is_nobodys_fault(strays, tree):
    draft = tree / "draft.md"
    doings = itertools.chain([draft.touch, draft.unlink], itertools.repeat(list))
    assert run(strays, tree / "a.py", lambda: next(doings)()) == []
    assert strays.notes == []


def test_what_changes_twice_and_by_no_file_is_another_programs(strays, tree):
    page = tree / "docs" / "zh" / "shape.md"
    for _ in range(3):
        doings = itertools.chain([lambda: page.write_text("x")], itertools.repeat(list))
        assert run(strays, tree / "a.py", lambda d=doings: next(d)()) == []
    assert len(strays.notes) == 1


def test_what_changes_while_nothing_runs_is_nobodys_fault(strays, tree):
    (tree / "README.md").write_text("before")
    assert run(strays, tree / "a.py", lambda: None) == []
    (tree / "README.md").write_text("between")
    assert run(strays, tree / "a.py", lambda: None) == []
    assert strays.notes == []


def test_a_file_system_with_another_clock(strays, tree, monkeypatch):
    monkeypatch.setattr(tree_module, "_time", lambda _: 1_000)
    stray = tree / "stray.txt"
    found = run(strays, tree / "a.py", lambda: stray.write_text("x"))
    assert found == [f"created {stray}; {FIX} delete what it created"]


# --- folders where all programs write ---


def test_a_new_name_in_the_real_temporary_folder_is_blamed(strays, tree, shared):
    source = f"open('{shared}/model.pt', 'w')"
    stray = shared / "model.pt"
    found = run(strays, tree / "a.py", lambda: stray.write_text("x"), source)
    assert found == [f"created {stray}; {FIX} delete what it created"]
    assert stray.exists()


def test_other_names_in_the_real_temporary_folder_are_others(strays, tree, shared):
    number, source = itertools.count(), f"print('{shared}')"

    def action():
        (shared / f"tmp{next(number)}").touch()

    assert run(strays, tree / "a.py", action, source) == []
    assert strays.notes == []
    assert next(number) == 1  # it didn't have to run again


@pytest.fixture
def memory():
    """Yield a function that returns a shared-memory path, deleted after the test."""
    if not os.path.isdir(strays_module.SHARED_MEMORY):
        pytest.skip("needs /dev/shm")
    names = []
    yield lambda name: names.append(name) or Path(strays_module.SHARED_MEMORY, name)
    for name in names:
        Path(strays_module.SHARED_MEMORY, name).unlink(missing_ok=True)


def test_what_is_left_in_shared_memory_is_named_and_freed(strays, tree, memory):
    left = memory(f"left-{os.getpid()}")
    found = run(strays, tree / "a.py", lambda: left.write_text("x"))
    assert found == [f"left {left}; unlink shared memory before the file ends"]
    assert not left.exists()


def test_a_semaphore_that_is_left_is_named_and_freed(strays, tree, memory):
    name = f"left-{os.getpid()}"
    path = memory(f"sem.{name}")
    multiprocessing = pytest.importorskip("_multiprocessing")

    def leave():
        with contextlib.suppress(FileExistsError):
            multiprocessing.SemLock(1, 1, 1, f"/{name}", False)

    found = run(strays, tree / "a.py", leave, f"SemLock(1, 1, 1, '/{name}', False)")
    assert found == [f"left {path}; unlink shared memory before the file ends"]
    assert not path.exists()


def test_shared_memory_that_a_program_uses_is_that_programs(strays, tree, memory):
    code = """
import mmap, os, sys, time
file = os.open(sys.argv[1], os.O_CREAT | os.O_RDWR)
os.ftruncate(file, 4096)
view = mmap.mmap(file, 4096)
os.close(file)
print(flush=True)
time.sleep(600)
"""
    used = memory(f"used-{os.getpid()}")
    with contextlib.ExitStack() as stack:
        started = []

        def action():
            if not started:
                started.append(stack.enter_context(another_program(code, used)))

        assert run(strays, tree / "a.py", action) == []
        assert used.exists()
    assert strays.notes == []


# --- messages and threads ---


def test_names_are_escaped_and_long_lists_cut():
    changes = [Change(f"/x/{n:02}\n::error::", None, (), 0) for n in range(12)]
    [text] = faults(changes)
    assert text.startswith("created /x/00\\n::error::, /x/01\\n::error::,")
    assert text.endswith(f"/x/09\\n::error:: and 2 more; {FIX} delete what it created")


def test_two_threads_may_settle_at_once(tree):
    lock = threading.Lock()
    strays = Strays(lambda: lock, roots=[tree], names=[])
    found = {}

    def one(name):
        path = tree / f"{name}.py"

        def results():
            with lock, strays.running(path, "", lambda: (tree / name).write_text("x")):
                (tree / name).write_text("x")
            yield path, name

        found.update(strays.settle(results()))

    threads = [threading.Thread(target=one, args=(name,)) for name in "xyz"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {name: len(texts) for name, texts in found.items()} == dict.fromkeys(
        "xyz", 1
    )

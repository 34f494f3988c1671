"""Test how errors and warnings of torch are collected, recorded and compared."""

import json
import multiprocessing
from dataclasses import replace

import pytest

from tests.verify.fakes import Tree
from verify import messages, record_files
from verify.messages import Entry, Message, masked, of_run, reworded
from verify.record_files import seal
from verify.recording import Recorder
from verify.verdict import PASSED, Verdict

BLOCK = "tensors/shape/view_or_copy.py"
OLD, NEW = "2.14.1", "2.15.0"
SHAPE = "shape '[3]' is invalid for input of size 2"


@pytest.fixture
def met(warm, write):
    """Return a function that runs a file and returns (class, text) of each message."""

    def met(text, outcome=PASSED):
        verdict = warm.run(write(text))
        assert verdict.outcome == outcome, verdict.faults
        return [(one.cls, one.text) for one in of_run(verdict.result.noted)]

    return met


def test_a_caught_error_of_torch_is_noted_in_full(met):
    found = met("""
        import torch

        try:
            torch.ones(2).view(3)
        except RuntimeError as error:
            print(str(error)[:5], type(error).__name__)
        #> shape RuntimeError
        """)
    assert found == [("RuntimeError", SHAPE)]


def test_the_error_that_ends_a_file_is_noted(met):
    found = met("import torch\n\ntorch.ones(2).view(3)\n", outcome="failed")
    assert found == [("RuntimeError", SHAPE)]


def test_what_a_file_itself_raises_or_warns_of_is_left_out(met):
    found = met("""
        import warnings

        import torch

        def refuse():
            raise ValueError("mine")

        try:
            try:
                refuse()
            except ValueError:
                raise
        except ValueError as error:
            print(error)
        #> mine
        try:
            assert torch.ones(1).item() == 2, "mine too"
        except AssertionError as error:
            print(error)
        #> mine too
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            warnings.warn(
                "mine as well",
                stacklevel=1,
            )
            torch.tensor(torch.ones(2))
        print(len(seen))
        #> 2
        """)
    ((cls, text),) = found
    assert cls == "UserWarning"
    assert text.startswith("To copy construct from a tensor, it is recommended")


def test_a_warning_is_noted_where_it_is_shown_and_where_it_is_kept(met):
    found = met("""
        # Warns: UserWarning
        import warnings

        import torch

        torch.tensor(torch.ones(2))
        with warnings.catch_warnings(record=True):
            warnings.simplefilter("always")
            torch.ones(2, 3, 4).T
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.optim.lr_scheduler.ConstantLR(
                torch.optim.SGD([torch.nn.Parameter(torch.ones(1))])
            ).step()
        print(1)
        #> 1
        """)
    assert [text[:15] for _, text in found] == ["To copy constru", "The use of `x.T"]
    assert "⟨line⟩" in found[1][1]


def test_a_handler_in_compiled_code_stays_the_files_own(met):
    found = met("""
        import torch

        @torch.compile(backend="eager", fullgraph=True)
        def double(x):
            try:
                raise ValueError("mine")
            except ValueError:
                return 2 * x

        print(double(torch.ones(1)))
        #> tensor([2.])
        """)
    assert found == []


def test_a_file_does_not_see_that_it_is_noted(warm, cold, write):
    path = write("""
        import os
        import sys
        import traceback
        import warnings

        def fail():
            try:
                [].pop()
            except IndexError:
                traceback.print_exc(file=sys.stdout)
                return sys.exc_info()[2].tb_lineno

        print(fail(), fail.__code__.co_firstlineno)
        #> 8 6
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            warnings.warn("x", stacklevel=1)
        print(seen[0].lineno, os.listdir("."), "VERIFY" in str(sorted(globals())))
        #> 17 [] False
        """)
    outputs = {runner.run(path).result.out for runner in (warm, cold)}
    assert len(outputs) == 1
    assert "8 6\n17 [] False\n" in outputs.pop()


RANKS = """
    import torch
    import torch.multiprocessing as mp

    def work(rank):
        try:
            torch.ones(2).view(3)
        except RuntimeError:
            pass

    if __name__ == "__main__":
        mp.start_processes(work, nprocs=2, start_method="{method}")
        print(1)
        #> 1
    """


@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_ranks_that_a_file_starts_are_noted_once(met, method):
    assert met(RANKS.format(method=method)) == [("RuntimeError", SHAPE)]


def test_ranks_of_torchrun_are_noted_once(met):
    found = met("""
        # Run: torchrun --nproc-per-node=2 FILE
        import torch

        try:
            torch.ones(2).view(3)
        except RuntimeError:
            print(1)
        #> 1
        #> 1
        """)
    assert found == [("RuntimeError", SHAPE)]


def test_two_runs_give_the_same_text(met):
    text = """
        import os
        import tempfile

        import torch

        with tempfile.TemporaryDirectory() as folder:
            for work in (
                lambda: torch.load(os.path.join(folder, "model.pt")),
                lambda: torch.tensor(object()),
                lambda: torch.add(object(), {torch.ones: object()}),
                lambda: torch.ones(os.getpid()).view(2, -1, 3, -1),
            ):
                try:
                    work()
                except (OSError, RuntimeError, TypeError):
                    pass
            print(1)
            #> 1
        """
    first, second = met(text), met(text)
    assert first == second
    assert any("⟨folder⟩/model.pt" in text for _, text in first)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<Net object at 0x7f3a5c001230>", "<Net object at ⟨address⟩>"),
        ("0x1F is a number", "0x1F is a number"),
        ("in '/tmp/tmp_a1b2c3d'", "in '⟨folder⟩/⟨name⟩'"),
        ("no file /home/me/model.pt here", "no file ⟨folder⟩/model.pt here"),
        ("see https://pytorch.org/docs/stable/x.html", None),
        ("worker (pid(s) 123, 124) gone", "worker (pid(s) ⟨pid⟩) gone"),
        ("exitcode : 1 (pid: 4242)", "exitcode : 1 (pid: ⟨pid⟩)"),
        (
            "from [127.0.1.1]:45123 to 10.0.0.2:80",
            "from ⟨host⟩:⟨port⟩ to ⟨host⟩:⟨port⟩",
        ),
        ("port: 29500, useIpv6: 0", "port: ⟨port⟩, useIpv6: 0"),
        ("time : 2026-11-29_08:24:04", "time : ⟨date⟩"),
        ("at /a/b/Shape.cpp:4314.)", "at ⟨folder⟩/Shape.cpp:⟨line⟩.)"),
        ('File "/a/b.py", line 17, in f', 'File "⟨folder⟩/b.py", line ⟨line⟩, in f'),
        ("Timed out waiting 484ms for", "Timed out waiting ⟨time⟩ ms for"),
        ("shape '[3, 29500]' and size 65536", None),
        ("share {'b', 'a, c'} and {'d'}", "share {'a, c', 'b'} and {'d'}"),
        ("2.0 and/or 3.5 at 50/50", None),
    ],
)
def test_what_differs_between_runs_is_masked(text, expected):
    assert masked(text) == (text if expected is None else expected)


def test_nonsense_in_place_of_messages_is_passed_over():
    rows = ["[1]", "{", '{"kind": "x", "class": "A", "text": "b", "line": 1}', "\0"]
    assert of_run("\n".join(rows)) == ()


# --- records of messages ---


def entry(release, *texts, sha256="a" * 64, library=None):
    """Return an entry for a file that ran on one release and met these errors."""
    found = tuple(Message("error", "RuntimeError", text, (release,)) for text in texts)
    return Entry(sha256, library or {}, (release,), found)


def verdict(machine, *texts, sha256="a" * 64, name=BLOCK):
    """Return a verdict on a run in which torch raised errors with these texts."""
    from verify import SNIPPETS
    from verify.fork.client import Result

    noted = "".join(
        json.dumps({"kind": "error", "class": "RuntimeError", "text": t, "line": n})
        + "\n"
        for n, t in enumerate(texts)
    )
    result = Result(0, "", "", 0.1, 0.1, 1, None, (), noted=noted)
    return Verdict(SNIPPETS / name, PASSED, sha256=sha256, result=result)


@pytest.fixture
def record(warm, tmp_path):
    """Return a function that records verdicts and returns all recorded messages."""

    def record(release, *verdicts):
        machine = replace(warm.machine, build=release)
        path = record_files.path_of(machine.release, "cpu", tmp_path)
        with Recorder(path, machine) as recorder:
            for one in verdicts:
                recorder.add(one)
        return messages.read(messages.path_of("cpu", tmp_path))

    return record


def texts(entry):
    """Return the releases on which each message appeared, by its text."""
    return {one.text: one.releases for one in entry.messages}


def test_a_text_is_kept_once_for_all_releases_that_have_it(record):
    record(NEW, verdict(None, "same", "new"))
    found = record(OLD, verdict(None, "old", "same"))
    assert found[BLOCK].ran == (OLD, NEW)
    assert texts(found[BLOCK]) == {"same": (OLD, NEW), "new": (NEW,), "old": (OLD,)}


def test_a_cpu_build_stands_beside_the_others(record):
    """A CPU build says "not compiled with CUDA" where other builds find no driver."""
    record(NEW, verdict(None, "same", "no driver"))
    found = record(f"{NEW}+cpu", verdict(None, "same", "not compiled"))
    assert found[BLOCK].ran == (NEW, f"{NEW}+cpu")
    assert texts(found[BLOCK]) == {
        "same": (NEW, f"{NEW}+cpu"),
        "no driver": (NEW,),
        "not compiled": (f"{NEW}+cpu",),
    }


def test_releases_of_the_same_build_are_compared(record):
    record(f"{OLD}+cpu", verdict(None, "not compiled"))
    record(NEW, verdict(None, "no driver"))
    found = record(f"{NEW}+cpu", verdict(None, "not compiled"))
    assert messages.reworded(found, NEW, OLD) == ()
    found = record(OLD, verdict(None, "no drivers"))
    (change,) = messages.reworded(found, NEW, OLD)
    assert (change.before.text, change.now.text) == ("no drivers", "no driver")


def test_a_second_run_replaces_what_the_first_said_of_its_release(record):
    record(OLD, verdict(None, "both", "flaky"))
    record(NEW, verdict(None, "both"))
    found = record(OLD, verdict(None, "both"))
    assert texts(found[BLOCK]) == {"both": (OLD, NEW)}
    assert record(OLD, verdict(None))[BLOCK].on(OLD) == ()


def test_messages_of_an_edited_block_leave(record):
    record(OLD, verdict(None, "old"))
    found = record(NEW, verdict(None, "new", sha256="b" * 64))
    assert texts(found[BLOCK]) == {"new": (NEW,)}
    assert found[BLOCK].ran == (NEW,)


def test_messages_count_only_for_the_block_and_library_that_ran(warm):
    from verify import SNIPPETS
    from verify.evidence import library_hashes
    from verify.snippet import parse

    snippet = parse(SNIPPETS / "training/freezing/library_resume.py")
    now = entry(NEW, "x", sha256=snippet.sha256, library=library_hashes(snippet))
    assert now.library
    assert messages.is_valid(now, snippet)
    assert not messages.is_valid(replace(now, sha256="b" * 64), snippet)
    assert not messages.is_valid(replace(now, library={}), snippet)
    assert not messages.is_valid(now, None)


def test_a_run_that_was_killed_says_nothing(record):
    killed = verdict(None, "half")
    killed = replace(killed, result=replace(killed.result, killed="ran longer"))
    assert record(OLD, killed) == {}


def test_the_record_is_small_and_stays_as_it_is(record, tmp_path):
    record(OLD, verdict(None, "a message with 张量 and a \ud800"))
    path = messages.path_of("cpu", tmp_path)
    first = path.read_bytes()
    assert len(first.splitlines()) == 5
    record(OLD, verdict(None, "a message with 张量 and a \ud800"))
    assert path.read_bytes() == first


def _merge_many(folder, release, start):
    """Merge 40 runs into one record, while another process does the same."""
    from pathlib import Path

    path = messages.path_of("cpu", Path(folder))
    start.wait()  # until both processes are ready
    for n in range(40):
        messages.merge(path, release, [verdict(None, f"{release} {n}", "same")])


def test_two_runs_write_into_one_record(record, tmp_path):
    record(OLD, verdict(None))
    record(NEW, verdict(None))
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(2)
    both = [
        context.Process(target=_merge_many, args=(str(tmp_path), release, start))
        for release in (OLD, NEW)
    ]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert [one.exitcode for one in both] == [0, 0]
    found = messages.read(messages.path_of("cpu", tmp_path))[BLOCK]
    assert texts(found) == {
        f"{OLD} 39": (OLD,),
        f"{NEW} 39": (NEW,),
        "same": (OLD, NEW),
    }
    assert not list(tmp_path.glob(".*.new"))


def test_what_is_no_record_of_messages_is_refused(tmp_path):
    path = tmp_path / "messages-cpu.json"
    files = {"a.py": {"messages": 3}}
    path.write_text(json.dumps({"seal": seal(files), **files}))
    with pytest.raises(messages.RecordError, match="is not a record of messages"):
        messages.read(path)


def test_messages_that_somebody_changed_are_refused_before_a_run(record, tmp_path):
    record(OLD, verdict(None, "as it was"))
    path = messages.path_of("cpu", tmp_path)
    path.write_text(path.read_text("utf-8").replace("as it was", "as I like it"))
    with pytest.raises(messages.RecordError, match="was changed after a run wrote it"):
        record(OLD)


# --- messages that a new release rewords ---


def both(before, now):
    """Return the messages of a file that ran on two releases.

    Args:
        before: The texts of the messages on the older release.
        now: The texts of the messages on the newer release.
    """
    kept = {text: [] for text in (*before, *now)}
    for release, found in ((OLD, before), (NEW, now)):
        for text in found:
            kept[text].append(release)
    return Entry(
        "a" * 64,
        {},
        (OLD, NEW),
        tuple(Message("error", "E", text, tuple(on)) for text, on in kept.items()),
    )


@pytest.mark.parametrize(
    ("before", "now", "lines"),
    [
        (["a b c"], ["a b c"], []),
        (["size 3 is bad here"], ["size 3 is wrong here"], ["bad here → E: size 3 is"]),
        (["one two", "five six"], ["five 6", "one 2"], ["two → ", "six → "]),
        (["gone"], [], ["E: gone → (nothing)"]),
        ([], ["come"], ["(nothing) → E: come"]),
        (["a\nb c d"], ["a\nb c e"], ["E: a b c d → E: a b c e"]),
    ],
)
def test_what_two_releases_word_differently_is_one_line_each(before, now, lines):
    found = [str(one) for one in reworded({BLOCK: both(before, now)}, NEW, OLD)]
    assert len(found) == len(lines)
    for line, words in zip(found, lines, strict=True):
        assert line.startswith(f"snippets/{BLOCK}: ")
        assert words in line
        assert "\n" not in line


def test_a_long_message_is_cut_to_what_changed():
    same = "many words " * 50
    (one,) = reworded(
        {BLOCK: both([f"{same}old{same}"], [f"{same}new{same}"])}, NEW, OLD
    )
    assert len(str(one)) < 250
    assert "old" in str(one)
    assert "new" in str(one)


def test_a_block_that_did_not_run_on_both_says_nothing():
    assert reworded({BLOCK: entry(NEW, "x")}, NEW, OLD) == ()


FAILS = """
    def add(a, b, alpha=1):
        raise TypeError("add() {words} int, got str")
    """


def test_the_report_names_a_message_that_a_new_torch_rewords(tmp_path):
    tree = Tree(tmp_path)
    tree.torch(OLD, FAILS.format(words="takes an"))
    tree.torch(NEW, FAILS.format(words="expects an"))
    tree.snippet(
        "tensors/sums/add.py",
        """
        import torch

        try:
            torch.add(1, "2")
        except TypeError as error:
            print(type(error).__name__)
        #> TypeError
        """,
    )
    code, out, err = tree.verify(OLD, NEW)
    assert (code, err) == (0, "")
    assert (
        f"1 message differs from torch {OLD}, on the same block:\n"
        "  snippets/tensors/sums/add.py: TypeError: add() takes an int, got str → "
        "TypeError: add() expects an int, got str\n"
    ) in out
    kept = messages.read(messages.path_of("cpu", tree.root / "records"))
    assert {one.releases for one in kept["tensors/sums/add.py"].messages} == {
        (OLD,),
        (NEW,),
    }

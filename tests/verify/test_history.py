"""Test how a release is judged by its record, the earlier one and the notes."""

import dataclasses

import pytest

from tests.verify.sample_records import files, of, result
from verify import evidence, history, record_files
from verify.evidence import Library, Line, RecordError
from verify.report import release_report


def kinds(*found):
    """Return the name, kind and `new` flag of each change."""
    return [(change.name, change.kind, change.new) for change in found]


def test_what_fails_is_new_or_as_before():
    failed = result(outcome="failed", error="E")
    before = of("2.13.0", a=result(), b=failed, c=result(outcome="failed", error="F"))
    now = of("2.15.0", a=failed, b=failed, c=failed, d=failed)
    assert kinds(*history.changes(now, before)) == [
        ("a.py", "failed", True),
        ("b.py", "failed", False),
        ("c.py", "failed", True),
        ("d.py", "failed", None),
    ]
    again = of("2.16.0", a=result(), b=result())
    assert kinds(*history.changes(again, now)) == [
        ("a.py", "passes", True),
        ("b.py", "passes", True),
    ]


def test_outputs_are_compared_with_the_release_before():
    def prints(text):
        return result(outcome="output-changed", lines=(Line(2, "1", text),))

    before = of("2.13.0", a=result(), b=prints("5"), c=prints("5"), d=prints("5"))
    now = of("2.15.0", a=prints("5"), b=prints("5"), c=prints("6"), d=result())
    a, c, d, b = sorted(history.changes(now, before), key=lambda change: not change.new)
    assert (a.name, a.lines) == ("a.py", ((2, "1", "5"),))
    assert (c.name, c.lines) == ("c.py", ((2, "5", "6"),))
    assert (d.name, d.lines) == ("d.py", ((2, "5", "1"),))
    assert (b.name, b.new, b.lines) == ("b.py", False, ((2, "1", "5"),))


def test_a_file_that_changed_between_two_runs_is_not_compared():
    before = of("2.13.0", a=result("print(2)\n", warnings=()))
    now = of("2.15.0", a=result(warnings=("FutureWarning: soon",)))
    assert history.changes(now, before) == []
    before = of("2.13.0", a=result())
    assert kinds(*history.changes(now, before)) == [("a.py", "warns", True)]


def test_a_warning_that_moved_within_torch_is_not_new():
    text = "UserWarning: slow (Triggered internally at /torch/Copy.cpp:{}.)"
    before = of("2.13.0", a=result(warnings=(text.format(308),)))
    now = of("2.15.0", a=result(warnings=(text.format(312),)))
    assert history.changes(now, before) == []
    now = of("2.15.0", a=result(warnings=(text.replace("slow", "gone"),)))
    assert kinds(*history.changes(now, before)) == [("a.py", "warns", True)]


def test_the_release_before_is_of_the_same_device_and_final():
    found = [
        of("2.16.0rc1"),
        of("2.15.0", device="cuda"),
        dataclasses.replace(of("2.14.1"), fault="not-installed"),
        of("2.9.1"),
        of("2.10.0"),
    ]
    assert history.before(of("2.16.0"), found) is found[4]
    assert history.before(of("2.9.1"), found) is None


def test_notes_are_one_kind_for_each_file(tmp_path):
    record = of("2.13.0")
    path = tmp_path / "torch-2.13.0-cpu.notes.json"
    assert history.notes_of(record, tmp_path) == {}
    path.write_text('{"a.py": "drift"}')
    assert history.notes_of(record, tmp_path) == {"a.py": "drift"}
    record_files.write(record, tmp_path / "torch-2.13.0-cpu.json")
    assert record_files.load(tmp_path) == [record]
    assert record_files.releases("cpu", tmp_path) == ["2.13.0"]
    for text, words in [
        ('{"a.py": "weather"}', "'weather' is none of upstream, ours, drift"),
        ("{", "is not JSON"),
        ("[]", "is not of the form"),
    ]:
        path.write_text(text)
        with pytest.raises(RecordError, match=words):
            history.notes_of(record, tmp_path)


def test_the_notes_of_this_repository_explain_differences():
    found, snippets = record_files.load(), evidence.current_snippets()
    for record in found:
        notes = history.notes_of(record)
        earlier = history.before(record, found)
        judgement = history.judge_release(record, earlier, notes, snippets=snippets)
        assert judgement.stale_notes == ()


def test_lines_that_are_gone_have_a_cause_too():
    gone = {"a.py": "rank 0 is up", "b.py": "loaded", "c.py": "rank 1 is up"}
    some = [
        history.Change(name, "output-changed", True, lines=((1, line, None),))
        for name, line in gone.items()
    ]
    groups = [[change.name for change in group] for group in history.by_cause(some)]
    assert groups == [["a.py", "c.py"], ["b.py"]]


PRINTS = {"outcome": "output-changed", "lines": (Line(2, "1", "5"),)}


@pytest.fixture
def judge(tmp_path):
    """Return a function that judges a record; by default, a.py and b.py are current."""

    def judge(record, notes=None, earlier=None, snippets=None):
        snippets = files("a", "b") if snippets is None else snippets
        return history.judge_release(record, earlier, notes, tmp_path, snippets)

    return judge


@pytest.mark.parametrize(
    ("found", "notes", "state", "words"),
    [
        ({}, {}, "fine", "nothing differs"),
        ({"outcome": "failed"}, {}, "differs", "[not judged yet]"),
        ({"outcome": "failed"}, {"b.py": "ours"}, "differs", "[a mistake of ours]"),
        (
            {"outcome": "failed"},
            {"b.py": "upstream"},
            "explained",
            "[a breaking change in torch]",
        ),
        (PRINTS, {}, "differs", "1 with another output"),
        (PRINTS, {"b.py": "drift"}, "explained", "2 passed, 0 failed, 0 with"),
        (
            {"outcome": "failed", "need": "torch>=2.6"},
            {"b.py": "drift"},
            "differs",
            "1 have a need that is no longer needed",
        ),
        ({}, {"b.py": "drift"}, "differs", "  b.py: the note beside the record"),
        ({}, {"gone.py": "drift"}, "differs", "  gone.py: the note beside the record"),
        ({"outcome": "skipped"}, {}, "fine", "1 passed, 0 failed"),
    ],
)
def test_a_release_is_judged_once(judge, found, notes, state, words):
    judgement = judge(of("2.13.0", a=result(), b=result(**found)), notes)
    assert judgement.state == state
    assert judgement.fine == (state in ("fine", "explained"))
    assert words in release_report(judgement)


@pytest.mark.parametrize("fault", evidence.FAULTS)
def test_a_record_with_a_fault_is_not_fine(judge, fault):
    record = dataclasses.replace(of("2.13.0"), fault=fault, error="no such torch")
    judgement = judge(record)
    assert (judgement.state, judgement.fine) == (fault, False)
    assert f"{fault}: no such torch" in release_report(judgement)


def test_only_results_that_count_are_judged(judge):
    # b.py has changed since it failed, and the note explains that old failure.
    record = of("2.13.0", a=result(), b=result("print(2)\n", "failed"))
    judgement = judge(record, {"b.py": "upstream"})
    assert judgement.state == "fine"
    assert judgement.unverified == ("b.py",)
    assert judgement.stale_notes == ()
    assert judgement.counts == {"passed": 1}
    assert "1 have not run since their last change" in release_report(judgement)
    # A result without a hash counts only while the file still can't be parsed.
    broken = dataclasses.replace(result(outcome="failed"), sha256=None)
    record = of("2.13.0", a=result(), b=broken)
    assert judge(record, snippets={**files("a"), "b.py": None}).state == "differs"
    assert judge(record).unverified == ("b.py",)


def test_results_of_another_library_are_not_compared(judge):
    before = of("2.13.0", a=result(library={"ddp.py": "0"}), b=result())
    judgement = judge(of("2.15.0", a=result(), b=result()), earlier=before)
    assert judgement.not_compared == 1


def test_the_library_counts_while_it_is_the_one_that_was_tested(judge, tmp_path):
    key = evidence.library_key(tmp_path)
    failing = Library(3, 0, 0, {"test_save": "AssertionError"}, 1.0, key)
    record = dataclasses.replace(of("2.13.0", a=result(), b=result()), library=failing)
    judgement = judge(record)
    assert (judgement.state, judgement.library_is_stale) == ("differs", False)
    assert "  test_save: AssertionError" in release_report(judgement)
    (tmp_path / "snippets").mkdir()
    (tmp_path / "snippets" / "ddp.py").write_text("# edited\n")
    judgement = judge(record)
    assert (judgement.state, judgement.library_is_stale) == ("fine", True)
    assert "library: not tested since its last change" in release_report(judgement)


def test_changes_with_one_cause_are_one_group(judge):
    names = "abcde"
    record = of("2.13.0", **{n: result(**PRINTS) for n in names})
    judgement = judge(record, dict.fromkeys(["a.py"], "ours"), snippets=files(*names))
    groups = [[change.name for change in group.changes] for group in judgement.groups]
    assert groups == [["a.py"], ["b.py", "c.py", "d.py", "e.py"]]
    assert [group.note for group in judgement.groups] == ["ours", None]

"""Given two records, what changed between them, and what a person explained."""

import dataclasses

import pytest

from tests.verify.sample_records import of, result
from verify import evidence, history
from verify.evidence import Line, RecordError


def kinds(*found):
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
    evidence.write(record, tmp_path / "torch-2.13.0-cpu.json")
    assert evidence.load(tmp_path) == [record]
    assert evidence.releases("cpu", tmp_path) == ["2.13.0"]
    for text, words in [
        ('{"a.py": "weather"}', "'weather' is none of upstream, ours, drift"),
        ("{", "is not JSON"),
        ("[]", "holds no"),
    ]:
        path.write_text(text)
        with pytest.raises(RecordError, match=words):
            history.notes_of(record, tmp_path)


def test_the_notes_of_this_repository_explain_differences():
    found = evidence.load()
    for record in found:
        changes = history.changes(record, history.before(record, found))
        notes = history.notes_of(record)
        assert notes.keys() <= {change.name for change in changes}


def test_lines_that_are_gone_have_a_cause_too():
    gone = {"a.py": "rank 0 is up", "b.py": "loaded", "c.py": "rank 1 is up"}
    some = [
        history.Change(name, "output-changed", True, lines=((1, line, None),))
        for name, line in gone.items()
    ]
    groups = [[change.name for change in group] for group in history.by_cause(some)]
    assert groups == [["a.py", "c.py"], ["b.py"]]

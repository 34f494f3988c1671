"""Given what ran, the record says it and keeps it."""

import dataclasses
import hashlib
import json
import re

import pytest

from verify import records
from verify.records import Line, Record, RecordError


@pytest.fixture
def record(warm, write):
    """A record of three files: one passed, one failed, one was skipped."""
    files = [
        write("print(1)\n#> 1\n", "good.py"),
        write("print(1)\n1 / 0\n", "bad.py"),
        write("# Needs: cuda\nprint(1)\n", "later.py"),
    ]
    return records.make(warm, [warm.run(path) for path in files])


def test_a_record_says_what_ran_where(record, warm, tmp_path):
    assert record.torch == warm.release
    assert record.build.startswith(record.torch)
    assert record.device == "cpu"
    assert record.device_name
    assert record.when.endswith("+00:00")
    by_name = {name.rpartition("/")[2]: r for name, r in record.snippets.items()}
    assert by_name["good.py"].outcome == "passed"
    assert by_name["bad.py"].outcome == "failed"
    assert by_name["bad.py"].error == "ZeroDivisionError: division by zero"
    assert (by_name["later.py"].outcome, by_name["later.py"].need) == (
        "skipped",
        "cuda",
    )


def test_what_is_written_is_read_again(record, tmp_path):
    path = tmp_path / "records" / "torch-9.9.9-cpu.json"
    records.write(record, path)
    assert records.read(path) == record
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_a_part_of_the_files_completes_an_earlier_record(record, warm, monkeypatch):
    names = list(record.snippets)
    monkeypatch.setattr(records, "SNIPPETS", records.SNIPPETS.parent / "nowhere")
    later = records.make(warm, [], earlier=record)
    assert later.snippets == {
        name: result
        for name, result in record.snippets.items()
        if (records.SNIPPETS / name).exists()
    }
    assert set(later.snippets) <= set(names)


def test_results_of_files_that_are_gone_are_dropped(record, warm):
    gone = dataclasses.replace(record, snippets={"tensors/gone.py": None})
    assert records.make(warm, [], earlier=gone).snippets == {}


def test_records_come_newest_first(record, tmp_path):
    for torch, device in [("2.9.1", "cpu"), ("2.13.0", "cuda"), ("2.13.0", "cpu")]:
        new = dataclasses.replace(record, torch=torch, device=device)
        records.write(new, records.path_of(torch, device, tmp_path))
    found = [(r.torch, r.device) for r in records.load(tmp_path)]
    assert found == [("2.13.0", "cpu"), ("2.13.0", "cuda"), ("2.9.1", "cpu")]
    assert records.load(tmp_path / "none") == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"snippets": {}}', '{"snippets": 1}'])
def test_a_file_that_is_no_record_is_named(tmp_path, text):
    path = tmp_path / "torch-1.0.0-cpu.json"
    path.write_text(text)
    with pytest.raises(RecordError, match=r"torch-1\.0\.0-cpu\.json: is not a record"):
        records.load(tmp_path)


def test_a_record_is_plain_json_without_empty_fields(record, tmp_path):
    path = tmp_path / "torch-9.9.9-cpu.json"
    records.write(record, path)
    fields = json.loads(path.read_text("utf-8"))
    good = next(r for n, r in fields["snippets"].items() if n.endswith("good.py"))
    assert set(good) == {"sha256", "outcome", "seconds", "when"}


def result(text="print(1)\n", outcome="passed", **more):
    """What came of a file with a text."""
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    return records.Result(sha256, outcome, 0.1, "2026-05-04", **more)


def of(torch, device="cpu", **results):
    """A record of files a.py, b.py, …"""
    snippets = {f"{name}.py": r for name, r in results.items()}
    facts = ("AMD EPYC", "3.11.7", "2.3.5", "Linux", "2026-05-04T10:00:00+00:00")
    return Record(torch, torch, device, *facts, snippets)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace('"failed"', '"passed"'),
        lambda text: text.replace(result().sha256, "0" * 64),
        lambda text: text.replace('"seconds": 0.1', '"seconds": 0.2'),
        lambda text: text.replace('"AMD EPYC"', '"Elbrus"'),
        lambda text: re.sub(r',\s*"seal": "\w+"', "", text),
    ],
)
def test_nothing_counts_in_a_record_that_was_changed_after_the_run(tmp_path, change):
    path = records.path_of("2.13.0", "cpu", tmp_path)
    records.write(of("2.13.0", a=result(), b=result(outcome="failed")), path)
    text = path.read_text()
    assert change(text) != text
    path.write_text(change(text))
    found = records.read(path)
    assert (found.fault, found.snippets) == ("altered", {})
    assert found.error == "torch-2.13.0-cpu.json was changed after the run"
    # only its contents are sealed, not how they are written
    path.write_text(json.dumps(json.loads(text)))
    assert records.read(path).fault is None


def test_a_record_keeps_what_changed_in_an_output(warm, write, tmp_path):
    path = write("print(1)\n#> 2\nprint(3)\n")
    (found,) = records.make(warm, [warm.run(path)]).snippets.values()
    assert found.lines == (Line(2, "2", "1"), Line(2, None, "3"))
    record = of("2.13.0", a=found)
    records.write(record, tmp_path / "torch-2.13.0-cpu.json")
    assert records.load(tmp_path) == [record]


def test_a_record_is_of_one_machine(monkeypatch, tmp_path):
    monkeypatch.setattr(records, "SNIPPETS", tmp_path)
    for name in ("a.py", "b.py"):
        (tmp_path / name).touch()
    theirs, ours = of("2.13.0", a=result(), b=result()), of("2.13.0", b=result())
    assert records.complete(ours, theirs) == theirs
    for difference in (
        {"device_name": "Elbrus"},
        {"python": "3.12.1"},
        {"numpy": None},
        {"build": "2.13.0+cpu"},
        {"platform": "Linux 2"},
    ):
        other = dataclasses.replace(theirs, **difference)
        with pytest.raises(RecordError, match="was made on another machine"):
            records.complete(ours, other)
        # where nothing is kept there is nothing to mix
        assert records.complete(theirs, other) == theirs
    gone = dataclasses.replace(theirs, fault="altered")
    assert records.complete(ours, gone) == ours


def kinds(*found):
    return [(change.name, change.kind, change.new) for change in found]


def test_what_fails_is_new_or_as_before():
    failed = result(outcome="failed", error="E")
    before = of("2.13.0", a=result(), b=failed, c=result(outcome="failed", error="F"))
    now = of("2.15.0", a=failed, b=failed, c=failed, d=failed)
    assert kinds(*records.changes(now, before)) == [
        ("a.py", "failed", True),
        ("b.py", "failed", False),
        ("c.py", "failed", True),
        ("d.py", "failed", None),
    ]
    again = of("2.16.0", a=result(), b=result())
    assert kinds(*records.changes(again, now)) == [
        ("a.py", "passes", True),
        ("b.py", "passes", True),
    ]


def test_outputs_are_compared_with_the_release_before():
    def prints(text):
        return result(outcome="output-changed", lines=(Line(2, "1", text),))

    before = of("2.13.0", a=result(), b=prints("5"), c=prints("5"), d=prints("5"))
    now = of("2.15.0", a=prints("5"), b=prints("5"), c=prints("6"), d=result())
    a, c, d, b = sorted(records.changes(now, before), key=lambda change: not change.new)
    assert (a.name, a.lines) == ("a.py", ((2, "1", "5"),))
    assert (c.name, c.lines) == ("c.py", ((2, "5", "6"),))
    assert (d.name, d.lines) == ("d.py", ((2, "5", "1"),))
    assert (b.name, b.new, b.lines) == ("b.py", False, ((2, "1", "5"),))


def test_a_file_that_changed_between_two_runs_is_not_compared():
    before = of("2.13.0", a=result("print(2)\n", warnings=()))
    now = of("2.15.0", a=result(warnings=("FutureWarning: soon",)))
    assert records.changes(now, before) == []
    before = of("2.13.0", a=result())
    assert kinds(*records.changes(now, before)) == [("a.py", "warns", True)]


def test_a_warning_that_moved_within_torch_is_not_new():
    text = "UserWarning: slow (Triggered internally at /torch/Copy.cpp:{}.)"
    before = of("2.13.0", a=result(warnings=(text.format(308),)))
    now = of("2.15.0", a=result(warnings=(text.format(312),)))
    assert records.changes(now, before) == []
    now = of("2.15.0", a=result(warnings=(text.replace("slow", "gone"),)))
    assert kinds(*records.changes(now, before)) == [("a.py", "warns", True)]


def test_the_release_before_is_of_the_same_device_and_final():
    found = [
        of("2.16.0rc1"),
        of("2.15.0", device="cuda"),
        dataclasses.replace(of("2.14.1"), fault="not-installed"),
        of("2.9.1"),
        of("2.10.0"),
    ]
    assert records.before(of("2.16.0"), found) is found[4]
    assert records.before(of("2.9.1"), found) is None


def test_notes_are_one_kind_for_each_file(tmp_path):
    record = of("2.13.0")
    path = tmp_path / "torch-2.13.0-cpu.notes.json"
    assert records.notes_of(record, tmp_path) == {}
    path.write_text('{"a.py": "drift"}')
    assert records.notes_of(record, tmp_path) == {"a.py": "drift"}
    records.write(record, tmp_path / "torch-2.13.0-cpu.json")
    assert records.load(tmp_path) == [record]
    assert records.releases("cpu", tmp_path) == ["2.13.0"]
    for text, words in [
        ('{"a.py": "weather"}', "'weather' is none of upstream, ours, drift"),
        ("{", "is not JSON"),
        ("[]", "holds no"),
    ]:
        path.write_text(text)
        with pytest.raises(RecordError, match=words):
            records.notes_of(record, tmp_path)


def test_the_records_of_this_repository_are_as_runs_wrote_them():
    faults = {r.torch: r.error for r in records.load() if r.fault == "altered"}
    assert faults == {}


def test_the_notes_of_this_repository_explain_differences():
    found = records.load()
    for record in found:
        changes = records.changes(record, records.before(record, found))
        notes = records.notes_of(record)
        assert notes.keys() <= {change.name for change in changes}


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("cannot import 'f' (/home/me/.venv/torch/x.py)", "cannot import 'f' (x.py)"),
        ("left running: /opt/py/bin/python -c pass", "left running: python -c pass"),
        ("see https://pytorch.org/docs/stable", "see https://pytorch.org/docs/stable"),
        ("1/2 of a/b", "1/2 of a/b"),
        (None, None),
    ],
)
def test_an_error_is_kept_without_the_folders_of_a_machine(said, kept):
    assert records.without_folders(said) == kept


def test_lines_that_are_gone_have_a_cause_too():
    gone = {"a.py": "rank 0 is up", "b.py": "loaded", "c.py": "rank 1 is up"}
    some = [
        records.Change(name, "output-changed", True, lines=((1, line, None),))
        for name, line in gone.items()
    ]
    groups = [[change.name for change in group] for group in records.by_cause(some)]
    assert groups == [["a.py", "c.py"], ["b.py"]]

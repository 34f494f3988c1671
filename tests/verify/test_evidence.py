"""Given what ran, the record says it and keeps it."""

import dataclasses
import json
import re

import pytest

from tests.verify.sample_records import of, result
from verify import evidence
from verify.evidence import Line, RecordError


@pytest.fixture
def record(warm, write):
    """A record of three files: one passed, one failed, one was skipped."""
    files = [
        write("print(1)\n#> 1\n", "good.py"),
        write("print(1)\n1 / 0\n", "bad.py"),
        write("# Needs: cuda\nprint(1)\n", "later.py"),
    ]
    return evidence.make(warm.machine, [warm.run(path) for path in files])


def test_a_record_says_what_ran_where(record, warm):
    assert record.torch == warm.release
    assert record.device == "cpu"
    assert record.when.endswith("+00:00")
    assert record.machines == {warm.machine.id: warm.machine}
    assert {result.machine for result in record.snippets.values()} == {warm.machine.id}
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
    evidence.write(record, path)
    assert evidence.read(path) == record
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_records_come_newest_first(record, tmp_path):
    for torch, device in [("2.9.1", "cpu"), ("2.13.0", "cuda"), ("2.13.0", "cpu")]:
        new = dataclasses.replace(record, torch=torch, device=device)
        evidence.write(new, evidence.path_of(torch, device, tmp_path))
    found = [(r.torch, r.device) for r in evidence.load(tmp_path)]
    assert found == [("2.13.0", "cpu"), ("2.13.0", "cuda"), ("2.9.1", "cpu")]
    assert evidence.load(tmp_path / "none") == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"snippets": {}}', '{"snippets": 1}'])
def test_a_file_that_is_no_record_is_named(tmp_path, text):
    path = tmp_path / "torch-1.0.0-cpu.json"
    path.write_text(text)
    with pytest.raises(RecordError, match=r"torch-1\.0\.0-cpu\.json: is not a record"):
        evidence.load(tmp_path)


def test_a_record_is_plain_json_without_empty_fields(record, tmp_path):
    path = tmp_path / "torch-9.9.9-cpu.json"
    evidence.write(record, path)
    fields = json.loads(path.read_text("utf-8"))
    good = next(r for n, r in fields["snippets"].items() if n.endswith("good.py"))
    assert set(good) == {"sha256", "outcome", "seconds", "when", "machine"}


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
    path = evidence.path_of("2.13.0", "cpu", tmp_path)
    evidence.write(of("2.13.0", a=result(), b=result(outcome="failed")), path)
    text = path.read_text()
    assert change(text) != text
    path.write_text(change(text))
    found = evidence.read(path)
    assert (found.fault, found.snippets) == ("altered", {})
    assert found.error == "torch-2.13.0-cpu.json was changed after the run"
    # only its contents are sealed, not how they are written
    path.write_text(json.dumps(json.loads(text)))
    assert evidence.read(path).fault is None


def test_a_record_keeps_what_changed_in_an_output(warm, write, tmp_path):
    path = write("print(1)\n#> 2\nprint(3)\n")
    (found,) = evidence.make(warm.machine, [warm.run(path)]).snippets.values()
    assert found.lines == (Line(2, "2", "1"), Line(2, None, "3"))
    record = of("2.13.0", a=found)
    evidence.write(record, tmp_path / "torch-2.13.0-cpu.json")
    assert evidence.load(tmp_path) == [record]


def test_the_records_of_this_repository_are_as_runs_wrote_them():
    faults = {r.torch: r.error for r in evidence.load() if r.fault == "altered"}
    assert faults == {}


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
    assert evidence.without_folders(said) == kept

"""Given what ran, the record says it and keeps it."""

import dataclasses
import json

import pytest

from verify import records
from verify.records import RecordError


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

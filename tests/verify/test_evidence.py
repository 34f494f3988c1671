"""Test that records keep what ran, and that only valid results count."""

import contextlib
import dataclasses
import errno
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.verify.sample_records import machine, of, result
from verify import ROOT, evidence, record_files, recording
from verify.evidence import Library, Line, RecordError, is_valid
from verify.recording import Recorder
from verify.snippet import parse_bytes
from verify.verdict import Verdict


@pytest.fixture
def record(warm, write):
    """Return a record of three files: one passed, one failed, one was skipped."""
    files = [
        write("print(1)\n#> 1\n", "good.py"),
        write("print(1)\n1 / 0\n", "bad.py"),
        write("# Needs: cuda\nprint(1)\n", "later.py"),
    ]
    return recording.make(warm.machine, [warm.run(path) for path in files])


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
    record_files.write(record, path)
    assert record_files.read(path) == record
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_records_come_newest_first(record, tmp_path):
    for torch, device in [("2.9.1", "cpu"), ("2.13.0", "cuda"), ("2.13.0", "cpu")]:
        new = dataclasses.replace(record, torch=torch, device=device)
        record_files.write(new, record_files.path_of(torch, device, tmp_path))
    found = [(r.torch, r.device) for r in record_files.load(tmp_path)]
    assert found == [("2.13.0", "cpu"), ("2.13.0", "cuda"), ("2.9.1", "cpu")]
    assert record_files.load(tmp_path / "none") == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"snippets": {}}', '{"snippets": 1}'])
def test_a_file_that_is_no_record_is_named(tmp_path, text):
    path = tmp_path / "torch-1.0.0-cpu.json"
    path.write_text(text)
    with pytest.raises(RecordError, match=r"torch-1\.0\.0-cpu\.json: is not a record"):
        record_files.load(tmp_path)


def test_a_record_is_plain_json_without_empty_fields(record, tmp_path):
    path = tmp_path / "torch-9.9.9-cpu.json"
    record_files.write(record, path)
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
    path = record_files.path_of("2.13.0", "cpu", tmp_path)
    record_files.write(of("2.13.0", a=result(), b=result(outcome="failed")), path)
    text = path.read_text()
    assert change(text) != text
    path.write_text(change(text))
    found = record_files.read(path)
    assert (found.fault, found.snippets) == ("altered", {})
    assert found.error == "torch-2.13.0-cpu.json was changed after the run"
    # The seal covers the contents of the record, not the formatting of the JSON.
    path.write_text(json.dumps(json.loads(text)))
    assert record_files.read(path).fault is None


def test_a_record_keeps_what_changed_in_an_output(warm, write, tmp_path):
    path = write("print(1)\n#> 2\nprint(3)\n")
    (found,) = recording.make(warm.machine, [warm.run(path)]).snippets.values()
    assert found.lines == (Line(2, "2", "1"), Line(2, None, "3"))
    record = of("2.13.0", a=found)
    record_files.write(record, tmp_path / "torch-2.13.0-cpu.json")
    assert record_files.load(tmp_path) == [record]


def test_the_records_of_this_repository_are_as_runs_wrote_them():
    faults = {r.torch: r.error for r in record_files.load() if r.fault == "altered"}
    assert faults == {}


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("cannot import 'f' (/home/me/.venv/torch/x.py)", "cannot import 'f' (x.py)"),
        ("left running: /opt/py/bin/python -c pass", "left running: python -c pass"),
        ("see https://pytorch.org/docs/stable", "see https://pytorch.org/docs/stable"),
        ("1/2 of a/b", "1/2 of a/b"),
    ],
)
def test_an_error_is_kept_without_the_folders_of_a_machine(said, kept):
    assert recording.without_folders(said) == kept


def test_a_warning_is_kept_without_the_folder_of_the_run(folder):
    """The folder has a new name in each run, so the warning would look new."""
    said = f"UserWarning: passed over: {folder}/run/a.pt is empty"
    warned = dataclasses.replace(verdict(folder, "a.py"), warnings=(said,))
    (kept,) = recording.make(machine(), [warned]).snippets.values()
    assert kept.warnings == ("UserWarning: passed over: a.pt is empty",)


def parsed(text, name="block.py"):
    """Return a parsed snippet file that contains `text`."""
    return parse_bytes(text.encode(), Path("/") / name)


@pytest.mark.parametrize(
    ("text", "modules"),
    [
        ("import snippets.ddp", ("ddp",)),
        ("import os, snippets.seeding as s, snippets.ddp.x", ("ddp", "seeding")),
        ("from snippets.ddp import distributed", ("ddp",)),
        ("from snippets import seeding, ddp as d", ("ddp", "seeding")),
        ("def f():\n    from snippets import ddp", ("ddp",)),
        ("from snippets import *", ()),
        ("import importlib\nimportlib.import_module('snippets.ddp')", ()),
        ("import torch\nsnippets = 'snippets.ddp'", ()),
    ],
)
def test_the_library_modules_of_a_file_are_found(text, modules):
    snippet = parsed(f"# Needs: snippets\n{text}\nprint(1)\n#> 1\n")
    assert snippet.library == modules


@pytest.fixture
def library(tmp_path):
    """Return a folder with a library of two modules and an `__init__.py`."""
    folder = tmp_path / "snippets"
    folder.mkdir()
    for name in ("__init__.py", "ddp.py", "seeding.py"):
        (folder / name).write_text(f"# {name}\n")
    return folder


STATIC = "# Needs: snippets\nfrom snippets.ddp import x\n\nprint(x)\n#> 1\n"
DYNAMIC = "# Needs: snippets\nimport importlib\n\nprint(importlib)\n#> ...\n"
IN_A_STRING = STATIC + "run('from snippets.seeding import y')\n"
ALONE = "print(1)\n#> 1\n"


@pytest.mark.parametrize(
    ("text", "covers"),
    [
        (STATIC, {"__init__.py", "ddp.py"}),
        (DYNAMIC, {"__init__.py", "ddp.py", "seeding.py"}),
        (IN_A_STRING, {"__init__.py", "ddp.py", "seeding.py"}),
        (ALONE, set()),
    ],
    ids=["import", "dynamic import", "program in a string", "no library"],
)
@pytest.mark.parametrize("change", ["edited", "gone"])
def test_a_result_counts_while_the_file_and_its_library_are_the_same(
    library, text, covers, change
):
    snippet = parsed(text)
    found = result(text, library=evidence.library_hashes(snippet, library))
    assert is_valid(found, snippet, library)
    assert not is_valid(found, parsed(text + "# edited\n"), library)
    for path in sorted(library.iterdir()):
        before = path.read_text()
        path.write_text("raise SystemError\n") if change == "edited" else path.unlink()
        assert is_valid(found, snippet, library) == (path.name not in covers)
        path.write_text(before)
    assert is_valid(found, snippet, library)


def test_a_result_of_a_file_that_breaks_the_contract_is_its_failure():
    broken = dataclasses.replace(result(outcome="failed"), sha256=None)
    assert is_valid(broken, None)
    assert not is_valid(result(outcome="failed"), None)
    assert not is_valid(dataclasses.replace(broken, outcome="passed"), None)
    assert not is_valid(broken, parsed(ALONE))


def test_the_library_tests_count_while_the_library_and_they_are_the_same(tmp_path):
    files = ["snippets/ddp.py", "tests/library/test_ddp.py", "tests/library/ranks.py"]
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("# a\n")
    key = evidence.library_key(tmp_path)
    record = dataclasses.replace(of("2.13.0"), library=Library(1, 0, 0, {}, 1.0, key))
    assert evidence.library_is_valid(record, tmp_path)
    for name in files:
        (tmp_path / name).write_text("# b\n")
        assert not evidence.library_is_valid(record, tmp_path)
        (tmp_path / name).write_text("# a\n")
    (tmp_path / "snippets" / "block").mkdir()
    (tmp_path / "snippets" / "block" / "one.py").write_text("# no library file\n")
    assert evidence.library_is_valid(record, tmp_path)
    (tmp_path / files[1]).rename(tmp_path / "tests/library/test_other.py")
    assert not evidence.library_is_valid(record, tmp_path)
    # Records in the older format have no key.
    old = Library(1, 0, 0, {}, 1.0)
    record = dataclasses.replace(record, library=old)
    assert not evidence.library_is_valid(record, tmp_path)
    assert not evidence.library_is_valid(of("2.13.0"), tmp_path)


def test_a_record_of_the_older_format_is_read(tmp_path):
    fields = {
        "torch": "2.13.0",
        "build": "2.13.0+cpu",
        "device": "cpu",
        "device_name": "AMD EPYC",
        "python": "3.11.7",
        "numpy": "2.4.6",
        "platform": "Linux-6.18",
        "when": "2026-05-04T10:00:00+00:00",
        "snippets": {
            "a.py": {
                "sha256": result(ALONE).sha256,
                "outcome": "passed",
                "seconds": 0.1,
                "when": "2026-05-04",
            },
            "b.py": {
                "sha256": result(STATIC).sha256,
                "outcome": "passed",
                "seconds": 0.1,
                "when": "2026-05-04",
            },
        },
        "library": {
            "passed": 3,
            "skipped": 0,
            "left_out": 0,
            "failed": {},
            "seconds": 1.5,
        },
    }
    path = tmp_path / "torch-2.13.0-cpu.json"
    path.write_text(json.dumps({**fields, "seal": record_files.seal(fields)}))
    (record,) = record_files.load(tmp_path)
    here = machine(build="2.13.0+cpu", numpy="2.4.6", platform="Linux-6.18")
    assert record.machines == {here.id: here}
    assert {r.machine for r in record.snippets.values()} == {here.id}
    assert is_valid(record.snippets["a.py"], parsed(ALONE))
    assert not is_valid(record.snippets["b.py"], parsed(STATIC))
    assert record.library.machine == here.id
    # Writing it in the current format loses nothing.
    record_files.write(record, path)
    assert record_files.read(path) == record


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return a folder with the snippet files a.py, b.py and c.py."""
    monkeypatch.setattr(recording, "SNIPPETS", tmp_path)
    for name in ("a.py", "b.py", "c.py"):
        (tmp_path / name).write_text(ALONE)
    return tmp_path


def verdict(folder, name, outcome="passed"):
    """Return a verdict on a file of the fixture `folder`."""
    return Verdict(folder / name, outcome, sha256=result(ALONE).sha256)


@pytest.fixture
def names(folder, monkeypatch):
    """Have records use the plain name of a file as its key."""
    monkeypatch.setattr(recording, "name_of", lambda path: path.name)


def outcomes(path):
    """Return the outcome of each file in a record."""
    return {name: r.outcome for name, r in record_files.read(path).snippets.items()}


@pytest.mark.usefixtures("names")
def test_results_are_added_to_those_that_are_there(folder):
    path, here = folder / "records" / "record.json", machine()
    tests = Library(3, 0, 0, {}, 1.0, "key")
    recording.merge(
        path,
        here,
        [verdict(folder, "a.py"), verdict(folder, "b.py")],
        "import warns\n",
        library=tests,
        seconds={"all": 2.0},
    )
    (folder / "b.py").unlink()
    record = recording.merge(path, here, [verdict(folder, "c.py", "failed")])
    assert record == record_files.read(path)
    assert outcomes(path) == {"a.py": "passed", "c.py": "failed"}
    assert record.library == dataclasses.replace(tests, machine=here.id)
    assert record.seconds == {"all": 2.0}
    assert record.import_warnings == ()
    recording.merge(path, here, [verdict(folder, "a.py", "failed")])
    assert outcomes(path) == {"a.py": "failed", "c.py": "failed"}
    assert [p.name for p in path.parent.iterdir()] == [path.name]


@pytest.mark.usefixtures("names")
def test_a_record_holds_the_results_of_several_machines(folder):
    path, here, there = folder / "record.json", machine(), machine(device_name="Elbrus")
    recording.merge(path, there, [verdict(folder, "a.py"), verdict(folder, "b.py")])
    record = recording.merge(path, here, [verdict(folder, "b.py")])
    assert {name: r.machine for name, r in record.snippets.items()} == {
        "a.py": there.id,
        "b.py": here.id,
    }
    assert record.machines == {here.id: here, there.id: there}
    # A machine without results is dropped.
    record = recording.merge(path, here, [verdict(folder, "a.py")])
    assert record.machines == {here.id: here}


@pytest.mark.parametrize(
    ("facts", "same"),
    [
        ({"platform": "Linux 7"}, True),
        ({"numpy": None}, True),
        ({"device_name": "Elbrus"}, False),
        ({"build": "2.13.0+cu130"}, False),
        ({"python": "3.12.1"}, False),
    ],
)
def test_a_machine_is_a_device_a_torch_build_and_a_python(facts, same):
    assert (machine(**facts).id == machine().id) == same


@pytest.mark.usefixtures("names")
def test_an_altered_record_contributes_nothing(folder):
    path = folder / "record.json"
    recording.merge(path, machine(), [verdict(folder, "a.py", "failed")])
    path.write_text(path.read_text().replace('"failed"', '"passed"'))
    recording.merge(path, machine(), [verdict(folder, "b.py")])
    assert outcomes(path) == {"b.py": "passed"}


@pytest.mark.usefixtures("names")
def test_a_fault_does_not_take_results_away(folder):
    path = folder / "record.json"
    fault = ("2.13.0", "cpu", "not-installed", "the index is out of order")
    assert recording.merge_fault(path, *fault) == record_files.read(path)
    recording.merge(path, machine(), [verdict(folder, "a.py")])
    assert recording.merge_fault(path, *fault).fault == "not-installed"
    assert outcomes(path) == {"a.py": "passed"}


@pytest.mark.parametrize(
    "text", ["{}", "nothing", "[" * 100_000, None, '{"machines": 3, "snippets": {}}']
)
def test_what_is_no_record_is_not_replaced(folder, text):
    path = folder / "record.json"
    os.mkfifo(path) if text is None else path.write_text(text)
    with pytest.raises(RecordError, match=r"record\.json: is not a"):
        recording.merge(path, machine(), [verdict(folder, "a.py")])
    with pytest.raises(RecordError), Recorder(path, machine()):
        pytest.fail("says so only after the run")
    assert text is None or path.read_text() == text


def test_a_record_of_another_release_is_not_replaced(folder):
    path = folder / "record.json"
    recording.merge(path, machine("2.13.0"), [verdict(folder, "a.py")])
    with pytest.raises(RecordError, match=r"is of torch 2\.13\.0 on cpu, this is"):
        recording.merge(path, machine("2.14.1"), [verdict(folder, "a.py")])
    with pytest.raises(RecordError, match=r"this is torch 2\.13\.0 on cuda"):
        recording.merge(path, machine(device="cuda"), [verdict(folder, "a.py")])


def no_space(*_):
    """Fail like a write to a full disk."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("call", ["fsync", "replace"])
@pytest.mark.parametrize("error", [no_space, KeyboardInterrupt])
def test_a_record_stays_whole_if_the_next_one_cannot_be_written(
    folder, monkeypatch, call, error
):
    path = folder / "record.json"
    recording.merge(path, machine(), [verdict(folder, "a.py")])
    before = path.read_bytes(), sorted(folder.iterdir())

    def fails(*_):
        no_space() if error is no_space else None
        raise KeyboardInterrupt

    monkeypatch.setattr(os, call, fails)
    with pytest.raises((OSError, KeyboardInterrupt)):
        recording.merge(path, machine(), [verdict(folder, "b.py")])
    assert (path.read_bytes(), sorted(folder.iterdir())) == before


@pytest.mark.usefixtures("names")
def test_a_full_disk_during_a_run_loses_nothing_if_there_is_room_at_the_end(
    folder, monkeypatch
):
    path, replace = folder / "record.json", os.replace
    with Recorder(path, machine()) as recorder:
        monkeypatch.setattr(os, "replace", no_space)
        recorder.add(verdict(folder, "a.py"))
        assert not path.exists()
        monkeypatch.setattr(os, "replace", replace)
    assert outcomes(path) == {"a.py": "passed"}


@pytest.mark.usefixtures("names")
def test_what_ran_is_saved_during_a_run_and_if_it_is_interrupted(folder, monkeypatch):
    path = folder / "record.json"
    monkeypatch.setattr(recording, "SAVE_EVERY", 3600.0)
    with contextlib.suppress(KeyboardInterrupt), Recorder(path, machine()) as recorder:
        recorder.add(verdict(folder, "a.py"))
        assert outcomes(path) == {"a.py": "passed"}
        recorder.add(verdict(folder, "b.py"))
        assert outcomes(path) == {"a.py": "passed"}
        raise KeyboardInterrupt
    assert outcomes(path) == {"a.py": "passed", "b.py": "passed"}


@pytest.mark.usefixtures("names")
def test_a_record_behind_a_link_is_the_one_that_is_written(folder):
    (folder / "records").mkdir()
    link = folder / "record.json"
    link.symlink_to(folder / "records" / "real.json")
    recording.merge(link, machine(), [verdict(folder, "a.py")])
    assert link.is_symlink()
    assert outcomes(folder / "records" / "real.json") == {"a.py": "passed"}


WRITER = """
import sys
from pathlib import Path

from tests.verify.sample_records import machine
from verify import recording
from verify.verdict import Verdict

path, names = Path(sys.argv[1]), sys.argv[2:]
print("ready", flush=True)
sys.stdin.readline()
for name in names:
    recording.merge(path, machine(), [Verdict(Path(name), "passed", sha256="0")])
"""


def test_two_runs_on_one_record_both_end_up_in_it(folder):
    path, runs = folder / "records" / "record.json", []
    for half in ("left", "right"):
        files = [folder / f"{half}{number}.py" for number in range(20)]
        for file in files:
            file.write_text(ALONE)
        command = [sys.executable, "-c", WRITER, path, *files]
        pipe = subprocess.PIPE
        runs.append(subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe))
    for run in runs:
        run.stdout.readline()
    for run in runs:
        run.stdin.write(b"\n")
        run.stdin.close()
    for run in runs:
        assert run.wait(60) == 0
        run.stdout.close()
    assert len(record_files.read(path).snippets) == 40
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def cannot_lock(*_):
    """Fail like `flock` on a file system that can't lock folders."""
    raise OSError(errno.EBADF, os.strerror(errno.EBADF))


@pytest.mark.parametrize("system", ["flock", "no flock", "no flock on folders"])
@pytest.mark.usefixtures("names")
def test_a_run_that_does_not_stop_writing_is_named(folder, monkeypatch, system):
    if system == "no flock":  # Windows
        monkeypatch.setattr(record_files, "fcntl", None)
    elif not record_files.fcntl:
        pytest.skip("this system has no flock")
    elif system == "no flock on folders":  # some network file systems
        monkeypatch.setattr(record_files.fcntl, "flock", cannot_lock)
    path = folder / "record.json"
    recording.merge(path, machine(), [verdict(folder, "a.py")])
    there = sorted(folder.iterdir())
    monkeypatch.setattr(record_files, "LOCK_TIMEOUT", 0.1)
    with (
        record_files.locked(folder),
        pytest.raises(RecordError, match="another run holds the lock"),
    ):
        recording.merge(path, machine(), [verdict(folder, "b.py")])
    recording.merge(path, machine(), [verdict(folder, "c.py")])
    assert outcomes(path) == {"a.py": "passed", "c.py": "passed"}
    assert sorted(folder.iterdir()) == there


def test_endless_lines_are_kept_short(folder):
    long = recording.make(
        machine(), [Verdict(folder / "a.py", "failed", error="y" * 1_000_000)]
    )
    (found,) = long.snippets.values()
    assert len(found.error) == recording.CHARACTERS


def test_text_that_no_encoding_takes_is_kept(folder):
    path = folder / "torch-2.13.0-cpu.json"
    record = of("2.13.0", a=result(outcome="failed", error="\udc80 and \u2028"))
    record_files.write(record, path)
    assert record_files.read(path) == record

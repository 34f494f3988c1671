"""Test that a run with `--json` keeps its results, however the run ends."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time

import pytest

from tests.busy import patient
from tests.verify.fakes import Tree
from tests.verify.sample_records import machine
from verify import DEFAULT_TORCH, ROOT, record_files, recording
from verify.__main__ import main
from verify.evidence import Library
from verify.verdict import Verdict

pytestmark = pytest.mark.usefixtures("finds_small_torch")
SLOW = "import time\n\ntime.sleep(0.3)\nprint(1)\n#> 1\n"
ELSEWHERE = machine(DEFAULT_TORCH, device_name="Elbrus")


def start(*arguments, **popen):
    """Start `python -m verify` and return the process; see `subprocess.Popen`."""
    return subprocess.Popen(
        [sys.executable, "-m", "verify", *map(str, arguments)],
        **{
            "cwd": ROOT,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "text": True,
            **popen,
        },
    )


def wait_for(condition, seconds=600):
    """Wait until a condition holds, and fail after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def ran_here(record):
    """Return the names of the files in a record that ran on this machine."""
    found = record_files.read(record).snippets.items()
    return {name for name, result in found if result.machine != ELSEWHERE.id}


@pytest.fixture
def tree(tmp_path):
    """Return a checkout whose first file ends at once; the others outlast any test."""
    tree = Tree(tmp_path / "tree")
    tree.snippet("tensors/sums/a.py", "print(1)\n#> 1\n")
    for name in "bc":
        tree.snippet(f"tensors/sums/{name}.py", "import time\n\ntime.sleep(7534)\n")
    return tree


@pytest.fixture
def whole(tree, monkeypatch):
    """Write a complete record from another machine, with library tests; return it."""
    folder = tree.root / "snippets"
    monkeypatch.setattr(recording, "SNIPPETS", folder)
    monkeypatch.setattr(
        recording, "name_of", lambda path: path.relative_to(folder).as_posix()
    )
    return recording.merge(
        tree.record(DEFAULT_TORCH),
        ELSEWHERE,
        [Verdict(file, "passed", sha256="0" * 64) for file in folder.rglob("*.py")],
        library=Library(335, 3, 42, {}, 50.5, "key"),
        seconds={"all": 99.4},
    )


@pytest.mark.parametrize(
    ("sign", "code", "word"),
    [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")],
)
def test_an_interrupted_run_keeps_the_record_and_what_ran(
    tree, whole, sign, code, word
):
    """Results of files that didn't run, and of the library tests, must survive."""
    record = tree.record(DEFAULT_TORCH)
    with start("--json", record, "--jobs", "1", cwd=tree.root) as process:
        wait_for(lambda: ran_here(record))
        process.send_signal(sign)
        _, err = process.communicate(timeout=patient(20))  # less than b.py sleeps
    assert process.returncode == code
    assert err == f"\nverify: {word}\n"
    now = record_files.read(record)
    assert now.snippets.keys() == whole.snippets.keys()
    assert now.library == whole.library
    assert now.seconds == whole.seconds
    assert ran_here(record) == {"tensors/sums/a.py"}
    assert now.snippets["tensors/sums/a.py"].outcome == "passed"
    for name in ("tensors/sums/b.py", "tensors/sums/c.py"):
        assert now.snippets[name] == whole.snippets[name]
    assert [*record.parent.iterdir()] == [record]


def test_a_killed_run_keeps_what_was_saved(write, tmp_path):
    record = tmp_path / "records" / "record.json"
    for number in range(40):
        write(SLOW, f"{number}.py")
    # The killed run can't clean up, so its temporary files go into a folder that the
    # test deletes. `tmp_path` is too long: a socket path has at most 107 bytes.
    with tempfile.TemporaryDirectory() as temporary:
        env = {**os.environ, "TMPDIR": temporary}
        with start(tmp_path, "--jobs", "1", "--json", record, env=env) as process:
            wait_for(lambda: record.exists() or process.poll() is not None)
            process.kill()
            said = process.communicate(timeout=60)
    assert record.exists(), said
    assert ran_here(record)
    assert [path.name for path in record.parent.iterdir()] == ["record.json"]


def test_a_file_that_is_gone_leaves_the_record(write, tmp_path):
    record = tmp_path / "records" / "record.json"
    files = [write("print(1)\n#> 1\n", name) for name in ("a.py", "b.py")]
    assert main([*map(str, files), "--json", str(record)]) == 0
    files[0].unlink()
    assert main([str(files[1]), "--json", str(record)]) == 0
    assert [*record_files.read(record).snippets] == [str(files[1])]


@pytest.mark.parametrize("what", ["fifo", "no folder", "no record", "other release"])
def test_a_record_that_cannot_be_written_is_2_before_anything_runs(
    write, tmp_path, capsys, what
):
    path = write(f"print(1)\nopen({str(tmp_path / 'ran')!r}, 'w').close()\n")
    record = tmp_path / "record.json"
    if what == "fifo":
        os.mkfifo(record)
    elif what == "no folder":
        record = path / "record.json"
    elif what == "no record":
        record.write_text("[]")
    else:
        recording.merge(record, machine("1.0.0"))
    there = sorted(tmp_path.iterdir())
    assert main([str(path), "--json", str(record)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("verify: ")
    assert err.count("\n") == 1
    if what == "other release":
        assert "is of torch 1.0.0 on cpu, this is torch" in err
        assert record_files.read(record).torch == "1.0.0"
    assert sorted(tmp_path.iterdir()) == there


def test_a_full_disk_is_2_and_keeps_the_record(write, tmp_path, capsys, monkeypatch):
    path = write("print(1)\n#> 1\n")
    record = tmp_path / "records" / "record.json"
    assert main([str(path), "--json", str(record)]) == 0
    before = record.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device", str(record))

    monkeypatch.setattr(record_files.os, "fsync", full)
    capsys.readouterr()
    assert main([str(path), "--json", str(record)]) == 2
    _, err = capsys.readouterr()
    assert err.startswith("verify: [Errno 28] No space left on device: ")
    assert err.count("\n") == 1
    assert record.read_bytes() == before
    assert [p.name for p in record.parent.iterdir()] == ["record.json"]


def test_nobody_reads_the_output(write, tmp_path):
    record = tmp_path / "records" / "record.json"
    for number in range(8):
        write("print(1)\n#> 2\n", f"{number}.py")
    with start(tmp_path, "--json", record) as process:
        process.stdout.close()  # as `| head` does
        err = process.stderr.read()
    assert (process.returncode, err) == (141, "")
    assert record_files.read(record).snippets


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_an_output_that_is_full_is_2(write):
    path = write("print(1)\n#> 1\n")  # writes nothing before the end
    with open("/dev/full", "w") as full, start(path, stdout=full) as process:
        _, err = process.communicate(timeout=120)
    assert process.returncode == 2
    assert err == "verify: [Errno 28] No space left on device\n"


def test_an_output_that_takes_ascii_alone(write):
    env = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    with start(write("print('é ✓')\n#> è\n"), env=env) as process:
        out, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (1, "")
    assert r"got '\xe9 \u2713'" in out


@pytest.mark.parametrize("edited", ["the library", "the file"])
def test_what_was_edited_while_it_ran_is_no_evidence(tmp_path, edited):
    tree = Tree(tmp_path)
    (tree.root / "snippets" / "sums.py").write_text(
        "def add(a, b):\n    return a + b\n"
    )
    path = "sums.__file__" if edited == "the library" else "__file__"
    tree.snippet(
        "tensors/sums/edits.py",
        "# Needs: snippets\nfrom pathlib import Path\n\nfrom snippets import sums\n\n"
        f"Path({path}).write_text(Path({path}).read_text() + '# edited')\n"
        "print(sums.add(1, 2))\n#> 3\n",
    )
    tree.snippet(
        "tensors/sums/uses.py",
        "# Needs: snippets\nfrom snippets.sums import add\n\nprint(add(1, 2))\n#> 3\n",
    )
    record = tree.root / "record.json"
    files = ("snippets/tensors", "--jobs", "1")
    with start(*files, "--json", record, cwd=tree.root) as process:
        process.communicate(timeout=120)
    edits, uses = json.loads(record.read_text())["snippets"].values()
    assert edits["sha256"] is None
    assert "library" not in edits
    assert uses["library"].keys() == {"sums.py"}

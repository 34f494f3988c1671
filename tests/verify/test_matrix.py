"""Test that `--stale` runs only the files without a valid result."""

import json
import re
import zipfile

import pytest

from tests.verify.fakes import Tree
from tests.verify.test_release import library_test, outcomes

ADD, MEAN = "tensors/sums/add.py", "tensors/sums/mean.py"
OLD, MIDDLE, NEW = RELEASES = ("2.14.0", "2.14.1", "2.15.0")
ADDS = "import torch\n\nprint(torch.add(1, 2))\n#> 3\n"


@pytest.fixture
def tree(tmp_path):
    """Return a checkout with two snippet files and wheels of three releases."""
    tree = Tree(tmp_path)
    tree.snippet(ADD, ADDS)
    tree.snippet(MEAN, "import torch\n\nprint(torch.mean([1, 2]))\n#> 1.5\n")
    for release in RELEASES:
        tree.torch(release)
    return tree


def ran(out):
    """Return how many files ran on each release, as the command reports it."""
    return dict(re.findall(r"^torch (\S+) on cpu: (\d+) ran: ", out, re.M))


def times(tree, release):
    """Return when each file ran, from the record of a release."""
    fields = json.loads(tree.record(release).read_text())
    return {name: result["when"] for name, result in fields["snippets"].items()}


def test_after_an_edit_one_file_runs_on_each_release_with_a_record(tree):
    assert tree.verify(OLD, NEW, "--keep")[0] == 0
    before = times(tree, NEW)[MEAN]
    tree.snippet(ADD, ADDS.replace("2))", "3))").replace("#> 3", "#> 4"))
    code, out, err = tree.verify("--stale")
    assert (code, err) == (0, "")
    assert ran(out) == {OLD: "1", NEW: "1"}
    assert times(tree, NEW)[MEAN] == before
    assert tree.installed() == [OLD, NEW]  # the kept ones are reused
    assert not tree.record(MIDDLE).exists()
    # If nothing is stale, no environment is needed.
    code, out, _ = tree.verify("--stale")
    assert code == 0
    assert out.count(": nothing is stale\n") == 2
    assert "environment" not in out


def test_what_is_not_stale_is_not_installed(tree):
    assert tree.verify(OLD, NEW)[0] == 0
    record = tree.record(NEW)
    text = record.read_text()
    record.write_text(text.replace('"passed"', '"failed"', 1))  # breaks the seal
    code, out, _ = tree.verify("--stale")
    assert code == 0
    assert ran(out) == {NEW: "2"}
    assert outcomes(tree, NEW) == {"add.py": "passed", "mean.py": "passed"}
    assert tree.installed() == [OLD, NEW, NEW]


def test_releases_are_named_also_ones_without_a_record(tree):
    tree.verify(OLD, NEW)
    tree.snippet(ADD, ADDS + "# edited\n")
    code, out, _ = tree.verify("--stale", "oldest", MIDDLE)
    assert code == 0
    assert ran(out) == {OLD: "1", MIDDLE: "2"}
    code, out, _ = tree.verify("--stale", "--only", f"snippets/{MEAN}")
    assert ran(out) == {}
    assert ran(tree.verify("--stale", NEW)[1]) == {NEW: "1"}


def test_a_file_of_the_library_makes_stale_what_imports_it(tree):
    tree.snippet("helpers.py", "ONE = 1\n")
    uses = "# Needs: snippets\nfrom snippets.helpers import ONE\n\nprint(ONE)\n#> 1\n"
    tree.snippet(ADD, uses)
    tree.verify(NEW)
    tree.snippet("helpers.py", "ONE = 2\n")
    code, out, _ = tree.verify("--stale")
    assert code == 1
    assert ran(out) == {NEW: "1"}
    assert f"  snippets/{ADD} (docs/en/tensors/sums.md) [not judged yet]" in out
    # The failure is a valid result now, so it is reported again without a new run.
    code, again, _ = tree.verify("--stale")
    assert code == 1
    assert ": nothing is stale\n1 print something else" in again
    assert f"  snippets/{ADD}" in again
    notes = tree.record(NEW).with_suffix(".notes.json")
    notes.write_text(json.dumps({ADD: "drift"}))
    code, again, _ = tree.verify("--stale")
    assert (code, again) == (
        0,
        f"torch {NEW} on cpu: nothing is stale\nnothing differs\n",
    )


def test_the_tests_of_the_library_run_when_they_or_the_library_changed(tree):
    library_test(tree, "def test_sum():\n    assert True\n")
    assert "library's tests: " in tree.verify(NEW, "--keep")[1]
    tree.snippet(ADD, ADDS + "# edited\n")
    assert "library's tests: " not in tree.verify("--stale")[1]
    test = tree.root / "tests" / "library" / "test_sums.py"
    test.write_text("def test_sum():\n    assert not 1, 'broken'\n")
    code, out, _ = tree.verify("--stale")
    assert code == 1
    assert "library's tests: " in out
    assert f"torch {NEW} on cpu: the library's tests ran\n" in out
    assert "test_sums::test_sum: AssertionError: broken" in out


def test_an_index_out_of_order_leaves_the_results(tree):
    tree.verify(OLD, NEW)
    before = tree.record(NEW).read_text()
    (tree.wheels / f"torch-{NEW}-py3-none-any.whl").unlink()
    tree.snippet(ADD, ADDS + "# edited\n")
    code, out, _ = tree.verify("--stale")
    assert code == 1
    assert ran(out) == {OLD: "1"}
    assert f"torch {NEW} on cpu: not-installed: there is no torch-{NEW}" in out
    assert tree.record(NEW).read_text() == before


def test_two_commands_side_by_side_do_not_share_a_folder(tree, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    started, may_end = outside / "started", outside / "end"
    tree.snippet(
        ADD,
        f"import os, time\n\nopen({str(started)!r}, 'a').close()\n"
        f"while not os.path.exists({str(may_end)!r}):\n    time.sleep(0.05)\n"
        "print(3)\n#> 3\n",
    )
    with tree.start(NEW, "--keep", "--only", f"snippets/{ADD}") as first:
        while not started.exists() and first.poll() is None:
            pass
        code, out, _ = tree.verify(NEW, "--only", f"snippets/{MEAN}")
        assert code == 0
        assert "environment: found" not in out
        may_end.touch()
        out, err = first.communicate(timeout=120)
    assert (first.returncode, err) == (0, "")
    assert outcomes(tree, NEW) == {"add.py": "passed", "mean.py": "passed"}
    work = tree.root / ".nox" / "verify"
    (kept,) = [path for path in work.iterdir() if path.is_dir()]
    assert (kept / "env").exists()
    assert tree.installed() == [NEW, NEW]


def test_a_candidates_notes_go_with_its_record(tree):
    tree.torch("2.16.0rc1", "def add(a, b):\n    return 0\n")
    assert tree.verify("2.16.0rc1")[0] == 1
    notes = tree.record("2.16.0rc1").with_suffix(".notes.json")
    notes.write_text(json.dumps({ADD: "upstream"}))
    tree.torch("2.16.0")
    assert tree.verify("2.16.0")[0] == 0
    assert [path.name for path in (tree.root / "records").iterdir()] == [
        "torch-2.16.0-cpu.json"
    ]


def test_a_release_that_cannot_be_imported_is_all_stale(tree):
    tree.torch(NEW, "raise ImportError('no more')\n")
    code, out, _ = tree.verify(NEW)
    assert code == 1
    assert "not-imported: " in out
    tree.torch(NEW)
    code, out, _ = tree.verify("--stale")
    assert code == 0
    assert ran(out) == {NEW: "2"}


COMMAND = ("-m", "verify")


@pytest.fixture
def installed(tree, monkeypatch):
    """Return the checkout, with the newest release on the import path."""
    with zipfile.ZipFile(tree.wheels / f"torch-{NEW}-py3-none-any.whl") as archive:
        archive.extractall(tree.root / "site")
    monkeypatch.setenv("PYTHONPATH", str(tree.root / "site"))
    return tree


def test_the_command_runs_only_what_is_stale(installed):
    tree = installed
    arguments = ("--stale", "--json", "records")
    (tree.root / "records").mkdir()
    code, out, err = tree.verify(*arguments, program=COMMAND)
    assert (code, err) == (0, "")
    assert out.startswith("0 of 2 have a valid result\n")
    tree.snippet(ADD, ADDS.replace("#> 3", "#> 4"))
    code, out, _ = tree.verify(*arguments, program=COMMAND)
    assert code == 1
    assert out.startswith("1 of 2 have a valid result\n")
    assert "0 passed, 1 failed, 0 skipped" in out
    # The failure is reported again, without importing torch.
    (tree.root / "site" / "torch" / "__init__.py").write_text("raise SystemError")
    told = f"2 of 2 have a valid result\nsnippets/{ADD}:1: output-changed before: "
    for options in (arguments, ("--stale",)):
        code, out, err = tree.verify(*options, program=COMMAND)
        assert (code, err) == (1, "")
        assert out.startswith(told)
        assert out.count("\n") == 2
    notes = tree.record(NEW).with_suffix(".notes.json")
    notes.write_text(json.dumps({ADD: "drift"}))
    code, out, _ = tree.verify("--stale", program=COMMAND)
    assert (code, out) == (0, "2 of 2 have a valid result\n")


def test_updating_is_not_for_stale_files_alone(installed):
    code, _, err = installed.verify("--stale", "--update", program=COMMAND)
    assert (code, err) == (2, "verify: --update can't be combined with --stale\n")

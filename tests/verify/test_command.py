"""Test the exit codes and messages of `python -m verify`."""

import json
import subprocess
import sys

import pytest

from verify import ROOT
from verify import __main__ as command_module
from verify.__main__ import main

small = pytest.mark.usefixtures("finds_small_torch")


def command(*arguments):
    """Run `python -m verify`; return its exit code, output and errors."""
    done = subprocess.run(
        [sys.executable, "-m", "verify", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout, done.stderr


def test_all_as_expected_is_0(write, tmp_path):
    write("print(1)\n#> 1\n", "one.py")
    write("# Needs: no_such_module\nprint(2)\n", "two.py")
    code, out, err = command(tmp_path, "--json", tmp_path / "record.json")
    assert (code, err) == (0, "")
    assert "1 skipped: needs no_such_module\n" in out
    assert out.endswith("1 passed, 0 failed, 1 skipped\n")
    record = json.loads((tmp_path / "record.json").read_text())
    assert {r["outcome"] for r in record["snippets"].values()} == {"passed", "skipped"}


@small
def test_a_difference_is_1_and_named(write):
    path = write("print(1)\n#> 2\n")
    code, out, _ = command(path)
    assert code == 1
    assert f"{path}:2: expected '2', got '1'\n" in out
    assert out.endswith("0 passed, 1 failed, 0 skipped\n")


@small
def test_cold_says_the_same(write):
    path = write("import torch\n\nprint(torch.add(1, 2))\n#> 3\n")
    assert command(path, "--cold")[0] == 0


@small
def test_update_writes_then_all_is_as_expected(write, capsys):
    path = write("print(1)\n")
    assert main(["--update", str(path)]) == 0
    assert capsys.readouterr().out == f"{path}: updated\n"
    assert path.read_text() == "print(1)\n#> 1\n"


@small
def test_update_of_a_failing_file_is_1(write, capsys):
    path = write("print(1)\n1 / 0\n")
    assert main(["--update", str(path)]) == 1
    assert "ZeroDivisionError" in capsys.readouterr().out
    assert path.read_text() == "print(1)\n1 / 0\n"


@small
def test_update_on_another_release_is_2(write, capsys, monkeypatch):
    monkeypatch.setattr(command_module, "DEFAULT_TORCH", "1.0.0")
    path = write("print(1)\n")
    assert main(["--update", str(path)]) == 2
    assert "--update needs torch 1.0.0, got" in capsys.readouterr().err
    assert path.read_text() == "print(1)\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["no/such/folder"], "no/such/folder doesn't exist"),
        (["README.md"], "README.md is not a Python file"),
        (["snippets", "-k", "no-such-word"], "has 'no-such-word' in its path"),
        (["snippets", "--update", "--cold"], "can't be combined with --cold"),
        (
            ["snippets", "--update", "--json", "x"],
            "--update can't be combined with --json",
        ),
        (["snippets", "--update", "--device", "cuda"], "--update writes what the CPU"),
    ],
)
def test_a_wrong_request_is_2_in_one_line(arguments, words, capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    assert main(arguments) == 2
    err = capsys.readouterr().err
    assert err.startswith("verify: ")
    assert words in err
    assert err.count("\n") == 1

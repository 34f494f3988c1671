"""Test how `verify.release` runs files on releases, records and reports results."""

import json
import os
import re
import signal
import time

import pytest

from tests.verify.fakes import REAL, Tree, wheel

BLOCK = "tensors/sums/add.py"
OLD, MIDDLE, NEW = "2.14.0", "2.14.1", "2.15.0"
BLUNT = "def add(a, b, alpha=1):\n    raise TypeError('no more')\n"


@pytest.fixture
def tree(tmp_path):
    """Return a checkout with one snippet file and wheels of three releases."""
    tree = Tree(tmp_path)
    tree.snippet(BLOCK, "import torch\n\nprint(torch.add(1, 2))\n#> 3\n")
    for release in (OLD, MIDDLE, NEW):
        tree.torch(release)
    return tree


def outcomes(tree, release):
    """Return the outcome of each file on a release, by file name."""
    fields = json.loads(tree.record(release).read_text())
    return {
        name.rpartition("/")[2]: result["outcome"]
        for name, result in fields["snippets"].items()
    }


def test_the_newest_release_is_taken_and_nothing_but_the_record_stays(tree):
    tree.torch("2.16.0rc1")  # not a final release
    code, out, err = tree.verify(program=REAL)
    assert (code, err) == (0, "")
    assert out.startswith(f"torch {NEW} on cpu\n")
    assert re.search(r"time: install \d.*, snippets \d.*, all \d", out)
    assert outcomes(tree, NEW) == {"add.py": "passed"}
    assert [path.name for path in (tree.root / "records").iterdir()] == [
        f"torch-{NEW}-cpu.json"
    ]
    assert not (tree.root / ".nox" / "verify").exists()


def test_an_unknown_release_is_2_in_one_line_with_the_nearest(tree):
    code, _, err = tree.verify(NEW, "2.14.7")
    assert code == 2
    assert err.startswith("verify: pip finds no torch 2.14.7 for ")
    assert err.endswith("the nearest: 2.14.1, 2.15.0\n")
    assert err.count("\n") == 1
    assert not (tree.root / "records").exists()  # stops before installing


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--only", "snippets/no/such.py"], "snippets/no/such.py doesn't exist"),
        (["--first-broken", "snippets"], "snippets is a folder; pass one file"),
        (["nightly"], "the index has no torch after 2.15.0; name one that has"),
        (["--device", "cuda"], "torch 2.15.0 doesn't see a CUDA device"),
        (["--stale", "--new"], "--stale and --new exclude each other"),
        (["--stale"], "--stale: there is no record yet; name a release"),
        (["--stale", "2.14.7"], "the nearest: 2.14.1, 2.15.0"),
    ],
)
def test_a_wrong_request_is_2_in_one_line(tree, arguments, words):
    code, _, err = tree.verify(*arguments)
    assert code == 2
    assert words in err
    assert err.count("\n") == 1


def test_a_broken_file_is_2_in_one_line(tree):
    (tree.root / "snippets" / "broken.py").write_text("def f(:\n")
    code, _, err = tree.verify("--first-broken", "snippets/broken.py")
    assert code == 2
    assert err == "verify: snippets/broken.py:1: is not Python: invalid syntax\n"


def test_a_nightly_or_candidate_goes_when_the_next_one_has_run(tree):
    tree.torch("2.16.0.dev20261120")
    code, out, _ = tree.verify("nightly")
    assert code == 0
    assert out.startswith("torch 2.16.0.dev20261120 on cpu")
    assert tree.record("2.16.0.dev20261120").exists()
    tree.torch("2.16.0rc1")
    assert tree.verify("2.16.0rc1")[0] == 0
    assert not tree.record("2.16.0.dev20261120").exists()
    tree.torch("2.16.0")
    assert tree.verify()[0] == 0
    assert not tree.record("2.16.0rc1").exists()
    assert tree.record("2.16.0").exists()


def test_releases_by_word_and_only_new_ones(tree):
    assert tree.verify(MIDDLE)[0] == 0
    tree.torch("2.16.0")
    code, out, _ = tree.verify("oldest", "newest", "--new")
    assert code == 0
    assert re.findall(r"^torch (\S+) on cpu$", out, re.M) == ["2.16.0"]
    code, out, _ = tree.verify("oldest", "newest", "--new")
    assert (code, out) == (0, "every release has a record\n")
    code, out, _ = tree.verify("oldest")
    assert out.startswith(f"torch {MIDDLE} on cpu\n")


def start_and_interrupt(tree, started, *arguments):
    """Start the command, interrupt it, and check the message on standard error.

    Args:
        tree: The checkout.
        started: A function that returns whether to interrupt the command now.
        arguments: Command-line arguments.
    """
    with tree.start(*arguments) as process:
        deadline = time.monotonic() + 60
        while not started() and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.endswith("interrupted; the same command continues from here\n")


def test_an_interrupted_run_continues(tree, tmp_path_factory):
    started = tmp_path_factory.mktemp("outside") / "started"
    tree.snippet(
        "tensors/sums/wait.py",
        f"import os, time\n\nif not os.path.exists({str(started)!r}):\n"
        f"    open({str(started)!r}, 'w').close()\n    time.sleep(25)\n"
        "print(1)\n#> 1\n",
    )

    def has_run_some():
        return started.exists() and tree.record(NEW).exists()

    start_and_interrupt(tree, has_run_some, NEW)
    before = outcomes(tree, NEW)
    assert before
    assert "wait.py" not in before

    code, out, _ = tree.verify(NEW, "--new")  # the record is incomplete
    assert code == 0
    assert "environment: found in .nox/verify/" in out
    assert f"{len(before)} files have run before" in out
    assert f"  {2 - len(before)} files: " in out
    assert {*outcomes(tree, NEW).values()} == {"passed"}
    assert tree.installed() == [NEW]
    assert not (tree.root / ".nox" / "verify").exists()


def test_a_kept_environment_is_found_again(tree):
    work = tree.root / ".nox" / "verify"
    tree.verify(NEW, "--keep")
    (python,) = work.glob(f"torch-{NEW}-cpu-*/env/bin/python")
    for options in ([], ["--keep"], []):  # a kept one is never removed
        _, out, _ = tree.verify(NEW, *options)
        assert "environment: found in .nox/verify/" in out
        assert "have run before" not in out  # the last run was complete
        assert python.exists()
    assert tree.installed() == [NEW]
    tree.snippet("tensors/sums/more.py", "# Needs: numpy\nprint(1)\n#> 1\n")
    wheel(tree.wheels, "numpy", "9.9", {"numpy.py": "__version__ = '9.9'\n"})
    tree.verify(NEW)
    assert tree.installed() == [NEW, NEW]  # the first one lacks numpy
    assert python.exists()


def test_only_one_file_completes_the_record(tree):
    tree.verify(NEW)
    tree.snippet("tensors/sums/two.py", "print(2)\n#> 2\n")
    tree.snippet("tensors/sums/three.py", "print(3)\n#> 3\n")
    code, out, _ = tree.verify(NEW, "--only", "snippets/tensors/sums/two.py")
    assert code == 0
    assert "  1 files: " in out
    assert outcomes(tree, NEW) == {"add.py": "passed", "two.py": "passed"}


NEEDS = "# Needs: torch{bound}\nimport torch\n\nprint(torch.add(1, 2))\n#> 3\n"


def test_a_need_is_proven_on_the_release_beside_its_bound(tree):
    tree.torch(OLD, BLUNT)
    tree.torch(MIDDLE, BLUNT)
    tree.snippet(BLOCK, NEEDS.format(bound=">=2.15"))
    code, _, _ = tree.verify(OLD, MIDDLE, NEW)
    assert code == 0
    old, middle, new = (
        json.loads(tree.record(release).read_text())["snippets"][BLOCK]
        for release in (OLD, MIDDLE, NEW)
    )
    assert (new["outcome"], middle["outcome"]) == ("passed", "skipped")
    assert middle["need"] == "torch>=2.15"
    assert middle["error"] == "TypeError: no more"
    # The need isn't tested on releases further from the bound.
    assert old["outcome"] == "skipped"
    assert "error" not in old


@pytest.mark.parametrize(
    ("bound", "beside", "apart"), [(">=2.15", MIDDLE, OLD), ("<2.14.1", MIDDLE, NEW)]
)
def test_a_need_that_is_no_longer_needed_fails(tree, bound, beside, apart):
    tree.snippet(BLOCK, NEEDS.format(bound=bound))
    code, out, _ = tree.verify(OLD, MIDDLE, NEW)
    assert code == 1
    what = f"passes on torch {beside}; remove 'torch{bound}' from '# Needs:'"
    assert "1 have a need that is no longer needed" in out
    assert out.count(what) == 1
    assert outcomes(tree, beside) == {"add.py": "failed"}
    assert outcomes(tree, apart) == {"add.py": "skipped"}


def test_a_file_that_lacks_something_else_too_is_not_tried(tree):
    tree.snippet(BLOCK, "# Needs: torch>=2.15, cuda\nprint(1)\n#> 1\n")
    assert tree.verify(MIDDLE)[0] == 0
    assert outcomes(tree, MIDDLE) == {"add.py": "skipped"}


def test_what_warns_has_to_warn(tree):
    tree.snippet(BLOCK, "# Warns: FutureWarning\nprint(1)\n#> 1\n")
    code, out, _ = tree.verify(NEW)
    assert code == 1
    assert "'# Warns: FutureWarning', but it does not warn" in out


def test_the_first_broken_release_is_found_by_bisection(tree):
    releases = [f"2.{minor}.0" for minor in range(1, 17)]
    for release in releases:
        minor = int(release.split(".")[1])
        tree.torch(release, BLUNT if minor >= 12 else "")
    code, out, _ = tree.verify("--first-broken", f"snippets/{BLOCK}", *releases)
    assert code == 1
    assert out.endswith(
        f"snippets/{BLOCK} passes on torch 2.11.0, but not on torch 2.12.0: "
        "TypeError: no more\n"
    )
    tried = [line for line in out.splitlines() if line.startswith("  torch 2.")]
    assert len(tried) <= 6
    assert not (tree.root / "records").exists()


def test_first_broken_asks_the_records_before_it_installs(tree):
    tree.torch(NEW, BLUNT)
    tree.verify(OLD, NEW)
    _, out, _ = tree.verify("--first-broken", f"snippets/{BLOCK}")
    assert f"torch {NEW}: TypeError: no more (record)" in out
    assert f"torch {OLD}: passes (record)" in out
    assert f"passes on torch {MIDDLE}, but not on torch {NEW}" in out
    tree.torch("2.16.0")
    code, out, _ = tree.verify("--first-broken", f"snippets/{BLOCK}")
    assert code == 0
    assert out.endswith("passes on the newest torch, 2.16.0\n")


def library_test(tree, text):
    """Write a test of the library, and a wheel that makes pytest importable."""
    # The wheel points to the pytest of the Python that runs this test.
    there = os.path.dirname(os.path.dirname(pytest.__file__))
    wheel(tree.wheels, "pytest", "9.9", {"there.pth": there})
    tests = tree.root / "tests" / "library"
    tests.mkdir(parents=True)
    (tree.root / "pyproject.toml").write_text(
        '[tool.pytest.ini_options]\nmarkers = ["slow: left out"]\n'
    )
    (tests / "test_sums.py").write_text(text)


def test_the_library_is_tested_beside_the_files(tree):
    library_test(
        tree,
        "import pytest, torch\n\n"
        "def test_release():\n    assert torch.__version__ == '2.15.0'\n\n"
        "def test_sum():\n    assert torch.add(1, 2) == 4, 'three'\n\n"
        "@pytest.mark.slow\ndef test_slow():\n    raise ValueError\n",
    )
    code, out, _ = tree.verify(NEW)
    assert code == 1
    assert "library: 1 passed, 1 failed, 0 skipped, 1 slow ones left out" in out
    assert "  tests.library.test_sums::test_sum: AssertionError: three" in out
    library = json.loads(tree.record(NEW).read_text())["library"]
    assert library["passed"] == 1
    assert [*library["failed"]] == ["tests.library.test_sums::test_sum"]


def test_what_ends_the_tests_of_the_library_is_told(tree):
    library_test(tree, "import os\n\nos._exit(3)\n")
    code, out, _ = tree.verify(NEW)
    assert code == 1
    assert "library: 0 passed, 1 failed" in out
    assert "  tests/library: pytest ended with 3 and no output" in out


def test_an_interrupt_does_not_wait_for_the_tests_of_the_library(tree, tmp_path):
    started = tmp_path / "started"
    library_test(
        tree,
        f"import time\n\ndef test_long():\n    open({str(started)!r}, 'w').close()\n"
        "    time.sleep(60)\n",
    )
    start_and_interrupt(tree, started.exists, NEW)
    fields = tree.record(NEW)
    assert not fields.exists() or "library" not in json.loads(fields.read_text())

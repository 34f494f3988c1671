"""Test the verdicts of the runner on single files and on many at once."""

import random
import socket
import subprocess
import sys
import threading
import time

import pytest

from verify import RequestError
from verify import judge as judge_module
from verify import run as run_module
from verify.ahead import modules_ahead
from verify.environ import environment
from verify.run import (
    Runner,
    _free_port,
)


def test_a_good_file_passes(runner, write):
    verdict = runner.run(write("print('张量', 1.5)\n#> 张量 1.5\n"))
    assert (verdict.outcome, verdict.faults) == ("passed", ())
    assert len(verdict.sha256) == 64
    assert verdict.seconds > 0


def test_a_file_that_only_asserts_passes(runner, write):
    assert runner.run(write("assert 1 + 1 == 2\n")).outcome == "passed"


def test_an_assertion_that_fails_is_named_with_its_line(runner, write):
    verdict = runner.run(write("x = 1\nassert x == 2, 'x is one'\n"))
    assert verdict.outcome == "failed"
    assert verdict.faults[0].endswith(
        "block.py:2: exit code 1: AssertionError: x is one"
    )
    assert verdict.error == "AssertionError: x is one"


def test_the_fifth_digit_is_forgiven_and_the_second_is_not(runner, write):
    assert runner.run(write("print(1.23456)\n#> 1.23450\n")).outcome == "passed"
    verdict = runner.run(write("print(1.23456)\n#> 1.33456\n"))
    assert verdict.outcome == "output-changed"
    assert verdict.faults[0].endswith("block.py:2: expected '1.33456', got '1.23456'")


def test_a_missing_line_is_named(runner, write):
    verdict = runner.run(write("print(1)\n#> 1\nprint(2)\n"))
    assert verdict.faults[0].endswith(":2: prints '2', which no #> line expects")


def test_a_file_that_breaks_the_contract_is_not_run(runner, write, tmp_path):
    verdict = runner.run(write("# Need: numpy\nopen('x', 'w')\nprint(1)\n#> 1\n"))
    assert verdict.outcome == "failed"
    assert "# Needs:" in verdict.faults[0]
    assert verdict.result is None


@pytest.mark.parametrize(
    ("need", "met"),
    [
        ("torch>=1.0", True),
        ("torch>=99.0", False),
        ("torch<99.0", True),
        ("torch<2.0", False),
        ("json", True),
        ("no_such_module", False),
        ("cuda", False),
        ("snippets", True),
    ],
)
def test_a_need_is_met_or_the_file_is_skipped(warm, write, need, met):
    verdict = warm.run(write(f"# Needs: {need}\nprint(1)\n#> 1\n"))
    assert (verdict.outcome, verdict.need) == (
        ("passed", None) if met else ("skipped", need)
    )


def test_a_warning_fails_a_file_on_the_default_release(warm, write, monkeypatch):
    text = "import warnings\n\nwarnings.warn('old', FutureWarning)\nprint(1)\n#> 1\n"
    monkeypatch.setattr(judge_module, "DEFAULT_TORCH", warm.release)
    verdict = warm.run(write(text))
    assert verdict.faults[0].endswith("block.py:3: warns: FutureWarning: old")
    assert verdict.outcome == "failed"


def test_a_warning_is_reported_on_other_releases(warm, write, monkeypatch):
    text = "import warnings\n\nwarnings.warn('old', FutureWarning)\nprint(1)\n#> 1\n"
    monkeypatch.setattr(judge_module, "DEFAULT_TORCH", "1.0.0")
    verdict = warm.run(write(text))
    assert (verdict.outcome, verdict.warnings) == ("passed", ("FutureWarning: old",))


def test_a_warning_that_is_announced_is_expected(runner, write):
    text = (
        "# Warns: UserWarning\nimport warnings\n\nwarnings.warn('x')\nprint(1)\n#> 1\n"
    )
    assert runner.run(write(text)).outcome == "passed"
    verdict = runner.run(write("# Warns: UserWarning\nprint(1)\n#> 1\n"))
    assert verdict.faults[0].endswith("'# Warns: UserWarning', but it does not warn")


def test_what_torch_deprecates_in_its_own_code_is_not_the_readers_business(
    runner, write, tmp_path
):
    inner = tmp_path / "torch" / "inner.py"
    inner.parent.mkdir()
    inner.write_text(
        "import warnings\n\n\ndef f():\n    warnings.warn('own', FutureWarning)\n"
    )
    text = """
    import importlib.util as u
    import os

    spec = u.spec_from_file_location("inner", os.path.dirname(__file__) + PATH)
    inner = u.module_from_spec(spec)
    spec.loader.exec_module(inner)
    inner.f()
    print(1)
    #> 1
    """
    verdict = runner.run(write(text.replace("PATH", "'/torch/inner.py'")))
    assert (verdict.outcome, verdict.warnings) == ("passed", ())


@pytest.mark.usefixtures("finds_small_torch")
def test_switches_of_the_callers_python_do_not_reach_a_file(write, monkeypatch):
    monkeypatch.setenv("PYTHONWARNINGS", "always")
    monkeypatch.setenv("PYTHONOPTIMIZE", "1")
    text = "import warnings\n\nwarnings.warn('x', ImportWarning)\nassert False\n"
    for cold in (False, True):
        with Runner(cold=cold, jobs=1) as runner:
            verdict = runner.run(write(text))
        assert (verdict.error, verdict.warnings) == ("AssertionError", ())


def test_a_need_of_the_library_puts_it_on_the_path(runner, write):
    text = (
        "# Needs: snippets\nimport snippets\n\nprint(snippets.__name__)\n#> snippets\n"
    )
    assert runner.run(write(text)).faults == ()


def test_a_command_with_arguments(runner, write):
    text = "# Run: python FILE --epochs 2\nimport sys\n\nprint(sys.argv[1:])\n"
    assert runner.run(write(text + "#> ['--epochs', '2']\n")).faults == ()


def test_many_files_at_once_are_all_judged(warm, write):
    files = [write(f"print({n})\n#> {n}\n", f"file_{n}.py") for n in range(20)]
    verdicts = list(warm.run_all(files))
    assert sorted(v.path for v in verdicts) == sorted(files)
    assert {v.outcome for v in verdicts} == {"passed"}


@pytest.mark.usefixtures("finds_small_torch")
def test_cuda_without_a_device_is_a_wrong_request():
    with pytest.raises(RequestError, match="doesn't see a CUDA device"):
        Runner(device="cuda")


def test_an_interpreter_without_torch_is_named(tmp_path):
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", tmp_path / "bare"], check=True
    )
    bare = str(tmp_path / "bare" / "bin" / "python")
    for cold in (False, True):
        with pytest.raises(
            (RequestError, RuntimeError), match="No module named 'torch'"
        ):
            Runner(bare, cold=cold)


@pytest.mark.parametrize(
    ("text", "module"),
    [
        ("# Needs: matplotlib\nimport matplotlib.pyplot as plt\n", "matplotlib.pyplot"),
        ("from torch import optim\n\nstep = optim.SGD\n", "torch._dynamo"),
        (
            "# Run: torchrun --nproc-per-node=2 FILE\nimport torch\n",
            "torch.distributed.run",
        ),
    ],
)
def test_what_three_files_import_is_imported_once(write, text, module):
    paths = [write(text, f"{number}.py") for number in range(3)]
    assert modules_ahead(paths[:2]) == ()
    assert modules_ahead(paths) == (module,)


def test_what_a_new_torch_compiles_lies_apart_where_none_is_to_be_written(
    tmp_path, monkeypatch, write
):
    (tmp_path / "beside.py").write_text("value = 7\n")
    path = write("import beside\n\nprint(beside.value)\n#> 7\n")
    for told in ("", "1"):
        monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", told)
        env = environment(tmp_path / "bytecode")
        subprocess.run([sys.executable, path], env=env, check=True)
        assert (tmp_path / "bytecode").exists() == bool(told)
        assert (tmp_path / "__pycache__").exists()  # from the first run
    assert len(list((tmp_path / "bytecode").rglob("beside.*.pyc"))) == 1


def test_torchruns_port_is_free_and_nobody_is_given_it_meanwhile(monkeypatch):
    with socket.socket() as taken:
        taken.bind(("", 0))
        number = taken.getsockname()[1]
        drawn, draw = iter([number]), random.randrange
        monkeypatch.setattr(
            random, "randrange", lambda *bounds: next(drawn, None) or draw(*bounds)
        )
        found = int(_free_port())
    assert found != number
    assert 1024 <= found < 32768  # below the ephemeral ports of Linux


@pytest.mark.parametrize("name", ["random", "queue", "torch"])
def test_a_file_named_like_a_module_fails_with_its_neighbors(runner, write, name):
    hiding = write("print(1)\n#> 1\n", f"{name}.py")
    beside = write("print(1)\n#> 1\n", "beside.py")
    for path in (hiding, beside):
        verdict = runner.run(path)
        assert verdict.outcome == "failed"
        assert f"{name}.py hides the module {name}" in verdict.faults[0]


@pytest.mark.parametrize("name", ["functional", "optimizer", "sgd"])
def test_the_line_of_an_error_is_this_files_and_not_torchs(warm, write, name):
    path = write("from torch import optim\n\nprint(1)\n#> 1\noptim.SGD([], 0.1)\n")
    path = path.rename(path.with_name(f"{name}.py"))
    (fault,) = warm.run(path).faults
    assert f"{name}.py:5: exit code 1: ValueError: optimizer got an empty" in fault


@pytest.mark.parametrize(
    ("command", "output"),
    [
        ("python -O FILE", "False 0 False\n"),
        ("python -W error FILE", "True 0 True\n"),
        ("python -I FILE", "True 1 False\n"),
        ("python FILE", "True 0 False\n"),
    ],
)
def test_the_flags_of_a_command_apply(runner, write, command, output):
    path = write(f"""
    # Run: {command}
    import sys

    print(__debug__, sys.flags.isolated, "error" in sys.warnoptions)
    #> {output.strip()}
    """)
    assert runner.run(path).faults == ()


def test_a_module_can_start_a_file(warm, write):
    path = write("""
    # Run: python -m torch.distributed.run --standalone --nproc-per-node=1 FILE
    import os

    print(os.environ["WORLD_SIZE"])
    #> 1
    """)
    assert warm.run(path).faults == ()


def test_what_a_fork_cannot_imitate_runs_fresh(runner, write):
    path = write("""
    import inspect
    import sys

    print(len(inspect.stack()), sys.orig_argv[1:] == sys.argv)
    #> 1 True
    """)
    assert runner.run(path).faults == ()


@pytest.mark.parametrize(
    "text",
    [
        "pprint.pprint({'weight': (64, 64)})\n#> {'weight': (64, 64)}",
        "sys.stdout.write('1\\n')\n#> 1",
        "threading.Thread(target=print, args=(1,)).start()\n#> 1",
        "assert 1 + 1 == 2",
    ],
)
def test_what_is_shown_is_judged_by_what_came_out(runner, write, text):
    path = write(f"import pprint\nimport sys\nimport threading\n\n{text}\n")
    assert runner.run(path).faults == ()


def test_a_file_that_shows_nothing_fails(runner, write):
    (fault,) = runner.run(write("x = 1\n")).faults
    assert fault.endswith(":1: prints nothing and asserts nothing; show a value")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (
            "threading.Thread(target=lambda: 1 / 0).start()",
            4,
            "leaves uncaught: ZeroDivisionError: division by zero",
        ),
        (
            "class A:\n    def __del__(self):\n        1 / 0\n\n\ndel A.__doc__\nA()",
            6,
            "leaves uncaught: ZeroDivisionError: division by zero",
        ),
        (
            "class Careful(UserWarning):\n    pass\n\n\nwarnings.warn('hot', Careful)",
            8,
            "warns: Careful: hot",
        ),
    ],
)
def test_what_a_reader_sees_on_standard_error_counts(
    runner, write, monkeypatch, text, line, words
):
    monkeypatch.setattr(judge_module, "DEFAULT_TORCH", runner.release)
    text = text.replace("del A.__doc__\n", "")
    path = write(f"import threading\nimport warnings\n\n{text}\nprint(1)\n#> 1\n")
    (fault,) = runner.run(path).faults
    assert f":{line}: {words}" in fault


def test_an_exception_that_the_file_is_about_is_announced(runner, write, monkeypatch):
    monkeypatch.setattr(judge_module, "DEFAULT_TORCH", runner.release)
    path = write("""
    # Warns: ZeroDivisionError
    import threading

    thread = threading.Thread(target=lambda: 1 / 0)
    thread.start()
    thread.join()
    print(1)
    #> 1
    """)
    assert runner.run(path).faults == ()


def test_output_of_c_code_counts(runner, write):
    path = write("""
    import ctypes

    ctypes.CDLL(None).printf(b"from C\\n")
    print("from Python")
    #> from Python
    """)
    (fault,) = runner.run(path).faults
    assert "'from C', which no #> line expects" in fault


@pytest.mark.parametrize("text", ["\\x1b[2J", "\\x1b]0;owned\\x07", "a\\n::error::b"])
def test_no_escape_sequence_reaches_the_terminal(runner, write, text):
    error = write(f"import sys\n\nprint(1)\n#> 1\nsys.exit('{text}')\n", "a.py")
    warns = write(
        f"import warnings\n\nprint(1)\n#> 1\nwarnings.warn('{text}')\n", "b.py"
    )
    prints = write(f"print('{text}')\n#> 1\n", "c.py")
    for path in (error, warns, prints):
        verdict = runner.run(path)
        for line in (*verdict.faults, verdict.error or "", *verdict.warnings):
            assert line.isprintable()


def test_half_a_million_lines_are_told_in_ten(warm, write):
    verdict = warm.run(write("print('1\\n' * 500_000)\n"))
    assert len(verdict.faults) == 10
    assert "and 49" in verdict.faults[-1]
    assert sum(map(len, verdict.faults)) < 4000


def test_a_file_may_state_a_longer_limit(warm, write, monkeypatch):
    monkeypatch.setattr(run_module, "TIMEOUT", 2)
    text = "import time\n\ntime.sleep({})\nprint(1)\n#> 1\n"
    hurried = write(text.format(600), "a.py")
    assert "longer than 2 s" in warm.run(hurried).faults[0]
    patient = write("# Timeout: 60\n" + text.format(4), "b.py")
    assert warm.run(patient).faults == ()


def test_a_file_that_changes_itself_is_named(warm, write):
    path = write("""
    from pathlib import Path

    path = Path(__file__)
    path.write_text(path.read_text() + "# more\\n")
    print(1)
    #> 1
    """)
    verdict = warm.run(path)
    assert verdict.sha256 is None
    assert any("changed while it ran" in fault for fault in verdict.faults)


def test_a_file_that_vanishes_gets_a_verdict(warm, tmp_path):
    (fault,) = warm.run(tmp_path / "gone.py").faults
    assert "gone.py:1: " in fault


@pytest.mark.usefixtures("finds_small_torch")
def test_whoever_wants_all_slots_gets_them():
    """A thread that runs one file after another doesn't keep other threads waiting."""
    turns = []

    def run_files(runner):
        for turn in range(500):
            with runner._slot():
                time.sleep(0.01)
            turns.append(turn)

    with Runner(jobs=1, cold=True) as runner:
        thread = threading.Thread(target=run_files, args=(runner,))
        thread.start()
        with runner._every_slot():
            before = len(turns)
        thread.join()
    assert before < 250
    assert len(turns) == 500

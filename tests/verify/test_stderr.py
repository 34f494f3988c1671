"""Test how warnings and errors are found in the standard error of a run."""

from pathlib import Path

import pytest

from verify.stderr import error_line, last_line, notices

FILE = Path("/checkout/snippets/functional.py")


def texts(err):
    """Return the line and text of each notice in `err`."""
    return [(notice.line, str(notice)) for notice in notices(err, FILE)]


@pytest.mark.parametrize(
    ("err", "seen"),
    [
        (f"{FILE}:7: UserWarning: slow\n  f()\n", (7, "UserWarning: slow")),
        # The name of the class needn't end in "Warning".
        (f"{FILE}:3: Careful: hot\n  f()\n", (3, "Careful: hot")),
        ("/lib/x/functional.py:9: RuntimeWarning: nan\n", (1, "RuntimeWarning: nan")),
        ("<string>:1: SyntaxWarning: odd\n", (1, "SyntaxWarning: odd")),
        ("sys:1: ResourceWarning: open\n", (1, "ResourceWarning: open")),
    ],
)
def test_a_warning_is_seen_with_its_line(err, seen):
    assert texts(err) == [seen]


def test_what_torch_deprecates_of_itself_is_left_out():
    own = "/env/lib/torch/jit.py:3: DeprecationWarning: soon\n"
    assert texts(own) == []
    assert texts(f"{FILE}:3: DeprecationWarning: soon\n") != []


@pytest.mark.parametrize(
    "err",
    [
        "loading: 3 of 4\n",
        "[W1128 22:50:37.4 Group.hpp:1006] Warning: no hooks\n",
        "W1128 22:50:39 23233 torch/distributed/run.py:874] Setting OMP_NUM_THREADS\n",
        "a.txt:3: Careful: not a program\n",
        "Traceback of forward call that caused the error:\n",
    ],
)
def test_log_lines_are_not_warnings(err):
    assert texts(err) == []


TRACEBACK = """Traceback (most recent call last):
  File "{file}", line 5, in work
    raise ValueError("in a thread")
ValueError: in a thread
"""


@pytest.mark.parametrize(
    "head",
    [
        "Exception in thread Thread-1 (work):\n",
        "Exception ignored in: <function A.__del__ at 0x7f>\n",
        "Exception ignored in atexit callback: <function f at 0x7f>\n",
        "Process SpawnProcess-1:\n",
        "ERROR:root:failed\n",
        "",
    ],
)
def test_an_exception_that_nobody_caught_is_seen(head):
    err = "before\n" + head + TRACEBACK.format(file=FILE) + "after\n"
    (notice,) = notices(err, FILE)
    assert (notice.line, notice.category, notice.uncaught) == (5, "ValueError", True)
    assert str(notice) == "ValueError: in a thread"


def test_torchrun_reports_for_its_ranks():
    lines = TRACEBACK.format(file=FILE).splitlines()
    assert texts("".join(f"[rank0]: {line}\n" for line in lines)) == []


def test_an_exception_without_a_message_is_seen():
    err = (
        'Traceback (most recent call last):\n  File "x.py", line 1\nKeyboardInterrupt\n'
    )
    assert texts(err) == [(1, "KeyboardInterrupt")]


def test_of_a_chain_the_last_exception_counts():
    err = (
        TRACEBACK.format(file=FILE)
        + "\nDuring handling of the above exception, another exception occurred:\n\n"
        + TRACEBACK.format(file=FILE).replace("ValueError: in", "KeyError: in")
    )
    assert texts(err) == [(5, "KeyError: in a thread")]


def test_a_file_of_the_same_name_elsewhere_is_not_ours():
    err = (
        "Traceback (most recent call last):\n"
        f'  File "{FILE}", line 6, in <module>\n'
        '  File "/env/lib/torch/nn/functional.py", line 3555, in cross_entropy\n'
    )
    assert last_line(err, FILE) == 6
    assert last_line("", FILE) == 1


REPORT = """\
torch.distributed.elastic.multiprocessing.errors.ChildFailedError:
=======================================================
file.py FAILED
-------------------------------------------------------
Failures:
[1]:
  rank      : 0 (local_rank: 0)
  exitcode  : -15 (pid: 29402)
-------------------------------------------------------
Root Cause (first observed failure):
[0]:
  time      : 2026-11-29_12:44:20
  host      : localhost
  rank      : 1 (local_rank: 1)
  exitcode  : {code} (pid: 29403)  (SIGABRT)
  error_file: <N/A>
  traceback : Signal 6 (SIGABRT) received by PID 29403
=======================================================
"""


def test_the_error_of_the_rank_that_failed_first_wins_over_torchruns_report():
    err = "[rank1]: ValueError: no\n[rank0]: RuntimeError: Connection closed by peer\n"
    assert error_line(err + REPORT.format(code=1)) == "ValueError: no"
    assert error_line("[rank1]: ValueError: no\nmore\n") == "ValueError: no"


def test_a_rank_that_was_killed_is_named():
    err = "[rank0]: RuntimeError: Connection closed by peer\n" + REPORT
    assert error_line(err.format(code=-6)) == "rank 1: killed by SIGABRT"
    assert error_line(err.format(code=-99)) == "rank 1: killed by signal 99"
    assert error_line(err.format(code=3)) == "rank 1: exit code 3"
    aborted = (
        "terminate called after throwing an instance of 'E'\n  what():  no memory\n"
    )
    assert error_line(aborted + err.format(code=-6)) == (
        "rank 1: killed by SIGABRT: no memory"
    )


def test_a_rank_that_fails_before_its_group_is_there_has_no_prefix():
    own = TRACEBACK.format(file=FILE)
    report = f"Traceback (most recent call last):\n  x\n{REPORT.format(code=1)}"
    assert error_line(own + report) == "ValueError: in a thread"


def test_a_rank_that_crashed_wins_over_those_that_lost_their_connection():
    first = "  rank      : 1 (local_rank: 1)\n  exitcode  : -6 (pid: 7)\n"
    root = "Root Cause (first observed failure):\n  rank      : 0 (local_rank: 0)\n"
    err = f"[rank0]: RuntimeError: closed\n{first}{root}  exitcode  : 1 (pid: 8)\n"
    assert error_line(err) == "rank 1: killed by SIGABRT"


def test_the_last_line_says_why_another_program_failed():
    assert error_line("a\nb\n\n") == "b"
    assert error_line("") == ""

"""Given a file with missing or stale outputs, `--update` writes what a person would."""

import textwrap

import pytest

from verify.update import UpdateError, update


def updated(warm, write, text):
    path = write(text)
    changed = update(path, warm)
    return changed, path.read_text("utf-8")


def test_outputs_stand_under_the_statements_that_print(warm, write):
    _, text = updated(
        warm,
        write,
        """
        '''Shows #> marks.'''
        import contextlib

        text = '''
        #> not mine
        '''
        print(
            "a",
            "b",
        )
        for i in range(2):
            print(i)
        with contextlib.nullcontext():
            print("inside")

            def f():
                print("deep")

            if True:
                print("deeper")
        f()
        try:
            {}["key"]
        except KeyError as error:
            print(error)
        else:
            pass
        print()
        print("  张量\\n")
        print("no line end", end="")
        """,
    )
    expected = """
        '''Shows #> marks.'''
        import contextlib

        text = '''
        #> not mine
        '''
        print(
            "a",
            "b",
        )
        #> a b
        for i in range(2):
            print(i)
        #> 0
        #> 1
        with contextlib.nullcontext():
            print("inside")
            #> inside

            def f():
                print("deep")

            if True:
                print("deeper")
                #> deeper
        f()
        #> deep
        try:
            {}["key"]
        except KeyError as error:
            print(error)
            #> 'key'
        else:
            pass
        print()
        #>
        print("  张量\\n")
        #>   张量
        #>
        print("no line end", end="")
        #> no line end
        """
    assert text == textwrap.dedent(expected).lstrip("\n")


def test_what_it_wrote_passes_and_is_not_written_again(warm, write):
    path = write("import torch\n\nprint(torch.ones(2))\nprint(1 / 3)\n")
    assert update(path, warm)
    assert warm.run(path).outcome == "passed"
    assert not update(path, warm)


def test_stale_lines_go_and_the_rest_stays_byte_for_byte(warm, write):
    text = "x = 1   # why\n\n\nprint( x )\n#> 2\n#> 3\n\n# the end, no line end"
    changed, after = updated(warm, write, text)
    assert changed
    assert after == text.replace("#> 2\n#> 3\n", "#> 1\n")


def test_a_line_that_fits_stays_as_a_person_wrote_it(warm, write):
    text = """
    print("object at 0x7f", 1)
    #> object at ... 1
    print(2)
    #> 3
    """
    _, after = updated(warm, write, text)
    assert after == textwrap.dedent(text).lstrip("\n").replace("#> 3", "#> 2")


def test_a_number_is_written_as_it_is_printed(warm, write):
    """Though a run would forgive the difference: the page shows what is printed."""
    changed, after = updated(warm, write, "print(0.2)\n#> 0.20\n")
    assert (changed, after) == (True, "print(0.2)\n#> 0.2\n")


def test_output_of_a_child_process_stands_where_a_person_puts_it(warm, write):
    text = """
    import subprocess

    print("first", flush=True)
    subprocess.run(["echo", "from a child"])
    """
    # Only the script's own lines are told apart: a child's follow the last of them.
    _, after = updated(warm, write, text)
    assert after.split("\n")[2:5] == [
        'print("first", flush=True)',
        "#> first",
        "#> from a child",
    ]
    moved = after.replace("#> from a child\n", "") + "#> from a child\n"
    changed, after = updated(warm, write, moved)
    assert (changed, after) == (False, moved)


def test_a_file_that_torchrun_starts(warm, write):
    _, after = updated(
        warm,
        write,
        """
        # Run: torchrun --nproc-per-node=1 FILE
        import os

        print(os.environ["RANK"])
        """,
    )
    assert after.endswith('print(os.environ["RANK"])\n#> 0\n')


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("print(1)\n1 / 0\n", ":2: exit code 1: ZeroDivisionError"),
        ("x = 1\n", "neither prints nor asserts"),
        ("# Needs: torch>=99.0\nprint(1)\n", "needs torch>=99.0"),
        (
            "import time\n\nprint('now')\nprint(time.time_ns())\n",
            ":4: prints something else each time",
        ),
        ("print('a ')\n", ":2: prints blanks at the end of a line"),
    ],
)
def test_a_file_that_cannot_be_trusted_is_left_alone(warm, write, text, fault):
    path = write(text)
    with pytest.raises(UpdateError, match=fault):
        update(path, warm)
    assert path.read_text() == text


def test_a_person_may_leave_out_what_differs(warm, write):
    text = "import time\n\nprint('now', time.time_ns())\n#> now ...\nprint(1)\n"
    _, after = updated(warm, write, text)
    assert after == text + "#> 1\n"

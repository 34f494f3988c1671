"""Test that `--update` writes outputs where a person would, or refuses to."""

import errno
import os
import random
import stat
import textwrap

import pytest

from verify import ROOT
from verify import __main__ as command
from verify import update as update_module
from verify.fork.marking import Printed
from verify.placing import compose, same_program
from verify.run import Runner
from verify.snippet import parse, parse_bytes
from verify.update import UpdateError, Updater, write_back


@pytest.fixture(scope="module")
def small_updater(small_torch):
    """Yield an updater with the fake torch, whose servers start only once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", small_torch)
        runner = Runner(jobs=1)
    with runner, Updater(runner) as updater:
        yield updater


@pytest.fixture
def updater(small_updater, finds_small_torch):
    """Return that updater; servers that it starts later find the fake torch too."""
    return small_updater


@pytest.fixture(scope="module")
def torch_updater(warm):
    """Yield an updater with the real torch."""
    with Updater(warm) as updater:
        yield updater


def updated(updater, write, text):
    """Update a file with this text; return whether it changed, and its new text."""
    path = write(text)
    changed = updater.update(path)
    return changed, path.read_text("utf-8")


def refused(updater, path):
    """Check that a file is refused and unchanged; return the message without path."""
    before = path.read_bytes(), path.stat().st_mtime_ns
    with pytest.raises(UpdateError) as caught:
        updater.update(path)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    message = str(caught.value)
    assert message.isprintable()
    assert len(message) < 700
    return message.removeprefix(str(path))


def test_outputs_stand_under_the_statements_that_print(updater, write):
    _, text = updated(
        updater,
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


def test_what_it_wrote_passes_and_is_not_written_again(warm, torch_updater, write):
    path = write("import torch\n\nprint(torch.ones(2))\nprint(1 / 3)\n")
    assert torch_updater.update(path)
    assert warm.run(path).outcome == "passed"
    written = path.stat().st_mtime_ns
    assert not torch_updater.update(path)
    assert path.stat().st_mtime_ns == written


def test_stale_lines_go_and_the_rest_stays_byte_for_byte(updater, write):
    text = "x = 1   # why\n\n\nprint( x )\n#> 2\n#> 3\n\n# the end, no line end"
    changed, after = updated(updater, write, text)
    assert changed
    assert after == text.replace("#> 2\n#> 3\n", "#> 1\n")


def test_a_line_that_fits_stays_as_a_person_wrote_it(updater, write):
    text = """
    print("object at 0x7f", 1)
    #> object at ... 1
    print(2)
    #> 3
    """
    _, after = updated(updater, write, text)
    assert after == textwrap.dedent(text).lstrip("\n").replace("#> 3", "#> 2")


def test_a_number_is_written_as_it_is_printed(updater, write):
    """The comparison tolerates the difference, but readers should see the output."""
    changed, after = updated(updater, write, "print(0.2)\n#> 0.20\n")
    assert (changed, after) == (True, "print(0.2)\n#> 0.2\n")


def test_output_of_a_child_process_goes_below_what_ran_it(updater, write):
    text = """
    import os
    import subprocess

    print("first", flush=True)
    subprocess.run(["echo", "from a child"])
    print("second", flush=True)
    os.write(1, b"unbuffered\\n")
    """
    _, after = updated(updater, write, text)
    assert after.split("\n")[3:-1] == [
        'print("first", flush=True)',
        "#> first",
        'subprocess.run(["echo", "from a child"])',
        "#> from a child",
        'print("second", flush=True)',
        "#> second",
        'os.write(1, b"unbuffered\\n")',
        "#> unbuffered",
    ]


def test_a_line_that_a_person_moved_stays_there(updater, write):
    text = "import os\n\nprint(1)\nx = 2\n#> 1\n"
    assert updated(updater, write, text) == (False, text)


def test_a_file_that_torchrun_starts(torch_updater, write):
    _, after = updated(
        torch_updater,
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
        ("x = 1\n", ":1: neither prints nor asserts"),
        ("print(\n", ":1: is not Python: '(' was never closed"),
        ("# Needs: torch>=99.0\nprint(1)\n", ":1: not updated, needs torch>=99.0"),
        ("print('a ')\n", ":1: prints trailing whitespace"),
        ("print('a\\t')\n", ":1: prints trailing whitespace"),
        # Characters that a comment can't contain.
        (
            'for i in range(3):\n    print(f"\\r{i}", end="")\nprint()\n',
            ":2: prints a carriage return, which a comment can't hold; don't print it",
        ),
        ("print('50%\\r100%')\n", ":1: prints a carriage return"),
        ("print('a\\0b')\n", ":1: prints the character U+0000"),
        ("print('\\0 12\\0')\n", ":1: prints the character U+0000"),
        ("print('\\x1b[31mred\\x1b[0m')\n", ":1: prints an escape character"),
        ("print('a\\u2028b')\n", ":1: prints the character U+2028"),
        ("print('a\\x85b')\n", ":1: prints the character U+0085"),
        ("print('a\\x0cb')\n", ":1: prints the character U+000C"),
        ("print('a\\u202eb')\n", ":1: prints the character U+202E"),
        ("print('\\udcff')\n", ":1: prints bytes that are not UTF-8"),
        ("print('\\ud800')\n", ":1: exit code 1: UnicodeEncodeError"),
        ("import os\nos.write(1, b'\\xff\\n')\n", ":2: prints bytes that are not"),
        ("print('y' * 1_000_000)\n", ":1: prints a line of 1,000,000 characters"),
        ("for i in range(20_000):\n    print(i)\n", ":2: prints 20,000 lines"),
        ("print('wait ... done')\n", ":1: prints '...', which matches any text"),
    ],
)
def test_what_has_no_place_in_a_file_is_refused(updater, write, text, fault):
    assert refused(updater, write(text)).startswith(fault)


@pytest.mark.parametrize(
    ("expression", "imports"),
    [
        ("os.getcwd()", "os"),
        ("tempfile.gettempdir()", "tempfile"),
        ("os.path.join(tempfile.gettempdir(), 'x')", "os, tempfile"),
        ("__file__", "os"),
        ("os.path.dirname(__file__)", "os"),
        ("sys.executable", "sys"),
        ("sys.prefix", "sys"),
        ("os.__file__", "os"),
        (f"'see {ROOT}/README.md'", "os"),
        (f"'{os.path.expanduser('~')}'", "os"),
    ],
)
def test_a_path_of_this_machine_is_refused(updater, write, expression, imports):
    message = refused(updater, write(f"import {imports}\n\nprint({expression})\n"))
    assert message.startswith(":3: prints a path of this machine (")
    assert message.endswith("or write '#>' with '...' in its place")


def test_a_path_that_each_machine_has_is_written(updater, write):
    _, after = updated(updater, write, "print('/usr/bin/env', '/tmp/x', 'a/root')\n")
    assert after.endswith("#> /usr/bin/env /tmp/x a/root\n")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("import time\n\nprint(1)\nprint(time.time_ns())\n", ":4: # a time"),
        ("import time\n\nprint(time.time())\n", ":3: # a time"),
        ("import time\n\nprint(time.perf_counter())\n", ":3: # a time"),
        ("print(object())\n", ":1: # an address: print something else"),
        ("print(id(object()))\n", ":1: # an address"),
        ("print(hash('torch') % 1000)\n", ":1: # a hash"),
        ("print({'apple', 'fig'})\n", ":1: # the order of a set: print sorted(...)"),
        (
            "for x in {'apple', 'banana', 'fig'}:\n    print(x)\n",
            ":2: # the order of a set: print sorted(...)",
        ),
        ("x = set('ab')\nprint(*x)\n", ":2: # the order of a set"),
        (
            "import random\n\nprint(random.sample(range(99), 9))\n",
            ":3: # random numbers: fix a seed",
        ),
        ("import os\n\nprint(os.getpid())\n", ":3: # an identifier"),
    ],
)
def test_what_differs_between_two_servers_is_refused(updater, write, text, fault):
    message = refused(updater, write(text))
    assert message.startswith(
        fault.replace("#", "prints something different each time,")
    )
    assert message.endswith("write '#>' with '...' for the part that differs")


@pytest.mark.parametrize(
    ("expression", "cause"),
    [
        ("torch.ones(2).data_ptr()", "an address"),
        ("torch.rand(3)", "random numbers: fix a seed"),
        ("torch.rand(9) > 0.5", "random numbers: fix a seed"),
        ("torch.empty(3, dtype=torch.int64)", "uninitialized memory: fill the tensor"),
        ("torch.empty(512, 512)[0, :2]", "uninitialized memory: fill the tensor"),
    ],
)
def test_a_tensor_that_differs_is_refused(torch_updater, write, expression, cause):
    message = refused(torch_updater, write(f"import torch\n\nprint({expression})\n"))
    assert message.startswith(f":3: prints something different each time, {cause}")


@pytest.mark.parametrize(
    "text",
    [
        "print('x')\nos.write(1, b'raw\\n')\n",
        "print('first')\nsubprocess.run(['echo', 'second'])\nprint('third')\n",
        "print('first')\nos.system('echo second')\nprint('third')\n",
    ],
)
def test_an_order_that_a_terminal_has_not_is_refused_with_a_hint(updater, write, text):
    message = refused(updater, write("import os\nimport subprocess\n" + text))
    assert ": prints something different each time: the order differs from" in message
    assert "print with flush=True before another process" in message


def test_a_line_number_that_the_update_itself_moves_is_refused(updater, write):
    text = "import sys\n\nprint(1)\nprint(sys._getframe().f_lineno)\n"
    assert ":4: prints something different each time" in refused(updater, write(text))


def test_a_file_that_fails_now_and_then_is_refused(updater, write):
    text = """
    import os
    import sys

    print(1)
    assert sys.flags.hash_randomization and not os.environ.get("PYTHONHASHSEED")
    """
    message = refused(updater, write(text))
    assert message.startswith(":5: passes once, but not each time: exit code 1: Assert")


def test_a_person_may_leave_out_what_differs(updater, write):
    text = "import time\n\nprint('now', time.time_ns())\n#> now ...\nprint(1)\n"
    _, after = updated(updater, write, text)
    assert after == text + "#> 1\n"


def test_each_line_goes_below_the_statement_that_finished_it(updater, write):
    _, text = updated(
        updater,
        write,
        """
        import atexit
        import sys
        import threading
        from concurrent.futures import ThreadPoolExecutor
        from multiprocessing import get_context


        class Block:
            def __enter__(self):
                print("enter")

            def __exit__(self, *_):
                print("exit")


        def deep(n):
            print("deep", n, end="\\n" if n else "")
            return n and deep(n - 1)


        atexit.register(print, "bye")
        print("loss", end=" ")
        print(0.5)
        print("a", end=" "); print("b")
        for i in range(2):
            print(i, end=", ")
        print("done")
        deep(1)
        print()
        thread = threading.Thread(target=print, args=("from a thread",))
        thread.start()
        x = 1
        thread.join()
        process = get_context("fork").Process(target=print, args=("from a process",))
        process.start()
        x = 2
        process.join()
        with ThreadPoolExecutor(1) as pool:
            future = pool.submit(print, "from a pool")
            future.result()
            print("inside")
        with Block():
            if x: print("one line")
        if x == 1:
            print("no")
        elif x == 2:
            match x:
                case 2:
                    print("a case")
        sys.stdout.flush()
        sys.stdout.buffer.write(b"bytes\\n")
        try:
            print("try")
        finally:
            print("finally")
        text = '''first
        second'''; print('''third
        fourth''')
        x = 3
        """,
    )
    expected = """
        print("loss", end=" ")
        print(0.5)
        #> loss 0.5
        print("a", end=" "); print("b")
        #> a b
        for i in range(2):
            print(i, end=", ")
        print("done")
        #> 0, 1, done
        deep(1)
        #> deep 1
        print()
        #> deep 0
        thread = threading.Thread(target=print, args=("from a thread",))
        thread.start()
        x = 1
        thread.join()
        #> from a thread
        process = get_context("fork").Process(target=print, args=("from a process",))
        process.start()
        x = 2
        process.join()
        #> from a process
        with ThreadPoolExecutor(1) as pool:
            future = pool.submit(print, "from a pool")
            future.result()
            #> from a pool
            print("inside")
            #> inside
        with Block():
            if x: print("one line")
            #> enter
            #> one line
        #> exit
        if x == 1:
            print("no")
        elif x == 2:
            match x:
                case 2:
                    print("a case")
                    #> a case
        sys.stdout.flush()
        sys.stdout.buffer.write(b"bytes\\n")
        #> bytes
        try:
            print("try")
            #> try
        finally:
            print("finally")
            #> finally
        text = '''first
        second'''; print('''third
        fourth''')
        #> third
        #> fourth
        x = 3
        #> bye
        """
    expected = textwrap.dedent(expected).lstrip("\n")
    assert text[text.index('print("loss"') :] == expected


@pytest.mark.parametrize("flags", ["-u", "-X utf8", "-O", "-W error"])
def test_a_file_with_flags(updater, write, flags):
    text = f"# Run: python {flags} FILE\nprint('a', end=' ')\nprint('b')\nx = 1\n"
    _, after = updated(updater, write, text)
    assert after == text.replace("x = 1", "#> a b\nx = 1")


def test_the_same_places_cold(cold, write):
    path = write("print('a', end=' ')\nprint('b')\nx = 1\nprint('c')\n")
    verdict, printed = cold.marked_output(parse(path))
    assert verdict.faults == ()
    assert [(line.line, line.text) for line in printed] == [(2, "a b"), (4, "c")]


def test_a_script_under_the_marks_is_as_it_is_without(runner, write):
    path = write("""
        '''Doc.'''
        from __future__ import annotations

        import inspect
        import pickle
        import sys


        class Model:
            def __del__(self):
                print("deleted")


        model = Model()
        print(__doc__, __name__, __file__ == sys.argv[0], sys.argv[1:])
        print(sys.path[0] == __file__.rpartition("/")[0], __annotations__)
        print(sys.modules["__main__"].Model is Model, sorted(vars())[:3])
        print(inspect.getsource(Model.__del__).strip().splitlines()[0])
        print(type(pickle.loads(pickle.dumps(model))).__name__)
        print(open(__file__).read().count("\\n"), sys.stdout.name, sys.stdout.encoding)
    """)
    plain = runner.run(path).result
    verdict, printed = runner.marked_output(parse(path))
    assert "deleted" in plain.out
    assert [line.text for line in printed] == plain.out.split("\n")[:-1]
    assert verdict.result.err == plain.err == ""


NASTY = [
    "x = 'first\u2028second'\n",
    "x = 'form\x0cfeed \x0b \x1c \x1d \x85'\n",
    "\x0cx = 1\n",
    "# a comment with \u2028 and \x0c\n",
    "x = '''a\u2029\n#> not mine\n\x0c\n'''\n",
    "x = (1,\n     2)\n",
    "x = 1 + \\\n    2\n",
    "if True: x = 'one line'\n",
    "if True:\n\tx = 'tabs'\n\tshow('tab')\n",
    "x = '''a\nb'''; y = '''c\nd'''\n",
    "def f(): '''a\nb'''\n",
    "class C:\n    x = 1\n\n\n",
    "@staticmethod\ndef f():\n    pass\n",
    "for x in range(2): show(x)\n",
    "with open('/dev/null') as x:\n    show('with')\n    # indented\n",
    "try:\n    show(1)\nexcept Exception: show('no')\nelse: show(2)\n",
    "show('a'); show('b')\n",
    "show('''a\nb'''); show('''c\nd''')\n",
    "show('a',\n#> stale\n     'b')\n",
    "show(f'{1\u20092}')\n".replace("\u2009", "+"),
    "#> stale\n",
    "show('x')\n#> x\n#> stale\n",
    "\n",
    "show('é' 'e\u0301' '🙂')\n",
]


@pytest.mark.parametrize("seed", range(60))
def test_the_program_is_never_changed(seed, tmp_path):
    choice = random.Random(seed)
    source = "show = print\n" + "".join(choice.choices(NASTY, k=8))
    if choice.random() < 0.3:
        source = source.rstrip("\n") or source
    snippet = parse_bytes(source.encode(), tmp_path / "block.py")
    rows = source.count("\n") + 2
    printed = [
        Printed(line, f"line {line}")
        for line in [*sorted(choice.choices(range(1, rows), k=5)), 0]
    ]
    draft = compose(snippet, printed)
    assert same_program(draft.text, source)
    new = parse_bytes(draft.text.encode(), tmp_path / "block.py")
    assert [e.text for e in new.expected] == [line.text for line in printed]

    def code(snippet):
        marks = {e.line for e in snippet.expected}
        rows = snippet.source.rstrip("\n").split("\n")
        return [row for n, row in enumerate(rows, 1) if n not in marks]

    assert "\n".join(code(new)).rstrip("\n") == "\n".join(code(snippet)).rstrip("\n")


@pytest.mark.parametrize(
    "text",
    [
        "text = 'first\u2028second\u2028third'\nprint(len(text))\n#> 1\nx = 1\n",
        "s = 'a\u2028b'\nfor i in range(2):\n    print(i)\nprint(s == 1)\n",
        "x = 1\n\x0c\nprint(x)\ny = '\x0b \x1c \x0c'\nprint(len(y))\n",
    ],
)
def test_line_ends_that_python_does_not_know(updater, write, text):
    path = write(text)
    rows = [row for row in text.split("\n") if not row.startswith("#>")]
    assert updater.update(path)
    after = path.read_bytes().decode().split("\n")
    assert [row for row in after if not row.startswith("#>")] == rows
    for number, row in enumerate(after):
        if row.startswith("#>"):
            above = after[number - 1]
            assert above.startswith(("print", "#>", "    print")), above
    assert updater.update(path) is False


def test_a_source_that_leaves_no_place_is_refused(updater, write):
    # Without the '#>' line, the backslash would join the first statement and the last.
    text = "x = 1 + 1 \\\n#> 1\nprint(2)\n"
    message = refused(updater, write(text))
    assert ":1: not updated: there is no place for its '#>' lines" in message


# --- writing the file ---


def test_an_edit_made_meanwhile_is_not_overwritten(updater, write, monkeypatch):
    path = write("print(1)\n")
    run = updater._runner.marked_output

    def edited(snippet):
        result = run(snippet)
        path.write_text("print(1)\nprint('edited')\n")
        return result

    monkeypatch.setattr(updater._runner, "marked_output", edited)
    with pytest.raises(UpdateError, match="the file was edited while it ran"):
        updater.update(path)
    assert path.read_text() == "print(1)\nprint('edited')\n"
    assert os.listdir(path.parent) == ["block.py"]


def test_mode_and_link_are_kept(updater, write, tmp_path):
    path = write("print(1)\n")
    path.chmod(0o640)
    folder = tmp_path / "links"
    folder.mkdir()
    link = folder / "link.py"
    link.symlink_to(path)
    assert updater.update(link)
    assert link.is_symlink()
    assert path.read_text() == "print(1)\n#> 1\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert os.listdir(folder) == ["link.py"]


def test_a_read_only_file_is_refused(updater, write):
    path = write("print(1)\n")
    path.chmod(0o444)
    assert refused(updater, path) == ":1: not updated: the file is read-only"


@pytest.mark.parametrize("call", ["fsync", "replace", "chmod"])
def test_a_full_disk_leaves_the_file_as_it_was(tmp_path, monkeypatch, call):
    path = tmp_path / "block.py"
    path.write_bytes(b"print(1)\n")

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(update_module.os, call, full)
    with pytest.raises(UpdateError, match="can't be written: No space left"):
        write_back(path, b"print(1)\n", b"print(1)\n#> 1\n")
    monkeypatch.undo()
    assert path.read_bytes() == b"print(1)\n"
    assert os.listdir(tmp_path) == ["block.py"]


@pytest.mark.usefixtures("finds_small_torch")
def test_the_command_does_the_other_files(write, tmp_path, capsys):
    write("print(1)\n", "a_good.py")
    write("print('\\r')\nprint('\\r')\n", "b_control.py")
    write("-" * 20_000 + "1\n", "c_deep.py")
    (tmp_path / "d_bytes.py").write_bytes(b"\xff\0\r\n")
    write("1 / 0\n", "e_fails.py")
    write("import os\n\nos.remove(__file__)\nprint(1)\n", "f_gone.py")
    write(
        "print('\\x1b[2J', 'y' * 9999, flush=True)\nraise SystemExit('\\x1b')\n", "g.py"
    )
    write("print(2)\n", "z_good.py")
    assert command.main(["--update", str(tmp_path)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [
        line.removeprefix(f"{tmp_path}/").partition(".py:")[0] for line in lines
    ] == [
        "a_good",
        "b_control",
        "c_deep",
        "d_bytes",
        "e_fails",
        "f_gone",
        "g",
        "z_good",
    ]
    assert all(line.isprintable() and len(line) < 700 for line in lines)
    assert lines[0].endswith(": updated")
    assert lines[-1].endswith(": updated")


@pytest.mark.usefixtures("finds_small_torch")
def test_an_error_of_our_own_does_not_end_the_run(write, tmp_path, monkeypatch, capsys):
    write("print(1)\n", "a.py")
    write("print(2)\n", "b.py")
    real = Updater.update

    def broken(self, path):
        if path.name == "a.py":
            raise TypeError("some\nthing")
        return real(self, path)

    monkeypatch.setattr(Updater, "update", broken)
    assert command.main(["--update", str(tmp_path)]) == 1
    first, second = capsys.readouterr().out.splitlines()
    assert first == f"{tmp_path}/a.py:1: not updated: 'TypeError: some\\nthing'"
    assert second == f"{tmp_path}/b.py: updated"


def test_a_torch_summary_is_no_wildcard(torch_updater, write):
    _, after = updated(
        torch_updater, write, "import torch\n\nprint(torch.arange(2000))\n"
    )
    assert after.endswith("#> tensor([   0,    1,    2,  ..., 1997, 1998, 1999])\n")


def test_a_wildcard_that_a_person_wrote_stays(updater, write):
    text = "print('wait ... done')\n#> wait ... done\nprint(1)\n"
    _, after = updated(updater, write, text)
    assert after == text + "#> 1\n"

"""Test the parser of snippet files, and its messages about broken ones."""

import subprocess
import sys

import pytest

from verify.snippet import SnippetError, hidden_modules, parse, parse_bytes


def faults_of(path, data):
    """Return the faults of a file with this content, without the path."""
    with pytest.raises(SnippetError) as caught:
        parse_bytes(data if isinstance(data, bytes) else data.encode(), path)
    return [fault.removeprefix(f"{path}:") for fault in caught.value.faults]


def test_a_whole_file_is_read(write):
    snippet = parse(
        write("""
        # Needs: torch>=2.6, numpy
        # Device: cpu
        # Warns: FutureWarning
        # Run: python FILE --epochs 2
        # Timeout: 120
        import torch

        print(torch.ones(2))
        #> tensor([1., 1.])
        #>
        """)
    )
    assert snippet.needs == ("torch>=2.6", "numpy")
    assert snippet.device == "cpu"
    assert snippet.warns == ("FutureWarning",)
    assert snippet.run == ("python", "block.py", "--epochs", "2")
    assert snippet.timeout == 120
    assert not snippet.asserts
    assert [(e.line, e.text) for e in snippet.expected] == [
        (9, "tensor([1., 1.])"),
        (10, ""),
    ]


def test_a_file_without_header_needs_nothing(write):
    snippet = parse(write("# Seeds are fixed below.\nassert True\n"))
    assert (snippet.needs, snippet.device, snippet.run, snippet.warns) == (
        (),
        None,
        None,
        (),
    )
    assert snippet.timeout is None
    assert snippet.asserts


@pytest.mark.parametrize(
    "comment",
    [
        "Note: the mean is over the batch",
        "Author: somebody",
        "License: MIT",
        "Seeds: 0, 1",
        "Time: linear in the batch",
        "Warning: slow",
        "Source: https://example.org/needs:this",
        "https://example.org",
        "Names: as in the paper",
        "TODO: a",
        "Device of each rank: cuda",
    ],
)
def test_a_comment_may_begin_with_a_word_and_a_colon(write, comment):
    snippet = parse(write(f"# {comment}\n# Needs: numpy\nprint(1)\n"))
    assert snippet.needs == ("numpy",)


@pytest.mark.parametrize(
    ("comment", "key"),
    [
        ("Need: cuda", "Needs"),
        ("needs: cuda", "Needs"),
        ("NEEDS: cuda", "Needs"),
        ("Needs : cuda", "Needs"),
        ("Nedes: cuda", "Needs"),
        ("Warn: FutureWarning", "Warns"),
        ("Devices: cpu", "Device"),
        ("run: torchrun FILE", "Run"),
        ("Runs: torchrun FILE", "Run"),
        ("Timeouts: 3", "Timeout"),
        ("timeout: 3", "Timeout"),
    ],
)
def test_a_misspelled_key_is_named_with_its_spelling(tmp_path, comment, key):
    (fault,) = faults_of(tmp_path / "block.py", f"# {comment}\nprint(1)\n")
    word = comment.partition(":")[0]
    assert fault == f"1: '# {word}:' is not a header; write '# {key}:'"
    # Headers exist only at the top; below, the line is a plain comment.
    parse_bytes(f"print(1)\n# {comment}\n".encode(), tmp_path / "block.py")


@pytest.mark.parametrize("name", ["FutureWarning", "Deprecated", "my_notice"])
def test_a_warning_class_may_have_any_name(write, name):
    assert parse(write(f"# Warns: {name}\nprint(1)\n")).warns == (name,)


@pytest.mark.parametrize(
    ("value", "seconds"), [("120", 120), ("0.5", 0.5), ("3600", 3600)]
)
def test_a_timeout_is_a_number_of_seconds(write, value, seconds):
    assert parse(write(f"# Timeout: {value}\nprint(1)\n")).timeout == seconds


@pytest.mark.parametrize("value", ["0", "-1", "3601", "120 s", "2m", "1e3", "nan", "¹"])
def test_another_timeout_is_refused_with_the_right_form(tmp_path, value):
    (fault,) = faults_of(tmp_path / "block.py", f"# Timeout: {value}\nprint(1)\n")
    assert fault.startswith(f"1: '# Timeout: {value}' is not a number of seconds up to")
    assert fault.endswith("use for example '# Timeout: 120'")


@pytest.mark.parametrize(
    "command",
    [
        "python -O -W error FILE --epochs 2",
        "python -m torch.distributed.run --nproc-per-node=2 FILE",
        "torchrun --nproc-per-node=2 FILE",
    ],
)
def test_commands_of_all_forms_are_read(write, command):
    snippet = parse(write(f"# Run: {command}\nprint(1)\n"))
    assert snippet.run == tuple(command.replace("FILE", "block.py").split())


@pytest.mark.parametrize(
    "source",
    [
        "import pprint\n\npprint.pprint({'a': 1})\n",
        "import sys\n\nsys.stdout.write('a')\n",
        "import threading\n\nthreading.Thread(target=print).start()\n",
        "x = 1\n",
    ],
)
def test_whether_a_file_shows_something_is_for_a_run_to_judge(write, source):
    assert not parse(write(source)).asserts


@pytest.mark.parametrize(
    "source",
    [
        "assert True\n",
        "def f():\n    assert True\n",
        "import torch\n\ntorch.testing.assert_close(1, 1)\n",
    ],
)
def test_a_file_that_asserts_is_known(write, source):
    assert parse(write(source)).asserts


@pytest.mark.parametrize(
    "source",
    [
        "-" * 20_000 + "1\n",
        "x" + "+1" * 20_000 + "\n",
        "not " * 5_000 + "1\n",
        "x" + ".a" * 5_000 + "\n",
        "lambda: " * 5_000 + "1\n",
        "if x: pass\n" + "elif x: pass\n" * 3_000,
        "(" * 100_000 + ")" * 100_000 + "\n",
        "[" * 100_000 + "\n",
        "f'" + "{" * 5_000 + "\n",
        "".join(" " * i + "if 1:\n" for i in range(200)) + " " * 200 + "pass\n",
        "x = 1\0\n",
        "x = '\\N{'\n",
        "x = '''\n" * 9_999,
        "\\",
        "\x1c\n",
        "\tx = 1\n    y = 2\n",
        "a\x0c",
        "0" * 5_000 + "1\n",
        "1" * 5_000 + "\n",
    ],
)
def test_whatever_breaks_the_parser_is_one_line(tmp_path, source):
    try:
        parse_bytes(source.encode(), tmp_path / "block.py")
    except SnippetError as error:
        (fault,) = error.faults
        assert fault.count("\n") == 0
        assert len(fault) < 500


@pytest.mark.parametrize(
    "name", ["deep-source-minus.py", "deep-source-plus.py", "deep-source-elif.py"]
)
def test_a_source_that_is_too_deep_is_told_so(tmp_path, name):
    if "minus" not in name and sys.version_info < (3, 11):
        pytest.skip("Python 3.10 reads it")
    source = {
        "minus": "-" * 20_000 + "1",
        "plus": "1" + "+1" * 20_000,
        "elif": "if 0: pass\n" + "elif 0: pass\n" * 3_000,
    }[name.removesuffix(".py").rpartition("-")[2]]
    (fault,) = faults_of(tmp_path / name, source)
    assert fault == (
        "1: is nested too deeply for Python's parser; write simpler statements"
    )


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"\xef\xbb\xbfprint(1)\n", "1: starts with a byte order mark; save it as"),
        (b"x = 1\r\nprint(x)\r\n", "1: ends with CR; save the file with LF line ends"),
        (b"print('a')\nprint('\xff')\n", "2: byte 0xff is not UTF-8; save it as UTF-8"),
        ("print(1)\nprint(\n", "2: is not Python: '(' was never closed"),
        ("", "1: is empty; a snippet prints or asserts something"),
        ("print(1)\n# Needs: cuda\n", "2: '# Needs:' must be at the top"),
        ("\n# Needs: cuda\nprint(1)\n", "2: '# Needs:' must be at the top"),
        ("# Needs:\nprint(1)\n", "1: '# Needs:' is empty"),
        (
            "# Needs: torch>2.6\nprint(1)\n",
            "1: 'torch>2.6' is not a valid need; use torch>=X.Y",
        ),
        ("# Needs: torch>=2\nprint(1)\n", "1: 'torch>=2' is not a valid need"),
        (
            "# Device: cuda\nprint(1)\n",
            "1: '# Device: cuda' is not supported; only cpu is",
        ),
        ("# Warns: a lot\nprint(1)\n", "1: 'a lot' is not the name of a warning"),
        ("# Run: bash FILE\nprint(1)\n", "1: '# Run:' starts with 'bash'"),
        ("# Run: torchrun other.py\nprint(1)\n", "1: '# Run:' doesn't name FILE or"),
        ("# Run: python 'FILE\nprint(1)\n", "1: '# Run:' cannot be split into words"),
        (
            "# Needs: cuda\n# Needs: numpy\nprint(1)\n",
            "2: a second '# Needs:'; write one line",
        ),
        ("print(1)  #> 1\n", "1: '#>' follows code on its line; put it on its own"),
        ("print(1)\n#>1\n", "2: '#>' without a space after it; write '#> 1'"),
        ("import numpy\nprint(1)\n", "1: imports numpy; add it to '# Needs:'"),
        (
            "from snippets.freezing import freeze\nprint(freeze)\n",
            "1: imports snippets; add it to '# Needs:'",
        ),
        ("from . import x\nprint(x)\n", "1: imports from its folder; a copied"),
        ("from .x import y\nprint(y)\n", "1: imports from its folder; a copied"),
        ("import verify\nprint(1)\n", "1: imports verify; a copied block has no such"),
    ],
)
def test_a_fault_is_named_with_its_line(tmp_path, data, fault):
    (found,) = faults_of(tmp_path / "block.py", data)
    assert found.startswith(fault)


def test_every_fault_is_named_not_only_the_first(tmp_path):
    source = "# Device: tpu\n# Warn: x\nprint(1)  #> 1\n"
    assert len(faults_of(tmp_path / "block.py", source)) == 3


def test_a_mark_inside_a_string_is_no_expected_line(tmp_path):
    snippet = parse_bytes(b"print('''\n#> no\n''')\n#>\n", tmp_path / "block.py")
    assert [e.line for e in snippet.expected] == [4]


def test_modules_that_a_folder_hides(tmp_path):
    for name in ("random.py", "numpy.py", "view.py", "helper.py", "torch.txt"):
        (tmp_path / name).write_text("print(1)\n")
    (tmp_path / "queue").mkdir()  # a plain folder hides nothing
    (tmp_path / "logging").mkdir()
    (tmp_path / "logging" / "__init__.py").touch()
    (tmp_path / "broken.py").write_text("(" * 999)
    assert hidden_modules(tmp_path) == {
        name.partition(".")[0]: tmp_path / name
        for name in ("logging", "numpy.py", "random.py")
    }
    (tmp_path / "other.py").write_text("# Needs: helper\nimport helper\n")
    (tmp_path / "torch.py").touch()
    assert hidden_modules(tmp_path).keys() == {
        "helper",
        "logging",
        "numpy",
        "random",
        "torch",
    }
    assert hidden_modules(tmp_path / "no such folder") == {}


def test_what_a_folder_hides_is_what_python_takes_from_there(tmp_path):
    (tmp_path / "queue.py").write_text("print('here')\n")
    (tmp_path / "logging").mkdir()
    script = tmp_path / "script.py"
    script.write_text("import logging, queue\nprint(logging.__file__)\n")
    out = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, check=True
    ).stdout
    assert out.startswith("here\n")
    assert str(tmp_path) not in out
    assert hidden_modules(tmp_path).keys() == {"queue"}

"""Given a file that breaks the contract, one line names file, line and remedy."""

import pytest

from verify.paths import find
from verify.snippet import SnippetError, parse, parse_bytes


def faults_of(path, data):
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
    assert [(e.line, e.text) for e in snippet.expected] == [
        (8, "tensor([1., 1.])"),
        (9, ""),
    ]


def test_a_file_without_header_needs_nothing(write):
    snippet = parse(write("# Seeds are fixed below.\nassert True\n"))
    assert (snippet.needs, snippet.device, snippet.run, snippet.warns) == (
        (),
        None,
        None,
        (),
    )


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"\xef\xbb\xbfprint(1)\n", "1: starts with a byte order mark; save it as"),
        (b"x = 1\r\nprint(x)\r\n", "1: ends with CR; save the file with LF line ends"),
        (b"print('a')\nprint('\xff')\n", "2: byte 0xff is not UTF-8; save it as UTF-8"),
        ("print(1)\nprint(\n", "2: is not Python: '(' was never closed"),
        ("", "1: is empty; a snippet prints or asserts something"),
        ("x = 1\n", "1: neither prints nor asserts; show what the lines do"),
        (
            "# Need: cuda\nprint(1)\n",
            "1: unknown header 'Need'; known are Needs, Device",
        ),
        ("print(1)\n# Needs: cuda\n", "2: '# Needs:' belongs to the very top"),
        ("\n# Needs: cuda\nprint(1)\n", "2: '# Needs:' belongs to the very top"),
        ("# Needs:\nprint(1)\n", "1: '# Needs:' is empty"),
        (
            "# Needs: torch>2.6\nprint(1)\n",
            "1: 'torch>2.6' is no need; write torch>=X.Y",
        ),
        ("# Needs: torch>=2\nprint(1)\n", "1: 'torch>=2' is no need"),
        ("# Device: cuda\nprint(1)\n", "1: '# Device: cuda' is not known; only cpu is"),
        ("# Warns: a lot\nprint(1)\n", "1: 'a lot' is no warning; write e.g."),
        ("# Run: bash FILE\nprint(1)\n", "1: '# Run:' starts with 'bash'"),
        ("# Run: torchrun other.py\nprint(1)\n", "1: '# Run:' does not name FILE or"),
        ("# Run: python 'FILE\nprint(1)\n", "1: '# Run:' cannot be split into words"),
        (
            "# Needs: cuda\n# Needs: numpy\nprint(1)\n",
            "2: a second '# Needs:'; write one line",
        ),
        ("print(1)  #> 1\n", "1: '#>' stands behind code; give it a line of its own"),
        ("print(1)\n#>1\n", "2: '#>' without a blank; write '#> 1'"),
        ("import numpy\nprint(1)\n", "1: imports numpy; add it to '# Needs:'"),
        (
            "from snippets.freezing import freeze\nprint(freeze)\n",
            "1: imports snippets; add it to '# Needs:'",
        ),
        ("import verify\nprint(1)\n", "1: imports verify; a copied block has no such"),
    ],
)
def test_a_fault_is_named_with_its_line(tmp_path, data, fault):
    (found,) = faults_of(tmp_path / "block.py", data)
    assert found.startswith(fault)


def test_every_fault_is_named_not_only_the_first(tmp_path):
    source = "# Device: tpu\n# Why: x\nprint(1)  #> 1\n"
    assert len(faults_of(tmp_path / "block.py", source)) == 3


def test_a_mark_inside_a_string_is_no_expected_line(tmp_path):
    snippet = parse_bytes(b"print('''\n#> no\n''')\n#>\n", tmp_path / "block.py")
    assert [e.line for e in snippet.expected] == [4]


def test_files_are_found_below_a_folder_and_the_library_is_not(tmp_path):
    for name in ("b.py", "a.py", "deep/c.py", "note.txt", "__pycache__/d.py"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    names = [path.relative_to(tmp_path).as_posix() for path in find(tmp_path)]
    assert names == ["a.py", "b.py", "deep/c.py"]

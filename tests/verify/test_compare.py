"""Test the comparison of outputs, which tolerates only float rounding and `...`."""

import time

import pytest

from verify.compare import Difference, differences, same_line
from verify.snippet import Expected


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ("1.2345", "1.2346"),  # the fifth digit
        ("tensor([0.49630, 1e-05])", "tensor([0.49633, 1.00001e-05])"),
        ("-0.50000", "-0.50004"),
        ("1.", "1.0000"),
        ("(1.00001+2.j)", "(1.+2.j)"),
        ("RuntimeError: ... size 6", "RuntimeError: shape '[4]' is invalid for size 6"),
        ("...", ""),
        ("tensor([0, 1, ..., 9])", "tensor([0, 1, ..., 9])"),  # as torch prints it
        ("0.12345 ... 0.5", "0.12346 and 0.50001"),
        ("nan inf", "nan inf"),
        ("1.0000", "1.0001"),  # exactly at the tolerance in decimal
        ("tensor([-0., 1.])", "tensor([-0., 1.])"),
        ("10000000.", "1e7"),  # both are floats
        ("size ... is", "size  is"),  # a wildcard also matches nothing
        ("... ...", "a b"),
        ("a ... b ... b", "a b b  b"),  # a wildcard matches as little as it can
        ("a ... 1.5 ... 2.5 ... 9.", "a 1. 2.5 1.5 1. 2.5 3.5 9."),
        ("... 1.0 2.0", "1.0 1.0 2.0"),
        ("... 1.0 2.0 ...", "0.5 1.0 1.0 1.0 2.0 3"),
        ("... Use .reshape(...) instead.", "No view. Use .reshape(...) instead."),
    ],
)
def test_forgiven(expected, actual):
    assert same_line(expected, actual)


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ("1.2345", "1.3345"),  # the second digit
        ("1.2345", "1.2355"),
        ("1.0", "-1.0"),
        ("[ 0.5, 1.0]", "[0.5, 1.0]"),  # blanks must match exactly
        ("tensor([1.0])", "tensor([1.0], dtype=torch.float64)"),
        ("100001", "100002"),  # an integer is exact, however large
        ("torch 2.13.0", "torch 2.13.1"),
        ("x1.50", "x1.50001"),  # part of a name
        ("0.5", "nan"),
        ("a.b", "acb"),  # a dot is not a regex wildcard
        ("... size 6", "size 7"),
        ("a", "a "),
        ("tensor([1., 2.])", "tensor([1, 2])"),  # the dtype is lost
        ("tensor([1, 2])", "tensor([1., 2.])"),  # or gained
        ("1.5", "2"),
        ("1e-05", "0"),
        ("1e5", "100000"),
        ("0.", "-0."),
        ("-0.", "0."),
        ("-1.5", "1.5"),
        ("1.5", "+1.5"),
        ("0.", "1e-30"),
        ("1e400", "1.5"),  # too large to be finite
        ("1.8e+308", "1.8e+309"),
        ("1.5", "\uff11.5"),  # a full-width digit
        ("1.5", "\ud800"),  # the placeholder for a float in compare.py
        ("\ud800", "1.5"),
        ("1.5", "1.5.1"),
        ("[##....]", "[######]"),  # `...` within a word is plain text
        ("tensor([0, 1, ..., 9])", "tensor([0, 1, 2, 3, 9])"),
        ("at 0x...>", "at 0x7f00>"),
        ("torch 2...", "torch 2.13.0"),
        ("...x", "ax"),
        ("....", "abcd"),
        ("\u00a0...", "\u00a0abc"),
        ("a ...", "a"),  # the blank before the wildcard is text
        ("a ... b", "a b"),
        ("a ... b ... b", "a b b"),
        ("a ... 1.5", "a 1.5 15"),
        ("a ... 1.5 ... b", "a 1.6 1 15 b"),
        ("1.5 ... 1.5", "1.5 "),
        ("... 1.0 2.0 ...", "1.0 1.0 1.0 2.1 "),
    ],
)
def test_refused(expected, actual):
    assert not same_line(expected, actual)


def of(*lines):
    """Return expected lines, at the line numbers 10, 20, 30, …"""
    return [Expected(10 * n, text) for n, text in enumerate(lines, 1)]


def test_a_missing_line_is_one_difference_at_its_place():
    (found,) = differences(of("a", "c"), "a\nb\nc\n")
    assert (found.line, str(found)) == (10, "prints 'b', which no #> line expects")


def test_a_line_too_many_is_one_difference_at_its_place():
    (found,) = differences(of("a", "b", "c"), "a\nc\n")
    assert (found.line, str(found)) == (20, "expected 'b', got no such line")


def test_a_changed_line_names_both_texts():
    (found,) = differences(of("a", "b", "c"), "a\nx\nc\n")
    assert (found.line, str(found)) == (20, "expected 'b', got 'x'")


def test_an_empty_line_is_a_line():
    assert not differences(of("a", ""), "a\n\n")
    assert differences(of("a"), "a\n\n")


def test_output_without_a_last_line_end():
    assert not differences(of("a"), "a")


def test_the_cuda_device_of_a_tensor_is_taken_for_granted_on_cuda_only():
    expected = of("tensor([1., 2.])", "tensor([3.], requires_grad=True)")
    output = (
        "tensor([1., 2.],\n       device='cuda:0')\n"
        "tensor([3.], device='cuda:0', requires_grad=True)\n"
    )
    assert not differences(expected, output, "cuda")
    assert differences(expected, output, "cpu")
    # If the expected output names the device, it is compared as usual.
    assert not differences(of("device='cuda:0'"), "device='cuda:0'\n", "cuda")


@pytest.mark.parametrize(
    ("expected", "actual", "message"),
    [
        ("a b", "a\u00a0b", r"expected 'a b', got 'a\xa0b'"),
        ("x = 1", "x \uff1d 1", r"expected 'x = 1', got 'x \uff1d 1'"),
        ("a", "\u0430", r"expected 'a', got '\u0430'"),  # Cyrillic
        ("a\u0430", "\u0430a", r"expected 'a\u0430', got '\u0430a'"),
        ("\xe9", "e\u0301", r"expected '\xe9', got 'e\u0301'"),
        ("a", "a\u200b", r"expected 'a', got 'a\u200b'"),
        ("a", "a ", "expected 'a', got 'a '"),
        ("a", "a\x1b[2J", r"expected 'a', got 'a\x1b[2J'"),
        # Characters that both texts contain are not escaped.
        ("\u03b1 = 1", "\u03b1 = 2", "expected '\u03b1 = 1', got '\u03b1 = 2'"),
        (None, "\u03b1", "prints '\u03b1', which no #> line expects"),
        ("\u03b1", None, "expected '\u03b1', got no such line"),
    ],
)
def test_texts_that_look_alike_are_shown_as_ascii(expected, actual, message):
    assert str(Difference(1, expected, actual)) == message


def test_a_message_is_short_and_shows_where_long_texts_differ():
    long = "x" * 1000
    message = str(Difference(1, f"{long}a{long}", f"{long}b{long}"))
    assert len(message) < 600
    assert "xa" in message
    assert "xb" in message
    assert "...'xxx" in message
    assert "xxx'... (2,001 characters)" in message
    assert str(Difference(1, "x", "y" * 10**6)) == (
        f"expected 'x', got '{'y' * 200}'... (1,000,000 characters)"
    )
    assert len(str(Difference(1, None, "\0" * 10**6))) < 1000


HOSTILE = {
    "digits": ("1.5", lambda n: "1" * n + "x"),
    "digits with a point": ("1.5", lambda n: "1" * n + "." + "1" * n + "x"),
    "a long exponent": ("1.5", lambda n: "1e" + "1" * n + "x"),
    "points": ("1.5", lambda n: "1." * n),
    "signs": ("1.5", lambda n: "1-" * n),
    "floats": ("1.5", lambda n: "1.5 " * n),
    "wildcards": ("a ... a ... a ... b", lambda n: "a " * n),
    "wildcards and floats": ("a ... 1.0 ... 1.0 ... b", lambda n: "a" + " 1.5" * n),
    "near misses": ("a ... 1.0 1.0 1.0 2.0 ... b", lambda n: "a" + " 1.0" * n + " b"),
    "blanks": ("a ...                x ... b", lambda n: "a" + " " * n + "b"),
}


def seconds(function, *args):
    """Return the CPU time of the quickest of three calls.

    Unlike wall-clock time, CPU time doesn't include the work of other processes.
    """
    times = []
    for _ in range(3):
        start = time.process_time()
        function(*args)
        times.append(time.process_time() - start)
    return min(times)


@pytest.mark.parametrize("kind", HOSTILE)
def test_the_time_is_linear_in_the_length_of_a_line(kind):
    expected, actual = HOSTILE[kind]
    # A line 16 times as long takes 16 times as long, or 256 times if the algorithm is
    # quadratic. Times below 2 ms are too short to compare.
    small = seconds(same_line, expected, actual(4_000))
    large = seconds(same_line, expected, actual(64_000))
    assert large < 64 * max(small, 0.002)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_the_time_is_linear_in_the_number_of_lines(count):
    def run(size):
        expected = of(*["1.5"] * (size * count // 2))
        return seconds(differences, expected, "x\n" * size)

    assert run(16_000) < 64 * max(run(1_000), 0.002)


def test_half_a_million_lines_are_half_a_million_differences():
    found = differences(of("a"), "a\n" + "x\n" * 500_000)
    assert len(found) == 500_000
    assert {d.line for d in found} == {10}

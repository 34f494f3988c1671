"""Given expected and real output, only numbers and `...` are forgiven."""

import pytest

from verify.compare import differences, same_line
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
        ("tensor([0, 1, ..., 9])", "tensor([0, 1, 2, 3, 9])"),
        ("0.12345 ... 0.5", "0.12346 and 0.50001"),
        ("nan inf", "nan inf"),
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
        ("[ 0.5, 1.0]", "[0.5, 1.0]"),  # text exactly: also blanks
        ("tensor([1.0])", "tensor([1.0], dtype=torch.float64)"),
        ("100001", "100002"),  # an integer is exact, however large
        ("torch 2.13.0", "torch 2.13.1"),
        ("x1.50", "x1.50001"),  # part of a name
        ("0.5", "nan"),
        ("a.b", "acb"),  # a dot is a dot
        ("... size 6", "size 7"),
        ("a", "a "),
    ],
)
def test_refused(expected, actual):
    assert not same_line(expected, actual)


def of(*lines):
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
    # A file that names the device expects it.
    assert not differences(of("device='cuda:0'"), "device='cuda:0'\n", "cuda")

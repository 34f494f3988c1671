"""The pictures in the repository and the tool that draws them from snippets."""

import re

import pytest

from render import figures

DRAW = 'open("{name}.svg", "w").write("<svg {text}/>")\nprint(1)  # plt.savefig(\n'


@pytest.fixture
def drawn(checkout):
    """A checkout with up-to-date pictures, and the snippet file that draws them."""
    text = DRAW.format(name="plot", text="width='1'")
    source = checkout.snippet("tensors/shape/plot.py", text)
    assert figures.main([], checkout.root) == 0
    return checkout, source


def test_every_picture_of_the_repository_is_as_new_as_its_file():
    assert figures.stale() == []


def test_a_picture_names_the_file_that_drew_it(drawn):
    checkout, source = drawn
    for path in figures.pictures(source, checkout.root):
        match = figures.STAMP.search(path.read_text("utf-8"))
        assert match["name"] == "tensors/shape/plot.py"
    assert figures.stale(checkout.root) == []


def test_a_changed_file_makes_its_pictures_old(drawn, capsys):
    checkout, source = drawn
    source.write_text(DRAW.format(name="plot", text="width='2'"))
    assert figures.stale(checkout.root) == [
        "docs/overrides/assets/figures/tensors/shape/plot-light.svg: is older than "
        "snippets/tensors/shape/plot.py",
        "docs/overrides/assets/figures/tensors/shape/plot-dark.svg: is older than "
        "snippets/tensors/shape/plot.py",
    ]
    assert figures.main(["--check"], checkout.root) == 1
    assert "plot-dark.svg: is older" in capsys.readouterr().out
    assert figures.main([], checkout.root) == 0
    assert figures.stale(checkout.root) == []


def test_a_missing_picture(drawn):
    checkout, source = drawn
    figures.pictures(source, checkout.root)[1].unlink()
    assert figures.stale(checkout.root) == [
        "docs/overrides/assets/figures/tensors/shape/plot-dark.svg: is missing; "
        "draw it with snippets/tensors/shape/plot.py"
    ]


def test_a_picture_of_no_file_is_named_and_removed(drawn):
    checkout, source = drawn
    source.unlink()
    assert "no snippet file draws it" in figures.stale(checkout.root)[0]
    assert figures.main([], checkout.root) == 0
    assert figures.stale(checkout.root) == []


def test_what_is_new_is_not_drawn_again(drawn, capsys):
    checkout, source = drawn
    capsys.readouterr()
    assert figures.main([], checkout.root) == 0
    assert capsys.readouterr().out == ""
    assert figures.main([str(source)], checkout.root) == 0
    assert "plot-light.svg" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('raise ValueError("no data")  # savefig(', "fails: ValueError: no data"),
        ("pass  # savefig(", "saves nothing; a picture is saved by savefig"),
        (DRAW.format(name="other", text=""), "saves other.svg; a picture is saved"),
    ],
)
def test_a_file_that_does_not_draw(checkout, capsys, text, said):
    checkout.snippet("tensors/shape/plot.py", text)
    assert figures.main([], checkout.root) == 1
    message = capsys.readouterr().err
    assert message.startswith("snippets/tensors/shape/plot.py: ")
    assert said in message
    assert message.count("\n") == 1


def test_a_path_that_saves_no_picture(checkout, capsys):
    assert figures.main([str(checkout.root / "nowhere")], checkout.root) == 2
    assert "no snippet file there saves a picture" in capsys.readouterr().err


def test_both_styles_draw_their_own_colors_and_the_same_bytes_twice(checkout):
    pytest.importorskip("matplotlib", reason="draws with matplotlib")
    source = checkout.snippet(
        "tensors/shape/line.py",
        "import matplotlib.pyplot as plt\nplt.plot([1, 3, 2])\n"
        'plt.title("line")\nplt.savefig("line.svg")\n',
    )
    first = [path.read_bytes() for path in figures.draw(source, checkout.root)]
    again = [path.read_bytes() for path in figures.draw(source, checkout.root)]
    assert first == again
    light, dark = (set(re.findall(rb"#[0-9a-f]{6}\b", svg)) for svg in first)
    assert light
    assert dark
    assert not light & dark
    assert b"<metadata>" not in first[0]

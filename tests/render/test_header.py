"""How the header lines of a block are explained to the reader."""

import re

import pytest

from render.header import WORDS, explained, phrases
from verify.snippet import KEYS, parse_bytes

HEADER = (
    "# Needs: torch>=2.6, sklearn, numpy, cuda, linux, snippets\n"
    "# Device: cpu\n"
    "# Run: torchrun --nproc-per-node=3 FILE\n"
    "# Warns: UserWarning, FutureWarning\n"
    "# Timeout: 90\n"
    "from snippets.seeding import seed_everything\n\n"
    "print(seed_everything(0))\n#> ...\n"
)


@pytest.fixture
def snippet(tmp_path):
    """A snippet file whose header uses every key."""
    return parse_bytes(HEADER.encode(), tmp_path / "snippets/a/b/c.py")


def text_of(html: str) -> str:
    """Return HTML without its tags."""
    return re.sub(r"<[^>]*>", "", html)


def test_every_item_is_explained(snippet):
    for lang in WORDS:
        lines = [text_of(line) for line in explained(snippet, lang, "")]
        named = {re.match(r"# (\w+)", line)[1] for line in lines}
        assert named == set(KEYS)
        assert len(lines) == 6 + 1 + 1 + 2 + 1


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("zh", "# Needs: sklearn：先安装：pip install scikit-learn。"),
        ("zh", "它会启动 3 个进程，每个都运行这个文件。"),
        ("en", "# Needs: sklearn: Install it first: pip install scikit-learn."),
        ("en", "# Needs: numpy: Install it first: pip install numpy."),
        ("en", "It starts 3 processes that all run this file."),
        ("en", "# Warns: FutureWarning: You'll see this warning."),
        ("en", "Put snippets/seeding.py into a folder snippets beside the block."),
    ],
)
def test_an_explanation_says_what_to_do(snippet, lang, words):
    assert words in text_of("\n".join(explained(snippet, lang, "../../")))


def test_what_is_pressed_to_explain_holds_no_link(snippet):
    for lang in WORDS:
        assert "<a" not in "".join(phrases(snippet, lang))
        assert any("<a" in line for line in explained(snippet, lang, ""))


def test_a_block_opens_to_its_explanation(checkout):
    checkout.snippet("tensors/shape/view.py", "# Warns: UserWarning\nprint(1)\n#> 1\n")
    page = checkout.show(lang="en")
    details = re.search(r'<details class="snippet-proof snippet-header">.*?</d', page)
    assert "<summary>Warns: UserWarning</summary>" in details[0]
    assert "<p>You'll see this warning. It's expected" in details[0]


def test_a_block_without_a_header_has_nothing_to_explain(checkout):
    assert "snippet-header" not in checkout.show()

"""Glossary terms in the prose of a page: only the first use of each is a link."""

import re

import pytest

from render import terms
from render.pages import CONFIGS, ROOT, read_site

GLOSSARY = {
    "en": "# Glossary {#glossary}\n\n"
    "| Term | Chinese | Meaning |\n| --- | --- | --- |\n"
    '| [Leaf tensor](../tensors/shape.md#a) | x | No `grad_fn`, "made" & kept. |\n'
    "| [Batch, mini-batch](../training/b.md) | x | Some samples. |\n"
    "| [View](../tensors/shape.md) | x | Shares memory. |\n"
    "| [Gather](../distributed/g.md) | x | One rank gets all. |\n"
    "| [Tensor](../tensors/shape.md) | x | Numbers. |\n"
    "| [DP (DataParallel)](../distributed/d.md) | x | One process. |\n",
    "zh": "# 术语表 {#glossary}\n\n| 术语 | 英文 | 含义 |\n| --- | --- | --- |\n"
    "| [叶子张量](../tensors/shape.md#a) | Leaf tensor | 自己创建的张量。 |\n"
    "| [批次，小批量，批次大小](../training/b.md) | Batch, mini-batch | 几个样本。 |\n"
    "| [视图](../tensors/shape.md) | View | 共用内存。 |\n"
    "| [收集（gather）](../distributed/g.md) | Gather | 都给一个进程。 |\n"
    "| [张量](../tensors/shape.md) | Tensor | 一组数。 |\n"
    "| DP（DataParallel） | DP (DataParallel) | 一个进程。 |\n",
}
LINK = re.compile(r'<a class="term" href="([^"]*)" title="([^"]*)">(.*?)</a>')


@pytest.fixture
def marked(checkout):
    """A function that renders a page and returns the id and text of each link."""
    for lang, text in GLOSSARY.items():
        checkout.page(text, terms.GLOSSARY, lang)

    def marked(text, lang="en", name="tensors/shape.md"):
        html = checkout.render(checkout.page(text, name, lang), lang)
        return [
            (match[1].rpartition("#")[2], match[3]) for match in LINK.finditer(html)
        ]

    marked.checkout = checkout
    return marked


def test_a_link_says_what_the_term_means_and_leads_to_its_row(marked):
    page = marked.checkout.page("A leaf tensor is it.", lang="en")
    assert marked.checkout.render(page, "en") == (
        '<p>A <a class="term" href="../../reference/glossary/#term-leaf-tensor" '
        'title="No grad_fn, &quot;made&quot; &amp; kept.">leaf tensor</a> is it.</p>'
    )


@pytest.mark.parametrize(
    ("lang", "text", "found"),
    [
        ("en", "Leaf tensors, and a leaf tensor.", ["Leaf tensors"]),
        ("en", "A *batch*, then views.\n\n- a mini-batch", ["batch", "views"]),
        ("en", "One. A **view of** a batch, a view.", ["view", "batch"]),
        ("en", "- a\n\n    a view", ["view"]),
        ("en", "# A view\n\nIt is a view.", ["view"]),
        ("en", "`view` and [view](#x), then view()", []),
        ("en", "Review, viewed, pre-view, view_as", []),
        ("en", '!!! note "view"\n\n    a batch', ["batch"]),
        ("en", '??? note "view"\n\n    a batch', []),
        ("en", "```\na view\n```", []),
        ("en", "A tensor.", []),
        ("en", "Gather by index.", []),
        ("en", "DP and DataParallel.", ["DP"]),
        ("zh", "视图与叶子张量，再一个视图。", ["视图", "叶子张量"]),
        ("zh", "小批量的收集", ["小批量"]),
        ("zh", "批次大小", ["批次大小"]),
    ],
)
def test_the_first_use_in_prose_is_marked(marked, lang, text, found):
    assert [written for _, written in marked(text, lang)] == found


def test_a_word_with_other_meanings_is_marked_in_its_chapter(marked):
    for lang in CONFIGS:
        found = marked("Here gather 视图", lang, "distributed/g.md")
        assert found == [("term-gather", "gather")]


def test_the_home_page_and_the_glossary_are_left_alone(marked):
    assert marked("A batch.", name="index.md") == []
    text = f"{GLOSSARY['en']}\nA batch."
    assert marked(text, name=terms.GLOSSARY) == []
    assert '<tr id="term-batch">' in marked.checkout.render(text, "en")


def test_a_page_without_a_glossary(checkout):
    assert "term" not in checkout.render(checkout.page("A view."), "zh")


def test_every_row_of_the_glossary_has_an_id_alike_in_both_languages():
    zh, en = (terms.read(read_site(ROOT, lang)) for lang in ("zh", "en"))
    assert [term.id for term in zh] == [term.id for term in en]
    assert len({term.id for term in en}) == len(en) > 60
    for term in (*zh, *en):
        assert re.fullmatch(r"term-[a-z]+(-[a-z]+)*", term.id)
        assert not re.search(r"[`<>\[\]]", term.meaning), term
    names = {term.name for term in en}
    assert names >= terms.LOCAL | {x for x in terms.COMMON if x.isascii()}

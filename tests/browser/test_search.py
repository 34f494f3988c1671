"""Searches lead readers to the page that they want."""

import re
from pathlib import Path

import pytest
import yaml

from render import errors
from tests.faults import hold

ROOT = Path(__file__).resolve().parents[2]
QUERIES = yaml.safe_load(Path(__file__).with_name("queries.yml").read_text("utf-8"))
INPUT = ".md-search__input"
LINK = ".md-search-result__item > a"


# Sets `window.answered` to a query once the search worker has answered it. The theme
# then writes the list of results. `window.first` is what the theme gave its worker.
SPY = """{
  const asked = []
  const Worker = window.Worker
  window.Worker = class extends Worker {
    constructor(url) {
      super(url)
      window.first ??= {url}
      this.addEventListener("message", ({data}) => {
        if (data.type == 3) window.answered = asked.shift()
      })
    }
    postMessage(message) {
      if (message.type == 0) window.first.setup ??= message
      if (message.type == 2) asked.push(message.data)  // answered in this order
      super.postMessage(message)
    }
  }
}"""
# Ask a worker like the theme's, without the box. The theme takes longer to write the
# list of results than the worker to find them.
ASK = """async words => {
  if (!window.second) {
    window.second = new Worker(window.first.url)
    window.second.postMessage(window.first.setup)
    await new Promise(ready => {
      window.second.addEventListener("message", ready, {once: true})
    })
  }
  const answer = new Promise(done => {
    window.second.addEventListener("message", ({data}) => done(data.data), {once: true})
  })
  window.second.postMessage({type: 2, data: words})
  return (await answer).items.map(group => group[0].path)
}"""


@pytest.fixture(scope="module", params=["zh", "en"])
def searching(request, chromium, site):
    """A language, and a function that returns the pages that a search lists."""
    lang = request.param
    page = chromium.new_page()
    page.add_init_script(SPY)
    page.goto(f"{site}{lang}/")

    def pages(words):
        page.click(INPUT)
        page.fill(INPUT, "")
        page.keyboard.insert_text(words)
        page.keyboard.press("End")  # the theme searches on key events
        page.wait_for_function("words => window.answered == words", arg=words)
        # The theme writes the list, or that there are no results, a little later.
        page.wait_for_function(
            """() => document.querySelector(".md-search-result__item")
              || /没有|No match/.test(
                document.querySelector(".md-search-result__meta").textContent)"""
        )
        page.evaluate("new Promise(requestAnimationFrame)")
        links = page.eval_on_selector_all(LINK, "x => x.map(link => link.pathname)")
        found = [link.partition(f"/{lang}/")[2].strip("/") for link in links]
        return list(dict.fromkeys(found))  # a page may be listed with two sections

    def found(words):
        if not page.evaluate("!!window.first?.setup"):
            pages("torch")  # the theme starts its worker when somebody searches
        return [path.strip("/") for path in page.evaluate(ASK, words)]

    pages.found = found
    pages.titles = lambda: page.eval_on_selector_all(
        ".md-search-result__item > a h1", "x => x.map(title => title.textContent)"
    )
    yield lang, pages
    page.close()


def test_what_is_searched_for_is_among_the_first_three(searching):
    lang, pages = searching
    faults, missing = [], set()
    for words, names in QUERIES[lang].items():
        wanted = set(names.split())
        docs = ROOT / "docs" / lang
        missing |= {name for name in wanted if not (docs / f"{name}.md").is_file()}
        found = pages.found(words)
        if not wanted & set(found[:3]):
            faults.append(f"{words}: wanted {names}, got {found[:3]}")
    hold(faults)
    assert not missing, f"no such page: {missing}"


def test_the_box_lists_what_the_worker_finds(searching):
    lang, pages = searching
    for words in [*QUERIES[lang]][::40]:
        assert pages(words)[:3] == pages.found(words)[:3]


def test_there_are_enough_words_of_both_languages():
    chinese = [words for words in QUERIES["zh"] if not words.isascii()]
    assert len(chinese) >= 30
    assert len(QUERIES["en"]) + len(QUERIES["zh"]) >= 60


def test_words_that_nothing_holds_find_nothing(searching):
    _, pages = searching
    assert pages("xyzzyx") == []


def test_two_pages_with_one_title_are_told_apart(searching):
    lang, pages = searching
    words = {"zh": "冻结", "en": "freezing"}[lang]
    assert {"training/freezing", "reference/freezing"} <= set(pages(words)[:3])
    titles = pages.titles()
    assert len(set(titles)) == len(titles)


def test_a_slip_of_the_finger_is_forgiven(searching):
    _, pages = searching
    assert "distributed/ddp" in pages("DistrbutedSampler")[:3]  # misspelled


def test_a_link_to_a_search_opens_it(open_page):
    page = open_page("en/?q=einsum")
    page.wait_for_selector(LINK)
    links = page.eval_on_selector_all(LINK, "x => x.map(link => link.pathname)")
    assert links[0].endswith("/en/tensors/math/")


def test_nothing_is_fetched_for_the_search_until_somebody_searches(open_page):
    page = open_page("zh/tensors/shape/")
    page.wait_for_load_state("networkidle")
    names = "performance.getEntriesByType('resource').map(x => x.name)"
    loaded = page.evaluate(names)
    assert any(name.endswith("search-later.js") for name in loaded)
    assert not any("search_index" in name or "workers" in name for name in loaded)
    with page.expect_response("**/search_index.json"):
        page.click(INPUT)


def test_a_pasted_message_with_other_numbers_finds_what_explains_it(searching):
    lang, pages = searching
    faults = []
    for where, found in errors.headings(ROOT, lang).items():
        one = found[0]
        words = re.sub(r"\d", "7", re.sub("[⟨⟩]", "", one.message.text))[:300]
        query = f"{one.message.cls}: {' '.join(words.split())}"
        wanted = {f"reference/errors-{errors.part_of(where)}", where[:-3]}
        if not wanted & set(listed := pages.found(query)[:3]):
            faults.append(f"{query}: wanted {wanted}, got {listed}")
    hold(faults)

"""What readers type leads to the page that they want."""

import json
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
QUERIES = yaml.safe_load(Path(__file__).with_name("queries.yml").read_text("utf-8"))
INPUT = ".md-search__input"
LINK = ".md-search-result__item > a"


# Takes note of what is asked and whether it is answered; the list follows at once.
SPY = """{
  const asked = []
  const Worker = window.Worker
  window.Worker = class extends Worker {
    constructor(url) {
      super(url)
      this.addEventListener("message", ({data}) => {
        if (data.type == 3) window.answered = asked.shift()
      })
    }
    postMessage(message) {
      if (message.type == 2) asked.push(message.data)  // answered in this order
      super.postMessage(message)
    }
  }
}"""


@pytest.fixture(scope="module", params=["zh", "en"])
def searching(request, chromium, site):
    """A language, and a function that gives the pages that a search lists."""
    lang = request.param
    page = chromium.new_page()
    page.add_init_script(SPY)
    page.goto(f"{site}{lang}/")

    def pages(words):
        page.click(INPUT)
        page.fill(INPUT, "")
        page.keyboard.insert_text(words)
        page.keyboard.press("End")  # the theme listens to keys
        page.wait_for_function("words => window.answered == words", arg=words)
        # The theme writes the list, or that there is nothing, a little later.
        page.wait_for_function(
            """() => document.querySelector(".md-search-result__item")
              || /没有|No match/.test(
                document.querySelector(".md-search-result__meta").textContent)"""
        )
        page.evaluate("new Promise(requestAnimationFrame)")
        links = page.eval_on_selector_all(LINK, "x => x.map(link => link.pathname)")
        found = [link.partition(f"/{lang}/")[2].strip("/") for link in links]
        return list(dict.fromkeys(found))  # a page may be listed with two sections

    yield lang, pages
    page.close()


def test_what_is_searched_for_is_among_the_first_three(searching):
    lang, pages = searching
    faults, missing = [], set()
    for words, wanted in QUERIES[lang].items():
        if not (ROOT / "docs" / lang / f"{wanted}.md").is_file():
            missing.add(wanted)
        elif wanted not in (found := pages(words))[:3]:
            place = found.index(wanted) + 1 if wanted in found else "not"
            faults.append(f"{words}: {wanted} is {place} listed, first are {found[:3]}")
    if faults:
        pytest.fail("\n".join(faults), pytrace=False)
    assert not missing, f"no such page: {missing}"


def test_there_are_enough_words_of_both_languages():
    chinese = [words for words in QUERIES["zh"] if not words.isascii()]
    assert len(chinese) >= 30
    assert len(QUERIES["en"]) + len(QUERIES["zh"]) >= 60


def test_words_that_nothing_holds_find_nothing(searching):
    _, pages = searching
    assert pages("xyzzyx") == []


def test_the_chinese_index_is_cut_into_words(folder):
    index = json.loads((folder / "zh/search/search_index.json").read_text("utf-8"))
    texts = [entry["text"] for entry in index["docs"]]
    assert sum(text.count("\u200b") for text in texts) > 1000, "is jieba installed?"


def test_nothing_is_fetched_for_the_search_until_somebody_searches(open_page):
    page = open_page("zh/tensors/shape/")
    page.wait_for_load_state("networkidle")
    names = "performance.getEntriesByType('resource').map(x => x.name)"
    loaded = page.evaluate(names)
    assert any(name.endswith("search-later.js") for name in loaded)
    assert not any("search_index" in name or "workers" in name for name in loaded)
    with page.expect_response("**/search_index.json"):
        page.click(INPUT)

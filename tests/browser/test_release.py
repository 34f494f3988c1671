"""The menu of torch releases, and how pages change with the chosen release."""

import pytest

from render.answers import choices
from render.blocks import ROOT
from render.markers import load_records

CHOICE = ".site-release select"
RELEASES = choices(load_records(ROOT / "records"))
both = pytest.mark.parametrize("lang", ["zh", "en"])
WORDS = {
    "needs": {"zh": "○ 需要 torch ≥ 2.7", "en": "○ needs torch ≥ 2.7"},
    "drift": {
        "zh": "✓ 2.8.0 上输出不同，已有说明",
        "en": "✓ other output on 2.8.0, explained",
    },
    "cuda": {
        "zh": "○ 2.6.0 上未运行：需要 CUDA",
        "en": "○ not run on 2.6.0: needs CUDA",
    },
}


def said(page, block):
    """Return the visible status of a block, without text for screen readers."""
    states = page.locator(f"[id='{block}'] .snippet-state >> visible=true")
    assert states.count() == 1
    return states.evaluate(
        "state => [...state.childNodes].filter(x => x.className != 'spoken')"
        ".map(x => x.textContent).join('').replace(/\\s+/g, ' ')"
    )


def test_at_first_all_releases_answer(open_page):
    page = open_page("en/tensors/shape/")
    options = page.locator(f"{CHOICE} option").all_inner_texts()
    assert options == ["All releases", *RELEASES]
    assert page.input_value(CHOICE) == ""
    assert said(page, "stride_and_offset.py") == f"✓ {len(RELEASES)} releases · CPU"


@both
@pytest.mark.parametrize("width", [1300, 390])
def test_a_block_answers_for_the_release(open_page, lang, width):
    path = f"{lang}/distributed/beyond/"
    page = open_page(path, viewport={"width": width, "height": 844})
    name = page.locator(".site-release").inner_text()
    assert name.strip()
    page.select_option(CHOICE, "2.4.1")
    assert said(page, "what_a_rank_keeps.py") == WORDS["needs"][lang]
    top = page.locator("[id='what_a_rank_keeps.py'] .filename")
    mark = top.evaluate("x => getComputedStyle(x, '::after').content")
    assert "torch ≥ 2.7" in mark
    assert said(page, "device_mesh.py") == "✓ torch 2.4.1 · CPU"
    page.select_option(CHOICE, "2.8.0")
    assert said(page, "what_a_rank_keeps.py") == WORDS["drift"][lang]
    assert page.locator("[data-elsewhere]").count() == 0
    page.select_option(CHOICE, "")
    assert said(page, "device_mesh.py").startswith(f"✓ {len(RELEASES)} ")


@both
def test_a_block_that_was_not_run_says_why(open_page, lang):
    page = open_page(f"{lang}/distributed/launch/")
    page.select_option(CHOICE, "2.6.0")
    assert said(page, "set_device.py") == WORDS["cuda"][lang]


@both
def test_a_difference_is_one_click_away(open_page, site, lang):
    page = open_page(f"{lang}/tensors/setup/")
    block = page.locator("[id='accelerator.py']")
    assert block.locator(".snippet-fault").is_visible()
    page.select_option(CHOICE, "2.15.0")  # a fault on another release is hidden
    assert not block.locator(".snippet-fault").is_visible()
    assert block.locator(".snippet-difference").count() == 0
    page.select_option(CHOICE, "2.7.1")
    block.locator(".snippet-difference").click()
    page.wait_for_url(f"{site}{lang}/reference/releases/#torch-2-7-1-cpu")
    assert page.locator("#torch-2-7-1-cpu").count() == 1


def test_the_choice_is_kept_across_pages_and_languages(open_page, site):
    page = open_page("en/tensors/shape/")
    page.select_option(CHOICE, "2.6.0")
    page.click(".site-language")
    page.wait_for_url(f"{site}zh/tensors/shape/")
    assert page.input_value(CHOICE) == "2.6.0"
    assert said(page, "stride_and_offset.py") == "✓ torch 2.6.0 · CPU"
    page.reload()
    assert page.input_value(CHOICE) == "2.6.0"


def test_another_window_follows(readers, site):
    reader = readers()
    first, second = reader.page, reader.context.new_page()
    for page in (first, second):
        page.goto(f"{site}en/tensors/shape/")
    first.select_option(CHOICE, "2.6.0")
    second.wait_for_function(f"document.querySelector('{CHOICE}').value == '2.6.0'")
    assert said(second, "stride_and_offset.py") == "✓ torch 2.6.0 · CPU"


def test_a_release_that_is_not_in_the_records_is_not_chosen(open_page):
    page = open_page("en/tensors/shape/")
    page.evaluate("localStorage.setItem('/.release', '1.13.0')")
    page.reload()
    assert page.input_value(CHOICE) == ""
    assert "releases" in said(page, "stride_and_offset.py")


def test_a_choice_that_cannot_be_kept_holds_for_the_page(readers, site):
    reader = readers()
    page = reader.page
    page.add_init_script(
        "for (const name of ['getItem', 'setItem'])"
        " Storage.prototype[name] = () => { throw new Error('forbidden') }"
    )
    page.goto(f"{site}en/tensors/shape/")
    page.select_option(CHOICE, "2.6.0")
    assert said(page, "stride_and_offset.py") == "✓ torch 2.6.0 · CPU"
    assert not any("release.js" in fault for fault in reader.faults)


@both
def test_the_matrix_shows_the_column_and_the_row(open_page, lang):
    page = open_page(f"{lang}/reference/releases/")
    page.select_option(CHOICE, "2.7.1")
    heads = page.locator("#pages ~ * th.of-release")
    assert heads.all_inner_texts() == ["2.7.1"]
    matrix = "#pages ~ * table:has(th:nth-child(7))"
    column = page.locator(f"{matrix} td.of-release").count()
    assert column == page.locator(f"{matrix} tbody tr").count() > 20
    row = page.locator("#runs ~ * tr:has(> td.of-release)").first
    assert row.locator("td").first.inner_text() == "2.7.1"
    page.select_option(CHOICE, "")
    assert page.locator(".of-release").count() == 0


def test_there_is_no_choice_without_scripts(open_page):
    page = open_page("en/tensors/shape/", java_script_enabled=False)
    assert not page.locator(CHOICE).is_visible()
    assert "releases" in said(page, "stride_and_offset.py")


def test_keys_choose(open_page):
    page = open_page("en/tensors/shape/")
    page.focus(CHOICE)
    page.keyboard.press("ArrowDown")
    assert said(page, "stride_and_offset.py") == f"✓ torch {RELEASES[0]} · CPU"


def signs(page, within=""):
    """Return the signs after version notes, without text for screen readers."""
    return page.locator(f"{within} .release-sign").evaluate_all(
        "found => found.map(x => x.firstChild.data.trim() + ' ' + x.childNodes[1].data)"
    )


@pytest.mark.parametrize(
    ("path", "at_least"),
    [
        ("tensors/setup", 4),
        ("tensors/dtypes", 3),
        ("training/optimizers", 5),
        ("training/file-formats", 8),
        ("training/reproducibility", 5),
        ("distributed/collectives", 6),
        ("distributed/process-groups", 5),
        ("reference/errata", 20),
        ("reference/errors-training", 40),
        ("reference/library", 1),
    ],
)
def test_notes_of_versions_answer_alike_in_both_languages(
    open_page, site, path, at_least
):
    page = open_page(f"zh/{path}/")
    page.select_option(CHOICE, "2.7.1")
    chinese = signs(page)
    page.goto(f"{site}en/{path}/")
    assert signs(page) == chinese
    assert len(chinese) >= at_least


@pytest.mark.parametrize(
    ("release", "answers"),
    [
        ("2.5.1", ["✗ 2.5.1", "✓ 2.5.1", "✓ 2.5.1", "✗ 2.5.1"]),
        ("2.6.0", ["✓ 2.6.0", "✓ 2.6.0", "✓ 2.6.0", "✗ 2.6.0"]),
        ("2.11.0", ["✓ 2.11.0", "✓ 2.11.0", "✓ 2.11.0", "✓ 2.11.0"]),
    ],
)
def test_a_sentence_says_whether_it_applies(open_page, release, answers):
    page = open_page("en/tensors/setup/")  # since 2.6, since 2.5 twice, since 2.11
    text = page.locator("article").inner_text()
    page.select_option(CHOICE, release)
    assert signs(page) == answers
    spoken = page.locator(".release-sign .spoken").first.text_content()
    applies = "applies to" if answers[0].startswith("✓") else "doesn't apply to"
    assert spoken == f"({applies} torch {release})"
    page.select_option(CHOICE, "")
    assert signs(page) == []
    assert page.locator("article").inner_text() == text


def test_before_and_earlier_are_the_other_way_round(open_page):
    path = "en/distributed/process-groups/"
    page = open_page(path)
    page.select_option(CHOICE, "2.7.1")  # "2.7 and earlier", "2.8 or later"
    assert signs(page, ".warning") == ["✓ 2.7.1", "✗ 2.7.1"]
    page.select_option(CHOICE, "2.8.0")
    assert signs(page, ".warning") == ["✗ 2.8.0", "✓ 2.8.0"]


def test_a_table_of_changes_marks_what_applies(open_page, site):
    def marked(release):
        page.select_option(CHOICE, release)
        rows = page.locator(".changes tbody tr")
        return rows.evaluate_all(
            "rows => rows.map(row => [...row.cells].findIndex("
            "cell => cell.querySelector('.release-sign')))"
        )

    # The last cells are 2.6; 2.6 (`bytes`: 2.5); 2.5; 2.1. Before 2.6, the second row
    # is ambiguous, so neither of its cells is marked.
    page = open_page("en/training/file-formats/")
    before, now, neither = 1, 2, -1
    assert marked("2.4.1") == [before, neither, before, now]
    assert marked("2.5.1") == [before, neither, now, now]
    assert marked("2.6.0") == [now, now, now, now]
    # The row says "2.11.0 or earlier", so 2.10 may have the change or not.
    page.goto(f"{site}en/training/datasets/")
    assert marked("2.10.0")[1] == neither
    assert marked("2.11.0")[1] == now


def test_an_error_message_says_whether_a_release_has_it(open_page):
    page = open_page("en/reference/errors-tensors/")
    page.select_option(CHOICE, "2.13.0")
    assert signs(page, ".seen-on:text('torch 2.13.0+cpu')")[0] == "✓ 2.13.0"
    assert signs(page, ".seen-on:text('torch 2.6.0')")[0] == "✗ 2.13.0"
    assert signs(page, ".seen-on:text('torch 2.4.1–2.15.0')")[0] == "✓ 2.13.0"

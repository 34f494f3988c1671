"""What a block says to a reader who has chosen a torch release."""

import json
import re
from html import unescape

import pytest

from render.answers import choices
from render.markers import load_records


def answers_of(page: str) -> list[list[str]]:
    """Return the answers stored below the only block of a page; [] if it has none."""
    found = re.search(r' data-answers="(.*?)"', page)
    return json.loads(unescape(found[1])) if found else []


@pytest.fixture
def answers(checkout):
    """A function that renders the block of the checkout and returns its answers."""
    return lambda lang="en": answers_of(checkout.show(lang=lang))


def test_a_block_that_passed_on_every_release_has_none(checkout, answers):
    checkout.record("2.15.0")
    checkout.record("2.4.1")
    assert answers() == []


def test_a_release_that_is_too_old_is_said_once_for_all_such_releases(
    checkout, answers
):
    checkout.snippet("tensors/shape/view.py", "# Needs: torch>=2.7\nprint(1)\n#> 1\n")
    checkout.record("2.15.0")
    for release in ("2.6.0", "2.4.1"):
        checkout.record(release, outcome="skipped", need="torch>=2.7")
    assert answers() == [["elsewhere", "needs torch ≥ 2.7", "", "2.6.0 2.4.1"]]
    assert answers("zh") == [["elsewhere", "需要 torch ≥ 2.7", "", "2.6.0 2.4.1"]]


def test_a_release_that_is_too_new_is_said_without_a_run(checkout, answers):
    checkout.record("2.15.0")
    checkout.record("2.4.1")
    checkout.snippet("tensors/shape/view.py", "# Needs: torch<2.6\nprint(1)\n#> 1\n")
    checkout.record("2.4.1")
    assert answers() == [["elsewhere", "needs torch < 2.6", "", "2.15.0"]]


@pytest.mark.parametrize(
    ("outcome", "note", "answer"),
    [
        ("failed", None, ["failed", "failed on {}"]),
        ("failed", "ours", ["failed", "failed on {}"]),
        ("output-changed", None, ["output-changed", "output changed on {}"]),
        ("output-changed", "drift", ["passed", "other output on {}, explained"]),
        ("failed", "upstream", ["upstream", "differs on {} through a change in torch"]),
    ],
)
def test_what_did_not_pass_names_the_device_of_its_difference(
    checkout, answers, outcome, note, answer
):
    checkout.record("2.15.0")
    checkout.record("2.13.0", outcome=outcome)
    if note:
        checkout.note(note)
    assert answers() == [[*answer, "cpu", "2.13.0"]]


def test_a_block_that_was_not_run_says_why(checkout, answers):
    checkout.record("2.15.0", outcome="skipped", need="cuda")
    assert answers() == [["skipped", "not run on {}: needs CUDA", "", "2.15.0"]]


def test_a_block_that_has_changed_or_is_new_says_so(checkout, answers):
    checkout.record("2.15.0", sha256="0" * 64)
    stale = ["stale", "not verified on {} since the last change", "", "2.15.0"]
    assert answers() == [stale]
    checkout.snippet("tensors/shape/new.py", "print(1)\n#> 1\n")
    new = answers_of(checkout.show("tensors/shape/new.py", "en"))
    assert new == [["none", "not run on {} yet", "", "2.15.0"]]


def test_both_devices_are_named_and_the_worse_one_speaks(checkout, answers):
    checkout.record("2.15.0")
    checkout.record("2.15.0", device="cuda")
    checkout.record("2.13.0")
    checkout.record("2.13.0", device="cuda", outcome="failed")
    assert answers() == [
        ["passed", "torch {} · CPU · CUDA", "", "2.15.0"],
        ["failed", "failed on {}", "cuda", "2.13.0"],
    ]


def test_only_final_releases_on_which_something_ran_can_be_chosen(checkout):
    for release in ("2.15.0", "2.16.0rc1", "2.16.0.dev20261120", "2.4.1"):
        checkout.record(release)
    checkout.record("2.15.0", device="cuda")
    altered = checkout.root / "records" / "torch-2.4.1-cpu.json"
    altered.write_text(altered.read_text().replace("passed", "failed"))
    found = load_records(checkout.root / "records")
    assert choices(found) == ["2.15.0"]

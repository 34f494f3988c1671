"""The API index agrees with torch and leaves no name out."""

import json
from pathlib import Path

import pytest

from render import api
from render.names import load_facts, resolve
from verify import DEFAULT_TORCH

ROOT = Path(__file__).resolve().parents[2]
FACTS = load_facts()
# What torch says when its rarer parts are imported is not the matter here.
pytestmark = pytest.mark.filterwarnings("ignore")


def hold(faults):
    """Fail with the faults and nothing around them."""
    if faults:
        pytest.fail("\n".join(faults), pytrace=False)


def test_whose_every_name_is_can_be_told():
    hold(api.faults(ROOT))


def test_every_name_has_a_rule_for_its_official_page():
    for name in api.all_used(ROOT):
        api.official(name)


@pytest.fixture(scope="module")
def torch_facts():
    """What torch itself says, where the tests run on the release of the facts."""
    import torch

    from render.torch_facts import Torch

    if torch.__version__.partition("+")[0] != DEFAULT_TORCH:
        pytest.skip(f"the facts are those of torch {DEFAULT_TORCH}")
    return Torch()


def test_the_facts_are_those_of_the_default_release():
    assert FACTS.torch == DEFAULT_TORCH


def test_torch_has_every_name_of_the_index(torch_facts):
    hold(
        [
            f"render/torch_facts.json:1: torch has no {name}"
            for name in api.all_used(ROOT)
            if torch_facts.look_up(name) is None
        ]
    )


def test_torch_itself_gives_the_same_names(torch_facts):
    faults = []
    for file, told in [
        (path, api.load_receivers().get(path, {}))
        for path in sorted(
            path.relative_to(ROOT / "snippets").as_posix()
            for path in (ROOT / "snippets").glob("*/*/*.py")
        )
    ]:
        source = (ROOT / "snippets" / file).read_text("utf-8")
        live, kept = (resolve(source, facts, told) for facts in (torch_facts, FACTS))
        if live.used != kept.used:
            names = ", ".join(sorted(live.used.keys() ^ kept.used.keys()))
            faults.append(
                f"snippets/{file}:1: not as torch says: {names};"
                " run python -m render.torch_facts"
            )
    hold(faults)


def test_an_optimizer_that_was_made_changes_no_fact(torch_facts):
    import torch

    torch.optim.AdamW([torch.zeros(1)])  # sets AdamW.step, which Adam has
    torch.optim.SGD([torch.zeros(1)])
    fresh = type(torch_facts)()  # it keeps what it was asked
    assert fresh.look_up("torch.optim.AdamW.step") is None
    assert fresh.look_up("torch.optim.SGD.step")


def test_the_facts_are_as_the_command_writes_them(torch_facts):
    from render.torch_facts import collect

    found = json.loads(json.dumps(collect()))
    kept = json.loads((ROOT / "render/torch_facts.json").read_text("utf-8"))
    for part in ("names", "owners"):
        differ = [
            key
            for key in found[part].keys() | kept[part].keys()
            if found[part].get(key) != kept[part].get(key)
        ]
        hold(
            [
                f"render/torch_facts.json:1: {key} is {found[part].get(key)} in torch,"
                f" {kept[part].get(key)} here; run python -m render.torch_facts"
                for key in sorted(differ)
            ]
        )

"""Every public docstring of the library has an up-to-date Chinese translation."""

import re

import pytest

from render.docstrings import FOLDER, LIBRARY, ROOT, faults, public_docstrings, read

SECTION = re.compile(r"^(\w+):$", re.M)


@pytest.mark.parametrize("module", LIBRARY)
def test_every_docstring_has_a_fresh_chinese_one(module):
    source = (ROOT / "snippets" / f"{module}.py").read_text("utf-8")
    assert faults(module, source, FOLDER / f"{module}.yml") == []


@pytest.mark.parametrize("module", LIBRARY)
def test_both_have_the_same_sections_arguments_and_examples(module):
    source = (ROOT / "snippets" / f"{module}.py").read_text("utf-8")
    chinese = read(FOLDER / f"{module}.yml")
    for name, text in public_docstrings(source, module).items():
        other = chinese[name]["text"]
        assert re.search(r"[\u4e00-\u9fff]", other), name
        assert SECTION.findall(other) == SECTION.findall(text), name
        for part in (r"^    (\*{0,2}\w+):", r"^    ((?:>>>|\.\.\.) .*)$"):
            found = re.compile(part, re.M)
            assert found.findall(other) == found.findall(text), name

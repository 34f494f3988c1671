"""Faults planted into a fake torch or a record are reported everywhere.

Most tests run the verifier and build the site, then check the terminal output, the page
about releases and the badges.
"""

import dataclasses
import html
import json
import re
import warnings

import pytest
import yaml

from render.pages import read_config
from tests.verify.fakes import ROOT, Tree
from verify import record_files
from verify.snippet import parse

pytest.importorskip("mkdocs", reason="builds pages with MkDocs")

from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import Abort

BLOCK = "tensors/sums/mean_of_a_list.py"
OLD, NEW = "2.14.0", "2.15.0"


@pytest.fixture(scope="module")
def verified(tmp_path_factory):
    """A checkout with two blocks, verified on one release."""
    tree = Tree(tmp_path_factory.mktemp("verified"))
    tree.snippet(
        "tensors/sums/add_scaled.py",
        "import torch\n\nprint(torch.add(1, 2))\n#> 3\nprint(torch.add(1, 2, alpha=3))"
        "\n#> 7\n",
    )
    tree.snippet(BLOCK, "import torch\n\nprint(torch.mean([1, 2]))\n#> 1.5\n")
    for lang in ("zh", "en"):
        page = tree.root / "docs" / lang / "reference" / "releases.md"
        page.parent.mkdir(parents=True)
        page.write_text((ROOT / "docs" / lang / "reference/releases.md").read_text())
    tree.torch(OLD)
    assert tree.verify(OLD)[0] == 0
    return tree


@pytest.fixture
def tree(verified, tmp_path):
    """A copy of the verified checkout to plant a fault in."""
    return verified.copy(tmp_path / "tree")


class Reader:
    """Builds the site of a tree in strict mode and reads its pages."""

    def __init__(self, tree):
        self.tree = tree
        config = read_config(ROOT / "mkdocs.base.yml")
        self.extensions = config["markdown_extensions"]
        self.extensions["pymdownx.snippets"]["base_path"] = [
            str(tree.root / "snippets")
        ]

    def read(self, page, lang):
        """Build one language and return the text and the links of a page."""
        root = self.tree.root
        config = {
            "site_name": "tree",
            "docs_dir": f"docs/{lang}",
            "site_dir": f"site/{lang}",
            "theme": {"name": "mkdocs", "locale": lang},
            "strict": True,
            "plugins": [],
            "validation": {"anchors": "warn"},
            "markdown_extensions": {
                **self.extensions,
                "render.blocks": {"lang": lang, "root": str(root)},
            },
        }
        path = root / f"mkdocs.{lang}.yml"
        path.write_text(yaml.safe_dump(config), "utf-8")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # MkDocs's own warnings
            loaded = load_config(str(path))
            assert isinstance(loaded, MkDocsConfig)
            build(loaded)
        text = (root / "site" / lang / page / "index.html").read_text("utf-8")
        main = text[text.index('role="main"') : text.index("<footer")]
        words = re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", " ", main)))
        return words, re.findall(r'href="([^"]*)"', main)


@pytest.fixture
def read(tree):
    """A function that builds the site and reads a page, by default about releases."""
    reader = Reader(tree)
    return lambda lang="en", page="reference/releases": reader.read(page, lang)


def test_all_is_well(tree, read):
    tree.torch(NEW)
    code, out, _ = tree.verify(NEW)
    assert code == 0
    assert "torch 2.15.0 on cpu: 2 passed, 0 failed, 0 with another output" in out
    assert "nothing differs (before: torch 2.14.0)" in out
    text, _ = read()
    assert f"{NEW} CPU ✓ all passed 2 0 0 0 0 not run" in text
    assert "Against torch 2.14.0: Nothing differs." in text
    text, _ = read("zh")
    assert f"{NEW} CPU ✓ 全部通过 2 0 0 0 0 未运行" in text
    assert "与 torch 2.14.0 相比：没有差别。" in text
    foot, _ = read("zh", "tensors/sums")
    assert foot.count("已验证: 2 个版本 · CPU torch 2.14.0–2.15.0 · CPU") == 2


def test_a_removed_api(tree, read):
    tree.torch(NEW, "del mean\n")
    code, out, _ = tree.verify(NEW)
    error = "AttributeError: module 'torch' has no attribute 'mean'"
    assert code == 1
    assert f"1 fail (before: torch {OLD}):\n  snippets/{BLOCK}" in out
    assert "(docs/en/tensors/sums.md) [not judged yet]\n    " + error in out
    text, links = read()
    assert f"{NEW} CPU ✗ differs 1 1 0 0 0" in text
    assert f"Failed (1) mean_of_a_list.py (new, not judged yet): {error}" in text
    assert re.search(rf"Page Snippets {NEW} {OLD} .{{1,40}} 2 ✗ 1 ✓", text)
    assert "../../tensors/sums/#mean_of_a_list.py" in links
    text, _ = read("zh")
    assert f"未通过（1） mean_of_a_list.py （新，尚未判断）： {error}" in text
    foot, _ = read("zh", "tensors/sums")
    assert f"✗ 未通过 torch {OLD} · CPU" in foot
    assert f"✗ 未通过：torch {NEW} · CPU" in foot


def test_a_changed_default(tree, read):
    tree.torch(NEW, "def add(a, b, alpha=2):\n    return a + alpha * b\n")
    code, out, _ = tree.verify(NEW)
    assert code == 1
    assert "1 print something else" in out
    assert "line 4, 2.14.0: 3\n    line 4, 2.15.0: 5\n" in out
    text, _ = read()
    assert f"Line torch {OLD} torch {NEW} 4 3 5" in text
    text, _ = read("zh")
    assert f"行 torch {OLD} torch {NEW} 4 3 5" in text


def test_many_changes_with_one_cause_are_told_once(tree, read):
    names = [f"tensors/sums/mean_to_{number}.py" for number in range(3)]
    for number, name in enumerate(names):
        text = f"import torch\n\nprint(torch.mean([0, {2 * number}]))\n#> {number}.0\n"
        tree.snippet(name, text)
    tree.torch(OLD)
    assert tree.verify(OLD)[0] == 0
    tree.torch(NEW, "def mean(values):\n    return f'rank {sum(values)}'\n")
    code, out, _ = tree.verify(NEW)
    assert code == 1
    assert out.count("rank ") == 1  # in full once, then by name
    assert "the same, but for numbers, in 3 more:\n" in out
    for name in (*names, BLOCK):
        assert out.count(f"  snippets/{name} (docs/en/tensors/sums.md)") == 1
    text, links = read()
    assert "Other output (4) 4 snippets (not judged yet): rank 3" in text
    for name in (*names, BLOCK):
        assert f"../../tensors/sums/#{name.rpartition('/')[2]}" in links
    text, _ = read("zh")
    assert "输出不同（4） 4 个片段（尚未判断）： rank 3" in text
    # An older release that differs for the same cause links to the newer one.
    tree.torch("2.13.0", "def mean(values):\n    return f'rank {2 + sum(values)}'\n")
    assert tree.verify("2.13.0")[0] == 1
    text, links = read()
    assert "4 snippets (not judged yet): the same cause as on torch 2.15.0" in text
    assert "#torch-2-15-0-cpu" in links
    assert text.count(": rank ") == 1
    assert "The 4 files" in text


def test_a_changed_output(tree, read):
    tree.torch(NEW, "def mean(values):\n    return '`<mean|1.5>`'\n")
    assert tree.verify(NEW)[0] == 1
    # The next release prints the same, which still isn't the output in the file.
    tree.torch("2.16.0", "def mean(values):\n    return '`<mean|1.5>`'\n")
    code, out, _ = tree.verify("2.16.0")
    assert code == 1
    assert f"snippets/{BLOCK} (docs/en/tensors/sums.md) as on {NEW}" in out
    assert "line 4, expected: 1.5\n    line 4, 2.16.0  : `<mean|1.5>`\n" in out
    # The release after that prints the output in the file again.
    tree.torch("2.17.0")
    code, out, _ = tree.verify("2.17.0")
    assert code == 0
    assert "line 4, 2.16.0: `<mean|1.5>`\n    line 4, 2.17.0: 1.5\n" in out
    text, _ = read()
    assert "Line torch 2.14.0 torch 2.15.0 4 1.5 `<mean|1.5>`" in text
    now = "Line Output in the file torch 2.16.0 4 1.5 `<mean|1.5>`"
    assert f"(as on 2.15.0, not judged yet) {now}" in text
    assert "Line torch 2.16.0 torch 2.17.0 4 `<mean|1.5>` 1.5" in text
    assert (
        "mean_of_a_list.py : 2.14.0 passed; 2.15.0–2.16.0 other output; 2.17.0 passed"
        in text
    )


def test_a_new_warning(tree, read):
    warn = "warnings.warn('mean will go', FutureWarning, stacklevel=2)"
    tree.torch(NEW, f"def mean(values):\n    {warn}\n    return 1.5\n")
    code, out, _ = tree.verify(NEW)
    assert code == 0  # only DEFAULT_TORCH fails on a new warning
    assert f"1 warn newly (before: torch {OLD}):\n  snippets/{BLOCK}" in out
    assert "FutureWarning: mean will go" in out
    text, _ = read()
    assert "New warnings (1) mean_of_a_list.py : FutureWarning: mean will go" in text
    text, _ = read("zh")
    assert "新出现的警告（1） mean_of_a_list.py ： FutureWarning: mean will go" in text


def test_a_torch_whose_import_hangs(tree, read):
    tree.torch(NEW, "import time\ntime.sleep(600)\n")
    code, out, _ = tree.verify(NEW, "--timeout", "1.5")
    assert code == 1
    error = "import torch ran longer than 1.5 s"
    assert re.search(
        f"{NEW} on cpu: not-imported: .+ cannot run snippets: {error}", out
    )
    text, _ = read()
    assert f"{NEW} CPU ✗ cannot be imported – – – – – –" in text
    assert error in text
    text, _ = read("zh")
    assert f"{NEW} CPU ✗ 无法导入" in text
    assert error in text


def test_a_module_whose_import_hangs(tree, read):
    tree.torch(NEW, "def __getattr__(name):\n    import time\n    time.sleep(600)\n")
    tree.snippet(BLOCK, "from torch import hub\n\nprint(1)\n#> 1\n")
    code, out, _ = tree.verify(NEW, "--timeout", "5")
    assert code == 1
    assert f"snippets/{BLOCK}" in out
    assert "ran longer than 5 s" in out
    text, _ = read()
    assert "mean_of_a_list.py (not judged yet): ran longer than 5 s" in text


def test_a_release_that_cannot_be_installed(tree, read):
    tree.torch(NEW, needs="no-such-package==1.0")
    code, out, _ = tree.verify(NEW)
    assert code == 1
    assert re.search(r"torch 2\.15\.0 on cpu: not-installed: .*no-such-package", out)
    text, _ = read()
    assert f"{NEW} CPU ✗ cannot be installed – – – – – –" in text
    assert "no-such-package" in text
    text, _ = read("zh")
    assert f"{NEW} CPU ✗ 装不上" in text
    foot, _ = read("en", "tensors/sums")
    assert foot.count(f"Verified: torch {OLD} · CPU") == 2


def test_an_index_out_of_order_does_not_unsay_what_ran(tree):
    before = tree.record(OLD).read_bytes()
    tree.torch(OLD, needs="no-such-package==1.0")
    assert tree.verify(OLD)[0] == 1
    assert tree.record(OLD).read_bytes() == before


@pytest.mark.parametrize("what", ["outcome", "hash"])
def test_a_record_edited_by_hand(tree, read, what):
    tree.torch(NEW, "del mean\n")
    tree.verify(NEW)
    if what == "outcome":  # turn a failure into a success
        text = tree.record(NEW).read_text()
        text = text.replace('"outcome": "failed"', '"outcome": "passed"')
    else:  # claim that a changed file ran
        path = tree.snippet(BLOCK, "print(1)\n#> 1\n")
        fields = json.loads(tree.record(NEW).read_text())
        fields["snippets"][BLOCK]["sha256"] = parse(path).sha256
        text = json.dumps(fields)
    tree.record(NEW).write_text(text)
    text, _ = read()
    assert f"{NEW} CPU ✗ record does not count" in text
    assert f"torch-{NEW}-cpu.json was changed after the run" in text
    text, _ = read("zh")
    assert f"{NEW} CPU ✗ 记录不算数" in text
    foot, _ = read("en", "tensors/sums")
    assert NEW not in foot
    # The next run replaces the record.
    tree.verify(NEW)
    assert f"{NEW} CPU ✗ record does not count" not in read()[0]


def test_a_record_under_the_name_of_another_release(tree, read, caplog):
    tree.record(OLD).rename(tree.record(NEW))
    with pytest.raises(Abort):
        read()
    assert f"torch-{NEW}-cpu.json: is of torch {OLD} on cpu; only a run" in caplog.text


def test_results_of_another_machine(tree, read):
    record = record_files.read(tree.record(OLD))
    (here,) = record.machines.values()
    there = dataclasses.replace(here, device_name="Elbrus-8C", python="3.10.1")
    record_files.write(
        dataclasses.replace(
            record,
            machines={there.id: there},
            snippets={
                name: dataclasses.replace(result, machine=there.id)
                for name, result in record.snippets.items()
            },
        ),
        tree.record(OLD),
    )
    # The machine may be the cause of a difference, so it is mentioned.
    tree.torch(NEW)
    _, out, _ = tree.verify(NEW)
    assert f"(before: torch {OLD}), which ran on another machine" in out
    text, _ = read()
    assert f"Against torch {OLD} (which ran on another machine):" in text
    # The page names the machine, and both machines once there are two.
    assert f"{OLD} CPU Elbrus-8C 3.10.1" in text
    code, _, err = tree.verify(OLD, "--only", f"snippets/{BLOCK}")
    assert (code, err) == (0, "")
    machines = record_files.read(tree.record(OLD)).machines
    assert machines.keys() == {here.id, there.id}
    text, _ = read()
    assert f"{OLD} CPU Elbrus-8C 3.10.1" in text
    assert f"{OLD} CPU {here.device_name} {here.python}" in text


def test_a_changed_file_loses_its_badge(tree, read):
    foot, _ = read("en", "tensors/sums")
    assert foot.count(f"Verified: torch {OLD} · CPU") == 2
    tree.snippet(BLOCK, "import torch\n\nprint(torch.mean([1, 3]))\n#> 2.0\n")
    foot, _ = read("en", "tensors/sums")
    assert foot.count(f"Verified: torch {OLD} · CPU") == 1
    assert foot.count("Not verified since the last change") == 1
    text, _ = read()
    assert f"{OLD} CPU ○ files to run again 1 0 0 0 1" in text
    assert "mean_of_a_list.py : 2.14.0 not run since the last change" in text


def test_a_person_says_which_kind_a_difference_is(tree, read):
    tree.torch(NEW, "del mean\n")
    notes = tree.record(NEW).with_suffix(".notes.json")
    for kind, code, words in [
        ("upstream", 0, "breaking change in torch"),
        ("drift", 0, "harmless difference"),
        ("ours", 1, "mistake of ours"),
    ]:
        notes.write_text(json.dumps({BLOCK: kind}))
        assert tree.verify(NEW)[0] == code
        assert f"mean_of_a_list.py (new, {words})" in read()[0]
    notes.write_text(json.dumps({BLOCK: "weather"}))
    _, _, err = tree.verify(NEW)
    assert "'weather' is none of upstream, ours, drift" in err
    tree.torch(NEW)
    notes.write_text(json.dumps({BLOCK: "drift"}))
    code, out, _ = tree.verify(NEW)
    assert code == 1
    assert f"{BLOCK}: the note beside the record explains nothing; take it out" in out
    # The page must agree with the terminal; it once did not.
    text, _ = read()
    assert f"{NEW} CPU ✗ differs 2 0 0 0 0" in text
    assert "A note beside the record explains nothing; remove it: mean_of_a" in text
    text, _ = read("zh")
    assert f"{NEW} CPU ✗ 有差别 2 0 0 0 0" in text


def test_a_library_broken_on_purpose(tree, read):
    """Regression test: badges of blocks that import the library once stayed green."""
    library = tree.root / "snippets" / "sums.py"
    library.write_text("def add(a, b):\n    return a + b\n")
    tree.snippet(
        BLOCK,
        "# Needs: snippets\nfrom snippets.sums import add\n\nprint(add(1, 2))\n#> 3\n",
    )
    assert tree.verify(OLD)[0] == 0
    foot, _ = read("en", "tensors/sums")
    assert foot.count(f"Verified: torch {OLD} · CPU") == 2
    library.write_text("def add(a, b):\n    raise SystemError\n")
    foot, _ = read("en", "tensors/sums")
    assert foot.count(f"Verified: torch {OLD} · CPU") == 1
    assert foot.count("Not verified since the last change") == 1
    text, _ = read()
    assert f"{OLD} CPU ○ files to run again 1 0 0 0 1" in text
    assert tree.verify(OLD)[0] == 1
    foot, _ = read("en", "tensors/sums")
    assert f"Failed: torch {OLD} · CPU" in foot


def test_drift_that_a_person_has_explained_is_passed(tree, read):
    tree.torch(NEW, "def mean(values):\n    return 1.25\n")
    tree.record(NEW).with_suffix(".notes.json").write_text(json.dumps({BLOCK: "drift"}))
    code, out, _ = tree.verify(NEW)
    assert code == 0
    assert "2 passed, 0 failed, 0 with another output" in out
    text, _ = read()
    assert f"{NEW} CPU ✓ differences explained 2 0 0 0 0" in text
    foot, _ = read("en", "tensors/sums")
    assert foot.count(f"Verified: 2 releases · CPU torch {OLD}–{NEW}") == 2
    assert f"Harmless difference in the output: torch {NEW} · CPU" in foot
    assert "✗" not in foot

"""The status line under a block, and the newest runs on the home page."""

import re

import pytest

from render.header import need_in_words


def text_of(html: str) -> str:
    """Return the visible text of HTML, with runs of whitespace collapsed."""
    seen = re.sub(r'<span class="spoken">.*?</span>', "", html)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", seen)).strip()


def foot_of(page: str) -> str:
    """Return the line under a block as ``state [proof; more proof] facts``."""
    foot = re.search(r'<div class="snippet-foot".*?</div>', page, re.S)[0]
    proof = re.search(
        r'<details class="snippet-proof">.*?</summary><p>(.*?)</p>', foot, re.S
    )
    lines = [text_of(line) for line in proof[1].split("<br>")] if proof else []
    state = text_of(re.search(r'<span class="snippet-state.*?</span>(?=<)', foot)[0])
    faults = re.search(r'<p class="snippet-facts">(.*?)</p>', foot, re.S)
    header = re.search(r'snippet-header"><summary>(.*?)</summary>', foot, re.S)
    facts = [text_of(found[1]) for found in (faults, header) if found]
    return " ".join([state, *[f"[{'; '.join(lines)}]"] * bool(lines), *facts])


@pytest.fixture
def foot(checkout):
    """A function that renders the block of the checkout and returns its status line."""
    return lambda lang="zh": foot_of(checkout.show(lang=lang))


def test_one_release_on_the_cpu(checkout, foot):
    checkout.record()
    line = "✓ torch 2.13.0 · CPU [torch 2.13.0 · CPU · 2026-05-04]"
    assert foot() == foot("en") == line


def test_several_releases_are_counted_and_their_range_is_the_proof(checkout, foot):
    for release in ("2.4.1", "2.15.0", "2.13.0"):
        checkout.record(release)
    proof = "[torch 2.4.1–2.15.0 · CPU · 2026-05-04]"
    assert foot() == f"✓ 3 个版本 · CPU {proof}"
    assert foot("en") == f"✓ 3 releases · CPU {proof}"


def test_a_range_ends_before_a_release_that_did_not_pass(checkout, foot):
    for release in ("2.15.0", "2.14.1", "2.12.1", "2.11.0", "2.4.1"):
        checkout.record(release)
    checkout.record("2.13.0", outcome="failed")
    assert foot("en") == (
        "✓ 5 releases · CPU [torch 2.4.1–2.12.1, 2.14.1–2.15.0 · CPU · 2026-05-04] "
        "✗ Failed: torch 2.13.0 · CPU"
    )


def test_a_failure_leads_to_its_difference(checkout):
    checkout.record("2.15.0")
    checkout.record("2.13.0", outcome="failed")
    page = checkout.render(
        checkout.page('```python\n--8<-- "tensors/shape/view.py"\n```')
    )
    assert '<a href="../../reference/releases/#torch-2-13-0-cpu">Failed' in page or (
        '<a href="../../reference/releases/#torch-2-13-0-cpu">未通过' in page
    )


def test_a_page_says_once_that_nothing_ran_on_cuda(checkout):
    blocks = '```python\n--8<-- "tensors/shape/view.py"\n```\n'
    says = "本页的代码块还没有在 CUDA 上运行过。"
    checkout.record()
    assert checkout.render(checkout.page(blocks)).count(says) == 1
    checkout.record(device="cuda")
    assert says not in checkout.render(checkout.page(blocks))


def test_both_devices(checkout, foot):
    checkout.record()
    checkout.record(device="cuda")
    assert foot() == (
        "✓ torch 2.13.0 · CPU · CUDA [torch 2.13.0 · CPU · 2026-05-04; "
        "torch 2.13.0 · CUDA (NVIDIA H200) · 2026-05-04]"
    )


def test_cuda_on_another_release_says_which(checkout, foot):
    checkout.record("2.15.0")
    checkout.record("2.13.0", device="cuda")
    assert "; torch 2.13.0 · CUDA (NVIDIA H200)" in foot()


def test_cuda_alone(checkout, foot):
    checkout.record(outcome="skipped", need="cuda")
    checkout.record(device="cuda")
    proof = "[torch 2.13.0 · CUDA (NVIDIA H200) · 2026-05-04]"
    assert foot() == f"✓ torch 2.13.0 · CUDA {proof}"


def test_no_record(foot):
    assert foot() == "○ 尚未验证"
    assert foot("en") == "○ Not verified yet"


def test_a_record_of_other_contents_does_not_count(checkout, foot):
    checkout.record()
    checkout.snippet("tensors/shape/view.py", "print(2)\n#> 2\n")
    assert foot() == "○ 上次修改后尚未验证"
    assert foot("en") == "○ Not verified since the last change"


def test_only_the_records_of_these_contents_count(checkout, foot):
    checkout.record("2.13.0")
    checkout.record("2.15.0", sha256="0" * 64)
    assert foot().startswith("✓ torch 2.13.0 · CPU")
    assert "2.15.0" not in foot()


LIBRARY = "# Needs: snippets\nfrom snippets.checkpoints import load\n\nprint(1)\n#> 1\n"


def test_no_badge_stays_green_when_the_library_breaks(checkout, foot):
    """Regression test: 80 badges once stayed green with a broken `load()`."""
    checkout.snippet("checkpoints.py", "def load(path):\n    return path\n")
    checkout.snippet("seeding.py", "def seed_everything(seed):\n    return seed\n")
    checkout.snippet("tensors/shape/view.py", LIBRARY)
    checkout.record()
    assert foot("en").startswith("✓ torch 2.13.0 · CPU")
    checkout.snippet("seeding.py", "raise SystemError\n")  # the block doesn't use it
    assert foot("en").startswith("✓ torch 2.13.0 · CPU")
    checkout.snippet("checkpoints.py", "def load(path):\n    raise SystemError\n")
    assert foot("en").startswith("○ Not verified since the last change")
    assert foot().startswith("○ 上次修改后尚未验证")
    (_, *runs) = runs_of(checkout.render("<!-- newest runs -->\n", "en"))[0].split(
        " · "
    )
    assert runs[-1] == "0 of 1 snippets passed"
    checkout.record("2.15.0")
    assert foot("en").startswith("✓ torch 2.15.0 · CPU")


def test_explained_drift_counts_as_passed(checkout, foot):
    for release in ("2.13.0", "2.15.0"):
        checkout.record(release)
    checkout.record("2.14.1", outcome="output-changed")
    assert "✗ Output changed: torch 2.14.1 · CPU" in foot("en")
    checkout.note("drift", "2.14.1")
    assert foot("en") == (
        "✓ 3 releases · CPU [torch 2.13.0–2.15.0 · CPU · 2026-05-04; "
        "Harmless difference in the output: torch 2.14.1 · CPU]"
    )
    assert "; 输出略有不同，不影响结果：torch 2.14.1 · CPU]" in foot()
    checkout.record("2.16.0", outcome="output-changed")
    checkout.note("drift", "2.16.0")
    (newest, _) = runs_of(checkout.render("<!-- newest runs -->\n", "en"))
    assert newest.endswith("1 of 1 snippets passed")
    assert foot("en").startswith("✓ 4 releases · CPU [torch 2.13.0–2.16.0")


def test_a_change_in_torch_is_no_failure_of_the_block_and_no_pass(checkout, foot):
    checkout.record("2.15.0")
    checkout.record("2.14.1", outcome="failed")
    checkout.note("upstream", "2.14.1")
    assert foot("en").endswith(
        "] Different because of a change in torch: torch 2.14.1 · CPU"
    )
    assert foot("en").startswith("✓ torch 2.15.0 · CPU")
    checkout.record("2.16.0", outcome="failed")
    checkout.note("upstream", "2.16.0")
    assert foot("en").startswith(
        "○ Different because of a change in torch [torch 2.15.0"
    )
    assert "✗" not in foot("en")


def test_a_mistake_of_ours_stays_a_failure(checkout, foot):
    checkout.record(outcome="failed")
    checkout.note("ours")
    assert foot("en") == "✗ Failed ✗ Failed: torch 2.13.0 · CPU"


def test_skipped_everywhere(checkout, foot):
    checkout.record(outcome="skipped", need="numpy")
    assert foot() == "○ 未运行"
    assert foot("en") == "○ Not run"


def test_a_failure_on_the_newest_release_comes_first(checkout, foot):
    checkout.record("2.13.0")
    checkout.record("2.15.0", outcome="failed")
    assert foot("en") == (
        "✗ Failed [torch 2.13.0 · CPU · 2026-05-04] ✗ Failed: torch 2.15.0 · CPU"
    )
    assert foot().startswith("✗ 未通过 [torch 2.13.0")


def test_a_failure_on_an_older_release_is_named(checkout, foot):
    checkout.record("2.15.0")
    checkout.record("2.13.0", outcome="output-changed")
    assert foot().endswith("] ✗ 输出有变化：torch 2.13.0 · CPU")
    assert foot("en").endswith("] ✗ Output changed: torch 2.13.0 · CPU")


def test_failures_on_releases_beside_each_other_are_one(checkout, foot):
    checkout.record("2.15.0")
    for release in ("2.6.0", "2.4.1", "2.5.1"):
        checkout.record(release, outcome="output-changed")
    checkout.record("2.3.1", outcome="failed")
    assert foot("en").endswith(
        "] ✗ Output changed: torch 2.4.1–2.6.0 · CPU ✗ Failed: torch 2.3.1 · CPU"
    )


def test_candidates_and_nightlies_do_not_count(checkout, foot):
    checkout.record("2.15.0")
    checkout.record("2.16.0rc1")
    checkout.record("2.16.0.dev20261120", outcome="failed")
    assert foot() == "✓ torch 2.15.0 · CPU [torch 2.15.0 · CPU · 2026-05-04]"
    (newest, _) = runs_of(checkout.render("<!-- newest runs -->\n"))
    assert "torch 2.15.0 · CPU" in newest


def test_a_failure_on_cuda_is_named(checkout, foot):
    checkout.record()
    checkout.record(device="cuda", outcome="failed")
    assert foot().endswith("] ✗ 未通过：torch 2.13.0 · CUDA")


def test_header_lines_are_said(checkout):
    checkout.snippet(
        "tensors/shape/view.py",
        "# Needs: torch>=2.6, numpy\n# Device: cpu\n"
        "# Run: torchrun --nproc-per-node=2 FILE\nprint(1)\n#> 1\n",
    )
    checkout.record()
    zh, en = (foot_of(checkout.show(lang=lang)) for lang in ("zh", "en"))
    assert "只在 CPU 上运行 · 需要 torch ≥ 2.6、numpy · 运行：torchrun" in zh
    assert "Runs on the CPU only · Needs torch ≥ 2.6, numpy · Run: torchrun" in en
    assert en.endswith("torchrun --nproc-per-node=2 view.py")


def test_needs_are_said_without_a_record(checkout):
    checkout.snippet("tensors/shape/view.py", "# Needs: cuda\nprint(1)\n#> 1\n")
    assert foot_of(checkout.show()) == "○ 尚未验证 需要 CUDA"


@pytest.mark.parametrize(
    ("need", "words"),
    [
        ("torch>=2.6", "torch ≥ 2.6"),
        ("torch<2.6", "torch < 2.6"),
        ("cuda", "CUDA"),
        ("numpy", "numpy"),
    ],
)
def test_needs_in_words(need, words):
    assert need_in_words(need) == words


@pytest.mark.parametrize(
    ("page", "way"), [("index.md", ""), ("training/loop.md", "../../")]
)
def test_a_block_that_uses_the_library_leads_to_its_page(checkout, page, way):
    checkout.snippet(
        "training/loop/train.py",
        "# Needs: numpy, snippets\nfrom snippets.seeding import seed_everything\n\n"
        "print(seed_everything(0))\n",
    )
    text = '```python\n--8<-- "training/loop/train.py"\n```\n'
    html = checkout.render(checkout.page(text, page))
    link = f'<a href="{way}reference/seeding/">snippets/seeding.py</a>'
    assert "<summary>需要 numpy、snippets/seeding.py</summary>" in html
    assert f"把 {link} 放进" in html


def test_a_file_of_the_library_that_shares_a_page_is_found_on_it(checkout):
    checkout.snippet(
        "training/loop/train.py",
        "# Needs: snippets\nfrom snippets.launching import launch\n\nprint(launch)\n"
        "#> ...\n",
    )
    text = '```python\n--8<-- "training/loop/train.py"\n```\n'
    html = checkout.render(checkout.page(text, "training/loop.md"))
    assert '<a href="../../reference/ddp/#snippets.launching.launch">' in html


def test_state_is_said_in_words_and_the_sign_is_for_the_eye_only(checkout):
    checkout.record()
    sign, spoken = (
        '<span aria-hidden="true">✓</span>',
        '<span class="spoken">已验证: </span>',
    )
    assert f"{sign} {spoken}torch 2.13.0 · CPU" in checkout.show()


def runs_of(page: str) -> list[str]:
    """Return the lines about the newest runs, with no-break spaces as spaces."""
    box = re.search(r'<div class="runs".*?</div>', page, re.S)[0].replace("\xa0", " ")
    return [re.sub(r"<[^>]*>", "", line) for line in re.findall(r"<p>.*?</p>", box)]


def test_newest_runs_without_a_record(checkout):
    text = "一\n\n<!-- newest runs -->\n\n二\n"
    assert runs_of(checkout.render(text)) == ["还没有运行记录。"]
    assert runs_of(checkout.render(text, "en")) == ["No run recorded yet."]


def test_newest_runs_count_what_passed_as_it_is_today(checkout):
    checkout.snippet("tensors/shape/b.py", "print(1)\n#> 1\n")
    checkout.record("2.13.0")
    checkout.record("2.15.0")
    checkout.snippet("tensors/shape/b.py", "print(2)\n#> 2\n")
    page = "<!-- newest runs -->\n"
    assert runs_of(checkout.render(page)) == [
        "最近一次验证：torch 2.15.0 · CPU · 2026-05-06 · 2 个片段中 1 个通过",
        "CUDA 未运行",
    ]
    assert runs_of(checkout.render(page, "en")) == [
        "Last verified: torch 2.15.0 · CPU · 2026-05-06 · 1 of 2 snippets passed",
        "CUDA not run",
    ]


def test_no_line_of_the_newest_runs_starts_with_a_dot(checkout):
    checkout.record()
    # A line can't break at the no-break space before a dot.
    assert " ·" not in checkout.render("<!-- newest runs -->\n")


def test_newest_runs_on_both_devices(checkout):
    checkout.record("2.15.0", outcome="skipped", need="cuda")
    checkout.record("2.13.0", device="cuda")
    cpu, cuda = runs_of(checkout.render("<!-- newest runs -->\n"))
    assert "1 个片段中 0 个通过，1 个因缺少所需而跳过" in cpu
    assert "torch 2.13.0 · CUDA (NVIDIA H200) · 2026-05-06" in cuda


def test_three_numbers_from_the_records(checkout):
    checkout.snippet("tensors/shape/b.py", "print(1)\n#> 1\n")
    checkout.record("2.13.0")
    checkout.record("2.15.0")
    checkout.record("2.15.0", device="cuda")
    checkout.record("2.16.0.dev1")  # not a release
    checkout.snippet("tensors/shape/b.py", "print(2)\n#> 2\n")
    numbers = checkout.render("<!-- newest runs -->\n", "en").partition("</ul>")[0]
    items = re.findall(r"<li>(.*?)</li>", numbers)
    assert [re.sub(r"<[^>]*>", "", item) for item in items] == [
        "2 Python files",
        "2 torch releases",
        "1 files passed on torch 2.15.0",
    ]

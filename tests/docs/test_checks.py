"""Each rule of the linter finds a planted fault and accepts what is right."""

from pathlib import Path

import pytest

from render import checks
from render.mistakes import data_file
from render.pages import codes, parse_page, read_site

ROOT = Path(__file__).resolve().parents[2]
FENCE = '```python\n--8<-- "tensors/shape/view.py"\n```\n'
GOOD = f"""---
description: 改变张量的形状。
---

# 形状 {{#shape}}

用 `view()` 改变形状。

## 改变形状 {{#view}}

| 方法 | 返回 |
| --- | --- |
| `tensor.view(*shape)` | 视图 |

{FENCE}
见[改变形状](#view)与[本页](shape.md#shape)。

- 第 1 点

    属于第 1 点的一段。

!!! warning "“`view()` 总是复制”"

    它不复制。

    ![步长](../assets/view.svg#only-light)
"""
ENGLISH = """---
description: Change shapes.
---

# Shape {#shape}

Use `view()`.

## Change it {#view}

| Method | Returns |
| --- | --- |
| `tensor.view(*shape)` | view |

FENCE
See [Change it](#view) and [this page](shape.md#shape).

- Point 1

    A paragraph of point 1.

!!! warning "“`view()` always copies”"

    It doesn't.

    ![strides](../assets/view.svg#only-light)
""".replace("FENCE", FENCE)
SNIPPET = "import torch\n\nx = torch.arange(6).view(2, 3)\nprint(x.shape)\n#> 6\n"
CONFIG = "nav:\n  - 张量:\n    - 形状: tensors/shape.md\n"
ZH, EN = "docs/zh/tensors/shape.md", "docs/en/tensors/shape.md"
FILE = "snippets/tensors/shape/view.py"


@pytest.fixture
def tree(tmp_path):
    """A project with one page in both languages and no faults."""
    for name, text in {
        ZH: GOOD,
        EN: ENGLISH,
        FILE: SNIPPET,
        "snippets/seeding.py": "x = 1\n",
        "mkdocs.yml": CONFIG,
        "mkdocs.en.yml": CONFIG,
    }.items():
        write(tmp_path / name, text)
    return tmp_path


def write(path, text):
    """Write a file with its line endings unchanged, and create its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())


def page(text, lang="zh", name="tensors/shape.md", root=ROOT):
    """Parse the Markdown of a page."""
    return parse_page(text, lang, name, root)


def test_nothing_is_wrong_with_a_good_project_and_nothing_is_left_behind(tree):
    before = sorted(tree.rglob("*"))
    assert checks.check(tree) == []
    assert sorted(tree.rglob("*")) == before


def test_the_command_prints_a_line_for_each_fault_and_fails(tree, capsys):
    assert checks.main(tree) == 0
    write(tree / ZH, GOOD.replace("## 改变形状 {#view}", "## 改变形状"))
    assert checks.main(tree) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"{ZH}:9: the heading has no id; add {{#…}}",
        f"{ZH}:9: heading ## 改变形状, but {EN}:9: ## #view",
    ]


@pytest.mark.parametrize("source", [b"def f(:\n", b"x = '\xff'\n", b"x = 1\0\n"])
def test_a_block_that_is_not_python_is_named_in_one_line(tree, capsys, source):
    (tree / "snippets/tensors/shape/view.py").write_bytes(source)
    assert checks.main(tree) == 1
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("snippets/tensors/shape/view.py:1: is not Python: ")


# ---- One page. A rule, a text that breaks it once, the line, part of the message.

FAULTS = [
    ("blocks", "\n```python\nx = 1\n```\n", 2, "no run has seen"),
    ("blocks", f"\n{FENCE[:-4]}{FENCE[10:]}", 2, "a second include"),
    ("blocks", "\n```python\n\n```\n", 2, "no run has seen"),
    ("blocks", FENCE.replace("view", "gone"), 1, "no file snippets/tensors/shape/gone"),
    ("blocks", f"a\n\n{FENCE.replace('```', '~~~')}", 3, "use ```"),
    ("blocks", "```py\nx = 1\n```\n", 1, "no run has seen"),
    ("blocks", "``` python\nx = 1\n```\n", 1, "no run has seen"),
    ("blocks", '```python title="x"\nx = 1\n```\n', 1, "no run has seen"),
    ("blocks", FENCE.replace("python", "{.python}"), 1, "starts with ```python"),
    ("blocks", "```\nx = 1\n```\n", 1, "'```' isn't checked"),
    ("blocks", "```text\nx = 1\n```\n", 1, "'```text' isn't checked"),
    ("blocks", "a\n\n```bash\nls\n", 3, "never closed"),
    ("blocks", FENCE.replace("python", "bash"), 1, "an include in a shell block"),
    ("blocks", 'a\n\n--8<-- "tensors/shape/view.py"\n', 3, "an include outside"),
    ("blocks", "a\n\n    x = 1\n", 3, "indented code"),
    ("blocks", '- 1\n\n        x = 1\n\n!!! note "x"\n\n    b\n', 3, "indented code"),
    ("blocks", '!!! note "x"\n\n    a\n\n        x = 1\n', 5, "indented code"),
    ("blocks", "<!--pytest-codeblocks:skip-->\n", 1, "controls pytest-codeblocks"),
    ("blocks", "<!--pytest.mark.skip-->\n", 1, "controls pytest-codeblocks"),
    ("blocks", "<pre>x = 1</pre>\n", 1, "code in HTML"),
    ("blocks", FENCE.replace("view.py", "view.py:gone"), 1, "or class gone"),
    ("parts", f"a\n\n{FENCE.replace('view.py', 'view.py:size')}", 3, "not shown whole"),
    ("headings", "# a {#a}\n\n## b\n", 3, "has no id"),
    ("headings", "# a {#a}\n\n##b\n", 3, "has no id"),
    ("headings", "# a {#a}\n\n## b {#B_c}\n", 3, "lower-case"),
    ("headings", "# a {#a}\n\n## b {#a}\n", 3, "shape.md:1 too"),
    ("headings", "# a {#a}\n\n# b {#b}\n", 3, "2 titles"),
    ("headings", "## b {#b}\n", 1, "0 titles"),
    ("headings", "# a {#a}\n\nb\n---\n", 4, "underlined"),
    ("headings", "# a {#a}\n\n<h2>b</h2>\n", 3, "HTML heading"),
    ("description", "# a {#a}\n", 1, "no `description:`"),
    ("description", "---\ntitle: x\n---\n# a {#a}\n", 1, "no `description:`"),
    ("description", "---\ndescription:\n---\n# a {#a}\n", 1, "no `description:`"),
    ("links", "a\n\n[a]()\n", 3, "without an address"),
    ("links", "![a](../assets/view.svg#only-lihgt)\n", 1, "picture with #only-lihgt"),
    ("links", "[![a[0] = 9](a.svg#only)](shape.md)\n", 1, "a picture with #only"),
    ("links", '<a href="gone.md">a</a>\n', 1, "link in HTML"),
    ("links", 'a <img alt="" src="a.svg">\n', 1, "link in HTML"),
    ("table_columns", "| a | b |\n| - | - |\n| `x | y` | 1 |\n| 2 |\n", 4, "1 cells"),
    ("table_rows", f"| a |\n| - |\n| `x.no()`, `x.view()` |\n\n{FENCE}", 3, "`x.no()`"),
    *[
        ("style", f"\n{text}\n", 2, "您")
        for text in ("请您看。", "- 您", '!!! note "您"', "| 您 | 1 |")
    ],
    *[
        ("punctuation", f"\n{text}\n", 2, "half-width")
        for text in (
            "它复制,总是",
            "它复制, 总是",
            "`x`, 它",
            "形状(shape)",
            "注: 它",
            "它复制.",
            '他说"好"',
            "它 ,`x`",
            "一;二",
            "`x`: 它",
            "它:`x`",
        )
    ],
    ("punctuation", "---\ndescription: 它,是\n---\n# a\n", 2, "half-width"),
    *[
        ("spacing", f"\n{text}\n", 2, f"write “{better}”")
        for text, better in {
            "用view": "用 view",
            "3轮": "3 轮",
            "`x`返回": "A 返回",
            "**轮**3": "轮 3",
            "[轮](a.md)3": "轮 3",
            "3 轮 。": "3 轮。",
            "它（ 3 轮）": "它（3 轮）",
            "全１２": "全12",
        }.items()
    ],
    ("broken_lines", "第一行\n第二行\n", 1, "a line break"),
    ("chinese_left", "a\n\nthe 视图\n", 3, "Chinese on an English page"),
    ("chinese_left", '<span lang="zh">图</span> 视\n', 1, "English page: “视”"),
]


@pytest.mark.parametrize(("rule", "text", "line", "word"), FAULTS)
def test_a_fault_of_a_page(tree, rule, text, line, word):
    lang = "en" if rule == "chinese_left" else "zh"
    (fault,) = getattr(checks, rule)(page(text, lang, root=tree))
    assert fault.startswith(f"docs/{lang}/tensors/shape.md:{line}: ")
    assert word in fault
    assert "\n" not in fault
    write(tree / "docs" / lang / "tensors" / "shape.md", text)
    assert fault in checks.check(tree)


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("blocks", f'!!! note "x"\n\n    a\n\n    - b\n\n        c\n\n{FENCE}'),
        ("blocks", "1. c\n   d\n\n    e\n\nthe `<pre>` tag\n\n```bash\nls\n```\n"),
        ("headings", "# a {#a}\n\n```bash\n# comment\n```\n"),
        ("links", "[a](https://pytorch.org) `x[0]()` [`a`](shape.md#view) <b@c.org>"),
        ("links", "[![a](../assets/view.svg#only-dark)](shape.md) `<a href=x>`"),
        ("table_columns", "| a | b |\n| - | - |\n||1|\n| x \\| y | 1 |\n"),
        ("table_rows", f"| a | b |\n| - | - |\n| `dim` | `x.other()` |\n\n{FENCE}"),
        ("style", "`您` 可以。它让我们看到结果。\n\n```bash\n# 您——\n```\n"),
        ("punctuation", "步长（stride），`a`, `b` 与 (0, 1)。"),
        ("punctuation", '---\ndescription: "改变形状"\n---'),
        ("punctuation", '!!! note "形状"\n\n1. 先看'),
        ("punctuation", "[形状](shape.md)很重要\n\n![步长](a.svg)"),
        ("punctuation", "| 形状 | 步长 |\n| - | - |"),
        ("spacing", "用 `x`，3 轮。[轮](图a.md)\n\n## 轮 {#a轮}\n"),
        ("spacing", "地址是 <http://127.0.0.1>：版本 >= 2.4，C++，-1，50%\n"),
        ("spacing", "解答 1：2 的平方根\n"),
        ("broken_lines", "- 第一行\n- 第二行\n\n![图](a)\n![图](b)\n"),
        ("broken_lines", "第一行 `x`\n`y` 第二行\n"),
        ("chinese_left", "the `视图`\n"),
        ("chinese_left", 'a view is a <span lang="zh">视图</span>\n'),
    ],
)
def test_what_is_right_on_a_page(tree, rule, text):
    assert list(getattr(checks, rule)(page(text, root=tree))) == []


def test_code_in_a_fence_is_not_inline_code():
    assert codes(page("# a {#a}\n\n```bash\necho `date`\n```\n").lines) == set()
    assert codes(page("a `x\ny` b\n").lines) == {"x y"}


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("torch.float32", "float32"),
        ("tensor.view(*size)", "view"),
        ("tensor.detach().clone()", "clone"),
        ("tensor.sum(dim, …)", "sum"),
        ("tensor.max(dim=…)", "max"),
        ("os.environ['CUDA_VISIBLE_DEVICES']", "environ"),
        ("torch.device('cuda', 0)", "device"),
        ("cat(tensors, dim)", "cat"),
        ("a @ b", None),
        ("x[mask]", None),
        ("dim", None),
        ("2.13.0", None),
        ("pip install torch", None),
        ("dim=0", None),
    ],
)
def test_the_name_of_an_api(code, name):
    assert checks.api_name(code) == name


# ---- The whole project. A file, the old text, the new text, part of the fault.


@pytest.mark.parametrize(
    ("file", "old", "new", "fault"),
    [
        (ZH, FENCE, "", f"{FILE}:1: on no page of docs/zh"),
        (ZH, FENCE, FENCE + FENCE, f"{ZH}:18: {FILE} is shown before, at {ZH}:15"),
        ("docs/zh/b.md", "", FENCE, f"docs/zh/b.md:1: {FILE} belongs to tensors/sha"),
        ("docs/zh/b.md", "", "# b", "docs/zh/b.md:1: not in the nav of mkdocs.yml"),
        ("docs/zh/b.md", "", "# b", "docs/zh/b.md:1: no page docs/en/b.md"),
        ("docs/en/b.md", "", "# b", "docs/en/b.md:1: no page docs/zh/b.md"),
        ("mkdocs.yml", "/shape", "/a", "mkdocs.yml:1: no page docs/zh/tensors/a.md"),
        ("mkdocs.yml", "    -", "    - a.md\n    -", "mkdocs.yml:1: page 1 of the nav"),
        (
            "mkdocs.en.yml",
            "    -",
            "    - a: tensors/shape.md\n    -",
            "mkdocs.en.yml:1: tensors/shape.md is in the nav 2 times",
        ),
        (EN, "## Change it {#view}", "### Change it {#view}", f"{ZH}:9: heading"),
        (EN, "{#view}", "{#views}", f"{ZH}:9: heading"),
        (EN, "- Point 1", "## More {#more}", f"{EN}:21: the other language has no #mo"),
        (EN, "    It doesn't.\n\n", "", f"{ZH}:9: #view: paragraphs and blocks: num"),
        (EN, FENCE, "", f"{ZH}:9: #view: files: number 1 is tensors/shape/view.py"),
        (EN, "| `tensor.view(*shape)` | view |\n", "", f"{ZH}:9: #view: tables"),
        (EN, "Use `view()`", "Use it", f"{ZH}:5: #shape: inline code: only zh"),
        (EN, "(shape.md#shape)", "(shape.md)", f"{ZH}:9: #view: links: only zh"),
        (EN, "!!! warning", "!!! note", f"{ZH}:9: #view: admonitions: number 1"),
        (EN, "view.svg", "shape.svg", f"{ZH}:9: #view: pictures: number 1"),
        (
            ZH,
            GOOD,
            f"{GOOD}\n<!-- mistakes -->\n",
            f"{data_file('tensors/shape')}:1: t",
        ),
        (
            "docs/moved.yml",
            "",
            "tensors/shape.md#view: tensors/shape.md",
            f"docs/moved.yml:1: #view is still in {ZH}",
        ),
        (FILE, SNIPPET, f"y = '{'a' * 90}'\n", f"{FILE}:1: 96 columns"),
        (FILE, SNIPPET, "x = 1\n" * 31, f"{FILE}:31: 31 lines, more than 30"),
        (FILE, SNIPPET, "x = 1\ny = '\t'\n", f"{FILE}:2: a tab"),
        (FILE, SNIPPET, "x = 1\r\n", f"{FILE}:1: a Windows line ending"),
        (FILE, SNIPPET, '"""\n```\n"""\n', f"{FILE}:2: Markdown"),
        (FILE, SNIPPET, "x = 1  # --8<-- [start:a]\n", f"{FILE}:1: Markdown"),
        (FILE, SNIPPET, "import verify.run\n", f"{FILE}:1: a snippet doesn't import"),
        (
            FILE,
            SNIPPET,
            "def f():\n    from verify import run\n",
            f"{FILE}:2: a snippet doesn't import",
        ),
        *[
            (FILE, SNIPPET, f"x = 1\n{line}\n", f"{FILE}:2: a fixed port")
            for line in (
                "os.environ['MASTER_PORT'] = '29500'",
                "os.environ.setdefault('MASTER_PORT', '29500')",
                "# Run: torchrun --master-port=29500 FILE",
                "u = 'tcp://localhost:29500'",
            )
        ],
        *[
            (f"snippets/tensors/shape/{name}.py", "", "x = 1\n", f"{name}.py:1: {word}")
            for name, word in {
                "__init__": "no __init__.py",
                "random": "named like the module",
                "numpy": "named like the module",
                "view_2": "view_2 is not lower-case words",
                "View": "View is not lower-case words",
                "2_views": "2_views is not lower-case words",
                "view-a": "view-a is not lower-case words",
            }.items()
        ],
        (
            "snippets/tensors/shape/long.py",
            "",
            "x = 1\n" * 90,
            "snippets/: median of 47.5 lines, more than 18",
        ),
        (
            "snippets/tensors/shape/long.py",
            "",
            "x = 1\n" * 90,
            "snippets/: 90th percentile of 81.5 lines, more than 38",
        ),
    ],
)
def test_a_fault_of_the_project(tree, file, old, new, fault):
    path = tree / file
    text = path.read_text("utf-8") if path.exists() else ""
    assert old in text
    write(path, text.replace(old, new))
    found = checks.check(tree)
    assert any(fault in x for x in found), found


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("README.md", "a\n\nIt shuffles anew.\n", "README.md:3: “anew”"),
        ("README.zh.md", "一\n\n用view。\n", "README.zh.md:3: spacing"),
    ],
)
def test_the_texts_beside_the_folders_are_read_too(tree, name, text, fault):
    write(tree / name, text)
    (found,) = checks.check(tree)
    assert found.startswith(fault)


def test_a_free_port_and_a_digit_in_a_word_are_fine(tree):
    source = "import os\nport = os.environ['MASTER_PORT']\nu = 'tcp://localhost:0'\n"
    name = "distributed/launch/conv2d_to_bf16.py"
    assert list(checks.snippet_file(name, source)) == []


def test_an_error_that_a_block_prints_is_expected():
    source = "try:\n    int('a')\nexcept ValueError as error:\n    print(error)\n"
    name = "tensors/create/text.py"
    assert list(checks.snippet_file(name, source)) == [
        f"snippets/{name}:3: prints an error that nothing expects; is it raised?"
    ]
    expected = f"{source}    #> invalid literal for int()\n"
    assert list(checks.snippet_file(name, expected)) == []


def test_the_one_whole_program_may_be_longer():
    name = "training/loop/train_digits.py"
    assert list(checks.snippet_file(name, "x = 1\n" * 130)) == []
    (fault,) = checks.snippet_file(name, "x = 1\n" * 131)
    assert "131 lines, more than 130" in fault


def test_a_fault_in_a_box_is_where_a_person_wrote_it(tree):
    for lang in ("zh", "en"):
        text = (tree / f"docs/{lang}/tensors/shape.md").read_text("utf-8")
        write(tree / f"docs/{lang}/tensors/shape.md", f"{text}\n<!-- mistakes -->\n")
    data = tree / data_file("tensors/shape")
    write(
        data,
        '- id: a\n  zh: {claim: "您", truth: "二"}\n  en: {claim: "1", truth: "2"}',
    )
    assert checks.check(tree) == [
        f"{data_file('tensors/shape')}:2: “您”: 写“你”，或省去主语"
    ]
    assert read_site(tree, "zh").pages["tensors/shape.md"].text.count("您") == 1

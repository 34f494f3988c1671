"""Downloads contain the same code as the pages, in full, and the code runs."""

import io
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from render import downloads
from verify.snippet import parse

nbformat = pytest.importorskip("nbformat", reason="says what a notebook is")

ROOT = Path(__file__).resolve().parents[2]
URL = "https://example.org/notes/"


@pytest.fixture(scope="module", params=["zh", "en"])
def taken(request, tmp_path_factory):
    """A language, and the folder with the downloads of all real pages in it."""
    out = tmp_path_factory.mktemp(request.param)
    downloads.write(out, request.param, f"{URL}{request.param}/")
    return request.param, out


@pytest.fixture
def small(checkout):
    """A function that writes a page in a small checkout and returns its `Source`."""
    checkout.page("# N\n", "index.md")
    (checkout.root / "LICENSE").write_text("MIT")

    def small(text):
        checkout.page(text)
        return downloads.Source("zh", checkout.root, URL)

    return small


def pages(out):
    """Return the pages that can be downloaded as Markdown."""
    return list(out.rglob("*.md"))


def test_every_file_is_there_byte_for_byte(taken):
    _, out = taken
    files = sorted((ROOT / "snippets").rglob("*.py"))
    for path in files:
        copy = out / path.relative_to(ROOT)
        assert copy.read_bytes() == path.read_bytes()
    assert len(files) == len(list((out / "snippets").rglob("*.py")))


def test_a_page_as_markdown_holds_its_files_and_no_include(taken):
    lang, out = taken
    for path in pages(out):
        text = path.read_text("utf-8")
        assert not re.search(r"--8<--|^:::|data:text|<!-- [a-z]", text, re.M), path
        name = path.relative_to(out).as_posix()
        for file, snippet in downloads.Source(lang).page(name).snippets:
            code = re.sub(r"^ +", "", snippet.source, flags=re.M).rstrip()
            assert code in re.sub(r"^ +", "", text, flags=re.M), file
            assert f"*snippets/{file} · " in text


def test_every_notebook_is_one_and_shows_what_the_page_shows(taken):
    lang, out = taken
    books = list(out.rglob("*.ipynb"))
    assert len(books) > 15
    for path in books:
        book = nbformat.read(path, as_version=nbformat.NO_CONVERT)
        nbformat.validate(book)
        name = path.relative_to(out).with_suffix(".md").as_posix()
        shown = downloads.Source(lang).page(name).snippets
        cells = [cell for cell in book.cells if cell.cell_type == "code"]
        said = "".join(o["text"] for cell in cells for o in cell.outputs)
        wanted = "".join(f"{e.text}\n" for _, s in shown for e in s.expected)
        assert said == wanted, name
        for cell in book.cells:
            assert not re.search(r"^(```python|#>)", cell.source, re.M), name
            assert not re.search(r"\]\((?!https?:|attachment:)", links(cell)), name


def test_a_part_of_a_file_is_to_read_and_the_file_to_run(checkout):
    part = "def total(x):\n    return sum(x)"
    checkout.snippet("tensors/shape/sums.py", f"{part}\n\n\nprint(total([1]))\n#> 1\n")
    include = '```python\n--8<-- "tensors/shape/sums.py{}"\n```\n'
    text = f"# Sums {{#sums}}\n\n{include.format(':total')}\n{include.format('')}"
    checkout.page(text, lang="en")
    source = downloads.Source("en", checkout.root)

    page = downloads.markdown_page(source, "tensors/shape.md")
    assert f"```python\n{part}\n```\n" in page
    assert page.count("*snippets/tensors/shape/sums.py · ") == 1

    cells = downloads.notebook(source, "tensors/shape.md")["cells"]
    shown = [(cell["cell_type"], part in cell["source"]) for cell in cells]
    assert shown == [("markdown", False), ("markdown", True), ("code", True)]


def test_a_notebook_brings_the_library_that_its_cells_import(taken, tmp_path):
    _, out = taken
    book = json.loads((out / "training/freezing.ipynb").read_text("utf-8"))
    folder, library = (cell["source"] for cell in book["cells"][1:3])
    first, _, code = library.partition("\n")
    assert first == "%%writefile snippets/freezing.py"
    assert f"{code}\n" == (ROOT / "snippets/freezing.py").read_text("utf-8")
    subprocess.run([sys.executable, "-c", folder], cwd=tmp_path, check=True)
    assert (tmp_path / "snippets").is_dir()
    plain = json.loads((out / "tensors/shape.ipynb").read_text("utf-8"))
    assert "%%writefile snippets/" not in json.dumps(plain)


def links(cell):
    """Return a Markdown cell without inline code; "" for a code cell."""
    if cell.cell_type != "markdown":
        return ""
    return re.sub(r"(`+).*?\1", "", cell.source)


def test_the_archive_of_a_chapter_holds_its_files_and_a_readme(taken):
    lang, out = taken
    for path in out.glob("*.zip"):
        with zipfile.ZipFile(path) as packed:
            names = set(packed.namelist())
            readme = packed.read("README.md").decode()
            for file in (ROOT / "snippets" / path.stem).rglob("*.py"):
                name = file.relative_to(ROOT / "snippets" / path.stem).as_posix()
                assert packed.read(name) == file.read_bytes()
                assert f"`{name}`" in readme
        assert {"README.md", "LICENSE"} <= names
        assert f"<{URL}{lang}/{path.stem}/" in readme
    assert {path.stem for path in out.glob("*.zip")} >= {"tensors", "training"}


def run(folder, command):
    """Run a command of a README with this Python and return the lines it prints."""
    words = command.replace("python", sys.executable, 1).split()
    done = subprocess.run(["env", *words], cwd=folder, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_what_the_readme_says_runs_in_an_empty_folder(taken, tmp_path):
    pytest.importorskip("torch", reason="runs a file")
    _, out = taken
    with zipfile.ZipFile(out / "training.zip") as packed:
        packed.extractall(tmp_path)
        readme = packed.read("README.md").decode()
    commands = re.findall(r"```bash\n(.*?)\n```", readme)
    assert len(commands) == 2
    for command in commands:
        file = parse(tmp_path / command.split()[-1])
        said = run(tmp_path, command)
        assert len(said) == len(file.expected)


def test_the_archive_is_the_same_bytes_each_time(taken):
    lang, out = taken
    source = downloads.Source(lang, url=f"{URL}{lang}/")
    title = {"zh": "张量", "en": "Tensors"}[lang]
    assert downloads.archive(source, title) == (out / "tensors.zip").read_bytes()


def test_the_list_for_programs_names_every_page(taken):
    lang, out = taken
    text = (out / "llms.txt").read_text("utf-8")
    whole = (out / "llms-full.txt").read_text("utf-8")
    assert re.match(r"# .+\n\n> .+\n\n## ", text)
    for path in pages(out):
        name = path.relative_to(out).as_posix()
        assert re.search(rf"^- \[.+\]\({URL}{lang}/{name}\)[:：] ?\S", text, re.M)
        assert path.read_text("utf-8") in whole
    assert "data:text" not in whole


def test_boxes_lists_pictures_and_links_of_a_notebook(small, checkout):
    folder = checkout.root / "docs/overrides/assets"
    folder.mkdir(parents=True)
    (folder / "a-light.svg").write_text("<svg/>")
    source = small(
        "# 形状 {#shape}\n\n![图](../assets/a-light.svg#only-light)\n"
        "![图](../assets/a-dark.svg#only-dark)\n\n"
        "见 [`a[0]`](../index.md#b) 和 [上面](#shape)，`x[0](y.md)` 不是链接。\n\n"
        '!!! warning "误区"\n\n    正文\n\n    ??? note "怎么画的"\n\n'
        '        ```python\n        --8<-- "tensors/shape/view.py"\n        ```\n\n'
        "后文\n"
    )
    book = downloads.notebook(source, "tensors/shape.md")
    first, code, last = book["cells"]
    assert first["source"].startswith("# 形状\n\n由 [形状](https://example.org/notes/")
    assert "![图](attachment:a-light.svg)" in first["source"]
    assert "dark" not in first["source"]
    assert first["attachments"]["a-light.svg"] == {"image/svg+xml": "PHN2Zy8+"}
    assert f"[`a[0]`]({URL}#b)" in first["source"]
    assert f"[上面]({URL}tensors/shape/#shape)" in first["source"]
    assert "`x[0](y.md)`" in first["source"]
    assert "**误区**\n\n正文" in first["source"]
    assert code["source"].endswith('    print(value)\nprint("#> not output")')
    assert code["outputs"][0]["text"] == "tensor(0.)\ntensor(0.)\n#> not output\n"
    assert last["source"] == "后文"


def test_a_file_with_a_command_is_written_and_run(small, checkout):
    checkout.snippet(
        "tensors/shape/run.py",
        "# Run: torchrun --nproc-per-node=2 FILE\nprint(1)\n#> 1\n",
    )
    source = small('# 形状\n\n```python\n--8<-- "tensors/shape/run.py"\n```\n')
    _, file, command = downloads.notebook(source, "tensors/shape.md")["cells"]
    assert file["source"].startswith("%%writefile run.py\n# Run: ")
    assert file["outputs"] == []
    assert command["source"] == "!torchrun --nproc-per-node=2 run.py"
    assert command["outputs"][0]["text"] == "1\n"
    packed = downloads.archive(source, "张量")
    readme = zipfile.ZipFile(io.BytesIO(packed)).read("README.md").decode()
    assert "- `shape/run.py` · 运行：`torchrun --nproc-per-node=2 run.py`" in readme


def test_notebooks_can_be_read_by_people(taken):
    _, out = taken
    text = (out / "tensors/shape.ipynb").read_text("utf-8")
    assert "\\u" not in re.sub(r"\\\\u", "", text)
    assert json.loads(text)["nbformat"] == 4

"""Write the downloads of the site: files, notebooks, archives and Markdown.

After a build, `write` puts these beside the HTML of one language:

- ``snippets/<chapter>/<page>/<name>.py``: the snippet files, unchanged;
- ``snippets/<name>.py``: the library, unchanged;
- ``<chapter>/<page>.md``: the page as Markdown, with its includes expanded;
- ``<chapter>/<page>.ipynb``: the page as a notebook, with the output of the files;
- ``<chapter>.zip``: the files of a chapter with a README;
- ``llms.txt`` and ``llms-full.txt``: a list of the pages, and the text of all pages.

`render.site` calls `write` after each build, whichever generator built the site.
"""

from __future__ import annotations

import base64
import io
import json
import posixpath
import re
import shlex
import textwrap
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from render.badges import runs_of, status_text
from render.blocks import LIBRARY, NEWEST_RUNS
from render.header import need_in_words
from render.markers import expand, load_records
from render.pages import (
    BOX,
    CODE,
    LINK,
    ROOT,
    Page,
    Row,
    fences,
    read_part,
    read_site,
    read_snippet,
)
from render.style import ALLOWED
from verify.snippet import Snippet

HEADING_ID = re.compile(r"^(#+ .*?)\s*\{#[\w-]+\}$", re.M)
# A fixed time for each archive entry, so that the same files give the same bytes.
EPOCH = (1980, 1, 1, 0, 0, 0)

WORDS = {
    "zh": {
        "readme": "# {chapter}\n\n《{site}》的代码文件，每一个都单独运行过，"
        "输出写在 `#>` 行里。\n\n网页：{url}\n\n"
        "```bash\npython {example}\n```\n",
        "library": "标着 `snippets` 的文件要用到 `snippets/` 下的库，这样运行：\n\n"
        "```bash\nPYTHONPATH=. python {example}\n```\n",
        "needs": "需要 {what}",
        "run": "运行：`{command}`",
        "comma": "、",
        "colon": "：",
        "license": "代码采用 MIT 许可证。",
        "notebook": "由 [{title}]({url}) 生成。每个单元格是一个独立的文件，"
        "输出是单独运行时检查过的 `#>` 行；单独的 `...` 代表该行任意内容。"
        "前面的单元格改过全局设置或留下文件时，先重启内核再运行下一个。",
        "written": "这一页用到本站的库，接下来的几格先把它写进 notebook 旁边的 "
        "`snippets` 文件夹。",
    },
    "en": {
        "readme": "# {chapter}\n\nThe files of “{site}”. Each has been run by itself; "
        "its output stands in the `#>` lines.\n\nPages: {url}\n\n"
        "```bash\npython {example}\n```\n",
        "library": "Files marked `snippets` use the library below `snippets/`:\n\n"
        "```bash\nPYTHONPATH=. python {example}\n```\n",
        "needs": "needs {what}",
        "run": "run: `{command}`",
        "comma": ", ",
        "colon": ": ",
        "license": "The code is under the MIT license.",
        "notebook": "Made from [{title}]({url}). Each cell is a file of its own, its "
        "output the `#>` lines that a run of the file alone has checked; `...` as a "
        "word of its own stands for anything on its line. After a cell that changes a "
        "global setting or leaves files, restart the kernel before the next one.",
        "written": " This page uses the library: the next cells write its files into "
        "the folder `snippets` beside the notebook.",
    },
}


class Source:
    """The pages and records that the downloads of one language are made from.

    Args:
        lang: `zh` or `en`.
        root: The checkout.
        url: The address of the language on the web, with a trailing slash.
    """

    def __init__(self, lang: str, root: Path = ROOT, url: str = "/") -> None:
        self.lang, self.root, self.url = lang, root, url
        self.site = read_site(root, lang)
        self.records = load_records(root / "records")
        self.words = WORDS[lang]

    def page(self, name: str) -> Page:
        """Return a page with its markers filled in and without comments for the linter.

        Args:
            name: The path of the page, e.g. ``tensors/shape.md``.
        """
        page = expand(self.site.pages[name])
        rows = (Row(ALLOWED.sub("", row.text), row.place) for row in page.rows)
        return replace(page, rows=tuple(rows))

    def address(self, name: str) -> str:
        """Return the address of a page on the web."""
        path = name.removesuffix(".md")
        return self.url + ("" if path == "index" else f"{path}/")


def markdown_page(source: Source, name: str) -> str:
    """Return a page as self-contained Markdown, with its includes expanded.

    Args:
        source: The pages.
        name: The path of the page, e.g. ``tensors/shape.md``.

    Returns:
        The text. Each snippet file is followed by its status line in italics.
    """
    page = source.page(name)
    lines = page.text.split("\n")
    rows: list[str] = []
    done = 0
    for fence in page.fences:
        rows += lines[done : fence.first]
        done = fence.last + 1
        if not fence.is_python:
            rows += lines[fence.first : done]
            continue
        if fence.part:
            part = read_part(fence, source.root)
            code = textwrap.indent("\n".join(part.code), fence.lead)
            rows += [f"{fence.lead}```python", *code.split("\n"), f"{fence.lead}```"]
            continue
        path, snippet = read_snippet(fence, source.root)
        code = textwrap.indent(snippet.source.rstrip("\n"), fence.lead)
        runs = runs_of(path, snippet, source.records, source.root)
        facts = status_text(snippet, runs, source.lang)
        rows += [f"{fence.lead}```python", *code.split("\n"), f"{fence.lead}```"]
        rows += ["", f"{fence.lead}*snippets/{path} · {facts}*"]
    rows += lines[done:]

    def library(match: re.Match[str]) -> str:
        path = source.root / "snippets" / f"{match['name']}.py"
        return f"```python\n{path.read_text('utf-8').rstrip()}\n```"

    text = "\n".join(row for row in rows if row.strip() != NEWEST_RUNS)
    return LIBRARY.sub(library, text)


def notebook(source: Source, name: str) -> dict:
    """Return a page as a notebook in format version 4.5.

    The ``#>`` lines of a file become the output of its cell. A file that needs its own
    command, or starts processes that import it, gets two cells: one writes it to disk
    and the other runs it.

    Args:
        source: The pages.
        name: The path of the page.

    Returns:
        The notebook, ready for `json.dump`.
    """
    page = source.page(name)
    lines = _flat(page.text.split("\n"))
    where = source.address(name)
    first = source.words["notebook"].format(title=page.title, url=where)
    used = {module for _, snippet in page.snippets for module in snippet.library}
    if used:
        first += source.words["written"]
    cells: list[dict] = []
    done = 0

    def prose(until: int) -> None:
        text = "\n".join(lines[done:until]).strip("\n")
        if text.strip():
            cells.append(_prose_cell(source, name, text))

    for fence in fences(lines):
        if fence.is_python:
            prose(fence.first)
            done = fence.last + 1
            if fence.part:  # A part is only to be read; the whole file has a code cell.
                code = "\n".join(read_part(fence, source.root).code)
                cells.append(_cell("markdown", f"```py\n{code}\n```", attachments={}))
            else:
                cells.extend(_code_cells(*read_snippet(fence, source.root)))
    prose(len(lines))
    title, _, rest = cells[0]["source"].partition("\n")
    cells[0]["source"] = f"{title}\n\n{first}\n{rest}"
    cells[1:1] = _library_cells(source.root, sorted(used))
    for n, cell in enumerate(cells):
        cell["id"] = f"cell-{n}"
    return {
        "cells": cells,
        "metadata": {
            "kernelspec": {
                "display_name": "Python 3",
                "language": "python",
                "name": "python3",
            },
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _library_cells(root: Path, modules: list[str]) -> Iterator[dict]:
    """Yield cells that write library files to where the later cells import them."""
    if modules:
        yield _cell("code", "import os\n\nos.makedirs('snippets', exist_ok=True)")
    for module in modules:
        name = f"snippets/{module}.py"
        code = (root / name).read_text("utf-8").rstrip("\n")
        yield _cell("code", f"%%writefile {name}\n{code}")


def _flat(lines: list[str]) -> list[str]:
    """Replace each box with its title in bold and its contents without indentation.

    The marker of the newest runs is removed.
    """
    rows: list[str] = []
    n = 0
    while n < len(lines):
        box = BOX.fullmatch(lines[n])
        if not box:
            rows.append(lines[n])
            n += 1
            continue
        inner = len(box["lead"]) + 4
        end = n + 1
        while end < len(lines) and (
            not lines[end].strip() or lines[end].startswith(" " * inner)
        ):
            end += 1
        if box["title"]:
            rows += [f"**{box['title']}**", ""]
        rows += _flat(
            "\n".join(x[inner:] for x in lines[n + 1 : end]).strip("\n").split("\n")
        )
        rows.append("")
        n = end
    return [row for row in rows if row.strip() != NEWEST_RUNS]


def _prose_cell(source: Source, name: str, text: str) -> dict:
    """Return a cell of prose, with pictures attached and links to the web."""
    attachments = {}
    folder = posixpath.dirname(name)

    def picture(alt: str, target: str) -> str:
        path, _, only = target.partition("#only-")
        if only == "dark":
            return ""
        path = posixpath.normpath(posixpath.join(folder, path))
        found = [source.site.docs / path, source.root / "docs" / "overrides" / path]
        data = next(file for file in found if file.is_file()).read_bytes()
        leaf = posixpath.basename(path)
        attachments[leaf] = {"image/svg+xml": base64.b64encode(data).decode()}
        return f"![{alt}](attachment:{leaf})"

    def link(match: re.Match[str]) -> str:
        label, target = match["text"], match["target"]
        if match["image"]:
            return picture(label, target)
        if re.match(r"\w+:", target):
            return match[0]
        path, hash_, anchor = target.partition("#")
        page = posixpath.normpath(posixpath.join(folder, path)) if path else name
        return f"[{label}]({source.address(page)}{hash_}{anchor})"

    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(match[0])
        return f"\0{len(kept) - 1}\0"

    text = HEADING_ID.sub(r"\1", LIBRARY.sub(rf"[`snippets.\1`]({name})", text))
    text = CODE.sub(keep, text)  # Code such as `x[0](y)` isn't a link.
    text = LINK.sub(link, text)
    text = re.sub(r"\0(\d+)\0", lambda match: kept[int(match[1])], text)
    return _cell("markdown", text.strip("\n"), attachments=attachments)


def _code_cells(name: str, snippet: Snippet) -> Iterator[dict]:
    """Yield the cells of a file: its code, with the `#>` lines moved to the output."""
    leaf = posixpath.basename(name)
    marked = {expected.line for expected in snippet.expected}
    code = "\n".join(
        line
        for n, line in enumerate(snippet.source.rstrip("\n").split("\n"), 1)
        if n not in marked
    )
    if snippet.run or "__main__" in code or "__file__" in code:
        yield _cell("code", f"%%writefile {leaf}\n{code}")
        code = "!" + shlex.join(snippet.run or ("python", leaf))
    text = "".join(f"{expected.text}\n" for expected in snippet.expected)
    stream = {"output_type": "stream", "name": "stdout", "text": text}
    yield _cell("code", code, outputs=[stream] if text else [])


def _cell(kind: str, source: str, **more) -> dict:
    cell = {"cell_type": kind, "metadata": {}, "source": source, **more}
    if kind == "code":
        cell = {"execution_count": None, "outputs": [], **cell}
    return cell


def archive(source: Source, chapter: str) -> bytes | None:
    """Pack the files of a chapter with a README and, if they need it, the library.

    Args:
        source: The pages.
        chapter: The title of the chapter.

    Returns:
        A ZIP archive; None if no page shows a file of the chapter.
    """
    words = source.words
    names = [page.name for page in source.site.chapters[chapter]]
    files: dict[str, bytes] = {}
    sections: list[str] = []
    plain = library = ""
    folder = names[0].partition("/")[0]
    for name in dict.fromkeys([*names, "index.md"]):
        page = source.page(name)
        shown = [x for x in page.snippets if x[0].startswith(f"{folder}/")]
        rows = []
        for path, snippet in shown:
            leaf = path.partition("/")[2]  # without the folder of the chapter
            files[leaf] = snippet.data
            notes = []
            if snippet.needs:
                what = words["comma"].join(map(need_in_words, snippet.needs))
                notes.append(words["needs"].format(what=what))
            if snippet.run:
                command = shlex.join(snippet.run)
                notes.append(words["run"].format(command=command))
            rows.append(f"- `{leaf}`" + "".join(f" · {note}" for note in notes))
            if "snippets" in snippet.needs:
                library = library or leaf
            elif not notes:
                plain = plain or leaf
        if rows:
            heading = f"## {page.title}\n\n<{source.address(name)}>\n\n"
            sections.append(heading + "\n".join(rows))
    if not files:
        return None
    url = source.address(names[0])
    readme = words["readme"].format(
        chapter=chapter,
        site=source.site.config["site_name"],
        url=url,
        example=plain or next(iter(files)),
    )
    if library:
        readme += "\n" + words["library"].format(example=library)
        for file in sorted((source.root / "snippets").glob("*.py")):
            files[f"snippets/{file.name}"] = file.read_bytes()
    readme += "\n" + "\n\n".join(sections) + f"\n\n{words['license']}\n"
    files["README.md"] = readme.encode()
    files["LICENSE"] = (source.root / "LICENSE").read_bytes()
    return zipped(files)


def zipped(files: dict[str, bytes]) -> bytes:
    """Pack files into a ZIP archive that depends on nothing but their contents.

    Args:
        files: The contents of each file by its name in the archive.

    Returns:
        The archive. The same files always give the same bytes.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(entry, files[name])
    return buffer.getvalue()


def llms(source: Source) -> str:
    """Return the list of pages for language models, see https://llmstxt.org."""
    colon = source.words["colon"]
    config = source.site.config
    rows = [f"# {config['site_name']}", "", f"> {config['site_description']}"]
    for title, pages in source.site.chapters.items():
        rows += ["", f"## {title}", ""]
        rows += [
            f"- [{page.title}]({source.url}{page.name}){colon}{page.description}"
            for page in pages
        ]
    return "\n".join(rows) + "\n"


def write(out: Path, lang: str, url: str = "/", root: Path = ROOT) -> None:
    """Write all downloads of one language.

    Args:
        out: The folder of the language in a built site.
        lang: `zh` or `en`.
        url: The address of the language on the web, with a trailing slash.
        root: The checkout.
    """
    source = Source(lang, root, url)
    put_snippets(out, root)
    whole = []
    for title, pages in source.site.chapters.items():
        for name in [page.name for page in pages]:
            text = markdown_page(source, name)
            whole.append(text)
            _put(out / name, text.encode())
            if name != "index.md" and source.page(name).snippets:
                book = json.dumps(
                    notebook(source, name), ensure_ascii=False, indent=1
                ).encode()
                _put((out / name).with_suffix(".ipynb"), book + b"\n")
        chapter = pages[0].name.partition("/")[0] if pages else ""
        if "." not in chapter and (packed := archive(source, title)):
            _put(out / f"{chapter}.zip", packed)
    _put(out / "llms.txt", llms(source).encode())
    _put(out / "llms-full.txt", "\n\n".join(whole).encode())


def put_snippets(out: Path, root: Path = ROOT) -> None:
    """Copy the snippet files and the library into a built site, unchanged.

    Args:
        out: The folder of the language in a built site.
        root: The checkout.
    """
    for path in (root / "snippets").rglob("*.py"):
        _put(out / path.relative_to(root), path.read_bytes())


def _put(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.is_file() or path.read_bytes() != data:
        path.write_bytes(data)

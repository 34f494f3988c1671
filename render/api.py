"""The API index: each torch name that a block uses, with the blocks and its own page.

Which names a block uses is told by `render.names`; the addresses of the official pages
follow from the names by `RULES`, without the network.
"""

from __future__ import annotations

import functools
import posixpath
import re
from collections.abc import Mapping
from pathlib import Path

import yaml

from render.names import CHAPTERS, Facts, Names, load_facts, resolve
from render.pages import UNSEARCHED, page_order, page_title, read_text

DOCS = "https://docs.pytorch.org/docs/stable/"
RECEIVERS = Path(__file__).with_name("receivers.yml")
WORDS = {
    "zh": {
        "here": "本页用到的 API",
        "count": "{blocks} 个代码块里共 {names} 个名字，按 torch {torch} 核对。",
        "told": "这些方法的类从源码看不出，是运行时看到的：",
        "comma": "、",
        "others": "其他",
        "colon": "：",
    },
    "en": {
        "here": "API used on this page",
        "count": "{names} names in {blocks} blocks, checked against torch {torch}.",
        "told": "Whose these methods are cannot be told from the source; it was seen"
        " when the files ran: ",
        "comma": ", ",
        "others": "Others",
        "colon": ": ",
    },
}
# Sections of the index: the names that begin so.
SECTIONS = {
    "tensor": ("torch.Tensor",),
    "torch": ("torch",),
    "nn": ("torch.nn",),
    "optim": ("torch.optim",),
    "data": ("torch.utils.data",),
    "autograd": ("torch.autograd", "torch.func", "torch.utils.checkpoint"),
    "distributed": ("torch.distributed", "torch.multiprocessing"),
}
# Where the documentation of a name is, the first that fits: {name} is the name, {owner}
# the class it belongs to, {last} its last part. None: it is documented nowhere.
RULES: tuple[tuple[str, str | None], ...] = (
    (r"torch\.Tensor", "tensors.html#torch.Tensor"),
    (r"torch\.(dtype|device|layout|memory_format)", "tensor_attributes.html#{name}"),
    (r"torch\.nn\.(Parameter|Buffer)", "generated/torch.nn.parameter.{last}.html"),
    (r"torch\.optim\.Optimizer", "optim.html#{name}"),
    (r"torch\.(optim\.Optimizer|autograd\.Function)\.\w+", "generated/{name}.html"),
    (r"torch\.autograd\.Function", "autograd.html#{name}"),
    (r"torch\.(inference_mode|set_grad_enabled)",
     "generated/torch.autograd.grad_mode.{last}.html"),
    (r"torch\.(finfo|iinfo)(\.\w+)?", "type_info.html#{owner}"),
    (r"torch\.Size(\.\w+)?", "size.html#{name}"),
    (r"torch\.(dtype|device)\.\w+", "tensor_attributes.html#{owner}"),
    (r"torch\.(float|double|half|bfloat|u?int|bool|c?float|cdouble|complex|long|short"
     r"|b?float\d+_|float\d)\w*", "tensor_attributes.html#torch.dtype"),
    (r"torch\.(channels_last|contiguous_format|preserve_format|strided)\w*",
     "tensor_attributes.html#torch.memory_format"),
    (r"torch\.\w+Tensor(\.\w+)?", "tensors.html#data-types"),
    (r"torch\.(__version__|version\..*|torch_version\..*|return_types\..*)", None),
    (r"torch\.nn\.modules\..*", None),
    (r"torch\.utils\.(hooks|collect_env|deterministic)\b.*", None),
    (r"torch\.autograd\.graph\.RemovableHandle.*|torch\._.*|torch\.cpu\..*", None),
    (r"torch\.nn\.init\..*", "nn.init.html#{name}"),
    (r"torch\.backends\..*", "backends.html#{name}"),
    (r"torch\.(autocast|amp\.\w+)(\.\w+)?", "amp.html#{owner}"),
    (r"torch\.utils\.data\..*", "data.html#{owner}"),
    (r"torch\.utils\.checkpoint\..*", "checkpoint.html#{name}"),
    (r"torch\.random\..*", "random.html#{name}"),
    (r"torch\.testing\..*", "testing.html#{name}"),
    (r"torch\.serialization\..*", "notes/serialization.html#{owner}"),
    (r"torch\.multiprocessing\..*", "multiprocessing.html#{name}"),
    (r"torch\.distributed\.checkpoint\..*", "distributed.checkpoint.html#{name}"),
    (r"torch\.distributed\.fsdp\..*",
     "distributed.fsdp.fully_shard.html#{name}"),
    (r"torch\.distributed\.tensor\.parallel\..*",
     "distributed.tensor.parallel.html#{name}"),
    (r"torch\.distributed\.tensor\..*", "distributed.tensor.html#{owner}"),
    (r"torch\.distributed\.optim\..*", "distributed.optim.html#{name}"),
    (r"torch\.distributed\.algorithms\.join\..*", "distributed.algorithms.join.html"),
    (r"torch\.distributed\.algorithms\..*", "ddp_comm_hooks.html"),
    (r"torch\.distributed\.constants\..*", None),
    (r"torch\.distributed\..*", "distributed.html#{owner}"),
    (r"torch\.optim\.swa_utils\..*", "optim.html#weight-averaging-swa-and-ema"),
    (r"torch\.futures\..*", "futures.html#{owner}"),
    (r"torch\.export\..*", "export.html#{name}"),
    (r"torch\.Tensor\.\w+", "generated/{name}.html"),
    (r"torch(\.\w+)*\.[A-Z]\w*\.\w+", "generated/{owner}.html#{name}"),
    (r"torch(\.\w+)+", "generated/{name}.html"),
)  # fmt: skip


MOST = 4  # blocks of all pages that the index lists one by one
MOST_HERE = 8  # blocks of a page that the page lists one by one


class ApiError(ValueError):
    """A name without a rule. The message begins with file and line."""


def official(name: str) -> str | None:
    """The address of the official page of a name.

    Args:
        name: A torch name, such as `torch.nn.Module.eval`.

    Returns:
        The address; None for a name that the documentation does not have.

    Raises:
        ApiError: No rule fits.

    Example:
        >>> official("torch.Tensor.sum")
        'https://docs.pytorch.org/docs/stable/generated/torch.Tensor.sum.html'
    """
    for pattern, page in RULES:
        if re.fullmatch(pattern, name):
            owner = re.sub(r"(\.[A-Z]\w*)\.\w+$", r"\1", name)
            lower = re.fullmatch(r"(torch\.(?:finfo|iinfo|dtype|device))\.\w+", name)
            owner = lower[1] if lower else owner
            last = name.rpartition(".")[2]
            return page and DOCS + page.format(name=name, owner=owner, last=last)
    raise ApiError(f"render/api.py:1: no rule says where {name} is documented")


@functools.lru_cache(maxsize=2)
def _receivers(path: Path, stamp: int) -> dict[str, dict[str, str]]:
    return yaml.safe_load(path.read_text("utf-8")) or {}


def load_receivers(path: Path = RECEIVERS) -> Mapping[str, Mapping[str, str]]:
    """The receivers that the source does not tell, by file and attribute."""
    return _receivers(path, path.stat().st_mtime_ns)


@functools.lru_cache(maxsize=8192)
def _names(path: Path, stamp: int, name: str, told: int) -> Names:
    receivers = load_receivers().get(name)
    return resolve(read_text(path), load_facts(), receivers)


def names_of(root: Path, name: str) -> Names:
    """The torch names of a snippet file.

    Args:
        root: The checkout.
        name: Path of the file below `snippets/`.
    """
    path = root / "snippets" / name
    told = RECEIVERS.stat().st_mtime_ns
    return _names(path, path.stat().st_mtime_ns, name, told)


def used_in(root: Path, page: str) -> dict[str, list[str]]:
    """The torch names of a page.

    Args:
        root: The checkout.
        page: The page's name, such as `tensors/math`.

    Returns:
        By name, the files of the page that use it, in the order of their names.
    """
    found: dict[str, list[str]] = {}
    for path in sorted((root / "snippets" / page).glob("*.py")):
        file = f"{page}/{path.name}"
        for name in names_of(root, file).used:
            found.setdefault(name, []).append(file)
    return {name: found[name] for name in sorted(found, key=_key)}


def _key(name: str) -> tuple[str, ...]:
    return tuple(name.lower().split("."))


def all_used(root: Path) -> dict[str, dict[str, list[str]]]:
    """The torch names of all pages: by name and page, the files."""
    found: dict[str, dict[str, list[str]]] = {}
    folder = root / "snippets"
    for chapter in CHAPTERS:
        for path in sorted((folder / chapter).glob("*")):
            page = path.relative_to(folder).as_posix()
            if path.is_dir() and (root / "docs" / "zh" / f"{page}.md").is_file():
                for name, files in used_in(root, page).items():
                    found.setdefault(name, {})[page] = files
    return {name: found[name] for name in sorted(found, key=_key)}


def faults(root: Path, facts: Facts | None = None) -> list[str]:
    """What cannot be told of the names of the snippet files.

    Args:
        root: The checkout.
        facts: What torch is; by default what is committed.

    Returns:
        One line for each: file and line, the name, and what to do.
    """
    found = []
    receivers = load_receivers()
    for chapter in CHAPTERS:
        for path in sorted((root / "snippets" / chapter).rglob("*.py")):
            file = path.relative_to(root / "snippets").as_posix()
            source = path.read_text("utf-8")
            told = receivers.get(file, {})
            names = resolve(source, facts or load_facts(), told)
            for line, attr, owners in names.unresolved:
                found.append(
                    f"snippets/{file}:{line}: whose {attr} is it ({', '.join(owners)},"
                    " or none)? run the file and tell render/receivers.yml"
                )
            for line, name in names.unknown:
                found.append(
                    f"snippets/{file}:{line}: {name} is not in render/torch_facts.json;"
                    " run python -m render.torch_facts"
                )
            for attr in told:
                less = {key: value for key, value in told.items() if key != attr}
                without = resolve(source, facts or load_facts(), less)
                if attr not in [x for _, x, _ in without.unresolved]:
                    found.append(f"render/receivers.yml:1: {file} needs no {attr}")
    files = {
        f"{file}" for file in receivers if not (root / "snippets" / file).is_file()
    }
    return found + [f"render/receivers.yml:1: no file {file}" for file in sorted(files)]


def used_here(root: Path, lang: str, page: str) -> list[str]:
    """The end of a page: the names that its blocks use.

    Args:
        root: The checkout.
        lang: `zh` or `en`.
        page: Path of the page, such as `tensors/math.md`.

    Returns:
        Lines of Markdown; none for a page without blocks of its own.
    """
    used = used_in(root, page.removesuffix(".md"))
    index = root / "docs" / lang / "reference" / "api.md"
    if not used or not index.is_file():
        return []
    way = posixpath.relpath("reference/api.md", posixpath.dirname(page))
    entries = []
    for name, files in used.items():
        blocks = f"({len(files)})"
        if len(files) <= MOST_HERE:
            blocks = " ".join(
                f'<a href="#{posixpath.basename(file)}">{n}</a>'
                for n, file in enumerate(files, 1)
            )
        entries.append(f"[`{_short(name)}`]({way}#{name}) {blocks}")
    heading = f"## {WORDS[lang]['here']} {{#api {UNSEARCHED}}}"
    return ["", heading, "", " · ".join(entries), "{: .api }", ""]


def _short(name: str) -> str:
    """A name as one says it: `Tensor.sum`, `nn.Linear`, `torch.zeros`."""
    return re.sub(r"^torch\.(?=Tensor\.|nn\.|optim\.)", "", name)


def index(root: Path, lang: str, page: str) -> list[str]:
    """The index of all pages.

    Args:
        root: The checkout.
        lang: `zh` or `en`.
        page: Path of the page that shows it.

    Returns:
        Lines of Markdown.

    Raises:
        ApiError: A name has no rule for its official page.
    """
    words, used = WORDS[lang], all_used(root)
    files = {x for pages in used.values() for found in pages.values() for x in found}
    count = words["count"].format(
        names=len(used), blocks=len(files), torch=load_facts().torch
    )
    pages = {name for found in used.values() for name in found}
    order = [x for names in page_order(root, lang, pages).values() for x in names]
    titles = {name: page_title(root, lang, name) for name in pages}
    ways = {
        name: posixpath.relpath(f"{name}.md", posixpath.dirname(page)) for name in pages
    }
    rows = [count]
    sections: dict[str, list[str]] = {}
    for name in used:
        sections.setdefault(_section(name), []).append(name)
    for section in (*SECTIONS, "others"):
        if section not in sections:
            continue
        title = f"`{SECTIONS[section][0]}`" if section in SECTIONS else words["others"]
        rows += ["", f"## {title} {{#{section} {UNSEARCHED}}}"]
        for name in sections[section]:
            found = used[name]
            total = sum(map(len, found.values()))
            shown = []
            for where in order:
                if where in found:
                    shown.append(
                        _blocks(titles[where], ways[where], found[where], total)
                    )
            address = official(name)
            said = f"[`{name}`]({address})" if address else f"`{name}`"
            row = f"{said} {' · '.join(shown)}"
            if "__" in name:  # emphasis, where attributes of a paragraph stand
                rows += ["", f'<a id="{name}"></a>{row}']
            else:
                rows += ["", row, f"{{: #{name} }}"]
    told = words["comma"].join(
        f"`{attr}` ({file})" if lang == "en" else f"`{attr}`（{file}）"
        for file, attrs in load_receivers().items()
        for attr, kind in attrs.items()
        if kind != "other"
    )
    return [*rows, "", f"{words['told']}{told}{'.' if lang == 'en' else '。'}"]


def _blocks(title: str, way: str, files: list[str], total: int) -> str:
    """A page and its blocks: each by itself, or, of a common name, how many."""
    if total > MOST:
        return f"[{title}]({way}#api) {len(files)}"
    first, *more = [f"{way}#{posixpath.basename(file)}" for file in files]
    return " ".join(
        [f"[{title}]({first})", *(f"[{n}]({x})" for n, x in enumerate(more, 2))]
    )


def _section(name: str) -> str:
    best, length = "others", 0
    for section, prefixes in SECTIONS.items():
        for prefix in prefixes:
            below = name == prefix or name.startswith(prefix + ".")
            if prefix == "torch" and (name.count(".") != 1 and name[6:7].islower()):
                below = False  # of another module
            if below and len(prefix) > length:
                best, length = section, len(prefix)
    return best

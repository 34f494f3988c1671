"""Generate the API index and the list of APIs at the end of each page.

The index lists every torch name that the snippet files use, with links to the blocks
that use it and to PyTorch's documentation. `verify.apis` recorded the names while the
files ran. A name has a link to the documentation only if it is in the documentation's
inventory, see `verify.api_names`.
"""

from __future__ import annotations

import functools
import hashlib
import posixpath
import re
from collections.abc import Mapping
from pathlib import Path

from render.pages import UNSEARCHED, page_order, page_title
from verify import DEFAULT_TORCH, api_names

DOCS = "https://docs.pytorch.org/docs/stable/"
WORDS = {
    "zh": {
        "here": "本页用到的 API",
        "count": "{blocks} 个代码块里共 {names} 个名字，按 torch {torch} 核对。",
        "unrun": "其中 {blocks} 个没能在记录用的机器上运行，多半因为需要 GPU；"
        "它们只列出导入的名字。",
        "others": "其他",
    },
    "en": {
        "here": "API used on this page",
        "count": "{names} names in {blocks} blocks, checked against torch {torch}.",
        "unrun": "{blocks} of them couldn't run on the machine that records, mostly"
        " because it has no GPU: only the names that they import are listed.",
        "others": "Others",
    },
}
# The sections of the index, each with the prefixes of its names.
SECTIONS = {
    "tensor": ("torch.Tensor",),
    "torch": ("torch",),
    "nn": ("torch.nn",),
    "optim": ("torch.optim",),
    "data": ("torch.utils.data",),
    "autograd": ("torch.autograd", "torch.func", "torch.utils.checkpoint"),
    "distributed": ("torch.distributed", "torch.multiprocessing"),
}
# Names without their own entry in the documentation, and the page that lists them.
PAGES = (
    (
        re.compile(
            r"torch\.(half|double|b?float\w*|u?int\d*|short|long|bool|cdouble|cfloat"
            r"|complex\d+)"
        ),
        "tensor_attributes.html#torch.dtype",
    ),
    (
        re.compile(r"torch\.(channels_last\w*|contiguous_format)"),
        "tensor_attributes.html#torch.memory_format",
    ),
    (re.compile(r"torch\.[fi]info"), "type_info.html"),
    (re.compile(r"torch\.amp\.GradScaler"), "amp.html"),
    (re.compile(r"torch\.[A-Z]\w+Tensor"), "tensors.html#data-types"),
)
# Names that the documentation lists under another module than snippets import.
ALIASES = {
    "torch.autograd.gradcheck": "torch.autograd.gradcheck.gradcheck",
    "torch.distributed.checkpoint.load": (
        "torch.distributed.checkpoint.state_dict_loader.load"
    ),
    "torch.distributed.checkpoint.save": (
        "torch.distributed.checkpoint.state_dict_saver.save"
    ),
    "torch.distributed.tensor.Replicate": (
        "torch.distributed.tensor.placement_types.Replicate"
    ),
    "torch.distributed.tensor.Shard": "torch.distributed.tensor.placement_types.Shard",
    "torch.inference_mode": "torch.autograd.grad_mode.inference_mode",
    "torch.multiprocessing.spawn": "torch.multiprocessing.spawn.spawn",
    "torch.nn.Buffer": "torch.nn.parameter.Buffer",
    "torch.nn.Parameter": "torch.nn.parameter.Parameter",
    "torch.set_grad_enabled": "torch.autograd.grad_mode.set_grad_enabled",
    "torch.utils.data.DistributedSampler": (
        "torch.utils.data.distributed.DistributedSampler"
    ),
}
MANY = 30  # A section with more names than this starts with links to each letter.
MOST_HERE = 8  # If more blocks of a page use a name, the page only counts them.


def official(name: str) -> str | None:
    """Return the address of a name in PyTorch's documentation.

    Args:
        name: A torch name, e.g. `torch.nn.Module.eval`.

    Returns:
        The address; None if the documentation doesn't have the name.

    Example:
        >>> official("torch.Tensor.sum")
        'https://docs.pytorch.org/docs/stable/generated/torch.Tensor.sum.html'
    """
    for names, page in PAGES:
        if names.fullmatch(name):
            return DOCS + page
    name = ALIASES.get(name, name)
    if not (address := api_names.documented().get(name)):
        return None
    page = address.partition("#")[0]
    is_its_own = posixpath.basename(page) == f"{name}.html"
    return DOCS + (page if is_its_own else address)


@functools.lru_cache(maxsize=2)
def _recorded(path: Path, stamp: int) -> Mapping[str, api_names.Entry]:
    return api_names.read(path)


@functools.lru_cache(maxsize=2048)
def _sha256(path: Path, stamp: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def recorded(root: Path) -> dict[str, api_names.Entry]:
    """Read the recorded names of the snippet files that haven't changed since.

    Args:
        root: The checkout.

    Returns:
        The entries by the path of the file below `snippets/`; empty without a record.
    """
    path = root / "records" / api_names.RECORD.name
    if not path.is_file():
        return {}
    entries = {}
    for name, entry in _recorded(path, path.stat().st_mtime_ns).items():
        file = root / "snippets" / name
        if file.is_file() and _sha256(file, file.stat().st_mtime_ns) == entry.sha256:
            entries[name] = entry
    return entries


def all_used(root: Path) -> dict[str, dict[str, list[str]]]:
    """Collect the torch names that all snippet files use.

    Args:
        root: The checkout.

    Returns:
        For each name and each page, e.g. `tensors/math`, the files that use the name.
    """
    found: dict[str, dict[str, list[str]]] = {}
    for file, entry in sorted(recorded(root).items()):
        page = posixpath.dirname(file)
        if (root / "docs" / "zh" / f"{page}.md").is_file():
            for name in entry.names:
                found.setdefault(name, {}).setdefault(page, []).append(file)
    return {name: found[name] for name in sorted(found, key=_key)}


def _key(name: str) -> tuple[str, ...]:
    return tuple(name.lower().split("."))


def used_here(root: Path, lang: str, page: str) -> list[str]:
    """Render the last section of a page: the names that its blocks use.

    Args:
        root: The checkout.
        lang: `zh` or `en`.
        page: The path of the page, e.g. `tensors/math.md`.

    Returns:
        Lines of Markdown; empty if no name is recorded for the page, or the language
        has no API index.
    """
    name = page.removesuffix(".md")
    used = {x: at[name] for x, at in all_used(root).items() if name in at}
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
    """Return a name as people say it: `Tensor.sum`, `nn.Linear`, `torch.zeros`."""
    return re.sub(r"^torch\.(?=Tensor\.|nn\.|optim\.)", "", name)


def index(root: Path, lang: str, page: str) -> list[str]:
    """Render the API index of all pages.

    Args:
        root: The checkout.
        lang: `zh` or `en`.
        page: The path of the page that shows the index. Links start there.

    Returns:
        Lines of Markdown.
    """
    words, used = WORDS[lang], all_used(root)
    files = {x for pages in used.values() for found in pages.values() for x in found}
    count = words["count"].format(
        names=len(used), blocks=len(files), torch=DEFAULT_TORCH
    )
    if unrun := [x for x, entry in recorded(root).items() if entry.unrun]:
        between = "" if lang == "zh" else " "
        count += between + words["unrun"].format(blocks=len(unrun))
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
        if len(sections[section]) > MANY:
            rows += ["", _letters(section, sections[section]), "{: .letters }"]
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
            if "__" in name:  # In an attribute list, Markdown reads it as emphasis.
                rows += ["", f'<a id="{name}"></a>{row}']
            else:
                rows += ["", row, f"{{: #{name} }}"]
    return rows


def _letters(section: str, names: list[str]) -> str:
    """Render links to the first name of each letter."""
    prefixes = sorted(SECTIONS.get(section, ("torch",)), key=len, reverse=True)
    first: dict[str, str] = {}
    for name in names:
        if name in prefixes:
            continue
        prefix = next((x for x in prefixes if name.startswith(f"{x}.")), "")
        letter = name.removeprefix(f"{prefix}.")[0].upper().replace("_", r"\_")
        first.setdefault(letter, name)
    return " ".join(f"[{letter}](#{name})" for letter, name in first.items())


def _blocks(title: str, way: str, files: list[str], total: int) -> str:
    """Render the link from a name to a page that uses it.

    If only one block in all uses the name, the link leads to that block, else to the
    page's own list of names. Linking all blocks would make the index too large.
    """
    if total > 1:
        return f"[{title}]({way}#api)"
    return f"[{title}]({way}#{posixpath.basename(files[0])})"


def _section(name: str) -> str:
    best, length = "others", 0
    for section, prefixes in SECTIONS.items():
        for prefix in prefixes:
            below = name == prefix or name.startswith(prefix + ".")
            if prefix == "torch" and (name.count(".") != 1 and name[6:7].islower()):
                below = False  # It's in a submodule that has no section.
            if below and len(prefix) > length:
                best, length = section, len(prefix)
    return best

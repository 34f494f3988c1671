"""Render the header lines of a snippet file, such as ``# Needs: cuda``, for readers.

`phrases` is the short form in the line below a block. `explained` is the text that
appears when the reader opens that line.
"""

from __future__ import annotations

import re
import shlex
from html import escape

from verify.snippet import Snippet

WORDS = {
    "zh": {
        "cpu_only": "只在 CPU 上运行",
        "needs": "需要 {}",
        "run": "运行：",
        "warns": "会警告：",
        "comma": "、",
        "colon": "：",
        "why_cpu": "讲的是 CPU 上的内存或数值，有 GPU 也不用。",
        "why_cuda": "需要 NVIDIA GPU 和 CUDA 版的 PyTorch。",
        "why_linux": "只能在 Linux 上运行。",
        "why_torch": "在别的版本上运行不了。",
        "why_library": "把 {} 放进代码块旁边的 <code>snippets</code> 文件夹。",
        "why_package": "先安装：{}。",
        "why_run": "用这条命令启动，不要直接用 <code>python</code>。",
        "why_ranks": "它会启动 {} 个进程，每个都运行这个文件。",
        "why_warns": "这里会出现这种警告，属于预期，每次运行都会检查。",
        "why_timeout": "这么多秒以后，测试才会中止它。",
    },
    "en": {
        "cpu_only": "Runs on the CPU only",
        "needs": "Needs {}",
        "run": "Run: ",
        "warns": "Warns: ",
        "comma": ", ",
        "colon": ": ",
        "why_cpu": "It's about CPU memory or numbers, so it doesn't use a GPU.",
        "why_cuda": "Needs an NVIDIA GPU and PyTorch with CUDA.",
        "why_linux": "Runs on Linux only.",
        "why_torch": "It doesn't work on other releases.",
        "why_library": "Put {} into a folder <code>snippets</code> beside the block.",
        "why_package": "Install it first: {}.",
        "why_run": "Start it with this command, not with <code>python</code> alone.",
        "why_ranks": "It starts {} processes that all run this file.",
        "why_warns": "You'll see this warning. It's expected, and each run checks it.",
        "why_timeout": "Only after so many seconds do tests stop it.",
    },
}
NAMES = {"cuda": "CUDA", "linux": "Linux"}
# The names for `pip install` of packages that are imported under a different name.
PACKAGES = {"sklearn": "scikit-learn"}
RANKS = re.compile(r"--nproc-per-node=(\d+)")


def need_in_words(need: str) -> str:
    """Write an item of a ``# Needs:`` line for readers.

    Args:
        need: The item.

    Example:
        >>> need_in_words("torch>=2.6")
        'torch ≥ 2.6'
    """
    if need in NAMES:
        return NAMES[need]
    return re.sub(r"\s*(>=|<)\s*", lambda m: {">=": " ≥ ", "<": " < "}[m[1]], need)


def phrases(snippet: Snippet, lang: str) -> list[str]:
    """Summarize a header in a few words: device, needs, command and warnings.

    Args:
        snippet: The file.
        lang: `zh` or `en`.

    Returns:
        Pieces of HTML, without links because readers press the text to open it.
    """
    words, said = WORDS[lang], []
    if snippet.device == "cpu":
        said.append(words["cpu_only"])
    if snippet.needs:
        library = " + ".join(f"snippets/{name}.py" for name in snippet.library)
        what = [library if x == "snippets" else need_in_words(x) for x in snippet.needs]
        said.append(escape(words["needs"].format(words["comma"].join(what))))
    if snippet.run:
        said.append(f"{words['run']}<code>{escape(shlex.join(snippet.run))}</code>")
    if snippet.warns:
        said.append(escape(words["warns"] + words["comma"].join(snippet.warns)))
    return said


def explained(snippet: Snippet, lang: str, up: str) -> list[str]:
    """Explain each item of a header.

    Args:
        snippet: The file.
        lang: `zh` or `en`.
        up: The relative path from the page to its language's home, e.g. ``../../``.

    Returns:
        Lines of HTML. If there are several, each begins with its header item.
    """
    words = WORDS[lang]
    items: list[tuple[str, str]] = []
    if snippet.device == "cpu":
        items.append(("Device: cpu", words["why_cpu"]))
    items += [
        (f"Needs: {need}", _why(snippet, need, lang, up)) for need in snippet.needs
    ]
    if snippet.run:
        why = words["why_run"]
        if ranks := RANKS.search(shlex.join(snippet.run)):
            between = "" if lang == "zh" else " "
            why += between + words["why_ranks"].format(ranks[1])
        items.append(("Run", why))
    items += [(f"Warns: {name}", words["why_warns"]) for name in snippet.warns]
    if snippet.timeout:
        items.append((f"Timeout: {snippet.timeout:g}", words["why_timeout"]))
    if len(items) == 1:  # The line that the reader opened already names the item.
        return [items[0][1]]
    return [
        f"<code># {escape(item)}</code>{words['colon']}{why}" for item, why in items
    ]


def _why(snippet: Snippet, need: str, lang: str, up: str) -> str:
    words = WORDS[lang]
    if need == "snippets":
        return words["why_library"].format(_library(snippet, up))
    if need.startswith("torch"):
        return words["why_torch"]
    if need in NAMES:
        return words[f"why_{need}"]
    package = PACKAGES.get(need, need)
    return words["why_package"].format(f"<code>pip install {escape(package)}</code>")


def _library(snippet: Snippet, up: str) -> str:
    """Render links to the reference pages of the library files that a block imports."""
    # `launching` has no page: it's documented on the page of `ddp`.
    where = {name: f"{name}/" for name in snippet.library} | {
        "launching": "ddp/#snippets.launching.launch"
    }
    return " + ".join(
        f'<a href="{up}reference/{where[name]}">snippets/{name}.py</a>'
        for name in snippet.library
    )

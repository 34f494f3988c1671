"""Render the errata: what old PyTorch notes on the web get wrong.

The entries come from the common mistakes of all pages, see `render.mistakes`. Those
with a `kind` belong to the errata.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from render.mistakes import (
    KINDS,
    MYTHS,
    SINCE,
    Mistake,
    MistakeError,
    data_file,
    load_all,
)
from render.pages import UNSEARCHED, page_order, page_title

WORDS = {
    "zh": {
        "wrong": "错误",
        "outdated": "过时",
        "misleading": "误导",
        "incomplete": "不全",
        "always": "一直如此",
        "since": "从 {} 起",
        "seen": "{} 已如此",
        "count": "共 {total} 条：{kinds}。",
        "kind": "{name} {n} 条",
        "comma": "，",
        "proof": "证据：",
        "list": "、",
    },
    "en": {
        "wrong": "wrong",
        "outdated": "outdated",
        "misleading": "misleading",
        "incomplete": "incomplete",
        "always": "always so",
        "since": "since {}",
        "seen": "{} or earlier",
        "count": "{total} statements: {kinds}.",
        "kind": "{n} {name}",
        "comma": ", ",
        "proof": "Proof: ",
        "list": ", ",
    },
}
LINK = re.compile(r"\]\((?P<target>[^()\s:]+)\)")


def errata(root: Path, lang: str, page: str) -> list[str]:
    """Render the errata by chapter and page.

    Args:
        root: The checkout.
        lang: `zh` or `en`.
        page: The path of the page that shows the errata. Links start there.

    Returns:
        Lines of Markdown.

    Raises:
        MistakeError: If an entry has a fault or an id is used twice.
    """
    entries = [entry for entry in load_all(root) if entry.kind]
    seen: dict[str, Mistake] = {}
    for entry in entries:
        if entry.id in seen:
            raise MistakeError(
                f"{data_file(entry.page)}:{entry.line}: {entry.id} stands in"
                f" {data_file(seen[entry.id].page)} too"
            )
        seen[entry.id] = entry
    words = WORDS[lang]
    kinds = [entry.kind for entry in entries]
    counts = words["comma"].join(
        words["kind"].format(name=words[kind], n=kinds.count(kind))
        for kind in KINDS
        if kind in kinds
    )
    rows = [words["count"].format(total=len(entries), kinds=counts)]
    base = posixpath.dirname(page)
    # Search finds each entry on its own page. A second hit here would only push other
    # pages down the list of results.
    for chapter, names in page_order(root, lang, {x.page for x in entries}).items():
        rows += ["", f"## {chapter} {{#{names[0].split('/')[0]} {UNSEARCHED}}}"]
        for name in names:
            way = posixpath.relpath(f"{name}.md", base)
            title = page_title(root, lang, name)
            anchor = name.replace("/", "-")
            rows += ["", f"### [{title}]({way}) {{#{anchor} {UNSEARCHED}}}"]
            for entry in entries:
                if entry.page == name:
                    rows += ["", *_erratum(entry, lang, base)]
    return rows


def _erratum(entry: Mistake, lang: str, base: str) -> list[str]:
    words, text = WORDS[lang], entry.texts[lang]
    since = SINCE.fullmatch(entry.since)
    assert since is not None  # `load` has checked it.
    when = words["always"]
    if since["release"]:
        when = words["seen" if since["seen"] else "since"].format(since["release"])

    def moved(match: re.Match[str]) -> str:
        path, mark, anchor = match["target"].partition("#")
        home = posixpath.dirname(entry.page)
        target = posixpath.join(home, path) if path else f"{entry.page}.md"
        return f"]({posixpath.relpath(target, base)}{mark}{anchor})"

    proof = words["list"].join(
        f"[`{posixpath.basename(file)}`]"
        f"({posixpath.relpath(posixpath.dirname(file) + '.md', base)}"
        f"#{posixpath.basename(file)})"
        for file in entry.blocks + entry.proof
    )
    statement = text.claim.removeprefix(MYTHS[lang])
    return [
        f"**“{statement}”** · {words[entry.kind]} · {when}  ",
        *f"{LINK.sub(moved, text.truth)}  ".split("\n"),
        f"{words['proof']}{proof}",
        f"{{: #{entry.id} .erratum }}",
    ]

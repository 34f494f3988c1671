"""What the records say of a snippet file, as one line of HTML in a page's language."""

from __future__ import annotations

import itertools
import re
import shlex
from collections.abc import Sequence
from html import escape, unescape
from pathlib import Path

from render.files import sha256
from verify.evidence import Record, Result
from verify.needs import is_final
from verify.snippet import Snippet

WORDS = {
    "zh": {
        "passed": "已验证",
        "failed": "未通过",
        "output-changed": "输出有变化",
        "stale": "上次修改后尚未验证",
        "none": "尚未验证",
        "skipped": "未运行",
        "releases": "{n} 个版本",
        "cuda_none": "CUDA 未运行",
        "cpu_only": "只在 CPU 上运行",
        "needs": "需要 {what}",
        "run": "运行：",
        "download": "下载",
        "comma": "、",
        "newest": "最近一次验证：",
        "counts": "{total} 个片段中 {passed} 个通过",
        "counts_skipped": "，{skipped} 个因缺少所需而跳过",
        "no_runs": "还没有运行记录。",
    },
    "en": {
        "passed": "Verified",
        "failed": "Failed",
        "output-changed": "Output changed",
        "stale": "Not verified since the last change",
        "none": "Not verified yet",
        "skipped": "Not run",
        "releases": "{n} releases",
        "cuda_none": "CUDA not run",
        "cpu_only": "Runs on the CPU only",
        "needs": "Needs {what}",
        "run": "Run: ",
        "download": "Download",
        "comma": ", ",
        "newest": "Last verified: ",
        "counts": "{passed} of {total} snippets passed",
        "counts_skipped": ", {skipped} skipped for want of what they need",
        "no_runs": "No run recorded yet.",
    },
}
IMPORT = re.compile(r"^\s*(?:from|import) snippets\.(\w+)", re.M)
ICONS = {"passed": "✓", "failed": "✗", "output-changed": "✗"}

Run = tuple[Record, Result]


def status_line(
    name: str,
    snippet: Snippet,
    found: Sequence[Record],
    lang: str,
    address: str,
    leaf: str,
    up: str = "",
) -> str:
    """The line under a block: state, releases, devices, date, needs, download.

    Args:
        name: Path of the file below `snippets/`.
        snippet: The file as it is today.
        found: All records, newest release first.
        lang: `zh` or `en`.
        address: Where the download leads.
        leaf: The name under which the file is saved.
        up: The way from the page to the start of its language, e.g. ``../../``.

    Returns:
        One `div`.
    """
    facts = _all_facts(name, snippet, found, lang, up)
    return (
        '<div class="snippet-foot" data-search-exclude>'
        f'<p class="snippet-facts">{" ".join(facts)}</p>'
        f'<a class="snippet-download" href="{address}" download="{escape(leaf)}"'
        f' title="{escape(leaf)}">{WORDS[lang]["download"]}</a></div>'
    )


def status_text(name: str, snippet: Snippet, found: Sequence[Record], lang: str) -> str:
    """The same as text, for pages that are no HTML; without the download.

    Args:
        name: Path of the file below `snippets/`.
        snippet: The file as it is today.
        found: All records, newest release first.
        lang: `zh` or `en`.

    Returns:
        One line, e.g. ``✓ Verified · torch 2.13.0 · CPU · 2026-05-04``.
    """
    facts = _all_facts(name, snippet, found, lang, "")
    return " · ".join(unescape(re.sub(r"<[^>]*>", "", fact)) for fact in facts)


def _all_facts(
    name: str, snippet: Snippet, found: Sequence[Record], lang: str, up: str
) -> list[str]:
    """What records say of a file, then what it says of itself."""
    words = WORDS[lang]
    facts = _facts(name, snippet, found, words)
    if snippet.device == "cpu":
        facts.append(_span(words["cpu_only"]))
    if snippet.needs:
        what = words["comma"].join(
            _library(snippet, up) if need == "snippets" else escape(need_in_words(need))
            for need in snippet.needs
        )
        facts.append(f"<span>{words['needs'].format(what=what)}</span>")
    if snippet.run:
        command = escape(shlex.join(snippet.run))
        facts.append(f"<span>{words['run']}<code>{command}</code></span>")
    return facts


def need_in_words(need: str) -> str:
    """A need of a header line as a reader says it.

    Example:
        >>> need_in_words("torch>=2.6")
        'torch ≥ 2.6'
    """
    if need == "cuda":
        return "CUDA"
    return re.sub(r"\s*(>=|<)\s*", lambda m: {">=": " ≥ ", "<": " < "}[m[1]], need)


def _library(snippet: Snippet, up: str) -> str:
    """The files of the library that a block imports, with links to their pages."""
    names = dict.fromkeys(IMPORT.findall(snippet.source))
    # `launching` has no page of its own.
    where = {name: f"{name}/" for name in names} | {
        "launching": "ddp/#snippets.launching.launch"
    }
    return " + ".join(
        f'<a href="{up}reference/{where[name]}">snippets/{name}.py</a>'
        for name in names
    )


def newest_runs(found: Sequence[Record], snippets: Path, lang: str) -> str:
    """The newest run on each device and what of today's files passed in it.

    Args:
        found: All records, newest release first.
        snippets: The folder of the files.
        lang: `zh` or `en`.

    Returns:
        One `div`; it says so when there is no record.
    """
    words = WORDS[lang]
    hashes = {
        path.relative_to(snippets).as_posix(): sha256(path)
        for path in snippets.glob("*/**/*.py")
    }
    ran = [record for record in found if not record.fault and is_final(record.torch)]
    lines = []
    for device in ("cpu", "cuda"):
        record = next((r for r in ran if r.device == device), None)
        if record is None:
            continue
        outcomes = [
            result.outcome
            for name, result in record.snippets.items()
            if hashes.get(name) == result.sha256
        ]
        skipped = outcomes.count("skipped")
        counts = words["counts"].format(
            passed=outcomes.count("passed"), total=len(hashes)
        )
        if skipped:
            counts += words["counts_skipped"].format(skipped=skipped)
        # No-break spaces: a dot ends a line, it starts none.
        dot = "\u00a0· "
        where = [escape(f"torch {record.torch}"), escape(_device(record))]
        where.append(f"<time>{_date(record)}</time>")
        lines.append(
            f"<p>{words['newest']}<strong>{dot.join(where)}</strong>{dot}{counts}</p>"
        )
    if lines and not any(r.device == "cuda" for r in ran):
        lines.append(f"<p>{words['cuda_none']}</p>")
    body = "".join(lines) or f"<p>{words['no_runs']}</p>"
    return f'<div class="runs" data-search-exclude>{body}</div>'


def _facts(
    name: str, snippet: Snippet, found: Sequence[Record], words: dict[str, str]
) -> list[str]:
    """State, releases, devices and date; runs of other contents do not count.

    Nor do candidates and nightlies: a reader has a release.
    """
    known = [
        (record, record.snippets[name])
        for record in found
        if name in record.snippets and is_final(record.torch)
    ]
    valid = [run for run in known if run[1].sha256 == snippet.sha256]
    ran = [run for run in valid if run[1].outcome != "skipped"]
    if not ran:
        state = "skipped" if valid else "stale" if known else "none"
        return [_state(state, words)]
    cpu = [run for run in ran if run[0].device == "cpu"]
    cuda = [run for run in ran if run[0].device == "cuda"]
    main = cpu or cuda
    state = main[0][1].outcome
    facts = [_state(state, words)]
    if state == "passed":
        facts += [_releases(main, words), _span(main[0][0].device.upper())]
    else:
        facts.append(_span(f"torch {main[0][0].torch} · {main[0][0].device.upper()}"))
        if older := _passed(main):
            facts.append(f"<span>✓ {words['passed']} {_releases(older, words)}</span>")
    for outcome, runs in itertools.groupby(main[1:], lambda run: run[1].outcome):
        if outcome != "passed":
            facts.append(_failure(list(runs), words))
    if cpu and cuda:
        facts.append(_second_device(cpu[0], cuda, words))
    elif cpu and snippet.device != "cpu":
        facts.append(_span(words["cuda_none"], "snippet-unrun"))
    when = (_passed(main) or main)[0]
    day = (when[1].when or when[0].when)[:10]
    facts.append(f'<time datetime="{day}">{day}</time>')
    return facts


def _second_device(first: Run, cuda: list[Run], words: dict[str, str]) -> str:
    """CUDA beside CPU; its release only where it is another one."""
    record, result = cuda[0]
    if result.outcome != "passed":
        return _failure(cuda[:1], words)
    same = record.torch == first[0].torch
    text = "CUDA" if same else f"CUDA (torch {record.torch})"
    return f'<span title="{escape(record.device_name)}">{escape(text)}</span>'


def _releases(runs: list[Run], words: dict[str, str]) -> str:
    """The newest release that passed; the oldest too where there are several."""
    passed = [record.torch for record, _ in _passed(runs)]
    if len(passed) == 1:
        return _span(f"torch {passed[0]}")
    text = f"torch {passed[-1]}–{passed[0]} ({words['releases']})"
    text = text.format(n=len(passed))
    return f'<span title="{escape(", ".join(passed))}">{escape(text)}</span>'


def _passed(runs: list[Run]) -> list[Run]:
    return [run for run in runs if run[1].outcome == "passed"]


def _failure(runs: list[Run], words: dict[str, str]) -> str:
    """Runs beside each other that ended alike, newest first."""
    record, result = runs[0]
    torch = "–".join(dict.fromkeys([runs[-1][0].torch, record.torch]))
    where = f"torch {torch} · {record.device.upper()}"
    return _span(f"✗ {words[result.outcome]}: {where}", "snippet-failed")


def _state(state: str, words: dict[str, str]) -> str:
    icon = ICONS.get(state, "○")
    return (
        f'<span class="snippet-state snippet-{state}">'
        f'<span aria-hidden="true">{icon}</span> {words[state]}</span>'
    )


def _span(text: str, css: str = "") -> str:
    css = f' class="{css}"' if css else ""
    return f"<span{css}>{escape(text)}</span>"


def _device(record: Record) -> str:
    if record.device == "cpu":
        return "CPU"
    return f"CUDA ({record.device_name})"


def _date(record: Record) -> str:
    return record.when[:10]

"""What the records say about a snippet file, as a line of HTML."""

from __future__ import annotations

import itertools
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape, unescape
from pathlib import Path

from render.pages import current_snippets
from verify.evidence import Record, Result, is_valid
from verify.history import is_explained, judge_release, notes_of, outcome_of
from verify.needs import is_final
from verify.snippet import Snippet

WORDS = {
    "zh": {
        "passed": "已验证",
        "failed": "未通过",
        "output-changed": "输出有变化",
        "upstream": "因 torch 的改动而不同",
        "drift": "输出有无害的漂移",
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
        "n_files": "个代码文件",
        "n_releases": "个 torch 版本",
        "n_passed": "个在 torch {torch} 上通过",
    },
    "en": {
        "passed": "Verified",
        "failed": "Failed",
        "output-changed": "Output changed",
        "upstream": "Differs through a change in torch",
        "drift": "Harmless drift of the output",
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
        "counts_skipped": ", {skipped} skipped because something is missing",
        "no_runs": "No run recorded yet.",
        "n_files": "Python files",
        "n_releases": "torch releases",
        "n_passed": "files passed on torch {torch}",
    },
}
NAMES = {"cuda": "CUDA", "linux": "Linux"}
ICONS = {"passed": "✓", "failed": "✗", "output-changed": "✗"}


@dataclass(frozen=True)
class Run:
    """One run of a snippet file.

    Attributes:
        record: The record of the release.
        result: The result in it.
        counts: Whether the result counts for the file as it is now.
        note: What a person said about the result; None if the file passed.
    """

    record: Record
    result: Result
    counts: bool
    note: str | None = None

    @property
    def state(self) -> str:
        """An outcome, or ``"upstream"`` for a change in torch; drift is passed."""
        outcome = outcome_of(self.result, self.note)
        broken = outcome in ("failed", "output-changed")
        return (
            "upstream" if broken and is_explained(self.result, self.note) else outcome
        )


def runs_of(
    name: str, snippet: Snippet, found: Sequence[Record], root: Path
) -> list[Run]:
    """List the runs of a file on final releases: a reader has no other.

    Args:
        name: Path of the file below `snippets/`.
        snippet: The file as it is today.
        found: All records, newest release first.
        root: The checkout.

    Returns:
        The runs, newest release first.
    """
    runs = []
    for record in found:
        result = record.snippets.get(name)
        if not result or not is_final(record.torch):
            continue
        counts, note = is_valid(result, snippet, root / "snippets"), None
        if counts and result.outcome in ("failed", "output-changed"):
            note = notes_of(record, root / "records").get(name)
        runs.append(Run(record, result, counts, note))
    return runs


def status_line(
    snippet: Snippet,
    runs: Sequence[Run],
    lang: str,
    address: str,
    leaf: str,
    up: str = "",
) -> str:
    """Render the line under a block: state, releases, devices, date, needs, download.

    Args:
        snippet: The file as it is today.
        runs: Its runs, newest release first.
        lang: `zh` or `en`.
        address: The address of the download.
        leaf: The name under which the file is saved.
        up: The way from the page to the start of its language, e.g. ``../../``.

    Returns:
        One `div`.
    """
    facts = _all_facts(snippet, runs, lang, up)
    return (
        '<div class="snippet-foot" data-search-exclude>'
        f'<p class="snippet-facts">{" ".join(facts)}</p>'
        f'<a class="snippet-download" href="{address}" download="{escape(leaf)}"'
        f' title="{escape(leaf)}">{WORDS[lang]["download"]}</a></div>'
    )


def library_download(name: str, lang: str, up: str) -> str:
    """Render the download of a library file.

    Args:
        name: Its name, e.g. ``seeding``.
        lang: `zh` or `en`.
        up: The way from the page to the start of its language, e.g. ``../../``.

    Returns:
        One `p`.
    """
    return (
        f'<p><a class="snippet-download" href="{up}snippets/{name}.py"'
        f' download="{name}.py">{WORDS[lang]["download"]} {name}.py</a></p>'
    )


def status_text(snippet: Snippet, runs: Sequence[Run], lang: str) -> str:
    """Render the same as text, for pages that aren't HTML; without the download.

    Args:
        snippet: The file as it is today.
        runs: Its runs, newest release first.
        lang: `zh` or `en`.

    Returns:
        One line, e.g. ``✓ Verified · torch 2.13.0 · CPU · 2026-05-04``.
    """
    facts = _all_facts(snippet, runs, lang, "")
    return " · ".join(unescape(re.sub(r"<[^>]*>", "", fact)) for fact in facts)


def _all_facts(snippet: Snippet, runs: Sequence[Run], lang: str, up: str) -> list[str]:
    """What the runs say about a file, then what its header says."""
    words = WORDS[lang]
    facts = _facts(snippet, runs, words)
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
    if need in NAMES:
        return NAMES[need]
    return re.sub(r"\s*(>=|<)\s*", lambda m: {">=": " ≥ ", "<": " < "}[m[1]], need)


def _library(snippet: Snippet, up: str) -> str:
    """The files of the library that a block imports, with links to their pages."""
    # `launching` shares the page of `ddp`.
    where = {name: f"{name}/" for name in snippet.library} | {
        "launching": "ddp/#snippets.launching.launch"
    }
    return " + ".join(
        f'<a href="{up}reference/{where[name]}">snippets/{name}.py</a>'
        for name in snippet.library
    )


def newest_runs(found: Sequence[Record], root: Path, lang: str) -> str:
    """Render three numbers, then the newest run on each device.

    Args:
        found: All records, newest release first.
        root: The checkout.
        lang: `zh` or `en`.

    Returns:
        A `ul` with the numbers if anything ran, then one `div`.
    """
    words, snippets = WORDS[lang], current_snippets(root)
    ran = [record for record in found if not record.fault and is_final(record.torch)]
    lines: list[str] = []
    numbers: dict[str, int] = {}
    for device in ("cpu", "cuda"):
        record = next((r for r in ran if r.device == device), None)
        if record is None:
            continue
        notes = notes_of(record, root / "records")
        outcomes = judge_release(record, None, notes, root, snippets).counts
        counts = words["counts"].format(passed=outcomes["passed"], total=len(snippets))
        numbers = numbers or {
            words["n_files"]: len(snippets),
            words["n_releases"]: len({r.torch for r in ran}),
            words["n_passed"].format(torch=escape(record.torch)): outcomes["passed"],
        }
        if skipped := outcomes["skipped"]:
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
    runs = f'<div class="runs" data-search-exclude>{body}</div>'
    items = "".join(f"<li><strong>{n}</strong> {of}</li>" for of, n in numbers.items())
    return (
        f'<ul class="numbers" data-search-exclude>{items}</ul>{runs}' if items else runs
    )


def _facts(snippet: Snippet, runs: Sequence[Run], words: dict[str, str]) -> list[str]:
    """State, releases, devices and date, of the runs that count."""
    valid = [run for run in runs if run.counts]
    ran = [run for run in valid if run.state != "skipped"]
    if not ran:
        return [_state("skipped" if valid else "stale" if runs else "none", words)]
    cpu = [run for run in ran if run.record.device == "cpu"]
    cuda = [run for run in ran if run.record.device == "cuda"]
    main = cpu or cuda
    newest = main[0]
    facts = [_state(newest.state, words)]
    if newest.state == "passed":
        facts += [_releases(main, words), _span(newest.record.device.upper())]
    else:
        facts.append(_span(_where([newest])))
        if older := _passed(main):
            facts.append(f"<span>✓ {words['passed']} {_releases(older, words)}</span>")
    for state, beside in itertools.groupby(main[1:], lambda run: run.state):
        if state != "passed":
            facts.append(_failure(list(beside), words))
    for drifts, beside in itertools.groupby(main, _drifts):
        if drifts:
            facts.append(_span(f"{words['drift']}: {_where(list(beside))}"))
    if cpu and cuda:
        facts.append(_second_device(cpu[0], cuda, words))
    elif cpu and snippet.device != "cpu":
        facts.append(_span(words["cuda_none"], "snippet-unrun"))
    when = (_passed(main) or main)[0]
    day = (when.result.when or when.record.when)[:10]
    facts.append(f'<time datetime="{day}">{day}</time>')
    return facts


def _second_device(first: Run, cuda: list[Run], words: dict[str, str]) -> str:
    """CUDA beside CPU; the release only if it differs."""
    newest = cuda[0]
    if newest.state != "passed":
        return _failure(cuda[:1], words)
    same = newest.record.torch == first.record.torch
    text = "CUDA" if same else f"CUDA (torch {newest.record.torch})"
    return f'<span title="{escape(_gpu(newest))}">{escape(text)}</span>'


def _releases(runs: list[Run], words: dict[str, str]) -> str:
    """The newest release that passed, and the oldest if there are several."""
    passed = [run.record.torch for run in _passed(runs)]
    if len(passed) == 1:
        return _span(f"torch {passed[0]}")
    text = f"torch {passed[-1]}–{passed[0]} ({words['releases']})"
    text = text.format(n=len(passed))
    return f'<span title="{escape(", ".join(passed))}">{escape(text)}</span>'


def _passed(runs: list[Run]) -> list[Run]:
    return [run for run in runs if run.state == "passed"]


def _drifts(run: Run) -> bool:
    return run.state == "passed" and run.result.outcome != "passed"


def _failure(runs: list[Run], words: dict[str, str]) -> str:
    """Runs beside each other that ended alike, newest first."""
    state = runs[0].state
    text = f"{words[state]}: {_where(runs)}"
    if state == "upstream":  # explained: not a failure of the block
        return _span(text)
    return _span(f"✗ {text}", "snippet-failed")


def _where(runs: list[Run]) -> str:
    """The releases of runs beside each other, newest first, and their device."""
    ends = dict.fromkeys([runs[-1].record.torch, runs[0].record.torch])
    return f"torch {'–'.join(ends)} · {runs[0].record.device.upper()}"


def _gpu(run: Run) -> str:
    machine = run.record.machines.get(run.result.machine)
    return machine.device_name if machine else ""


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
    names = {machine.device_name for machine in record.machines.values()}
    return f"CUDA ({', '.join(sorted(names))})"


def _date(record: Record) -> str:
    return record.when[:10]

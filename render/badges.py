"""What the records say about a snippet file, as a line of HTML."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape, unescape
from pathlib import Path

from render.header import explained, phrases
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
        "drift": "输出略有不同，不影响结果",
        "stale": "上次修改后尚未验证",
        "none": "尚未验证",
        "skipped": "未运行",
        "colon": "：",
        "releases": "{n} 个版本",
        "cuda_none": "CUDA 未运行",
        "page_cuda_none": "本页的代码块还没有在 CUDA 上运行过。",
        "download": "下载",
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
        "upstream": "Different because of a change in torch",
        "drift": "Harmless difference in the output",
        "stale": "Not verified since the last change",
        "none": "Not verified yet",
        "skipped": "Not run",
        "colon": ": ",
        "releases": "{n} releases",
        "cuda_none": "CUDA not run",
        "page_cuda_none": "The blocks on this page haven't run on CUDA yet.",
        "download": "Download",
        "newest": "Last verified: ",
        "counts": "{passed} of {total} snippets passed",
        "counts_skipped": ", {skipped} skipped because something is missing",
        "no_runs": "No run recorded yet.",
        "n_files": "Python files",
        "n_releases": "torch releases",
        "n_passed": "files passed on torch {torch}",
    },
}
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
    up: str = "",
    answers: str = "",
) -> str:
    """Render the line under a block: state, needs, download; the proof on demand.

    Args:
        snippet: The file as it is today.
        runs: Its runs, newest release first.
        lang: `zh` or `en`.
        address: The address of the download.
        up: The way from the page to the start of its language, e.g. ``../../``.
        answers: An attribute with what it says on one release, see `render.answers`.

    Returns:
        One `div`.
    """
    evidence = _Evidence(runs, lang)
    proof = evidence.headline
    if evidence.proof:
        proof = (
            f'<details class="snippet-proof"><summary>{proof}</summary>'
            f"<p>{'<br>'.join(evidence.proof)}</p></details>"
        )
    facts = " ".join(evidence.faults(up))
    if facts:
        facts = f'<p class="snippet-facts">{facts}</p>'
    facts += _header(snippet, lang, up)
    # The address ends with the name under which a browser saves the file.
    return (
        f'<div class="snippet-foot"{answers} data-search-exclude>{proof}{facts}'
        f'<a class="snippet-download" href="{address}" download>'
        f"{WORDS[lang]['download']}</a></div>"
    )


def page_line(blocks: Iterable[tuple[Snippet, Sequence[Run]]], lang: str) -> str:
    """Say once per page that nothing on it has run on CUDA.

    Args:
        blocks: The files that the page shows, each with its runs.
        lang: `zh` or `en`.

    Returns:
        One `p`, or nothing if a block has run there, or none could.
    """
    could = [runs for snippet, runs in blocks if snippet.device != "cpu" and runs]
    on_cuda = [run for runs in could for run in runs if run.record.device == "cuda"]
    if not could or any(run.counts for run in on_cuda):
        return ""
    words = WORDS[lang]["page_cuda_none"]
    return f'<p class="page-evidence" data-search-exclude>{words}</p>'


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
        One line, e.g. ``✓ torch 2.13.0 · CPU · 2026-05-04``.
    """
    evidence = _Evidence(runs, lang)
    facts = [*(evidence.proof or [evidence.headline]), *evidence.faults("")]
    if evidence.proof:
        facts[0] = f"{ICONS['passed']} {facts[0]}"
    facts += phrases(snippet, lang)
    return " · ".join(unescape(re.sub(r"<[^>]*>", "", fact)) for fact in facts)


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


def _header(snippet: Snippet, lang: str, up: str) -> str:
    """What the header asks for, in a line that opens to explain it."""
    if not (said := phrases(snippet, lang)):
        return ""
    return (
        '<details class="snippet-proof snippet-header">'
        f"<summary>{' · '.join(said)}</summary>"
        f"<p>{'<br>'.join(explained(snippet, lang, up))}</p></details>"
    )


class _Evidence:
    """What the runs say about a file.

    Args:
        runs: The runs, newest release first.
        lang: `zh` or `en`.

    Attributes:
        headline: The state in a few words, e.g. ``✓ 12 releases · CPU``.
        proof: The releases that passed, with devices and dates, one line each.
    """

    def __init__(self, runs: Sequence[Run], lang: str) -> None:
        self.words = WORDS[lang]
        valid = [run for run in runs if run.counts]
        ran = [run for run in valid if run.state != "skipped"]
        cpu = [run for run in ran if run.record.device == "cpu"]
        cuda = [run for run in ran if run.record.device == "cuda"]
        self.devices = [each for each in (cpu, cuda) if each]
        self.proof = [line for each in self.devices for line in self._proof(each)]
        if not ran:
            state = "skipped" if valid else "stale" if runs else "none"
        elif (state := self.devices[0][0].state) == "passed":
            self.headline = self._passed_headline()
            return
        self.headline = _state(state, self.words[state])

    def faults(self, up: str) -> list[str]:
        """What didn't pass; a link leads to what was different on that release."""
        found = []
        for runs in self.devices:
            for state, beside in itertools.groupby(runs, lambda run: run.state):
                if state != "passed":
                    found.append(self._fault(list(beside), up))
        return found

    def _passed_headline(self) -> str:
        passed = {
            runs[0].record.device.upper(): _passed(runs)
            for runs in self.devices
            if runs[0].state == "passed"
        }
        where, first = " · ".join(passed), next(iter(passed.values()))
        text = self.words["releases"].format(n=len(first))
        if len(first) == 1:
            text = f"torch {first[0].record.torch}"
        return _state("passed", f"{text} · {where}", self.words["passed"])

    def _proof(self, runs: list[Run]) -> Iterator[str]:
        """Lines about the runs on one device."""
        passed = _passed(runs)
        if not passed:
            return
        newest = passed[0]
        day = (newest.result.when or newest.record.when)[:10]
        device = _gpu(newest) if newest.record.device == "cuda" else "CPU"
        yield (f"torch {_ranges(runs)} · {escape(device)} · {day}")
        for drifts, beside in itertools.groupby(runs, _drifts):
            if drifts:
                yield escape(
                    self.words["drift"] + self.words["colon"] + _where(list(beside))
                )

    def _fault(self, runs: list[Run], up: str) -> str:
        """Runs beside each other that ended alike, newest first."""
        state = runs[0].state
        record = runs[0].record
        text = escape(self.words[state] + self.words["colon"] + _where(runs))
        link = f'<a href="{up}reference/releases/#{anchor_of(record)}">{text}</a>'
        if state == "upstream":  # explained: not a failure of the block
            return f'<span class="snippet-fault">{link}</span>'
        return f'<span class="snippet-fault snippet-failed">✗ {link}</span>'


def anchor_of(record: Record) -> str:
    """The anchor of what differs on a release, on the page about releases."""
    slug = re.sub(r"[^\w]+", "-", f"{record.torch}-{record.device}")
    return f"torch-{slug}"


def _ranges(runs: list[Run]) -> str:
    """The releases that passed, oldest first: ``2.4.1–2.7.1, 2.9.1``.

    A range ends before a release that did not pass.
    """
    ranges = []
    by_outcome = itertools.groupby(runs[::-1], lambda run: run.state == "passed")
    for passed, beside in by_outcome:
        if passed:
            releases = [run.record.torch for run in beside]
            ranges.append("–".join(dict.fromkeys([releases[0], releases[-1]])))
    return ", ".join(ranges)


def _passed(runs: list[Run]) -> list[Run]:
    return [run for run in runs if run.state == "passed"]


def _drifts(run: Run) -> bool:
    return run.state == "passed" and run.result.outcome != "passed"


def _where(runs: list[Run]) -> str:
    """The releases of runs beside each other, newest first, and their device."""
    ends = dict.fromkeys([runs[-1].record.torch, runs[0].record.torch])
    return f"torch {'–'.join(ends)} · {runs[0].record.device.upper()}"


def _gpu(run: Run) -> str:
    machine = run.record.machines.get(run.result.machine)
    name = machine.device_name if machine else ""
    return f"CUDA ({name})" if name else "CUDA"


def _state(state: str, text: str, spoken: str = "") -> str:
    """The state of a block; `spoken` is for those who don't see the sign."""
    icon = ICONS.get(state, "○")
    heard = f'<span class="spoken">{spoken}: </span>' if spoken else ""
    return (
        f'<span class="snippet-state snippet-{state}">'
        f'<span aria-hidden="true">{icon}</span> {heard}{escape(text)}</span>'
    )


def _device(record: Record) -> str:
    if record.device == "cpu":
        return "CPU"
    names = {machine.device_name for machine in record.machines.values()}
    return f"CUDA ({', '.join(sorted(names))})"


def _date(record: Record) -> str:
    return record.when[:10]

"""Render what the records say about a snippet file: the status line below each block.

The line says on which releases and devices the file passed, what it needs, and where to
download it. `status_text` says the same as plain text. `newest_runs` renders the
summary for the home page.
"""

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
        result: The file's result in the record.
        counts: Whether the result counts for the file as it is now.
        note: A person's note on the difference, one of `verify.history.NOTES`; None
            without a note.
    """

    record: Record
    result: Result
    counts: bool
    note: str | None = None

    @property
    def state(self) -> str:
        """The outcome; ``"upstream"`` if a change in torch explains a failure.

        Explained drift counts as ``"passed"``.
        """
        outcome = outcome_of(self.result, self.note)
        broken = outcome in ("failed", "output-changed")
        return (
            "upstream" if broken and is_explained(self.result, self.note) else outcome
        )


def runs_of(
    name: str, snippet: Snippet, found: Sequence[Record], root: Path
) -> list[Run]:
    """List the runs of a file on final releases.

    Readers don't have pre-releases, so runs on those are left out.

    Args:
        name: The path of the file below `snippets/`.
        snippet: The file as it is now.
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
    """Render the line below a block: state, faults, needs and download.

    The state and the needs open to show details.

    Args:
        snippet: The file as it is now.
        runs: Its runs, newest release first.
        lang: `zh` or `en`.
        address: The address of the download.
        up: The relative path from the page to its language's home, e.g. ``../../``.
        answers: An HTML attribute with the state on single releases, from
            `render.answers`.

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
    # `download` needs no value: browsers take the file name from the address.
    return (
        f'<div class="snippet-foot"{answers} data-search-exclude>{proof}{facts}'
        f'<a class="snippet-download" href="{address}" download>'
        f"{WORDS[lang]['download']}</a></div>"
    )


def page_line(blocks: Iterable[tuple[Snippet, Sequence[Run]]], lang: str) -> str:
    """Render a note that no block of a page has run on CUDA yet.

    Args:
        blocks: The files that the page shows, each with its runs.
        lang: `zh` or `en`.

    Returns:
        One `p`; "" if a block has run on CUDA, or if none of those that could run
        there has been run at all.
    """
    could = [runs for snippet, runs in blocks if snippet.device != "cpu" and runs]
    on_cuda = [run for runs in could for run in runs if run.record.device == "cuda"]
    if not could or any(run.counts for run in on_cuda):
        return ""
    words = WORDS[lang]["page_cuda_none"]
    return f'<p class="page-evidence" data-search-exclude>{words}</p>'


def library_download(name: str, lang: str, up: str) -> str:
    """Render the download link of a library file.

    Args:
        name: The name of the module, e.g. ``seeding``.
        lang: `zh` or `en`.
        up: The relative path from the page to its language's home, e.g. ``../../``.

    Returns:
        One `p`.
    """
    return (
        f'<p><a class="snippet-download" href="{up}snippets/{name}.py"'
        f' download="{name}.py">{WORDS[lang]["download"]} {name}.py</a></p>'
    )


def status_text(snippet: Snippet, runs: Sequence[Run], lang: str) -> str:
    """Render `status_line` as plain text, without the download.

    Args:
        snippet: The file as it is now.
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
    """Render the key figures of the site and the newest run on each device.

    Args:
        found: All records, newest release first.
        root: The checkout.
        lang: `zh` or `en`.

    Returns:
        A `ul` with the figures if there is a run, followed by one `div`.
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
        # The no-break space keeps the dot at the end of a line, not at the start.
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
    """Render what the header of a file asks for, as a line that opens to explain it."""
    if not (said := phrases(snippet, lang)):
        return ""
    return (
        '<details class="snippet-proof snippet-header">'
        f"<summary>{' · '.join(said)}</summary>"
        f"<p>{'<br>'.join(explained(snippet, lang, up))}</p></details>"
    )


class _Evidence:
    """What the runs of a file prove, in HTML.

    Args:
        runs: The runs, newest release first.
        lang: `zh` or `en`.

    Attributes:
        headline: The state in a few words, e.g. ``✓ 12 releases · CPU``.
        devices: The runs that count and weren't skipped, a list for each device.
        proof: Lines with the releases that passed, one per device with the newest date,
            and lines with explained differences.
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
        """List what didn't pass, linked to the differences on that release.

        Args:
            up: The relative path from the page to its language's home.
        """
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
        """Yield lines about what passed on one device."""
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
        """Render consecutive runs with the same state, newest first."""
        state = runs[0].state
        record = runs[0].record
        text = escape(self.words[state] + self.words["colon"] + _where(runs))
        link = f'<a href="{up}reference/releases/#{anchor_of(record)}">{text}</a>'
        if state == "upstream":  # A change in torch isn't the block's failure.
            return f'<span class="snippet-fault">{link}</span>'
        return f'<span class="snippet-fault snippet-failed">✗ {link}</span>'


def anchor_of(record: Record) -> str:
    """Return the anchor of a record's section on the releases page."""
    slug = re.sub(r"[^\w]+", "-", f"{record.torch}-{record.device}")
    return f"torch-{slug}"


def _ranges(runs: list[Run]) -> str:
    """Write the releases that passed as ranges, e.g. ``2.4.1–2.7.1, 2.9.1``.

    A range ends before a release that didn't pass.

    Args:
        runs: The runs on one device, newest release first.
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
    """Name the releases and the device of consecutive runs, newest release first."""
    ends = dict.fromkeys([runs[-1].record.torch, runs[0].record.torch])
    return f"torch {'–'.join(ends)} · {runs[0].record.device.upper()}"


def _gpu(run: Run) -> str:
    machine = run.record.machines.get(run.result.machine)
    name = machine.device_name if machine else ""
    return f"CUDA ({name})" if name else "CUDA"


def _state(state: str, text: str, spoken: str = "") -> str:
    """Render the state of a block; `spoken` replaces the icon for screen readers."""
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

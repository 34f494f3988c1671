"""Generate the tables of the releases page from the records.

The page has three parts: the runs on each torch release and device, the results page by
page, and what changed from one release to the next. All of it comes from `records/` and
from the snippet files as they are now, and is plain Markdown that any generator can
render. `verify.history` decides which results count and whether a release is fine.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from render.badges import anchor_of
from render.header import need_in_words
from render.pages import UNSEARCHED, Page, current_snippets, read_site
from verify.evidence import Record
from verify.history import (
    KINDS,
    Change,
    Judgement,
    before,
    is_explained,
    judge_release,
    notes_of,
    outcome_of,
)

RUNS = "<!-- release runs -->"
PAGES = "<!-- release pages -->"
CHANGES = "<!-- release changes -->"

CUT = 160  # The most characters shown of an output line or an error.
MANY = 4  # From this many on, changes with the same cause are one item.
WORDS = {
    "zh": {
        "head": "| torch | 设备 | 结果 | 通过 | 未通过 | 输出不同 | 跳过 | 待重跑 "
        "| 库的测试 | 日期 |",
        "machines": "在什么机器上、用了多久",
        "machine_head": "| torch | 设备 | 处理器 | Python | NumPy | 系统 | 用时 |",
        "fine": "✓ 全部通过",
        "differs": "✗ 有差别",
        "explained": "✓ 差别都有说明",
        "stale": "○ 有文件待重跑",
        "not-installed": "✗ 装不上",
        "not-imported": "✗ 无法导入",
        "altered": "✗ 记录不算数",
        "not-installed-long": "这个版本装不上，没有运行任何片段：",
        "not-imported-long": "这个版本无法导入，没有运行任何片段：",
        "altered-long": "记录文件在运行之后被改过，里面的结果都不算：",
        "library": "{passed} 通过",
        "library_failed": "✗ {failed} 未通过，{passed} 通过",
        "library_none": "未运行",
        "library_stale": "○ 待重跑",
        "note_stale": "记录旁边的说明已经没有对应的差别，应当删去：",
        "library_failures": "库的测试未通过：",
        "cuda_none": "CUDA 还没有在任何版本上运行。",
        "none": "还没有运行记录。",
        "page": "页面",
        "total": "片段",
        "pages_note": "✓ 这一页的片段全部通过。否则写出没有通过的个数："
        "✗ 未通过或输出不同，≠ 因 torch 的改动而不同，"
        "○ 没有运行（缺少所需，或修改后还没有重跑）。",
        "details": "{page}：{n} 个片段，{rest} 个全部通过",
        "passed": "通过",
        "failed": "未通过",
        "output-changed": "输出不同",
        "skipped": "跳过",
        "drifted": "通过，输出略有不同",
        "torch-changed": "因 torch 的改动而不同",
        "unverified": "修改后尚未运行",
        "absent": "未运行",
        "needs": "需要 {need}",
        "proven": "需要 {need}，在这里确实不行",
        "against": "与 torch {release} 相比",
        "first": "最早的版本，只与文件里的输出相比",
        "machine": "（那次在另一台机器上运行）",
        "nothing": "没有差别。",
        "older": "另有 {n} 个片段在两次运行之间改过，无法比较。",
        "k-failed": "未通过",
        "k-output-changed": "输出不同",
        "k-unneeded": "条件已经多余",
        "k-warns": "新出现的警告",
        "k-passes": "恢复通过",
        "many": "{n} 个片段",
        "which": "这 {n} 个文件",
        "told": "原因同 [torch {release}](#{slug})",
        "new": "新",
        "same": "与 {release} 相同",
        "upstream": "torch 的不兼容改动",
        "ours": "本站的错误",
        "drift": "略有不同，不影响结果",
        "unjudged": "尚未判断",
        "expected": "文件里的输出",
        "line": "行",
        "no_line": "（没有这一行）",
        "empty": "（空行）",
        "time": "用时：",
        "install": "安装 {s} 秒",
        "snippets": "片段 {s} 秒",
        "library_time": "库的测试 {s} 秒",
        "all": "总共 {s} 秒",
        "import": "`import torch` 时的警告：",
        "comma": "，",
        "list": "、",
        "colon": "：",
        "semicolon": "；",
        "brackets": "（{}）",
    },
    "en": {
        "head": "| torch | Device | Result | Passed | Failed | Other output | Skipped "
        "| To run again | Library's tests | Date |",
        "machines": "On which machine, and how long it took",
        "machine_head": "| torch | Device | Processor | Python | NumPy | System "
        "| Time |",
        "fine": "✓ all passed",
        "differs": "✗ differs",
        "explained": "✓ differences explained",
        "stale": "○ files to run again",
        "not-installed": "✗ cannot be installed",
        "not-imported": "✗ cannot be imported",
        "altered": "✗ record does not count",
        "not-installed-long": "This release cannot be installed; nothing ran: ",
        "not-imported-long": "This release cannot be imported; nothing ran: ",
        "altered-long": "The record was changed after the run; nothing in it counts: ",
        "library": "{passed} passed",
        "library_failed": "✗ {failed} failed, {passed} passed",
        "library_none": "not run",
        "library_stale": "○ to run again",
        "note_stale": "A note beside the record explains nothing; remove it: ",
        "library_failures": "Tests of the library that failed:",
        "cuda_none": "Nothing has been run on CUDA yet.",
        "none": "No run recorded yet.",
        "page": "Page",
        "total": "Snippets",
        "pages_note": "✓ means that all snippets of the page passed. Otherwise the "
        "cell counts those that didn't: ✗ failed or printed something else, ≠ differs "
        "because torch changed, ○ not run (something is missing, or the snippet has "
        "changed since).",
        "details": "{page}: {n} snippets, {rest} passed everywhere",
        "passed": "passed",
        "failed": "failed",
        "output-changed": "other output",
        "skipped": "skipped",
        "drifted": "passed with a harmless difference",
        "torch-changed": "differs through a change in torch",
        "unverified": "not run since the last change",
        "absent": "not run",
        "needs": "needs {need}",
        "proven": "needs {need}, and does fail here",
        "against": "Against torch {release}",
        "first": "The oldest release, compared with the output in the files only",
        "machine": " (which ran on another machine)",
        "nothing": "Nothing differs.",
        "older": "{n} more snippets changed between the two runs and are not compared.",
        "k-failed": "Failed",
        "k-output-changed": "Other output",
        "k-unneeded": "A need that is no longer needed",
        "k-warns": "New warnings",
        "k-passes": "Passes again",
        "many": "{n} snippets",
        "which": "The {n} files",
        "told": "the same cause as on [torch {release}](#{slug})",
        "new": "new",
        "same": "as on {release}",
        "upstream": "breaking change in torch",
        "ours": "mistake of ours",
        "drift": "harmless difference",
        "unjudged": "not judged yet",
        "expected": "Output in the file",
        "line": "Line",
        "no_line": "(no such line)",
        "empty": "(empty line)",
        "time": "Time: ",
        "install": "install {s} s",
        "snippets": "snippets {s} s",
        "library_time": "library's tests {s} s",
        "all": "all {s} s",
        "import": "`import torch` warns: ",
        "comma": ", ",
        "list": ", ",
        "colon": ": ",
        "semicolon": "; ",
        "brackets": " ({})",
    },
}
PASSED = ("passed", "drifted")


@dataclass(frozen=True)
class State:
    """What a record says about a snippet file as it is now.

    Attributes:
        kind: An outcome as in `verify.evidence.Result`; ``"drifted"`` or
            ``"torch-changed"`` if a person has explained the difference;
            ``"unverified"`` if the file or the library has changed since the run;
            ``"absent"`` if the file didn't run.
        need: The unmet need of a skipped file, else None.
        proven: Whether a run showed that a skipped file fails without what it needs.
    """

    kind: str
    need: str | None = None
    proven: bool = False


class Release:
    """The contents of the releases page in one language.

    Args:
        root: The checkout.
        lang: `zh` or `en`.
        page: The path of the page, e.g. ``reference/releases.md``. Links start there.
        found: All records, newest release first.
    """

    def __init__(
        self, root: Path, lang: str, page: str, found: Sequence[Record]
    ) -> None:
        self.words, self.found = WORDS[lang], list(found)
        self.site = read_site(root, lang)
        self.folder = posixpath.dirname(page) or "."
        snippets, records = current_snippets(root), root / "records"
        self.names = list(snippets)
        self.judgements = [
            judge_release(
                record, before(record, found), notes_of(record, records), root, snippets
            )
            for record in found
        ]

    def state(self, name: str, judgement: Judgement) -> State:
        """Return what a record says about a snippet file as it is now.

        Args:
            name: The path below `snippets/`.
            judgement: The judgement of the record.
        """
        result = judgement.results.get(name)
        if result is None:
            known = name in judgement.record.snippets
            return State("unverified" if known else "absent")
        note = judgement.notes.get(name)
        kind = outcome_of(result, note)
        if kind == "skipped":
            return State(kind, result.need, bool(result.error))
        if kind != result.outcome:
            return State("drifted")
        if kind != "passed" and is_explained(result, note):
            return State("torch-changed")
        return State(kind)

    def runs(self) -> Iterator[str]:
        """Yield the table of all runs, followed by faults, warnings and machines."""
        words = self.words
        if not self.found:
            yield words["none"]
            return
        yield words["head"]
        yield "|" + " --- |" * (words["head"].count("|") - 1)
        for judgement in self.judgements:
            yield self._run(judgement)
        yield ""
        if not any(record.device == "cuda" for record in self.found):
            yield words["cuda_none"]
            yield ""
        for judgement in self.judgements:
            record, library = judgement.record, judgement.library
            where = f"**torch {record.torch} · {record.device.upper()}**"
            if record.fault:
                why = words[f"{record.fault}-long"]
                yield f"- {where}{words['colon']}{why}{code(record.error or '')}"
            for text in record.import_warnings:
                yield f"- {where}{words['colon']}{words['import']}{code(text)}"
            if library and library.failed:
                yield f"- {where}{words['colon']}{words['library_failures']}"
                for test, error in library.failed.items():
                    yield f"    - {code(test)}{words['colon']}{code(error)}"
            if judgement.stale_notes:
                names = words["list"].join(map(self.link, judgement.stale_notes))
                yield f"- {where}{words['colon']}{words['note_stale']}{names}"
        yield ""
        yield f'??? note "{words["machines"]}"'
        yield ""
        yield f"    {words['machine_head']}"
        yield "    |" + " --- |" * (words["machine_head"].count("|") - 1)
        for record in self.found:
            for n, machine in enumerate(record.machines.values()):
                cells = [machine.build, record.device.upper(), machine.device_name]
                cells += [machine.python, machine.numpy or "–", machine.platform]
                cells.append(self._time(record) if n == 0 else "")
                yield f"    | {' | '.join(_plain(cell) for cell in cells)} |"
        yield ""

    def _run(self, judgement: Judgement) -> str:
        words, record, counts = self.words, judgement.record, judgement.counts
        result = words[judgement.state]
        if judgement.fine and judgement.unverified:
            result = words["stale"]
        if result.startswith("✗"):
            result = f"**{result}**"
        cells = [record.torch, record.device.upper(), result]
        if record.fault:
            cells += ["–"] * 6
        else:
            kinds = ("passed", "failed", "output-changed", "skipped")
            cells += [str(counts[kind]) for kind in kinds]
            cells += [str(len(judgement.unverified)), self._library(judgement)]
        return f"| {' | '.join([*cells, record.when[:10]])} |"

    def _library(self, judgement: Judgement) -> str:
        """Return the table cell with the result of the library's tests."""
        library = judgement.library
        if library is None:
            stale = judgement.library_is_stale
            return self.words["library_stale" if stale else "library_none"]
        text = self.words["library_failed" if library.failed else "library"]
        return text.format(passed=library.passed, failed=len(library.failed))

    def _time(self, record: Record) -> str:
        names = {"library": "library_time"}
        return self.words["comma"].join(
            self.words[names.get(part, part)].format(s=f"{seconds:.0f}")
            for part, seconds in record.seconds.items()
        )

    def pages(self) -> Iterator[str]:
        """Yield the table of pages and runs, then the files that didn't always pass."""
        words = self.words
        shown = [one for one in self.judgements if not one.record.fault]
        if not shown:
            yield words["none"]
            return
        by_page: dict[Page | None, list[str]] = {
            page: [] for page in (*self.site.pages.values(), None)
        }
        for name in self.names:
            by_page[self.site.page_of(name)].append(name)
        by_page = {page: names for page, names in by_page.items() if names}
        yield words["pages_note"]
        yield ""
        heads = [
            one.record.torch + (" CUDA" if one.record.device == "cuda" else "")
            for one in shown
        ]
        yield f"| {' | '.join([words['page'], words['total'], *heads])} |"
        yield "| --- | ---: |" + " --- |" * len(heads)
        for page, names in by_page.items():
            cells = [self._page_link(page), str(len(names))]
            cells += [self._counts(names, one) for one in shown]
            yield f"| {' | '.join(cells)} |"
        yield ""
        for page, names in by_page.items():
            yield from self._blocks(page, names, shown)

    def _counts(self, names: list[str], judgement: Judgement) -> str:
        """Return a table cell that counts the files that didn't pass, by sign.

        Failures are in bold, which the style sheet shows in red.
        """
        kinds = Counter(self.state(name, judgement).kind for name in names)
        failed = kinds["failed"] + kinds["output-changed"]
        changed = kinds["torch-changed"]
        passed = sum(kinds[kind] for kind in PASSED)
        unrun = len(names) - failed - changed - passed
        signs = {"**✗ {}**": failed, "*≠ {}*": changed, "○ {}": unrun}
        return " ".join(sign.format(n) for sign, n in signs.items() if n) or "✓"

    def _blocks(
        self, page: Page | None, names: list[str], shown: list[Judgement]
    ) -> Iterator[str]:
        rows = []
        for name in names:
            states = [(one.record, self.state(name, one)) for one in shown]
            if any(state.kind not in PASSED for _, state in states):
                rows.append(f"    - {self.link(name)}{self.words['colon']}")
                rows[-1] += self.words["semicolon"].join(self._spans(states))
        if rows:
            title = self.words["details"].format(
                page=page.title if page else "–",
                n=len(names),
                rest=len(names) - len(rows),
            )
            yield f'??? note "{title}"'
            yield ""
            yield from rows
            yield ""

    def _spans(self, states: list[tuple[Record, State]]) -> Iterator[str]:
        """Yield each range of consecutive releases with the same state, in words."""
        for device in ("cpu", "cuda"):
            runs = [(r.torch, s) for r, s in states if r.device == device][::-1]
            spans: list[tuple[list[str], State]] = []
            for torch, state in runs:
                last = spans[-1][1] if spans else None
                if last and (last.kind, last.need) == (state.kind, state.need):
                    spans[-1][0].append(torch)
                else:
                    spans.append(([torch], state))
            for torches, state in spans:
                ends = dict.fromkeys([torches[0], torches[-1]])
                where = "–".join(ends) + (" CUDA" if device == "cuda" else "")
                words = self.words[state.kind]
                if state.need:
                    what = "proven" if state.proven else "needs"
                    need = need_in_words(state.need)
                    words = self.words[what].format(need=need)
                yield f"{where} {words}"

    def changes(self) -> Iterator[str]:
        """Yield a section for each record: the differences from the release before."""
        shown = [one for one in self.judgements if not one.record.fault]
        if not shown:
            yield self.words["none"]
        told: dict[str, Record] = {}
        for judgement in shown:
            record = judgement.record
            device = record.device.upper()
            anchor = anchor_of(record)
            yield f"### torch {record.torch} · {device} {{#{anchor} {UNSEARCHED}}}"
            yield ""
            yield from self._changes(judgement, told)
            yield ""

    def _changes(self, judgement: Judgement, told: dict[str, Record]) -> Iterator[str]:
        words, earlier = self.words, judgement.earlier
        intro = words["first"]
        if earlier:
            intro = words["against"].format(release=earlier.torch)
            if judgement.is_on_another_machine:
                intro += words["machine"]
        if not judgement.groups:
            yield f"{intro}{words['colon']}{words['nothing']}"
        else:
            yield f"{intro}{words['colon']}"
        for kind in KINDS:
            groups = [group for group in judgement.groups if group.kind == kind]
            if not groups:
                continue
            count = words["brackets"].format(sum(len(g.changes) for g in groups))
            yield ""
            yield f"**{words[f'k-{kind}']}{count}**"
            yield ""
            for group in groups:
                if len(group.changes) < MANY:
                    for change in group.changes:
                        yield from self._change(change, judgement)
                else:
                    yield from self._same(group.changes, judgement.record, told)
        if judgement.not_compared:
            yield ""
            yield words["older"].format(n=judgement.not_compared)
        if judgement.record.seconds:
            yield ""
            yield f"{words['time']}{self._time(judgement.record)}"

    def _same(
        self, together: Sequence[Change], record: Record, told: dict[str, Record]
    ) -> Iterator[str]:
        """Yield one item for many changes with the same cause; a box lists the files.

        The item quotes the first change. If a newer release had the same cause, the
        item links to that release instead.
        """
        words, first = self.words, together[0]
        count = words["many"].format(n=len(together))
        facts = words["brackets"].format(words[first.note or "unjudged"])
        what = first.error or str(next(new or old for _, old, new in first.lines))
        shown = facts if first.kind in ("failed", "output-changed") else ""
        newer = told.setdefault(re.sub(r"\d+", "0", what), record)
        cause = code(what)
        if newer is not record:
            cause = words["told"].format(release=newer.torch, slug=anchor_of(newer))
        yield f"- {count}{shown}{words['colon']}{cause}"
        yield ""
        yield f'    ??? note "{words["which"].format(n=len(together))}"'
        yield ""
        links = words["list"].join(self.link(change.name) for change in together)
        yield f"        {links}"
        yield ""

    def _change(self, change: Change, judgement: Judgement) -> Iterator[str]:
        words, facts = self.words, []
        record, earlier = judgement.record, judgement.earlier
        outcome = judgement.results[change.name].outcome
        if change.new and change.kind == "failed":
            facts.append(words["new"])
        elif change.new is False and earlier:
            facts.append(words["same"].format(release=earlier.torch))
        if outcome in ("failed", "output-changed"):
            facts.append(words[change.note or "unjudged"])
        text = f"- {self.link(change.name)}"
        if facts:
            text += words["brackets"].format(words["comma"].join(facts))
        if change.error:
            text += f"{words['colon']}{code(change.error)}"
        yield text
        if change.lines:
            then = words["expected"]
            if earlier and change.new:
                then = f"torch {earlier.torch}"
            yield ""
            yield f"    | {words['line']} | {then} | torch {record.torch} |"
            yield "    | --- | --- | --- |"
            for number, old, new in change.lines:
                yield f"    | {number} | {self._line(old)} | {self._line(new)} |"
            yield ""

    def _line(self, text: str | None) -> str:
        if text is None:
            return self.words["no_line"]
        return code(text) if text.strip() else self.words["empty"]

    def link(self, name: str) -> str:
        """Return a link to the block that shows a file, or the bare path if none does.

        Args:
            name: The path below `snippets/`.
        """
        page, leaf = self.site.page_of(name), posixpath.basename(name)
        if page is None:
            return f"`{name}`"
        return f"[`{leaf}`]({posixpath.relpath(page.name, self.folder)}#{leaf})"

    def _page_link(self, page: Page | None) -> str:
        if page is None:
            return "–"
        return f"[{page.title}]({posixpath.relpath(page.name, self.folder)})"


def code(text: str) -> str:
    """Format text as inline code in Markdown, whatever characters it contains.

    Args:
        text: The text. Line breaks become spaces, and what exceeds `CUT` is cut off.

    Example:
        >>> code("a `b` | c")
        '`` a `b` | c ``'
    """
    text = " ".join(text.split("\n"))
    text = text if len(text) <= CUT else text[: CUT - 1] + "…"
    longest = max(map(len, re.findall("`+", text)), default=0)
    marks = "`" * (longest + 1)
    pad = " " if longest else ""
    return f"{marks}{pad}{text}{pad}{marks}"


def _plain(text: str) -> str:
    return re.sub(r"([|*_`<\[\]\\])", r"\\\1", text)

"""Provide each block's result on single releases, for ``assets/release.js``.

A reader can choose a torch release in the header, and each block then says how it did
on that release. On most releases a block simply passed on the CPU, which the script
says without data. All other results are in an attribute of the line below the block.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from html import escape

from render.badges import Run
from render.header import need_in_words
from verify.evidence import Record
from verify.needs import fits, is_about_torch, is_final
from verify.snippet import Snippet

# The script puts the release in the place of {}. If there is a difference to show, a
# link follows the text, so no text ends with a period.
WORDS = {
    "zh": {
        "passed": "torch {} · CPU",
        "on": "torch {} · %s",
        "drift": "{} 上输出不同，已有说明",
        "failed": "{} 上未通过",
        "output-changed": "{} 上输出有变化",
        "upstream": "{} 上因 torch 的改动而不同",
        "elsewhere": "需要 %s",
        "skipped": "{} 上未运行：需要 %s",
        "stale": "上次修改后还没有在 {} 上验证",
        "none": "还没有在 {} 上运行",
    },
    "en": {
        "passed": "torch {} · CPU",
        "on": "torch {} · %s",
        "drift": "other output on {}, explained",
        "failed": "failed on {}",
        "output-changed": "output changed on {}",
        "upstream": "differs on {} through a change in torch",
        "elsewhere": "needs %s",
        "skipped": "not run on {}: needs %s",
        "stale": "not verified on {} since the last change",
        "none": "not run on {} yet",
    },
}
# The worst comes first: if CPU and CUDA differ, a block shows the worse result.
BROKEN = ("failed", "output-changed", "upstream")


def choices(found: Iterable[Record]) -> list[str]:
    """List the releases that a reader can choose.

    Args:
        found: All records, newest release first.

    Returns:
        The final releases on which snippet files ran, newest first.
    """
    ran = [r.torch for r in found if not r.fault and is_final(r.torch)]
    return list(dict.fromkeys(ran))


def attribute(
    snippet: Snippet, runs: Sequence[Run], releases: Sequence[str], lang: str
) -> str:
    """Render the results of a block on single releases as an HTML attribute.

    Args:
        snippet: The file as it is now.
        runs: Its runs, newest release first.
        releases: The releases that a reader can choose.
        lang: `zh` or `en`.

    Returns:
        `` data-answers="…"``, a JSON list of [state, text, device, releases]. The
        device is "" if there's no difference to link to. The whole attribute is "" for
        a block that passed on the CPU on every release.
    """
    groups: dict[tuple[str, str, str], list[str]] = {}
    for release in releases:
        here = [run for run in runs if run.record.torch == release]
        groups.setdefault(_answer(snippet, here, release, lang), []).append(release)
    groups.pop(("passed", WORDS[lang]["passed"], ""), None)
    if not groups:
        return ""
    rows = [[*answer, " ".join(on)] for answer, on in groups.items()]
    text = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
    return f' data-answers="{escape(text)}"'


def _answer(
    snippet: Snippet, runs: Sequence[Run], release: str, lang: str
) -> tuple[str, str, str]:
    """Return the state, the text, and the device with a difference to link to or ""."""
    words = WORDS[lang]
    if needs := [
        x for x in snippet.needs if is_about_torch(x) and not fits(x, release)
    ]:
        return "elsewhere", words["elsewhere"] % need_in_words(needs[0]), ""
    valid = [run for run in runs if run.counts]
    for state in BROKEN:
        for run in valid:
            if run.state == state:
                return state, words[state], run.record.device
    passed = [run for run in valid if run.state == "passed"]
    for run in passed:
        if run.result.outcome != "passed":
            return "passed", words["drift"], run.record.device
    if passed:
        devices = sorted({run.record.device.upper() for run in passed})
        return "passed", words["on"] % " · ".join(devices), ""
    for run in valid:
        need = need_in_words(run.result.need or "")
        return "skipped", words["skipped"] % need, ""
    state = "stale" if runs else "none"
    return state, words[state], ""

"""Time, memory and fidelity of ``python -m verify``, as a person calls it.

The benchmark compares three ways to run the same snippet files. Because all of them run
on one machine within an hour, their ratios can be compared between machines:

- command: ``python -m verify`` from the shell, including its start;
- python FILE: one process per file, one after the other;
- codeblocks: pytest-codeblocks, with all blocks in one process.

``python bench/runner.py [FOLDER]`` runs it. ``--cold`` also compares the verdicts of
warm and cold runs on all files. ``--against CHECKOUT`` only times the command of this
checkout and of another one, alternately.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from verify import SNIPPETS
from verify.ahead import modules_ahead
from verify.environ import environment
from verify.paths import find, name_of
from verify.run import Runner
from verify.snippet import Snippet, parse

SAMPLE = 60  # The number of files to run with `python FILE`.
SEED = 0
ROUNDS = 3  # The number of runs of each checkout with --against.
RUNS = 1000  # After about this many runs, the server's memory must not have grown.


class Clock:
    """Measure the wall time of a ``with`` block and the CPU time of its children.

    Attributes:
        wall: Wall time in seconds.
        cpu: CPU time in seconds of the child processes that ended in the block.
    """

    def __enter__(self) -> Clock:
        self._start, self._cpu = time.perf_counter(), _cpu()
        return self

    def __exit__(self, *_) -> None:
        self.wall, self.cpu = time.perf_counter() - self._start, _cpu() - self._cpu

    def print(self, name: str, note: str = "") -> None:
        """Print one row of the table."""
        print(f"{name:<30}{self.wall:8.1f} s{self.cpu:8.1f} CPU s   {note}", flush=True)


def _cpu() -> float:
    """Return the CPU time in seconds of the child processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def command(paths: list[Path], checkout: Path = ROOT) -> tuple[Clock, str]:
    """Run ``python -m verify``.

    Args:
        paths: The files or folders to verify.
        checkout: The checkout whose command to run.

    Returns:
        The time, and the last line of the output.
    """
    with Clock() as clock:
        done = subprocess.run(
            [sys.executable, "-m", "verify", *paths],
            cwd=checkout,
            capture_output=True,
            text=True,
        )
    if done.returncode not in (0, 1):
        sys.exit(f"{checkout}: python -m verify: {done.stderr.strip()}")
    return clock, done.stdout.strip().splitlines()[-1]


def by_python(snippet: Snippet) -> tuple[int, str, str]:
    """Run a file as a reader does and return its exit code, stdout and stderr."""
    library = {"PYTHONPATH": str(ROOT)} if "snippets" in snippet.needs else {}
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run(
            [sys.executable, snippet.path],
            cwd=home,
            env={**environment(), **library, "HOME": home, "TMPDIR": home},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
    return done.returncode, done.stdout, done.stderr


def by_codeblocks(snippets: list[Snippet]) -> tuple[Clock, str]:
    """Run blocks with pytest-codeblocks and return the time and the last line."""
    with tempfile.TemporaryDirectory() as folder:
        pages: dict[str, list[str]] = {}
        for snippet in snippets:
            page = "-".join(snippet.name.split("/")[:-1])
            pages.setdefault(page, []).append(f"```python\n{snippet.source}```\n")
        for page, blocks in pages.items():
            Path(folder, f"{page}.md").write_text("\n".join(blocks), "utf-8")
        with Clock() as clock:
            done = subprocess.run(
                [sys.executable, "-m", "pytest", "-q", "--codeblocks", "--tb=no", "."],
                cwd=folder,
                capture_output=True,
                text=True,
            )
    return clock, (done.stdout.strip().splitlines() or ["nothing"])[-1]


def compare_with_python(snippets: list[Snippet]) -> tuple[float, list[Path]]:
    """Run each file with ``python FILE``, then with the runner, and compare the output.

    Args:
        snippets: The files.

    Returns:
        The mean time of ``python FILE`` in seconds, and the files, fastest first.
    """
    files, plain, other = [s.path for s in snippets], 0.0, []
    warm: dict[Path, float] = {}
    with Runner(jobs=1, ahead=modules_ahead(files)) as runner:
        for snippet in snippets:
            start = time.perf_counter()
            expected = by_python(snippet)
            middle = time.perf_counter()
            result = runner.run(snippet.path).result
            plain += middle - start
            warm[snippet.path] = time.perf_counter() - middle
            if not result or (result.code, result.out, result.err) != expected:
                other.append(snippet.name)
    forked = sum(warm.values())
    print(
        f"{len(files)} random files: python FILE {plain:.1f} s, warm {forked:.1f} s: "
        f"{plain / forked:.1f} x; other bytes: {len(other)}",
        *other,
    )
    return plain / len(files), sorted(warm, key=warm.__getitem__)


def memory_of(pid: int) -> int:
    """Return the resident memory of a process and its descendants in MiB.

    Shared pages count once per process.
    """
    total = 0
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            total += int(line.split()[1]) // 1024 if line.startswith("VmRSS:") else 0
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            total += memory_of(int(child))
    return total


def print_memory(files: list[Path]) -> None:
    """Print the memory of a runner's server after its first runs and after many."""
    with Runner(ahead=modules_ahead(files)) as runner:
        after = []
        for _ in range(RUNS // len(files)):
            for _ in runner.run_all(files):
                pass
            after.append(memory_of(runner.server.pid))
    print(
        f"server: {after[0]} MiB after {len(files)} runs, {after[-1]} MiB after "
        f"{len(after) * len(files)}"
    )


def print_cold(files: list[Path]) -> None:
    """Print the files for which warm and cold runs give different verdicts."""
    outcomes = []
    for cold in (False, True):
        with Clock() as clock, Runner(cold=cold, ahead=modules_ahead(files)) as runner:
            found = {name_of(v.path): v.outcome for v in runner.run_all(files)}
        clock.print("all files, cold" if cold else "all files, warm")
        outcomes.append(found)
    warm, cold_ones = outcomes
    other = [name for name in warm if warm[name] != cold_ones[name]]
    print(f"verdicts of warm and cold that differ: {len(other)}", *other)


def print_against(paths: list[Path], checkout: Path) -> None:
    """Print the times of the command in this checkout and in another, alternately."""
    names = {ROOT: "this checkout", checkout.resolve(): "the other one"}
    taken: dict[Path, list[float]] = {place: [] for place in names}
    for number in range(ROUNDS):
        # Caches are warm for whichever runs second, so alternate the order.
        for place in list(names)[:: -1 if number % 2 else 1]:
            inside = [place / path.relative_to(ROOT) for path in paths]
            clock, says = command(inside, place)
            clock.print(names[place], says)
            taken[place].append(clock.wall)
    here, there = (statistics.median(seconds) for seconds in taken.values())
    print(f"this checkout / the other one: {here / there:.2f} (medians)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cold", action="store_true")
    parser.add_argument("--against", type=Path, metavar="CHECKOUT")
    parser.add_argument("folder", nargs="?", type=Path, default=SNIPPETS)
    options = parser.parse_args()
    folder = options.folder.resolve()
    if options.against:
        print_against([folder], options.against)
        return
    snippets = [parse(path.resolve()) for path in find(folder)]
    with Runner(jobs=1) as runner:
        snippets = [s for s in snippets if not runner.unmet(s)]
        print(f"torch {runner.machine.build}, Python {runner.machine.python}")
    plain = [snippet for snippet in snippets if not snippet.run]
    print(f"{len(snippets)} files, {len(plain)} of them without '# Run:'\n")

    whole, says = command([folder])
    whole.print("command, all files", says)
    same, says = command([snippet.path for snippet in plain])
    same.print("command, without '# Run:'", says)
    blocks, says = by_codeblocks(plain)
    blocks.print("codeblocks, the same", says)
    print(f"command / codeblocks: {same.wall / blocks.wall:.2f}\n")

    random.seed(SEED)
    sample = random.sample(plain, min(SAMPLE, len(plain)))
    each, quickest = compare_with_python(sample)
    alone = each * len(plain)
    print(f"python FILE for all without '# Run:', by the sample: {alone:.0f} s")
    print(f"python FILE / command: {alone / same.wall:.1f}\n")
    print_memory(quickest[:20])
    if options.cold:
        print_cold([snippet.path for snippet in snippets])


if __name__ == "__main__":
    main()

"""Time, memory and fidelity of the runner over the whole reference.

Four ways to run every snippet file, one after the other in one run, so that the ratios
mean something on any machine:

- runner: forks of an interpreter that has imported torch (`python -m verify`);
- cold: the same with a real ``python FILE`` for each (`python -m verify --cold`);
- python: ``python FILE`` one after the other, nothing around it;
- codeblocks: the blocks of the pages by pytest-codeblocks, all in one process.

``python bench/runner.py [--quick] [FOLDER]``; quick leaves out the two slow ways.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from verify import SNIPPETS
from verify.environ import environment
from verify.paths import find, name_of
from verify.run import Runner
from verify.snippet import Snippet, parse
from verify.verdict import Verdict

# Runs a file as the runner does and says on its last line of errors how long the file's
# own statements took.
OWN_WORK = """
import sys, time
path = sys.argv[1]
code = compile(open(path, "rb").read(), path, "exec")
main = {"__name__": "__main__", "__file__": path, "__builtins__": __builtins__}
start = time.perf_counter()
exec(code, main)
print(time.perf_counter() - start, file=sys.stderr)
"""


def children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def row(name: str, seconds: float, cpu: float, note: str = "") -> None:
    print(f"{name:<22}{seconds:9.1f} s{cpu:9.1f} CPU s   {note}", flush=True)


def resident(pid: int) -> int:
    """Resident memory of a process in MiB, pages shared with its forks included."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) // 1024
    raise RuntimeError(f"no memory of process {pid}")


def by_runner(files: list[Path], cold: bool = False, times: int = 1, jobs=None):
    """Verdicts by name, wall seconds, CPU seconds, memory of the server after each."""
    verdicts: dict[str, Verdict] = {}
    memory, cpu, start = [], children_cpu(), time.perf_counter()
    with Runner(cold=cold, jobs=jobs) as runner:
        for _ in range(times):
            for verdict in runner.run_all(files):
                verdicts[name_of(verdict.path)] = verdict
            memory.append(resident(runner.server.pid))
    return verdicts, time.perf_counter() - start, children_cpu() - cpu, memory


def by_python(snippets: list[Snippet]):
    """Result of each plain file by name, wall seconds, CPU seconds."""
    results, cpu, start = {}, children_cpu(), time.perf_counter()
    for snippet in snippets:
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                [sys.executable, snippet.path],
                cwd=folder,
                env=environment(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
            )
        results[snippet.name] = (done.returncode, done.stdout, done.stderr)
    return results, time.perf_counter() - start, children_cpu() - cpu


def by_codeblocks(snippets: list[Snippet]):
    """Counts of passed and failed blocks, wall seconds, CPU seconds."""
    with tempfile.TemporaryDirectory() as folder:
        pages: dict[str, list[str]] = {}
        for snippet in snippets:
            page = "-".join(snippet.name.split("/")[:-1])
            pages.setdefault(page, []).append(f"```python\n{snippet.source}```\n")
        for page, blocks in pages.items():
            Path(folder, f"{page}.md").write_text("\n".join(blocks), "utf-8")
        cpu, start = children_cpu(), time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "--codeblocks", "--tb=no", folder],
            cwd=folder,
            capture_output=True,
            text=True,
        )
        seconds = time.perf_counter() - start
    says = (done.stdout.strip().splitlines() or ["nothing"])[-1]
    return says, seconds, children_cpu() - cpu


def overhead(snippets: list[Snippet]) -> list[float]:
    """Milliseconds that the runner takes over each file's own work."""
    result = []
    with Runner(jobs=1) as runner, tempfile.TemporaryDirectory() as folder:
        for snippet in snippets:
            path = str(snippet.path)
            timed = runner.server.run(["-c", OWN_WORK, path], folder, environment())
            if timed.code:  # its processes look for it in __main__, which is the clock
                continue
            own = float(timed.err.strip().splitlines()[-1])
            whole = runner.server.run([path], folder, environment())
            result.append(1000 * (whole.seconds - own))
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("folder", nargs="?", type=Path, default=SNIPPETS)
    options = parser.parse_args()
    snippets = [parse(path.resolve()) for path in find(options.folder)]
    with Runner(jobs=1) as runner:
        snippets = [s for s in snippets if not runner.unmet(s)]
        print(f"torch {runner.machine.build}, Python {runner.machine.python}")
    files = [snippet.path for snippet in snippets]
    plain = [s for s in snippets if not s.run]
    print(f"{len(files)} files\n")

    _, seconds, cpu, _ = by_runner(files, jobs=1)
    row("runner, one at a time", seconds, cpu)
    warm, seconds, cpu, memory = by_runner(files)
    row("runner", seconds, cpu, f"server {memory[0]} MiB")
    _, ten, ten_cpu, memory = by_runner(files, times=10)
    note = f"server {memory[0]} MiB after the first round, {memory[-1]} after the last"
    row("runner, 10 x the files", ten, ten_cpu, note)
    says, blocks, blocks_cpu = by_codeblocks(plain)
    row("codeblocks", blocks, blocks_cpu, says)
    print(f"runner / codeblocks: {seconds / blocks:.2f} x")
    over = overhead(plain)
    print(
        f"over a file's own work: median {statistics.median(over):.0f} ms, "
        f"90 % below {statistics.quantiles(over, n=10)[-1]:.0f} ms"
    )
    if options.quick:
        return

    python, alone, alone_cpu = by_python(plain)
    row("python FILE", alone, alone_cpu)
    print(f"python / runner: {alone / seconds:.1f} x wall, {alone_cpu / cpu:.1f} x CPU")
    cold, seconds, cpu, _ = by_runner(files, cold=True, jobs=1)
    row("cold", seconds, cpu)

    other = [n for n in warm if warm[n].outcome != cold[n].outcome]
    print(f"\nverdicts of runner and cold that differ: {len(other)}", *other)
    kinds: Counter[str] = Counter()
    for name, (code, out, err) in python.items():
        result = warm[name].result
        assert result is not None
        same = [result.code == code, result.out == out, result.err == err]
        kinds["identical" if all(same) else "different"] += 1
        if not all(same):
            words = ("exit code", "output", "errors")
            print(name, *[w for w, s in zip(words, same, strict=True) if not s])
    print("against python FILE, bytewise:", dict(kinds))


if __name__ == "__main__":
    main()

"""What verifying releases takes, and what bringing them up to date takes.

First, ``verify.release`` runs from scratch: environments, all snippet files and the
library's tests. Our own share is all of that time except the installation. Its unit is
the time of ``python -c "import torch"``, so that the limit holds on any machine. The
limit of 45 s was set on a machine that takes 1.45 s for the import.

Then one snippet file is edited, and the releases are brought up to date in the same
environments.

``python bench/releases.py [RELEASE …]``
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from verify import DEFAULT_TORCH

LIMIT = 45 / 1.45  # in units of `import torch`
BLOCK = "tensors/indexing/boolean_mask.py"
NEEDED = ("verify", "snippets", "tests", "records", "pyproject.toml")


def imports(times: int) -> list[float]:
    """Import torch several times and return the seconds of each."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import torch"], check=True)
        taken.append(time.perf_counter() - start)
    return taken


def copy_checkout(folder: Path) -> None:
    """Copy what a run requires, so that its records don't replace those of the repo."""
    for name in NEEDED:
        if (ROOT / name).is_dir():
            skipped = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, folder / name, ignore=skipped)
        else:
            shutil.copy(ROOT / name, folder)


def verify(folder: Path, *arguments: str) -> float:
    """Run ``verify.release`` in a copy and return the seconds."""
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "verify.release", *arguments], cwd=folder
    )
    if done.returncode not in (0, 1):
        sys.exit("see above")
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("releases", nargs="*", default=[DEFAULT_TORCH])
    releases = parser.parse_args().releases
    imports(1)  # The first import writes bytecode files.
    units, own, install = imports(5), 0.0, 0.0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copy_checkout(folder)
        verify(folder, *releases, "--keep")
        for release in releases:
            record = folder / "records" / f"torch-{release}-cpu.json"
            seconds = json.loads(record.read_text("utf-8")).get("seconds", {})
            if "all" not in seconds:
                sys.exit(f"torch {release} did not run; see above")
            own += seconds["all"] - seconds["install"]
            install += seconds["install"]
        block = folder / "snippets" / BLOCK
        block.write_text(block.read_text("utf-8") + "# edited\n", "utf-8")
        stale = verify(folder, *releases, "--stale")
    unit = statistics.median(units + imports(5))
    each = own / unit / len(releases)
    print(f"\nimport torch {unit:.2f} s, install {install:.1f} s")
    print(f"our own share {own:.1f} s: {each:.1f} imports each (limit {LIMIT:.0f})")
    print(f"after an edit {stale:.1f} s: 1/{own / stale:.0f} of our own share")


if __name__ == "__main__":
    main()

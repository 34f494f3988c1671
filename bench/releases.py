"""What verifying a release takes, measured by `import torch` in the same run.

One release, from nothing to the report: its environment, all snippet files, the
library's tests. Our own share is all but the install; the unit is
``python -c "import torch"``, which takes 1.45 s where the limit of 45 s was set.

``python bench/releases.py [RELEASE]``
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

LIMIT = 45 / 1.45  # imports of torch
NEEDED = ("verify", "snippets", "tests", "records", "pyproject.toml")


def imports(times: int) -> list[float]:
    """Seconds that each of some imports of torch took."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import torch"], check=True)
        taken.append(time.perf_counter() - start)
    return taken


def verify(release: str, folder: Path) -> dict[str, float]:
    """The seconds of each part of a run on a copy, whose record nobody keeps."""
    for name in NEEDED:
        if (ROOT / name).is_dir():
            skipped = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, folder / name, ignore=skipped)
        else:
            shutil.copy(ROOT / name, folder)
    command = [sys.executable, "-m", "verify.release", release]
    done = subprocess.run(command, cwd=folder)
    record = folder / "records" / f"torch-{release}-cpu.json"
    if done.returncode == 2 or not record.exists():
        sys.exit(f"no record of torch {release}; see above")
    return json.loads(record.read_text("utf-8"))["seconds"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("release", nargs="?", default=DEFAULT_TORCH)
    release = parser.parse_args().release
    imports(1)  # compiles
    units = imports(5)
    with tempfile.TemporaryDirectory() as folder:
        seconds = verify(release, Path(folder))
    unit = statistics.median(units + imports(5))
    own = seconds["all"] - seconds["install"]
    print(f"\nimport torch {unit:.2f} s, install {seconds['install']:.1f} s")
    print(f"our own share {own:.1f} s: {own / unit:.1f} imports (limit {LIMIT:.0f})")


if __name__ == "__main__":
    main()

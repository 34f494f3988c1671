"""Find the first release on which a file doesn't pass, by bisection."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from verify import RequestError, environments, evidence, record_files
from verify.fork.client import ServerError
from verify.installer import Installer, InstallError
from verify.library_tests import TESTS
from verify.matrix import choose
from verify.needs import fits, is_final, release_key
from verify.paths import chosen_files, name_of, shown
from verify.run import Runner
from verify.snippet import Snippet, parse
from verify.verdict import PASSED, SKIPPED


@dataclass(frozen=True)
class Bisection:
    """A search for the first release on which a file doesn't pass.

    Attributes:
        installer: Finds and installs the releases.
        device: ``"cpu"`` or ``"cuda"``.
        recorded: The releases with a record.
        keep: Whether the environments stay.
        timeout: Seconds until the file is killed; None for the runner's own limit.
    """

    installer: Installer
    device: str = "cpu"
    recorded: tuple[str, ...] = ()
    keep: bool = False
    timeout: float | None = None

    def run(self, path: Path, named: list[str]) -> int:
        """Search, and print what is found.

        Args:
            path: The file.
            named: The releases to look at; nothing for all final ones that pip finds,
                from the oldest with a record.

        Returns:
            0 if the file passes on the newest of them, else 1.

        Raises:
            RequestError: If the path isn't a snippet file, or the file can't run there.
        """
        (file,) = files = chosen_files([path])
        if len(files) > 1 or path.is_dir():
            raise RequestError(f"--first-broken: {path} is a folder; pass one file")
        snippet = parse(file)
        candidates = self._candidates(snippet, named)
        errors: dict[str, str | None] = {}

        def error_on(torch: str) -> str | None:
            if torch not in errors:
                errors[torch], source = self._error_on(torch, snippet)
                print(
                    f"  torch {torch}: {errors[torch] or 'passes'}{source}", flush=True
                )
            return errors[torch]

        oldest, newest = candidates[0], candidates[-1]
        if error_on(newest) is None:
            print(f"{shown(file)} passes on the newest torch, {newest}")
            return 0
        if error_on(oldest) is not None:
            print(f"{shown(file)} already fails on torch {oldest}: {errors[oldest]}")
            return 1
        low, high = 0, len(candidates) - 1
        while high - low > 1:
            middle = (low + high) // 2
            if error_on(candidates[middle]) is None:
                low = middle
            else:
                high = middle
        good, bad = candidates[low], candidates[high]
        print(
            f"{shown(file)} passes on torch {good}, but not on torch {bad}: "
            f"{errors[bad]}"
        )
        return 1

    def _candidates(self, snippet: Snippet, named: list[str]) -> list[str]:
        """The releases that meet the needs of the file, oldest first."""
        if named:
            chosen = choose(named, self.installer, self.recorded)
            candidates = sorted(chosen, key=release_key)
        else:
            since = release_key(min(self.recorded, key=release_key, default="0.0"))
            candidates = [
                release
                for release in self.installer.releases()
                if is_final(release) and release_key(release) >= since
            ]
        candidates = [r for r in candidates if all(fits(n, r) for n in snippet.needs)]
        if not candidates:
            raise RequestError(
                f"{shown(snippet.path)}: no release meets {', '.join(snippet.needs)}"
            )
        return candidates

    def _error_on(self, torch: str, snippet: Snippet) -> tuple[str | None, str]:
        """The error on a release, None if the file passes; and who says so."""
        path = record_files.path_of(torch, self.device)
        if path.exists():
            result = record_files.read(path).snippets.get(name_of(snippet.path))
            counts = result and evidence.is_valid(result, snippet)
            if result and counts and result.outcome != SKIPPED:
                passed = result.outcome == PASSED
                return None if passed else str(result.error), " (record)"
        packages = environments.packages(TESTS)
        try:
            with (
                environments.provide(
                    torch, self.device, self.installer, packages, self.keep
                ) as environment,
                Runner(
                    str(environment.python),
                    device=self.device,
                    jobs=1,
                    timeout=self.timeout,
                    matrix=self.recorded,
                    bytecode=environment.bytecode,
                ) as runner,
            ):
                verdict = runner.run(snippet.path)
        except (InstallError, ServerError) as problem:
            return str(problem), ""
        if verdict.outcome == SKIPPED:
            raise RequestError(
                f"{shown(snippet.path)} needs {verdict.need}, which isn't available"
            )
        return verdict.error, ""

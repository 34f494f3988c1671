"""Find the first release on which a file doesn't pass, by bisection.

A valid result in a record saves installing the release. Nothing is recorded.
"""

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
        keep: Whether to keep the environments.
        timeout: Seconds until the file is killed; None for the runner's default.
    """

    installer: Installer
    device: str = "cpu"
    recorded: tuple[str, ...] = ()
    keep: bool = False
    timeout: float | None = None

    def run(self, path: Path, named: list[str]) -> int:
        """Search, and print each result and the conclusion.

        Args:
            path: The file.
            named: The releases to search, as for `choose`; if empty, all final releases
                that pip finds, starting with the oldest that has a record.

        Returns:
            0 if the file passes on the newest of the releases, else 1.

        Raises:
            RequestError: If the path isn't one snippet file, no release meets its
                needs, or another of its needs is unmet.
            SnippetError: If the file breaks the contract.
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
        """Return the releases that meet the needs of the file, oldest first."""
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
        """Return the error of a file on a release, from a valid record or a run.

        Returns:
            The error, None if the file passes; and a note if it is from a record.

        Raises:
            RequestError: If a need of the file is unmet.
        """
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

"""The commands of the project, one session for each.

The environment variable ``TORCH`` names the torch release of `tests` and `bench`; with
``TORCH=installed`` they use the torch of the Python that runs nox.
"""

import contextlib
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import nox

sys.path.insert(0, str(Path(__file__).parent))

from verify import DEFAULT_TORCH
from verify.needs import release_key

nox.needs_version = ">=2025.2.9"
nox.options.sessions = ["lint", "tests", "site"]
nox.options.reuse_existing_virtualenvs = True

TORCH = os.environ.get("TORCH", DEFAULT_TORCH)
GROUPS = nox.project.load_toml("pyproject.toml")

# Sessions with torch use pip because it can be configured to find the CPU wheel, which
# is 190 MB. uv ignores pip's configuration and installs 5 GB from the index.
with_torch = {"venv_backend": "virtualenv"}
without_torch = {"venv_backend": "uv|virtualenv"}


def install(session: nox.Session, *groups: str, torch: bool = False) -> None:
    """Install dependency groups of pyproject.toml and, if asked for, torch.

    Args:
        session: The session.
        *groups: The names of the groups.
        torch: Whether to install the release that `TORCH` names.
    """
    needed = [
        need
        for group in groups
        for need in nox.project.dependency_groups(GROUPS, group)
    ]
    if torch and TORCH == "installed":
        # Append the packages of the running Python to the session's search path, behind
        # its own packages. Unlike system site packages, this also works if the running
        # Python is in a virtual environment.
        write = "open(sysconfig.get_path('purelib') + '/installed.pth', 'w').write"
        here = sysconfig.get_path("purelib")
        session.run("python", "-c", f"import sysconfig; {write}({here!r})", silent=True)
    elif torch:
        needed.append(f"torch=={TORCH}")
    session.install(*needed)


# Most tests wait for processes that they start, so two workers save time. The tests of
# a file share a server, so `loadfile` keeps them in one worker.
SIDE_BY_SIDE = ("-n2", "--dist=loadfile", "tests/verify", "tests/render", "tests/docs")


@nox.session(**with_torch)
def tests(session: nox.Session) -> None:
    """Run the tests that don't need a browser; -- PATH narrows them."""
    install(session, "tests", torch=True)
    if session.posargs:
        session.run("python", "-m", "pytest", *session.posargs)
        return
    session.run("python", "-m", "pytest", *SIDE_BY_SIDE)
    # Run this file alone: the runner uses all cores, and reports a snippet as faulty if
    # another process leaves something in shared memory.
    runner = "tests/snippets/test_snippets.py"
    session.run("python", "-m", "pytest", runner)
    # Many of these tests wait for processes too.
    others = ("tests/snippets", f"--ignore={runner}", "tests/library")
    session.run("python", "-m", "pytest", "-n2", "--dist=loadfile", *others)


@nox.session(**with_torch)
def coverage(session: nox.Session) -> None:
    """Measure which lines the tests run, the fewest first; -- PATH narrows it."""
    install(session, "coverage", torch=True)
    tests = session.posargs or [*SIDE_BY_SIDE, "tests/library"]
    session.run("coverage", "erase")
    session.run("coverage", "run", "-m", "pytest", *tests)
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "report")


@nox.session(venv_backend="none")
def verify(session: nox.Session) -> None:
    """Run everything on torch releases: -- RELEASE …; -- --help lists the options."""
    command = [sys.executable, "-m", "verify.release", *session.posargs]
    with subprocess.Popen(command) as process:
        while process.poll() is None:
            # Ctrl+C also interrupts the child, which saves its results before it exits.
            with contextlib.suppress(KeyboardInterrupt):
                process.wait()
    if process.returncode:  # Keep the exit code; nox exits with 1 for any failure.
        raise SystemExit(process.returncode)


@nox.session(**without_torch)
def site(session: nox.Session) -> None:
    """Build both languages into site/; -- --offline packs them, -- --links checks."""
    install(session, "site")
    session.run("python", "-m", "render.site", "build", *session.posargs)


@nox.session(**without_torch)
def serve(session: nox.Session) -> None:
    """Serve both languages on 127.0.0.1:8000; -- en is a live preview of one."""
    install(session, "site")
    session.run("python", "-m", "render.site", "serve", *session.posargs)


@nox.session(**without_torch)
def browser(session: nox.Session) -> None:
    """Build the site and test it in Chromium; CHROMIUM=path names another."""
    install(session, "site", "browser")
    # Each of the two workers starts its own browser.
    session.run("python", "-m", "pytest", "tests/browser", "-n2", *session.posargs)


@nox.session(**without_torch)
def builders(session: nox.Session) -> None:
    """Build the site with ProperDocs and Zensical too, and compare the pages."""
    install(session, "site", "builders")
    session.run("python", "-m", "pytest", "tests/builders", *session.posargs)


@nox.session(**with_torch)
def figures(session: nox.Session) -> None:
    """Redraw the pictures of the pages."""
    install(session, "figures", torch=True)
    session.run("python", "-m", "render.figures", *session.posargs)


@nox.session(**without_torch)
def lint(session: nox.Session) -> None:
    """Check pages, prose, spelling, format, lint and types."""
    install(session, "lint")
    session.run("python", "-m", "render.checks")
    session.run("typos")
    session.run("ruff", "format", "--check", ".")
    session.run("ruff", "check", ".")
    session.run("mypy")
    # torch isn't installed here, so its classes and their results have the type Any.
    anything = (
        "--allow-subclassing-any",
        "--no-warn-return-any",
        "--no-warn-unused-ignores",
    )
    library = map(str, Path("snippets").glob("*.py"))
    session.run("mypy", "--strict", *anything, *library)


@nox.session(**without_torch)
def format(session: nox.Session) -> None:
    """Format the code and apply the linter's safe fixes."""
    install(session, "lint")
    session.run("ruff", "check", "--fix", ".")
    session.run("ruff", "format", ".")


@nox.session(**with_torch)
def bench(session: nox.Session) -> None:
    """Run a benchmark: -- NAME runs bench/NAME.py, e.g. runner."""
    name, *rest = session.posargs or [""]
    names = sorted(path.stem for path in Path("bench").glob("*.py"))
    if name not in names:
        session.error(f"no benchmark '{name}'; name one of {', '.join(names)}")
    is_newer = TORCH != "installed" and release_key(TORCH) >= release_key("2.11.0")
    install(session, "bench", *["bench-newer-torch"] * is_newer, torch=True)
    session.run("python", f"bench/{name}.py", *rest)

"""Test that the GitHub workflows are safe and use only what exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def steps(workflow):
    """Return the steps of all jobs of a workflow, and the jobs by name."""
    yaml = pytest.importorskip("yaml", reason="reads the workflows")
    jobs = yaml.safe_load(workflow.read_text("utf-8"))["jobs"]
    return [step for job in jobs.values() for step in job["steps"]], jobs


def test_there_are_workflows():
    assert [path.stem for path in WORKFLOWS] == ["check", "gpu", "pages", "releases"]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_the_work_is_done_by_sessions_that_exist(workflow):
    sessions = re.findall(
        r"^def (\w+)\(session", (ROOT / "noxfile.py").read_text("utf-8"), re.M
    )
    found, jobs = steps(workflow)
    calls = [call for step in found for call in nox(step.get("run", ""))]
    matrix = [
        name
        for job in jobs.values()
        for name in job.get("strategy", {}).get("matrix", {}).get("session", [])
    ]
    called = {name.split()[0] for name in [*calls, *matrix] if "{{" not in name}
    assert called
    assert called <= set(sessions)


def nox(script):
    """Return the nox sessions that a script runs, each with its arguments."""
    return re.findall(r"nox -s (\S.*)", script)


def test_a_pull_request_is_judged_on_the_oldest_and_the_newest_release():
    _, jobs = steps(ROOT / ".github" / "workflows" / "check.yml")
    assert {*jobs["check"]["strategy"]["matrix"]["session"]} == {
        *("lint", "tests", "site", "browser", "builders"),
        "verify -- oldest newest",
    }


def test_each_python_from_the_oldest_that_is_promised_is_tested():
    _, jobs = steps(ROOT / ".github" / "workflows" / "check.yml")
    matrix = jobs["check"]["strategy"]["matrix"]
    tested = [*matrix["python"], *(one["python"] for one in matrix["include"])]
    promised = re.search(
        r'requires-python = ">=([\d.]+)"', (ROOT / "pyproject.toml").read_text("utf-8")
    )
    assert promised
    assert promised[1] in tested
    assert {*tested} == {f"3.{minor}" for minor in range(10, 15)}


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_a_job_may_do_only_what_it_names(workflow):
    yaml = pytest.importorskip("yaml", reason="reads the workflows")
    assert yaml.safe_load(workflow.read_text("utf-8"))["permissions"] == {}
    found, jobs = steps(workflow)
    for name, job in jobs.items():
        assert job["permissions"], name
        # A job with write access must not run code from the repository or from torch.
        if job["permissions"].get("contents") == "write":
            scripts = "".join(step.get("run", "") for step in job["steps"])
            assert not re.search(r"\b(nox|pip|python3?)\b", scripts)
    for step in found:
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_only_the_step_of_the_pull_request_has_a_token(workflow):
    found, jobs = steps(workflow)
    assert "github.token" not in str([job.get("env") for job in jobs.values()])
    holders = [step["name"] for step in found if "token" in str(step).lower()]
    assert holders == (["Pull request"] if workflow.stem == "releases" else [])


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_actions_are_pinned_by_commit(workflow):
    """A tag can be moved to a different commit after somebody has reviewed it."""
    found, _ = steps(workflow)
    used = [step["uses"] for step in found if "uses" in step]
    assert used
    for action in used:
        assert re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", action), action


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_paths_that_are_named_exist(workflow):
    named = re.findall(r"\b(?:tests|snippets)/[\w./]+", workflow.read_text("utf-8"))
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_macos_runs_blocks_cold():
    _, jobs = steps(ROOT / ".github" / "workflows" / "check.yml")
    job = jobs["macos"]
    assert job["runs-on"].startswith("macos-")
    assert "python3 -m verify --cold snippets/" in str(job["steps"])

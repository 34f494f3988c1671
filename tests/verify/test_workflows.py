"""The workflows call what is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def steps(workflow):
    """The steps of all jobs of a workflow."""
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
    """The sessions that a script names, and what follows."""
    return re.findall(r"nox -s (\S.*)", script)


def test_a_pull_request_is_judged_on_the_oldest_and_the_newest_release():
    _, jobs = steps(ROOT / ".github" / "workflows" / "check.yml")
    (job,) = jobs.values()
    assert set(job["strategy"]["matrix"]["session"]) == {
        *("lint", "tests", "site", "browser"),
        "verify -- oldest newest",
    }

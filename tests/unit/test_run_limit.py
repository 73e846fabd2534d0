"""The limit of a run holds whatever the process does, and what is deployed agrees with itself."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
import yaml

from flows.night import runtime
from program.settings import ROOT
from tests.waiting import wait_for

SLEEPS = "time.sleep(600)"
KEEPS_PYTHON_S_LOCK = "re.match('(a+)+$', 'a' * 60 + 'b')"
SCRIPT = """
import re, subprocess, sys, time
from flows.night import runtime
runtime._LOCKED_SECONDS = 1
child = subprocess.Popen(
    [sys.executable, "-c", "import time; time.sleep(600)"],
    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
)
print(child.pid, flush=True)
with runtime.killed_after(0.5):
    {work}
"""


def end(work: str) -> tuple[int, str, int]:
    """Do a work that never ends, within a limit; return the exit code, what stderr says, and the pid of a child."""
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT.format(work=work)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    child = int(process.stdout.readline())
    try:
        said = process.stderr.read()
        code = process.wait(240)
    finally:
        process.kill()
        process.stdout.close()
        process.stderr.close()
    return code, said, child


def test_a_run_beyond_its_limit_is_killed_with_its_children_and_says_what_it_did() -> None:
    code, said, child = end(SLEEPS)
    assert code == 1, said
    assert "most recent call first" in said
    wait_for(lambda: not psutil.pid_exists(child), "the child ends")


def test_a_run_that_keeps_python_s_lock_is_killed_too() -> None:
    code, said, child = end(KEEPS_PYTHON_S_LOCK)
    if psutil.pid_exists(child):
        psutil.Process(child).kill()
    assert code == 1, said
    assert "Timeout" in said


def deployed() -> dict[str, dict[str, Any]]:
    content = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))
    return {each["name"]: each for each in content["deployments"]}


def test_a_run_is_called_lost_after_several_heartbeats_and_the_next_begins_within_ten_minutes() -> (
    None
):
    environment = deployed()["nightly"]["work_pool"]["job_variables"]["env"]
    heartbeat = int(environment["PREFECT_FLOWS_HEARTBEAT_FREQUENCY"])
    for trigger in deployed()["lost-runs"]["triggers"]:
        assert 3 * heartbeat <= trigger["within"] <= 300


@pytest.mark.parametrize("name", [n for n, each in deployed().items() if each.get("triggers")])
def test_an_automation_matches_the_deployment_not_the_flow(name: str) -> None:
    matching = []
    for watched in ("nightly", "intake"):
        by_name = {"prefect.resource.role": "deployment", "prefect.resource.name": watched}
        (own_tag,) = set(deployed()[watched]["tags"]) - {"mtqg"}
        matching += [by_name, {"prefect.resource.id": f"prefect.tag.{own_tag}"}]
    for trigger in deployed()[name]["triggers"]:
        related = trigger["match_related"]
        asked = related if isinstance(related, list) else [related]
        assert [part for part in asked if part in matching], trigger["name"]


@pytest.mark.parametrize(
    ("minutes", "told"),
    [(29, []), (181, ["the run began 3 h 01 min after its time, 21/01/2025 01:00"])],
)
def test_a_run_that_begins_long_after_its_time_says_so(
    minutes: int, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    planned_at = datetime(2025, 1, 20, 18, tzinfo=UTC)
    warnings: list[str] = []
    run = SimpleNamespace(now=lambda: planned_at + timedelta(minutes=minutes), warn=warnings.append)
    monkeypatch.setattr(runtime, "flow_run", SimpleNamespace(scheduled_start_time=planned_at))
    runtime.warn_if_late(run)
    assert [warning.partition(": ")[0] for warning in warnings] == told

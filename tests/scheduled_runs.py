"""A province whose runs a real server and worker of Prefect do: what `prefect.yaml` declares, with shorter waits."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from program.settings import ROOT
from tests.prefect_server import PrefectServer

LONGEST_SECONDS = 600
"""The next run begins within ten minutes, without a person."""
LOST_AFTER_SECONDS = 35
"""In place of three minutes: longer than a heartbeat takes to come."""
OVER = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")


@dataclass
class Province:
    """A province whose runs are scheduled on a server."""

    server: PrefectServer
    folder: Path

    def __post_init__(self) -> None:
        self.server.create_pool("nightly")
        declared = self.folder / "prefect.yaml"
        declared.write_text(yaml.safe_dump(_quicker(ROOT / "prefect.yaml")), encoding="utf-8")
        self.server.cli("--no-prompt", "deploy", "--all", "--prefect-file", str(declared), cwd=ROOT)
        self.deployment = self.server.get("/deployments/name/nightly/nightly")
        (self.folder / "inbox").mkdir(exist_ok=True)

    def start_worker(self, **settings: str) -> None:
        self.server.start_worker(
            MTQG_VAR=str(self.folder / "var"), MTQG_INBOX_URL=str(self.folder / "inbox"), **settings
        )

    def plan(
        self, *tags: str, deployment: str = "", due: datetime | None = None, **settings: str
    ) -> str:
        """Ask for a run, with settings of its own, and return its id. The scheduler's runs have the tag `auto-scheduled`."""
        path = f"/deployments/{deployment or self.deployment['id']}/create_flow_run"
        body: dict[str, Any] = {"tags": list(tags)}
        body |= {"job_variables": {"env": settings}} if settings else {}
        if due is not None:
            details = {"scheduled_time": due.isoformat()}
            body["state"] = {"type": "SCHEDULED", "name": "Scheduled", "state_details": details}
        return self.server.post(path, **body)["id"]

    def crash_of_another_province(self) -> None:
        """Let a run of the same flow crash that belongs to another deployment."""
        flow = self.deployment["flow_id"]
        other = self.server.post("/deployments/", name="nightly-elsewhere", flow_id=flow)
        crashed = self.plan("auto-scheduled", deployment=other["id"])
        state = {"type": "CRASHED", "name": "Crashed"}
        self.server.post(f"/flow_runs/{crashed}/set_state", state=state, force=True)

    def automation(self, name: str) -> str:
        """Return where the API has an automation."""
        found = self.server.post("/automations/filter")
        (automation,) = [each["id"] for each in found if each["name"] == name]
        return f"/automations/{automation}"

    def run(self, run_id: str) -> dict[str, Any]:
        return self.server.get(f"/flow_runs/{run_id}")

    def has_sent_a_heartbeat(self, run_id: str) -> bool:
        asked = {
            "event": {"name": ["prefect.flow-run.heartbeat"]},
            "resource": {"id": [f"prefect.flow-run.{run_id}"]},
        }
        return bool(self.server.post("/events/filter", filter=asked)["events"])

    def make_older(self, run_id: str) -> None:
        """Make a run's state ten minutes older, while the server is down.

        Prefect 3.8.8 ties a state to the one before where both came within five minutes. An automation then waits up to
        15 minutes for the earlier event, which died with the server: the next run begins meanwhile, the second try later.
        """
        with closing(sqlite3.connect(self.folder / "prefect" / "prefect.db")) as database, database:
            (old,) = database.execute(
                "UPDATE flow_run_state SET timestamp = datetime(timestamp, '-10 minutes') || '.000000'"
                " WHERE id = (SELECT state_id FROM flow_run WHERE id = ?) RETURNING timestamp",
                (run_id,),
            )
        assert old

    def wait_for_end(self, *run_ids: str) -> None:
        def over() -> bool:
            return all(self.run(run_id)["state_type"] in OVER for run_id in run_ids)

        self.server.wait_for(over, f"the runs {run_ids} end", LONGEST_SECONDS)

    def runs_of(self, deployment: str) -> list[dict[str, Any]]:
        """Return the runs of a deployment but those that are still to come, the earliest first."""
        runs = self.server.post(
            "/flow_runs/filter",
            deployments={"name": {"any_": [deployment]}},
            sort="EXPECTED_START_TIME_ASC",
        )
        return [run for run in runs if not run["auto_scheduled"]]


def _quicker(declared: Path) -> dict[str, Any]:
    """Return what is deployed, but for how long a run may be silent."""
    content = yaml.safe_load(declared.read_text(encoding="utf-8"))
    (lost,) = [each for each in content["deployments"] if each["name"] == "lost-runs"]
    for trigger in lost["triggers"]:
        trigger["within"] = LOST_AFTER_SECONDS
    return content

"""What follows a power cut, a run that nobody began and a run that hangs: a real server and worker, killed without a word."""

import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from program.settings import ROOT
from tests.prefect_server import PrefectServer, prefect_server

LONGEST_SECONDS = 600
"""The next run begins within ten minutes, without a person."""
LOST_AFTER_SECONDS = 35
"""In place of three minutes: longer than a heartbeat takes to come."""
VACUUM = {
    "PREFECT_SERVER_SERVICES_DB_VACUUM_LOOP_SECONDS": "15",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": "7200",
}
"""Old runs are looked for every 15 seconds, not every hour, and are old after two hours, not 90 days."""
OVER = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3 * LONGEST_SECONDS)]


@dataclass
class Province:
    """A province whose runs are scheduled on a server; its portal may hang."""

    server: PrefectServer
    folder: Path
    silent_portal: str

    def __post_init__(self) -> None:
        self.server.cli("work-pool", "create", "nightly", "--type", "process", cwd=self.folder)
        declared = self.folder / "prefect.yaml"
        declared.write_text(yaml.safe_dump(_quicker(ROOT / "prefect.yaml")), encoding="utf-8")
        self.server.cli("--no-prompt", "deploy", "--all", "--prefect-file", str(declared), cwd=ROOT)
        self.deployment = self.server.get("/deployments/name/nightly/nightly")
        (self.folder / "inbox").mkdir()

    def start_worker(self, **settings: str) -> None:
        self.server.start_worker(
            MTQG_VAR=str(self.folder / "var"), MTQG_INBOX_URL=str(self.folder / "inbox"), **settings
        )

    def plan(self, *tags: str, deployment: str = "", **settings: str) -> str:
        """Ask for a run, with settings of its own, and return its id. The scheduler's runs have the tag `auto-scheduled`."""
        path = f"/deployments/{deployment or self.deployment['id']}/create_flow_run"
        body = {"tags": list(tags)} | ({"job_variables": {"env": settings}} if settings else {})
        return self.server.post(path, **body)["id"]

    def crash_of_another_province(self) -> None:
        """Let a run of the same flow crash that belongs to another deployment."""
        flow = self.deployment["flow_id"]
        other = self.server.post("/deployments/", name="nightly-elsewhere", flow_id=flow)
        crashed = self.plan("auto-scheduled", deployment=other["id"])
        state = {"type": "CRASHED", "name": "Crashed"}
        self.server.post(f"/flow_runs/{crashed}/set_state", state=state, force=True)

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
    (trigger,) = lost["triggers"]
    trigger["within"] = LOST_AFTER_SECONDS
    return content


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    folder = tmp_path_factory.mktemp("power")
    # It takes calls, and never answers.
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        prefect_server(folder, **VACUUM) as server,
    ):
        yield Province(server, folder, f"http://127.0.0.1:{silent.getsockname()[1]}")


def test_after_a_power_cut_the_next_run_begins_and_the_cut_one_is_run_again(
    province: Province,
) -> None:
    province.crash_of_another_province()
    province.start_worker()
    cut = province.plan("auto-scheduled", MTQG_PORTAL_URL=province.silent_portal)
    province.server.wait_for(lambda: province.has_sent_a_heartbeat(cut), "the run works")
    province.server.kill("server", "worker")
    province.make_older(cut)

    province.server.start()
    province.start_worker()
    following = province.plan("auto-scheduled")
    province.wait_for_end(cut, following)
    assert province.run(cut)["state_name"] == "Crashed", province.server.logs()
    assert province.run(following)["state_name"] == "Completed", province.server.logs()

    def again() -> list[dict[str, Any]]:
        runs = province.runs_of("nightly")
        return [run for run in runs if run["id"] not in (cut, following)]

    (second_try,) = province.server.wait_for(again, "the run that was cut off comes again")
    province.wait_for_end(second_try["id"])
    assert province.run(second_try["id"])["state_name"] == "Completed", province.server.logs()
    # The crash of the other province came first: neither a run nor an alarm of ours followed from it.
    assert len(again()) == 1
    assert len(province.runs_of("alarm")) == 1


def test_a_run_that_nobody_began_and_one_that_hangs_keep_no_other_from_its_turn(
    province: Province,
) -> None:
    """Its worker died between the submission and the start; the next one hangs and is killed at its limit."""
    province.server.end("worker")
    never_begun = province.plan()
    pending = {"type": "PENDING", "name": "Pending"}
    path = f"/flow_runs/{never_begun}/set_state"
    assert province.server.post(path, state=pending)["status"] == "ACCEPT"
    province.server.kill("server")
    province.make_older(never_begun)

    province.server.start()
    province.start_worker()
    hanging = province.plan(MTQG_PORTAL_URL=province.silent_portal, MTQG_RUN_SECONDS="2")
    province.wait_for_end(never_begun, hanging)
    assert province.run(never_begun)["state_name"] == "Crashed", province.server.logs()
    assert province.run(hanging)["state_name"] == "Crashed", province.server.logs()
    following = province.plan()
    province.wait_for_end(following)
    assert province.run(following)["state_name"] == "Completed", province.server.logs()


def test_an_old_run_is_deleted_with_its_log_and_artifacts(province: Province) -> None:
    """It needs the runs of the tests above."""
    completed = [run for run in province.runs_of("nightly") if run["state_name"] == "Completed"]
    old, *young = (run["id"] for run in completed)
    path = province.folder / "prefect" / "prefect.db"
    with closing(sqlite3.connect(path, timeout=60)) as database, database:
        database.execute(
            "UPDATE flow_run SET end_time = datetime(end_time, '-3 hours') || '.000000' WHERE id = ?",
            (old,),
        )

    def kept(kind: str) -> set[str]:
        runs = {"id": {"any_": [old, *young]}}
        if kind == "logs":
            found = province.server.post(
                "/logs/filter", logs={"flow_run_id": {"any_": [old, *young]}}
            )
            return {line["flow_run_id"] for line in found}
        if kind == "artifacts":
            found = province.server.post("/artifacts/filter", flow_runs=runs)
            return {each["flow_run_id"] for each in found}
        return {each["id"] for each in province.server.post("/flow_runs/filter", flow_runs=runs)}

    for kind in ("flow_runs", "logs", "artifacts"):
        province.server.wait_for(
            lambda kind=kind: kept(kind) == set(young), f"the old {kind} are gone"
        )

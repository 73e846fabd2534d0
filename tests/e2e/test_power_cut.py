"""What follows a power cut, a run that nobody began and a run that hangs: a real server and worker, killed without a word."""

import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest

from tests.prefect_server import prefect_server
from tests.scheduled_runs import LONGEST_SECONDS, Province

VACUUM = {
    "PREFECT_SERVER_SERVICES_DB_VACUUM_LOOP_SECONDS": "15",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": "7200",
}
"""Old runs are looked for every 15 seconds, not every hour, and are old after two hours, not 90 days."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3 * LONGEST_SECONDS)]


@dataclass
class PowerCutProvince(Province):
    """Its portal takes calls, and never answers."""

    silent_portal: str


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PowerCutProvince]:
    folder = tmp_path_factory.mktemp("power")
    # It takes calls, and never answers.
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        prefect_server(folder, **VACUUM) as server,
    ):
        silent_portal = f"http://127.0.0.1:{silent.getsockname()[1]}"
        yield PowerCutProvince(server, folder, silent_portal)


def test_after_a_power_cut_the_next_run_begins_and_the_cut_one_is_run_again(
    province: PowerCutProvince,
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
    province: PowerCutProvince,
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


def test_a_run_marks_a_lost_one_whose_last_event_died_with_the_server(
    province: PowerCutProvince,
) -> None:
    """Without the event no automation starts. The lost run is forced to be pending, so it has no slot that would expire."""
    province.server.end("worker")
    automation = province.automation("mtqg run lost")
    province.server.patch(automation, enabled=False)
    lost = province.plan()
    pending = {"type": "PENDING", "name": "Pending"}
    province.server.post(f"/flow_runs/{lost}/set_state", state=pending, force=True)
    province.make_older(lost)

    province.start_worker()
    following = province.plan()
    province.wait_for_end(following)
    assert province.run(following)["state_name"] == "Completed", province.server.logs()
    assert province.run(lost)["state_name"] == "Crashed", province.server.logs()
    province.server.patch(automation, enabled=True)


def test_a_run_whose_time_came_while_all_was_down_begins_late_and_the_digest_says_so(
    province: PowerCutProvince,
) -> None:
    """Server and worker were down for three hours."""
    province.server.end("worker")
    late = province.plan(due=datetime.now(UTC) - timedelta(hours=3, minutes=1))
    province.server.kill("server")
    province.server.start()
    province.start_worker()
    province.wait_for_end(late)
    assert province.run(late)["state_name"] == "Completed", province.server.logs()
    digests = (province.folder / "var" / "digests").glob("*.eml")
    newest = max(digests, key=lambda path: path.stat().st_mtime_ns)
    message = message_from_bytes(newest.read_bytes(), policy=policy.default)
    assert "the run began 3 h 0" in message.get_content()


def test_an_old_run_is_deleted_with_its_log_and_artifacts(province: PowerCutProvince) -> None:
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

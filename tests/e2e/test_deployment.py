"""The night as Prefect runs it: a real server, the deployment of `prefect.yaml`, a process worker (docs/deployment.md)."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from examples.seed_report import SEED_FILE
from program.settings import ROOT
from tests.postgres import Postgres
from tests.prefect_server import DATABASE, PrefectServer, prefect_server
from tests.smtp import Inbox, mail_server
from warehouse.database.engine import open_warehouse
from warehouse.queries.reports import progress

LONGEST_NIGHT_SECONDS = 600
OF_THE_TESTS = {".hypothesis", ".pytest_cache"}
"""What tests that run beside these may write into the checkout."""

# The first test pays for the server, the worker and two nights.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(2 * LONGEST_NIGHT_SECONDS)]


@dataclass
class Deployed:
    """The deployment after two nights, the second of which was asked for while the first had not begun."""

    server: PrefectServer
    deployment: dict[str, Any]
    first: dict[str, Any]
    second: dict[str, Any]
    var: Path
    inbox: Inbox
    written_by_deploy: set[str]


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres) -> Iterator[Deployed]:
    folder = tmp_path_factory.mktemp("prefect")
    var = folder / "var"
    with (
        postgres.new_database() as url,
        prefect_server(folder, **_kept_in(url)) as server,
        mail_server() as inbox,
    ):
        _keep_credentials(server, inbox)
        server.cli("work-pool", "create", "nightly", "--type", "process", cwd=folder)
        before = _tree()
        server.cli("--no-prompt", "deploy", "--all", cwd=ROOT)
        written = {str(change) for change in _tree() ^ before}
        deployment = server.get("/deployments/name/nightly/nightly")
        server.cli("deployment", "run", "nightly/nightly", cwd=folder)
        server.post(f"/deployments/{deployment['id']}/create_flow_run")
        server.start_worker(
            MTQG_VAR=str(var),
            MTQG_INBOX_URL=str(_reports_below(folder)),
            MTQG_SMTP_URL="prefect:email-server-credentials/mtqg",
        )
        first, second = server.wait_for(
            lambda: _ended(server), "both runs end", LONGEST_NIGHT_SECONDS
        )
        server.end("worker")
        yield Deployed(server, deployment, first, second, var, inbox, written)


def _reports_below(folder: Path) -> Path:
    """Return an inbox with one report of the sample: here it is looked at how a run is begun, not at what it finds."""
    inbox = folder / "inbox"
    shutil.copytree(SEED_FILE.parent, inbox / SEED_FILE.parent.name)
    return inbox


def _kept_in(url: str) -> dict[str, str]:
    """Return the setting that keeps Prefect's database in PostgreSQL; `test_power_cut.py` has SQLite."""
    return {DATABASE: url.replace("postgresql://", "postgresql+asyncpg://")}


def _keep_credentials(server: PrefectServer, inbox: Inbox) -> None:
    """Put the mail server of `inbox` into a block of prefect-email's, and its URL into a secret of Prefect's own."""
    port = urlsplit(inbox.url).port
    script = (
        "from prefect.blocks.system import Secret; from prefect_email import EmailServerCredentials; "
        f"EmailServerCredentials(smtp_server='127.0.0.1', smtp_port={port}, smtp_type='INSECURE').save('mtqg'); "
        f"Secret(value='{inbox.url}').save('mtqg-url')"
    )
    server.python("-c", script)


def _ended(server: PrefectServer) -> list[dict[str, Any]] | None:
    """Return the runs that were asked for, in the order in which they began, once all of them have ended."""
    runs = [r for r in server.post("/flow_runs/filter") if not r["auto_scheduled"]]
    is_over = all(r["state_type"] in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED") for r in runs)
    return sorted(runs, key=lambda r: r["start_time"]) if is_over else None


def _tree() -> set[tuple[str, bytes]]:
    """What a deploy could leave in the checkout: a file or folder beside prefect.yaml, or a changed prefect.yaml."""
    there = [path for path in ROOT.iterdir() if path.name not in OF_THE_TESTS]
    return {
        (path.name, path.read_bytes() if path.name == "prefect.yaml" else b"") for path in there
    }


def test_the_deployed_night_completes(deployed: Deployed) -> None:
    assert deployed.first["state_name"] == "Completed", deployed.server.logs()
    assert deployed.second["state_name"] == "Completed", deployed.server.logs()


def test_others_get_to_the_site_and_the_metrics_and_to_nothing_else(deployed: Deployed) -> None:
    written = {path.name: path.stat().st_mode & 0o777 for path in deployed.var.iterdir()}
    readable = {name for name, mode in written.items() if mode & 0o077}
    assert deployed.var.stat().st_mode & 0o777 == 0o711
    assert "site" in readable
    # Another user reads the metrics, too (docs/monitoring.md).
    assert readable <= {"site", "marked", "metrics"}


def test_the_night_is_scheduled_at_one_in_vietnam_and_runs_one_at_a_time(
    deployed: Deployed,
) -> None:
    (scheduled,) = deployed.deployment["schedules"]
    assert scheduled["active"]
    assert scheduled["schedule"]["cron"] == "0 1 * * *"
    assert scheduled["schedule"]["timezone"] == "Asia/Ho_Chi_Minh"
    assert deployed.deployment["global_concurrency_limit"]["limit"] == 1
    assert deployed.deployment["concurrency_options"]["collision_strategy"] == "ENQUEUE"


def test_prefect_s_scheduler_plans_the_coming_nights(deployed: Deployed) -> None:
    """A schedule that stands there is not yet a run: Prefect planned none with other versions of its libraries (decisions 23, 39)."""
    one_in_vietnam = "18:00:00"
    mine = deployed.deployment["id"]

    def planned() -> list[str] | None:
        runs = [
            r
            for r in deployed.server.post("/flow_runs/filter")
            if r["auto_scheduled"] and r["deployment_id"] == mine
        ]
        return [run["expected_start_time"] for run in runs] or None

    nights = deployed.server.wait_for(planned, "a night is planned")
    assert all(one_in_vietnam in night for night in nights), nights


def test_a_night_asked_for_while_another_runs_waits_for_its_end(deployed: Deployed) -> None:
    assert deployed.first["end_time"] <= deployed.second["start_time"]


def test_the_worker_writes_the_figures_into_the_warehouse(deployed: Deployed) -> None:
    engine = open_warehouse(f"sqlite:///{deployed.var / 'warehouse.sqlite'}")
    figures = {
        (row.indicator_code, row.unit_code, row.period): row.actual for row in progress(engine)
    }
    engine.dispose()
    assert figures["TRN-PARTICIPANTS", "94", "2024"] == 2208


def test_each_night_leaves_its_table_and_its_summary_in_prefect(deployed: Deployed) -> None:
    kept = deployed.server.post("/artifacts/filter")
    assert {(a["key"], a["type"], a["flow_run_id"]) for a in kept} == {
        (key, kind, night["id"])
        for key, kind in (("submissions", "table"), ("summary", "markdown"))
        for night in (deployed.first, deployed.second)
    }


def test_a_second_night_finds_nothing_new(deployed: Deployed) -> None:
    summaries = {
        a["flow_run_id"]: a["data"]
        for a in deployed.server.post("/artifacts/filter")
        if a["key"] == "summary"
    }
    assert "| received | 0 |" not in summaries[deployed.first["id"]]
    assert "| received | 0 |" in summaries[deployed.second["id"]]
    assert "| facts loaded | 0 |" in summaries[deployed.second["id"]]


def test_the_mail_server_of_a_block_takes_the_digest_of_each_night(deployed: Deployed) -> None:
    subjects = [mail["Subject"] for mail in deployed.inbox.mails if "ky-su-du-lieu" in mail["To"]]
    assert [subject.partition(",")[0] for subject in subjects] == [
        "[mtqg] run 1 completed",
        "[mtqg] run 2 completed",
    ]
    assert not (deployed.var / "outbox").exists()


def test_commands_take_the_mail_server_from_a_block_too(deployed: Deployed, tmp_path: Path) -> None:
    def watch(url: str) -> str:
        # Each time a folder of its own: an alarm is mailed once a day.
        var = tmp_path / url.replace("/", "-")
        settings = {"MTQG_VAR": str(var), "MTQG_SMTP_URL": url}
        return deployed.server.python("-m", "mtqg", "watch", "--mail", code=1, **settings)

    before = len(deployed.inbox.mails)
    watch("prefect:secret/mtqg-url")
    assert [mail["Subject"].partition(":")[0] for mail in deployed.inbox.mails[before:]] == [
        "[mtqg] alarm"
    ]
    assert "Prefect has no block secret/other" in " ".join(watch("prefect:secret/other").split())


def test_what_the_night_logs_can_be_read_in_prefect(deployed: Deployed) -> None:
    night = {"flow_run_id": {"any_": [deployed.first["id"]]}}
    lines = {
        (line["name"], line["message"].partition("=")[0])
        for line in deployed.server.post("/logs/filter", logs=night)
    }
    assert ("mtqg.steps", "collect source") in lines


def test_a_run_by_hand_leaves_its_log_in_prefect_too(deployed: Deployed, tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    settings = {"MTQG_VAR": str(tmp_path / "var"), "MTQG_INBOX_URL": str(tmp_path / "inbox")}
    deployed.server.python("-m", "mtqg", "run", **settings)

    def logged() -> set[str]:
        by_hand = {
            run["id"]
            for run in deployed.server.post("/flow_runs/filter")
            if not run["deployment_id"]
        }
        lines = deployed.server.post(
            "/logs/filter", logs={"flow_run_id": {"any_": sorted(by_hand)}}
        )
        return {line["message"] for line in lines if line["name"] == "mtqg.steps"}

    assert deployed.server.wait_for(logged, "the log of the run comes")


def test_tasks_are_named_by_what_they_do(deployed: Deployed) -> None:
    night = {"id": {"any_": [deployed.first["id"]]}}
    tasks = deployed.server.post(
        "/task_runs/filter", flow_runs=night, sort="EXPECTED_START_TIME_ASC"
    )
    assert (
        " ".join(task["name"] for task in tasks)
        == "collect-inbox collect-portal collect-mailbox unpack reopen read check load explain compare export publish remind alert verify digest close"
    )
    assert deployed.first["name"].startswith("nightly-20")


def test_the_alarm_s_automations_come_with_its_deployment(deployed: Deployed) -> None:
    made = {
        automation["name"]: automation for automation in deployed.server.post("/automations/filter")
    }
    alarm = deployed.server.get("/deployments/name/alarm/alarm")
    for name in (
        "mtqg run failed",
        "mtqg run missing",
        "mtqg intake failed",
        "mtqg intake missing",
    ):
        assert made[name]["enabled"]
        assert [action["deployment_id"] for action in made[name]["actions"]] == [alarm["id"]]


def test_without_the_password_nobody_runs_a_command(deployed: Deployed) -> None:
    """A run's `command` is run by the worker, as its user: whoever may create a run may do what that user may."""
    path = f"{deployed.server.url}/deployments/{deployed.deployment['id']}/create_flow_run"
    body = {"job_variables": {"command": "touch /tmp/mine"}}
    for wrong in (None, ("mtqg", "guessed")):
        answer = requests.post(path, json=body, auth=wrong, timeout=30)
        assert (answer.status_code, answer.json()["exception_message"]) == (401, "Unauthorized")


def test_deploying_leaves_the_checkout_as_it_was(deployed: Deployed) -> None:
    assert deployed.written_by_deploy == set()

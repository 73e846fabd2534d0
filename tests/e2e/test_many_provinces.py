"""Two provinces on one server and one worker, as docs/many-provinces.md has it: one of them is broken."""

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from examples.example_province import INBOX, PACK
from tests.ministry import LONGEST_RUN_SECONDS, Ministry
from tests.prefect_server import prefect_server

GOOD, BROKEN = "94", "95"
PASSWORD = "hush-hush"
pytestmark = [pytest.mark.slow, pytest.mark.timeout(2 * LONGEST_RUN_SECONDS)]


def provinces_file(folder: Path, *codes: str) -> Path:
    content = {
        "common": {
            "env_files": ["{code}.env"],
            "settings": {
                "pack": "packs/{code}",
                "var": "var/{code}",
                "inbox_url": f"{folder}/in/{{code}}",
            },
        },
        "provinces": [{"code": code, "name": f"Tỉnh {code}"} for code in codes],
    }
    for entry in content["provinces"]:
        if entry["code"] == BROKEN:
            entry["settings"] = {"warehouse_url": {"setting": "MTQG_SECRET_WAREHOUSE"}}
    file = folder / "provinces.yaml"
    file.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return file


def prepare(folder: Path) -> None:
    """Lay out two provinces, the second of which has a warehouse in a folder that is a file."""
    (folder / "no-folder").write_text("")
    broken = f"sqlite:///{folder}/no-folder/{PASSWORD}.sqlite"
    for code in (GOOD, BROKEN):
        shutil.copytree(PACK, folder / "packs" / code)
        shutil.copytree(INBOX / "00101", folder / "in" / code / "00101")
        secrets = folder / f"{code}.env"
        secrets.write_text(f"MTQG_SECRET_WAREHOUSE='{broken}'\n" if code == BROKEN else "")
        secrets.chmod(0o640)


@pytest.fixture(scope="module")
def ministry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ministry]:
    folder = tmp_path_factory.mktemp("ministry")
    prepare(folder)
    with prefect_server(folder) as server:
        it = Ministry(server, provinces_file(folder, GOOD, BROKEN))
        it.seen["no pool"] = it.mtqg("check", str(it.file), code=1)
        server.create_pool("nightly")
        it.seen["first"] = it.mtqg("deploy", str(it.file))
        it.seen["deployments"] = it.deployments(), it.automations()
        it.seen["second"] = it.mtqg("deploy", str(it.file))
        it.seen["deployments again"] = it.deployments(), it.automations()
        for code in (BROKEN, GOOD):
            it.ask_for_run(f"nightly-{code}")
        server.start_worker()
        it.wait_for_end(f"nightly-{GOOD}", f"nightly-{BROKEN}")
        server.end("worker")
        yield it


def test_a_work_pool_that_is_missing_is_named_with_the_command_that_makes_it(
    ministry: Ministry,
) -> None:
    assert "prefect work-pool create nightly --type process" in ministry.seen["no pool"]


def test_each_province_has_its_own_deployments_at_its_own_time(ministry: Ministry) -> None:
    deployments, _ = ministry.seen["deployments"]
    names = {"nightly", "mails", "alarm", "lost-runs"}
    assert set(deployments) == {f"{name}-{code}" for name in names for code in (GOOD, BROKEN)}
    crons = []
    for code in (GOOD, BROKEN):
        (schedule,) = deployments[f"nightly-{code}"]["schedules"]
        crons.append(schedule["schedule"]["cron"])
    assert crons == ["30 0 * * *", "30 2 * * *"]


def test_deploying_twice_changes_nothing(ministry: Ministry) -> None:
    assert "written" in ministry.seen["first"]
    assert "written" not in ministry.seen["second"]
    first, second = ministry.seen["deployments"], ministry.seen["deployments again"]
    assert first[1] == second[1]
    changed = {name: each["updated"] for name, each in first[0].items()}
    assert changed == {name: each["updated"] for name, each in second[0].items()}


def test_no_password_can_be_read_over_the_api(ministry: Ministry) -> None:
    answer = json.dumps([ministry.deployments(), ministry.runs_of(f"nightly-{BROKEN}")])
    assert "provinces.yaml#95" in answer
    assert PASSWORD not in answer


def test_a_broken_province_fails_and_the_other_completes(ministry: Ministry) -> None:
    (broken,) = ministry.runs_of(f"nightly-{BROKEN}")
    (good,) = ministry.runs_of(f"nightly-{GOOD}")
    assert broken["state_name"] == "Failed", ministry.server.logs()
    assert good["state_name"] == "Completed", ministry.server.logs()


def test_the_failure_of_one_province_alarms_no_other(ministry: Ministry) -> None:
    ministry.server.wait_for(lambda: ministry.runs_of(f"alarm-{BROKEN}"), "the alarm is asked for")
    # Any other automation on the same event would have started its flow with it.
    time.sleep(2)
    assert ministry.runs_of(f"alarm-{GOOD}") == []
    assert len(ministry.runs_of(f"nightly-{GOOD}")) == 1


def test_status_has_a_line_for_each_province_and_the_reason_of_the_broken_one(
    ministry: Ministry,
) -> None:
    good, broken = json.loads(ministry.mtqg("status", str(ministry.file), "--json"))
    assert (good["code"], good["counts"]["run_state"], good["counts"]["days_old"]) == (
        GOOD,
        "completed",
        0,
    )
    assert good["counts"]["due"] > good["counts"]["missing"] > 0
    assert (broken["code"], broken["counts"]) == (BROKEN, None)
    assert "warehouse" in broken["reason"]


def test_a_province_that_left_the_file_is_reported_and_pruned_on_request_alone(
    ministry: Ministry,
) -> None:
    file = provinces_file(ministry.file.parent, GOOD)
    automations = ministry.automations()
    # Its time moves, for it has the pool for itself: the first of a pool keeps its own.
    said = ministry.mtqg("deploy", str(file))
    assert f"nightly-{BROKEN}" in said.split("--prune deletes them:")[1]
    assert f"nightly-{BROKEN}" in ministry.deployments()
    ministry.mtqg("deploy", str(file), "--prune")
    assert not [name for name in ministry.deployments() if name.endswith(BROKEN)]
    kept = {name: each for name, each in automations.items() if name.endswith(GOOD)}
    assert ministry.automations() == kept

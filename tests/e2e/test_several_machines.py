"""Two workers, each in a folder of its own, as on two hosts: Prefect and warehouses in PostgreSQL, archives in S3.

What both provinces send to the country, in S3 too, is added up.
"""

import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import duckdb
import pytest
import yaml
from fsspec import AbstractFileSystem

from examples.example_province import INBOX, PACK
from tests.ministry import LONGEST_RUN_SECONDS, Ministry
from tests.postgres import Postgres
from tests.prefect_server import DATABASE, prefect_server
from tests.provinces import national_pack
from tests.remote_servers import PASSWORD, USER, s3_server
from warehouse.database.engine import open_warehouse
from warehouse.queries.reports import reporting

HOSTS = {"94": "north", "95": "south"}
SENDERS = {"94": "00101", "95": "00102"}
"""The commune of the example's inbox whose reports each province gets."""
NATIONAL_URL = "s3://reports/national"
pytestmark = [pytest.mark.slow, pytest.mark.timeout(2 * LONGEST_RUN_SECONDS)]


def prepare(folder: Path, warehouses: dict[str, str], s3: str) -> Path:
    """Lay out two provinces with secrets of their own, and return their `provinces.yaml`."""
    for code, url in warehouses.items():
        province_of_its_own(folder / "packs" / code, code)
        shutil.copytree(INBOX / SENDERS[code], folder / "in" / code / SENDERS[code])
        secrets = folder / f"{code}.env"
        secrets.write_text(
            f"MTQG_SECRET_WAREHOUSE='{url}'\nMTQG_SECRET_S3='{PASSWORD}'\nMTQG_SECRET_S3_KEY={USER}\n"
        )
        secrets.chmod(0o640)
    options = {
        "key": {"setting": "MTQG_SECRET_S3_KEY"},
        "secret": {"setting": "MTQG_SECRET_S3"},
        "endpoint_url": s3,
    }
    settings = {
        "pack": "packs/{code}",
        "inbox_url": f"{folder}/in/{{code}}",
        "warehouse_url": {"setting": "MTQG_SECRET_WAREHOUSE"},
        "archive_url": "s3://reports/archive/{code}",
        "archive_options": options,
        "national_url": NATIONAL_URL,
        "national_options": options,
    }
    entries = []
    for code, host in HOSTS.items():
        own = {"var": f"{host}/var-{code}"}
        entries.append({"code": code, "name": f"Tỉnh {code}", "pool": host, "settings": own})
    content = {"common": {"env_files": ["{code}.env"], "settings": settings}, "provinces": entries}
    file = folder / "provinces.yaml"
    file.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return file


def province_of_its_own(pack: Path, code: str) -> None:
    """Write the example's pack as that of a province with a code of its own."""
    shutil.copytree(PACK, pack)
    for name, old, new in (
        ("program.yaml", 'province: "00"', f'province: "{code}"'),
        ("units.csv", "\n00,", f"\n{code},"),
        ("units.csv", "commune,00,", f"commune,{code},"),
    ):
        text = (pack / name).read_text(encoding="utf-8")
        assert old in text
        (pack / name).write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture(scope="module")
def bucket() -> Iterator[tuple[str, AbstractFileSystem]]:
    with s3_server() as served:
        yield served


@pytest.fixture(scope="module")
def ministry(
    tmp_path_factory: pytest.TempPathFactory,
    postgres: Postgres,
    bucket: tuple[str, AbstractFileSystem],
) -> Iterator[Ministry]:
    folder = tmp_path_factory.mktemp("machines")
    with ExitStack() as stack:
        kept = stack.enter_context(postgres.new_database())
        warehouses = {code: stack.enter_context(postgres.new_database()) for code in HOSTS}
        database = kept.replace("postgresql://", "postgresql+asyncpg://")
        server = stack.enter_context(prefect_server(folder, **{DATABASE: database}))
        it = Ministry(server, prepare(folder, warehouses, bucket[0]))
        it.seen["warehouses"] = warehouses
        for host in HOSTS.values():
            (folder / host).mkdir()
            server.create_pool(host)
        it.mtqg("deploy", str(it.file))
        for code, host in HOSTS.items():
            it.ask_for_run(f"nightly-{code}")
            pool = ("--pool", host, "--name", host, "--type", "process")
            # As on another host: its own folder, and its own home of Prefect.
            server.run(
                host,
                *("worker", "start", *pool),
                cwd=folder / host,
                PREFECT_HOME=str(folder / host / "prefect"),
            )
        it.wait_for_end(*(f"nightly-{code}" for code in HOSTS))
        yield it


def test_each_province_completes_on_the_worker_of_its_own_pool(ministry: Ministry) -> None:
    for code, host in HOSTS.items():
        (run,) = ministry.runs_of(f"nightly-{code}")
        assert run["state_name"] == "Completed", ministry.server.logs()
        assert run["work_pool_name"] == host
        said = (ministry.server.folder / f"{host}.log").read_text(errors="replace")
        assert run["name"] in said
        assert (ministry.server.folder / host / f"var-{code}" / "site" / "index.html").is_file()


def test_each_has_its_reports_in_its_own_database(ministry: Ministry) -> None:
    for code, url in ministry.seen["warehouses"].items():
        warehouse = open_warehouse(url)
        came = [row.unit_code for row in reporting(warehouse) if row.verdict is not None]
        warehouse.dispose()
        assert set(came) == {SENDERS[code]}


def test_each_has_its_files_in_its_own_part_of_the_bucket(
    ministry: Ministry, bucket: tuple[str, AbstractFileSystem]
) -> None:
    _, files = bucket
    for code in HOSTS:
        files_of_sample = len(list((INBOX / SENDERS[code]).iterdir()))
        archived = files.find(f"reports/archive/{code}")
        assert len(archived) >= files_of_sample


def test_the_country_has_the_sum_of_what_both_sent(
    ministry: Ministry, bucket: tuple[str, AbstractFileSystem]
) -> None:
    folder = ministry.file.parent
    national_pack(folder / "nation", (*HOSTS, "96"))
    options = {
        "key": {"setting": "MTQG_SECRET_S3_KEY"},
        "secret": {"setting": "MTQG_SECRET_S3"},
        "endpoint_url": bucket[0],
    }
    said = ministry.server.python(
        *("-m", "mtqg", "national", "build", "-o", str(folder / "national.duckdb")),
        MTQG_PACK=str(folder / "nation"),
        MTQG_NATIONAL_URL=NATIONAL_URL,
        MTQG_NATIONAL_OPTIONS=json.dumps(options),
        MTQG_SECRET_S3=PASSWORD,
        MTQG_SECRET_S3_KEY=USER,
    )
    assert "2/3 tỉnh" in said
    assert "(96): chưa gửi" in said
    with duckdb.connect(str(folder / "national.duckdb"), read_only=True) as file:
        rows = file.execute(
            "SELECT indicator_code, numerator, denominator, reported, expected, unit_reported "
            "FROM mart_rollups ORDER BY indicator_code"
        ).fetchall()
    # As examples/example_province.py has them: land and houses, in 94 and in 95.
    needed, met = 20 + 30 + 14 + 41, 8 + 27 + 5 + 33
    money = 1000 * (410_500 + 1_200_000 + 265_000 + 1_470_000)
    assert rows == [
        ("LAND-MONEY", money, None, 2, 3, 2),
        ("LAND-SHARE", met, needed, 2, 3, 2),
    ]


def test_no_secret_can_be_read_over_the_api(ministry: Ministry) -> None:
    answer = json.dumps([ministry.deployments(), ministry.runs_of("nightly-94")])
    assert PASSWORD not in answer
    for url in ministry.seen["warehouses"].values():
        assert url not in answer


def test_a_worker_that_is_killed_in_a_run_stops_the_other_province_in_nothing(
    ministry: Ministry,
) -> None:
    """Last: the worker of the south is gone then. What becomes of its run is test_power_cut.py's."""
    killed = ministry.ask_for_run("nightly-95")
    path = f"/flow_runs/{killed}"
    ministry.server.wait_for(
        lambda: ministry.server.get(path)["state_type"] == "RUNNING", "the run begins"
    )
    ministry.server.kill("south")
    other = ministry.ask_for_run("nightly-94")
    ministry.wait_for_end("nightly-94")
    assert ministry.server.get(f"/flow_runs/{other}")["state_name"] == "Completed"
    assert ministry.server.get(path)["state_type"] == "RUNNING"
    lines = json.loads(ministry.mtqg("status", str(ministry.file), "--json"))
    states = {line["code"]: line["counts"]["run_state"] for line in lines}
    assert states["94"] == "completed"
    assert [line["reason"] for line in lines] == ["", ""]

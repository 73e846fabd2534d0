"""The data package: what is declared is what there is, other programs read it, and an unchanged warehouse rewrites nothing."""

import csv
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from lxml import etree
from sqlalchemy import Engine, inspect

from program.finding import Finding, Severity
from program.pack.pack import Pack
from program.settings import Settings
from publish.data.csv_file import csv_bytes
from publish.data.package import write_data
from tests.arriving import catalogued
from tests.reports_sent import load_report
from warehouse.database.views import MARTS
from warehouse.ledger import start_run
from warehouse.queries.marts import declared_marts

NOON = datetime(2026, 2, 20, 5, tzinfo=UTC)
ODD = Finding("TRN-05", Severity.WARNING, "Ông Nguyễn Văn A", "Sửa", sheet="=1+1", cell="C5")
Send = Callable[..., None]


@pytest.fixture
def engine(settings: Settings, pack: Pack) -> Engine:
    return catalogued(settings, pack, NOON)


@pytest.fixture
def send(engine: Engine) -> Send:
    """send(1, "942", 120): the training report of a district of 2024-Q4, the delivery of this number."""
    run = start_run(engine, NOON.date(), "rules-1", NOON)

    def send(number: int, unit: str, participants: float, *findings: Finding) -> None:
        at = NOON + timedelta(minutes=number)
        figures = {"participants_total": participants}
        load_report(
            engine, run, number, unit, "2024-Q4", figures, *findings,
            at=at, sheet="=1+1", first_row=5,
        )  # fmt: skip

    send(1, "942", 120)
    send(2, "943", 80.5, ODD)
    return send


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.mark.both_databases
def test_every_column_of_every_mart_is_declared_and_no_other(engine: Engine) -> None:
    declared = {mart.name: [column.name for column in mart.columns] for mart in declared_marts()}
    there = {
        name: [column["name"] for column in inspect(engine).get_columns(name)] for name in MARTS
    }
    assert {name: set(columns) for name, columns in declared.items()} == {
        name: set(columns) for name, columns in there.items()
    }
    assert all(len(columns) == len(set(columns)) for columns in declared.values())


def test_a_key_names_columns_that_are_handed_on_and_a_code_is_a_text() -> None:
    for mart in declared_marts():
        handed_on = {column.name: column for column in mart.handed_on}
        assert set(mart.key) <= set(handed_on), mart.name
        codes = [column.type for name, column in handed_on.items() if name.endswith("_code")]
        assert set(codes) <= {"string"}, mart.name


@pytest.mark.both_databases
def test_the_package_is_valid_and_other_programs_read_it_with_its_types(
    engine: Engine, send: Send, pack: Pack, folder: Path
) -> None:
    write_data(engine, pack, folder, is_ours=False)
    validated = subprocess.run(
        [sys.executable, "-m", "frictionless", "validate", "datapackage.json", "--json"],
        check=False,
        capture_output=True,
        text=True,
        cwd=folder,
    )
    report = json.loads(validated.stdout)
    assert (report["valid"], report["stats"]["tasks"]) == (True, len(MARTS)), report
    path = folder / "csv" / "mart_figures.csv"
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    by_pandas = pd.read_csv(path, dtype={"unit_code": "str"}, parse_dates=["period_end"])
    rows = by_pandas[by_pandas["indicator_code"] == "TRN-PARTICIPANTS"]
    assert dict(zip(rows["unit_code"], rows["actual"], strict=True)) == {"942": 120, "943": 80.5}
    assert rows["is_flagged"].tolist() == [False, True]
    assert {day.date() for day in rows["period_end"]} == {date(2024, 12, 31)}
    parquet = folder / "parquet" / "mart_figures.parquet"
    by_duckdb = duckdb.sql(
        f"SELECT unit_code, actual, period_end, is_flagged FROM '{parquet}' "
        "WHERE indicator_code = 'TRN-PARTICIPANTS' ORDER BY unit_code"
    ).fetchall()
    day = date(2024, 12, 31)
    assert by_duckdb == [("942", 120.0, day, False), ("943", 80.5, day, True)]


@pytest.mark.both_databases
def test_no_text_of_a_person_is_handed_on_and_no_text_runs_as_a_formula(
    engine: Engine, send: Send, pack: Pack, folder: Path
) -> None:
    write_data(engine, pack, folder, is_ours=False)
    texts = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    addresses = [contact.email for contact in pack.correspondence.units.values()]
    for private in ("Nguyễn Văn A", "report.xlsx", *addresses):
        assert not any(private.encode() in text for text in texts), private
    with (folder / "csv" / "mart_doubts.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [row["sheet"] for row in csv.DictReader(file)] == ["'=1+1"]


def test_each_kind_of_value_has_one_way_to_be_written() -> None:
    columns = next(mart for mart in declared_marts() if mart.name == "mart_stages").handed_on[:6]
    at = datetime(2026, 2, 20, 12, 30, tzinfo=UTC)
    row = ("0942", True, 1.5, 3, date(2026, 2, 20), at)
    written = csv_bytes(columns, [row, (None, False, -2.0, 0, None, None)])
    assert written.decode("utf-8-sig").splitlines()[1:] == [
        "0942,true,1.5,3,2026-02-20,2026-02-20T12:30:00Z",
        ",false,-2.0,0,,",
    ]


def test_a_unit_and_an_indicator_have_a_document_and_a_run_an_entry(
    engine: Engine, send: Send, pack: Pack, folder: Path
) -> None:
    write_data(engine, pack, folder, is_ours=False)
    unit = json.loads((folder / "units" / "942.json").read_bytes())
    assert [each["unit_name"] for each in unit["units"]] == ["Huyện Châu Thành"]
    figure = next(f for f in unit["figures"] if f["indicator_code"] == "TRN-PARTICIPANTS")
    assert (figure["period"], figure["actual"], figure["reported"]) == ("2024-Q4", 120.0, 1)
    report = next(
        r for r in unit["reports"] if (r["form_code"], r["period"]) == ("training", "2024-Q4")
    )
    assert (report["verdict"], report["due_date"]) == ("accepted", "2025-01-15")
    indicator = json.loads((folder / "indicators" / "TRN-PARTICIPANTS.json").read_bytes())
    of_province = [f for f in indicator["figures"] if f["basis"] == "sum_of_districts"]
    sums = {(f["unit_code"], f["period"]): (f["actual"], f["reported"]) for f in of_province}
    assert sums["94", "2024-Q4"] == (200.5, 2)
    feed = etree.fromstring((folder / "runs.atom").read_bytes())
    titles = feed.findall("{*}entry/{*}title")
    assert [title.text for title in titles] == ["Lần chạy 1, ngày 20/02/2026: 2 báo cáo"]


def test_what_has_not_changed_is_not_made_again_and_what_is_obsolete_is_removed(
    engine: Engine, send: Send, pack: Pack, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = write_data(engine, pack, folder, is_ours=True)
    (folder / "units" / "000.json").write_text("{}", encoding="utf-8")
    with monkeypatch.context() as without_marts:
        without_marts.setattr("publish.data.package.mart_rows", None)
        assert write_data(engine, pack, folder, is_ours=True) == []
    assert not (folder / "units" / "000.json").exists()
    assert all(path.exists() for path in first)

    # A later day changes who is late; a later month may change who is on track.
    start_run(engine, NOON.date() + timedelta(days=1), "rules-1", NOON + timedelta(days=1))
    names = {path.name for path in write_data(engine, pack, folder, is_ours=True)}
    assert names == {
        f"mart_{name}.{kind}"
        for name in ("reporting", "punctuality")
        for kind in ("csv", "parquet")
    } | {"datapackage.json"}
    # The documents that stayed are those of the new day.
    write_data(engine, pack, folder.with_name("of-the-day"), is_ours=False)
    for path in folder.glob("*/*.json"):
        again = folder.with_name("of-the-day") / path.relative_to(folder)
        assert path.read_bytes() == again.read_bytes()

    send(3, "944", 10)
    names = {path.name for path in write_data(engine, pack, folder, is_ours=True)}
    assert {"mart_progress.csv", "944.json", "94.json", "TRN-PARTICIPANTS.json"} <= names
    assert not {"mart_units.csv", "mart_projects.parquet", "942.json", "DIS-TOTAL.json"} & names


def test_a_lost_file_is_made_again(engine: Engine, send: Send, pack: Pack, folder: Path) -> None:
    write_data(engine, pack, folder, is_ours=True)
    lost = [folder / "parquet" / "mart_units.parquet", folder / "units" / "942.json"]
    before = [path.read_bytes() for path in lost]
    for path in lost:
        path.unlink()
    assert sorted(write_data(engine, pack, folder, is_ours=True)) == sorted(lost)
    assert [path.read_bytes() for path in lost] == before

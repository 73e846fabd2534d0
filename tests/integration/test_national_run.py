"""Each run sends its marts to the country; a folder that cannot be written stops nothing else of the run."""

from datetime import date
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from flows.night import steps
from flows.night.run_context import open_run
from mtqg.cli import app
from program.settings import Settings
from warehouse.national.manifest import read_manifest
from warehouse.queries.marts import declared_marts

DAY = date(2025, 2, 20)


def test_a_run_sends_its_marts_and_its_manifest(settings: Settings, tmp_path: Path) -> None:
    url = tmp_path / "national"
    sending = settings.model_copy(
        update={"national_url": str(url), "site_url": "https://tinh.example/"}
    )
    run = open_run(sending, DAY)
    steps.export(run)
    assert run.finish()["errors"] == []
    sent = url / "mart" / "province=94"
    manifest = read_manifest((sent / "province.json").read_bytes())
    assert (manifest.run, manifest.as_of, manifest.site) == (
        run.run_id,
        DAY,
        "https://tinh.example/",
    )
    assert manifest.rules_version == run.rules.version
    assert set(manifest.files) == {mart.name for mart in declared_marts()}
    # Nobody has reported: every report that is due is missing, and says of whom.
    path = sent / manifest.files["mart_reporting"].path
    ((due,),) = duckdb.sql(f"SELECT COUNT(*) FILTER (is_due) FROM '{path}'").fetchall()
    assert due == manifest.lateness.due > 0
    assert manifest.lateness.received == 0


def test_a_folder_that_cannot_be_written_is_an_error_of_the_run_and_stops_no_other_part(
    settings: Settings, tmp_path: Path
) -> None:
    occupied = tmp_path / "national"
    occupied.write_text("a file where the folder should be")
    run = open_run(settings.model_copy(update={"national_url": str(occupied)}), DAY)
    steps.export(run)
    (error,) = run.finish()["errors"]
    assert error.startswith(f"export data: WarehouseError: {occupied}: cannot be written: ")
    assert (settings.site / "data" / "datapackage.json").exists()
    assert list(settings.office.iterdir())


def test_export_sends_by_hand_but_never_an_earlier_day(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = open_run(settings, DAY)
    run.finish()
    run.close()
    monkeypatch.setenv("MTQG_VAR", str(settings.var))
    monkeypatch.setenv("MTQG_WAREHOUSE_URL", settings.warehouse_url)
    url = tmp_path / "national"
    arguments = ["export", "-o", str(tmp_path / "data"), "--national", str(url)]
    sent = CliRunner().invoke(app, arguments)
    assert sent.exit_code == 0, sent.exception
    place = url / "mart" / "province=94" / "province.json"
    assert sent.stdout.splitlines()[-1] == str(place)
    refused = CliRunner().invoke(app, [*arguments, "--as-of", "2025-02-20"])
    assert "leave out --as-of" in str(refused.exception)

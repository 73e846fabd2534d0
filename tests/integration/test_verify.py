"""The archive against its sha256: a part in each run, all of it in a month, what is damaged until it is mended."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from connectors.archive import Archive, name_of
from flows.night import steps
from flows.night.run_context import open_run
from flows.recovery import verify
from flows.recovery.verify import VERIFIED, verify_all, verify_part
from mtqg.cli import app
from program.pack.pack import Pack
from program.settings import Settings
from tests.arriving import arrive, catalogued
from warehouse.ledger import start_run

TODAY = date(2025, 1, 20)
NOW = datetime(2025, 1, 20, tzinfo=UTC)


@pytest.fixture
def archive(settings: Settings) -> Archive:
    return Archive(settings.archive_url)


@pytest.fixture
def engine(settings: Settings, pack: Pack, archive: Archive) -> Engine:
    """A warehouse with twelve deliveries, whose bytes are in the archive."""
    engine = catalogued(settings, pack, NOW)
    run = start_run(engine, TODAY, "", NOW)
    for number in range(12):
        sha256 = archive.put(f"delivery {number}".encode())
        arrive(engine, run, number, "942", NOW + timedelta(seconds=number), sha256=sha256)
    return engine


def damage(settings: Settings, content: bytes) -> Path:
    file = Path(settings.archive_url) / name_of(Archive(settings.archive_url).put(content))
    file.chmod(0o644)
    file.write_bytes(content[:-1] + b"?")
    return file


def test_all_is_whole_until_a_byte_changes_or_a_file_is_gone(
    settings: Settings, engine: Engine, archive: Archive
) -> None:
    assert sum(found.files for found in verify_all(engine, archive, TODAY)) == 12
    damage(settings, b"delivery 3")
    damage(settings, b"delivery 4").unlink()
    found = [problem for part in verify_all(engine, archive, TODAY) for problem in part.problems]
    changed, missing = sorted(found, key=lambda problem: "is missing" in problem)
    assert "now have sha256" in changed
    assert "(3.xlsx, file " in changed
    assert "is missing" in missing
    assert "(4.xlsx, file " in missing


def test_a_run_a_day_verifies_every_file_within_thirty_days(
    engine: Engine, archive: Archive
) -> None:
    seen = sum(verify_part(engine, archive, TODAY + timedelta(days=day)).files for day in range(26))
    assert seen == 12


def test_runs_that_were_missed_are_made_up_for(engine: Engine, archive: Archive) -> None:
    for _ in verify_all(engine, archive, TODAY):
        pass
    assert verify_part(engine, archive, TODAY + timedelta(days=28)).files < 12
    # All that the last run did not verify is a day from being late.
    late = verify_part(engine, archive, TODAY + timedelta(days=29))
    assert late.files >= 12 - 2 * verify._FOLDERS_A_RUN
    days = verify._read(archive).days
    assert min(days.values()) >= TODAY + timedelta(days=28)


def test_what_is_damaged_is_named_in_every_run_until_it_is_mended(
    settings: Settings, engine: Engine, archive: Archive
) -> None:
    file = damage(settings, b"delivery 3")
    for _ in verify_all(engine, archive, TODAY):
        pass
    for day in (1, 2):
        part = verify_part(engine, archive, TODAY + timedelta(days=day))
        assert len(part.problems) == 1
    file.write_bytes(b"delivery 3")
    assert verify_part(engine, archive, TODAY + timedelta(days=3)).problems == ()
    assert verify._read(archive).damaged == []


def test_a_damaged_record_costs_a_second_look_and_no_error(
    engine: Engine, archive: Archive
) -> None:
    archive.write(VERIFIED, b"[1")
    assert verify_part(engine, archive, TODAY).problems == ()
    assert len(verify._read(archive).days) == verify._FOLDERS_A_RUN


def test_a_run_with_a_damaged_file_ends_as_failed_and_names_it(
    settings: Settings, engine: Engine, archive: Archive
) -> None:
    damage(settings, b"delivery 3")
    for _ in verify_all(engine, archive, TODAY):
        pass
    run = open_run(settings, None)
    steps.verify(run)
    (error,) = run.summary.errors
    assert error.startswith("archive: the bytes kept as ")
    run.warehouse.dispose()


def test_the_command_says_how_many_files_are_whole(
    settings: Settings, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MTQG_VAR", str(settings.var))
    whole = CliRunner().invoke(app, ["verify"])
    assert (whole.exit_code, whole.stdout) == (0, "12 files are whole, 0 are missing or damaged.\n")
    damage(settings, b"delivery 3")
    found = CliRunner().invoke(app, ["verify"])
    assert found.exit_code == 1
    assert "11 files are whole, 1 are missing or damaged." in found.stdout

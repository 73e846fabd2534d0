"""What only PostgreSQL has: addresses, roles, waiting for another writer."""

from datetime import UTC, date, datetime

import psycopg
import pytest
from sqlalchemy import text

from program.calendar.schedule import obligations
from program.errors import ConfigurationError, WarehouseError
from program.pack.pack import Pack
from program.settings import ROOT
from tests.postgres import Postgres, connections_closed
from warehouse.catalogue import sync_catalogue
from warehouse.database.backends import WRITERS, display_url
from warehouse.database.engine import open_warehouse, prepare_warehouse
from warehouse.database.views import MARTS
from warehouse.tables import WarehouseTable

OWED = {
    "mart_units",
    "mart_projects",
    "mart_reporting",
    "mart_rollups",
    "mart_progress",
    "mart_training",
}
ROLES = (ROOT / "warehouse" / "roles.sql").read_text(encoding="utf-8")


@pytest.fixture
def url(postgres: Postgres):
    with postgres.new_database() as url, connections_closed():
        yield url


@pytest.fixture
def database(url: str, postgres: Postgres, pack: Pack) -> str:
    """The name of a database with its two roles, in which the loader has prepared a warehouse."""
    name = psycopg.conninfo.conninfo_to_dict(url)["dbname"]
    postgres.run(ROLES, name)
    engine = prepare_warehouse(postgres.url(name, "mtqg_loader"))
    sync_catalogue(
        engine,
        pack,
        obligations(pack.calendar, pack.units, date(2025, 1, 20)),
        datetime(2025, 1, 20, tzinfo=UTC),
    )
    return name


def test_an_address_is_shown_without_its_password() -> None:
    assert (
        display_url("postgresql://mtqg_loader:secret@db.example/mtqg")
        == "postgresql://mtqg_loader:***@db.example/mtqg"
    )


def test_another_database_is_refused_in_a_sentence() -> None:
    with pytest.raises(
        ConfigurationError,
        match=r"MTQG_WAREHOUSE_URL: mysql is not supported; expected .*postgresql://",
    ):
        prepare_warehouse("mysql://root@localhost/mtqg")


def test_a_server_that_is_away_is_a_sentence_without_the_password(tmp_path) -> None:
    with pytest.raises(WarehouseError, match="cannot reach") as caught:
        open_warehouse(f"postgresql://mtqg_loader:secret@/mtqg?host={tmp_path}")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("mart", MARTS)
def test_the_reader_sees_the_marts(database: str, postgres: Postgres, mart: str) -> None:
    with psycopg.connect(postgres.url(database, "mtqg_reader")) as connection:
        rows = connection.execute(f"SELECT count(*) FROM {mart}").fetchone()
    assert rows is not None
    assert (rows[0] > 0) == (mart in OWED), (
        "what the pack says and what is owed is known before anything came"
    )


@pytest.mark.parametrize("table", sorted(WarehouseTable.metadata.tables))
def test_the_reader_sees_no_table(database: str, postgres: Postgres, table: str) -> None:
    with (
        psycopg.connect(postgres.url(database, "mtqg_reader")) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match=table),
    ):
        connection.execute(f"SELECT * FROM {table}")


@pytest.mark.parametrize(
    "statement", ["CREATE TABLE t (a int)", "DROP VIEW mart_reporting", "SET ROLE mtqg_loader"]
)
def test_the_reader_changes_nothing(database: str, postgres: Postgres, statement: str) -> None:
    with psycopg.connect(postgres.url(database, "mtqg_reader")) as connection:
        connection.execute("SET TRANSACTION READ WRITE")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement)


def test_the_reader_still_sees_the_marts_after_the_next_run_made_them_again(
    database: str, postgres: Postgres
) -> None:
    prepare_warehouse(postgres.url(database, "mtqg_loader"))
    with psycopg.connect(postgres.url(database, "mtqg_reader")) as connection:
        assert connection.execute("SELECT count(*) FROM mart_figures").fetchone() == (0,)


def test_the_roles_can_be_made_again(database: str, postgres: Postgres) -> None:
    postgres.run(ROLES, database)
    prepare_warehouse(postgres.url(database, "mtqg_loader"))


def test_each_province_on_one_server_has_roles_of_its_own(postgres: Postgres) -> None:
    with postgres.new_database() as url, postgres.new_database() as other, connections_closed():
        names = [psycopg.conninfo.conninfo_to_dict(each)["dbname"] for each in (url, other)]
        for name, code in zip(names, ("94", "95"), strict=True):
            options = f"-c mtqg.roles=mtqg_{code}"
            with psycopg.connect(postgres.url(name), autocommit=True, options=options) as server:
                server.execute(ROLES)
            prepare_warehouse(postgres.url(name, f"mtqg_{code}_loader"))
        with psycopg.connect(postgres.url(names[0], "mtqg_94_reader")) as reader:
            assert reader.execute("SELECT count(*) FROM mart_figures").fetchone() == (0,)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                reader.execute("SELECT * FROM facts")
        for stranger in ("mtqg_95_loader", "mtqg_95_reader"):
            with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
                psycopg.connect(postgres.url(names[0], stranger))


def test_a_writer_that_does_not_end_is_a_sentence_for_whoever_waits(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare_warehouse(url)
    monkeypatch.setattr("warehouse.database.backends._PATIENCE_SECONDS", 1)
    other = open_warehouse(url)
    with other.begin() as connection:
        connection.execute(text(f"SELECT pg_advisory_xact_lock({WRITERS})"))
        with pytest.raises(WarehouseError, match="cannot prepare .*lock timeout"):
            prepare_warehouse(url)
    prepare_warehouse(url)

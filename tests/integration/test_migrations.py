"""Migrations on both databases: they build the tables, and a warehouse with data goes up and down."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, MetaData, Table, inspect, select, text

from program.errors import WarehouseError
from program.settings import ROOT, Settings
from tests.state_guard import stop_watching
from warehouse.database import engine as opening
from warehouse.database.backends import OpenMode, make_engine
from warehouse.database.engine import newest_revision, open_warehouse, prepare_warehouse
from warehouse.database.views import drop_views
from warehouse.queries.tracing import trace
from warehouse.tables import WarehouseTable

pytestmark = [pytest.mark.no_warehouse, pytest.mark.both_databases]

_MIGRATIONS = ROOT / "warehouse" / "migrations"
_NEXT = '''
"""A next migration: a longer column, which SQLite can only have in a new table, and a new one."""

import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{newest}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("submissions") as batch_op:
        batch_op.alter_column("verdict", existing_type=sa.String(30), type_=sa.String(60))
        batch_op.add_column(sa.Column("note", sa.Text()))


def downgrade() -> None:
    with op.batch_alter_table("submissions") as batch_op:
        batch_op.drop_column("note")
        batch_op.alter_column("verdict", existing_type=sa.String(60), type_=sa.String(30))
'''
_DAY = "'2025-01-20'"
_AT = "'2025-01-20 05:00:00'"
_BASELINE_ROWS = (
    "INSERT INTO runs (id, as_of, started_at, state, rule_set_version, summary) "
    f"VALUES (1, {_DAY}, {_AT}, 'completed', 'r', '{{}}')",
    "INSERT INTO source_cursors (source, cursor, updated_at) "
    f"VALUES ('portal', '2025-01-19', {_AT})",
    "INSERT INTO deliveries (id, source, channel, external_id, external_version, name, "
    "sender_unit, received_at, recorded_at, sha256, size, is_synthetic, state, run_id) "
    f"VALUES (1, 'inbox', 'folder', 'a', '1', 'a.zip', '942', {_AT}, {_AT}, 'x', 1, false, "
    "'zip_extracted', 1)",
    "INSERT INTO deliveries (id, source, channel, external_id, external_version, name, "
    "sender_unit, received_at, recorded_at, sha256, size, is_synthetic, state, "
    "archive_delivery_id, run_id) "
    f"VALUES (2, 'inbox', 'folder', 'a//1', '1', 'a.xlsx', '942', {_AT}, {_AT}, 'y', 1, false, "
    "'processed', 1, 1)",
    "INSERT INTO submissions (id, delivery_id, run_id, form_code, form_version, unit_code, period, "
    "period_end, version, verdict, rule_set_version, loaded_at, known_from) "
    "VALUES (1, 2, 1, 'training', 'v1', '942', '2024-Q4', '2024-12-31', 1, "
    f"'accepted_with_warnings', 'r', {_AT}, {_AT})",
    "INSERT INTO facts (submission_id, element, line, value, sheet, cell) "
    "VALUES (1, 'participants_total', 0, 150, 'S', 'C12')",
    "INSERT INTO findings (id, submission_id, position, rule, severity, message, expected, fix) "
    "VALUES (1, 1, 0, 'FORM-16', 'warning', 'm', '', 'f')",
    "INSERT INTO outbox (id, submission_id, recipient, kind, verdict, state, created_at, attempts) "
    f"VALUES (1, 1, 'a@b.example', 'checked', 'accepted_with_warnings', 'pending', {_AT}, 0)",
)
"""Rows of the baseline, as release 0.2.0 writes them. No migration changes these statements."""

Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture(params=["as they are", "with a next one"])
def migrations(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """The folder of migrations: ours, or a copy with one more that changes a table with data."""
    if request.param == "as they are":
        return _MIGRATIONS
    copy = tmp_path / "migrations"
    shutil.copytree(_MIGRATIONS, copy, ignore=shutil.ignore_patterns("__pycache__"))
    following = _NEXT.format(newest=newest_revision()).lstrip()
    (copy / "versions" / "9999_next.py").write_text(following, encoding="utf-8")
    monkeypatch.setattr(opening, "_MIGRATIONS", copy)
    return copy


def at_baseline(settings: Settings, migrations: Path) -> tuple[Rows, set[str]]:
    """Make a warehouse of the baseline with data; return its rows and columns."""
    settings.var.mkdir(parents=True, exist_ok=True)
    with migrating(settings) as connection:
        alembic(connection, migrations, command.upgrade, "0001")
        for statement in _BASELINE_ROWS:
            connection.execute(text(statement))
        return rows_of(connection), columns_of(connection)


def migrating(settings: Settings) -> Any:
    return make_engine(settings.warehouse_url, OpenMode.MIGRATING).begin()


def alembic(
    connection: Connection, migrations: Path, step: Callable[[Config, str], None], to: str
) -> None:
    config = Config()
    config.set_main_option("script_location", str(migrations))
    config.attributes["connection"] = connection
    step(config, to)


def rows_of(connection: Connection) -> Rows:
    """Return the rows of each table that has some, whichever columns it has."""
    found = {}
    for name in inspect(connection).get_table_names():
        table = Table(name, MetaData(), autoload_with=connection)
        rows = connection.execute(select(table)).mappings().all()
        if rows and name != "alembic_version":
            found[name] = [dict(row) for row in rows]
    return found


def columns_of(connection: Connection) -> set[str]:
    """Return each column with its type, and whether it may be null."""
    found = inspect(connection)
    columns = set()
    for table in found.get_table_names():
        for column in found.get_columns(table):
            columns.add(f"{table}.{column['name']} {column['type']} {column['nullable']}")
    return columns


_RENAMED = {"overruled": "waived_by"}
"""Columns of the baseline that have another name now."""


def holds(rows: Rows, earlier: Rows) -> bool:
    """Whether each earlier row is there, with the values that it had."""
    return all(
        now.items() >= {_RENAMED.get(name, name): value for name, value in before.items()}.items()
        for table, them in earlier.items()
        for now, before in zip(rows[table], them, strict=True)
    )


def test_a_warehouse_with_data_goes_up_from_the_baseline_and_down_again(
    settings: Settings, migrations: Path
) -> None:
    before, baseline = at_baseline(settings, migrations)
    assert {"runs", "deliveries", "submissions", "facts", "findings", "outbox"} <= set(before)
    engine = prepare_warehouse(settings.warehouse_url)
    (fact,) = trace(
        engine, form="training", unit="942", period="2024-Q4", elements=["participants_total"]
    )
    assert (fact.value, fact.cell, fact.name) == (150, "C12", "a.xlsx")
    with engine.connect() as connection:
        assert holds(rows_of(connection), before)
    engine.dispose()
    with migrating(settings) as connection:
        drop_views(connection)
        stop_watching(connection)
        alembic(connection, migrations, command.downgrade, "0001")
        assert rows_of(connection) == before
        assert columns_of(connection) == baseline


def test_only_a_schema_that_is_not_the_newest_is_migrated(
    settings: Settings, migrations: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_baseline(settings, migrations)
    migrated: list[str] = []
    migrate = opening.migrate

    def migrate_and_note(connection: Connection) -> None:
        migrated.append(connection.dialect.name)
        migrate(connection)

    monkeypatch.setattr(opening, "migrate", migrate_and_note)
    for _ in range(2):
        prepare_warehouse(settings.warehouse_url).dispose()
    has_next = migrations != _MIGRATIONS or newest_revision() != "0001"
    assert len(migrated) == (1 if has_next else 0)


def test_a_warehouse_of_another_release_is_a_sentence_until_it_is_migrated(
    settings: Settings,
) -> None:
    at_baseline(settings, _MIGRATIONS)
    with pytest.raises(WarehouseError, match="the schema of another release; the next run"):
        open_warehouse(settings.warehouse_url)
    prepare_warehouse(settings.warehouse_url).dispose()
    open_warehouse(settings.warehouse_url).dispose()


@pytest.fixture
def engine(settings: Settings) -> Engine:
    return prepare_warehouse(settings.warehouse_url)


def test_the_migrations_build_exactly_the_tables(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, WarehouseTable.metadata) == []


def test_the_newest_migration_is_known_without_alembic(engine: Engine) -> None:
    with engine.connect() as connection:
        stamped = MigrationContext.configure(connection).get_current_revision()
    assert newest_revision() == stamped

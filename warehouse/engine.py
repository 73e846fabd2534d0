"""Opening the warehouse, and bringing its schema to this version of the code."""

from functools import partial
from pathlib import Path
from typing import TypeAlias

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from program.errors import ConfigurationError, WarehouseError

Warehouse: TypeAlias = Engine
"""What the rooms above hold in their hands; only this room looks inside."""

_HERE = Path(__file__).parent
MARTS = ("mart_figures", "mart_progress", "mart_stages", "mart_territories", "mart_reporting", "mart_quality", "mart_first_pass")
"""In the order in which they are made: each may stand on those before it."""


def open_warehouse(url: str) -> Engine:
    """Return an engine for an existing, migrated warehouse. Raises WarehouseError where there is none yet."""
    engine = _engine(url, begin="BEGIN")
    file = engine.url.database if engine.dialect.name == "sqlite" else None
    try:
        # Asked first, since SQLite would create the missing file.
        is_there = (file is None or Path(file).exists()) and inspect(engine).has_table("runs")
    except SQLAlchemyError as wrong:
        raise WarehouseError(f"warehouse: cannot reach {engine.url!r}: {wrong}") from wrong
    if not is_there:
        raise WarehouseError("the warehouse is empty: no night has run yet; run `mtqg run` first")
    return engine


def prepare_warehouse(url: str) -> Engine:
    """Return an engine after migrating the schema and renewing the marts. Idempotent; creates the SQLite file."""
    # Take the write lock at once: a read that later wants to write fails where another writer was faster.
    engine = _engine(url, begin="BEGIN IMMEDIATE")
    if engine.dialect.name == "sqlite" and engine.url.database:
        Path(engine.url.database).parent.mkdir(parents=True, exist_ok=True)
    # A migration of SQLite builds a changed table anew and drops the old one, which its foreign keys would forbid.
    builder = _engine(url, begin="BEGIN IMMEDIATE", foreign_keys="OFF")
    try:
        with builder.begin() as connection:
            # Before the tables change: SQLite renames no table that a view still names.
            _drop_marts(connection)
            migrate(connection)
            _check_foreign_keys(connection)
            _create_marts(connection)
    except SQLAlchemyError as wrong:
        raise WarehouseError(f"warehouse: cannot prepare {engine.url!r}: {wrong}") from wrong
    finally:
        builder.dispose()
    return engine


def _check_foreign_keys(connection: Connection) -> None:
    """Raise WarehouseError where a migration left a row that points nowhere; the transaction is then rolled back."""
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise WarehouseError(f"warehouse: after migrating, {len(broken)} rows point to none, the first in {broken[0][0]}")


def migrate(connection: Connection) -> None:
    """Bring the schema to the newest migration, within the caller's transaction."""
    config = Config()
    config.set_main_option("script_location", str(_HERE / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _drop_marts(connection: Connection) -> None:
    for name in reversed(MARTS):
        connection.execute(text(f"DROP VIEW IF EXISTS {name}"))


def _create_marts(connection: Connection) -> None:
    """Create the views of `marts/*.sql` anew, so that a changed file is a changed view."""
    for name in MARTS:
        connection.execute(text((_HERE / "marts" / f"{name}.sql").read_text(encoding="utf-8")))


def _engine(url: str, *, begin: str, foreign_keys: str = "ON") -> Engine:
    try:
        engine = create_engine(make_url(url))
    except (ArgumentError, ImportError) as wrong:
        raise ConfigurationError(f"MTQG_WAREHOUSE_URL: {wrong}; expected for example sqlite:///var/warehouse.sqlite") from wrong
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", partial(_set_up_sqlite, foreign_keys=foreign_keys))
        # Python's sqlite3 begins only before INSERT and UPDATE, so that DDL would commit by itself.
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine


def _set_up_sqlite(connection, _record, *, foreign_keys) -> None:  # type: ignore[no-untyped-def]
    """Readers beside a writer, patience with another writer; transactions begun by us."""
    connection.isolation_level = None
    for pragma in (f"foreign_keys={foreign_keys}", "journal_mode=WAL", "busy_timeout=30000", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")

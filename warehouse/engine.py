"""Opening the warehouse, and bringing its schema to this version of the code.

What SQLite and PostgreSQL do otherwise stands in `warehouse.dialects`.
"""

from pathlib import Path
from typing import TypeAlias

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from program.errors import WarehouseError
from warehouse.dialects import Opening, file_of, make_engine, reason_of
from warehouse.views import create_views, drop_views

Warehouse: TypeAlias = Engine
"""What the rooms above hold in their hands; only this room looks inside."""

_MIGRATIONS = Path(__file__).parent / "migrations"


def open_warehouse(url: str, opening: Opening = Opening.READING) -> Engine:
    """Return an engine for an existing, migrated warehouse. Raises WarehouseError where there is none yet."""
    engine = make_engine(url, opening)
    file = file_of(engine.url)
    try:
        # Asked first, since SQLite would create the missing file.
        is_there = (file is None or file.exists()) and inspect(engine).has_table("runs")
    except SQLAlchemyError as wrong:
        raise WarehouseError(
            f"warehouse: cannot reach {engine.url!r}: {reason_of(wrong)}"
        ) from wrong
    if not is_there:
        raise WarehouseError("the warehouse is empty: no night has run yet; run `mtqg run` first")
    return engine


def prepare_warehouse(url: str) -> Engine:
    """Return an engine after migrating the schema and renewing the marts. Idempotent; creates the SQLite file."""
    engine = make_engine(url, Opening.WRITING)
    file = file_of(engine.url)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
    builder = make_engine(url, Opening.MIGRATING)
    try:
        with builder.begin() as connection:
            # Before the tables change: SQLite renames no table that a view still names.
            drop_views(connection)
            if not _is_newest(connection):
                migrate(connection)
                _check_foreign_keys(connection)
            create_views(connection)
    except SQLAlchemyError as wrong:
        raise WarehouseError(
            f"warehouse: cannot prepare {engine.url!r}: {reason_of(wrong)}"
        ) from wrong
    finally:
        builder.dispose()
    return engine


def newest_revision() -> str:
    """Return the last migration of this version of the code: a migration's file begins with its number."""
    return max(path.name.split("_")[0] for path in (_MIGRATIONS / "versions").glob("[0-9]*_*.py"))


def _is_newest(connection: Connection) -> bool:
    """Tell whether the schema is that of the newest migration; Alembic, and a look at every row's keys, can then be spared."""
    if not inspect(connection).has_table("alembic_version"):
        return False
    stamped = connection.scalars(text("SELECT version_num FROM alembic_version")).all()
    return list(stamped) == [newest_revision()]


def _check_foreign_keys(connection: Connection) -> None:
    """Raise WarehouseError where a migration left a row that points nowhere; the transaction is then rolled back."""
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise WarehouseError(
                f"warehouse: after migrating, {len(broken)} rows point to none, the first in {broken[0][0]}"
            )


def migrate(connection: Connection) -> None:
    """Bring the schema to the newest migration, within the caller's transaction."""
    from alembic import command  # noqa: PLC0415  (both: only a schema that is not the newest needs Alembic)
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")

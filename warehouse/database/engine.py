"""Open the warehouse, and migrate its schema to this version of the code.

What differs between SQLite and PostgreSQL is in `warehouse.database.backends`.
"""

from pathlib import Path
from typing import TypeAlias

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from program.errors import WarehouseError
from warehouse.database.backends import OpenMode, error_text, file_of, make_engine
from warehouse.database.views import create_views, drop_views

Warehouse: TypeAlias = Engine
"""What the packages above pass around; only this package looks inside."""

_MIGRATIONS = Path(__file__).parents[1] / "migrations"


def open_warehouse(url: str, opening: OpenMode = OpenMode.READING) -> Engine:
    """Return an engine for a warehouse that exists and is migrated.

    Raises WarehouseError if there is none yet, or if its schema is that of another release.
    """
    engine = make_engine(url, opening)
    file = file_of(engine.url)
    # SQLite would create a missing file: look before connecting.
    may_exist = file is None or file.exists()
    try:
        exists = may_exist and inspect(engine).has_table("runs")
        is_newest = exists and _has_newest_schema(engine)
    except SQLAlchemyError as wrong:
        reason = error_text(wrong)
        raise WarehouseError(f"warehouse: cannot reach {engine.url!r}: {reason}") from wrong
    if not exists:
        raise WarehouseError("the warehouse is empty: no run has begun yet; run `mtqg run` first")
    if not is_newest:
        raise WarehouseError(
            "the warehouse has the schema of another release; the next run migrates it: run "
            "`mtqg run` first"
        )
    return engine


def prepare_warehouse(url: str) -> Engine:
    """Migrate the schema, create the views, and return an engine for writing.

    Idempotent; creates the SQLite file. Raises WarehouseError, with nothing changed.
    """
    engine = make_engine(url, OpenMode.WRITING)
    file = file_of(engine.url)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
    builder = make_engine(url, OpenMode.MIGRATING)
    try:
        with builder.begin() as connection:
            # First of all, since SQLite renames no table that a view uses.
            drop_views(connection)
            if not _is_newest(connection):
                migrate(connection)
                _check_foreign_keys(connection)
            create_views(connection)
    except SQLAlchemyError as wrong:
        reason = error_text(wrong)
        raise WarehouseError(f"warehouse: cannot prepare {engine.url!r}: {reason}") from wrong
    finally:
        builder.dispose()
    return engine


def newest_revision() -> str:
    """Return the last migration of this version of the code, by the number in its file's name."""
    files = (_MIGRATIONS / "versions").glob("[0-9]*_*.py")
    return max(path.name.split("_")[0] for path in files)


def _has_newest_schema(engine: Engine) -> bool:
    with engine.connect() as connection:
        return _is_newest(connection)


def _is_newest(connection: Connection) -> bool:
    """Tell whether the schema is that of the newest migration.

    Then Alembic and the check of all foreign keys are not needed.
    """
    if not inspect(connection).has_table("alembic_version"):
        return False
    revisions = connection.scalars(text("SELECT version_num FROM alembic_version")).all()
    return list(revisions) == [newest_revision()]


def _check_foreign_keys(connection: Connection) -> None:
    """Raise WarehouseError where a migration left a row that points to no other row.

    The caller's transaction is then rolled back. PostgreSQL checks by itself.
    """
    if connection.dialect.name != "sqlite":
        return
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        table = broken[0][0]
        raise WarehouseError(
            f"warehouse: after migrating, {len(broken)} rows point to none, the first in {table}"
        )


def migrate(connection: Connection) -> None:
    """Migrate the schema to the newest migration, in the caller's transaction."""
    # Imported here, since a schema that is the newest does not need Alembic.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")

"""Build a warehouse beside the one in use, and swap the two at one instant. The old one is kept.

SQLite: a file of its own, then a rename. PostgreSQL: a schema of its own in the same database, then
the tables change schema in one transaction.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from program.errors import WarehouseError
from warehouse.database.backends import (
    OpenMode,
    display_url,
    error_text,
    file_of,
    make_engine,
    warehouse_url,
)
from warehouse.database.engine import prepare_warehouse
from warehouse.database.views import drop_views

_SCHEMA = "mtqg_rebuilt"
_MAIN_SCHEMA = "public"


def staging_url(url: str) -> str:
    """Return the URL of an empty place beside a warehouse.

    What an earlier attempt left there is deleted.
    """
    place = warehouse_url(url)
    file = file_of(place)
    if file is not None:
        beside = file.with_name(f"{file.name}.rebuilt")
        leftovers = [beside, *_log_files(beside)]
        for leftover in leftovers:
            leftover.unlink(missing_ok=True)
        return f"sqlite:///{beside}"
    with _changing(url) as connection:
        connection.execute(text(f"DROP SCHEMA IF EXISTS {_SCHEMA} CASCADE"))
        connection.execute(text(f"CREATE SCHEMA {_SCHEMA}"))
    # Tables without a schema in their name are made in the first one of the search path.
    options = {"options": f"-csearch_path={_SCHEMA}"}
    in_schema = place.update_query_dict(options)
    return in_schema.render_as_string(hide_password=False)


def swap_in(url: str, beside: str, now: datetime) -> str | None:
    """Replace the warehouse of `url` by the one of `beside`, at one instant.

    A reader sees the old one or the new one. Raises WarehouseError, with nothing changed, where
    somebody uses the old one.

    Returns:
        Where the old one is kept; None if there was none.
    """
    kept = f"before_rebuild_{now:%Y%m%d_%H%M%S}"
    file = file_of(warehouse_url(url))
    new_file = file_of(warehouse_url(beside))
    if file is None or new_file is None:
        had_tables = _swap_schemas(url, kept)
        prepare_warehouse(url).dispose()
        return f"schema {kept}" if had_tables else None
    return _swap_files(file, new_file, kept)


def _swap_files(file: Path, new_file: Path, kept: str) -> str | None:
    _close_log(new_file)
    if not file.exists():
        new_file.replace(file)
        return None
    _close_log(file)
    old_file = file.with_name(f"{file.name}.{kept}")
    # A second name first, so that the old file has a name at every instant.
    os.link(file, old_file)
    new_file.replace(file)
    return str(old_file)


def _close_log(file: Path) -> None:
    """Write a SQLite file's log into the file itself.

    SQLite would apply a log that is left there to the next file of that name. Raises WarehouseError
    where somebody uses the file.
    """
    try:
        with closing(sqlite3.connect(file, timeout=5)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.OperationalError as wrong:
        raise WarehouseError(
            f"warehouse: somebody reads {file} ({wrong}); "
            "nothing was changed: close it and run again"
        ) from wrong


def _log_files(file: Path) -> tuple[Path, Path]:
    return file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-shm")


def _swap_schemas(url: str, kept: str) -> bool:
    """Move the old tables to the schema `kept`, and the new ones to where those were.

    One transaction. Tells whether there were old tables.
    """
    with _changing(url) as connection:
        drop_views(connection)
        old_tables = _tables(connection, _MAIN_SCHEMA)
        new_tables = _tables(connection, _SCHEMA)
        if old_tables:
            connection.execute(text(f"CREATE SCHEMA {kept}"))
        for name in old_tables:
            _move_table(connection, name, _MAIN_SCHEMA, kept)
        for name in new_tables:
            _move_table(connection, name, _SCHEMA, _MAIN_SCHEMA)
        # It drops the views on the new tables too; `prepare_warehouse` creates them again.
        connection.execute(text(f"DROP SCHEMA {_SCHEMA} CASCADE"))
    return bool(old_tables)


def _move_table(
    connection: Connection,
    name: str,
    source: str,
    target: str,
) -> None:
    connection.execute(text(f"ALTER TABLE {source}.{name} SET SCHEMA {target}"))


def _tables(connection: Connection, schema: str) -> list[str]:
    query = text(
        "SELECT c.relname FROM pg_class c "
        "WHERE c.relnamespace = to_regnamespace(:schema) AND c.relkind IN ('r', 'p') ORDER BY 1"
    )
    return list(connection.scalars(query, {"schema": schema}))


@contextmanager
def _changing(url: str) -> Iterator[Connection]:
    engine: Engine = make_engine(url, OpenMode.MIGRATING)
    try:
        with engine.begin() as connection:
            yield connection
    except SQLAlchemyError as wrong:
        hint = "the role needs CREATE on the database (warehouse/roles.sql grants it)"
        reason = error_text(wrong)
        raise WarehouseError(
            f"warehouse: cannot rebuild in {display_url(url)}: {reason}; {hint}"
        ) from wrong
    finally:
        engine.dispose()

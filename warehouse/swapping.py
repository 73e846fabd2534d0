"""A warehouse made anew beside the one that lives, and put in its place at one instant; the old one stays beside it.

SQLite: a file of its own, then a rename. PostgreSQL: a schema of its own in the same database, then its tables change schema in
one transaction.
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
from warehouse.dialects import Opening, file_of, make_engine, place_of, reason_of, warehouse_url
from warehouse.engine import prepare_warehouse
from warehouse.views import drop_views

_SCHEMA = "mtqg_rebuilt"


def place_beside(url: str) -> str:
    """Return the URL of an empty place beside a warehouse; what an earlier attempt left there is removed."""
    place = warehouse_url(url)
    file = file_of(place)
    if file is not None:
        beside = file.with_name(f"{file.name}.rebuilt")
        for name in (beside, *_companions(beside)):
            name.unlink(missing_ok=True)
        return f"sqlite:///{beside}"
    with _changing(url) as connection:
        connection.execute(text(f"DROP SCHEMA IF EXISTS {_SCHEMA} CASCADE"))
        connection.execute(text(f"CREATE SCHEMA {_SCHEMA}"))
    return place.update_query_dict({"options": f"-csearch_path={_SCHEMA}"}).render_as_string(
        hide_password=False
    )


def put_in_place(url: str, beside: str, now: datetime) -> str | None:
    """Put the warehouse of `beside` in the place of `url`'s; return where the old one is kept, None where there was none.

    A reader sees the old one or the new one. Raises WarehouseError, with nothing changed, where somebody holds the old one.
    """
    kept = f"before_rebuild_{now:%Y%m%d_%H%M%S}"
    file, fresh = file_of(warehouse_url(url)), file_of(warehouse_url(beside))
    if file is None or fresh is None:
        was_there = _change_schemas(url, kept)
        prepare_warehouse(url).dispose()
        return f"schema {kept}" if was_there else None
    old = file.with_name(f"{file.name}.{kept}")
    was_there = file.exists()
    for each in (fresh, *((file,) if was_there else ())):
        _close_log(each)
    if was_there:
        os.link(file, old)
    fresh.replace(file)
    return str(old) if was_there else None


def _close_log(file: Path) -> None:
    """Bring everything of a SQLite file into the file itself: a log that stays beside it would be taken for the next one's."""
    try:
        with closing(sqlite3.connect(file, timeout=5)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.OperationalError as wrong:
        raise WarehouseError(
            f"warehouse: somebody reads {file} ({wrong}); nothing was changed: close it and run again"
        ) from wrong


def _companions(file: Path) -> tuple[Path, Path]:
    return file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-shm")


def _change_schemas(url: str, kept: str) -> bool:
    with _changing(url) as connection:
        drop_views(connection)
        old = _tables(connection, "public")
        if old:
            connection.execute(text(f"CREATE SCHEMA {kept}"))
        for schema, names, other in (
            ("public", old, kept),
            (_SCHEMA, _tables(connection, _SCHEMA), "public"),
        ):
            for name in names:
                connection.execute(text(f"ALTER TABLE {schema}.{name} SET SCHEMA {other}"))
        # With the views that stood on its tables.
        connection.execute(text(f"DROP SCHEMA {_SCHEMA} CASCADE"))
    return bool(old)


def _tables(connection: Connection, schema: str) -> list[str]:
    query = "SELECT c.relname FROM pg_class c WHERE c.relnamespace = to_regnamespace(:schema) AND c.relkind IN ('r', 'p') ORDER BY 1"
    return list(connection.scalars(text(query), {"schema": schema}))


@contextmanager
def _changing(url: str) -> Iterator[Connection]:
    engine: Engine = make_engine(url, Opening.MIGRATING)
    try:
        with engine.begin() as connection:
            yield connection
    except SQLAlchemyError as wrong:
        hint = "the role needs CREATE on the database (warehouse/roles.sql grants it)"
        raise WarehouseError(
            f"warehouse: cannot rebuild in {place_of(url)}: {reason_of(wrong)}; {hint}"
        ) from wrong
    finally:
        engine.dispose()

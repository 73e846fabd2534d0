"""Copy the whole warehouse to one file, and make a warehouse from such a copy.

SQLite copies by itself, PostgreSQL by its own tools.
"""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sqlalchemy import URL, Connection, func, inspect, select, text
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
from warehouse.states import DeliveryState
from warehouse.tables import DeliveryRow, WarehouseTable


@dataclass(frozen=True, slots=True)
class Contents:
    """What a warehouse holds.

    The migration of its schema, the number of rows by table, and the sha256 of the bytes that its
    ledger names, without those that were purged.
    """

    schema: str
    rows: dict[str, int]
    sha256s: frozenset[str]


def kind_of(url: str) -> Literal["sqlite", "postgresql"]:
    """Return which database a URL is of."""
    return "sqlite" if warehouse_url(url).get_backend_name() == "sqlite" else "postgresql"


def is_in_use(url: str) -> bool:
    """Tell whether the place of a warehouse is in use: there is a file, or there are tables."""
    file = file_of(warehouse_url(url))
    if file is not None:
        return file.exists()
    with _connected(url) as connection:
        return bool(inspect(connection).get_table_names())


def restore_dir(url: str) -> Path | None:
    """Return the folder in which a copy must lie to be restored; None: any folder.

    For SQLite it is the warehouse's own.
    """
    file = file_of(warehouse_url(url))
    return file.parent if file else None


def contents_of(url: str) -> Contents:
    """Return what the warehouse of a URL holds now."""
    with _connected(url) as connection:
        return _contents(connection)


def copy_warehouse(url: str, target: Path) -> Contents:
    """Write the warehouse to the file `target`, as it is at one instant; return what it holds.

    Others may write meanwhile.
    """
    file = file_of(warehouse_url(url))
    if file is None:
        return _dump(url, target)
    # The copy is made in one step, and is therefore of one instant, in spite of other writers.
    read_only = f"{file.absolute().as_uri()}?mode=ro"
    with (
        closing(sqlite3.connect(read_only, uri=True)) as original,
        closing(sqlite3.connect(target)) as copy,
    ):
        original.backup(copy)
    return contents_of(f"sqlite:///{target}")


def restore_warehouse(url: str, source: Path) -> None:
    """Make the warehouse of a URL from a copy, completely or not at all.

    There must be no warehouse yet. On SQLite, `source` is moved there. Raises WarehouseError.
    """
    place = warehouse_url(url)
    file = file_of(place)
    if file is None:
        # The roles of the other server need not exist here.
        options = ("--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction")
        _run("pg_restore", place, *options, str(source))
        return
    try:
        # A link, since a rename would replace a file that is there.
        os.link(source, file)
    except OSError as wrong:
        raise WarehouseError(
            f"warehouse: cannot put the copy in place as {file}: {wrong}"
        ) from wrong
    # Both names are of one file now: the name of the copy goes.
    source.unlink()


@contextmanager
def _connected(url: str, isolation_level: str | None = None) -> Iterator[Connection]:
    engine = make_engine(url, OpenMode.READING)
    try:
        with engine.connect() as connection:
            if isolation_level is not None:
                connection.execution_options(isolation_level=isolation_level)
            yield connection
    except SQLAlchemyError as wrong:
        reason = error_text(wrong)
        raise WarehouseError(f"warehouse: cannot read {display_url(url)}: {reason}") from wrong
    finally:
        engine.dispose()


def _contents(connection: Connection) -> Contents:
    rows: dict[str, int] = {}
    for table in WarehouseTable.metadata.sorted_tables:
        count = select(func.count()).select_from(table)
        rows[table.name] = connection.scalar(count) or 0
    is_archived = DeliveryRow.sha256.is_not(None)
    # A purge has deleted the bytes, and keeps the row.
    is_purged = DeliveryRow.state == DeliveryState.PURGED
    archived = select(DeliveryRow.sha256).where(is_archived, ~is_purged).distinct()
    sha256s = frozenset(str(sha256) for sha256 in connection.scalars(archived))
    version = text("SELECT version_num FROM alembic_version")
    schema = connection.scalar(version) or ""
    return Contents(schema, rows, sha256s)


def _dump(url: str, target: Path) -> Contents:
    with _connected(url, "REPEATABLE READ") as connection:
        # pg_dump reads the very snapshot in which the rows are counted.
        snapshot = connection.scalar(text("SELECT pg_export_snapshot()"))
        contents = _contents(connection)
        _run(
            "pg_dump",
            warehouse_url(url),
            "--format=custom",
            "--no-owner",
            "--no-privileges",
            f"--snapshot={snapshot}",
            f"--file={target}",
        )
    return contents


def _run(tool: str, url: URL, *options: str) -> None:
    """Run one of PostgreSQL's tools. Raises WarehouseError if it is missing or fails."""
    path = shutil.which(tool)
    if path is None:
        raise WarehouseError(
            f"warehouse: {tool} is not installed here; "
            "install PostgreSQL's client tools of the server's version or newer "
            "(Debian and Ubuntu: apt install postgresql-client)"
        )
    # PostgreSQL's tools know no SQLAlchemy drivers.
    without_password = url.set(drivername="postgresql")._replace(password=None)
    address = without_password.render_as_string(hide_password=False)
    environment = dict(os.environ)
    if url.password:
        # Everybody on the machine can read a command line; the environment is private.
        environment["PGPASSWORD"] = str(url.password)
    result = subprocess.run(  # noqa: S603  (no shell)
        [path, f"--dbname={address}", *options],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
    )
    if result.returncode:
        error = result.stderr.strip()
        raise WarehouseError(f"warehouse: {tool} failed on {display_url(str(url))}: {error}")

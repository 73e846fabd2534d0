"""A copy of the whole warehouse as one file, and a warehouse from such a copy: SQLite by itself, PostgreSQL by its own tools."""

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
from warehouse.dialects import Opening, file_of, make_engine, place_of, reason_of, warehouse_url
from warehouse.states import DeliveryState
from warehouse.tables import DeliveryRow, Table


@dataclass(frozen=True, slots=True)
class Contents:
    """What a warehouse holds: its schema's migration, rows by table, and the sha256 of the bytes that its ledger names."""

    schema: str
    rows: dict[str, int]
    sha256s: frozenset[str]


def kind_of(url: str) -> Literal["sqlite", "postgresql"]:
    """Return which database a URL is of."""
    return "sqlite" if warehouse_url(url).get_backend_name() == "sqlite" else "postgresql"


def is_living(url: str) -> bool:
    """Tell whether anything stands where a warehouse would be put: a file, or tables."""
    place = warehouse_url(url)
    file = file_of(place)
    if file is not None:
        return file.exists()
    with _connected(url) as connection:
        return bool(inspect(connection).get_table_names())


def landing_of(url: str) -> Path | None:
    """Return the folder in which a copy must lie to be put in place: the warehouse's own; None: any."""
    file = file_of(warehouse_url(url))
    return file.parent if file else None


def contents_of(url: str) -> Contents:
    """Return what the warehouse of a URL holds now."""
    with _connected(url) as connection:
        return _contents(connection)


def copy_warehouse(url: str, target: Path) -> Contents:
    """Write the warehouse to the file `target` as it is at one instant, whoever writes meanwhile; return what it holds then."""
    file = file_of(warehouse_url(url))
    if file is None:
        return _dump(url, target)
    with (
        closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as living,
        closing(sqlite3.connect(target)) as copy,
    ):
        living.backup(copy)
    return contents_of(f"sqlite:///{target}")


def restore_warehouse(url: str, source: Path) -> None:
    """Make the warehouse of a URL from a copy; there must be none. Whole or not at all. May take `source` away."""
    place = warehouse_url(url)
    file = file_of(place)
    if file is None:
        _run(
            "pg_restore",
            place,
            "--no-owner",
            "--no-privileges",
            "--exit-on-error",
            "--single-transaction",
            str(source),
        )
        return
    try:
        # A link, since a rename would replace what stands there.
        os.link(source, file)
    except OSError as wrong:
        raise WarehouseError(
            f"warehouse: cannot put the copy in place as {file}: {wrong}"
        ) from wrong
    source.unlink()


@contextmanager
def _connected(url: str, level: str | None = None) -> Iterator[Connection]:
    engine = make_engine(url, Opening.READING)
    try:
        with engine.connect() as connection:
            yield connection.execution_options(isolation_level=level) if level else connection
    except SQLAlchemyError as wrong:
        raise WarehouseError(
            f"warehouse: cannot read {place_of(url)}: {reason_of(wrong)}"
        ) from wrong
    finally:
        engine.dispose()


def _contents(connection: Connection) -> Contents:
    tables = Table.metadata.sorted_tables
    rows = {
        table.name: connection.scalar(select(func.count()).select_from(table)) or 0
        for table in tables
    }
    kept = (
        select(DeliveryRow.sha256)
        .where(DeliveryRow.sha256.is_not(None), DeliveryRow.state != DeliveryState.PURGED)
        .distinct()
    )
    schema = connection.scalar(text("SELECT version_num FROM alembic_version")) or ""
    return Contents(schema, rows, frozenset(str(sha256) for sha256 in connection.scalars(kept)))


def _dump(url: str, target: Path) -> Contents:
    # pg_dump takes the very snapshot that is counted.
    with _connected(url, "REPEATABLE READ") as connection:
        snapshot = connection.scalar(text("SELECT pg_export_snapshot()"))
        contents = _contents(connection)
        options = (
            "--format=custom",
            "--no-owner",
            "--no-privileges",
            f"--snapshot={snapshot}",
            f"--file={target}",
        )
        _run("pg_dump", warehouse_url(url), *options)
    return contents


def _run(tool: str, url: URL, *options: str) -> None:
    """Run one of PostgreSQL's tools. The password goes by the environment: a command line is for everyone to see."""
    program = shutil.which(tool)
    if program is None:
        raise WarehouseError(
            f"warehouse: {tool} is not installed here; install PostgreSQL's client tools of the server's version or newer "
            f"(Debian and Ubuntu: apt install postgresql-client)"
        )
    address = (
        url.set(drivername="postgresql")
        ._replace(password=None)
        .render_as_string(hide_password=False)
    )
    environment = dict(os.environ) | ({"PGPASSWORD": str(url.password)} if url.password else {})
    command = [program, f"--dbname={address}", *options]
    ran = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)  # noqa: S603  (no shell)
    if ran.returncode:
        raise WarehouseError(
            f"warehouse: {tool} failed on {place_of(str(url))}: {ran.stderr.strip()}"
        )

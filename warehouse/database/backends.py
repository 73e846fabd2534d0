"""What differs between SQLite and PostgreSQL: how they are opened, and how writers take turns.

All else is one code path. On both, every transaction of a run begins by taking the one lock of
writers (SQLite: BEGIN IMMEDIATE; PostgreSQL: an advisory lock that ends with the transaction). What
a transaction reads is therefore still true when it writes, and no other run can come between: a
delivery is recorded, checked and loaded once. A writer that waits longer than `_PATIENCE_SECONDS`
gets an error.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from program.errors import ConfigurationError, WarehouseError

_LOADER, _READER = "_loader", "_reader"
"""How the two roles of PostgreSQL end (`warehouse/roles.sql`): one writes, one reads the marts."""
WRITERS, RUNS, INTAKES = 17190001, 17190002, 17190003
"""Keys of the advisory locks: of a transaction that may write, of a run, and of an intake."""
_PATIENCE_SECONDS = 30
_POSTGRESQL_DRIVER = "postgresql+psycopg"
_DRIVERS = ("sqlite", "sqlite+pysqlite", _POSTGRESQL_DRIVER)
_EXPECTED = (
    "expected for example sqlite:///var/warehouse.sqlite or postgresql://mtqg_loader@host/mtqg"
)


class OpenMode(StrEnum):
    """What a warehouse is opened for."""

    READING = "reading"
    WRITING = "writing"
    MIGRATING = "migrating"


def warehouse_url(text_of_url: str) -> URL:
    """Return the URL with the one driver that we use.

    Raises ConfigurationError for any other database.
    """
    try:
        url = make_url(text_of_url)
    except ArgumentError as wrong:
        raise ConfigurationError(f"MTQG_WAREHOUSE_URL: {wrong}; {_EXPECTED}") from wrong
    if url.drivername in ("postgresql", "postgres"):
        return url.set(drivername=_POSTGRESQL_DRIVER)
    if url.drivername not in _DRIVERS:
        raise ConfigurationError(
            f"MTQG_WAREHOUSE_URL: {url.drivername} is not supported; {_EXPECTED}"
        )
    return url


def display_url(text_of_url: str) -> str:
    """Return where a warehouse is, for messages: a file, or an address without its password."""
    url = warehouse_url(text_of_url)
    file = file_of(url)
    if file is not None:
        return str(file)
    return url.set(drivername="postgresql").render_as_string(hide_password=True)


def file_of(url: URL) -> Path | None:
    """Return the file of a SQLite warehouse, None for one in memory or on a server."""
    is_in_memory = url.database in (None, "", ":memory:")
    if url.get_backend_name() != "sqlite" or is_in_memory:
        return None
    return Path(str(url.database))


def make_engine(text_of_url: str, mode: OpenMode) -> Engine:
    """Return an engine. It connects when it is first used."""
    url = warehouse_url(text_of_url)
    backend = url.get_backend_name()
    engine = _sqlite_engine(url, mode) if backend == "sqlite" else _postgresql_engine(url)
    begin = _BEGINNINGS[backend][mode]
    if begin:
        event.listen(engine, "begin", _run_on_begin(begin))
    return engine


def _sqlite_engine(url: URL, mode: OpenMode) -> Engine:
    engine = create_engine(url)
    # A migration of SQLite copies a changed table and drops the old one. Foreign keys forbid that.
    foreign_keys = "OFF" if mode is OpenMode.MIGRATING else "ON"
    event.listen(engine, "connect", partial(_set_up_sqlite, foreign_keys=foreign_keys))
    return engine


def _postgresql_engine(url: URL) -> Engine:
    from warehouse.database import postgresql  # noqa: PLC0415  (psycopg is for PostgreSQL only)

    # The address may have options of its own, such as the schema.
    own_options = url.query.get("options", "")
    options = f"{own_options} -c lock_timeout={_PATIENCE_SECONDS}s -c timezone=UTC".strip()
    arguments = {"options": options, "connect_timeout": _PATIENCE_SECONDS}
    # A server that started again has closed the connections of the pool: without the ping, the
    # first transaction after it fails, and with it a step of the run.
    engine = create_engine(url, connect_args=arguments, pool_pre_ping=True)
    event.listen(engine, "connect", postgresql.set_up)
    return engine


_LOCK_WRITERS = f"SELECT pg_advisory_xact_lock({WRITERS})"
_BEGINNINGS = {
    # Python's sqlite3 begins a transaction only before INSERT and UPDATE, so that DDL would commit
    # by itself. The write lock is taken at once: a transaction that reads first and then wants to
    # write fails if another writer was faster.
    "sqlite": {
        OpenMode.READING: "BEGIN",
        OpenMode.WRITING: "BEGIN IMMEDIATE",
        OpenMode.MIGRATING: "BEGIN IMMEDIATE",
    },
    "postgresql": {
        OpenMode.READING: "",
        OpenMode.WRITING: _LOCK_WRITERS,
        OpenMode.MIGRATING: _LOCK_WRITERS,
    },
}
"""The first statement of each transaction."""


def _run_on_begin(statement: str) -> Callable[[Connection], None]:
    def run(connection: Connection) -> None:
        connection.exec_driver_sql(statement)

    return run


def _set_up_sqlite(connection: Any, _record: object, *, foreign_keys: str) -> None:
    """Let readers read beside a writer, and writers wait for another one."""
    # We begin transactions ourselves.
    connection.isolation_level = None
    pragmas = (
        f"foreign_keys={foreign_keys}",
        "journal_mode=WAL",
        f"busy_timeout={_PATIENCE_SECONDS * 1000}",
        "synchronous=FULL",
    )
    for pragma in pragmas:
        connection.execute(f"PRAGMA {pragma}")


def mart_reader(connection: Connection) -> str | None:
    """Return the role that may read the marts and nothing else, quoted for SQL.

    It is named as the role that is connected: `mtqg_94_reader` beside `mtqg_94_loader`, and
    `mtqg_reader` beside any other. None on SQLite, and where the server has no such role.
    """
    if connection.dialect.name != "postgresql":
        return None
    role = connection.scalar(text("SELECT current_user"))
    prefix = role.removesuffix(_LOADER) if role.endswith(_LOADER) else "mtqg"
    query = text("SELECT quote_ident(rolname) FROM pg_roles WHERE rolname = :name")
    reader: str | None = connection.scalar(query, {"name": f"{prefix}{_READER}"})
    return reader


def renew_statistics(connection: Connection, tables: Iterable[str]) -> None:
    """Renew PostgreSQL's statistics of `tables`, by which it plans queries of the marts.

    Its own maintenance comes too late for a first run. SQLite plans by its indexes.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"ANALYZE {', '.join(tables)}"))


_DISK_ERROR = "SQLITE_IOERR"


@contextmanager
def db_errors_as_sentences(engine: Engine) -> Iterator[None]:
    """Turn errors of the database into a WarehouseError with one sentence.

    Such as a full disk, or a server that is gone.
    """
    try:
        yield
    except SQLAlchemyError as wrong:
        reason = error_text(wrong)
        raise WarehouseError(f"warehouse: cannot write to {engine.url!r}: {reason}") from wrong


def error_text(wrong: SQLAlchemyError) -> str:
    """Return the database's own message, without the statement and SQLAlchemy's link."""
    if not isinstance(wrong, DBAPIError) or not wrong.orig:
        return str(wrong)
    reason = str(wrong.orig).strip()
    # SQLite has the name of the error since Python 3.11; PostgreSQL's messages say enough.
    name = getattr(wrong.orig, "sqlite_errorname", "")
    if name.startswith(_DISK_ERROR):
        # Seen on a full disk, where SQLite could not make its index of the WAL (2026-11-30).
        return f"{reason} ({name}): the disk is full, as `df` shows, or it fails"
    return reason

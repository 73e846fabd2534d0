"""What SQLite and PostgreSQL do otherwise: how they are opened, and how one writer at a time is kept. The rest is one code path.

Every transaction of the night, on both, begins by taking the one lock of writers (SQLite: BEGIN IMMEDIATE; PostgreSQL: an
advisory lock that ends with the transaction). So what a transaction read still holds when it writes, and no other night can
come between: a delivery is recorded, judged and loaded once. Whoever waits longer than `_PATIENCE_SECONDS` gets an error.
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

READER = "mtqg_reader"
"""The role of PostgreSQL that sees the marts and nothing else (`warehouse/roles.sql`)."""
WRITERS, NIGHTS = 17190001, 17190002
"""Keys of the advisory locks: for each transaction that may write, and for a whole night."""
_PATIENCE_SECONDS = 30
_EXPECTED = (
    "expected for example sqlite:///var/warehouse.sqlite or postgresql://mtqg_loader@host/mtqg"
)


class Opening(StrEnum):
    """What a warehouse is opened for."""

    READING = "reading"
    WRITING = "writing"
    MIGRATING = "migrating"


def warehouse_url(text_of_url: str) -> URL:
    """Return the URL with the one driver that we use. Raises ConfigurationError for any other database."""
    try:
        url = make_url(text_of_url)
    except ArgumentError as wrong:
        raise ConfigurationError(f"MTQG_WAREHOUSE_URL: {wrong}; {_EXPECTED}") from wrong
    if url.drivername in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    if url.drivername not in ("sqlite", "sqlite+pysqlite", "postgresql+psycopg"):
        raise ConfigurationError(
            f"MTQG_WAREHOUSE_URL: {url.drivername} is not supported; {_EXPECTED}"
        )
    return url


def place_of(text_of_url: str) -> str:
    """Return where a warehouse is, for people to read: a file, or an address without its password."""
    url = warehouse_url(text_of_url)
    return str(
        file_of(url) or url.set(drivername="postgresql").render_as_string(hide_password=True)
    )


def file_of(url: URL) -> Path | None:
    """Return the file of a SQLite warehouse, None for one in memory or on a server."""
    is_file = url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:")
    return Path(str(url.database)) if is_file else None


def make_engine(text_of_url: str, opening: Opening) -> Engine:
    """Return an engine; nothing is connected yet."""
    url = warehouse_url(text_of_url)
    if url.get_backend_name() == "sqlite":
        engine, begin = create_engine(url), _BEGINNINGS["sqlite"][opening]
        # A migration of SQLite builds a changed table anew and drops the old one, which its foreign keys would forbid.
        foreign_keys = "OFF" if opening is Opening.MIGRATING else "ON"
        event.listen(engine, "connect", partial(_set_up_sqlite, foreign_keys=foreign_keys))
    else:
        from warehouse import postgresql  # noqa: PLC0415  (psycopg is for PostgreSQL only)

        # The address may have options of its own: the schema, for one.
        options = f"{url.query.get('options', '')} -c lock_timeout={_PATIENCE_SECONDS}s -c timezone=UTC".strip()
        engine = create_engine(
            url, connect_args={"options": options, "connect_timeout": _PATIENCE_SECONDS}
        )
        event.listen(engine, "connect", postgresql.set_up)
        begin = _BEGINNINGS["postgresql"][opening]
    if begin:
        event.listen(engine, "begin", _saying(begin))
    return engine


_BEGINNINGS = {
    # Python's sqlite3 begins only before INSERT and UPDATE, so that DDL would commit by itself. The write lock is taken at
    # once: a read that later wants to write fails where another writer was faster.
    "sqlite": {
        Opening.READING: "BEGIN",
        Opening.WRITING: "BEGIN IMMEDIATE",
        Opening.MIGRATING: "BEGIN IMMEDIATE",
    },
    "postgresql": {
        Opening.READING: "",
        Opening.WRITING: f"SELECT pg_advisory_xact_lock({WRITERS})",
        Opening.MIGRATING: f"SELECT pg_advisory_xact_lock({WRITERS})",
    },
}


def _saying(begin: str) -> Callable[[Connection], None]:
    def say(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return say


def _set_up_sqlite(connection: Any, _record: object, *, foreign_keys: str) -> None:
    """Readers beside a writer, patience with another writer; transactions begun by us."""
    connection.isolation_level = None
    patience = f"busy_timeout={_PATIENCE_SECONDS * 1000}"
    for pragma in (
        f"foreign_keys={foreign_keys}",
        "journal_mode=WAL",
        patience,
        "synchronous=FULL",
    ):
        connection.execute(f"PRAGMA {pragma}")


def is_role(connection: Connection, name: str) -> bool:
    """Tell whether the database server knows a role; SQLite knows none."""
    if connection.dialect.name != "postgresql":
        return False
    return (
        connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :name"), {"name": name})
        is not None
    )


def renew_statistics(connection: Connection, tables: Iterable[str]) -> None:
    """Have PostgreSQL count `tables` anew: it plans the marts by that, and its own housekeeping comes too late for a first night.

    SQLite plans by its indexes.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"ANALYZE {', '.join(tables)}"))


@contextmanager
def spoken(engine: Engine) -> Iterator[None]:
    """Say in a sentence what keeps a night from being begun or closed: a disk that is full, a server that went away."""
    try:
        yield
    except SQLAlchemyError as wrong:
        raise WarehouseError(
            f"warehouse: cannot write to {engine.url!r}: {reason_of(wrong)}"
        ) from wrong


def reason_of(wrong: SQLAlchemyError) -> str:
    """Return what the database itself said, without the statement and SQLAlchemy's pointer to its documentation."""
    return str(wrong.orig).strip() if isinstance(wrong, DBAPIError) and wrong.orig else str(wrong)

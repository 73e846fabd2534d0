"""One night at a time on a warehouse. What keeps a single transaction whole is `warehouse.dialects`."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from program.errors import WarehouseError
from warehouse.dialects import (
    NIGHTS,
    Opening,
    file_of,
    make_engine,
    place_of,
    reason_of,
    warehouse_url,
)

_HELD = "warehouse: another night is at work on {place}; it takes in what is there. Run again when it has ended"


@contextmanager
def only_night(url: str) -> Iterator[None]:
    """Hold the warehouse for one night, and let it go at the end, however that comes: the lock dies with its process.

    Raises WarehouseError, at once, where another night holds it.
    """
    file = file_of(warehouse_url(url))
    with _holding_file(file, url) if file is not None else _holding_server(url):
        yield


@contextmanager
def _holding_file(file: Path, url: str) -> Iterator[None]:
    file.parent.mkdir(parents=True, exist_ok=True)
    # A file of its own: SQLite locks its own ones, and closing any handle of a file ends the locks that its process has there.
    with file.with_name(f"{file.name}.night").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise WarehouseError(_HELD.format(place=place_of(url))) from None
        yield


@contextmanager
def _holding_server(url: str) -> Iterator[None]:
    engine = make_engine(url, Opening.READING)
    try:
        # Outside of any transaction: an open one would keep the server from clearing old rows all night.
        connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        is_ours = connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": NIGHTS})
    except SQLAlchemyError as wrong:
        engine.dispose()
        raise WarehouseError(
            f"warehouse: cannot reach {place_of(url)}: {reason_of(wrong)}"
        ) from wrong
    try:
        if not is_ours:
            raise WarehouseError(_HELD.format(place=place_of(url)))
        yield
    finally:
        # The lock is the connection's, and must not wait in a pool.
        connection.invalidate()
        engine.dispose()

"""The run lock: one run at a time on a warehouse.

`warehouse.database.backends` keeps single transactions apart.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from program.errors import RunActiveError, WarehouseError
from warehouse.database.backends import (
    RUNS,
    OpenMode,
    display_url,
    error_text,
    file_of,
    make_engine,
    warehouse_url,
)

_LOCKED = (
    "warehouse: another run is at work on {place}; it takes in what is there. "
    "Run again when it has ended"
)


@contextmanager
def exclusive_run(url: str) -> Iterator[None]:
    """Hold the run lock of a warehouse. It ends with the block, and with the process.

    Raises RunActiveError at once if another run holds it.
    """
    file = file_of(warehouse_url(url))
    lock = _file_lock(file, url) if file is not None else _server_lock(url)
    with lock:
        yield


@contextmanager
def _file_lock(file: Path, url: str) -> Iterator[None]:
    file.parent.mkdir(parents=True, exist_ok=True)
    # A file of its own. SQLite locks its own files, and a process that closes any handle of a file
    # loses all locks that it has on it.
    lock_file = file.with_name(f"{file.name}.run")
    with lock_file.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RunActiveError(_LOCKED.format(place=display_url(url))) from None
        yield


@contextmanager
def _server_lock(url: str) -> Iterator[None]:
    engine = make_engine(url, OpenMode.READING)
    try:
        # Outside of any transaction: an open one would keep the server from removing old rows
        # during the whole run.
        connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        is_ours = connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": RUNS})
    except SQLAlchemyError as wrong:
        engine.dispose()
        reason = error_text(wrong)
        raise WarehouseError(f"warehouse: cannot reach {display_url(url)}: {reason}") from wrong
    try:
        if not is_ours:
            raise RunActiveError(_LOCKED.format(place=display_url(url)))
        yield
    finally:
        # The lock belongs to the connection: close it, instead of giving it back to a pool.
        connection.invalidate()
        engine.dispose()

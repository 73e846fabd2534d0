"""The run lock: one run at a time on a warehouse.

Who holds it for a limited time (an intake, `lost-runs`, a command between runs) holds the lock of
intakes around it. A nightly run waits for that one, and a second nightly run is refused at once.
`warehouse.database.backends` keeps single transactions apart.
"""

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from program.errors import RunActiveError, WarehouseError
from warehouse.database.backends import (
    INTAKES,
    RUNS,
    OpenMode,
    display_url,
    error_text,
    file_of,
    make_engine,
    warehouse_url,
)

_POLL_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class _Lock:
    """A lock of a warehouse: the key on a server, the ending of the file beside SQLite's."""

    key: int
    ending: str
    holder: str


_RUN = _Lock(
    RUNS,
    "run",
    "another run is at work on {place}; it takes in what is there. Run again when it has ended",
)
_INTAKE = _Lock(
    INTAKES,
    "intake",
    "an intake or a command is at work on {place}. Run again when it has ended",
)


@contextmanager
def exclusive_run(url: str, wait_seconds: float = 0) -> Iterator[None]:
    """Hold the run lock of a warehouse. It ends with the block, and with the process.

    Waits for an intake or another brief holder, at most `wait_seconds`; no other begins meanwhile.
    Raises RunActiveError if it is still at work then, and at once if another run is.
    """
    # The lock of intakes is held no longer than it takes to get the other one.
    with _held(_INTAKE, url, wait_seconds) as let_go, _held(_RUN, url):
        let_go()
        yield


@contextmanager
def exclusive_briefly(url: str) -> Iterator[None]:
    """Hold the run lock of a warehouse for minutes. It ends with the block, and the process.

    A nightly run that begins meanwhile waits for it. Raises RunActiveError at once if any run holds
    the lock, or waits for it.
    """
    with _held(_INTAKE, url), _held(_RUN, url):
        yield


@contextmanager
def _held(lock: _Lock, url: str, wait_seconds: float = 0) -> Iterator[Callable[[], None]]:
    """Hold a lock; yield what lets it go before the block ends."""
    file = file_of(warehouse_url(url))
    opened = _file_lock(file, lock) if file is not None else _server_lock(url, lock)
    with opened as (take, let_go):
        end = time.monotonic() + wait_seconds
        while not take():
            if time.monotonic() >= end:
                holder = lock.holder.format(place=display_url(url))
                raise RunActiveError(f"warehouse: {holder}")
            time.sleep(_POLL_SECONDS)
        yield let_go


_Handles = tuple[Callable[[], bool], Callable[[], None]]
"""What takes a lock if it is free, and what lets it go."""


@contextmanager
def _file_lock(file: Path, lock: _Lock) -> Iterator[_Handles]:
    file.parent.mkdir(parents=True, exist_ok=True)
    # A file of its own. SQLite locks its own files, and a process that closes any handle of a file
    # loses all locks that it has on it.
    lock_file = file.with_name(f"{file.name}.{lock.ending}")
    with lock_file.open("w") as handle:

        def take() -> bool:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

        yield take, handle.close


@contextmanager
def _server_lock(url: str, lock: _Lock) -> Iterator[_Handles]:
    engine = make_engine(url, OpenMode.READING)
    try:
        # Outside of any transaction: an open one would keep the server from removing old rows
        # during the whole run.
        connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    except SQLAlchemyError as wrong:
        engine.dispose()
        raise _unreachable(url, wrong) from wrong

    def take() -> bool:
        try:
            asked = text("SELECT pg_try_advisory_lock(:key)")
            return bool(connection.scalar(asked, {"key": lock.key}))
        except SQLAlchemyError as wrong:
            raise _unreachable(url, wrong) from wrong

    def let_go() -> None:
        # The lock belongs to the connection: close it, instead of giving it back to a pool.
        connection.invalidate()
        connection.close()

    try:
        yield take, let_go
    finally:
        if not connection.closed:
            let_go()
        engine.dispose()


def _unreachable(url: str, wrong: SQLAlchemyError) -> WarehouseError:
    return WarehouseError(f"warehouse: cannot reach {display_url(url)}: {error_text(wrong)}")

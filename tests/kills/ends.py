"""How a run ends before its end: at a named place, at a statement, at an instant.

Or with a disk that is full.
"""

import errno
import importlib
import itertools
import os
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import Any, NoReturn

import psycopg
from sqlalchemy import Connection, Engine, event

PLACES = (
    "warehouse.database.engine:drop_views",
    "warehouse.database.engine:migrate",
    "warehouse.database.engine:create_views",
    "flows.night.run_context:sync_catalogue",
    "flows.night.run_context:start_run",
    "connectors.archive:Archive.put",
    "flows.night.collecting:note_arrival",
    "flows.night.arrivals:record_deliveries",
    "flows.night.collecting:record_extracted",
    "flows.night.steps:load_deliveries",
    "warehouse.load:_place",
    "warehouse.lifecycle.versions:VersionHistory.save_numbers",
    "warehouse.load:_insert_submissions",
    "warehouse.lifecycle.versions:VersionHistory.save_ends",
    "warehouse.load:_insert_findings",
    "warehouse.load:insert_rows",
    "warehouse.load:_enqueue_notices",
    "warehouse.load:_mark_processed",
    "flows.night.cross_checks:record_cross_check",
    "publish.site.site:publish_site",
    "flows.night.steps:enqueue_follow_ups",
    "flows.mail.send_letters:assemble_letters",
    "flows.mail.send_letters:claim_letter",
    "publish.mail.transport:FolderTransport.send",
    "flows.mail.send_letters:mark_sent",
    "flows.night.run_context:finish_run",
    "flows.night.run_context:export_runs",
    "flows.recovery.replay_log:run_document",
    "connectors.archive:Archive.write",
    "connectors.archive:Archive.remove",
    "connectors.sources.mailbox:MailFolder.fetch",
    "flows.night.collecting:recorded_mail",
    "flows.night.collecting:files_of_mail",
)
"""Functions before or after which a run dies."""


def die() -> NoReturn:
    """End this process as a power cut would: nothing is closed, nothing runs after it."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


@dataclass(frozen=True)
class AtPlace:
    """Dies at the `count`th call of a function, before or after it."""

    place: str
    count: int
    is_after: bool

    def prepare(self) -> None:
        replace_with(self.place, self._wrapped)

    def _wrapped(self, call: Callable[..., Any]) -> Callable[..., Any]:
        calls = 0

        def dying(*args: Any, **kwargs: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == self.count and not self.is_after:
                die()
            answer = call(*args, **kwargs)
            if calls == self.count:
                die()
            return answer

        return dying

    def __str__(self) -> str:
        return f"{'after' if self.is_after else 'before'} call {self.count} of {self.place}"


@dataclass(frozen=True)
class AtStatement:
    """Dies at a statement's number, before or after the database has run it.

    Commits are counted too.
    """

    number: int
    is_after: bool

    def prepare(self) -> None:
        counted = itertools.count(1)

        def step(*_: object) -> None:
            if next(counted) == self.number:
                die()

        event.listen(
            Engine, "after_cursor_execute" if self.is_after else "before_cursor_execute", step
        )
        event.listen(Engine, "commit", step)

    def __str__(self) -> str:
        return f"{'after' if self.is_after else 'before'} statement {self.number}"


@contextmanager
def counting_statements() -> Iterator[Callable[[], int]]:
    """Give what tells how many statements and commits this process has sent since."""
    counted = itertools.count()

    def step(*_: object) -> None:
        next(counted)

    for name in ("before_cursor_execute", "commit"):
        event.listen(Engine, name, step)
    try:
        yield lambda: next(counted)
    finally:
        for name in ("before_cursor_execute", "commit"):
            event.remove(Engine, name, step)


@dataclass(frozen=True)
class AtInstant:
    """Is killed from outside, at a share of the time that an undisturbed run takes."""

    share: float

    def prepare(self) -> None:
        """Nothing: whoever began it kills it."""

    def __str__(self) -> str:
        return f"after {100 * self.share:.0f} % of its time"


End = AtPlace | AtStatement | AtInstant


def choose(number: int, random: Random, statements: int) -> End:
    """Return the end of a run that sends so many `statements`: places in turn, statements and instants at random."""
    if number % 3 == 0:
        return AtPlace(
            PLACES[number // 3 % len(PLACES)], random.choice((1, 1, 2, 3)), random.random() < 0.5
        )
    if number % 3 == 1:
        return AtStatement(random.randint(1, statements), random.random() < 0.5)
    return AtInstant(random.random())


def fill_disk(place: str, count: int, error: Callable[[], Exception]) -> None:
    """From the `count`th call on, have a function fail as it does on a full disk."""
    calls = 0

    def wrap(call: Callable[..., Any]) -> Callable[..., Any]:
        def failing(*args: Any, **kwargs: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls >= count:
                raise error()
            return call(*args, **kwargs)

        return failing

    replace_with(place, wrap)


def fill_sqlite(pages: int) -> None:
    """Let SQLite's file grow no further than `pages`: SQLite itself then says that the disk is full."""
    event.listen(
        Engine,
        "connect",
        lambda connection, _: connection.execute(f"PRAGMA max_page_count={pages}"),
    )


def cut_connection(*counts: int) -> None:
    """In these COPYs of facts, counted from 1, cut the line to the server when half of the rows are on it."""
    calls = itertools.count(1)

    def halfway(connection: Connection, rows: Sequence[object]) -> Iterator[object]:
        yield from rows[: len(rows) // 2]
        line = connection.connection.driver_connection
        assert isinstance(line, psycopg.Connection)
        with socket.socket(fileno=os.dup(line.fileno())) as same:
            same.shutdown(socket.SHUT_RDWR)
        yield from rows[len(rows) // 2 :]

    def wrap(call: Callable[..., Any]) -> Callable[..., Any]:
        def cutting(
            connection: Connection, table: str, columns: Sequence[str], rows: Sequence[object]
        ) -> Any:
            is_cut = table == "facts" and next(calls) in counts
            return call(connection, table, columns, halfway(connection, rows) if is_cut else rows)

        return cutting

    replace_with("warehouse.load:insert_rows", wrap)


def no_space() -> OSError:
    """What the system says where a disk is full."""
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def replace_with(place: str, wrap: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    """Put a wrapped function in a function's place, in this process."""
    module, _, path = place.partition(":")
    *owners, name = path.split(".")
    owner = importlib.import_module(module)
    for each in owners:
        owner = getattr(owner, each)
    setattr(owner, name, wrap(getattr(owner, name)))

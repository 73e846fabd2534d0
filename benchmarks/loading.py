"""How long it takes to load facts, as a ratio to a bare COPY or `executemany` of the same rows in the same run.

Usage: python -m benchmarks.loading [--facts 2000000] [--lines 60] [--database sqlite|postgres]
"""

import argparse
import itertools
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, text

from program.delivery import Delivery
from program.period import Period
from program.submission import Fact, Submission, Verdict
from tests.postgres import running_postgres
from warehouse.engine import prepare_warehouse
from warehouse.ledger import start_run
from warehouse.load import load_delivery

_NOON = datetime(2025, 1, 20, 5, tzinfo=UTC)
_ELEMENTS = [f"participants_of_kind_{number}" for number in range(14)]
COLUMNS = ("submission_id", *Fact._fields)


def main() -> int:
    """Load, copy, print the ratio."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.loading", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--facts", type=int, default=2_000_000)
    parser.add_argument("--lines", type=int, default=60, help="lines a submission, of 14 figures each (default: 60)")
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    given = parser.parse_args()
    with databases(given.database) as new_url, closing_engine(new_url()) as engine:
        count, ours = load_invented(engine, given.facts, given.lines)
        rows = taken_out(engine)
        bare = _bare(engine, rows)
    print(f"{len(rows)} facts of {count} submissions into {given.database}: {ours:.1f} s, bare {bare:.1f} s: {ours / bare:.2f} ×")
    return 0


@contextmanager
def databases(kind: str) -> Iterator[Callable[[], str]]:
    """Give what makes a new, empty database at each call and returns its URL: files of one folder, or of one server."""
    with ExitStack() as stack:
        if kind == "postgres":
            server = stack.enter_context(running_postgres())
            yield lambda: stack.enter_context(server.new_database())
        else:
            folder, numbers = Path(stack.enter_context(tempfile.TemporaryDirectory())), itertools.count(1)
            yield lambda: f"sqlite:///{folder / f'{next(numbers)}.sqlite'}"


@contextmanager
def closing_engine(url: str) -> Iterator[Engine]:
    """Give a warehouse made there, and let go of its connections at the end."""
    engine = prepare_warehouse(url)
    try:
        yield engine
    finally:
        engine.dispose()


def load_invented(engine: Engine, facts: int, lines: int) -> tuple[int, float]:
    """Load about so many facts as the night does; return of how many submissions, and the seconds of the loading alone."""
    count = max(1, facts // (lines * len(_ELEMENTS)))
    return count, sum(_load(engine, submission) for submission in _submissions(engine, count, lines))


def _submissions(engine: Engine, count: int, lines: int) -> Iterator[Submission]:
    """Yield accepted reports of as many units; their deliveries stand in the ledger."""
    run = start_run(engine, date(2025, 1, 20), "rules", _NOON)
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO deliveries (id, source, channel, external_id, external_version, name, received_at, "
                "recorded_at, is_synthetic, state, run_id) VALUES (:id, 'inbox', 'folder', :name, '1', :name, :now, "
                ":now, true, 'received', :run)"
            ),
            [{"id": number, "name": f"{number}.xlsx", "now": _NOON, "run": run} for number in range(1, count + 1)],
        )
    for number in range(1, count + 1):
        facts = tuple(
            Fact(element, line, float(number * line), None, "Danh sách lớp", f"{chr(67 + at)}{line}")
            for line in range(1, lines + 1)
            for at, element in enumerate(_ELEMENTS)
        )
        delivery = Delivery(number, "inbox", "folder", f"{number}.xlsx", _NOON, "0" * 64)
        yield Submission(delivery, Verdict.ACCEPTED, (), "training", "v1", str(number), Period.parse("2024-Q4"), facts=facts)


def _load(engine: Engine, submission: Submission) -> float:
    """Load as the night does, a transaction a delivery; return the seconds."""
    now = _NOON + timedelta(seconds=submission.delivery.id)
    started = time.perf_counter()
    load_delivery(engine, [(submission, None)], run_id=1, rule_set_version="rules", now=now)
    return time.perf_counter() - started


def taken_out(engine: Engine) -> list[tuple[object, ...]]:
    """Empty the table of facts and return what it held."""
    with engine.begin() as connection:
        rows = [tuple(row) for row in connection.execute(text(f"SELECT {', '.join(COLUMNS)} FROM facts"))]
        connection.execute(text("DELETE FROM facts"))
    return rows


def _bare(engine: Engine, rows: Sequence[tuple[object, ...]]) -> float:
    """Write the rows with the driver alone, in one transaction; return the seconds."""
    connection = engine.raw_connection()
    cursor = connection.cursor()
    started = time.perf_counter()
    if engine.dialect.name == "postgresql":
        with cursor.copy(f"COPY facts ({', '.join(COLUMNS)}) FROM STDIN") as copy:  # type: ignore[attr-defined]
            for row in rows:
                copy.write_row(row)
    else:
        cursor.execute("BEGIN")
        cursor.executemany(f"INSERT INTO facts ({', '.join(COLUMNS)}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
    connection.commit()
    seconds = time.perf_counter() - started
    connection.close()
    return seconds


if __name__ == "__main__":
    sys.exit(main())

"""What it costs to take a night's deliveries in.

Beside bare inserts of the same rows by the driver alone.

A night: deliveries of some 222 facts, loaded in chunks as the run does. One in four has warnings,
one in ten is refused, and both are owed a notice; one in eight is a new version of a report, of the
same chunk or of an earlier one. The bare inserts are `executemany` on SQLite and COPY on PostgreSQL
of all rows of submissions, findings, facts and notices, in one transaction.

With --collect, instead: what collecting so many files from a folder costs a file, beside reading
each, keeping it durably under its sha256, and one `executemany` of the ledger's rows; and what
follows a file until the run's end.

Seconds are of the processor, of this process; those of PostgreSQL's own processes are beside them.

Usage: python -m benchmarks.loading [--deliveries 1000] [--facts 222] [--chunk 500] [--database
sqlite|postgres] [--collect]
"""

import argparse
import hashlib
import itertools
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median

from fsspec.implementations.local import LocalFileSystem
from sqlalchemy import Engine, insert, text

from connectors.durable import write_durably
from flows import steps
from flows.night import Night
from program.delivery import Delivery
from program.finding import Finding, Severity
from program.period import Period
from program.settings import ROOT, Settings
from program.submission import Fact, Submission, verdict_of
from tests.postgres import running_postgres
from warehouse.engine import prepare_warehouse
from warehouse.ledger import pending_deliveries, start_run
from warehouse.load import CheckedDelivery, load_deliveries
from warehouse.tables import DeliveryRow

COLUMNS = ("submission_id", *Fact._fields)
_NOON = datetime(2025, 1, 20, 5, tzinfo=UTC)
_WARNING = Finding(
    "TRN-05", Severity.WARNING, "Tổng lệch", "Đề nghị kiểm tra lại", "12", "Tổng hợp", "C12", "13"
)
_CRITICAL = Finding(
    "TRN-01", Severity.CRITICAL, "Số nữ lớn hơn", "Đề nghị sửa", "9", "Tổng hợp", "D10", "99"
)
_LOADED = ("submissions", "findings", "facts", "outbox")
_REPEATS = 5
_LOCAL = LocalFileSystem()
Rows = list[tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of the processor: of this process, and of the database server's own."""

    ours: float
    server: float

    @property
    def total(self) -> float:
        """Both together."""
        return self.ours + self.server


def main() -> int:
    """Load or collect, and the same bare; print the ratios."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.loading", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--deliveries", type=int, default=1000)
    parser.add_argument("--facts", type=int, default=222, help="facts a delivery (default: 222)")
    parser.add_argument("--chunk", type=int, default=500, help="deliveries a chunk (default: 500)")
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--collect", action="store_true", help="collect instead of loading")
    given = parser.parse_args()
    with databases(given.database) as new_url:
        if given.collect:
            compare_collecting(new_url, given.deliveries)
        else:
            compare_loading(new_url, given.deliveries, given.facts, given.chunk)
    return 0


def compare_loading(new_url: Callable[[], str], deliveries: int, facts: int, chunk: int) -> None:
    """Load a night and insert its rows bare, some times in turn; print what each cost."""
    loads: list[Cost] = []
    bares: list[Cost] = []
    for _ in range(_REPEATS):
        with closing_engine(new_url()) as engine:
            loads.append(load_night(engine, night(engine, deliveries, facts), chunk))
            rows = {table: _taken_out(engine, table) for table in reversed(_LOADED)}
            bares.append(measured(engine, partial(_insert_bare, engine, rows)))
    counts = ", ".join(f"{len(rows[table])} {table}" for table in _LOADED)
    ratios = [load.total / bare.total for load, bare in zip(loads, bares, strict=True)]
    print(
        f"{deliveries} deliveries: {counts}; median of {_REPEATS} nights, ms of the processor a delivery"
    )
    for name, costs in (("load", loads), ("bare", bares)):
        ours = 1000 * median(cost.ours for cost in costs) / deliveries
        server = 1000 * median(cost.server for cost in costs) / deliveries
        print(f"{name}: {ours:.2f}, and the server's own {server:.2f}")
    print(f"load : bare {median(ratios):.2f} × ({min(ratios):.2f} to {max(ratios):.2f})")


def compare_collecting(new_url: Callable[[], str], files: int) -> None:
    """Collect files from a folder, and keep the same files bare, some times in turn.

    Print what each cost.
    """
    steps_of: dict[str, list[Cost]] = {}
    with tempfile.TemporaryDirectory() as folder:
        inbox = Path(folder, "inbox")
        _fill_inbox(inbox, files)
        for number in range(_REPEATS):
            settings = Settings(
                _env_file=None,
                var=Path(folder, f"var-{number}"),
                inbox_url=str(inbox),
                warehouse_url=new_url(),
            )
            run = Night(settings, None)
            (source,) = run.sources("inbox")

            def collect(run: Night = run, source: object = source) -> None:
                steps.collect(run, source)

            def pending(run: Night = run) -> None:
                pending_deliveries(run.warehouse, files)

            def bare(run: Night = run, root: str = f"{folder}/bare-{number}") -> None:
                _collect_bare(run, inbox, root)

            for name, step in (
                ("collect", collect),
                ("list pending", pending),
                ("replay log", run.finish),
                ("bare", bare),
            ):
                steps_of.setdefault(name, []).append(measured(run.warehouse, step))
            run.warehouse.dispose()
    print(f"{files} files of a folder; median of {_REPEATS} runs, ms of the processor a file")
    for name, costs in steps_of.items():
        ours = 1000 * median(cost.ours for cost in costs) / files
        server = 1000 * median(cost.server for cost in costs) / files
        print(f"{name}: {ours:.3f}, and the server's own {server:.3f}")
    pairs = zip(steps_of["collect"], steps_of["bare"], strict=True)
    print(f"collect : bare {median(ours.total / bare.total for ours, bare in pairs):.2f} ×")


def measured(engine: Engine, run: Callable[[], object]) -> Cost:
    """Return what a call costs."""
    server, ours = _server_seconds(engine), time.process_time()
    run()
    return Cost(time.process_time() - ours, _server_seconds(engine) - server)


def _server_seconds(engine: Engine) -> float:
    """Return the seconds that a PostgreSQL server of this machine has used.

    All its processes together; none on SQLite.
    """
    if engine.dialect.name != "postgresql":
        return 0.0
    with engine.connect() as connection:
        backend = connection.scalar(text("SELECT pg_backend_pid()"))
    server = _stat(backend)[_PARENT]
    processes = [path.name for path in Path("/proc").iterdir() if path.name.isdigit()]
    living = [_stat(int(each)) for each in processes]
    ticks = sum(sum(stat[_OWN]) for stat in living if stat and stat[_PARENT] == server)
    postmaster = _stat(server)
    return (ticks + sum(postmaster[_OWN]) + sum(postmaster[_ENDED])) / os.sysconf("SC_CLK_TCK")


_PARENT, _OWN, _ENDED = 1, slice(11, 13), slice(13, 15)
"""Where /proc/PID/stat holds, after the name, the parent, the process's own ticks.

And those of its children that ended.
"""


def _stat(process: int) -> list[int]:
    try:
        fields = (
            Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        )
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [0, *map(int, fields[1:])]


@contextmanager
def databases(kind: str) -> Iterator[Callable[[], str]]:
    """Give what makes a new, empty database at each call and returns its URL.

    Files of one folder, or of one server.
    """
    with ExitStack() as stack:
        if kind == "postgres":
            server = stack.enter_context(running_postgres())
            yield lambda: stack.enter_context(server.new_database())
        else:
            folder, numbers = (
                Path(stack.enter_context(tempfile.TemporaryDirectory())),
                itertools.count(1),
            )
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
    """Load about so many facts as the run does, 14 a line.

    The answer is how many deliveries that were, and the seconds by the clock.
    """
    count = max(1, facts // (lines * 14))
    checked = night(engine, count, lines * 14, are_good=True)
    started = time.perf_counter()
    load_night(engine, checked, 500)
    return count, time.perf_counter() - started


def night(
    engine: Engine, count: int, facts: int, *, are_good: bool = False
) -> list[CheckedDelivery]:
    """Return checked deliveries that stand in the ledger.

    `are_good`: each is the first of its report, without findings.
    """
    run = start_run(engine, date(2025, 1, 20), "rules", _NOON)
    arrived = {
        "source": "inbox",
        "channel": "folder",
        "external_version": "1",
        "recorded_at": _NOON,
        "is_synthetic": True,
    }
    checked = []
    rows = []
    for number in range(1, count + 1):
        delivery = Delivery(
            number,
            "inbox",
            "folder",
            f"{number}.xlsx",
            _NOON + timedelta(seconds=number),
            f"{number:064d}",
        )
        known = {
            "id": number,
            "external_id": delivery.name,
            "name": delivery.name,
            "received_at": delivery.received_at,
        }
        rows.append(
            {**arrived, **known, "sha256": delivery.sha256, "state": "received", "run_id": run}
        )
        submission = (
            _submission(delivery, number, (), facts) if are_good else _mixed(delivery, facts)
        )
        recipient = "a@b.example" if submission.findings else None
        checked.append(CheckedDelivery([(submission, recipient)], delivery.received_at))
    with engine.begin() as connection:
        connection.execute(insert(DeliveryRow), rows)
    return checked


def _mixed(delivery: Delivery, facts: int) -> Submission:
    """Return what checking a delivery gave.

    By its number a first version or a later one, with findings or without.
    """
    number = delivery.id
    # Version 2 of what came a moment ago, or a chunk ago.
    report = number if number % 8 else number - (500 if number % 16 and number > 500 else 4)
    if number % 10 == 3:
        return _submission(delivery, report, (_CRITICAL, _WARNING), 0)
    return _submission(delivery, report, (_WARNING,) * 3 if number % 4 == 1 else (), facts)


def _submission(
    delivery: Delivery, report: int, findings: Sequence[Finding], facts: int
) -> Submission:
    kept = tuple(
        Fact(
            f"participants_of_kind_{at % 14}",
            at // 14,
            float(report * at),
            None,
            "Danh sách lớp",
            f"{chr(67 + at % 14)}{at}",
        )
        for at in range(facts)
    )
    verdict = verdict_of(findings)
    return Submission(
        delivery,
        verdict,
        tuple(findings),
        "training",
        "v1",
        str(report),
        Period.parse("2024-Q4"),
        facts=kept,
    )


def load_night(engine: Engine, checked: Sequence[CheckedDelivery], chunk: int) -> Cost:
    """Load a night chunk by chunk; return what it costs."""

    def load() -> None:
        for start in range(0, len(checked), chunk):
            load_deliveries(
                engine, checked[start : start + chunk], run_id=1, rule_set_version="rules"
            )

    return measured(engine, load)


def taken_out(engine: Engine) -> Rows:
    """Empty the table of facts and return what it held."""
    return _taken_out(engine, "facts", ", ".join(COLUMNS))


def _taken_out(engine: Engine, table: str, columns: str = "*") -> Rows:
    """Empty a table and return what it held, as the driver gives it."""
    connection = engine.raw_connection()
    cursor = connection.cursor()
    # Of two rows that point to each other, the later one is the successor.
    cursor.execute(f"SELECT {columns} FROM {table} ORDER BY 1 DESC")
    rows = [tuple(row) for row in cursor.fetchall()]
    cursor.execute(f"DELETE FROM {table}")
    connection.commit()
    connection.close()
    return rows


def _insert_bare(engine: Engine, rows: dict[str, Rows]) -> None:
    """Write the rows with the driver alone, in one transaction."""
    connection = engine.raw_connection()
    cursor = connection.cursor()
    if engine.dialect.name == "sqlite":
        cursor.execute("BEGIN IMMEDIATE")
    for table in _LOADED:
        if engine.dialect.name == "postgresql":
            with cursor.copy(f"COPY {table} FROM STDIN") as copy:  # type: ignore[attr-defined]
                for row in rows[table]:
                    copy.write_row(row)
        else:
            places = ", ".join("?" * len(rows[table][0]))
            cursor.executemany(f"INSERT INTO {table} VALUES ({places})", rows[table])
    connection.commit()
    connection.close()


def _fill_inbox(inbox: Path, files: int) -> None:
    """Write so many workbooks of as many senders.

    Each is one of the samples with a comment of its own behind it.
    """
    samples = sorted((ROOT / "examples" / "inbox").rglob("*.xlsx"))
    for number in range(files):
        sample = samples[number % len(samples)]
        path = inbox / f"{number % 900 + 100}" / f"{number}.xlsx"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_commented(sample.read_bytes(), str(number)))
        came = _NOON.timestamp() + number
        os.utime(path, (came, came))


def _commented(content: bytes, comment: str) -> bytes:
    """Return a zip with a comment: two bytes of its length end it, and then it follows."""
    return content[:-2] + len(comment).to_bytes(2, "little") + comment.encode()


def _collect_bare(run: Night, inbox: Path, root: str) -> None:
    """Keep each file durably under its sha256, and a row of each.

    That is what no collecting can do without.
    """
    rows = []
    for path in sorted(inbox.rglob("*.xlsx")):
        content = path.read_bytes()
        sha256 = hashlib.sha256(content).hexdigest()
        write_durably(_LOCAL, root, f"{sha256[:2]}/{sha256}", content)
        rows.append((str(path), path.name, sha256, len(content), _NOON.isoformat()))
    connection = run.warehouse.raw_connection()
    cursor = connection.cursor()
    places = ", ".join(["%s" if run.warehouse.dialect.name == "postgresql" else "?"] * 5)
    cursor.execute(
        "CREATE TEMPORARY TABLE bare (path TEXT, name TEXT, sha256 TEXT, size INTEGER, at TEXT)"
    )
    cursor.executemany(f"INSERT INTO bare VALUES ({places})", rows)
    connection.commit()
    connection.close()


if __name__ == "__main__":
    sys.exit(main())

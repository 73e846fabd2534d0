"""Cost of loading a run's deliveries, compared with bare inserts of the same rows.

A run has deliveries of some 222 facts, which are loaded in chunks as `mtqg run` does. One in four
has warnings and one in ten is refused; both get a notice. One in eight is a new version of a
report, from the same chunk or an earlier one. The bare inserts write all rows of submissions,
findings, facts and notices in one transaction: `executemany` on SQLite, COPY on PostgreSQL.

With --collect it measures something else: collecting files from a folder, compared with reading
each file, writing it durably under its sha256, and one `executemany` of the ledger's rows. The
later steps of a run that cost time for each file are measured too.

All figures are CPU time. That of the PostgreSQL server stands beside that of this process.

Usage: python -m benchmarks.loading [--deliveries 1000] [--facts 222] [--chunk 500] [--database
sqlite|postgres] [--collect]
"""

import argparse
import hashlib
import itertools
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median

from sqlalchemy import Engine, insert

from benchmarks.cpu import Spent, measured
from flows.night import collecting
from flows.night.run_context import RunContext, open_run
from program.calendar.period import Period
from program.delivery import Delivery
from program.finding import Finding, Severity
from program.machine.atomic_write import write_below
from program.settings import ROOT, Settings
from program.submission import Fact, Submission, verdict_of
from tests.postgres import running_postgres
from warehouse.database.engine import prepare_warehouse
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
Rows = list[tuple[object, ...]]


def main() -> int:
    """Load or collect, do the same bare, and print the ratios."""
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
    """Load a run and insert its rows bare, several times in turn; print the cost of each."""
    loads: list[Spent] = []
    bares: list[Spent] = []
    for _ in range(_REPEATS):
        url = new_url()
        with closing_engine(url) as engine:
            checked = invent_deliveries(engine, deliveries, facts)
            with measured(url) as load:
                load_in_chunks(engine, checked, chunk)
            rows = {table: _taken_out(engine, table) for table in reversed(_LOADED)}
            with measured(url) as bare:
                _insert_bare(engine, rows)
        loads.append(load)
        bares.append(bare)
    counts = ", ".join(f"{len(rows[table])} {table}" for table in _LOADED)
    print(f"{deliveries} deliveries: {counts}")
    print(f"median of {_REPEATS} runs, ms of CPU a delivery")
    for name, costs in (("load", loads), ("bare", bares)):
        print(f"{name}: {_per_item(costs, deliveries)}")
    print(f"load : bare {_ratio(loads, bares)}")


def _per_item(costs: Sequence[Spent], items: int) -> str:
    """Return the median cost of one item in milliseconds of this process and of the server."""
    client = 1000 * median(cost.client for cost in costs) / items
    server = 1000 * median(cost.server for cost in costs) / items
    return f"{client:.3f}, and {server:.3f} of the server"


def _ratio(costs: Sequence[Spent], bares: Sequence[Spent]) -> str:
    """Return the median ratio of pairs of costs, with its range."""
    ratios = [cost.seconds / bare.seconds for cost, bare in zip(costs, bares, strict=True)]
    return f"{median(ratios):.2f} × ({min(ratios):.2f} to {max(ratios):.2f})"


def compare_collecting(new_url: Callable[[], str], files: int) -> None:
    """Collect files from a folder and keep the same files bare, several times in turn.

    Prints the cost of each step.
    """
    costs_by_step: dict[str, list[Spent]] = {}
    with tempfile.TemporaryDirectory() as folder:
        inbox = Path(folder, "inbox")
        _fill_inbox(inbox, files)
        for number in range(_REPEATS):
            url = new_url()
            settings = Settings(
                _env_file=None,
                var=Path(folder, f"var-{number}"),
                inbox_url=str(inbox),
                warehouse_url=url,
            )
            run = open_run(settings, None)
            (source,) = run.sources("inbox")
            with measured(url) as collect:
                collecting.collect(run, source)
            with measured(url) as pending:
                pending_deliveries(run.warehouse, files)
            with measured(url) as log:
                run.finish()
            with measured(url) as bare:
                _collect_bare(run, inbox, f"{folder}/bare-{number}")
            run.warehouse.dispose()
            costs = {"collect": collect, "list pending": pending, "replay log": log, "bare": bare}
            for step, cost in costs.items():
                costs_by_step.setdefault(step, []).append(cost)
    print(f"{files} files of a folder; median of {_REPEATS} runs, ms of CPU a file")
    for step, of_step in costs_by_step.items():
        print(f"{step}: {_per_item(of_step, files)}")
    print(f"collect : bare {_ratio(costs_by_step['collect'], costs_by_step['bare'])}")


@contextmanager
def databases(kind: str) -> Iterator[Callable[[], str]]:
    """Give a function that makes a new, empty database at each call and returns its URL.

    All databases are files of one folder, or belong to one server. They go at the end.
    """
    with ExitStack() as stack:
        if kind == "postgres":
            server = stack.enter_context(running_postgres())
            yield lambda: stack.enter_context(server.new_database())
        else:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            numbers = itertools.count(1)
            yield lambda: f"sqlite:///{folder / f'{next(numbers)}.sqlite'}"


@contextmanager
def closing_engine(url: str) -> Iterator[Engine]:
    """Give a new warehouse at a URL, and close its connections at the end."""
    engine = prepare_warehouse(url)
    try:
        yield engine
    finally:
        engine.dispose()


def load_invented(engine: Engine, url: str, facts: int, lines: int) -> tuple[int, float]:
    """Load about `facts` facts as a run does, 14 a line.

    Returns:
        The number of deliveries, and CPU seconds with those of the database server.

    """
    count = max(1, facts // (lines * 14))
    checked = invent_deliveries(engine, count, lines * 14, are_good=True)
    with measured(url) as spent:
        load_in_chunks(engine, checked, 500)
    return count, spent.seconds


def invent_deliveries(
    engine: Engine, count: int, facts: int, *, are_good: bool = False
) -> list[CheckedDelivery]:
    """Write deliveries to the ledger and return them checked, not yet loaded.

    With `are_good` each is the first version of its report and has no findings. Otherwise they
    are the mix that the module describes.
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
        if are_good:
            submission = _submission(delivery, number, (), facts)
        else:
            submission = _mixed(delivery, facts)
        recipient = "a@b.example" if submission.findings else None
        checked.append(CheckedDelivery([(submission, recipient)], delivery.received_at))
    with engine.begin() as connection:
        connection.execute(insert(DeliveryRow), rows)
    return checked


def _mixed(delivery: Delivery, facts: int) -> Submission:
    """Return the submission of a delivery.

    The delivery's number decides whether it is a new version and which findings it has.
    """
    number = delivery.id
    report = number
    if number % 8 == 0:
        # A new version of a report from the chunk before, or from the same chunk.
        is_of_earlier_chunk = number % 16 != 0 and number > 500
        report -= 500 if is_of_earlier_chunk else 4
    if number % 10 == 3:
        return _submission(delivery, report, (_CRITICAL, _WARNING), 0)
    warnings = (_WARNING,) * 3 if number % 4 == 1 else ()
    return _submission(delivery, report, warnings, facts)


def _submission(
    delivery: Delivery, report: int, findings: Sequence[Finding], facts: int
) -> Submission:
    """Return a submission of a report that the number `report` stands for."""
    invented = tuple(_fact(report, number) for number in range(facts))
    verdict = verdict_of(findings)
    return Submission(
        delivery,
        verdict,
        tuple(findings),
        "training",
        "v1",
        str(report),
        Period.parse("2024-Q4"),
        facts=invented,
    )


def _fact(report: int, number: int) -> Fact:
    """Return a fact of a list with 14 columns."""
    line, column = divmod(number, 14)
    return Fact(
        f"participants_of_kind_{column}",
        line,
        float(report * number),
        None,
        "Danh sách lớp",
        f"{chr(67 + column)}{number}",
    )


def load_in_chunks(engine: Engine, checked: Sequence[CheckedDelivery], chunk: int) -> None:
    """Load a run's deliveries chunk by chunk, each in a transaction."""
    for start in range(0, len(checked), chunk):
        deliveries = checked[start : start + chunk]
        load_deliveries(engine, deliveries, run_id=1, rule_set_version="rules")


def taken_out(engine: Engine) -> Rows:
    """Empty the table of facts and return its rows."""
    return _taken_out(engine, "facts", ", ".join(COLUMNS))


def _taken_out(engine: Engine, table: str, columns: str = "*") -> Rows:
    """Empty a table and return its rows as the driver gives them."""
    connection = engine.raw_connection()
    cursor = connection.cursor()
    # The newest first: an old version points to its successor, which must be inserted before it.
    cursor.execute(f"SELECT {columns} FROM {table} ORDER BY 1 DESC")
    rows = [tuple(row) for row in cursor.fetchall()]
    cursor.execute(f"DELETE FROM {table}")
    connection.commit()
    connection.close()
    return rows


def _insert_bare(engine: Engine, rows: dict[str, Rows]) -> None:
    """Insert the rows with the driver alone, in one transaction."""
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
    """Write workbooks of up to 900 senders into a folder.

    Each is a workbook of the sample with its own comment at the end, so that no two are equal.
    """
    samples = sorted((ROOT / "examples" / "inbox").rglob("*.xlsx"))
    for number in range(files):
        sample = samples[number % len(samples)]
        path = inbox / f"{number % 900 + 100}" / f"{number}.xlsx"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_commented(sample.read_bytes(), str(number)))
        modified = _NOON.timestamp() + number
        os.utime(path, (modified, modified))


def _commented(content: bytes, comment: str) -> bytes:
    """Return a zip with a comment. A zip without one ends in two bytes: the comment's length 0."""
    return content[:-2] + len(comment).to_bytes(2, "little") + comment.encode()


def _collect_bare(run: RunContext, inbox: Path, root: str) -> None:
    """Write each file durably under its sha256, and insert a row of each.

    Every way to collect files has to do at least this.
    """
    rows = []
    for path in sorted(inbox.rglob("*.xlsx")):
        content = path.read_bytes()
        sha256 = hashlib.sha256(content).hexdigest()
        write_below(root, f"{sha256[:2]}/{sha256}", content, is_durable=True)
        rows.append((str(path), path.name, sha256, len(content), _NOON.isoformat()))
    connection = run.warehouse.raw_connection()
    cursor = connection.cursor()
    placeholder = "%s" if run.warehouse.dialect.name == "postgresql" else "?"
    places = ", ".join([placeholder] * 5)
    cursor.execute(
        "CREATE TEMPORARY TABLE bare (path TEXT, name TEXT, sha256 TEXT, size INTEGER, at TEXT)"
    )
    cursor.executemany(f"INSERT INTO bare VALUES ({places})", rows)
    connection.commit()
    connection.close()


if __name__ == "__main__":
    sys.exit(main())

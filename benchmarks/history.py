"""Cost of querying the past of reports, in a small warehouse and in one twenty times as large.

It loads two years of an invented province's reports and queries the past of the next quarter's.
Then it loads eighteen more years (and reports of units elsewhere) and queries again. It prints
the ratio of both times.

Usage: python -m benchmarks.history [--times 20]
"""

import argparse
import itertools
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from sqlalchemy import insert
from sqlalchemy.orm import Session

from benchmarks.cpu import measured
from benchmarks.in_memory import reading_of
from benchmarks.province import Province
from program.calendar.period import Period, PeriodKind
from program.pack.load import load_pack
from program.pack.pack import Pack
from program.parsed_report import ParsedReport, facts_of
from program.records.history import HISTORY_PERIODS, HistoryKeys, history_keys, line_elements
from program.settings import ROOT
from program.submission import Fact
from warehouse.database.bulk import Cell, insert_rows
from warehouse.database.engine import Warehouse, prepare_warehouse
from warehouse.ledger import start_run
from warehouse.queries.history import past_of
from warehouse.tables import DeliveryRow, FactRow, SubmissionRow

FORMS = ("disbursement", "livelihoods", "training", "works")
UNITS = tuple(str(code) for code in range(941, 952))
NOW = datetime(2025, 1, 20, tzinfo=UTC)


def main(times: int) -> None:
    """Query the past in the small warehouse and in the large one; print both times."""
    pack = load_pack(ROOT / "config" / "soc-trang")
    province = Province(pack, 1, UNITS)
    now = Period(2024, PeriodKind.QUARTER, 4)
    asked = history_keys(readings_of(pack, province, [now]), pack.units)
    with tempfile.TemporaryDirectory() as folder:
        warehouse = prepare_warehouse(f"sqlite:///{Path(folder) / 'warehouse.sqlite'}")
        run = start_run(warehouse, date(2025, 1, 20), "bench", NOW)
        recent: list[ParsedReport] = []
        for back in range(1, 9):
            recent += readings_of(pack, province, [now.moved(-back)])
        loaded = load_reports(warehouse, run, recent, 0, list(UNITS))
        small = _query_seconds(warehouse, asked, pack)
        for copy in range(1, times):
            # In turn: older years of the same units, and the same years of units elsewhere.
            if copy % 2:
                loaded += load_reports(warehouse, run, recent, 2 * copy, list(UNITS))
            else:
                elsewhere = [f"8{copy:02}{n:02}" for n in range(len(UNITS))]
                loaded += load_reports(warehouse, run, recent, 0, elsewhere)
        large = _query_seconds(warehouse, asked, pack)
        print(f"past of {len(asked)} reports: {small:.3f} s of CPU", end=" ")
        print(f"with {loaded // times:,} facts, {large:.3f} s with {loaded:,}")
        print(f"{times} times the history costs {large / small:.2f} times as much")
        warehouse.dispose()


def readings_of(pack: Pack, province: Province, periods: list[Period]) -> list[ParsedReport]:
    """Return the reports of all districts and forms for some periods, as read."""
    keys = itertools.product(periods, FORMS, UNITS)
    reports = [province.report(form, unit, period) for period, form, unit in keys]
    return [reading_of(report, pack, number) for number, report in enumerate(reports)]


def _query_seconds(warehouse: Warehouse, asked: list[HistoryKeys], pack: Pack) -> float:
    """Return CPU seconds of the fastest of five equal queries."""
    lines = line_elements(pack.forms)
    best = float("inf")
    for _ in range(5):
        with measured() as spent:
            past = past_of(warehouse, asked, lines, HISTORY_PERIODS)
        best = min(best, spent.seconds)
    assert len(past.reports) == len(FORMS) * len(UNITS) * HISTORY_PERIODS
    return best


def load_reports(
    warehouse: Warehouse, run: int, readings: list[ParsedReport], years: int, units: list[str]
) -> int:
    """Insert copies of reports into the tables; return the number of facts.

    Args:
        warehouse: Where they go, in one transaction.
        run: The run that the copies belong to.
        readings: Reports of `UNITS`.
        years: How many years earlier the copies are.
        units: The senders of the copies, in the order of `UNITS`.

    Returns:
        The number of facts.

    """
    with Session(warehouse) as session, session.begin():
        first = session.query(DeliveryRow).count() + 1
        rows = list(_rows(readings, first, run, years, units))
        session.execute(insert(DeliveryRow), [row.delivery for row in rows])
        session.execute(insert(SubmissionRow), [row.submission for row in rows])
        facts = list(itertools.chain.from_iterable(row.facts for row in rows))
        columns = ("submission_id", *Fact._fields)
        insert_rows(session.connection(), FactRow.__tablename__, columns, facts)
    return len(facts)


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of a report."""

    delivery: dict[str, object]
    submission: dict[str, object]
    facts: list[tuple[Cell, ...]]


def _rows(
    readings: list[ParsedReport], first: int, run: int, years: int, units: list[str]
) -> Iterator[_Rows]:
    """Yield the rows of a copy of each report."""
    sender_of = dict(zip(UNITS, units, strict=True))
    for number, reading in enumerate(readings, start=first):
        form, period = reading.form, reading.period
        assert form is not None
        assert period is not None
        moved = Period(period.year - years, period.kind, period.number)
        unit = sender_of[str(reading.unit_code)]
        delivery = {
            "id": number,
            "source": "bench",
            "channel": "memory",
            "external_id": str(number),
            "external_version": "1",
            "name": str(number),
            "received_at": NOW,
            "recorded_at": NOW,
            "is_synthetic": True,
            "state": "processed",
            "run_id": run,
        }
        submission = {
            "id": number,
            "delivery_id": number,
            "run_id": run,
            "form_code": form.code,
            "form_version": form.version,
            "unit_code": unit,
            "period": moved.code,
            "period_end": moved.end,
            "stage": reading.stage.value,
            "version": 1,
            "verdict": "accepted",
            "rule_set_version": "bench",
            "loaded_at": NOW,
            "known_from": NOW,
        }
        facts: list[tuple[Cell, ...]] = [(number, *fact) for fact in facts_of(reading)]
        yield _Rows(delivery, submission, facts)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--times", type=int, default=20)
    main(parser.parse_args().times)

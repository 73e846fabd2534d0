"""What it costs to ask a warehouse for the past, with little and with twenty times as much in it.

Loads an invented province's reports of two years, asks for the past of the next quarter's, loads
eighteen years more before them (and as many units of other provinces), and asks again. Prints the
ratio of the two in one run.

Usage: python -m benchmarks.history [--times 20]
"""

import argparse
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from sqlalchemy import insert
from sqlalchemy.orm import Session

from benchmarks.cpu import measured
from benchmarks.in_memory import reading_of
from benchmarks.province import Province
from program.history import HISTORY_PERIODS, Asked, asked_of, line_elements
from program.pack import Pack, load_pack
from program.period import Period, PeriodKind
from program.reading import Reading, facts_of
from program.settings import ROOT
from program.submission import Fact
from warehouse.bulk import Cell, insert_rows
from warehouse.engine import Warehouse, prepare_warehouse
from warehouse.history import past_of
from warehouse.ledger import start_run
from warehouse.tables import DeliveryRow, FactRow, SubmissionRow

FORMS = ("disbursement", "livelihoods", "training", "works")
UNITS = tuple(str(code) for code in range(941, 952))
NOW = datetime(2025, 1, 20, tzinfo=UTC)


def main(times: int) -> None:
    """Ask with little and with much in the warehouse."""
    pack = load_pack(ROOT / "config" / "soc-trang")
    province, now = Province(pack, 1, UNITS), Period(2024, PeriodKind.QUARTER, 4)
    asked = asked_of(readings_of(pack, province, [now]), pack.units)
    with tempfile.TemporaryDirectory() as folder:
        warehouse = prepare_warehouse(f"sqlite:///{Path(folder) / 'warehouse.sqlite'}")
        run = start_run(warehouse, date(2025, 1, 20), "bench", NOW)
        recent = [
            reading for n in range(1, 9) for reading in readings_of(pack, province, [now.moved(-n)])
        ]
        loaded = load_reports(warehouse, run, recent, 0, list(UNITS))
        few = _asked(warehouse, asked, pack)
        for copy in range(1, times):
            # Older years of the same units, and the same years of units elsewhere, by turns.
            units = list(UNITS) if copy % 2 else [f"8{copy:02}{n:02}" for n in range(len(UNITS))]
            loaded += load_reports(warehouse, run, recent, 2 * copy if copy % 2 else 0, units)
        many = _asked(warehouse, asked, pack)
        print(
            f"{len(asked)} reports asked about: {few:.3f} s of CPU with {loaded // times:,} facts, {many:.3f} s with {loaded:,}"
        )
        print(f"{times} times the history costs {many / few:.2f} times as much")
        warehouse.dispose()


def readings_of(pack: Pack, province: Province, periods: list[Period]) -> list[Reading]:
    """Return what the districts report of some periods on each form, read."""
    reports = [
        province.report(form, unit, period)
        for period in periods
        for form in FORMS
        for unit in UNITS
    ]
    return [reading_of(report, pack, n) for n, report in enumerate(reports)]


def _asked(warehouse: Warehouse, asked: list[Asked], pack: Pack) -> float:
    lines, best = line_elements(pack.forms), float("inf")
    for _ in range(5):
        with measured() as spent:
            past = past_of(warehouse, asked, lines, HISTORY_PERIODS)
        best = min(best, spent.seconds)
    assert len(past.reports) == len(FORMS) * len(UNITS) * HISTORY_PERIODS
    return best


def load_reports(
    warehouse: Warehouse, run: int, readings: list[Reading], years: int, units: list[str]
) -> int:
    """Write reports straight into the tables, so many years earlier, as if units `units` had sent them; return the facts."""
    with Session(warehouse) as session, session.begin():
        first = session.query(DeliveryRow).count() + 1
        rows = list(_rows(readings, first, run, years, units))
        for table, number in ((DeliveryRow, 0), (SubmissionRow, 1)):
            session.execute(insert(table), [row[number] for row in rows])
        facts = [fact for row in rows for fact in row[2]]
        insert_rows(
            session.connection(), FactRow.__tablename__, ("submission_id", *Fact._fields), facts
        )
    return len(facts)


def _rows(
    readings: list[Reading], first: int, run: int, years: int, units: list[str]
) -> Iterator[tuple[dict[str, object], dict[str, object], list[tuple[Cell, ...]]]]:
    """Yield delivery, submission and facts of each report."""
    other = dict(zip(UNITS, units, strict=True))
    for number, reading in enumerate(readings, start=first):
        form, period = reading.form, reading.period
        assert form is not None
        assert period is not None
        moved = Period(period.year - years, period.kind, period.number)
        unit = other[str(reading.unit_code)]
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
        yield delivery, submission, [(number, *fact) for fact in facts_of(reading)]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--times", type=int, default=20)
    main(parser.parse_args().times)

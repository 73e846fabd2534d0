"""Cost of querying the progress of a district, in a small and in a many times larger warehouse.

It loads two years of an invented province's reports, queries the progress of a district and of
the province, and measures how a run renews views and statistics. Then it loads the same for other
units and measures again. It prints the ratios of one run. With --partitioned (PostgreSQL only) it
measures a third time, with the facts in partitions by year.

Usage: python -m benchmarks.marts [--times 20] [--database sqlite|postgres] [--partitioned]
"""

import argparse
from collections.abc import Callable
from datetime import date

from sqlalchemy import text

from benchmarks.cpu import measured
from benchmarks.history import NOW, UNITS, load_reports, readings_of
from benchmarks.loading import closing_engine, databases
from benchmarks.partitions import partition_by_year
from benchmarks.province import Province
from program.calendar.period import Period, PeriodKind
from program.calendar.schedule import obligations
from program.pack.load import load_pack
from program.parsed_report import ParsedReport
from program.settings import ROOT
from warehouse.catalogue import sync_catalogue
from warehouse.database.engine import Warehouse, prepare_warehouse
from warehouse.database.views import ready_for_questions
from warehouse.ledger import start_run

_TIMES = 20
_QUESTIONS = {
    "a district's progress": "SELECT * FROM mart_progress WHERE unit_code = '942'",
    "one indicator of it": (
        "SELECT * FROM mart_progress WHERE unit_code = '942' AND indicator_code = 'DIS-RATE'"
    ),
    "the province's progress": "SELECT * FROM mart_progress WHERE unit_code = '94'",
    "a district's money": "SELECT * FROM mart_disbursement WHERE unit_code = '942'",
    "a district's training": "SELECT * FROM mart_training WHERE unit_code = '942'",
}


def main(times: int, database: str, *, partitioned: bool) -> None:
    """Query the small warehouse and the large one; print the times."""
    with databases(database) as new_url:
        url = new_url()
        with closing_engine(url) as warehouse:
            large = _compare(warehouse, url, times)
            if partitioned:
                years = partition_by_year(warehouse)
                print(f"facts in partitions by year, {years[0]} to {years[-1]}")
                _print(_query_seconds(warehouse, url), large)


def _compare(warehouse: Warehouse, url: str, times: int) -> dict[str, float]:
    """Measure with one province and with `times` as much; return the seconds of the latter."""
    pack = load_pack(ROOT / "config" / "soc-trang")
    last = Period(2024, PeriodKind.QUARTER, 4)
    day = date(2025, 1, 20)
    sync_catalogue(warehouse, pack, obligations(pack.calendar, pack.units, day), NOW)
    run = start_run(warehouse, day, "bench", NOW)
    province = Province(pack, 1, UNITS)
    recent: list[ParsedReport] = []
    for back in range(8):
        recent += readings_of(pack, province, [last.moved(-back)])
    facts = load_reports(warehouse, run, recent, 0, list(UNITS))
    small = _query_seconds(warehouse, url)
    for copy in range(1, times):
        elsewhere = [f"8{copy:03}{n:02}" for n in range(len(UNITS))]
        facts += load_reports(warehouse, run, recent, 0, elsewhere)
    large = _query_seconds(warehouse, url)
    print(f"{facts // times:,} facts of {len(UNITS)} districts,", end=" ")
    print(f"then {facts:,} of {len(UNITS) * times} units")
    _print(large, small)
    return large


def _print(after: dict[str, float], before: dict[str, float]) -> None:
    for name, seconds in after.items():
        ratio = seconds / before[name]
        print(f"{name}: {1000 * before[name]:.0f} ms, then {1000 * seconds:.0f} ms:", end=" ")
        print(f"{ratio:.2f} times")


def _query_seconds(warehouse: Warehouse, url: str) -> dict[str, float]:
    """Return CPU seconds of each query when warm, and of a run's work on the marts."""

    def renew() -> None:
        prepare_warehouse(url).dispose()
        ready_for_questions(warehouse)

    seconds = {"a run's renewal of views and statistics": _each(renew, url)}
    with warehouse.connect() as connection:
        for name, sql in _QUESTIONS.items():
            seconds[name] = _each(lambda sql=sql: connection.execute(text(sql)).all(), url)
    return seconds


def _each(action: Callable[[], object], url: str) -> float:
    """Return CPU seconds of an action with the database server's: the mean of many.

    One action would be too short: the clock of the server counts hundredths of a second.
    """
    action()
    with measured(url) as spent:
        for _ in range(_TIMES):
            action()
    return spent.seconds / _TIMES


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--partitioned", action="store_true")
    given = parser.parse_args()
    main(given.times, given.database, partitioned=given.partitioned)

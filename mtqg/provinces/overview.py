"""How each province is: its last run, the reports that are missing, the age of its figures."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from program.errors import MtqgError
from program.provinces.provinces_file import Province
from program.records.reporting_rates import rates_of
from program.settings import settings_of
from program.vietnamese import vietnam_day
from warehouse.database.engine import Warehouse, open_warehouse
from warehouse.lifecycle.holds import held_deliveries
from warehouse.queries.office_inbox import open_explanations
from warehouse.queries.operations import last_runs, letter_counts
from warehouse.queries.reports import reporting
from warehouse.states import RunKind


@dataclass(frozen=True, slots=True)
class ProvinceCounts:
    """What a province's warehouse says on a day.

    `due` reports were due before it, `missing` of them have not come. `days_old` is since the day
    of the last run that completed, None if none did. `waiting` and `failed` are letters; `held` are
    files and mails of unknown senders, `explanations` answers that wait for the office.
    """

    run_state: str
    run_began_at: datetime
    run_as_of: date
    first_error: str
    days_old: int | None
    due: int
    missing: int
    waiting: int
    failed: int
    held: int
    explanations: int


@dataclass(frozen=True, slots=True)
class ProvinceLine:
    """A province, and either what its warehouse says or why it cannot be asked."""

    code: str
    name: str
    counts: ProvinceCounts | None
    reason: str = ""


def province_lines(provinces: Iterable[Province], now: datetime) -> Iterator[ProvinceLine]:
    """Yield a line for each province, in their order. One that cannot be asked stops no other."""
    for province in provinces:
        try:
            counts = _counts_of(province, now)
        except Exception as wrong:  # the boundary of a province
            reason = f"{type(wrong).__name__}: {wrong}"
            if isinstance(wrong, MtqgError | OSError):
                reason = str(wrong)
            yield ProvinceLine(province.code, province.name, None, reason)
        else:
            reason = "" if counts else "no run has begun yet"
            yield ProvinceLine(province.code, province.name, counts, reason)


def _counts_of(province: Province, now: datetime) -> ProvinceCounts | None:
    warehouse = open_warehouse(settings_of(province).warehouse_url)
    try:
        return _counts(warehouse, now)
    finally:
        warehouse.dispose()


def _counts(warehouse: Warehouse, now: datetime) -> ProvinceCounts | None:
    runs = last_runs(warehouse, RunKind.NIGHTLY)
    if runs is None:
        return None
    today = vietnam_day(now)
    rates = rates_of(reporting(warehouse), today)
    letters = letter_counts(warehouse)
    days_old = None
    if runs.completed_at is not None:
        days_old = (today - vietnam_day(runs.completed_at)).days
    return ProvinceCounts(
        run_state=str(runs.newest_state),
        run_began_at=runs.newest_started_at,
        run_as_of=runs.newest_as_of,
        first_error=next(iter(runs.newest_errors), ""),
        days_old=days_old,
        due=rates.expected,
        missing=rates.expected - rates.actual,
        waiting=letters.waiting,
        failed=letters.failed,
        held=len(held_deliveries(warehouse)),
        explanations=len(open_explanations(warehouse)),
    )

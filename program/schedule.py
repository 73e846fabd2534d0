"""The reporting calendar: which form is due from whom for which period."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from program.configuration import Model
from program.period import Period, PeriodKind, periods_between
from program.units import Unit, UnitKind


class Duty(Model):
    """Units of a kind send a form for every period of a kind, some days after it ends.

    `due_source` says where the deadline comes from; "unknown" marks one that the province must set itself.
    """

    form: str
    from_kind: UnitKind
    every: PeriodKind
    first: date
    last: date | None = None
    due_days: int
    due_source: str


@dataclass(frozen=True, slots=True)
class Obligation:
    """One report that one unit owes."""

    form_code: str
    unit_code: str
    period: Period
    due_date: date


def obligations(duties: Iterable[Duty], units: Iterable[Unit], as_of: date) -> list[Obligation]:
    """Return all that is owed for periods that ended on or before `as_of`, by units that then existed."""
    known = list(units)
    return [
        Obligation(duty.form, unit.code, period, period.end + timedelta(days=duty.due_days))
        for duty in duties
        for period in periods_between(duty.every, duty.first, min(as_of, duty.last or as_of))
        for unit in known
        if unit.kind is duty.from_kind and unit.is_valid_on(period.end)
    ]

"""The reporting calendar: which form is due from whom for which period and stage, and when."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Literal, Self

import holidays
from holidays.registry import EntityLoader
from pydantic import Field, model_validator

from program.configuration import Model
from program.period import Period, PeriodKind, periods_between
from program.stage import Stage
from program.units import Unit, UnitKind


class WorkingDays(Model):
    """Which days an office works: Monday to Friday without public holidays, and the exceptions a government declares.

    `public_holidays` is a country code of the package `holidays`, which knows Tết, days off in lieu, and swapped Saturdays.
    `closed_days` and `open_days` are those that it does not know, or has wrong.
    """

    public_holidays: str
    closed_days: tuple[date, ...] = ()
    open_days: tuple[date, ...] = ()
    source: str = Field(min_length=1)

    @model_validator(mode="after")
    def _country_is_known(self) -> Self:
        # Not `list_supported_countries`, which imports each of 250 countries.
        if self.public_holidays not in EntityLoader.get_country_codes():
            raise ValueError(f"public_holidays: the package holidays has no {self.public_holidays!r}; Vietnam is VN")
        return self

    @cached_property
    def _public(self) -> holidays.HolidayBase:
        return holidays.country_holidays(self.public_holidays)

    def is_working(self, day: date) -> bool:
        """Tell whether offices work on `day`."""
        if day in self.open_days:
            return True
        return day not in self.closed_days and self._public.is_working_day(day)

    def from_day(self, day: date) -> date:
        """Return `day`, or the next working day where offices are closed on it."""
        while not self.is_working(day):
            day += timedelta(days=1)
        return day

    def after(self, day: date, count: int) -> date:
        """Return the `count`-th working day after `day`."""
        for _ in range(count):
            day = self.from_day(day + timedelta(days=1))
        return day

    def between(self, first: date, last: date) -> int:
        """Return how many working days lie after `first` up to and including `last`; 0 where `last` is not later."""
        return sum(self.is_working(first + timedelta(days=n)) for n in range(1, (last - first).days + 1))


class Due(Model):
    """When a report is due: days or working days after its period ends, or a day of the year (`31/1`).

    `source` says where the deadline comes from; it begins with "unknown" where the province must set it itself.
    """

    days_after: int | None = Field(None, ge=0)
    working_days_after: int | None = Field(None, ge=0)
    day: int | None = Field(None, ge=1, le=31)
    month: int | None = Field(None, ge=1, le=12)
    year: Literal["same", "next"] | None = None
    source: str = Field(min_length=1)

    @model_validator(mode="after")
    def _one_way_of_saying(self) -> Self:
        fixed = (self.day, self.month, self.year)
        ways = [self.days_after is not None, self.working_days_after is not None, all(part is not None for part in fixed)]
        if sum(ways) != 1 or (not ways[2] and any(part is not None for part in fixed)):
            raise ValueError("expected one of days_after, working_days_after, or day with month and year (same or next)")
        if ways[2]:
            date(2023, self.month or 1, self.day or 1)  # ValueError for 31/2, which no year has
        return self

    @property
    def is_known(self) -> bool:
        """Tell whether the deadline has a source."""
        return not self.source.casefold().startswith("unknown")

    def date_for(self, period: Period, working: WorkingDays) -> date:
        """Return the day on which the report of `period` is due: a working day, whatever the calendar says."""
        if self.working_days_after is not None:
            return working.after(period.end, self.working_days_after)
        if self.days_after is not None:
            return working.from_day(period.end + timedelta(days=self.days_after))
        return working.from_day(date(period.year + (self.year == "next"), self.month or 1, self.day or 1))


class Duty(Model):
    """Units of a kind send a form for every period of a kind, at a stage. `source` says who asks for it."""

    form: str
    from_kind: UnitKind
    every: PeriodKind
    stage: Stage = Stage.FINAL
    first: date
    last: date | None = None
    due: Due
    source: str = Field(min_length=1)

    @model_validator(mode="after")
    def _estimates_come_before_the_end(self) -> Self:
        if self.stage is Stage.ESTIMATE and self.due.year != "same":
            raise ValueError(f"duty {self.form}: an estimate is due on a day of the same year")
        return self

    def is_for(self, period: Period) -> bool:
        """Tell whether it asks for a report of this very period."""
        return self.every is period.kind and self.first <= period.end <= (self.last or period.end)


class Calendar(Model):
    """A pack's `calendar.yaml`."""

    working_days: WorkingDays
    duties: tuple[Duty, ...]

    def is_deadline_known(self, form: str, stage: Stage, kind: UnitKind, period: Period) -> bool:
        """Tell whether somebody said when this report is due; False for a placeholder that the pack marks unknown."""
        return self.deadline(form, stage, kind, period) is not None

    def deadline(self, form: str, stage: Stage, kind: UnitKind, period: Period) -> date | None:
        """Return when this report is due, None where that is not known or nobody owes it."""
        asked = (d for d in self.duties if (d.form, d.stage, d.from_kind) == (form, stage, kind) and d.is_for(period))
        return next((duty.due.date_for(period, self.working_days) for duty in asked if duty.due.is_known), None)

    def reporters(self, form: str, day: date) -> frozenset[UnitKind]:
        """Return the kinds of unit that owe `form` for a period that ends on `day`."""
        covering = (d for d in self.duties if d.form == form and d.first <= day <= (d.last or day))
        return frozenset(duty.from_kind for duty in covering)


@dataclass(frozen=True, slots=True)
class Obligation:
    """One report that one unit owes."""

    form_code: str
    unit_code: str
    period: Period
    stage: Stage
    due_date: date


def obligations(calendar: Calendar, units: Iterable[Unit], as_of: date) -> list[Obligation]:
    """Return all that is owed as of a day: final reports of periods that have ended, estimates in the month they are due.

    A unit owes for a period if it existed on the period's last day; an estimate, if it existed on the day it is due.
    """
    known = list(units)
    return [
        Obligation(duty.form, unit.code, period, duty.stage, due_date)
        for duty in calendar.duties
        for period in periods_between(duty.every, duty.first, duty.last or date(as_of.year, 12, 31))
        for due_date in [duty.due.date_for(period, calendar.working_days)]
        for day in [due_date if duty.stage is Stage.ESTIMATE else period.end]
        if (day.replace(day=1) if duty.stage is Stage.ESTIMATE else day) <= as_of
        for unit in known
        if unit.kind is duty.from_kind and unit.is_valid_on(day)
    ]

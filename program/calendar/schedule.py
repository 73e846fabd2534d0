"""The reporting calendar: which form is due from whom, for which period and stage, and when."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Literal, Self

from holidays import HolidayBase
from pydantic import Field, model_validator

from program.calendar.period import Period, PeriodKind, is_within, periods_between
from program.calendar.public_holidays import is_known_country, public_holidays
from program.calendar.stage import Stage
from program.pack.yaml_file import Model
from program.units.unit import Unit, UnitKind
from program.vietnamese import VIETNAM_TIME


class WorkingDays(Model):
    """The days on which offices work: Monday to Friday, without public holidays.

    `public_holidays` is a country code of the package `holidays`. That package knows Tết, days off
    in lieu and swapped Saturdays. `closed_days` and `open_days` are the exceptions that it does not
    know or has wrong; an open day goes before a closed one.
    """

    public_holidays: str
    closed_days: tuple[date, ...] = ()
    open_days: tuple[date, ...] = ()
    source: str = Field(min_length=1)

    @model_validator(mode="after")
    def _check_country(self) -> Self:
        if not is_known_country(self.public_holidays):
            raise ValueError(
                f"public_holidays: the package holidays has no {self.public_holidays!r}; "
                "Vietnam is VN"
            )
        return self

    @cached_property
    def _public(self) -> HolidayBase:
        return public_holidays(self.public_holidays)

    def is_working(self, day: date) -> bool:
        """Tell whether offices work on `day`."""
        if day in self.open_days:
            return True
        if day in self.closed_days:
            return False
        return self._public.is_working_day(day)

    def from_day(self, day: date) -> date:
        """Return the first working day from `day` on, which may be `day` itself."""
        while not self.is_working(day):
            day += timedelta(days=1)
        return day

    def after(self, day: date, count: int) -> date:
        """Return the `count`-th working day after `day`; `day` itself where `count` is 0."""
        for _ in range(count):
            day = self.from_day(day + timedelta(days=1))
        return day

    def between(self, first: date, last: date) -> int:
        """Return the number of working days after `first` up to and including `last`.

        It is 0 where `last` is not later than `first`.
        """
        count = 0
        day = first
        while day < last:
            day += timedelta(days=1)
            if self.is_working(day):
                count += 1
        return count

    def overdue(self, due: date, day: date) -> int:
        """Return by how many working days a due date has passed on `day`; 0 up to the due date.

        It is at least 1 from the next day on: on a closed day right after the due date no working
        day has passed, and the report is late all the same.
        """
        return max(self.between(due, day), 1) if day > due else 0


class Due(Model):
    """When a report is due: days or working days after its period ends, or a fixed day of a year.

    A fixed day is `day` and `month` of the same or the next year: 31/1 of the next. `source` says
    where the deadline comes from. It begins with "unknown" where the province must set the
    deadline.
    """

    days_after: int | None = Field(None, ge=0)
    working_days_after: int | None = Field(None, ge=0)
    day: int | None = Field(None, ge=1, le=31)
    month: int | None = Field(None, ge=1, le=12)
    year: Literal["same", "next"] | None = None
    source: str = Field(min_length=1)

    @model_validator(mode="after")
    def _check_one_way(self) -> Self:
        parts = (self.day, self.month, self.year)
        fixed_day = [part for part in parts if part is not None]
        is_day_incomplete = len(fixed_day) not in (0, 3)
        ways = [self.days_after is not None, self.working_days_after is not None, bool(fixed_day)]
        has_one_way = ways.count(True) == 1
        if is_day_incomplete or not has_one_way:
            raise ValueError(
                "expected one of days_after, working_days_after, "
                "or day with month and year (same or next)"
            )
        return self

    @model_validator(mode="after")
    def _check_fixed_day(self) -> Self:
        if self.day is not None and self.month is not None:
            # Raises ValueError for a day that no common year has, such as 31/2.
            date(2023, self.month, self.day)
        return self

    @property
    def is_known(self) -> bool:
        """Tell whether the deadline has a source."""
        return not self.source.casefold().startswith("unknown")

    def date_for(self, period: Period, working: WorkingDays) -> date:
        """Return the day on which the report of `period` is due; always a working day."""
        if self.working_days_after is not None:
            return working.after(period.end, self.working_days_after)
        if self.days_after is not None:
            last_day = period.end + timedelta(days=self.days_after)
            # A deadline on a day off moves to the next working day.
            return working.from_day(last_day)
        year = period.year
        if self.year == "next":
            year += 1
        fixed_day = date(year, self.month or 1, self.day or 1)
        return working.from_day(fixed_day)


class Duty(Model):
    """All units of a kind send a form for every period of a kind, at one stage.

    It holds for periods that end from `first` to `last`, both included. `last` None: without end.
    `source` says who asks for the reports.
    """

    form: str
    from_kind: UnitKind
    every: PeriodKind
    stage: Stage = Stage.FINAL
    first: date
    last: date | None = None
    due: Due
    source: str = Field(min_length=1)

    @model_validator(mode="after")
    def _check_estimate(self) -> Self:
        # An estimate comes before its year ends, so its day cannot be counted from the end.
        if self.stage is Stage.ESTIMATE and self.due.year != "same":
            raise ValueError(f"duty {self.form}: an estimate is due on a day of the same year")
        return self

    def is_for(self, period: Period) -> bool:
        """Tell whether this duty asks for a report of `period`."""
        return self.every is period.kind and self.covers(period.end)

    def covers(self, day: date) -> bool:
        """Tell whether this duty is in force for a period that ends on `day`."""
        return is_within(day, self.first, self.last)


class IntakeHours(Model):
    """The hours of a working day, in Vietnam, in which what comes is answered at once.

    `from_hour` is included, `until_hour` is not. `source` says who decided it.
    """

    from_hour: int = Field(ge=0, le=23)
    until_hour: int = Field(ge=1, le=24)
    source: str = Field(min_length=1)

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.from_hour >= self.until_hour:
            raise ValueError(
                f"intake: from_hour {self.from_hour} is not before until_hour {self.until_hour}"
            )
        return self


class Calendar(Model):
    """A pack's `calendar.yaml`. Without `intake`, only nightly runs take in what comes."""

    working_days: WorkingDays
    duties: tuple[Duty, ...]
    intake: IntakeHours | None = None

    def no_intake_at(self, instant: datetime) -> str:
        """Return why no intake takes in what comes at an instant; "" if one does."""
        if self.intake is None:
            return "calendar.yaml declares no intake"
        local = instant.astimezone(VIETNAM_TIME)
        if not self.working_days.is_working(local.date()):
            return "closed day"
        if not self.intake.from_hour <= local.hour < self.intake.until_hour:
            return "outside office hours"
        return ""

    def is_deadline_known(
        self,
        form: str,
        stage: Stage,
        kind: UnitKind,
        period: Period,
    ) -> bool:
        """Tell whether a report has a known deadline. A placeholder marked unknown is none."""
        return self.deadline(form, stage, kind, period) is not None

    def deadline(
        self,
        form: str,
        stage: Stage,
        kind: UnitKind,
        period: Period,
    ) -> date | None:
        """Return when a report is due; None where that is not known, or the report is not due."""
        for duty in self._duties_for(form, stage, kind, period):
            if duty.due.is_known:
                return duty.due.date_for(period, self.working_days)
        return None

    def planned(
        self,
        form: str,
        stage: Stage,
        kind: UnitKind,
        period: Period,
    ) -> date | None:
        """Return the day that the calendar has for a report, a placeholder included.

        None where the report is not due.
        """
        for duty in self._duties_for(form, stage, kind, period):
            return duty.due.date_for(period, self.working_days)
        return None

    def _duties_for(
        self,
        form: str,
        stage: Stage,
        kind: UnitKind,
        period: Period,
    ) -> Iterator[Duty]:
        for duty in self.duties:
            is_same_report = (duty.form, duty.stage, duty.from_kind) == (form, stage, kind)
            if is_same_report and duty.is_for(period):
                yield duty

    def reporters(self, form: str, day: date) -> frozenset[UnitKind]:
        """Return the kinds of unit that must send `form` for a period that ends on `day`."""
        duties = (duty for duty in self.duties if duty.form == form)
        return frozenset(duty.from_kind for duty in duties if duty.covers(day))


@dataclass(frozen=True, slots=True)
class Obligation:
    """One report that is due from one unit."""

    form_code: str
    unit_code: str
    period: Period
    stage: Stage
    due_date: date


def obligations(
    calendar: Calendar,
    units: Iterable[Unit],
    as_of: date,
) -> list[Obligation]:
    """Return all reports that units must send, as of a day.

    A final report counts from the last day of its period, an estimate from the first day of the
    month in which it is due. The unit must exist on the last day of the period; for an estimate, on
    the day on which it is due.
    """
    all_units = list(units)
    found: list[Obligation] = []
    for duty in calendar.duties:
        reporters = [unit for unit in all_units if unit.kind is duty.from_kind]
        found += _obligations_of(duty, reporters, calendar.working_days, as_of)
    return found


def _obligations_of(
    duty: Duty,
    reporters: list[Unit],
    working: WorkingDays,
    as_of: date,
) -> Iterator[Obligation]:
    last = duty.last or date(as_of.year, 12, 31)
    for period in periods_between(duty.every, duty.first, last):
        due_date = duty.due.date_for(period, working)
        # An estimate is asked for before its period ends: only its due date tells when.
        if duty.stage is Stage.ESTIMATE:
            reporting_day = due_date
            counts_from = due_date.replace(day=1)
        else:
            reporting_day = period.end
            counts_from = period.end
        if as_of < counts_from:
            continue
        for unit in reporters:
            # A district that was dissolved within the period leaves its report to its successors.
            if unit.is_valid_on(reporting_day):
                yield Obligation(duty.form, unit.code, period, duty.stage, due_date)

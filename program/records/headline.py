"""Of the same figures of several periods, the ones that leaders read first."""

from collections.abc import Iterable
from datetime import date
from typing import Protocol, TypeVar

from program.calendar.period import Period
from program.calendar.stage import Stage
from program.pack.pack import Program


class FigureOfPeriod(Protocol):
    """A row of a mart: a figure of a period, reported by a unit or summed over those below."""

    @property
    def period(self) -> str:
        """The period's code."""

    @property
    def stage(self) -> Stage:
        """Estimate or final."""

    @property
    def basis(self) -> str:
        """`reported` where it is the unit's own report."""

    @property
    def reported(self) -> int:
        """How many reports are in it."""

    @property
    def expected(self) -> int:
        """How many reports are due or came."""


FigureRow = TypeVar("FigureRow", bound=FigureOfPeriod)


def headline(rows: Iterable[FigureRow], program: Program, day: date) -> FigureRow | None:
    """Return the row of the latest period that stands for the whole; None if nothing was reported.

    As `is_headline` of `mart_progress`, it is final, of a period that has ended by `day`, and the
    unit's own report or a sum of enough reports. Where no period has enough reports, it is the
    latest one: whoever shows it says how many have reported.
    """

    def order(row: FigureRow) -> tuple[object, ...]:
        is_own_report = row.basis == "reported"
        is_whole = is_own_report or program.is_enough(row.reported, row.expected)
        return is_whole, Period.parse(row.period).end_order, is_own_report

    settled = []
    for row in rows:
        has_ended = Period.parse(row.period).end <= day
        if row.stage is Stage.FINAL and row.reported and has_ended:
            settled.append(row)
    return max(settled, key=order, default=None)

"""How many of the reports that are due came, and came in time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from program.records.query_rows import ReportingRow
from program.records.report_state import is_past_due, state_of


@dataclass(frozen=True, slots=True)
class Rates:
    """The reporting rates of DHIS2, as `mart_punctuality` has them (docs/marts.md).

    `expected` reports were due, `actual` of them came, `on_time` of them by the due date;
    `accepted` of them count.
    """

    expected: int
    actual: int
    on_time: int
    accepted: int

    @property
    def rate(self) -> float | None:
        """The share that came, in per cent; None if nothing was due."""
        return self._percent(self.actual)

    @property
    def on_time_rate(self) -> float | None:
        """The share that came by the due date, in per cent; None if nothing was due."""
        return self._percent(self.on_time)

    def _percent(self, part: int) -> float | None:
        return 100 * part / self.expected if self.expected else None


def rates_of(rows: Iterable[ReportingRow], day: date) -> Rates:
    """Return the rates of the reports whose due date is before `day`."""
    due = [row for row in rows if is_past_due(row, day)]
    came = [row for row in due if row.verdict is not None]
    return Rates(
        expected=len(due),
        actual=len(came),
        on_time=sum(row.is_timely for row in came),
        accepted=sum(state_of(row, day).is_accepted for row in came),
    )

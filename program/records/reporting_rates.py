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
    counts = [_counts(row, day) for row in rows if is_past_due(row, day)]
    return Rates(
        expected=sum(each.expected for each in counts),
        actual=sum(each.actual for each in counts),
        on_time=sum(each.on_time for each in counts),
        accepted=sum(each.accepted for each in counts),
    )


def _counts(row: ReportingRow, day: date) -> Rates:
    """Return a report that is due as counts of 0 or 1; of a province, those of its units."""
    parts = row.parts
    if parts is not None:
        return Rates(parts.due, parts.received, parts.timely, parts.accepted)
    came = row.verdict is not None
    is_accepted = came and state_of(row, day).is_accepted
    return Rates(1, int(came), int(came and row.is_timely), int(is_accepted))

"""Summary of the targets: each indicator with a target beside the province's latest figure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from program.calendar.period import Period
from program.pack.catalogue import Indicator
from program.pack.load import Pack
from program.records.query_rows import ProgressRow

_NO_DATA = "no_data"
"""The status of a target without a figure; the other statuses are those of `mart_progress`."""


@dataclass(frozen=True, slots=True)
class TargetLine:
    """An indicator with a target, and its latest figure. A missing figure is None."""

    indicator: Indicator
    row: ProgressRow | None

    @property
    def status(self) -> str:
        """The target's status in the words of `mart_progress` (docs/marts.md)."""
        return self.row.status if self.row else _NO_DATA


def target_summary(rows: Sequence[ProgressRow], pack: Pack) -> list[TargetLine]:
    """Return a line for each indicator with a target, in the pack's order.

    Of several figures the one of the latest period counts; of one period the unit's own report
    comes before a sum of the units below it.
    """
    latest: dict[str, ProgressRow] = {}
    for row in sorted(rows, key=_order):
        latest[row.indicator_code] = row
    with_target = [indicator for indicator in pack.indicators if indicator.targets]
    return [TargetLine(indicator, latest.get(indicator.code)) for indicator in with_target]


def status_counts(lines: Iterable[TargetLine]) -> dict[str, int]:
    """Return how many targets have each status."""
    return dict(Counter(line.status for line in lines))


def _order(row: ProgressRow) -> tuple[date, bool]:
    is_own_report = row.basis == "reported"
    return Period.parse(row.period).end, is_own_report

"""Summary of the targets: each indicator with a target beside the province's latest figure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from program.answers import ProgressRow
from program.catalogue import Indicator
from program.pack import Pack
from program.period import Period

_NO_DATA = "no_data"
"""The status of a target without a figure; the other statuses are those of `mart_progress`."""


@dataclass(frozen=True, slots=True)
class Against:
    """An indicator with a target, and its latest figure; None where there is none."""

    indicator: Indicator
    row: ProgressRow | None

    @property
    def status(self) -> str:
        """The target's status in the words of `mart_progress` (docs/marts.md)."""
        return self.row.status if self.row else _NO_DATA


def at_a_glance(rows: Sequence[ProgressRow], pack: Pack) -> list[Against]:
    """Return a line for each indicator with a target, in the pack's order.

    Of several figures the one of the latest period counts; of one period the unit's own report
    comes before a sum of the units below it.
    """
    latest: dict[str, ProgressRow] = {}
    for row in sorted(rows, key=_order):
        latest[row.indicator_code] = row
    with_target = [indicator for indicator in pack.indicators if indicator.targets]
    return [Against(indicator, latest.get(indicator.code)) for indicator in with_target]


def status_counts(lines: Iterable[Against]) -> dict[str, int]:
    """Return how many targets have each status."""
    return dict(Counter(line.status for line in lines))


def _order(row: ProgressRow) -> tuple[date, bool]:
    is_own_report = row.basis == "reported"
    return Period.parse(row.period).end, is_own_report

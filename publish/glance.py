"""The province at a glance: each target, and the latest figure that stands against it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from program.answers import ProgressRow
from program.catalogue import Indicator
from program.pack import Pack
from program.period import Period


@dataclass(frozen=True, slots=True)
class Against:
    """An indicator that has a target, and the latest figure of it; None where there is none."""

    indicator: Indicator
    row: ProgressRow | None

    @property
    def status(self) -> str:
        """How it stands, as `mart_progress` says it: docs/marts.md."""
        return self.row.status if self.row else "no_data"


def at_a_glance(rows: Sequence[ProgressRow], pack: Pack) -> list[Against]:
    """Return a line for each indicator with a target, in the pack's order.

    Of two figures the later one stands, of one period the unit's own report before a sum of those below it.
    """
    latest: dict[str, ProgressRow] = {}
    for row in sorted(rows, key=_order):
        latest[row.indicator_code] = row
    return [Against(indicator, latest.get(indicator.code)) for indicator in pack.indicators if indicator.targets]


def status_counts(lines: Iterable[Against]) -> dict[str, int]:
    """Return how many targets stand how."""
    return dict(Counter(line.status for line in lines))


def _order(row: ProgressRow) -> tuple[object, ...]:
    return Period.parse(row.period).end, row.basis == "reported"

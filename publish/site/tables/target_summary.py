"""Summary of the targets: each indicator with a target beside the province's figures."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from program.calendar.period import Period
from program.pack.catalogue import Indicator
from program.pack.pack import Pack
from program.records.query_rows import ProgressRow
from program.records.target_status import TargetStatus


@dataclass(frozen=True, slots=True)
class TargetLine:
    """An indicator with a target, its headline figure and what came after that.

    `row` is the newest figure that is final and from enough units. `newer` is the latest figure of
    a later period or of a sum that is still thin; it never counts as achieved or behind. Both are
    None where there is none.
    """

    indicator: Indicator
    row: ProgressRow | None
    newer: ProgressRow | None = None

    @property
    def status(self) -> TargetStatus:
        """The status of its headline, of a target without one whether it has any figure."""
        if self.row is not None:
            return self.row.status
        return TargetStatus.PARTIAL if self.newer else TargetStatus.NO_DATA

    @property
    def is_verified(self) -> bool:
        """Tell whether a source confirms the target, or all of them where there is no figure."""
        if self.row is not None and self.row.target_tag is not None:
            return self.row.target_tag.is_verified
        return all(target.tag.is_verified for target in self.indicator.targets)


def target_summary(rows: Sequence[ProgressRow], pack: Pack) -> list[TargetLine]:
    """Return a line for each indicator with a target, in the pack's order.

    Of several newer figures the one of the latest period counts; of one period the unit's own
    report comes before a sum of the units below it.
    """
    headlines = {row.indicator_code: row for row in rows if row.is_headline}
    latest: dict[str, ProgressRow] = {}
    for row in sorted(rows, key=_order):
        latest[row.indicator_code] = row
    lines = []
    for indicator in pack.indicators:
        if indicator.targets:
            headline = headlines.get(indicator.code)
            newer = _newer(latest.get(indicator.code), headline)
            lines.append(TargetLine(indicator, headline, newer))
    return lines


def status_counts(lines: Iterable[TargetLine]) -> dict[TargetStatus, int]:
    """Return how many targets have each status that occurs, in the order of the statuses."""
    counts = Counter(line.status for line in lines)
    return {status: counts[status] for status in TargetStatus if counts[status]}


def _newer(row: ProgressRow | None, headline: ProgressRow | None) -> ProgressRow | None:
    """Return the latest figure if its period ends after the headline's; None else."""
    if row is None or headline is None:
        return row
    is_later = Period.parse(row.period).end > Period.parse(headline.period).end
    return row if is_later else None


def _order(row: ProgressRow) -> tuple[date, bool]:
    is_own_report = row.basis == "reported"
    return Period.parse(row.period).end, is_own_report

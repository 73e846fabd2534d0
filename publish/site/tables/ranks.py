"""The place of a unit's figure among those of its peers."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Iterable

from program.records.query_rows import ProgressRow


class Ranks:
    """The figures of each indicator, period and group of peers, in order.

    `group_of` gives the peers of a unit by its code. They are put in order once: to compare each
    unit with all others took most of the time of a country's pages.
    """

    def __init__(self, rows: Iterable[ProgressRow], group_of: Callable[[str], Hashable]) -> None:
        self._group_of = group_of
        self._in_order: dict[Hashable, list[float]] = {}
        for row in rows:
            # A sum of a few units is no figure of the whole.
            if row.actual is not None and row.is_enough:
                self._in_order.setdefault(self._key(row), []).append(row.actual)
        for figures in self._in_order.values():
            figures.sort()

    def of(self, row: ProgressRow, *, is_up: bool) -> tuple[int, int] | None:
        """Return the place of a row, 1 for the best, and how many there are.

        Equal figures have the same place. None if the unit has no figure, one of too few of its
        own units, or no peer.
        """
        figures = self._in_order.get(self._key(row), [])
        if row.actual is None or not row.is_enough or len(figures) < 2:
            return None
        if is_up:
            better = len(figures) - bisect_right(figures, row.actual)
        else:
            better = bisect_left(figures, row.actual)
        return better + 1, len(figures)

    def _key(self, row: ProgressRow) -> Hashable:
        return row.indicator_code, row.period, self._group_of(row.unit_code)

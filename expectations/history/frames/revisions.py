"""A new version that may be about another period than its title says.

An officer who copies last year's workbook may leave the year in its title. The report then comes as
a new version of a report accepted long ago, with other figures throughout, while the report of the
period just ended is missing. It must not replace the accepted one before somebody confirms it.
"""

from datetime import date

import numpy as np

from expectations.history.comparable import ComparableIndex
from expectations.history.grid import FigureGrid
from expectations.history.reports import HistoryReport, ReportHistory
from expectations.history.spread import Floats, integers
from program.calendar.period import Period
from program.forms.form import Form
from program.pack.pack import Pack
from program.vietnamese import vietnam_day

NOT_REVISED: tuple[object, ...] = (0, 0, "", "")
"""The columns of a report that is no such version."""

_FEWEST_CHANGED = 5
_NEARLY_ALL = 0.8
"""So many figures, and this share of them, differ from the version that is replaced."""
_DAYS_AFTER = 60
"""A version that comes sooner after the end of its period is a usual correction."""


def revision_columns(
    form: Form,
    grid: FigureGrid,
    index: int,
    memory: ReportHistory,
    comparables: ComparableIndex,
    pack: Pack,
) -> tuple[object, ...] | None:
    """Return `revised`, `revised_of`, `revised_period` and `due_period` of the report at `index`.

    They are the number of figures that differ, the number that was compared, the period of the
    report and the one that a report is missing of. None where nothing points to another period.
    """
    report = memory.reports[index]
    replaced = comparables.of(index).replaced
    # The first report of a period replaces nothing that could be lost.
    if replaced is None:
        return None
    due = _missing_period(form, report, index, memory, comparables, pack)
    if due is None:
        return None
    now, before = _changing_figures(grid, index, replaced)
    changed = int(np.count_nonzero(now != before))
    is_nearly_all = changed >= max(_FEWEST_CHANGED, _NEARLY_ALL * len(now))
    if not is_nearly_all or _is_other_measure(now, before):
        return None
    return changed, len(now), report.period.label, due.label


def _missing_period(
    form: Form,
    report: HistoryReport,
    index: int,
    memory: ReportHistory,
    comparables: ComparableIndex,
    pack: Pack,
) -> Period | None:
    """Return the period that had just ended when the report arrived, if its own is still missing.

    None where that is the report's own period, or where its unit has no report to send for it.
    """
    received_on = vietnam_day(report.received_at)
    if (received_on - report.period.end).days < _DAYS_AFTER:
        return None
    due = _last_ended(report.period, received_on)
    if due == report.period:
        return None
    reported = {memory.reports[other].period for other in comparables.of(index).others}
    if due in reported:
        return None
    # A unit that has ended, or a form that is no longer in force, has nothing missing.
    if not pack.units.get(report.unit, due.end) or not pack.form(form.code, due):
        return None
    return due


def _last_ended(period: Period, day: date) -> Period:
    """Return the last period as long as `period`, from it on, that ended before `day`."""
    following = period.moved(1)
    while following.end < day:
        period, following = following, following.moved(1)
    return period


def _changing_figures(grid: FigureGrid, index: int, replaced: int) -> tuple[Floats, Floats]:
    """Return the figures of both versions that should differ between periods, 0 where missing.

    Cumulative figures differ; where a form has none, all do. A figure that is 0 in both is left
    out.
    """
    given = grid.given(integers([index, replaced]))
    can_change = np.array([figure.cumulative is not None for figure in grid.figures], dtype=bool)
    if not can_change.any():
        can_change[:] = True
    # A sum that changes only repeats the change of its part.
    is_typed = np.array([figure.is_typed for figure in grid.figures], dtype=bool)
    is_counted = can_change & is_typed
    pairs = np.unique(given.pairs[is_counted[given.codes]])
    own = np.full(len(pairs), index)
    earlier = np.full(len(pairs), replaced)
    now = np.nan_to_num(grid.values(own, pairs))
    before = np.nan_to_num(grid.values(earlier, pairs))
    is_known = (now != 0) | (before != 0)
    return now[is_known], before[is_known]


def _is_other_measure(now: Floats, before: Floats) -> bool:
    """Tell whether most figures changed by one power of ten: a corrected unit of measure."""
    has_both = (now > 0) & (before > 0)
    if not has_both.any():
        return False
    ratios = now[has_both] / before[has_both]
    powers = np.log10(ratios)
    usual = np.round(np.median(powers))
    # Within 5 %: a figure may be rounded in the other unit of measure.
    is_usual = np.abs(powers - usual) < np.log10(1.05)
    return bool(usual != 0 and is_usual.mean() >= _NEARLY_ALL)

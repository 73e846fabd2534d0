"""The grid in which one figure is met again in many reports: what is in it, and what takes no room."""

import tracemalloc
from datetime import UTC, datetime

import numpy as np
import pandas as pd

from expectations.history.grid import FigureGrid
from expectations.history.reports import HistoryReport, ReportHistory
from program.calendar.period import Period
from program.calendar.stage import Stage
from program.forms.elements import FormElement
from program.units.register import UnitKind

REPORTS, LINES = 200, 60
FIGURES = {"paid": FormElement("paid", "Đã giải ngân", "triệu đồng", is_line=True)}


def memory_of(keys: list[list[str]]) -> ReportHistory:
    """Reports with a line of value 1, 2 … for each of their keys."""
    now, period = datetime(2025, 1, 20, tzinfo=UTC), Period.parse("2024-Q4")
    reports = tuple(
        HistoryReport(n, str(n), UnitKind.DISTRICT, period, Stage.FINAL, now, n, n, loads=True)
        for n in range(len(keys))
    )
    lines = [
        (place, "paid", key, row, float(row))
        for place, own in enumerate(keys)
        for row, key in enumerate(own, 1)
    ]
    values = pd.DataFrame.from_records(lines, columns=["report", "element", "key", "row", "value"])
    return ReportHistory(reports, values, {}, {})


def test_a_line_is_met_again_in_each_report_that_has_its_key() -> None:
    grid = FigureGrid(FIGURES, memory_of([["a", "b"], ["b", "c"], ["d", "", "b"]]))
    own = grid.given(0)
    rows = grid.rows("peers", range(3), [1, 2], own.pairs)
    np.testing.assert_array_equal(rows, [[np.nan, 1.0], [np.nan, 3.0]])


def test_lines_that_one_report_alone_has_take_no_room() -> None:
    grid = FigureGrid(
        FIGURES, memory_of([[f"{n}-{line}" for line in range(LINES)] for n in range(REPORTS)])
    )
    tracemalloc.start()
    rows = grid.rows("peers", range(REPORTS), range(1, REPORTS), grid.given(0).pairs)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert np.isnan(rows).all()
    # A column a line would be a float for each of 12,000 lines in each of 200 reports: 19 MB.
    assert peak < 5_000_000

"""The grid in which one figure is met again in many reports: what is in it, and what takes no room."""

import tracemalloc
from datetime import UTC, datetime

import numpy as np
import pandas as pd

from expectations.history.grid import NO_REPORT, FigureGrid
from expectations.history.reports import HistoryReport, ReportHistory
from program.calendar.period import Period
from program.calendar.stage import Stage
from program.forms.elements import FormElement
from program.units.unit import UnitKind

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
    own = grid.given(np.array([0]))
    others = np.array([[1], [2]])
    np.testing.assert_array_equal(grid.values(others, own.pairs), [[np.nan, 1.0], [np.nan, 3.0]])


def test_a_line_without_a_key_is_met_nowhere() -> None:
    grid = FigureGrid(FIGURES, memory_of([["", "a"], ["", "a"]]))
    own = grid.given(np.array([0]))
    np.testing.assert_array_equal(grid.values(np.array([1]), own.pairs), [np.nan, 2.0])


def test_no_report_has_no_values() -> None:
    grid = FigureGrid(FIGURES, memory_of([["a"], ["a"]]))
    own = grid.given(np.array([0]))
    assert np.isnan(grid.values(np.array([NO_REPORT]), own.pairs)).all()


def test_the_figures_of_some_reports_stand_report_by_report() -> None:
    grid = FigureGrid(FIGURES, memory_of([["a", "b"], ["c"], ["d", "e", "f"]]))
    given = grid.given(np.array([2, 0]))
    assert given.askers.tolist() == [0, 0, 0, 1, 1]
    assert given.reports.tolist() == [2, 2, 2, 0, 0]
    assert given.counts.tolist() == [0, 1, 2, 0, 1]
    assert given.keys.tolist() == ["d", "e", "f", "a", "b"]


def test_lines_that_one_report_alone_has_take_no_place() -> None:
    grid = FigureGrid(
        FIGURES, memory_of([[f"{n}-{line}" for line in range(LINES)] for n in range(REPORTS)])
    )
    peers = np.arange(1, REPORTS)[:, np.newaxis]
    is_shown = np.ones((1, REPORTS), dtype=bool)
    is_shown[0, 0] = False
    tracemalloc.start()
    own = grid.given(np.array([0]))
    values = grid.values(peers, own.pairs)
    spread = grid.met_again(own.pairs).spread(is_shown, own.askers, own.pairs)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert np.isnan(values).all()
    assert not spread.points.any()
    # A column a line would be a float for each of 12,000 lines in each of 200 reports: 19 MB.
    assert peak < 5_000_000

"""The frames that rules check: one for each table of a form version, and one for its submissions.

Each holds all parsed reports of a batch.
"""

from collections.abc import Mapping, Sequence, Set

import numpy as np
import pandas as pd

from expectations.findings.cells import COUNTS_KNOWN, SUBMISSION
from program.calendar.period import Period
from program.forms.form import Form
from program.forms.measure import MEASURES_OF_COUNTS
from program.forms.table import Table
from program.parsed_report import ParsedReport, ParsedTable, frame_of, summarise
from program.units.counts import UnitCounts, UnitSize

INDEX = ("submission_id", "row")

_UNKNOWN = float("nan")


def batch_frames(
    form: Form,
    readings: Sequence[tuple[int, ParsedReport]],
    counts: UnitCounts | None = None,
) -> dict[str, pd.DataFrame]:
    """Return a frame per table of `form`, and one named `submission`, over all `readings`.

    Every frame has the index columns `submission_id` (the number of the reading) and `row`, and
    `period_start` and `period_end` (NaT where the period is unknown). Table frames are those of
    `program.parsed_report`. The submission frame has row 0, and one float column per matrix
    element and list summary. A summary of a list without lines is unknown, not 0. Its columns
    `communes_known`, `hamlets_known` … are what `counts` has for the report's unit; unknown
    without `counts`. The frame of a table has those of the measures of its columns.
    """
    frames = {table.name: _table_frame(table, readings) for table in form.tables}
    rows = [_submission_row(form, number, reading) for number, reading in readings]
    frames[SUBMISSION] = pd.DataFrame.from_records(rows)
    for frame in frames.values():
        _add_period(frame, readings)
    _add_counts(form, frames, readings, counts)
    return frames


def _table_frame(table: Table, readings: Sequence[tuple[int, ParsedReport]]) -> pd.DataFrame:
    numbers: list[int] = []
    tables: list[ParsedTable] = []
    for number, reading in readings:
        if table.name in reading.tables:
            numbers.append(number)
            tables.append(reading.tables[table.name])
    if not tables:
        return pd.DataFrame(columns=["submission_id", "sheet", "row", "line", *table.dtypes])
    frame = frame_of(tables)
    row_counts = [len(read.rows) for read in tables]
    frame["submission_id"] = np.repeat(numbers, row_counts)
    return frame


def _submission_row(form: Form, number: int, reading: ParsedReport) -> dict[str, float]:
    row: dict[str, float] = {"submission_id": number, "row": 0}
    for table in form.tables:
        read = reading.tables.get(table.name)
        row |= _element_figures(table, read)
        for name, summary in table.summaries.items():
            row[name] = _UNKNOWN
            if read is not None:
                row[name] = summarise(read, summary)
    return row


def _element_figures(table: Table, read: ParsedTable | None) -> dict[str, float]:
    """Return the figure of each numeric element of a matrix; NaN where it is unknown."""
    positions: dict[str, int] = {}
    if read is not None and table.kind == "matrix":
        positions = {line: position for position, line in enumerate(read.lines)}
    figure_of_blank = _figure_of_blank_line(table, positions)
    unknown = _lines_unknown_if_blank(table, positions)
    figures: dict[str, float] = {}
    for name, (column, line) in table.elements.items():
        if not column.type.is_numeric:
            continue
        figures[name] = figure_of_blank
        if line.key in unknown:
            figures[name] = _UNKNOWN
        if read is not None and line.key in positions:
            position = positions[line.key]
            figure = read.values[column.name][position]
            if isinstance(figure, float):
                figures[name] = figure
    return figures


def _figure_of_blank_line(table: Table, positions: Mapping[str, int]) -> float:
    """Return what a line without figures stands for: 0, or NaN where no line has figures.

    A line left empty says that there is nothing there, as long as other lines say that there is
    something elsewhere. The same holds for a project's line where the lines of its sub-projects
    are empty too. A line that must be there (`total`) does not say where something is.
    """
    required = {line.key for line in table.lines if line.total}
    filled_by_choice = positions.keys() - required
    if not filled_by_choice:
        return _UNKNOWN
    return 0.0


def _lines_unknown_if_blank(table: Table, positions: Mapping[str, int]) -> Set[str]:
    """Return the lines that are unknown where they have no figures, not 0.

    These are a line that must be there, a line with a given part, and each part of a line with
    figures that nobody split: whoever gives a project's figure and leaves out all its sub-projects
    does not say that they are 0, which would contradict the project's figure.
    """
    unknown: set[str] = set()
    for line in table.lines:
        has_given_part = not positions.keys().isdisjoint(line.parts)
        if line.total or has_given_part:
            unknown.add(line.key)
        if line.key in positions and not has_given_part:
            unknown.update(line.parts)
    return unknown


def _add_counts(
    form: Form,
    frames: Mapping[str, pd.DataFrame],
    readings: Sequence[tuple[int, ParsedReport]],
    counts: UnitCounts | None,
) -> None:
    """Add to each frame what is known of the size of the reports' units."""
    measures: dict[str, set[str]] = {}
    for table in form.tables:
        measures[table.name] = {column.measure for column in table.columns}
    for name, counted in COUNTS_KNOWN.items():
        known = {number: _known(reading, counted, counts) for number, reading in readings}
        measure = MEASURES_OF_COUNTS.get(counted)
        for frame_name, frame in frames.items():
            if frame_name == SUBMISSION or measure in measures[frame_name]:
                frame[name] = frame["submission_id"].map(known).astype("float64")


def _known(reading: ParsedReport, counted: UnitSize, counts: UnitCounts | None) -> float:
    """Return the most that the unit of a report can have; NaN where nobody knows."""
    if counts is None or reading.unit_code is None or reading.period is None:
        return _UNKNOWN
    most = counts.most(reading.unit_code, reading.period.end, counted)
    return _UNKNOWN if most is None else most


def _add_period(frame: pd.DataFrame, readings: Sequence[tuple[int, ParsedReport]]) -> None:
    periods: dict[int, Period] = {}
    for number, reading in readings:
        if reading.period is not None:
            periods[number] = reading.period
    starts = {number: period.start for number, period in periods.items()}
    ends = {number: period.end for number, period in periods.items()}
    for name, day_by_number in (("period_start", starts), ("period_end", ends)):
        days = frame["submission_id"].map(day_by_number)
        # Without a period in the whole batch, the column still has the type of a date.
        frame[name] = pd.to_datetime(days).astype("datetime64[us]")

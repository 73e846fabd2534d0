"""The frames that rules check: one for each table of a form version, and one for its submissions.

Each holds all parsed reports of a batch.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from expectations.findings.cells import COMMUNES_KNOWN, SUBMISSION
from program.calendar.period import Period
from program.forms.form import Form
from program.forms.table import Table
from program.parsed_report import ParsedReport, ParsedTable, frame_of, summarise
from program.units.register import UnitKind, UnitRegister

INDEX = ("submission_id", "row")

_UNKNOWN = float("nan")


def batch_frames(
    form: Form,
    readings: Sequence[tuple[int, ParsedReport]],
    units: UnitRegister | None = None,
) -> dict[str, pd.DataFrame]:
    """Return a frame per table of `form`, and one named `submission`, over all `readings`.

    Every frame has the index columns `submission_id` (the number of the reading) and `row`, and
    `period_start` and `period_end` (NaT where the period is unknown). Table frames are those of
    `program.parsed_report`. The submission frame has row 0, and one float column per matrix
    element and list summary. A summary of a list without lines is unknown, not 0. Its column
    `communes_known` is the number of communes that `units` has for the report's unit; unknown
    without `units`.
    """
    frames = {table.name: _table_frame(table, readings) for table in form.tables}
    rows = [_submission_row(form, number, reading) for number, reading in readings]
    frames[SUBMISSION] = pd.DataFrame.from_records(rows)
    communes = [_communes_known(reading, units) for _, reading in readings]
    frames[SUBMISSION][COMMUNES_KNOWN] = np.array(communes, dtype=np.float64)
    for frame in frames.values():
        _add_period(frame, readings)
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
    frame["submission_id"] = np.repeat(numbers, [len(read.rows) for read in tables])
    return frame


def _submission_row(form: Form, number: int, reading: ParsedReport) -> dict[str, float]:
    row: dict[str, float] = {"submission_id": number, "row": 0}
    for table in form.tables:
        read = reading.tables.get(table.name)
        row |= _element_figures(table, read)
        for name, summary in table.summaries.items():
            row[name] = summarise(read, summary) if read else _UNKNOWN
    return row


def _element_figures(table: Table, read: ParsedTable | None) -> dict[str, float]:
    """Return the figure of each numeric element of a matrix; NaN where it is unknown."""
    positions: dict[str, int] = {}
    if read is not None and table.kind == "matrix":
        positions = {line: position for position, line in enumerate(read.lines)}
    figure_of_blank = _figure_of_blank_line(table, positions)
    figures: dict[str, float] = {}
    for name, (column, line) in table.elements.items():
        if not column.type.is_numeric:
            continue
        # Without a figure, a line that must be there is unknown, and so is one with given parts.
        is_unknown = line.total or any(part in positions for part in line.parts)
        figures[name] = _UNKNOWN if is_unknown else figure_of_blank
        if read is not None and line.key in positions:
            figure = read.values[column.name][positions[line.key]]
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
    return 0.0 if positions.keys() - required else _UNKNOWN


def _communes_known(reading: ParsedReport, units: UnitRegister | None) -> float:
    """Return how many communes the unit has at the end of the period; NaN where unknown."""
    if units is None or reading.unit_code is None or reading.period is None:
        return _UNKNOWN
    day = reading.period.end
    unit = units.get(reading.unit_code, day)
    if unit is None:
        return _UNKNOWN
    if unit.kind is UnitKind.COMMUNE:
        return 1.0
    below = units.children(unit.code, day)
    districts = [child for child in below if child.kind is not UnitKind.COMMUNE]
    communes = len(below) - len(districts)
    communes += sum(len(units.children(district.code, day)) for district in districts)
    return float(communes) if communes else _UNKNOWN


def _add_period(frame: pd.DataFrame, readings: Sequence[tuple[int, ParsedReport]]) -> None:
    periods: dict[int, Period] = {}
    for number, reading in readings:
        if reading.period is not None:
            periods[number] = reading.period
    starts = {number: period.start for number, period in periods.items()}
    ends = {number: period.end for number, period in periods.items()}
    for name, days in (("period_start", starts), ("period_end", ends)):
        frame[name] = pd.to_datetime(frame["submission_id"].map(days)).astype("datetime64[us]")

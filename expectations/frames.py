"""The batches: all readings of one form version as one frame a table, and one frame with a row a submission."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from expectations.places import SUBMISSION
from program.form import Form
from program.reading import Reading, frame_of, summarise
from program.table import Table

INDEX = ("submission_id", "row")


def batch_frames(form: Form, readings: Sequence[tuple[int, Reading]]) -> dict[str, pd.DataFrame]:
    """Return a frame per table of `form`, and one named `submission`, over all `readings` with their numbers.

    Every frame has the index columns `submission_id` and `row`, and `period_start` and `period_end` (NaT where the
    period is unknown). Table frames are those of `program.reading`; the submission frame has row 0 and one float
    column per matrix element and list summary. A summary of a list without lines is unknown, not 0.
    """
    frames = {table.name: _table_frame(table, readings) for table in form.tables}
    frames[SUBMISSION] = pd.DataFrame.from_records([_submission_row(form, n, r) for n, r in readings])
    for frame in frames.values():
        _add_period(frame, readings)
    return frames


def _table_frame(table: Table, readings: Sequence[tuple[int, Reading]]) -> pd.DataFrame:
    found = [(number, reading.tables[table.name]) for number, reading in readings if table.name in reading.tables]
    if not found:
        return pd.DataFrame(columns=["submission_id", "sheet", "row", "line", *table.dtypes])
    frame = frame_of([read for _, read in found])
    frame["submission_id"] = np.repeat([number for number, _ in found], [len(read.rows) for _, read in found])
    return frame


def _submission_row(form: Form, number: int, reading: Reading) -> dict[str, float]:
    row: dict[str, float] = {"submission_id": number, "row": 0}
    for table in form.tables:
        read = reading.tables.get(table.name)
        places = {line: at for at, line in enumerate(read.lines)} if read and table.kind == "matrix" else {}
        # A line left empty says that there is nothing there, as long as others say that there is something elsewhere. So does
        # a project's line where those of its sub-projects are empty too.
        nothing = 0.0 if places.keys() - {line.key for line in table.lines if line.total} else float("nan")
        for name, (column, line) in table.elements.items():
            if column.type.is_numeric:
                is_unknown = line.total or any(part in places for part in line.parts)
                empty = float("nan") if is_unknown else nothing
                figure = read.values[column.name][places[line.key]] if read and line.key in places else empty
                row[name] = figure if isinstance(figure, float) else empty
        for name, summary in table.summaries.items():
            row[name] = summarise(read, summary) if read else float("nan")
    return row


def _add_period(frame: pd.DataFrame, readings: Sequence[tuple[int, Reading]]) -> None:
    periods = {n: r.period for n, r in readings if r.period is not None}
    for name, days in (
        ("period_start", {n: p.start for n, p in periods.items()}),
        ("period_end", {n: p.end for n, p in periods.items()}),
    ):
        frame[name] = pd.to_datetime(frame["submission_id"].map(days)).astype("datetime64[us]")

"""The values of reports in one shape, from the facts of the warehouse and the frames of a batch.

Everywhere, the column `report` is an index into the reports of the history.
"""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from expectations.findings.cells import SUBMISSION
from program.forms.form import Form
from program.forms.table import Column, ColumnType, Table
from program.labels import fold

VALUE_COLUMNS = ("report", "element", "key", "row", "value")
"""A row for each figure.

`row` is the row of the sheet for a figure of this batch and the line's for one of a list; else 0.
"""


def figures_of_facts(facts: pd.DataFrame) -> pd.DataFrame:
    """Return the figures of a report as a whole: elements of matrices, and summaries of lists."""
    chosen = facts[(facts["line"] == 0) & facts["value"].notna()]
    return chosen[["report", "element", "value"]].assign(key="", row=0)[list(VALUE_COLUMNS)]


def figures_of_frames(
    form: Form, frames: Mapping[str, pd.DataFrame], places: Mapping[int, int]
) -> Iterator[pd.DataFrame]:
    """Yield the same figures of a batch, one frame for each column.

    `places` gives the index of the report of each submission.
    """
    for table in form.tables:
        if table.kind == "matrix":
            frame = _placed(frames[table.name], places)
            for column in table.columns:
                if column.type.is_numeric:
                    given = frame[frame[column.name].notna()]
                    element = column.name + "_" + given["line"].astype(str)
                    yield _values(given, element, given[column.name])
        frame = _placed(frames[SUBMISSION], places)
        for name in table.summaries:
            given = frame[frame[name].notna()]
            yield _values(given, name, given[name])


def lines_of_facts(table: Table, facts: pd.DataFrame) -> pd.DataFrame:
    """Return the lines of a list with the columns of its frame, `report`, `row` and `key`."""
    names = [column.name for column in table.columns]
    chosen = facts[(facts["line"] > 0) & facts["element"].isin(names)]
    numbers = chosen["line"].to_numpy(np.int64)
    # Report and line as one number: faster to group by than two columns.
    width = int(numbers.max(initial=0)) + 1
    at, different = pd.factorize(chosen["report"].to_numpy(np.int64) * width + numbers)
    chosen = chosen.set_axis(at, axis="index")
    lines = pd.DataFrame({"report": different // width, "row": different % width})
    of_element = dict(list(chosen.groupby("element")))
    for column in table.columns:
        lines[column.name] = _of_column(column, of_element.get(column.name), lines.index)
    return _keyed(table, lines)


def _of_column(column: Column, facts: pd.DataFrame | None, lines: pd.Index) -> pd.Series:
    """Return the values of one column in `lines`.

    `facts` are those of the column, with the position of their line as index; None for no facts.
    """
    is_numeric = column.type.is_numeric
    name = "value" if is_numeric else "text"
    # Without values, the column still has its type.
    given = pd.Series(dtype="float64" if is_numeric else "object")
    if facts is not None:
        known = facts[name].dropna()
        if not known.empty:
            given = known
    values = given.reindex(lines)
    return pd.to_datetime(values) if column.type is ColumnType.DATE else values


def lines_of_frame(table: Table, frame: pd.DataFrame, places: Mapping[int, int]) -> pd.DataFrame:
    """Return the same lines of a batch, from the frame of `table`."""
    return _keyed(table, _placed(frame, places))


def figures_of_lines(table: Table, lines: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Yield the figures of a list's lines, one frame for each numeric column."""
    for column in table.columns:
        if column.type.is_numeric and column.name in lines:
            given = lines[lines[column.name].notna()]
            yield _values(given, column.name, given[column.name], given["key"])


def _keyed(table: Table, lines: pd.DataFrame) -> pd.DataFrame:
    """Add `key`: the folded text that identifies a line within its report.

    "" if the line has no such text, or where two lines of a report have the same.
    """
    if table.key is None:
        return lines.assign(key="")
    texts = lines[table.key]
    # Folding is slow, and most texts come in many reports: each is folded once.
    folded = {text: fold(str(text)) for text in texts.dropna().unique()}
    key = texts.map(lambda text: folded.get(text, ""))
    doubled = pd.DataFrame({"report": lines["report"], "key": key}).duplicated(keep=False)
    return lines.assign(key=key.mask(doubled, ""))


def _placed(frame: pd.DataFrame, places: Mapping[int, int]) -> pd.DataFrame:
    """Return the rows of submissions that have a report, with its index as `report`."""
    report = frame["submission_id"].map(places)
    has_report = report.notna()
    return frame[has_report].assign(report=report[has_report].astype("int64"))


def _values(
    given: pd.DataFrame, element: str | pd.Series, values: pd.Series, key: str | pd.Series = ""
) -> pd.DataFrame:
    """Return `values` with the columns `VALUE_COLUMNS`; `given` has `report` and `row` of each."""
    columns = {"report": given["report"], "row": given["row"], "value": values.astype("float64")}
    return pd.DataFrame(columns).assign(element=element, key=key)[list(VALUE_COLUMNS)]

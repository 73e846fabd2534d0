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
    is_of_report = facts["line"] == 0
    chosen = facts[is_of_report & facts["value"].notna()]
    figures = chosen[["report", "element", "value"]].assign(key="", row=0)
    return figures[list(VALUE_COLUMNS)]


def figures_of_frames(
    form: Form, frames: Mapping[str, pd.DataFrame], places: Mapping[int, int]
) -> Iterator[pd.DataFrame]:
    """Yield the same figures of a batch, one frame for each column.

    `places` gives the index of the report of each submission.
    """
    for table in form.tables:
        if table.kind == "matrix":
            yield from _figures_of_matrix(table, _placed(frames[table.name], places))
        frame = _placed(frames[SUBMISSION], places)
        for name in table.summaries:
            given = frame[frame[name].notna()]
            yield _values(given, name, given[name])


def _figures_of_matrix(table: Table, frame: pd.DataFrame) -> Iterator[pd.DataFrame]:
    for column in table.columns:
        if not column.type.is_numeric:
            continue
        given = frame[frame[column.name].notna()]
        # The name of an element: its column's and its line's.
        element = column.name + "_" + given["line"].astype(str)
        yield _values(given, element, given[column.name])


def lines_of_facts(table: Table, facts: pd.DataFrame) -> pd.DataFrame:
    """Return the lines of a list with the columns of its frame, `report`, `row` and `key`."""
    names = [column.name for column in table.columns]
    is_of_line = facts["line"] > 0
    chosen = facts[is_of_line & facts["element"].isin(names)]
    reports = chosen["report"].to_numpy(np.int64)
    numbers = chosen["line"].to_numpy(np.int64)
    # Report and line as one number: faster to group by than two columns.
    width = int(numbers.max(initial=0)) + 1
    positions, different = pd.factorize(reports * width + numbers)
    chosen = chosen.set_axis(positions, axis="index")
    lines = pd.DataFrame(
        {
            "report": different // width,
            "row": different % width,
        }
    )
    facts_by_element = dict(list(chosen.groupby("element")))
    for column in table.columns:
        of_column = facts_by_element.get(column.name)
        lines[column.name] = _of_column(column, of_column, lines.index)
    return _keyed(table, lines)


def _of_column(column: Column, facts: pd.DataFrame | None, lines: pd.Index) -> pd.Series:
    """Return the values of one column in `lines`.

    `facts` are those of the column, with the position of their line as index; None for no facts.
    """
    name, dtype = "text", "object"
    if column.type.is_numeric:
        name, dtype = "value", "float64"
    # Without values, the column still has its type.
    given = pd.Series(dtype=dtype)
    if facts is not None:
        known = facts[name].dropna()
        if not known.empty:
            given = known
    values = given.reindex(lines)
    # The warehouse keeps a date as text.
    if column.type is ColumnType.DATE:
        return pd.to_datetime(values)
    return values


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
    identity = pd.DataFrame({"report": lines["report"], "key": key})
    is_doubled = identity.duplicated(keep=False)
    return lines.assign(key=key.mask(is_doubled, ""))


def _placed(frame: pd.DataFrame, places: Mapping[int, int]) -> pd.DataFrame:
    """Return the rows of submissions that have a report, with its index as `report`."""
    report = frame["submission_id"].map(places)
    has_report = report.notna()
    # With NaN among them, the indexes are floats until here.
    indexes = report[has_report].astype("int64")
    return frame[has_report].assign(report=indexes)


def _values(
    given: pd.DataFrame, element: str | pd.Series, values: pd.Series, key: str | pd.Series = ""
) -> pd.DataFrame:
    """Return `values` with the columns `VALUE_COLUMNS`; `given` has `report` and `row` of each."""
    columns = {
        "report": given["report"],
        "row": given["row"],
        "value": values.astype("float64"),
    }
    figures = pd.DataFrame(columns).assign(element=element, key=key)
    return figures[list(VALUE_COLUMNS)]

"""Values of reports in one shape, whether they come from the warehouse's facts or from the frames of a batch."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from expectations.places import SUBMISSION
from program.form import Form
from program.labels import fold
from program.table import Column, ColumnType, Table

VALUE_COLUMNS = ("report", "element", "key", "row", "value")
"""A row a figure; `row` is the sheet's own for one that stands in a list's line or in this batch, else 0."""


def figures_of_facts(facts: pd.DataFrame) -> pd.DataFrame:
    """Return the figures that stand for a report as a whole: matrix elements and summaries."""
    chosen = facts[(facts["line"] == 0) & facts["value"].notna()]
    return chosen[["report", "element", "value"]].assign(key="", row=0)[list(VALUE_COLUMNS)]


def figures_of_frames(
    form: Form, frames: Mapping[str, pd.DataFrame], places: Mapping[int, int]
) -> Iterator[pd.DataFrame]:
    """Yield the same of a batch's frames; `places` gives each submission's place among the reports."""
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
    """Return a list's lines as its frame has them, with `report`, `row` and `key`."""
    names = [column.name for column in table.columns]
    chosen = facts[(facts["line"] > 0) & facts["element"].isin(names)]
    numbers = chosen["line"].to_numpy(np.int64)
    width = int(numbers.max(initial=0)) + 1
    at, different = pd.factorize(chosen["report"].to_numpy(np.int64) * width + numbers)
    chosen = chosen.set_axis(at, axis="index")
    lines = pd.DataFrame({"report": different // width, "row": different % width})
    of_element = dict(list(chosen.groupby("element")))
    for column in table.columns:
        lines[column.name] = _of_column(column, of_element.get(column.name), lines.index)
    return _keyed(table, lines)


def _of_column(column: Column, facts: pd.DataFrame | None, lines: pd.Index) -> pd.Series:
    """Return the values that `facts`, by their lines' places, give a column."""
    name = "value" if column.type.is_numeric else "text"
    given = None if facts is None else facts[name].dropna()
    if given is None or given.empty:
        given = pd.Series(dtype="float64" if column.type.is_numeric else "object")
    values = given.reindex(lines)
    return pd.to_datetime(values) if column.type is ColumnType.DATE else values


def lines_of_frame(table: Table, frame: pd.DataFrame, places: Mapping[int, int]) -> pd.DataFrame:
    """Return the same of a batch's frame of `table`."""
    return _keyed(table, _placed(frame, places))


def figures_of_lines(table: Table, lines: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Yield the figures of a list's lines, under their columns' names."""
    for column in table.columns:
        if column.type.is_numeric and column.name in lines:
            given = lines[lines[column.name].notna()]
            yield _values(given, column.name, given[column.name], given["key"])


def _keyed(table: Table, lines: pd.DataFrame) -> pd.DataFrame:
    """Add `key`: what tells a line apart, folded; "" where nothing does, or where two lines of a report bear the same."""
    if table.key is None:
        return lines.assign(key="")
    texts = lines[table.key]
    folded = {text: fold(str(text)) for text in texts.dropna().unique()}
    key = texts.map(lambda text: folded.get(text, ""))
    doubled = pd.DataFrame({"report": lines["report"], "key": key}).duplicated(keep=False)
    return lines.assign(key=key.mask(doubled, ""))


def _placed(frame: pd.DataFrame, places: Mapping[int, int]) -> pd.DataFrame:
    report = frame["submission_id"].map(places)
    return frame[report.notna()].assign(report=report[report.notna()].astype("int64"))


def _values(
    given: pd.DataFrame, element: str | pd.Series, values: pd.Series, key: str | pd.Series = ""
) -> pd.DataFrame:
    columns = {"report": given["report"], "row": given["row"], "value": values.astype("float64")}
    return pd.DataFrame(columns).assign(element=element, key=key)[list(VALUE_COLUMNS)]

"""Values of reports in one shape, whether they come from the warehouse's facts or from the frames of a batch."""

from collections.abc import Iterator, Mapping

import pandas as pd

from expectations.places import SUBMISSION
from program.form import Form
from program.labels import fold
from program.table import ColumnType, Table

VALUE_COLUMNS = ("report", "element", "key", "row", "value")
"""A row a figure; `row` is the sheet's own for one that stands in a list's line or in this batch, else 0."""


def figures_of_facts(facts: pd.DataFrame) -> pd.DataFrame:
    """Return the figures that stand for a report as a whole: matrix elements and summaries."""
    chosen = facts[(facts["line"] == 0) & facts["value"].notna()]
    return chosen[["report", "element", "value"]].assign(key="", row=0)[list(VALUE_COLUMNS)]


def figures_of_frames(form: Form, frames: Mapping[str, pd.DataFrame], places: Mapping[int, int]) -> Iterator[pd.DataFrame]:
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
    frame = chosen.pivot_table(index=["report", "line"], columns="element", values="value", aggfunc="first", dropna=False)
    texts = chosen[chosen["text"].notna()].pivot(index=["report", "line"], columns="element", values="text")
    lines = pd.DataFrame(index=chosen.set_index(["report", "line"]).index.unique())
    for column in table.columns:
        source = frame if column.type.is_numeric else texts
        values = source[column.name] if column.name in source else pd.Series(dtype="float64" if source is frame else "object")
        values = values.reindex(lines.index)
        lines[column.name] = pd.to_datetime(values) if column.type is ColumnType.DATE else values
    return _keyed(table, lines.reset_index(names=["report", "row"]))


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
    key = lines[table.key].map(lambda text: fold(str(text)) if pd.notna(text) else "")
    doubled = pd.DataFrame({"report": lines["report"], "key": key}).duplicated(keep=False)
    return lines.assign(key=key.mask(doubled, ""))


def _placed(frame: pd.DataFrame, places: Mapping[int, int]) -> pd.DataFrame:
    report = frame["submission_id"].map(places)
    return frame[report.notna()].assign(report=report[report.notna()].astype("int64"))


def _values(given: pd.DataFrame, element: str | pd.Series, values: pd.Series, key: str | pd.Series = "") -> pd.DataFrame:
    columns = {"report": given["report"], "row": given["row"], "value": values.astype("float64")}
    return pd.DataFrame(columns).assign(element=element, key=key)[list(VALUE_COLUMNS)]

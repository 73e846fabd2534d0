"""What bounds can be proposed for: each figure and list column of a form, and money by what it was spent on."""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from expectations.places import SUBMISSION
from program.form import Form
from program.table import Column, ColumnType, Summary, Table


@dataclass(frozen=True, slots=True)
class Subject:
    """A figure by the frame and column that a rule would name; a ratio, where it is judged `per` another column.

    `label` is what its sender calls it, `measure` its printed unit, `bounds` what the layout asks already, as printed.
    """

    frame: str
    at: str
    label: str
    measure: str
    bounds: tuple[float | None, float | None] = (None, None)
    is_whole: bool = False
    per: str | None = None
    per_label: str = ""
    per_measure: str = ""


def figures(form: Form, points: pd.DataFrame) -> Iterator[tuple[Subject, pd.DataFrame]]:
    """Yield every numeric figure of `form` with its points, in the order of the layout."""
    whole = dict(list(points[points["line"] == 0].groupby("element")))
    lines = dict(list(points[points["line"] != 0].groupby("element")))
    nothing = points.iloc[:0]
    for table in form.tables:
        for name, (column, line) in table.elements.items():
            if column.type.is_numeric:
                yield _figure(SUBMISSION, name, column, f"{column.label}, dòng {line.label}"), whole.get(name, nothing)
        for column in table.columns if table.kind == "list" else ():
            if column.type.is_numeric:
                yield _figure(table.name, column.name, column, column.label), lines.get(column.name, nothing)
        for name, summary in table.summaries.items():
            yield _summary(name, summary, table), whole.get(name, nothing)


def ratios(form: Form, points: pd.DataFrame) -> Iterator[tuple[Subject, pd.DataFrame]]:
    """Yield money for each one of every count beside it, with a point per line that has both."""
    for table in form.tables:
        rows = _rows(table, points)
        for money in (c for c in table.columns if c.type is ColumnType.MONEY and c.name in rows):
            for count in (c for c in table.columns if c.type is ColumnType.WHOLE and c.name in rows):
                both = rows[(rows[money.name] > 0) & (rows[count.name] > 0)]
                subject = Subject(
                    table.name,
                    money.name,
                    money.label,
                    money.measure,
                    per=count.name,
                    per_label=count.label,
                    per_measure=count.measure,
                )
                yield subject, both.assign(value=both[money.name] / both[count.name])


def _figure(frame: str, at: str, column: Column, label: str) -> Subject:
    return Subject(frame, at, label, column.measure, (column.minimum, column.maximum), column.type is ColumnType.WHOLE)


def _summary(name: str, summary: Summary, table: Table) -> Subject:
    column = table.column(summary.column)
    chosen = [table.column(name).vocabulary[word].label for name, words in summary.chosen.items() for word in words]
    what = f"Tổng {column.label}" if summary.sum else "Số dòng"
    label = f"{what} của {table.title}{' (' + ', '.join(chosen) + ')' if chosen else ''}"
    is_whole = not summary.sum or column.type is ColumnType.WHOLE
    return Subject(SUBMISSION, name, label, column.measure if summary.sum else "dòng", (0, None), is_whole)


def _rows(table: Table, points: pd.DataFrame) -> pd.DataFrame:
    """Return a row per line of a table, a column per figure of it, with unit, period and what else its report tells."""
    places = {name: (column.name, line.key) for name, (column, line) in table.elements.items()}
    places |= {column.name: (column.name, "") for column in table.columns if table.kind == "list"}
    known = points[points["element"].isin(places) & ((points["line"] != 0) == (table.kind == "list"))]
    columns = [places[name][0] for name in known["element"]]
    keys = [f"{places[name][1]}{line}" for name, line in zip(known["element"], known["line"], strict=True)]
    about = ["submission", "key", "unit", "period", "period_end", "is_synthetic"]
    return known.assign(column=columns, key=keys).pivot(index=about, columns="column", values="value").reset_index()

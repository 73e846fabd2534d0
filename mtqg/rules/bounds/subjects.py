"""What can have bounds: each figure and list column of a form, and money per counted thing."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from expectations.findings.cells import SUBMISSION
from program.forms.form import Form
from program.forms.table import Column, ColumnType, ListSummary, Table

_REPORT_COLUMNS = ["submission", "key", "unit", "period", "period_end", "is_synthetic"]
"""What identifies a line of a report, and the report's columns that a point needs."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A figure by the frame and column that a rule names, or a ratio of two columns.

    `label` is its name in the form and `measure` its printed unit of measure. `bounds` are those
    of the layout, as printed. A ratio divides by the column `per`, which has a label and a
    measure of its own.
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
    """Yield every numeric figure of a form with its points, in the order of the layout."""
    # Line 0 holds the figures of a whole report, the others the lines of its lists.
    is_of_report = points["line"] == 0
    of_report = _by_element(points[is_of_report])
    of_lines = _by_element(points[~is_of_report])
    no_points = points.iloc[:0]
    for table in form.tables:
        for subject in _matrix_figures(table):
            yield subject, of_report.get(subject.at, no_points)
        for subject in _list_figures(table):
            yield subject, of_lines.get(subject.at, no_points)
        for name, summary in table.summaries.items():
            subject = _summary(name, summary, table)
            yield subject, of_report.get(name, no_points)


def _by_element(points: pd.DataFrame) -> dict[Any, pd.DataFrame]:
    groups = points.groupby("element")
    return dict(list(groups))


def ratios(form: Form, points: pd.DataFrame) -> Iterator[tuple[Subject, pd.DataFrame]]:
    """Yield money per unit of each count in the same table.

    A ratio has a point for each line where both values are above 0.
    """
    for table in form.tables:
        rows = _rows(table, points)
        reported = list(_reported(table, rows))
        money_columns = [column for column in reported if column.type is ColumnType.MONEY]
        count_columns = [column for column in reported if column.type is ColumnType.WHOLE]
        for money in money_columns:
            for count in count_columns:
                has_money = rows[money.name] > 0
                has_count = rows[count.name] > 0
                both = rows[has_money & has_count]
                ratio = both[money.name] / both[count.name]
                yield _ratio(table, money, count), both.assign(value=ratio)


def _matrix_figures(table: Table) -> Iterator[Subject]:
    for name, (column, line) in table.elements.items():
        if column.type.is_numeric:
            label = f"{column.label}, dòng {line.label}"
            yield _figure(SUBMISSION, name, column, label)


def _list_figures(table: Table) -> Iterator[Subject]:
    if table.kind != "list":
        return
    for column in table.columns:
        if column.type.is_numeric:
            yield _figure(table.name, column.name, column, column.label)


def _reported(table: Table, rows: pd.DataFrame) -> list[Column]:
    """Return the columns of a table that have at least one value."""
    return [column for column in table.columns if column.name in rows]


def _figure(
    frame: str,
    at: str,
    column: Column,
    label: str,
) -> Subject:
    bounds = (column.minimum, column.maximum)
    is_whole = column.type is ColumnType.WHOLE
    return Subject(frame, at, label, column.measure, bounds, is_whole)


def _ratio(table: Table, money: Column, count: Column) -> Subject:
    return Subject(
        frame=table.name,
        at=money.name,
        label=money.label,
        measure=money.measure,
        per=count.name,
        per_label=count.label,
        per_measure=count.measure,
    )


def _summary(name: str, summary: ListSummary, table: Table) -> Subject:
    """Return the figure that a list's summary gives: a sum, or a number of lines."""
    column = table.column(summary.column)
    if summary.sum:
        what = f"Tổng {column.label}"
        measure = column.measure
        is_whole = column.type is ColumnType.WHOLE
    else:
        what = "Số dòng"
        measure = "dòng"
        is_whole = True
    label = f"{what} của {table.title}"
    chosen = _chosen_words(summary, table)
    if chosen:
        label += f" ({', '.join(chosen)})"
    return Subject(SUBMISSION, name, label, measure, (0, None), is_whole)


def _chosen_words(summary: ListSummary, table: Table) -> list[str]:
    """Return the labels of the words by which a summary chooses lines."""
    labels = []
    for column_name, words in summary.chosen.items():
        vocabulary = table.column(column_name).vocabulary
        labels += [vocabulary[word].label for word in words]
    return labels


def _rows(table: Table, points: pd.DataFrame) -> pd.DataFrame:
    """Return a row per line of a table and a column per figure, with its unit and period."""
    is_list = table.kind == "list"
    column_of: dict[str, str] = {}
    line_key_of: dict[str, str] = {}
    for name, (column, line) in table.elements.items():
        column_of[name] = column.name
        line_key_of[name] = line.key
    if is_list:
        for column in table.columns:
            column_of[column.name] = column.name
            line_key_of[column.name] = ""
    is_known = points["element"].isin(column_of)
    # Line 0 holds the figures of a whole report, the others the lines of its lists.
    is_of_list = points["line"] != 0
    known = points[is_known & (is_of_list == is_list)]
    columns = [column_of[name] for name in known["element"]]
    keys: list[str] = []
    for name, line_number in zip(known["element"], known["line"], strict=True):
        line_key = line_key_of[name]
        keys.append(f"{line_key}{line_number}")
    named = known.assign(column=columns, key=keys)
    rows = named.pivot(index=_REPORT_COLUMNS, columns="column", values="value")
    return rows.reset_index()

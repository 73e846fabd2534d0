"""One good and one bad example of every rule of a form, as data: `suites/examples/<form>.yaml`.

A file has a `good` report that breaks no rule, and for each rule what a `bad` one has otherwise. Figures are written as they are
printed, totals are added up unless they are given. The pages in docs/rules show them, and a test has each of them judged.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

from openpyxl.utils import get_column_letter
from pydantic import Field

from expectations.rules import SUITES
from program.configuration import Model, load_model
from program.delivery import Delivery
from program.errors import ConfigurationError
from program.measure import to_kept
from program.pack import Pack
from program.period import Period
from program.reading import ColumnValues, Reading, TableReading
from program.table import Column, ColumnType, Table

EXAMPLES = SUITES / "examples"
FIRST_ROW = 10
Report: TypeAlias = dict[str, dict[str, dict[str, Any] | None]]
"""Tables by name, of lines by key (in a list: by number), of values by column; a line that is None is not there."""


class Example(Model):
    """A bad report: `bad` changes the good one, or stands `alone`; the rule must name its cell on the line `at`.

    `column` is for rules of a layout, which have no column of their own.
    """

    bad: Report
    alone: bool = False
    at: str = ""
    column: str = ""


class Examples(Model):
    """The examples of one form; see the module."""

    form: str
    period: str
    good: Report
    rules: dict[str, Example] = Field(min_length=1)

    @cached_property
    def reports(self) -> dict[str, Report]:
        """The good report, under "", and the bad one of each rule."""
        bad = {rule: e.bad if e.alone else changed(self.good, e.bad) for rule, e in self.rules.items()}
        return {"": self.good, **bad}


def load_examples(form: str, folder: Path = EXAMPLES) -> Examples:
    """Return a form's examples. Raises ConfigurationError where its file is missing or wrong."""
    return load_model(folder / f"{form}.yaml", Examples)


def readings_of(examples: Examples, pack: Pack, first: int = 0) -> dict[str, Reading]:
    """Return each report as if it had been read from a workbook: the good one under "", the bad ones by their rule.

    Their deliveries are numbered from `first`.
    """
    period = Period.parse(examples.period)
    return {
        rule: reading_of(report, examples.form, period, pack, number)
        for number, (rule, report) in enumerate(examples.reports.items(), start=first)
    }


def reading_of(report: Report, code: str, period: Period, pack: Pack, number: int) -> Reading:
    """Return one report of form `code` as it would be read, come 15 days after its period. Raises ConfigurationError."""
    form = pack.form(code, period)
    if form is None:
        raise ConfigurationError(f"examples of {code}: no version of the form covers {period.code}")
    received = datetime.combine(period.end + timedelta(days=15), datetime.min.time(), UTC) + timedelta(seconds=number)
    return Reading(
        delivery=Delivery(number, "examples", "file", f"{number}.xlsx", received, "0" * 64, None),
        form=form,
        period=period,
        tables={t.name: _table_reading(t, _summed(t, report.get(t.name, {}))) for t in form.tables},
    )


def line_row(table: Table, read: TableReading, line: str) -> int:
    """Return the sheet's row of a matrix line, or of a list's line by its number."""
    return read.rows[read.lines.index(line) if table.kind == "matrix" else int(line) - 1]


def changed(good: Report, bad: Report) -> Report:
    """Return the report that `good` is with what `bad` has otherwise."""
    result = dict(good)
    for table, lines in bad.items():
        kept = {line: values for line, values in result.get(table, {}).items() if lines.get(line, {}) is not None}
        result[table] = kept | {k: {**(kept.get(k) or {}), **values} for k, values in lines.items() if values is not None}
    return result


def _summed(table: Table, lines: Mapping[str, dict[str, Any] | None]) -> dict[str, dict[str, Any]]:
    """Return the lines with the totals of the layout where they are not given: of columns first, then of lines."""
    summed = {line: dict(values) for line, values in lines.items() if values is not None}
    for values in summed.values():
        _add_up(values, {c.name: [values.get(part) for part in c.parts] for c in table.columns if c.parts})
    for line in sorted((line for line in table.lines if line.parts), key=lambda line: line.total):
        parts = [summed[part] for part in line.parts if part in summed]
        if parts:
            values = summed.setdefault(line.key, {})
            _add_up(values, {c.name: [part.get(c.name) for part in parts] for c in table.columns if c.type.is_numeric})
    order = [line.key for line in table.lines] or list(summed)
    return {key: summed[key] for key in order if key in summed}


def _add_up(values: dict[str, Any], parts: Mapping[str, list[Any]]) -> None:
    """Fill in the totals that are not given and have a part."""
    for name, given in parts.items():
        known = [value for value in given if value is not None]
        if name not in values and known:
            values[name] = round(sum(known), 6)


def _table_reading(table: Table, lines: Mapping[str, Mapping[str, Any]]) -> TableReading:
    return TableReading(
        values={column.name: _values(column, [line.get(column.name) for line in lines.values()]) for column in table.columns},
        rows=list(range(FIRST_ROW, FIRST_ROW + len(lines))),
        lines=list(lines) if table.kind == "matrix" else [""] * len(lines),
        dtypes=table.dtypes,
        letters={column.name: get_column_letter(number) for number, column in enumerate(table.columns, start=2)},
        sheet=table.sheet,
    )


def _values(column: Column, written: list[Any]) -> ColumnValues:
    if column.type.is_numeric:
        return [float("nan") if value is None else to_kept(float(value), column.measure) for value in written]
    if column.type is ColumnType.DATE:
        return [None if value is None else date.fromisoformat(value) for value in written]
    return written

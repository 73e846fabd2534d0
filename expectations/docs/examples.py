"""One good and one bad example of every rule of a form: `suites/examples/<form>.yaml`.

A file has a `good` report that breaks no rule, and for each rule how a `bad` one differs from it.
Figures are written as they are printed; totals are added up unless they are given. The pages in
docs/rules show the examples, and a test checks each of them.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any, TypeAlias

from openpyxl.utils import get_column_letter
from pydantic import Field

from expectations.rules.rule_set import SUITES
from program.calendar.period import Period
from program.delivery import Delivery
from program.errors import ConfigurationError
from program.forms.measure import to_kept
from program.forms.table import Column, ColumnType, Table
from program.pack.pack import Pack
from program.pack.yaml_file import Model, load_model
from program.parsed_report import ColumnValues, ParsedReport, ParsedTable

EXAMPLES = SUITES / "examples"
FIRST_ROW = 10
"""The sheet's row of a table's first line."""
Report: TypeAlias = dict[str, dict[str, dict[str, Any] | None]]
"""Tables by name, of lines by key (in a list: by number), of values by column.

A line that is None is not there.
"""
_Line: TypeAlias = dict[str, Any]
_DAYS_AFTER_PERIOD = 15
_UNIT = "942"
"""The district that every example is of: a unit has so many communes."""


class Example(Model):
    """A bad report: `bad` changes the good one, or is a report of its own (`alone`).

    The rule must name its cell on the line `at`. `column` is for rules of a layout, which have no
    column of their own.
    """

    bad: Report
    alone: bool = False
    at: str = ""
    column: str = ""


class Examples(Model):
    """The examples of one form; the module docstring says how they are written."""

    form: str
    period: str
    good: Report
    rules: dict[str, Example] = Field(min_length=1)

    @cached_property
    def reports(self) -> dict[str, Report]:
        """The good report, under "", and the bad one of each rule."""
        reports = {"": self.good}
        for rule, example in self.rules.items():
            if example.alone:
                reports[rule] = example.bad
            else:
                reports[rule] = changed(self.good, example.bad)
        return reports


def load_examples(form: str) -> Examples:
    """Return a form's examples. Raises ConfigurationError if the file is missing or wrong."""
    return load_model(EXAMPLES / f"{form}.yaml", Examples)


def readings_of(
    examples: Examples,
    pack: Pack,
    first: int = 0,
) -> dict[str, ParsedReport]:
    """Return each report as if it came from a workbook: the good one under "", a bad one per rule.

    Their deliveries are numbered from `first`.
    """
    period = Period.parse(examples.period)
    readings: dict[str, ParsedReport] = {}
    for number, (rule, report) in enumerate(examples.reports.items(), start=first):
        readings[rule] = reading_of(report, examples.form, period, pack, number)
    return readings


def reading_of(
    report: Report,
    code: str,
    period: Period,
    pack: Pack,
    number: int,
) -> ParsedReport:
    """Return one report of form `code` as a reader would; it arrives 15 days after its period.

    Raises ConfigurationError if no version of the form covers the period.
    """
    form = pack.form(code, period)
    if form is None:
        raise ConfigurationError(f"examples of {code}: no version of the form covers {period.code}")
    tables: dict[str, ParsedTable] = {}
    for table in form.tables:
        written = report.get(table.name, {})
        lines = _summed(table, written)
        tables[table.name] = _table_reading(table, lines)
    return ParsedReport(
        delivery=_delivery(number, period),
        form=form,
        unit_code=_UNIT,
        period=period,
        tables=tables,
    )


def _delivery(number: int, period: Period) -> Delivery:
    day = period.end + timedelta(days=_DAYS_AFTER_PERIOD)
    midnight = datetime.combine(day, datetime.min.time(), UTC)
    return Delivery(
        id=number,
        source="examples",
        channel="file",
        name=f"{number}.xlsx",
        # The numbers keep the order of arrival.
        received_at=midnight + timedelta(seconds=number),
        sha256="0" * 64,
        sender_unit=None,
    )


def line_row(table: Table, read: ParsedTable, line: str) -> int:
    """Return the sheet's row of a matrix line, or of a list's line by its number."""
    # The lines of a list are numbered from 1, as on the sheet.
    position = read.lines.index(line) if table.kind == "matrix" else int(line) - 1
    return read.rows[position]


def changed(good: Report, bad: Report) -> Report:
    """Return `good` with the lines and values of `bad`; a line that is None there is left out."""
    result = dict(good)
    for table, changes in bad.items():
        lines = dict(result.get(table, {}))
        for key, values in changes.items():
            if values is None:
                lines.pop(key, None)
                continue
            own_values = lines.get(key) or {}
            lines[key] = {**own_values, **values}
        result[table] = lines
    return result


def _summed(table: Table, lines: Mapping[str, _Line | None]) -> dict[str, _Line]:
    """Return the lines in the table's order, with the totals of the layout that are not given.

    Totals of columns are added up first, then those of lines.
    """
    summed: dict[str, _Line] = {}
    for key, values in lines.items():
        if values is not None:
            summed[key] = dict(values)
    for values in summed.values():
        _add_column_totals(table, values)
    _add_line_totals(table, summed)
    # Only a matrix declares its lines; those of a list keep the order of the file.
    order = [line.key for line in table.lines] or list(summed)
    return {key: summed[key] for key in order if key in summed}


def _add_column_totals(table: Table, values: _Line) -> None:
    parts: dict[str, list[Any]] = {}
    for column in table.columns:
        if column.parts:
            parts[column.name] = [values.get(part) for part in column.parts]
    for name, given in parts.items():
        _add_total(values, name, given)


def _add_line_totals(table: Table, lines: dict[str, _Line]) -> None:
    numeric = [column.name for column in table.columns if column.type.is_numeric]
    totals = [line for line in table.lines if line.parts]
    # The line that must be there (`total`) may add up other totals: it comes last.
    totals.sort(key=lambda line: line.total)
    for line in totals:
        parts = [lines[part] for part in line.parts if part in lines]
        if not parts:
            continue
        values = lines.setdefault(line.key, {})
        for column in numeric:
            summands = [part.get(column) for part in parts]
            _add_total(values, column, summands)


def _add_total(values: _Line, name: str, parts: list[Any]) -> None:
    """Fill in a total, if it is not given and has a part."""
    known = [value for value in parts if value is not None]
    if name not in values and known:
        values[name] = round(sum(known), 6)


def _table_reading(table: Table, lines: Mapping[str, Mapping[str, Any]]) -> ParsedTable:
    values: dict[str, ColumnValues] = {}
    letters: dict[str, str] = {}
    # The first column of the sheet holds the lines' names.
    for number, column in enumerate(table.columns, start=2):
        written = [line.get(column.name) for line in lines.values()]
        values[column.name] = _values(column, written)
        letters[column.name] = get_column_letter(number)
    end = FIRST_ROW + len(lines)
    line_keys = list(lines)
    if table.kind == "list":
        # A list's lines have numbers in the file of examples, and no keys in a report.
        line_keys = [""] * len(lines)
    return ParsedTable(
        values=values,
        rows=list(range(FIRST_ROW, end)),
        lines=line_keys,
        dtypes=table.dtypes,
        letters=letters,
        sheet=table.sheet,
    )


def _values(column: Column, written: list[Any]) -> ColumnValues:
    if column.type.is_numeric:
        return [_figure(value, column) for value in written]
    if column.type is ColumnType.DATE:
        return [_day(value) for value in written]
    return written


def _figure(value: Any, column: Column) -> float:
    if value is None:
        return float("nan")
    return to_kept(float(value), column.measure)


def _day(value: Any) -> date | None:
    if value is None:
        return None
    return date.fromisoformat(value)

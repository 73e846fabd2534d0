"""Invented reports in memory, without workbooks or a warehouse.

`reading_of` gives what a reader would, `past_of_readings` what a warehouse would.
"""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from expectations.rules.rule_set import SUITES, RuleSet
from program.calendar.period import Period
from program.calendar.stage import Stage
from program.delivery import Delivery
from program.forms.measure import to_kept
from program.forms.table import Column, Table
from program.pack.pack import Pack
from program.parsed_report import ParsedReport, ParsedTable, facts_of
from program.records.history import FACT_COLUMNS, REPORT_COLUMNS, History

Cell = float | str | date | None
Lines = dict[str, dict[str, Cell]]
"""Printed values by line and column. The lines of a list are called "1", "2" …"""

_FIRST_ROW = 10
_LETTERS = "CDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass
class Report:
    """A report before it is read: printed values by table."""

    form: str
    unit: str
    period: Period
    tables: dict[str, Lines] = field(default_factory=dict)
    stage: Stage = Stage.FINAL
    received_on: date | None = None
    """None: 15 days after its period."""


def reading_of(report: Report, pack: Pack, number: int) -> ParsedReport:
    """Return a report as read. It arrived 15 days and `number` seconds after its period.

    Raises:
        LookupError: The pack has no such form for the period.

    """
    form = pack.form(report.form, report.period)
    if form is None:
        raise LookupError(f"no {report.form} for {report.period}")
    day = report.received_on or report.period.end + timedelta(days=15)
    received_at = datetime.combine(day, time(3), UTC) + timedelta(seconds=number)
    name = f"{report.unit} {report.form} {report.period}"
    delivery = Delivery(number, "province", "memory", name, received_at, "0" * 64, report.unit)
    tables = {
        table.name: _table(table, report.tables.get(table.name, {}))
        for table in form.tables
        if table.name in report.tables or not table.optional
    }
    return ParsedReport(delivery, form, report.unit, report.period, report.stage, tables)


def past_of_readings(readings: Sequence[ParsedReport]) -> History:
    """Return the past that a warehouse would give if it had loaded these readings."""
    reports = []
    facts = []
    for reading in readings:
        number = reading.delivery.id
        reports.append(
            (
                number,
                reading.form.code if reading.form else "",
                reading.unit_code,
                str(reading.period),
                reading.stage.value,
                reading.delivery.received_at,
                reading.delivery.id,
                reading.delivery.claimed_at,
            )
        )
        facts += [(number, f.element, f.line, f.value, f.text) for f in facts_of(reading)]
    report_frame = pd.DataFrame.from_records(reports, columns=list(REPORT_COLUMNS))
    fact_frame = pd.DataFrame.from_records(facts, columns=list(FACT_COLUMNS))
    # A column without a single value has no numeric type of its own.
    return History(report_frame, fact_frame.astype({"value": "float64"}))


def history_alone(pack: Pack, folder: Path) -> RuleSet:
    """Return only the rules that compare a report with other reports.

    Their files are written to `folder`.
    """
    for name in ("reading", "history"):
        shutil.copy(SUITES / f"{name}.yaml", folder)
    works = yaml.safe_load((SUITES / "works.yaml").read_text(encoding="utf-8"))
    works["rules"] = [rule for rule in works["rules"] if "__" in rule["table"]]
    (folder / "works.yaml").write_text(yaml.safe_dump(works, allow_unicode=True), encoding="utf-8")
    (folder / "cells.yaml").write_text("rules: []", encoding="utf-8")
    return RuleSet(pack, folder)


def _table(table: Table, lines: Mapping[str, Mapping[str, Cell]]) -> ParsedTable:
    filled = _with_totals(table, lines)
    values: dict[str, Any] = {}
    for column in table.columns:
        values[column.name] = [_kept(column, line.get(column.name)) for line in filled.values()]
    return ParsedTable(
        values=values,
        rows=[_FIRST_ROW + n for n in range(len(filled))],
        lines=[line if table.kind == "matrix" else "" for line in filled],
        dtypes=table.dtypes,
        letters={column.name: _LETTERS[n] for n, column in enumerate(table.columns)},
        sheet=table.sheet,
    )


def _with_totals(
    table: Table, lines: Mapping[str, Mapping[str, Cell]]
) -> dict[str, dict[str, Cell]]:
    """Return the lines in the order of the layout, with totals as a template's formulas give them.

    A total that is given stays as it is.
    """
    if table.kind == "list":
        return {key: dict(values) for key, values in lines.items()}
    filled = {line.key: dict(lines[line.key]) for line in table.lines if line.key in lines}
    for values in filled.values():
        _add_totals_of_columns(table, values)
    # The line of all lines comes last, because it may sum up totals of others.
    for line in sorted(table.lines, key=lambda line: line.total):
        parts = [filled[part] for part in line.parts if part in filled]
        if parts:
            _add_totals_of_lines(table, filled.setdefault(line.key, {}), parts)
    return {line.key: filled[line.key] for line in table.lines if line.key in filled}


def _add_totals_of_columns(table: Table, values: dict[str, Cell]) -> None:
    for column in table.columns:
        if column.parts:
            values.setdefault(column.name, _sum(values.get(part) for part in column.parts))


def _add_totals_of_lines(
    table: Table, total: dict[str, Cell], parts: Sequence[Mapping[str, Cell]]
) -> None:
    for column in table.columns:
        if column.type.is_numeric:
            total.setdefault(column.name, _sum(part.get(column.name) for part in parts))


def _sum(values: Any) -> float | None:
    """Return the sum of the known values; None if none is known."""
    known = [float(value) for value in values if value is not None]
    return round(sum(known), 6) if known else None


def _kept(column: Column, value: Cell) -> Any:
    """Return a printed value as the reader gives it: money in đồng, NaN for an empty figure."""
    if not column.type.is_numeric:
        return value
    if value is None:
        return float("nan")
    return to_kept(float(value), column.measure)  # type: ignore[arg-type]

"""Reports made in memory, read without a workbook, and the past that a warehouse would make of them: quick to try rules on."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from expectations.rules import SUITES, RuleSet
from program.delivery import Delivery
from program.history import FACT_COLUMNS, REPORT_COLUMNS, Past
from program.measure import to_kept
from program.pack import Pack
from program.period import Period
from program.reading import Reading, TableReading, facts_of
from program.stage import Stage
from program.table import Column, Table

Cell = float | str | date | None
Lines = dict[str, dict[str, Cell]]
"""A matrix: line, column, printed value; for a list the lines are called "1", "2" …"""

_FIRST_ROW, _LETTERS = 10, "CDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass
class Report:
    """A report before it is read: printed values by table."""

    form: str
    unit: str
    period: Period
    tables: dict[str, Lines] = field(default_factory=dict)
    stage: Stage = Stage.FINAL


def reading_of(report: Report, pack: Pack, number: int) -> Reading:
    """Return the reading of a report that came 15 days after its period, `number` seconds into the night."""
    form = pack.form(report.form, report.period)
    if form is None:
        raise LookupError(f"no {report.form} for {report.period}")
    came = datetime.combine(report.period.end + timedelta(days=15), time(3), UTC) + timedelta(
        seconds=number
    )
    name = f"{report.unit} {report.form} {report.period}"
    delivery = Delivery(number, "province", "memory", name, came, "0" * 64, report.unit)
    tables = {
        t.name: _table(t, report.tables.get(t.name, {}))
        for t in form.tables
        if t.name in report.tables or not t.optional
    }
    return Reading(delivery, form, report.unit, report.period, report.stage, tables)


def past_of_readings(readings: Sequence[Reading]) -> Past:
    """Return the past that a warehouse would hand over, had it loaded these readings."""
    reports = [
        (
            r.delivery.id,
            r.form.code if r.form else "",
            r.unit_code,
            str(r.period),
            r.stage.value,
            r.delivery.received_at,
        )
        for r in readings
    ]
    facts = [
        (r.delivery.id, f.element, f.line, f.value, f.text) for r in readings for f in facts_of(r)
    ]
    frame = pd.DataFrame.from_records(facts, columns=list(FACT_COLUMNS)).astype(
        {"value": "float64"}
    )
    return Past(pd.DataFrame.from_records(reports, columns=list(REPORT_COLUMNS)), frame)


def history_alone(pack: Pack, folder: Path) -> RuleSet:
    """Return the rules against other reports without all others.

    `folder` is where their files are put together.
    """
    for name in ("reading", "history"):
        shutil.copy(SUITES / f"{name}.yaml", folder)
    works = yaml.safe_load((SUITES / "works.yaml").read_text(encoding="utf-8"))
    works["rules"] = [rule for rule in works["rules"] if "__" in rule["table"]]
    (folder / "works.yaml").write_text(yaml.safe_dump(works, allow_unicode=True), encoding="utf-8")
    (folder / "cells.yaml").write_text("rules: []", encoding="utf-8")
    return RuleSet(pack, folder)


def _table(table: Table, lines: Mapping[str, Mapping[str, Cell]]) -> TableReading:
    filled = _with_totals(table, lines)
    values: dict[str, Any] = {
        c.name: [_kept(c, line.get(c.name)) for line in filled.values()] for c in table.columns
    }
    return TableReading(
        values=values,
        rows=[_FIRST_ROW + n for n in range(len(filled))],
        lines=[line if table.kind == "matrix" else "" for line in filled],
        dtypes=table.dtypes,
        letters={c.name: _LETTERS[n] for n, c in enumerate(table.columns)},
        sheet=table.sheet,
    )


def _with_totals(
    table: Table, lines: Mapping[str, Mapping[str, Cell]]
) -> dict[str, dict[str, Cell]]:
    """Return the lines in the layout's order with every declared total that is not given, as a template's formulas would."""
    if table.kind == "list":
        return {key: dict(values) for key, values in lines.items()}
    given = {line.key: dict(lines[line.key]) for line in table.lines if line.key in lines}
    for values in given.values():
        for column in table.columns:
            if column.parts:
                values.setdefault(column.name, _sum(values.get(part) for part in column.parts))
    for line in sorted(table.lines, key=lambda line: line.total):
        parts = [given[part] for part in line.parts if part in given]
        if parts:
            total = given.setdefault(line.key, {})
            for column in table.columns:
                if column.type.is_numeric:
                    total.setdefault(column.name, _sum(part.get(column.name) for part in parts))
    return {line.key: given[line.key] for line in table.lines if line.key in given}


def _sum(values: Any) -> float | None:
    known = [float(value) for value in values if value is not None]
    return round(sum(known), 6) if known else None


def _kept(column: Column, value: Cell) -> Any:
    if not column.type.is_numeric:
        return value
    return float("nan") if value is None else to_kept(float(value), column.measure)  # type: ignore[arg-type]

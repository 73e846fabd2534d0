"""An invented province over some quarters, as readings: what the rules of history are tried on. No workbooks, so it is quick.

Sizes differ twenty times between units, plans are changed in mid-year, some money is paid late or not at all, works take
years. Nothing here knows the rules' limits.
"""

import random
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
    came = datetime.combine(report.period.end + timedelta(days=15), time(3), UTC) + timedelta(seconds=number)
    name = f"{report.unit} {report.form} {report.period}"
    delivery = Delivery(number, "province", "memory", name, came, "0" * 64, report.unit)
    tables = {t.name: _table(t, report.tables.get(t.name, {})) for t in form.tables if t.name in report.tables or not t.optional}
    return Reading(delivery, form, report.unit, report.period, report.stage, tables)


def past_of_readings(readings: Sequence[Reading]) -> Past:
    """Return the past that a warehouse would hand over, had it loaded these readings."""
    reports = [
        (r.delivery.id, r.form.code if r.form else "", r.unit_code, str(r.period), r.stage.value, r.delivery.received_at)
        for r in readings
    ]
    facts = [(r.delivery.id, f.element, f.line, f.value, f.text) for r in readings for f in facts_of(r)]
    frame = pd.DataFrame.from_records(facts, columns=list(FACT_COLUMNS)).astype({"value": "float64"})
    return Past(pd.DataFrame.from_records(reports, columns=list(REPORT_COLUMNS)), frame)


def history_alone(pack: Pack, folder: Path) -> RuleSet:
    """Return the rules against other reports without all others; `folder` is where their files are put together."""
    for name in ("reading", "history"):
        shutil.copy(SUITES / f"{name}.yaml", folder)
    works = yaml.safe_load((SUITES / "works.yaml").read_text(encoding="utf-8"))
    works["rules"] = [rule for rule in works["rules"] if "__" in rule["table"]]
    (folder / "works.yaml").write_text(yaml.safe_dump(works, allow_unicode=True), encoding="utf-8")
    (folder / "cells.yaml").write_text("rules: []", encoding="utf-8")
    return RuleSet(pack, folder)


def _table(table: Table, lines: Mapping[str, Mapping[str, Cell]]) -> TableReading:
    filled = _with_totals(table, lines)
    values: dict[str, Any] = {c.name: [_kept(c, line.get(c.name)) for line in filled.values()] for c in table.columns}
    return TableReading(
        values=values,
        rows=[_FIRST_ROW + n for n in range(len(filled))],
        lines=[line if table.kind == "matrix" else "" for line in filled],
        dtypes=table.dtypes,
        letters={c.name: _LETTERS[n] for n, c in enumerate(table.columns)},
        sheet=table.sheet,
    )


def _with_totals(table: Table, lines: Mapping[str, Mapping[str, Cell]]) -> dict[str, dict[str, Cell]]:
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


class Province:
    """Eleven units with sizes, plans and works of their own; `report` says what one of them would truthfully send."""

    def __init__(self, pack: Pack, seed: int, units: Sequence[str]) -> None:
        self.units = tuple(units)
        self._pack, self._seed = pack, seed
        self._size = {unit: self._dice(unit).lognormvariate(0, 0.7) for unit in units}

    def report(self, form: str, unit: str, period: Period) -> Report:
        """Return a good report."""
        make = {"disbursement": self._capital, "livelihoods": self._support, "training": self._training, "works": self._works}
        return Report(form, unit, period, make[form](unit, period))

    def _dice(self, *about: object) -> random.Random:
        return random.Random("-".join(map(str, (self._seed, *about))))

    def _paid(self, *about: object, quarter: int) -> float:
        """Return the share of a year's plan that is paid by the end of a quarter."""
        dice = self._dice(*about, "paid")
        start, end, speed = dice.choice((0, 0, 1, 1, 2)), dice.uniform(0.6, 1.0), dice.uniform(0.6, 2.0)
        return end * (max(quarter - start, 0) / (4 - start)) ** speed

    def _capital(self, unit: str, period: Period) -> dict[str, Lines]:
        largest = {"da1": 4000, "da3_tda2": 2500, "da4_tda1": 9000, "da5_tda4": 600, "da6": 700, "da8": 500, "da10_tda1": 300}
        streams = {"central_investment": 0.5, "local_investment": 0.05, "central_recurrent": 0.35, "carried_over": 0.1}
        lines: Lines = {}
        for line, amount in largest.items():
            if self._dice(unit, line).random() < 0.2:
                continue  # this unit has nothing of the project
            lines[line] = {}
            for stream, share in streams.items():
                about = (unit, line, stream, period.year)
                dice = self._dice(*about)
                plan = amount * share * self._size[unit] * dice.lognormvariate(0, 0.4)
                if dice.random() < 0.1 and period.number >= 3:
                    plan *= dice.uniform(0.7, 1.6)
                paid = plan * self._paid(*about, quarter=period.number)
                lines[line] |= {f"plan_{stream}_vnd": round(plan, 1), f"disbursed_{stream}_vnd": round(paid, 1)}
        return {"capital": lines}

    def _support(self, unit: str, period: Period) -> dict[str, Lines]:
        kinds = {"residential_land": (30, 40), "housing": (120, 44), "job_conversion": (250, 10), "dispersed_water": (100, 3)}
        lines: Lines = {}
        for line, (households, million) in {**kinds, "vocational": (80, 4), "production_models": (40, 25)}.items():
            about = (unit, line, period.year, "support")
            dice = self._dice(*about)
            planned = max(int(households * self._size[unit] * dice.lognormvariate(0, 0.5)), 1)
            done = int(planned * self._paid(*about, quarter=period.number))
            each = million * self._dice(unit, line).uniform(0.8, 1.2)
            poor, ethnic, women = (int(done * dice.uniform(low, 0.9)) for low in (0.6, 0.5, 0.1))
            lines[line] = {"planned": planned, "supported": done, "supported_poor": poor, "supported_ethnic": ethnic}
            lines[line] |= {"supported_women": women, "support_vnd": round(done * each, 1)}
        return {"support": lines}

    def _training(self, unit: str, period: Period) -> dict[str, Lines]:
        dice = self._dice(unit, period, "training")
        classes = dice.choice((0, 1, 1, 2, 3, 5)) if period.number < 4 else dice.randint(1, 6)
        people = sum(dice.randint(35, 120) for _ in range(classes))
        officials = int(people * dice.uniform(0.1, 0.4))
        women, ethnic = int(people * dice.uniform(0.3, 0.6)), int(people * dice.uniform(0.3, 0.8))
        planned = round(people * dice.uniform(0.25, 0.4), 1)
        line: dict[str, Cell] = {"classes": classes, "participants": people, "women": women, "ethnic_minority": ethnic}
        line |= {"officials": officials, "community": people - officials, "days": classes * dice.randint(1, 4)}
        line |= {"budget_planned_vnd": planned, "budget_spent_vnd": round(planned * dice.uniform(0.7, 1), 1)}
        return {"levels": {"district": line, "total": dict(line)}, "class_list": {}}

    def _works(self, unit: str, period: Period) -> dict[str, Lines]:
        dice = self._dice(unit, "works")
        lines: Lines = {}
        for number in range(1, dice.randint(8, 20)):
            start = date(2021, 1, 1) + timedelta(days=dice.randrange(0, 1500))
            days, invested, pace = dice.randint(150, 700), dice.lognormvariate(7.3, 0.9), dice.uniform(0.7, 0.97)
            if start > period.end or start + timedelta(days=days + 500) < period.start:
                continue
            progress = min(int(100 * (period.end - start).days / days), 100)
            is_done = progress == 100
            commune = self._pack.units.children(unit, period.end)[0].name
            lines[str(number)] = {
                "work_code": f"{unit}-{number:03d}",
                "work_name": f"Công trình số {number}",
                "work_commune": commune,
                "work_project": "da4_tda1",
                "work_kind": "road",
                "work_start": start,
                "work_planned_end": start + timedelta(days=days),
                "work_actual_end": start + timedelta(days=days) if is_done else None,
                "work_status": "completed" if is_done else "in_progress",
                "work_progress_pct": progress,
                "work_investment_vnd": round(invested, 1),
                "work_disbursed_vnd": round(invested * progress / 100 * pace, 1),
            }
        return {"work_list": lines}

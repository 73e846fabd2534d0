"""Workbooks for benchmarks: the form of works filled in, each file and line different, with nothing wrong in it."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from program.form import Form
from program.pack import Pack
from program.period import Period
from program.table import Column, ColumnType
from program.units import Unit
from publish.template import Values, write_template

PERIOD = Period.parse("2024-Q4")
LINES = 60
"""Works of one report: 60 lines of 14 cells, the number of the line included, and the sender's own column of notes."""

_NOTE = Column(name="note", label="Ghi chú của đơn vị", type=ColumnType.TEXT)
_PLACES = ("Đường", "Cầu", "Kênh", "Nhà văn hóa", "Trường tiểu học", "Lộ giao thông liên ấp")


def write_reports(folder: Path, pack: Pack, files: int, lines: int = LINES) -> None:
    """Write `files` workbooks of the form of works, of the districts in turn, with `lines` works each."""
    form = pack.form("works", PERIOD)
    assert form is not None
    units = [
        unit
        for unit in pack.units
        if unit.is_valid_on(PERIOD.end) and pack.units.children(unit.code, PERIOD.end)
    ]
    districts = [unit for unit in units if unit.parent is not None]
    for number in range(files):
        unit = districts[number % len(districts)]
        content = write_template(
            *_filled(form, unit, pack.units.children(unit.code, PERIOD.end), number, lines)
        )
        (folder / f"{number}.xlsx").write_bytes(content)


def _filled(
    form: Form, unit: Unit, communes: Sequence[Unit], number: int, lines: int
) -> tuple[Form, Unit, Period, Values]:
    table = next(table for table in form.tables if table.kind == "list")
    wider = form.model_copy(
        update={"tables": (table.model_copy(update={"columns": (*table.columns, _NOTE)}),)}
    )
    works = [_work(table.columns, unit, communes, number * lines + line) for line in range(lines)]
    return wider, unit, PERIOD, Values({}, {table.name: works})


def _work(
    columns: Sequence[Column], unit: Unit, communes: Sequence[Unit], number: int
) -> dict[str, float | str | date | None]:
    """Return a work that differs from all others in its code, name, dates and amounts."""
    begun = date(2022, 1, 3) + timedelta(days=number % 700)
    commune, cost = (
        communes[number % len(communes)].name,
        850 + (number * 37) % 9000 + (number % 10) / 10,
    )
    words = {
        c.name: [label.label for label in c.vocabulary.values()] for c in columns if c.vocabulary
    }
    is_done = number % 3 == 0
    return {
        **{name: labels[number % len(labels)] for name, labels in words.items()},
        "work_status": "Hoàn thành" if is_done else "Đang thi công",
        "work_code": f"{unit.code}-{number:06d}",
        "work_name": f"{_PLACES[number % len(_PLACES)]} số {number} {commune}",
        "work_commune": commune,
        "work_start": begun,
        "work_planned_end": begun + timedelta(days=360),
        "work_actual_end": begun + timedelta(days=300) if is_done else None,
        "work_investment_vnd": cost,
        "work_disbursed_vnd": round(cost * 0.4, 1),
        "work_progress_pct": 100 if is_done else number % 90 + 5,
        "note": "vốn đối ứng ngân sách huyện" if number % 7 == 0 else None,
    }

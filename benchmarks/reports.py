"""Good workbooks of the works form for benchmarks. No two files or lines are the same."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from program.calendar.period import Period
from program.forms.table import Column, ColumnType
from program.pack.pack import Pack
from program.units.unit import Unit
from publish.template.values import Values
from publish.template.workbook import write_template

PERIOD = Period.parse("2024-Q4")
LINES = 60
"""Works of a report. A line has 14 cells, with its number and the sender's own column of notes."""

_NOTE = Column(name="note", label="Ghi chú của đơn vị", type=ColumnType.TEXT)
_PLACES = ("Đường", "Cầu", "Kênh", "Nhà văn hóa", "Trường tiểu học", "Lộ giao thông liên ấp")


def write_reports(folder: Path, pack: Pack, files: int, lines: int = LINES) -> None:
    """Write `files` workbooks with `lines` works each. The districts send them in turn."""
    form = pack.form("works", PERIOD)
    assert form is not None
    table = next(table for table in form.tables if table.kind == "list")
    wider_table = table.model_copy(update={"columns": (*table.columns, _NOTE)})
    wider_form = form.model_copy(update={"tables": (wider_table,)})
    below_province = [unit for unit in pack.units if unit.parent is not None]
    districts = [unit for unit in below_province if _communes(pack, unit)]
    for number in range(files):
        unit = districts[number % len(districts)]
        communes = _communes(pack, unit)
        first = number * lines
        works = [_work(table.columns, unit, communes, first + line) for line in range(lines)]
        content = write_template(wider_form, unit, PERIOD, Values({}, {table.name: works}))
        (folder / f"{number}.xlsx").write_bytes(content)


def _communes(pack: Pack, unit: Unit) -> Sequence[Unit]:
    """Return the communes of a district that exists at the end of the period; of others none."""
    if not unit.is_valid_on(PERIOD.end):
        return ()
    return pack.units.children(unit.code, PERIOD.end)


def _work(
    columns: Sequence[Column], unit: Unit, communes: Sequence[Unit], number: int
) -> dict[str, float | str | date | None]:
    """Return a work. Its code, name, dates and amounts depend on its number."""
    begun = date(2022, 1, 3) + timedelta(days=number % 700)
    commune = communes[number % len(communes)].name
    cost = 850 + (number * 37) % 9000 + (number % 10) / 10
    words: dict[str, str] = {}
    for column in columns:
        if column.vocabulary:
            labels = [label.label for label in column.vocabulary.values()]
            words[column.name] = labels[number % len(labels)]
    is_done = number % 3 == 0
    return {
        **words,
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

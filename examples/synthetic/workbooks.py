"""What all synthetic reports share: the dice, the name of a file, and the filled template."""

import random
import re
from collections.abc import Mapping, Sequence
from datetime import date

from program.calendar.period import Period
from program.calendar.stage import Stage
from program.forms.form import Form
from program.labels import fold
from program.pack.pack import Pack
from program.units.unit import Unit, UnitKind
from publish.template.values import Cell, Values
from publish.template.workbook import write_template

SEED = 1719
_NOTE = "SỐ LIỆU GIẢ LẬP (SYNTHETIC): mọi con số trong tệp này đều được tạo ra để làm mẫu."

Matrix = Mapping[str, Mapping[str, Mapping[str, Cell]]]
Lists = Mapping[str, Sequence[Mapping[str, Cell]]]


def dice_of(*about: str) -> random.Random:
    """Return dice that give the same numbers for the same words every time."""
    return random.Random("-".join((str(SEED), *about)))


def units_of(pack: Pack, kind: UnitKind, day: date) -> list[Unit]:
    """Return the units of a kind that existed on a day."""
    return [unit for unit in pack.units if unit.kind is kind and unit.is_valid_on(day)]


def path_of(unit: Unit, about: str, period: Period, remark: str = "") -> str:
    """Return a path below the inbox, as `942-chau-thanh/SYNTHETIC 942 tập huấn 2024-Q1.xlsx`."""
    name = re.sub(r"^(Huyện|Thị xã|Thành phố|Phường|Xã) ", "", unit.name)
    folder = f"{unit.code}-{fold(name).replace(' ', '-')}"
    return f"{folder}/SYNTHETIC {unit.code} {about} {period.code}{remark}.xlsx"


def _layout(pack: Pack, code: str, period: Period) -> Form:
    """Return the form that districts fill in for a period.

    For training they stay with the workbook that they know: version 2 only adds what is optional,
    so the reader takes version 1 as it is.
    """
    if code == "training":
        return next(form for form in pack.forms if (form.code, form.version) == (code, "v1"))
    form = pack.form(code, period)
    assert form is not None
    return form


def workbook(
    pack: Pack,
    form: str,
    unit: Unit,
    period: Period,
    matrix: Matrix,
    lists: Lists | None = None,
    *,
    stage: Stage = Stage.FINAL,
) -> bytes:
    """Return the template of a form with values, and a note that they are invented."""
    layout = _layout(pack, form, period)
    communes = pack.units.children(unit.code, period.end)
    values = Values(matrix, lists or {}, (_NOTE,))
    return write_template(layout, unit, period, values, stage=stage, communes=communes)

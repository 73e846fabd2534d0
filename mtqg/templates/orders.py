"""Which blank workbooks to write: one that was named, or all that a period asks for."""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from program.errors import AskedError, ConfigurationError
from program.form import Form
from program.labels import fold
from program.pack import Pack
from program.period import Period
from program.schedule import obligations
from program.stage import Stage
from program.units import Unit, UnitKind

_TYPES = re.compile(r"^(?:Tỉnh|Thành phố|Huyện|Thị xã|Quận|Phường|Xã|Thị trấn) ")


@dataclass(frozen=True, slots=True)
class Order:
    """A workbook to write: the form, of whom, for when, at which stage, and the communes that it lets choose from."""

    form: Form
    unit: Unit
    period: Period
    stage: Stage
    communes: tuple[Unit, ...]

    @property
    def path(self) -> Path:
        """Folder and file below the folder of all templates, in letters that every system and every zip keeps.

        942-chau-thanh/942-2024-uoc-thuc-hien-bao-cao-muc-tieu.xlsx
        """
        stage = [self.stage.label] if len(self.form.stages) > 1 else []
        name = "-".join([self.unit.code, self.period.code, *map(_plain, [*stage, self.form.short_title])])
        return Path(f"{self.unit.code}-{_plain(_TYPES.sub('', self.unit.name))}") / f"{name}.xlsx"

    def __str__(self) -> str:
        return f"{self.form.short_title} – {self.unit.name} – {self.form.label_of(self.period, self.stage)}"


def named_order(pack: Pack, form_code: str, unit_code: str, period: Period, stage: Stage) -> Order:
    """Return the one workbook that was asked for. Raises AskedError that says what there is instead."""
    form = pack.form(form_code, period)
    if form is None:
        versions = [f"{f.version} {f.valid_from} to {f.valid_to or 'now'}" for f in pack.forms if f.code == form_code]
        known = ", ".join(sorted({f.code for f in pack.forms}))
        there_is = f"its versions are {', '.join(versions)}" if versions else f"the pack has: {known}"
        raise AskedError(f"no form {form_code!r} for {period}; {there_is}")
    if period.kind not in form.periods:
        kinds = ", ".join(kind.value for kind in form.periods)
        raise AskedError(f"form {form_code} is not asked for {period}; it takes periods of kind: {kinds}")
    if stage not in form.stages:
        raise AskedError(f"form {form_code} has no stage {stage.value}; it has: {', '.join(form.stages)}")
    unit = pack.units.get(unit_code, period.end)
    reporters = pack.calendar.reporters(form_code, period.end) or frozenset(UnitKind)
    if unit is None or unit.kind not in reporters:
        units = [u for u in pack.units if u.is_valid_on(period.end) and u.kind in reporters]
        known = ", ".join(f"{u.code} {u.name}" for u in units)
        found = f"{unit.name} does not send {form_code} for {period}" if unit else f"no unit {unit_code!r} on {period.end}"
        raise AskedError(f"{found}; units that do: {known or 'none'}")
    return _order(pack, form, unit, period, stage)


def owed_orders(pack: Pack, period: Period, stage: Stage | None) -> list[Order]:
    """Return the workbooks that the calendar asks for, only those of `stage` where one is given, each with a path of its own.

    Raises AskedError where nobody owes anything, ConfigurationError where two would be written to one file.
    """
    orders = []
    for owed in obligations(pack.calendar, pack.units, period.end):
        if owed.period == period and stage in (None, owed.stage):
            day = owed.due_date if owed.stage is Stage.ESTIMATE else period.end
            form, unit = pack.form(owed.form_code, period), pack.units.get(owed.unit_code, day)
            if form is not None and unit is not None:
                orders.append(_order(pack, form, unit, period, owed.stage))
    if not orders:
        asked = ", ".join(sorted({f"{duty.form} every {duty.every.value}" for duty in pack.calendar.duties}))
        at = f" at the stage {stage.value}" if stage else ""
        raise AskedError(f"nobody owes a report for {period}{at}; calendar.yaml asks for: {asked}; see its first and last days")
    doubled = [str(path) for path, count in Counter(order.path for order in orders).items() if count > 1]
    if doubled:
        raise ConfigurationError(f"two reports would be one file; forms need short titles that differ: {', '.join(doubled)}")
    return orders


def _order(pack: Pack, form: Form, unit: Unit, period: Period, stage: Stage) -> Order:
    """Return an order with the communes that the unit may name: those directly below it, or a commune itself."""
    below = (child for child in pack.units.children(unit.code, period.end) if child.kind is UnitKind.COMMUNE)
    return Order(form, unit, period, stage, (unit,) if unit.kind is UnitKind.COMMUNE else tuple(below))


def _plain(text: str) -> str:
    """Return words as lower-case ASCII joined by hyphens."""
    return fold(text).replace(" ", "-")

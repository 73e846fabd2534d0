"""Which blank workbooks to write: a single one by name, or all that the calendar asks for."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from program.calendar.period import Period
from program.calendar.schedule import Obligation, obligations
from program.calendar.stage import Stage
from program.errors import ConfigurationError, UsageError
from program.forms.form import Form
from program.labels import fold
from program.pack.load import Pack
from program.units.register import Unit, UnitKind

_TYPES = re.compile(r"^(?:Tỉnh|Thành phố|Huyện|Thị xã|Quận|Phường|Xã|Thị trấn) ")


@dataclass(frozen=True, slots=True)
class TemplateRequest:
    """A workbook to write: its form, unit, period and stage.

    `communes` are the communes that its drop-downs offer.
    """

    form: Form
    unit: Unit
    period: Period
    stage: Stage
    communes: tuple[Unit, ...]

    @property
    def path(self) -> Path:
        """The workbook's path below the folder of all templates.

        It has ASCII letters only, because some systems and zip tools break Vietnamese names:
        942-chau-thanh/942-2024-uoc-thuc-hien-bao-cao-muc-tieu.xlsx
        """
        unit = self.unit
        parts = [unit.code, self.period.code]
        # A form with one stage needs no word for it.
        if len(self.form.stages) > 1:
            parts.append(_ascii_words(self.stage.label))
        parts.append(_ascii_words(self.form.short_title))
        file_name = "-".join(parts)
        name_without_type = _TYPES.sub("", unit.name)
        folder = f"{unit.code}-{_ascii_words(name_without_type)}"
        return Path(folder) / f"{file_name}.xlsx"

    def __str__(self) -> str:
        period = self.form.label_of(self.period, self.stage)
        return f"{self.form.short_title} – {self.unit.name} – {period}"


def named_order(
    pack: Pack,
    form_code: str,
    unit_code: str,
    period: Period,
    stage: Stage,
) -> TemplateRequest:
    """Return the order for one form, unit, period and stage.

    Raises UsageError if the pack has no such report. The error lists what the pack has.
    """
    form = _form(pack, form_code, period)
    if period.kind not in form.periods:
        kinds = ", ".join(kind.value for kind in form.periods)
        raise UsageError(
            f"form {form_code} is not asked for {period}; it takes periods of kind: {kinds}"
        )
    if stage not in form.stages:
        stages = ", ".join(form.stages)
        raise UsageError(f"form {form_code} has no stage {stage.value}; it has: {stages}")
    unit = _reporting_unit(pack, form_code, unit_code, period)
    return _order(pack, form, unit, period, stage)


def due_orders(
    pack: Pack,
    period: Period,
    stage: Stage | None,
) -> list[TemplateRequest]:
    """Return the workbooks that the calendar asks for in a period, each with a path of its own.

    `stage` None means both stages. Raises UsageError if no report is due, and
    ConfigurationError where two workbooks have the same path.
    """
    orders = []
    for obligation in obligations(pack.calendar, pack.units, period.end):
        if obligation.period != period or stage not in (None, obligation.stage):
            continue
        order = _order_of(pack, obligation)
        if order is not None:
            orders.append(order)
    if not orders:
        raise UsageError(_nothing_is_due(pack, period, stage))
    _refuse_shared_paths(orders)
    return orders


def _form(pack: Pack, code: str, period: Period) -> Form:
    """Return the version of a form that is valid in a period, or raise UsageError."""
    form = pack.form(code, period)
    if form is not None:
        return form
    problem = f"no form {code!r} for {period}"
    versions = [version for version in pack.forms if version.code == code]
    if not versions:
        codes = {known.code for known in pack.forms}
        listed = ", ".join(sorted(codes))
        raise UsageError(f"{problem}; the pack has: {listed}")
    spans = ", ".join(_span(version) for version in versions)
    raise UsageError(f"{problem}; its versions are {spans}")


def _span(version: Form) -> str:
    last = version.valid_to or "now"
    return f"{version.version} {version.valid_from} to {last}"


def _reporting_unit(
    pack: Pack,
    form_code: str,
    unit_code: str,
    period: Period,
) -> Unit:
    """Return the unit if it sends this form for this period, or raise UsageError."""
    day = period.end
    unit = pack.units.get(unit_code, day)
    # A form without a duty in the calendar may come from a unit of any kind.
    reporters = pack.calendar.reporters(form_code, day) or frozenset(UnitKind)
    if unit is not None and unit.kind in reporters:
        return unit
    if unit is None:
        problem = f"no unit {unit_code!r} on {day}"
    else:
        problem = f"{unit.name} does not send {form_code} for {period}"
    existing = [known for known in pack.units if known.is_valid_on(day)]
    senders = [f"{known.code} {known.name}" for known in existing if known.kind in reporters]
    listed = ", ".join(senders) or "none"
    raise UsageError(f"{problem}; units that do: {listed}")


def _order_of(pack: Pack, obligation: Obligation) -> TemplateRequest | None:
    """Return the order for one due report; None if no form or unit is valid for it."""
    period = obligation.period
    # An estimate is due before its period ends: the unit may no longer exist at the end.
    is_estimate = obligation.stage is Stage.ESTIMATE
    day = obligation.due_date if is_estimate else period.end
    form = pack.form(obligation.form_code, period)
    unit = pack.units.get(obligation.unit_code, day)
    if form is None or unit is None:
        return None
    return _order(pack, form, unit, period, obligation.stage)


def _nothing_is_due(pack: Pack, period: Period, stage: Stage | None) -> str:
    duties = {f"{duty.form} every {duty.every.value}" for duty in pack.calendar.duties}
    listed = ", ".join(sorted(duties))
    at_stage = f" at the stage {stage.value}" if stage else ""
    return (
        f"no report is due for {period}{at_stage}; calendar.yaml asks for: {listed}; "
        "see its first and last days"
    )


def _refuse_shared_paths(orders: Sequence[TemplateRequest]) -> None:
    counts = Counter(order.path for order in orders)
    shared = [str(path) for path, count in counts.items() if count > 1]
    if shared:
        raise ConfigurationError(
            "two reports would be one file; forms need short titles that differ: "
            + ", ".join(shared)
        )


def _order(
    pack: Pack,
    form: Form,
    unit: Unit,
    period: Period,
    stage: Stage,
) -> TemplateRequest:
    """Return an order with the communes directly below the unit, or the unit if it is one."""
    communes: Iterable[Unit]
    if unit.kind is UnitKind.COMMUNE:
        communes = (unit,)
    else:
        children = pack.units.children(unit.code, period.end)
        communes = (child for child in children if child.kind is UnitKind.COMMUNE)
    return TemplateRequest(form, unit, period, stage, tuple(communes))


def _ascii_words(text: str) -> str:
    """Return the words of a text in lower-case ASCII, joined by hyphens."""
    return fold(text).replace(" ", "-")

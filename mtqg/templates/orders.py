"""Which blank workbooks to write: a single one by name, or all that the calendar asks for."""

from collections import Counter
from collections.abc import Sequence

from program.calendar.period import Period
from program.calendar.schedule import obligations
from program.calendar.stage import Stage
from program.errors import ConfigurationError, UsageError
from program.forms.form import Form
from program.pack.pack import Pack
from program.units.unit import Unit, UnitKind
from publish.template.requests import TemplateRequest, due_request, request_of


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
    return request_of(pack, form, unit, period, stage)


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
        order = due_request(pack, obligation)
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

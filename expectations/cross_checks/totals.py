"""The province's own report and its units': a case for each figure that both state."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from functools import partial
from typing import NamedTuple, TypeAlias

from expectations.cross_checks.case import (
    Case,
    Description,
    PeriodStage,
    Stated,
    are_exact,
    figures_in,
    involved_in,
    sum_of,
)
from expectations.cross_checks.reports import Reports
from expectations.cross_checks.rules import TotalRule, additive_figures
from expectations.findings.format import format_value
from program.calendar.period import Period, PeriodKind, periods_between
from program.forms.elements import FormElement, form_elements, parts_within
from program.forms.form import Form
from program.forms.table import OverTime
from program.pack.pack import Pack
from program.records.current_report import CurrentReport

_Figures: TypeAlias = Mapping[str, Stated]
"""What a unit states, by the names of the figures; no lines of lists."""

_UnitPeriod: TypeAlias = tuple[str, Period]
"""A unit, and a period that it reports."""


class _Part(NamedTuple):
    """What one unit below the province states, and of which period."""

    period: Period
    figures: _Figures


def total_cases(
    rule: TotalRule,
    occasion: PeriodStage,
    reports: Reports,
    pack: Pack,
) -> Iterator[Case]:
    """Yield a case for each figure of the province's report of an occasion.

    There is none where a unit's report is missing. A unit may have reported another period that
    ends on the same day: its fourth quarter is the year's. Then only figures that are cumulative
    are compared. A flow is compared with the sum of all shorter periods that the units report.

    A total with a part of the province's own, as the classes that it holds itself, may be above the
    sum of the units: there is a case only if it is below.
    """
    own = [report for report in occasion.reports if report.unit == pack.program.province]
    province = _figures_of(own)
    if not province:
        return
    yield from _flow_cases(rule, occasion, province, reports, pack)
    below = _parts_below(rule.form, occasion, reports, pack)
    stated_below = [part.figures for part in below]
    with_own_part = _totals_with_own_part(occasion.form, province, stated_below)
    for name in _compared_figures(rule, occasion, below):
        parts = _comparable_parts(name, province, stated_below)
        if not parts:
            continue
        whole = province[name]
        excess = sum_of([whole]) - sum_of(parts)
        if name in with_own_part and excess > 0:
            continue
        describe = partial(_unequal, rule, occasion, whole, parts, len(below), pack)
        yield Case(excess, describe)


def _flow_cases(
    rule: TotalRule, occasion: PeriodStage, province: _Figures, reports: Reports, pack: Pack
) -> Iterator[Case]:
    """Yield a case for each flow: the province's year, and the quarters of its units.

    Where a unit's report is missing, the sum can only grow: there is a case only if it is already
    above the province's figure.
    """
    due = _due_within(pack, rule.form, occasion.period)
    received = _figures_within(due, rule.form, occasion, reports)
    units = {unit for unit, _ in received}
    stated_below = list(received.values())
    with_own_part = _totals_with_own_part(occasion.form, province, stated_below)
    for name in rule.figures or additive_figures(occasion.form):
        if occasion.form.over_time_of(name) is not OverTime.FLOW:
            continue
        parts = _comparable_parts(name, province, stated_below)
        if not parts:
            continue
        whole = province[name]
        excess = sum_of([whole]) - sum_of(parts)
        is_whole_sum = received.keys() == due and name not in with_own_part
        if is_whole_sum or excess < 0:
            yield Case(excess, partial(_unequal, rule, occasion, whole, parts, len(units), pack))


def _comparable_parts(
    name: str, province: _Figures, stated_below: Iterable[_Figures]
) -> list[Stated]:
    """Return what the units state for a figure that the province states too.

    "khoảng 50" (about 50) cannot be compared: one such figure leaves out all of them.
    """
    if name not in province:
        return []
    parts = [figures[name] for figures in stated_below if name in figures]
    if not are_exact([province[name], *parts]):
        return []
    return parts


def _totals_with_own_part(
    form: Form, province: _Figures, stated_below: Iterable[_Figures]
) -> set[str]:
    """Return the totals with a part that the province states, and no unit below it.

    Where there is one, the form's lists have lines of the province's own too, and what sums up a
    list is such a total.
    """
    own = set(province)
    own.difference_update(*stated_below)
    elements = form_elements(form)
    totals = {name for name in province if not own.isdisjoint(parts_within(elements, name))}
    if totals:
        totals.update(*(table.summaries for table in form.tables))
    return totals


def _figures_within(
    due: Set[_UnitPeriod], form: str, occasion: PeriodStage, reports: Reports
) -> dict[_UnitPeriod, _Figures]:
    """Return what units state about the shorter periods that they report, in order."""
    received: dict[_UnitPeriod, _Figures] = {}
    periods = {period for _, period in due}
    for period in sorted(periods):
        for report in reports.about(form, period, occasion.stage):
            # A unit may send a report that no duty asks it for: it is no part of the sum.
            unit_period = (report.unit, period)
            if unit_period in due:
                received[unit_period] = _figures_of([report])
    return received


def _due_within(pack: Pack, form: str, whole: Period) -> set[_UnitPeriod]:
    """Return the units below the province with each shorter period that they have to report.

    It is empty where a unit has to report the whole period too: that report is compared.
    """
    if _units_below(pack, form, whole):
        return set()
    due: set[_UnitPeriod] = set()
    for kind in PeriodKind:
        if kind is whole.kind:
            continue
        for period in periods_between(kind, whole.start, whole.end):
            for unit in _units_below(pack, form, period):
                due.add((unit, period))
    return due


def _compared_figures(
    rule: TotalRule,
    occasion: PeriodStage,
    below: Sequence[_Part],
) -> Sequence[str]:
    """Return the figures to compare; only cumulative ones if a unit reported another period."""
    names = rule.figures or additive_figures(occasion.form)
    if all(part.period == occasion.period for part in below):
        return names
    known = form_elements(occasion.form)
    return [name for name in names if _is_cumulative(known.get(name))]


def _unequal(
    rule: TotalRule,
    occasion: PeriodStage,
    whole: Stated,
    parts: Sequence[Stated],
    units: int,
    pack: Pack,
) -> Description:
    form = occasion.form
    figure = whole.fact.element
    measure = form.measure_of(figure)
    total = sum_of([whole])
    summed = sum_of(parts)
    values = {
        "figure": _label_of(form, figure),
        "whole": format_value(total, measure),
        "parts": format_value(summed, measure),
        "count": str(units),
        "difference": format_value(abs(total - summed), measure),
        "province": pack.province.name,
        "period": occasion.label,
    }
    own = involved_in(whole, measure, must_correct=True)
    must_each_correct = rule.tell == "each"
    others = [involved_in(part, measure, must_correct=must_each_correct) for part in parts]
    number = whole.report.number
    # A figure that adds up others differs because of them: they need no finding of their own.
    summands = parts_within(form_elements(form), figure)
    within = frozenset((number, summand) for summand in summands)
    return Description(
        values=values,
        involved=(own, *others),
        figure=(number, figure),
        parts=within,
    )


def _parts_below(
    form: str,
    occasion: PeriodStage,
    reports: Reports,
    pack: Pack,
) -> list[_Part]:
    """Return what each unit below the province that has to report the form states, by unit code.

    It is of the period itself, else of another one that ends with it. The list is empty if a unit
    has not reported.
    """
    periods = _periods_ending_with(occasion.period)
    required: set[str] = set()
    for period in periods:
        required |= _units_below(pack, form, period)
    found: dict[str, _Part] = {}
    for period in periods:
        of_period = reports.about(form, period, occasion.stage)
        for unit, of_unit in _reports_by_unit(of_period).items():
            # The period itself comes first: what a unit states of it is never replaced.
            if unit in required and unit not in found:
                # A unit with nothing but a list has reported too.
                found[unit] = _Part(period, _figures_of(of_unit))
    if found.keys() != required:
        return []
    return [found[unit] for unit in sorted(found)]


def _reports_by_unit(reports: Iterable[CurrentReport]) -> dict[str, list[CurrentReport]]:
    by_unit: dict[str, list[CurrentReport]] = defaultdict(list)
    for report in reports:
        by_unit[report.unit].append(report)
    return by_unit


def _periods_ending_with(period: Period) -> list[Period]:
    """Return `period`, and then those of other kinds that end on the same day."""
    periods = [period]
    for kind in PeriodKind:
        periods += periods_between(kind, period.end, period.end)
    return list(dict.fromkeys(periods))


def _figures_of(reports: Iterable[CurrentReport]) -> _Figures:
    figures: dict[str, Stated] = {}
    for report in reports:
        for stated in figures_in(report):
            figures[stated.fact.element] = stated
    return figures


def _units_below(pack: Pack, form: str, period: Period) -> set[str]:
    """Return the units below the province that have to report `form` for `period`."""
    duties = [duty for duty in pack.calendar.duties if duty.form == form]
    kinds = {duty.from_kind for duty in duties if duty.is_for(period)}
    # Districts until 30 June 2025 and communes from then on: the period's end decides.
    units = [unit for unit in pack.units if unit.kind in kinds]
    codes = {unit.code for unit in units if unit.is_valid_on(period.end)}
    return codes - {pack.program.province}


def _is_cumulative(figure: FormElement | None) -> bool:
    return figure is not None and figure.cumulative is not None


def _label_of(form: Form, figure: str) -> str:
    """Return what an office calls a figure: its column and line; a list's summary by its column."""
    for table in form.tables:
        if figure in table.elements:
            column, line = table.elements[figure]
            return f"{column.label}, {line.label}"
        if figure in table.summaries:
            column = table.column(table.summaries[figure].column)
            return f"{column.label} ({table.title})"
    return figure

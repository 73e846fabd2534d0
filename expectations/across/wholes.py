"""The province's own report against its units': a case for each figure that both say."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple, TypeAlias

from expectations.across.case import (
    Case,
    Description,
    Occasion,
    Stated,
    are_exact,
    figures_in,
    involved_in,
    sum_of,
)
from expectations.across.reports import Reports
from expectations.across.rules import WholeRule, additive_figures
from expectations.printing import show
from program.current import CurrentReport
from program.figures import Figure, figures_of, parts_within
from program.form import Form
from program.pack import Pack
from program.period import Period, PeriodKind, periods_between

_Figures: TypeAlias = Mapping[str, Stated]
"""What a unit states as a whole, by the names of the figures."""


class _Part(NamedTuple):
    """What one unit below the province states, and of which period."""

    period: Period
    figures: _Figures


def wholes_of(rule: WholeRule, occasion: Occasion, reports: Reports, pack: Pack) -> Iterator[Case]:
    """Yield a case for each figure of the province's report of an occasion; none where a unit's report is missing.

    A unit that reported another period which ends on the same day says the same of what adds up until then, and of that alone:
    its fourth quarter is the year's.
    """
    own = [report for report in occasion.reports if report.unit == pack.program.province]
    province = _figures_of(own)
    if not province:
        return
    below = _parts_below(rule.form, occasion, reports, pack)
    known = figures_of(occasion.form)
    is_own = all(part.period == occasion.period for part in below)
    for name in rule.figures or additive_figures(occasion.form):
        parts = [part.figures[name] for part in below if name in part.figures]
        if name not in province or not parts or not are_exact([province[name], *parts]):
            continue
        if is_own or _adds_up(known.get(name)):
            excess = sum_of([province[name]]) - sum_of(parts)
            describe = partial(_unequal, rule, occasion, province[name], parts, len(below), pack)
            yield Case(excess, describe)


def _unequal(
    rule: WholeRule,
    occasion: Occasion,
    whole: Stated,
    parts: Sequence[Stated],
    units: int,
    pack: Pack,
) -> Description:
    form, figure = occasion.form, whole.fact.element
    measure, total, summed = form.measure_of(figure), sum_of([whole]), sum_of(parts)
    values = {
        "figure": _label_of(form, figure),
        "whole": show(total, measure),
        "parts": show(summed, measure),
        "count": str(units),
        "difference": show(abs(total - summed), measure),
        "province": pack.province.name,
        "period": occasion.label,
    }
    own = involved_in(whole, measure, is_told=True)
    others = (involved_in(part, measure, is_told=rule.tell == "each") for part in parts)
    number = whole.report.number
    within = frozenset((number, part) for part in parts_within(figures_of(form), figure))
    return Description(values, (own, *others), (number, figure), within)


def _parts_below(form: str, occasion: Occasion, reports: Reports, pack: Pack) -> list[_Part]:
    """Return what each unit below the province that owes the form states, by the units' codes.

    Of the period itself, else of one that ends with it. None where a unit has not reported.
    """
    end = occasion.period.end
    alike = [occasion.period, *(period for kind in PeriodKind for period in periods_between(kind, end, end))]
    owing = {unit for period in alike for unit in _units_below(pack, form, period)}
    found: dict[str, _Part] = {}
    for period in dict.fromkeys(alike):
        of_unit: dict[str, list[CurrentReport]] = defaultdict(list)
        for report in reports.about(form, period, occasion.stage):
            of_unit[report.unit].append(report)
        for unit in owing & of_unit.keys() - found.keys():
            # A unit with a list alone has reported too.
            found[unit] = _Part(period, _figures_of(of_unit[unit]))
    return [part for _, part in sorted(found.items())] if found.keys() == owing else []


def _figures_of(reports: Iterable[CurrentReport]) -> _Figures:
    return {stated.fact.element: stated for report in reports for stated in figures_in(report)}


def _units_below(pack: Pack, form: str, period: Period) -> set[str]:
    """Return the units below the province that owe `form` for `period`."""
    kinds = {duty.from_kind for duty in pack.calendar.duties if duty.form == form and duty.is_for(period)}
    if not kinds:
        return set()
    standing = {unit.code for unit in pack.units if unit.kind in kinds and unit.is_valid_on(period.end)}
    return standing - {pack.program.province}


def _adds_up(figure: Figure | None) -> bool:
    return figure is not None and figure.cumulative is not None


def _label_of(form: Form, figure: str) -> str:
    """Return what an office calls a figure: its column and line; a list's summary by its column."""
    for table in form.tables:
        if figure in table.elements:
            column, line = table.elements[figure]
            return f"{column.label}, {line.label}"
        if figure in table.summaries:
            return f"{table.column(table.summaries[figure].column).label} ({table.title})"
    return figure

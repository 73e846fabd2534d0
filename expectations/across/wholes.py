"""The province's own report against its units': a case for each figure that both say."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from expectations.across.case import Case, Occasion, are_exact, involved_in, sum_of
from expectations.across.rules import WholeRule
from expectations.printing import show
from program.current import CurrentFact
from program.figures import Figure, figures_of, parts_within
from program.form import Form
from program.pack import Pack
from program.period import Period, PeriodKind, periods_between
from program.table import ColumnType

_Said = Mapping[str, CurrentFact]
"""The figures that a report says as a whole, by their names."""


def wholes_of(rule: WholeRule, occasion: Occasion, facts: Iterable[CurrentFact], pack: Pack) -> Iterator[Case]:
    """Yield a case for each figure of the province's report of an occasion; none where a unit's report is missing.

    A unit that reported another period which ends on the same day says the same of what adds up until then, and of that alone:
    its fourth quarter is the year's.
    """
    province = {f.element: f for f in occasion.facts if f.line == 0 and f.unit == pack.program.province}
    if not province:
        return
    said = _said_below(rule.form, occasion, facts, pack)
    known = figures_of(occasion.form)
    is_own = all(fact.period == occasion.period.code for report in said.values() for fact in report.values())
    for name in rule.figures or _additive(occasion.form):
        parts = [report[name] for _, report in sorted(said.items()) if name in report]
        if name in province and parts and (is_own or _adds_up(known.get(name))) and are_exact([province[name], *parts]):
            yield _case(rule, occasion, province[name], parts, len(said), pack)


def _case(rule: WholeRule, occasion: Occasion, whole: CurrentFact, parts: list[CurrentFact], count: int, pack: Pack) -> Case:
    form, figure = occasion.form, whole.element
    measure, total, summed = form.measure_of(figure), sum_of([whole]), sum_of(parts)
    values = {
        "figure": _label_of(form, figure),
        "whole": show(total, measure),
        "parts": show(summed, measure),
        "count": str(count),
        "difference": show(abs(total - summed), measure),
        "province": pack.province.name,
        "period": occasion.label,
    }
    asked = [involved_in(fact, measure, is_told=rule.tell == "each") for fact in parts]
    within = frozenset((whole.submission_id, part) for part in parts_within(figures_of(form), figure))
    involved = (involved_in(whole, measure, is_told=True), *asked)
    return Case(total - summed, values, involved, (whole.submission_id, figure), within)


def _said_below(form: str, occasion: Occasion, facts: Iterable[CurrentFact], pack: Pack) -> dict[str, _Said]:
    """Return what each unit below the province that owes the form says: of the period itself, else of one that ends with it.

    None where one of them says nothing.
    """
    end = occasion.period.end
    alike = [occasion.period, *(period for kind in PeriodKind for period in periods_between(kind, end, end))]
    rank = {period.code: place for place, period in reversed(list(enumerate(alike)))}
    owing = {unit for period in alike for unit in _units_below(pack, form, period)}
    reports: dict[str, dict[str, dict[str, CurrentFact]]] = defaultdict(lambda: defaultdict(dict))
    for fact in facts:
        if fact.form == form and fact.stage is occasion.stage and fact.unit in owing and fact.period in rank:
            # A unit with a list alone has reported too.
            reports[fact.unit][fact.period][fact.element if fact.line == 0 else ""] = fact
    if owing - reports.keys():
        return {}
    return {unit: of_unit[min(of_unit, key=rank.__getitem__)] for unit, of_unit in reports.items()}


def _units_below(pack: Pack, form: str, period: Period) -> set[str]:
    """Return the units below the province that owe `form` for `period`."""
    kinds = {duty.from_kind for duty in pack.calendar.duties if duty.form == form and duty.is_for(period)}
    return {u.code for u in pack.units if u.kind in kinds and u.code != pack.program.province and u.is_valid_on(period.end)}


def _adds_up(figure: Figure | None) -> bool:
    return figure is not None and figure.cumulative is not None


def _additive(form: Form) -> list[str]:
    """Return the figures that may be added up over units: counts and money. Days and percentages may not."""
    kinds = (ColumnType.WHOLE, ColumnType.MONEY)
    elements = [n for table in form.tables for n, (column, _) in table.elements.items() if column.type in kinds]
    return [*elements, *(name for table in form.tables for name in table.summaries)]


def _label_of(form: Form, figure: str) -> str:
    """Return what an office calls a figure: its column and line; a list's summary by its column."""
    for table in form.tables:
        if figure in table.elements:
            column, line = table.elements[figure]
            return f"{column.label}, {line.label}"
        if figure in table.summaries:
            return f"{table.column(table.summaries[figure].column).label} ({table.title})"
    return figure

"""The cases that a rule across submissions judges: which submissions a comparison involves, its number, and its words."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from expectations.across.rules import AcrossRule, ClaimRule, FormsRule, Side, WholeRule
from expectations.printing import show
from program.current import CurrentFact
from program.figures import figures_of, parts_within
from program.form import Form
from program.labels import fold
from program.pack import Pack
from program.period import Period
from program.stage import Stage
from program.table import ColumnType


@dataclass(frozen=True, slots=True)
class Involved:
    """One submission that a case involves, and the cell of it that says so. `is_told`: its sender is asked."""

    submission_id: int
    sheet: str
    cell: str | None
    value: str
    is_told: bool
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Case:
    """One comparison: the number that is judged (`units` or `excess`), its words, and who is involved.

    `figure` is the one compared and whose report says it; `parts` are those that it is made of: where one of them differs, so
    does their total.
    """

    number: float
    values: Mapping[str, str]
    involved: tuple[Involved, ...]
    figure: tuple[int, str] | None = None
    parts: frozenset[tuple[int, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class _Occasion:
    """A period and stage, and what is believed about them of one form, or of all."""

    form: Form
    period: Period
    stage: Stage
    facts: tuple[CurrentFact, ...]

    @property
    def label(self) -> str:
        return self.form.label_of(self.period, self.stage)


def cases_of(rule: AcrossRule, facts: Sequence[CurrentFact], pack: Pack) -> list[Case]:
    """Return every case of `rule` among `facts`, in the order of period, stage and what is compared."""
    match rule:
        case WholeRule():
            cases = (_wholes(rule, occasion, pack) for occasion in _occasions(rule.form, facts, pack))
        case ClaimRule():
            cases = (_claims(rule, occasion, pack) for occasion in _occasions(rule.form, facts, pack))
        case FormsRule():
            cases = (_pairs(rule, occasion, facts, pack) for occasion in _occasions(rule.left.form, facts, pack))
    return [case for of_occasion in cases for case in of_occasion]


def _occasions(code: str, facts: Iterable[CurrentFact], pack: Pack) -> Iterator[_Occasion]:
    reports: dict[tuple[str, Stage], list[CurrentFact]] = defaultdict(list)
    for fact in facts:
        if fact.form == code:
            reports[fact.period, fact.stage].append(fact)
    for (period_code, stage), report in sorted(reports.items()):
        period = Period.parse(period_code)
        form = pack.form(code, period)
        if form is not None:
            yield _Occasion(form, period, stage, tuple(report))


def _wholes(rule: WholeRule, occasion: _Occasion, pack: Pack) -> Iterator[Case]:
    figures: dict[str, dict[str, CurrentFact]] = defaultdict(dict)
    for fact in occasion.facts:
        if fact.line == 0:
            figures[fact.element][fact.unit] = fact
    owing = _units_below(pack, rule.form, occasion.period)
    if not owing or owing - {fact.unit for fact in occasion.facts}:
        return
    known = figures_of(occasion.form)
    for figure in rule.figures or _additive(occasion.form):
        told = figures[figure]
        whole = told.get(pack.program.province)
        parts = [fact for unit, fact in sorted(told.items()) if unit in owing]
        if whole is None or not parts or not _are_exact([whole, *parts]):
            continue
        measure, total, summed = occasion.form.measure_of(figure), _sum([whole]), _sum(parts)
        values = {
            "figure": _label_of(occasion.form, figure),
            "whole": show(total, measure),
            "parts": show(summed, measure),
            "count": str(len(owing)),
            "difference": show(abs(total - summed), measure),
            "province": pack.province.name,
            "period": occasion.label,
        }
        asked = [_involved(fact, measure, is_told=rule.tell == "each") for fact in parts]
        involved = (_involved(whole, measure, is_told=True), *asked)
        within = frozenset((whole.submission_id, part) for part in parts_within(known, figure))
        yield Case(total - summed, values, involved, (whole.submission_id, figure), within)


def _units_below(pack: Pack, form: str, period: Period) -> set[str]:
    """Return the units below the province that owe `form` for `period`."""
    kinds = {duty.from_kind for duty in pack.calendar.duties if duty.form == form and duty.is_for(period)}
    return {u.code for u in pack.units if u.kind in kinds and u.code != pack.program.province and u.is_valid_on(period.end)}


def _additive(form: Form) -> list[str]:
    """Return the figures that may be added up over units: counts and money. Days and percentages may not."""
    kinds = (ColumnType.WHOLE, ColumnType.MONEY)
    elements = [n for table in form.tables for n, (column, _) in table.elements.items() if column.type in kinds]
    return [*elements, *(name for table in form.tables for name in table.summaries)]


def _claims(rule: ClaimRule, occasion: _Occasion, pack: Pack) -> Iterator[Case]:
    lines: dict[tuple[int, int], dict[str, CurrentFact]] = defaultdict(dict)
    for fact in occasion.facts:
        if fact.line > 0 and fact.element in rule.key:
            lines[fact.submission_id, fact.line][fact.element] = fact
    alike: dict[tuple[str, ...], list[dict[str, CurrentFact]]] = defaultdict(list)
    for line in lines.values():
        key = tuple(fold(_shown(line[name])) if name in line else "" for name in rule.key)
        if all(key):
            alike[key].append(line)
    for claims in alike.values():
        first = [line[rule.key[0]] for line in claims]
        names = {fact.unit: _name(pack, fact.unit, occasion.period) for fact in first}
        values = {"what": _shown(first[0]), "period": occasion.label}
        yield Case(len(names), values, tuple(_claimant(fact, names) for fact in first))


def _claimant(fact: CurrentFact, names: Mapping[str, str]) -> Involved:
    others = ", ".join(name for unit, name in names.items() if unit != fact.unit)
    return Involved(fact.submission_id, fact.sheet, fact.cell, _shown(fact), is_told=True, values={"others": others})


def _pairs(rule: FormsRule, occasion: _Occasion, facts: Sequence[CurrentFact], pack: Pack) -> Iterator[Case]:
    other = pack.form(rule.right.form, occasion.period)
    if other is None:
        return
    lefts = _by_unit(rule.left, occasion.facts)
    rights = _by_unit(rule.right, (f for f in facts if (f.period, f.stage) == (occasion.period.code, occasion.stage)))
    for unit in sorted(lefts.keys() & rights.keys()):
        left, right = lefts[unit], rights[unit]
        measure, excess = occasion.form.measure_of(rule.left.figures[0]), _sum(left) - _sum(right)
        values = {
            "left": show(_sum(left), measure),
            "right": show(_sum(right), measure),
            "difference": show(abs(excess), measure),
            "left_form": occasion.form.short_title,
            "right_form": other.short_title,
            "period": occasion.label,
        }
        involved = (
            _involved(left[0], measure, is_told=rule.tell in ("left", "each")),
            _involved(right[0], measure, is_told=rule.tell in ("right", "each")),
        )
        yield Case(excess, values, involved)


def _by_unit(side: Side, facts: Iterable[CurrentFact]) -> dict[str, list[CurrentFact]]:
    """Return each unit's figures of a side; not those of a unit that lacks one, or has a word before one."""
    found: dict[str, list[CurrentFact]] = defaultdict(list)
    for fact in facts:
        if fact.form == side.form and fact.line == 0 and fact.element in side.figures:
            found[fact.unit].append(fact)
    return {unit: told for unit, told in found.items() if len(told) == len(side.figures) and _are_exact(told)}


def _involved(fact: CurrentFact, measure: str, *, is_told: bool) -> Involved:
    # What a list sums up stands in a range of cells: a finding points at the first of them.
    cell = fact.cell.partition(":")[0]
    value = show(fact.value, measure)
    return Involved(fact.submission_id, fact.sheet, cell if cell[-1:].isdigit() else None, value, is_told)


def _are_exact(facts: Iterable[CurrentFact]) -> bool:
    return all(fact.qualifier is None for fact in facts)


def _sum(facts: Iterable[CurrentFact]) -> float:
    return sum(fact.value or 0.0 for fact in facts)


def _shown(fact: CurrentFact) -> str:
    return fact.text if fact.text is not None else show(fact.value, "")


def _name(pack: Pack, code: str, period: Period) -> str:
    unit = pack.unit_on(code, period.code)
    return unit.name if unit else code


def _label_of(form: Form, figure: str) -> str:
    """Return what an office calls a figure: its column and line; a list's summary by its column."""
    for table in form.tables:
        if figure in table.elements:
            column, line = table.elements[figure]
            return f"{column.label}, {line.label}"
        if figure in table.summaries:
            return f"{table.column(table.summaries[figure].column).label} ({table.title})"
    return figure

"""The cases that a rule across submissions judges: one a claim of two units, a pair of forms, a figure of the province."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from expectations.across.case import Case, Involved, Occasion, are_exact, involved_in, sum_of
from expectations.across.rules import AcrossRule, ClaimRule, FormsRule, Side, WholeRule
from expectations.across.wholes import wholes_of
from expectations.printing import show
from program.current import CurrentFact
from program.labels import fold
from program.pack import Pack
from program.period import Period
from program.stage import Stage


def cases_of(rule: AcrossRule, facts: Sequence[CurrentFact], pack: Pack) -> list[Case]:
    """Return every case of `rule` among `facts`, in the order of period, stage and what is compared."""
    match rule:
        case WholeRule():
            cases = (wholes_of(rule, occasion, facts, pack) for occasion in _occasions(rule.form, facts, pack))
        case ClaimRule():
            cases = (_claims(rule, occasion, pack) for occasion in _occasions(rule.form, facts, pack))
        case FormsRule():
            cases = (_pairs(rule, occasion, facts, pack) for occasion in _occasions(rule.left.form, facts, pack))
    return [case for of_occasion in cases for case in of_occasion]


def _occasions(code: str, facts: Iterable[CurrentFact], pack: Pack) -> Iterator[Occasion]:
    reports: dict[tuple[str, Stage], list[CurrentFact]] = defaultdict(list)
    for fact in facts:
        if fact.form == code:
            reports[fact.period, fact.stage].append(fact)
    for (period_code, stage), report in sorted(reports.items()):
        period = Period.parse(period_code)
        form = pack.form(code, period)
        if form is not None:
            yield Occasion(form, period, stage, tuple(report))


def _claims(rule: ClaimRule, occasion: Occasion, pack: Pack) -> Iterator[Case]:
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


def _pairs(rule: FormsRule, occasion: Occasion, facts: Sequence[CurrentFact], pack: Pack) -> Iterator[Case]:
    other = pack.form(rule.right.form, occasion.period)
    if other is None:
        return
    lefts = _by_unit(rule.left, occasion.facts)
    rights = _by_unit(rule.right, (f for f in facts if (f.period, f.stage) == (occasion.period.code, occasion.stage)))
    for unit in sorted(lefts.keys() & rights.keys()):
        left, right = lefts[unit], rights[unit]
        measure, excess = occasion.form.measure_of(rule.left.figures[0]), sum_of(left) - sum_of(right)
        values = {
            "left": show(sum_of(left), measure),
            "right": show(sum_of(right), measure),
            "difference": show(abs(excess), measure),
            "left_form": occasion.form.short_title,
            "right_form": other.short_title,
            "period": occasion.label,
        }
        involved = (
            involved_in(left[0], measure, is_told=rule.tell in ("left", "each")),
            involved_in(right[0], measure, is_told=rule.tell in ("right", "each")),
        )
        yield Case(excess, values, involved)


def _by_unit(side: Side, facts: Iterable[CurrentFact]) -> dict[str, list[CurrentFact]]:
    """Return each unit's figures of a side; not those of a unit that lacks one, or has a word before one."""
    found: dict[str, list[CurrentFact]] = defaultdict(list)
    for fact in facts:
        if fact.form == side.form and fact.line == 0 and fact.element in side.figures:
            found[fact.unit].append(fact)
    return {unit: told for unit, told in found.items() if len(told) == len(side.figures) and are_exact(told)}


def _shown(fact: CurrentFact) -> str:
    return fact.text if fact.text is not None else show(fact.value, "")


def _name(pack: Pack, code: str, period: Period) -> str:
    unit = pack.unit_on(code, period.code)
    return unit.name if unit else code

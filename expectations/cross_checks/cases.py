"""The cases of a rule across submissions.

There is a case for each line that units claim, each unit that reports two forms, or each figure of
the province's report.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TypeAlias

from expectations.cross_checks.case import (
    Case,
    Description,
    Involved,
    PeriodStage,
    Stated,
    are_exact,
    figures_in,
    involved_in,
    sum_of,
)
from expectations.cross_checks.reports import Reports
from expectations.cross_checks.rules import (
    AcrossRule,
    DuplicateClaimRule,
    FormSide,
    FormsRule,
    TotalRule,
)
from expectations.cross_checks.totals import total_cases
from expectations.findings.format import format_value
from program.calendar.period import Period
from program.forms.form import Form
from program.labels import fold
from program.pack.pack import Pack
from program.records.current_report import CurrentReport
from program.submission import Fact

_Key: TypeAlias = tuple[str | float, ...]
"""What two lines have in common that mean the same, however they are written."""
_DECIMALS = 6
"""Decimals that a figure is printed with. Figures that are printed alike are equal."""


def cases_of(rule: AcrossRule, reports: Reports, pack: Pack) -> Iterator[Case]:
    """Yield every case of `rule`, in the order of period, stage and what is compared."""
    form = rule.left.form if isinstance(rule, FormsRule) else rule.form
    for occasion in reports.occasions(form, pack):
        match rule:
            case TotalRule():
                yield from total_cases(rule, occasion, reports, pack)
            case DuplicateClaimRule():
                yield from _claims(rule, occasion, pack)
            case FormsRule():
                yield from _pairs(rule, occasion, reports, pack)


def _claims(
    rule: DuplicateClaimRule,
    occasion: PeriodStage,
    pack: Pack,
) -> Iterator[Case]:
    """Yield a case for each thing that a list names: how many units claim it."""
    claims: dict[_Key, list[Stated]] = defaultdict(list)
    for report in occasion.reports:
        for key, name in _keys_in(report, rule.key):
            claim = Stated(report, name)
            claims[key].append(claim)
    for alike in claims.values():
        # A unit that names a thing twice claims it once.
        distinct = dict.fromkeys(claim.report.unit for claim in alike)
        units = tuple(distinct)
        describe = partial(_claimed, alike, units, occasion, pack)
        yield Case(len(units), describe)


def _keys_in(report: CurrentReport, columns: Sequence[str]) -> Iterator[tuple[_Key, Fact]]:
    """Yield the key of each line that has a value in all `columns`, and the first column's fact."""
    lines: dict[int, dict[str, Fact]] = defaultdict(dict)
    for fact in report.facts:
        # Line 0 holds the figures of the whole report, which are no lines of a list.
        if fact.line > 0 and fact.element in columns:
            lines[fact.line][fact.element] = fact
    name_column = columns[0]
    for line in lines.values():
        if any(column not in line for column in columns):
            continue
        key = tuple(_plain(line[column]) for column in columns)
        # `fold` leaves nothing of a text without letters or digits, such as "-".
        if "" not in key:
            yield key, line[name_column]


def _plain(fact: Fact) -> str | float:
    """Return what is equal for all ways of writing a value.

    A figure is rounded as it is printed, a text folded.
    """
    if fact.value is not None:
        return round(fact.value, _DECIMALS)
    return fold(fact.text or "")


def _claimed(
    claims: Sequence[Stated],
    units: Sequence[str],
    occasion: PeriodStage,
    pack: Pack,
) -> Description:
    names = {unit: _name(pack, unit, occasion.period) for unit in units}
    first = claims[0]
    values = {
        "what": _shown(first.fact),
        "period": occasion.label,
    }
    claimants = [_claimant(claim, names) for claim in claims]
    return Description(values, tuple(claimants))


def _claimant(claim: Stated, names: Mapping[str, str]) -> Involved:
    report, fact = claim
    other_names = [name for unit, name in names.items() if unit != report.unit]
    others = ", ".join(other_names)
    return Involved(
        submission_id=report.number,
        sheet=fact.sheet,
        cell=fact.cell,
        value=_shown(fact),
        must_correct=True,
        values={"others": others},
    )


def _pairs(
    rule: FormsRule,
    occasion: PeriodStage,
    reports: Reports,
    pack: Pack,
) -> Iterator[Case]:
    """Yield a case for each unit that reported both forms."""
    right_code = rule.right.form
    right_form = pack.form(right_code, occasion.period)
    if right_form is None:
        return
    right_reports = reports.about(right_code, occasion.period, occasion.stage)
    lefts = _by_unit(rule.left, occasion.reports)
    rights = _by_unit(rule.right, right_reports)
    units_with_both = lefts.keys() & rights.keys()
    for unit in sorted(units_with_both):
        left = lefts[unit]
        right = rights[unit]
        excess = sum_of(left) - sum_of(right)
        describe = partial(_unequal, rule, occasion, right_form, left, right)
        yield Case(excess, describe)


def _unequal(
    rule: FormsRule,
    occasion: PeriodStage,
    right_form: Form,
    left: Sequence[Stated],
    right: Sequence[Stated],
) -> Description:
    measure = occasion.form.measure_of(rule.left.figures[0])
    left_sum = sum_of(left)
    right_sum = sum_of(right)
    values = {
        "left": format_value(left_sum, measure),
        "right": format_value(right_sum, measure),
        "difference": format_value(abs(left_sum - right_sum), measure),
        "left_form": occasion.form.short_title,
        "right_form": right_form.short_title,
        "period": occasion.label,
    }
    # A finding points to the first figure of each side.
    of_left = involved_in(left[0], measure, must_correct=rule.tell != "right")
    of_right = involved_in(right[0], measure, must_correct=rule.tell != "left")
    return Description(values, (of_left, of_right))


def _by_unit(side: FormSide, reports: Iterable[CurrentReport]) -> dict[str, list[Stated]]:
    """Return the figures of a side by unit.

    A unit that lacks one of them, or has a word before one, is left out.
    """
    found: dict[str, list[Stated]] = defaultdict(list)
    for report in reports:
        for stated in figures_in(report):
            if stated.fact.element in side.figures:
                found[report.unit].append(stated)
    complete: dict[str, list[Stated]] = {}
    for unit, figures in found.items():
        has_all = len(figures) == len(side.figures)
        if has_all and are_exact(figures):
            complete[unit] = figures
    return complete


def _shown(fact: Fact) -> str:
    if fact.text is not None:
        return fact.text
    return format_value(fact.value, "")


def _name(pack: Pack, code: str, period: Period) -> str:
    unit = pack.unit_on(code, period.code)
    # A pack may have lost a unit that reported earlier: then its code stands for it.
    if unit is None:
        return code
    return unit.name

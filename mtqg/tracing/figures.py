"""A figure and the facts behind it; a sum and the figures of the units below that are in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from program.calendar.period import Period
from program.calendar.stage import Stage
from program.pack.catalogue import Indicator, IndicatorKind
from program.pack.pack import Pack
from program.records.query_rows import ReportingRow, TracedFact
from program.units.unit import Unit
from warehouse.database.engine import Warehouse
from warehouse.queries.reports import reporting
from warehouse.queries.tracing import (
    FigureDoubt,
    SumMember,
    SumRow,
    current_facts,
    doubts_of,
    members_of_sum,
    sums_of,
    trace,
)


@dataclass(frozen=True, slots=True)
class TracedFigure:
    """A unit's own figure and the facts behind it: all versions, the current one first.

    `value` is None if no version is current, or where its denominator is missing or 0. `doubts`
    are those of the current version.
    """

    unit: Unit
    stage: Stage
    value: float | None
    facts: Sequence[TracedFact]
    doubts: Sequence[FigureDoubt]


class WhyMissing(StrEnum):
    """Why a unit is not in a sum that it belongs to."""

    NOTHING_CAME = "nothing_came"
    TO_CORRECT = "to_correct"
    """A report came, and no version of it is accepted."""
    NO_FIGURE = "no_figure"
    """The accepted report leaves one of the sum's figures empty."""


@dataclass(frozen=True, slots=True)
class MissingPart:
    """A unit whose report is due or came, and whose figure is not in a sum."""

    unit: Unit
    why: WhyMissing


@dataclass(frozen=True, slots=True)
class TracedSum:
    """A sum over the units below: what is in it, and which units are not.

    `not_asked` have sent no report, and none is due. `shared` lie on this and on other land; they
    are in no sum.
    """

    row: SumRow
    value: float | None
    parts: Sequence[TracedFigure]
    missing: Sequence[MissingPart]
    not_asked: Sequence[Unit]
    shared: Sequence[Unit]


@dataclass(frozen=True, slots=True)
class Trace:
    """The answer: a unit's own figure where it has one, and the sums of the units below."""

    indicator: Indicator
    unit: Unit
    period: Period
    own: TracedFigure | None
    sums: Sequence[TracedSum]


def trace_figure(
    warehouse: Warehouse,
    pack: Pack,
    indicator: Indicator,
    unit: Unit,
    period: Period,
    stage: Stage | None,
) -> Trace:
    """Return where a figure comes from. Without a stage: the final figure, else the estimate."""
    stages = [stage] if stage else [Stage.FINAL, Stage.ESTIMATE]
    own = None
    for each in stages:
        own = own or _own(warehouse, indicator, unit, period, each)
    tracer = _SumTracer(warehouse, pack, indicator, unit, period)
    rows = sums_of(warehouse, indicator.code, unit.code, period.code, stage)
    # Without any report there is no sum, and no part to show.
    sums = [tracer.traced(row) for row in rows if row.reported]
    return Trace(indicator, unit, period, own, sums)


def _elements(indicator: Indicator) -> list[str]:
    names = (indicator.numerator, indicator.denominator, indicator.weight)
    return [name for name in names if name]


def _own(
    warehouse: Warehouse, indicator: Indicator, unit: Unit, period: Period, stage: Stage
) -> TracedFigure | None:
    # A weight is only for sums: an own figure does not need it.
    elements = [name for name in (indicator.numerator, indicator.denominator) if name]
    facts = trace(
        warehouse,
        form=indicator.form or "",
        unit=unit.code,
        period=period.code,
        elements=elements,
        stage=stage,
    )
    if not facts:
        return None
    current = [fact for fact in facts if fact.known_to is None]
    numbers = sorted({fact.submission_id for fact in current})
    doubts = doubts_of(warehouse, numbers, elements)
    return TracedFigure(unit, stage, value_of(indicator, current), facts, doubts)


@dataclass(frozen=True, slots=True)
class _SumTracer:
    """Opens the sums of one indicator, unit and period into their parts."""

    warehouse: Warehouse
    pack: Pack
    indicator: Indicator
    unit: Unit
    period: Period

    def traced(self, row: SumRow) -> TracedSum:
        """Return a sum with its parts, and the units that are not in it."""
        members = members_of_sum(self.warehouse, self.indicator.form or "", self.unit.code, row)
        parts = self._parts(members, row.stage)
        given = {part.unit.code for part in parts}
        reports = self._reports(row.stage)
        missing, not_asked, shared = [], [], []
        for member in members:
            unit = self._unit(member.unit_code)
            if member.is_shared:
                shared.append(unit)
            elif not member.is_member:
                not_asked.append(unit)
            elif member.unit_code not in given:
                missing.append(MissingPart(unit, _why(reports.get(member.unit_code))))
        value = None if row.actual is None else self.indicator.printed(row.actual)
        return TracedSum(row, value, parts, missing, not_asked, shared)

    def _parts(self, members: Sequence[SumMember], stage: Stage) -> list[TracedFigure]:
        elements = _elements(self.indicator)
        numbers = [member.submission_id for member in members if member.submission_id is not None]
        facts: dict[int, list[TracedFact]] = {}
        for fact in current_facts(self.warehouse, numbers, elements):
            facts.setdefault(fact.submission_id, []).append(fact)
        doubts: dict[int, list[FigureDoubt]] = {}
        for doubt in doubts_of(self.warehouse, numbers, elements):
            doubts.setdefault(doubt.submission_id, []).append(doubt)
        parts = []
        for member in members:
            number = member.submission_id or 0
            of_unit = facts.get(number, [])
            # A report that leaves one of the figures empty is not in the sum at all.
            if {fact.element for fact in of_unit if fact.value is not None} != set(elements):
                continue
            unit = self._unit(member.unit_code)
            value = value_of(self.indicator, of_unit)
            parts.append(TracedFigure(unit, stage, value, of_unit, doubts.get(number, [])))
        return parts

    def _reports(self, stage: Stage) -> Mapping[str, ReportingRow]:
        return {
            row.unit_code: row
            for row in reporting(self.warehouse, self.period.code)
            if (row.form_code, row.stage) == (self.indicator.form, stage)
        }

    def _unit(self, code: str) -> Unit:
        unit = self.pack.unit_on(code, self.period.code)
        # The pack may have lost a unit that the warehouse still has: its code is its name.
        return unit or Unit(code, code, self.unit.kind, None, None, None, source="")


def _why(report: ReportingRow | None) -> WhyMissing:
    if report is None or report.verdict is None:
        return WhyMissing.NOTHING_CAME
    return WhyMissing.NO_FIGURE if report.verdict.loads else WhyMissing.TO_CORRECT


def value_of(indicator: Indicator, current: Sequence[TracedFact]) -> float | None:
    """Return the figure in the printed unit of measure, from the current facts of one report.

    A share is in per cent. None where a fact is missing, or the denominator is missing or 0.
    """
    by_element = {fact.element: _number(fact) for fact in current}
    numerator = by_element.get(indicator.numerator or "")
    denominator = by_element.get(indicator.denominator or "")
    if numerator is None:
        return None
    if not indicator.kind.has_denominator:
        return indicator.printed(numerator)
    # Without a denominator, or with 0, there is no ratio.
    if not denominator:
        return None
    factor = 100 if indicator.kind is IndicatorKind.SHARE else 1
    return factor * numerator / denominator


def _number(fact: TracedFact) -> float | None:
    if fact.text == "yes":
        return 1.0
    if fact.text == "no":
        return 0.0
    return fact.value

"""The rows of the marts of figures, which the pages show, kept from one run to the next.

A country's marts take twenty seconds of the processor. After a new report only the rows are asked
for that follow from it: those of its unit, and those of the units that it is summed up to.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TypeVar

from program.forms.plan_pairs import plan_pairs
from program.pack.pack import Pack
from program.records.plan_rows import NarrativeRow, PlanRow
from program.records.query_rows import ProgressRow, StageRow, TerritorySumRow
from program.records.site_rows import DisbursementRow
from publish.kept import begun_month, keep, read_kept
from publish.output_folder import code_digest, digest_of, pack_digest
from warehouse.database.engine import Warehouse
from warehouse.queries.marts import catalogue_version
from warehouse.queries.plans import narratives, plans_of
from warehouse.queries.report_facts import (
    TrainingOfPeriod,
    disbursement_rows,
    training_by_period,
)
from warehouse.queries.report_states import (
    MartPart,
    Reporter,
    ReportStates,
    report_states,
    rows_that_follow,
)
from warehouse.queries.reports import (
    progress_and_headlines,
    stages,
    territories_and_provincial,
)

Row = TypeVar("Row", ProgressRow, TerritorySumRow)

_MONEY_FORM = "disbursement"
_TRAINING_FORM = "training"
_LARGEST_PART = 4
"""The marts are asked in whole where more than one in so many reporters has something new."""


@dataclass(frozen=True, slots=True)
class FigureRows:
    """The rows of the marts of figures: each takes seconds to ask, and changes with reports only.

    `provincial` are the province's figures with a target, `figures` those of each unit; `training`
    is the province's.
    """

    figures: Sequence[ProgressRow]
    provincial: Sequence[ProgressRow]
    sums: Sequence[TerritorySumRow]
    stages: Sequence[StageRow]
    money: Sequence[DisbursementRow]
    plans: Sequence[PlanRow]
    narratives: Sequence[NarrativeRow]
    training: Sequence[TrainingOfPeriod]


@dataclass(frozen=True, slots=True)
class _Kept:
    """What a file keeps: the rows, and the reports that they follow from."""

    states: ReportStates
    rows: FigureRows


def figure_rows(engine: Warehouse, pack: Pack, day: date, kept: Path | None = None) -> FigureRows:
    """Return the rows of the marts of figures on the day of the last run.

    Args:
        engine: The warehouse. It is only read.
        pack: The configuration of the province.
        day: The day of the last run.
        kept: The file that keeps the rows for the next run; None: nothing is kept.

    """
    if kept is None:
        return _asked(engine, pack)
    catalogue, month = catalogue_version(engine), begun_month(day)
    made_from = digest_of(code_digest(), pack_digest(pack), catalogue, month)
    states = report_states(engine)
    before: _Kept | None = read_kept(kept, made_from)
    if before is not None and before.states == states:
        return before.rows
    rows = _asked(engine, pack) if before is None else _renewed(engine, pack, before, states)
    keep(kept, made_from, _Kept(states, rows))
    return rows


def _asked(engine: Warehouse, pack: Pack) -> FigureRows:
    """Return all rows, asked from the marts in whole."""
    province = pack.province.code
    figures, provincial = progress_and_headlines(engine, province)
    return FigureRows(
        figures=_in_order(figures, _progress_order),
        provincial=_in_order(provincial, _progress_order),
        sums=_in_order(territories_and_provincial(engine), _sum_order),
        stages=stages(engine),
        money=disbursement_rows(engine),
        plans=plans_of(engine, province),
        narratives=narratives(engine),
        training=training_by_period(engine, province),
    )


def _renewed(engine: Warehouse, pack: Pack, before: _Kept, states: ReportStates) -> FigureRows:
    """Return all rows, of which only those are asked that the changed reports touch."""
    changed = _changed(before.states, states)
    if len(changed) * _LARGEST_PART > len(states):
        return _asked(engine, pack)
    province = pack.province.code
    part = rows_that_follow(engine, changed)
    figures, provincial = progress_and_headlines(engine, province, part)
    sums = territories_and_provincial(engine, part)
    rows = replace(
        before.rows,
        figures=_in_order([*_outside(before.rows.figures, part), *figures], _progress_order),
        provincial=_in_order(
            [*_outside(before.rows.provincial, part), *provincial], _progress_order
        ),
        sums=_in_order([*_outside(before.rows.sums, part), *sums], _sum_order),
        # These two take a hundredth of the time.
        stages=stages(engine),
        narratives=narratives(engine),
    )
    if _MONEY_FORM in part.forms:
        rows = replace(rows, money=disbursement_rows(engine))
    if _TRAINING_FORM in part.forms:
        rows = replace(rows, training=training_by_period(engine, province))
    if part.forms & _planned_forms(pack):
        rows = replace(rows, plans=plans_of(engine, province))
    return rows


def _changed(before: ReportStates, now: ReportStates) -> Collection[Reporter]:
    reporters = before.keys() | now.keys()
    return [each for each in reporters if before.get(each) != now.get(each)]


def _planned_forms(pack: Pack) -> set[str]:
    forms = set()
    for pair in plan_pairs(pack.forms):
        forms |= {pair.plan_form, pair.result_form}
    return forms


def _outside(rows: Iterable[Row], part: MartPart) -> list[Row]:
    return [
        row
        for row in rows
        if row.indicator_code not in part.indicators or row.unit_code not in part.units
    ]


# Not by the database: each of them orders texts in its own way, and rows of two questions meet.
def _in_order(rows: Iterable[Row], order: Callable[[Row], tuple[str, ...]]) -> list[Row]:
    return sorted(rows, key=order)


def _progress_order(row: ProgressRow) -> tuple[str, ...]:
    return row.indicator_code, row.unit_code, row.period, row.basis


def _sum_order(row: TerritorySumRow) -> tuple[str, ...]:
    return row.indicator_code, row.period, row.unit_code, row.stage

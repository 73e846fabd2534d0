"""The questions that commands and the page ask. Nothing here writes."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Engine, TextClause, and_, bindparam, func, select, text
from sqlalchemy.orm import Session

from program.calendar.stage import Stage
from program.finding import Severity
from program.records.query_rows import (
    ProgressRow,
    ReportingRow,
    RunSubmissionRow,
    StageRow,
    TerritorySumRow,
)
from program.submission import Verdict
from warehouse.queries.report_states import MartPart
from warehouse.queries.view_rows import view_rows
from warehouse.tables import DeliveryRow, FindingRow, SubmissionRow

_OLD_LAND = "is_old_land = 1 AND unit_kind = 'district' AND reported > 0"
_OF_PROVINCE = "unit_kind = 'province' AND reported > 0 AND is_current = 1"


def reporting(engine: Engine, period: str | None = None) -> list[ReportingRow]:
    """Return which reports came and which did not, by form, period and unit.

    Of one period where given.
    """
    # PostgreSQL needs the type of a parameter that may be null.
    wanted = "CAST(:period AS VARCHAR)"
    query = (
        "SELECT * FROM mart_reporting "  # noqa: S608  (our own text)
        f"WHERE {wanted} IS NULL OR period = {wanted} "
        "ORDER BY form_code, period, stage, unit_code"
    )
    return view_rows(engine, ReportingRow, query, period=period)


def progress(engine: Engine) -> list[ProgressRow]:
    """Return each current figure of each indicator; a year's final one where there is one."""
    return _progress(engine, "basis = 'reported' AND reported = 1")


def progress_of(engine: Engine, unit: str) -> list[ProgressRow]:
    """Return the figures of a unit that have a target.

    Both as the unit reported them itself, and as the sum of the units below it.
    """
    condition = "unit_code = :unit AND target IS NOT NULL AND actual IS NOT NULL"
    return _progress(engine, condition, unit=unit)


def progress_and_headlines(
    engine: Engine, unit: str, part: MartPart | None = None
) -> tuple[list[ProgressRow], list[ProgressRow]]:
    """Return what `progress` and `progress_of` return, from one question: each takes seconds.

    Only the rows of a part where one is given.
    """
    of_unit = "unit_code = :unit AND target IS NOT NULL AND actual IS NOT NULL"
    condition = f"((basis = 'reported' AND reported = 1) OR ({of_unit}))"
    rows = _progress(engine, condition, part, unit=unit)
    reported = [row for row in rows if row.basis == "reported" and row.reported == 1]
    own = [row for row in rows if row.unit_code == unit]
    headlines = [row for row in own if row.target is not None and row.actual is not None]
    return reported, headlines


def progress_in(engine: Engine, unit: str, period: str) -> list[ProgressRow]:
    """Return the figures of a unit for a period, reported by itself and as sums of units below."""
    condition = "unit_code = :unit AND period = :period AND actual IS NOT NULL"
    return _progress(engine, condition, unit=unit, period=period)


def _progress(
    engine: Engine, condition: str, part: MartPart | None = None, **values: str
) -> list[ProgressRow]:
    selected = f"SELECT * FROM mart_progress WHERE {condition}"  # noqa: S608  (our own text)
    query = _within(part, selected, "ORDER BY indicator_code, unit_code, period")
    return view_rows(engine, ProgressRow, query, **values)


def _within(part: MartPart | None, selected: str, order: str) -> TextClause:
    """Return a question to a mart of figures; about a part of it where one is given."""
    if part is None:
        return text(f"{selected} {order}")
    # Lists, not joins: both databases then look for these rows alone.
    of_part = "unit_code IN :part_units AND indicator_code IN :part_indicators"
    return text(f"{selected} AND {of_part} {order}").bindparams(
        bindparam("part_units", sorted(part.units), expanding=True),
        bindparam("part_indicators", sorted(part.indicators), expanding=True),
    )


def stages(engine: Engine) -> list[StageRow]:
    """Return each estimate beside the final figure of its year, where there are both."""
    query = "SELECT * FROM mart_stages ORDER BY indicator_code, period, unit_code"
    return view_rows(engine, StageRow, query)


def territories_and_provincial(
    engine: Engine, part: MartPart | None = None
) -> list[TerritorySumRow]:
    """Return two kinds of sums from one question, which takes seconds.

    Of territories: the figures of new communes, summed up to the old districts that they lie wholly
    in. Provincial: the figures of a province's reporting units, of the stage to show; `whole` is
    how many units there are, whether or not a report is due from them.

    Only the rows of a part where one is given.
    """
    return _sums(engine, f"(({_OLD_LAND}) OR ({_OF_PROVINCE}))", part)


def _sums(engine: Engine, condition: str, part: MartPart | None = None) -> list[TerritorySumRow]:
    selected = (
        "SELECT r.*, r.units AS whole FROM mart_rollups r "  # noqa: S608  (our own text)
        f"WHERE {condition}"
    )
    query = _within(part, selected, "ORDER BY indicator_code, period, unit_code")
    return view_rows(engine, TerritorySumRow, query)


def submissions_of_runs(engine: Engine, runs: Collection[int]) -> list[RunSubmissionRow]:
    """Return every submission that one of the runs checked, in order of arrival."""
    return _submission_rows(engine, SubmissionRow.run_id.in_(runs))


def submissions_between(engine: Engine, after: int, up_to: int) -> list[RunSubmissionRow]:
    """Return the submissions numbered after one and up to another, in order of arrival."""
    return _submission_rows(engine, and_(SubmissionRow.id > after, SubmissionRow.id <= up_to))


def unplaced(engine: Engine) -> list[RunSubmissionRow]:
    """Return every submission of which unit, form or period is unknown, in order of arrival."""
    return _submission_rows(engine, SubmissionRow.version.is_(None))


def _submission_rows(engine: Engine, condition: ColumnElement[bool]) -> list[RunSubmissionRow]:
    criticals = _count_open_findings(Severity.CRITICAL)
    warnings = _count_open_findings(Severity.WARNING)
    query = (
        select(SubmissionRow, DeliveryRow, criticals, warnings)
        .join(DeliveryRow, DeliveryRow.id == SubmissionRow.delivery_id)
        .where(condition)
        .order_by(DeliveryRow.received_at, DeliveryRow.id, SubmissionRow.id)
    )
    with Session(engine) as session:
        rows = session.execute(query).tuples()
        return [_submission_row(*row) for row in rows]


def _submission_row(
    submission: SubmissionRow, delivery: DeliveryRow, criticals: int, warnings: int
) -> RunSubmissionRow:
    return RunSubmissionRow(
        delivery_name=delivery.name,
        received_at=delivery.received_at,
        sender_unit=delivery.sender_unit,
        form_code=submission.form_code,
        unit_code=submission.unit_code,
        period=submission.period,
        verdict=Verdict(submission.verdict),
        criticals=criticals,
        warnings=warnings,
        is_synthetic=delivery.is_synthetic,
        submission_id=submission.id,
        stage=Stage(submission.stage),
        delivery_id=delivery.id,
    )


def _count_open_findings(severity: Severity) -> Any:
    """Return the subquery that counts a submission's open findings of a severity."""
    query = select(func.count(FindingRow.id)).where(
        FindingRow.submission_id == SubmissionRow.id,
        FindingRow.closed_at.is_(None),
        FindingRow.severity == severity.value,
    )
    return query.scalar_subquery()

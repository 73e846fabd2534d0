"""The questions that commands and the page ask. Nothing here writes."""

from collections.abc import Collection, Mapping
from dataclasses import fields
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Engine, RowMapping, and_, func, select, text
from sqlalchemy.orm import Session

from program.calendar.stage import Stage
from program.finding import Severity
from program.forms.qualifier import Qualifier
from program.pack.catalogue import Tag
from program.records.query_rows import (
    ProgressRow,
    ReportingRow,
    RuleCount,
    RunSubmissionRow,
    StageRow,
    TerritorySumRow,
)
from program.records.target_status import TargetStatus
from program.submission import Verdict
from warehouse.tables import DeliveryRow, FindingRow, SubmissionRow

Row = TypeVar("Row", StageRow, TerritorySumRow)

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
    with engine.connect() as connection:
        rows = connection.execute(text(query), {"period": period}).mappings()
        return [_reporting_row(row) for row in rows]


def _reporting_row(row: RowMapping) -> ReportingRow:
    return ReportingRow(
        form_code=row["form_code"],
        unit_code=row["unit_code"],
        period=row["period"],
        stage=Stage(row["stage"]),
        due_date=_day(row["due_date"]),
        verdict=Verdict(row["verdict"]) if row["verdict"] else None,
        version=row["version"],
        versions=row["versions"],
        is_open=bool(row["is_open"]),
        received_at=instant_of(row["received_at"]),
        delivery_name=row["delivery_name"],
        is_synthetic=bool(row["is_synthetic"]),
        submission_id=row["submission_id"],
        days_late=row["days_late"],
        is_timely=bool(row["is_timely"]),
    )


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
    engine: Engine, unit: str
) -> tuple[list[ProgressRow], list[ProgressRow]]:
    """Return what `progress` and `progress_of` return, from one question: each takes seconds."""
    of_unit = "unit_code = :unit AND target IS NOT NULL AND actual IS NOT NULL"
    rows = _progress(engine, f"(basis = 'reported' AND reported = 1) OR ({of_unit})", unit=unit)
    reported = [row for row in rows if row.basis == "reported" and row.reported == 1]
    own = [row for row in rows if row.unit_code == unit]
    headlines = [row for row in own if row.target is not None and row.actual is not None]
    return reported, headlines


def progress_in(engine: Engine, unit: str, period: str) -> list[ProgressRow]:
    """Return the figures of a unit for a period, reported by itself and as sums of units below."""
    condition = "unit_code = :unit AND period = :period AND actual IS NOT NULL"
    return _progress(engine, condition, unit=unit, period=period)


def _progress(engine: Engine, condition: str, **values: str) -> list[ProgressRow]:
    query = (
        f"SELECT * FROM mart_progress WHERE {condition} "  # noqa: S608  (our own text)
        "ORDER BY indicator_code, unit_code, period"
    )
    with engine.connect() as connection:
        rows = connection.execute(text(query), values).mappings()
        return [progress_row(row) for row in rows]


def progress_row(row: Mapping[str, Any] | RowMapping) -> ProgressRow:
    """Return a row of `mart_progress`, of a province's warehouse or of the country's file."""
    return ProgressRow(
        indicator_code=row["indicator_code"],
        unit_code=row["unit_code"],
        period=row["period"],
        stage=Stage(row["stage"]),
        actual=row["actual"],
        qualifier=Qualifier(row["qualifier"]) if row["qualifier"] else None,
        target=row["target"],
        percent=row["percent"],
        status=TargetStatus(row["status"]),
        is_synthetic=bool(row["is_synthetic"]),
        is_flagged=bool(row["is_flagged"]),
        required_pace=row["required_pace"],
        actual_pace=row["actual_pace"],
        projection=row["projection"],
        projection_at=row["projection_at"],
        comparison=row["comparison"],
        basis=row["basis"],
        reported=row["reported"],
        expected=row["expected"],
        units=row["units"],
        is_headline=bool(row["is_headline"]),
        measured=row["measured"],
        over_time=row["over_time"],
        is_enough=bool(row["is_enough"]),
        parts_reported=row.get("parts_reported"),
        parts_of=row.get("parts_of"),
        doubtful=row["doubtful"],
        target_scope=row["target_scope"],
        target_tag=Tag(row["target_tag"]) if row["target_tag"] else None,
    )


def stages(engine: Engine) -> list[StageRow]:
    """Return each estimate beside the final figure of its year, where there are both."""
    query = "SELECT * FROM mart_stages ORDER BY indicator_code, period, unit_code"
    with engine.connect() as connection:
        rows = connection.execute(text(query)).mappings()
        return [row_of_view(StageRow, row) for row in rows]


def territories(engine: Engine) -> list[TerritorySumRow]:
    """Return the figures of new communes, summed up to the old districts they lie wholly in."""
    return _sums(engine, _OLD_LAND)


def provincial(engine: Engine) -> list[TerritorySumRow]:
    """Return the figures of a province's reporting units summed up, of the stage to show.

    `whole` is how many units there are, whether or not a report is due from them.
    """
    return _sums(engine, _OF_PROVINCE)


def territories_and_provincial(engine: Engine) -> list[TerritorySumRow]:
    """Return what `territories` and `provincial` return, from one question: each takes seconds."""
    return _sums(engine, f"({_OLD_LAND}) OR ({_OF_PROVINCE})")


def _sums(engine: Engine, condition: str) -> list[TerritorySumRow]:
    query = (
        "SELECT r.*, r.units AS whole FROM mart_rollups r "  # noqa: S608  (our own text)
        f"WHERE {condition} "
        "ORDER BY indicator_code, period, unit_code"
    )
    with engine.connect() as connection:
        rows = connection.execute(text(query)).mappings()
        return [row_of_view(TerritorySumRow, row) for row in rows]


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
        .order_by(DeliveryRow.received_at, DeliveryRow.id)
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
    )


def _count_open_findings(severity: Severity) -> Any:
    """Return the subquery that counts a submission's open findings of a severity."""
    query = select(func.count(FindingRow.id)).where(
        FindingRow.submission_id == SubmissionRow.id,
        FindingRow.closed_at.is_(None),
        FindingRow.severity == severity.value,
    )
    return query.scalar_subquery()


def findings_by_rule(engine: Engine, run_id: int) -> list[RuleCount]:
    """Return how often each rule was broken in a run, the most frequent first.

    Notes (`info`) are left out.
    """
    count = func.count()
    query = (
        select(FindingRow.rule, FindingRow.severity, count, func.min(FindingRow.message))
        .join(SubmissionRow, SubmissionRow.id == FindingRow.submission_id)
        .where(SubmissionRow.run_id == run_id, FindingRow.severity != Severity.INFO.value)
        .group_by(FindingRow.rule, FindingRow.severity)
        .order_by(count.desc(), FindingRow.rule)
    )
    with Session(engine) as session:
        return [
            RuleCount(rule, Severity(severity), times, example)
            for rule, severity, times, example in session.execute(query)
        ]


def row_of_view(kind: type[Row], row: Mapping[str, Any] | RowMapping) -> Row:
    """Return a view's row as the dataclass that has its columns as fields.

    A field without a column has its default.
    """
    values = {field.name: row[field.name] for field in fields(kind) if field.name in row}
    # Views give both as they are stored.
    if "is_synthetic" in values:
        values["is_synthetic"] = bool(values["is_synthetic"])
    if "stage" in values:
        values["stage"] = Stage(values["stage"])
    return kind(**values)


def _day(value: Any) -> date | None:
    """Return a date that a view gives: on SQLite a view's column has no type, and gives text."""
    if isinstance(value, str):
        return date.fromisoformat(value)
    day: date | None = value
    return day


def instant_of(value: Any) -> datetime | None:
    """Return an instant that a view gives, in UTC: SQLite gives text without a time zone."""
    if value is None:
        return None
    instant = datetime.fromisoformat(value) if isinstance(value, str) else value
    if instant.tzinfo is None:
        return instant.replace(tzinfo=UTC)
    return instant

"""The questions that commands and the page ask. Nothing here writes."""

from dataclasses import fields
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Engine, RowMapping, func, select, text
from sqlalchemy.orm import Session

from program.answers import (
    NightRow,
    ProgressRow,
    ReportingRow,
    RuleCount,
    StageRow,
    TerritoryRow,
    TracedFact,
)
from program.finding import Severity
from program.qualifier import Qualifier
from program.stage import Stage
from program.submission import Verdict
from warehouse.findings import findings_of
from warehouse.tables import DeliveryRow, FactRow, FindingRow, RunRow, SubmissionRow
from warehouse.turns import versions_of

Row = TypeVar("Row", StageRow, TerritoryRow)


def reporting(engine: Engine, period: str | None = None) -> list[ReportingRow]:
    """Return who has reported what and who has not, by form, period and unit; of one period where given."""
    # PostgreSQL asks of which type a lone null is.
    asked = "CAST(:period AS VARCHAR)"
    query = (
        f"SELECT * FROM mart_reporting WHERE {asked} IS NULL OR period = {asked} "  # noqa: S608  (our own words)
        "ORDER BY form_code, period, stage, unit_code"
    )
    with engine.connect() as connection:
        rows = connection.execute(text(query), {"period": period}).mappings()
        return [
            ReportingRow(
                form_code=r["form_code"],
                unit_code=r["unit_code"],
                period=r["period"],
                stage=Stage(r["stage"]),
                due_date=_day(r["due_date"]),
                verdict=Verdict(r["verdict"]) if r["verdict"] else None,
                version=r["version"],
                versions=r["versions"],
                is_open=bool(r["is_open"]),
                received_at=instant_of(r["received_at"]),
                delivery_name=r["delivery_name"],
                is_synthetic=bool(r["is_synthetic"]),
            )
            for r in rows
        ]


def progress(engine: Engine) -> list[ProgressRow]:
    """Return every figure of every indicator that we believe now; a year's final one where there is one."""
    return _progress(engine, "basis = 'reported' AND reported = 1")


def progress_of(engine: Engine, unit: str) -> list[ProgressRow]:
    """Return the figures of a unit against known targets: as it reported them itself, and as those below it add up."""
    return _progress(
        engine, "unit_code = :unit AND target IS NOT NULL AND actual IS NOT NULL", unit=unit
    )


def _progress(engine: Engine, which: str, **values: str) -> list[ProgressRow]:
    query = f"SELECT * FROM mart_progress WHERE {which} ORDER BY indicator_code, unit_code, period"  # noqa: S608  (our own words)
    with engine.connect() as connection:
        return [
            ProgressRow(
                indicator_code=r["indicator_code"],
                unit_code=r["unit_code"],
                period=r["period"],
                stage=Stage(r["stage"]),
                actual=r["actual"],
                qualifier=Qualifier(r["qualifier"]) if r["qualifier"] else None,
                target=r["target"],
                percent=r["percent"],
                status=r["status"],
                is_synthetic=bool(r["is_synthetic"]),
                is_flagged=bool(r["is_flagged"]),
                required_pace=r["required_pace"],
                actual_pace=r["actual_pace"],
                projection_2025=r["projection_2025"],
                comparison=r["comparison"],
                basis=r["basis"],
                reported=r["reported"],
                expected=r["expected"],
            )
            for r in connection.execute(text(query), values).mappings()
        ]


def stages(engine: Engine) -> list[StageRow]:
    """Return each estimate whose year also has a final figure, beside that."""
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT * FROM mart_stages ORDER BY indicator_code, period, unit_code")
        ).mappings()
        return [_answer(StageRow, r) for r in rows]


def territories(engine: Engine) -> list[TerritoryRow]:
    """Return the figures of new communes summed up to the old districts that they lie wholly in."""
    return _sums(engine, "units", "is_old_land = 1 AND unit_kind = 'district' AND reported > 0")


def provincial(engine: Engine) -> list[TerritoryRow]:
    """Return the figures of a province's reporting units summed up, of the stage to show; `whole`: how many should report."""
    return _sums(engine, "expected", "unit_kind = 'province' AND reported > 0 AND is_current = 1")


def _sums(engine: Engine, whole: str, which: str) -> list[TerritoryRow]:
    order = "indicator_code, period, unit_code"
    query = f"SELECT r.*, {whole} AS whole FROM mart_rollups r WHERE {which} ORDER BY {order}"  # noqa: S608  (our own words)
    with engine.connect() as connection:
        return [_answer(TerritoryRow, r) for r in connection.execute(text(query)).mappings()]


def trace(
    engine: Engine,
    *,
    form: str,
    unit: str,
    period: str,
    elements: list[str],
    stage: Stage = Stage.FINAL,
) -> list[TracedFact]:
    """Return every version of the facts `elements` of a report, the one believed now first, then the newest."""
    query = (
        select(FactRow, SubmissionRow, DeliveryRow)
        .join(SubmissionRow, SubmissionRow.id == FactRow.submission_id)
        .join(DeliveryRow, DeliveryRow.id == SubmissionRow.delivery_id)
        .where(
            *versions_of(form, unit, period, stage.value),
            FactRow.element.in_(elements),
            FactRow.line == 0,
        )
        .order_by(
            SubmissionRow.known_to.is_not(None), SubmissionRow.version.desc(), FactRow.element
        )
    )
    with Session(engine) as session:
        return [_traced(session, *row) for row in session.execute(query)]


def _traced(
    session: Session, fact: FactRow, submission: SubmissionRow, delivery: DeliveryRow
) -> TracedFact:
    findings = findings_of(session, submission.id)
    return TracedFact(
        element=fact.element,
        value=fact.value,
        text=fact.text,
        qualifier=Qualifier(fact.qualifier) if fact.qualifier else None,
        stage=Stage(submission.stage),
        sheet=fact.sheet,
        cell=fact.cell,
        submission_id=submission.id,
        version=submission.version or 0,
        verdict=Verdict(submission.verdict),
        rule_set_version=submission.rule_set_version,
        loaded_at=submission.loaded_at,
        known_from=submission.known_from or submission.loaded_at,
        known_to=submission.known_to,
        delivery_id=delivery.id,
        sha256=delivery.sha256 or "",
        source=delivery.source,
        channel=delivery.channel,
        name=delivery.name,
        sender_unit=delivery.sender_unit,
        received_at=delivery.received_at,
        is_synthetic=delivery.is_synthetic,
        findings=tuple(f for f in findings if (f.sheet, f.cell) == (fact.sheet, fact.cell)),
    )


def night_rows(engine: Engine, run_id: int) -> list[NightRow]:
    """Return every submission that a night judged, in the order in which it came."""
    return _night_rows(engine, SubmissionRow.run_id == run_id)


def unplaced(engine: Engine) -> list[NightRow]:
    """Return every submission of which unit, form or period could not be told, in the order in which it came."""
    return _night_rows(engine, SubmissionRow.version.is_(None))


def _night_rows(engine: Engine, condition: ColumnElement[bool]) -> list[NightRow]:
    def count(severity: str) -> Any:
        standing = (
            FindingRow.submission_id == SubmissionRow.id,
            FindingRow.closed_at.is_(None),
            FindingRow.severity == severity,
        )
        return select(func.count()).select_from(FindingRow).where(*standing).scalar_subquery()

    query = (
        select(SubmissionRow, DeliveryRow, count("critical"), count("warning"))
        .join(DeliveryRow, DeliveryRow.id == SubmissionRow.delivery_id)
        .where(condition)
        .order_by(DeliveryRow.received_at, DeliveryRow.id)
    )
    with Session(engine) as session:
        return [
            NightRow(
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
            )
            for submission, delivery, criticals, warnings in session.execute(query)
        ]


def findings_by_rule(engine: Engine, run_id: int) -> list[RuleCount]:
    """Return how often each rule was broken in a night, notes left out, the most frequent first."""
    times = func.count()
    query = (
        select(FindingRow.rule, FindingRow.severity, times, func.min(FindingRow.message))
        .join(SubmissionRow, SubmissionRow.id == FindingRow.submission_id)
        .where(SubmissionRow.run_id == run_id, FindingRow.severity != Severity.INFO.value)
        .group_by(FindingRow.rule, FindingRow.severity)
        .order_by(times.desc(), FindingRow.rule)
    )
    with Session(engine) as session:
        return [
            RuleCount(rule, Severity(severity), count, example)
            for rule, severity, count, example in session.execute(query)
        ]


def last_busy_run(engine: Engine) -> tuple[int, date, datetime] | None:
    """Return number, date and start of the last night that judged something, None where there was none."""
    query = (
        select(RunRow)
        .where(select(SubmissionRow.id).where(SubmissionRow.run_id == RunRow.id).exists())
        .order_by(RunRow.id.desc())
        .limit(1)
    )
    with Session(engine) as session:
        row = session.scalar(query)
        return (row.id, row.as_of, row.started_at) if row else None


def _answer(kind: type[Row], row: RowMapping) -> Row:
    """Return a view's row as the dataclass whose fields are its columns."""
    typed = {"is_synthetic": bool, "stage": Stage}
    return kind(
        **{f.name: typed.get(f.name, lambda value: value)(row[f.name]) for f in fields(kind)}
    )


def _day(value: Any) -> date | None:
    """A view's column has no declared type on SQLite, so a date comes back as its text."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def instant_of(value: Any) -> datetime | None:
    """Return an instant that a view gives, in UTC: SQLite gives its text, and no time zone."""
    if value is None:
        return None
    instant = datetime.fromisoformat(value) if isinstance(value, str) else value
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant

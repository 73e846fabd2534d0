"""What the quality page asks: what was found, how reports came right, and how the nights went. Nothing here writes."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, case, func, select, text
from sqlalchemy.orm import Session

from program.answers import FirstPassRow, NightCount, QualityRow, RuleExample
from program.finding import Severity
from program.submission import Verdict
from warehouse.queries import instant_of
from warehouse.tables import FindingRow, RunRow, SubmissionRow


def quality(engine: Engine) -> list[QualityRow]:
    """Return what was found in each report by each rule, notes left out."""
    query = (
        "SELECT run_id, form_code, unit_code, period, rule, severity, findings, submissions FROM mart_findings"
        " WHERE severity <> 'info' ORDER BY run_id, unit_code, rule"
    )
    with engine.connect() as connection:
        rows = connection.execute(text(query)).mappings()
        return [QualityRow(**{**row, "severity": Severity(row["severity"])}) for row in rows]


def first_passes(engine: Engine) -> list[FirstPassRow]:
    """Return how each report that came at all came right."""
    query = (
        "SELECT form_code, unit_code, period, versions, is_first_pass, is_accepted, first_at, accepted_at FROM mart_first_pass"
        " ORDER BY unit_code, period, form_code, stage"
    )
    kinds: dict[str, Callable[[Any], Any]] = {
        "is_first_pass": bool,
        "is_accepted": bool,
        "first_at": instant_of,
        "accepted_at": instant_of,
    }
    with engine.connect() as connection:
        rows = connection.execute(text(query)).mappings()
        return [
            FirstPassRow(**{**row, **{name: kind(row[name]) for name, kind in kinds.items()}})
            for row in rows
        ]


def night_counts(engine: Engine, limit: int) -> list[NightCount]:
    """Return the last `limit` nights that judged something, the newest first."""
    verdicts = [
        func.count(case((SubmissionRow.verdict == verdict.value, 1))) for verdict in Verdict
    ]
    query = (
        select(RunRow.id, RunRow.as_of, RunRow.started_at, *verdicts)
        .join(SubmissionRow, SubmissionRow.run_id == RunRow.id)
        .group_by(RunRow.id, RunRow.as_of, RunRow.started_at)
        .order_by(RunRow.id.desc())
        .limit(limit)
    )
    with Session(engine) as session:
        return [
            NightCount(run_id, as_of, started_at, dict(zip(Verdict, counts, strict=True)))
            for run_id, as_of, started_at, *counts in session.execute(query)
        ]


def rule_examples(engine: Engine) -> dict[str, RuleExample]:
    """Return of each rule the words of its last finding, notes left out."""
    last = (
        select(func.max(FindingRow.id))
        .where(FindingRow.severity != Severity.INFO.value)
        .group_by(FindingRow.rule)
    )
    query = select(FindingRow.rule, FindingRow.message, FindingRow.expected, FindingRow.fix).where(
        FindingRow.id.in_(last)
    )
    with Session(engine) as session:
        return {
            rule: RuleExample(message, expected, fix)
            for rule, message, expected, fix in session.execute(query)
        }

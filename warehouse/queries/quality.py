"""What the quality page asks: findings, how soon reports were accepted, and what runs checked.

Nothing here writes.
"""

from typing import Any

from sqlalchemy import Engine, RowMapping, case, func, select, text
from sqlalchemy.orm import Session

from program.finding import Severity
from program.records.query_rows import FirstSubmissionRow, QualityRow, RuleExample, RunCount
from program.submission import Verdict
from warehouse.queries.reports import instant_of
from warehouse.tables import FindingRow, RunRow, SubmissionRow


def quality(engine: Engine) -> list[QualityRow]:
    """Return the findings of each report by rule. Notes (`info`) are left out."""
    query = (
        "SELECT run_id, form_code, unit_code, period, rule, severity, findings, submissions"
        " FROM mart_findings"
        " WHERE severity <> 'info' ORDER BY run_id, unit_code, rule"
    )
    with engine.connect() as connection:
        rows = connection.execute(text(query)).mappings()
        return [QualityRow(**{**row, "severity": Severity(row["severity"])}) for row in rows]


def first_passes(engine: Engine) -> list[FirstSubmissionRow]:
    """Return for each report that came whether and when it was accepted."""
    query = (
        "SELECT form_code, unit_code, period, versions, is_first_pass, is_accepted,"
        " first_at, accepted_at"
        " FROM mart_first_submission ORDER BY unit_code, period, form_code, stage"
    )
    with engine.connect() as connection:
        rows = connection.execute(text(query)).mappings()
        return [_first_pass(row) for row in rows]


def _first_pass(row: RowMapping) -> FirstSubmissionRow:
    values: dict[str, Any] = dict(row)
    # Views give booleans as numbers and, on SQLite, instants as text.
    for name in ("is_first_pass", "is_accepted"):
        values[name] = bool(values[name])
    for name in ("first_at", "accepted_at"):
        values[name] = instant_of(values[name])
    return FirstSubmissionRow(**values)


def run_counts(engine: Engine, limit: int) -> list[RunCount]:
    """Return the verdicts of the last `limit` runs that checked something, the newest first."""
    counts_by_verdict = [
        func.count(case((SubmissionRow.verdict == verdict.value, 1))) for verdict in Verdict
    ]
    query = (
        select(RunRow.id, RunRow.as_of, RunRow.started_at, *counts_by_verdict)
        .join(SubmissionRow, SubmissionRow.run_id == RunRow.id)
        .group_by(RunRow.id, RunRow.as_of, RunRow.started_at)
        .order_by(RunRow.id.desc())
        .limit(limit)
    )
    found = []
    with Session(engine) as session:
        for run_id, as_of, started_at, *counts in session.execute(query):
            verdicts = dict(zip(Verdict, counts, strict=True))
            found.append(RunCount(run_id, as_of, started_at, verdicts))
    return found


def rule_examples(engine: Engine) -> dict[str, RuleExample]:
    """Return the text of each rule's last finding. Notes (`info`) are left out."""
    last_of_rules = (
        select(func.max(FindingRow.id))
        .where(FindingRow.severity != Severity.INFO.value)
        .group_by(FindingRow.rule)
    )
    columns = (FindingRow.rule, FindingRow.message, FindingRow.expected, FindingRow.fix)
    query = select(*columns).where(FindingRow.id.in_(last_of_rules))
    with Session(engine) as session:
        rows = session.execute(query).tuples()
        return {rule: RuleExample(message, expected, fix) for rule, message, expected, fix in rows}

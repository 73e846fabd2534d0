"""What the quality page asks: findings, and how soon reports were accepted.

Nothing here writes.
"""

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from program.finding import Severity
from program.records.query_rows import FirstSubmissionRow, QualityRow, RuleExample
from warehouse.queries.view_rows import view_rows
from warehouse.tables import FindingRow


def quality(engine: Engine) -> list[QualityRow]:
    """Return the findings of each report by rule. Notes (`info`) are left out."""
    query = (
        "SELECT run_id, form_code, unit_code, period, rule, severity, findings, submissions"
        " FROM mart_findings"
        " WHERE severity <> 'info' ORDER BY run_id, unit_code, rule"
    )
    return view_rows(engine, QualityRow, query)


def first_passes(engine: Engine) -> list[FirstSubmissionRow]:
    """Return for each report that came whether and when it was accepted."""
    query = (
        "SELECT form_code, unit_code, period, versions, is_first_pass, is_accepted,"
        " first_at, accepted_at"
        " FROM mart_first_submission ORDER BY unit_code, period, form_code, stage"
    )
    return view_rows(engine, FirstSubmissionRow, query)


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

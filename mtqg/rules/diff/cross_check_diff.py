"""What a change to the cross-checks does: both rule sets check the current reports."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from expectations.checking import Checker
from mtqg.rules.diff.comparison import RuleComparison
from mtqg.rules.diff.sides import RuleSide, has_same_pack
from program.finding import Finding, Severity
from program.records.current_report import CurrentReport, current_reports
from program.submission import Submission, Verdict
from warehouse.database.engine import Warehouse
from warehouse.lifecycle.cross_check_input import cross_checked_reports, period_stages_of


def cross_check_difference(
    engine: Warehouse,
    before: RuleSide,
    after: RuleSide,
    form: str | None,
    comparison: RuleComparison,
) -> int:
    """Add the differences between both sides' cross-checks to `comparison`.

    `form` None means all forms. Returns how many reports were compared, 0 where both sides have
    the same cross-checks. Periods are read one group after another, so that memory does not grow
    with the number of periods. Nothing is written.
    """
    same_rules = before.rules.across == after.rules.across
    if same_rules and has_same_pack(before.pack, after.pack):
        return 0
    forms = before.rules.compared_forms | after.rules.compared_forms
    compared = 0
    for occasions in period_stages_of(engine, forms):
        reports = cross_checked_reports(engine, occasions, forms)
        current = list(current_reports(reports))
        earlier_findings = _findings_by_report(before, current)
        new_findings = _findings_by_report(after, current)
        for number, report in reports.items():
            # All reports take part in a check, because a cross-check may need other forms.
            if form not in (None, report.form_code):
                continue
            comparison.add(
                _with_findings(report, earlier_findings[number]),
                _with_findings(report, new_findings[number]),
            )
            compared += 1
    return compared


def _findings_by_report(
    side: RuleSide,
    reports: Sequence[CurrentReport],
) -> dict[int, list[Finding]]:
    checker = Checker(side.pack, side.rules, "rules diff")
    found: dict[int, list[Finding]] = defaultdict(list)
    for number, finding in checker.compare(reports):
        found[number].append(finding)
    return found


def _with_findings(report: Submission, found: Iterable[Finding]) -> Submission:
    """Return a report with the findings of its cross-checks and the verdict that follows.

    A critical finding rejects the report, a warning flags it.
    """
    findings = tuple(found)
    severities = {finding.severity for finding in findings}
    verdict = report.verdict
    if Severity.CRITICAL in severities:
        verdict = Verdict.QUARANTINED
    elif Severity.WARNING in severities:
        verdict = Verdict.ACCEPTED_WITH_WARNINGS
    return replace(
        report,
        findings=(*report.findings, *findings),
        verdict=verdict,
        facts=(),
    )

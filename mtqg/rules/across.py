"""What a change to the rules across submissions does: what is believed now, held together by both rule sets."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from expectations.checking import Checker
from mtqg.rules.comparison import Comparison
from mtqg.rules.sides import Side, has_same_pack
from program.current import CurrentReport, current_reports
from program.finding import Finding, Severity
from program.submission import Submission, Verdict
from warehouse.compared import compared_reports, occasions_of
from warehouse.engine import Warehouse


def compare_across(engine: Warehouse, before: Side, after: Side, form: str | None, comparison: Comparison) -> int:
    """Fill `comparison` with what both sides say of reports of `form` (None: of all) beside each other; return how many.

    Periods that end on one day after those of another, so that memory does not grow with the past. Nothing is written.
    """
    if before.rules.across == after.rules.across and has_same_pack(before.pack, after.pack):
        return 0
    forms = before.rules.compared_forms | after.rules.compared_forms
    compared = 0
    for occasions in occasions_of(engine, forms):
        reports = compared_reports(engine, occasions, forms)
        current = list(current_reports(reports))
        then, now = (_found(side, current) for side in (before, after))
        for number, report in reports.items():
            if form in (None, report.form_code):
                comparison.add(_judged(report, then[number]), _judged(report, now[number]))
                compared += 1
    return compared


def _found(side: Side, reports: Sequence[CurrentReport]) -> dict[int, list[Finding]]:
    found: dict[int, list[Finding]] = defaultdict(list)
    for number, finding in Checker(side.pack, side.rules, "rules diff").compare(reports):
        found[number].append(finding)
    return found


def _judged(report: Submission, found: Iterable[Finding]) -> Submission:
    """Return a report with what comparing it found: a critical finding takes it out, a warning flags it."""
    findings = tuple(found)
    severities = {finding.severity for finding in findings}
    if Severity.CRITICAL in severities:
        verdict = Verdict.QUARANTINED
    else:
        verdict = Verdict.ACCEPTED_WITH_WARNINGS if Severity.WARNING in severities else report.verdict
    return replace(report, findings=(*report.findings, *findings), verdict=verdict, facts=())

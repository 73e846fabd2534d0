"""Check the rules across submissions: cases in, findings at each of the two reports out.

Each rule has one Great Expectations batch, and a finding at each submission involved.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import pandas as pd

from expectations.cross_checks.case import Case, Description
from expectations.cross_checks.cases import cases_of
from expectations.cross_checks.reports import Reports
from expectations.cross_checks.rules import AcrossRule, expectation_of
from expectations.findings.message import filled
from expectations.rules.rule_set import RuleSet
from expectations.run.gx_runner import GxRunner
from expectations.run.suite import Expected
from program.finding import Finding, Severity
from program.pack.pack import Pack
from program.records.current_report import CurrentReport


class CrossChecker:
    """Checks the current reports by the rules across submissions.

    Its results are part of the run's Data Docs.
    """

    def __init__(self, pack: Pack, rules: RuleSet, validation: GxRunner) -> None:
        self._pack = pack
        self._rules = rules.across
        self._validation = validation

    def compare(self, *scopes: Iterable[CurrentReport]) -> list[tuple[int, Finding]]:
        """Return each finding after the number of its submission, in the order of the rules.

        A submission that is involved and need not act gets the finding as a note. A total that
        differs only because one of its parts does is left out. Reports of different `scopes` are
        not compared.
        """
        groups = [Reports(reports) for reports in scopes]
        findings: list[tuple[int, Finding]] = []
        for rule in self._rules:
            findings += self._findings_of_rule(rule, groups)
        return findings

    def _findings_of_rule(
        self,
        rule: AcrossRule,
        groups: Sequence[Reports],
    ) -> Iterator[tuple[int, Finding]]:
        cases: list[Case] = []
        for reports in groups:
            cases += cases_of(rule, reports, self._pack)
        if not cases:
            return
        failed = self._failed(rule, cases)
        reported = {case.figure for case in failed}
        for case in failed:
            # Otherwise a part of this total is reported: correcting it corrects the total.
            if reported.isdisjoint(case.parts):
                yield from _findings(rule, case)

    def _failed(self, rule: AcrossRule, cases: Sequence[Case]) -> list[Description]:
        expect, kwargs = expectation_of(rule)
        column = kwargs["column"]
        columns = {
            column: [float(case.number) for case in cases],
            # Great Expectations returns these two with each failure. Cases have no submission.
            "submission_id": 0,
            "row": range(len(cases)),
        }
        frame = pd.DataFrame(columns)
        expected = Expected(rule, expect, kwargs, column)
        failures = self._validation.failures(f"across.{rule.id}", frame, [expected])
        descriptions: list[Description] = []
        for failure in failures:
            case = cases[failure.row]
            descriptions.append(case.describe())
        return descriptions


def _findings(rule: AcrossRule, case: Description) -> Iterator[tuple[int, Finding]]:
    for involved in case.involved:
        values = {**case.values, **involved.values, "value": involved.value}
        finding = filled(rule, values, None, (involved.sheet, involved.cell))
        if not involved.must_correct:
            # A note is never mailed, and no verdict follows from it.
            finding = replace(finding, severity=Severity.INFO)
        yield involved.submission_id, finding

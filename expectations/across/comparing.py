"""Comparing submissions with each other: one Great Expectations batch a rule, a finding at each submission involved."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import pandas as pd

from expectations.across.case import Description
from expectations.across.cases import cases_of
from expectations.across.reports import Reports
from expectations.across.rules import AcrossRule, expectation_of
from expectations.rules import RuleSet
from expectations.suite import Expected
from expectations.validation import Validation
from expectations.wording import filled
from program.current import CurrentReport
from program.finding import Finding, Severity
from program.pack import Pack


class Comparer:
    """Judges the reports believed now by the rules across submissions.

    Its results stand in the night's Data Docs.
    """

    def __init__(self, pack: Pack, rules: RuleSet, validation: Validation) -> None:
        self._pack = pack
        self._rules = rules.across
        self._validation = validation

    def compare(self, *worlds: Iterable[CurrentReport]) -> list[tuple[int, Finding]]:
        """Return each finding with the submission that it is put on record at, in the order of the rules.

        Whoever is involved and not asked gets the finding as a note. A total that differs only as one of its parts does is left
        out. Reports of different `worlds` are not compared.
        """
        apart = [Reports(reports) for reports in worlds]
        return [found for rule in self._rules for found in self._judge(rule, apart)]

    def _judge(self, rule: AcrossRule, worlds: Sequence[Reports]) -> Iterator[tuple[int, Finding]]:
        cases = [case for reports in worlds for case in cases_of(rule, reports, self._pack)]
        if not cases:
            return
        expect, kwargs = expectation_of(rule)
        column = kwargs["column"]
        numbers = [float(case.number) for case in cases]
        frame = pd.DataFrame({column: numbers, "submission_id": 0, "row": range(len(cases))})
        expected = Expected(rule, expect, kwargs, column)
        failures = self._validation.failures(f"across.{rule.id}", frame, [expected])
        failed = [cases[row].describe() for _, _, row in failures]
        told = {case.figure for case in failed}
        for case in failed:
            if told.isdisjoint(case.parts):
                yield from _findings(rule, case)


def _findings(rule: AcrossRule, case: Description) -> Iterator[tuple[int, Finding]]:
    for involved in case.involved:
        values = {**case.values, **involved.values, "value": involved.value}
        finding = filled(rule, values, None, (involved.sheet, involved.cell))
        yield involved.submission_id, finding if involved.is_told else replace(finding, severity=Severity.INFO)

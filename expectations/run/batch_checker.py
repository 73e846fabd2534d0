"""The work of `expectations.checking`: a batch per form and table, a finding per failing cell.

Importing this module imports Great Expectations.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import pandas as pd

from expectations.checking import CheckedWithin
from expectations.cross_checks.cross_checker import CrossChecker
from expectations.findings.cells import CellRef
from expectations.findings.computed_totals import with_place_to_correct
from expectations.findings.message import finding_of_problem
from expectations.findings.suppress_cascades import ReaderFindingCells
from expectations.findings.waivers import Waivers
from expectations.history.history_checker import Found, HistoryChecker
from expectations.history.reports import Frames
from expectations.rules.rule_set import RuleSet
from expectations.run.form_findings import ReportFailures, rows_by_report
from expectations.run.frames import batch_frames
from expectations.run.gx_runner import Failure, GxRunner
from expectations.run.partial import part_of
from expectations.run.suite import expectations_of
from program.finding import Finding, ReaderFinding, RuleLevel, Severity
from program.forms.form import Form
from program.pack.pack import Pack
from program.parsed_report import ParsedReport
from program.records.current_report import CurrentReport
from program.records.history import History
from program.submission import Fact, Submission, verdict_of
from program.tools.field_places import fact_in_fields, finding_in_fields

_WORST_FIRST = {Severity.CRITICAL: 0, Severity.WARNING: 1, Severity.INFO: 2}
_CELL = re.compile(r"^(?P<column>[A-Z]+)(?P<row>\d+)$")

Batch = Sequence[tuple[int, ParsedReport]]
"""Parsed reports of one form version, each with its number."""
_Version = tuple[str, str]
"""A form's code and version."""


@dataclass(frozen=True, slots=True)
class _FormBatch:
    """Parsed reports of one form version, and the frames of all of them."""

    form: Form
    readings: Batch
    frames: Mapping[str, pd.DataFrame]


class BatchChecker:
    """Checks readings in batches. Others use it through `expectations.checking.Checker`."""

    def __init__(self, pack: Pack, rules: RuleSet, run_name: str) -> None:
        self._rules = rules
        self._counts = pack.counts
        self._waivers = Waivers(pack.corrections)
        self._validation = GxRunner(pack.folder.name, run_name)
        self._cross_checker = CrossChecker(pack, rules, self._validation)
        self._history_checker = HistoryChecker(pack, rules, self._validation)

    def check(
        self, scopes: Sequence[Sequence[ParsedReport]], past: History | None
    ) -> list[Submission]:
        """Return a submission for each parsed report, in order.

        Parsed reports of different `scopes` are not compared with each other.
        """
        batches = self._form_batches(chain.from_iterable(scopes))
        findings = self._findings_within(chain.from_iterable(scopes), batches)
        return self._submissions(scopes, batches, findings, past)

    def check_within(self, readings: Sequence[ParsedReport]) -> list[CheckedWithin]:
        """Return each parsed report, in order, with its findings that need no other report."""
        findings = self._findings_within(readings, self._form_batches(readings))
        return [CheckedWithin(reading, findings[reading.number]) for reading in readings]

    def check_over_time(
        self, reports: Sequence[CheckedWithin], past: History | None
    ) -> list[Submission]:
        """Return what `check` returns for one scope, from what `check_within` returned."""
        readings = [report.reading for report in reports]
        within = {report.reading.number: report.findings for report in reports}
        return self._submissions([readings], self._form_batches(readings), within, past)

    def compare(self, *scopes: Iterable[CurrentReport]) -> list[tuple[int, Finding]]:
        """Cross-check current reports; return the findings, each with a submission's number.

        Reports of different `scopes` are not compared with each other.
        """
        return self._cross_checker.compare(*scopes)

    def publish_docs(self, folder: Path) -> Path:
        """Write Data Docs of all that was checked so far; return their first page."""
        return self._validation.publish_docs(folder)

    def _reader_findings(self, reading: ParsedReport) -> list[Finding]:
        words = self._rules.reading
        return [finding_of_problem(problem, words[problem.rule]) for problem in reading.problems]

    def _form_batches(self, readings: Iterable[ParsedReport]) -> list[_FormBatch]:
        batches: list[_FormBatch] = []
        for form, batch in _by_form(readings):
            frames = batch_frames(form, batch, self._counts)
            batches.append(_FormBatch(form, batch, frames))
        return batches

    def _findings_within(
        self, readings: Iterable[ParsedReport], batches: Sequence[_FormBatch]
    ) -> dict[int, list[Finding]]:
        findings = {reading.number: self._reader_findings(reading) for reading in readings}
        for batch in batches:
            found: dict[int, list[Finding]] = defaultdict(list)
            for number, finding in self._check_form(batch):
                found[number].append(finding)
            for number, of_report in found.items():
                of_reader = _without_echoes(findings[number], of_report)
                findings[number] = [*of_reader, *of_report]
        return findings

    def _submissions(
        self,
        scopes: Sequence[Sequence[ParsedReport]],
        batches: Sequence[_FormBatch],
        within: Found,
        past: History | None,
    ) -> list[Submission]:
        """Compare the parsed reports with their past and peers; return their submissions."""
        of_history: dict[int, list[Finding]] = defaultdict(list)
        if past is not None:
            frames = [self._loading(batch, within) for batch in batches]
            for number, finding in self._history_checker.findings(frames, scopes, past, within):
                of_history[number].append(finding)
        submissions: list[Submission] = []
        for reading in chain.from_iterable(scopes):
            found = [*within[reading.number], *of_history[reading.number]]
            final = self._waivers.apply(found, reading)
            submission = _submission(reading, final, is_read=self._is_read(reading))
            submissions.append(submission)
        return submissions

    def _loading(self, batch: _FormBatch, found: Found) -> Frames:
        """Return a batch's frames without the lines that stay out, and which submissions load."""
        kept: list[tuple[int, ParsedReport]] = []
        loading: set[int] = set()
        lines_out = 0
        for number, reading in batch.readings:
            of_report = self._waivers.apply(found[number], reading)
            part = part_of(reading, of_report)
            kept.append((number, part.reading))
            lines_out += part.lines
            is_read = self._is_read(reading)
            verdict = verdict_of(part.blocking, is_read=is_read, lines_out=part.lines)
            if verdict.loads:
                loading.add(number)
        # History must not compare with a line that does not load. Mostly all do, and the frames
        # stay.
        frames = batch.frames
        if lines_out:
            frames = batch_frames(batch.form, kept, self._counts)
        return Frames(batch.form, frames, loading)

    def _check_form(self, batch: _FormBatch) -> Iterator[tuple[int, Finding]]:
        """Yield the findings of one form's batch, without those that only follow from others."""
        form = batch.form
        reports: dict[int, ReportFailures] = {}
        for number, reading in batch.readings:
            reports[number] = ReportFailures(form, reading, self._said_by_reader(reading))
        # Tables first, the submission's own frame last: of two rules that say the same, the first
        # is reported, and a table's rule reports it of a line.
        for name, frame in batch.frames.items():
            expected = expectations_of(form, name, set(frame.columns), self._rules)
            if frame.empty or not expected:
                continue
            suite = f"{form.code}.{form.version}.{name}"
            failures: dict[int, list[Failure]] = defaultdict(list)
            for failure in self._validation.failures(suite, frame, expected):
                failures[failure.number].append(failure)
            rows = rows_by_report(frame, failures)
            for number, of_report in failures.items():
                reports[number].add(name, expected, of_report, rows[number])
        language = self._rules.language
        for number, report in reports.items():
            for finding in report.findings(self._rules.sizing):
                yield number, with_place_to_correct(finding, report.reading, language)

    def _said_by_reader(self, reading: ParsedReport) -> ReaderFindingCells:
        """Return the cells that the reader refused or warns of; a mere note says nothing."""
        by_severity: dict[Severity, set[CellRef]] = defaultdict(set)
        for problem in reading.problems:
            rule = self._rules.reading[problem.rule]
            # What the reader says of a sheet or a file is not about a figure.
            if rule.level is RuleLevel.CELL:
                cell = (problem.sheet, problem.cell)
                by_severity[rule.severity].add(cell)
        return ReaderFindingCells(
            refused=frozenset(by_severity[Severity.CRITICAL]),
            warned=frozenset(by_severity[Severity.WARNING]),
        )

    def _is_read(self, reading: ParsedReport) -> bool:
        """Tell whether the reader could read the file."""
        return not any(self._is_of_unreadable_file(problem) for problem in reading.problems)

    def _is_of_unreadable_file(self, problem: ReaderFinding) -> bool:
        rule = self._rules.reading[problem.rule]
        return rule.level is RuleLevel.FILE and rule.severity is Severity.CRITICAL


def _without_echoes(of_reader: Iterable[Finding], found: Iterable[Finding]) -> Iterator[Finding]:
    """Yield the reader's findings; one at a cell that a rule refuses becomes a note."""
    refused = {(each.sheet, each.cell) for each in found if each.severity is Severity.CRITICAL}
    for finding in of_reader:
        cell = (finding.sheet, finding.cell)
        if finding.cell is not None and cell in refused:
            yield replace(finding, severity=Severity.INFO)
        else:
            yield finding


def _by_form(readings: Iterable[ParsedReport]) -> Iterator[tuple[Form, Batch]]:
    """Yield each form version that was reported, with its parsed reports."""
    batches: dict[_Version, list[tuple[int, ParsedReport]]] = defaultdict(list)
    forms: dict[_Version, Form] = {}
    for reading in readings:
        form = reading.form
        if form is None:
            continue
        version = (form.code, form.version)
        forms[version] = form
        batches[version].append((reading.number, reading))
    for version, batch in batches.items():
        yield forms[version], batch


def _reading_order(finding: Finding, reading: ParsedReport) -> tuple[int, int, int, str, str]:
    """Return the sort key of a finding: the worst first, then by sheet, row and column."""
    sheets: list[str | None] = []
    if reading.form is not None:
        sheets += [table.sheet for table in reading.form.tables]
    # What is about the whole report stands before what is about its sheets.
    sheet = -1
    if finding.sheet in sheets:
        sheet = sheets.index(finding.sheet)
    row, column = 0, ""
    match = _CELL.match(finding.cell or "")
    if match is not None:
        row = int(match["row"])
        # Padded, so that column Z comes before AA.
        column = match["column"].rjust(3)
    return _WORST_FIRST[finding.severity], sheet, row, column, finding.rule


def _submission(reading: ParsedReport, findings: list[Finding], *, is_read: bool) -> Submission:
    ordered = sorted(findings, key=lambda finding: _reading_order(finding, reading))
    form = reading.form
    part = part_of(reading, ordered)
    verdict = verdict_of(part.blocking, is_read=is_read, lines_out=part.lines)
    form_code: str | None = None
    form_version: str | None = None
    facts: tuple[Fact, ...] = ()
    if form is not None:
        form_code = form.code
        form_version = form.version
        facts = part.facts()
    if reading.fields:
        ordered = [finding_in_fields(finding, reading.fields) for finding in ordered]
        facts = tuple(fact_in_fields(fact, reading.fields) for fact in facts)
    return Submission(
        delivery=reading.delivery,
        verdict=verdict,
        findings=tuple(ordered),
        form_code=form_code,
        form_version=form_version,
        unit_code=reading.unit_code,
        period=reading.period,
        stage=reading.stage,
        facts=facts if verdict.loads else (),
        report_no=reading.report_no,
        # Of a report that is refused too: how clean a sender's figures are is a share of them.
        values_read=len(facts),
    )

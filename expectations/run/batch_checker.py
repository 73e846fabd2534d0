"""The work of `expectations.checking`: a batch per form and table, a finding per failing cell.

Importing this module imports Great Expectations.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from expectations.cross_checks.cross_checker import CrossChecker
from expectations.findings.cells import CellRef, cell_of, text_cells
from expectations.findings.computed_totals import with_place_to_correct
from expectations.findings.message import finding_of_problem, finding_of_row
from expectations.findings.suppress_cascades import Cell, Reported, drop_cascades, due_at
from expectations.findings.waivers import Waivers
from expectations.history.history_checker import HistoryChecker
from expectations.history.reports import Frames
from expectations.rules.rule_models import CellRule, Derivation
from expectations.rules.rule_set import RuleSet
from expectations.run.frames import batch_frames
from expectations.run.gx_runner import Failure, GxRunner
from expectations.run.partial import part_of
from expectations.run.suite import expectations_of
from program.finding import Finding, ReaderFinding, RuleLevel, Severity
from program.forms.form import Form
from program.pack.load import Pack
from program.parsed_report import ParsedReport
from program.records.current_report import CurrentReport
from program.records.history import History
from program.submission import Submission, verdict_of

_WORST_FIRST = {Severity.CRITICAL: 0, Severity.WARNING: 1, Severity.INFO: 2}
_ABOUT_EMPTY_CELLS = (Derivation.REQUIRED, Derivation.OPTIONAL)
_CELL = re.compile(r"^(?P<column>[A-Z]+)(?P<row>\d+)$")

Batch = Sequence[tuple[int, ParsedReport]]
"""Parsed reports of one form version, each with its number."""
_Version = tuple[str, str]
"""A form's code and version."""


class BatchChecker:
    """Checks readings in batches. Others use it through `expectations.checking.Checker`."""

    def __init__(self, pack: Pack, rules: RuleSet, run_name: str, *, history_periods: int) -> None:
        self._rules = rules
        self._overruling = Waivers(pack.corrections)
        self._validation = GxRunner(pack.folder.name, run_name)
        self._comparer = CrossChecker(pack, rules, self._validation)
        self._comparison = HistoryChecker(pack, rules, self._validation, history_periods)

    def check(
        self, worlds: Sequence[Sequence[ParsedReport]], past: History | None
    ) -> list[Submission]:
        """Return a submission for each parsed report, in order.

        Parsed reports of different groups (`worlds`) are not compared with each other.
        """
        readings = [reading for world in worlds for reading in world]
        findings = {reading.number: self._reader_findings(reading) for reading in readings}
        batches: list[Frames] = []
        for form, batch in _by_form(readings):
            frames = batch_frames(form, batch)
            for number, finding in self._check_form(form, batch, frames):
                findings[number].append(finding)
            batches.append(self._loading(form, batch, frames, findings))
        if past is not None:
            # Which reports are compared depends on `findings`: no new ones enter before the end.
            new = list(self._comparison.findings(batches, worlds, past, findings))
            for number, finding in new:
                findings[number].append(finding)
        submissions: list[Submission] = []
        for reading in readings:
            final = self._overruling.apply(findings[reading.number], reading)
            submissions.append(_submission(reading, final, is_read=self._is_read(reading)))
        return submissions

    def compare(self, *worlds: Iterable[CurrentReport]) -> list[tuple[int, Finding]]:
        """Cross-check current reports; return the findings, each with a submission's number.

        Reports of different groups (`worlds`) are not compared with each other.
        """
        return self._comparer.compare(*worlds)

    def publish_docs(self, folder: Path) -> Path:
        """Write Data Docs of all that was checked so far; return their first page."""
        return self._validation.publish_docs(folder)

    def _reader_findings(self, reading: ParsedReport) -> list[Finding]:
        words = self._rules.reading
        return [finding_of_problem(problem, words[problem.rule]) for problem in reading.problems]

    def _loading(
        self,
        form: Form,
        batch: Batch,
        frames: Mapping[str, pd.DataFrame],
        found: Mapping[int, list[Finding]],
    ) -> Frames:
        """Return a batch's frames without the lines that stay out, and which submissions load."""
        kept: list[tuple[int, ParsedReport]] = []
        loading: set[int] = set()
        lines_out = 0
        for number, reading in batch:
            part = part_of(reading, self._overruling.apply(found[number], reading))
            kept.append((number, part.reading))
            lines_out += part.lines
            verdict = verdict_of(
                part.blocking, is_read=self._is_read(reading), lines_out=part.lines
            )
            if verdict.loads:
                loading.add(number)
        if lines_out:
            frames = batch_frames(form, kept)
        return Frames(form, frames, loading)

    def _check_form(
        self, form: Form, batch: Batch, frames: Mapping[str, pd.DataFrame]
    ) -> Iterator[tuple[int, Finding]]:
        """Yield the findings of one form's batch, without those that only follow from others."""
        sources = {number: _Source(reading) for number, reading in batch}
        reported = Reported(self._refused_cells(batch), self._rules.sizing)
        # Tables first, the submission's own frame last: its sums are of cells that the tables'
        # rules have checked.
        for name, frame in frames.items():
            failures = self._failures(form, name, frame)
            failures = [f for f in failures if not sources[f.number].excuses(f, name)]
            if not failures:
                continue
            failures = reported.in_order(drop_cascades(failures, form, name, frame))
            rows = _failing_rows(frame, failures)
            for failure in failures:
                source = sources[failure.number]
                row = rows[failure.number, failure.row]
                finding = _finding(failure, form, name, source, row, reported)
                if finding is not None:
                    language = self._rules.language
                    yield failure.number, with_place_to_correct(finding, source.reading, language)

    def _failures(self, form: Form, name: str, frame: pd.DataFrame) -> list[Failure]:
        expected = expectations_of(form, name, set(frame.columns), self._rules)
        if frame.empty or not expected:
            return []
        suite = f"{form.code}.{form.version}.{name}"
        return self._validation.failures(suite, frame, expected)

    def _refused_cells(self, batch: Batch) -> Iterator[Cell]:
        for number, reading in batch:
            for problem in reading.problems:
                # A mere note ("2.208" read as 2208) leaves its cell with a value.
                if self._is_critical(problem, RuleLevel.CELL):
                    yield number, problem.sheet, problem.cell

    def _is_read(self, reading: ParsedReport) -> bool:
        """Tell whether the reader could read the file."""
        return not any(self._is_critical(each, RuleLevel.FILE) for each in reading.problems)

    def _is_critical(self, problem: ReaderFinding, level: RuleLevel) -> bool:
        rule = self._rules.reading[problem.rule]
        return rule.level is level and rule.severity is Severity.CRITICAL


@dataclass(frozen=True)
class _Source:
    """The parsed report that failures point back to."""

    reading: ParsedReport

    def excuses(self, failure: Failure, frame: str) -> bool:
        """Tell whether a failure asks for a value where the sender may leave the cell empty.

        A total is locked in our templates. It is empty where its parts are.
        """
        words = failure.rule.words
        if not isinstance(words, CellRule) or words.derive not in _ABOUT_EMPTY_CELLS:
            return False
        return self.reading.tables[frame].may_be_empty(failure.rule.at, failure.row)

    @cached_property
    def texts(self) -> Set[CellRef]:
        """The cells with a figure as text in the workbook. Computed when a finding needs them."""
        return text_cells(self.reading)


def _finding(
    failure: Failure,
    form: Form,
    frame: str,
    source: _Source,
    row: Mapping[Any, Any],
    reported: Reported,
) -> Finding | None:
    """Return the finding of a failure; None if it has no cell, or follows from `reported`."""
    rule, reading = failure.rule, source.reading
    place = cell_of(form, frame, rule.at, failure.row, reading)
    if place is None:
        return None
    about = {column: cell_of(form, frame, column, failure.row, reading) for column in rule.columns}
    texts: dict[str, str] = {}
    if "texts" in rule.words.cases:
        texts = _cells_among(about, source.texts)
    # A sum that names the text it passed over says more than one that gives the same figure.
    due = None if texts else due_at(rule, row)
    if reported.follows(rule, failure.number, place, about.values(), due):
        return None
    return finding_of_row(rule, row, form, place, texts)


def _failing_rows(
    frame: pd.DataFrame, failures: Sequence[Failure]
) -> dict[tuple[int, int], Mapping[Any, Any]]:
    """Return the rows that fail, by submission number and row."""
    positions: dict[tuple[int, int], int] = {}
    keys = zip(frame["submission_id"], frame["row"], strict=True)
    for position, (number, row) in enumerate(keys):
        positions[int(number), int(row)] = position
    failing = list({(failure.number, failure.row) for failure in failures})
    # One call for all rows: pandas takes long for each.
    records = frame.iloc[[positions[key] for key in failing]].to_dict("records")
    return dict(zip(failing, records, strict=True))


def _cells_among(about: Mapping[str, CellRef | None], places: Set[CellRef]) -> dict[str, str]:
    """Return the cell of each column that stands at one of `places`."""
    cells: dict[str, str] = {}
    for column, place in about.items():
        if place is not None and place in places and place[1]:
            cells[column] = place[1]
    return cells


def _by_form(readings: Sequence[ParsedReport]) -> Iterator[tuple[Form, Batch]]:
    """Yield each form version that was reported, with its parsed reports."""
    batches: dict[_Version, list[tuple[int, ParsedReport]]] = defaultdict(list)
    forms: dict[_Version, Form] = {}
    for reading in readings:
        if reading.form is not None:
            version = (reading.form.code, reading.form.version)
            forms[version] = reading.form
            batches[version].append((reading.number, reading))
    for version, batch in batches.items():
        yield forms[version], batch


def _reading_order(finding: Finding, reading: ParsedReport) -> tuple[int, int, int, str, str]:
    """Return the sort key of a finding: the worst first, then by sheet, row and column."""
    sheets = [table.sheet for table in reading.form.tables] if reading.form else []
    sheet = sheets.index(finding.sheet) if finding.sheet in sheets else -1
    row, column = 0, ""
    match = _CELL.match(finding.cell or "")
    if match is not None:
        row, column = int(match["row"]), match["column"].rjust(3)
    return _WORST_FIRST[finding.severity], sheet, row, column, finding.rule


def _submission(reading: ParsedReport, findings: list[Finding], *, is_read: bool) -> Submission:
    ordered = sorted(findings, key=lambda finding: _reading_order(finding, reading))
    form = reading.form
    part = part_of(reading, ordered)
    verdict = verdict_of(part.blocking, is_read=is_read, lines_out=part.lines)
    facts = part.facts() if form else ()
    return Submission(
        delivery=reading.delivery,
        verdict=verdict,
        findings=tuple(ordered),
        form_code=form.code if form else None,
        form_version=form.version if form else None,
        unit_code=reading.unit_code,
        period=reading.period,
        stage=reading.stage,
        facts=facts if verdict.loads else (),
        report_no=reading.report_no,
        values_read=len(facts),
    )

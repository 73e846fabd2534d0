"""Compares each complete report of a batch with the reports that came before it."""

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import NamedTuple

import pandas as pd

from expectations.findings.cells import CellRef, cell_of
from expectations.findings.message import (
    LEAST_EVERYWHERE,
    SHARE_EVERYWHERE,
    Instead,
    finding_of_row,
)
from expectations.history.columns import FIGURES, INDICATORS, LINES, LOST
from expectations.history.frames.all_frames import history_frames
from expectations.history.reports import Frames, ReportHistory, build_history, joined
from expectations.rules.rule_set import RuleSet
from expectations.rules.texts import Situation
from expectations.run.gx_runner import Failure, GxRunner
from expectations.run.suite import Expected, expectations_of
from program.finding import Finding, Severity
from program.forms.elements import FormElement, form_elements, parts_within
from program.forms.form import Form
from program.pack.pack import Pack
from program.parsed_report import ParsedReport
from program.records.history import History

Found = Mapping[int, Sequence[Finding]]
"""The findings of the other rules, by submission."""

Record = Mapping[Hashable, object]
"""One row of a frame, by column."""


class _FailedRow(NamedTuple):
    """A failure of a rule, and the row that it is about."""

    failure: Failure
    record: Record

    @property
    def figure(self) -> str:
        """The name of the figure that the row is about; "None" where it is about no figure."""
        return str(self.record.get("figure"))


@dataclass(frozen=True, slots=True)
class _Group:
    """Parsed reports of one form that may be compared with each other, and their history."""

    readings: Sequence[ParsedReport]
    memory: ReportHistory

    def numbers_of(self, form: Form) -> list[int]:
        """Return the numbers of the parsed reports of one form version, in order."""
        return [reading.number for reading in self.readings if reading.form == form]


class HistoryChecker:
    """Checks batches with the rules of history."""

    def __init__(self, pack: Pack, rules: RuleSet, validation: GxRunner) -> None:
        self._pack = pack
        self._rules = rules
        self._validation = validation

    def findings(
        self,
        batches: Sequence[Frames],
        scopes: Sequence[Sequence[ParsedReport]],
        past: History,
        found: Found,
    ) -> Iterator[tuple[int, Finding]]:
        """Yield the findings of the rules of history, each with the number of its submission.

        Only a finding about a new version of a report may be critical: whether a report loads must
        not depend on the order in which units send. A version that is refused is not compared with
        those after it. Reports of different `scopes` are never compared.

        Each cell has at most one finding of history, the first in the order of the rule files. A
        cell has none where another rule refuses it or finds its figure too large or too small. A
        declared total has none where one of its parts has one too.
        """
        new = list(self._findings(batches, scopes, past, found))
        refused: set[int] = set()
        for number, finding in new:
            if finding.severity is Severity.CRITICAL:
                refused.add(number)
        if refused:
            # Later versions were compared with those that turn out to be refused: once more.
            kept: list[Frames] = []
            for batch in batches:
                loads = set(batch.loads) - refused
                kept.append(replace(batch, loads=loads))
            new = list(self._findings(kept, scopes, past, found))
        yield from new

    def _findings(
        self,
        batches: Sequence[Frames],
        scopes: Sequence[Sequence[ParsedReport]],
        past: History,
        found: Found,
    ) -> Iterator[tuple[int, Finding]]:
        batches_by_form: dict[str, list[Frames]] = defaultdict(list)
        for batch in batches:
            batches_by_form[batch.form.code].append(batch)
        for code, of_form in batches_by_form.items():
            groups = self._groups(code, of_form, scopes, past)
            by_number: dict[int, ParsedReport] = {}
            for group in groups:
                for reading in group.readings:
                    by_number[reading.number] = reading
            for batch in of_form:
                frames = self._frames(batch.form, groups)
                yield from self._findings_of_form(batch.form, frames, by_number, found)

    def _groups(
        self,
        code: str,
        batches: Sequence[Frames],
        scopes: Sequence[Sequence[ParsedReport]],
        past: History,
    ) -> list[_Group]:
        """Return a group for each of `scopes` that has a complete reading of form `code`."""
        groups: list[_Group] = []
        for scope in scopes:
            readings = [reading for reading in scope if _is_complete(reading, code)]
            if readings:
                memory = build_history(code, batches, readings, past, self._pack)
                groups.append(_Group(readings, memory))
        return groups

    def _frames(self, form: Form, groups: Sequence[_Group]) -> dict[str, pd.DataFrame]:
        """Return the frames of history of one form version, with the rows of all groups."""
        frames_by_group: list[dict[str, pd.DataFrame]] = []
        for group in groups:
            numbers = group.numbers_of(form)
            frames = history_frames(form, group.memory, self._pack, numbers)
            frames_by_group.append(frames)
        return _together(frames_by_group)

    def _findings_of_form(
        self,
        form: Form,
        frames: Mapping[str, pd.DataFrame],
        readings: Mapping[int, ParsedReport],
        found: Found,
    ) -> Iterator[tuple[int, Finding]]:
        reported = _reported_cells(found, self._rules.sizing)
        for name, of_all in frames.items():
            frame = _of_filled(readings, of_all) if name.endswith(LOST) else of_all
            failed = self._failed_rows(form, name, frame)
            covered: set[tuple[int, str]] = set()
            for everywhere in _everywhere(failed, frame, form):
                number = everywhere[0].failure.number
                for failed_row in everywhere:
                    covered.add((number, failed_row.figure))
                yield number, _finding_of_table(form, name, everywhere, readings[number])
            for failed_row in failed:
                rule, number, row = failed_row.failure
                record = failed_row.record
                place = _place(form, name, rule, row, record, readings[number])
                if place is None:
                    continue
                sheet, cell = place
                is_reported = (number, sheet, cell) in reported or (number, sheet) in reported
                if is_reported:
                    continue
                # Findings about a sheet or a whole report do not exclude each other.
                if cell is not None:
                    reported.add((number, sheet, cell))
                finding = finding_of_row(rule, record, form, place)
                # The finding of the whole table asks the question; the cell's stays on record.
                if (number, failed_row.figure) in covered:
                    finding = replace(finding, severity=Severity.INFO)
                yield number, finding

    def _failed_rows(self, form: Form, name: str, frame: pd.DataFrame) -> list[_FailedRow]:
        """Return the rows of a frame that break a rule, in the order of the rules."""
        expected = expectations_of(form, name, set(frame.columns), self._rules)
        if frame.empty or not expected:
            return []
        position_of: dict[tuple[int, int], int] = {}
        keys = zip(frame["submission_id"], frame["row"], strict=True)
        for position, (number, row) in enumerate(keys):
            position_of[int(number), int(row)] = position
        batch_name = f"{form.code}.{form.version}.{name}"
        failed: list[_FailedRow] = []
        for failure in self._validation.failures(batch_name, frame, expected):
            position = position_of[failure.number, failure.row]
            record = frame.iloc[position].to_dict()
            failed.append(_FailedRow(failure, record))
        # Only figures have parts: the other frames have a row for a report, a line or a target.
        if name == FIGURES:
            return _without_totals(failed, form_elements(form))
        return failed


def _is_complete(reading: ParsedReport, code: str) -> bool:
    """Tell whether a parsed report is of form `code`, and its unit and period are known."""
    if reading.form is None or reading.form.code != code:
        return False
    return bool(reading.unit_code and reading.period)


def _reported_cells(found: Found, sizing: Mapping[str, int]) -> set[tuple[object, ...]]:
    """Return the cells and sheets that need no finding of history: another rule reported them.

    A sheet needs none where a rule about size finds its figures wrong everywhere.
    """
    places: set[tuple[object, ...]] = set()
    for number, findings in found.items():
        for finding in findings:
            if not _replaces_history(finding, sizing):
                continue
            is_at_one_cell = finding.cell is not None and ":" not in finding.cell
            if is_at_one_cell:
                places.add((number, finding.sheet, finding.cell))
            elif finding.sheet and finding.rule in sizing:
                places.add((number, finding.sheet))
    return places


def _everywhere(
    failed: Sequence[_FailedRow], frame: pd.DataFrame, form: Form
) -> Iterator[Sequence[_FailedRow]]:
    """Yield the rows of a report that break a rule which has words for a whole table, if most do.

    Rows count that are typed in and have all figures that the rule compares, none of them 0.
    """
    typed = [name for name, element in form_elements(form).items() if element.is_typed]
    by_rule: dict[tuple[int, str], list[_FailedRow]] = defaultdict(list)
    for failed_row in failed:
        failure = failed_row.failure
        words = failure.rule.words
        if Situation.EVERYWHERE in words.instead:
            by_rule[failure.number, words.id].append(failed_row)
    for (number, _), of_rule in by_rule.items():
        columns = list(of_rule[0].failure.rule.columns)
        is_of_report = frame["submission_id"] == number
        is_typed = frame["figure"].isin(typed)
        figures = frame.loc[is_of_report & is_typed, columns]
        is_given = figures.notna() & (figures != 0)
        compared = int(is_given.all(axis=1).sum())
        least = max(LEAST_EVERYWHERE, SHARE_EVERYWHERE * compared)
        if len(of_rule) >= least:
            yield of_rule


def _finding_of_table(
    form: Form, frame: str, failed: Sequence[_FailedRow], reading: ParsedReport
) -> Finding:
    """Return one finding for all rows, at the sheet of the first."""
    places: list[CellRef] = []
    for failure, record in failed:
        place = _place(form, frame, failure.rule, failure.row, record, reading)
        if place is not None:
            places.append(place)
    first = failed[0]
    cells = [str(cell) for _, cell in places]
    instead = Instead.everywhere(len(failed), cells, columns=())
    first_sheet = places[0][0] if places else None
    place = (first_sheet, None)
    return finding_of_row(first.failure.rule, first.record, form, place, instead)


def _replaces_history(finding: Finding, sizing: Mapping[str, int]) -> bool:
    if finding.severity is Severity.CRITICAL:
        return True
    # Any other warning may stand beside one of history: it says nothing of the figure's size.
    return finding.severity is Severity.WARNING and finding.rule in sizing


def _together(apart: Sequence[Mapping[str, pd.DataFrame]]) -> dict[str, pd.DataFrame]:
    """Return the frames of all groups as one set: frames of the same name are joined.

    A frame that has no row in any group is kept, without rows.
    """
    if len(apart) == 1:
        return dict(apart[0])
    by_name: dict[str, list[pd.DataFrame]] = defaultdict(list)
    for frames in apart:
        for name, frame in frames.items():
            by_name[name].append(frame)
    return {name: joined(parts) for name, parts in by_name.items()}


def _of_filled(readings: Mapping[int, ParsedReport], lost: pd.DataFrame) -> pd.DataFrame:
    """Return the lost lines of the reports in which something is filled in.

    A blank report is one question (FORM-30), and not one for each line of the report before it.
    """
    blank = [number for number, reading in readings.items() if reading.is_blank]
    return lost[~lost["submission_id"].isin(blank)]


def _place(
    form: Form, frame: str, rule: Expected, row: int, record: Record, reading: ParsedReport
) -> CellRef | None:
    """Return the sheet and cell that a failed row is about; None if the workbook has none."""
    if frame not in (FIGURES, INDICATORS, LINES):
        return cell_of(form, frame, rule.at, row, reading)
    # Here `row` only counts: the row itself says which figure it is about, and where that stands.
    sheet_row = int(str(record.get("sheet_row", 0)))
    return cell_of(form, frame, str(record["figure"]), sheet_row, reading)


def _without_totals(
    failed: Sequence[_FailedRow], figures: Mapping[str, FormElement]
) -> list[_FailedRow]:
    """Return `failed` without the totals of which a part, or a part of a part, failed too."""
    reported = {(each.failure.number, each.figure) for each in failed}
    kept: list[_FailedRow] = []
    for failed_row in failed:
        number = failed_row.failure.number
        if not _has_reported_part(number, failed_row.figure, reported, figures):
            kept.append(failed_row)
    return kept


def _has_reported_part(
    number: int,
    name: str,
    reported: AbstractSet[tuple[int, str]],
    figures: Mapping[str, FormElement],
) -> bool:
    return any((number, part) in reported for part in parts_within(figures, name))

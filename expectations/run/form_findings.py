"""From the failures of one form's batch to findings: one for each cause, at the cell to correct."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import pandas as pd

from expectations.findings.cells import CellRef, cell_of, text_cells
from expectations.findings.message import (
    LEAST_BEYOND_ALL,
    LEAST_EVERYWHERE,
    SHARE_BEYOND_ALL,
    SHARE_EVERYWHERE,
    Instead,
    finding_of_row,
)
from expectations.findings.sum_cells import SumCells
from expectations.findings.suppress_cascades import (
    ReaderFindingCells,
    Suspect,
    causes,
    line_to_blame,
    passed_over,
)
from expectations.rules.rule_models import CellRule, Derivation
from expectations.rules.texts import Situation
from expectations.run.gx_runner import Failure
from expectations.run.suite import Expected
from program.finding import Finding, Severity
from program.forms.elements import form_elements
from program.forms.form import Form
from program.parsed_report import ParsedReport, is_given

_MISSING = "expect_column_values_to_not_be_null"
_ABOUT_EMPTY_CELLS = (Derivation.REQUIRED, Derivation.OPTIONAL)

_Column = tuple[str, str]
"""A frame and one of its columns."""
Rows = Mapping[int, Mapping[Any, Any]]
"""The rows of a report in a frame, by their number in it."""


@dataclass
class ReportFailures:
    """The failures of one report, and the cells of which the reader said something."""

    form: Form
    reading: ParsedReport
    reader: ReaderFindingCells
    suspects: list[Suspect] = field(default_factory=list)
    expected: dict[str, Sequence[Expected]] = field(default_factory=dict)
    rows: dict[str, Rows] = field(default_factory=dict)

    def add(
        self, frame: str, expected: Sequence[Expected], failures: Iterable[Failure], rows: Rows
    ) -> None:
        """Add the failures of one frame. `rows` are all rows of the report in it."""
        self.expected[frame] = expected
        self.rows[frame] = rows
        for failure in failures:
            if self._may_be_empty(frame, failure):
                continue
            suspect = self._suspect(frame, failure)
            if suspect is not None and not self._is_of_stray_text(suspect):
                self.suspects.append(suspect)

    def _may_be_empty(self, frame: str, failure: Failure) -> bool:
        """Tell whether a failure asks for a value where the sender may leave the cell empty.

        A total is locked in our templates. It is empty where its parts are.
        """
        words = failure.rule.words
        if not isinstance(words, CellRule) or words.derive not in _ABOUT_EMPTY_CELLS:
            return False
        return self.reading.tables[frame].may_be_empty(failure.rule.at, failure.row)

    def findings(self, sizing: Mapping[str, int]) -> Iterator[Finding]:
        """Yield a finding for each cause.

        Where a table or a column breaks a rule everywhere, one finding says so. Those of its cells
        stay on record as notes, and so does what else is said about the size of figures there.
        """
        kept = causes(self.suspects, self._cells, self.reader, sizing)
        covered: set[_Column] = set()
        for alike in self._everywhere(kept):
            covered.update(_column_of(suspect) for suspect in alike)
            yield self._finding_everywhere(alike)
        for suspect in kept:
            finding = self._finding(suspect)
            is_about_size = suspect.rule.words.id in sizing
            if is_about_size and _column_of(suspect) in covered:
                finding = replace(finding, severity=Severity.INFO)
            yield finding

    def _everywhere(self, suspects: Iterable[Suspect]) -> Iterator[Sequence[Suspect]]:
        """Yield the suspects of each rule that a table breaks everywhere; else of its columns."""
        for of_rule in _grouped(suspects, _rule_of):
            if self._is_everywhere(of_rule):
                yield of_rule
                continue
            for of_column in _grouped(of_rule, _column_of):
                if self._is_everywhere(of_column):
                    yield of_column

    @cached_property
    def _cells(self) -> SumCells:
        return SumCells(self.form, self.reading)

    @cached_property
    def _texts(self) -> Set[CellRef]:
        return text_cells(self.reading)

    def _suspect(self, frame: str, failure: Failure) -> Suspect | None:
        """Return a failure at the cell to correct; None where the workbook has no such cell."""
        failure = self._moved(frame, failure)
        rule = failure.rule
        row = self.rows[frame][failure.row]
        place = cell_of(self.form, frame, rule.at, failure.row, self.reading)
        if place is None:
            return None
        about = self._cells.looked_at(frame, rule.columns, failure.row)
        texts: Mapping[str, str] = {}
        if Situation.TEXTS in rule.words.instead:
            text_cells_of_row = self._texts_among(frame, rule, failure.row)
            texts = passed_over(rule, row, text_cells_of_row)
        # The sum is right for what a spreadsheet adds up: the figure typed as text is wrong.
        if texts:
            sheet, _ = place
            first_text = next(iter(texts.values()))
            place = (sheet, first_text)
        return Suspect(failure, row, frame, place, about, texts)

    def _moved(self, frame: str, failure: Failure) -> Failure:
        """Return the failure of a sum of columns at the line whose total is wrong."""
        read = self.reading.tables.get(frame)
        # The lines of a list have no keys, and no line of a list is the total of others.
        if read is None or not failure.rule.is_derived_total or not any(read.lines):
            return failure
        rows_by_line = dict(zip(read.lines, read.rows, strict=True))
        figures = {line: self.rows[frame][row] for line, row in rows_by_line.items()}
        line = read.lines[read.rows.index(failure.row)]
        blamed = line_to_blame(failure.rule, self.form.table(frame), line, figures)
        return failure._replace(row=rows_by_line[blamed])

    def _texts_among(self, frame: str, rule: Expected, row: int) -> dict[str, str]:
        """Return the cell of each of the rule's columns that holds a figure as text."""
        cells: dict[str, str] = {}
        for column in rule.columns:
            place = cell_of(self.form, frame, column, row, self.reading)
            if place is None or place not in self._texts:
                continue
            _, cell = place
            if cell:
                cells[column] = cell
        return cells

    def _is_of_stray_text(self, suspect: Suspect) -> bool:
        """Tell whether a required cell is empty in a row with nothing but a text to be removed."""
        read = self.reading.tables.get(suspect.frame)
        if read is None or suspect.rule.expect != _MISSING:
            return False
        refused_rows = {row for _, row in read.refused}
        if suspect.failure.row not in refused_rows:
            return False
        return not any(_is_figure(suspect.row[name]) for name in read.values)

    def _finding(self, suspect: Suspect) -> Finding:
        instead = None
        if suspect.texts:
            column = next(iter(suspect.texts))
            values = {"texts": ", ".join(suspect.texts.values())}
            instead = Instead(Situation.TEXTS, values, quoted=column)
        return finding_of_row(suspect.rule, suspect.row, self.form, suspect.place, instead)

    def _is_everywhere(self, suspects: Sequence[Suspect]) -> bool:
        """Tell whether most figures of the suspects' columns break their rule.

        The rule must have words for that. One column may be all that the suspects are of; else all
        columns count that the rule looks at.
        """
        first = suspects[0]
        frame = first.frame
        words = first.rule.words
        if Situation.EVERYWHERE not in words.instead:
            return False
        columns = list({suspect.rule.at for suspect in suspects})
        if len(columns) > 1:
            columns = [each.at for each in self.expected[frame] if each.words.id == words.id]
        figures = self._typed_figures(frame, columns)
        if len(suspects) >= max(LEAST_EVERYWHERE, SHARE_EVERYWHERE * figures):
            return True
        is_beyond_all = getattr(first.rule.words, "derive", None) is Derivation.CAPITAL
        return is_beyond_all and len(suspects) >= max(LEAST_BEYOND_ALL, SHARE_BEYOND_ALL * figures)

    def _typed_figures(self, frame: str, columns: Sequence[str]) -> int:
        """Return how many figures of some columns are typed in, and not 0."""
        count = 0
        for row, values in self.rows[frame].items():
            for column in columns:
                place = cell_of(self.form, frame, column, row, self.reading)
                is_typed = place is not None and not self._cells.depth(place)
                value = values[column]
                # 0 is right in every unit of measure: it says nothing for or against the rule.
                if is_typed and _is_figure(value) and value:
                    count += 1
        return count

    def _finding_everywhere(self, suspects: Sequence[Suspect]) -> Finding:
        """Return one finding for all suspects: at the range of a column, or at the sheet."""
        first = suspects[0]
        sheet, top = first.place
        names = dict.fromkeys(suspect.rule.at for suspect in suspects)
        last = suspects[-1].place[1]
        cells = [self.reading.name_of(*suspect.place) for suspect in suspects]
        columns = [self._label(first.frame, name) for name in names]
        cell = None
        if len(names) == 1:
            cell = f"{top}:{last}"
        instead = Instead.everywhere(len(cells), cells, columns)
        return finding_of_row(first.rule, first.row, self.form, (sheet, cell), instead)

    def _label(self, frame: str, column: str) -> str:
        """Return the label of a table's column; of a figure where the frame is no table's."""
        if frame in self.reading.tables:
            return self.form.table(frame).column(column).label
        return form_elements(self.form)[column].label


def rows_by_report(frame: pd.DataFrame, numbers: Iterable[int]) -> dict[int, Rows]:
    """Return the rows of some reports in a frame, by report and row."""
    chosen = frame[frame["submission_id"].isin(list(numbers))]
    rows: dict[int, dict[int, Mapping[Any, Any]]] = defaultdict(dict)
    # One call for all rows: pandas takes long for each.
    for record in chosen.to_dict("records"):
        number = int(record["submission_id"])
        row = int(record["row"])
        rows[number][row] = record
    return dict(rows)


def _grouped(
    suspects: Iterable[Suspect], key: Callable[[Suspect], Hashable]
) -> Iterable[list[Suspect]]:
    """Return the suspects in groups of one key, each in order."""
    groups: dict[Hashable, list[Suspect]] = defaultdict(list)
    for suspect in suspects:
        groups[key(suspect)].append(suspect)
    return groups.values()


def _rule_of(suspect: Suspect) -> tuple[str, str]:
    return suspect.frame, suspect.rule.words.id


def _column_of(suspect: Suspect) -> _Column:
    return suspect.frame, suspect.rule.at


def _is_figure(value: Any) -> bool:
    return is_given(value) and value is not pd.NaT

"""One cause, one finding: a failure that only follows from another one is left out.

A 2.208 that is read as 2,208 people also breaks every sum that it is part of, and its sender needs
one finding. The rule is general: a failure follows from an earlier finding, of the same severity or
a worse one, at a cell that its own cell is computed from or compared with. The earlier one is the
one nearer to what was typed in: cells before the sums over them, a rule of one cell before a rule
of several, an equation before a bound.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import pandas as pd

from expectations.findings.cells import CellRef
from expectations.findings.sum_cells import SumCells
from expectations.run.gx_runner import Failure
from expectations.run.suite import SUM, Expected
from program.finding import Severity
from program.forms.table import Table

_WORST_FIRST = (Severity.CRITICAL, Severity.WARNING, Severity.INFO)
_AGREEMENT = "expect_column_pair_values_to_agree"
_SAME = 1e-9


class _Certainty(IntEnum):
    """How surely a rule's failure shows that its cell is wrong, the surest first."""

    CELL = 0
    EQUATION = 1
    BOUND = 2


@dataclass(frozen=True, slots=True)
class Suspect:
    """A failure that may be the cause of others, or follow from one.

    Attributes:
        failure: The rule that failed, and where.
        row: The row of its frame.
        frame: The name of its frame.
        place: Where its finding would point.
        about: The cells that the rule looks at.
        texts: The figures among them that are text, and so were left out of a spreadsheet's sum,
            by column. Empty unless they explain the failure.
    """

    failure: Failure
    row: Mapping[Any, Any]
    frame: str
    place: CellRef
    about: frozenset[CellRef]
    texts: Mapping[str, str]

    @property
    def rule(self) -> Expected:
        """The rule that failed."""
        return self.failure.rule

    @property
    def due(self) -> float | None:
        """The figure that the rule expects at its cell; None where it expects no certain one."""
        # Once the texts are typed as numbers, the sum will be another one.
        if self.texts:
            return None
        return _due_at(self.rule, self.row)

    @property
    def certainty(self) -> _Certainty:
        """How surely its cell is wrong."""
        if self.rule.is_of_cell:
            return _Certainty.CELL
        if self.rule.expect in (SUM, _AGREEMENT):
            return _Certainty.EQUATION
        return _Certainty.BOUND


@dataclass(frozen=True, slots=True)
class ReaderFindingCells:
    """The cells in which the reader found no value, and those that it warns of."""

    refused: frozenset[CellRef]
    warned: frozenset[CellRef]


def causes(
    suspects: Iterable[Suspect],
    cells: SumCells,
    reader: ReaderFindingCells,
    sizing: Mapping[str, int],
) -> list[Suspect]:
    """Return the suspects of one report that follow neither from another nor from the reader's.

    `sizing` ranks the rules about a figure's size: of several, the surest comes first.
    """

    def precedence(suspect: Suspect) -> tuple[int, ...]:
        words = suspect.rule.words
        return (
            cells.depth(suspect.place),
            _WORST_FIRST.index(words.severity),
            suspect.certainty,
            sizing.get(words.id, 0),
        )

    reported = _Reported(cells, reader)
    kept: list[Suspect] = []
    for suspect in sorted(suspects, key=precedence):
        if not reported.explains(suspect):
            reported.add(suspect)
            kept.append(suspect)
    return kept


class _Reported:
    """The findings of one report so far, by their cells."""

    def __init__(self, cells: SumCells, reader: ReaderFindingCells) -> None:
        self._cells = cells
        self._reader = reader
        self._at: dict[CellRef, list[Suspect]] = {}

    def add(self, suspect: Suspect) -> None:
        _, cell = suspect.place
        # A finding at a sheet as a whole says nothing of the figures in it.
        if cell is not None:
            self._at.setdefault(suspect.place, []).append(suspect)

    def explains(self, suspect: Suspect) -> bool:
        """Tell whether a suspect follows from these findings, or from a cell without a value."""
        looked_at = suspect.about | {suspect.place}
        sources = set(looked_at)
        for cell in looked_at:
            sources |= self._cells.below(cell)
        # A cell that was refused has no value, so no figure made of it can be right.
        if not self._reader.refused.isdisjoint(sources):
            return True
        # Where the reader only asks, the figure may be wrong all the same.
        is_warning = suspect.rule.words.severity is Severity.WARNING
        if is_warning and not self._reader.warned.isdisjoint(sources):
            return True
        sources.discard(suspect.place)
        for cell in sources:
            for earlier in self._of(cell):
                if self._is_as_bad(earlier, suspect):
                    return True
        return self._is_reported_at_its_cell(suspect)

    def _of(self, cell: CellRef) -> Sequence[Suspect]:
        return self._at.get(cell, ())

    def _is_reported_at_its_cell(self, suspect: Suspect) -> bool:
        """Tell whether an earlier finding at the same cell says the same or more.

        Two equations that expect different figures are two errors.
        """
        earlier = [each for each in self._of(suspect.place) if self._is_as_bad(each, suspect)]
        if suspect.due is None:
            return bool(earlier)
        return any(each.due is None or each.due == suspect.due for each in earlier)

    @staticmethod
    def _is_as_bad(earlier: Suspect, suspect: Suspect) -> bool:
        before = _WORST_FIRST.index(earlier.rule.words.severity)
        after = _WORST_FIRST.index(suspect.rule.words.severity)
        return before <= after


def _due_at(rule: Expected, row: Mapping[Any, Any]) -> float | None:
    """Return the figure that a rule expects where it points: a sum, or the same figure elsewhere.

    None for a rule that expects no such figure, or that points to another column.
    """
    if rule.expect == SUM:
        column, *parts = rule.kwargs["column_list"]
        due = _added(row, parts)
    elif rule.expect == _AGREEMENT:
        column = rule.kwargs["column_A"]
        due = float(row[rule.kwargs["column_B"]])
    else:
        return None
    if rule.at != column:
        return None
    return due


def passed_over(
    rule: Expected, row: Mapping[Any, Any], texts: Mapping[str, str]
) -> Mapping[str, str]:
    """Return `texts` where a total is the sum of its parts without them; else nothing.

    `texts` are the cells of the row's figures that are text, by column. A spreadsheet leaves them
    out of its sums. A total typed as text was added up by no spreadsheet.
    """
    if rule.expect != SUM or not texts:
        return {}
    total, *parts = rule.kwargs["column_list"]
    if total in texts:
        return {}
    added = _added(row, [part for part in parts if part not in texts])
    if not math.isclose(float(row[total]), added, rel_tol=_SAME):
        return {}
    return {part: texts[part] for part in parts if part in texts}


def line_to_blame(rule: Expected, table: Table, line: str, rows: Mapping[str, Any]) -> str:
    """Return the line whose total of columns is wrong, where that of `line` fails.

    `rows` are the figures of the report's lines. A grand total is often right as a sum of lines
    and wrong as a sum of columns, because the total of one line is. That line passes by itself
    where one of its cells is empty. It is the one that is off by as much, alone of all lines.
    """
    off = _off(rule, rows[line])
    parts = [part for part in _parts_of(line, table) if part in rows]
    off_by_part = {part: _off(rule, rows[part]) for part in parts}
    off_as_much = [part for part in parts if math.isclose(off_by_part[part], off, rel_tol=_SAME)]
    # Several lines that are off as much may each be the cause: the grand total keeps the finding.
    if len(off_as_much) != 1:
        return line
    # That line may itself be the total of others.
    return line_to_blame(rule, table, off_as_much[0], rows)


def _parts_of(key: str, table: Table) -> Sequence[str]:
    """Return the keys of the lines that a line is the total of."""
    for line in table.lines:
        if line.key == key:
            return line.parts
    return ()


def _off(rule: Expected, row: Mapping[Any, Any]) -> float:
    total, *parts = rule.kwargs["column_list"]
    return float(row[total]) - _added(row, parts)


def _added(row: Mapping[Any, Any], names: Iterable[str]) -> float:
    # As in a spreadsheet, an empty cell adds nothing.
    return float(sum(row[name] for name in names if not pd.isna(row[name])))

"""Failures that only follow from others: an error is reported once, by the rule that says most."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from expectations.findings.cells import CellRef
from expectations.run.gx_runner import Failure
from expectations.run.suite import SUM, Expected
from program.finding import Severity
from program.forms.form import Form
from program.forms.table import Table

Cell = tuple[int, str | None, str | None]
"""A submission's number, sheet and cell."""


class Reported:
    """The cells of a batch that findings point to so far.

    A 2.208 that is read as 2,208 people also breaks every sum it is part of. Its sender needs one
    finding. The same holds for a total of the layout whose own cell or part already has a worse
    finding, and for a figure of a thousand times its size: it is above all bounds, and out of
    every proportion. Where two sums expect the same figure in a cell, one of them is reported.
    """

    def __init__(self, refused: Iterable[Cell], sizing: Mapping[str, int]) -> None:
        """Begin with the cells that have no value (`refused`).

        `sizing` ranks the rules about a figure's size.
        """
        self._refused = set(refused)
        self._blamed: set[Cell] = set()
        self._sized: set[Cell] = set()
        self._expected_figures: dict[tuple[Cell, float], Severity] = {}
        self._sizing = sizing

    def in_order(self, failures: Iterable[Failure]) -> list[Failure]:
        """Return failures in the order of reporting; of those about size the surest comes first."""
        return sorted(failures, key=lambda failure: self._sizing.get(failure.rule.words.id, 0))

    def follows(
        self,
        rule: Expected,
        number: int,
        place: CellRef,
        about: Iterable[CellRef | None],
        due: float | None = None,
    ) -> bool:
        """Tell whether a failure only follows from earlier ones; remember it if it does not.

        Args:
            rule: The rule that failed.
            number: The submission's number.
            place: Where the finding would point.
            about: The cells that the rule looks at; None for a column that the sheet lacks.
            due: The figure that the rule expects at `place`, if it expects one (`due_at`).
        """
        cell = (number, *place)
        causes = self._cells_of(number, about)
        if self._is_caused(rule, causes) or self._is_reported(rule, cell, due):
            return True
        self._remember(rule, cell, due)
        return False

    @staticmethod
    def _cells_of(number: int, places: Iterable[CellRef | None]) -> set[Cell]:
        cells: set[Cell] = set()
        for place in places:
            if place is not None and place[1] is not None:
                cells.add((number, *place))
        return cells

    def _is_caused(self, rule: Expected, causes: set[Cell]) -> bool:
        """Tell whether a cell that the rule looks at already explains the failure."""
        if not self._refused.isdisjoint(causes):
            return True
        return rule.is_derived_total and not self._blamed.isdisjoint(causes)

    def _is_reported(self, rule: Expected, cell: Cell, due: float | None) -> bool:
        """Tell whether an earlier finding at the cell says the same or more."""
        is_critical = rule.words.severity is Severity.CRITICAL
        if self._is_about_size(rule, cell) and not is_critical and cell in self._sized:
            return True
        if due is None:
            return False
        # A warning does not replace a critical finding about the same figure.
        earlier = self._expected_figures.get((cell, due))
        return earlier is Severity.CRITICAL or (earlier is not None and not is_critical)

    def _remember(self, rule: Expected, cell: Cell, due: float | None) -> None:
        if due is not None:
            self._expected_figures.setdefault((cell, due), rule.words.severity)
        if rule.words.severity is Severity.CRITICAL:
            cells = self._refused if rule.is_of_cell else self._blamed
            cells.add(cell)
        # A note does not replace a warning about the same figure.
        if self._is_about_size(rule, cell) and rule.words.severity is not Severity.INFO:
            self._sized.add(cell)

    def _is_about_size(self, rule: Expected, cell: Cell) -> bool:
        return rule.words.id in self._sizing and cell[2] is not None


def due_at(rule: Expected, row: Mapping[Any, Any]) -> float | None:
    """Return the figure that a rule expects where it points: a sum, or the same figure elsewhere.

    None for a rule that expects no such figure, or that points to another column.
    """
    if rule.expect == SUM:
        column, *parts = rule.kwargs["column_list"]
        figures = [row[part] for part in parts]
        due = float(sum(figure for figure in figures if not pd.isna(figure)))
    elif rule.expect == "expect_column_pair_values_to_agree":
        column = rule.kwargs["column_A"]
        due = float(row[rule.kwargs["column_B"]])
    else:
        return None
    return due if rule.at == column else None


def drop_cascades(
    failures: Iterable[Failure], form: Form, name: str, frame: pd.DataFrame
) -> list[Failure]:
    """Return `failures` of one table without those at totals that follow from their parts.

    A 2.208 that should be 2208 makes the total 32,208. Where the same critical rule fails at a part
    and at its total, only the cell that the sender typed is reported. Warnings stay: a flagged
    figure must be flagged wherever it is used.
    """
    known = list(failures)
    table = next((table for table in form.tables if table.name == name), None)
    critical = [failure for failure in known if _is_critical(failure)]
    if table is None or not critical:
        return known
    parts = _Parts.of(table, frame)
    failed = {(f.rule.words.id, f.rule.at, f.number, f.row) for f in critical}

    def is_consequence(failure: Failure) -> bool:
        rule_id = failure.rule.words.id
        return _is_critical(failure) and any(
            (rule_id, column, failure.number, row) in failed
            for column, row in parts.of_total(failure)
        )

    return [failure for failure in known if not is_consequence(failure)]


def _is_critical(failure: Failure) -> bool:
    return failure.rule.words.severity is Severity.CRITICAL


@dataclass(frozen=True, slots=True)
class _Parts:
    """What the totals of a table consist of, and on which rows its lines stand.

    `line_keys` and `rows` are by submission number and row, and by submission number and line.
    """

    of_lines: Mapping[str, tuple[str, ...]]
    of_columns: Mapping[str, tuple[str, ...]]
    line_keys: Mapping[tuple[int, int], str]
    rows: Mapping[tuple[int, str], int]

    @classmethod
    def of(cls, table: Table, frame: pd.DataFrame) -> "_Parts":
        line_keys: dict[tuple[int, int], str] = {}
        rows: dict[tuple[int, str], int] = {}
        lines = zip(frame["submission_id"], frame["row"], frame["line"], strict=True)
        for number, row, line in lines:
            line_keys[int(number), int(row)] = line
            rows[int(number), line] = int(row)
        return cls(
            of_lines={line.key: line.parts for line in table.lines},
            of_columns={column.name: column.parts for column in table.columns},
            line_keys=line_keys,
            rows=rows,
        )

    def of_total(self, failure: Failure) -> list[tuple[str, int | None]]:
        """Return column and row of each part, if the failure is at a total; None: no such row."""
        column = failure.rule.at
        line = self.line_keys[failure.number, failure.row]
        number, row = failure.number, failure.row
        part_lines = self.of_lines.get(line, ())
        part_columns = self.of_columns.get(column, ())
        of_lines = [(column, self.rows.get((number, part))) for part in part_lines]
        of_columns = [(part, row) for part in part_columns]
        return [*of_lines, *of_columns]

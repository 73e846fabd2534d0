"""Failures that only follow from others: one error, one finding, by the rule that says most about it."""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from expectations.places import Place
from expectations.suite import SUM, Expected
from expectations.validation import Failure
from program.finding import Severity
from program.form import Form

Cell = tuple[int, str | None, str | None]
"""A submission's number, sheet and cell."""


class Told:
    """What is told of a batch's cells so far. `refused` are cells without a value, `sizing` ranks rules about a figure's size.

    A 2.208 read as 2,208 people would also break every sum it is part of; its sender needs to hear of it once. So it is with a
    total of the layout where one of its cells is already blamed for something worse, and with a figure of a thousand times
    its size: it is above all bounds, and out of every proportion. Where two sums say the same figure for one cell, one is told.
    """

    def __init__(self, refused: Iterable[Cell], sizing: Mapping[str, int]) -> None:
        self._refused, self._blamed, self._sized = set(refused), set[Cell](), set[Cell]()
        self._sizing, self._due = sizing, set[tuple[Cell, float]]()

    def in_order(self, failures: Iterable[Failure]) -> list[Failure]:
        """Return failures in the order in which they are to be told: those about a figure's size with the surest first."""
        return sorted(failures, key=lambda failure: self._sizing.get(failure[0].words.id, 0))

    def follows(self, rule: Expected, number: int, place: Place, about: Iterable[Place | None], due: float | None = None) -> bool:
        """Tell whether a failure at `place`, of a rule that looks at the cells `about`, only follows; if not, remember it.

        `due` is the figure that the rule says should stand there, where it says one (`due_at`).
        """
        severity, cell = rule.words.severity, (number, *place)
        looked_at = {(number, *where) for where in about if where is not None and where[1] is not None}
        if not self._refused.isdisjoint(looked_at) or (rule.is_derived_total and not self._blamed.isdisjoint(looked_at)):
            return True
        is_sized = rule.words.id in self._sizing and place[1] is not None
        if is_sized and severity is not Severity.CRITICAL and cell in self._sized:
            return True
        if due is not None and (cell, due) in self._due:
            return True
        if due is not None and severity is Severity.CRITICAL:
            self._due.add((cell, due))
        if severity is Severity.CRITICAL:
            (self._refused if rule.is_of_cell else self._blamed).add(cell)
        if is_sized and severity is not Severity.INFO:
            self._sized.add(cell)
        return False


def due_at(rule: Expected, row: Mapping[Any, Any]) -> float | None:
    """Return the figure that should stand where a rule points, by a sum or by its like elsewhere; None where it says none."""
    if rule.expect == SUM:
        total, *parts = rule.kwargs["column_list"]
        due = float(sum(row[part] for part in parts if not pd.isna(row[part])))
    elif rule.expect == "expect_column_pair_values_to_agree":
        total, due = rule.kwargs["column_A"], float(row[rule.kwargs["column_B"]])
    else:
        return None
    return due if rule.at == total else None


def without_consequences(failures: Iterable[Failure], form: Form, name: str, frame: pd.DataFrame) -> list[Failure]:
    """Return `failures` of one table without those at a total where the same critical rule failed at one of its parts.

    A 2.208 that should be 2208 makes the total 32,208; its sender is told of the cell that they typed. Warnings stay: a
    flagged figure must be flagged wherever it is used.
    """
    known = list(failures)
    table = next((t for t in form.tables if t.name == name), None)
    failed = {(rule.words.id, rule.at, number, row) for rule, number, row in known if rule.words.severity is Severity.CRITICAL}
    if table is None or not failed:
        return known
    lines = {line.key: line.parts for line in table.lines}
    columns = {column.name: column.parts for column in table.columns}
    keys = {(int(n), int(row)): line for n, row, line in zip(frame["submission_id"], frame["row"], frame["line"], strict=True)}
    rows = {(number, line): row for (number, row), line in keys.items()}

    def follows(failure: Failure) -> bool:
        rule, number, row = failure
        of_lines = ((rule.at, rows.get((number, part))) for part in lines.get(keys[number, row], ()))
        of_columns = ((part, row) for part in columns.get(rule.at, ()))
        return any((rule.words.id, at, number, where) in failed for at, where in (*of_lines, *of_columns))

    return [failure for failure in known if failure[0].words.severity is not Severity.CRITICAL or not follows(failure)]

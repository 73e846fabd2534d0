"""Failures that only follow from others: a formula carries a bad cell into every total it is part of."""

from collections.abc import Iterable

import pandas as pd

from expectations.validation import Failure
from program.finding import Severity
from program.form import Form


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

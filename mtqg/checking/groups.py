"""Findings in the order of a workbook: sheet by sheet, cell by cell, a bad column once."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from program.addresses import column_number
from program.finding import Finding

_CELL = re.compile(r"(?P<column>[A-Z]+)(?P<row>\d+)")

_MOST_SEPARATE = 2
"""Up to how many different findings of a rule in one column are printed one by one."""


@dataclass(frozen=True, slots=True)
class Group:
    """A finding, and others of the same rule in the same column of the same sheet."""

    first: Finding
    others: tuple[Finding, ...] = ()


class _Column(NamedTuple):
    """A rule's column. A finding without a single cell has its own number in place of a column."""

    rule: str
    column: str | int


class _Position(NamedTuple):
    """The position of a finding in a sheet. Findings without a cell come first."""

    row: int
    column: int
    rule: str


def by_sheet(
    findings: Iterable[Finding],
    sheets: Sequence[str],
) -> Iterator[tuple[str | None, list[Group]]]:
    """Yield each sheet with its groups in the order of cells.

    Findings about the whole file (sheet None) come first, then `sheets`, then any other sheet.
    """
    of_sheet: dict[str | None, list[Finding]] = defaultdict(list)
    for finding in findings:
        of_sheet[finding.sheet].append(finding)
    known = [None, *sheets]

    def order(sheet: str | None) -> int:
        return known.index(sheet) if sheet in known else len(known)

    for sheet in sorted(of_sheet, key=order):
        yield sheet, _groups(of_sheet[sheet])


def _groups(findings: list[Finding]) -> list[Group]:
    columns: dict[_Column, list[Finding]] = defaultdict(list)
    for number, finding in enumerate(findings):
        match = _CELL.fullmatch(finding.cell or "")
        # A finding without a single cell shares its column with no other.
        column = match["column"] if match else number
        key = _Column(finding.rule, column)
        columns[key].append(finding)
    groups: list[Group] = []
    for alike in columns.values():
        in_order = sorted(alike, key=_position)
        if _is_one_group(in_order):
            first, *others = in_order
            groups.append(Group(first, tuple(others)))
        else:
            groups += [Group(finding) for finding in in_order]
    return sorted(groups, key=lambda group: _position(group.first))


def _is_one_group(findings: Sequence[Finding]) -> bool:
    """Return whether findings of one column become one group: they are many, or equal in text."""
    # Several findings in one cell differ: each of them may name another missing column.
    cells = {finding.cell for finding in findings}
    if len(cells) < len(findings):
        return False
    texts = {(finding.message, finding.expected, finding.fix) for finding in findings}
    return len(findings) > _MOST_SEPARATE or len(texts) == 1


def _position(finding: Finding) -> _Position:
    match = _CELL.match(finding.cell or "")
    if match is None:
        return _Position(0, 0, finding.rule)
    return _Position(int(match["row"]), column_number(match["column"]), finding.rule)

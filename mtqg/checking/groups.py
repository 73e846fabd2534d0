"""Findings as a reader goes through a workbook: sheet by sheet and cell by cell, one bad column told once."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from program.addresses import column_number
from program.finding import Finding

_CELL = re.compile(r"(?P<column>[A-Z]+)(?P<row>\d+)")
_TOLD_EACH = 2


@dataclass(frozen=True, slots=True)
class Group:
    """A finding, and others of the same rule in the same column of the same sheet."""

    first: Finding
    others: tuple[Finding, ...] = ()


def by_sheet(findings: Iterable[Finding], sheets: Sequence[str]) -> Iterator[tuple[str | None, list[Group]]]:
    """Yield each sheet with its groups by cell: what is about the whole file first, then `sheets`, then any other."""
    places: dict[str | None, list[Finding]] = defaultdict(list)
    for finding in findings:
        places[finding.sheet].append(finding)
    known = [None, *sheets]
    for sheet in sorted(places, key=lambda sheet: known.index(sheet) if sheet in known else len(known)):
        yield sheet, _groups(places[sheet])


def _groups(findings: list[Finding]) -> list[Group]:
    """Gather a rule's findings in one column where there are more than two of them, or all say the same.

    Where several stand in one cell (each of them a missing column, say) every one of them has its own to tell.
    """
    columns: dict[tuple[str, str | int], list[Finding]] = defaultdict(list)
    for number, finding in enumerate(findings):
        match = _CELL.fullmatch(finding.cell or "")
        columns[finding.rule, match["column"] if match else number].append(finding)
    groups: list[Group] = []
    for alike in columns.values():
        in_order = sorted(alike, key=_position)
        is_a_cell_each = len({finding.cell for finding in alike}) == len(alike)
        says_the_same = len({(finding.message, finding.expected, finding.fix) for finding in alike}) == 1
        if is_a_cell_each and (len(alike) > _TOLD_EACH or says_the_same):
            groups.append(Group(in_order[0], tuple(in_order[1:])))
        else:
            groups += map(Group, in_order)
    return sorted(groups, key=lambda group: _position(group.first))


def _position(finding: Finding) -> tuple[int, int, str]:
    match = _CELL.match(finding.cell or "")
    return (int(match["row"]), column_number(match["column"]), finding.rule) if match else (0, 0, finding.rule)

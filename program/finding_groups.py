"""One item for what one cause did to many cells: a bad column, or a bad row, is reported once.

Findings stay one a cell: a cell keeps its colour, its note and its history. Mails, the list in a
marked workbook and `mtqg check` print groups.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from program.addresses import column_number
from program.finding import Finding

_CELL = re.compile(r"(?P<column>[A-Z]+)(?P<row>\d+)")

_MOST_SEPARATE = 2
"""Up to how many different findings of a rule in one column or row are printed one by one."""


@dataclass(frozen=True, slots=True)
class Group:
    """A finding, and others of the same rule in the same column or row of the same sheet."""

    first: Finding
    others: tuple[Finding, ...] = ()

    def other_cells(self, most: int) -> str:
        """Return the cells of the others: "H12, H13, …" beyond the first `most`."""
        cells = [str(finding.cell) for finding in self.others]
        named = cells[:most]
        if len(cells) > most:
            named.append("…")
        return ", ".join(named)


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
        if sheet not in known:
            return len(known)
        return known.index(sheet)

    for sheet in sorted(of_sheet, key=order):
        in_order = sorted(of_sheet[sheet], key=_position)
        yield sheet, grouped(in_order)


def grouped(findings: Iterable[Finding]) -> list[Group]:
    """Return findings in groups, each where its first finding stands."""
    single = ((finding,) for finding in findings)
    # Columns first: only what is alone in its column can be part of a bad row.
    by_column = _joined(single, _column_of)
    by_row = _joined(by_column, _row_of)
    return [Group(first, tuple(others)) for first, *others in by_row]


def _joined(
    groups: Iterable[tuple[Finding, ...]],
    line_of: Callable[[Finding], Hashable],
) -> list[tuple[Finding, ...]]:
    """Return groups of one finding joined by rule, sheet and line; all others as they are.

    A finding without a single cell has no line.
    """
    known = list(groups)
    alike: dict[Hashable, list[int]] = defaultdict(list)
    for position, group in enumerate(known):
        # What was joined by its column stays together.
        if len(group) > 1:
            continue
        (finding,) = group
        line = line_of(finding)
        if line is not None:
            # A rule may have findings of two severities. They stay apart.
            key = (finding.rule, finding.severity, finding.sheet, line)
            alike[key].append(position)
    result: dict[int, tuple[Finding, ...]] = dict(enumerate(known))
    for positions in alike.values():
        members = [known[position][0] for position in positions]
        members.sort(key=_position)
        if len(members) < 2 or not _is_one_group(members):
            continue
        for position in positions:
            del result[position]
        # The group stands where its first finding stood.
        result[positions[0]] = tuple(members)
    return [result[position] for position in sorted(result)]


def _column_of(finding: Finding) -> str | None:
    match = _CELL.fullmatch(finding.cell or "")
    if match is None:
        return None
    return match["column"]


def _row_of(finding: Finding) -> str | None:
    match = _CELL.fullmatch(finding.cell or "")
    if match is None:
        return None
    return match["row"]


def _is_one_group(findings: Sequence[Finding]) -> bool:
    """Return whether findings of one line become one group: they are many, or equal in text."""
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
    row = int(match["row"])
    column = column_number(match["column"])
    return _Position(row, column, finding.rule)

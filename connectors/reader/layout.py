"""Finding a form's tables on sheets: by their header labels, wherever they stand and in whatever order.

A header is one row, or two where headings stand over sub-headings ("Trong đó" over "Nữ" and "Người DTTS"). A label
that is only nearly a column's, or that stands twice, is never taken for the column: whose figures would they be?
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

from connectors.reader.values import is_empty, show
from connectors.reader.workbook import CellValue, Sheet
from connectors.reader.writing import (
    bracketed,
    is_measure_row,
    is_numbering,
    is_numbering_row,
    is_remark,
    is_total,
    without_brackets,
)
from program.form import Form
from program.labels import fold
from program.table import Column, Label, Table

_ORDINALS = {"stt", "tt", "so tt", "so thu tu"}
# Headings that only gather what stands under them.
_GATHERING = {"", "trong do", "chia ra", "gom", "bao gom"}
_PART = "trong do "
_LONGEST_LABEL = 200


class Heading(NamedTuple):
    """A header cell and the labels that it may be; `hint` is a label to which its `group` may give another meaning."""

    row: int
    at: int
    text: str
    readings: tuple[str, ...]
    hint: str = ""
    group: str = ""


class Claim(NamedTuple):
    """A heading that names, or nearly names, a column."""

    column: Column
    heading: Heading


@dataclass(frozen=True, slots=True)
class Header:
    """A table's header: its sheet, 0-based first row, and the 0-based sheet column of each declared column.

    `below` is the row after it, `body` the row after its measures and numbering too. `line` is the sheet column of a
    matrix's line labels. `strangers` match nothing; `doubles` a column that was found already; `doubtful` nearly a
    column that was not found. `elsewhere` names the other sheets on which the table stands, filled in.
    """

    sheet: Sheet
    row: int
    columns: dict[str, int]
    line: int | None
    below: int
    body: int
    strangers: tuple[Heading, ...] = ()
    doubles: tuple[Claim, ...] = ()
    doubtful: tuple[Claim, ...] = ()
    elsewhere: tuple[str, ...] = ()

    @property
    def others(self) -> tuple[Heading, ...]:
        """The headings that are no column's."""
        return (*self.strangers, *(claim.heading for claim in (*self.doubles, *self.doubtful)))

    @property
    def score(self) -> int:
        """How many of the table's labels were found."""
        return len(self.columns) + (self.line is not None)


def find_header(sheets: Iterable[Sheet], table: Table) -> Header | None:
    """Return where `table`'s header stands best, or None where less than half of its labels are found."""
    found = [header for sheet in sheets if (header := _best(sheet, table)) is not None]
    if not found:
        return None
    best = max(found, key=lambda header: (header.score, is_filled(header)))
    return replace(best, elsewhere=tuple(h.sheet.name for h in found if h is not best and is_filled(h)))


def find_headers(sheets: list[Sheet], form: Form) -> dict[str, Header]:
    """Return the header of each table of `form` that is there, by table name."""
    found = {table.name: find_header(sheets, table) for table in form.tables}
    return {name: header for name, header in found.items() if header is not None}


def matches(text: str, label: Label) -> bool:
    """Tell whether a cell's text is one of the label's writings; what stands in brackets does not count."""
    bare = _fold_bare(text)
    return bool(bare) and any(bare == _fold_bare(writing) for writing in label.writings)


def _best(sheet: Sheet, table: Table) -> Header | None:
    """Return the sheet's best header for `table`; the one-row reading where a second row adds nothing."""
    labels = [*table.columns, *([table.line] if table.line else [])]
    known = {_fold_bare(writing) for label in labels for writing in label.writings}
    rows = {number for text, numbers in sheet.texts.items() if _fold_bare(text) in known for number in numbers}
    starts = sorted({start for n in rows for start in (n - 1, n) if start >= 0})
    candidates = (_header(sheet, number, depth, table) for number in starts for depth in _depths(sheet, number))
    best = max(candidates, key=lambda h: (h.score, len(h.doubtful), h.row - h.below), default=None)
    return best if best is not None and best.score * 2 >= len(labels) else None


def _depths(sheet: Sheet, number: int) -> tuple[int, ...]:
    """Return how many rows a header that begins here may take up: no row with a figure in it is one of headings."""
    under = sheet.rows[number + 1] if number + 1 < len(sheet.rows) else []
    return (1, 2) if under and not any(isinstance(cell, int | float) for cell in under) else (1,)


def is_filled(header: Header) -> bool:
    """Tell whether the table holds figures or dates: an empty template, or a signature under one, does not."""
    cells = (row[at] for row in header.sheet.rows[header.body :] for at in header.columns.values())
    return any(show(cell)[:1].isdigit() for cell in cells)


def _header(sheet: Sheet, number: int, depth: int, table: Table) -> Header:
    sure: dict[str, list[Claim]] = {}
    nearly: dict[str, list[Claim]] = {}
    strangers: list[Heading] = []
    line: int | None = None
    for heading in _headings(sheet, number, depth):
        if line is None and table.line is not None and any(matches(text, table.line) for text in heading.readings):
            line = heading.at
            continue
        column, is_sure = _claimed(heading, table)
        if column is not None:
            (sure if is_sure else nearly).setdefault(column.name, []).append(Claim(column, heading))
        elif fold(heading.text) not in _ORDINALS:
            strangers.append(heading)
    for name in [name for name, claims in sure.items() if _is_split(sheet, number + depth, claims[0], line)]:
        nearly.setdefault(name, []).extend(sure.pop(name))
    columns = {name: claims[0].heading.at for name, claims in sure.items()}
    return Header(
        sheet=sheet,
        row=number,
        columns=columns,
        line=line,
        below=number + depth,
        body=_body(sheet, number + depth, [claims[0] for claims in sure.values()], line),
        strangers=(*strangers, *(c.heading for name, claims in nearly.items() if name in sure for c in claims)),
        doubles=tuple(claim for claims in sure.values() for claim in claims[1:]),
        doubtful=tuple(claim for name, claims in nearly.items() if name not in sure for claim in claims),
    )


def _claimed(heading: Heading, table: Table) -> tuple[Column | None, bool]:
    """Return the column that a heading names, and whether it surely does."""
    for text in heading.readings:
        for column in table.columns:
            if any(_fold(text) == _fold(writing) for writing in column.writings):
                return column, True
    for text in heading.readings:
        for column in table.columns:
            if matches(text, column):
                return column, all(is_remark(inside, column) for inside in bracketed(text))
    hinted = next((column for column in table.columns if matches(heading.hint, column)), None)
    return hinted, hinted is not None and _is_part(hinted, heading.group, table)


def _is_part(column: Column, group: str, table: Table) -> bool:
    """Tell whether a column is, by the form's own words, a part of what `group` names.

    "Trong đó: nữ" is a part of the column before it, so that "Nữ" under "Số người tham dự" is that column, and "Nữ"
    under "Cán bộ" is not.
    """
    if not any(_fold(writing).startswith(_PART) for writing in column.writings):
        return False
    wholes = [c for c in table.columns[: table.columns.index(column)] if not _fold(c.label).startswith(_PART)]
    return bool(wholes) and matches(group, wholes[-1])


def _headings(sheet: Sheet, number: int, depth: int) -> Iterator[Heading]:
    """Yield the headings of a header of `depth` rows, from left to right."""
    under = sheet.rows[number + 1] if depth == 2 else None
    for at, cell in enumerate(sheet.rows[number]):
        if under is not None and _is_sub_heading(under[at]):
            yield _sub_heading(number + 1, at, _group_over(sheet, number, at), show(under[at]))
        elif isinstance(cell, str) and not is_empty(cell):
            yield Heading(number, at, show(cell), (show(cell),))


def _is_sub_heading(cell: CellValue) -> bool:
    """Tell whether a cell under a header holds words: no measure in brackets, no figure, no column's letter."""
    return isinstance(cell, str) and cell.strip()[:1].isalpha() and not is_numbering(cell)


def _sub_heading(row: int, at: int, group: str, text: str) -> Heading:
    """Return a sub-heading with what its group makes of it: "Kinh phí" over "Kế hoạch" is "Kinh phí Kế hoạch"."""
    joined = f"{group} {text}".strip()
    if _fold_bare(group) in _GATHERING:
        return Heading(row, at, joined, (joined, text))
    return Heading(row, at, joined, (joined, group) if is_total(text) else (joined,), text, group)


def _group_over(sheet: Sheet, number: int, at: int) -> str:
    """Return the heading over a sub-heading; on a sheet that merges nothing it reaches as far as the blanks beside it.

    calamine tells no merged cells of an .ods (0.9.1).
    """
    if sheet.merged:
        return text_over(sheet, number, at)
    left = next((other for other in range(at, -1, -1) if not is_empty(sheet.rows[number][other])), at)
    return text_over(sheet, number, left)


def text_over(sheet: Sheet, number: int, at: int) -> str:
    """Return the text of a header cell: its own column's, or that of the merged cell that reaches over it."""
    left = next((first[1] for first, last in sheet.merged if first[0] <= number <= last[0] and first[1] <= at <= last[1]), at)
    cell = sheet.rows[number][left]
    return show(cell) if isinstance(cell, str) else ""


def _is_split(sheet: Sheet, below: int, claim: Claim, line: int | None) -> bool:
    """Tell whether a matrix's column has a sub-heading that was not understood: "Nam" under "Số người tham dự"."""
    if line is None or below >= len(sheet.rows) or not claim.column.type.is_numeric or not is_empty(sheet.rows[below][line]):
        return False
    cell = sheet.rows[below][claim.heading.at]
    return _is_sub_heading(cell) and not is_measure_row([cell], [claim.column])


def _body(sheet: Sheet, below: int, claims: list[Claim], line: int | None) -> int:
    """Return the first row that is neither of measures nor a numbering; both stand right under a header."""
    for number in range(below, min(below + 3, len(sheet.rows))):
        row = sheet.rows[number]
        cells = [row[claim.heading.at] for claim in claims]
        is_labelled = line is not None and isinstance(row[line], str) and not is_empty(row[line])
        label = [row[line]] if line is not None else []
        if not is_numbering_row([*label, *cells]) and (is_labelled or not is_measure_row(cells, [c.column for c in claims])):
            return number
    return min(below + 3, len(sheet.rows))


@lru_cache(maxsize=4096)
def _fold(text: str) -> str:
    return fold(text) if len(text) <= _LONGEST_LABEL else ""


@lru_cache(maxsize=65536)  # each text of a sheet is asked for by each table of each form
def _fold_bare(text: str) -> str:
    return fold(without_brackets(text)) if len(text) <= _LONGEST_LABEL else ""

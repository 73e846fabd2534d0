"""A column of cells to its values. What `parse_cell` would give for a cell, and nothing else: only sooner.

Most cells of most columns stand as they are meant: a figure that is a number, a day that is a date, a text in composed letters.
These are taken together; each of the others goes through `parse_cell`, a text that stands there twice only once. Tests hold
both ways equal.
"""

import unicodedata
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple, TypeAlias

from connectors.reader.days import FIRST_YEAR, LAST_YEAR
from connectors.reader.figures import figures_as_they_stand
from connectors.reader.parsed import Parsed, Value
from connectors.reader.values import parse_cell
from connectors.reader.workbook import CellValue
from program.reading import ColumnValues
from program.table import Column, ColumnType

NAN = float("nan")

_Sure: TypeAlias = Sequence[Value]


class ColumnRead(NamedTuple):
    """A column's values, and by their place in it what was met at some cells: a rule, or a word before a figure.

    `texts` are the places of figures that are text: a spreadsheet passes over them where it adds up.
    """

    values: ColumnValues
    met: dict[int, Parsed]
    texts: list[int]


def parse_column(cells: Sequence[CellValue], column: Column, measure: str) -> ColumnRead:
    """Return what `cells` hold for `column`, read in `measure`."""
    values = _as_they_stand(cells, column, measure)
    met: dict[int, Parsed] = {}
    seen: dict[str, Parsed] = {}
    texts: list[int] = []
    for at, cell in enumerate(cells):
        if values[at] is not None or cell == "":
            continue
        parsed = seen.get(cell) if isinstance(cell, str) else None
        if parsed is None:
            parsed = parse_cell(cell, column, measure)
            if isinstance(cell, str):
                seen[cell] = parsed
        values[at] = parsed.value
        if parsed.rule or parsed.qualifier:
            met[at] = parsed
        if isinstance(cell, str) and isinstance(parsed.value, float):
            texts.append(at)
    if column.type.is_numeric:
        return ColumnRead([value if isinstance(value, float) else NAN for value in values], met, texts)
    return ColumnRead(values, met, texts)  # type: ignore[arg-type]  # what parse_cell gives for a column is of its type


def _as_they_stand(cells: Sequence[CellValue], column: Column, measure: str) -> list[Value]:
    """Return the value of each cell that surely is what it seems, None for the others, empty ones included."""
    if column.type.is_numeric:
        return figures_as_they_stand(cells, column, measure)
    if column.type is ColumnType.DATE:
        # A date with a time of day is a `datetime`, and no such date.
        return [cell if type(cell) is date and FIRST_YEAR <= cell.year <= LAST_YEAR else None for cell in cells]
    if column.type is ColumnType.CODE:
        return [None] * len(cells)
    return [cell if isinstance(cell, str) and cell and _is_plain(cell) else None for cell in cells]


def _is_plain(text: str) -> bool:
    """Tell whether a text is on one line, in composed letters, with single spaces and nothing that nobody sees."""
    return (
        text[0].isalnum()
        and text[-1] != " "
        and "  " not in text
        and text.isprintable()
        and unicodedata.is_normalized("NFC", text)
    )

"""Figures typed as text in a column whose other figures show what their dots and commas mean.

"2.208" is 2208 by law, and "1,234" is 1,234. In a column where somebody writes "2,598.7", they are
2,208 and 1234. Where the other cells only raise a doubt, such a figure is refused.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import cast

from connectors.reader.open.workbook import CellValue
from connectors.reader.values.characters import plain
from connectors.reader.values.parse_cell import parse_cell
from connectors.reader.values.parse_column import NAN, ColumnRead
from connectors.reader.values.parsed import Parsed, Value
from program.forms.table import Column
from program.parsed_report import ColumnValues

FOREIGN_WRITING = "CELL-41"
_TWO_READINGS = re.compile(r"[-(]?[1-9][0-9]{0,2}[.,][0-9]{3}\)?")
_WITH_COMMA_GROUPS = re.compile(
    r"[-(]?[1-9][0-9]{0,2}(?:(?:,[0-9]{3}){2,}|(?:,[0-9]{3})+\.[0-9]+)\)?"
)
_VIETNAMESE_ONLY = re.compile(
    r"[-(]?(?:[1-9][0-9]{0,2}(?:\.[0-9]{3})+,[0-9]+|[1-9][0-9]{0,2}(?:\.[0-9]{3}){2,}"
    r"|[0-9]+,(?:[0-9]{1,2}|[0-9]{4,}))\)?"
)
_SWAPPED = str.maketrans(".,", ",.")


class _Writing(StrEnum):
    """How the figures of a column that have one reading are written."""

    FOREIGN = "foreign"
    """With commas after thousands. No figure of the column is written by law."""
    DOUBTFUL = "doubtful"
    """With dots before decimals, or in both ways."""


def as_written_alike(
    read: ColumnRead, cells: Sequence[CellValue], column: Column, measure: str
) -> ColumnRead:
    """Return a column in which figures with two readings follow the others of the column.

    A column without a figure in a foreign writing is returned as it is.
    """
    if not any(parsed.rule == FOREIGN_WRITING for parsed in read.met.values()):
        return read
    texts = {at: plain(cell) for at, cell in enumerate(cells) if isinstance(cell, str)}
    writing = _writing_of(texts.values())
    values: list[Value] = list(read.values)
    met = dict(read.met)
    for at, text in texts.items():
        if not _TWO_READINGS.fullmatch(text):
            continue
        met[at] = Parsed(None, "CELL-11")
        if writing is _Writing.FOREIGN:
            parsed = parse_cell(text.translate(_SWAPPED), column, measure)
            met[at] = replace(parsed, rule=FOREIGN_WRITING)
        found = met[at].value
        values[at] = found if isinstance(found, float) else NAN
    return ColumnRead(cast("ColumnValues", values), met, read.texts)


def _writing_of(texts: Iterable[str]) -> _Writing:
    known = list(texts)
    has_groups = any(map(_WITH_COMMA_GROUPS.fullmatch, known))
    is_mixed = any(map(_VIETNAMESE_ONLY.fullmatch, known))
    # Dots before decimals alone do not say what a comma means.
    if has_groups and not is_mixed:
        return _Writing.FOREIGN
    return _Writing.DOUBTFUL

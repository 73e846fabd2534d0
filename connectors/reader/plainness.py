"""Rows of an .xlsx's sheet about which there is nothing to tell: passed over at once, so that only the others are looked at.

A row is plain where each of its cells bears its address as Excel writes it and holds a value, a formula with its result, or
nothing, and where it is not hidden. That is nearly every row of nearly every workbook; what differs in any way is left to
`markup`, which reads it piece by piece.
"""

import re
from collections.abc import Collection
from typing import NamedTuple

from connectors.reader.hidden import hides
from program.addresses import column_number

# Each choice is taken once and for all (`++`, `?+`): none could lead to another match, and it is twice as fast.
_PLAIN_ROW = re.compile(
    rb'<row r="([1-9][0-9]{0,6}+)"([^<>/]*+)>'
    # The cell's row must be the row's own; \1 says so. A formula that shows 0 may be one that nothing has calculated.
    rb'(?:<c r="[A-Z]{1,3}+\1"(?: s="[0-9]{1,6}+")?+(?: t="(?:s|n|b|str)")?+(?:><v>[^<]++</v></c>| ?+/>|></c>'
    rb"|><f(?: [^<>]*+)?+>(?:[^<]*+</f>)?+<v>(?!0<)[^<]++</v></c>"
    rb'| t="inlineStr"><is><t(?: [^<>]*+)?+>[^<]*+</t></is></c>))*+</row>'
)
# Empty cells are mostly written with a slash.
_FILLED_BEYOND_Z = re.compile(rb'<c r="([A-Z]{2,3})[0-9]{1,7}"[^<>/]*>')
_LETTERS = 26


class StyledCell(NamedTuple):
    """A cell of a plain row that holds something and is in one of the styles that were looked for."""

    row: int
    column: int
    style: int


class Rest(NamedTuple):
    """What is left of a sheet's XML without its plain rows, and how many rows and columns these reach at most.

    In the place of those between two others stands the last, without its cells, for a row after it that bears no number.
    `styled` are the cells of plain rows in a style that was looked for.
    """

    xml: bytes
    rows: int
    columns: int
    styled: list[StyledCell]


def in_styles(styles: Collection[int]) -> re.Pattern[bytes] | None:
    """Return what finds a filled cell of some styles in a plain row: its column, and its style; None for no style.

    A cell that names no style has the first.
    """
    if not styles:
        return None
    numbers = b"|".join(b"%d" % number for number in sorted(styles))
    named = rb' s="0*(%b)"' % numbers
    style = rb"(?:%b|(?! s=))" % named if 0 in styles else named
    return re.compile(rb'<c r="([A-Z]{1,3})[0-9]+"%b[^<>/]*>' % style)


def without_plain_rows(xml: bytes, end: int, styles: re.Pattern[bytes] | None) -> Rest:
    """Return what is left of `xml[:end]` to look at; `styles` finds the cells of plain rows that are to be told of."""
    reach = done = 0
    before = b""
    pieces: list[bytes] = []
    styled: list[StyledCell] = []
    for match in _PLAIN_ROW.finditer(xml, 0, end):
        if hides(match[2]):
            continue
        start, stop = match.span()
        number = int(match[1])
        if start > done:
            pieces += before, xml[done:start]
        done, before = stop, b'<row r="%d"/>' % number
        if number > reach and _is_filled(xml, start, stop):
            reach = number
        if styles is not None:
            cells = styles.finditer(xml, start, stop)
            styled += [StyledCell(number - 1, _column_of(cell[1]), int(cell[2] or 0)) for cell in cells]
    rest = b"".join([*pieces, before, xml[done:end]])
    return Rest(rest, reach, _columns(xml, end) if reach else 0, styled)


def _is_filled(xml: bytes, start: int, stop: int) -> bool:
    return xml.find(b"</v>", start, stop) > 0 or xml.find(b"</is>", start, stop) > 0


def _column_of(letters: bytes) -> int:
    return column_number(letters.decode()) - 1


def _columns(xml: bytes, end: int) -> int:
    """Return the number of the last column in which a plain row may have a value: 26 where none is beyond Z."""
    names = {match[1] for match in _FILLED_BEYOND_Z.finditer(xml, 0, end)}
    return max((_column_of(name) + 1 for name in names), default=_LETTERS)

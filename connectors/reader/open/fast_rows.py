"""Skip the rows of an .xlsx's sheet that are plain, so that only the others are examined.

A row is plain where it is not hidden, and each of its cells has an address as Excel writes it and
holds a value, a formula with its result, or nothing. That is nearly every row of nearly every
workbook. `markup` examines the remaining rows cell by cell.
"""

import re
from collections.abc import Collection
from typing import NamedTuple

from connectors.reader.open.hidden import hides
from program.addresses import column_number

# The quantifiers are possessive (`++`, `?+`): backtracking could not find another match, and
# without it the search is twice as fast.
_PLAIN_ROW = re.compile(
    rb'<row r="([1-9][0-9]{0,6}+)"([^<>/]*+)>'
    # \1: the row in the cell's address must be the row's own. A formula whose result is 0 is not
    # plain: perhaps no program has calculated it.
    rb'(?:<c r="[A-Z]{1,3}+\1"(?: s="[0-9]{1,6}+")?+(?: t="(?:s|n|b|str)")?+'
    rb"(?:><v>[^<]++</v></c>| ?+/>|></c>"
    rb"|><f(?: [^<>]*+)?+>(?:[^<]*+</f>)?+<v>(?!0<)[^<]++</v></c>"
    rb'| t="inlineStr"><is><t(?: [^<>]*+)?+>[^<]*+</t></is></c>))*+</row>'
)
# The slash excludes most empty cells.
_FILLED_BEYOND_Z = re.compile(rb'<c r="([A-Z]{2,3})[0-9]{1,7}"[^<>/]*>')
_LETTERS = 26


class StyledCell(NamedTuple):
    """A filled cell of a plain row, in one of the requested styles; row and column are 0-based."""

    row: int
    column: int
    style: int


class RemainingRows(NamedTuple):
    """A sheet's XML without its plain rows, and how many rows and columns these have at most.

    Of each run of plain rows the last one stays, without its cells: a row after it that has no
    number counts from it. `styled` are the cells of plain rows in a requested style.
    """

    xml: bytes
    rows: int
    columns: int
    styled: list[StyledCell]


def in_styles(styles: Collection[int]) -> re.Pattern[bytes] | None:
    """Return the pattern of a filled cell in one of the styles, None for no style.

    Its groups are the cell's column letters and its style. A cell that names no style has style 0.
    """
    if not styles:
        return None
    numbers = b"|".join(b"%d" % number for number in sorted(styles))
    style = rb' s="0*(%b)"' % numbers
    if 0 in styles:
        style = rb"(?:%b|(?! s=))" % style
    return re.compile(rb'<c r="([A-Z]{1,3})[0-9]+"%b[^<>/]*>' % style)


def skip_plain_rows(xml: bytes, end: int, styles: re.Pattern[bytes] | None) -> RemainingRows:
    """Return `xml[:end]` without its plain rows; `styles` is the pattern of `in_styles`."""
    last_filled = kept_from = 0
    last_plain = b""
    pieces: list[bytes] = []
    styled: list[StyledCell] = []
    for match in _PLAIN_ROW.finditer(xml, 0, end):
        # A hidden row is looked at: the sender does not see its cells.
        if hides(match[2]):
            continue
        start, stop = match.span()
        number = int(match[1])
        if start > kept_from:
            pieces += last_plain, xml[kept_from:start]
        kept_from = stop
        last_plain = b'<row r="%d"/>' % number
        if number > last_filled and _is_filled(xml, start, stop):
            last_filled = number
        if styles is not None:
            for cell in styles.finditer(xml, start, stop):
                column = _column_of(cell[1])
                styled.append(StyledCell(number - 1, column, int(cell[2] or 0)))
    rest = b"".join([*pieces, last_plain, xml[kept_from:end]])
    columns = _columns(xml, end) if last_filled else 0
    return RemainingRows(rest, last_filled, columns, styled)


def _is_filled(xml: bytes, start: int, stop: int) -> bool:
    return xml.find(b"</v>", start, stop) > 0 or xml.find(b"</is>", start, stop) > 0


def _column_of(letters: bytes) -> int:
    return column_number(letters.decode()) - 1


def _columns(xml: bytes, end: int) -> int:
    """Return how many columns plain rows have at most: 26 where no filled cell is beyond Z."""
    names = {match[1] for match in _FILLED_BEYOND_Z.finditer(xml, 0, end)}
    if not names:
        return _LETTERS
    last_column = max(map(_column_of, names))
    return last_column + 1

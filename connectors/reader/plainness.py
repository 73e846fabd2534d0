"""Rows of an .xlsx's sheet about which there is nothing to tell: passed over at once, so that only the others are looked at.

A row is plain where each of its cells bears its address as Excel writes it and holds a value, a formula with its result, or
nothing. That is nearly every row of nearly every workbook; what differs in any way is left to `markup`, which reads it piece
by piece.
"""

import re
from typing import NamedTuple

from openpyxl.utils import column_index_from_string

_PLAIN_ROW = re.compile(
    rb'<row r="([1-9][0-9]{0,6})"[^<>/]*>'
    # The cell's row must be the row's own; \1 says so. A formula that shows 0 may be one that nothing has calculated.
    rb'(?:<c r="[A-Z]{1,3}\1"(?: s="[0-9]{1,6}")?(?: ?/>|(?: t="(?:s|n|b|str)")?>'
    rb"(?:<v>[^<]+</v>|<f(?: [^<>]*)?>(?:[^<]*</f>)?<v>(?!0<)[^<]+</v>)</c>"
    rb'| t="inlineStr"><is><t(?: [^<>]*)?>[^<]*</t></is></c>))*</row>'
)
# Empty cells are written with a slash.
_FILLED_BEYOND_Z = re.compile(rb'<c r="([A-Z]{2,3})[0-9]{1,7}"[^<>/]*>')
_LETTERS = 26


class Rest(NamedTuple):
    """What is left of a sheet's XML without its plain rows, and how many rows and columns these reach at most.

    In the place of those between two others stands the last, without its cells, for a row after it that bears no number.
    """

    xml: bytes
    rows: int
    columns: int


def without_plain_rows(xml: bytes, end: int, special: re.Pattern[bytes] | None) -> Rest:
    """Return what is left of `xml[:end]` to look at. A row in which `special` finds something is not plain."""
    reach = done = 0
    before = b""
    pieces: list[bytes] = []
    for match in _PLAIN_ROW.finditer(xml, 0, end):
        if special is not None and special.search(xml, match.start(), match.end()):
            continue
        if match.start() > done:
            pieces += before, xml[done : match.start()]
        done, before = match.end(), b'<row r="%b"/>' % match[1]
        if xml.find(b"</c>", match.start(), done) > 0:
            reach = max(reach, int(match[1]))
    return Rest(b"".join([*pieces, before, xml[done:end]]), reach, _columns(xml, end) if reach else 0)


def _columns(xml: bytes, end: int) -> int:
    """Return the number of the last column in which a plain row may have a value: 26 where none is beyond Z."""
    names = {match[1].decode() for match in _FILLED_BEYOND_Z.finditer(xml, 0, end)}
    return max(map(column_index_from_string, names), default=_LETTERS)

"""Read the size and some cells of each sheet of an .xls from its own records.

An .xls is an OLE file with a stream of BIFF records in it. calamine 0.37 gives cells with an error
as empty, and does not tell formulas from values. LibreOffice stores a formula that gives "" as the
number 0. This module also guards calamine (python-calamine 0.9.1, 2026-11-23), which

- reserves memory for as many cells as a sheet claims: one damaged byte asks for 1.7 TB and ends
  the process;
- follows a circular chain of sectors until the memory ends;
- reports a workbook with a password as a broken one.
"""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from connectors.reader.open.sheet_size import Corner, Extent, SheetScan, error_text

_STREAMS = {"workbook", "book"}

_FREE_SECTORS = 0xFFFFFFFA
"""Sector numbers from here on are marks: end of chain, free, reserved."""
_HEADER_SECTORS = 109
"""How many sectors of the allocation table the header itself lists."""
_ENTRY_BYTES = 128
_SMALL_BYTES = 64
"""Bytes of a sector of the small streams."""

# BIFF record kinds.
_DIMENSIONS, _BEGIN, _PASSWORD, _SEVERAL = 0x0200, 0x0809, 0x002F, (0x00BD, 0x00BE)
_FORMULA, _ERROR, _SHARED_FORMULA, _SHEET = 0x0006, 0x0205, 0x04BC, 0x0085
_CELLS = {_FORMULA, 0x00D6, 0x00FD, 0x0203, 0x0204, _ERROR, 0x027E, *_SEVERAL}
# The eight bytes of a formula's result, where it is an error or the number 0.
_ERROR_RESULT, _NO_NUMBER, _ZERO = 2, b"\xff\xff", bytes(8)
_TOKENS, _SHARED_TOKENS = 22, 10
"""Where the tokens of a formula begin in its record."""
_USES_SHARED, _EMPTY_TEXT = 0x01, b"\x17\x00"
"""The token of a formula that is stored once for several cells, and the token of the text "".
"""
_BIFF8 = 0x0600
_WHOLE_SHEET = 65_536 * 256
"""The largest size that a sheet may claim: one that is formatted down to its end claims it too."""

ReadSector = Callable[[int], bytes]


class LockedError(Exception):
    """The workbook has a password: its records cannot be read."""


@dataclass(frozen=True, slots=True)
class _Header:
    """What the first sector of an OLE file tells about the others."""

    sector_bytes: int
    fat_count: int
    first_folder: int
    small_below: int
    first_small: int
    next_list: int
    listed: list[int]

    @classmethod
    def read(cls, content: bytes) -> "_Header":
        """Return the header of a file.

        Raises:
            ValueError: for sector sizes that no program writes.
            struct.error: for a file that is cut.
        """
        shift, small_shift = struct.unpack_from("<HH", content, 30)
        # Sectors have 512 or 4,096 bytes, small ones always 64. Another size is a damaged byte.
        if shift not in (9, 12) or small_shift != 6:
            raise ValueError("an OLE file with an unknown sector size")
        fields = struct.unpack_from("<8I", content, 44)
        fat_count, first_folder, _, small_below, first_small, _, next_list, _ = fields
        listed = struct.unpack_from(f"<{_HEADER_SECTORS}I", content, 76)
        return cls(
            sector_bytes=1 << shift,
            fat_count=fat_count,
            first_folder=first_folder,
            small_below=small_below,
            first_small=first_small,
            next_list=next_list,
            listed=list(listed),
        )


@dataclass(slots=True)
class _Part:
    """A part of a workbook's stream while its records are read: a sheet, a chart, or the first.

    Attributes:
        at: the byte at which it begins.
        zeros: formulas with the result 0, with the first cell of the shared formula that they
            use; None for those that have their own.
        shared: the first cell of each shared formula that can give "".
        is_biff8: the records are those of Excel 97 and later.
    """

    at: int
    is_biff8: bool = True
    scan: SheetScan = field(default_factory=SheetScan)
    zeros: dict[Corner, Corner | None] = field(default_factory=dict)
    shared: set[Corner] = field(default_factory=set)

    def finished(self) -> SheetScan:
        """Return what is known of the part once all its records are read."""
        blank_or_zero: set[Corner] = set()
        for corner, first in self.zeros.items():
            # The shared formula may come after the cells that use it, so this waits until the end.
            if first is None or first in self.shared:
                blank_or_zero.add(corner)
        self.scan.blank_or_zero = frozenset(blank_or_zero)
        return self.scan


@dataclass(frozen=True, slots=True)
class XlsScan:
    """What an .xls tells before calamine reads it.

    `parts` holds everything with a size, charts included. `sheets` are the sheets in the order of
    the workbook; empty where the file does not name them.
    """

    parts: list[SheetScan]
    sheets: list[SheetScan]


def scan_xls(content: bytes) -> XlsScan:
    """Return the size of each part of an .xls, the larger of what it has and what it claims.

    Nothing where the file holds no stream of a workbook.

    Raises:
        ValueError: for an OLE file that is cut or damaged.
        LockedError: for a workbook with a password.
    """
    parts: list[SheetScan] = []
    sheets: list[SheetScan] = []
    try:
        for stream in _book_streams(content):
            by_place = {part.at: part.finished() for part in _parts(stream)}
            parts += by_place.values()
            named = [by_place.get(at, SheetScan()) for at in _sheet_places(stream)]
            # Two streams are two versions of the workbook. The one that calamine reads is unknown.
            sheets = [] if sheets else named
    except (struct.error, IndexError) as wrong:
        raise ValueError("a damaged OLE file") from wrong
    return XlsScan(parts, sheets)


def _book_streams(content: bytes) -> Iterator[bytes]:
    """Yield each stream that holds a workbook."""
    header = _Header.read(content)
    size = header.sector_bytes

    def sector(number: int) -> bytes:
        # The header takes the place of sector -1.
        start = (number + 1) * size
        return content[start : start + size]

    most_sectors = len(content) // size
    fat = _allocation_table(header, sector, most_lists=most_sectors)
    folder = _chain(header.first_folder, fat, sector)
    small_fat = _numbers(_chain(header.first_small, fat, sector))
    # calamine follows a circular chain until the memory ends.
    if _has_circle(fat) or _has_circle(small_fat):
        raise ValueError("a circular chain of sectors")
    # The first entry of the folder is the stream that all small streams are parts of.
    (first_of_small,) = struct.unpack_from("<I", folder, 116)
    small = _chain(first_of_small, fat, sector)

    def small_sector(number: int) -> bytes:
        start = number * _SMALL_BYTES
        return small[start : start + _SMALL_BYTES]

    last_entry = len(folder) - _ENTRY_BYTES
    for at in range(0, last_entry + 1, _ENTRY_BYTES):
        if _entry_name(folder, at) not in _STREAMS:
            continue
        start, stream_size = struct.unpack_from("<II", folder, at + 116)
        if stream_size < header.small_below:
            stream = _chain(start, small_fat, small_sector)
        else:
            stream = _chain(start, fat, sector)
        # The last sector of a stream is filled up with bytes that do not belong to it.
        yield stream[:stream_size]


def _allocation_table(header: _Header, sector: ReadSector, *, most_lists: int) -> list[int]:
    """Return the next sector of each sector."""
    places = list(header.listed)
    next_list = header.next_list
    lists_seen = 0
    # Large files list the rest in sectors of their own; the last number of each names the next.
    while next_list < _FREE_SECTORS:
        if lists_seen > most_lists:
            raise ValueError("a circular list of sectors")
        *found, next_list = _numbers(sector(next_list))
        places += found
        lists_seen += 1
    fat: list[int] = []
    for place in places[: header.fat_count]:
        # A list may have free entries between those in use.
        if place < _FREE_SECTORS:
            fat += _numbers(sector(place))
    return fat


def _entry_name(folder: bytes, at: int) -> str:
    """Return the lower-case name of the folder's entry at a byte."""
    length = struct.unpack_from("<H", folder, at + 64)[0]
    # The length counts a closing zero; a damaged one may be anything.
    name_bytes = max(0, min(length, 64) - 2)
    return folder[at : at + name_bytes].decode("utf-16-le", "replace").lower()


def _numbers(sector: bytes) -> list[int]:
    count = len(sector) // 4
    return list(struct.unpack_from(f"<{count}I", sector))


def _chain(start: int, fat: list[int], sector: ReadSector) -> bytes:
    """Return the sectors of a stream in order.

    A chain that is circular or leads outside the table ends there.
    """
    pieces: list[bytes] = []
    number = start
    while number < len(fat) and len(pieces) <= len(fat):
        pieces.append(sector(number))
        number = fat[number]
    return b"".join(pieces)


def _has_circle(fat: list[int]) -> bool:
    """Return whether some chain of the table leads back to itself."""
    met_from = [-1] * len(fat)
    for start in range(len(fat)):
        number = start
        while number < len(fat) and met_from[number] < 0:
            met_from[number] = start
            number = fat[number]
        # A sector met from another start is the end of a chain that was followed before.
        if number < len(fat) and met_from[number] == start:
            return True
    return False


def _sheet_places(stream: bytes) -> list[int]:
    """Return the byte at which each sheet begins, in the order of the workbook."""
    places: list[int] = []
    for _, kind, length, body in _records(stream):
        # The first part, which names all sheets, ends where the first sheet begins.
        if kind == _BEGIN and places:
            break
        if kind == _SHEET and length >= 4:
            (place,) = struct.unpack_from("<I", body)
            places.append(place)
    return places


def _parts(stream: bytes) -> Iterator[_Part]:
    """Yield each part of a stream; the first part is the one before any sheet."""
    part = _Part(-1)
    for at, kind, length, body in _records(stream):
        if kind == _PASSWORD:
            raise LockedError
        if kind == _BEGIN:
            yield part
            part = _Part(at)
            if length >= 2:
                (version,) = struct.unpack_from("<H", body)
                part.is_biff8 = version >= _BIFF8
        elif kind == _DIMENSIONS and length >= 10:
            _note_claim(part, length, body)
        elif kind in _CELLS and length >= 6:
            _note_cell(part, kind, length, body)
        elif kind == _SHARED_FORMULA and _EMPTY_TEXT in body[_SHARED_TOKENS:]:
            first_row, _, first_column = struct.unpack_from("<HHB", body)
            part.shared.add((first_row, first_column))
    yield part


def _note_claim(part: _Part, length: int, body: bytes) -> None:
    """Note the size that a sheet claims, if it is more than a whole sheet.

    A smaller claim costs no memory, and the cells themselves are counted anyway.
    """
    for rows, columns in _claimed_extents(length, body, is_biff8=part.is_biff8):
        if rows * columns > _WHOLE_SHEET:
            part.scan.rows = rows
            part.scan.columns = columns


def _note_cell(part: _Part, kind: int, length: int, body: bytes) -> None:
    """Note the place of a cell, or of several beside each other, and what is special of it."""
    row, column = struct.unpack_from("<HH", body)
    if kind == _FORMULA:
        _note_formula(part, (row, column), body)
    elif kind == _ERROR and body[7:8] == b"\x01":
        part.scan.errors[row, column] = error_text(body[6])
    elif kind in _SEVERAL:
        # Each cell takes two bytes at least, so this is an upper bound of the last column.
        column += (length - 6) // 2
    part.scan.grow(row + 1, column + 1)


def _note_formula(part: _Part, corner: Corner, body: bytes) -> None:
    """Note a formula whose result is an error, or 0 where it can also give ""."""
    result = body[6:14]
    # What is no number is a text, a truth value or an error: the first byte says which.
    if result[6:] == _NO_NUMBER:
        if result[0] == _ERROR_RESULT:
            part.scan.errors[corner] = error_text(result[2])
        return
    tokens = body[_TOKENS:]
    if result != _ZERO or not tokens:
        return
    if tokens[0] == _USES_SHARED:
        first_row, first_column = struct.unpack_from("<HH", tokens, 1)
        part.zeros[corner] = (first_row, first_column)
    elif _EMPTY_TEXT in tokens:
        part.zeros[corner] = None


def _records(stream: bytes) -> Iterator[tuple[int, int, int, bytes]]:
    """Yield place, kind, length and body of each record; the body of a cut record is shorter."""
    at = 0
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        begin = at + 4
        end = begin + length
        yield at, kind, length, stream[begin:end]
        at = end


def _claimed_extents(length: int, body: bytes, *, is_biff8: bool) -> Iterator[Extent]:
    """Yield each size that calamine may read from a record of dimensions."""
    # calamine goes by the length whatever the version, so a damaged record has two meanings.
    if length >= 14:
        bounds = struct.unpack_from("<IIHH", body)
        yield _span(bounds)
    if length < 14 or not is_biff8:
        bounds = struct.unpack_from("<HHHH", body)
        yield _span(bounds)


def _span(bounds: tuple[int, ...]) -> Extent:
    first_row, last_row, first_column, last_column = bounds
    # calamine subtracts without a sign, so a damaged order gives a huge number.
    rows = (last_row - first_row) % (1 << 32)
    columns = (last_column - first_column) % (1 << 16)
    return rows, columns

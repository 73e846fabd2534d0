"""Read the size of each sheet of an .xls from its own records.

An .xls is an OLE file with a stream of BIFF records in it. This module guards calamine 0.37
(python-calamine 0.9.1, 2026-11-23), which

- reserves memory for as many cells as a sheet claims: one damaged byte asks for 1.7 TB and ends
  the process;
- follows a circular chain of sectors until the memory ends;
- reports a workbook with a password as a broken one.
"""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from connectors.reader.open.sheet_size import Extent

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
_CELLS = {0x0006, 0x00D6, 0x00FD, 0x0203, 0x0204, 0x0205, 0x027E, *_SEVERAL}
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
        if shift not in (9, 12) or small_shift != 6:
            raise ValueError("an OLE file with an unknown sector size")
        fields = struct.unpack_from("<8I", content, 44)
        fat_count, first_folder, _, small_below, first_small, _, next_list, _ = fields
        listed = list(struct.unpack_from(f"<{_HEADER_SECTORS}I", content, 76))
        return cls(
            sector_bytes=1 << shift,
            fat_count=fat_count,
            first_folder=first_folder,
            small_below=small_below,
            first_small=first_small,
            next_list=next_list,
            listed=listed,
        )


def xls_extents(content: bytes) -> list[Extent]:
    """Return the size of each sheet of an .xls: the larger of what it has and what it claims.

    Empty if the file holds no stream of a workbook.

    Raises:
        ValueError: for an OLE file that is cut or damaged.
        LockedError: for a workbook with a password.
    """
    extents: list[Extent] = []
    try:
        for stream in _book_streams(content):
            extents += _extents(stream)
    except (struct.error, IndexError) as wrong:
        raise ValueError("a damaged OLE file") from wrong
    return extents


def _book_streams(content: bytes) -> Iterator[bytes]:
    """Yield each stream that holds a workbook."""
    header = _Header.read(content)
    size = header.sector_bytes

    def sector(number: int) -> bytes:
        # The header takes the place of sector -1.
        return content[(number + 1) * size : (number + 2) * size]

    fat = _allocation_table(header, sector, most_lists=len(content) // size)
    folder = _chain(header.first_folder, fat, sector)
    small_fat = _numbers(_chain(header.first_small, fat, sector))
    if _has_circle(fat) or _has_circle(small_fat):
        raise ValueError("a circular chain of sectors")
    # The first entry of the folder is the stream that all small streams are parts of.
    small = _chain(struct.unpack_from("<I", folder, 116)[0], fat, sector)

    def small_sector(number: int) -> bytes:
        return small[number * _SMALL_BYTES : (number + 1) * _SMALL_BYTES]

    for at in range(0, len(folder) - _ENTRY_BYTES + 1, _ENTRY_BYTES):
        if _entry_name(folder, at) not in _STREAMS:
            continue
        start, stream_size = struct.unpack_from("<II", folder, at + 116)
        is_small = stream_size < header.small_below
        table, read = (small_fat, small_sector) if is_small else (fat, sector)
        yield _chain(start, table, read)[:stream_size]


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
    return list(struct.unpack_from(f"<{len(sector) // 4}I", sector))


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


def _extents(stream: bytes) -> Iterator[Extent]:
    """Yield the size of each part of a stream; the first part is the one before any sheet."""
    rows = columns = 0
    is_biff8 = True
    for kind, length, body in _records(stream):
        if kind == _PASSWORD:
            raise LockedError
        if kind == _BEGIN:
            yield rows, columns
            rows = columns = 0
            is_biff8 = length < 2 or struct.unpack_from("<H", body)[0] >= _BIFF8
        elif kind == _DIMENSIONS and length >= 10:
            # A smaller claim costs no memory, and the cells themselves are counted anyway.
            for claimed in _claimed_extents(length, body, is_biff8=is_biff8):
                if claimed[0] * claimed[1] > _WHOLE_SHEET:
                    rows, columns = claimed
        elif kind in _CELLS and length >= 6:
            row, column = struct.unpack_from("<HH", body)
            if kind in _SEVERAL:
                column += (length - 6) // 2
            rows = max(rows, row + 1)
            columns = max(columns, column + 1)
    yield rows, columns


def _records(stream: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield kind, length and body of each record; the body of a cut record is shorter."""
    at = 0
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        at += 4
        yield kind, length, stream[at : at + length]
        at += length


def _claimed_extents(length: int, body: bytes, *, is_biff8: bool) -> Iterator[Extent]:
    """Yield each size that calamine may read from a record of dimensions."""
    # calamine goes by the length whatever the version, so a damaged record has two meanings.
    if length >= 14:
        yield _span(struct.unpack_from("<IIHH", body))
    if length < 14 or not is_biff8:
        yield _span(struct.unpack_from("<HHHH", body))


def _span(bounds: tuple[int, ...]) -> Extent:
    first_row, last_row, first_column, last_column = bounds
    # calamine subtracts without a sign, so a damaged order gives a huge number.
    return (last_row - first_row) % (1 << 32), (last_column - first_column) % (1 << 16)

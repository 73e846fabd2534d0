"""How far the sheets of an .xls reach, from its own records: an OLE file with a stream of BIFF records in it.

calamine 0.37 (python-calamine 0.9.1, 2026-11-23) sets aside memory for as many cells as a sheet says it has, so that one
damaged byte asks for 1.7 TB and ends the process. It also follows a chain of sectors that runs in a circle until memory ends,
and takes a workbook with a password for a broken one.
"""

import struct
from collections.abc import Callable, Iterator

from connectors.reader.extents import Extent

_STREAMS = {"workbook", "book"}
_DIMENSIONS, _BEGIN, _PASSWORD, _SEVERAL = 0x0200, 0x0809, 0x002F, (0x00BD, 0x00BE)
_CELLS = {0x0006, 0x00D6, 0x00FD, 0x0203, 0x0204, 0x0205, 0x027E, *_SEVERAL}
_BIFF8 = 0x0600
_WHOLE_SHEET = 65_536 * 256  # what a sheet may say of itself: one that is formatted down to its end says so too
_SMALL = 64  # bytes of a sector of the small streams


class LockedError(Exception):
    """The workbook has a password: what stands in its records is not to be read."""


def xls_extents(content: bytes) -> list[Extent]:
    """Return how far each sheet of an .xls reaches or says it does; nothing where no stream of a workbook is found.

    Raises ValueError for an OLE file that is cut or damaged, LockedError for one with a password.
    """
    try:
        return [extent for stream in _book_streams(content) for extent in _extents(stream)]
    except (struct.error, IndexError) as wrong:
        raise ValueError("a damaged OLE file") from wrong


def _book_streams(content: bytes) -> Iterator[bytes]:
    shift, small_shift = struct.unpack_from("<HH", content, 30)
    if shift not in (9, 12) or small_shift != 6:
        raise ValueError("an OLE file with sectors of another size")
    fat_count, first_folder, _, small_below, first_small, _, more, _ = struct.unpack_from("<8I", content, 44)
    size = 1 << shift

    def sector(number: int) -> bytes:
        return content[(number + 1) * size : (number + 2) * size]

    places = list(struct.unpack_from("<109I", content, 76))
    seen = 0
    while more < 0xFFFFFFFA:
        if seen > len(content) // size:
            raise ValueError("a list of sectors that runs in a circle")
        *found, more = _numbers(sector(more))
        places += found
        seen += 1
    fat = [number for place in places[:fat_count] if place < 0xFFFFFFFA for number in _numbers(sector(place))]
    entries = _chain(first_folder, fat, sector)
    small_fat = _numbers(_chain(first_small, fat, sector))
    if _has_circle(fat) or _has_circle(small_fat):
        raise ValueError("a chain of sectors that runs in a circle")
    small = _chain(struct.unpack_from("<I", entries, 116)[0], fat, sector)
    for at in range(0, len(entries) - 127, 128):
        length = struct.unpack_from("<H", entries, at + 64)[0]
        if entries[at : at + max(0, min(length, 64) - 2)].decode("utf-16-le", "replace").lower() in _STREAMS:
            start, stream_size = struct.unpack_from("<II", entries, at + 116)
            if stream_size < small_below:
                yield _chain(start, small_fat, lambda n: small[n * _SMALL : (n + 1) * _SMALL])[:stream_size]
            else:
                yield _chain(start, fat, sector)[:stream_size]


def _numbers(sector: bytes) -> list[int]:
    return list(struct.unpack_from(f"<{len(sector) // 4}I", sector))


def _chain(start: int, fat: list[int], sector: Callable[[int], bytes]) -> bytes:
    """Return the sectors of a stream, one after the other; one that runs in a circle or into nothing ends there."""
    pieces: list[bytes] = []
    number = start
    while number < len(fat) and len(pieces) <= len(fat):
        pieces.append(sector(number))
        number = fat[number]
    return b"".join(pieces)


def _has_circle(fat: list[int]) -> bool:
    """Tell whether following a table of sectors from any of them leads back to one that was met on the way."""
    met_from = [-1] * len(fat)
    for start in range(len(fat)):
        number = start
        while number < len(fat) and met_from[number] < 0:
            met_from[number] = start
            number = fat[number]
        if number < len(fat) and met_from[number] == start:
            return True
    return False


def _extents(stream: bytes) -> Iterator[Extent]:
    rows = columns = 0
    is_biff8 = True
    at = 0
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        body = stream[at + 4 : at + 4 + length]
        at += 4 + length
        if kind == _PASSWORD:
            raise LockedError
        if kind == _BEGIN:
            yield rows, columns
            rows = columns = 0
            is_biff8 = length < 2 or struct.unpack_from("<H", body)[0] >= _BIFF8
        elif kind == _DIMENSIONS and length >= 10:
            # calamine goes by the length, whatever the version: a damaged one is as large as either says.
            for layout in (["<IIHH"] if length >= 14 else []) + ([] if length >= 14 and is_biff8 else ["<HHHH"]):
                first, last, left, right = struct.unpack_from(layout, body)
                said = (last - first) % (1 << 32), (right - left) % (1 << 16)
                if said[0] * said[1] > _WHOLE_SHEET:
                    rows, columns = said
        elif kind in _CELLS and length >= 6:
            row, column = struct.unpack_from("<HH", body)
            rows = max(rows, row + 1)
            columns = max(columns, column + (length - 6) // 2 + 1 if kind in _SEVERAL else column + 1)
    yield rows, columns

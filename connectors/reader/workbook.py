"""Opening bytes as a workbook. What the bytes are is decided from the bytes, never from the file's name."""

import io
import logging
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from itertools import chain, repeat
from typing import Any, NamedTuple, TypeAlias, cast

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetVisibleEnum

from connectors.reader.delimited import NoRows, read_delimited
from connectors.reader.hidden import NOTHING_HIDDEN, Hidden
from connectors.reader.legacy import Encoding, Page, convert
from connectors.reader.markup import Markup, Percentage, Uncomputed, read_markup
from connectors.reader.ole import LockedError, xls_extents
from connectors.reader.signatures import OLE, ZIP, has_macros, has_ole_macros, refuse_ole, refuse_package, refuse_signature
from program.finding import Problem
from program.labels import opening_of
from program.limits import Limits
from program.marker import is_overview
from program.vietnamese import format_number

logger = logging.getLogger("mtqg.reader")

CellValue: TypeAlias = int | float | str | bool | time | date | datetime | timedelta | Uncomputed
Corner: TypeAlias = tuple[int, int]

_BROKEN = Problem("FILE-03", values={"reason": "tệp bị cắt cụt hoặc hỏng khi gửi"})
_STRANGE = Problem("FILE-03", values={"reason": "lỗi trong cấu trúc tệp"})
_TOO_WIDE = Problem("FILE-05", values={"limit": "16.384 cột một trang"})
_NO_ROWS = {
    NoRows.NO_TEXT: Problem("FILE-02", values={"kind": "tệp không rõ loại"}),
    NoRows.NO_TABLE: Problem("FILE-02", values={"kind": "tệp văn bản không có bảng"}),
    NoRows.UNKNOWN_ENCODING: Problem("FILE-03", values={"reason": "không nhận ra bảng mã chữ của tệp CSV"}),
    NoRows.OPEN_QUOTE: Problem("FILE-03", values={"reason": "dấu nháy kép trong tệp CSV đặt không đúng"}),
}
_MACROS = Problem("FILE-06")
_CSV_SHEET = "CSV"
_MOST_COLUMNS = 16_384
"""As many as any spreadsheet program has (XFD): a cell beyond them has no address. A damaged .xls or a text can have more."""
# What `zipfile` raises for packages that are cut, damaged, encrypted, or packed in a way it does not know.
_ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError)


@dataclass(frozen=True, slots=True)
class Texts:
    """The different texts of a sheet, so that few of its cells need be looked at to find one.

    `rows` are the 0-based rows in which each stands, from the top; `by_opening` the texts by how they begin (`opening_of`), so
    that few of them need be folded.
    """

    rows: dict[str, list[int]]
    by_opening: dict[str, list[str]]

    def beginning(self, openings: AbstractSet[str]) -> list[str]:
        """Return the texts that begin in one of some ways."""
        return [text for opening in openings & self.by_opening.keys() for text in self.by_opening[opening]]

    def rows_of(self, openings: AbstractSet[str]) -> list[int]:
        """Return the rows in which a text stands that begins in one of some ways, from the top."""
        return sorted({row for text in self.beginning(openings) for row in self.rows[text]})


def _texts_of(rows: list[list[CellValue]]) -> Texts:
    where: defaultdict[str, list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        for cell in row:
            if cell and type(cell) is str:
                where[cell].append(number)
    by_opening: defaultdict[str, list[str]] = defaultdict(list)
    for text in where:
        by_opening[opening_of(text)].append(text)
    return Texts(dict(where), dict(by_opening))


@dataclass(frozen=True)  # without slots, for what is worked out once
class Sheet:
    """A sheet's cells as rows from A1 on, so that `rows[i][j]` is the cell in row i+1 and the j+1-th column.

    All rows are equally long. `merged` are the corners of merged cells, both included; the value stands in the first.
    Its `hidden` rows and columns are told by an .xlsx only; that the sheet `is_hidden` itself by every workbook.
    """

    name: str
    rows: list[list[CellValue]]
    merged: tuple[tuple[Corner, Corner], ...] = ()
    hidden: Hidden = NOTHING_HIDDEN
    is_hidden: bool = False

    @cached_property
    def searches(self) -> dict[Hashable, Any]:
        """What came of looking for something on it, kept by whoever looks for the same more than once."""
        return {}

    @cached_property
    def texts(self) -> Texts:
        """Its different texts. Not for rows that change."""
        return _texts_of(self.rows)


@dataclass(frozen=True, slots=True)
class Workbook:
    """Sheets in order, hidden ones included, without the findings in front of a marked one; and what their sender should know."""

    sheets: list[Sheet]
    problems: tuple[Problem, ...] = ()


class _Package(NamedTuple):
    """What a workbook's bytes say beside its cells."""

    markup: list[Markup]
    has_macros: bool


def open_workbook(content: bytes, limits: Limits) -> Workbook | Problem:
    """Return the workbook, its texts in Unicode, or the FILE problem that says why it does not open.

    Macros are met and named, never run: nothing here could.
    """
    if not content.startswith((ZIP, OLE)):
        return _open_text(content, limits)
    package = _open_zip(content, limits) if content.startswith(ZIP) else _open_ole(content, limits)
    if isinstance(package, Problem):
        return package
    sheets = _open_sheets(content, package.markup, limits)
    if isinstance(sheets, Problem):
        return sheets
    fonts = [package.markup[at].fonts if at < len(package.markup) else {} for at in range(len(sheets))]
    told = [(sheet, font) for sheet, font in zip(sheets, fonts, strict=True) if not is_overview(sheet.rows)]
    sheets = [sheet for sheet, _ in told]
    notes = _in_unicode(sheets, [font for _, font in told])
    return Workbook(sheets, ((_MACROS,) if package.has_macros else ()) + notes)


def _open_sheets(content: bytes, markup: list[Markup], limits: Limits) -> list[Sheet] | Problem:
    try:
        return _sheets(content, markup, limits)
    except PasswordError:
        return Problem("FILE-04")
    except (CalamineError, OSError) as wrong:
        # OSError: a member of an .xlsb that is longer than the zip says.
        logger.debug("open refused=%s", wrong)
        return _STRANGE
    except BaseException as wrong:
        # A panic in calamine's native code is a BaseException of its own (python-calamine 0.9.1).
        if type(wrong).__name__ != "PanicException":
            raise
        return _STRANGE


def _open_text(content: bytes, limits: Limits) -> Workbook | Problem:
    """Return a delimited text as a workbook of one sheet, or what the bytes are instead."""
    refusal = refuse_signature(content)
    if refusal is not None:
        return refusal
    rows = read_delimited(content, max_cells=limits.sheet_cells)
    if isinstance(rows, NoRows):
        return _too_many_cells(limits) if rows is NoRows.TOO_LARGE else _NO_ROWS[rows]
    width = max(map(len, rows))
    if width * len(rows) > limits.sheet_cells:
        return _too_many_cells(limits)
    if width > _MOST_COLUMNS:
        return _TOO_WIDE
    sheets = [Sheet(_CSV_SHEET, [[*row, *[""] * (width - len(row))] for row in rows])]
    return Workbook(sheets, _in_unicode(sheets, []))


def _in_unicode(sheets: list[Sheet], fonts: Sequence[Mapping[Corner, Encoding]]) -> tuple[Problem, ...]:
    """Put texts of older encodings in Unicode, in the rows of `sheets`; return a note for each sheet that had some."""
    told = chain(fonts, repeat({}))
    pages = [Page(sheet.rows, sheet.texts.rows.keys(), font) for sheet, font in zip(sheets, told, strict=False)]
    notes = []
    for at, conversion in enumerate(convert(pages)):
        if conversion is not None:
            sheet = sheets[at] = replace(sheets[at])  # its texts are others from here on
            for (row, column), text in conversion.cells.items():
                sheet.rows[row][column] = text
            values = {
                "encoding": ", ".join(conversion.encodings),
                "cells": format_number(len(conversion.cells)),
                "example": conversion.example,
            }
            notes.append(Problem("FILE-07", sheet.name, values=values))
    return tuple(notes)


def is_truncated_zip(content: bytes) -> bool:
    """Tell whether bytes begin as a zip does but lack its end: a workbook that is still being written."""
    return content.startswith(ZIP) and not zipfile.is_zipfile(io.BytesIO(content))


def _open_ole(content: bytes, limits: Limits) -> _Package | Problem:
    refusal = refuse_ole(content)
    try:
        extents = [] if refusal else xls_extents(content)
    except LockedError:
        return Problem("FILE-04")
    except ValueError as wrong:
        logger.debug("open refused=%s", wrong)
        return _STRANGE
    if any(rows * columns > limits.sheet_cells for rows, columns in extents):
        return _too_many_cells(limits)
    return refusal or _Package([], has_ole_macros(content))


def _open_zip(content: bytes, limits: Limits) -> _Package | Problem:
    """Return what stands in the package beside its cells, or why it should not be given to the workbook reader."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            refusal = refuse_package(package, limits.unpacked_bytes)
            found = _Package([] if refusal else read_markup(package, limits.sheet_cells), has_macros(package))
    except _ZIP_ERRORS as wrong:
        logger.debug("open refused=%s", wrong)
        return _BROKEN
    if any(sheet.rows * sheet.columns > limits.sheet_cells for sheet in found.markup):
        return _too_many_cells(limits)
    return refusal or found


def megabytes(count: int) -> str:
    """Return a number of bytes as a sender reads it: "50 MB"."""
    return f"{format_number(count / 1_000_000, decimals=1)} MB"


def _too_many_cells(limits: Limits) -> Problem:
    return Problem("FILE-05", values={"limit": f"{format_number(limits.sheet_cells)} ô một trang"})


def _sheets(content: bytes, markup: list[Markup], limits: Limits) -> list[Sheet] | Problem:
    with CalamineWorkbook.from_filelike(io.BytesIO(content)) as workbook:
        sheets = []
        visible = {sheet.name for sheet in workbook.sheets_metadata if sheet.visible is SheetVisibleEnum.Visible}
        for number, name in enumerate(workbook.sheet_names):
            sheet = workbook.get_sheet_by_name(name)
            last = sheet.end or (0, 0)
            if (last[0] + 1) * (last[1] + 1) > limits.sheet_cells:
                return _too_many_cells(limits)
            if last[1] >= _MOST_COLUMNS:
                return _TOO_WIDE
            rows = cast("list[list[CellValue]]", sheet.to_python(skip_empty_area=False))
            if number < len(markup):
                _mark_percentages(rows, markup[number].percentages)
                _put(rows, markup[number].uncomputed)
            hidden = markup[number].hidden if number < len(markup) else NOTHING_HIDDEN
            merged = tuple(sheet.merged_cell_ranges or ())
            sheets.append(Sheet(name, rows, merged, hidden, is_hidden=name not in visible))
        return sheets


def _mark_percentages(rows: list[list[CellValue]], cells: tuple[Corner, ...]) -> None:
    for number, at in cells:
        cell = rows[number][at] if number < len(rows) and at < len(rows[number]) else ""
        if isinstance(cell, float):
            rows[number][at] = Percentage(cell)


def _put(rows: list[list[CellValue]], cells: dict[Corner, Uncomputed]) -> None:
    """Put `cells` where calamine left a gap, growing `rows` where they lie beyond its last value."""
    height = max((row + 1 for row, _ in cells), default=0)
    width = max([*(len(row) for row in rows), *(column + 1 for _, column in cells)], default=0)
    rows += [[] for _ in range(height - len(rows))]
    for row in rows:
        row.extend([""] * (width - len(row)))
    for (number, column), cell in cells.items():
        rows[number][column] = cell

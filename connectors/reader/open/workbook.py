"""Open bytes as a workbook. The kind of file is decided by its bytes, never by its name."""

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
from typing import Any, NamedTuple, TypeAlias, cast

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetVisibleEnum

from connectors.reader.legacy.encodings import CodePage, Conversion, Encoding, convert
from connectors.reader.open.delimited import NoRows, read_delimited
from connectors.reader.open.hidden import NOTHING_HIDDEN, Hidden
from connectors.reader.open.markup import Markup, Percentage, Uncomputed, read_markup
from connectors.reader.open.number_formats import NumberFormat, ShownMonth
from connectors.reader.open.repack import with_known_errors, with_slashes
from connectors.reader.open.sheet_size import Corner
from connectors.reader.open.signatures import (
    OLE,
    ZIP,
    has_macros,
    has_ole_macros,
    refuse_ole,
    refuse_package,
    refuse_signature,
)
from connectors.reader.open.xls_sheet_size import LockedError, scan_xls
from program.finding import ReaderFinding
from program.forms.template_marker import is_overview
from program.labels import opening_of
from program.limits import Limits
from program.vietnamese import format_number

logger = logging.getLogger("mtqg.reader")

CellValue: TypeAlias = int | float | str | bool | time | date | datetime | timedelta | Uncomputed

_BROKEN = ReaderFinding("FILE-03", values={"reason": "tệp bị cắt cụt hoặc hỏng khi gửi"})
_STRANGE = ReaderFinding("FILE-03", values={"reason": "lỗi trong cấu trúc tệp"})
_TOO_WIDE = ReaderFinding("FILE-05", values={"limit": "16.384 cột một trang"})
_UNKNOWN_LETTERS = "không nhận ra bảng mã chữ của tệp CSV"
_OPEN_QUOTE = "dấu nháy kép trong tệp CSV đặt không đúng"
_NO_ROWS = {
    NoRows.NO_TEXT: ReaderFinding("FILE-02", values={"kind": "tệp không rõ loại"}),
    NoRows.NO_TABLE: ReaderFinding("FILE-02", values={"kind": "tệp văn bản không có bảng"}),
    NoRows.UNKNOWN_ENCODING: ReaderFinding("FILE-03", values={"reason": _UNKNOWN_LETTERS}),
    NoRows.OPEN_QUOTE: ReaderFinding("FILE-03", values={"reason": _OPEN_QUOTE}),
}
_MACROS = ReaderFinding("FILE-06")
_CSV_SHEET = "CSV"
_MOST_COLUMNS = 16_384
"""The most columns of any spreadsheet program (XFD): a cell beyond them has no address.

A damaged .xls or a text can have more.
"""
ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    ValueError,
    NotImplementedError,
    RuntimeError,
)
"""What `zipfile` raises for zips that are cut, damaged, encrypted, or packed in an unknown way."""
_NO_MARKUP = Markup()


@dataclass(frozen=True, slots=True)
class Texts:
    """The different texts of a sheet: a search for one looks at few cells.

    `rows` are the 0-based rows that hold each text, from the top. `by_opening` groups the texts
    by how they begin (`opening_of`), so that a search folds few of them.
    """

    rows: dict[str, list[int]]
    by_opening: dict[str, list[str]]

    def beginning(self, openings: AbstractSet[str]) -> list[str]:
        """Return the texts that begin in one of the given ways."""
        texts: list[str] = []
        for opening in openings & self.by_opening.keys():
            texts += self.by_opening[opening]
        return texts

    def rows_of(self, openings: AbstractSet[str]) -> list[int]:
        """Return the rows with a text that begins in one of the given ways, from the top."""
        rows: set[int] = set()
        for text in self.beginning(openings):
            rows.update(self.rows[text])
        return sorted(rows)


def _texts_of(rows: list[list[CellValue]]) -> Texts:
    rows_of_text: defaultdict[str, list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        for cell in row:
            if cell and type(cell) is str:
                rows_of_text[cell].append(number)
    by_opening: defaultdict[str, list[str]] = defaultdict(list)
    for text in rows_of_text:
        by_opening[opening_of(text)].append(text)
    return Texts(dict(rows_of_text), dict(by_opening))


@dataclass(frozen=True)  # without slots: cached properties need a __dict__
class Sheet:
    """A sheet's cells as rows from A1 on: `rows[i][j]` is the cell in row i+1 and column j+1.

    All rows have the same length. `merged` are the corners of merged cells, both included; the
    first one holds the value. `is_hidden` (the sheet itself) is known for every workbook, `hidden`
    and `struck` (cells that are struck out) for an .xlsx only. `blank_or_zero` are formulas of an
    .xls that may show 0 or nothing.

    The rows must not change after `texts` or `searches` were used: a sheet with other cells is a
    new `Sheet`.
    """

    name: str
    rows: list[list[CellValue]]
    merged: tuple[tuple[Corner, Corner], ...] = ()
    hidden: Hidden = NOTHING_HIDDEN
    is_hidden: bool = False
    struck: frozenset[Corner] = frozenset()
    blank_or_zero: frozenset[Corner] = frozenset()

    @cached_property
    def searches(self) -> dict[Hashable, Any]:
        """A cache of search results, filled by modules that search this sheet repeatedly."""
        return {}

    def says_the_same(self, other: "Sheet") -> bool:
        """Tell whether another sheet shows the same in each cell."""
        if self.rows != other.rows or self.struck != other.struck:
            return False
        # 0.985 equals 98,5% in Python. To their reader they are two figures.
        for row, other_row in zip(self.rows, other.rows, strict=True):
            if list(map(_shown_as, row)) != list(map(_shown_as, other_row)):
                return False
        return True

    @cached_property
    def texts(self) -> Texts:
        """The different texts of the sheet."""
        return _texts_of(self.rows)


def _shown_as(cell: CellValue) -> tuple[type, str]:
    return type(cell), str(cell)


@dataclass(frozen=True, slots=True)
class Workbook:
    """The sheets in order, hidden ones included, and what their sender should know.

    The overview sheet that this system puts in front of a marked workbook is left out.
    """

    sheets: list[Sheet]
    problems: tuple[ReaderFinding, ...] = ()


class _Package(NamedTuple):
    """What the bytes of a workbook tell beside its cells."""

    markup: list[Markup]
    has_macros: bool

    @property
    def has_errors(self) -> bool:
        """Tell whether a cell shows an error, or a formula that is not calculated."""
        return any(markup.uncomputed for markup in self.markup)

    def markup_of(self, number: int) -> Markup:
        """Return the markup of a sheet by its 0-based number."""
        # An .xls may not name its sheets. calamine then knows more of them than the scan.
        if number >= len(self.markup):
            return _NO_MARKUP
        return self.markup[number]


def open_workbook(content: bytes, limits: Limits) -> Workbook | ReaderFinding:
    """Return the workbook with its texts in Unicode, or the FILE problem why it does not open.

    Macros are reported. They are never run: no library here can run them.
    """
    package: _Package | ReaderFinding
    if content.startswith(ZIP):
        content = _with_slashes(content)
        package = _open_zip(content, limits)
    elif content.startswith(OLE):
        package = _open_ole(content, limits)
    else:
        return _open_text(content, limits)
    if isinstance(package, ReaderFinding):
        return package
    opened = _open_sheets(content, package, limits)
    if isinstance(opened, ReaderFinding):
        return opened
    sheets: list[Sheet] = []
    fonts: list[Mapping[Corner, Encoding]] = []
    for number, sheet in enumerate(opened):
        # A sender may send a marked workbook back. Its overview is not the sender's sheet.
        if not is_overview(sheet.rows):
            sheets.append(sheet)
            fonts.append(package.markup_of(number).fonts)
    notes = _put_in_unicode(sheets, fonts)
    if package.has_macros:
        notes = [_MACROS, *notes]
    return Workbook(sheets, tuple(notes))


def _with_slashes(content: bytes) -> bytes:
    r"""Return a package without "\" in its members' names; as it is where it is damaged."""
    try:
        return with_slashes(content)
    except ZIP_ERRORS:
        return content


def _open_sheets(content: bytes, package: _Package, limits: Limits) -> list[Sheet] | ReaderFinding:
    try:
        return _sheets_with_rare_errors(content, package, limits)
    except PasswordError:
        return ReaderFinding("FILE-04")
    except (CalamineError, OSError) as wrong:
        # OSError: a member of an .xlsb that is longer than the zip says.
        logger.debug("open refused=%s", wrong)
        return _STRANGE
    except BaseException as wrong:
        # A panic in calamine's native code is a BaseException of its own (python-calamine 0.9.1).
        if type(wrong).__name__ != "PanicException":
            raise
        return _STRANGE


def _sheets_with_rare_errors(
    content: bytes, package: _Package, limits: Limits
) -> list[Sheet] | ReaderFinding:
    """Return the sheets, read once more where an error that calamine does not know stops it."""
    try:
        return _sheets(content, package, limits)
    except CalamineError:
        # Without an error in a cell, calamine stopped for another reason.
        if not package.has_errors:
            raise
        repaired = with_known_errors(content)
        if repaired is None:
            raise
    return _sheets(repaired, package, limits)


def _open_text(content: bytes, limits: Limits) -> Workbook | ReaderFinding:
    """Return a delimited text as a workbook of one sheet, or the problem with the bytes."""
    refusal = refuse_signature(content)
    if refusal is not None:
        return refusal
    rows = read_delimited(content, max_cells=limits.sheet_cells)
    if rows is NoRows.TOO_LARGE:
        return _too_many_cells(limits)
    if isinstance(rows, NoRows):
        return _NO_ROWS[rows]
    # A sheet is a rectangle: one long record makes all others as long.
    width = max(map(len, rows))
    if width * len(rows) > limits.sheet_cells:
        return _too_many_cells(limits)
    if width > _MOST_COLUMNS:
        return _TOO_WIDE
    cells: list[list[CellValue]] = []
    for row in rows:
        padding = [""] * (width - len(row))
        cells.append([*row, *padding])
    sheets = [Sheet(_CSV_SHEET, cells)]
    notes = _put_in_unicode(sheets, [{}])
    return Workbook(sheets, tuple(notes))


def _put_in_unicode(
    sheets: list[Sheet], fonts: Sequence[Mapping[Corner, Encoding]]
) -> list[ReaderFinding]:
    """Convert texts in older encodings, in place; return a note for each sheet that had some."""
    pages: list[CodePage] = []
    for sheet, sheet_fonts in zip(sheets, fonts, strict=True):
        distinct_texts = sheet.texts.rows.keys()
        pages.append(CodePage(sheet.rows, distinct_texts, sheet_fonts))
    notes: list[ReaderFinding] = []
    for number, conversion in enumerate(convert(pages)):
        if conversion is None:
            continue
        # A copy, since the texts that the sheet has cached are other ones from here on.
        converted = replace(sheets[number])
        sheets[number] = converted
        for (row, column), text in conversion.cells.items():
            converted.rows[row][column] = text
        notes.append(_conversion_note(converted.name, conversion))
    return notes


def _conversion_note(sheet_name: str, conversion: Conversion) -> ReaderFinding:
    values = {
        "encoding": ", ".join(conversion.encodings),
        "cells": format_number(len(conversion.cells)),
        "example": conversion.example,
    }
    return ReaderFinding("FILE-07", sheet_name, values=values)


def is_whole_zip(content: bytes) -> bool:
    """Return whether bytes are a zip with its end: such a file is no longer being written."""
    return content.startswith(ZIP) and zipfile.is_zipfile(io.BytesIO(content))


def _open_ole(content: bytes, limits: Limits) -> _Package | ReaderFinding:
    """Return what an OLE file tells beside its cells, or why calamine must not read it."""
    refusal = refuse_ole(content)
    if refusal is not None:
        return refusal
    try:
        scan = scan_xls(content)
    except LockedError:
        return ReaderFinding("FILE-04")
    except ValueError as wrong:
        logger.debug("open refused=%s", wrong)
        return _STRANGE
    # What a file claims costs its sender nothing, and calamine lays out all of it.
    for part in scan.parts:
        if part.rows * part.columns > limits.sheet_cells:
            return _too_many_cells(limits)
    markup = [Markup.of_scan(sheet) for sheet in scan.sheets]
    return _Package(markup, has_ole_macros(content))


def _open_zip(content: bytes, limits: Limits) -> _Package | ReaderFinding:
    """Return what a package tells beside its cells, or why calamine must not read it."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            refusal = refuse_package(package, limits.unpacked_bytes)
            if refusal is not None:
                return refusal
            markup = read_markup(package, limits.sheet_cells)
            opened = _Package(markup, has_macros(package))
    except ZIP_ERRORS as wrong:
        logger.debug("open refused=%s", wrong)
        return _BROKEN
    for sheet in markup:
        if sheet.rows * sheet.columns > limits.sheet_cells:
            return _too_many_cells(limits)
    return opened


def megabytes(count: int) -> str:
    """Return a number of bytes as a sender reads it: "50 MB"."""
    number = format_number(count / 1_000_000, decimals=1)
    return f"{number} MB"


def _too_many_cells(limits: Limits) -> ReaderFinding:
    number = format_number(limits.sheet_cells)
    return ReaderFinding("FILE-05", values={"limit": f"{number} ô một trang"})


def _sheets(content: bytes, package: _Package, limits: Limits) -> list[Sheet] | ReaderFinding:
    """Return the sheets as calamine reads them, with the cells that it leaves out.

    Raises:
        CalamineError: and the other errors of calamine for a workbook that it cannot read.
    """
    sheets: list[Sheet] = []
    with CalamineWorkbook.from_filelike(io.BytesIO(content)) as workbook:
        visible = _visible_sheets(workbook)
        for number, name in enumerate(workbook.sheet_names):
            opened = workbook.get_sheet_by_name(name)
            # The scans give an upper bound or a claim. Before the rows are made, the size is known.
            last_row, last_column = opened.end or (0, 0)
            cell_count = (last_row + 1) * (last_column + 1)
            if cell_count > limits.sheet_cells:
                return _too_many_cells(limits)
            if last_column >= _MOST_COLUMNS:
                return _TOO_WIDE
            rows = cast("list[list[CellValue]]", opened.to_python(skip_empty_area=False))
            markup = package.markup_of(number)
            _mark_percentages(rows, markup.percentages)
            _show_as_formatted(rows, markup.formats)
            # Last, as it adds rows for cells that calamine left out.
            _put(rows, markup.uncomputed)
            sheet = Sheet(
                name=name,
                rows=rows,
                # calamine knows those of an .xlsx and .xls, the scan those of an .ods.
                merged=tuple(opened.merged_cell_ranges or markup.merged),
                hidden=markup.hidden,
                is_hidden=name not in visible,
                struck=markup.struck,
                blank_or_zero=markup.blank_or_zero,
            )
            sheets.append(sheet)
    return sheets


def _visible_sheets(workbook: CalamineWorkbook) -> set[str]:
    """Return the names of the sheets that a person sees."""
    names: set[str] = set()
    for sheet in workbook.sheets_metadata:
        if sheet.visible is SheetVisibleEnum.Visible:
            names.add(sheet.name)
    return names


def _mark_percentages(rows: list[list[CellValue]], cells: tuple[Corner, ...]) -> None:
    for corner in cells:
        cell = _cell_at(rows, corner)
        if isinstance(cell, float):
            row, column = corner
            rows[row][column] = Percentage(cell)


def _cell_at(rows: list[list[CellValue]], corner: Corner) -> CellValue:
    """Return a cell that the markup names; "" beyond calamine's last value.

    The markup also names cells that are formatted but empty.
    """
    row, column = corner
    if row >= len(rows) or column >= len(rows[row]):
        return ""
    return rows[row][column]


def _show_as_formatted(rows: list[list[CellValue]], formats: Mapping[Corner, NumberFormat]) -> None:
    """Replace figures and days by what their number format shows of them."""
    for corner, number_format in formats.items():
        row, column = corner
        cell = _cell_at(rows, corner)
        if isinstance(cell, float):
            rows[row][column] = number_format.shown(cell)
        elif isinstance(cell, date) and number_format.is_month:
            rows[row][column] = ShownMonth(cell.year, cell.month, cell.day)


def _put(rows: list[list[CellValue]], cells: dict[Corner, Uncomputed]) -> None:
    """Put `cells` where calamine left a gap, and extend `rows` for those beyond its last value."""
    if not cells:
        return
    height = max(row + 1 for row, _ in cells)
    width = max(column + 1 for _, column in cells)
    if rows:
        width = max(width, len(rows[0]))
    while len(rows) < height:
        rows.append([])
    # All rows of a sheet have the same length.
    for row in rows:
        row.extend([""] * (width - len(row)))
    for (number, column), cell in cells.items():
        rows[number][column] = cell

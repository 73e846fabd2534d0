"""Read from the XML of an .xlsx what calamine does not tell (python-calamine 0.9.1, 2026-11-23).

- The size of each sheet, before calamine opens it: calamine lays out every cell between the first
  and the last, so two values in opposite corners ask for 550 GB and end the process.
- Cells that calamine gives as empty although they show something: Excel errors, and formulas
  whose value no program has calculated yet.
- Cells that show a percentage: calamine gives 0.985 for what the sender sees as 98,5%.
- Cells in a font with an encoding from before Unicode.
- Cells that are struck out, and those whose format shows something else than what is stored.
- Hidden rows and columns.

Of an .xlsb and an .ods only the size and the errors of each sheet are read.
"""

import html
import math
import posixpath
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from connectors.reader.legacy.encodings import Encoding
from connectors.reader.open.fast_rows import RemainingRows, StyledCell, in_styles, skip_plain_rows
from connectors.reader.open.fonts import FontStyles, font_styles, strikes_out, struck_texts
from connectors.reader.open.hidden import NOTHING_HIDDEN, Hidden, read_hidden
from connectors.reader.open.number_formats import (
    BUILT_IN_MONTHS,
    NumberFormat,
    changing_formats,
    uses_built_in_months,
)
from connectors.reader.open.sheet_size import Corner, SheetScan, scan_ods, scan_xlsb, xlsb_sheets
from connectors.reader.open.signatures import unpacked
from program.addresses import column_number

_SHEET = re.compile(rb"<(?:[^<>\s/:]+:)?sheet\b([^<>]*)>")
_RELATION = re.compile(rb"<(?:[^<>\s/:]+:)?Relationship\b([^<>]*)>")
_ATTRIBUTE = re.compile(rb"""([\w:]+)\s*=\s*(?:"([^"<>]*)"|'([^'<>]*)')""")
_ROW_OR_CELL = re.compile(rb"<(?:[^<>\s/:]+:)?(row|c)\b([^<>]*)>")
_ADDRESS = re.compile(rb"""(?<![\w:.-])r\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_STYLE = re.compile(rb"""(?<![\w:.-])s\s*=\s*["']([0-9]{1,6})["']""")
_PLAIN_ADDRESS = re.compile(rb"(?P<column>[A-Za-z]{1,3})?(?P<row>[1-9][0-9]{0,6})")
_FORMULA = re.compile(rb"<(?:[^<>\s/:]+:)?f\b[^<>]*>([^<]*)")
_VALUE = re.compile(rb"<(?:[^<>\s/:]+:)?v\b[^<>]*>([^<]*)")
_INLINE = re.compile(rb"<(?:[^<>\s/:]+:)?is\b")
_END = re.compile(rb"</(?:[^<>\s/:]+:)?sheetData\b")
# XlsxWriter sets this: it writes 0 as the value of each formula and lets Excel calculate.
_STALE = re.compile(rb"""\bfullCalcOnLoad\s*=\s*["'](?:1|true)["']""")
_CELL_FORMATS = re.compile(rb"<(?:[^<>\s/:]+:)?cellXfs\b.*?</(?:[^<>\s/:]+:)?cellXfs>", re.DOTALL)
_FORMAT = re.compile(rb"<(?:[^<>\s/:]+:)?xf\b([^<>]*)>")
_NUMBER_FORMAT = re.compile(rb"<(?:[^<>\s/:]+:)?numFmt\b([^<>]*)>")
_BOOK_PROPERTIES = re.compile(rb"<(?:[^<>\s/:]+:)?workbookPr\b")
_TAG_IN_TEXT = re.compile(rb"<(?:[^<>\s/:]+:)?t(?:\s[^<>]*)?(?<!/)>[^<]*<[^/!?]")
_SHARED_TEXT = re.compile(
    rb"""<(?:[^<>\s/:]+:)?c\b(?=[^<>]*?\bt\s*=\s*["']s["'])"""
    rb"""[^<>]*?\br\s*=\s*["']([A-Z]{1,3})([0-9]{1,7})["'][^<>]*>"""
    rb"""\s*<(?:[^<>\s/:]+:)?v\b[^<>]*>\s*([0-9]{1,9})\s*<"""
)
_PERCENT_FORMATS = {"9", "10"}
_BUILT_IN_PERCENT = re.compile(rb"""numFmtId\s*=\s*["'](?:9|10)["']""")
# A percent sign in quotes, after a backslash or in square brackets is printed, but the number is
# not multiplied by 100.
_LITERAL_TEXT = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
_XLSX_BOOK, _XLSX_RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
_XLSB_BOOK, _XLSB_RELATIONS = "xl/workbook.bin", "xl/_rels/workbook.bin.rels"
_ODS_BOOK = "content.xml"
_LARGEST_CACHED = 100_000
"""Bytes of the largest style sheet that is remembered."""
_NO_RESULT = "…".encode()


@dataclass(frozen=True, slots=True)
class Uncomputed:
    """A cell that shows a text but holds no value: "#DIV/0!", or "=SUM(B2:B4)" not calculated."""

    text: str

    def __str__(self) -> str:
        """Return the text that the cell shows."""
        return self.text


class Percentage(float):
    """A numeric cell that shows a percentage: 0.985 shown as 98,5%."""

    __slots__ = ()

    @property
    def in_percent(self) -> float:
        """The number before the percent sign."""
        if not math.isfinite(self):
            return float(self)
        # In decimals: 0.285 times 100 is 28.499999999999996 in binary.
        return float(Decimal(f"{float(self):.15g}") * 100)


@dataclass(frozen=True, slots=True)
class Markup:
    """One sheet: its size from A1 to its last cell, and its special cells (0-based row, column).

    `rows` and `columns` of an .xlsx are exact where the sheet may be larger than allowed, and an
    upper bound elsewhere. `uncomputed` are the cells without a value. `fonts` are the cells whose
    font has an encoding from before Unicode, `struck` those that are struck out at least in part,
    `formats` those whose number format shows something else than what is stored. `blank_or_zero`
    are formulas of an .xls that show 0 or nothing, and `merged` the corners of merged cells of an
    .ods (`SheetScan`).
    """

    rows: int = 0
    columns: int = 0
    uncomputed: dict[Corner, Uncomputed] = field(default_factory=dict)
    percentages: tuple[Corner, ...] = ()
    fonts: dict[Corner, Encoding] = field(default_factory=dict)
    hidden: Hidden = NOTHING_HIDDEN
    struck: frozenset[Corner] = frozenset()
    formats: dict[Corner, NumberFormat] = field(default_factory=dict)
    blank_or_zero: frozenset[Corner] = frozenset()
    merged: tuple[tuple[Corner, Corner], ...] = ()

    @classmethod
    def of_scan(cls, scan: SheetScan) -> "Markup":
        """Return the markup of a sheet of which only its size and a few cells are known."""
        errors = {corner: Uncomputed(text) for corner, text in scan.errors.items()}
        return cls(
            scan.rows,
            scan.columns,
            errors,
            percentages=scan.percentages,
            merged=tuple(scan.merged),
            blank_or_zero=scan.blank_or_zero,
        )


class _Styles(NamedTuple):
    """The cell styles to look for, by number, and the pattern of a cell in one of them."""

    percent: frozenset[int]
    fonts: FontStyles
    formats: Mapping[int, NumberFormat]
    pattern: re.Pattern[bytes] | None


class _Cell(NamedTuple):
    row: int
    column: int
    attributes: bytes
    body: bytes


def read_markup(package: zipfile.ZipFile, most_cells: int) -> list[Markup]:
    """Return the markup of each sheet in workbook order.

    The size of an .xlsx's sheet is exact where it may be more than `most_cells`.

    Raises:
        ValueError: for XML that no spreadsheet program writes.
        zipfile.BadZipFile: and the other errors of `zipfile` for a damaged member.
    """
    names = package.namelist()
    # calamine finds the members of an .xlsx and an .xlsb whatever their capitals.
    members = {name.lower(): name for name in names}
    if len(members) < len(names):
        raise ValueError("two members with the same name: programs differ in which they read")
    books = members.keys() & {_XLSX_BOOK, _XLSB_BOOK, _ODS_BOOK}
    if len(books) > 1:
        raise ValueError("a package of two kinds: which one calamine reads is unknown")
    if members.keys() >= {_XLSB_BOOK, _XLSB_RELATIONS}:
        return _xlsb_markup(package, members)
    # calamine finds this name only as it is written here.
    if _ODS_BOOK in names:
        scans = scan_ods(package, most_cells)
        return [Markup.of_scan(scan) for scan in scans]
    if members.keys() >= {_XLSX_BOOK, _XLSX_RELATIONS}:
        return _xlsx_markup(package, members, most_cells)
    return []


def _xlsx_markup(
    package: zipfile.ZipFile, members: Mapping[str, str], most_cells: int
) -> list[Markup]:
    book = unpacked(package, members[_XLSX_BOOK])
    texts = _optional(package, members, "xl/sharedstrings.xml")
    _refuse_ambiguous(book, texts)
    relations = unpacked(package, members[_XLSX_RELATIONS])
    parts = _parts(relations)
    is_stale = _STALE.search(book) is not None
    style_sheet = _optional(package, members, "xl/styles.xml")
    # Most workbooks are made from a few templates, which have the same styles.
    if len(style_sheet) <= _LARGEST_CACHED:
        styles = _known_styles(style_sheet)
    else:
        styles = _styles_of(style_sheet)
    struck = struck_texts(texts)
    sheets: list[Markup] = []
    for match in _SHEET.finditer(book):
        relation_id = _relation_id(match[1])
        part = members.get(parts.get(relation_id, ""))
        # A sheet without a part has no cells. It still has its place in the order of the sheets.
        if part is None:
            sheets.append(Markup())
            continue
        xml = unpacked(package, part)
        markup = _markup(xml, styles, most_cells, is_stale=is_stale)
        if struck:
            struck_cells = markup.struck | _cells_with_texts(xml, struck)
            markup = replace(markup, struck=struck_cells)
        sheets.append(markup)
    return sheets


def _xlsb_markup(package: zipfile.ZipFile, members: Mapping[str, str]) -> list[Markup]:
    relations = unpacked(package, members[_XLSB_RELATIONS])
    parts = _parts(relations)
    book = unpacked(package, members[_XLSB_BOOK])
    sheets: list[Markup] = []
    for relation_id in xlsb_sheets(book):
        part = members.get(parts.get(relation_id, ""))
        if part is None:
            sheets.append(Markup())
            continue
        scan = scan_xlsb(unpacked(package, part))
        sheets.append(Markup.of_scan(scan))
    return sheets


def _optional(package: zipfile.ZipFile, members: Mapping[str, str], name: str) -> bytes:
    """Return a member that a workbook need not have; empty if it has none."""
    if name not in members:
        return b""
    return unpacked(package, members[name])


def _refuse_ambiguous(book: bytes, texts: bytes) -> None:
    """Raise ValueError for XML that programs show differently: two date epochs, tags in a text."""
    if len(_BOOK_PROPERTIES.findall(book)) > 1:
        raise ValueError("two elements that set the epoch of dates")
    if _TAG_IN_TEXT.search(texts):
        raise ValueError("a text with a tag in it")


def _parts(relations: bytes) -> dict[str | None, str]:
    """Return the workbook's parts as lower-case names of members, by relation id."""
    parts = {}
    for match in _RELATION.finditer(relations):
        relation = _attributes(match[1])
        parts[relation.get("Id")] = _path(relation.get("Target", ""))
    return parts


def _relation_id(attributes: bytes) -> str | None:
    """Return the id by which a sheet names its part; the prefix differs between programs."""
    for name, value in _attributes(attributes).items():
        if name.endswith(":id"):
            return value
    return None


def _attributes(text: bytes) -> dict[str, str]:
    attributes: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(text):
        name = match[1].decode()
        # One group is for double quotes, the other for single ones.
        written = match[2] or match[3] or b""
        value = written.decode(errors="replace")
        attributes[name] = html.unescape(value)
    return attributes


def _path(target: str) -> str:
    """Return a relation's target as the lower-case name of a member of the package."""
    absolute = posixpath.join("/xl", target)
    normal = posixpath.normpath(absolute)
    return normal.lstrip("/").lower()


def _styles_of(style_sheet: bytes) -> _Styles:
    """Return the cell styles of a workbook that matter; none for ordinary workbooks."""
    percent = _percent_styles(style_sheet)
    fonts = font_styles(style_sheet)
    formats = _format_styles(style_sheet)
    numbers = percent | fonts.old.keys() | fonts.struck | formats.keys()
    return _Styles(percent, fonts, formats, in_styles(numbers))


_known_styles = lru_cache(maxsize=64)(_styles_of)


def _percent_styles(xml: bytes) -> frozenset[int]:
    """Return the numbers of the cell formats that show a percentage; most workbooks have none."""
    # "&" may be the beginning of an escaped percent sign.
    may_be_own = b"%" in xml or b"&" in xml
    if not may_be_own and not _BUILT_IN_PERCENT.search(xml):
        return frozenset()
    percent_codes = _PERCENT_FORMATS | _own_percent_formats(xml)
    format_ids = enumerate(_formats_of_styles(xml))
    return frozenset(style for style, format_id in format_ids if format_id in percent_codes)


def _format_styles(xml: bytes) -> dict[int, NumberFormat]:
    """Return the cell formats that change what is seen of a figure; most workbooks have none."""
    changing = changing_formats(_own_formats(xml))
    # Each style is looked at only where some format matters.
    if not changing and not uses_built_in_months(xml):
        return {}
    changing |= BUILT_IN_MONTHS
    styles: dict[int, NumberFormat] = {}
    for style, format_id in enumerate(_formats_of_styles(xml)):
        if format_id in changing:
            styles[style] = changing[format_id]
    return styles


def _formats_of_styles(xml: bytes) -> list[str]:
    """Return the id of the number format of each cell style."""
    formats = _CELL_FORMATS.search(xml)
    if formats is None:
        return []
    format_ids: list[str] = []
    for match in _FORMAT.finditer(formats[0]):
        attributes = _attributes(match[1])
        format_ids.append(attributes.get("numFmtId", ""))
    return format_ids


def _own_formats(xml: bytes) -> dict[str, str]:
    """Return the workbook's own number formats, by id."""
    formats: dict[str, str] = {}
    for match in _NUMBER_FORMAT.finditer(xml):
        attributes = _attributes(match[1])
        format_id = attributes.get("numFmtId", "")
        formats[format_id] = attributes.get("formatCode", "")
    return formats


def _own_percent_formats(xml: bytes) -> set[str]:
    """Return the ids of the workbook's own number formats that show a percentage."""
    percent_ids: set[str] = set()
    for format_id, code in _own_formats(xml).items():
        without_texts = _LITERAL_TEXT.sub("", code)
        if "%" in without_texts:
            percent_ids.add(format_id)
    return percent_ids


def _markup(xml: bytes, styles: _Styles, most_cells: int, *, is_stale: bool) -> Markup:
    # The patterns of this module are for UTF-8. They would find nothing, and no size.
    if b"\0" in xml[:200]:
        raise ValueError("a sheet in UTF-16")
    end = _end_of_rows(xml)
    rest = skip_plain_rows(xml, end, styles.pattern)
    markup = _markup_of_cells(rest, styles, is_stale=is_stale)
    if markup.rows * markup.columns > most_cells:
        # The size of plain rows is an upper bound. This sheet may be too large, so count exactly.
        whole = RemainingRows(xml[:end], 0, 0, [])
        markup = _markup_of_cells(whole, styles, is_stale=is_stale)
    return replace(markup, hidden=read_hidden(rest.xml))


def _cells_with_texts(xml: bytes, texts: frozenset[int]) -> frozenset[Corner]:
    """Return the cells that hold one of the given shared texts."""
    cells: set[Corner] = set()
    for match in _SHARED_TEXT.finditer(xml):
        letters, row, text = match.groups()
        if int(text) in texts:
            column = column_number(letters.decode())
            cells.add((int(row) - 1, column - 1))
    return frozenset(cells)


def _end_of_rows(xml: bytes) -> int:
    """Return the byte after a sheet's rows; that after its last byte if they do not end."""
    # Hardly any sheet writes its tags with a prefix, and a fixed word is found much faster than
    # a pattern.
    first = 0
    if b":sheetData" not in xml:
        first = xml.find(b"</sheetData")
        if first < 0:
            return len(xml)
    end = _END.search(xml, first)
    if end is None:
        return len(xml)
    return end.start()


def _markup_of_cells(rest: RemainingRows, styles: _Styles, *, is_stale: bool) -> Markup:
    """Return the markup of a sheet by a look at each cell of `rest`."""
    rows = rest.rows
    columns = rest.columns
    uncomputed: dict[Corner, Uncomputed] = {}
    struck: set[Corner] = set()
    styled = list(rest.styled)
    # Both are decided once: hardly any sheet needs them decided for each cell.
    has_styles = styles.pattern is not None
    may_strike = b"strike" in rest.xml
    for cell in _cells(rest.xml):
        if has_styles:
            styled.append(_styled(cell))
        if may_strike and strikes_out(cell.body):
            struck.add((cell.row, cell.column))
        value = _VALUE.search(cell.body)
        text = _text_without_value(cell, value, is_stale=is_stale)
        if text is not None:
            shown = html.unescape(text.decode(errors="replace"))
            uncomputed[cell.row, cell.column] = Uncomputed(shown)
        elif not _has_content(cell, value):
            # A cell that only has a format does not make the sheet larger.
            continue
        rows = max(rows, cell.row + 1)
        columns = max(columns, cell.column + 1)
    markup = Markup(rows, columns, uncomputed, struck=frozenset(struck))
    if not styled:
        return markup
    return _with_styles(markup, styled, styles)


def _styled(cell: _Cell) -> StyledCell:
    style = _STYLE.search(cell.attributes)
    # A cell without a style has the first one.
    number = int(style[1]) if style else 0
    return StyledCell(cell.row, cell.column, number)


def _has_content(cell: _Cell, value: re.Match[bytes] | None) -> bool:
    if value is not None and value[1]:
        return True
    return _INLINE.search(cell.body) is not None


def _with_styles(markup: Markup, cells: Iterable[StyledCell], styles: _Styles) -> Markup:
    """Return `markup` with the cells whose style matters."""
    percentages: list[Corner] = []
    fonts: dict[Corner, Encoding] = {}
    struck: set[Corner] = set()
    formats: dict[Corner, NumberFormat] = {}
    for row, column, style in cells:
        corner = row, column
        if style in styles.percent:
            percentages.append(corner)
        elif style in styles.formats:
            formats[corner] = styles.formats[style]
        if style in styles.fonts.old:
            fonts[corner] = styles.fonts.old[style]
        if style in styles.fonts.struck:
            struck.add(corner)
    return replace(
        markup,
        percentages=tuple(percentages),
        fonts=fonts,
        struck=markup.struck | struck,
        formats=formats,
    )


def _cells(xml: bytes) -> Iterator[_Cell]:
    """Yield each cell with what stands between it and the next tag.

    A cell or row without an address follows the one before it.
    """
    row = column = -1
    attributes = b""
    body_start: int | None = None
    for match in _ROW_OR_CELL.finditer(xml):
        tag, tag_attributes = match.groups()
        if body_start is not None:
            body = xml[body_start : match.start()]
            yield _Cell(row, column, attributes, body)
            body_start = None
        address = _address(tag_attributes)
        if tag == b"row":
            row = int(address["row"]) - 1 if address else row + 1
            column = -1
            continue
        if address is not None and address["column"]:
            row = int(address["row"]) - 1
            letters = address["column"].decode()
            column = column_number(letters) - 1
        else:
            column += 1
        # A cell that closes itself is empty.
        if not tag_attributes.endswith(b"/"):
            attributes = tag_attributes
            body_start = match.end()
    if body_start is not None:
        yield _Cell(row, column, attributes, xml[body_start:])


def _address(attributes: bytes) -> re.Match[bytes] | None:
    """Return the row and column of an address, None if there is none.

    Raises:
        ValueError: for an address that no spreadsheet program writes. calamine takes any number
            of letters, and lays out as many columns as they name.
    """
    match = _ADDRESS.search(attributes)
    address: re.Match[bytes] | None = None
    is_malformed = False
    if match is not None:
        written = match[1] or match[2] or b""
        address = _PLAIN_ADDRESS.fullmatch(written)
        is_malformed = address is None
    # An odd number of quotes hides the real end of an attribute from the patterns above.
    if is_malformed or attributes.count(b'"') % 2 or attributes.count(b"'") % 2:
        raise ValueError("a cell without a proper address")
    return address


def _text_without_value(
    cell: _Cell, value: re.Match[bytes] | None, *, is_stale: bool
) -> bytes | None:
    """Return the text that a cell without a value shows.

    None for a cell that has a value or is empty.
    """
    formula = _FORMULA.search(cell.body)
    # Most cells end here: without a formula only a cell of kind "e" is an error, and "&" may be
    # the beginning of an escaped letter.
    if formula is None and b"e" not in cell.attributes and b"&" not in cell.attributes:
        return None
    kind = _attributes(cell.attributes).get("t", "n")
    result: bytes | None = None
    if value is not None:
        result = value[1]
    if kind == "e":
        # The cell is an error even where its name is not written.
        return result or b"#N/A"
    if formula is None or not _is_uncalculated(result, kind, is_stale=is_stale):
        return None
    # A cell of a shared formula names only the formula's number, not its text.
    text = formula[1] or _NO_RESULT
    return b"=" + text


def _is_uncalculated(result: bytes | None, kind: str, *, is_stale: bool) -> bool:
    """Return whether a formula's stored result is none; `None` where nothing is stored."""
    if result is None:
        return True
    if not result:
        # The empty text is a result like others.
        return kind != "str"
    return is_stale and kind == "n" and result == b"0"

"""What an .xlsx's own XML says that calamine keeps to itself (python-calamine 0.9.1, tried 2026-11-23).

How far each sheet reaches, asked before it is opened: calamine lays out every cell between the first and the last, so
that two values in opposite corners ask for 550 GB and end the process. And cells that calamine gives as empty though
their sender sees something: Excel errors, and formulas whose value nothing has calculated yet. And cells that show a
percentage: calamine gives 0.985 for what its sender sees as 98,5%. And which cells are in a font of before Unicode.
"""

import html
import math
import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import NamedTuple

from connectors.reader.extents import ods_extents, xlsb_extent, xlsb_sheets
from connectors.reader.fonts import old_styles
from connectors.reader.hidden import NOTHING_HIDDEN, Hidden, read_hidden
from connectors.reader.legacy import Encoding
from connectors.reader.plainness import Rest, StyledCell, in_styles, without_plain_rows
from connectors.reader.signatures import unpacked
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
# What XlsxWriter sets: it writes 0 as the value of each formula and leaves the calculating to Excel.
_STALE = re.compile(rb"""\bfullCalcOnLoad\s*=\s*["'](?:1|true)["']""")
_CELL_FORMATS = re.compile(rb"<(?:[^<>\s/:]+:)?cellXfs\b.*?</(?:[^<>\s/:]+:)?cellXfs>", re.DOTALL)
_FORMAT = re.compile(rb"<(?:[^<>\s/:]+:)?xf\b([^<>]*)>")
_NUMBER_FORMAT = re.compile(rb"<(?:[^<>\s/:]+:)?numFmt\b([^<>]*)>")
_BOOK_PROPERTIES = re.compile(rb"<(?:[^<>\s/:]+:)?workbookPr\b")
_TAG_IN_TEXT = re.compile(rb"<(?:[^<>\s/:]+:)?t(?:\s[^<>]*)?(?<!/)>[^<]*<[^/!?]")
_PERCENT_FORMATS = {"9", "10"}
_BUILT_IN_PERCENT = re.compile(rb"""numFmtId\s*=\s*["'](?:9|10)["']""")
# In quotes, after a backslash or in square brackets a percent sign is only shown, not reckoned with.
_ONLY_SHOWN = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')


@dataclass(frozen=True, slots=True)
class Uncomputed:
    """A cell that shows its sender something and holds no value: "#DIV/0!", or "=SUM(B2:B4)" never calculated."""

    text: str

    def __str__(self) -> str:
        """What stands in the cell."""
        return self.text


class Percentage(float):
    """A numeric cell that shows a percentage: 0.985 shown as 98,5%."""

    __slots__ = ()

    @property
    def in_percent(self) -> float:
        """The number that stands before the percent sign."""
        return float(Decimal(f"{float(self):.15g}") * 100) if math.isfinite(self) else float(self)


@dataclass(frozen=True, slots=True)
class Markup:
    """One sheet: how many rows and columns reach from A1 to its last cell, its cells without a value, its percentages.

    Of an .xlsx that stays within the cells that were allowed, `rows` and `columns` are what it reaches at most. `fonts` are
    the cells whose font tells an encoding of before Unicode.
    """

    rows: int = 0
    columns: int = 0
    uncomputed: dict[tuple[int, int], Uncomputed] = field(default_factory=dict)
    percentages: tuple[tuple[int, int], ...] = ()
    fonts: dict[tuple[int, int], Encoding] = field(default_factory=dict)
    hidden: Hidden = NOTHING_HIDDEN


class _Look(NamedTuple):
    """What a workbook's styles tell: which show a percentage, and which are in a font of before Unicode."""

    percent: frozenset[int] = frozenset()
    old: Mapping[int, Encoding] = {}


class _Cell(NamedTuple):
    row: int
    column: int
    attributes: bytes
    body: bytes


def read_markup(package: zipfile.ZipFile, most_cells: int) -> list[Markup]:
    """Return what stands in each sheet beside its cells, in workbook order; of .xlsb and .ods only how far it reaches.

    How far a sheet of an .xlsx reaches is told exactly where it may be more than `most_cells`.

    Raises what `zipfile` raises where a member cannot be unpacked, and ValueError for XML that no spreadsheet writes.
    """
    members = {name.lower(): name for name in package.namelist()}
    if len(members) < len(package.namelist()):
        raise ValueError("two members of one name: programs differ in which they take")
    if len(members.keys() & {"xl/workbook.xml", "xl/workbook.bin", "content.xml"}) > 1:
        raise ValueError("a package of two kinds: which of them calamine takes is not known here")
    if members.keys() >= {"xl/workbook.bin", "xl/_rels/workbook.bin.rels"}:
        return _binary_markup(package, members)
    if "content.xml" in package.namelist():
        return [Markup(*extent) for extent in ods_extents(package)]
    if not members.keys() >= {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"}:
        return []
    book = unpacked(package, members["xl/workbook.xml"])
    _refuse_doubtful(book, unpacked(package, members["xl/sharedstrings.xml"]) if "xl/sharedstrings.xml" in members else b"")
    parts = _parts(unpacked(package, members["xl/_rels/workbook.xml.rels"]))
    is_stale = _STALE.search(book) is not None
    styles = unpacked(package, members["xl/styles.xml"]) if "xl/styles.xml" in members else b""
    look = _Look(_percent_styles(styles), old_styles(styles))
    sheets = []
    for match in _SHEET.finditer(book):
        key = next((value for name, value in _attributes(match[1]).items() if name.endswith(":id")), None)
        part = members.get(parts.get(key, ""))
        sheets.append(_markup(unpacked(package, part), look, most_cells, is_stale=is_stale) if part else Markup())
    return sheets


def _refuse_doubtful(book: bytes, texts: bytes) -> None:
    """Raise ValueError where programs would differ in what they show: of two epochs of dates, or of tags within a text."""
    if len(_BOOK_PROPERTIES.findall(book)) > 1:
        raise ValueError("two elements that say from which day dates count")
    if _TAG_IN_TEXT.search(texts):
        raise ValueError("a text with a tag in it")


def _binary_markup(package: zipfile.ZipFile, members: Mapping[str, str]) -> list[Markup]:
    parts = _parts(unpacked(package, members["xl/_rels/workbook.bin.rels"]))
    found = (members.get(parts.get(key, "")) for key in xlsb_sheets(unpacked(package, members["xl/workbook.bin"])))
    return [Markup(*xlsb_extent(unpacked(package, part))) if part else Markup() for part in found]


def _parts(relations: bytes) -> dict[str | None, str]:
    """Return the workbook's parts, by relation id, as lower-case names of members of the package."""
    found = [_attributes(match[1]) for match in _RELATION.finditer(relations)]
    return {relation.get("Id"): _path(relation.get("Target", "")) for relation in found}


def _attributes(text: bytes) -> dict[str, str]:
    return {m[1].decode(): html.unescape((m[2] or m[3] or b"").decode(errors="replace")) for m in _ATTRIBUTE.finditer(text)}


def _path(target: str) -> str:
    """Return a relation's target as the lower-case name of a member of the package."""
    return posixpath.normpath(posixpath.join("/xl", target)).lstrip("/").lower()


def _percent_styles(xml: bytes) -> frozenset[int]:
    """Return the numbers of the cell formats that show a number as a percentage; most workbooks have none."""
    if b"%" not in xml and b"&" not in xml and not _BUILT_IN_PERCENT.search(xml):
        return frozenset()
    shown = [_attributes(match[1]) for match in _NUMBER_FORMAT.finditer(xml)]
    own = {f.get("numFmtId", "") for f in shown if "%" in _ONLY_SHOWN.sub("", f.get("formatCode", ""))}
    formats = _CELL_FORMATS.search(xml)
    used = [_attributes(match[1]).get("numFmtId", "") for match in _FORMAT.finditer(formats[0])] if formats else []
    return frozenset(number for number, code in enumerate(used) if code in _PERCENT_FORMATS | own)


def _markup(xml: bytes, look: _Look, most_cells: int, *, is_stale: bool) -> Markup:
    if b"\0" in xml[:200]:
        raise ValueError("a sheet in UTF-16")
    last = _end_of_rows(xml)
    rest = without_plain_rows(xml, last, in_styles(look.percent | look.old.keys()))
    found = _looked_at(rest, look, is_stale=is_stale)
    if found.rows * found.columns > most_cells:
        found = _looked_at(Rest(xml[:last], 0, 0, []), look, is_stale=is_stale)
    return replace(found, hidden=read_hidden(rest.xml))


def _end_of_rows(xml: bytes) -> int:
    # Hardly any sheet writes its tags with a prefix; without one, a word is found much sooner than a pattern.
    first = 0 if b":sheetData" in xml else xml.find(b"</sheetData")
    end = _END.search(xml, first) if first >= 0 else None
    return end.start() if end else len(xml)


def _looked_at(rest: Rest, look: _Look, *, is_stale: bool) -> Markup:
    """Return what the cells of `rest` tell, looked at one by one."""
    rows, columns = rest.rows, rest.columns
    uncomputed = {}
    styled = list(rest.styled)
    for cell in _cells(rest.xml):
        if look.percent or look.old:
            style = _STYLE.search(cell.attributes)
            styled.append(StyledCell(cell.row, cell.column, int(style[1]) if style else 0))
        value = _VALUE.search(cell.body)
        text = _without_value(cell, value, is_stale=is_stale)
        if text is not None:
            uncomputed[cell.row, cell.column] = Uncomputed(html.unescape(text.decode(errors="replace")))
        if text is not None or (value and value[1]) or _INLINE.search(cell.body):
            rows, columns = max(rows, cell.row + 1), max(columns, cell.column + 1)
    percentages = tuple((cell.row, cell.column) for cell in styled if cell.style in look.percent)
    fonts = {(cell.row, cell.column): look.old[cell.style] for cell in styled if cell.style in look.old}
    return Markup(rows, columns, uncomputed, percentages, fonts)


def _cells(xml: bytes) -> Iterator[_Cell]:
    """Yield each cell with what stands between it and the next. A cell or row without an address follows the one before."""
    row = column = -1
    pending: tuple[int, int, bytes, int] | None = None
    for match in _ROW_OR_CELL.finditer(xml):
        if pending is not None:
            yield _Cell(*pending[:3], xml[pending[3] : match.start()])
            pending = None
        address = _address(match[2])
        if match[1] == b"row":
            row, column = int(address["row"]) - 1 if address else row + 1, -1
        else:
            if address is not None and address["column"]:
                row, column = int(address["row"]) - 1, column_number(address["column"].decode()) - 1
            else:
                column += 1
            if not match[2].endswith(b"/"):
                pending = row, column, match[2], match.end()
    if pending is not None:
        yield _Cell(*pending[:3], xml[pending[3] :])


def _address(attributes: bytes) -> re.Match[bytes] | None:
    """Return row and column of a cell's address. Raises ValueError for one that no spreadsheet writes.

    calamine takes any number of letters, and lays out as many columns as they name.
    """
    match = _ADDRESS.search(attributes)
    address = _PLAIN_ADDRESS.fullmatch(match[1] or match[2] or b"") if match else None
    if (match and not address) or attributes.count(b'"') % 2 or attributes.count(b"'") % 2:
        raise ValueError("a cell without a proper address")
    return address


def _without_value(cell: _Cell, value: re.Match[bytes] | None, *, is_stale: bool) -> bytes | None:
    """Return what a cell shows that has no value, None for a cell that has one or is empty."""
    formula = _FORMULA.search(cell.body)
    if formula is None and b"e" not in cell.attributes and b"&" not in cell.attributes:
        return None
    kind = _attributes(cell.attributes).get("t", "n")
    if kind == "e":
        return value[1] if value and value[1] else b"#N/A"
    if formula is None:
        return None
    # A formula whose result is the empty text has kind "str" and an empty value: that one has been calculated.
    is_missing = value is None or (not value[1] and kind != "str") or (is_stale and kind == "n" and value[1] == b"0")
    return b"=" + (formula[1] or "…".encode()) if is_missing else None

"""First sheet of a marked workbook: all findings, each with a link to its cell.

The reader knows it by its first cell and skips it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lxml import etree
from openpyxl.utils import get_column_letter

from program.finding import Finding
from program.marker import OVERVIEW_MARK
from publish.marking.cells import corner_of
from publish.marking.order import Order, Report
from publish.marking.package import MAIN, named
from publish.marking.styles import COLOURS, Styles, TextStyle
from publish.marking.words import Words

MOST_LISTED = 5000
"""More findings are usually one mistake made many times.

The last line says how many are left out.
"""
_WIDTHS = (6, 14, 18, 9, 22, 52, 28, 52, 11)
_CELL_COLUMN = 4
"""The column with a finding's cell, whose text is the link; counted from 1."""
_LINE_POINTS = 16
_HEADING_POINTS = 24
_HIGHEST_POINTS = 400
"""Excel's limit is 409 points."""
_XML_SPACE = "{http://www.w3.org/XML/1998/namespace}space"

_PLAIN = TextStyle()
_TITLE = TextStyle(bold=True, size=14, is_text=True)
_REPORT = TextStyle(bold=True, is_text=True)
_REST = TextStyle(bold=True)
_NUMBER = TextStyle(border=True)
_FIELD = TextStyle(border=True, is_text=True)
_LINK = TextStyle(border=True, link=True, bold=True)

_CONTROL = range(0x20)
_ALLOWED_CONTROL = (0x09, 0x0A, 0x0D)
_SURROGATES = range(0xD800, 0xE000)
_NON_CHARACTERS = (0xFFFE, 0xFFFF)
_UNWRITABLE = {
    code: None
    for code in (*_CONTROL, *_NON_CHARACTERS, *_SURROGATES)
    if code not in _ALLOWED_CONTROL
}
"""Characters that XML forbids and cells hold all the same."""


def writable(text: str) -> str:
    """Return a text without the characters that no workbook may hold."""
    return text.translate(_UNWRITABLE)


@dataclass(slots=True)
class _Page:
    """The rows, links and merged cells so far."""

    styles: Styles
    rows: list[etree._Element] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)
    merged: list[str] = field(default_factory=list)

    def add(self, texts: Sequence[str], formats: Sequence[int], *, height: float = 0) -> int:
        """Add a row with a text and a format a cell; return its number."""
        number = len(self.rows) + 1
        row = etree.Element(named("row"), r=str(number))
        if height:
            row.attrib.update({"ht": f"{height:g}", "customHeight": "1"})
        for column, (text, cell_format) in enumerate(zip(texts, formats, strict=True), start=1):
            address = f"{get_column_letter(column)}{number}"
            row.append(_cell(address, text, cell_format))
        self.rows.append(row)
        return number

    def add_hidden(self, text: str) -> None:
        """Add a hidden row with one text."""
        self.add([text], [self.styles.written(_PLAIN)])
        self.rows[-1].set("hidden", "1")

    def line(self, text: str, style: TextStyle) -> None:
        """Add a row with one text over all columns."""
        rows_of_text = 1 + len(text) // sum(_WIDTHS)
        height = _LINE_POINTS * rows_of_text + 6
        number = self.add([text], [self.styles.written(style)], height=height)
        last = get_column_letter(len(_WIDTHS))
        self.merged.append(f"A{number}:{last}{number}")


def overview_of(
    order: Order, sheets: Mapping[str, str], styles: Styles, words: Words, *, is_copy: bool
) -> etree._Element:
    """Return the sheet's XML.

    `sheets` has the workbook's name of each sheet that a link can lead to, by the finding's name.
    `is_copy` says that the workbook is a copy of a file of another kind.
    """
    page = _Page(styles)
    page.add_hidden(OVERVIEW_MARK)
    page.line(words.title.format(name=writable(order.name)), _TITLE)
    origin = words.copied if is_copy else words.own
    for sentence in (origin, *words.how):
        page.line(sentence, _PLAIN)
    page.add(words.headings, [styles.heading()] * len(_WIDTHS), height=_HEADING_POINTS)
    heading_row = len(page.rows)
    _list_findings(page, order.reports, sheets, words)
    return _sheet(page, heading_row)


def _list_findings(
    page: _Page, reports: Sequence[Report], sheets: Mapping[str, str], words: Words
) -> None:
    number = 0
    for report in reports:
        if len(reports) > 1:
            page.line(writable(report.title), _REPORT)
        for finding in report.findings:
            number += 1
            if number <= MOST_LISTED:
                _add_finding(page, number, finding, sheets, words)
    if number > MOST_LISTED:
        page.line(words.more.format(count=number - MOST_LISTED), _REST)


def _add_finding(
    page: _Page, number: int, finding: Finding, sheets: Mapping[str, str], words: Words
) -> None:
    texts = _texts(number, finding, words)
    target = _target(finding, sheets)
    lines = [1 + len(text) // width for text, width in zip(texts, _WIDTHS, strict=True)]
    height = min(_LINE_POINTS * max(lines) + 4, _HIGHEST_POINTS)
    severity = TextStyle(bold=True, border=True, fill=COLOURS[finding.severity])
    cell = _LINK if target else _FIELD
    field_format = page.styles.written(_FIELD)
    formats = [
        page.styles.written(_NUMBER),
        page.styles.written(severity),
        field_format,
        page.styles.written(cell),
    ]
    formats += [field_format] * (len(_WIDTHS) - len(formats))
    row = page.add([writable(text) for text in texts], formats, height=height)
    if target:
        page.links.append((f"{get_column_letter(_CELL_COLUMN)}{row}", target))


def _texts(number: int, finding: Finding, words: Words) -> list[str]:
    """Return a finding's texts in the order of the columns."""
    whole_sheet = "" if finding.sheet is None else words.whole_sheet
    return [
        str(number),
        words.severities[finding.severity],
        finding.sheet or words.whole_file,
        finding.cell or whole_sheet,
        finding.value or "",
        finding.message,
        finding.expected,
        finding.fix,
        finding.rule,
    ]


def _target(finding: Finding, sheets: Mapping[str, str]) -> str | None:
    """Return where a finding's link leads; None where the workbook has no such sheet."""
    sheet = sheets.get(finding.sheet or "")
    if sheet is None:
        return None
    quoted = sheet.replace("'", "''")
    cell = finding.cell if corner_of(finding.cell) else "A1"
    return f"'{quoted}'!{cell}"


def _cell(address: str, text: str, cell_format: int) -> etree._Element:
    """Return a cell with a text, which is no formula even if it begins with "="."""
    cell = etree.Element(named("c"), r=address, s=str(cell_format), t="inlineStr")
    inline = etree.SubElement(cell, named("is"))
    written = etree.SubElement(inline, named("t"))
    written.set(_XML_SPACE, "preserve")
    written.text = text
    return cell


def _sheet(page: _Page, heading_row: int) -> etree._Element:
    """Return the sheet's XML, its elements in the order of the standard."""
    sheet = etree.Element(named("worksheet"), nsmap={None: MAIN})
    properties = etree.SubElement(sheet, named("sheetPr"))
    etree.SubElement(properties, named("tabColor"), rgb="FFC81E1E")
    etree.SubElement(properties, named("pageSetUpPr"), fitToPage="1")
    _freeze(sheet, heading_row)
    columns = etree.SubElement(sheet, named("cols"))
    for number, width in enumerate(_WIDTHS, start=1):
        span = {
            "min": str(number),
            "max": str(number),
            "width": str(width),
            "customWidth": "1",
        }
        etree.SubElement(columns, named("col"), span)
    etree.SubElement(sheet, named("sheetData")).extend(page.rows)
    _add_all(sheet, "mergeCells", "mergeCell", [{"ref": area} for area in page.merged])
    links = [{"ref": cell, "location": target} for cell, target in page.links]
    _add_all(sheet, "hyperlinks", "hyperlink", links)
    paper = {"paperSize": "9", "orientation": "landscape", "fitToHeight": "0"}  # 9 is A4
    etree.SubElement(sheet, named("pageSetup"), paper)
    return sheet


def _freeze(sheet: etree._Element, heading_row: int) -> None:
    """Keep the rows up to the headings in view, and select the sheet."""
    views = etree.SubElement(sheet, named("sheetViews"))
    shown = {"showGridLines": "0", "tabSelected": "1", "workbookViewId": "0"}
    view = etree.SubElement(views, named("sheetView"), shown)
    frozen = {
        "ySplit": str(heading_row),
        "topLeftCell": f"A{heading_row + 1}",
        "activePane": "bottomLeft",
        "state": "frozen",
    }
    etree.SubElement(view, named("pane"), frozen)


def _add_all(
    sheet: etree._Element, name: str, each: str, attributes: Sequence[Mapping[str, str]]
) -> None:
    """Add an element with its children; the standard allows none without children."""
    if attributes:
        parent = etree.SubElement(sheet, named(name))
        for given in attributes:
            etree.SubElement(parent, named(each), dict(given))

"""First sheet of a marked workbook: all findings, each with a link to its cell.

The reader knows it by its first cell and skips it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from lxml import etree
from openpyxl.utils import get_column_letter

from program.finding import Finding
from program.finding_groups import Group, grouped
from program.forms.template_marker import OVERVIEW_MARK
from publish.finding_colours import FINDING_COLOURS
from publish.marking.cell_styles import CellStyles, TextStyle
from publish.marking.cells import corner_of
from publish.marking.package import MAIN, add_element, named
from publish.marking.request import MarkedReport, MarkRequest
from publish.marking.texts import MarkingTexts

MOST_LISTED = 5000
"""More findings are usually one mistake made many times.

The last line says how many are left out.
"""
_CELLS_NAMED = 40
_WIDTHS = (6, 14, 18, 9, 22, 52, 28, 52, 11)
_CELL_COLUMN = 4
"""The column with a finding's cell, whose text is the link; counted from 1."""
_LINE_POINTS = 16
_HEADING_POINTS = 24
_HIGHEST_POINTS = 400
"""Excel's limit is 409 points."""
_A4 = "9"
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

    styles: CellStyles
    rows: list[etree._Element] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)
    merged: list[str] = field(default_factory=list)

    def add(
        self,
        texts: Sequence[str],
        formats: Sequence[int],
        *,
        height: float = 0,
    ) -> int:
        """Add a row with a text and a format a cell; return its number."""
        number = len(self.rows) + 1
        row = etree.Element(named("row"), r=str(number))
        if height:
            row.set("ht", f"{height:g}")
            # Without this, Excel fits the height itself.
            row.set("customHeight", "1")
        cells = zip(texts, formats, strict=True)
        for column, (text, cell_format) in enumerate(cells, start=1):
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
        letters_a_row = sum(_WIDTHS)
        # Excel gives merged cells no height that fits their text.
        rows_of_text = 1 + len(text) // letters_a_row
        height = _LINE_POINTS * rows_of_text + 6
        cell_format = self.styles.written(style)
        number = self.add([text], [cell_format], height=height)
        last = get_column_letter(len(_WIDTHS))
        self.merged.append(f"A{number}:{last}{number}")


def overview_of(
    order: MarkRequest,
    sheets: Mapping[str, str],
    styles: CellStyles,
    words: MarkingTexts,
    *,
    is_copy: bool,
) -> etree._Element:
    """Return the sheet's XML.

    `sheets` has the workbook's name of each sheet that a link can lead to, by the finding's name.
    `is_copy` says that the workbook is a copy of a file of another kind.
    """
    page = _Page(styles)
    # The reader looks for the mark in the first cell; nobody else needs to see it.
    page.add_hidden(OVERVIEW_MARK)
    page.line(words.title.format(name=writable(order.name)), _TITLE)
    origin = words.copied if is_copy else words.own
    for sentence in (origin, *words.how):
        page.line(sentence, _PLAIN)
    # The headings stay in view: `_freeze` fixes the rows up to here.
    headings = [styles.heading()] * len(words.headings)
    page.add(words.headings, headings, height=_HEADING_POINTS)
    heading_row = len(page.rows)
    _list_findings(page, order.reports, sheets, words)
    return _sheet(page, heading_row)


def _list_findings(
    page: _Page,
    reports: Sequence[MarkedReport],
    sheets: Mapping[str, str],
    words: MarkingTexts,
) -> None:
    number = 0
    for report in reports:
        # The only report of a file needs no title: the file's name is above the list.
        if len(reports) > 1:
            page.line(writable(report.title), _REPORT)
        for group in grouped(report.findings):
            number += 1
            if number <= MOST_LISTED:
                _add_finding(page, number, _with_others(group, words), sheets, words)
    if number > MOST_LISTED:
        page.line(words.more.format(count=number - MOST_LISTED), _REST)


def _with_others(group: Group, words: MarkingTexts) -> Finding:
    """Return the first finding of a group; its message names the cells of the others."""
    if not group.others:
        return group.first
    cells = group.other_cells(_CELLS_NAMED)
    others = words.others.format(count=len(group.others), cells=cells)
    return replace(group.first, message=f"{group.first.message} {others}")


def _add_finding(
    page: _Page,
    number: int,
    finding: Finding,
    sheets: Mapping[str, str],
    words: MarkingTexts,
) -> None:
    texts = _texts(number, finding, words)
    target = _target(finding, sheets)
    formats = _formats(page.styles, finding, has_link=target is not None)
    writable_texts = [writable(text) for text in texts]
    row = page.add(writable_texts, formats, height=_row_height(texts))
    if target is not None:
        link_cell = f"{get_column_letter(_CELL_COLUMN)}{row}"
        page.links.append((link_cell, target))


def _row_height(texts: Sequence[str]) -> float:
    """Return the height in points at which no text is cut off, as far as Excel allows it."""
    lines = 1
    for text, width in zip(texts, _WIDTHS, strict=True):
        lines = max(lines, 1 + len(text) // width)
    return min(_LINE_POINTS * lines + 4, _HIGHEST_POINTS)


def _formats(styles: CellStyles, finding: Finding, *, has_link: bool) -> list[int]:
    """Return the format of each of a finding's cells, in the order of the columns."""
    severity_style = TextStyle(bold=True, border=True, fill=FINDING_COLOURS[finding.severity])
    field_format = styles.written(_FIELD)
    number_format = styles.written(_NUMBER)
    severity_format = styles.written(severity_style)
    cell_format = styles.written(_LINK) if has_link else field_format
    formats = [number_format, severity_format, field_format, cell_format]
    other_columns = len(_WIDTHS) - len(formats)
    return formats + [field_format] * other_columns


def _texts(number: int, finding: Finding, words: MarkingTexts) -> list[str]:
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
    """Return where a finding's link leads; None if the workbook has no such sheet."""
    sheet = sheets.get(finding.sheet or "")
    if sheet is None:
        return None
    quoted = sheet.replace("'", "''")
    # A finding about the whole sheet leads to its beginning.
    cell = finding.cell if corner_of(finding.cell) else "A1"
    return f"'{quoted}'!{cell}"


def _cell(address: str, text: str, cell_format: int) -> etree._Element:
    """Return a cell with a text, which is no formula even if it begins with "="."""
    cell = etree.Element(
        named("c"),
        r=address,
        s=str(cell_format),
        t="inlineStr",
    )
    inline = add_element(cell, "is")
    written = add_element(inline, "t")
    written.set(_XML_SPACE, "preserve")
    written.text = text
    return cell


def _sheet(page: _Page, heading_row: int) -> etree._Element:
    """Return the sheet's XML, its elements in the order of the standard."""
    sheet = etree.Element(named("worksheet"), nsmap={None: MAIN})
    properties = add_element(sheet, "sheetPr")
    add_element(properties, "tabColor", rgb="FFC81E1E")
    add_element(properties, "pageSetUpPr", fitToPage="1")
    _freeze(sheet, heading_row)
    columns = add_element(sheet, "cols")
    for number, width in enumerate(_WIDTHS, start=1):
        add_element(
            columns,
            "col",
            min=str(number),
            max=str(number),
            width=str(width),
            customWidth="1",
        )
    add_element(sheet, "sheetData").extend(page.rows)
    areas = [{"ref": area} for area in page.merged]
    _add_all(sheet, "mergeCells", "mergeCell", areas)
    links = [{"ref": cell, "location": target} for cell, target in page.links]
    _add_all(sheet, "hyperlinks", "hyperlink", links)
    add_element(
        sheet,
        "pageSetup",
        paperSize=_A4,
        orientation="landscape",
        # One page wide, and as many pages high as it takes.
        fitToHeight="0",
    )
    return sheet


def _freeze(sheet: etree._Element, heading_row: int) -> None:
    """Keep the rows up to the headings in view, and select the sheet."""
    views = add_element(sheet, "sheetViews")
    view = add_element(
        views,
        "sheetView",
        showGridLines="0",
        tabSelected="1",
        workbookViewId="0",
    )
    add_element(
        view,
        "pane",
        ySplit=str(heading_row),
        topLeftCell=f"A{heading_row + 1}",
        activePane="bottomLeft",
        state="frozen",
    )


def _add_all(
    sheet: etree._Element,
    name: str,
    each: str,
    attributes: Sequence[Mapping[str, str]],
) -> None:
    """Add an element with its children; the standard allows none without children."""
    if attributes:
        parent = add_element(sheet, name)
        for given in attributes:
            add_element(parent, each, **given)

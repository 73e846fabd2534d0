"""The first sheet of a marked workbook: every finding with a link to its cell. The reader passes it over by its first cell."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lxml import etree

from program.finding import Finding, Severity
from program.marker import OVERVIEW_MARK
from publish.marking.cells import corner_of
from publish.marking.order import Order, Report
from publish.marking.package import MAIN, named
from publish.marking.styles import COLOURS, Styles
from publish.marking.words import Words

MOST_LISTED = 5000
"""More findings than this are one mistake made many times; the last line says how many are left out."""
_WIDTHS = (6, 14, 18, 9, 22, 52, 28, 52, 11)
_LINE_POINTS = 16
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
# What no XML may hold, and cells hold all the same.
_UNWRITABLE = {code: None for code in (*range(0x20), 0xFFFE, 0xFFFF, *range(0xD800, 0xE000)) if code not in (0x09, 0x0A, 0x0D)}


def writable(text: str) -> str:
    """Return a text without the characters that no workbook may hold."""
    return text.translate(_UNWRITABLE)


@dataclass(slots=True)
class _Page:
    """What is written so far: rows, links and merged cells."""

    styles: Styles
    rows: list[etree._Element] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)
    merged: list[str] = field(default_factory=list)

    def add(self, texts: Sequence[str], looks: Sequence[int], *, height: float = 0, is_hidden: bool = False) -> int:
        """Add a row; return its number."""
        number = len(self.rows) + 1
        row = etree.Element(named("row"), r=str(number))
        if height:
            row.attrib.update({"ht": f"{height:g}", "customHeight": "1"})
        if is_hidden:
            row.set("hidden", "1")
        for at, (text, look) in enumerate(zip(texts, looks, strict=True)):
            row.append(_cell(f"{chr(ord('A') + at)}{number}", text, look))
        self.rows.append(row)
        return number

    def line(self, text: str, look: int) -> None:
        """Add a row with one text over all columns."""
        height = _LINE_POINTS * (1 + len(text) // sum(_WIDTHS)) + 6
        last = chr(ord("A") + len(_WIDTHS) - 1)
        number = self.add([text], [look], height=height)
        self.merged.append(f"A{number}:{last}{number}")


def overview_of(order: Order, sheets: Mapping[str, str], styles: Styles, words: Words, *, is_copy: bool) -> etree._Element:
    """Return the sheet's XML. `sheets` are the names of the workbook's sheets that findings may lead to, by the finding's own."""
    page = _Page(styles)
    page.add([OVERVIEW_MARK], [styles.written()], is_hidden=True)
    page.line(words.title.format(name=writable(order.name)), styles.written(bold=True, size=14, is_text=True))
    for sentence in (words.copied if is_copy else words.own, *words.how):
        page.line(sentence, styles.written())
    page.add(words.headings, [styles.heading()] * len(_WIDTHS), height=24)
    top = len(page.rows)
    _list(page, order.reports, sheets, words)
    return _sheet(page, top)


def _list(page: _Page, reports: Sequence[Report], sheets: Mapping[str, str], words: Words) -> None:
    number = 0
    for report in reports:
        if len(reports) > 1:
            page.line(writable(report.title), page.styles.written(bold=True, is_text=True))
        for finding in report.findings:
            number += 1
            if number <= MOST_LISTED:
                _add_finding(page, number, finding, sheets, words)
    if number > MOST_LISTED:
        page.line(words.more.format(count=number - MOST_LISTED), page.styles.written(bold=True))


def _add_finding(page: _Page, number: int, finding: Finding, sheets: Mapping[str, str], words: Words) -> None:
    cell = finding.cell or ("" if finding.sheet is None else words.whole_sheet)
    texts = [
        *(str(number), words.severities[finding.severity], finding.sheet or words.whole_file, cell, finding.value or ""),
        *(finding.message, finding.expected, finding.fix, finding.rule),
    ]
    target = _target(finding, sheets)
    height = _LINE_POINTS * max(1 + len(text) // width for text, width in zip(texts, _WIDTHS, strict=True)) + 4
    row = page.add(
        [writable(text) for text in texts], list(_looks(page.styles, finding.severity, target)), height=min(height, 400)
    )
    if target:
        page.links.append((f"D{row}", target))


def _looks(styles: Styles, severity: Severity, target: str | None) -> Iterator[int]:
    plain = styles.written(border=True, is_text=True)
    yield styles.written(border=True)
    yield styles.written(bold=True, border=True, fill=COLOURS[severity])
    yield plain
    yield styles.written(border=True, link=True, bold=True) if target else plain
    yield from [plain] * (len(_WIDTHS) - 4)


def _target(finding: Finding, sheets: Mapping[str, str]) -> str | None:
    """Return where a finding's link leads; None where its sheet is not there."""
    sheet = sheets.get(finding.sheet or "")
    if sheet is None:
        return None
    quoted = sheet.replace("'", "''")
    return f"'{quoted}'!{finding.cell if corner_of(finding.cell) else 'A1'}"


def _cell(address: str, text: str, look: int) -> etree._Element:
    """Return a cell with a text that is never a formula, whatever it begins with."""
    cell = etree.Element(named("c"), r=address, s=str(look), t="inlineStr")
    said = etree.SubElement(etree.SubElement(cell, named("is")), named("t"))
    said.set(_SPACE, "preserve")
    said.text = text
    return cell


def _sheet(page: _Page, top: int) -> etree._Element:
    sheet = etree.Element(named("worksheet"), nsmap={None: MAIN})
    fit = etree.SubElement(sheet, named("sheetPr"))
    etree.SubElement(fit, named("tabColor"), rgb="FFC81E1E")
    etree.SubElement(fit, named("pageSetUpPr"), fitToPage="1")
    view = etree.SubElement(etree.SubElement(sheet, named("sheetViews")), named("sheetView"), showGridLines="0", tabSelected="1")
    view.set("workbookViewId", "0")
    etree.SubElement(view, named("pane"), ySplit=str(top), topLeftCell=f"A{top + 1}", activePane="bottomLeft", state="frozen")
    columns = etree.SubElement(sheet, named("cols"))
    for number, width in enumerate(_WIDTHS, start=1):
        etree.SubElement(columns, named("col"), min=str(number), max=str(number), width=str(width), customWidth="1")
    etree.SubElement(sheet, named("sheetData")).extend(page.rows)
    _add_all(sheet, "mergeCells", "mergeCell", [{"ref": area} for area in page.merged])
    _add_all(sheet, "hyperlinks", "hyperlink", [{"ref": cell, "location": target} for cell, target in page.links])
    etree.SubElement(sheet, named("pageSetup"), paperSize="9", orientation="landscape", fitToHeight="0")
    return sheet


def _add_all(sheet: etree._Element, name: str, each: str, attributes: Sequence[Mapping[str, str]]) -> None:
    if attributes:
        parent = etree.SubElement(sheet, named(name))
        for given in attributes:
            etree.SubElement(parent, named(each), dict(given))

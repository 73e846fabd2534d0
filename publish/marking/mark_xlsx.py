"""Marking of an .xlsx: colours and notes at the findings' cells, and the list of findings in front.

Nothing else changes.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from lxml import etree

from program.addresses import column_letter
from program.finding import Finding, Severity
from program.forms.template_marker import is_overview
from publish.marking.cell_styles import CellStyles
from publish.marking.cells import Cells, Corner, corner_of
from publish.marking.notes import Notes
from publish.marking.overview import overview_of, writable
from publish.marking.package import MAIN, RELATION, Package, named
from publish.marking.request import MarkRequest, UnmarkableError
from publish.marking.texts import MarkingTexts, marking_texts

_BOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
_SHEET_ENTRIES = f"{named('sheets')}/{named('sheet')}"
"""The path from the workbook to its entries of sheets."""
_FIRST_CELL = f"{named('sheetData')}/{named('row')}/{named('c')}"
_MOST_NOTES = 1000
"""How many cells of a workbook get a note; the others are coloured only.

Excel takes seconds to open ten thousand notes.
"""
_LONGEST_NOTE = 4000


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A worksheet: its name, its element in the workbook's part, and its own part."""

    name: str
    entry: etree._Element
    part: str


@dataclass(frozen=True, slots=True)
class _Book:
    """A workbook to change: its package, the name of its own part, its cell formats, our words."""

    package: Package
    part: str
    styles: CellStyles
    words: MarkingTexts


def mark_book(order: MarkRequest, names: Mapping[str, str] | None = None) -> bytes:
    """Return an .xlsx with its findings marked.

    `names` is given for a copy: the copy's name of each sheet, by the name that findings have.
    Raises UnmarkableError for what is no common .xlsx, and the errors of `zipfile` for a damaged
    one.
    """
    book = _open(order)
    sheets = {sheet.name: sheet for sheet in _sheets_of(book)}
    earlier = _earlier_overview(book, sheets.values())
    if earlier is not None:
        # The workbook was marked before, then corrected and sent back.
        del sheets[earlier.name]
        _unmark(book, sheets.values())
    if names is None:
        # Findings have the names of the sender's own sheets.
        names_in_book = {name: name for name in sheets}
        is_copy = False
    else:
        names_in_book = dict(names)
        is_copy = True
    sheets_by_finding = {}
    for name, name_in_book in names_in_book.items():
        if name_in_book in sheets:
            sheets_by_finding[name] = sheets[name_in_book]
    _mark_cells(order, book, sheets_by_finding)
    overview = overview_of(
        order,
        names_in_book,
        book.styles,
        book.words,
        is_copy=is_copy,
    )
    if earlier is None:
        _put_first(book, overview)
    else:
        book.package.put(earlier.part, overview)
    # After _put_first, which makes the overview the first of the workbook's entries.
    _open_at_overview(book, sheets.values(), earlier)
    return book.package.save()


def _open(order: MarkRequest) -> _Book:
    package = Package(order.content)
    part = _related(package, "", "officeDocument")
    # Excel opens no .xlsx whose content is of another type, and mail servers refuse macros.
    if package.type_of(part) != _BOOK_TYPE or package.holds("vbaproject.bin"):
        raise UnmarkableError("it has macros, or is a template")
    styles = CellStyles(package.tree(_related(package, part, "styles")))
    return _Book(package, part, styles, marking_texts(order.language))


def _sheets_of(book: _Book) -> Iterator[_Sheet]:
    """Yield the worksheets in order. Sheets with a chart only have no cells and are left out."""
    root = book.package.look(book.part)
    # A workbook of the strict variant of the standard has other names.
    if root.tag != named("workbook"):
        raise UnmarkableError(f"its workbook is {root.tag}")
    worksheets = book.package.related(book.part, "worksheet")
    parts = dict(worksheets)
    for entry in root.iterfind(_SHEET_ENTRIES):
        relation = str(entry.get(named("id", RELATION)))
        if relation in parts:
            name = str(entry.get("name"))
            yield _Sheet(name, entry, parts[relation])


def _related(package: Package, part: str, kind: str) -> str:
    """Return the first part that `part` has a relation of a kind to."""
    relations = package.related(part, kind)
    if not relations:
        raise UnmarkableError(f"the package has no {kind}")
    _, target = relations[0]
    return target


def _mark_cells(order: MarkRequest, book: _Book, sheets: Mapping[str, _Sheet]) -> None:
    # All sheets together: the limit is about opening the file.
    notes_left = _MOST_NOTES
    for name, findings_by_cell in _group_by_cell(order, sheets).items():
        part = sheets[name].part
        tree = book.package.tree(part)
        cells = Cells(tree)
        notes = Notes(book.package, part, book.words.author)
        for corner, findings in findings_by_cell.items():
            cell = cells.at(corner.row, corner.column)
            _colour(cell, book, findings)
            # The colour stays where there are too many notes, and the overview has all findings.
            if notes_left == 0:
                continue
            address = f"{column_letter(corner.column)}{corner.row}"
            text = _note_text(findings, book.words)
            notes.put(corner.row, corner.column, address, text)
            notes_left -= 1


def _colour(cell: etree._Element, book: _Book, findings: Sequence[Finding]) -> None:
    # A cell without a format has the workbook's first one.
    own_format = int(cell.get("s") or 0)
    colour = _colour_of(findings)
    marked_format = book.styles.coloured(own_format, colour)
    cell.set("s", str(marked_format))


def _colour_of(findings: Iterable[Finding]) -> Severity:
    """Return the severity whose colour a cell gets: orange unless a finding is critical."""
    is_critical = any(finding.severity is Severity.CRITICAL for finding in findings)
    return Severity.CRITICAL if is_critical else Severity.WARNING


def _note_text(findings: Iterable[Finding], words: MarkingTexts) -> str:
    # Two rules may ask for the same in the same words.
    texts = dict.fromkeys(words.note_on(finding) for finding in findings)
    return writable("\n\n".join(texts))[:_LONGEST_NOTE]


def _group_by_cell(
    order: MarkRequest,
    sheets: Mapping[str, _Sheet],
) -> dict[str, dict[Corner, list[Finding]]]:
    """Return the findings of each cell by sheet and cell. Findings without a cell are left out."""
    by_sheet: dict[str, dict[Corner, list[Finding]]] = {}
    for report in order.reports:
        for finding in report.findings:
            sheet = finding.sheet or ""
            corner = corner_of(finding.cell)
            if sheet in sheets and corner is not None:
                by_cell = by_sheet.setdefault(sheet, {})
                by_cell.setdefault(corner, []).append(finding)
    return by_sheet


def _earlier_overview(book: _Book, sheets: Iterable[_Sheet]) -> _Sheet | None:
    """Return the list of findings that an earlier marking put in; None if there is none."""
    for sheet in sheets:
        text = _first_text(book, sheet)
        if is_overview([[text]]):
            return sheet
    return None


def _first_text(book: _Book, sheet: _Sheet) -> str:
    """Return the text of cell A1; "" if it has none."""
    root = book.package.look(sheet.part)
    first = root.find(_FIRST_CELL)
    if first is None:
        return ""
    # A cell without an address is the first of its row.
    if first.get("r") not in (None, "A1"):
        return ""
    if first.get("t") != "s":
        return _text_in(first)
    # A program that saved the sheet moved its texts to the shared strings.
    name = _related(book.package, book.part, "sharedStrings")
    shared = book.package.look(name)
    number = int(first.findtext(named("v")) or 0)
    if number >= len(shared):
        return ""
    return _text_in(shared[number])


def _text_in(element: etree._Element) -> str:
    return "".join(element.itertext(named("t"), with_tail=False))


def _unmark(book: _Book, sheets: Iterable[_Sheet]) -> None:
    """Remove the colours and notes of an earlier marking: a corrected cell must not look wrong."""
    originals: dict[str, str] = {}
    for marked, original in book.styles.uncoloured().items():
        originals[str(marked)] = str(original)
    for sheet in sheets:
        tree = book.package.tree(sheet.part)
        for cell in Cells(tree).every():
            own_format = str(cell.get("s"))
            if own_format in originals:
                cell.set("s", originals[own_format])
        notes = Notes(book.package, sheet.part, book.words.author)
        notes.remove()


def _put_first(book: _Book, sheet: etree._Element) -> None:
    """Put a new sheet before all others."""
    package = book.package
    part = package.free_name("xl/worksheets/sheet{}.xml")
    package.put(part, sheet, _SHEET_TYPE)
    root = package.tree(book.part)
    entries = root.find(named("sheets"))
    if entries is None:
        raise UnmarkableError("its workbook has no sheets")
    # Ids are unique but in no order, and those of deleted sheets are missing.
    ids = [int(entry.get("sheetId") or 0) for entry in entries]
    new_id = max(ids, default=0) + 1
    entry = etree.Element(
        named("sheet"),
        name=_free_title(book.words.sheet, entries),
        sheetId=str(new_id),
        nsmap={"r": RELATION, None: MAIN},
    )
    relation = package.relate(book.part, "worksheet", part)
    entry.set(named("id", RELATION), relation)
    entries.insert(0, entry)
    # A defined name that holds on one sheet only has the sheet's position, which is one more now.
    for defined in root.iter(named("definedName")):
        position = defined.get("localSheetId")
        if position is not None:
            moved = int(position) + 1
            defined.set("localSheetId", str(moved))


def _free_title(title: str, entries: etree._Element) -> str:
    """Return `title`, with a number where a sheet has it already. Excel ignores case."""
    taken = {str(entry.get("name")).casefold() for entry in entries}
    number = 1
    free = title
    while free.casefold() in taken:
        number += 1
        free = f"{title} ({number})"
    return free


def _open_at_overview(
    book: _Book,
    sheets: Iterable[_Sheet],
    earlier: _Sheet | None,
) -> None:
    """Let the workbook open at the list of findings.

    No other sheet stays selected: an entry would go into all selected sheets.
    """
    root = book.package.tree(book.part)
    position = 0
    if earlier is not None:
        # Since the earlier marking, its overview may have been moved.
        entries = list(root.iterfind(_SHEET_ENTRIES))
        position = entries.index(earlier.entry)
    for view in root.iter(named("workbookView")):
        view.attrib.pop("firstSheet", None)
        view.set("activeTab", str(position))
    for sheet in sheets:
        _deselect(book, sheet)


def _deselect(book: _Book, sheet: _Sheet) -> None:
    sheet_view = named("sheetView")
    views = book.package.look(sheet.part).iter(sheet_view)
    is_selected = any(view.get("tabSelected") for view in views)
    # `tree` has the part written again: a sheet that is not selected keeps its bytes.
    if is_selected:
        for view in book.package.tree(sheet.part).iter(sheet_view):
            view.attrib.pop("tabSelected", None)

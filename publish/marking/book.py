"""An .xlsx marked: colours and notes at the cells of findings, the list of findings in front, and nothing else changed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from program.addresses import column_letter
from program.finding import Finding, Severity
from program.marker import is_overview
from publish.marking.cells import Cells, corner_of
from publish.marking.notes import Notes
from publish.marking.order import Order, UnmarkableError
from publish.marking.overview import overview_of, writable
from publish.marking.package import MAIN, RELATION, Package, named
from publish.marking.styles import Styles
from publish.marking.words import Words, words_of

_BOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
_MOST_NOTES = 1000
"""Cells with a note in one workbook; those after them are coloured only. Excel takes seconds to open ten thousand notes."""
_LONGEST_NOTE = 4000


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A worksheet: its name, its element in the workbook, and its part."""

    name: str
    entry: etree._Element
    part: str


def mark_book(order: Order, sheets: Mapping[str, str] | None = None) -> bytes:
    """Return an .xlsx with its findings marked.

    `sheets` gives the workbook's own name of each sheet that findings name, where it is a copy; None: they are the same.
    Raises UnmarkableError for what is no .xlsx of the usual kind, and what `zipfile` raises for a damaged one.
    """
    words, package = words_of(order.language), Package(order.content)
    workbook = _related(package, "", "officeDocument")
    # Excel refuses a name that does not fit what is inside, and mail servers refuse macros.
    if package.type_of(workbook) != _BOOK_TYPE or package.holds("vbaproject.bin"):
        raise UnmarkableError("it has macros, or is a template")
    styles = Styles(package.tree(_related(package, workbook, "styles")))
    found = {sheet.name: sheet for sheet in _sheets_of(package, workbook)}
    earlier = next((sheet for sheet in found.values() if _is_overview(package, workbook, sheet)), None)
    if earlier is not None:
        del found[earlier.name]
        _unmark(package, found, styles, words)
    names = {name: name for name in found} if sheets is None else dict(sheets)
    _mark_cells(order, package, {name: found[own] for name, own in names.items() if own in found}, styles, words)
    front = overview_of(order, names, styles, words, is_copy=sheets is not None)
    if earlier is not None:
        package.put(earlier.part, front)
    else:
        _put_first(package, workbook, front, words.sheet)
    _open_at_front(package, workbook, found, earlier)
    return package.save()


def _sheets_of(package: Package, workbook: str) -> Iterator[_Sheet]:
    root = package.look(workbook)
    if root.tag != named("workbook"):
        raise UnmarkableError(f"its workbook is {root.tag}")
    parts = dict(package.related(workbook, "worksheet"))
    for entry in root.iterfind(f"{named('sheets')}/{named('sheet')}"):
        part = parts.get(str(entry.get(named("id", RELATION))))
        if part is not None:
            yield _Sheet(str(entry.get("name")), entry, part)


def _related(package: Package, part: str, kind: str) -> str:
    found = package.related(part, kind)
    if not found:
        raise UnmarkableError(f"the package has no {kind}")
    return found[0][1]


def _mark_cells(order: Order, package: Package, sheets: Mapping[str, _Sheet], styles: Styles, words: Words) -> None:
    notes = 0
    for sheet, places in _by_place(order, sheets).items():
        cells, boxes = Cells(package.tree(sheets[sheet].part)), Notes(package, sheets[sheet].part, words.author)
        for (row, column), findings in places.items():
            worst = Severity.CRITICAL if any(f.severity is Severity.CRITICAL for f in findings) else Severity.WARNING
            cell = cells.at(row, column)
            cell.set("s", str(styles.coloured(int(cell.get("s") or 0), worst)))
            notes += 1
            if notes <= _MOST_NOTES:
                text = writable("\n\n".join(dict.fromkeys(map(words.note_on, findings))))
                boxes.put(row, column, f"{column_letter(column)}{row}", text[:_LONGEST_NOTE])


def _by_place(order: Order, sheets: Mapping[str, _Sheet]) -> dict[str, dict[tuple[int, int], list[Finding]]]:
    """Return the findings of each cell, sheet by sheet."""
    places: dict[str, dict[tuple[int, int], list[Finding]]] = {}
    for finding in (each for report in order.reports for each in report.findings):
        corner, sheet = corner_of(finding.cell), finding.sheet or ""
        if sheet in sheets and corner is not None:
            places.setdefault(sheet, {}).setdefault(corner, []).append(finding)
    return places


def _is_overview(package: Package, workbook: str, sheet: _Sheet) -> bool:
    """Tell whether a sheet is the list of an earlier marking; a spreadsheet program has moved its texts by then."""
    first = package.look(sheet.part).find(f"{named('sheetData')}/{named('row')}/{named('c')}")
    if first is None or first.get("r") not in (None, "A1"):
        return False
    text = "".join(first.itertext(named("t"), with_tail=False))
    if first.get("t") == "s":
        shared = package.look(_related(package, workbook, "sharedStrings"))
        number = int(first.findtext(named("v")) or 0)
        text = "".join(shared[number].itertext(named("t"), with_tail=False)) if number < len(shared) else ""
    return is_overview([[text]])


def _unmark(package: Package, sheets: Mapping[str, _Sheet], styles: Styles, words: Words) -> None:
    """Take away what an earlier marking put into cells: what is mended must not look wrong still."""
    looks = {str(marked): str(look) for marked, look in styles.uncoloured().items()}
    for sheet in sheets.values():
        for cell in Cells(package.tree(sheet.part)).every():
            if cell.get("s") in looks:
                cell.set("s", looks[str(cell.get("s"))])
        Notes(package, sheet.part, words.author).remove()


def _put_first(package: Package, workbook: str, front: etree._Element, title: str) -> None:
    """Put a sheet before all others. Names that hold on one sheet only count the sheets, so theirs move on."""
    part = package.free_name("xl/worksheets/sheet{}.xml")
    package.put(part, front, _SHEET_TYPE)
    root = package.tree(workbook)
    sheets = root.find(named("sheets"))
    if sheets is None:
        raise UnmarkableError("its workbook has no sheets")
    taken = {str(sheet.get("name")).casefold() for sheet in sheets}
    name = next(n for k in range(1, len(taken) + 2) if (n := title if k == 1 else f"{title} ({k})").casefold() not in taken)
    number = max((int(sheet.get("sheetId") or 0) for sheet in sheets), default=0) + 1
    entry = etree.Element(named("sheet"), name=name, sheetId=str(number), nsmap={"r": RELATION, None: MAIN})
    entry.set(named("id", RELATION), package.relate(workbook, "worksheet", part))
    sheets.insert(0, entry)
    for each in root.iter(named("definedName")):
        if each.get("localSheetId") is not None:
            each.set("localSheetId", str(int(str(each.get("localSheetId"))) + 1))


def _open_at_front(package: Package, workbook: str, sheets: Mapping[str, _Sheet], front: _Sheet | None) -> None:
    """Have the workbook open at the list. Two sheets that are chosen at once would take each entry both."""
    root = package.tree(workbook)
    entries = list(root.iterfind(f"{named('sheets')}/{named('sheet')}"))
    for view in root.iter(named("workbookView")):
        view.attrib.pop("firstSheet", None)
        view.set("activeTab", str(entries.index(front.entry) if front else 0))
    for sheet in sheets.values():
        if any(view.get("tabSelected") for view in package.look(sheet.part).iter(named("sheetView"))):
            for view in package.tree(sheet.part).iter(named("sheetView")):
                view.attrib.pop("tabSelected", None)

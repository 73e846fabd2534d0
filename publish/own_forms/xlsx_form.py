"""Fill the named cells of a workbook. Nothing else changes but a sheet behind all others.

A cell named `mtqg.T05` gets the province's figure of indicator T05, `mtqg.T05.942` that of a unit,
`mtqg.training.participants_total` a figure of a form, `mtqg.T05.coverage` how many units are in it,
`mtqg.T05.target` its target, `mtqg.period` the period in words.
"""

import re
from collections.abc import Iterator

from lxml import etree

from program.errors import UsageError
from publish.marking.cells import Cells, corner_of
from publish.marking.overview import writable
from publish.marking.package import MAIN, RELATION, Package, add_element, named
from publish.own_forms.annex import HEADINGS, TITLE, annex_rows
from publish.own_forms.figures import FigureSource

_PREFIX = "mtqg."
_ASPECTS = ("coverage", "target")
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
_TARGET = re.compile(r"(?:'(?P<quoted>(?:[^']|'')+)'|(?P<plain>[^'!]+))!(?P<cell>\$?[A-Z]+\$?\d+)")
_XML_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_ANNEX = "Phu luc MTQG"
"""Short and without diacritics: a sheet's name has 31 letters at most, and must be free."""


def fill_xlsx(content: bytes, source: FigureSource) -> bytes:
    """Return a workbook with its named cells filled, and an annex that traces each figure.

    All other parts keep their bytes. A figure that nobody reported leaves its cell empty.
    Raises UsageError for a name that asks for nothing that there is.
    """
    package = Package(content)
    _, book_part = package.related("", "officeDocument")[0]
    places = list(_places(package, book_part))
    if not places:
        raise UsageError(f"the workbook has no cell whose name begins with {_PREFIX!r}")
    sheets = _sheet_parts(package, book_part)
    for name, sheet, address in places:
        corner = corner_of(address)
        if corner is None or sheet not in sheets:
            raise UsageError(f"the name {_PREFIX}{name} leads to no cell")
        cell = Cells(package.tree(sheets[sheet])).at(corner.row, corner.column)
        _set(cell, _value(name, source))
    _append_annex(package, book_part, source)
    _recalculate(package, book_part)
    return package.save()


def _places(package: Package, book_part: str) -> Iterator[tuple[str, str, str]]:
    """Yield each name of ours without its beginning, with the sheet and the cell it leads to."""
    for defined in package.look(book_part).iter(named("definedName")):
        name = str(defined.get("name"))
        target = _TARGET.fullmatch((defined.text or "").strip())
        if not name.casefold().startswith(_PREFIX):
            continue
        if target is None:
            raise UsageError(f"the name {name} leads to no single cell: {defined.text}")
        sheet = target["plain"] or target["quoted"].replace("''", "'")
        yield name[len(_PREFIX) :], sheet, target["cell"]


def _sheet_parts(package: Package, book_part: str) -> dict[str, str]:
    parts = dict(package.related(book_part, "worksheet"))
    entries = package.look(book_part).iterfind(f"{named('sheets')}/{named('sheet')}")
    found = {}
    for entry in entries:
        relation = str(entry.get(named("id", RELATION)))
        if relation in parts:
            found[str(entry.get("name"))] = parts[relation]
    return found


def _value(name: str, source: FigureSource) -> float | str | None:
    if name in source.words:
        return source.words[name]
    place, _, aspect = name.rpartition(".")
    if aspect in _ASPECTS:
        figure = source.find(place)
        return figure.coverage if aspect == "coverage" else figure.target
    return source.find(name).value


def _set(cell: etree._Element, value: float | str | None) -> None:
    """Give a cell a value; it keeps its format."""
    for child in list(cell):
        cell.remove(child)
    cell.attrib.pop("t", None)
    if isinstance(value, str):
        cell.set("t", "inlineStr")
        _add_text(cell, value)
    elif value is not None:
        add_element(cell, "v").text = repr(value)


def _add_text(cell: etree._Element, text: str) -> None:
    written = add_element(add_element(cell, "is"), "t")
    written.set(_XML_SPACE, "preserve")
    written.text = writable(text)


def _append_annex(package: Package, book_part: str, source: FigureSource) -> None:
    """Add the annex behind all other sheets: no name or link of theirs moves."""
    part = package.free_name("xl/worksheets/sheet{}.xml")
    package.put(part, _annex(source), _SHEET_TYPE)
    entries = package.tree(book_part).find(named("sheets"))
    taken = {str(entry.get("name")).casefold() for entry in entries}
    name = _ANNEX
    while name.casefold() in taken:
        name = f"{name}+"
    ids = [int(entry.get("sheetId") or 0) for entry in entries]
    entry = add_element(entries, "sheet", name=name, sheetId=str(max(ids, default=0) + 1))
    entry.set(named("id", RELATION), package.relate(book_part, "worksheet", part))


def _annex(source: FigureSource) -> etree._Element:
    sheet = etree.Element(named("worksheet"), nsmap={None: MAIN})
    data = add_element(sheet, "sheetData")
    rows = [(TITLE,), HEADINGS, *annex_rows(source.figures.values())]
    for number, texts in enumerate(rows, start=1):
        row = add_element(data, "row", r=str(number))
        for text in texts:
            # Without an address a cell comes right after the one before it.
            _add_text(add_element(row, "c", t="inlineStr"), text)
    add_element(sheet, "pageSetup", paperSize="9", orientation="landscape", fitToHeight="0")
    return sheet


def _recalculate(package: Package, book_part: str) -> None:
    """Let Excel calculate on opening: the form's own formulas have values of before."""
    root = package.tree(book_part)
    calculation = root.find(named("calcPr"))
    if calculation is None:
        calculation = etree.Element(named("calcPr"))
        # The standard has it after the names, which there are.
        root.find(named("definedNames")).addnext(calculation)
    calculation.set("fullCalcOnLoad", "1")

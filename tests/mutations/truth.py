"""Whether the facts of a damaged workbook stand in its cells, asked of calamine and, for .xlsx, of openpyxl too."""

import io
import json
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from functools import cache, partial

import openpyxl
from python_calamine import CalamineWorkbook

from connectors.reader.json_reports.portal_report import is_json
from connectors.reader.open.delimited import NoRows, read_delimited
from connectors.reader.open.signatures import OLE, ZIP
from connectors.reader.open.workbook import CellValue
from program.labels import fold
from program.submission import Fact

Cells = Callable[[str, int, int], object]
Known = Mapping[tuple[str, str], frozenset[object]]
"""What a good workbook's element became, by the element and what stood in its cell."""

_ADDRESS = re.compile(r"([A-Z]{1,3})([0-9]+)")
_DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_MAX_CELLS = 5_000_000
_UNSEEN = object()
"""What a library says of a cell of a sheet that it does not show: one beyond `_MAX_CELLS`.

Or, openpyxl, one in which it sees nothing at all, its XML namespace being damaged.
"""
_SCALES = (1.0, 100.0, 1e3, 1e6, 1e9)


def untrue(facts: tuple[Fact, ...], content: bytes, known: Known) -> str | None:
    """Return the first fact that its own cell does not hold, None where all do."""
    if is_json(content):
        values = list(_scalars(json.loads(content)))
        lies = (
            fact
            for fact in facts
            if fact.value is not None
            and ":" not in fact.cell
            and not any(_holds(value, fact, known) for value in values)
        )
        return next(
            (f"{fact.element} = {_said(fact)!r}, which stands nowhere" for fact in lies), None
        )
    readers = [_by_calamine(content), _by_openpyxl(content)]
    for fact in facts:
        at = _ADDRESS.fullmatch(fact.cell)
        for cells in readers if at else []:
            found = cells(fact.sheet, int(at[2]) - 1, _column(at[1])) if cells else None
            if cells and found is not _UNSEEN and not _holds(found, fact, known):
                return f"{fact.element} = {fact.value if fact.text is None else fact.text!r}, but {fact.sheet}!{fact.cell} is {found!r}"
    return None


def knowledge(facts: tuple[Fact, ...], content: bytes) -> Known:
    """Return what a good workbook's texts became: "Cấp huyện" a word of the vocabulary."""
    if is_json(content):
        return {}
    cells = _by_calamine(content)
    known: dict[tuple[str, str], set[object]] = {}
    for fact in facts:
        at = _ADDRESS.fullmatch(fact.cell)
        if at and cells:
            found = cells(fact.sheet, int(at[2]) - 1, _column(at[1]))
            known.setdefault((fact.element, str(found)), set()).add(_said(fact))
    return {place: frozenset(values) for place, values in known.items()}


def _scalars(value: object) -> Iterator[object]:
    """Yield every text and number of a JSON value."""
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _scalars(each)
    else:
        yield value


def _column(letters: str) -> int:
    return openpyxl.utils.column_index_from_string(letters) - 1


def _said(fact: Fact) -> object:
    return fact.value if fact.text is None else fact.text


def _holds(cell: object, fact: Fact, known: Known) -> bool:
    if _said(fact) in known.get((fact.element, str(cell)), frozenset()):
        return True
    if isinstance(cell, datetime | date):
        return fact.text is not None and f"{cell:%Y-%m-%d}" == fact.text[:10]
    if isinstance(cell, bool) or cell is None:
        return False
    if fact.value is not None:
        figures = [cell] if isinstance(cell, int | float) else [_figure(str(cell))]
        return any(
            abs(figure * scale - fact.value) <= 1e-6 * max(1, abs(fact.value))
            for figure in figures
            for scale in _SCALES
        )
    shown = f"{cell:.15g}" if isinstance(cell, float) else str(cell)
    day = _DAY.fullmatch(shown)
    if day and f"{day[3]}-{day[2]:0>2}-{day[1]:0>2}" == str(fact.text)[:10]:
        return True
    return fold(shown) == fold(fact.text or "") or str(fact.text) in shown


def _figure(text: str) -> float:
    """Return the digits of a text as a figure, the Vietnamese way: a comma before decimals."""
    digits = re.sub(r"[^0-9,()-]", "", text)
    try:
        return (
            -float(digits.strip("()-").replace(",", "."))
            if digits[:1] in ("-", "(")
            else float(digits.replace(",", "."))
        )
    except ValueError:
        return float("nan")


def _by_calamine(content: bytes) -> Cells | None:
    if not content.startswith((ZIP, OLE)):
        return partial(_in_rows, read_delimited(content, max_cells=_MAX_CELLS))
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))

    @cache
    def rows(name: str) -> list[list[CellValue]] | None:
        sheet = book.get_sheet_by_name(name)
        # One that a stray cell makes reach to the last row there is would be 17 thousand million
        # cells here. Its "total" is an index.
        cells = (sheet.total_height + 1) * (sheet.total_width + 1)
        return sheet.to_python(skip_empty_area=False) if cells <= _MAX_CELLS else None

    def found(sheet: str, row: int, column: int) -> object:
        held = rows(sheet)
        return _UNSEEN if held is None else _in_rows(held, sheet, row, column)

    return found


def _in_rows(
    rows: list[list[CellValue]] | list[list[str]] | NoRows, _: str, row: int, column: int
) -> object:
    return (
        None
        if isinstance(rows, NoRows) or row >= len(rows) or column >= len(rows[row])
        else rows[row][column]
    )


def _by_openpyxl(content: bytes) -> Cells | None:
    """Return the cells as another library reads them, None where it cannot: it is stricter in places, and knows .xlsx alone."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(io.BytesIO(content), data_only=True)
            sheets = {
                sheet.title: sheet
                for sheet in book.worksheets
                if sheet.max_row * sheet.max_column <= _MAX_CELLS
            }
            seen = {
                title
                for title, sheet in sheets.items()
                if any(any(row) for row in sheet.iter_rows(values_only=True))
            }
    except Exception:
        return None

    def found(sheet: str, row: int, column: int) -> object:
        if sheet in book.sheetnames and sheet not in seen:
            return _UNSEEN
        return sheets[sheet].cell(row + 1, column + 1).value if sheet in sheets else None

    return found

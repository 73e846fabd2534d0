"""Several reports in a file: a zip, a workbook with two quarters, and JSON from the portal."""

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from itertools import chain
from pathlib import PurePosixPath

import openpyxl
import xlsxwriter
from openpyxl.worksheet.worksheet import Worksheet
from xlsxwriter.format import Format

from examples.synthetic.training import PDF, invent, workbook_of
from examples.synthetic.workbooks import path_of
from program.calendar.period import Period
from program.forms.template_marker import HIDDEN_SHEETS
from program.pack.pack import Pack
from program.units.unit import Unit
from publish.template.values import Cell

FIRST, SECOND = Period.parse("2023-Q1"), Period.parse("2023-Q2")
ZIPPED, TWO_QUARTERS, BY_PORTAL = "941", "943", "947"


def build(pack: Pack) -> Iterator[tuple[str, bytes]]:
    """Yield (path below the inbox, bytes) of a file of each kind."""
    units = {unit.code: unit for unit in pack.units if unit.is_valid_on(SECOND.end)}
    yield _path(units[ZIPPED], ".zip"), _zip(pack, units[ZIPPED])
    yield _path(units[TWO_QUARTERS], ".xlsx"), _two_quarters(pack, units[TWO_QUARTERS])
    yield _path(units[BY_PORTAL], ".json"), _portal(units[BY_PORTAL])


def _path(unit: Unit, suffix: str) -> str:
    return path_of(unit, "tập huấn", FIRST, " và Q2").removesuffix(".xlsx") + suffix


def _zip(pack: Pack, unit: Unit) -> bytes:
    files: dict[str, bytes] = {}
    for quarter in (FIRST, SECOND):
        name = PurePosixPath(path_of(unit, "tập huấn", quarter)).name
        files[name] = workbook_of(pack, unit, quarter)
    # An office often adds such files; they hold no report.
    files |= {"Công văn (bản quét).pdf": PDF, "Thumbs.db": b""}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(f"SYNTHETIC 2023/{name}"), content)
    return buffer.getvalue()


def _two_quarters(pack: Pack, unit: Unit) -> bytes:
    """Return the sheets of both quarters in one workbook, copied without marker and formulas."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        book.set_properties({"created": datetime(2023, 7, 5)})  # noqa: DTZ001  (what xlsxwriter takes)
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        for quarter in (FIRST, SECOND):
            content = io.BytesIO(workbook_of(pack, unit, quarter))
            source = openpyxl.load_workbook(content, data_only=True)
            for sheet in source:
                if sheet.title not in HIDDEN_SHEETS:
                    target = book.add_worksheet(f"{sheet.title} Q{quarter.number}")
                    _copy_cells(sheet, target, day)
    return buffer.getvalue()


def _copy_cells(source: Worksheet, target: xlsxwriter.worksheet.Worksheet, day: Format) -> None:
    """Copy all values to the same places; dates get the format `day`."""
    for cell in chain.from_iterable(source.iter_rows()):
        if cell.value is not None:
            cell_format = day if isinstance(cell.value, date) else None
            target.write(cell.row - 1, cell.column - 1, cell.value, cell_format)


def _portal(unit: Unit) -> bytes:
    reports = [_report(unit, quarter) for quarter in (FIRST, SECOND)]
    return json.dumps(reports, ensure_ascii=False, indent=1).encode()


def _report(unit: Unit, quarter: Period) -> dict[str, object]:
    levels, classes = invent(unit, quarter)
    return {
        "form": "training",
        "version": "v1",
        "unit": unit.code,
        "period": quarter.code,
        "tables": {
            "levels": [{"line": line, **figures} for line, figures in levels.items()],
            "class_list": [_plain(each) for each in classes],
        },
    }


def _plain(line: Mapping[str, Cell]) -> dict[str, object]:
    """Return a line for JSON, with dates as an office writes them."""
    plain: dict[str, object] = {}
    for name, cell in line.items():
        plain[name] = f"{cell:%d/%m/%Y}" if isinstance(cell, date) else cell
    return plain

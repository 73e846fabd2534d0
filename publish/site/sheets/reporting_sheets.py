"""The tables of the pages on reports as sheets: the heat maps of a form, the units of an area."""

from collections.abc import Callable, Sequence

from program.pack.pack import Pack
from program.records.query_rows import ReportingRow
from program.records.report_state import ReportState
from publish.reports.table import CellValue, Number, ReportColumn, ReportRow, ReportTable, RowLook
from publish.site.area_pages import AreaPage
from publish.site.reporting_pages import HeatMap
from publish.site.sheets.columns import (
    RATE_COLUMNS,
    UNIT_COLUMNS,
    at_once_cell,
    period_title,
    rate_cells,
    sheet_name,
    source_notes,
    unit_cells,
)

_STATES_NOTE = "Ô trống: không phải gửi báo cáo của kỳ đó. Dấu *: bản gửi sau cần sửa."


def reporting_sheets(
    maps: Sequence[HeatMap], pack: Pack, state_of: Callable[[ReportingRow], ReportState]
) -> list[ReportTable]:
    """Return a sheet for each heat map: the state of each report in words, and the rates."""
    return [_heat_map(heat_map, pack, state_of) for heat_map in maps]


def area_sheets(page: AreaPage, pack: Pack) -> list[ReportTable]:
    """Return the reports of the units below a parent as one sheet. `page` has all of them."""
    columns = (
        *UNIT_COLUMNS,
        *RATE_COLUMNS,
        ReportColumn("Chưa gửi", 10),
        ReportColumn("Chờ sửa", 10),
        ReportColumn("Đạt ngay lần đầu", 12, measure="%", decimals=1),
    )
    rows = []
    for unit, line in page.lines:
        waiting = (line.states[ReportState.MISSING], line.states[ReportState.TO_FIX])
        cells = (*unit_cells(unit), *rate_cells(line.rates), *map(Number, waiting))
        rows.append(ReportRow((*cells, at_once_cell(line.quality))))
    return [
        ReportTable(
            sheet="Các đơn vị",
            title=f"Tình hình báo cáo của các đơn vị: {page.parent.name}",
            subtitle="Các báo cáo đã đến hạn",
            remarks=(),
            columns=columns,
            rows=tuple(rows),
            notes=source_notes(pack),
        )
    ]


def _heat_map(
    heat_map: HeatMap, pack: Pack, state_of: Callable[[ReportingRow], ReportState]
) -> ReportTable:
    grid = heat_map.table.grid
    periods = [ReportColumn(period_title(*column), 13) for column in grid.columns]
    rows = []
    for unit, cells in grid.lines:
        states = [_state(cell, state_of) for cell in cells]
        rates = rate_cells(heat_map.rates_of(unit))
        rows.append(ReportRow((*unit_cells(unit), *states, *rates)))
    blanks: tuple[CellValue, ...] = (None,) * (1 + len(periods))
    rows.append(ReportRow(("Cộng", *blanks, *rate_cells(heat_map.total)), RowLook.TOTAL))
    # A form may have several kinds of periods, each with sheets of its own.
    kind_and_level = heat_map.table.title.rpartition(" – ")[2]
    return ReportTable(
        sheet=sheet_name(kind_and_level.capitalize()),
        title=f"Tình hình gửi: {heat_map.table.title}",
        subtitle="Tỷ lệ tính trên các báo cáo đã đến hạn",
        remarks=(),
        columns=(*UNIT_COLUMNS, *periods, *RATE_COLUMNS),
        rows=tuple(rows),
        notes=(_STATES_NOTE, *source_notes(pack)),
    )


def _state(cell: ReportingRow | None, state_of: Callable[[ReportingRow], ReportState]) -> CellValue:
    if cell is None:
        return None
    has_newer = cell.is_open and cell.verdict is not None and cell.verdict.loads
    return f"{state_of(cell).label}{' *' if has_newer else ''}"

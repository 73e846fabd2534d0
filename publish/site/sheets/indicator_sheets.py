"""The tables of an indicator's page as sheets: one for each level of units."""

from collections.abc import Iterable, Iterator
from itertools import chain

from program.pack.catalogue import Indicator
from program.pack.pack import Pack
from program.records.query_rows import ProgressRow, TerritorySumRow
from publish.reports.table import CellValue, Number, ReportColumn, ReportRow, ReportTable
from publish.site.indicator_pages import IndicatorPage
from publish.site.sheets.columns import (
    DOUBT_NOTE,
    EMPTY_NOTE,
    UNIT_COLUMNS,
    figure_cell,
    figure_column,
    period_title,
    source_notes,
    unit_cells,
)
from publish.site.tables.grids import ReportingGrid


def indicator_sheets(page: IndicatorPage, pack: Pack) -> list[ReportTable]:
    """Return the figures of units by level, then the sums; none without a figure.

    `page` has its tables in whole.
    """
    own = [_figures(page.indicator, table.grid, pack) for table in page.figures]
    return [*own, *(_sums(page.indicator, table.grid, pack) for table in page.territories)]


def _figures(indicator: Indicator, grid: ReportingGrid[ProgressRow], pack: Pack) -> ReportTable:
    columns = [figure_column(indicator, period_title(*column)) for column in grid.columns]
    rows = []
    for unit, cells in grid.lines:
        figures = [figure_cell(indicator, cell) for cell in cells]
        rows.append(ReportRow((*unit_cells(unit), *figures)))
    return ReportTable(
        sheet=grid.level.capitalize(),
        title=indicator.name,
        subtitle=f"Mã {indicator.code}; đơn vị tính: {indicator.unit}; đơn vị {grid.level}",
        remarks=(),
        columns=(*UNIT_COLUMNS, *columns),
        rows=tuple(rows),
        notes=(DOUBT_NOTE, EMPTY_NOTE, *_source(_filled(grid), pack)),
    )


def _sums(indicator: Indicator, grid: ReportingGrid[TerritorySumRow], pack: Pack) -> ReportTable:
    """Return sums, each beside how many of how many units have reported."""
    is_province = grid.level == "cấp tỉnh"
    columns: list[ReportColumn] = []
    for column in grid.columns:
        group = period_title(*column)
        columns += [
            figure_column(indicator, "Số cộng", group),
            ReportColumn("Đã báo cáo", 10, group, "đơn vị"),
            ReportColumn("Tất cả", 10, group, "đơn vị"),
        ]
    rows = []
    for unit, cells in grid.lines:
        of_line = chain.from_iterable(_sum_cells(indicator, cell) for cell in cells)
        rows.append(ReportRow((*unit_cells(unit), *of_line)))
    return ReportTable(
        sheet="Cộng toàn tỉnh" if is_province else "Theo địa bàn huyện cũ",
        title=indicator.name,
        subtitle=f"Mã {indicator.code}; đơn vị tính: {indicator.unit}; cộng các đơn vị đã báo cáo",
        remarks=(),
        columns=(*UNIT_COLUMNS, *columns),
        rows=tuple(rows),
        notes=(DOUBT_NOTE, EMPTY_NOTE, *_source(_filled(grid), pack)),
    )


def _sum_cells(indicator: Indicator, row: TerritorySumRow | None) -> Iterator[CellValue]:
    yield figure_cell(indicator, row)
    is_known = row is not None and row.actual is not None
    yield Number(row.reported) if row is not None and is_known else None
    yield Number(row.whole) if row is not None and is_known else None


def _filled(grid: ReportingGrid[ProgressRow] | ReportingGrid[TerritorySumRow]) -> Iterator[bool]:
    """Yield of each figure whether it is synthetic."""
    for _, cells in grid.lines:
        for cell in cells:
            if cell is not None:
                yield cell.is_synthetic


def _source(synthetic: Iterable[bool], pack: Pack) -> tuple[str, ...]:
    return source_notes(pack, is_synthetic=any(synthetic))

"""The tables of a unit's page as sheets: its figures, and its reports."""

from program.calendar.period import Period
from program.pack.pack import Pack
from publish.reports.table import ReportColumn, ReportRow, ReportTable
from publish.site.sheets.columns import (
    DOUBT_NOTE,
    figure_cell,
    optional,
    period_title,
    source_notes,
)
from publish.site.site_data import SiteData
from publish.site.unit_pages import UnitPage

_FIGURE_COLUMNS = (
    ReportColumn("Chỉ tiêu", 50),
    ReportColumn("Mã", 28),
    ReportColumn("Đơn vị tính", 16),
    ReportColumn("Kỳ", 14),
    ReportColumn("Số liệu", 14, decimals=2),
)
_REPORT_COLUMNS = (
    ReportColumn("Báo cáo", 40),
    ReportColumn("Kỳ", 24),
    ReportColumn("Hạn gửi", 13),
    ReportColumn("Tình trạng", 20),
    ReportColumn("Gửi chậm", 12, measure="ngày làm việc"),
    ReportColumn("Số lần gửi", 10),
)


def unit_sheets(page: UnitPage, data: SiteData) -> list[ReportTable]:
    """Return the figures of a unit and its reports.

    Without names of files and texts of findings, which may name persons.
    """
    return [_figures(page, data.pack), _reports(page, data)]


def _figures(page: UnitPage, pack: Pack) -> ReportTable:
    rows = []
    is_synthetic = False
    for line in page.figures:
        indicator = line.indicator
        for row in line.rows:
            period = period_title(row.period, row.stage)
            named = (indicator.name, indicator.code, indicator.unit, period)
            rows.append(ReportRow((*named, figure_cell(indicator, row))))
            is_synthetic = is_synthetic or row.is_synthetic
    return ReportTable(
        sheet="Số liệu",
        title=f"Số liệu của {page.unit.name}",
        subtitle=f"Mã {page.unit.code}; các kỳ gần nhất",
        remarks=(),
        columns=_FIGURE_COLUMNS,
        rows=tuple(rows),
        notes=(DOUBT_NOTE, *source_notes(pack, is_synthetic=is_synthetic)),
        frozen=1,
    )


def _reports(page: UnitPage, data: SiteData) -> ReportTable:
    pack = data.pack
    rows = []
    for row in page.reports:
        cells = (
            pack.short_title_of(row.form_code) or row.form_code,
            pack.label_of(row.form_code, row.period, row.stage) or Period.parse(row.period).label,
            row.due_date,
            data.state_of(row).label,
            optional(data.days_late(row)),
            optional(row.versions or None),
        )
        rows.append(ReportRow(cells))
    return ReportTable(
        sheet="Báo cáo",
        title=f"Các báo cáo của {page.unit.name}",
        subtitle=f"Mã {page.unit.code}",
        remarks=(),
        columns=_REPORT_COLUMNS,
        rows=tuple(rows),
        notes=source_notes(pack),
        frozen=1,
    )

"""The tables of the quality page as sheets: by rule, unit, period and run.

Without the words of findings, which quote a report, and may name persons.
"""

from program.calendar.period import Period
from program.finding import Severity
from program.pack.pack import Pack
from publish.reports.table import CellValue, Number, ReportColumn, ReportRow, ReportTable
from publish.site.quality_page import FirstSubmissionRate, QualityPage
from publish.site.sheets.columns import UNIT_COLUMNS, at_once_cell, source_notes, unit_cells

_RATE_COLUMNS = (
    ReportColumn("Báo cáo đã gửi", 12),
    ReportColumn("Đạt ngay lần đầu", 12),
    ReportColumn("Tỷ lệ đạt ngay", 12, measure="%", decimals=1),
    ReportColumn("Còn chờ sửa", 12),
    ReportColumn("Lỗi", 10),
    ReportColumn("Lưu ý", 10),
)
_RULE_COLUMNS = (
    ReportColumn("Quy tắc", 16),
    ReportColumn("Mức", 10),
    ReportColumn("Phát hiện", 12),
    ReportColumn("Số lần gửi", 12),
    ReportColumn("Số đơn vị", 12),
    ReportColumn("Số lần chạy", 12),
)
_RUN_COLUMNS = (
    ReportColumn("Lần chạy", 10),
    ReportColumn("Ngày", 14),
    ReportColumn("Số lần gửi", 10),
    ReportColumn("Đạt", 10),
    ReportColumn("Không đạt", 10),
    ReportColumn("Lỗi", 10),
    ReportColumn("Lưu ý", 10),
)
_LEVELS = {Severity.CRITICAL: "Lỗi", Severity.WARNING: "Lưu ý"}


def quality_sheets(page: QualityPage, pack: Pack) -> list[ReportTable]:
    """Return a sheet for each table of the page that has a line."""
    columns = (*UNIT_COLUMNS, *_RATE_COLUMNS)
    periods = (ReportColumn("Kỳ", 26), *_RATE_COLUMNS)
    tables = (
        _table("Theo quy tắc", _RULE_COLUMNS, _by_rule(page), pack),
        _table("Theo đơn vị", columns, _by_unit(page), pack),
        _table("Theo kỳ báo cáo", periods, _by_period(page), pack),
        _table("Theo lần chạy", _RUN_COLUMNS, _by_run(page), pack),
    )
    return [table for table in tables if table.rows]


def _table(
    name: str, columns: tuple[ReportColumn, ...], rows: list[ReportRow], pack: Pack
) -> ReportTable:
    return ReportTable(
        sheet=name,
        title=f"Chất lượng báo cáo: {name.lower()}",
        subtitle="Lỗi: chưa ghi số liệu cho đến khi sửa. Lưu ý: đã ghi, cần kiểm tra lại",
        remarks=(),
        columns=columns,
        rows=tuple(rows),
        notes=source_notes(pack),
        frozen=1,
    )


def _by_rule(page: QualityPage) -> list[ReportRow]:
    rows = []
    for rule in page.rules:
        counts = (rule.findings, rule.submissions, rule.units, rule.runs)
        rows.append(ReportRow((rule.rule, _LEVELS[rule.severity], *map(Number, counts))))
    return rows


def _by_unit(page: QualityPage) -> list[ReportRow]:
    rows = []
    for unit, line in page.units:
        named = ("Chưa rõ đơn vị", "") if unit is None else unit_cells(unit)
        rows.append(ReportRow((*named, *_rate_cells(line))))
    return rows


def _by_period(page: QualityPage) -> list[ReportRow]:
    rows = []
    for code, line in page.periods:
        label = "Chưa rõ kỳ" if code is None else Period.parse(code).label
        rows.append(ReportRow((label, *_rate_cells(line))))
    return rows


def _by_run(page: QualityPage) -> list[ReportRow]:
    rows = []
    for line in page.runs:
        counts = (line.submissions, line.accepted, line.refused, line.criticals, line.warnings)
        rows.append(ReportRow((str(line.run.run_id), line.run.as_of, *map(Number, counts))))
    return rows


def _rate_cells(line: FirstSubmissionRate) -> tuple[CellValue, ...]:
    # A unit whose files fit no report has findings, and no report to be a share of.
    reports = (Number(line.reports), Number(line.at_once), at_once_cell(line))
    return (*reports, *map(Number, (line.still_open, line.criticals, line.warnings)))

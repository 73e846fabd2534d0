"""Who has reported what, as a sheet: the answer of `mtqg status` for those who work in Excel."""

from collections.abc import Callable, Sequence
from datetime import date

from program.pack.pack import Pack
from program.records.query_rows import ReportingRow
from program.records.report_state import state_of
from program.vietnamese import format_date, format_instant
from publish.reports.table import ReportColumn, ReportRow, ReportTable

_COLUMNS = (
    ReportColumn("STT", 6),
    ReportColumn("Đơn vị", 26),
    ReportColumn("Báo cáo", 30),
    ReportColumn("Kỳ", 26),
    ReportColumn("Hạn gửi", 13),
    ReportColumn("Tình trạng", 18),
    ReportColumn("Số lần gửi", 10),
    ReportColumn("Nhận lúc", 17),
    ReportColumn("Chậm", 30),
    ReportColumn("Tệp", 48),
)


def status_table(
    rows: Sequence[ReportingRow],
    pack: Pack,
    day: date,
    late_text: Callable[[ReportingRow], str],
) -> ReportTable:
    """Return a row for each report; `late_text` says its delay in words."""
    written = []
    for number, row in enumerate(rows, start=1):
        unit = pack.unit_on(row.unit_code, row.period)
        cells = (
            str(number),
            unit.name if unit else row.unit_code,
            pack.short_title_of(row.form_code) or row.form_code,
            pack.label_of(row.form_code, row.period, row.stage) or row.period,
            row.due_date,
            state_of(row, day).label,
            str(row.versions) if row.versions else "",
            format_instant(row.received_at) if row.received_at else "",
            late_text(row),
            row.delivery_name,
        )
        written.append(ReportRow(cells))
    accepted = sum(state_of(row, day).is_accepted for row in rows)
    return ReportTable(
        "Tình hình báo cáo",
        "TÌNH HÌNH GỬI BÁO CÁO",
        f"Đến ngày {format_date(day)}: {accepted}/{len(rows)} báo cáo đạt – {pack.program.office}",
        (),
        _COLUMNS,
        tuple(written),
    )

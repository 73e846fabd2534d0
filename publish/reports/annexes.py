"""The last sheets of a consolidated workbook: what is in doubt, and from which files it is."""

from collections.abc import Mapping, Sequence

from program.forms.elements import FormElement
from program.forms.measure import to_printed
from program.forms.qualifier import Qualifier
from program.pack.pack import Pack
from program.vietnamese import format_instant, format_number
from publish.reports.table import ReportColumn, ReportRow, ReportTable
from warehouse.queries.report_facts import CurrentFile, DoubtRow

_REASONS = {
    "finding": "lưu ý khi kiểm tra",
    "cross_check": "đối chiếu với báo cáo khác",
    "qualifier": "có từ đứng trước số",
}


def doubt_table(
    doubts: Sequence[DoubtRow],
    figures: Mapping[str, FormElement],
    period: str,
    pack: Pack,
) -> ReportTable:
    """Return the figures of a consolidated table that are in doubt, with the reason of each."""
    columns = (
        ReportColumn("STT", 6),
        ReportColumn("Đơn vị", 26),
        ReportColumn("Số liệu", 34),
        ReportColumn("Đang ghi", 16),
        ReportColumn("Vì sao cần kiểm tra", 62),
        ReportColumn("Trang tính", 18),
        ReportColumn("Ô", 9),
    )
    rows = []
    for number, doubt in enumerate(doubts, start=1):
        figure = figures.get(doubt.element)
        reason = _REASONS[doubt.reason]
        why = f"{reason} {doubt.rule}: {doubt.message}" if doubt.message else reason
        cells = (
            str(number),
            _unit_name(doubt.unit_code, period, pack),
            figure.label if figure else doubt.element,
            _printed(doubt, figure),
            why,
            doubt.sheet,
            doubt.cell,
        )
        rows.append(ReportRow(cells))
    return ReportTable(
        "Cần kiểm tra",
        "SỐ LIỆU CẦN KIỂM TRA",
        f"{len(rows)} điểm trong các báo cáo đã ghi nhận",
        (),
        columns,
        tuple(rows),
    )


def source_table(files: Sequence[CurrentFile], period: str, pack: Pack) -> ReportTable:
    """Return from which file each unit's figures are, and when it came."""
    columns = (
        ReportColumn("STT", 6),
        ReportColumn("Đơn vị", 26),
        ReportColumn("Tệp của đơn vị", 62),
        ReportColumn("Bản", 7),
        ReportColumn("Nhận lúc", 18),
        ReportColumn("Số liệu", 16),
    )
    rows = []
    for number, file in enumerate(files, start=1):
        cells = (
            str(number),
            _unit_name(file.unit_code, period, pack),
            file.name,
            str(file.version),
            format_instant(file.received_at),
            "giả lập (GL)" if file.is_synthetic else "",
        )
        rows.append(ReportRow(cells))
    return ReportTable(
        "Nguồn số liệu",
        "NGUỒN SỐ LIỆU",
        "Bản được ghi nhận của mỗi đơn vị; ô của từng số: lệnh mtqg trace",
        (),
        columns,
        tuple(rows),
    )


def _unit_name(code: str, period: str, pack: Pack) -> str:
    unit = pack.unit_on(code, period)
    return unit.name if unit else code


def _printed(doubt: DoubtRow, figure: FormElement | None) -> str:
    if doubt.value is None:
        return ""
    measure = figure.measure if figure else ""
    words = [Qualifier(doubt.qualifier).label] if doubt.qualifier else []
    words += [format_number(to_printed(doubt.value, measure)), measure]
    return " ".join(words).strip()

"""What the sheets of all pages have in common: columns, cells and notes."""

from program.calendar.period import Period
from program.calendar.stage import Stage
from program.pack.catalogue import Indicator, IndicatorKind
from program.pack.pack import Pack
from program.records.query_rows import ProgressRow, TerritorySumRow
from program.records.reporting_rates import Rates
from program.units.unit import Unit
from publish.reports.table import CellValue, Number, ReportColumn
from publish.site.quality_page import FirstSubmissionRate

UNIT_COLUMNS = (ReportColumn("Đơn vị", 30), ReportColumn("Mã", 9))
RATE_COLUMNS = (
    ReportColumn("Phải gửi", 10),
    ReportColumn("Đã gửi", 10),
    ReportColumn("Đúng hạn", 10),
    ReportColumn("Tỷ lệ gửi", 10, measure="%", decimals=1),
    ReportColumn("Tỷ lệ đúng hạn", 10, measure="%", decimals=1),
)
DOUBT_NOTE = "Ô màu cam: số liệu có điểm cần kiểm tra lại."
EMPTY_NOTE = "Ô trống: chưa có số liệu, không phải là 0."
_SYNTHETIC_NOTE = "Có số liệu giả lập (synthetic)."
_DECIMALS = 2
_LONGEST_SHEET = 31
"""Letters of the longest name of a sheet."""


def source_notes(pack: Pack, *, is_synthetic: bool = False) -> tuple[str, ...]:
    """Return the notes that say where the figures of a sheet are from."""
    source = f"Nguồn: báo cáo của các đơn vị; {pack.program.office} tổng hợp."
    return (source, _SYNTHETIC_NOTE) if is_synthetic else (source,)


def sheet_name(text: str) -> str:
    """Return a text as the name of a sheet, cut where Excel would refuse it."""
    return text[:_LONGEST_SHEET]


def unit_cells(unit: Unit) -> tuple[CellValue, ...]:
    """Return the cells of `UNIT_COLUMNS`."""
    return unit.name, unit.code


def rate_cells(rates: Rates) -> tuple[CellValue, ...]:
    """Return the cells of `RATE_COLUMNS`."""
    counts = (rates.expected, rates.actual, rates.on_time)
    return (*map(Number, counts), optional(rates.rate), optional(rates.on_time_rate))


def at_once_cell(quality: FirstSubmissionRate) -> CellValue:
    """Return the share of reports that were accepted at once, in per cent."""
    return optional(quality.percent)


def period_title(period: str, stage: Stage) -> str:
    """Return the heading of a period's column."""
    label = Period.parse(period).short_label
    return f"{label} (ước)" if stage is Stage.ESTIMATE else label


def figure_column(indicator: Indicator, title: str, group: str = "") -> ReportColumn:
    """Return a column for figures of an indicator, in its unit."""
    return ReportColumn(title, 13, group, indicator.unit, _DECIMALS)


def figure_cell(indicator: Indicator, row: ProgressRow | TerritorySumRow | None) -> CellValue:
    """Return a figure as the page prints it, as a number; None where there is none."""
    if row is None or row.actual is None:
        return None
    if indicator.kind is IndicatorKind.YES_NO:
        return "Có" if row.actual else "Không"
    value = indicator.printed(row.actual)
    if isinstance(row, ProgressRow):
        return Number(value, row.is_flagged, row.qualifier)
    return Number(value, bool(row.doubtful))


def optional(value: float | None) -> CellValue:
    """Return a number's cell; None for no number."""
    return None if value is None else Number(value)

"""The tables of a project's page as sheets: by source of capital, and by unit."""

from program.calendar.period import Period
from program.forms.measure import to_printed
from program.pack.pack import Pack
from program.records.site_rows import DisbursementRow
from publish.reports.table import CellValue, Number, ReportColumn, ReportRow, ReportTable
from publish.site.project_pages import ProjectPage
from publish.site.sheets.columns import UNIT_COLUMNS, optional, source_notes, unit_cells

_MONEY = "triệu đồng"
_MONEY_COLUMNS = (
    ReportColumn("Kế hoạch", 16, measure=_MONEY, decimals=3),
    ReportColumn("Giải ngân", 16, measure=_MONEY, decimals=3),
    ReportColumn("Tỷ lệ", 10, measure="%", decimals=1),
    ReportColumn("Cùng kỳ năm trước", 13, measure="%", decimals=1),
)


def project_sheets(page: ProjectPage, pack: Pack) -> list[ReportTable]:
    """Return a sheet by source of capital and one by unit; none where no unit gave a figure.

    `page` has all units, also those that the page itself has on its parts.
    """
    sheets = []
    if page.sources:
        rows = [ReportRow((source.name, *_money(row))) for source, row in page.sources]
        columns = (ReportColumn("Nguồn vốn", 40), *_MONEY_COLUMNS)
        sheets.append(_sheet(page, "Theo nguồn vốn", columns, rows, pack))
    if page.units:
        rows = [ReportRow((*unit_cells(unit), *_money(row))) for unit, row in page.units]
        sheets.append(_sheet(page, "Theo đơn vị", (*UNIT_COLUMNS, *_MONEY_COLUMNS), rows, pack))
    return sheets


def _sheet(
    page: ProjectPage,
    name: str,
    columns: tuple[ReportColumn, ...],
    rows: list[ReportRow],
    pack: Pack,
) -> ReportTable:
    whole = page.whole
    period = "" if whole is None else Period.parse(whole.period).label
    return ReportTable(
        sheet=name,
        title=page.project.title,
        subtitle=f"{period}, lũy kế từ đầu năm",
        remarks=(),
        columns=columns,
        rows=tuple(rows),
        notes=source_notes(pack, is_synthetic=whole is not None and whole.is_synthetic),
        frozen=len(columns) - len(_MONEY_COLUMNS),
    )


def _money(row: DisbursementRow) -> tuple[CellValue, ...]:
    money = (_millions(row.plan_vnd), _millions(row.disbursed_vnd))
    return (*money, optional(row.rate), optional(row.rate_year_before))


def _millions(vnd: float | None) -> CellValue:
    return None if vnd is None else Number(to_printed(vnd, _MONEY))

"""The sheet of a consolidated workbook that shows a year's plan beside its result."""

from collections.abc import Sequence
from itertools import groupby

from program.forms.measure import to_printed
from program.pack.pack import Pack
from program.records.plan_rows import PlanRow
from publish.reports.table import (
    CellValue,
    Number,
    ReportColumn,
    ReportRow,
    ReportTable,
    RowLook,
    percent_of,
)
from publish.site.tables.plans import plan_label

PLAN_COLUMNS = (
    ReportColumn("Nội dung", 52),
    ReportColumn("Đơn vị tính", 12),
    ReportColumn("Kế hoạch", 16, decimals=1),
    ReportColumn("Thực hiện", 16, decimals=1),
    ReportColumn("% kế hoạch", 11, decimals=1),
    ReportColumn("Đơn vị có kế hoạch", 12),
    ReportColumn("Báo cáo đã có", 12),
    ReportColumn("Ghi chú", 24),
)
_PLAN, _RESULT = 2, 3
BASES = {
    "reported": "Tỉnh báo cáo",
    "sum_of_districts": "Toàn tỉnh: cộng các huyện",
    "sum_of_communes": "Toàn tỉnh: cộng các xã",
    "sum_of_provinces": "Cả nước: cộng các tỉnh",
}
_REMARKS = {
    "no_plan": "chưa có kế hoạch",
    "plan_unknown": "kế hoạch không nêu",
    "no_result": "chưa có kết quả",
}
PLAN_NOTE = (
    "Thực hiện gồm mọi kỳ của năm đã có báo cáo được ghi nhận. Ô trống: chưa có số, không phải số "
    "0. “n/m”: số đơn vị (báo cáo) đã có trên số phải có."
)


def plan_table(rows: Sequence[PlanRow], year: int, title: str, pack: Pack) -> ReportTable:
    """Return the planned figures of a form and year, the province first, then unit by unit.

    `rows` are in the order of units, then of the form. Of a unit only the whole is shown, where
    the form has one.
    """
    written: list[ReportRow] = []
    province = pack.program.province
    whole = [row for row in rows if row.unit_code == province]
    for basis, of_basis in groupby(whole, key=lambda row: row.basis):
        written += plan_section(BASES[basis], list(of_basis))
    own = [row for row in rows if row.unit_code != province and row.basis == "reported"]
    for code, of_unit in groupby(own, key=lambda row: row.unit_code):
        lines = list(of_unit)
        totals = [row for row in lines if row.is_total]
        written += plan_section(_name(code, year, pack), totals or lines)
    return ReportTable(
        sheet="Kế hoạch – kết quả",
        title=f"KẾ HOẠCH VÀ KẾT QUẢ NĂM {year}: {title.upper()}",
        subtitle=f"Cả năm {year}, các kỳ đã có báo cáo – {pack.program.office}",
        remarks=(),
        columns=PLAN_COLUMNS,
        rows=tuple(written),
        notes=(PLAN_NOTE,),
        frozen=1,
    )


def plan_section(heading: str, rows: Sequence[PlanRow]) -> list[ReportRow]:
    """Return a heading, and below it a line of `PLAN_COLUMNS` for each planned figure.

    Figures are in the printed measure. The heading names the number of the plan, if a unit gave
    one, and is marked where a figure is synthetic.
    """
    document = next((row for row in rows if row.plan_number), None)
    if document is not None:
        heading = f"{heading} – kế hoạch số {document.plan_number}"
    if any(row.is_synthetic for row in rows):
        heading = f"{heading} (GL)"
    figures = {row.figure for row in rows}
    lines = [_line(row, len(figures)) for row in rows]
    return [ReportRow((heading,), RowLook.SECTION), *lines]


def _line(row: PlanRow, figures: int) -> ReportRow:
    cells: list[CellValue] = [
        plan_label(row, figures),
        row.measure,
        _number(row.plan, row),
        _number(row.result, row, is_doubtful=row.doubtful > 0),
    ]
    return ReportRow(
        (
            *cells,
            _share(row, cells),
            f"{row.plans}/{row.units}",
            f"{row.reported}/{row.expected}",
            _REMARKS.get(row.status),
        )
    )


def _share(row: PlanRow, cells: Sequence[CellValue]) -> CellValue:
    # The mart says where a share would mislead: of too few plans there is none.
    if row.percent is None:
        return None
    # The country's share is of the provinces that give both: no formula of these cells.
    if row.basis == "sum_of_provinces":
        return Number(row.percent)
    return percent_of(cells, _RESULT, _PLAN)


def _number(value: float | None, row: PlanRow, *, is_doubtful: bool = False) -> CellValue:
    return None if value is None else Number(to_printed(value, row.measure), is_doubtful)


def _name(code: str, year: int, pack: Pack) -> str:
    """Return the name of the unit that had a code in a year; codes were used again."""
    unit = pack.unit_on(code, str(year))
    return unit.name if unit else code

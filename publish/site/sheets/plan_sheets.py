"""The tables of the page on plans as sheets: one for each form, its years below each other."""

from program.pack.pack import Pack
from publish.reports.plan_table import BASES, PLAN_COLUMNS, PLAN_NOTE, plan_section
from publish.reports.table import ReportRow, ReportTable
from publish.site.sheets.columns import DOUBT_NOTE, sheet_name, source_notes
from publish.site.tables.plans import PlanGroup, PlanPanel


def plan_sheets(panel: PlanPanel, pack: Pack) -> list[ReportTable]:
    """Return the plans beside their results, in the order of the page; none without a plan."""
    by_title: dict[str, list[PlanGroup]] = {}
    for group in (*panel.groups, *panel.others):
        by_title.setdefault(group.title, []).append(group)
    return [_sheet(title, groups, pack) for title, groups in by_title.items()]


def _sheet(title: str, groups: list[PlanGroup], pack: Pack) -> ReportTable:
    written: list[ReportRow] = []
    is_synthetic = False
    for group in groups:
        rows = [line.row for line in group.lines]
        heading = f"Năm {group.year} – {BASES[group.basis]}"
        written += plan_section(heading, rows)
        is_synthetic = is_synthetic or any(row.is_synthetic for row in rows)
    return ReportTable(
        sheet=sheet_name(title),
        title=f"Kế hoạch và kết quả: {title}",
        subtitle="Số cả năm",
        remarks=(),
        columns=PLAN_COLUMNS,
        rows=tuple(written),
        notes=(DOUBT_NOTE, PLAN_NOTE, *source_notes(pack, is_synthetic=is_synthetic)),
        frozen=1,
    )

"""Choose from plan and disbursement what a page shows: the period, the units and their order."""

from collections.abc import Sequence
from dataclasses import dataclass

from program.calendar.stage import Stage
from program.pack.catalogue import Project
from program.pack.load import Pack
from program.records.site_rows import DisbursementRow
from program.units.register import Unit
from program.vietnamese import format_number
from publish.site.charts.bars import Bars, BarValue, bars
from publish.site.pages import unit_path
from publish.site.site_data import SiteData, period_order

_TOTAL = "total"
_MOST_PROJECTS = 3


@dataclass(frozen=True, slots=True)
class MoneyPanel:
    """What the first page says of money. `whole` is the province's total of the period.

    `ranking` has the units by their share disbursed, the highest first; `left` the projects with
    the most money that is planned and not disbursed.
    """

    whole: DisbursementRow
    ranking: Bars
    left: tuple[tuple[Project, DisbursementRow], ...]


def money_panel(data: SiteData) -> MoneyPanel | None:
    """Return the panel of money; None where no unit has reported a plan."""
    province = data.pack.province.code
    enough = data.pack.program.enough_reports_pct
    totals = [row for row in data.money if row.project_code == _TOTAL]
    whole = latest_money(totals, province, enough)
    if whole is None:
        return None
    values = []
    for unit, row in ranked(of_units(totals, whole, data.pack)):
        if row.rate is not None:
            values.append(BarValue(unit.name, row.rate, percent_text(row), unit_path(unit.code)))
    return MoneyPanel(whole, bars(values, full=100), _most_left(data, whole))


def _most_left(
    data: SiteData, whole: DisbursementRow
) -> tuple[tuple[Project, DisbursementRow], ...]:
    # Sub-projects are parts of projects: listed beside them, money would be counted twice.
    projects = {project.code: project for project in data.pack.projects if not project.parent}
    found = []
    for row in data.money:
        project = projects.get(row.project_code)
        if project is not None and row.source == _TOTAL and _is_like(row, whole):
            found.append((project, row))
    found.sort(key=lambda line: -left_vnd(line[1]))
    return tuple(found[:_MOST_PROJECTS])


def latest_money(
    rows: Sequence[DisbursementRow], unit_code: str, enough_pct: float
) -> DisbursementRow | None:
    """Return a unit's total of the latest period with enough final reports.

    Where no period has enough, the latest one counts: the page says how many have reported.
    """
    of_unit = [row for row in rows if row.unit_code == unit_code and row.source == _TOTAL]
    if not of_unit:
        return None

    def order(row: DisbursementRow) -> tuple[object, ...]:
        is_enough = row.stage is Stage.FINAL and 100 * row.reported >= enough_pct * row.expected
        # The unit's own report comes before a sum of the units below it.
        return (
            is_enough,
            period_order(row.period),
            row.stage is Stage.FINAL,
            row.basis == "reported",
        )

    return max(of_unit, key=order)


def of_units(
    rows: Sequence[DisbursementRow], whole: DisbursementRow, pack: Pack
) -> tuple[tuple[Unit, DisbursementRow], ...]:
    """Return the units' own totals of the period of `whole`, in the order of their codes."""
    lines = []
    for row in rows:
        is_own = row.basis == "reported" and row.unit_code != whole.unit_code
        if not is_own or row.source != _TOTAL:
            continue
        unit = pack.unit_on(row.unit_code, row.period)
        if unit is not None and (row.period, row.stage) == (whole.period, whole.stage):
            lines.append((unit, row))
    return tuple(sorted(lines, key=lambda line: line[0].code))


def ranked(
    lines: Sequence[tuple[Unit, DisbursementRow]],
) -> list[tuple[Unit, DisbursementRow]]:
    """Return units by their share disbursed, the highest first; without a share last."""
    return sorted(lines, key=lambda line: -(line[1].rate if line[1].rate is not None else -1.0))


def left_vnd(row: DisbursementRow) -> float:
    """Return the money that is planned and not disbursed, in đồng."""
    return (row.plan_vnd or 0.0) - (row.disbursed_vnd or 0.0)


def percent_text(row: DisbursementRow) -> str:
    """Return the share disbursed as written on a page."""
    return "chưa có" if row.rate is None else f"{format_number(row.rate, decimals=1)}%"


def _is_like(row: DisbursementRow, whole: DisbursementRow) -> bool:
    return (row.unit_code, row.basis, row.period, row.stage) == (
        whole.unit_code,
        whole.basis,
        whole.period,
        whole.stage,
    )

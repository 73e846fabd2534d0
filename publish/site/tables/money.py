"""Choose from plan and disbursement what a page shows: the period, the units and their order."""

from collections.abc import Sequence
from dataclasses import dataclass

from program.calendar.period import Period
from program.pack.catalogue import Project
from program.pack.pack import Pack
from program.records.headline import headline
from program.records.site_rows import DisbursementRow
from program.units.unit import Unit
from program.vietnamese import format_number
from publish.site.charts.bars import Bars, BarValue, bars
from publish.site.pages import unit_path
from publish.site.site_data import SiteData

_TOTAL = "total"
_MOST_PROJECTS = 3
_MOST_BARS = 20
_LOWEST_BARS = 10
_LOWEST_UNITS = 2


@dataclass(frozen=True, slots=True)
class MoneyPanel:
    """What the first page says of money. `whole` is the province's total of the period.

    `ranking` has the units by their share disbursed, the highest first: all of them
    (`is_whole_ranking`), or the last ones. `lowest` are the units with the lowest share, the lowest
    first. `left` has the projects with the most money that is planned and not disbursed, each with
    its short name.
    """

    whole: DisbursementRow
    ranking: Bars
    is_whole_ranking: bool
    lowest: tuple[tuple[Unit, DisbursementRow], ...]
    left: tuple[tuple[Project, str, DisbursementRow], ...]


def money_panel(data: SiteData) -> MoneyPanel | None:
    """Return the panel of money; None where no unit has reported a plan."""
    totals = data.money_by_project.get(_TOTAL, [])
    whole = headline_money(totals, data)
    if whole is None:
        return None
    units = of_units(totals, whole, data.pack)
    by_rate = sorted((line for line in units if line[1].rate is not None), key=_rate)
    of_whole = [row for row in data.figure_rows.money if is_like(row, whole)]
    names = short_names(whole.period, data.pack)
    left = [
        (project, names[project.code], row)
        for project, row in most_left(of_whole, data.pack)[:_MOST_PROJECTS]
    ]
    return MoneyPanel(
        whole=whole,
        ranking=rate_bars(units),
        is_whole_ranking=len(by_rate) <= _MOST_BARS,
        lowest=tuple(by_rate[:_LOWEST_UNITS]),
        left=tuple(left),
    )


def _rate(line: tuple[Unit, DisbursementRow]) -> float:
    return line[1].rate or 0.0


def most_left(rows: Sequence[DisbursementRow], pack: Pack) -> list[tuple[Project, DisbursementRow]]:
    """Return the projects with their totals in `rows`, the one with most money left first.

    `rows` are of one unit and period. Sub-projects are parts of projects: listed beside them,
    money would be counted twice.
    """
    projects = {project.code: project for project in pack.projects if not project.parent}
    found = []
    for row in rows:
        project = projects.get(row.project_code)
        if project is not None and row.source == _TOTAL:
            found.append((project, row))
    return sorted(found, key=lambda line: (-left_vnd(line[1]), line[0].code))


def short_names(period: str, pack: Pack) -> dict[str, str]:
    """Return the projects, without sub-projects, by the short names that the form has."""
    labels: dict[str, str] = {}
    form = pack.form("disbursement", Period.parse(period))
    for table in form.tables if form else ():
        labels |= {line.key.upper().replace("_", "-"): line.label for line in table.lines}
    projects = [project for project in pack.projects if project.parent is None]
    return {each.code: labels.get(each.code, each.title) for each in projects}


def rate_bars(lines: Sequence[tuple[Unit, DisbursementRow]]) -> Bars:
    """Return the units by their share disbursed, the highest first; those without one left out.

    Of more units than a chart shows, only the last ones.
    """
    values = []
    for unit, row in lines:
        if row.rate is not None:
            text = f"{format_number(row.rate, decimals=1, least_decimals=1)}%"
            values.append(BarValue(unit.name, row.rate, text, unit_path(unit.code)))
    values.sort(key=lambda value: -value.value)
    if len(values) > _MOST_BARS:
        values = values[-_LOWEST_BARS:]
    return bars(values, full=100)


def headline_money(rows: Sequence[DisbursementRow], data: SiteData) -> DisbursementRow | None:
    """Return the province's total in `rows` of the period that pages show first."""
    province = data.pack.province.code
    totals = [row for row in rows if row.unit_code == province and row.source == _TOTAL]
    return headline(totals, data.pack.program, data.day)


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


def left_vnd(row: DisbursementRow) -> float:
    """Return the money that is planned and not disbursed, in đồng."""
    return (row.plan_vnd or 0.0) - (row.disbursed_vnd or 0.0)


def is_like(row: DisbursementRow, whole: DisbursementRow) -> bool:
    """Tell whether a row is of the unit, basis, period and stage of `whole`."""
    return (row.unit_code, row.basis, row.period, row.stage) == (
        whole.unit_code,
        whole.basis,
        whole.period,
        whole.stage,
    )

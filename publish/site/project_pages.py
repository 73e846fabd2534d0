"""The page of a project: plan and disbursement by unit and by source, against the year before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from program.pack.catalogue import CapitalSource, Project
from program.pack.pack import Pack
from program.records.site_rows import DisbursementRow
from program.units.unit import Unit
from publish.site.charts.bars import Bars
from publish.site.pages import SitePages, part_path, project_path
from publish.site.site_data import SiteData
from publish.site.tables.money import headline_money, is_like, of_units, rate_bars
from publish.site.tables.parts import PartLink, parts_of

_TEMPLATE = "site/project.html.j2"
_PART_TEMPLATE = "site/project_part.html.j2"
_LINE_BYTES = 450
"""About how long a unit's line is in HTML."""


@dataclass(frozen=True, slots=True)
class ProjectPage:
    """What the page of a project shows, of the latest period with enough reports.

    `whole` is the province's line of the project; None if no unit gave a figure. `sources` are its
    parts by source of capital, `units` the lines of the units below. `reports` gives the submission
    of each of those by the unit's code. Where there are too many units for a page, there are none:
    `unit_parts` leads to them. `is_lowest_only`: the chart has only the units with the lowest
    shares.
    """

    project: Project
    parts: tuple[Project, ...]
    parent: Project | None
    whole: DisbursementRow | None
    sources: tuple[tuple[CapitalSource, DisbursementRow], ...]
    units: tuple[tuple[Unit, DisbursementRow], ...]
    reports: Mapping[str, int]
    chart: Bars | None
    is_lowest_only: bool
    unit_parts: tuple[PartLink, ...] = ()


@dataclass(frozen=True, slots=True)
class ProjectPart:
    """What the page of some units of a project shows."""

    project: Project
    title: str
    whole: DisbursementRow
    units: tuple[tuple[Unit, DisbursementRow], ...]
    reports: Mapping[str, int]


def write_project_pages(
    pages: SitePages, data: SiteData, common: Mapping[str, object]
) -> list[ProjectPage]:
    """Write a page for each project of the pack; return them in the pack's order.

    They have all units: a page with too many has links to parts instead.
    """
    shown = []
    for project in data.pack.projects:
        page = _page_of(project, data)
        shown.append(page)
        on_page = _in_parts(page, pages, data, common)
        values = {**common, "page": on_page}
        pages.write(project_path(project.code), _TEMPLATE, on_page, values.copy)
    return shown


def _in_parts(
    page: ProjectPage, pages: SitePages, data: SiteData, common: Mapping[str, object]
) -> ProjectPage:
    """Return a page as it is, or with links to the parts of its units, which are written."""
    if page.whole is None:
        return page
    links = []
    for part in parts_of(page.units, data.pack.units, lambda _: _LINE_BYTES):
        codes = {unit.code for unit, _ in part.lines}
        reports = {code: number for code, number in page.reports.items() if code in codes}
        shown = ProjectPart(page.project, part.title, page.whole, part.lines, reports)
        path = part_path(project_path(page.project.code), part.name)
        pages.write(path, _PART_TEMPLATE, shown, {**common, "page": shown}.copy)
        links.append(PartLink(path, part.title, len(part.lines), len(part.lines)))
    return replace(page, units=(), reports={}, unit_parts=tuple(links)) if links else page


def _page_of(project: Project, data: SiteData) -> ProjectPage:
    rows = data.money_by_project.get(project.code, [])
    whole = headline_money(rows, data)
    units = of_units(rows, whole, data.pack) if whole else ()
    chart = rate_bars(units)
    reports = {}
    for unit, row in units:
        number = data.source_of("disbursement", unit.code, row.period, row.stage)
        if number is not None:
            reports[unit.code] = number
    return ProjectPage(
        project=project,
        parts=tuple(part for part in data.pack.projects if part.parent == project.code),
        parent=next((p for p in data.pack.projects if p.code == project.parent), None),
        whole=whole,
        sources=_sources_of(rows, whole, data.pack),
        units=units,
        reports=reports,
        chart=chart if chart.bars else None,
        is_lowest_only=len(chart.bars) < sum(row.rate is not None for _, row in units),
    )


def _sources_of(
    rows: Sequence[DisbursementRow], whole: DisbursementRow | None, pack: Pack
) -> tuple[tuple[CapitalSource, DisbursementRow], ...]:
    if whole is None:
        return ()
    by_source = {row.source: row for row in rows if is_like(row, whole)}
    return tuple(
        (source, by_source[source.code]) for source in pack.capital if source.code in by_source
    )

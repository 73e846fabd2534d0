"""The page of a project: plan and disbursement by unit and by source, against the year before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from program.pack.catalogue import CapitalSource, Project
from program.pack.load import Pack
from program.records.site_rows import DisbursementRow
from program.units.register import Unit
from publish.site.charts.bars import Bars
from publish.site.pages import SitePages, project_path
from publish.site.site_data import SiteData
from publish.site.tables.money import headline_money, is_like, of_units, rate_bars

_TEMPLATE = "site/project.html.j2"


@dataclass(frozen=True, slots=True)
class ProjectPage:
    """What the page of a project shows, of the latest period with enough reports.

    `whole` is the province's line of the project; None if no unit gave a figure. `sources` are its
    parts by source of capital, `units` the lines of the units below. `reports` gives the submission
    of each of those by the unit's code.
    """

    project: Project
    parts: tuple[Project, ...]
    parent: Project | None
    whole: DisbursementRow | None
    sources: tuple[tuple[CapitalSource, DisbursementRow], ...]
    units: tuple[tuple[Unit, DisbursementRow], ...]
    reports: Mapping[str, int]
    chart: Bars | None


def write_project_pages(
    pages: SitePages, data: SiteData, common: Mapping[str, object]
) -> list[ProjectPage]:
    """Write a page for each project of the pack; return what they show, in the pack's order."""
    shown = []
    for project in data.pack.projects:
        page = _page_of(project, data)
        shown.append(page)
        values = {**common, "page": page}
        pages.write(project_path(project.code), _TEMPLATE, page, values.copy)
    return shown


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

"""The page on the units of a parent: who has reported, who is late, and how good reports are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from program.records.report_state import ReportState
from program.records.reporting_rates import Rates
from program.units.unit import Unit
from publish.site.pages import SitePages, area_path, part_path
from publish.site.quality_page import FirstSubmissionRate
from publish.site.site_data import SiteData
from publish.site.tables.parts import PartLink, parent_of, parts_of
from publish.site.unit_pages import UnitPage

_TEMPLATE = "site/area.html.j2"
_LINE_BYTES = 450
"""About how long a unit's line is in HTML."""


@dataclass(frozen=True, slots=True)
class AreaLine:
    """The reports of one unit."""

    states: Mapping[ReportState, int]
    rates: Rates
    quality: FirstSubmissionRate


@dataclass(frozen=True, slots=True)
class AreaPage:
    """What the page on the units below one says. `title` is the parent's name, or a part's title.

    `areas` are the parents among these units, and the parents below that report nothing
    themselves. Where there are too many units for a page, there are no lines: `parts` leads to
    them, and `path` of a part is another than that of the parent.
    """

    path: str
    title: str
    parent: Unit
    lines: tuple[tuple[Unit, AreaLine], ...]
    areas: tuple[Unit, ...]
    parts: tuple[PartLink, ...] = ()


def write_area_pages(
    pages: SitePages,
    data: SiteData,
    units: Sequence[UnitPage],
    common: Mapping[str, object],
) -> dict[str, AreaPage]:
    """Write a page for each unit with units below it that report; return them by its code.

    They have all units: a page with too many has links to parts instead.
    """
    lines_by_parent: dict[Unit, list[tuple[Unit, AreaLine]]] = {}
    for page in units:
        parent = parent_of(page.unit, data.pack.units)
        if parent is not None:
            line = AreaLine(page.states, page.rates, page.quality)
            lines_by_parent.setdefault(parent, []).append((page.unit, line))
    # The page of a province links to those of its districts that have one.
    below: dict[str, list[Unit]] = {}
    for parent in lines_by_parent:
        if parent.parent is not None:
            below.setdefault(parent.parent, []).append(parent)
    areas = {}
    for parent, lines in lines_by_parent.items():
        path = area_path(parent.code)
        page_of_all = AreaPage(
            path, parent.name, parent, tuple(lines), tuple(below.get(parent.code, ()))
        )
        shown = _in_parts(page_of_all, pages, data, common)
        pages.write(path, _TEMPLATE, shown, {**common, "page": shown}.copy)
        areas[parent.code] = page_of_all
    return areas


def _in_parts(
    page: AreaPage, pages: SitePages, data: SiteData, common: Mapping[str, object]
) -> AreaPage:
    """Return a page as it is, or with links to the parts of its units, which are written."""
    links = []
    for part in parts_of(page.lines, data.pack.units, lambda _: _LINE_BYTES):
        path = part_path(page.path, part.name)
        shown = AreaPage(path, part.title, page.parent, part.lines, ())
        pages.write(path, _TEMPLATE, shown, {**common, "page": shown}.copy)
        late = sum(line.states[ReportState.MISSING] > 0 for _, line in part.lines)
        links.append(PartLink(path, part.title, len(part.lines), late))
    return replace(page, lines=(), parts=tuple(links)) if links else page

"""The pages of what units wrote: a list, and a page for each form and period."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from program.calendar.stage import Stage
from program.pack.pack import Pack
from publish.site.pages import SitePages, part_path
from publish.site.tables.parts import PartLink, parts_of
from publish.site.tables.plans import NarrativeGroup, NarrativeReport

_PATH = "narratives.html"
_LIST_TEMPLATE = "site/narratives.html.j2"
_TEMPLATE = "site/narrative.html.j2"
_BYTES_A_LETTER = 1.5
"""About what a letter of Vietnamese takes in UTF-8."""
_REPORT_BYTES = 300


@dataclass(frozen=True, slots=True)
class NarrativePage:
    """What the page of a form and period shows. `title` names the part; "" for the whole."""

    title: str
    group: NarrativeGroup


@dataclass(frozen=True, slots=True)
class NarrativeLinks:
    """The pages of one form and period: of all its units, or of their parts."""

    group: NarrativeGroup
    units: int
    parts: tuple[PartLink, ...]


def write_narrative_pages(
    pages: SitePages,
    groups: Sequence[NarrativeGroup],
    pack: Pack,
    common: Mapping[str, object],
) -> None:
    """Write a page for each form and period of which a unit wrote something, and their list."""
    listed = []
    for group in groups:
        links = []
        for name, page in _pages_of(group, pack).items():
            path = part_path(_PATH, name)
            pages.write(path, _TEMPLATE, page, {**common, "page": page}.copy)
            count = len(page.group.reports)
            links.append(PartLink(path, page.title or "Tất cả đơn vị", count, count))
        listed.append(NarrativeLinks(replace(group, reports=()), len(group.reports), tuple(links)))
    pages.write(_PATH, _LIST_TEMPLATE, listed, {**common, "narratives": listed}.copy)


def _pages_of(group: NarrativeGroup, pack: Pack) -> dict[str, NarrativePage]:
    """Return the pages of a group by their names."""
    stage = "-uoc" if group.stage is Stage.ESTIMATE else ""
    name = f"{group.form_code}-{group.period}{stage}"
    lines = [(report.unit, report) for report in group.reports if report.unit is not None]
    parts = parts_of(lines, pack.units, _weight)
    if not parts:
        return {name: NarrativePage("", group)}
    shown = {}
    for part in parts:
        reports = tuple(report for _, report in part.lines)
        shown[f"{name}-{part.name}"] = NarrativePage(part.title, replace(group, reports=reports))
    return shown


def _weight(report: NarrativeReport) -> int:
    letters = sum(len(text) for _, text in report.parts)
    return _REPORT_BYTES + int(_BYTES_A_LETTER * letters)

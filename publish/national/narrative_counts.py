"""The country's page on narratives: which reports have one, by province. The words stay there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from program.calendar.stage import Stage
from program.pack.pack import Pack
from program.units.unit import Unit
from publish.site.pages import SitePages
from publish.site.tables.plans import narrative_headings
from warehouse.national.file import NationalRow

_PATH = "narratives.html"
_TEMPLATE = "site/national_narratives.html.j2"


@dataclass(frozen=True, slots=True)
class ProvinceNarratives:
    """How many reports of a province's units tell something below each heading.

    `link` leads to their words on the province's own pages; "" where it has no address.
    """

    unit: Unit
    reports: Mapping[str, int]
    link: str
    is_synthetic: bool


@dataclass(frozen=True, slots=True)
class NarrativeCounts:
    """The narratives of one form and period, with the headings of the form by their keys."""

    title: str
    period: str
    stage: Stage
    headings: Mapping[str, str]
    provinces: tuple[ProvinceNarratives, ...]


def narrative_counts(rows: Sequence[NationalRow], pack: Pack) -> list[NarrativeCounts]:
    """Return the counts of each form and period, in the order of `rows`."""
    counts = []
    for (form, period, stage), of_report in groupby(rows, key=_report_of):
        provinces = []
        for code, of_province in groupby(of_report, key=lambda row: str(row["unit_code"])):
            unit = pack.unit_on(code, period)
            if unit is not None:
                provinces.append(_of_province(unit, list(of_province)))
        headings = narrative_headings(form, period, pack)
        title = pack.short_title_of(form) or form
        counts.append(NarrativeCounts(title, period, Stage(stage), headings, tuple(provinces)))
    return counts


def write_narrative_counts(
    pages: SitePages, counts: Sequence[NarrativeCounts], common: Mapping[str, object]
) -> None:
    """Write the page."""
    pages.write(_PATH, _TEMPLATE, counts, {**common, "narratives": counts}.copy)


def _report_of(row: NationalRow) -> tuple[str, str, str]:
    return row["form_code"], row["period"], row["stage"]


def _of_province(unit: Unit, rows: Sequence[NationalRow]) -> ProvinceNarratives:
    site = rows[0]["site"]
    return ProvinceNarratives(
        unit=unit,
        reports={row["part"]: row["reports"] for row in rows},
        link=f"{site.rstrip('/')}/{_PATH}" if site else "",
        is_synthetic=any(row["is_synthetic"] for row in rows),
    )

"""The country's site: the pages of a province's, with provinces where its units were."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from program.pack.boundaries import read_boundaries
from program.pack.catalogue import Indicator
from program.pack.load import Pack
from program.records.query_rows import ProgressRow
from program.records.report_state import ReportState
from program.records.target_status import TargetStatus
from publish.national.national_data import national_data, national_progress
from publish.output_folder import code_digest, digest_of, pack_digest
from publish.rendering import render, stylesheet
from publish.site.area_pages import write_area_pages
from publish.site.first_page import ShownPages
from publish.site.indicator_pages import write_indicator_pages
from publish.site.pages import SitePages, open_site
from publish.site.project_pages import write_project_pages
from publish.site.quality_page import QualityPage, quality_page
from publish.site.reporting_pages import write_reporting_pages
from publish.site.sheets.workbooks import write_workbooks
from publish.site.site_data import SiteData
from publish.site.tables.money import MoneyPanel, money_panel
from publish.site.tables.plans import plan_panel
from publish.site.tables.target_summary import TargetLine, status_counts
from publish.site.unit_pages import write_unit_pages
from warehouse.national.file import NationalFile, NationalRow

STATE_WORDS = {
    "current": "đủ",
    "stale": "số liệu cũ",
    "missing": "chưa gửi",
    "broken": "tệp gửi lên bị hỏng",
    "unknown": "ngoài danh mục",
}
"""What the pages call the state of a province's partition."""


@dataclass(frozen=True, slots=True)
class NationalPage:
    """What the country's first page shows.

    `used` of `expected` provinces are in the figures; `absent` are those that are not or are stale.
    `others` are the latest figures of the indicators without a target. `states` gives for each
    province how many reports of its units are in each state.
    """

    used: int
    expected: int
    absent: Sequence[NationalRow]
    provinces: Sequence[NationalRow]
    states: Mapping[str, Mapping[ReportState, int]]
    lines: Sequence[TargetLine]
    statuses: Mapping[TargetStatus, int]
    others: Sequence[tuple[Indicator, ProgressRow]]
    money: MoneyPanel | None
    differences: Sequence[NationalRow]
    problems: Sequence[NationalRow]


def publish_national_site(file: NationalFile, pack: Pack, folder: Path, now: datetime) -> Path:
    """Write the country's site from its file; return the path of `index.html`.

    Each page replaces the old one as a whole, or not at all; one whose contents are the same stays.

    Args:
        file: The country's file. It is only read.
        pack: The national pack.
        folder: Where the site is. Other files in it stay.
        now: The time that the first page shows.

    """
    data = national_data(file, pack)
    provinces = file.ask("provinces")
    differences = file.ask("differences")
    common: dict[str, object] = {
        "pack": pack,
        "as_of_day": None,
        "provinces": {row["code"]: row for row in provinces},
        "province_state_words": STATE_WORDS,
        "refused": _refused(differences),
    }
    shared = digest_of(code_digest(), pack_digest(pack), provinces, differences)
    with open_site(folder) as output:
        output.write("site.css", stylesheet().encode(), shared)
        pages = SitePages(output, shared)
        shown = _write_pages(pages, data, common)
        write_workbooks(pages, shown, data)
        output.write("quality.html", _quality_html(shown.quality, now, common), shared)
        others = _without_target(national_progress(file), pack)
        page = _first_page(data, provinces, differences, file.ask("problems"), others)
        index = render("site/national.html.j2", root="", now=now, page=page, **common)
        # Last, so that its links lead somewhere.
        output.write("index.html", index.encode(), shared)
    return folder / "index.html"


def _write_pages(pages: SitePages, data: SiteData, common: Mapping[str, object]) -> ShownPages:
    """Write all pages but the first page and the quality page; return what they show."""
    pack = data.pack
    indicators = write_indicator_pages(pages, data, read_boundaries(pack.folder), common)
    projects = write_project_pages(pages, data, common)
    forms = write_reporting_pages(pages, data, common)
    units = write_unit_pages(pages, data, None, common)
    areas = write_area_pages(pages, data, units, common)
    # Words of findings and runs are those of each province.
    quality = quality_page(data.first_passes, data.quality, pack, examples={}, runs=[])
    return ShownPages(indicators, projects, forms, units, areas, plan_panel([], pack), quality)


def _first_page(
    data: SiteData,
    provinces: Sequence[NationalRow],
    differences: Sequence[NationalRow],
    problems: Sequence[NationalRow],
    others: Sequence[tuple[Indicator, ProgressRow]],
) -> NationalPage:
    states = {}
    for row in provinces:
        states[row["code"]] = data.state_counts(data.reports_by_unit.get(row["code"], []))
    return NationalPage(
        used=sum(row["is_used"] for row in provinces),
        expected=sum(row["state"] != "unknown" for row in provinces),
        absent=[row for row in provinces if row["state"] != "current"],
        provinces=[row for row in provinces if row["state"] != "unknown"],
        states=states,
        lines=data.targets,
        statuses=status_counts(data.targets),
        others=others,
        money=money_panel(data),
        differences=differences,
        problems=problems,
    )


def _without_target(rows: Sequence[ProgressRow], pack: Pack) -> list[tuple[Indicator, ProgressRow]]:
    """Return the country's headline figure of each indicator that has no target."""
    headlines = {row.indicator_code: row for row in rows if row.is_headline}
    without = [each for each in pack.indicators if not each.targets]
    return [(each, headlines[each.code]) for each in without if each.code in headlines]


def _refused(differences: Sequence[NationalRow]) -> Mapping[str, Mapping[str, str]]:
    """Return by province the indicators that are not added, with their names."""
    refused: dict[str, dict[str, str]] = {}
    for row in differences:
        refused.setdefault(row["province"], {})[row["indicator_code"]] = row["indicator_name"]
    return refused


def _quality_html(page: QualityPage, now: datetime, common: Mapping[str, object]) -> bytes:
    return render("site/quality.html.j2", root="", now=now, page=page, **common).encode()

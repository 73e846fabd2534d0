"""The country's site: the pages of a province's, with provinces where its units were."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from program.pack.boundaries import read_boundaries
from program.pack.catalogue import Indicator
from program.pack.pack import Pack
from program.records.query_rows import ProgressRow
from program.records.report_state import ReportState
from program.records.target_status import TargetStatus
from publish.national.narrative_counts import (
    NarrativeCounts,
    narrative_counts,
    write_narrative_counts,
)
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
from publish.site.tables.plans import PlanGroup, plan_panel
from publish.site.tables.target_summary import TargetLine, status_counts
from publish.site.unit_pages import write_unit_pages
from warehouse.national.file import NationalFile, NationalRow

STATE_WORDS = {
    "current": "số liệu mới",
    "stale": "số liệu cũ",
    "missing": "chưa gửi",
    "broken": "tệp gửi lên bị hỏng",
    "unknown": "ngoài danh mục",
}
"""What the pages call the state of a province's partition."""
_GOOD = (TargetStatus.ACHIEVED, TargetStatus.ON_TRACK)
_MOST_LATE = 3
"""Provinces that the first page names as those with most reports missing."""


@dataclass(frozen=True, slots=True)
class AbsentProvinces:
    """The provinces whose figures are missing or not new.

    `missing` are those that sent nothing, `missing_ended` those of them that do not exist any more.
    `others` sent something that is stale or cannot be used.
    """

    missing: Sequence[NationalRow]
    missing_ended: Sequence[NationalRow]
    others: Sequence[NationalRow]


@dataclass(frozen=True, slots=True)
class NationalPage:
    """What the country's first page shows.

    `used` of `expected` provinces are in the figures; `ended` of the expected do not exist any
    more. `provinces` are those in the figures. `others` are the latest figures of the indicators
    without a target, `good` counts the targets that are reached or on track. `states` gives for
    each of `provinces` how many reports of its units are in each state, `all_states` for all;
    `late` are the provinces with most reports missing.
    """

    used: int
    expected: int
    ended: int
    absent: AbsentProvinces
    provinces: Sequence[NationalRow]
    states: Mapping[str, Mapping[ReportState, int]]
    all_states: Mapping[ReportState, int]
    late: Sequence[tuple[NationalRow, int]]
    lines: Sequence[TargetLine]
    statuses: Mapping[TargetStatus, int]
    good: int
    others: Sequence[tuple[Indicator, ProgressRow]]
    money: MoneyPanel | None
    plans: PlanGroup | None
    narratives: Sequence[NarrativeCounts]
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
        "pack": data.pack,
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
        narratives = narrative_counts(file.ask("narratives"), data.pack)
        write_narrative_counts(pages, narratives, common)
        write_workbooks(pages, shown, data)
        output.write("quality.html", _quality_html(shown.quality, now, common), shared)
        page = _first_page(file, data, shown, narratives)
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
    plans = plan_panel(data.figure_rows.plans, pack)
    pages.write("plans.html", "site/plans.html.j2", plans, {**common, "plans": plans}.copy)
    # Words of findings and runs are those of each province.
    quality = quality_page(data.first_passes, data.quality, pack, examples={}, runs=[])
    return ShownPages(indicators, projects, forms, units, areas, plans, quality)


def _first_page(
    file: NationalFile,
    data: SiteData,
    shown: ShownPages,
    narratives: Sequence[NarrativeCounts],
) -> NationalPage:
    known = [row for row in file.ask("provinces") if row["state"] != "unknown"]
    used = [row for row in known if row["is_used"]]
    states = {}
    for row in used:
        states[row["code"]] = data.state_counts(data.reports_by_unit.get(row["code"], []))
    statuses = status_counts(data.targets)
    return NationalPage(
        used=len(used),
        expected=len(known),
        ended=sum(_has_ended(row, data) for row in known),
        absent=_absent(file.ask("provinces"), data),
        provinces=used,
        states=states,
        all_states={each: sum(of[each] for of in states.values()) for each in ReportState},
        late=_late(used, states),
        lines=data.targets,
        statuses=statuses,
        good=sum(statuses.get(status, 0) for status in _GOOD),
        others=_without_target(national_progress(file), data.pack),
        money=money_panel(data),
        plans=next(iter(shown.plans.groups), None),
        narratives=narratives,
        differences=file.ask("differences"),
        problems=file.ask("problems"),
    )


def _has_ended(row: NationalRow, data: SiteData) -> bool:
    unit = data.pack.units.latest(row["code"])
    return unit is not None and unit.valid_to is not None


def _absent(provinces: Sequence[NationalRow], data: SiteData) -> AbsentProvinces:
    missing = [row for row in provinces if row["state"] == "missing"]
    return AbsentProvinces(
        missing=[row for row in missing if not _has_ended(row, data)],
        missing_ended=[row for row in missing if _has_ended(row, data)],
        others=[row for row in provinces if row["state"] not in ("current", "missing")],
    )


def _late(
    used: Sequence[NationalRow], states: Mapping[str, Mapping[ReportState, int]]
) -> list[tuple[NationalRow, int]]:
    missing = [(row, states[row["code"]][ReportState.MISSING]) for row in used]
    behind = [line for line in missing if line[1]]
    return sorted(behind, key=lambda line: -line[1])[:_MOST_LATE]


def _without_target(rows: Sequence[ProgressRow], pack: Pack) -> list[tuple[Indicator, ProgressRow]]:
    """Return the country's headline figure of each indicator that has no target."""
    headlines = {row.indicator_code: row for row in rows if row.is_headline}
    without = [each for each in pack.indicators if not each.targets]
    return [(each, headlines[each.code]) for each in without if each.code in headlines]


def _refused(differences: Sequence[NationalRow]) -> Mapping[str, Mapping[str, str]]:
    """Return by province the indicators that are not added, with their names."""
    refused: dict[str, dict[str, str]] = {}
    for row in differences:
        if row["indicator_code"] is not None:
            refused.setdefault(row["province"], {})[row["indicator_code"]] = row["name"]
    return refused


def _quality_html(page: QualityPage, now: datetime, common: Mapping[str, object]) -> bytes:
    return render("site/quality.html.j2", root="", now=now, page=page, **common).encode()

"""The site: a first page, and pages of units, indicators, projects, reports and quality."""

import shutil
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

from program.errors import UsageError
from program.pack.boundaries import read_boundaries
from program.pack.pack import Pack
from program.settings import Settings
from program.vietnamese import vietnam_day
from publish.output_folder import code_digest, digest_of, pack_digest
from publish.rendering import render, stylesheet
from publish.site.area_pages import write_area_pages
from publish.site.first_page import ShownPages, first_page
from publish.site.guide_pages import write_guide_pages
from publish.site.indicator_pages import write_indicator_pages
from publish.site.narrative_pages import write_narrative_pages
from publish.site.pages import SitePages, open_site
from publish.site.project_pages import write_project_pages
from publish.site.quality_page import QualityPage, by_run, quality_page
from publish.site.reporting_pages import write_reporting_pages
from publish.site.sheets.workbooks import write_workbooks
from publish.site.site_data import SiteData, site_data
from publish.site.submission_pages import write_submission_pages
from publish.site.tables.plans import narrative_groups, plan_panel
from publish.site.unit_pages import write_unit_pages
from warehouse.database.engine import Warehouse
from warehouse.queries.as_of import open_as_of
from warehouse.queries.published_runs import run_counts
from warehouse.queries.quality import rule_examples
from warehouse.queries.reports import submissions_of_runs

_DOCS = "data-docs"
_RUN = "run-"
_KEPT = "site-rows"
"""The file with the rows of the last run's figures."""
_FEWEST_RUNS = 30
"""Least number of runs on the quality page: the last ones that checked a report."""
_MONTH = timedelta(days=30)
"""How far back the first page looks for what has changed."""


def publish_site(
    engine: Warehouse,
    pack: Pack,
    settings: Settings,
    now: datetime,
    folder: Path | None = None,
    as_of_day: date | None = None,
) -> Path:
    """Write the site from the current reports of the warehouse.

    Each page replaces the old one as a whole, or not at all; one whose contents are the same stays.
    The first page comes last, so that its links lead somewhere.

    Args:
        engine: The warehouse. It is only read.
        pack: The configuration of the province.
        settings: Where the site is, and how many runs keep their Data Docs.
        now: The time that the first page shows.
        folder: Another folder than the site. Its pages have no links to Data Docs.
        as_of_day: The day of an as-of query, if the warehouse shows a past day.

    Returns:
        The path of `index.html`.

    """
    # Links to Data Docs are relative to the site: they would lead nowhere from another folder.
    docs_settings = settings if folder is None else None
    target = folder or settings.site
    # A past day, or another folder, is asked for once.
    data = site_data(engine, pack, settings.var / _KEPT if folder is None else None)
    common = {"pack": pack, "as_of_day": as_of_day}
    shared = digest_of(code_digest(), pack_digest(pack), as_of_day)
    with open_site(target) as output:
        output.write("site.css", stylesheet().encode(), shared)
        pages = SitePages(output, shared)
        quality = _quality(engine, data, docs_settings)
        shown = _write_pages(pages, data, engine, quality, common)
        write_workbooks(pages, shown, data)
        guides = write_guide_pages(pages, output, common)

        of_quality = render("site/quality.html.j2", root="", now=now, page=quality, **common)
        output.write("quality.html", of_quality.encode(), shared)

        run = next(iter(run_counts(engine, 1)), None)
        run_rows = submissions_of_runs(engine, run.runs) if run else []
        docs: list[tuple[str, str]] = []
        if run and docs_settings:
            docs = _docs_of_runs(run.runs, settings)
        earlier = _a_month_before(settings, as_of_day or vietnam_day(now))
        index = render(
            "site/index.html.j2",
            root="",
            now=now,
            page=first_page(data, shown, run_rows, earlier),
            run=run,
            projects=shown.projects,
            plans=shown.plans,
            guides=guides,
            docs=docs,
            downloads=_downloads(target),
            **common,
        )
        if earlier is not None:
            earlier.dispose()
        # Last, so that its links lead somewhere.
        output.write("index.html", index.encode(), shared)
    return target / "index.html"


def _write_pages(
    pages: SitePages,
    data: SiteData,
    engine: Warehouse,
    quality: QualityPage,
    common: Mapping[str, object],
) -> ShownPages:
    """Write all pages but the first page and the quality page; return what they show."""
    pack = data.pack
    indicators = write_indicator_pages(pages, data, read_boundaries(pack.folder), common)
    projects = write_project_pages(pages, data, common)
    forms = write_reporting_pages(pages, data, common)
    units = write_unit_pages(pages, data, engine, common)
    areas = write_area_pages(pages, data, units, common)
    write_submission_pages(pages, data, engine, common)
    plans = plan_panel(data.figure_rows.plans, pack)
    pages.write("plans.html", "site/plans.html.j2", plans, {**common, "plans": plans}.copy)
    write_narrative_pages(pages, narrative_groups(data.figure_rows.narratives, pack), pack, common)
    return ShownPages(indicators, projects, forms, units, areas, plans, quality)


def _downloads(site: Path) -> dict[str, str]:
    """Return name and link of each report to download, and of the data for other programs."""
    reports = sorted((site / "reports").rglob("*.*"), key=lambda path: (path.suffix, path.name))
    files = [path for path in reports if path.suffix in (".docx", ".xlsx")]
    files += [path for path in (site / "data" / "datapackage.json",) if path.is_file()]
    return {path.name: path.relative_to(site).as_posix() for path in files}


def _a_month_before(settings: Settings, day: date) -> Warehouse | None:
    """Return the warehouse as it was; None if no run had begun by then."""
    try:
        return open_as_of(settings.warehouse_url, day - _MONTH)
    except UsageError:
        return None


def _quality(engine: Warehouse, data: SiteData, settings: Settings | None) -> QualityPage:
    """Return what the quality page shows. Without settings it has no links to Data Docs."""
    docs_by_run: dict[int, list[tuple[str, str]]] = {}
    shown_runs = _FEWEST_RUNS
    if settings:
        for run in run_counts(engine, settings.keep_data_docs):
            docs_by_run[run.run_id] = _docs_of_runs(run.runs, settings)
        # Every publication whose Data Docs are kept has a line, so that a link leads to them.
        shown_runs = max(_FEWEST_RUNS, settings.keep_data_docs)
    runs = by_run(run_counts(engine, shown_runs), data.quality, docs_by_run)
    return quality_page(data.first_passes, data.quality, data.pack, rule_examples(engine), runs)


def docs_folder(settings: Settings, run_id: int) -> Path:
    """Return the folder of a run's Data Docs on the site."""
    return settings.site / _DOCS / f"{_RUN}{run_id:06d}"


def _docs_of_runs(runs: Sequence[int], settings: Settings) -> list[tuple[str, str]]:
    """Return form and table, and the link, of each result page of some runs.

    Where they are several, the run's number stands before.
    """
    folders = {run: docs_folder(settings, run) / "validations" for run in runs}
    pages_by_run = {run: sorted(folder.glob("*.html")) for run, folder in folders.items()}
    are_several = sum(1 for pages in pages_by_run.values() if pages) > 1
    found = []
    for run, pages in pages_by_run.items():
        for page in pages:
            label = page.stem.replace(".", " · ")
            if are_several:
                label = f"{run} · {label}"
            found.append((label, page.relative_to(settings.site).as_posix()))
    return found


def prune_docs(engine: Warehouse, settings: Settings) -> None:
    """Delete the Data Docs of all publications but the last ones (`MTQG_KEEP_DATA_DOCS`).

    Call this when the pages are written: they link only to what is kept, so no link is ever dead.
    """
    kept: set[Path] = set()
    for run in run_counts(engine, settings.keep_data_docs):
        kept |= {docs_folder(settings, number) for number in run.runs}
    for folder in (settings.site / _DOCS).glob(f"{_RUN}*"):
        if folder not in kept:
            shutil.rmtree(folder)

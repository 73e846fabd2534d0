"""The site: a first page, and pages of units, indicators, projects, reports and quality."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from program.errors import UsageError
from program.pack.boundaries import read_boundaries
from program.pack.load import Pack
from program.settings import Settings
from program.vietnamese import vietnam_day
from publish.output_folder import code_digest, digest_of, folder_digest
from publish.rendering import render, stylesheet
from publish.site.first_page import first_page
from publish.site.guide_pages import write_guide_pages
from publish.site.indicator_pages import IndicatorPage, write_indicator_pages
from publish.site.pages import SitePages, open_site
from publish.site.project_pages import ProjectPage, write_project_pages
from publish.site.quality_page import by_period, by_rule, by_run, by_unit, days_to_fix, passing
from publish.site.reporting_pages import FormReports, write_reporting_pages
from publish.site.site_data import SiteData, site_data
from publish.site.submission_pages import write_submission_pages
from publish.site.tables.plans import PlanPanel, narrative_groups, plan_panel
from publish.site.unit_pages import UnitPage, write_unit_pages
from warehouse.database.engine import Warehouse
from warehouse.queries.as_of import open_as_of
from warehouse.queries.plans import narratives, plans_of
from warehouse.queries.quality import rule_examples, run_counts
from warehouse.queries.reports import last_busy_run, submissions_of_run

_DOCS = "data-docs"
_RUN = "run-"
_NARRATIVES = "site/narratives.html.j2"
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
    data = site_data(engine, pack)
    common = {"pack": pack, "as_of_day": as_of_day}
    shared = digest_of(code_digest(), folder_digest(pack.folder), as_of_day)
    with open_site(target) as output:
        output.write("site.css", stylesheet().encode(), shared)
        pages = SitePages(output, shared)
        shown = _write_pages(pages, data, engine, common)
        guides = write_guide_pages(pages, output, common)

        quality_page = _quality_page(engine, data, docs_settings, now, as_of_day)
        output.write("quality.html", quality_page.encode(), shared)

        run = last_busy_run(engine)
        run_rows = submissions_of_run(engine, run[0]) if run else []
        docs: list[tuple[str, str]] = []
        if run and docs_settings:
            docs = _docs_pages(docs_folder(settings, run[0]), settings)
        earlier = _a_month_before(settings, as_of_day or vietnam_day(now))
        index = render(
            "site/index.html.j2",
            root="",
            now=now,
            page=first_page(data, shown.forms, shown.units, shown.indicators, run_rows, earlier),
            run=run,
            run_rows=run_rows,
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


@dataclass(frozen=True, slots=True)
class _Shown:
    """What the pages show that the first page sums up."""

    indicators: Sequence[IndicatorPage]
    projects: Sequence[ProjectPage]
    forms: Sequence[FormReports]
    units: Sequence[UnitPage]
    plans: PlanPanel


def _write_pages(
    pages: SitePages, data: SiteData, engine: Warehouse, common: Mapping[str, object]
) -> _Shown:
    """Write all pages but the first page and the quality page; return what they show."""
    pack = data.pack
    indicators = write_indicator_pages(pages, data, read_boundaries(pack.folder), common)
    projects = write_project_pages(pages, data, common)
    forms = write_reporting_pages(pages, data, common)
    units = write_unit_pages(pages, data, engine, common)
    write_submission_pages(pages, data, engine, common)
    plans = plan_panel(plans_of(engine, pack.province.code), pack)
    said = narrative_groups(narratives(engine), pack)
    pages.write("plans.html", "site/plans.html.j2", plans, {**common, "plans": plans}.copy)
    pages.write("narratives.html", _NARRATIVES, said, {**common, "narratives": said}.copy)
    return _Shown(indicators, projects, forms, units, plans)


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


def _quality_page(
    engine: Warehouse,
    data: SiteData,
    settings: Settings | None,
    now: datetime,
    as_of_day: date | None,
) -> str:
    """Return `quality.html`. Without settings it has no links to Data Docs."""
    docs_by_run: dict[int, list[tuple[str, str]]] = {}
    shown_runs = _FEWEST_RUNS
    if settings:
        for folder in _kept_docs(settings):
            docs_by_run[_run_id(folder)] = _docs_pages(folder, settings)
        # Every run whose Data Docs are kept has a line, so that a link leads to them.
        shown_runs = max(_FEWEST_RUNS, settings.keep_data_docs)
    reports, rows = data.first_passes, data.quality
    return render(
        "site/quality.html.j2",
        root="",
        pack=data.pack,
        now=now,
        as_of_day=as_of_day,
        all=passing(reports, rows),
        days=days_to_fix(reports),
        rules=by_rule(rows, rule_examples(engine)),
        units=by_unit(reports, rows, data.pack),
        periods=by_period(reports, rows),
        runs=by_run(run_counts(engine, shown_runs), rows, docs_by_run),
    )


def docs_folder(settings: Settings, run_id: int) -> Path:
    """Return the folder of a run's Data Docs on the site."""
    return settings.site / _DOCS / f"{_RUN}{run_id:06d}"


def _run_id(folder: Path) -> int:
    """Return the run of a folder that `docs_folder` names."""
    return int(folder.name.removeprefix(_RUN))


def _docs_pages(folder: Path, settings: Settings) -> list[tuple[str, str]]:
    """Return form and table, and the link, of each result page of a run."""
    pages = []
    for page in sorted((folder / "validations").glob("*.html")):
        link = page.relative_to(settings.site).as_posix()
        pages.append((page.stem.replace(".", " · "), link))
    return pages


def prune_docs(settings: Settings) -> None:
    """Delete the Data Docs of all runs but the last ones.

    Call this when the pages are written: they link only to what is kept, so no link is ever dead.
    """
    kept = set(_kept_docs(settings))
    for folder in (settings.site / _DOCS).glob(f"{_RUN}*"):
        if folder not in kept:
            shutil.rmtree(folder)


def _kept_docs(settings: Settings) -> list[Path]:
    """Return the Data Docs folders of the last runs, the oldest first."""
    folders = (settings.site / _DOCS).glob(f"{_RUN}*")
    # By number, not by name: from run 1,000,000 on, names have a digit more.
    in_order = sorted(folders, key=_run_id)
    return in_order[-settings.keep_data_docs :]

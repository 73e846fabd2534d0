"""The site: a page on progress and on who has reported, and a page on the quality of reports."""

import shutil
from datetime import date, datetime
from pathlib import Path

from program.atomic_write import write_atomic
from program.pack.load import Pack
from program.settings import Settings
from publish.rendering import render
from publish.site.first_page import counts, indicator_tables, reporting_tables, verdict_counts
from publish.site.quality_page import by_period, by_rule, by_run, by_unit, days_to_fix, passing
from publish.site.target_summary import status_counts, target_summary
from warehouse.database.engine import Warehouse
from warehouse.queries.quality import first_passes, quality, rule_examples, run_counts
from warehouse.queries.reports import (
    findings_by_rule,
    last_busy_run,
    progress,
    progress_of,
    provincial,
    reporting,
    stages,
    submissions_of_run,
    territories,
)

_DOCS = "data-docs"
_RUN = "run-"
_QUALITY = "quality.html"
_FEWEST_RUNS = 30
"""Least number of runs on the quality page: the last ones that checked a report."""


def publish_site(
    engine: Warehouse,
    pack: Pack,
    settings: Settings,
    now: datetime,
    folder: Path | None = None,
    as_of_day: date | None = None,
) -> Path:
    """Write `quality.html` and `index.html` from the current reports of the warehouse.

    Each page replaces the old one as a whole, or not at all. The same warehouse and the same
    `now` give the same pages.

    Args:
        engine: The warehouse. It is only read.
        pack: The configuration of the province.
        settings: Where the site is, and how many runs keep their Data Docs.
        now: The time that the pages show.
        folder: Another folder than the site. Its pages have no links to Data Docs.
        as_of_day: The day of an as-of query, if the warehouse shows a past day.

    Returns:
        The path of `index.html`.

    """
    # Links to Data Docs are relative to the site: they would lead nowhere from another folder.
    docs_settings = settings if folder is None else None
    target = folder or settings.site
    quality_page = _quality_page(engine, pack, docs_settings, now, as_of_day)
    write_atomic(target / _QUALITY, quality_page.encode())
    first_page = _first_page(engine, pack, docs_settings, now, as_of_day)
    path = target / "index.html"
    write_atomic(path, first_page.encode())
    return path


def _first_page(
    engine: Warehouse,
    pack: Pack,
    settings: Settings | None,
    now: datetime,
    as_of_day: date | None,
) -> str:
    """Return `index.html`. Without settings it has no links to Data Docs."""
    due = reporting(engine)
    run = last_busy_run(engine)
    run_rows = submissions_of_run(engine, run[0]) if run else []
    broken_rules = findings_by_rule(engine, run[0]) if run else []
    docs: list[tuple[str, str]] = []
    if run and settings:
        docs = _docs_pages(docs_folder(settings, run[0]), settings)
    glance = target_summary(progress_of(engine, pack.province.code), pack)
    sums = [*territories(engine), *provincial(engine)]
    return render(
        "page.html.j2",
        pack=pack,
        now=now,
        as_of_day=as_of_day,
        run=run,
        night=run_rows,
        verdicts=verdict_counts(run_rows),
        rules=broken_rules,
        counts=counts(due),
        glance=glance,
        standing=status_counts(glance),
        unverified=sum(not line.is_verified for line in glance),
        reporting=reporting_tables(due, pack),
        indicators=indicator_tables(progress(engine), sums, stages(engine), pack),
        docs=docs,
    )


def _quality_page(
    engine: Warehouse,
    pack: Pack,
    settings: Settings | None,
    now: datetime,
    as_of_day: date | None,
) -> str:
    """Return `quality.html`. Without settings it has no links to Data Docs."""
    rows = quality(engine)
    reports = first_passes(engine)
    docs_by_run: dict[int, list[tuple[str, str]]] = {}
    shown_runs = _FEWEST_RUNS
    if settings:
        for folder in _kept_docs(settings):
            docs_by_run[_run_id(folder)] = _docs_pages(folder, settings)
        # Every run whose Data Docs are kept has a line, so that a link leads to them.
        shown_runs = max(_FEWEST_RUNS, settings.keep_data_docs)
    return render(
        "quality.html.j2",
        pack=pack,
        now=now,
        as_of_day=as_of_day,
        all=passing(reports, rows),
        days=days_to_fix(reports),
        rules=by_rule(rows, rule_examples(engine)),
        units=by_unit(reports, rows, pack),
        periods=by_period(reports, rows),
        nights=by_run(run_counts(engine, shown_runs), rows, docs_by_run),
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

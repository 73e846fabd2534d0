"""The site: one page that says how far the program is, who has reported, and how last night's files were."""

import shutil
from datetime import datetime
from pathlib import Path

from program.pack import Pack
from program.settings import Settings
from publish.page import counts, indicator_tables, reporting_tables, verdict_counts
from publish.rendering import render
from warehouse.engine import Warehouse
from warehouse.queries import findings_by_rule, last_busy_run, night_rows, progress, reporting, stages, territories

_DOCS = "data-docs"


def publish_site(engine: Warehouse, pack: Pack, settings: Settings, now: datetime) -> Path:
    """Write `index.html` from what the warehouse believes now, whole or not at all; return its path."""
    owed = reporting(engine)
    run = last_busy_run(engine)
    night = night_rows(engine, run[0]) if run else []
    html = render(
        "page.html.j2",
        pack=pack,
        now=now,
        run=run,
        night=night,
        verdicts=verdict_counts(night),
        rules=findings_by_rule(engine, run[0]) if run else [],
        counts=counts(owed),
        reporting=reporting_tables(owed, pack),
        indicators=indicator_tables(progress(engine), territories(engine), stages(engine), pack),
        docs=_docs_pages(docs_folder(settings, run[0]), settings) if run else [],
    )
    page = settings.site / "index.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    unfinished = page.with_suffix(".part")
    unfinished.write_text(html, encoding="utf-8")
    unfinished.replace(page)
    return page


def docs_folder(settings: Settings, run_id: int) -> Path:
    """Return where a night's Data Docs stand on the site."""
    return settings.site / _DOCS / f"night-{run_id:06d}"


def _docs_pages(folder: Path, settings: Settings) -> list[tuple[str, str]]:
    """Return (form and table, link) of each result page: Data Docs' own index is empty without the Internet."""
    pages = sorted((folder / "validations").rglob("*.html"))
    return [(" · ".join(p.relative_to(folder).parts[1:-3]), p.relative_to(settings.site).as_posix()) for p in pages]


def prune_docs(settings: Settings) -> None:
    """Keep the Data Docs of the last nights only: they slow down with what they keep (fivetran/great_expectations 8243)."""
    nights = sorted((settings.site / _DOCS).glob("night-*"))
    for old in nights[: -settings.keep_data_docs]:
        shutil.rmtree(old)

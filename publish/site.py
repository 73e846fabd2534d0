"""The site: a page that says how far the program is and who has reported, and one on the quality of what is reported."""

import shutil
from datetime import date, datetime
from pathlib import Path

from program.pack import Pack
from program.settings import Settings
from publish.glance import at_a_glance, status_counts
from publish.page import counts, indicator_tables, reporting_tables, verdict_counts
from publish.quality import by_night, by_period, by_rule, by_unit, days_to_fix, passing
from publish.rendering import render
from publish.whole import write_whole
from warehouse.engine import Warehouse
from warehouse.quality import first_passes, night_counts, quality, rule_examples
from warehouse.queries import (
    findings_by_rule,
    last_busy_run,
    night_rows,
    progress,
    progress_of,
    provincial,
    reporting,
    stages,
    territories,
)

_DOCS, _NIGHT, _QUALITY = "data-docs", "night-", "quality.html"
_NIGHTS = 30
"""Nights shown on the quality page, the last ones that judged something."""


def publish_site(
    engine: Warehouse,
    pack: Pack,
    settings: Settings,
    now: datetime,
    folder: Path | None = None,
    believed_on: date | None = None,
) -> Path:
    """Write `index.html` and `quality.html` from what the warehouse believes, each whole or not at all; return the first.

    `folder`: elsewhere than the site, without links to its Data Docs. `believed_on`: the day that the warehouse was set back to.
    """
    docs = settings if folder is None else None
    target = folder or settings.site
    write_whole(target / _QUALITY, _quality_page(engine, pack, docs, now, believed_on).encode())
    page = target / "index.html"
    write_whole(page, _first_page(engine, pack, docs, now, believed_on).encode())
    return page


def _first_page(
    engine: Warehouse,
    pack: Pack,
    settings: Settings | None,
    now: datetime,
    believed_on: date | None,
) -> str:
    owed = reporting(engine)
    run = last_busy_run(engine)
    night = night_rows(engine, run[0]) if run else []
    glance = at_a_glance(progress_of(engine, pack.province.code), pack)
    return render(
        "page.html.j2",
        pack=pack,
        now=now,
        believed_on=believed_on,
        run=run,
        night=night,
        verdicts=verdict_counts(night),
        rules=findings_by_rule(engine, run[0]) if run else [],
        counts=counts(owed),
        glance=glance,
        standing=status_counts(glance),
        reporting=reporting_tables(owed, pack),
        indicators=indicator_tables(
            progress(engine), [*territories(engine), *provincial(engine)], stages(engine), pack
        ),
        docs=_docs_pages(docs_folder(settings, run[0]), settings) if run and settings else [],
    )


def _quality_page(
    engine: Warehouse,
    pack: Pack,
    settings: Settings | None,
    now: datetime,
    believed_on: date | None,
) -> str:
    rows, reports = quality(engine), first_passes(engine)
    folders = [(folder, settings) for folder in _kept_docs(settings)] if settings else []
    kept = {
        int(folder.name.removeprefix(_NIGHT)): _docs_pages(folder, of) for folder, of in folders
    }
    return render(
        "quality.html.j2",
        pack=pack,
        now=now,
        believed_on=believed_on,
        all=passing(reports, rows),
        days=days_to_fix(reports),
        rules=by_rule(rows, rule_examples(engine)),
        units=by_unit(reports, rows, pack),
        periods=by_period(reports, rows),
        nights=by_night(
            night_counts(engine, max(_NIGHTS, settings.keep_data_docs if settings else 0)),
            rows,
            kept,
        ),
    )


def docs_folder(settings: Settings, run_id: int) -> Path:
    """Return where a night's Data Docs stand on the site."""
    return settings.site / _DOCS / f"{_NIGHT}{run_id:06d}"


def _docs_pages(folder: Path, settings: Settings) -> list[tuple[str, str]]:
    """Return (form and table, link) of each result page: Data Docs' own index is empty without the Internet."""
    pages = sorted((folder / "validations").rglob("*.html"))
    return [
        (" · ".join(p.relative_to(folder).parts[1:-3]), p.relative_to(settings.site).as_posix())
        for p in pages
    ]


def prune_docs(settings: Settings) -> None:
    """Keep the Data Docs of the last nights only: they slow down with what they keep (fivetran/great_expectations 8243).

    To be called when the pages are written: they link to none but those that are kept, so that no link ever leads nowhere.
    """
    kept = set(_kept_docs(settings))
    for old in (settings.site / _DOCS).glob(f"{_NIGHT}*"):
        if old not in kept:
            shutil.rmtree(old)


def _kept_docs(settings: Settings) -> list[Path]:
    """Return the folders of the last nights' Data Docs, by the nights' numbers: beyond a million they have a digit more."""
    nights = (settings.site / _DOCS).glob(f"{_NIGHT}*")
    return sorted(nights, key=lambda folder: int(folder.name.removeprefix(_NIGHT)))[
        -settings.keep_data_docs :
    ]

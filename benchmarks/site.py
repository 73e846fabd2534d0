"""What a country's site costs, and whether its time grows with what changed.

Loads a country's workbooks (`country.py`) but one, writes the site, writes it again on the next
day with nothing new, and once more after the last workbook came. Prints CPU seconds of each, how
many files changed, the number of pages and the weight of the largest.

Usage: python -m benchmarks.site --workbooks 2784 [--files var/benchmarks]
"""

import argparse
import os
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.country import Country, country_of
from benchmarks.quarter import FORMS, run_date
from flows.night import collecting, steps
from flows.night.run_context import open_run
from program.pack.load import load_pack
from program.pack.pack import Pack
from program.settings import ROOT, Settings
from publish.site.site import publish_site
from warehouse.database.views import ready_for_questions


@dataclass(frozen=True, slots=True)
class Written:
    """What it cost to write the site, and how many of its files are new or changed."""

    seconds: float
    changed: int


def load(settings: Settings, day: date) -> None:
    """Read, check and load what is in the inbox, as a run of `day` does."""
    with open_run(settings, day) as run:
        for source in run.sources("inbox"):
            collecting.collect(run, source)
        for chunk in run.pending():
            steps.load(run, steps.check(run, steps.read(run, chunk)))
        steps.compare(run)
        errors = run.finish()["errors"]
    if errors:
        raise SystemExit(f"the run failed: {errors}")


def write_site(settings: Settings, pack: Pack, day: date) -> Written:
    """Write the site as a run of `day` does, in this process."""
    with open_run(settings, day) as run:
        ready_for_questions(run.warehouse)
        before = _changes(settings.site)
        began = time.process_time()
        publish_site(run.warehouse, pack, settings, run.now())
        seconds = time.process_time() - began
        after = _changes(settings.site)
        run.finish()
    changed = sum(before.get(path) != when for path, when in after.items())
    return Written(seconds, changed)


def _changes(site: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in site.rglob("*.*") if path.is_file()}


def measure(country: Country, folder: Path) -> tuple[Settings, dict[str, Written]]:
    """Write a country's site in an empty folder: at first, with nothing new, with one report."""
    inbox = folder / "inbox"
    shutil.copytree(country.inbox, inbox, copy_function=os.link)
    last = max(inbox.rglob("*.xlsx"))
    held_back = folder / last.name
    last.rename(held_back)
    settings = Settings(_env_file=None, var=folder / "var", pack=country.pack, inbox_url=str(inbox))
    pack = load_pack(country.pack)
    day = run_date(country.period)
    load(settings, day)
    written = {"the whole site": write_site(settings, pack, day)}
    day += timedelta(days=1)
    written["nothing new, a day later"] = write_site(settings, pack, day)
    held_back.rename(last)
    load(settings, day)
    written["one new report"] = write_site(settings, pack, day)
    return settings, written


def print_site(site: Path, written: dict[str, Written]) -> None:
    """Print the weight of a site, and what it cost."""
    pages = list(site.rglob("*.html"))
    largest = max(pages, key=lambda path: path.stat().st_size)
    workbooks = sum(1 for _ in site.rglob("*.xlsx"))
    print(f"  {len(pages):,} pages and {workbooks:,} workbooks")
    print(f"  first page {(site / 'index.html').stat().st_size / 1000:.0f} kB")
    name, size = largest.relative_to(site), largest.stat().st_size
    print(f"  largest page {size / 1000:.0f} kB ({name})")
    print(f"  {'CPU seconds':<28}{'':>8}{'files changed':>16}")
    for what, each in written.items():
        print(f"  {what:<28}{each.seconds:>8.1f}{each.changed:>16,}")


def main(sizes: Sequence[int], files: Path) -> None:
    """Measure each size."""
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    for workbooks in sizes:
        country = country_of(files, -(-workbooks // len(FORMS)))
        with TemporaryDirectory(dir=files) as name:
            settings, written = measure(country, Path(name))
            print(f"{country.files:,} workbooks")
            print_site(settings.site, written)


def parse() -> argparse.Namespace:
    """Return what the command line asks for."""
    about = (__doc__ or "").splitlines()[0]
    parser = argparse.ArgumentParser(prog="python -m benchmarks.site", description=about)
    parser.add_argument("--workbooks", type=int, nargs="+", default=[88, 352])
    parser.add_argument("--files", type=Path, default=ROOT / "var" / "benchmarks")
    return parser.parse_args()


if __name__ == "__main__":
    given = parse()
    main(given.workbooks, given.files)

"""What years of a province cost: archive, warehouse, runs, a rebuild, and questions of the past.

Makes a province of communes (`communes.py`) and loads it quarter by quarter, each on the date on
which a run of then would have taken it, with some runs that find nothing. After the first year and
after the last it measures on a copy: bytes, questions as of a day, then `mtqg run` with nothing
new and with the last 40 reports, the site after one more, verify, backup and rebuild. Prints CPU
seconds of all processes; nothing in the table is extrapolated.

With `--postgres` the same rows are copied into PostgreSQL, for its size and the same questions.

Usage: python -m benchmarks.years --years 5 --communes 43 [--postgres]
"""

import argparse
import logging
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from statistics import fmean, median
from tempfile import TemporaryDirectory
from unittest.mock import patch

from sqlalchemy import insert, select, text

from benchmarks.communes import COMMUNES, FIRST_YEAR, LAST_YEAR, Communes, quarters_of
from benchmarks.cpu import cost_of, cpu_seconds, measured
from benchmarks.loading import databases
from benchmarks.night import environment_of
from benchmarks.quarter import run_date
from benchmarks.site import load, write_site
from flows.night import collecting, steps
from flows.night.run_context import RunContext, open_run
from flows.recovery.rebuild import Rebuilding
from program.calendar.period import Period
from program.pack.load import load_pack
from program.settings import ROOT, Settings
from program.vietnamese import VIETNAM_TIME
from warehouse.database.engine import Warehouse, open_warehouse, prepare_warehouse
from warehouse.database.views import ready_for_questions
from warehouse.queries.as_of import open_as_of
from warehouse.tables import WarehouseTable

_HELD_BACK = 41
"""Reports that come after all else: 40 for a run, one for the site."""
_HOUR_OF_RUN = time(1, tzinfo=VIETNAM_TIME)
_BLOCK = 512
"""Bytes of a block in `st_blocks`."""
_TABLES = ("runs", "deliveries", "submissions", "facts", "findings")
_PROGRESS = "SELECT * FROM mart_progress"
_A_FIGURE = """
    SELECT unit_code, indicator_code, period FROM mart_figures
    WHERE period = :period ORDER BY unit_code, indicator_code LIMIT 1
"""


@dataclass(slots=True)
class Years:
    """What was measured after some years, by row of the table: a number with its unit."""

    title: str
    rows: dict[str, str] = field(default_factory=dict)

    def note(self, name: str, value: str) -> None:
        """Note a row, and print it at once: what follows may take long."""
        self.rows[name] = value
        print(f"  {self.title}: {name}: {value}", file=sys.stderr)

    def bytes(self, name: str, count: int) -> None:
        """Note a size."""
        self.note(name, f"{count / 1e6:,.2f} MB")

    def seconds(self, name: str, seconds: float, more: str = "") -> None:
        """Note a cost."""
        self.note(name, f"{seconds:,.2f} s{more}")

    def count(self, name: str, count: int) -> None:
        """Note a number."""
        self.note(name, f"{count:,}")


@dataclass(frozen=True, slots=True)
class Place:
    """A folder with an inbox and all that runs write; the pack; the files that are held back."""

    folder: Path
    pack: Path
    held_back: tuple[Path, ...] = ()

    @property
    def inbox(self) -> Path:
        """The folder in which files arrive."""
        return self.folder / "inbox"

    @property
    def settings(self) -> Settings:
        """The settings of its runs."""
        var, inbox = self.folder / "var", str(self.inbox)
        return Settings(_env_file=None, var=var, pack=self.pack, inbox_url=inbox)

    def receive(self, files: Sequence[Path]) -> None:
        """Let files arrive, each in its sender's folder and with its time."""
        for path in files:
            target = self.inbox / path.parent.name / path.name
            target.parent.mkdir(parents=True, exist_ok=True)
            os.link(path, target)

    def environment(self) -> dict[str, str]:
        """Return the environment of a command."""
        settings = self.settings
        own = {"MTQG_PACK": str(settings.pack), "MTQG_INBOX_URL": settings.inbox_url}
        return environment_of(settings.var, ROOT) | own


@contextmanager
def clock_at(day: date) -> Iterator[None]:
    """Let runs of this process record a day, at one o'clock in Vietnam, as the present."""
    moment = datetime.combine(day, _HOUR_OF_RUN).astimezone(UTC)
    with patch.object(RunContext, "now", staticmethod(lambda: moment)):
        yield


def run_then(settings: Settings, day: date) -> int:
    """Take in, load, compare and mail what is in the inbox, as the run of a past day.

    Nothing is published. Returns the number of reports.
    """
    with clock_at(day), open_run(settings, day) as run:
        for source in run.sources("inbox"):
            collecting.collect(run, source)
        for chunk in run.pending():
            steps.load(run, steps.check(run, steps.read(run, chunk)))
        steps.compare(run)
        steps.remind(run)
        steps.alert(run)
        summary = run.finish()
    if summary["errors"]:
        sys.exit(f"the run of {day} failed: {summary['errors'][:3]}")
    return sum(summary["verdicts"].values())


def load_years(place: Place, communes: Communes, given: argparse.Namespace) -> list[Years]:
    """Load all quarters; return what was measured after the first year and after the last."""
    results: list[Years] = []
    loading = 0.0
    reports = 0
    for quarter in quarters_of(given.years):
        files = communes.arrivals(quarter)
        is_measured = quarter.number == 4 and quarter.year in _measured_years(given)
        last = min(_HELD_BACK, len(files) // 2)
        kept = files[-last:] if is_measured else []
        sent = files[: len(files) - len(kept)]
        at_once = given.at_once or len(sent)
        arrivals = [sent[first : first + at_once] for first in range(0, len(sent), at_once)]
        without_any: list[list[Path]] = [[] for _ in range(given.nights)]
        for night, new in enumerate([*arrivals, *without_any]):
            place.receive(new)
            with measured() as spent:
                reports += run_then(place.settings, run_date(quarter) + timedelta(days=night))
            loading += spent.seconds
        print(f"  {quarter}: {reports:,} reports, {loading:.0f} s of CPU", file=sys.stderr)
        if is_measured:
            result = Years(f"year {quarter.year - FIRST_YEAR + 1}")
            result.seconds("loading all of it, in this process", loading)
            results.append(result)
            with _copy_of(place, tuple(kept)) as copy:
                measure(copy, quarter, result, given)
            # Later years have them too.
            place.receive(kept)
    return results


def _measured_years(given: argparse.Namespace) -> set[int]:
    last = quarters_of(given.years)[-1].year
    return {last} if given.only_last else {FIRST_YEAR, last}


@contextmanager
def _copy_of(place: Place, held_back: tuple[Path, ...]) -> Iterator[Place]:
    """Give a copy of a place, in which runs may do what they like; it goes at the end."""
    with TemporaryDirectory(dir=place.folder.parent) as name:
        folder = Path(name) / "copy"
        shutil.copytree(place.folder, folder)
        yield Place(folder, place.pack, held_back)


def measure(place: Place, quarter: Period, result: Years, given: argparse.Namespace) -> None:
    """Measure all that is asked for, in the order in which one thing does not change the next."""
    if given.rebuild != "only":
        measure_all_else(place, quarter, result, given)
    if given.rebuild != "no":
        cost = _mtqg(place, "rebuild")
        result.seconds("mtqg rebuild, equal row by row", cost)
        measure_replays(place, result)


def measure_all_else(
    place: Place, quarter: Period, result: Years, given: argparse.Namespace
) -> None:
    """Measure sizes, questions, commands, runs and the site."""
    past = max(_years_before(run_date(quarter), 2), run_date(quarters_of(1)[0]))
    measure_sizes(place, result)
    with measured() as spent:
        ready = open_warehouse(place.settings.warehouse_url)
        ready_for_questions(ready)
        ready.dispose()
    result.seconds("statistics of the database", spent.seconds)
    measure_questions(place.settings.warehouse_url, past, result, "SQLite")
    if given.postgres:
        measure_postgres(place, past, result)
    measure_commands(place, past, result)
    measure_runs(place, quarter, result)
    measure_site(place, quarter, result)


def measure_replays(place: Place, result: Years) -> None:
    """Note what a rebuild takes for a run, by whether it checked something."""
    timing = _ReplayTiming()
    logger = logging.getLogger("mtqg.rebuilding")
    logger.addHandler(timing)
    logger.setLevel(logging.INFO)
    try:
        with TemporaryDirectory() as folder:
            Rebuilding(place.settings, f"sqlite:///{folder}/again.sqlite").run(_ignore)
    finally:
        logger.removeHandler(timing)
    for name, seconds in timing.seconds.items():
        if seconds:
            of_all = f"{len(seconds)} runs, median {1e3 * median(seconds):,.1f} ms"
            result.note(f"  of it a run {name}", f"{1e3 * fmean(seconds):,.1f} ms ({of_all})")


class _ReplayTiming(logging.Handler):
    """Takes the CPU time whenever the log says that a run was replayed."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: dict[str, list[float]] = {"that found nothing": [], "with reports": []}
        self._last = cpu_seconds()

    def emit(self, record: logging.LogRecord) -> None:
        """Note the CPU seconds since the run before."""
        _run, checked = record.args  # type: ignore[misc]
        now = cpu_seconds()
        self.seconds["with reports" if checked else "that found nothing"].append(now - self._last)
        self._last = now


def _ignore(_count: int) -> None:
    """Take what a progress bar would show."""


def _years_before(day: date, years: int) -> date:
    return day.replace(year=day.year - years)


def measure_sizes(place: Place, result: Years) -> None:
    """Note the rows of the warehouse and the bytes of all that runs wrote."""
    settings = place.settings
    engine = open_warehouse(settings.warehouse_url)
    with engine.connect() as connection:
        for table in _TABLES:
            count = connection.scalar(text(f"SELECT COUNT(*) FROM {table}"))
            result.count(f"rows of {table}", count or 0)
    engine.dispose()
    archive = settings.var / "archive"
    result.count("files of the archive", sum(path.is_file() for path in archive.rglob("*")))
    result.bytes("archive, bytes", _bytes(archive))
    result.bytes("archive, on the disk", _bytes(archive, on_disk=True))
    result.bytes("  of it documents of runs", _bytes(archive / "ledger"))
    result.bytes("warehouse, SQLite", _warehouse_bytes(settings))
    result.bytes("outbox", _bytes(settings.outbox))


def _bytes(folder: Path, *, on_disk: bool = False) -> int:
    states = [path.stat() for path in folder.rglob("*") if path.is_file()]
    if on_disk:
        return sum(state.st_blocks * _BLOCK for state in states)
    return sum(state.st_size for state in states)


def _warehouse_bytes(settings: Settings) -> int:
    return sum(path.stat().st_size for path in settings.var.glob("warehouse.sqlite*"))


def measure_questions(url: str, past: date, result: Years, database: str) -> None:
    """Note what all of `mart_progress` costs, as of now and as of a past day."""
    asked: dict[str, Callable[[], Warehouse]] = {
        "now": lambda: open_warehouse(url),
        f"as of {past}": lambda: open_as_of(url, past),
    }
    for when, opened in asked.items():
        engine = opened()
        with engine.connect() as connection, measured(url) as spent:
            rows = len(connection.execute(text(_PROGRESS)).all())
        engine.dispose()
        name = "now" if when == "now" else "as of then"
        more = f" ({rows:,} rows)"
        result.seconds(f"mart_progress {name}, {database}", spent.seconds, more)


def measure_postgres(place: Place, past: date, result: Years) -> None:
    """Copy all rows into a PostgreSQL database; note its size and the same questions."""
    with databases("postgres") as new_url:
        url = new_url()
        source = open_warehouse(place.settings.warehouse_url)
        target = prepare_warehouse(url)
        _copy_rows(source, target)
        ready_for_questions(target)
        with target.connect() as connection:
            size = connection.scalar(text("SELECT pg_database_size(current_database())"))
        source.dispose()
        target.dispose()
        result.bytes("warehouse, PostgreSQL", size or 0)
        measure_questions(url, past, result, "PostgreSQL")


def _copy_rows(source: Warehouse, target: Warehouse) -> None:
    """Copy every row of every table; the tables come in the order of their references."""
    with source.connect() as read, target.begin() as written:
        for table in WarehouseTable.metadata.sorted_tables:
            # A new warehouse has rows of its own where a migration wrote them.
            written.execute(table.delete())
            for part in read.execute(select(table)).mappings().partitions(10_000):
                written.execute(insert(table), [dict(row) for row in part])


def measure_commands(place: Place, past: date, result: Years) -> None:
    """Note the commands that ask, and those that read everything."""
    period = f"{past.year - 1}-Q4" if past.month < 4 else quarters_of(1)[0].code
    unit, indicator = _figure_of(place.settings.warehouse_url, past, period)
    figure = ("trace", "--unit", unit, "--indicator", indicator, "--period", period)
    day = ("--as-of", past.isoformat())
    result.seconds("mtqg trace of a figure, now", _mtqg(place, *figure))
    result.seconds("mtqg trace of a figure, as of then", _mtqg(place, *figure, *day))
    result.seconds("mtqg status", _mtqg(place, "status"))
    page = ("page", "--output", str(place.folder / "page"))
    result.seconds("mtqg page, the site as of then", _mtqg(place, *page, *day))
    result.seconds("mtqg verify, the whole archive", _mtqg(place, "verify"))
    backup = place.folder / "backup.zip"
    result.seconds("mtqg backup", _mtqg(place, "backup", str(backup)))
    result.bytes("backup file", backup.stat().st_size)


def _figure_of(url: str, day: date, period: str) -> tuple[str, str]:
    """Return unit and indicator of a figure of a period that was known on a day."""
    engine = open_as_of(url, day)
    with engine.connect() as connection:
        unit, indicator, _ = connection.execute(text(_A_FIGURE), {"period": period}).one()
    engine.dispose()
    return str(unit), str(indicator)


def measure_runs(place: Place, quarter: Period, result: Years) -> None:
    """Note whole runs as cron starts them: one that publishes all, and those after it."""
    day = run_date(quarter) + timedelta(days=10)
    result.seconds("mtqg run, the first that publishes", _run(place, day))
    archive, ledger = place.settings.var / "archive", _warehouse_bytes(place.settings)
    before = _bytes(archive)
    result.seconds("mtqg run, nothing new", _run(place, day + timedelta(days=1)))
    more = (_bytes(archive) - before) / 1e3
    more_rows = (_warehouse_bytes(place.settings) - ledger) / 1e3
    result.note("  it adds", f"{more:,.1f} kB of archive, {more_rows:,.1f} kB of warehouse")
    site = place.settings.site
    result.bytes("site", _bytes(site))
    result.count("files of the site", sum(path.is_file() for path in site.rglob("*")))
    new = place.held_back[:-1]
    place.receive(new)
    cost = _run(place, day + timedelta(days=2))
    result.seconds("mtqg run, new reports", cost, f" ({len(new)} reports)")


def _run(place: Place, day: date) -> float:
    return _mtqg(place, "run", "--as-of", day.isoformat())


def measure_site(place: Place, quarter: Period, result: Years) -> None:
    """Note what the site costs alone: a day later with nothing new, and after one report."""
    settings, pack = place.settings, load_pack(place.pack)
    day = run_date(quarter) + timedelta(days=13)
    written = write_site(settings, pack, day)
    changed = f" ({written.changed:,} files changed)"
    result.seconds("the site, nothing new", written.seconds, changed)
    place.receive(place.held_back[-1:])
    load(settings, day)
    written = write_site(settings, pack, day)
    changed = f" ({written.changed:,} files changed)"
    result.seconds("the site, one new report", written.seconds, changed)


def _mtqg(place: Place, *arguments: str) -> float:
    """Run a command to its end; return CPU seconds of all its processes."""
    command = [sys.executable, "-m", "mtqg", *arguments]
    return cost_of(command, ROOT, place.environment()).seconds


def show(results: Sequence[Years]) -> None:
    """Print the table: a row for what was measured, a column for when."""
    names = dict.fromkeys(name for result in results for name in result.rows)
    titles = "".join(f"{result.title:>44}" for result in results)
    print(f"{'':<42}{titles}")
    for name in names:
        values = "".join(f"{result.rows.get(name, ''):>44}" for result in results)
        print(f"{name:<42}{values}")


def main(given: argparse.Namespace) -> None:
    """Make the files, load them, measure, and print the table."""
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    communes = Communes(given.files, given.communes, given.again)
    with measured() as spent:
        made = sum(len(communes.arrivals(quarter)) for quarter in quarters_of(given.years))
    print(f"{made:,} files, made in {spent.seconds:.0f} s or kept from before")
    if given.only_files:
        return
    with TemporaryDirectory(dir=given.files) as name:
        place = Place(Path(name) / "province", communes.pack_folder)
        place.inbox.mkdir(parents=True)
        show(load_years(place, communes, given))


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Return what the command line asks for."""
    about = (__doc__ or "").splitlines()[0]
    parser = argparse.ArgumentParser(prog="python -m benchmarks.years", description=about)
    kept = ROOT / "var" / "benchmarks"
    add = parser.add_argument
    add(
        "--years",
        type=int,
        default=5,
        choices=range(1, LAST_YEAR - FIRST_YEAR + 2),
        help="years from 2021 on",
    )
    add("--communes", type=int, default=COMMUNES, help="communes; each sends 18 reports a year")
    add("--again", type=float, default=0.1, help="share of reports that come again, mended")
    add("--nights", type=int, default=5, help="runs of a quarter that find nothing")
    add("--only-last", action="store_true", help="do not measure after the first year")
    choices = ("yes", "no", "only")
    add("--rebuild", choices=choices, default="yes", help="measure a rebuild; only: nothing else")
    add("--at-once", type=int, default=0, help="reports of a run; 0: all that a quarter has")
    add("--postgres", action="store_true", help="copy the rows into PostgreSQL, too")
    add("--only-files", action="store_true", help="make the files and stop")
    add("--files", type=Path, default=kept, help="folder where the workbooks are kept")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main(parse())

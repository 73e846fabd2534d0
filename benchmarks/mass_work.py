"""What Dask gains for `mtqg rebuild` and `mtqg rules diff`: measured here, simulated beyond.

Loads generated quarters (`country.py`), then rebuilds their warehouse and compares two rule sets
over them: in this process, and by 1, 2 and 4 worker processes on loopback. Each rebuilt warehouse
is compared with the loaded one, row by row. Prints the CPU seconds of this process and of the
workers, and the time by the clock. On shared cores the clock says little. So the shares are what
counts: what this process does alone, and what workers do. From them follows the time on 2 to 32
machines with a core each, if the network costs nothing more.

Usage: python -m benchmarks.mass_work --districts 50 [--quarters 2] [--workers 1 2 4]
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from benchmarks.country import Country, country_of
from benchmarks.cpu import cpu_seconds, tree_seconds
from benchmarks.quarter import PERIOD, run_date
from expectations.checking import load_batch_checker
from expectations.rules.rule_set import RuleSet
from flows.archived_reading import ArchivedReading
from flows.night import collecting, steps
from flows.night.run_context import open_run
from flows.recovery.archived_checking import ArchivedChecking
from flows.recovery.rebuild import Rebuilding
from flows.recovery.replay_log import export_runs
from mtqg.rules.diff.comparison import RuleComparison
from mtqg.rules.diff.replay import CheckingBySides, Replay
from mtqg.rules.diff.sides import RuleSide
from program.pack.load import load_pack
from program.settings import ROOT, Settings
from warehouse.database.engine import open_warehouse
from warehouse.maintenance.diff import differences

if TYPE_CHECKING:
    from distributed import Client

_MACHINES = (2, 4, 8, 16, 32)
_START_SECONDS = 300
"""How long workers may take to start on a busy machine."""


@dataclass(slots=True)
class Done:
    """What one command cost: CPU seconds of this process and of workers, and by the clock."""

    alone: float
    workers: float
    clock: float
    read: float = 0.0
    checked: float = 0.0


def load(settings: Settings, country: Country) -> None:
    """Take a quarter's files in, by the steps of a run."""
    of_country = settings.model_copy(update={"inbox_url": str(country.inbox)})
    run = open_run(of_country, run_date(country.period))
    for source in run.sources(None):
        collecting.collect(run, source)
    for chunk in run.pending():
        steps.load(run, steps.check(run, steps.read(run, chunk)))
    steps.compare(run)
    run.finish()
    export_runs(run.warehouse, run.archive, run.pack)
    run.warehouse.dispose()


def rebuild(settings: Settings, beside: Path) -> None:
    """Rebuild the warehouse in the folder `beside`."""
    failed = Rebuilding(settings, _url_in(beside)).run(_ignore).failed
    if failed:
        sys.exit(f"not rebuilt: {failed[:3]}")


def check_rebuilt(settings: Settings, beside: Path) -> None:
    """Compare the rebuilt warehouse with the loaded one, row by row; end where they differ."""
    loaded, again = (open_warehouse(url) for url in (settings.warehouse_url, _url_in(beside)))
    found = differences(loaded, again, 3)
    loaded.dispose()
    again.dispose()
    if found.differing:
        sys.exit(f"rebuilt with other rows: {dict(found.differing)}: {found.examples[:3]}")
    print(f"  {found.compared.total():,} rows are as they were")


def _url_in(folder: Path) -> str:
    return f"sqlite:///{folder}/again.sqlite"


def rules_diff(settings: Settings, _beside: Path) -> None:
    """Check everything by the same rules twice, as a changed rule of all forms would."""
    pack = load_pack(settings.pack)
    before, today = (RuleSide(name, pack, RuleSet(pack)) for name in ("before", "today"))
    engine = open_warehouse(settings.warehouse_url)
    comparison = RuleComparison(5)
    replayed = Replay(engine, settings, before, today, None).run(comparison, _ignore)
    engine.dispose()
    is_whole = replayed.compared == replayed.archived
    if not is_whole or not comparison.is_empty:
        sys.exit(f"the same rules differ, or were not compared everywhere: {replayed}")


def check_nothing(_settings: Settings, _beside: Path) -> None:
    """Check no more than the command did."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command that is measured, and what its result is checked by, which is not measured."""

    name: str
    run: Callable[[Settings, Path], None]
    check: Callable[[Settings, Path], None]

    def cost(self, settings: Settings) -> Done:
        """Return what the command costs this process."""
        with TemporaryDirectory() as folder:
            began, clock = cpu_seconds(), time.monotonic()
            self.run(settings, Path(folder))
            cost = Done(cpu_seconds() - began, 0.0, time.monotonic() - clock)
            self.check(settings, Path(folder))
        return cost


COMMANDS = (
    Command("rebuild", rebuild, check_rebuilt),
    Command("rules diff", rules_diff, check_nothing),
)


def _ignore(_count: int) -> None:
    """Take what a progress bar would show."""


def here(command: Command, settings: Settings) -> Done:
    """Measure a command in this process, and what of it is reading and checking."""
    with (
        _timed(ArchivedReading) as read,
        _timed(ArchivedChecking) as read_and_checked,
        _timed(CheckingBySides) as checked,
    ):
        cost = command.cost(settings)
    cost.read = sum(read)
    # A rebuild's work reads and checks, and a comparison has a work for each.
    cost.checked = sum(read_and_checked) - cost.read if read_and_checked else sum(checked)
    return cost


def by_workers(command: Command, settings: Settings, workers: int) -> Done:
    """Measure a command by so many worker processes, which have imported what they need."""
    with TemporaryDirectory() as folder, _cluster(Path(folder), workers) as client:
        pids = list(client.run(os.getpid).values())
        client.run(load_batch_checker)
        before = sum(map(tree_seconds, pids))
        at = settings.model_copy(update={"dask_address": client.scheduler.address})
        cost = command.cost(at)
        cost.workers = sum(map(tree_seconds, pids)) - before
    return cost


@contextmanager
def _cluster(folder: Path, workers: int) -> Iterator["Client"]:
    """Start a scheduler and its workers as a ministry does, and end them at the end.

    A scheduler within this process would count as the command's.
    """
    from distributed import Client  # noqa: PLC0415  (an extra)

    file = str(folder / "scheduler.json")
    at = ("--scheduler-file", file, "--host", "127.0.0.1", "--no-dashboard")
    counts = ("--nworkers", str(workers), "--nthreads", "1")
    with (
        _program("scheduler", *at, "--port", "0"),
        _program("worker", *at, *counts, "--local-directory", str(folder)),
        Client(scheduler_file=file, timeout=_START_SECONDS) as client,
    ):
        client.wait_for_workers(workers, timeout=_START_SECONDS)
        yield client


@contextmanager
def _program(*arguments: str) -> Iterator[None]:
    """Run a program of Dask's for as long as the block takes."""
    command = [sys.executable, "-m", "dask", *arguments]
    started = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        started.terminate()
        started.wait()


@contextmanager
def _timed(work: type) -> Iterator[list[float]]:
    """Give the CPU seconds of each call of a work, with those of its reader processes."""
    call = work.__call__
    seconds: list[float] = []

    def timed(self: object, chunk: object) -> object:
        began = tree_seconds(os.getpid())
        try:
            return call(self, chunk)
        finally:
            seconds.append(tree_seconds(os.getpid()) - began)

    work.__call__ = timed
    try:
        yield seconds
    finally:
        work.__call__ = call


def simulated(alone: float, base: Done, machines: int) -> float:
    """Return the seconds on so many machines with a core each; `alone` is not shared out."""
    return max(alone, (base.read + base.checked) / machines)


def measure(command: Command, settings: Settings, workers: Sequence[int]) -> None:
    """Print what a command costs here and by workers, its shares, and what machines would give.

    Each line is printed as soon as it is known: what follows may take long.
    """
    print(f"  {'':<12}{'this process':>14}{'workers':>10}{'all':>8}{'clock':>8}  (seconds)")
    base = here(command, settings)
    show("here", base)
    measured: list[Done] = []
    for count in workers:
        measured.append(by_workers(command, settings, count))
        show(f"{count} workers", measured[-1])
    rest = base.alone - base.read - base.checked
    print(f"  here: read {base.read:.1f}, check {base.checked:.1f}, the rest {rest:.1f}")
    print(f"  parallel share {(base.read + base.checked) / base.alone:.0%}")
    alone = min((cost.alone for cost in measured), default=rest)
    for machines in _MACHINES:
        seconds = simulated(alone, base, machines)
        print(f"  simulated on {machines:>2}: {seconds:>6.1f} s, {base.alone / seconds:.1f} times")


def show(label: str, cost: Done) -> None:
    """Print a line of the table."""
    line = f"  {label:<12}{cost.alone:>14.1f}{cost.workers:>10.1f}"
    print(f"{line}{cost.alone + cost.workers:>8.1f}{cost.clock:>8.1f}")


def main(given: argparse.Namespace) -> None:
    """Load the quarters, and measure both commands."""
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    periods = [PERIOD.moved(-back) for back in reversed(range(given.quarters))]
    quarters = [country_of(given.files, given.districts, period) for period in periods]
    load_batch_checker()
    with TemporaryDirectory() if given.var is None else nullcontext(given.var) as folder:
        var = Path(folder)
        settings = Settings(_env_file=None, var=var, pack=quarters[-1].pack, readers=1)
        for country in quarters:
            load(settings, country)
        deliveries = sum(country.files for country in quarters)
        for command in COMMANDS:
            if command.name in given.commands:
                print(f"\n{command.name}, {deliveries} deliveries")
                measure(command, settings, given.workers)


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Return what the command line asks for."""
    about = (__doc__ or "").splitlines()[0]
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mass_work", description=about)
    add = parser.add_argument
    add("--districts", type=int, default=50, help="districts; each sends four files a quarter")
    add("--quarters", type=int, default=2, help="quarters that they send, up to the last one")
    names = [command.name for command in COMMANDS]
    add("--commands", nargs="+", choices=names, default=names, help="what is measured")
    add("--var", type=Path, help="folder that keeps archive and warehouse for another call")
    add("--workers", type=int, nargs="+", default=[1, 2, 4], help="numbers of worker processes")
    add("--files", type=Path, default=ROOT / "var" / "benchmarks", help="folder for workbooks")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main(parse())

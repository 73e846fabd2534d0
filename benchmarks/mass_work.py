"""What Dask gains for `mtqg rebuild` and `mtqg rules diff`: measured here, simulated beyond.

Loads generated quarters (`country.py`), then rebuilds their warehouse and compares two rule sets
over them: in this process, and by 1, 2 and 4 worker processes on loopback. Prints the CPU seconds
of this process and of the workers, and the time by the clock. On shared cores the clock says
little. So the shares are what counts: what this process does alone, and what workers do. From
them follows the time on 2 to 32 machines with a core each, if the network costs nothing more.

Usage: python -m benchmarks.mass_work --districts 50 [--workers 1 2 4]
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.country import Country, country_of
from benchmarks.cpu import cpu_seconds, tree_seconds
from benchmarks.quarter import FORMS, PERIOD, run_date
from expectations.checking import load_batch_checker
from expectations.rules.rule_set import RuleSet
from flows.archived_reading import ArchivedReading
from flows.night import intake, steps
from flows.night.run_context import open_run
from flows.recovery.rebuild import Checking, Rebuilding
from flows.recovery.replay_log import export_runs
from mtqg.rules.comparison import RuleComparison
from mtqg.rules.replay import CheckingBySides, Replay
from mtqg.rules.sides import RuleSide
from program.pack.load import load_pack
from program.settings import ROOT, Settings
from warehouse.database.engine import open_warehouse

_MACHINES = (2, 4, 8, 16, 32)


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
        intake.collect(run, source)
    for chunk in run.pending():
        steps.load(run, steps.check(run, steps.read(run, chunk)))
    steps.compare(run)
    run.finish()
    export_runs(run.warehouse, run.archive, run.pack)
    run.warehouse.dispose()


def rebuild(settings: Settings) -> None:
    """Rebuild the warehouse beside the existing one."""
    with TemporaryDirectory() as folder:
        failed = Rebuilding(settings, f"sqlite:///{folder}/again.sqlite").run(_ignore).failed
    if failed:
        sys.exit(f"not rebuilt: {failed[:3]}")


def rules_diff(settings: Settings) -> None:
    """Check everything by the same rules twice, as a changed rule of all forms would."""
    pack = load_pack(settings.pack)
    before, today = (RuleSide(name, pack, RuleSet(pack)) for name in ("before", "today"))
    engine = open_warehouse(settings.warehouse_url)
    Replay(engine, settings, before, today, None).run(RuleComparison(5), _ignore)
    engine.dispose()


COMMANDS = {"rebuild": rebuild, "rules diff": rules_diff}


def _ignore(_count: int) -> None:
    """Take what a progress bar would show."""


def here(command: Callable[[Settings], None], settings: Settings) -> Done:
    """Measure a command in this process, and what of it is reading and checking."""
    with _timed(ArchivedReading) as read, _timed(Checking) as one, _timed(CheckingBySides) as two:
        cost = _cost(command, settings)
    cost.read = sum(read)
    cost.checked = sum(one) + sum(two)
    return cost


def by_workers(command: Callable[[Settings], None], settings: Settings, workers: int) -> Done:
    """Measure a command by so many worker processes, which have imported what they need."""
    from distributed import LocalCluster  # noqa: PLC0415  (an extra)

    with (
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
        ) as cluster,
        cluster.get_client() as client,
    ):
        pids = list(client.run(os.getpid).values())
        client.run(load_batch_checker)
        before = sum(map(tree_seconds, pids))
        at = settings.model_copy(update={"dask_address": cluster.scheduler_address})
        cost = _cost(command, at)
        cost.workers = sum(map(tree_seconds, pids)) - before
    return cost


def _cost(command: Callable[[Settings], None], settings: Settings) -> Done:
    began, clock = cpu_seconds(), time.monotonic()
    command(settings)
    return Done(cpu_seconds() - began, 0.0, time.monotonic() - clock)


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


def simulated(name: str, alone: float, base: Done, machines: int) -> float:
    """Return the seconds on so many machines with a core each; `alone` is not shared out."""
    shared = (base.read + base.checked) / machines
    if name == "rules diff":
        # Chunks do not wait for each other.
        return max(alone, shared)
    # A chunk is checked when the one before is loaded, by one task a form. Reading goes ahead.
    chain = alone + base.checked / min(machines, len(FORMS))
    return max(chain, shared)


def show(name: str, reports: int, base: Done, measured: dict[int, Done]) -> None:
    """Print what a command cost, its shares, and what more machines would give."""
    print(f"\n{name}, {reports} deliveries")
    print(f"  {'':<12}{'this process':>14}{'workers':>10}{'all':>8}{'clock':>8}  (seconds)")
    for label, cost in {"here": base, **measured}.items():
        line = f"  {label!s:<12}{cost.alone:>14.1f}{cost.workers:>10.1f}"
        print(f"{line}{cost.alone + cost.workers:>8.1f}{cost.clock:>8.1f}")
    rest = base.alone - base.read - base.checked
    print(f"  here: read {base.read:.1f}, check {base.checked:.1f}, the rest {rest:.1f}")
    print(f"  parallel share {(base.read + base.checked) / base.alone:.0%}")
    alone = min(cost.alone for cost in measured.values())
    for machines in _MACHINES:
        seconds = simulated(name, alone, base, machines)
        print(f"  simulated on {machines:>2}: {seconds:>6.1f} s, {base.alone / seconds:.1f} times")


def main(given: argparse.Namespace) -> None:
    """Load the quarters, and measure both commands."""
    sys.stdout.reconfigure(line_buffering=True)
    quarters = [country_of(given.files, given.districts, PERIOD.moved(n)) for n in (-1, 0)]
    load_batch_checker()
    with TemporaryDirectory() as folder:
        var = Path(folder)
        settings = Settings(_env_file=None, var=var, pack=quarters[-1].pack, readers=1)
        for country in quarters:
            load(settings, country)
        for name, command in COMMANDS.items():
            base = here(command, settings)
            measured = {count: by_workers(command, settings, count) for count in given.workers}
            show(name, sum(country.files for country in quarters), base, measured)


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Return what the command line asks for."""
    about = (__doc__ or "").splitlines()[0]
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mass_work", description=about)
    add = parser.add_argument
    add("--districts", type=int, default=50, help="districts; each sends four files a quarter")
    add("--workers", type=int, nargs="+", default=[1, 2, 4], help="numbers of worker processes")
    add("--files", type=Path, default=ROOT / "var" / "benchmarks", help="folder for workbooks")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main(parse())

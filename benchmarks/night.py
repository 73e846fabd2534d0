"""What a whole run costs, from the inbox to the outbox, beside two peers on the same files.

Makes a country's workbooks (`country.py`; kept in a folder, never part of what is measured).
Loads `--earlier` quarters of them, starts `mtqg run` on the next as cron does, starts it again
with nothing new, and prints CPU seconds of all processes, of each step, and peaks of memory. From
two sizes or more follow a run's fixed cost and that of a workbook. A Prefect flow that does
nothing is the floor. `--tree` measures another checkout with the same files.

The strong peer takes all files; the textbook peer takes `--textbook` of them and half as many,
and is scaled from the two. How many facts each loaded of each file is compared with ours.

Usage: python -m benchmarks.night --workbooks 88 [2784] [--database sqlite|postgres] [--tree DIR]
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import create_engine, text

from benchmarks.country import Country, country_of
from benchmarks.cpu import DATABASE_SERVER, Cost, Process, cost_of
from benchmarks.loading import databases
from benchmarks.quarter import FORMS, PERIOD, run_date
from program.settings import ROOT
from warehouse.database.backends import warehouse_url

_LAST_SUMMARY = "SELECT summary FROM runs ORDER BY id DESC LIMIT 1"
_FACTS_OF_FILES = """
    SELECT d.name, COUNT(*) FROM facts f JOIN submissions s ON s.id = f.submission_id
    JOIN deliveries d ON d.id = s.delivery_id WHERE s.run_id = :run GROUP BY d.name
"""
_FINDINGS = """
    SELECT COUNT(*) FROM findings f JOIN submissions s ON s.id = f.submission_id
    WHERE s.run_id = :run
"""


_OURS = ("MTQG_", "PREFECT_")
_READERS, _PREFECT = "readers", "Prefect's server"
_KINDS = (_READERS, _PREFECT, DATABASE_SERVER)
"""The processes beside the main one. Those that mark workbooks are few, and count as readers."""


def _kind_of(process: Process) -> str:
    if process.command == DATABASE_SERVER:
        return DATABASE_SERVER
    return _PREFECT if "prefect" in process.command else _READERS


@dataclass(frozen=True, slots=True)
class Run:
    """A run of ours: what it cost, and the summary that the ledger keeps of it."""

    cost: Cost
    summary: dict[str, Any]

    @property
    def others(self) -> dict[str, float]:
        """CPU seconds of the other processes, by kind."""
        seconds = dict.fromkeys(_KINDS, 0.0)
        for process in self.cost.others.values():
            seconds[_kind_of(process)] += process.seconds
        return seconds

    @property
    def peak_of_readers(self) -> float:
        """The peak of memory of the largest process that reads or marks workbooks, in MB."""
        readers = (p for p in self.cost.others.values() if _kind_of(p) == _READERS)
        return max((reader.peak for reader in readers), default=0.0)

    @property
    def steps(self) -> dict[str, float]:
        """CPU seconds of each step in the main process; `start and end` is what no step has."""
        steps = dict(self.summary.get("cpu_seconds", {}))
        inner = {name for name in steps if name.startswith("load: ")}
        within = sum(seconds for name, seconds in steps.items() if name not in inner)
        return {**steps, "start and end": self.cost.main.seconds - within}


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured with one number of workbooks."""

    files: int
    first: Run
    again: Run
    findings: int
    facts: dict[str, int]
    """Facts that were loaded of each file."""


@dataclass(frozen=True, slots=True)
class Peer:
    """What a peer did with so many files."""

    cost: Cost
    files: int
    findings: int
    refused: int
    facts: dict[str, int]


def measure(quarters: Sequence[Country], folder: Path, url: str, tree: Path = ROOT) -> Measured:
    """Run a country's quarters in an empty folder; measure the last, and a run with nothing new."""
    *earlier, last = quarters
    for country in earlier:
        _run(country, folder, url, tree)
    first = _run(last, folder, url, tree)
    findings, facts = _loaded(url, first)
    return Measured(last.files, first, _run(last, folder, url, tree), findings, facts)


def _run(country: Country, folder: Path, url: str, tree: Path) -> Run:
    environment = environment_of(folder, tree) | {
        "MTQG_PACK": str(country.pack),
        "MTQG_INBOX_URL": str(country.inbox),
        "MTQG_WAREHOUSE_URL": url,
    }
    command = [sys.executable, "-m", "mtqg", "run", "--as-of", str(run_date(country.period))]
    cost = cost_of(command, tree, environment, url)
    return Run(cost, summary_of_last_run(url))


def summary_of_last_run(url: str) -> dict[str, Any]:
    """Return what the ledger keeps of the last run."""
    ((summary,),) = _answer(url, _LAST_SUMMARY)
    return json.loads(summary) if isinstance(summary, str) else summary


def floor(folder: Path) -> Cost:
    """Return what the flow that does nothing costs where Prefect has its database already."""
    command = [sys.executable, "-m", "benchmarks.peers.trivial_flow"]
    cost_of(command, ROOT, environment_of(folder, ROOT))
    return cost_of(command, ROOT, environment_of(folder, ROOT))


def peer(name: str, country: Country, folder: Path, url: str, files: int | None = None) -> Peer:
    """Run a peer on a country's files, or the first of them."""
    command = [sys.executable, "-m", f"benchmarks.peers.{name}", "--pack", str(country.pack)]
    command += ["--inbox", str(country.inbox), "--database", url]
    command += [] if files is None else ["--files", str(files)]
    cost = cost_of(command, ROOT, environment_of(folder, ROOT), url)
    said = json.loads(cost.output)
    return Peer(cost, said["files"], said["findings"], said["refused"], said["facts"])


def environment_of(folder: Path, tree: Path) -> dict[str, str]:
    """Return a command's environment: it writes below a folder, without the caller's settings."""
    folder.mkdir(exist_ok=True)
    own = {"PYTHONPATH": str(tree), "MTQG_VAR": str(folder), "PREFECT_LOGGING_LEVEL": "CRITICAL"}
    return {name: value for name, value in os.environ.items() if not name.startswith(_OURS)} | own


def _loaded(url: str, run: Run) -> tuple[int, dict[str, int]]:
    """Return the number of a run's findings, and the facts of each of its files."""
    number = run.summary["run_id"]
    ((findings,),) = _answer(url, _FINDINGS, run=number)
    return findings, dict(_answer(url, _FACTS_OF_FILES, run=number))


def _answer(url: str, question: str, **values: object) -> list[tuple[Any, ...]]:
    engine = create_engine(warehouse_url(url))
    with engine.connect() as connection:
        rows = [tuple(row) for row in connection.execute(text(question), values)]
    engine.dispose()
    return rows


def main(given: argparse.Namespace) -> None:
    """Measure each size, ours and the peers; print everything as soon as it is known."""
    sys.stdout.reconfigure(line_buffering=True)
    sizes = [-(-workbooks // len(FORMS)) for workbooks in given.workbooks]
    periods = [PERIOD.moved(-earlier) for earlier in range(given.earlier, -1, -1)]
    countries = [[country_of(given.files, size, p) for p in periods] for size in sizes]
    with _place(given.database) as (new_folder, new_url):
        nothing = floor(new_folder())
        measured = []
        for quarters in countries:
            measured.append(measure(quarters, new_folder(), new_url(), given.tree))
            print_run(measured[-1], nothing, given.database)
        if len(measured) > 1:
            print_slopes(measured)
        print(f"\nPeers on the same files, into {given.database}")
        for quarters, run in zip(countries, measured, strict=True):
            print_peer("strong", peer("strong", quarters[-1], new_folder(), new_url()), run)
        if given.textbook:
            half = peer("textbook", countries[0][-1], new_folder(), new_url(), given.textbook // 2)
            whole = peer("textbook", countries[0][-1], new_folder(), new_url(), given.textbook)
            for run in measured:
                print_textbook(half, whole, run)


@contextmanager
def _place(database: str) -> Iterator[Any]:
    """Give what makes a new folder, and what makes the URL of a new database."""
    with ExitStack() as stack:
        new_url = stack.enter_context(databases(database))
        yield lambda: Path(stack.enter_context(TemporaryDirectory())), new_url


def print_run(run: Measured, nothing: Cost, database: str) -> None:
    """Print what a size cost, by process and step."""
    first, again = run.first, run.again
    verdicts = {name: count for name, count in first.summary["verdicts"].items() if count}
    print(f"\n{run.files} workbooks into {database}: {first.cost.seconds:.1f} s of CPU")
    print(f"  {sum(run.facts.values()):,} facts, {run.findings:,} findings, {verdicts}")
    rows = {"main process": (first.cost.main.seconds, again.cost.main.seconds)}
    for step in first.steps:
        rows[f"  {step}"] = (first.steps[step], again.steps.get(step, 0.0))
    rows |= {kind: (first.others[kind], again.others[kind]) for kind in _KINDS}
    rows["all"] = (first.cost.seconds, again.cost.seconds)
    print(f"  {'CPU seconds':<24}{'run':>9}{'nothing new':>13}")
    for name, (seconds, second) in rows.items():
        print(f"  {name:<24}{seconds:>9.2f}{second:>13.2f}")
    above = again.cost.seconds - nothing.seconds
    print(f"  a flow that does nothing {nothing.seconds:.2f}, nothing new {above:+.2f} s")
    peak, reader = first.cost.main.peak, first.peak_of_readers
    print(f"  peaks of memory: main process {peak:.0f} MB, largest reader {reader:.0f} MB;")
    print(f"  with nothing new {again.cost.main.peak:.0f} MB")


def print_slopes(measured: Sequence[Measured]) -> None:
    """Print the fixed cost and that of a workbook, from the smallest and the largest size."""
    small, large = measured[0], measured[-1]
    print(f"\nFrom {small.files} and {large.files} workbooks: fixed cost, and ms of CPU a workbook")
    for name in ["all", *_KINDS, *large.first.steps]:
        few, many = (_seconds_of(run.first, name) for run in (small, large))
        each = (many - few) / (large.files - small.files)
        print(f"  {name:<24}{few - each * small.files:>9.2f} s{1000 * each:>9.1f} ms")
    grown = large.first.cost.main.peak - small.first.cost.main.peak
    each = 1000 * grown / (large.files - small.files)
    print(f"  peak of memory grew by {grown:.0f} MB: {each:.0f} KB a workbook")


def _seconds_of(run: Run, name: str) -> float:
    known = {"all": run.cost.seconds, **run.others, **run.steps}
    return known.get(name, 0.0)


def print_peer(name: str, done: Peer, ours: Measured) -> None:
    """Print a peer's cost beside ours, and where its facts differ."""
    seconds, peak = done.cost.seconds, done.cost.main.peak
    print(f"  {name}, {done.files} files: {seconds:.1f} s of CPU, peak {peak:.0f} MB")
    print(f"    ours takes {ours.first.cost.seconds / seconds:.1f} times as long")
    print(f"    {_loaded_by(done, ours)}")


def print_textbook(half: Peer, whole: Peer, ours: Measured) -> None:
    """Print what the textbook peer costs, scaled to all files from two smaller runs."""
    seconds = whole.cost.seconds
    each = (seconds - half.cost.seconds) / (whole.files - half.files)
    scaled = seconds + each * (ours.files - whole.files)
    print(f"  textbook, {whole.files} files: {seconds:.1f} s of CPU, {1000 * each:.0f} ms a file")
    print(f"    {_loaded_by(whole, ours)}")
    ratio = scaled / ours.first.cost.seconds
    print(f"    {ours.files} files, scaled: {scaled:.0f} s, {ratio:.1f} times ours")


def _loaded_by(done: Peer, ours: Measured) -> str:
    both = done.facts.keys() & ours.facts.keys()
    equal = sum(done.facts[name] == ours.facts[name] for name in both)
    facts = sum(done.facts.values())
    counts = f"{facts:,} facts, {done.findings} findings, {done.refused} files refused"
    return f"{counts}; as many facts as ours in {equal} of {len(both)} files that both loaded"


def parse() -> argparse.Namespace:
    """Return what the command line asks for."""
    about = (__doc__ or "").splitlines()[0]
    parser = argparse.ArgumentParser(prog="python -m benchmarks.night", description=about)
    kept = ROOT / "var" / "benchmarks"
    add = parser.add_argument
    add("--workbooks", type=int, nargs="+", default=[88, 352], help="sizes; 2784 is the country")
    add("--earlier", type=int, default=1, help="quarters that are in the warehouse before")
    add("--database", choices=("sqlite", "postgres"), default="sqlite")
    add("--files", type=Path, default=kept, help="folder where the workbooks are kept")
    add("--textbook", type=int, default=44, help="files for the textbook peer; 0: without it")
    add("--tree", type=Path, default=ROOT, help="another checkout to measure, not this one")
    return parser.parse_args()


if __name__ == "__main__":
    main(parse())

"""Read workbooks that nobody here wrote, and say what came of them.

Ends with 1 where one has no verdict, or a doubtful one.

Usage: python -m tests.corpora --fetch DIR [--set ci] [FILE or DIR …]
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from program.pack.load import load_pack
from program.settings import Settings, quiet_third_parties
from tests.corpora.packages import FetchError, fetch, listed
from tests.corpora.trial import Trial, largest, outcomes, run, slowest


def main() -> int:
    """Fetch, read, print; return how the program ends."""
    given = _arguments()
    folders = list(given.paths)
    if given.fetch:
        packages = listed(ci_only=given.set == "ci")
        try:
            fetch(packages, given.fetch)
        except FetchError as wrong:
            print(f"fetch: {wrong}", file=sys.stderr)
            return 2
        folders += [given.fetch / package.name for package in packages]
    files = sorted(
        {
            file
            for path in folders
            for file in ([path] if path.is_file() else path.rglob("*"))
            if file.is_file()
        }
    )
    if not files:
        print("no file to read; --fetch DIR brings some", file=sys.stderr)
        return 2
    return _report(_trials(files))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.corpora", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument(
        "paths", type=Path, nargs="*", help="files, and folders with files at any depth"
    )
    parser.add_argument(
        "--fetch",
        type=Path,
        metavar="DIR",
        help="fetch the packages of packages.yaml into DIR, as far as it lacks them",
    )
    parser.add_argument(
        "--set", choices=["ci", "all"], default="all", help="which of the packages (default: all)"
    )
    return parser.parse_args()


def _trials(files: Sequence[Path]) -> list[Trial]:
    settings = Settings(_env_file=None)
    quiet_third_parties(settings)
    columns = (TextColumn("reading"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=len(files))
        return list(
            run(files, load_pack(settings.pack), settings, lambda count: bar.advance(task, count))
        )


def _report(trials: Sequence[Trial]) -> int:
    console = Console()
    table = Table("outcome", "files", title=f"{len(trials)} files", title_justify="left")
    for outcome, count in outcomes(trials):
        table.add_row(outcome, str(count))
    console.print(table)
    for trial, cost in slowest(trials):
        console.print(
            f"{cost.seconds:6.1f} s   {trial.path.parent.name}/{trial.path.name}",
            markup=False,
            highlight=False,
        )
    for trial, cost in largest(trials):
        console.print(
            f"{cost.peak:6.0f} MB  {trial.path.parent.name}/{trial.path.name}",
            markup=False,
            highlight=False,
        )
    alarms = [trial for trial in trials if trial.alarm]
    for trial in alarms:
        console.print(f"{trial.alarm}: {trial.path}", style="red", markup=False, highlight=False)
    console.print(
        f"{len(trials) - len(alarms)} with a verdict as it should be, {len(alarms)} to look at",
        highlight=False,
    )
    return 1 if alarms else 0


if __name__ == "__main__":
    sys.exit(main())

"""Damage good workbooks at random and see what comes of it.

Ends with 1 where one has no verdict, or a fact that no cell holds.

Usage: python -m tests.mutations [--count 10000] [--first 0] [--seed 1719] [--only NUMBER [--write
FILE]]
"""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from program.pack.load import load_pack
from program.settings import ROOT, Settings, quiet_third_parties
from tests.mutations.damage import mutated
from tests.mutations.trial import Result, run
from tests.workbooks import without_further_columns


def main() -> int:
    """Damage, read, check, print; return how the program ends."""
    given = _arguments()
    if given.only is not None and given.write:
        given.write.write_bytes(mutated(given.only, given.seed)[1])
    numbers = range(given.first, given.first + given.count) if given.only is None else [given.only]
    results = _results(numbers, given.seed)
    for outcome, count in Counter(result.outcome for result in results).most_common():
        print(f"{count:6} {outcome}")
    faults = sum(1 for result in results if result.fault)
    print(f"{len(results)} workbooks, {faults} not as they should be")
    return 1 if faults else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.mutations", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument(
        "--count", type=int, default=10_000, help="how many workbooks (default: 10000)"
    )
    parser.add_argument(
        "--first",
        type=int,
        default=0,
        metavar="NUMBER",
        help="the first one's number, to go on where another run ended",
    )
    parser.add_argument("--seed", type=int, default=1719, help="another seed, other workbooks")
    parser.add_argument(
        "--only", type=int, metavar="NUMBER", help="this one alone, to see a failure again"
    )
    parser.add_argument("--write", type=Path, metavar="FILE", help="with --only: keep the workbook")
    return parser.parse_args()


def _results(numbers: Sequence[int], seed: int) -> list[Result]:
    settings = Settings(_env_file=None)
    quiet_third_parties(settings)
    pack = without_further_columns(load_pack(ROOT / "config" / "soc-trang"))
    console = Console(stderr=True)
    columns = (TextColumn("reading"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=len(numbers))
        results = []
        for result in run(numbers, seed, pack, settings, lambda count: bar.advance(task, count)):
            results.append(result)
            if result.fault:  # at once: the whole takes long
                bar.console.print(
                    f"--seed {seed} --only {result.number}: {result.damage}: {result.fault}",
                    markup=False,
                )
        return results


if __name__ == "__main__":
    sys.exit(main())

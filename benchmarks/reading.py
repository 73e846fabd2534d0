"""How fast workbooks are read, and with how much memory: ours against calamine alone and pandas.read_excel.

Prints files a second, seconds of the processor, what each file takes of it in calamine's own time (a ratio in one run is what
counts on a shared machine), and each way's peak of memory; then the goals. Each way runs in a fresh process, so that none pays
for what another left behind. pandas with openpyxl reads a tenth of the files: it takes as long as all others together.

Usage: python -m benchmarks.reading [--files 3000]
"""

import argparse
import io
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pandas as pd
from python_calamine import CalamineWorkbook

from benchmarks.reports import LINES, write_reports
from connectors.reader.reader import read_parts
from connectors.reader.workers import Readers
from program.delivery import Delivery
from program.pack import Pack, load_pack
from program.settings import ROOT, Settings

DIFFERENT = 60
"""Workbooks that are made; the files are these again and again."""
LONG = 100_000
"""Works in the one long workbook."""

WHO = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)

Way = Callable[[Sequence[Path], Pack], int]


class Took(NamedTuple):
    """What a way took for each file: seconds, and seconds of the processor; and the megabytes of its largest process."""

    seconds: float
    cpu: float
    peak: float


def main(files: int) -> None:
    """Make the workbooks, read them in each way, and print what it took and what came of the goals."""
    with TemporaryDirectory() as folder, TemporaryDirectory() as long:
        # Elsewhere: a process inherits the peak of memory of the one that starts it.
        run("make", Path(folder), DIFFERENT)
        run("make one long", Path(long), 1)
        print(f"{files} workbooks of {LINES} works and 14 columns on {os.cpu_count()} cores")
        took = {name: run(name, Path(folder), max(files // 10, 1) if name == PANDAS else files) for name in WAYS}
        of_long = run(IN_PROCESS, Path(long), 1)
    for name, way in took.items():
        ratio = way.cpu / took[CALAMINE].cpu
        print(
            f"{name:30} {1 / way.seconds:7.1f} files/s {way.cpu * 1000:7.2f} ms of CPU a file = {ratio:5.2f} x calamine", end=""
        )
        print(f" {way.peak:5.0f} MB")
    ours = took[IN_PROCESS].cpu
    print(f"CPU a file, to calamine alone:   {ours / took[CALAMINE].cpu:5.2f} x  (goal: at most 1.5)")
    print(f"files/s on each core, to it:     {took[CALAMINE].seconds / took[ALL_CORES].seconds:5.2f} x (calamine on one core)")
    print(f"CPU a file, pandas to ours:      {took[PANDAS].cpu / ours:5.2f} x  (goal: at least 10)")
    print(f"a workbook of {LONG} works: {of_long.cpu:4.1f} s of CPU, peak {of_long.peak:4.0f} MB  (goal: at most 300)")


def run(name: str, folder: Path, files: int) -> Took:
    """Read in a fresh process."""
    command = [sys.executable, "-m", "benchmarks.reading", "--way", name, "--folder", str(folder), "--files", str(files)]
    seconds, cpu, peak = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout.split()
    return Took(float(seconds) / files, float(cpu) / files, float(peak) / 1024)


def measure(name: str, folder: Path, files: int) -> None:
    """Print the seconds and those of CPU, without what imports and the pack take in this process, and the peak of memory."""
    different = sorted(folder.glob("*.xlsx"))
    pack = load_pack(ROOT / "config" / "soc-trang")
    started, before = time.perf_counter(), cpu_seconds()
    if name not in WAYS:
        write_reports(folder, pack, files, LONG if name == "make one long" else LINES)
    count = files if name not in WAYS else WAYS[name]([different[number % len(different)] for number in range(files)], pack)
    took = time.perf_counter() - started
    assert count == files
    print(took, cpu_seconds() - before, max(resource.getrusage(who).ru_maxrss for who in WHO))


def cpu_seconds() -> float:
    """Return what this process and those that it started and ended took of the processor."""
    return sum(sum(resource.getrusage(who)[:2]) for who in WHO)


def in_process(paths: Sequence[Path], pack: Pack) -> int:
    """Read as the workers do, without them."""
    return sum(r.form is not None for d in deliveries(paths) for r in read_parts(paths[d.id].read_bytes(), d, pack))


def with_workers(count: int) -> Way:
    """Return the way through `count` processes, their start included."""

    def read(paths: Sequence[Path], pack: Pack) -> int:
        with Readers(pack, Settings(_env_file=None, readers=count)) as readers:
            return sum(1 for _ in readers.read(deliveries(paths), lambda d: paths[d.id].read_bytes()))

    return read


def calamine(paths: Sequence[Path], _pack: Pack) -> int:
    """Take each cell out of each sheet, and make nothing of it."""
    for path in paths:
        with CalamineWorkbook.from_filelike(io.BytesIO(path.read_bytes())) as workbook:
            for name in workbook.sheet_names:
                workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
    return len(paths)


def pandas_with_openpyxl(paths: Sequence[Path], _pack: Pack) -> int:
    """Read each sheet into a frame, as most scripts do."""
    return sum(bool(pd.read_excel(path, sheet_name=None, header=None, engine="openpyxl")) for path in paths)


def deliveries(paths: Sequence[Path]) -> list[Delivery]:
    """Return a delivery for each path."""
    return [Delivery(number, "bench", "file", path.name, datetime.now(UTC), None) for number, path in enumerate(paths)]


IN_PROCESS, ALL_CORES = "ours, in this process", "ours, a worker for each core"
CALAMINE, PANDAS = "calamine alone", "pandas.read_excel, openpyxl"
WAYS: dict[str, Way] = {
    IN_PROCESS: in_process,
    ALL_CORES: with_workers(0),
    CALAMINE: calamine,
    PANDAS: pandas_with_openpyxl,
}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=3000)
    parser.add_argument("--way", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.way:
        measure(given.way, given.folder, given.files)
    else:
        main(given.files)

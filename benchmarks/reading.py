"""How fast workbooks are read, and with how much memory: ours against calamine alone and pandas.read_excel.

Prints files a second, seconds of the processor and the ratios of these in one run (what counts on a shared machine), and each
way's peak memory. Each way runs in a fresh process, so that none pays for what another left behind.

Usage: python -m benchmarks.reading [--files 300]
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

import pandas as pd
from python_calamine import CalamineWorkbook

from connectors.reader.reader import read_parts
from connectors.reader.workers import Readers
from program.delivery import Delivery
from program.pack import Pack, load_pack
from program.period import Period
from program.settings import ROOT, Settings
from publish.template import Values, write_template

ROWS = 60
"""Works of one report; the form has 14 columns and more."""
DIFFERENT = 10
"""Workbooks that are made; the files are these again and again."""

WHO = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)

Way = Callable[[Sequence[Path], Pack], int]


def main(files: int) -> None:
    """Make the workbooks, read them in each way, and print what it took."""
    with TemporaryDirectory() as folder:
        make_workbooks(Path(folder))
        ours = 0.0
        print(f"{files} workbooks of {ROWS} works on {os.cpu_count()} cores")
        for name in WAYS:
            seconds, cpu, peak = run(name, Path(folder), files)
            ours = ours or cpu  # the first way's: in this process
            print(
                f"{name:30} {files / seconds:7.1f} files/s {cpu:6.1f} s of CPU = {cpu / ours:4.2f} x ours {peak / 1024:5.0f} MB"
            )


def make_workbooks(folder: Path) -> None:
    """Write the templates of the form of works, filled in."""
    pack, when = load_pack(ROOT / "config" / "soc-trang"), Period.parse("2024-Q4")
    form, unit = pack.form("works", when), pack.units.get("942", when.end)
    assert form is not None
    assert unit is not None
    table = next(table for table in form.tables if table.kind == "list")
    for number in range(DIFFERENT):
        lines = [
            {c.name: number + row if c.type.is_numeric else f"{c.label} {row}" for c in table.columns} for row in range(ROWS)
        ]
        (folder / f"{number}.xlsx").write_bytes(write_template(form, unit, when, Values({}, {table.name: lines})))


def run(name: str, folder: Path, files: int) -> tuple[float, float, int]:
    """Read in a fresh process; return seconds, seconds of CPU, and the kilobytes that it and its largest worker took."""
    command = [sys.executable, "-m", "benchmarks.reading", "--way", name, "--folder", str(folder), "--files", str(files)]
    seconds, cpu, peak = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout.split()
    return float(seconds), float(cpu), int(peak)


def measure(name: str, folder: Path, files: int) -> None:
    """Print the seconds and those of CPU, without what imports and the pack take in this process, and the peak of memory."""
    different = sorted(folder.glob("*.xlsx"))
    pack = load_pack(ROOT / "config" / "soc-trang")
    started, before = time.perf_counter(), cpu_seconds()
    count = WAYS[name]([different[number % len(different)] for number in range(files)], pack)
    took = time.perf_counter() - started
    assert count == files
    print(took, cpu_seconds() - before, sum(resource.getrusage(who).ru_maxrss for who in WHO))


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


WAYS: dict[str, Way] = {
    "ours, in this process": in_process,
    "ours, one worker": with_workers(1),
    "ours, a worker for each core": with_workers(0),
    "calamine alone": calamine,
    "pandas.read_excel, openpyxl": pandas_with_openpyxl,
}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=300)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.way:
        measure(given.way, given.folder, given.files)
    else:
        main(given.files)

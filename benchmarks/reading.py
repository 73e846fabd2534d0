"""Cost of reading workbooks: our reader, calamine alone, and pandas with openpyxl.

All ways read the same files. All figures are CPU time of one run; on a shared machine only their
ratios count. Each kind of workbook has its own processes, which read each file in all ways in
turn. The median of several such processes is printed. Our reader is measured twice, each time on
the first reading of a file:

- `next`: in a process that has read other files, like the reader processes of a run;
- `cold`: with all caches of our code cleared before the file.

Then it measures a workbook with the process that reads it, and a workbook of 100,000 works.

Usage: python -m benchmarks.reading [--repeats 5]
"""

import argparse
import functools
import io
import json
import re
import resource
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import openpyxl
import pandas as pd
from python_calamine import CalamineWorkbook

from benchmarks.cpu import measured
from benchmarks.reports import LINES, write_reports
from connectors.reader.reader import read_parts
from connectors.reader.reader_pool import Readers
from program.delivery import Delivery
from program.forms.template_marker import HIDDEN_SHEETS
from program.pack.load import load_pack
from program.pack.pack import Pack
from program.settings import ROOT, Settings

DIFFERENT = 60
"""Workbooks of each kind. No process reads a workbook twice in the same way."""
PANDAS_FILES = 6
"""pandas with openpyxl reads a tenth of them, which takes as long as all other ways together."""
WORKER_FILES = 200
LONG = 100_000
"""Works in the long workbook."""

TEMPLATE, UNMARKED, RESAVED = "our template", "without its marker", "saved by openpyxl"
GOALS = {TEMPLATE: 5.0, UNMARKED: 6.0, RESAVED: 6.0}
"""Goals: how many times calamine's time our reader may take."""

_HIDDEN_SHEET = re.compile(rb'<sheet name="(?:%b)"[^>]*/>' % "|".join(HIDDEN_SHEETS).encode())
_HIDDEN_NAME = re.compile(rb"<definedName[^>]*>[^<]*_mtqg[^<]*</definedName>")


@dataclass(frozen=True, slots=True)
class Took:
    """Milliseconds of CPU for a workbook in each way; the median of the files."""

    calamine: float
    next: float
    cold: float
    pandas: float


def main(repeats: int) -> None:
    """Make the workbooks, read them in each way, print one table."""
    with TemporaryDirectory() as folder:
        run("make", Path(folder))
        print(f"{DIFFERENT} workbooks of {LINES} works and 14 columns, {repeats} processes each,")
        print("ms of CPU a workbook, and the ratio to calamine (median, lowest to highest)")
        names = f"{'calamine':>9}{'next':>24}{'cold':>24}{'goal':>7}{'pandas':>9}{'to ours':>9}"
        print(f"{'':20}{names}")
        for kind in GOALS:
            print_row(kind, [Took(**run(kind, Path(folder))) for _ in range(repeats)])
        first = run("worker", Path(folder), 1)["cpu"]
        many = run("worker", Path(folder), WORKER_FILES)["cpu"]
        long = run("long", Path(folder))
    each = (many - first) / (WORKER_FILES - 1) * 1000
    seconds = long["cpu"] / 1000
    print(f"a reader process: {first:.2f} s of CPU with its first workbook, then {each:.1f} ms")
    print(f"a workbook of {LONG} works: {seconds:.1f} s of CPU, peak {long['peak']:.0f} MB")


def print_row(kind: str, runs: Sequence[Took]) -> None:
    """Print the times of a kind of workbook, their ratios within each process, and the goal."""
    calamine = median(took.calamine for took in runs)
    slowest = median(took.pandas for took in runs)
    in_turn = spread([took.next for took in runs], [took.next / took.calamine for took in runs])
    cold = spread([took.cold for took in runs], [took.cold / took.calamine for took in runs])
    to_ours = median(took.pandas / took.cold for took in runs)
    goal = f"<= {GOALS[kind]:.0f}"
    print(f"{kind:20}{calamine:9.2f}{in_turn:>24}{cold:>24}{goal:>7}{slowest:9.1f}{to_ours:9.1f}")


def spread(times: Sequence[float], ratios: Sequence[float]) -> str:
    """Return a median time with its ratio and that ratio's range."""
    return f"{median(times):.2f} = {median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"


def run(what: str, folder: Path, files: int = DIFFERENT) -> dict[str, float]:
    """Do one thing in a new process, so that nothing is left over from another measurement."""
    command = [sys.executable, "-m", "benchmarks.reading", "--do", what]
    command += ["--folder", str(folder), "--files", str(files)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def do(what: str, folder: Path, files: int) -> dict[str, float]:
    """Do what this process was started for; return the figures."""
    pack = load_pack(ROOT / "config" / "soc-trang")
    if what == "make":
        make(folder, pack)
        return {}
    if what == "worker":
        return with_worker(sorted((folder / TEMPLATE).glob("*.xlsx")), pack, files)
    if what == "long":
        return of_long(folder / what / "0.xlsx", pack)
    return in_turn(sorted((folder / what).glob("*.xlsx")), pack)


def make(folder: Path, pack: Pack) -> None:
    """Write the workbooks of each kind, and the long one."""
    for name in (*GOALS, "long"):
        (folder / name).mkdir()
    write_reports(folder / TEMPLATE, pack, DIFFERENT)
    write_reports(folder / "long", pack, 1, LONG)
    for path in (folder / TEMPLATE).glob("*.xlsx"):
        unmarked = without_hidden_sheets(path.read_bytes())
        (folder / UNMARKED / path.name).write_bytes(unmarked)
        book = openpyxl.load_workbook(io.BytesIO(unmarked))
        book.save(folder / RESAVED / path.name)


def without_hidden_sheets(content: bytes) -> bytes:
    """Return a workbook without the hidden sheets of the template in its list of sheets."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as package,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as copy,
    ):
        for name in package.namelist():
            member = package.read(name)
            if name == "xl/workbook.xml":
                member = _HIDDEN_NAME.sub(b"", _HIDDEN_SHEET.sub(b"", member))
            copy.writestr(name, member)
    return buffer.getvalue()


def in_turn(paths: Sequence[Path], pack: Pack) -> dict[str, float]:
    """Read each workbook in each way, one way after the other. The first workbook only warms up."""
    first, *contents = [path.read_bytes() for path in paths]
    caches = list(our_caches())
    ours(first, pack)
    calamine(first)
    pandas_with_openpyxl(first)
    took: dict[str, list[float]] = {"calamine": [], "next": [], "cold": [], "pandas": []}
    for content in contents:
        took["next"].append(milliseconds(ours, content, pack))
        took["calamine"].append(milliseconds(calamine, content))
    for content in contents:
        for cache in caches:
            cache.cache_clear()
        took["cold"].append(milliseconds(ours, content, pack))
        took["calamine"].append(milliseconds(calamine, content))
    for content in contents[:PANDAS_FILES]:
        took["pandas"].append(milliseconds(pandas_with_openpyxl, content))
    return {way: median(times) for way, times in took.items()}


def our_caches() -> Iterator["functools._lru_cache_wrapper[Any]"]:
    """Yield the caches of our code that reading may fill."""
    names = [name for name in sys.modules if name.startswith(("connectors", "program"))]
    for name in names:
        for value in vars(sys.modules[name]).values():
            is_cache = isinstance(value, functools._lru_cache_wrapper)
            if is_cache and value.cache_parameters()["maxsize"]:
                yield value


def milliseconds(way: Callable[..., None], *given: object) -> float:
    """Return the CPU time of a call in milliseconds."""
    with measured() as spent:
        way(*given)
    return spent.seconds * 1000


def ours(content: bytes, pack: Pack) -> None:
    """Read as a reader process does. Each workbook must be one whole report of works."""
    (reading,) = read_parts(content, delivery(0), pack)
    assert reading.form is not None
    assert len(reading.tables["work_list"].rows) == LINES


def calamine(content: bytes) -> None:
    """Read each cell of each sheet, and do nothing with it."""
    with CalamineWorkbook.from_filelike(io.BytesIO(content)) as workbook:
        for name in workbook.sheet_names:
            workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)


def pandas_with_openpyxl(content: bytes) -> None:
    """Read each sheet into a data frame, as most scripts do."""
    pd.read_excel(io.BytesIO(content), sheet_name=None, header=None, engine="openpyxl")


def with_worker(paths: Sequence[Path], pack: Pack, files: int) -> dict[str, float]:
    """Read with one reader process: its start, its work, and both sides of each transfer."""
    contents = [path.read_bytes() for path in paths]
    deliveries = [delivery(number) for number in range(files)]
    # The process ends with the `with` below; only then does its CPU time count.
    with measured() as spent, Readers(pack, Settings(_env_file=None, readers=1)) as readers:
        for _ in readers.read(deliveries, lambda given: contents[given.id % len(contents)]):
            pass
    return {"cpu": spent.seconds}


def of_long(path: Path, pack: Pack) -> dict[str, float]:
    """Read the long workbook; return its CPU time in ms and the peak of memory in MB."""
    content = path.read_bytes()
    cpu = milliseconds(lambda: read_parts(content, delivery(0), pack))
    return {"cpu": cpu, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def delivery(number: int) -> Delivery:
    """Return a delivery with a number."""
    return Delivery(number, "bench", "file", f"{number}.xlsx", datetime.now(UTC), None)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--do", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--files", type=int, default=DIFFERENT, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.do:
        print(json.dumps(do(given.do, given.folder, given.files)))
    else:
        main(given.repeats)

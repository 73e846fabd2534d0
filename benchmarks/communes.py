"""One province of communes over years: a pack, and the files that come after each quarter.

The pack is the sample's with up to 43 communes that have always been there, reporting from 2021 on.
Another province's pack has codes of its own, so its communes report other figures. A quarter
brings four forms of each commune; the third also September's outcomes, the fourth those of the
whole year. Some reports are spoilt; they come again with the next quarter's, mended. The same
arguments give the same files, and a smaller province's are part of a larger's.
"""

import csv
import os
import random
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import yaml

from benchmarks.country import SAMPLE, SPOIL, filled_workbook, fingerprint, made_whole
from benchmarks.in_memory import Lines
from benchmarks.province import Province
from benchmarks.quarter import FORMS, first_arrival
from examples.synthetic.workbooks import path_of
from program.calendar.period import Period, PeriodKind
from program.calendar.stage import Stage
from program.pack.load import load_pack
from program.units.unit import Unit, UnitKind

FIRST_YEAR, LAST_YEAR = 2021, 2025
"""The years of the program's first phase."""
COMMUNES = 43
_PROVINCE = "94"
_PARENT_OF_COMMUNES = "92"
"""The province that has the 43 communes in the sample."""
_OUTCOMES = "outcomes"
_STAGES = {3: (Stage.ESTIMATE, "ước"), 4: (Stage.FINAL, "chính thức")}
"""The outcomes of a year by the quarter with which they come."""
_BIRTHS = ("births", "assisted_births")
_SEED = 1719


@dataclass(frozen=True, slots=True)
class Due:
    """A report that a commune sends: its form, period and stage, and what its file is called."""

    form: str
    period: Period
    stage: Stage
    about: str


def due_with(quarter: Period) -> Iterator[Due]:
    """Yield the reports that a commune sends after a quarter."""
    for form, about in FORMS.items():
        yield Due(form, quarter, Stage.FINAL, about)
    if quarter.number in _STAGES:
        stage, word = _STAGES[quarter.number]
        year = Period(quarter.year, PeriodKind.YEAR)
        yield Due(_OUTCOMES, year, stage, f"kết quả {word}")


def quarters_of(years: int) -> list[Period]:
    """Return the quarters of so many years, from the first year on."""
    first = Period(FIRST_YEAR, PeriodKind.QUARTER, 1)
    return [first.moved(number) for number in range(4 * years)]


class Communes:
    """A province of so many communes; its files are kept below a folder once they are made."""

    def __init__(self, files: Path, count: int, again: float) -> None:
        """Take the number of communes, and the share of reports that come again, mended."""
        home = files / fingerprint(Path(__file__).name)
        self.pack_folder = home / f"pack-communes-{count}"
        if not self.pack_folder.is_dir():
            with made_whole(self.pack_folder) as beside:
                write_pack(beside, count)
        self.pack = load_pack(self.pack_folder)
        self._units = [unit for unit in self.pack.units if unit.kind is UnitKind.COMMUNE]
        self._again = again
        self._made = home / f"communes-{round(1000 * again)}"
        self._province = Province(self.pack, _SEED, [unit.code for unit in self._units])

    def arrivals(self, quarter: Period) -> list[Path]:
        """Return the files that come after a quarter, in the order in which they come."""
        files: list[Path] = []
        for number, unit in enumerate(self._units):
            folder = self._made / quarter.code / unit.code
            if not folder.is_dir():
                with made_whole(folder) as beside:
                    self._write(beside, unit, quarter, number)
            files += folder.rglob("*.xlsx")
        return sorted(files, key=lambda path: path.stat().st_mtime)

    def _write(self, folder: Path, unit: Unit, quarter: Period, number: int) -> None:
        arrives = datetime.combine(first_arrival(quarter), time(), UTC)
        arrives += timedelta(minutes=10 * number)
        for name, content in self._sent(unit, quarter):
            path = folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
            arrives += timedelta(minutes=1)
            os.utime(path, (arrives.timestamp(), arrives.timestamp()))

    def _sent(self, unit: Unit, quarter: Period) -> Iterator[tuple[str, bytes]]:
        """Yield name and content of a commune's files: mended ones first."""
        before = quarter.moved(-1)
        for due in due_with(before):
            if before.year >= FIRST_YEAR and self._comes_again(unit, due):
                name = path_of(unit, due.about, due.period, " - lần 2")
                tables = commune_tables(self._province, unit, due)
                yield name, self._workbook(unit, due, tables)
        for due in due_with(quarter):
            tables = commune_tables(self._province, unit, due)
            if self._comes_again(unit, due):
                SPOIL_COMMUNE[due.form](tables)
            yield path_of(unit, due.about, due.period), self._workbook(unit, due, tables)

    def _comes_again(self, unit: Unit, due: Due) -> bool:
        dice = random.Random(f"{_SEED}-{unit.code}-{due.form}-{due.period}-{due.stage}")
        return dice.random() < self._again

    def _workbook(self, unit: Unit, due: Due, tables: Mapping[str, Lines]) -> bytes:
        return filled_workbook(self.pack, due.form, unit, due.period, tables, due.stage)


def commune_tables(province: Province, unit: Unit, due: Due) -> dict[str, Lines]:
    """Return the tables of a good report of a commune."""
    tables = province.report(due.form, unit.code, due.period).tables
    if due.form == "training":
        # The invented classes are those of a district.
        tables["levels"] = {"commune": tables["levels"]["district"]}
        for line in tables["class_list"].values():
            line["class_level"] = "commune"
    if due.stage is Stage.ESTIMATE:
        # Births of the last months are not in September's figures.
        for line in tables["ethnic_people"].values():
            line |= {name: int(0.7 * int(str(line[name]))) for name in _BIRTHS}
    return tables


def _spoil_outcomes(tables: Mapping[str, Lines]) -> None:
    """Let more households be poor than there are."""
    line = next(iter(tables["ethnic_households"].values()))
    line["poor_households"] = int(str(line["households"])) + 40


SPOIL_COMMUNE: dict[str, Callable[[Mapping[str, Lines]], None]] = {
    **SPOIL,
    _OUTCOMES: _spoil_outcomes,
}
"""For each form: break a rule in the tables of a report."""


def write_pack(
    folder: Path, count: int, code: str = _PROVINCE, first: date = date(FIRST_YEAR, 1, 1)
) -> None:
    """Write the sample's pack with communes only, directly below the province, in all years.

    Args:
        folder: Where to write it.
        count: How many communes it has.
        code: The province. The codes of communes of another than the sample's begin with it.
        first: The day from which on reports are due.

    """
    shutil.copytree(SAMPLE, folder, dirs_exist_ok=True)
    codes = _write_units(folder / "units.csv", count, code)
    _keep_rows(folder / "unit_counts.csv", "unit", codes)
    program = _yaml(folder / "program.yaml")
    _write_yaml(folder / "program.yaml", program | {"province": code})
    contacts = _yaml(folder / "contacts.yaml")
    contacts["units"] = {each: who for each, who in contacts["units"].items() if each in codes}
    _write_yaml(folder / "contacts.yaml", contacts)
    calendar = _yaml(folder / "calendar.yaml")
    calendar["duties"] = [duty for duty in calendar["duties"] if duty["from_kind"] == "commune"]
    for duty in calendar["duties"]:
        duty["first"] = first.isoformat()
    _write_yaml(folder / "calendar.yaml", calendar)


def _write_units(path: Path, count: int, code: str) -> set[str]:
    """Write the table of units; return their codes."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    province = next(row for row in rows if row["code"] == _PROVINCE)
    communes = [row for row in rows if row["parent"] == _PARENT_OF_COMMUNES][:count]
    if code != _PROVINCE:
        province.update(code=code, name=f"Tỉnh {code}")
        for number, row in enumerate(communes, start=1):
            row["code"] = f"{code}{number:03d}"
    for row in communes:
        row["parent"] = code
    for row in (province, *communes):
        row.update(valid_from="", valid_to="", successors="")
    _write_csv(path, [province, *communes])
    return {row["code"] for row in (province, *communes)}


def _keep_rows(path: Path, column: str, values: set[str]) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    _write_csv(path, [row for row in rows if row[column] in values], rows[0])


def _write_csv(path: Path, rows: Sequence[Mapping[str, str]], columns: Iterable[str] = ()) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(columns or rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def _yaml(path: Path) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return read


def _write_yaml(path: Path, content: Mapping[str, Any]) -> None:
    text = yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
    path.write_text(text, encoding="utf-8")

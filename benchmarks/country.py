"""A country's run for benchmarks: a pack with as many districts as wanted, and their reports.

The pack is the sample's, copied as often as needed. The districts and communes of each copy have
their own codes and names, and the history of the sample. A district fills in the templates of four
forms. Some reports are bad, some are sent twice, and some figures are typed as text. The same
arguments give the same files.
"""

import csv
import os
import random
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import chain, islice, product, repeat
from pathlib import Path

import yaml

from benchmarks.in_memory import Cell, Lines
from benchmarks.province import Province
from benchmarks.quarter import FORMS, PERIOD, first_arrival
from examples.synthetic.workbooks import path_of
from program.calendar.period import Period
from program.calendar.stage import Stage
from program.pack.load import fingerprint_of, load_pack
from program.pack.pack import Pack
from program.settings import ROOT
from program.units.unit import Unit, UnitKind
from publish.template.values import Values
from publish.template.workbook import write_template

SAMPLE = ROOT / "config" / "soc-trang"
_SAMPLE_DISTRICTS = 11
_SEED = 1719
_PARTS = 16
"""Into how many parts the making of the files is cut, for processes of all cores."""
_BAD, _TYPED, _SENT_AGAIN = 0.03, 0.03, 0.01
"""Shares of the reports that break a rule, that hold a figure as text, and that come twice."""


@dataclass(frozen=True, slots=True)
class Country:
    """A pack and the files that its districts send, below `inbox` in one folder a district."""

    pack: Path
    inbox: Path
    files: int
    period: Period


def country_of(folder: Path, districts: int, period: Period = PERIOD) -> Country:
    """Return what so many districts send of a quarter, made below `folder` where it is not yet."""
    home = folder / fingerprint()
    pack = home / f"pack-{districts}"
    if not pack.is_dir():
        with made_whole(pack) as beside:
            write_pack(beside, districts)
    units = [unit for unit in load_pack(pack).units if unit.kind is UnitKind.DISTRICT][:districts]
    inbox = home / f"inbox-{period}-{districts}"
    if not inbox.is_dir():
        with made_whole(inbox) as beside:
            _write_inbox(beside, pack, home, units, period)
    files = sum(path.is_file() for path in inbox.rglob("*"))
    return Country(pack, inbox, files, period)


def fingerprint(*more: str) -> str:
    """Return what changes when the files would: of the code that makes them and of the sample.

    `more` names further modules of this folder that make them.
    """
    names = ("country.py", "province.py", "quarter.py", *more)
    made_by = [ROOT / "benchmarks" / name for name in names]
    made_by += sorted((ROOT / "publish" / "template").glob("*.py"))
    sample = sorted(path for path in SAMPLE.rglob("*") if path.is_file())
    return fingerprint_of([*made_by, *sample])


@contextmanager
def made_whole(folder: Path) -> Iterator[Path]:
    """Give a folder to write into, and put it in its place at the end: what is there is whole."""
    beside = folder.with_name(f"{folder.name}.{os.getpid()}")
    beside.mkdir(parents=True)
    yield beside
    beside.rename(folder)


def write_pack(folder: Path, districts: int) -> None:
    """Write a pack with at least so many districts, their communes, and a contact for each."""
    shutil.copytree(SAMPLE, folder, dirs_exist_ok=True)
    copies = -(-districts // _SAMPLE_DISTRICTS)
    with (SAMPLE / "units.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    contacts = yaml.safe_load((SAMPLE / "contacts.yaml").read_text(encoding="utf-8"))
    reporting = dict(contacts["units"])
    country = list(rows)
    for number in range(1, copies):
        copy = _Copy(number, rows)
        country += [copy.row(row) for row in rows if row["kind"] != UnitKind.PROVINCE]
        known = {code: contact for code, contact in reporting.items() if code in copy.codes}
        for code, contact in known.items():
            contacts["units"][copy.codes[code]] = copy.contact(contact)
    with (folder / "units.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(country)
    text = yaml.safe_dump(contacts, allow_unicode=True, sort_keys=False)
    (folder / "contacts.yaml").write_text(text, encoding="utf-8")


class _Copy:
    """One more copy of the sample's districts and communes."""

    def __init__(self, number: int, rows: Sequence[Mapping[str, str]]) -> None:
        self._word = _words()[number - 1]
        below = [row for row in rows if row["kind"] != UnitKind.PROVINCE]
        districts = [row["code"] for row in below if row["kind"] == UnitKind.DISTRICT]
        # A code may be an old commune's and a new one's: both copies have one code too.
        communes = dict.fromkeys(row["code"] for row in below if row["code"] not in districts)
        first = 100 + (number - 1) * len(districts)
        self.codes = {code: str(first + n) for n, code in enumerate(districts)}
        first = 40_000 + (number - 1) * len(communes)
        self.codes |= {code: str(first + n) for n, code in enumerate(communes)}

    def row(self, row: Mapping[str, str]) -> dict[str, str]:
        """Return a unit's row with the copy's codes, also in those that it names."""
        heirs = ";".join(self._code(code) for code in row["successors"].split(";"))
        own = {"code": self._code(row["code"]), "name": f"{row['name']} {self._word}"}
        return {**row, **own, "parent": self._code(row["parent"]), "successors": heirs}

    def contact(self, contact: Mapping[str, str]) -> dict[str, str]:
        """Return a unit's contact with an address of its own."""
        user, host = contact["email"].split("@")
        email = f"{user}@{self._word.lower()}.{host}"
        return {"name": f"{contact['name']} {self._word}", "email": email}

    def _code(self, code: str) -> str:
        return self.codes.get(code, code)


def _words() -> list[str]:
    """Return words that tell the copies of a name apart, also without diacritics and capitals."""
    endings = ("a", "o", "u", "inh", "ang", "en")
    return [f"{first}{ending}" for ending, first in product(endings, "BCDGHKLMNPRSTVX")]


def _write_inbox(
    inbox: Path,
    pack: Path,
    home: Path,
    districts: Sequence[Unit],
    period: Period,
) -> None:
    """Put together what the districts send; a smaller country's files are part of a larger's."""
    made = home / f"districts-{period}"
    made.mkdir(exist_ok=True)
    missing = [n for n, unit in enumerate(districts) if not (made / unit.code).is_dir()]
    parts = [missing[first::_PARTS] for first in range(_PARTS) if missing[first::_PARTS]]
    with ProcessPoolExecutor() as processes:
        list(processes.map(_write_districts, repeat(pack), repeat(made), repeat(period), parts))
    for unit in districts:
        for path in sorted((made / unit.code).rglob("*.xlsx")):
            target = inbox / path.relative_to(made / unit.code)
            target.parent.mkdir(exist_ok=True)
            os.link(path, target)


def _write_districts(pack_folder: Path, made: Path, period: Period, numbers: Sequence[int]) -> None:
    pack = load_pack(pack_folder)
    districts = [unit for unit in pack.units if unit.kind is UnitKind.DISTRICT]
    province = Province(pack, _SEED, [unit.code for unit in districts])
    opening = datetime.combine(first_arrival(period), time(), UTC)
    for number in numbers:
        unit, arrives = districts[number], opening + timedelta(minutes=10 * number)
        with made_whole(made / unit.code) as folder:
            _write_district(folder, pack, province, unit, period, arrives)


def _write_district(
    folder: Path,
    pack: Pack,
    province: Province,
    unit: Unit,
    period: Period,
    arrives: datetime,
) -> None:
    """Write a district's reports, and those that it sends once more, mended where they were bad."""
    for form, about in FORMS.items():
        dice = random.Random(f"{_SEED}-{unit.code}-{form}-{period}")
        tables = province.report(form, unit.code, period).tables
        shares = (_BAD, _TYPED, _SENT_AGAIN)
        is_bad, is_typed, comes_twice = (dice.random() < share for share in shares)
        mended = [filled_workbook(pack, form, unit, period, tables)] if comes_twice else []
        if is_bad:
            SPOIL[form](tables)
        if is_typed:
            _type_as_text(pack, form, period, tables, dice)
        sent = [filled_workbook(pack, form, unit, period, tables), *mended]
        for attempt, content in enumerate(sent, start=1):
            remark = f" - lần {attempt}" if attempt > 1 else ""
            path = folder / path_of(unit, about, period, remark)
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
            arrives += timedelta(minutes=1)
            os.utime(path, (arrives.timestamp(), arrives.timestamp()))


def filled_workbook(
    pack: Pack,
    form: str,
    unit: Unit,
    period: Period,
    tables: Mapping[str, Lines],
    stage: Stage = Stage.FINAL,
) -> bytes:
    """Return the template of a form, filled in by a unit. A commune names itself as the place."""
    layout = pack.form(form, period)
    assert layout is not None
    lists = {table.name for table in layout.tables if table.kind == "list"}
    values = Values(
        {name: lines for name, lines in tables.items() if name not in lists},
        {name: list(lines.values()) for name, lines in tables.items() if name in lists},
    )
    communes = pack.units.children(unit.code, period.end) or [unit]
    return write_template(layout, unit, period, values, stage=stage, communes=communes)


def _type_as_text(
    pack: Pack,
    form: str,
    period: Period,
    tables: Mapping[str, Lines],
    dice: random.Random,
) -> None:
    """Turn one figure into text, with a point for thousands and a comma for decimals."""
    layout = pack.form(form, period)
    assert layout is not None
    columns = chain.from_iterable(table.columns for table in layout.tables)
    names = {column.name for column in columns if column.type.is_numeric}
    lines = [line for of_table in tables.values() for line in of_table.values()]
    cells: list[tuple[dict[str, Cell], str]] = []
    for values in lines:
        cells += [(values, name) for name in values if name in names]
    if cells:
        line, name = dice.choice(cells)
        line[name] = _typed(line[name])


def _typed(value: Cell) -> Cell:
    if not isinstance(value, int | float):
        return value
    return f"{value:,}".replace(",", " ").replace(".", ",").replace(" ", ".")


def _first(lines: Lines) -> dict[str, Cell]:
    """Return the first line, or one that nobody misses where there is none."""
    return next(islice(lines.values(), 1), {})


def _more(line: dict[str, Cell], column: str, than: str) -> None:
    value = line.get(than)
    line[column] = (value if isinstance(value, int | float) else 0) + 40


def _spoil_training(tables: Mapping[str, Lines]) -> None:
    _more(_first(tables["levels"]), "women", "participants")


def _spoil_works(tables: Mapping[str, Lines]) -> None:
    _first(tables["work_list"]).update(work_progress_pct=140)


def _spoil_disbursement(tables: Mapping[str, Lines]) -> None:
    line = _first(tables["capital"])
    for column in [name for name in line if name.startswith("disbursed_")]:
        _more(line, column, column.replace("disbursed_", "plan_"))


def _spoil_livelihoods(tables: Mapping[str, Lines]) -> None:
    _more(_first(tables["support"]), "supported_poor", "supported")


SPOIL: dict[str, Callable[[Mapping[str, Lines]], None]] = {
    "training": _spoil_training,
    "works": _spoil_works,
    "disbursement": _spoil_disbursement,
    "livelihoods": _spoil_livelihoods,
}

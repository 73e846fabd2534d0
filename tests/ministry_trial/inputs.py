"""Generated provinces: their packs, the files of their communes, and the reports that count.

The pack of each is the sample's with communes of its own codes, so no two report the same figures.
The same arguments give the same files.
"""

import os
import random
from collections import Counter
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml

from benchmarks.communes import SPOIL_COMMUNE, Due, commune_tables, due_with, write_pack
from benchmarks.country import filled_workbook
from benchmarks.in_memory import Lines, Report
from benchmarks.province import Province
from benchmarks.quarter import first_arrival
from examples.synthetic.workbooks import path_of
from program.calendar.period import Period
from program.calendar.stage import Stage
from program.pack.load import load_pack
from program.pack.pack import Pack
from program.units.unit import Unit
from tests.provinces import NATION, write_units

QUARTERS = (Period.parse("2024-Q3"), Period.parse("2024-Q4"))
YEAR = Period.parse("2024")
DIFFERENT_INDICATOR = "OUT-POOR"
"""What one province defines otherwise than the country: its figures of it must not be added."""
_FIRST_DAY = date(2024, 1, 1)
_LAST_DAY = date(2024, 12, 31)
_FIRST_CODE = 11
_OWN_REPORT = ("outcomes", "final")


class Fate(StrEnum):
    """What becomes of a report that is due."""

    GOOD = "good"
    MISSING = "missing"
    """It is not sent."""
    BAD = "bad"
    """It breaks a rule, and no better one follows."""
    MENDED = "mended"
    """It breaks a rule, and a good one follows."""


_SHARES = {Fate.MISSING: 0.08, Fate.BAD: 0.06, Fate.MENDED: 0.08}
"""How many of the reports; the others are good."""

ReportKey = tuple[str, str, Period, Stage]
"""Province, form, period and stage."""


@dataclass(slots=True)
class Country:
    """Provinces, what their communes sent, and the reports that must be in the country's figures.

    `fates` counts the communes' reports of a province that are due, by what became of them.
    """

    folder: Path
    provinces: tuple[str, ...]
    communes: int
    seed: int
    reports: list[Report] = field(default_factory=list)
    fates: dict[ReportKey, Counter[Fate]] = field(default_factory=dict)

    @property
    def broken(self) -> str:
        """The province whose warehouse cannot be opened."""
        return self.provinces[-1]

    @property
    def different(self) -> str:
        """The province whose pack defines an indicator otherwise."""
        return self.provinces[-2]

    @property
    def reports_itself(self) -> str:
        """The province that sends the outcomes of the year as its own report, beside its communes'."""
        return self.provinces[-3]

    @property
    def pack(self) -> Path:
        """The national pack."""
        return self.folder / "packs" / "nation"

    def pack_of(self, code: str) -> Path:
        """Return the pack of a province."""
        return self.folder / "packs" / code

    def inbox_of(self, code: str) -> Path:
        """Return the inbox of a province."""
        return self.folder / "in" / code


def country_of(folder: Path, provinces: int, communes: int, seed: int) -> Country:
    """Write the packs and inboxes of so many provinces, and the national pack."""
    codes = tuple(str(_FIRST_CODE + number) for number in range(provinces))
    country = Country(folder, codes, communes, seed)
    for code in codes:
        _write_pack(country, code)
        _write_inbox(country, code)
    _write_national_pack(country)
    return country


def _write_pack(country: Country, code: str) -> None:
    folder = country.pack_of(code)
    write_pack(folder, country.communes, code, _FIRST_DAY)
    _edit(folder / "calendar.yaml", _end_with_the_year)
    _edit(folder / "program.yaml", lambda program: program.update(site_title=f"Tỉnh {code}"))
    if code == country.reports_itself:
        _edit(folder / "calendar.yaml", _let_the_province_report)
    if code == country.different:
        _edit(folder / "indicators.yaml", _define_otherwise)


def _end_with_the_year(calendar: dict[str, Any]) -> None:
    """Let nothing be due but what this trial sends."""
    del calendar["intake"]
    for duty in calendar["duties"]:
        duty["last"] = _LAST_DAY.isoformat()
        if duty["every"] == "quarter":
            duty["first"] = QUARTERS[0].start.isoformat()


def _let_the_province_report(calendar: dict[str, Any]) -> None:
    """Let the final outcomes of the year be due from the province itself, too."""
    (duty,) = (
        duty for duty in calendar["duties"] if (duty["form"], duty.get("stage")) == _OWN_REPORT
    )
    calendar["duties"].append(duty | {"from_kind": "province"})


def _define_otherwise(content: dict[str, Any]) -> None:
    indicators = {indicator["code"]: indicator for indicator in content["indicators"]}
    indicators[DIFFERENT_INDICATOR]["direction"] = "up"


def _write_national_pack(country: Country) -> None:
    write_pack(country.pack, 0, NATION)
    units = [(NATION, "Việt Nam", "nation", "")]
    units += [(code, f"Tỉnh {code}", "province", NATION) for code in country.provinces]
    write_units(country.pack, units)
    _edit(country.pack / "calendar.yaml", _end_with_the_year)
    _edit(country.pack / "program.yaml", lambda program: program.update(site_title="Cả nước"))


def _edit(path: Path, change: Any) -> None:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")


def _write_inbox(country: Country, code: str) -> None:
    pack = load_pack(country.pack_of(code))
    communes = [unit for unit in pack.units if unit.code != code]
    invented = Province(pack, country.seed, [code, *(unit.code for unit in communes)])
    for quarter in QUARTERS:
        arrives = datetime.combine(first_arrival(quarter), time(3), UTC)
        for unit in communes:
            for due in due_with(quarter):
                tables = commune_tables(invented, unit, due)
                for name, content in _sent(country, pack, unit, due, tables):
                    arrives += timedelta(minutes=1)
                    _put(country.inbox_of(code) / name, content, arrives)
    if code == country.reports_itself:
        due = Due("outcomes", YEAR, Stage.FINAL, "kết quả chính thức")
        tables = invented.report(due.form, code, YEAR).tables
        for name, content in _good(country, pack, pack.province, due, tables):
            _put(country.inbox_of(code) / name, content, arrives + timedelta(minutes=1))


def _sent(
    country: Country, pack: Pack, unit: Unit, due: Due, tables: Mapping[str, Lines]
) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of the files that a commune sends of a report; note its fate."""
    fate = _fate(country.seed, unit, due)
    if fate in (Fate.BAD, Fate.MENDED):
        spoilt = deepcopy(dict(tables))
        SPOIL_COMMUNE[due.form](spoilt)
        content = filled_workbook(pack, due.form, unit, due.period, spoilt, due.stage)
        yield path_of(unit, due.about, due.period), content
    if fate in (Fate.GOOD, Fate.MENDED):
        yield from _good(country, pack, unit, due, tables, fate)
    else:
        _note(country, pack, due, fate)


def _good(
    country: Country,
    pack: Pack,
    unit: Unit,
    due: Due,
    tables: Mapping[str, Lines],
    fate: Fate = Fate.GOOD,
) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of a report that counts, and note it."""
    remark = " - lần 2" if fate is Fate.MENDED else ""
    content = filled_workbook(pack, due.form, unit, due.period, tables, due.stage)
    kept = deepcopy(dict(tables))
    country.reports.append(Report(due.form, unit.code, due.period, kept, due.stage))
    _note(country, pack, due, fate)
    yield path_of(unit, due.about, due.period, remark), content


def _note(country: Country, pack: Pack, due: Due, fate: Fate) -> None:
    key = (pack.province.code, due.form, due.period, due.stage)
    country.fates.setdefault(key, Counter())[fate] += 1


def _fate(seed: int, unit: Unit, due: Due) -> Fate:
    dice = random.Random(f"{seed}-{unit.code}-{due.form}-{due.period}-{due.stage}-fate")
    (fate,) = dice.choices([*_SHARES, Fate.GOOD], [*_SHARES.values(), 1 - sum(_SHARES.values())])
    return fate


def _put(path: Path, content: bytes, arrives: datetime) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (arrives.timestamp(), arrives.timestamp()))

"""Reports of works: one of 2023 in the old layout, and a quarter of all districts in the new one.

There are as many works of each kind as the province built in 2022. What was paid for them is no
less than what the district disbursed for them this year; one district has works missing in its
list. Another writes a name that two units have: "Long Phú" is a commune and a township there.
"""

import random
from collections.abc import Iterator
from datetime import date, timedelta

from examples.published import WORKS_2022
from examples.synthetic.capital import amount_of, capital_of, plans_of
from examples.synthetic.shares import LAST_DAY, communes_of, divided
from examples.synthetic.workbooks import dice_of, path_of, units_of, workbook
from program.calendar.period import Period
from program.pack.pack import Pack
from program.units.unit import Unit, UnitKind
from publish.template.values import Cell

QUARTER, OLD_QUARTER = "2024-Q4", "2023-Q4"
AMBIGUOUS, OLD_LAYOUT, WORKS_MISSING = "946", "942", "944"
_KINDS = {
    "road": "Lộ giao thông nông thôn",
    "bridge": "Cầu",
    "community_house": "Nhà sinh hoạt cộng đồng",
    "market": "Chợ",
}


def build(pack: Pack) -> Iterator[tuple[str, bytes]]:
    """Yield (path below the inbox, bytes) of each report of works."""
    kinds = kinds_by_district(pack)
    for code in (OLD_QUARTER, QUARTER):
        period = Period.parse(code)
        for unit in units_of(pack, UnitKind.DISTRICT, LAST_DAY):
            if code == QUARTER or unit.code == OLD_LAYOUT:
                works = _works(pack, unit, kinds[unit.code])
                yield path_of(unit, "công trình", period), _report(pack, unit, period, works)


def kinds_by_district(pack: Pack) -> dict[str, list[str]]:
    """Return the kinds of each district's works; a larger plan has more of them."""
    kinds = [kind for kind, count in WORKS_2022.items() for _ in range(count)]
    dice_of(QUARTER, "kinds").shuffle(kinds)
    dealt: dict[str, list[str]] = {}
    for code, count in divided(len(kinds), plans_of(pack)).items():
        dealt[code] = [kinds.pop() for _ in range(count)]
    return dealt


def _report(pack: Pack, unit: Unit, period: Period, works: list[dict[str, Cell]]) -> bytes:
    if period.code == OLD_QUARTER:
        works = [_earlier(work) for work in works if _date(work["work_start"]) <= period.end]
    if unit.code == AMBIGUOUS:
        works[0]["work_commune"] = "Long Phú"
    return workbook(pack, "works", unit, period, {}, {"work_list": works})


def _works(pack: Pack, unit: Unit, kinds: list[str]) -> list[dict[str, Cell]]:
    dice = dice_of(unit.code, QUARTER, "works")
    line = capital_of(pack, unit.code)["da4_tda1"]
    paid = amount_of(line, "disbursed_central_investment_vnd")
    paid += amount_of(line, "disbursed_local_investment_vnd")
    # A work is paid for in several years.
    paid *= 0.85 if unit.code == WORKS_MISSING else dice.uniform(1.15, 1.5)
    sizes = [dice.uniform(0.6, 1.4) for _ in kinds]
    communes = communes_of(pack, unit)
    works: list[dict[str, Cell]] = []
    for number, (kind, size) in enumerate(zip(kinds, sizes, strict=True), start=1):
        part = paid * size / sum(sizes)
        works.append(_work(dice, unit, dice.choice(communes), kind, number, part))
    return works


def _earlier(work: dict[str, Cell]) -> dict[str, Cell]:
    """Return a work as it was a year before: begun, with little paid."""
    return work | {
        "work_status": "in_progress",
        "work_actual_end": None,
        "work_progress_pct": 10,
        "work_disbursed_vnd": 50.0,
    }


def _date(cell: Cell) -> date:
    assert isinstance(cell, date)
    return cell


def _work(
    dice: random.Random, unit: Unit, commune: Unit, kind: str, number: int, paid: float
) -> dict[str, Cell]:
    end = Period.parse(QUARTER).end
    is_done = dice.random() < 0.5
    progress = 100 if is_done else dice.randint(35, 95)
    return {
        "work_code": f"{unit.code}-{number:03d}",
        "work_name": f"{_KINDS[kind]} {commune.name} số {number}",
        "work_commune": commune.name,
        "work_project": "da4_tda1",
        "work_kind": kind,
        "work_status": "completed" if is_done else "in_progress",
        "work_start": end - timedelta(days=dice.randint(150, 500)),
        "work_planned_end": end + timedelta(days=dice.randint(10, 200)),
        "work_actual_end": end - timedelta(days=dice.randint(5, 80)) if is_done else None,
        "work_investment_vnd": round(paid * 100 / progress / dice.uniform(0.8, 0.98), 1),
        "work_disbursed_vnd": round(paid, 1),
        "work_progress_pct": progress,
    }

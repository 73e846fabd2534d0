"""Reports of works: one of 2023 in the old layout, and a quarter of all districts in the new one.

One district writes a name that two units have: "Long Phú" is a commune and a township there.
"""

import random
from collections.abc import Iterator
from datetime import date, timedelta

from examples.synthetic.workbooks import dice_of, path_of, units_of, workbook
from program.calendar.period import Period
from program.pack.load import Pack
from program.units.register import Unit, UnitKind
from publish.template import Cell

QUARTER, OLD_QUARTER = "2024-Q4", "2023-Q4"
AMBIGUOUS, OLD_LAYOUT = "946", "942"
_KINDS = {
    "road": "Lộ giao thông nông thôn",
    "bridge": "Cầu",
    "school": "Phòng học trường tiểu học",
    "community_house": "Nhà sinh hoạt cộng đồng",
    "water": "Trạm cấp nước",
}


def build(pack: Pack) -> Iterator[tuple[str, bytes]]:
    """Yield (path below the inbox, bytes) of each report of works."""
    for code in (OLD_QUARTER, QUARTER):
        period = Period.parse(code)
        for unit in units_of(pack, UnitKind.DISTRICT, code):
            if code == QUARTER or unit.code == OLD_LAYOUT:
                yield path_of(unit, "công trình", period), _report(pack, unit, period)


def _report(pack: Pack, unit: Unit, period: Period) -> bytes:
    works = _works(pack, unit)
    if period.code == OLD_QUARTER:
        works = [_earlier(work) for work in works if _date(work["work_start"]) <= period.end]
    if unit.code == AMBIGUOUS:
        works[0]["work_commune"] = "Long Phú"
    return workbook(pack, "works", unit, period, {}, {"work_list": works})


def _works(pack: Pack, unit: Unit) -> list[dict[str, Cell]]:
    period = Period.parse(QUARTER)
    dice = dice_of(unit.code, period.code, "works")
    communes = list(pack.units.children(unit.code, period.end))
    numbers = range(1, dice.randint(5, 9))
    return [_work(dice, unit, dice.choice(communes), period, number) for number in numbers]


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
    dice: random.Random, unit: Unit, commune: Unit, period: Period, number: int
) -> dict[str, Cell]:
    kind = dice.choice(list(_KINDS))
    start = period.end - timedelta(days=dice.randint(150, 500))
    investment = round(dice.uniform(600, 4500), 1)
    is_done = dice.random() < 0.5
    progress = 100 if is_done else dice.randint(15, 95)
    return {
        "work_code": f"{unit.code}-{number:03d}",
        "work_name": f"{_KINDS[kind]} {commune.name} số {number}",
        "work_commune": commune.name,
        "work_project": "da4_tda1",
        "work_kind": kind,
        "work_status": "completed" if is_done else "in_progress",
        "work_start": start,
        "work_planned_end": period.end + timedelta(days=dice.randint(10, 200)),
        "work_actual_end": period.end - timedelta(days=dice.randint(5, 80)) if is_done else None,
        "work_investment_vnd": investment,
        "work_disbursed_vnd": round(investment * progress / 100 * dice.uniform(0.8, 0.98), 1),
        "work_progress_pct": progress,
    }

"""Livelihoods of a quarter, and outcomes of a year: September's estimate and the final figures.

In the outcomes of one district a total is not the sum of its parts.
"""

import random
from collections.abc import Iterator

from examples.synthetic.workbooks import dice_of, path_of, units_of, workbook
from program.calendar.period import Period
from program.calendar.stage import Stage
from program.pack.load import Pack
from program.units.register import Unit, UnitKind
from publish.template import Cell

QUARTER, YEAR = "2024-Q4", "2024"
WRONG_TOTAL = "947"
_SUPPORT = {
    "residential_land": 40,
    "housing": 160,
    "job_conversion": 300,
    "dispersed_water": 120,
    "vocational": 90,
    "production_models": 60,
}
# Households of a group in a district, and the share of them that is poor: both invented.
_GROUPS = {"khmer": (6000, 0.05), "hoa": (1100, 0.02), "other": (12, 0.1)}
_SCHOOLS = {
    "kindergarten_5": 900,
    "primary": 5200,
    "lower_secondary": 3600,
    "upper_secondary": 2100,
}
_PLACES = {
    "commune_road": (11, 1.0),
    "hamlet_road": (75, 0.86),
    "classrooms": (420, 0.93),
    "health_stations": (11, 1.0),
    "hamlet_house": (75, 0.8),
    "hamlet_arts": (75, 0.5),
    "commune_left_difficulty": (4, 0.5),
    "hamlet_left_difficulty": (12, 0.5),
}

Lines = dict[str, dict[str, Cell]]


def build(pack: Pack) -> Iterator[tuple[str, bytes]]:
    """Yield (path below the inbox, bytes) of each report of livelihoods and outcomes."""
    for unit in units_of(pack, UnitKind.DISTRICT, QUARTER):
        yield _livelihoods(pack, unit, Period.parse(QUARTER))
    for stage in Stage:
        for unit in units_of(pack, UnitKind.DISTRICT, YEAR):
            yield _outcomes(pack, unit, Period.parse(YEAR), stage)


def _livelihoods(pack: Pack, unit: Unit, period: Period) -> tuple[str, bytes]:
    dice = dice_of(unit.code, period.code, "livelihoods")
    lines: dict[str, dict[str, Cell]] = {}
    for line, largest in _SUPPORT.items():
        planned = dice.randint(largest // 3, largest)
        supported = int(planned * dice.uniform(0.4, 1.0))
        lines[line] = {
            "planned": planned,
            "supported": supported,
            "supported_poor": int(supported * dice.uniform(0.6, 1.0)),
            "supported_ethnic": int(supported * dice.uniform(0.5, 0.9)),
            "supported_women": int(supported * dice.uniform(0.1, 0.4)),
            "support_vnd": round(supported * dice.uniform(5, 40), 1),
        }
    commune = dice.choice(list(pack.units.children(unit.code, period.end)))
    model: dict[str, Cell] = {
        "model_name": f"Nuôi bò sinh sản {commune.name}",
        "model_kind": "livestock",
        "model_commune": commune.name,
        "model_households": lines["production_models"]["supported"],
        "model_vnd": lines["production_models"]["support_vnd"],
    }
    content = workbook(
        pack, "livelihoods", unit, period, {"support": lines}, {"model_list": [model]}
    )
    return path_of(unit, "sinh kế", period), content


def _outcomes(pack: Pack, unit: Unit, period: Period, stage: Stage) -> tuple[str, bytes]:
    dice = dice_of(unit.code, period.code, "outcomes")
    # The estimate of September is a little off, one way or the other.
    off = 1.0 if stage is Stage.FINAL else dice_of(unit.code, "estimate").uniform(0.93, 1.05)
    counts = {group: _households(dice, size, poor, off) for group, (size, poor) in _GROUPS.items()}
    households: Lines = {group: {**line} for group, line in counts.items()}
    people: Lines = {}
    for group, line in counts.items():
        people[group] = {**_people(dice, line["households"] * 4)}
    schools: Lines = {level: _school(dice, size) for level, size in _SCHOOLS.items()}
    places: Lines = {}
    for key, (size, share) in _PLACES.items():
        places[key] = {"existing": size, "reaching": int(size * share)}
    matrix = {
        "ethnic_households": households,
        "ethnic_people": people,
        "school": schools,
        "places": places,
        "income": {"ethnic_minority": _income(dice)},
    }
    if unit.code == WRONG_TOTAL and stage is Stage.FINAL:
        poor_households = sum(line["poor_households"] for line in counts.values())
        households["total"] = {"poor_households": poor_households + 25}
    remark = " (ước)" if stage is Stage.ESTIMATE else ""
    content = workbook(pack, "outcomes", unit, period, matrix, stage=stage)
    return path_of(unit, "kết quả", period, remark), content


def _households(dice: random.Random, size: int, poor: float, off: float) -> dict[str, int]:
    count = int(size * dice.uniform(0.5, 1.5))
    short, moving = int(count * 0.04), int(count * 0.01)
    return {
        "households": count,
        "poor_households": int(count * poor * dice.uniform(0.6, 1.3) * off),
        "near_poor_households": int(count * 0.07 * dice.uniform(0.6, 1.3) * off),
        "electricity_households": int(count * dice.uniform(0.985, 1.0)),
        "water_households": int(count * dice.uniform(0.9, 0.999)),
        "land_short_households": short,
        "land_resolved_households": int(short * dice.uniform(0.4, 0.9)),
        "resettlement_households": moving,
        "resettled_households": int(moving * dice.uniform(0.3, 0.9)),
    }


def _people(dice: random.Random, count: int) -> dict[str, int]:
    adults = int(count * 0.76)
    workers = int(count * 0.6)
    births = int(count * 0.013)
    children = int(count * 0.07)
    return {
        "people": count,
        "insured_people": int(count * dice.uniform(0.93, 0.99)),
        "people_15": adults,
        "literate_15": int(adults * dice.uniform(0.86, 0.95)),
        "media_people": int(count * dice.uniform(0.97, 1.0)),
        "labour_age": workers,
        "trained_labour": int(workers * dice.uniform(0.4, 0.6)),
        "births": births,
        "assisted_births": int(births * dice.uniform(0.9, 1.0)),
        "children_5": children,
        "underweight_children": int(children * dice.uniform(0.08, 0.16)),
    }


def _school(dice: random.Random, size: int) -> dict[str, Cell]:
    count = int(size * dice.uniform(0.6, 1.4))
    return {"school_age": count, "enrolled": int(count * dice.uniform(0.9, 0.999))}


def _income(dice: random.Random) -> dict[str, Cell]:
    return {
        "income_vnd": round(dice.uniform(44, 52), 1),
        "income_2020_vnd": round(dice.uniform(24, 30), 1),
    }

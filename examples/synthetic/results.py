"""Livelihoods of a quarter, and outcomes of a year: September's estimate and the final figures.

Households and people of the districts add up to what is published of the province, and shares lie
near the published ones. How many hamlets a district has, and which communes and hamlets are in
extreme difficulty, no source says: these lines stay empty. In the outcomes of one district a total
is not the sum of its parts.
"""

import random
from collections.abc import Iterator, Mapping

from examples.published import (
    ETHNIC_NEAR_POOR_2024,
    ETHNIC_PEOPLE,
    ETHNIC_POOR_2024,
    ETHNIC_SHARES,
    HOA_HOUSEHOLDS,
    KHMER_HOUSEHOLDS,
    KHMER_POOR_PCT_2023,
    MODELS_2024,
    SUPPORT_2024,
)
from examples.synthetic.shares import (
    LAST_DAY,
    communes_of,
    divided,
    rural_communes_of,
    shared_out,
    weights_of,
)
from examples.synthetic.workbooks import dice_of, path_of, units_of, workbook
from program.calendar.period import Period
from program.calendar.stage import Stage
from program.pack.pack import Pack
from program.units.unit import Unit, UnitKind
from publish.template.values import Cell

QUARTER, YEAR = "2024-Q4", "2024"
WRONG_TOTAL = "947"
_PEOPLE = divided(ETHNIC_PEOPLE, ETHNIC_SHARES)
# Of the other peoples no households are published; a household has as many people as a Khmer one.
_HOUSEHOLDS = {
    "khmer": KHMER_HOUSEHOLDS,
    "hoa": HOA_HOUSEHOLDS,
    "other": round(_PEOPLE["other"] * KHMER_HOUSEHOLDS / _PEOPLE["khmer"]),
}
# The Khmer have by far the most poor households; the rest is divided by households.
_KHMER_PART = KHMER_HOUSEHOLDS * KHMER_POOR_PCT_2023 / 100
_POOR_PARTS = {"khmer": _KHMER_PART, "hoa": 190.0, "other": 2.0}
# Households that get a vocational training, and households of a production model: not published.
_VOCATIONAL = 600
_HOUSEHOLDS_OF_MODEL = (8, 20)
# Million đồng a household, from and to.
_COSTS = {
    "residential_land": (35, 44),
    "housing": (40, 44),
    "job_conversion": (8, 10),
    "dispersed_water": (2.5, 3),
    "vocational": (2, 5),
}
_MODELS = {
    "livestock": ("Nuôi bò sinh sản", "Nuôi dê sinh sản"),
    "crops": ("Trồng hành tím", "Trồng màu trên đất lúa"),
    "aquaculture": ("Nuôi tôm thẻ chân trắng",),
    "craft": ("Đan lát",),
}
# Of the ethnic-minority people, those at a school's age; and how many of them go to school.
_SCHOOLS = {
    "kindergarten_5": (0.017, 0.985, 0.999),
    "primary": (0.085, 0.98, 0.999),
    "lower_secondary": (0.065, 0.95, 0.985),
    "upper_secondary": (0.045, 0.6, 0.75),
}
_PUPILS_OF_CLASSROOM = 32

Line = dict[str, Cell]
Lines = dict[str, Line]
ByGroup = Mapping[str, Mapping[str, int]]
"""A figure by ethnic group and district."""


def build(pack: Pack) -> Iterator[tuple[str, bytes]]:
    """Yield (path below the inbox, bytes) of each report of livelihoods and outcomes."""
    units = units_of(pack, UnitKind.DISTRICT, LAST_DAY)
    for unit in units:
        yield _livelihoods(pack, unit, Period.parse(QUARTER))
    for stage in Stage:
        for unit in units:
            yield _outcomes(pack, unit, Period.parse(YEAR), stage)


def _livelihoods(pack: Pack, unit: Unit, period: Period) -> tuple[str, bytes]:
    dice = dice_of(unit.code, period.code, "livelihoods")
    lines: Lines = {}
    for support, whole in (SUPPORT_2024 | {"vocational": _VOCATIONAL}).items():
        supported = shared_out(pack, whole, support)[unit.code]
        cost = dice.uniform(*_COSTS[support])
        lines[support] = _support(dice, supported, round(supported * cost, 1))
    models = _models(dice, pack, unit)
    households = sum(_number(model["model_households"]) for model in models)
    money = sum(_number(model["model_vnd"]) for model in models)
    lines["production_models"] = _support(dice, int(households), round(money, 1))
    content = workbook(
        pack, "livelihoods", unit, period, {"support": lines}, {"model_list": models}
    )
    return path_of(unit, "sinh kế", period), content


def _support(dice: random.Random, supported: int, money: float) -> Line:
    return {
        "planned": round(supported / dice.uniform(0.75, 1.0)),
        "supported": supported,
        "supported_poor": int(supported * dice.uniform(0.6, 1.0)),
        "supported_ethnic": int(supported * dice.uniform(0.5, 0.9)),
        "supported_women": int(supported * dice.uniform(0.1, 0.4)),
        "support_vnd": money,
    }


def _models(dice: random.Random, pack: Pack, unit: Unit) -> list[Line]:
    """Return the production models of a district, each in a commune of its own."""
    count = shared_out(pack, MODELS_2024, "models")[unit.code]
    models: list[Line] = []
    for commune in dice.sample(communes_of(pack, unit), count):
        kind = dice.choice(list(_MODELS))
        households = dice.randint(*_HOUSEHOLDS_OF_MODEL)
        models.append(
            {
                "model_name": f"{dice.choice(_MODELS[kind])} {commune.name}",
                "model_kind": kind,
                "model_commune": commune.name,
                "model_households": households,
                "model_vnd": round(households * dice.uniform(15, 40), 1),
            }
        )
    return models


def _outcomes(pack: Pack, unit: Unit, period: Period, stage: Stage) -> tuple[str, bytes]:
    dice = dice_of(unit.code, period.code, "outcomes")
    # The estimate of September is a little off, one way or the other.
    off = 1.0 if stage is Stage.FINAL else dice_of(unit.code, "estimate").uniform(0.93, 1.05)
    counts = {group: _households(dice, pack, unit, group, off) for group in _HOUSEHOLDS}
    households: Lines = {group: {**line} for group, line in counts.items()}
    people: Lines = {}
    for group, whole in _PEOPLE.items():
        people[group] = {**_people(dice, divided(whole, weights_of(pack, group))[unit.code])}
    count = sum(_number(line["people"]) for line in people.values())
    schools = {level: _school(dice, count, *about) for level, about in _SCHOOLS.items()}
    matrix = {
        "ethnic_households": households,
        "ethnic_people": people,
        "school": schools,
        "places": _places(dice, pack, unit, schools),
        "income": {"ethnic_minority": _income(dice)},
    }
    if unit.code == WRONG_TOTAL and stage is Stage.FINAL:
        poor_households = sum(line["poor_households"] for line in counts.values())
        households["total"] = {"poor_households": poor_households + 25}
    remark = " (ước)" if stage is Stage.ESTIMATE else ""
    content = workbook(pack, "outcomes", unit, period, matrix, stage=stage)
    return path_of(unit, "kết quả", period, remark), content


def _households(
    dice: random.Random, pack: Pack, unit: Unit, group: str, off: float
) -> dict[str, int]:
    by_district = divided(_HOUSEHOLDS[group], weights_of(pack, group))
    count = by_district[unit.code]
    poor = _poor(ETHNIC_POOR_2024, group, by_district, "poor")
    near_poor = _poor(ETHNIC_NEAR_POOR_2024, group, by_district, "near poor")
    short, moving = int(count * 0.04), int(count * 0.01)
    return {
        "households": count,
        "poor_households": round(poor[unit.code] * off),
        "near_poor_households": round(near_poor[unit.code] * off),
        "electricity_households": int(count * dice.uniform(0.99, 0.999)),
        "water_households": int(count * dice.uniform(0.994, 0.999)),
        "land_short_households": short,
        "land_resolved_households": int(short * dice.uniform(0.4, 0.9)),
        "resettlement_households": moving,
        "resettled_households": int(moving * dice.uniform(0.3, 0.9)),
    }


def _poor(whole: int, group: str, households: Mapping[str, int], about: str) -> dict[str, int]:
    """Return the poor households of a group by district; poverty differs among the districts."""
    of_group = divided(whole, _POOR_PARTS)[group]
    weights = {
        code: count * dice_of(code, about).uniform(0.6, 1.4) for code, count in households.items()
    }
    return divided(of_group, weights)


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


def _school(dice: random.Random, people: float, part: float, least: float, most: float) -> Line:
    count = int(people * part * dice.uniform(0.95, 1.05))
    return {"school_age": count, "enrolled": int(count * dice.uniform(least, most))}


def _places(dice: random.Random, pack: Pack, unit: Unit, schools: Lines) -> Lines:
    """Return what is known of a district's places: its communes; a health station in each of them.

    A road to the centre is asked of a xã. The city has none, and says 0.
    """
    pupils = sum(_number(line["school_age"]) for line in schools.values())
    classrooms = round(pupils / _PUPILS_OF_CLASSROOM)
    stations = len(communes_of(pack, unit))
    rural = len(rural_communes_of(pack, unit))
    return {
        "commune_road": {"existing": rural, "reaching": rural},
        "classrooms": {
            "existing": classrooms,
            "reaching": int(classrooms * dice.uniform(0.88, 0.99)),
        },
        "health_stations": {"existing": stations, "reaching": stations},
    }


def _income(dice: random.Random) -> Line:
    return {
        "income_vnd": round(dice.uniform(44, 52), 1),
        "income_2020_vnd": round(dice.uniform(24, 30), 1),
    }


def _number(cell: Cell) -> float:
    assert isinstance(cell, int | float)
    return cell

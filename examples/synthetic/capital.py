"""Disbursement reports of a quarter.

The plan of 2024 and what was disbursed of it are not published: the districts together have the
plan of 2022, and disburse at the rates of 2022. One district paid out more than it was given,
another wrote "trên" (above) before an amount.
"""

import random
from collections.abc import Iterator, Mapping

from examples.published import CENTRAL_RATE_PCT, LOCAL_RATE_PCT, MY_TU_PLAN, PLAN_2022
from examples.synthetic.shares import LAST_DAY, divided, weights_of
from examples.synthetic.workbooks import dice_of, path_of, units_of, workbook
from program.calendar.period import Period
from program.pack.pack import Pack
from program.units.unit import UnitKind
from publish.template.values import Cell

QUARTER = "2024-Q4"
ABOVE_PLAN = "944"
WITH_WORDS = "949"
_MY_TU = "944"
_MILLIONS = 1_000
# Percent of a district's plan by project: invented, for no source divides the capital so.
_PROJECTS = {
    "da1": 25.0,
    "da3_tda2": 14.0,
    "da4_tda1": 48.5,
    "da5_tda3": 5.0,
    "da5_tda4": 0.5,
    "da6": 3.0,
    "da8": 3.0,
    "da10_tda1": 1.0,
}
# Percent of a project's plan by stream. Infrastructure is investment, and houses are both. The
# other projects get recurrent money.
_OF_BOTH = {
    "central_investment": 50,
    "local_investment": 6,
    "central_recurrent": 35,
    "local_recurrent": 5,
    "carried_over": 4,
}
_OF_WORKS = {
    "central_investment": 82,
    "local_investment": 9,
    "central_recurrent": 4,
    "carried_over": 5,
}
_RECURRENT = {"central_recurrent": 85, "local_recurrent": 11, "carried_over": 4}
_STREAMS = {"da1": _OF_BOTH, "da4_tda1": _OF_WORKS}
Line = dict[str, Cell]


def build(pack: Pack) -> Iterator[tuple[str, bytes]]:
    """Yield (path below the inbox, bytes) of each disbursement report."""
    period = Period.parse(QUARTER)
    for unit in units_of(pack, UnitKind.DISTRICT, LAST_DAY):
        lines = capital_of(pack, unit.code)
        content = workbook(pack, "disbursement", unit, period, {"capital": lines})
        yield path_of(unit, "giải ngân", period), content


def capital_of(pack: Pack, district: str) -> dict[str, Line]:
    """Return what a district reports, by project: plan and disbursement in million đồng."""
    dice = dice_of(district, QUARTER, "capital")
    plans = plans_of(pack)
    plan, pace = plans[district], _paces(plans)[district]
    lines = {
        project: _line(dice, plan * percent / 100, _STREAMS.get(project, _RECURRENT), pace)
        for project, percent in _PROJECTS.items()
    }
    if district == ABOVE_PLAN:
        works = lines["da4_tda1"]
        works["disbursed_central_investment_vnd"] = (
            amount_of(works, "plan_central_investment_vnd") + 120
        )
    if district == WITH_WORDS:
        lines["da1"] |= {
            "plan_central_investment_vnd": 1500.0,
            "disbursed_central_investment_vnd": "trên 1.200",
        }
    return lines


def plans_of(pack: Pack) -> dict[str, int]:
    """Return the plan of each district in million đồng; Mỹ Tú's is its published yearly mean."""
    plan = round(MY_TU_PLAN * _MILLIONS)
    others = weights_of(pack, "khmer", "hoa")
    del others[_MY_TU]
    return {_MY_TU: plan, **divided(round(PLAN_2022 * _MILLIONS) - plan, others)}


def _paces(plans: Mapping[str, int]) -> dict[str, float]:
    """Return how quick each district is, against all of them together."""
    paces = {code: dice_of(code, "pace").uniform(0.85, 1.15) for code in plans}
    mean = sum(paces[code] * plan for code, plan in plans.items()) / sum(plans.values())
    return {code: pace / mean for code, pace in paces.items()}


def amount_of(line: Line, column: str) -> float:
    """Return an amount of a line in million đồng; 0 where there is none."""
    amount = line.get(column, 0.0)
    assert isinstance(amount, int | float)
    return amount


def _line(dice: random.Random, plan: float, streams: dict[str, int], pace: float) -> Line:
    line: Line = {}
    for stream, percent in streams.items():
        given = round(plan * percent / 100, 1)
        usual = LOCAL_RATE_PCT if stream.startswith("local") else CENTRAL_RATE_PCT
        rate = min(usual / 100 * pace * dice.uniform(0.92, 1.08), 0.995)
        line[f"plan_{stream}_vnd"] = given
        line[f"disbursed_{stream}_vnd"] = round(given * rate, 1)
    return line

"""Disbursement reports of a quarter.

One district paid out more than it was given, another wrote "trên" (above) before an amount.
"""

import random
from collections.abc import Iterator

from examples.synthetic.workbooks import dice_of, path_of, units_of, workbook
from program.calendar.period import Period
from program.pack.load import Pack
from program.units.register import UnitKind
from publish.template import Cell

QUARTER = "2024-Q4"
ABOVE_PLAN = "944"
WITH_WORDS = "949"
_STREAMS = (
    "central_investment",
    "local_investment",
    "central_recurrent",
    "local_recurrent",
    "carried_over",
)
# The largest plan of a stream in million đồng, by project of the districts.
_LINES = {
    "da1": 4000,
    "da3_tda2": 2500,
    "da4_tda1": 9000,
    "da5_tda4": 600,
    "da6": 700,
    "da8": 500,
    "da10_tda1": 300,
}


def build(pack: Pack) -> Iterator[tuple[str, bytes]]:
    """Yield (path below the inbox, bytes) of each disbursement report."""
    period = Period.parse(QUARTER)
    for unit in units_of(pack, UnitKind.DISTRICT, QUARTER):
        dice = dice_of(unit.code, QUARTER, "capital")
        lines = {line: _line(dice, largest) for line, largest in _LINES.items()}
        if unit.code == ABOVE_PLAN:
            lines["da4_tda1"]["disbursed_central_investment_vnd"] = _plan(lines["da4_tda1"]) + 120
        if unit.code == WITH_WORDS:
            lines["da1"] |= {
                "plan_central_investment_vnd": 1500.0,
                "disbursed_central_investment_vnd": "trên 1.200",
            }
        content = workbook(pack, "disbursement", unit, period, {"capital": lines})
        yield path_of(unit, "giải ngân", period), content


def _line(dice: random.Random, largest: int) -> dict[str, Cell]:
    line: dict[str, Cell] = {}
    for stream in _STREAMS:
        is_small = stream.startswith("local") or stream == "carried_over"
        share = 0.1 if is_small else 1
        plan = round(largest * dice.uniform(0.05, 1.0) * share, 1)
        line[f"plan_{stream}_vnd"] = plan
        line[f"disbursed_{stream}_vnd"] = round(plan * dice.uniform(0.35, 0.98), 1)
    return line


def _plan(line: dict[str, Cell]) -> float:
    plan = line["plan_central_investment_vnd"]
    assert isinstance(plan, int | float)
    return plan

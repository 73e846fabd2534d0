"""The country's file against the sums by hand, figure by figure."""

import math
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from tests.ministry_trial.by_hand import figures_by_hand, money_by_hand, reporting_by_hand
from tests.ministry_trial.inputs import DIFFERENT_INDICATOR, Country
from tests.provinces import NATION

_FIGURES = f"""
    SELECT indicator_code, period, stage, numerator, denominator, actual, reported, expected, own_reports,
           unit_reported, unit_expected, units_below
    FROM mart_rollups WHERE unit_code = '{NATION}'
"""
_MONEY = f"""
    SELECT project_code, source, period, stage, plan_vnd, disbursed_vnd, rate, reported, expected
    FROM mart_disbursement WHERE unit_code = '{NATION}'
"""
_REPORTING = """
    SELECT unit_code, form_code, period, stage, due, received, accepted, to_fix, missing
    FROM mart_reporting WHERE due > 0
"""
_PROVINCES = "SELECT code, state, is_used FROM provinces"
_DIFFERENCES = "SELECT DISTINCT province, COALESCE(indicator_code, plan_figure) FROM differences"
Key = tuple[str, ...]


@dataclass(slots=True)
class Compared:
    """How many figures were compared, and each that is not as it is by hand."""

    figures: int
    faults: list[str]


def compare(file: Path, country: Country, used: Sequence[str]) -> Compared:
    """Compare all that the country's file says with what was sent by the provinces `used`."""
    by_hand: dict[str, Mapping[Key, Mapping[str, Any]]] = {
        "figure": {key: asdict(each) for key, each in figures_by_hand(country, used).items()},
        "money": {key: asdict(each) for key, each in money_by_hand(country, used).items()},
        "reports": _reporting(country, used),
        "province": {
            (code,): {"state": "current" if code in used else "missing", "is_used": code in used}
            for code in country.provinces
        },
        "refused": {(code, DIFFERENT_INDICATOR): {} for code in used if code == country.different},
    }
    found = {
        "figure": _asked(file, _FIGURES, 3),
        "money": _asked(file, _MONEY, 4),
        "reports": _asked(file, _REPORTING, 4),
        "province": _asked(file, _PROVINCES, 1),
        "refused": _asked(file, _DIFFERENCES, 2),
    }
    faults: list[str] = []
    for kind, expected in by_hand.items():
        faults += _differences(kind, expected, found[kind])
    values = [values for expected in by_hand.values() for values in expected.values()]
    return Compared(sum(map(len, values)), faults)


def finds_a_changed_figure(file: Path, country: Country, used: Sequence[str]) -> bool:
    """Tell whether one household more in a report of a commune is noticed, and nothing else."""
    changed = replace(country, reports=deepcopy(country.reports))
    report = next(
        each for each in changed.reports if each.form == "livelihoods" and each.unit[:2] in used
    )
    line = report.tables["support"]["housing"]
    line["supported"] = int(str(line["supported"])) + 1
    new = set(compare(file, changed, used).faults) - set(compare(file, country, used).faults)
    return {fault.split()[1] for fault in new} == {"LIV-HOUSING", "LIV-HOUSING-PLAN"}


def _reporting(country: Country, used: Sequence[str]) -> dict[Key, dict[str, Any]]:
    names = ("due", "received", "accepted", "to_fix", "missing")
    counts = reporting_by_hand(country, used)
    return {key: dict(zip(names, values, strict=True)) for key, values in counts.items()}


def _asked(file: Path, sql: str, keys: int) -> dict[Key, dict[str, Any]]:
    """Return rows by their first columns."""
    with duckdb.connect(str(file), read_only=True) as connection:
        asked = connection.execute(sql)
        names = [column[0] for column in asked.description or ()]
        rows = asked.fetchall()
    return {row[:keys]: dict(zip(names[keys:], row[keys:], strict=True)) for row in rows}


def _differences(
    kind: str, expected: Mapping[Key, Mapping[str, Any]], found: Mapping[Key, Mapping[str, Any]]
) -> list[str]:
    faults = []
    for key in sorted(expected.keys() | found.keys()):
        name = f"{kind} {' '.join(key)}"
        if key not in found:
            faults.append(f"{name}: not in the file; by hand {expected[key]}")
        elif key not in expected:
            faults.append(f"{name}: in the file, but nobody sent it: {found[key]}")
        else:
            faults += [
                f"{name}: {column} is {found[key][column]}, by hand {value}"
                for column, value in expected[key].items()
                if not _is_equal(value, found[key][column])
            ]
    return faults


def _is_equal(one: Any, other: Any) -> bool:
    """Tell whether two values are equal; sums may be added up in another order."""
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9)
    return bool(one == other)

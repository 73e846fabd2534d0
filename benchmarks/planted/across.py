"""Errors between submissions: one thing claimed by two units, a province that is not its districts, two forms of one unit."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.in_memory import Cell, Lines, Report, reading_of
from benchmarks.planted.cases import MAIN, number
from benchmarks.planted.scoring import UNITS, Score, Trial
from expectations.checking import Checker
from program.current import CurrentReport
from program.finding import Severity
from program.pack import Pack
from program.reading import facts_of

_FORMS = ("disbursement", "livelihoods", "training", "works")
_PAID, _WORKS = "disbursed_central_investment_vnd", "works_infrastructure_disbursed_vnd"
Told = tuple[str, str, str, int]
"""A form, a unit, a fact's element and its line: where a planted error must be told."""


@dataclass
class Night:
    """All reports of a period, by form and unit, the province's own among them."""

    reports: dict[tuple[str, str], Report]
    whole: str
    dice: random.Random

    def claimed_twice(self, form: str, table: str, name: str) -> list[Told]:
        """Put a line of one unit's list into another's too, and say where both stand."""
        has = [unit for unit in UNITS if self.reports[form, unit].tables.get(table)]
        if not has:
            return []
        owner = self.dice.choice(has)
        other = self.dice.choice([unit for unit in UNITS if unit != owner])
        lines, theirs = (
            self.reports[form, owner].tables[table],
            self.reports[form, other].tables.setdefault(table, {}),
        )
        line = self.dice.choice(list(lines))
        theirs["77"] = {**lines[line], name: str(lines[line][name]).upper()}
        return [(form, owner, name, list(lines).index(line)), (form, other, name, len(theirs) - 1)]

    def not_the_sum(self, form: str, start: str) -> list[Told]:
        """Write one figure of the province's report that is not what its units add up to."""
        lines = self.reports[form, self.whole].tables[MAIN[form]]
        spots = [
            (n, c)
            for n, values in lines.items()
            for c in values
            if c.startswith(start) and number(lines, n, c) > 5
        ]
        if not spots:
            return []
        line, column = self.dice.choice(spots)
        lines[line][column] = round(
            number(lines, line, column) * self.dice.choice((0.9, 1.1, 2)) + 3
        )
        return [(form, self.whole, f"{column}_{line}", -1)]

    def paid_more_than_works(self) -> list[Told]:
        """Let more be paid of this year's money for works than was ever paid for all works."""
        unit = self.dice.choice(UNITS)
        works = self.reports["works", unit].tables["work_list"]
        paid = sum(number(works, line, "work_disbursed_vnd") for line in works)
        line = self.reports["disbursement", unit].tables["capital"].get("da4_tda1")
        if line is None or not works:
            return []
        line |= {
            _PAID: round(paid * 1.5 + 10, 1),
            "plan_central_investment_vnd": round(paid * 2 + 20, 1),
        }
        return [("disbursement", unit, f"{_PAID}_da4_tda1", -1), ("works", unit, _WORKS, -1)]


CASES: dict[str, Callable[[Night], list[Told]]] = {
    "two units claim a work": lambda night: night.claimed_twice("works", "work_list", "work_name"),
    "two units claim a class": lambda night: night.claimed_twice(
        "training", "class_list", "class_title"
    ),
    "two units claim a group": lambda night: night.claimed_twice(
        "livelihoods", "model_list", "model_name"
    ),
    "a province is not its districts (people)": lambda night: night.not_the_sum(
        "training", "participants"
    ),
    "a province is not its districts (plan)": lambda night: night.not_the_sum(
        "disbursement", "plan_central"
    ),
    "a province is not its districts (paid)": lambda night: night.not_the_sum(
        "disbursement", "disbursed_local"
    ),
    "more paid than for all works": Night.paid_more_than_works,
}
ACROSS = tuple(CASES)
AS_IT_IS = "as it is (across submissions)"


def try_across(trial: Trial, pack: Pack, checker: Checker, scores: dict[str, Score]) -> None:
    """Plant each case once into one night of a province, and score what comparing all of its reports tells."""
    night = _night(trial, pack.program.province)
    planted = {name: told for name, plant in CASES.items() if (told := plant(night))}
    reports = [_current(report, pack, n) for n, report in enumerate(night.reports.values())]
    found = [
        (number, f) for number, f in checker.compare(reports) if f.severity is not Severity.INFO
    ]
    numbers = {key: n for n, key in enumerate(night.reports)}
    told = {(number, f.sheet, f.cell) for number, f in found}
    for name, spots in planted.items():
        places = {
            _place(reports[numbers[form, unit]], element, line)
            for form, unit, element, line in spots
        }
        scores[name].planted += 1
        scores[name].told += places <= told
    spoilt = {numbers[form, unit] for spots in planted.values() for form, unit, _, _ in spots}
    for n in set(numbers.values()) - spoilt:
        scores[AS_IT_IS].planted += 1
        scores[AS_IT_IS].asked += any(number == n for number, _ in found)
        scores[AS_IT_IS].rules.update({f.rule for number, f in found if number == n})


def _night(trial: Trial, whole: str) -> Night:
    reports = {(form, unit): trial.good(form, unit) for form in _FORMS for unit in UNITS}
    for unit in UNITS:
        _settle(
            reports["disbursement", unit].tables["capital"],
            reports["works", unit].tables["work_list"],
        )
    for form in ("disbursement", "training"):
        model = reports[form, UNITS[0]]
        tables = {MAIN[form]: _sum([reports[form, unit].tables[MAIN[form]] for unit in UNITS])}
        reports[form, whole] = Report(
            form, whole, model.period, tables | ({"class_list": {}} if form == "training" else {})
        )
    return Night(
        reports, whole, random.Random(f"across-{trial.period}-{reports['works', UNITS[0]].tables}")
    )


def _settle(capital: Lines, works: Lines) -> None:
    """Let what was paid this year for works be no more than what was ever paid for those in the list."""
    line, ever = capital.get("da4_tda1"), sum(number(works, n, "work_disbursed_vnd") for n in works)
    if line is not None:
        line |= {
            _PAID: min(number(capital, "da4_tda1", _PAID), round(ever * 0.8, 1)),
            "disbursed_local_investment_vnd": 0.0,
        }


def _sum(parts: list[Lines]) -> Lines:
    names = {
        (line, column) for lines in parts for line, values in lines.items() for column in values
    }
    whole: dict[str, dict[str, Cell]] = {}
    for line, column in sorted(names):
        whole.setdefault(line, {})[column] = round(
            sum(number(lines, line, column) for lines in parts), 6
        )
    return whole


def _current(report: Report, pack: Pack, n: int) -> CurrentReport:
    facts = facts_of(reading_of(report, pack, n))
    return CurrentReport(n, report.form, report.unit, report.period.code, report.stage, facts)


def _place(report: CurrentReport, element: str, at: int) -> tuple[int, str, str]:
    """Return where a report's fact stands: its `at`-th line of a list, or the figure of the report."""
    known = [fact for fact in report.facts if fact.element == element]
    fact = known[max(at, 0)]
    return report.number, fact.sheet, fact.cell.partition(":")[0]

"""Errors between submissions.

Two units claim the same thing, a province is not the sum of its districts, or two forms of a unit
contradict each other.
"""

import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.in_memory import Cell, Lines, Report, reading_of
from benchmarks.planted.cases import MAIN, number
from benchmarks.planted.scoring import UNITS, Score, Trial
from expectations.checking import Checker
from program.finding import Severity
from program.pack.pack import Pack
from program.parsed_report import facts_of
from program.records.current_report import CurrentReport

_FORMS = ("disbursement", "livelihoods", "training", "works")
_PAID, _WORKS = "disbursed_central_investment_vnd", "works_infrastructure_disbursed_vnd"
ReportedAt = tuple[str, str, str, int]
"""Where an error must be reported: form, unit, element and line of a fact."""


@dataclass
class ProvinceReports:
    """All reports of a period by form and unit, also those of the province itself (`whole`)."""

    reports: dict[tuple[str, str], Report]
    whole: str
    dice: random.Random

    def claimed_twice(self, form: str, table: str, name: str) -> list[ReportedAt]:
        """Copy a line of a unit's list to another unit's; return the places of both."""
        owners = [unit for unit in UNITS if self.reports[form, unit].tables.get(table)]
        if not owners:
            return []
        owner = self.dice.choice(owners)
        other = self.dice.choice([unit for unit in UNITS if unit != owner])
        lines = self.reports[form, owner].tables[table]
        theirs = self.reports[form, other].tables.setdefault(table, {})
        line = self.dice.choice(list(lines))
        theirs["77"] = {**lines[line], name: str(lines[line][name]).upper()}
        return [(form, owner, name, list(lines).index(line)), (form, other, name, len(theirs) - 1)]

    def not_the_sum(self, form: str, start: str) -> list[ReportedAt]:
        """Change a figure of the province's report, which is then not the sum of its units."""
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

    def paid_more_than_works(self) -> list[ReportedAt]:
        """Report more paid for works this year than was ever paid for all works."""
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


CASES: dict[str, Callable[[ProvinceReports], list[ReportedAt]]] = {
    "two units claim a work": lambda province: province.claimed_twice(
        "works", "work_list", "work_name"
    ),
    "two units claim a class": lambda province: province.claimed_twice(
        "training", "class_list", "class_title"
    ),
    "two units claim a group": lambda province: province.claimed_twice(
        "livelihoods", "model_list", "model_name"
    ),
    "a province is not its districts (people)": lambda province: province.not_the_sum(
        "training", "participants"
    ),
    "a province is not its districts (plan)": lambda province: province.not_the_sum(
        "disbursement", "plan_central"
    ),
    "a province is not its districts (paid)": lambda province: province.not_the_sum(
        "disbursement", "disbursed_local"
    ),
    "more paid than for all works": ProvinceReports.paid_more_than_works,
}
ACROSS = tuple(CASES)
AS_IT_IS = "as it is (across submissions)"


def try_across(trial: Trial, pack: Pack, checker: Checker, scores: dict[str, Score]) -> None:
    """Plant each case once in the reports of a period, and score the findings of cross-checks."""
    province = _reports_of(trial, pack.program.province)
    planted: dict[str, list[ReportedAt]] = {}
    for name, plant in CASES.items():
        spots = plant(province)
        # A case without a spot cannot be done to these reports.
        if spots:
            planted[name] = spots
    reports = [_current(report, pack, n) for n, report in enumerate(province.reports.values())]
    numbers = {key: n for n, key in enumerate(province.reports)}
    rules_by_report: dict[int, set[str]] = defaultdict(set)
    reported: set[tuple[int, str | None, str | None]] = set()
    for number_of_report, finding in checker.compare(reports):
        if finding.severity is not Severity.INFO:
            rules_by_report[number_of_report].add(finding.rule)
            reported.add((number_of_report, finding.sheet, finding.cell))
    good = set(numbers.values())
    for name, spots in planted.items():
        places = set()
        for form, unit, element, line in spots:
            report = numbers[form, unit]
            places.add(_place(reports[report], element, line))
            good.discard(report)
        scores[name].planted += 1
        scores[name].reported += places <= reported
    for report in good:
        scores[AS_IT_IS].planted += 1
        scores[AS_IT_IS].asked += report in rules_by_report
        scores[AS_IT_IS].rules.update(rules_by_report.get(report, ()))


def _reports_of(trial: Trial, whole: str) -> ProvinceReports:
    """Return good reports of all units, and the sums of them as the province's own."""
    reports = {(form, unit): trial.good(form, unit) for form in _FORMS for unit in UNITS}
    for unit in UNITS:
        _settle(
            reports["disbursement", unit].tables["capital"],
            reports["works", unit].tables["work_list"],
        )
    for form in ("disbursement", "training"):
        parts = [reports[form, unit].tables[MAIN[form]] for unit in UNITS]
        tables = {MAIN[form]: _sum(parts)}
        if form == "training":
            tables["class_list"] = {}
        period = reports[form, UNITS[0]].period
        reports[form, whole] = Report(form, whole, period, tables)
    # The figures of a report differ between provinces, and so do the dice.
    seed = f"across-{trial.period}-{reports['works', UNITS[0]].tables}"
    return ProvinceReports(reports, whole, random.Random(seed))


def _settle(capital: Lines, works: Lines) -> None:
    """Limit the money paid for works this year to what was ever paid for the works of the list."""
    line = capital.get("da4_tda1")
    ever = sum(number(works, work, "work_disbursed_vnd") for work in works)
    if line is not None:
        line |= {
            _PAID: min(number(capital, "da4_tda1", _PAID), round(ever * 0.8, 1)),
            "disbursed_local_investment_vnd": 0.0,
        }


def _sum(parts: list[Lines]) -> Lines:
    """Return the sum of each figure."""
    names: set[tuple[str, str]] = set()
    for lines in parts:
        for line, values in lines.items():
            names |= {(line, column) for column in values}
    whole: dict[str, dict[str, Cell]] = {}
    for line, column in sorted(names):
        total = sum(number(lines, line, column) for lines in parts)
        whole.setdefault(line, {})[column] = round(total, 6)
    return whole


def _current(report: Report, pack: Pack, n: int) -> CurrentReport:
    facts = facts_of(reading_of(report, pack, n))
    return CurrentReport(n, report.form, report.unit, report.period.code, report.stage, facts)


def _place(report: CurrentReport, element: str, at: int) -> tuple[int, str, str]:
    """Return report, sheet and cell of a fact: the `at`-th of a list, or -1 for a single figure."""
    known = [fact for fact in report.facts if fact.element == element]
    fact = known[max(at, 0)]
    return report.number, fact.sheet, fact.cell.partition(":")[0]

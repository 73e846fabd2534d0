"""The country's figures by hand: from what the communes sent, by plain sums, without the product.

Formulas are written here once more, after the forms and the indicators' names: what reads them from
the pack would repeat a mistake of the product.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.in_memory import Lines, Report
from program.calendar.period import Period
from program.calendar.stage import Stage
from tests.ministry_trial.inputs import DIFFERENT_INDICATOR, Country, Fate

Tables = Mapping[str, Lines]
Take = Callable[[Tables], float | None]
"""Takes a figure out of a report; None where the report does not give it."""
FigureKey = tuple[str, str, str]
"""Indicator, period and stage."""
MoneyKey = tuple[str, str, str, str]
"""Project, source of capital, period and stage."""
_MILLION = 1_000_000


def add(table: str, *columns: str, line: str = "") -> Take:
    """Add up columns of a table, over all lines or of one line. Money is printed in millions."""

    def take(tables: Tables) -> float | None:
        lines = tables.get(table, {})
        chosen = [lines[key] for key in lines if not line or key == line]
        given: list[float] = []
        for values in chosen:
            for column in columns:
                value = values.get(column)
                if value is not None:
                    factor = _MILLION if column.endswith("_vnd") else 1
                    given.append(float(str(value)) * factor)
        return math.fsum(given) if given else None

    return take


def count(table: str, **where: str) -> Take:
    """Count the lines of a list; an empty list is unknown, for it may have been forgotten."""

    def take(tables: Tables) -> float | None:
        lines = list(tables.get(table, {}).values())
        if not lines:
            return None
        return float(sum(all(values[k] == v for k, v in where.items()) for values in lines))

    return take


@dataclass(frozen=True, slots=True)
class Formula:
    """An indicator: a numerator, the denominator of a share or ratio, and the weight of a ratio."""

    form: str
    numerator: Take
    denominator: Take | None = None
    weight: Take | None = None

    def of(self, tables: Tables) -> tuple[float, float] | None:
        """Return what a report adds to numerator and denominator; None where it lacks a part."""
        weight = self.weight(tables) if self.weight else 1.0
        over = self.numerator(tables)
        under = self.denominator(tables) if self.denominator else 1.0
        if over is None or under is None or weight is None:
            return None
        return over * weight, under * weight


def _households(part: str, *, line: str = "") -> Formula:
    table = "ethnic_households"
    return Formula("outcomes", add(table, part, line=line), add(table, "households", line=line))


def _within(table: str, part: str, whole: str) -> Formula:
    return Formula("outcomes", add(table, part), add(table, whole))


def _places(line: str) -> Formula:
    reaching, existing = (add("places", name, line=line) for name in ("reaching", "existing"))
    return Formula("outcomes", reaching, existing)


def _school(line: str) -> Formula:
    enrolled, age = (add("school", name, line=line) for name in ("enrolled", "school_age"))
    return Formula("outcomes", enrolled, age)


STREAMS = ("central_investment", "local_investment", "central_recurrent", "carried_over")
"""The sources of capital that the generated reports have."""
PLANNED = tuple(f"plan_{stream}_vnd" for stream in STREAMS)
PAID = tuple(f"disbursed_{stream}_vnd" for stream in STREAMS)
PROJECTS = {
    "DA1": ("da1",),
    "DA3": ("da3_tda2",),
    "DA3-TDA2": ("da3_tda2",),
    "DA4": ("da4_tda1",),
    "DA4-TDA1": ("da4_tda1",),
    "DA5": ("da5_tda4",),
    "DA5-TDA4": ("da5_tda4",),
    "DA6": ("da6",),
    "DA8": ("da8",),
    "DA10": ("da10_tda1",),
    "DA10-TDA1": ("da10_tda1",),
    "total": ("da1", "da3_tda2", "da4_tda1", "da5_tda4", "da6", "da8", "da10_tda1"),
}
"""The lines of the generated reports that make up a project."""
_SUPPORT = {
    "LAND": "residential_land",
    "HOUSING": "housing",
    "JOB-CONVERSION": "job_conversion",
    "DISPERSED-WATER": "dispersed_water",
    "VOCATIONAL": "vocational",
    "MODELS": "production_models",
}


def _formulas() -> dict[str, Formula]:
    taught = {name: add("levels", name) for name in ("classes", "participants")}
    capital, works = "capital", "work_list"
    listed = count(works)
    of = {
        "TRN-CLASSES": Formula("training", taught["classes"]),
        "TRN-PARTICIPANTS": Formula("training", taught["participants"]),
        "TRN-WOMEN": Formula("training", add("levels", "women"), taught["participants"]),
        "TRN-ETHNIC": Formula("training", add("levels", "ethnic_minority"), taught["participants"]),
        "TRN-SPENT": Formula(
            "training", add("levels", "budget_spent_vnd"), add("levels", "budget_planned_vnd")
        ),
        "T01": Formula(
            "outcomes",
            add("income", "income_vnd"),
            add("income", "income_2020_vnd"),
            add("ethnic_people", "people"),
        ),
        "T05": _places("commune_road"),
        "T06": _places("hamlet_road"),
        "T07": _places("classrooms"),
        "T08": _places("health_stations"),
        "T09": _households("electricity_households"),
        "T10": _households("water_households"),
        "T11": _within("ethnic_people", "media_people", "people"),
        "T12": _within("ethnic_households", "resettled_households", "resettlement_households"),
        "T13": _within("ethnic_households", "land_resolved_households", "land_short_households"),
        "T14": _school("kindergarten_5"),
        "T15": _school("primary"),
        "T16": _school("lower_secondary"),
        "T17": _school("upper_secondary"),
        "T18": _within("ethnic_people", "literate_15", "people_15"),
        "T19": _within("ethnic_people", "insured_people", "people"),
        "T20": _within("ethnic_people", "assisted_births", "births"),
        "T21": _within("ethnic_people", "underweight_children", "children_5"),
        "T22": _within("ethnic_people", "trained_labour", "labour_age"),
        "T23": _places("hamlet_house"),
        "T24": _places("hamlet_arts"),
        "OUT-POOR": _households("poor_households"),
        "OUT-NEAR-POOR": _households("near_poor_households"),
        "OUT-POOR-KHMER": _households("poor_households", line="khmer"),
        "OUT-POOR-HOA": _households("poor_households", line="hoa"),
        "DIS-PLAN": Formula("disbursement", add(capital, *PLANNED)),
        "DIS-DISBURSED": Formula("disbursement", add(capital, *PAID)),
        "DIS-RATE": Formula("disbursement", add(capital, *PAID), add(capital, *PLANNED)),
        "WRK-LISTED": Formula("works", listed),
        "WRK-COMPLETED": Formula("works", count(works, work_status="completed"), listed),
        "WRK-DISBURSED": Formula(
            "works", add(works, "work_disbursed_vnd"), add(works, "work_investment_vnd")
        ),
        "LIV-MODELS-LISTED": Formula("livelihoods", count("model_list")),
    }
    for stream in STREAMS:
        name = f"DIS-{stream.upper().replace('_', '-')}"
        paid, planned = f"disbursed_{stream}_vnd", f"plan_{stream}_vnd"
        of[name] = Formula("disbursement", add(capital, paid), add(capital, planned))
    for name, line in _SUPPORT.items():
        supported = add("support", "supported", line=line)
        planned_households = add("support", "planned", line=line)
        of[f"LIV-{name}"] = Formula("livelihoods", supported)
        of[f"LIV-{name}-PLAN"] = Formula("livelihoods", supported, planned_households)
    return of


FORMULAS = _formulas()
"""Each indicator that the generated reports give a figure of."""


@dataclass(slots=True)
class Figure:
    """A figure of the country, and of how many provinces and units it is."""

    numerator: float = 0
    denominator: float | None = None
    actual: float | None = None
    reported: int = 0
    expected: int = 0
    own_reports: int = 0
    unit_reported: int = 0
    unit_expected: int = 0
    units_below: int = 0


@dataclass(slots=True)
class Money:
    """Money of the country for a project and source. The rate is of reports that give both."""

    plan_vnd: float = 0
    disbursed_vnd: float = 0
    rate: float | None = None
    reported: int = 0
    expected: int = 0


@dataclass(frozen=True, slots=True)
class _OfProvince:
    """What a province adds to a figure; `sums` is None where it gives none."""

    sums: tuple[float, float] | None
    is_own: bool
    units: int


def figures_by_hand(country: Country, used: Sequence[str]) -> dict[FigureKey, Figure]:
    """Return the country's figures of the provinces `used`."""
    figures: dict[FigureKey, Figure] = {}
    for code, formula in FORMULAS.items():
        for period, stage in _times_of(country, formula.form):
            reports = _reports(country, formula.form, period, stage)
            provinces = [province for province in used if _is_added(country, code, province)]
            parts = [_of_province(formula, reports, each, code) for each in provinces]
            if any(part.sums for part in parts):
                figures[code, str(period), stage.value] = _figure(formula, parts, country)
    return figures


def money_by_hand(country: Country, used: Sequence[str]) -> dict[MoneyKey, Money]:
    """Return the money of the provinces `used` by project and source."""
    found: dict[MoneyKey, Money] = {}
    for period, stage in _times_of(country, "disbursement"):
        reports = _reports(country, "disbursement", period, stage)
        ours = [report for report in reports if report.unit[:2] in used]
        for project, lines in PROJECTS.items():
            for source in (*STREAMS, "total"):
                money = _money(ours, lines, STREAMS if source == "total" else (source,))
                if money.reported:
                    money.expected = len(country.provinces)
                    found[project, source, str(period), stage.value] = money
    return found


def reporting_by_hand(
    country: Country, used: Sequence[str]
) -> dict[tuple[str, ...], tuple[int, ...]]:
    """Return of each province's reports how many are due, came, are accepted, wait, and are missing."""
    counts = {}
    for (province, form, period, stage), fates in country.fates.items():
        if province in used:
            due, missing, bad = fates.total(), fates[Fate.MISSING], fates[Fate.BAD]
            came = due - missing
            key = (province, form, str(period), stage.value)
            counts[key] = (due, came, came - bad, bad, missing)
    return counts


def _is_added(country: Country, indicator: str, province: str) -> bool:
    return (indicator, province) != (DIFFERENT_INDICATOR, country.different)


def _times_of(country: Country, form: str) -> Iterator[tuple[Period, Stage]]:
    times = {(report.period, report.stage) for report in country.reports if report.form == form}
    yield from sorted(times, key=str)


def _reports(country: Country, form: str, period: Period, stage: Stage) -> list[Report]:
    wanted = (form, period, stage)
    return [each for each in country.reports if (each.form, each.period, each.stage) == wanted]


def _of_province(
    formula: Formula, reports: Sequence[Report], province: str, indicator: str
) -> _OfProvince:
    """Return what a province adds: its own report, else the sum of its communes.

    Of a ratio only the communes' weighted sum can be added.
    """
    own = [report for report in reports if report.unit == province]
    if own and formula.weight is None:
        return _OfProvince(formula.of(own[0].tables), is_own=True, units=0)
    ours = [each for each in reports if each.unit[:2] == province and each.unit != province]
    given = [part for part in (formula.of(each.tables) for each in ours) if part]
    over, under = (math.fsum(part[side] for part in given) for side in (0, 1))
    has_figure = bool(given) and under != 0
    return _OfProvince((over, under) if has_figure else None, is_own=False, units=len(given))


def _figure(formula: Formula, parts: Sequence[_OfProvince], country: Country) -> Figure:
    added = [part.sums for part in parts if part.sums]
    over, under = (math.fsum(sums[side] for sums in added) for side in (0, 1))
    of_units = [part for part in parts if not part.is_own]
    figure = Figure(numerator=over, actual=over)
    if formula.denominator:
        figure.denominator = under
        figure.actual = over / under if formula.weight else 100 * over / under
    figure.reported, figure.expected = len(added), len(country.provinces)
    figure.own_reports = sum(part.is_own for part in parts if part.sums)
    figure.unit_reported = sum(part.units for part in of_units)
    figure.unit_expected = figure.units_below = country.communes * len(of_units)
    return figure


def _money(reports: Sequence[Report], lines: Sequence[str], streams: Sequence[str]) -> Money:
    money = Money()
    provinces = set()
    for report in reports:
        for line in lines:
            for stream in streams:
                planned = add("capital", f"plan_{stream}_vnd", line=line)(report.tables)
                paid = add("capital", f"disbursed_{stream}_vnd", line=line)(report.tables)
                if planned is not None and paid is not None:
                    money.plan_vnd += planned
                    money.disbursed_vnd += paid
                    provinces.add(report.unit[:2])
    money.reported = len(provinces)
    if money.plan_vnd:
        money.rate = 100 * money.disbursed_vnd / money.plan_vnd
    return money

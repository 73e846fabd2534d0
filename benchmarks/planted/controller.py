"""Errors that a careful controller sees and that a rule of one cell does not.

Lines and columns out of place, copies, counts against the register of units, and reports under
another period's title. Nothing here knows the rules.
"""

import copy
from datetime import date, timedelta
from functools import partial

from benchmarks.in_memory import Cell, Lines
from benchmarks.planted.cases import ANYWHERE, Case, Change, Scene, Spot, figures, number, write
from program.calendar.period import PeriodKind
from program.calendar.stage import Stage


def _estimate_of(scene: Scene) -> None:
    """Let the estimate of the same year arrive first, a few per cent off."""
    estimate = copy.deepcopy(scene.report)
    estimate.stage = Stage.ESTIMATE
    for lines in estimate.tables.values():
        for values in lines.values():
            for column, value in values.items():
                if isinstance(value, int):
                    values[column] = int(value * 0.98)
    scene.arrived.append(estimate)


def times_its_estimate(factor: float, scene: Scene) -> list[Spot] | None:
    """A final figure is so many times the estimate of the same year."""
    _estimate_of(scene)
    lines = scene.report.tables["school"]
    chosen = [n for n in lines if number(lines, n, "school_age") > 50]
    if not chosen:
        return None
    line = scene.dice.choice(chosen)
    for column in ("school_age", "enrolled"):
        lines[line][column] = int(number(lines, line, column) * factor)
    return [("school", line, "school_age")]


def the_estimate_again(scene: Scene) -> list[Spot] | None:
    """The final report is the estimate, figure by figure."""
    estimate = copy.deepcopy(scene.report)
    estimate.stage = Stage.ESTIMATE
    scene.arrived.append(estimate)
    return []


def a_plan_tripled(scene: Scene) -> list[Spot] | None:
    """A plan is three times what it was earlier in the year, and nothing else changed."""
    if scene.report.period.kind is PeriodKind.QUARTER and scene.report.period.number == 1:
        return None
    spots = [
        spot
        for spot in figures(scene, "plan_central", 20)
        if number(scene.then, *spot[1:]) == number(scene.lines, *spot[1:])
    ]
    if not spots:
        return None
    spot = scene.dice.choice(spots)
    return write(scene, spot, round(number(scene.lines, *spot[1:]) * 3, 1))


def one_line_too_low(scene: Scene) -> list[Spot] | None:
    """From some line on, all figures stand one line too low."""
    if scene.report.period.number == 1 or len(scene.lines) < 4:
        return None
    names = list(scene.lines)
    first = scene.dice.randrange(1, len(names) - 2)
    old = copy.deepcopy(scene.lines)
    for above, below in zip(names[first:], names[first + 1 :], strict=False):
        scene.lines[below].clear()
        scene.lines[below].update(old[above])
    scene.lines[names[first]] = dict.fromkeys(old[names[first]], 0.0)
    return [("capital", name, ANYWHERE) for name in names[first + 1 :]]


def a_line_copied(table: str, scene: Scene) -> list[Spot] | None:
    """One line was pasted over another."""
    lines = scene.report.tables[table]
    full = [n for n, values in lines.items() if sum(bool(v) for v in values.values()) > 3]
    if len(full) < 2:
        return None
    source, target = scene.dice.sample(full, 2)
    lines[target] = dict(lines[source])
    # Which of two equal lines is the copy, one report alone cannot say: either may be named.
    pair = [name for name in lines if name in (source, target)]
    known = scene.before.tables.get(table, {})
    is_known = scene.report.period.number > 1 and source in known and target in known
    return [(table, target if is_known else pair[-1], ANYWHERE)]


def a_column_sorted(column: str, reported: str, scene: Scene) -> list[Spot] | None:
    """One column of the list was sorted alone."""
    order = sorted(scene.lines, key=lambda n: str(scene.lines[n][column]))
    values = [scene.lines[n][column] for n in order]
    scene.dice.shuffle(values)
    spots: list[Spot] = []
    for line, value in zip(list(scene.lines), values, strict=True):
        # A line that is new has no past, and the name that it lost none either.
        is_known = line in scene.then and value in {v[column] for v in scene.then.values()}
        if scene.lines[line][column] != value and is_known:
            spots.append(("work_list", line, reported))
        scene.lines[line][column] = value
    return spots if len(spots) > 1 else None


def a_start_a_year_off(scene: Scene) -> list[Spot] | None:
    """The day on which a work started is a year from the one reported before."""
    known = [n for n in scene.lines if n in scene.then]
    if not known:
        return None
    line = scene.dice.choice(known)
    start = scene.lines[line]["work_start"]
    if not isinstance(start, date):
        return None
    scene.lines[line]["work_start"] = start - timedelta(days=365)
    return [("work_list", line, "work_start")]


def an_investment_raised(by: float, scene: Scene) -> list[Spot] | None:
    """The total investment of a work is so many times what was reported before."""
    known = [n for n in scene.lines if n in scene.then]
    if not known:
        return None
    line = scene.dice.choice(known)
    invested = number(scene.lines, line, "work_investment_vnd")
    return write(scene, ("work_list", line, "work_investment_vnd"), round(invested * by, 1))


def a_row_twice(table: str, code: str, reported: str, scene: Scene) -> list[Spot] | None:
    """One row of a list stands twice, perhaps under another code."""
    lines = scene.report.tables.get(table, {})
    if not lines:
        return None
    line = scene.dice.choice(list(lines))
    lines["88"] = dict(lines[line])
    if code:
        lines["88"][code] = "X-88"
    return [(table, line, reported), (table, "88", reported)]


def a_class_of_nobody(scene: Scene) -> list[Spot] | None:
    """A class of the list has no participants."""
    lines = scene.report.tables["class_list"]
    if len(lines) < 2:
        return None
    first, second = list(lines)[:2]
    people = number(lines, first, "class_participants")
    lines[second]["class_participants"] = number(lines, second, "class_participants") + people
    lines[first]["class_participants"] = 0
    return [("class_list", first, "class_participants")]


def a_class_at_another_level(scene: Scene) -> list[Spot] | None:
    """A class of the district is listed as one of a commune: only the levels disagree."""
    lines = scene.report.tables["class_list"]
    if not lines:
        return None
    line = scene.dice.choice(list(lines))
    lines[line]["class_level"] = "commune"
    return [("levels", "district", "classes")]


def a_total_among_the_lines(
    table: str, name: str, sums: tuple[str, ...], scene: Scene
) -> list[Spot] | None:
    """A total was typed below the lines of a list, as one more line."""
    lines: Lines = scene.report.tables.get(table, {})
    if len(lines) < 2:
        return None
    total: dict[str, Cell] = dict(lines[next(iter(lines))])
    for column in sums:
        total[column] = round(sum(number(lines, n, column) for n in lines), 1)
        if not total[column]:
            return None
    total[name] = "Toàn huyện"
    if "work_code" in total:
        total["work_code"] = "99"
    lines["99"] = total
    return [(table, "99", name)]


def more_models_than_households(scene: Scene) -> list[Spot] | None:
    """The models have twice the households that the summary has."""
    lines = scene.report.tables["model_list"]
    if number(scene.lines, "production_models", "supported") < 5 or not lines:
        return None
    for line in lines:
        lines[line]["model_households"] = 2 * number(lines, line, "model_households")
    return [("support", "production_models", "supported")]


def fewer_people_than_households(scene: Scene) -> list[Spot] | None:
    """A group has fewer people than households; the total of all groups is still right."""
    people = scene.report.tables["ethnic_people"]["other"]
    households = number(scene.report.tables["ethnic_households"], "other", "households")
    if households < 50:
        return None
    for column, value in people.items():
        people[column] = int(float(str(value)) / 6)
    return [("ethnic_people", "other", "people")]


def too_many_communes(scene: Scene) -> list[Spot] | None:
    """The communes of the whole province stand in a district's report."""
    return write(scene, ("places", "commune_road", "existing"), 43)


def under_last_years_title(scene: Scene) -> list[Spot] | None:
    """This year's figures come under the title of the same quarter a year ago."""
    due = scene.report.period
    old = scene.earlier.tables[next(iter(scene.earlier.tables))]
    paid = [c for values in old.values() for c in values if c.startswith("disb") and values[c]]
    if due.number == 1 or len(paid) < 6:
        return None
    scene.report.period = due.moved(-4)
    scene.report.received_on = due.end + timedelta(days=12)
    return []


def _of_works(change: Change) -> Case:
    return Case("works", change)


def _alone(form: str, change: Change) -> Case:
    return Case(form, change, is_alone=True)


_WORK_SUMS = ("work_investment_vnd", "work_disbursed_vnd")
SEEN_OVER_TIME: dict[str, Case] = {
    "a final figure ×4 its estimate": Case("outcomes", partial(times_its_estimate, 4)),
    "a final figure ×10 its estimate": Case("outcomes", partial(times_its_estimate, 10)),
    "the estimate again": Case("outcomes", the_estimate_again),
    "a plan ×3": Case("disbursement", a_plan_tripled),
    "figures one line too low": Case("disbursement", one_line_too_low),
    "a line copied (paid)": Case("disbursement", partial(a_line_copied, "capital")),
    "a line copied (people)": Case("outcomes", partial(a_line_copied, "ethnic_people")),
    "names sorted alone": _of_works(partial(a_column_sorted, "work_name", "work_name")),
    "codes sorted alone": _of_works(partial(a_column_sorted, "work_code", "work_code")),
    "investments sorted alone": _of_works(
        partial(a_column_sorted, "work_investment_vnd", "work_investment_vnd")
    ),
    "a start a year off": _of_works(a_start_a_year_off),
    "an investment +60 %": _of_works(partial(an_investment_raised, 1.6)),
    "under last year's title": Case("disbursement", under_last_years_title),
}
SEEN_ALONE: dict[str, Case] = {
    "a work twice (two codes)": _alone(
        "works", partial(a_row_twice, "work_list", "work_code", "work_name")
    ),
    "a work twice (one code)": _alone("works", partial(a_row_twice, "work_list", "", "work_code")),
    "a class twice": _alone("training", partial(a_row_twice, "class_list", "", "class_title")),
    "a model twice": _alone("livelihoods", partial(a_row_twice, "model_list", "", "model_name")),
    "a class with nobody": _alone("training", a_class_of_nobody),
    "a class at another level": _alone("training", a_class_at_another_level),
    "a total among the works": _alone(
        "works", partial(a_total_among_the_lines, "work_list", "work_name", _WORK_SUMS)
    ),
    "a total among the models": _alone(
        "livelihoods",
        partial(
            a_total_among_the_lines, "model_list", "model_name", ("model_households", "model_vnd")
        ),
    ),
    "more in the models than households": _alone("livelihoods", more_models_than_households),
    "fewer people than households": _alone("outcomes", fewer_people_than_households),
    "communes of the whole province": _alone("outcomes", too_many_communes),
}

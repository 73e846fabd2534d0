"""Errors that show in one report alone.

Sums, parts, ratios, dates, keys, words, sheets that disagree, and cells that need each other.
"""

from datetime import date, timedelta
from functools import partial

from benchmarks.in_memory import Cell
from benchmarks.planted.cases import Case, Change, Scene, Spot, figures, number, write


def above(part: str, whole: str, by: float = 1.2, least: float = 10, line: str = "") -> Change:
    """Make a part larger than its whole, on a line of the main table."""

    def change(scene: Scene) -> list[Spot] | None:
        spots = [s for s in figures(scene, whole, least) if s[1].startswith(line) and s[2] == whole]
        if not spots:
            return None
        table, chosen, _ = scene.dice.choice(spots)
        return write(
            scene, (table, chosen, part), round(number(scene.lines, chosen, whole) * by) + 1
        )

    return change


def above_plan(source: str) -> Change:
    """Let more be paid of a stream of capital than was planned."""
    return above(f"disbursed_{source}_investment_vnd", f"plan_{source}_investment_vnd")


def of_table(table: str, part: str, whole: str) -> Change:
    """Make a part larger than its whole, on a line of another table."""

    def change(scene: Scene) -> list[Spot] | None:
        lines = scene.report.tables[table]
        line = scene.dice.choice(list(lines))
        return write(
            scene, (table, line, part), number(lines, line, whole) + scene.dice.randint(1, 20)
        )

    return change


def a_lines_total(scene: Scene) -> list[Spot] | None:
    """The line of totals says more of one stream than the projects add up to."""
    columns = dict.fromkeys(column for values in scene.lines.values() for column in values)
    scene.lines["total"] = {
        c: round(sum(number(scene.lines, n, c) for n in scene.lines), 6) for c in columns
    }
    plan = number(scene.lines, "total", "plan_central_investment_vnd")
    return write(scene, ("capital", "total", "plan_central_investment_vnd"), round(plan * 1.1 + 5))


def a_columns_total(scene: Scene) -> list[Spot] | None:
    """The total of a project's plans is less than its streams add up to."""
    line = scene.dice.choice(list(scene.lines))
    plan = sum(
        number(scene.lines, line, column)
        for column in scene.lines[line]
        if column.startswith("plan_")
    )
    return (
        write(scene, ("capital", line, "plan_total_vnd"), round(plan * 0.9 + 1))
        if plan > 50
        else None
    )


def people_of_all_levels(scene: Scene) -> list[Spot] | None:
    """The total of people is not what the levels add up to."""
    people = number(scene.lines, "district", "participants")
    if people < 20:
        return None
    scene.lines["total"] = {
        **scene.lines["district"],
        "participants": people + 10,
        "community": None,
        "officials": None,
    }
    return [("levels", "total", "participants")]


def split_of_people(scene: Scene) -> list[Spot] | None:
    """Officials and community are not all the people."""
    community = number(scene.lines, "district", "community")
    if community < 20:
        return None
    write(scene, ("levels", "district", "community"), community - 9)
    return [("levels", "district", "participants")]


def unlike_its_list(column: str, scene: Scene) -> list[Spot] | None:
    """The summary says another number of classes, or of people, than the list beside it."""
    lines = scene.report.tables["class_list"]
    if len(lines) < 2:
        return None
    line = scene.dice.choice(list(lines))
    if column == "classes":
        people = number(lines, line, "class_participants")
        del lines[line]
        other = next(iter(lines))
        lines[other]["class_participants"] = number(lines, other, "class_participants") + people
    else:
        lines[line]["class_participants"] = number(lines, line, "class_participants") + 15
    return [("levels", "total", column)]


def a_day(column: str, from_: str, days: int) -> Change:
    """Move a day of a list: `days` from the start or end of the period, or from another day."""

    def change(scene: Scene) -> list[Spot] | None:
        table = "class_list" if scene.report.form == "training" else "work_list"
        lines = {
            n: v
            for n, v in scene.report.tables[table].items()
            if v.get(column) is not None and _day(scene, v, from_)
        }
        if not lines:
            return None
        line = scene.dice.choice(list(lines))
        day = _day(scene, lines[line], from_)
        lines[line][column] = day + timedelta(days=days) if day else None
        return [(table, line, column)]

    return change


def _day(scene: Scene, line: dict[str, Cell], from_: str) -> date | None:
    ends = {"period_start": scene.report.period.start, "period_end": scene.report.period.end}
    day = ends.get(from_) or line.get(from_)
    return day if isinstance(day, date) else None


def one_code_twice(scene: Scene) -> list[Spot] | None:
    """Two works bear one code, written differently."""
    if len(scene.lines) < 2:
        return None
    first, second = scene.dice.sample(list(scene.lines), 2)
    scene.lines[second]["work_code"] = str(scene.lines[first]["work_code"]).replace("-", " - ")
    return [("work_list", line, "work_code") for line in (first, second)]


def of_a_work(status: str, column: str, value: Cell, reported: str = "") -> Change:
    """Write a cell of a work of that status. A rule must report that cell, or column `reported`."""

    def change(scene: Scene) -> list[Spot] | None:
        lines = [n for n, values in scene.lines.items() if values["work_status"] == status]
        if not lines:
            return None
        line = scene.dice.choice(lines)
        scene.lines[line][column] = value
        return [("work_list", line, reported or column)]

    return change


def one_without_the_other(given: str, other: str, scene: Scene) -> list[Spot] | None:
    """Households without money, or money without households."""
    spots = figures(scene, given, 5)
    spots = [s for s in spots if s[2] == given and number(scene.lines, s[1], other) > 0]
    if not spots:
        return None
    table, line, _ = scene.dice.choice(spots)
    for column in (
        ("supported_poor", "supported_ethnic", "supported_women") if other == "supported" else ()
    ):
        scene.lines[line][column] = 0
    return write(scene, (table, line, other), 0)


def a_ratio(column: str, per: str, value: float) -> Change:
    """Make a figure so many times the one that it is in proportion to."""

    def change(scene: Scene) -> list[Spot] | None:
        spots = [s for s in figures(scene, per, 5) if s[2] == per]
        if not spots:
            return None
        table, line, _ = scene.dice.choice(spots)
        write(scene, (table, line, column), round(number(scene.lines, line, per) * value, 4))
        return [(table, line, column)]

    return change


def classes_and_people_swapped(scene: Scene) -> list[Spot] | None:
    """The columns of classes and of people are mixed up."""
    line = scene.lines["district"]
    if number(scene.lines, "district", "participants") < 20:
        return None
    line["classes"], line["participants"] = line["participants"], line["classes"]
    return [("levels", "district", "participants")]


def models_without_support(column: str, scene: Scene) -> list[Spot] | None:
    """The list of models has fewer households, or more money, than the summary says of them."""
    lines, support = scene.report.tables["model_list"], "production_models"
    if not lines:
        return None
    line = scene.dice.choice(list(lines))
    if column == "supported":
        del lines[line]
        return [("support", support, "supported")] if lines else None
    lines[line]["model_vnd"] = (
        number(lines, line, "model_vnd") + number(scene.lines, support, "support_vnd") * 0.5 + 1
    )
    return [("support", support, "support_vnd")]


WITHIN: dict[str, Case] = {
    "paid above plan (a stream)": Case("disbursement", above_plan("central")),
    "paid above plan (a small stream)": Case(
        "disbursement", above("disbursed_local_investment_vnd", "plan_local_investment_vnd")
    ),
    "spent above budget": Case("training", above("budget_spent_vnd", "budget_planned_vnd")),
    "more households than planned": Case("livelihoods", above("supported", "planned", by=1.1)),
    "paid above a work's total": Case(
        "works", above("work_disbursed_vnd", "work_investment_vnd", by=1.05)
    ),
    "a line's total is no sum": Case("disbursement", a_lines_total),
    "a column's total is no sum": Case("disbursement", a_columns_total),
    "people of all levels are no sum": Case("training", people_of_all_levels),
    "officials and community are no sum": Case("training", split_of_people),
    "more women than people": Case("training", above("women", "participants")),
    "more poor households than households": Case(
        "livelihoods", above("supported_poor", "supported")
    ),
    "more who read than people": Case(
        "outcomes", of_table("ethnic_people", "literate_15", "people_15")
    ),
    "more places reached than there are": Case(
        "outcomes", of_table("places", "reaching", "existing")
    ),
    "more electric households than any": Case(
        "outcomes", of_table("ethnic_households", "electricity_households", "households")
    ),
    "money for a person ×1000": Case("training", a_ratio("budget_spent_vnd", "participants", 300)),
    "money for a household ÷1000": Case("livelihoods", a_ratio("support_vnd", "supported", 0.02)),
    "money for a household in nghìn đồng": Case(
        "livelihoods", a_ratio("support_vnd", "supported", 20_000)
    ),
    "classes and people swapped": Case("training", classes_and_people_swapped),
    "income of a month": Case(
        "outcomes", lambda scene: write(scene, ("income", "ethnic_minority", "income_vnd"), 3.1)
    ),
    "income below that of 2020": Case(
        "outcomes", lambda scene: write(scene, ("income", "ethnic_minority", "income_vnd"), 20.5)
    ),
    "a class ends before it begins": Case(
        "training", a_day("class_last_day", "class_first_day", -3)
    ),
    "a class before the period": Case("training", a_day("class_first_day", "period_start", -20)),
    "a class after the period": Case("training", a_day("class_last_day", "period_end", 9)),
    "a work ends before it begins": Case("works", a_day("work_planned_end", "work_start", -30)),
    "a work was finished after the period": Case(
        "works", a_day("work_actual_end", "period_end", 12)
    ),
    "a work was begun after the period": Case("works", a_day("work_start", "period_end", 40)),
    "one code twice": Case("works", one_code_twice),
    "an unknown kind of work": Case("works", of_a_work("in_progress", "work_kind", "nhà để xe")),
    "an unknown project": Case("works", of_a_work("in_progress", "work_project", "DA11")),
    "an unknown status": Case("works", of_a_work("completed", "work_status", "xong")),
    "other classes than the list": Case("training", partial(unlike_its_list, "classes")),
    "other people than the list": Case("training", partial(unlike_its_list, "participants")),
    "fewer households than in the models": Case(
        "livelihoods", partial(models_without_support, "supported")
    ),
    "more money in the models": Case("livelihoods", partial(models_without_support, "support_vnd")),
    "completed without a day": Case("works", of_a_work("completed", "work_actual_end", None)),
    "completed at 80 %": Case("works", of_a_work("completed", "work_progress_pct", 80)),
    "under way without a day": Case("works", of_a_work("in_progress", "work_start", None)),
    "finished but not completed": Case(
        "works", of_a_work("in_progress", "work_progress_pct", 100, "work_status")
    ),
    "households without money": Case(
        "livelihoods", partial(one_without_the_other, "supported", "support_vnd")
    ),
    "money without households": Case(
        "livelihoods", partial(one_without_the_other, "support_vnd", "supported")
    ),
    "a negative figure": Case(
        "disbursement",
        lambda scene: write(scene, scene.dice.choice(figures(scene, "plan_", 1)), -12.5),
    ),
    "half a person": Case(
        "training", lambda scene: write(scene, ("levels", "district", "women"), 2.208)
    ),
    "a required cell is empty": Case(
        "works", of_a_work("in_progress", "work_investment_vnd", None)
    ),
}

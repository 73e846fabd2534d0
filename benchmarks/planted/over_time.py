"""Errors that show only in comparison with other reports.

Wrong units of measure, cumulative figures that fall, copies, works that go backwards.
"""

import copy
from functools import partial

from benchmarks.planted.cases import MAIN, Case, Change, Scene, Spot, figures, known, number, write
from expectations.history.frames.indicators import target_of


def times(start: str, factor: float, least: float, *, is_first: bool = False) -> Change:
    """Multiply a figure that was reported before and is large enough for an error to show."""

    def change(scene: Scene) -> list[Spot] | None:
        spots = figures(scene, start, least) if is_first else known(scene, start, least)
        if not spots:
            return None
        spot = scene.dice.choice(spots)
        return write(scene, spot, round(number(scene.lines, *spot[1:]) * factor, 4))

    return change


def all_money(start: str, factor: float) -> Change:
    """Write all money of a report in a wrong unit of measure; columns from `start` must show it."""

    def change(scene: Scene) -> list[Spot] | None:
        spots = [s for s in figures(scene, "") if s[2].endswith("_vnd")]
        reported = [s for s in spots if s[2].startswith(start) and number(scene.lines, *s[1:]) > 1]
        for spot in spots:
            write(scene, spot, round(number(scene.lines, *spot[1:]) * factor, 6))
        return reported or None

    return change


def the_period_alone(start: str, scene: Scene) -> list[Spot] | None:
    """Write the figure of the period instead of the cumulative one."""
    spots = []
    for spot in known(scene, start, 1):
        then = number(scene.then, *spot[1:])
        # The figure has grown, but by less than it was: that of the period alone is a fall.
        if then < number(scene.lines, *spot[1:]) < 2 * then:
            spots.append(spot)
    if not spots:
        return None
    spot = scene.dice.choice(spots)
    of_period = number(scene.lines, *spot[1:]) - number(scene.then, *spot[1:])
    return write(scene, spot, round(of_period, 1))


def more_than_later(scene: Scene) -> list[Spot] | None:
    """A late report has more paid for a work than the report of the next quarter.

    The next quarter's report arrived before it.
    """
    later = scene.after.tables["work_list"]
    lines = [n for n in scene.lines if n in later and number(later, n, "work_disbursed_vnd") > 0]
    if not lines:
        return None
    scene.arrived.append(scene.after)
    line = scene.dice.choice(lines)
    paid = number(later, line, "work_disbursed_vnd")
    invested = number(later, line, "work_investment_vnd")
    return write(scene, ("work_list", line, "work_disbursed_vnd"), round((paid + invested) / 2, 1))


def a_line_left_out(scene: Scene) -> list[Spot] | None:
    """Leave out a project with payments, so that the cumulative total falls."""
    column = "disbursed_central_investment_vnd"
    if len(scene.lines) <= 2:
        return None
    total = sum(number(scene.lines, line, column) for line in scene.lines)
    total_before = sum(number(scene.then, line, column) for line in scene.then)
    lines = []
    for line in scene.then:
        is_paid = line in scene.lines and number(scene.then, line, column) > 10
        if is_paid and total - number(scene.lines, line, column) < total_before:
            lines.append(line)
    if not lines:
        return None
    del scene.lines[scene.dice.choice(lines)]
    return [("capital", "total", column)]


def sent_again(which: str, scene: Scene) -> list[Spot] | None:
    """Send a copy of another report: the unit's last, the one of a year ago, or another unit's."""
    other = {"before": scene.before, "earlier": scene.earlier, "peer": scene.peer}[which]
    lines = other.tables[MAIN[other.form]]
    moving = [n for n in lines if lines[n].get("work_status") != "completed"]
    form_elements = [
        c
        for n in moving
        for c in lines[n]
        if number(lines, n, c) > 0 and not c.startswith(("plan", "work_inv"))
    ]
    if len(form_elements) < 6:
        return None  # hardly anything in it should have changed
    scene.report.tables = copy.deepcopy(other.tables)
    return []


def backwards(status: str, progress: float, scene: Scene) -> list[Spot] | None:
    """A work that stood at `status` is under way again, with less progress."""
    lines = [n for n in scene.lines if n in scene.then and scene.then[n]["work_status"] == status]
    lines = [n for n in lines if number(scene.then, n, "work_progress_pct") > 20]
    if not lines:
        return None
    line = scene.dice.choice(lines)
    scene.lines[line] |= {"work_status": "in_progress", "work_actual_end": None}
    return write(scene, ("work_list", line, "work_progress_pct"), progress)


def not_begun(scene: Scene) -> list[Spot] | None:
    """A work that was under way has not begun."""
    lines = [
        n for n in scene.lines if n in scene.then and scene.then[n]["work_status"] == "in_progress"
    ]
    if not lines:
        return None
    line = scene.dice.choice(lines)
    scene.lines[line] |= {
        "work_status": "not_started",
        "work_start": None,
        "work_actual_end": None,
        "work_progress_pct": 0,
    }
    scene.lines[line]["work_disbursed_vnd"] = 0.0
    return [("work_list", line, "work_status")]


def a_work_lost(scene: Scene) -> list[Spot] | None:
    """A work that is not finished is no longer in the list."""
    lines = [
        n
        for n, values in scene.then.items()
        if n in scene.lines and values["work_status"] == "in_progress"
    ]
    if len(scene.lines) < 2 or not lines:
        return None
    del scene.lines[scene.dice.choice(lines)]
    return []


def another_code(scene: Scene) -> list[Spot] | None:
    """A work that is not finished bears another code than before."""
    lines = [
        n
        for n, values in scene.then.items()
        if n in scene.lines and values["work_status"] == "in_progress"
    ]
    if not lines:
        return None
    scene.lines[scene.dice.choice(lines)]["work_code"] = "MOI-01"
    return []


def paid_back(scene: Scene) -> list[Spot] | None:
    """Less was paid for a work than the last report said."""
    spots = [
        s
        for s in known(scene, "work_disbursed_vnd", 50)
        if scene.lines[s[1]]["work_status"] == "in_progress"
    ]
    if not spots:
        return None
    spot = scene.dice.choice(spots)
    return write(
        scene, spot, round(number(scene.then, *spot[1:]) * scene.dice.uniform(0.3, 0.9), 1)
    )


def falls_back(scene: Scene) -> list[Spot] | None:
    """An indicator that had reached its target is below it again."""
    for indicator in scene.dice.sample(scene.pack.indicators, len(scene.pack.indicators)):
        column, _, line = (indicator.numerator or "").partition("_")
        if (
            indicator.form != "outcomes"
            or column not in ("enrolled", "reaching")
            or not indicator.targets
        ):
            continue
        table, whole = ("school", "school_age") if column == "enrolled" else ("places", "existing")
        then, now = scene.before.tables[table].get(line), scene.report.tables[table].get(line)
        target = target_of(indicator).value / 100
        if (
            then
            and now
            and number({line: then}, line, column) / number({line: then}, line, whole) > target
        ):
            return write(
                scene,
                (table, line, column),
                int(number({line: now}, line, whole) * target * 0.95) - 1,
            )
    return None


def too_many_births(scene: Scene) -> list[Spot] | None:
    """Ten times as many births in the largest group as there are for its people."""
    births = number(scene.report.tables["ethnic_people"], "khmer", "births")
    return write(scene, ("ethnic_people", "khmer", "births"), births * 10) if births > 20 else None


def opens_otherwise(scene: Scene) -> list[Spot] | None:
    """Change the opening figure, which must be the closing figure of the last report."""
    opening = number(scene.lines, "seed", "opening")
    return write(
        scene,
        ("stock", "seed", "opening"),
        opening + scene.dice.choice((-1, 1)) * max(int(opening * 0.1), 1),
    )


def in_dong_again(scene: Scene) -> list[Spot] | None:
    """Send a new version with a figure in nghìn đồng: a thousand times that of the first one."""
    scene.arrived.append(copy.deepcopy(scene.report))
    return times("plan_central", 1000, 20, is_first=True)(scene)


OVER_TIME: dict[str, Case] = {
    "a figure ×10 (people)": Case("training", times("participants", 10, 30)),
    "a figure ×10 (plan)": Case("disbursement", times("plan_central", 10, 20)),
    "a figure ×10 (households planned)": Case("livelihoods", times("planned", 10, 20)),
    "a figure ×10 (births)": Case("outcomes", too_many_births),
    "a figure ×100 (plan)": Case("disbursement", times("plan_central", 100, 20)),
    "a figure ×100 (people)": Case("training", times("participants", 100, 30)),
    "a figure ×1000 (paid)": Case("disbursement", times("disbursed_central", 1000, 20)),
    "a figure ×1000 (support)": Case("livelihoods", times("support_vnd", 1000, 5)),
    "a figure ×1000 (a work)": Case("works", times("work_investment_vnd", 1000, 5)),
    "a figure ×1000 (first report)": Case(
        "disbursement", times("plan_central", 1000, 20, is_first=True), is_first=True
    ),
    "a figure ×1000 (new version)": Case("disbursement", in_dong_again),
    "a figure ÷1000 (plan in tỷ)": Case("disbursement", times("plan_central", 0.001, 20)),
    "a figure ÷1000 (budget in tỷ)": Case("training", times("budget_planned", 0.001, 5)),
    "all money in đồng": Case("disbursement", all_money("plan_", 1e6)),
    "all money in nghìn đồng": Case("disbursement", all_money("plan_", 1e3)),
    "all money in tỷ đồng": Case("disbursement", all_money("plan_central", 1e-3)),
    "all money in đồng (training)": Case("training", all_money("budget_", 1e6)),
    "all money in nghìn đồng (households)": Case("livelihoods", all_money("support", 1e3)),
    "all money in đồng (first report)": Case(
        "disbursement", all_money("plan_central", 1e6), is_first=True
    ),
    "the period alone (paid)": Case("disbursement", partial(the_period_alone, "disbursed_central")),
    "the period alone (households)": Case("livelihoods", partial(the_period_alone, "supported")),
    "the period alone (support)": Case("livelihoods", partial(the_period_alone, "support_vnd")),
    "more than a later report": Case("works", more_than_later),
    "a project paid for is left out": Case("disbursement", a_line_left_out),
    "last quarter's report (paid)": Case("disbursement", partial(sent_again, "before")),
    "last quarter's report (training)": Case("training", partial(sent_again, "before")),
    "last quarter's report (households)": Case("livelihoods", partial(sent_again, "before")),
    "last quarter's report (works)": Case("works", partial(sent_again, "before")),
    "last year's report (training)": Case("training", partial(sent_again, "earlier")),
    "last year's report (paid)": Case("disbursement", partial(sent_again, "earlier")),
    "another unit's report (paid)": Case("disbursement", partial(sent_again, "peer")),
    "another unit's report (training)": Case("training", partial(sent_again, "peer")),
    "another unit's report (households)": Case("livelihoods", partial(sent_again, "peer")),
    "another unit's report (first)": Case("training", partial(sent_again, "peer"), is_first=True),
    "a completed work is not": Case("works", partial(backwards, "completed", 80)),
    "progress falls": Case("works", partial(backwards, "in_progress", 10)),
    "less paid for a work": Case("works", paid_back),
    "a work begun is not": Case("works", not_begun),
    "an unfinished work is missing": Case("works", a_work_lost),
    "an unfinished work has a new code": Case("works", another_code),
    "a target falls back": Case("outcomes", falls_back),
    "opening is not the last closing": Case("stock", opens_otherwise),
}

"""Good reports that look odd. A hasty rule may warn about them, and none may refuse them."""

import copy
from datetime import timedelta
from functools import partial

from benchmarks.planted.cases import Case, Scene, Spot, number
from program.calendar.stage import Stage
from program.forms.table import Column, ColumnType

TOLD_NOWHERE: list[Spot] = []
PAID = {
    "disbursement": ("plan_central_recurrent_vnd", "disbursed_central_recurrent_vnd"),
    "training": ("budget_planned_vnd", "budget_spent_vnd"),
}
"""What was planned and what was paid of it."""


def _scaled(scene: Scene, line: str, by: float) -> None:
    """Multiply all figures of a line. Counts stay whole, and parts no more than their wholes."""
    form = scene.pack.form(scene.report.form, scene.report.period)
    kinds: dict[str, Column] = {c.name: c for t in form.tables for c in t.columns} if form else {}
    for column, value in scene.lines[line].items():
        if isinstance(value, int | float):
            times = value * by
            is_count = kinds[column].type is ColumnType.WHOLE
            scene.lines[line][column] = int(times) if is_count else round(times, 1)


def a_jump(low: float, high: float, scene: Scene) -> list[Spot] | None:
    """A project is given so many times the money in mid-year, and pays it out in proportion."""
    _scaled(scene, scene.dice.choice(list(scene.lines)), scene.dice.uniform(low, high))
    return TOLD_NOWHERE


def a_cut(scene: Scene) -> list[Spot] | None:
    """Half of a plan that was not paid is taken away again."""
    line = scene.dice.choice(list(scene.lines))
    for column in [c for c in scene.lines[line] if c.startswith("plan_")]:
        plan, paid = (
            number(scene.lines, line, c) for c in (column, column.replace("plan_", "disbursed_"))
        )
        scene.lines[line][column] = round(paid + (plan - paid) / 2, 1)
    return TOLD_NOWHERE


def a_project_ends(scene: Scene) -> list[Spot] | None:
    """A project of which nothing was paid has its plan withdrawn, and is left out."""
    lines = [
        n
        for n in scene.lines
        if not any(number(scene.then, n, c) for c in scene.lines[n] if c.startswith("disbursed_"))
    ]
    if not lines or len(scene.lines) < 3:
        return None
    del scene.lines[scene.dice.choice(lines)]
    return TOLD_NOWHERE


def a_project_begins(scene: Scene) -> list[Spot] | None:
    """A project of which nothing was ever reported."""
    plan = round(scene.dice.lognormvariate(6, 1), 1)
    paid = round(plan * scene.dice.uniform(0, 0.6), 1)
    scene.lines["da9_tda1"] = {
        "plan_central_recurrent_vnd": plan,
        "disbursed_central_recurrent_vnd": paid,
    }
    return TOLD_NOWHERE


def paid_late(scene: Scene) -> list[Spot] | None:
    """Nothing of a project was paid until the last quarter; now nearly all of it is."""
    return _was_then(scene, 0.0)


def hardly_begun(scene: Scene) -> list[Spot] | None:
    """Of a project a fee had been paid in the last quarter; now half of it is."""
    return _was_then(scene, scene.dice.uniform(0.0005, 0.005))


def _was_then(scene: Scene, share: float) -> list[Spot] | None:
    """The last report came again, corrected, with so small a share of a project paid.

    Now much of it is.
    """
    lines = [n for n in scene.lines if n in scene.then]
    if not lines or scene.report.period.number == 1:
        return None
    line = scene.dice.choice(lines)
    for column in [c for c in scene.lines[line] if c.startswith("plan_")]:
        paid = column.replace("plan_", "disbursed_")
        scene.then[line][paid] = round(number(scene.then, line, column) * share, 1)
        scene.lines[line][paid] = round(
            number(scene.lines, line, column) * scene.dice.uniform(0.5, 0.95), 1
        )
    scene.arrived.append(scene.before)
    return TOLD_NOWHERE


def corrected(scene: Scene) -> list[Spot] | None:
    """A new version, with what was paid a little higher than in the one it replaces."""
    if not scene.lines:
        return None
    scene.arrived.append(copy.deepcopy(scene.report))
    line = scene.dice.choice(list(scene.lines))
    plan, paid = PAID[scene.report.form]
    more = number(scene.lines, line, plan) - number(scene.lines, line, paid)
    scene.lines[line][paid] = round(number(scene.lines, line, paid) + more * 0.3, 1)
    return TOLD_NOWHERE


def nothing_at_all(scene: Scene) -> list[Spot] | None:
    """A quarter without a class: every figure is 0."""
    for values in scene.lines.values():
        for column, value in values.items():
            values[column] = 0 if isinstance(value, int | float) else value
    scene.report.tables["class_list"] = {}
    return TOLD_NOWHERE


def one_class(scene: Scene) -> list[Spot] | None:
    """A quarter with one small class."""
    return _classes(scene, 1, 0.3)


def many_classes(scene: Scene) -> list[Spot] | None:
    """A quarter with five times the classes."""
    return _classes(scene, 5 * max(int(number(scene.lines, "district", "classes")), 1), 1)


def _classes(scene: Scene, count: int, each: float) -> list[Spot] | None:
    listed = list(scene.report.tables["class_list"].values())
    if not listed:
        return None
    chosen = [listed[n % len(listed)] for n in range(count)]
    people = [max(int(number({"1": line}, "1", "class_participants") * each), 8) for line in chosen]
    scene.report.tables["class_list"] = {
        str(n): {
            **line,
            "class_title": f"{line['class_title']} đợt {n}",
            "class_participants": some,
        }
        for n, (line, some) in enumerate(zip(chosen, people, strict=True), start=1)
    }
    _scaled(scene, "district", sum(people) / number(scene.lines, "district", "participants"))
    district = scene.lines["district"]
    district |= {"classes": count, "participants": sum(people)}
    district["community"] = sum(people) - number(scene.lines, "district", "officials")
    return TOLD_NOWHERE


def a_new_work(scene: Scene) -> list[Spot] | None:
    """A work that has not begun."""
    if not scene.lines:
        return None
    model, invested = next(iter(scene.lines.values())), round(scene.dice.lognormvariate(7.5, 1), 1)
    scene.lines["99"] = {
        **model,
        "work_code": "N-99",
        "work_name": "Công trình mới",
        "work_status": "not_started",
    }
    scene.lines["99"] |= {
        "work_start": None,
        "work_actual_end": None,
        "work_investment_vnd": invested,
    }
    scene.lines["99"] |= {"work_disbursed_vnd": 0.0, "work_progress_pct": 0}
    return TOLD_NOWHERE


def a_dearer_work(scene: Scene) -> list[Spot] | None:
    """The investment of a work was raised by up to a half."""
    if not scene.lines:
        return None
    line = scene.dice.choice(list(scene.lines))
    invested = number(scene.lines, line, "work_investment_vnd")
    scene.lines[line]["work_investment_vnd"] = round(invested * scene.dice.uniform(1.1, 1.5), 1)
    return TOLD_NOWHERE


def a_small_unit(scene: Scene) -> list[Spot] | None:
    """A first report of a unit a thirtieth of the size of the others."""
    for line in list(scene.lines):
        _scaled(scene, line, 1 / 30)
        if scene.report.form == "livelihoods" and not scene.lines[line]["supported"]:
            scene.lines[line]["support_vnd"] = 0
    scene.report.tables = {
        name: t for name, t in scene.report.tables.items() if name != "model_list"
    }
    return TOLD_NOWHERE


def a_zero(scene: Scene) -> list[Spot] | None:
    """A line on which there is nothing this year: nothing planned, nobody supported."""
    lines = [
        n
        for n in scene.lines
        if number(scene.then, n, "supported") == 0 and n != "production_models"
    ]
    if not lines:
        return None
    scene.lines[scene.dice.choice(lines)] |= dict.fromkeys(scene.lines[lines[0]], 0)
    return TOLD_NOWHERE


def a_young_work(scene: Scene) -> list[Spot] | None:
    """A work that had hardly begun is nearly half done, and paid for accordingly."""
    known = [n for n in scene.lines if n in scene.then]
    if not known:
        return None
    line = scene.dice.choice(known)
    invested = number(scene.lines, line, "work_investment_vnd")
    for lines, progress in ((scene.then, 5), (scene.lines, 45)):
        lines[line] |= {"work_status": "in_progress", "work_actual_end": None}
        lines[line] |= {"work_progress_pct": progress}
        lines[line]["work_disbursed_vnd"] = round(invested * progress / 100, 1)
    scene.arrived.append(scene.before)
    return TOLD_NOWHERE


def paid_after_its_end(scene: Scene) -> list[Spot] | None:
    """A work was completed long ago, and is paid for now."""
    done = [n for n in scene.lines if scene.lines[n]["work_status"] == "completed"]
    done = [n for n in done if n in scene.then and scene.then[n]["work_status"] == "completed"]
    if not done:
        return None
    line = scene.dice.choice(done)
    invested = number(scene.lines, line, "work_investment_vnd")
    scene.then[line]["work_disbursed_vnd"] = round(invested * 0.06, 1)
    scene.lines[line]["work_disbursed_vnd"] = round(invested * 0.97, 1)
    scene.arrived.append(scene.before)
    return TOLD_NOWHERE


def two_works_alike(scene: Scene) -> list[Spot] | None:
    """Two roads in two communes have one name and one investment."""
    if len(scene.lines) < 2:
        return None
    one, other = scene.dice.sample(list(scene.lines), 2)
    communes = scene.pack.units.children(scene.report.unit, scene.report.period.end)
    scene.lines[one]["work_commune"] = communes[1].name
    scene.lines[other]["work_commune"] = communes[2].name
    for lines in (scene.lines, scene.then):
        if one in lines and other in lines:
            lines[other]["work_name"] = lines[one]["work_name"]
    scene.arrived.append(scene.before)
    return TOLD_NOWHERE


def one_title_twice(scene: Scene) -> list[Spot] | None:
    """Two classes with one title, on different days."""
    lines = list(scene.report.tables["class_list"].values())
    if len(lines) < 2:
        return None
    lines[1]["class_title"] = lines[0]["class_title"]
    return TOLD_NOWHERE


def two_small_lines_alike(scene: Scene) -> list[Spot] | None:
    """Two kinds of support reached as many households, of few."""
    chosen = [n for n in scene.lines if n != "production_models"][:2]
    for line in chosen:
        scene.lines[line] |= {"planned": 12, "supported": 6, "supported_poor": 4}
        scene.lines[line] |= {"supported_ethnic": 4, "supported_women": 2}
    scene.lines[chosen[0]]["support_vnd"] = 61.5
    scene.lines[chosen[1]]["support_vnd"] = 48.0
    for line in chosen:
        scene.then[line] = dict(scene.lines[line])
    scene.arrived.append(scene.before)
    return TOLD_NOWHERE


def much_later_corrected(scene: Scene) -> list[Spot] | None:
    """A report is corrected throughout after that of the next period has come."""
    first = copy.deepcopy(scene.report)
    scene.arrived += [first, scene.after]
    for values in scene.lines.values():
        for column in [c for c in values if c.startswith("disbursed_")]:
            values[column] = round(float(str(values[column])) * 1.02, 1)
    for values in scene.after.tables["capital"].values():
        for column in [c for c in values if c.startswith("disbursed_")]:
            plan = float(str(values[column.replace("disbursed_", "plan_")]))
            values[column] = round(plan, 1)
    if scene.report.period.number == 4:
        return None
    scene.report.received_on = scene.after.period.end + timedelta(days=30)
    return TOLD_NOWHERE


def an_estimate_then_final(scene: Scene) -> list[Spot] | None:
    """The final figures are a little above the estimate."""
    estimate = copy.deepcopy(scene.report)
    estimate.stage = Stage.ESTIMATE
    for lines in estimate.tables.values():
        for values in lines.values():
            for column, value in values.items():
                if isinstance(value, int):
                    values[column] = int(value * 0.97)
    scene.arrived.append(estimate)
    return TOLD_NOWHERE


GOOD: dict[str, Case] = {
    "a young work": Case("works", a_young_work),
    "paid after its end": Case("works", paid_after_its_end),
    "two works alike": Case("works", two_works_alike),
    "one title twice": Case("training", one_title_twice),
    "two small lines alike": Case("livelihoods", two_small_lines_alike),
    "much later corrected": Case("disbursement", much_later_corrected),
    "an estimate, then final": Case("outcomes", an_estimate_then_final),
    "as it is (first report, disbursement)": Case(
        "disbursement", lambda _: TOLD_NOWHERE, is_first=True
    ),
    "as it is (first report, training)": Case("training", lambda _: TOLD_NOWHERE, is_first=True),
    "as it is (first report, households)": Case(
        "livelihoods", lambda _: TOLD_NOWHERE, is_first=True
    ),
    "as it is (first report, works)": Case("works", lambda _: TOLD_NOWHERE, is_first=True),
    "a small unit's first report (disbursement)": Case("disbursement", a_small_unit, is_first=True),
    "a small unit's first report (households)": Case("livelihoods", a_small_unit, is_first=True),
    "a real jump, twice to five times": Case("disbursement", partial(a_jump, 2, 5)),
    "a plan is cut": Case("disbursement", a_cut),
    "a project ends": Case("disbursement", a_project_ends),
    "a project begins": Case("disbursement", a_project_begins),
    "all is paid late": Case("disbursement", paid_late),
    "hardly begun, then real": Case("disbursement", hardly_begun),
    "a corrected version (disbursement)": Case("disbursement", corrected),
    "a corrected version (training)": Case("training", corrected),
    "no training at all": Case("training", nothing_at_all),
    "one small class": Case("training", one_class),
    "five times the classes": Case("training", many_classes),
    "a zero": Case("livelihoods", a_zero),
    "a new work": Case("works", a_new_work),
    "a dearer work": Case("works", a_dearer_work),
}

"""Training reports: eleven districts in six quarters, and the communes after them in one.

In 2024 the districts held what is published: one class each in December, and one for three of them
together. In the other quarters of 2024 they report that they held none. What they held in other
years is not published: there are as many people in a class.

Most files are good. `PLANTED` lists bad values, `_files` what is wrong with files as a whole.
"""

import copy
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from examples.published import (
    COMMUNITY_CLASSES,
    COMMUNITY_PEOPLE,
    FIRST_CLASS_DAY,
    JOINT_CLASS,
    LAST_CLASS_DAY,
    OWN_CLASS,
)
from examples.synthetic.shares import divided
from examples.synthetic.workbooks import dice_of, path_of, units_of, workbook
from program.calendar.period import Period
from program.pack.pack import Pack
from program.units.unit import Unit, UnitKind
from publish.template.values import Cell

QUARTERS = ("2024-Q1", "2024-Q2", "2024-Q3", "2024-Q4", "2025-Q1", "2025-Q2")
COMMUNES_QUARTER = "2025-Q3"
MISSING_COMMUNES = {"31675", "31810"}
MISSING = {("945", "2025-Q1"), ("949", "2025-Q2"), ("941", "2025-Q2"), ("950", "2025-Q2")}
PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj "
    b"2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
    b"trailer<</Root 1 0 R>>\n%%EOF\n"
)
# From the topics of the published classes (S0).
_TOPICS = (
    "Vận hành, bảo trì công trình hạ tầng",
    "Lập kế hoạch phát triển kinh tế - xã hội cấp xã có sự tham gia của cộng đồng",
    "Bảo tồn và phát huy bản sắc văn hóa các dân tộc gắn với phát triển du lịch",
    "Kỹ năng tuyên truyền, truyền thông",
    "Gói thầu giao cho cộng đồng thi công theo cơ chế đặc thù",
    "Mô hình chăn nuôi gia súc sinh sản",
)
PUBLISHED_YEAR, PUBLISHED_QUARTER = 2024, "2024-Q4"
REPORTS_JOINT_CLASS = "948"
"""One of three, so that the class is counted once. Which one it was is not published."""
# People of a class, by the level that holds it. On average a published class had 181.
_SIZES = {
    UnitKind.DISTRICT.value: (130, 230),
    UnitKind.COMMUNE.value: (25, 60),
}

Lines = dict[str, dict[str, Cell]]


@dataclass(frozen=True)
class Planted:
    """A planted error: the rule that must find it, its sheet and cell.

    `change` puts it into good values.
    """

    name: str
    rule: str | None
    sheet: str | None
    cell: str | None
    change: Callable[[Lines, list[dict[str, Cell]]], None]


def _set(line: str, column: str, value: Cell) -> Callable[[Lines, list[dict[str, Cell]]], None]:
    def change(levels: Lines, _classes: list[dict[str, Cell]]) -> None:
        levels[line][column] = value

    return change


def _add(line: str, column: str, more: float) -> Callable[[Lines, list[dict[str, Cell]]], None]:
    def change(levels: Lines, _classes: list[dict[str, Cell]]) -> None:
        levels[line][column] = _number(levels[line][column]) + more

    return change


def _lose_the_dot(levels: Lines, classes: list[dict[str, Cell]]) -> None:
    """Type 1.208 people into an Excel whose locale reads the dot as a decimal point."""
    more = 1208 - _number(levels["district"]["participants"])
    levels["total"]["participants"] = _number(levels["total"]["participants"]) + more
    levels["district"] |= {
        "community": 1208 - _number(levels["district"]["officials"]),
        "participants": 1.208,
    }
    levels["total"]["community"] = _number(levels["total"]["community"]) + more
    classes[0]["class_participants"] = _number(classes[0]["class_participants"]) + more


def _leave_the_period(_levels: Lines, classes: list[dict[str, Cell]]) -> None:
    first = classes[0]["class_first_day"]
    assert isinstance(first, date)
    classes[0] |= {
        "class_first_day": first - timedelta(days=120),
        "class_last_day": first - timedelta(days=119),
    }


PLANTED: dict[tuple[str, str], Planted] = {
    ("943", "2024-Q4"): Planted(
        "total that does not add up", "TRN-03", "Tổng hợp", "C12", _add("total", "participants", 40)
    ),
    ("950", "2025-Q1"): Planted(
        "1.208 read as a decimal", "CELL-03", "Tổng hợp", "C10", _lose_the_dot
    ),
    ("946", "2024-Q4"): Planted(
        "women above participants", "TRN-01", "Tổng hợp", "D10", _add("district", "women", 400)
    ),
    ("949", "2024-Q1"): Planted(
        "a missing cell", "CELL-01", "Tổng hợp", "C10", _set("district", "participants", None)
    ),
    ("941", "2025-Q1"): Planted(
        "spent above plan", "CELL-16", "Tổng hợp", "J12", _add("total", "budget_spent_vnd", 40)
    ),
    ("942", "2025-Q2"): Planted(
        "a class before the period", "TRN-10", "Danh sách lớp", "F9", _leave_the_period
    ),
}
"""Bad values by unit and quarter."""


def build(pack: Pack) -> Iterator[tuple[str, bytes]]:
    """Yield (path below the inbox, bytes) of each training report, in the order of sending."""
    for quarter in map(Period.parse, QUARTERS):
        for unit in units_of(pack, UnitKind.DISTRICT, quarter.end):
            if (unit.code, quarter.code) not in MISSING:
                yield from _files(pack, unit, quarter)
    period = Period.parse(COMMUNES_QUARTER)
    for unit in units_of(pack, UnitKind.COMMUNE, period.end):
        if unit.code not in MISSING_COMMUNES:
            yield _path(unit, period), workbook_of(pack, unit, period)


def _files(pack: Pack, unit: Unit, period: Period) -> Iterator[tuple[str, bytes]]:
    """Yield what a district sends for a quarter: one good file, or files with a problem."""
    levels, classes = invent(unit, period)
    good = _workbook(pack, unit, period, levels, classes)
    key = (unit.code, period.code)
    if key == ("944", "2024-Q4"):
        yield _path(unit, period, " - PDF"), PDF
    elif key == ("945", "2024-Q3"):
        other = next(u for u in pack.units if u.code == "944")
        yield _path(unit, period, " - sai đơn vị"), workbook_of(pack, other, period)
    elif key == ("951", "2024-Q2"):
        yield _path(unit, period), good
        yield _path(unit, period, " (1)"), good
    elif key == ("947", "2025-Q1"):
        yield _path(unit, period, " - lần 1"), good
        _add("total", "days", 1)(levels, classes)
        yield _path(unit, period, " - lần 2"), _workbook(pack, unit, period, levels, classes)
    elif key == ("948", "2024-Q4"):
        yield _path(unit, period, " - lần 1"), good
        _add("total", "participants", -7)(levels, classes)
        yield _path(unit, period, " - lần 2"), _workbook(pack, unit, period, levels, classes)
    elif key in PLANTED:
        PLANTED[key].change(levels, classes)
        spoilt = _workbook(pack, unit, period, levels, classes)
        if key == ("943", "2024-Q4"):
            yield _path(unit, period, " - lần 1"), spoilt
            yield _path(unit, period, " - lần 2 đã sửa"), good
        else:
            yield _path(unit, period), spoilt
    else:
        yield _path(unit, period), good


def invent(unit: Unit, period: Period) -> tuple[Lines, list[dict[str, Cell]]]:
    """Return figures that agree: lines by level, and the classes that they sum up.

    A district's figures of 2024 are those that are published, as far as they are.
    """
    dice = dice_of(unit.code, period.code)
    own = unit.kind.value
    is_published = unit.kind is UnitKind.DISTRICT and period.start.year == PUBLISHED_YEAR
    if is_published:
        classes = _published_classes(dice, unit, period)
    else:
        classes = [_class(dice, unit, period, own)]
        classes += [_class(dice, unit, period, "commune") for _ in range(dice.randint(0, 1))]
    levels: Lines = {}
    for level in dict.fromkeys([own, *(str(each["class_level"]) for each in classes)]):
        held = [each for each in classes if each["class_level"] == level]
        levels[level] = _level(dice, held)
    if is_published:
        # These classes were for the communities only.
        for line in levels.values():
            line |= {"officials": 0, "community": line["participants"]}
    total: dict[str, Cell] = {}
    for name in levels[own]:
        total[name] = round(sum(_number(line[name]) for line in levels.values()), 3)
    levels["total"] = total
    return levels, classes


def published_people() -> dict[str, int]:
    """Return the people of each published class in the districts, by the unit that reports it.

    Their sum is published, the people of a class are not.
    """
    reporting = (*OWN_CLASS, REPORTS_JOINT_CLASS)
    assert len(reporting) == COMMUNITY_CLASSES
    weights = {code: dice_of(code, "class").uniform(0.85, 1.15) for code in reporting}
    return divided(COMMUNITY_PEOPLE, weights)


def _published_classes(dice: random.Random, unit: Unit, period: Period) -> list[dict[str, Cell]]:
    people = published_people()
    if period.code != PUBLISHED_QUARTER or unit.code not in people:
        return []
    held = _class(dice, unit, period, unit.kind.value)
    # Two days of one week within the time of the classes.
    weeks = (LAST_CLASS_DAY - FIRST_CLASS_DAY).days // 7 + 1
    first = FIRST_CLASS_DAY + timedelta(days=7 * dice.randrange(weeks) + dice.randrange(4))
    held |= {
        "class_first_day": first,
        "class_last_day": first + timedelta(days=1),
        "class_participants": people[unit.code],
        "class_organiser": "Ban Dân tộc tỉnh Sóc Trăng",
    }
    if unit.code in JOINT_CLASS:
        held |= {
            "class_title": f"{held['class_title']} (lớp chung Mỹ Xuyên, Cù Lao Dung, Ngã Năm)",
            "class_place": "Thành phố Sóc Trăng",
        }
    return [held]


def _class(dice: random.Random, unit: Unit, period: Period, level: str) -> dict[str, Cell]:
    first = period.start + timedelta(days=dice.randrange(5, 80))
    topic = dice.choice(_TOPICS)
    office = "UBND" if unit.kind is UnitKind.COMMUNE else "Phòng Dân tộc"
    return {
        "class_title": f"Lớp {topic.lower()}",
        "class_topic": topic,
        "class_level": level,
        "class_place": unit.name,
        "class_first_day": first,
        "class_last_day": first + timedelta(days=dice.randint(0, 3)),
        "class_participants": dice.randint(*_SIZES[level]),
        "class_organiser": f"{office} {unit.name}",
    }


def _level(dice: random.Random, held: list[dict[str, Cell]]) -> dict[str, Cell]:
    participants = int(sum(_number(c["class_participants"]) for c in held))
    officials = int(participants * dice.uniform(0.2, 0.35))
    planned = round(participants * dice.uniform(0.25, 0.4), 1)
    return {
        "classes": len(held),
        "participants": participants,
        "women": int(participants * dice.uniform(0.3, 0.6)),
        "ethnic_minority": int(participants * dice.uniform(0.3, 0.8)),
        "officials": officials,
        "community": participants - officials,
        "days": sum(_days(c) for c in held),
        "budget_planned_vnd": planned,
        "budget_spent_vnd": round(planned * dice.uniform(0.7, 1.0), 1),
    }


def _days(held: dict[str, Cell]) -> int:
    first = held["class_first_day"]
    last = held["class_last_day"]
    assert isinstance(first, date)
    assert isinstance(last, date)
    return (last - first).days + 1


def _workbook(
    pack: Pack, unit: Unit, period: Period, levels: Lines, classes: list[dict[str, Cell]]
) -> bytes:
    matrix = copy.deepcopy({"levels": levels})
    lists = copy.deepcopy({"class_list": classes})
    return workbook(pack, "training", unit, period, matrix, lists)


def workbook_of(pack: Pack, unit: Unit, period: Period) -> bytes:
    """Return a good report of a unit and quarter."""
    return _workbook(pack, unit, period, *invent(unit, period))


def _path(unit: Unit, period: Period, remark: str = "") -> str:
    return path_of(unit, "tập huấn", period, remark)


def _number(cell: Cell) -> float:
    assert isinstance(cell, int | float)
    return cell

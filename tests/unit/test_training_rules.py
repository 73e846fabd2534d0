"""Each rule of the training form: what it must find, at which cell, and what it must leave alone."""

import io
from copy import deepcopy
from datetime import date

import openpyxl
import pytest

from connectors.reader.reader import read_parts
from expectations.checking import Checker
from program.pack.pack import Pack
from program.submission import Submission, Verdict
from tests.conftest import GOOD_LEVELS, Fill, delivery
from tests.shared_rules import asked, rules_of

GOOD_CLASS = {
    "class_title": "Lớp giám sát cộng đồng",
    "class_topic": "Giám sát",
    "class_level": "district",
    "class_place": "Huyện Châu Thành",
    "class_first_day": date(2024, 10, 7),
    "class_last_day": date(2024, 10, 9),
    "class_participants": 50,
    "class_organiser": "Phòng Dân tộc",
}
GOOD_LIST = [
    {**GOOD_CLASS, "class_participants": 60},
    {**GOOD_CLASS, "class_participants": 60, "class_place": "Xã Phú Tâm"},
    {**GOOD_CLASS, "class_participants": 30, "class_level": "commune"},
]


@pytest.fixture(scope="module")
def checker(pack: Pack) -> Checker:
    return Checker(pack, rules_of(pack), "test")


def levels_with(line: str, **values: float | None) -> dict:
    levels = deepcopy(GOOD_LEVELS)
    levels.setdefault(line, {}).update(values)
    return levels


def money_of(line: str, **values: float) -> dict:
    """A line's money, and a total that its sender typed without it: only the line itself is named."""
    return levels_with(line, **values) | {
        "total": GOOD_LEVELS["total"] | dict.fromkeys(values, 150)
    }


def list_with(**values: object) -> list:
    return [{**GOOD_LIST[0], **values}, *GOOD_LIST[1:]]


def judge(checker: Checker, pack: Pack, *workbooks: bytes) -> list[Submission]:
    return checker.check(
        [r for n, w in enumerate(workbooks) for r in read_parts(w, delivery(number=n), pack)]
    )


def cell_of(pack: Pack, content: bytes, table: str, column: str, line: str = "") -> str:
    """Return the cell of a column on a level's line or on the first class, wherever the form's layout puts it."""
    (reading,) = read_parts(content, delivery(), pack)
    read = reading.tables[table]
    cell = read.cell(column, int(read.frame.loc[read.frame["line"] == line, "row"].iloc[0]))
    assert cell is not None, column
    return cell


def test_a_consistent_report_is_accepted_without_a_question(
    checker: Checker, pack: Pack, fill: Fill
) -> None:
    submission = judge(checker, pack, fill("942", "2024-Q4", classes=GOOD_LIST))[0]
    assert asked(submission) == []
    assert submission.verdict is Verdict.ACCEPTED
    assert (submission.unit_code, str(submission.period)) == ("942", "2024-Q4")


# The line and the column that are named, then the report that breaks the rule.
BAD_LEVELS = [
    ("CELL-01", ("commune", "participants"), "critical", levels_with("commune", participants=None)),
    (
        "CELL-03",
        ("district", "participants"),
        "critical",
        levels_with("district", participants=2.208),
    ),
    (
        "CELL-14",
        ("district", "budget_planned_vnd"),
        "critical",
        levels_with("district", budget_planned_vnd=0.0000001),
    ),
    ("CELL-04", ("district", "classes"), "critical", levels_with("district", classes=-2)),
    ("CELL-06", ("district", "days"), "critical", levels_with("district", days=1e17)),
    ("TRN-01", ("district", "women"), "critical", levels_with("district", women=121)),
    (
        "TRN-02",
        ("district", "ethnic_minority"),
        "critical",
        levels_with("district", ethnic_minority=121),
    ),
    ("TRN-03", ("district", "participants"), "critical", levels_with("district", officials=21)),
    (
        "TRN-04",
        ("district", "budget_spent_vnd"),
        "warning",
        levels_with("district", budget_planned_vnd=100, budget_spent_vnd=100.1)
        | {"total": GOOD_LEVELS["total"] | {"budget_spent_vnd": 100}},
    ),
    ("TRN-05", ("total", "classes"), "warning", levels_with("total", classes=4)),
    (
        "TRN-12",
        ("district", "budget_spent_vnd"),
        "warning",
        money_of("district", budget_spent_vnd=152_300),
    ),
    (
        "TRN-12",
        ("district", "budget_spent_vnd"),
        "warning",
        money_of("district", budget_spent_vnd=0.1523),
    ),
    (
        "TRN-13",
        ("district", "participants"),
        "warning",
        levels_with("district", participants=1201, officials=None),
    ),
    (
        "TRN-14",
        ("district", "budget_spent_vnd"),
        "warning",
        money_of("district", budget_planned_vnd=152_300, budget_spent_vnd=152.3),
    ),
    (
        "CELL-36",
        ("district", "budget_planned_vnd"),
        "critical",
        money_of("district", budget_planned_vnd=152_300_000),
    ),
    (
        "TRN-06",
        ("total", "participants"),
        "critical",
        levels_with("total", participants=160, officials=30, community=130),
    ),
]


@pytest.mark.parametrize(
    ("rule", "place", "severity", "levels"), BAD_LEVELS, ids=[r for r, *_ in BAD_LEVELS]
)
def test_a_summary_rule_finds_its_cell(
    checker: Checker,
    pack: Pack,
    fill: Fill,
    rule: str,
    place: tuple[str, str],
    severity: str,
    levels: dict,
) -> None:
    line, column = place
    content = fill("942", "2024-Q4", levels=levels)
    cell = cell_of(pack, content, "levels", column, line)
    assert (
        openpyxl.load_workbook(io.BytesIO(content))["Tổng hợp"][cell].value == levels[line][column]
    )
    found = asked(judge(checker, pack, content)[0])
    match = [f for f in found if f.rule == rule]
    assert [(f.sheet, f.cell, f.severity.value) for f in match] == [("Tổng hợp", cell, severity)], (
        found
    )
    assert "{" not in match[0].message + match[0].fix + match[0].expected


def test_a_total_that_only_carries_a_bad_cell_on_is_not_blamed_as_well(
    checker: Checker, pack: Pack, fill: Fill
) -> None:
    levels = {
        key: line
        for key, line in levels_with("district", participants=2.208, officials=None).items()
        if key != "total"
    }
    content = fill("942", "2024-Q4", levels=levels)
    cell = cell_of(pack, content, "levels", "participants", "district")
    assert [(f.rule, f.cell) for f in asked(judge(checker, pack, content)[0])] == [
        ("CELL-03", cell)
    ]


def test_a_total_that_was_typed_is_checked_by_itself(
    checker: Checker, pack: Pack, fill: Fill
) -> None:
    content = fill("942", "2024-Q4", levels=levels_with("total", participants=2.208))
    cell = cell_of(pack, content, "levels", "participants", "total")
    assert ("CELL-03", cell) in [(f.rule, f.cell) for f in asked(judge(checker, pack, content)[0])]


BAD_CLASSES = [
    ("CELL-01", "class_title", "critical", list_with(class_title=None)),
    ("CELL-05", "class_level", "critical", list_with(class_level="Cấp thôn")),
    ("TRN-09", "class_last_day", "critical", list_with(class_last_day=date(2024, 10, 6))),
    ("TRN-10", "class_first_day", "warning", list_with(class_first_day=date(2024, 9, 30))),
    ("TRN-11", "class_last_day", "warning", list_with(class_last_day=date(2025, 1, 2))),
]


@pytest.mark.parametrize(
    ("rule", "column", "severity", "classes"), BAD_CLASSES, ids=[r for r, *_ in BAD_CLASSES]
)
def test_a_class_rule_finds_its_cell(
    checker: Checker, pack: Pack, fill: Fill, rule: str, column: str, severity: str, classes: list
) -> None:
    content = fill("942", "2024-Q4", classes=classes)
    cell = cell_of(pack, content, "class_list", column)
    found = asked(judge(checker, pack, content)[0])
    assert [(f.sheet, f.cell, f.severity.value) for f in found if f.rule == rule] == [
        ("Danh sách lớp", cell, severity)
    ], found


@pytest.mark.parametrize(
    ("rule", "classes"),
    [("TRN-07", GOOD_LIST[:2]), ("TRN-08", list_with(class_participants=51))],
    ids=["count", "people"],
)
def test_the_list_must_agree_with_the_summary(
    checker: Checker, pack: Pack, fill: Fill, rule: str, classes: list
) -> None:
    submission = judge(checker, pack, fill("942", "2024-Q4", classes=classes))[0]
    assert rule in {f.rule for f in asked(submission)}
    assert submission.verdict is Verdict.ACCEPTED_WITH_WARNINGS


def test_both_readings_of_a_class_total_are_reported(
    checker: Checker, pack: Pack, fill: Fill
) -> None:
    above, below = judge(
        checker,
        pack,
        fill("942", "2024-Q4", levels=levels_with("total", classes=4)),
        fill("942", "2024-Q4", levels=levels_with("total", classes=2)),
    )
    assert "2 + 1 = 3, lệch 1" in above.findings[0].message
    assert "số 4 sai" in above.findings[0].message
    assert "tổng 4 đúng" in above.findings[0].message
    assert "tổng 2 đúng" in below.findings[0].message


def test_a_refused_cell_is_reported_once_and_not_again_by_every_sum_it_is_part_of(
    checker: Checker, pack: Pack, fill: Fill
) -> None:
    submission = judge(
        checker, pack, fill("942", "2024-Q4", levels=levels_with("district", participants=2.208))
    )[0]
    assert [f.rule for f in asked(submission)] == ["CELL-03"]
    assert "2.208" in submission.findings[0].message


def test_a_number_typed_as_text_is_checked_like_any_other(
    checker: Checker, pack: Pack, fill: Fill
) -> None:
    blank = fill("942", "2024-Q4")
    women = cell_of(pack, blank, "levels", "women", "total")
    book = openpyxl.load_workbook(io.BytesIO(blank))
    book["Tổng hợp"][women] = "1.999"
    content = io.BytesIO()
    book.save(content)
    submission = judge(checker, pack, content.getvalue())[0]
    assert [(f.rule, f.cell) for f in asked(submission)] == [("TRN-01", women)]
    assert "CELL-09" in {f.rule for f in submission.findings}


def test_an_unknown_part_is_not_taken_for_nought(checker: Checker, pack: Pack, fill: Fill) -> None:
    unknown, too_much = judge(
        checker,
        pack,
        fill("942", "2024-Q4", levels=levels_with("district", officials=None)),
        fill("942", "2024-Q4", levels=levels_with("district", officials=None, community=121)),
    )
    assert asked(unknown) == []
    assert [f.rule for f in asked(too_much)] == ["TRN-03", "CELL-16"], (
        "the column's total is exceeded as well"
    )


@pytest.mark.parametrize("value", [1e22, 1e300, -1e24])
def test_a_number_beyond_all_others_is_refused_and_ends_nobody_s_run(
    checker: Checker, pack: Pack, fill: Fill, value: float
) -> None:
    submission = judge(
        checker, pack, fill("942", "2024-Q4", levels=levels_with("district", officials=value))
    )[0]
    assert {"CELL-04", "CELL-06"} & {f.rule for f in asked(submission)}


def test_one_bad_submission_never_touches_its_neighbours(
    checker: Checker, pack: Pack, fill: Fill
) -> None:
    good, bad = (
        fill("942", "2024-Q4"),
        fill("943", "2024-Q4", levels=levels_with("district", women=121)),
    )
    alone = judge(checker, pack, good)[0]
    together = judge(checker, pack, bad, good, b"", bad, good)
    assert [s.verdict for s in together] == [
        Verdict.QUARANTINED,
        Verdict.ACCEPTED,
        Verdict.UNREADABLE,
        Verdict.QUARANTINED,
        Verdict.ACCEPTED,
    ]
    assert together[1].findings == alone.findings == together[4].findings
    assert together[1].facts == alone.facts


def test_a_quarantined_submission_has_no_facts(checker: Checker, pack: Pack, fill: Fill) -> None:
    submission = judge(
        checker, pack, fill("942", "2024-Q4", levels=levels_with("district", women=121))
    )[0]
    assert submission.verdict is Verdict.QUARANTINED
    assert submission.facts == ()


def test_money_is_kept_in_whole_dong_and_shown_as_it_was_printed(
    checker: Checker, pack: Pack, fill: Fill
) -> None:
    levels = levels_with("total", budget_planned_vnd=152.3, budget_spent_vnd=152.4)
    submission = judge(checker, pack, fill("942", "2024-Q4", levels=levels))[0]
    facts = {f.element: f.value for f in submission.facts}
    assert facts["budget_planned_vnd_total"] == 152_300_000
    assert (
        "152,4 triệu đồng) vượt kinh phí kế hoạch (152,3 triệu đồng)"
        in submission.findings[0].message
    )

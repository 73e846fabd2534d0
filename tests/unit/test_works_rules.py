"""Each rule of the works form: what it must find, at which cell.

And the form's two versions, side by side.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import pytest

from connectors.reader.reader import read_parts
from program.calendar.period import Period
from program.finding_groups import grouped
from program.pack.pack import Pack
from program.parsed_report import ParsedReport, is_given
from program.submission import Submission, Verdict
from publish.template.values import Cell, Values
from publish.template.workbook import write_template
from tests.conftest import delivery
from tests.shared_rules import asked, check

Work = dict[str, Cell]
ROAD: Work = {
    "work_code": "001",
    "work_name": "Đường ấp Phú Hữu",
    "work_commune": "Xã Phú Tâm",
    "work_project": "da4_tda1",
    "work_kind": "road",
    "work_status": "completed",
    "work_start": date(2023, 3, 1),
    "work_planned_end": date(2023, 11, 30),
    "work_actual_end": date(2023, 12, 15),
    "work_investment_vnd": 1200.5,
    "work_disbursed_vnd": 1100.0,
    "work_progress_pct": 100.0,
}
BRIDGE: Work = {
    **ROAD,
    "work_code": "002",
    "work_name": "Cầu Kênh Mới",
    "work_kind": "bridge",
    "work_status": "in_progress",
    "work_planned_end": date(2025, 3, 31),
    "work_actual_end": None,
    "work_progress_pct": 60.0,
}
HOUSE: Work = {
    **ROAD,
    "work_code": "003",
    "work_name": "Nhà sinh hoạt cộng đồng ấp An Thành",
    "work_kind": "community_house",
    "work_status": "not_started",
    "work_start": date(2025, 2, 1),
    "work_planned_end": date(2025, 8, 31),
    "work_actual_end": None,
    "work_disbursed_vnd": 0.0,
    "work_progress_pct": 0.0,
}
GOOD = [ROAD, BRIDGE, HOUSE]
COMMUNE_OF = {"942": "Xã Phú Tâm", "943": "Xã Xuân Hòa"}


class Case(NamedTuple):
    """A report that breaks a rule: its works, and the cells that the rule must name, by the work's number."""

    rule: str
    severity: str
    column: str
    works: Sequence[Work]
    numbers: tuple[int, ...] = (0,)


def first(**values: Cell) -> list[Work]:
    return [{**ROAD, **values}, BRIDGE, HOUSE]


def second(**values: Cell) -> list[Work]:
    return [ROAD, {**BRIDGE, **values}, HOUSE]


def third(**values: Cell) -> list[Work]:
    return [ROAD, BRIDGE, {**HOUSE, **values}]


CASES = [
    Case("WRK-01", "critical", "work_code", third(work_code="001"), (0, 2)),
    Case("WRK-02", "critical", "work_planned_end", first(work_planned_end=date(2023, 2, 28))),
    Case("WRK-03", "critical", "work_actual_end", first(work_actual_end=date(2023, 2, 28))),
    Case("WRK-04", "warning", "work_actual_end", first(work_actual_end=date(2025, 1, 1))),
    Case("WRK-05", "warning", "work_actual_end", first(work_actual_end=None)),
    Case("WRK-06", "critical", "work_progress_pct", first(work_progress_pct=99.5)),
    Case("WRK-07", "warning", "work_status", second(work_progress_pct=100.0), (1,)),
    Case("WRK-08", "warning", "work_status", second(work_actual_end=date(2024, 12, 1)), (1,)),
    Case("WRK-09", "warning", "work_progress_pct", third(work_progress_pct=5.0), (2,)),
    Case("WRK-10", "warning", "work_start", second(work_start=None), (1,)),
    Case("WRK-11", "warning", "work_start", second(work_start=date(2025, 1, 1)), (1,)),
    Case("WRK-12", "warning", "work_start", third(work_start=date(2024, 12, 30)), (2,)),
    Case("WRK-13", "critical", "work_disbursed_vnd", first(work_disbursed_vnd=1200.6)),
    Case("CELL-24", "warning", "work_progress_pct", second(work_progress_pct=0.6), (1,)),
    Case("WRK-15", "warning", "work_investment_vnd", third(work_investment_vnd=1.2), (2,)),
    Case("WRK-15", "warning", "work_investment_vnd", third(work_investment_vnd=600_500.0), (2,)),
    Case(
        "CELL-36", "critical", "work_investment_vnd", third(work_investment_vnd=1_200_500.0), (2,)
    ),
    Case("WRK-16", "warning", "work_disbursed_vnd", first(work_disbursed_vnd=1.1), (0,)),
    Case(
        "WRK-01",
        "critical",
        "work_code",
        [{**ROAD, "work_code": "CT-01"}, BRIDGE, {**HOUSE, "work_code": "ct 01"}],
        (0, 2),
    ),
    Case("CELL-01", "critical", "work_name", first(work_name=None)),
    Case("CELL-05", "critical", "work_status", second(work_status="Gần xong"), (1,)),
    Case("CELL-15", "critical", "work_progress_pct", second(work_progress_pct=101.0), (1,)),
]


def read(
    pack: Pack, works: Sequence[Work], number: int = 1, period: str = "2024-Q4", unit: str = "942"
) -> ParsedReport:
    when = Period.parse(period)
    form, reporter = pack.form("works", when), pack.units.get(unit, when.end)
    assert form is not None
    assert reporter is not None
    lines = [{**work, "work_commune": COMMUNE_OF[unit]} for work in works]
    content = write_template(form, reporter, when, Values(lists={"work_list": lines}))
    (reading,) = read_parts(content, delivery(number=number), pack)
    return reading


@pytest.fixture(scope="module")
def checked_reports(pack: Pack) -> list[tuple[ParsedReport, Submission]]:
    """The bad reports, checked_reports in one batch."""
    readings = [read(pack, case.works, number) for number, case in enumerate(CASES)]
    return list(zip(readings, check(pack, *readings), strict=True))


@pytest.mark.parametrize("number", range(len(CASES)), ids=[case.rule for case in CASES])
def test_a_rule_finds_its_cell_and_nothing_else_is_asked(
    checked_reports: list[tuple[ParsedReport, Submission]], number: int
) -> None:
    case, (reading, submission) = CASES[number], checked_reports[number]
    table = reading.tables["work_list"]
    rows = [int(table.frame["row"].iloc[n]) for n in case.numbers]
    found = [(f.rule, f.sheet, f.cell, f.severity.value) for f in asked(submission)]
    assert found == [
        (case.rule, table.frame["sheet"].iloc[0], table.cell(case.column, row), case.severity)
        for row in rows
    ]
    assert not any("{" in f.message + f.expected + f.fix for f in submission.findings)


def test_a_consistent_report_is_accepted_without_a_question_and_counted(pack: Pack) -> None:
    submission = check(pack, read(pack, GOOD))[0]
    assert asked(submission) == []
    assert submission.verdict is Verdict.ACCEPTED
    facts = {fact.element: fact.value for fact in submission.facts if fact.line == 0}
    assert facts == {
        "works_listed": 3,
        "works_completed": 1,
        "roads_completed": 1,
        "bridges_completed": 0,
        "works_investment_listed_vnd": 3_601_500_000,
        "works_disbursed_listed_vnd": 2_200_000_000,
        "works_infrastructure_disbursed_vnd": 2_200_000_000,
    }


def test_a_progress_in_fractions_of_one_is_one_item(pack: Pack) -> None:
    works = [
        {**ROAD, "work_progress_pct": 1.0},
        {**BRIDGE, "work_progress_pct": 0.6},
        {**HOUSE, "work_progress_pct": 0.0},
        {**ROAD, "work_code": "004", "work_name": "Đường số 4", "work_progress_pct": 1.0},
    ]
    reading = read(pack, works)
    (submission,) = check(pack, reading)
    (item,) = grouped(asked(submission))
    assert (item.first.rule, len(item.others)) == ("CELL-55", 2)
    assert submission.verdict is Verdict.QUARANTINED
    progress = reading.tables["work_list"].values["work_progress_pct"]
    assert [is_given(value) for value in progress] == [False, False, True, False]


@pytest.mark.parametrize(
    "progress", [(0.6, 1.0, 85.0), (0.6, "1%", "2%")], ids=["a larger one", "with the sign"]
)
def test_a_progress_that_is_surely_in_percent_is_kept(
    pack: Pack, progress: tuple[Cell, ...]
) -> None:
    works: list[Work] = []
    for number, progressed in enumerate(progress):
        work = {"work_code": f"00{number}", "work_name": f"Cầu số {number}"}
        works.append({**BRIDGE, **work, "work_progress_pct": progressed})
    (submission,) = check(pack, read(pack, works))
    (finding,) = asked(submission)
    assert (finding.rule, finding.value) == ("CELL-24", "0,6")


def test_two_districts_may_use_the_same_code(pack: Pack) -> None:
    one, other = check(pack, read(pack, GOOD), read(pack, GOOD, number=2, unit="943"))
    assert (one.unit_code, other.unit_code) == ("942", "943")
    assert (asked(one), asked(other)) == ([], [])


def test_works_without_a_code_are_not_taken_for_one_work(pack: Pack) -> None:
    works = [{**ROAD, "work_code": None}, {**BRIDGE, "work_code": None}]
    assert [f.rule for f in asked(check(pack, read(pack, works))[0])] == ["CELL-01", "CELL-01"]


def test_a_work_that_has_not_begun_needs_no_date(pack: Pack) -> None:
    assert asked(check(pack, read(pack, third(work_start=None, work_planned_end=None)))[0]) == []


def test_each_year_is_read_with_the_version_that_was_in_force(pack: Pack) -> None:
    older, newer = read(pack, [ROAD], 1, "2023-Q4"), read(pack, [ROAD], 2, "2024-Q4")
    assert older.form is not None
    assert newer.form is not None
    assert (older.form.version, newer.form.version) == ("v1", "v2")
    added = {c.name for c in newer.form.table("work_list").columns} - {
        c.name for c in older.form.table("work_list").columns
    }
    assert added == {"work_kind"}
    assert (
        "work_kind" in older.tables["work_list"].letters,
        "work_kind" in newer.tables["work_list"].letters,
    ) == (False, True)
    for submission in check(pack, older, newer):
        assert asked(submission) == []
        assert submission.verdict is Verdict.ACCEPTED


def test_the_rules_hold_for_the_older_version_too(pack: Pack) -> None:
    works = [{**ROAD, "work_progress_pct": 90.0}, {**ROAD, "work_code": "001"}]
    found = asked(check(pack, read(pack, works, period="2023-Q4"))[0])
    assert {f.rule for f in found} == {"WRK-01", "WRK-06", "WRK-26"}


def test_a_workbook_of_the_older_version_is_asked_for_the_kind_of_work_in_a_later_year(
    pack: Pack,
) -> None:
    period = Period.parse("2024-Q4")
    older, unit = pack.form("works", Period.parse("2023-Q4")), pack.units.get("942", period.end)
    assert older is not None
    assert unit is not None
    content = write_template(older, unit, period, Values(lists={"work_list": [ROAD]}))
    (reading,) = read_parts(content, delivery(), pack)
    assert reading.form is not None
    assert reading.form.version == "v2"
    assert [p.values["column"] for p in reading.problems if p.rule == "FORM-07"] == [
        "Loại công trình"
    ]

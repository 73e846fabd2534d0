"""One error, one finding: of several rules that one mistyped figure breaks, the one that says most about it is reported."""

from dataclasses import replace

import pytest

from expectations.checking import Checker
from expectations.docs.examples import changed, load_examples, reading_of
from program.calendar.period import Period
from program.finding import Severity
from program.pack.pack import Pack
from program.parsed_report import ParsedReport
from program.records.history import no_history
from program.submission import Submission
from tests.shared_rules import rules_of

SHEET = "Tổng hợp"
PLANNED, SPENT = "I10", "J10"
USUAL = {"budget_planned_vnd": 160.0, "budget_spent_vnd": 152.3}
IN_DONG = {"budget_planned_vnd": 160.0, "budget_spent_vnd": 152_300_000.0}
IN_THOUSANDS = {"budget_planned_vnd": 160.0, "budget_spent_vnd": 152_300.0}
ABOVE_PLAN = {"budget_planned_vnd": 140.0, "budget_spent_vnd": 152.3}


def report(
    pack: Pack, number: int, period: str, money: dict[str, float], unit: str = "942"
) -> ParsedReport:
    """A good report of training but for the district's money.

    The classes stand in no list, so that any period will do.
    """
    figures = changed(
        load_examples("training").good,
        {"levels": {"district": money}, "class_list": dict.fromkeys("123")},
    )
    return replace(
        reading_of(figures, "training", Period.parse(period), pack, number), unit_code=unit
    )


@pytest.fixture(scope="module")
def checked_reports(pack: Pack) -> dict[str, Submission]:
    """One report of each kind alone, and one in đồng after a usual year, in one batch."""
    checker = Checker(pack, rules_of(pack), "test")
    kinds = {
        "usual": USUAL,
        "in đồng": IN_DONG,
        "in thousands": IN_THOUSANDS,
        "above plan": ABOVE_PLAN,
    }
    alone = [[report(pack, n, "2024-Q4", money)] for n, money in enumerate(kinds.values())]
    year = [
        report(pack, 10 + n, f"2024-Q{n}", USUAL | {"budget_spent_vnd": 152.3 + n})
        for n in (1, 2, 3)
    ]
    after = [*year, report(pack, 20, "2024-Q4", IN_DONG)]
    submissions = checker.check_isolated([*alone, after], no_history())
    return dict(zip(kinds, submissions, strict=False)) | {"after a usual year": submissions[-1]}


def rules_at(submission: Submission, cell: str) -> list[str]:
    asked = [f for f in submission.findings if f.severity is not Severity.INFO]
    return [f.rule for f in asked if (f.sheet, f.cell) == (SHEET, cell)]


@pytest.mark.parametrize(
    ("kind", "rules"),
    [
        ("usual", []),
        # Above all the province's capital, out of proportion to its people, and above plan.
        ("in đồng", ["CELL-36"]),
        # Out of proportion to its people, and above plan.
        ("in thousands", ["TRN-12"]),
        ("above plan", ["TRN-04"]),
        # And a million times the unit's own past.
        ("after a usual year", ["CELL-36"]),
    ],
)
def test_a_figure_of_the_wrong_size_is_reported_once_at_its_cell(
    checked_reports: dict[str, Submission], kind: str, rules: list[str]
) -> None:
    assert rules_at(checked_reports[kind], SPENT) == rules
    assert rules_at(checked_reports[kind], PLANNED) == []


def test_what_refuses_a_report_is_reported_beside_any_warning(pack: Pack) -> None:
    both = {
        "levels": {"district": {"women": 121, "participants": 120, "classes": 100}},
        "class_list": dict.fromkeys("123"),
    }
    reading = reading_of(
        changed(load_examples("training").good, both), "training", Period.parse("2024-Q4"), pack, 1
    )
    (submission,) = Checker(pack, rules_of(pack), "test").check([reading])
    assert {"TRN-01", "TRN-13"} <= {f.rule for f in submission.findings}


@pytest.mark.parametrize(
    ("wrong", "rules"),
    [
        # By its own line, by the levels and by the list of classes it should be 150.
        ({"levels": {"total": {"participants": 999}}}, ["TRN-03"]),
        # By the levels 150, by the list of classes 151: two errors.
        (
            {
                "levels": {"total": {"participants": 999}},
                "class_list": {"1": {"class_participants": 51}},
            },
            ["TRN-03", "TRN-08"],
        ),
    ],
    ids=["the same", "another"],
)
def test_sums_that_say_the_same_of_one_cell_are_one_error(
    pack: Pack, wrong: dict[str, dict[str, dict[str, object]]], rules: list[str]
) -> None:
    reading = reading_of(
        changed(load_examples("training").good, wrong), "training", Period.parse("2024-Q4"), pack, 1
    )
    (submission,) = Checker(pack, rules_of(pack), "test").check([reading])
    assert rules_at(submission, "C12") == rules

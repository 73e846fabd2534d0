"""Rules against earlier periods and peers: what each must find, at which cell.

And what it must leave alone.
"""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from benchmarks.in_memory import Lines, Report, history_alone, past_of_readings, reading_of
from benchmarks.stock import with_stock
from expectations.checking import Checker
from expectations.history.spread import spread_of
from expectations.rules.rule_set import SUITES, RuleSet
from program.calendar.period import Period
from program.calendar.stage import Stage
from program.errors import ConfigurationError
from program.finding import Finding, Severity
from program.forms.table import Table
from program.pack.pack import Pack
from program.parsed_report import ParsedReport
from program.records.history import no_history
from program.submission import Submission
from tests.shared_rules import rules_of

UNIT, PEERS = "942", ("941", "943", "944", "945", "946")
Q = {
    f"{year}-Q{n}": Period.parse(f"{year}-Q{n}")
    for year in (2022, 2023, 2024)
    for n in (1, 2, 3, 4)
}


@pytest.fixture(scope="module")
def checker(pack: Pack, tmp_path_factory: pytest.TempPathFactory) -> Checker:
    """A checker with the rules of history alone, which is quick; one for all tests of this file."""
    return Checker(pack, history_alone(pack, tmp_path_factory.mktemp("suites")), "test")


def checked_reports(checker: Checker, pack: Pack, reports: Sequence[Report]) -> list[Submission]:
    """Check all reports as they came, in one batch without a warehouse."""
    return checker.check(
        [reading_of(report, pack, n) for n, report in enumerate(reports)], no_history()
    )


def findings_at(submission: Submission) -> set[tuple[str, str | None]]:
    """Return rule and cell of each finding of history."""
    return {
        (f.rule, f.cell)
        for f in submission.findings
        if f.rule.startswith("HIS-") or f.rule in ("WRK-17", "WRK-18", "WRK-19")
    }


def capital(
    period: str, paid: float, unit: str = UNIT, plan: float = 5000.0, **others: float
) -> Report:
    """A disbursement report: Project 1 with `paid` of `plan` million, Project 6 with fixed amounts.

    L10 is what was paid.
    """
    line = {"plan_central_investment_vnd": plan, "disbursed_central_investment_vnd": paid, **others}
    other = {
        "plan_central_recurrent_vnd": 900.0,
        "disbursed_central_recurrent_vnd": 60.0 * Q[period].number,
    }
    return Report("disbursement", unit, Q[period], {"capital": {"da1": line, "da6": other}})


def people(period: str, count: int, unit: str = UNIT, **others: float) -> Report:
    """A training report of two classes with `count` people.

    The other figures are in proportion to a hundred.
    """
    line = {
        "classes": 2,
        "participants": count,
        "women": 41,
        "ethnic_minority": 63,
        "officials": 22,
        "community": count - 22,
    }
    line |= {"days": 4, "budget_planned_vnd": 33.0, "budget_spent_vnd": 30.0} | others
    return Report(
        "training",
        unit,
        Q[period],
        {"levels": {"district": line, "total": dict(line)}, "class_list": {}},
    )


def works(period: str, lines: Lines, unit: str = UNIT) -> Report:
    return Report("works", unit, Q[period], {"work_list": lines})


def work(
    code: str, progress: float, paid: float, status: str = "in_progress", invested: float = 2000.0
) -> dict:
    end = date(2024, 6, 1) if status == "completed" else None
    return {
        "work_code": code,
        "work_name": f"Cầu {code}",
        "work_commune": "31569",
        "work_project": "da4_tda1",
        "work_kind": "bridge",
        "work_status": status,
        "work_start": date(2022, 5, 1),
        "work_planned_end": date(2024, 12, 1),
        "work_actual_end": end,
        "work_investment_vnd": invested,
        "work_disbursed_vnd": paid,
        "work_progress_pct": progress,
    }


# --- cumulative figures
# ---------------------------------------------------------------------------------------------


def test_a_cumulative_figure_that_falls_within_the_year_is_reported_at_its_cell(
    checker: Checker, pack: Pack
) -> None:
    last = checked_reports(
        checker, pack, [capital("2024-Q1", 900), capital("2024-Q2", 1500), capital("2024-Q3", 1400)]
    )[-1]
    assert findings_at(last) == {("HIS-02", "I10")}
    finding = next(f for f in last.findings if f.rule == "HIS-02")
    assert (finding.sheet, finding.value, finding.severity) == (
        "Giải ngân",
        "1.400",
        Severity.WARNING,
    )
    assert "1.500 triệu đồng" in finding.message
    assert "Quý II năm 2024" in finding.message


def test_a_new_year_begins_again(checker: Checker, pack: Pack) -> None:
    assert (
        findings_at(
            checked_reports(checker, pack, [capital("2023-Q4", 4800), capital("2024-Q1", 300)])[-1]
        )
        == set()
    )


def test_a_missing_quarter_in_between_does_not_hide_the_fall(checker: Checker, pack: Pack) -> None:
    assert ("HIS-02", "I10") in findings_at(
        checked_reports(checker, pack, [capital("2024-Q1", 900), capital("2024-Q3", 700)])[-1]
    )


def test_a_report_that_comes_late_is_held_against_the_later_one(
    checker: Checker, pack: Pack
) -> None:
    first, late = checked_reports(
        checker, pack, [capital("2024-Q3", 1500), capital("2024-Q2", 1700)]
    )
    assert findings_at(first) == set()
    assert findings_at(late) == {("HIS-03", "I10")}


def test_a_resubmission_is_compared_with_the_last_period_not_with_what_it_replaces(
    checker: Checker, pack: Pack
) -> None:
    reports = [capital("2024-Q1", 900), capital("2024-Q2", 2000), capital("2024-Q2", 1200)]
    assert [findings_at(s) for s in checked_reports(checker, pack, reports)] == [
        set(),
        set(),
        set(),
    ]


def test_what_replaced_a_report_is_what_the_next_one_is_compared_with(
    checker: Checker, pack: Pack
) -> None:
    reports = [capital("2024-Q1", 900), capital("2024-Q1", 400), capital("2024-Q2", 700)]
    assert findings_at(checked_reports(checker, pack, reports)[-1]) == set()


def test_a_report_that_is_kept_out_is_nobodys_past(pack: Pack) -> None:
    too_much = capital("2024-Q1", 6000)
    kept_out, after = checked_reports(
        Checker(pack, rules_of(pack), "test"), pack, [too_much, capital("2024-Q2", 700)]
    )
    assert not kept_out.verdict.loads
    assert findings_at(after) == set()


# --- units of measure
# -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "factor", "likely"),
    [(1320, "10", "132 người"), (99000, "1.000", "99 người"), (9900, "100", "99 người")],
)
def test_a_power_of_ten_too_much_is_named(
    checker: Checker, pack: Pack, count: int, factor: str, likely: str
) -> None:
    past = [people(period, n) for period, n in (("2023-Q3", 97), ("2023-Q4", 120), ("2024-Q1", 88))]
    last = checked_reports(checker, pack, [*past, people("2024-Q2", count)])[-1]
    found = {f.cell: f for f in last.findings if f.rule == "HIS-01"}
    assert {"D10", "H10"} <= found.keys()
    assert f"gấp khoảng {factor} lần" in found["D10"].message
    assert f"khoảng {likely}" in found["D10"].message


def test_a_figure_in_billions_under_millions_is_named_as_a_thousandth(
    checker: Checker, pack: Pack
) -> None:
    past = [
        people(period, 100, budget_spent_vnd=spent)
        for period, spent in (("2023-Q3", 30.0), ("2023-Q4", 41.0), ("2024-Q1", 37))
    ]
    last = checked_reports(checker, pack, [*past, people("2024-Q2", 100, budget_spent_vnd=0.035)])[
        -1
    ]
    finding = next(f for f in last.findings if (f.rule, f.cell) == ("HIS-01", "K10"))
    assert "1/1.000" in finding.message
    assert "khoảng 35 triệu đồng" in finding.expected.lower()


def test_a_quarter_with_many_classes_is_no_error(checker: Checker, pack: Pack) -> None:
    past = [people(period, 100) for period in ("2023-Q3", "2023-Q4", "2024-Q1")]
    busy = people(
        "2024-Q2",
        1000,
        classes=20,
        women=420,
        ethnic_minority=650,
        officials=200,
        community=800,
        days=40,
    )
    for line in busy.tables["levels"].values():
        line |= {"budget_planned_vnd": 330.0, "budget_spent_vnd": 310.0}
    assert findings_at(checked_reports(checker, pack, [*past, busy])[-1]) == set()


def test_many_classes_after_quarters_without_one_are_no_error(checker: Checker, pack: Pack) -> None:
    none = dict.fromkeys(
        ("classes", "women", "ethnic_minority", "officials", "community", "days"), 0
    )
    without = [
        people(q, 0, budget_planned_vnd=0.0, budget_spent_vnd=0.0, **none)
        for q in ("2023-Q3", "2024-Q1")
    ]
    busy = people(
        "2024-Q2",
        2000,
        classes=25,
        women=900,
        ethnic_minority=1200,
        officials=650,
        community=1350,
        days=60,
    )
    for line in busy.tables["levels"].values():
        line |= {"budget_planned_vnd": 719.5, "budget_spent_vnd": 585.5}
    last = checked_reports(checker, pack, [without[0], people("2023-Q4", 90), without[1], busy])[-1]
    assert findings_at(last) == set()


@pytest.mark.parametrize("count", [0, 30, 300])
def test_a_zero_a_small_and_a_threefold_figure_are_left_alone(
    checker: Checker, pack: Pack, count: int
) -> None:
    past = [
        people(period, n)
        for period, n in (("2023-Q2", 97), ("2023-Q3", 120), ("2023-Q4", 88), ("2024-Q1", 105))
    ]
    some = {"women": 0, "ethnic_minority": 0, "officials": 0, "community": count}
    assert (
        findings_at(checked_reports(checker, pack, [*past, people("2024-Q2", count, **some)])[-1])
        == set()
    )


def test_a_first_report_a_million_times_its_peers_is_named(checker: Checker, pack: Pack) -> None:
    peers = [capital("2024-Q1", 250 + 40 * n, unit) for n, unit in enumerate(PEERS)]
    last = checked_reports(checker, pack, [*peers, capital("2024-Q1", 300e6, plan=5000e6)])[-1]
    finding = next(f for f in last.findings if (f.rule, f.cell) == ("HIS-01", "I10"))
    assert "1.000.000 lần" in finding.message


def test_a_first_report_in_dong_is_named_beside_a_peer_that_made_the_same_mistake(
    checker: Checker, pack: Pack
) -> None:
    peers = [capital("2024-Q1", 250 + 40 * n, unit) for n, unit in enumerate(PEERS)]
    also = capital("2024-Q1", 300e6, "947", plan=5000e6)
    last = checked_reports(
        checker, pack, [*peers, also, capital("2024-Q1", 1500e6, plan=16_000e6)]
    )[-1]
    assert {("HIS-01", "C10"), ("HIS-01", "I10")} <= findings_at(last)


def test_a_small_unit_among_large_ones_is_left_alone(checker: Checker, pack: Pack) -> None:
    peers = [capital("2024-Q1", 2500 + 40 * n, unit) for n, unit in enumerate(PEERS)]
    assert (
        findings_at(checked_reports(checker, pack, [*peers, capital("2024-Q1", 3, plan=20)])[-1])
        == set()
    )


def test_ten_times_the_money_for_every_unit_is_no_error(checker: Checker, pack: Pack) -> None:
    past = [
        capital(q, 10 + n, unit, plan=400)
        for q in ("2023-Q4",)
        for n, unit in enumerate((*PEERS, UNIT))
    ]
    more = [
        capital("2024-Q1", 100 + 9 * n, unit, plan=4000) for n, unit in enumerate((*PEERS, UNIT))
    ]
    assert findings_at(checked_reports(checker, pack, [*past, *more])[-1]) == set()


def test_a_new_version_a_thousand_times_the_one_it_replaces_is_named(
    checker: Checker, pack: Pack
) -> None:
    last = checked_reports(
        checker, pack, [capital("2024-Q1", 90, plan=200), capital("2024-Q1", 90_000, plan=200_000)]
    )[-1]
    assert ("HIS-01", "I10") in findings_at(last)


BEGUN = [("2023-Q3", 3000), ("2023-Q4", 4800), ("2024-Q1", 2)]
"""Money of a project that two triệu đồng had been paid of in the first quarter."""


@pytest.mark.parametrize(("paid", "is_found"), [(2400, False), (2_400_000, True)])
def test_what_was_hardly_begun_may_grow_a_thousandfold_but_not_beyond_all_that_the_unit_reached(
    checker: Checker, pack: Pack, paid: float, is_found: bool
) -> None:
    last = checked_reports(
        checker, pack, [*(capital(q, n) for q, n in BEGUN), capital("2024-Q2", paid)]
    )[-1]
    assert (("HIS-01", "I10") in findings_at(last)) is is_found


def test_a_plan_that_stays_but_for_a_nought_is_named_though_there_is_but_one_quarter_before(
    checker: Checker, pack: Pack
) -> None:
    last = checked_reports(
        checker, pack, [capital("2024-Q1", 900), capital("2024-Q2", 1500, plan=50_000)]
    )[-1]
    finding = next(f for f in last.findings if (f.rule, f.cell) == ("HIS-01", "C10"))
    assert finding.expected == "Nếu nhầm thì số đúng có thể là: Khoảng 5.000 triệu đồng"


def test_a_count_that_happens_to_be_ten_times_the_last_is_no_copy_with_a_nought(
    checker: Checker, pack: Pack
) -> None:
    past = [
        people(q, n, officials=o, community=n - o)
        for q, n, o in (("2023-Q4", 200, 90), ("2024-Q1", 60, 12))
    ]
    last = checked_reports(
        checker, pack, [*past, people("2024-Q2", 190, officials=120, community=70)]
    )[-1]
    assert findings_at(last) == set()


def test_a_plan_that_stays_through_the_year_is_known_by_two_digits(
    checker: Checker, pack: Pack
) -> None:
    past = [capital(f"2023-Q{n}", 60.0 * n, plan=300) for n in (1, 2, 3, 4)]
    last = checked_reports(
        checker, pack, [*past, capital("2024-Q1", 4, plan=40), capital("2024-Q2", 20, plan=400)]
    )[-1]
    assert ("HIS-01", "C10") in findings_at(last)


def test_a_plan_that_was_raised_about_tenfold_is_not_said_to_have_a_nought_too_many(
    checker: Checker, pack: Pack
) -> None:
    last = checked_reports(
        checker, pack, [capital("2024-Q1", 90, plan=500), capital("2024-Q2", 300, plan=4600)]
    )[-1]
    assert findings_at(last) == set()


# --- outliers
# -------------------------------------------------------------------------------------------------------


def test_a_figure_far_from_the_units_own_is_an_outlier(checker: Checker, pack: Pack) -> None:
    past = [
        people(q, n)
        for q, n in (("2023-Q1", 97), ("2023-Q2", 103), ("2023-Q3", 96), ("2023-Q4", 101))
    ]
    last = checked_reports(
        checker,
        pack,
        [*past, people("2024-Q1", 100, women=99 + 0.0, budget_planned_vnd=33.0 * 4.2)],
    )[-1]
    assert findings_at(last) == {("HIS-05", "J10")}


# --- copies
# ---------------------------------------------------------------------------------------------------------


def test_last_quarters_figures_again_are_reported_with_the_quarter(
    checker: Checker, pack: Pack
) -> None:
    again = replace(people("2024-Q1", 100), period=Q["2024-Q2"])
    last = checked_reports(checker, pack, [people("2024-Q1", 100), again])[-1]
    finding = next(f for f in last.findings if f.rule == "HIS-07")
    assert "Quý I năm 2024" in finding.message
    assert "15/04/2024" in finding.message
    assert finding.cell is None


def test_another_units_figures_are_reported_with_the_unit(checker: Checker, pack: Pack) -> None:
    last = checked_reports(checker, pack, [people("2024-Q2", 100, "943"), people("2024-Q2", 100)])[
        -1
    ]
    assert "Huyện Kế Sách" in next(f for f in last.findings if f.rule == "HIS-08").message


def test_a_plan_that_stays_and_money_that_does_not_move_yet_is_no_copy(
    checker: Checker, pack: Pack
) -> None:
    reports = [capital("2024-Q1", 0, plan=500), capital("2024-Q2", 0, plan=500)]
    for report in reports:
        report.tables["capital"]["da6"]["disbursed_central_recurrent_vnd"] = 0.0
    assert findings_at(checked_reports(checker, pack, reports)[-1]) == set()


def test_works_that_are_all_completed_may_stay_as_they_are(checker: Checker, pack: Pack) -> None:
    done = {str(n): work(f"942-{n}", 100, 1900 + n, "completed") for n in range(1, 7)}
    assert (
        findings_at(
            checked_reports(checker, pack, [works("2024-Q3", done), works("2024-Q4", done)])[-1]
        )
        == set()
    )


def test_works_under_way_that_do_not_move_at_all_are_asked_about(
    checker: Checker, pack: Pack
) -> None:
    still = {str(n): work(f"942-{n}", 40 + n, 800 + n) for n in range(1, 7)}
    assert findings_at(
        checked_reports(checker, pack, [works("2024-Q3", still), works("2024-Q4", still)])[-1]
    ) == {("HIS-07", None)}


# --- works
# ----------------------------------------------------------------------------------------------------------


def test_a_work_that_goes_backwards_is_reported_at_each_cell(checker: Checker, pack: Pack) -> None:
    before = {"1": work("942-1", 100, 1900, "completed"), "2": work("942-2", 60, 900)}
    now = {"1": work("942-2", 60, 850), "2": work("942 - 1", 80, 1900)}
    last = checked_reports(checker, pack, [works("2024-Q2", before), works("2024-Q4", now)])[-1]
    assert findings_at(last) == {("HIS-02", "M10"), ("HIS-02", "N11"), ("WRK-17", "H11")}
    assert "942-2" in next(f for f in last.findings if f.cell == "M10").message


def test_a_work_that_is_no_longer_begun_is_reported(checker: Checker, pack: Pack) -> None:
    last = checked_reports(
        checker,
        pack,
        [
            works("2024-Q2", {"1": work("942-1", 0, 0)}),
            works("2024-Q4", {"1": work("942-1", 0, 0, "not_started")}),
        ],
    )[-1]
    assert ("WRK-18", "H10") in findings_at(last)


def test_an_unfinished_work_that_is_missing_is_reported_and_a_completed_one_is_not(
    checker: Checker, pack: Pack
) -> None:
    before = {
        "1": work("942-1", 60, 900),
        "2": work("942-2", 100, 1900, "completed"),
        "3": work("942-3", 20, 300),
    }
    last = checked_reports(
        checker, pack, [works("2024-Q2", before), works("2024-Q4", {"1": work("942-1", 70, 1000)})]
    )[-1]
    lost = [f for f in last.findings if f.rule == "WRK-19"]
    assert [("942-3" in f.message, f.sheet, f.cell) for f in lost] == [(True, "Công trình", None)]


def test_a_blank_report_is_not_asked_for_each_work_of_the_last_one_and_one_of_nothing_is(
    checker: Checker, pack: Pack
) -> None:
    before = works("2024-Q2", {"1": work("942-1", 60, 900), "2": work("942-2", 20, 300)})
    first = reading_of(before, pack, 0)
    blank = reading_of(works("2024-Q4", {}), pack, 1)
    nothing = {name: replace(table, is_nil=True) for name, table in blank.tables.items()}
    nil = replace(blank, tables=nothing)
    rules = []
    for now in (blank, nil):
        *_, last = checker.check([first, now], no_history())
        rules.append([f.rule for f in last.findings if f.rule == "WRK-19"])
    assert rules == [[], ["WRK-19", "WRK-19"]]


def test_works_of_the_older_layout_are_the_past_of_the_newer(checker: Checker, pack: Pack) -> None:
    last = checked_reports(
        checker,
        pack,
        [
            works("2023-Q4", {"1": work("942-1", 60, 900)}),
            works("2024-Q1", {"1": work("942-1", 50, 900)}),
        ],
    )[-1]
    assert findings_at(last) == {("HIS-02", "N10")}


# --- indicators
# -----------------------------------------------------------------------------------------------------


def test_a_target_that_was_reached_and_is_no_longer_is_reported_at_the_numerator(
    checker: Checker, pack: Pack
) -> None:
    def schools(year: str, enrolled: int, stage: Stage = Stage.FINAL) -> Report:
        school = {"primary": {"school_age": 1000, "enrolled": enrolled}}
        return Report("outcomes", UNIT, Period.parse(year), {"school": school}, stage)

    good = [schools("2022", 985), schools("2023", 981, Stage.ESTIMATE), schools("2023", 979)]
    assert [findings_at(s) for s in checked_reports(checker, pack, good)] == [set(), set(), set()]
    last = checked_reports(checker, pack, [*good, schools("2024", 940)])[-1]
    assert [(f.rule, f.sheet, f.cell) for f in last.findings if f.rule == "HIS-09"] == [
        ("HIS-09", "Học sinh", "D10")
    ]


# --- what a run must not depend on
# --------------------------------------------------------------------------------


def a_mixed_night() -> list[Report]:
    quarters = ("2023-Q3", "2023-Q4", "2024-Q1", "2024-Q2")
    training = [
        people(q, 90 + 7 * n + 3 * k, u)
        for n, q in enumerate(quarters)
        for k, u in enumerate((*PEERS, UNIT))
    ]
    bad = [
        people("2024-Q3", 1000),
        capital("2024-Q1", 900),
        capital("2024-Q2", 700),
        capital("2024-Q2", 950),
        capital("2024-Q3", 930),
    ]
    return [
        *training,
        *bad,
        works("2024-Q2", {"1": work("942-1", 60, 900)}),
        works("2024-Q3", {"1": work("942-1", 50, 900)}),
    ]


def rounds(
    checker: Checker, readings: Sequence[ParsedReport], size: int
) -> list[tuple[Finding, ...]]:
    """Check in chunks of `size`.

    What loads is the past of the next chunk, as the warehouse would have it.
    """
    known: dict[tuple, ParsedReport] = {}
    findings = []
    for start in range(0, len(readings), size):
        chunk = readings[start : start + size]
        for submission, reading in zip(
            checker.check(chunk, past_of_readings(list(known.values()))), chunk, strict=True
        ):
            findings.append(submission.findings)
            if submission.verdict.loads:
                known[reading.form.code, reading.unit_code, reading.period, reading.stage] = reading  # type: ignore[union-attr]
    return findings


@pytest.mark.parametrize("size", [pytest.param(1, marks=pytest.mark.slow), 7])
def test_the_size_of_a_chunk_changes_no_finding(checker: Checker, pack: Pack, size: int) -> None:
    readings = [reading_of(report, pack, n) for n, report in enumerate(a_mixed_night())]
    together = rounds(checker, readings, 500)
    assert rounds(checker, readings, size) == together
    assert {f.rule for found in together for f in found} >= {"HIS-01", "HIS-02"}


def test_a_group_of_one_report_at_once_changes_no_finding(
    checker: Checker, pack: Pack, monkeypatch: pytest.MonkeyPatch
) -> None:
    readings = [reading_of(report, pack, n) for n, report in enumerate(a_mixed_night())]
    together = [submission.findings for submission in checker.check(readings, no_history())]
    monkeypatch.setattr("expectations.history.frames.peers._VALUES_AT_ONCE", 1)
    one_by_one = [submission.findings for submission in checker.check(readings, no_history())]
    assert one_by_one == together


def test_a_delivery_that_is_checked_again_does_not_see_itself(checker: Checker, pack: Pack) -> None:
    readings = [
        reading_of(people(q, n), pack, k)
        for k, (q, n) in enumerate((("2024-Q1", 100), ("2024-Q2", 111)))
    ]
    again = replace(readings[1], delivery=replace(readings[1].delivery, id=99))
    assert findings_at(checker.check([again], past_of_readings(readings))[0]) == set()


def test_without_a_past_nothing_is_compared(checker: Checker, pack: Pack) -> None:
    readings = [
        reading_of(people("2024-Q2", 100, unit), pack, n) for n, unit in enumerate(("942", "943"))
    ]
    assert [findings_at(s) for s in checker.check(readings)] == [set(), set()]


# --- opening and closing; rates
# --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def stock_pack(pack: Pack) -> Pack:
    """The sample pack with a form of our own: what is in stock when a period begins and ends, and the money for it."""
    return with_stock(pack)


def stock(
    period: str, opening: float, closing: float, cost: float | None = None, unit: str = UNIT
) -> Report:
    return Report(
        "stock",
        unit,
        Q[period],
        {"stock": {"seed": {"opening": opening, "closing": closing, "cost_vnd": cost}}},
    )


def test_an_opening_that_is_not_the_last_closing_is_reported(
    checker: Checker, stock_pack: Pack
) -> None:
    good, bad = (
        checked_reports(checker, stock_pack, [stock("2023-Q4", 40, 55), stock("2024-Q1", n, 60)])[
            -1
        ]
        for n in (55, 50)
    )
    assert findings_at(good) == set()
    assert findings_at(bad) == {("HIS-04", "C10")}
    assert "55 hộ" in next(f for f in bad.findings if f.rule == "HIS-04").message


def test_an_opening_after_a_quarter_without_a_report_is_not_checked(
    checker: Checker, stock_pack: Pack
) -> None:
    assert (
        findings_at(
            checked_reports(
                checker, stock_pack, [stock("2023-Q3", 40, 55), stock("2024-Q1", 50, 60)]
            )[-1]
        )
        == set()
    )


def test_a_first_reports_money_for_each_is_held_against_its_peers(
    checker: Checker, stock_pack: Pack
) -> None:
    peers = [stock("2024-Q1", 5, 10 * n, 7.5 * n, unit) for n, unit in enumerate(PEERS, start=1)]
    small = checked_reports(checker, stock_pack, [*peers, stock("2024-Q1", 5, 4, 3.1)])[-1]
    wrong = checked_reports(checker, stock_pack, [*peers, stock("2024-Q1", 5, 4, 31)])[-1]
    assert findings_at(small) == set()
    assert findings_at(wrong) == {("HIS-01", "E10")}


# --- what a form may say
# ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "complaint"),
    [
        (
            {"cumulative": "year", "type": "text"},
            "column a: cumulative: for whole, number and money; found text",
        ),
        ({"cumulative": "month", "type": "whole"}, "cumulative"),
        (
            {"opens": "c", "type": "whole"},
            "column a: opens: expected another figure of its type; found c",
        ),
        (
            {"opens": "a", "type": "whole"},
            "column a: opens: expected another figure of its type; found a",
        ),
        (
            {"per": "nothing", "type": "whole"},
            "column a: per: expected another figure; found nothing",
        ),
        (
            {"key": True, "type": "whole", "required": True},
            "column a: key: expected a required column of text, code or commune",
        ),
        ({"key": True, "type": "text"}, "column a: key: expected a required column"),
        (
            {"key": True, "type": "text", "required": True},
            "key: a list has one at most, a matrix none; found a, d",
        ),
    ],
)
def test_what_a_column_means_over_time_must_make_sense(column: dict, complaint: str) -> None:
    others = [
        {"name": "b", "label": "B", "type": "whole"},
        {"name": "c", "label": "C", "type": "number"},
        {"name": "d", "label": "D", "type": "text", "required": True, "key": True},
    ]
    with pytest.raises(ValidationError, match=complaint):
        Table.model_validate(
            {
                "name": "t",
                "sheet": "T",
                "title": "T",
                "kind": "list",
                "columns": [{"name": "a", "label": "A", **column}, *others],
            }
        )


def test_a_rule_of_history_that_would_refuse_is_refused_itself(pack: Pack, tmp_path: Path) -> None:
    for name in ("reading", "cells", "history"):
        shutil.copy(SUITES / f"{name}.yaml", tmp_path)
    path = tmp_path / "history.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("severity: warning", "severity: critical", 1),
        encoding="utf-8",
    )
    with pytest.raises(
        ConfigurationError,
        match=r"history\.yaml: HIS-01: severity: a rule against other reports may warn",
    ):
        RuleSet(pack, tmp_path)


# --- expectations of their own
# ---------------------------------------------------------------------------------------


def test_the_median_leaves_out_what_is_not_there() -> None:
    values = np.array(
        [[1.0, np.nan, 5.0], [3.0, np.nan, np.nan], [8.0, np.nan, 7.0], [4.0, np.nan, np.nan]]
    )
    spread = spread_of(values)
    assert spread.median.tolist()[::2] == [3.5, 6.0]
    assert spread.mad.tolist()[::2] == [1.5, 1.0]
    assert (spread.low[0], spread.high[0], spread.high[2]) == (1.0, 8.0, 7.0)
    assert spread.points.tolist() == [4, 0, 2]
    assert np.isnan(spread.median[1])
    assert spread_of(values[:0]).points.tolist() == [0, 0, 0]

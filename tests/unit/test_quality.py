"""What the quality page says, put in order from the warehouse's answers."""

from datetime import UTC, date, datetime, timedelta

from program.finding import Severity
from program.pack.pack import Pack
from program.records.query_rows import FirstSubmissionRow, QualityRow, RuleExample, RunCount
from program.submission import Verdict
from publish.site.quality_page import (
    FirstSubmissionRate,
    by_period,
    by_rule,
    by_run,
    by_unit,
    days_to_fix,
    passing,
)

NOON = datetime(2025, 1, 10, 5, tzinfo=UTC)


def report(
    unit: str,
    period: str = "2024-Q4",
    versions: int = 1,
    first: bool = True,
    days: float | None = 0,
) -> FirstSubmissionRow:
    accepted = None if days is None else NOON + timedelta(days=days)
    return FirstSubmissionRow(
        "training", unit, period, versions, first, accepted is not None, NOON, accepted
    )


def found(
    unit: str | None,
    rule: str,
    severity: Severity = Severity.CRITICAL,
    findings: int = 1,
    run: int = 1,
) -> QualityRow:
    return QualityRow(
        run, "training", unit, "2024-Q4" if unit else None, rule, severity, findings, 1
    )


def test_a_report_sent_twice_is_one_report_that_did_not_pass_at_once() -> None:
    reports = [
        report("942"),
        report("943", versions=2, first=False, days=3),
        report("944", first=False, days=None),
    ]
    rows = [found("943", "TRN-01", findings=2), found("942", "TRN-08", Severity.WARNING)]
    summed = passing(reports, rows)
    assert summed == FirstSubmissionRate(
        reports=3, at_once=1, still_open=1, criticals=2, warnings=1
    )
    assert round(summed.percent or 0, 1) == 33.3
    assert passing([], []).percent is None


def test_days_to_fix_are_those_of_reports_that_came_right_later() -> None:
    refused = {"first": False, "versions": 2}
    late = [
        report("942", **refused, days=2),
        report("943", **refused, days=5),
        report("944", **refused, days=None),
    ]
    assert days_to_fix([*late, report("945")]) == 3.5
    assert days_to_fix([report("945")]) is None


def test_the_most_frequent_rule_comes_first_with_the_words_it_was_last_reported_in() -> None:
    words = RuleExample("Số nữ lớn hơn.", "Không quá 30", "Kiểm tra lại.")
    rows = [
        found("942", "TRN-01", findings=2),
        found("943", "TRN-01", run=2),
        found(None, "FILE-02"),
    ]
    first, second = by_rule(rows, {"TRN-01": words})
    assert (
        first.rule,
        first.findings,
        first.submissions,
        first.units,
        first.runs,
        first.example,
    ) == (
        "TRN-01",
        3,
        2,
        2,
        2,
        words,
    )
    assert (second.rule, second.units, second.example) == ("FILE-02", 0, None)


def test_units_that_have_something_open_come_first_and_what_nobody_can_place_is_not_lost(
    pack: Pack,
) -> None:
    reports = [
        report("942"),
        report("943", first=False, days=None),
        report("944", versions=2, first=False, days=1),
    ]
    lines = by_unit(reports, [found(None, "FILE-02")], pack)
    assert [unit.code if unit else None for unit, _ in lines] == ["943", "944", None, "942"]
    assert lines[2][1] == FirstSubmissionRate(
        reports=0, at_once=0, still_open=0, criticals=1, warnings=0
    )


def test_a_code_that_two_units_bore_gives_two_lines(pack: Pack) -> None:
    lines = by_unit([report("31528", "2023"), report("31528", "2025-Q3")], [], pack)
    assert sorted(unit.name for unit, _ in lines if unit) == ["Thị trấn Kế Sách", "Xã Kế Sách"]


def test_the_latest_period_comes_first_and_the_unknown_one_last() -> None:
    reports = [report("942", period) for period in ("2024-Q3", "2024", "2024-Q4")]
    lines = by_period(reports, [found(None, "FILE-02")])
    assert [period for period, _ in lines] == ["2024", "2024-Q4", "2024-Q3", None]
    assert lines[-1][1].criticals == 1


def test_a_run_has_its_findings_and_the_data_docs_that_are_kept() -> None:
    counts = {
        Verdict.ACCEPTED: 5,
        Verdict.ACCEPTED_WITH_WARNINGS: 1,
        Verdict.QUARANTINED: 2,
        Verdict.UNREADABLE: 1,
    }
    nights = [RunCount(run, date(2025, 1, run), NOON, counts, (run,)) for run in (2, 1)]
    newest, oldest = by_run(
        nights, [found("942", "TRN-01", findings=4, run=2)], {2: [("training", "x.html")]}
    )
    assert (newest.submissions, newest.accepted, newest.refused, newest.criticals) == (9, 6, 3, 4)
    assert (newest.docs, oldest.docs, oldest.criticals) == ([("training", "x.html")], (), 0)

"""History that looks at whole lines, columns and occasions: what is out of place, and what is not."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from benchmarks.in_memory import Report, history_alone, reading_of
from expectations.checking import Checker
from program.calendar.period import Period
from program.calendar.stage import Stage
from program.pack.pack import Pack
from program.records.history import no_history
from program.submission import Submission, Verdict

UNIT = "942"
ROAD = {
    "work_commune": "Xã Phú Tâm",
    "work_project": "da4_tda1",
    "work_kind": "road",
    "work_status": "in_progress",
    "work_start": date(2024, 1, 5),
    "work_planned_end": date(2025, 6, 1),
    "work_actual_end": None,
}


@pytest.fixture(scope="module")
def checker(pack: Pack, tmp_path_factory: pytest.TempPathFactory) -> Checker:
    folder: Path = tmp_path_factory.mktemp("suites")
    return Checker(pack, history_alone(pack, folder), "test")


def checked(checker: Checker, pack: Pack, reports: Sequence[Report]) -> list[Submission]:
    readings = [reading_of(report, pack, number) for number, report in enumerate(reports)]
    return checker.check(readings, no_history())


def rules(submission: Submission) -> set[str]:
    return {finding.rule for finding in submission.findings}


def capital(
    period: str, paid: float, received_on: date | None = None, plan: float = 5000
) -> Report:
    """Six projects of which `paid` per cent of different plans was paid."""
    lines = {}
    for number, line in enumerate(("da1", "da2", "da6", "da7", "da8", "da9_tda1"), start=1):
        amount = plan + number * 111.5
        lines[line] = {
            "plan_central_investment_vnd": amount,
            "disbursed_central_investment_vnd": round(amount * paid / 100, 1),
        }
    tables = {"capital": lines}
    return Report("disbursement", UNIT, Period.parse(period), tables, received_on=received_on)


def works(period: str, **progress: tuple[float, float]) -> Report:
    """Works by their code, each with its progress and what was paid of 2,000 million."""
    lines = {}
    for code, (done, paid) in progress.items():
        lines[code] = {
            **ROAD,
            "work_code": code,
            "work_name": f"Đường {code}",
            "work_investment_vnd": 2000.0,
            "work_progress_pct": done,
            "work_disbursed_vnd": paid,
        }
    return Report("works", UNIT, Period.parse(period), {"work_list": lines})


def test_this_years_figures_under_last_years_title_do_not_replace_the_accepted_report(
    checker: Checker, pack: Pack
) -> None:
    accepted = capital("2024-Q2", 40)
    mistaken = capital("2024-Q2", 33, received_on=date(2025, 7, 12), plan=4100)
    submission = checked(checker, pack, [accepted, mistaken])[-1]
    assert "HIS-12" in rules(submission)
    assert submission.verdict is Verdict.QUARANTINED


def test_the_same_figures_are_taken_once_the_missing_report_has_come(
    checker: Checker, pack: Pack
) -> None:
    reports = [capital("2024-Q2", 40), capital("2025-Q2", 33, plan=4100)]
    corrected = capital("2024-Q2", 42, received_on=date(2025, 7, 12))
    submission = checked(checker, pack, [*reports, corrected])[-1]
    assert "HIS-12" not in rules(submission)
    assert submission.verdict.loads


def test_a_refused_version_is_no_history_for_the_next_report(checker: Checker, pack: Pack) -> None:
    mistaken = capital("2024-Q2", 90, received_on=date(2025, 7, 12))
    third_quarter = capital("2024-Q3", 60, received_on=date(2025, 7, 13))
    submissions = checked(checker, pack, [capital("2024-Q2", 40), mistaken, third_quarter])
    assert "HIS-12" in rules(submissions[1])
    # It is more than the 40 per cent that stand, and less than the 90 that were refused.
    assert "HIS-02" not in rules(submissions[2])


def test_a_corrected_unit_of_measure_is_a_usual_correction(checker: Checker, pack: Pack) -> None:
    in_dong = capital("2024-Q2", 40)
    for values in in_dong.tables["capital"].values():
        for column in values:
            values[column] = float(str(values[column])) * 1000
    corrected = capital("2024-Q2", 40, received_on=date(2025, 7, 12))
    assert "HIS-12" not in rules(checked(checker, pack, [in_dong, corrected])[-1])


def test_a_young_work_may_grow_tenfold_in_a_quarter(checker: Checker, pack: Pack) -> None:
    before = works("2024-Q2", a=(5, 90), b=(6, 100))
    now = works("2024-Q3", a=(45, 900), b=(50, 1900))
    assert (
        rules(checked(checker, pack, [before, now])[-1]) & {"HIS-01", "HIS-05", "HIS-06"} == set()
    )


def test_a_final_report_with_the_figures_of_the_estimate_is_asked_about(
    checker: Checker, pack: Pack
) -> None:
    school = {
        line: {"school_age": 500 + n, "enrolled": 480 + n}
        for n, line in enumerate(
            ("kindergarten_5", "primary", "lower_secondary", "upper_secondary")
        )
    }
    year = Period.parse("2024")
    reports = [
        Report("outcomes", UNIT, year, {"school": dict(school)}, stage=stage)
        for stage in (Stage.ESTIMATE, Stage.FINAL)
    ]
    assert "HIS-10" in rules(checked(checker, pack, reports)[-1])


def test_an_empty_line_between_filled_ones_is_named_at_its_own_row(
    checker: Checker, pack: Pack
) -> None:
    before, now = capital("2024-Q2", 40), capital("2024-Q3", 60)
    del now.tables["capital"]["da7"]
    reading = reading_of(now, pack, 1)
    table = reading.tables["capital"]
    keys = [line.key for line in reading.form.tables[0].lines] if reading.form else []
    # As in a template: each line of the layout has a row of its own.
    table = table.__class__(
        values=table.values,
        rows=[10 + keys.index(line) for line in table.lines],
        lines=table.lines,
        dtypes=table.dtypes,
        letters=table.letters,
        sheet=table.sheet,
    )
    reading.tables["capital"] = table  # type: ignore[index]
    submission = checker.check([reading_of(before, pack, 0), reading], no_history())[-1]
    row = 10 + keys.index("da7")
    cells = {f.cell for f in submission.findings if f.rule == "HIS-13"}
    assert cells == {table.cell("disbursed_central_investment_vnd", row)}

"""A delay is in working days: up to today while the office waits, else up to the first file."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from program.calendar.stage import Stage
from program.pack.lateness import Lateness
from program.pack.pack import Pack
from program.records.query_rows import ReportingRow
from program.submission import Verdict
from publish.reports.awaited import awaited_reports

DUE = date(2025, 1, 15)  # a Wednesday
MISSING = ReportingRow(
    "training", "942", "2024-Q4", Stage.FINAL, DUE, None, None, 0, False, None, None, False
)
CAME = datetime(2025, 1, 20, 5, tzinfo=UTC)  # the Monday after: 16, 17 and 20 January
SENT = replace(MISSING, versions=1, received_at=CAME, first_at=CAME)


@pytest.mark.parametrize(
    ("row", "days"),
    [
        (MISSING, 5),
        (replace(SENT, verdict=Verdict.QUARANTINED), 5),
        (replace(SENT, verdict=Verdict.ACCEPTED), 3),
        (replace(SENT, verdict=Verdict.ACCEPTED, first_at=CAME.replace(day=15)), 0),
        (replace(MISSING, due_date=None), 0),
    ],
    ids=["missing", "to be corrected", "came late", "came in time", "not asked for"],
)
def test_one_measure_says_how_late_a_report_is(row: ReportingRow, days: int, pack: Pack) -> None:
    today = date(2025, 1, 22)
    assert Lateness(pack, today).days(row) == days
    # The list of whom to call says the same.
    assert [each.days_late for each in awaited_reports([row], pack, today)] in ([], [days])


def test_on_a_weekend_right_after_its_deadline_a_report_is_late_by_one_day(pack: Pack) -> None:
    friday = replace(MISSING, due_date=date(2025, 1, 17))
    late = {day: Lateness(pack, date(2025, 1, day)).days(friday) for day in (17, 18, 19, 20, 21)}
    assert late == {17: 0, 18: 1, 19: 1, 20: 1, 21: 2}

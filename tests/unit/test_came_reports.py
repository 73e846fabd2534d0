"""A report that came several times is one report, by its last file."""

import email
from dataclasses import replace
from datetime import UTC, date, datetime
from email import policy
from email.message import EmailMessage

from program.pack.pack import Pack
from program.records.came_reports import came_reports, verdict_counts
from program.records.letter import Letter, News
from program.records.query_rows import RunSubmissionRow
from program.submission import Verdict
from publish.mail.morning import compose_morning

AT = datetime(2025, 2, 20, 1, tzinfo=UTC)
FIRST = RunSubmissionRow(
    delivery_name="a.xlsx",
    received_at=AT,
    sender_unit="942",
    form_code="training",
    unit_code="942",
    period="2024-Q4",
    verdict=Verdict.QUARANTINED,
    criticals=3,
    warnings=0,
    is_synthetic=False,
    delivery_id=1,
)
SECOND = replace(FIRST, criticals=2, delivery_id=2)
THIRD = replace(FIRST, criticals=1, delivery_id=3)
OTHER = replace(FIRST, unit_code="943", sender_unit="943", verdict=Verdict.ACCEPTED, criticals=0)


def test_a_report_that_was_sent_three_times_is_one_report_with_its_last_result() -> None:
    reports = came_reports([FIRST, OTHER, SECOND, THIRD])
    assert [(report.last, report.times) for report in reports] == [(THIRD, 3), (OTHER, 1)]
    assert verdict_counts(reports) == {Verdict.ACCEPTED: 1, Verdict.QUARANTINED: 1}


def test_a_file_that_was_checked_again_did_not_come_again() -> None:
    (report,) = came_reports([FIRST, replace(FIRST, verdict=Verdict.ACCEPTED)])
    assert (report.times, report.last.verdict) == (1, Verdict.ACCEPTED)


def test_a_file_whose_report_is_unknown_stands_for_itself() -> None:
    unknown = replace(FIRST, form_code=None, period=None, verdict=Verdict.UNREADABLE)
    again = replace(unknown, delivery_id=2)
    another = replace(unknown, delivery_name="b.xlsx", delivery_id=3)
    reports = came_reports([unknown, again, another])
    assert [report.times for report in reports] == [2, 1]


def test_files_of_unknown_senders_stand_for_themselves_whatever_their_names() -> None:
    unknown = replace(FIRST, form_code=None, sender_unit=None, verdict=Verdict.UNREADABLE)
    of_somebody_else = replace(unknown, delivery_id=2)
    reports = came_reports([unknown, of_somebody_else, replace(unknown, submission_id=9)])
    assert [report.times for report in reports] == [1, 1]


def test_the_morning_mail_has_one_line_for_a_report_and_says_how_often_it_came(pack: Pack) -> None:
    office = pack.correspondence.office.email
    letter = Letter("often", office, AT, date(2025, 2, 20), news=News(0, 4))
    message = compose_morning(letter, [FIRST, OTHER, SECOND, THIRD], (), pack)
    mail = email.message_from_bytes(message.as_bytes(), policy=policy.default)
    assert isinstance(mail, EmailMessage)
    body = mail.get_body(("plain",))
    assert body is not None
    lines = [line for line in body.get_content().splitlines() if "Báo cáo đào tạo" in line]
    named = "Báo cáo đào tạo, tập huấn, Quý IV năm 2024"
    assert lines == [
        f"   - Huyện Châu Thành – {named}: cần sửa (1 điểm); đã gửi 3 lần",
        f"   - Huyện Kế Sách – {named}: đạt",
    ]
    counts = "1. MỚI NHẬN: 2 báo cáo, gửi 4 lần (theo lần gửi cuối: 1 đạt; 1 cần sửa)."
    assert counts in body.get_content()
    assert "mới nhận 2 báo cáo" in str(mail["Subject"])

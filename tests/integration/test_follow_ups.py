"""What is mailed besides the verdict, and once: all clear, waived, received; on both databases."""

from dataclasses import replace
from datetime import date, timedelta
from email.message import EmailMessage

import pytest

from program.finding import Finding, Severity
from program.pack.pack import Pack
from program.settings import Settings
from program.submission import Verdict
from tests.mailroom import CRITICAL, WARNING, Collected, Office, at, pack_with_deadlines, texts

pytestmark = pytest.mark.both_databases
MONDAY = date(2025, 1, 13)
WAIVED = replace(
    CRITICAL, severity=Severity.INFO, waived_by="Trưởng phòng (20/01/2025): đã đối chiếu danh sách."
)


@pytest.fixture
def office(pack: Pack, settings: Settings) -> Office:
    return Office(pack, settings, at(MONDAY))


def morning(office: Office, days: int = 1) -> list[EmailMessage]:
    """The mails of a run; afterwards it is so many days later."""
    post = Collected()
    for _ in range(2):  # saying it twice changes nothing
        office.remind()
    office.send(post)
    office.now += timedelta(days=days)
    return post.mails


def tasks(mails: list[EmailMessage]) -> list[str]:
    return [str(mail["Subject"]).rpartition(": ")[2] for mail in mails]


def test_a_mended_report_is_all_clear_once(office: Office) -> None:
    office.receive("942", CRITICAL)
    assert tasks(morning(office)) == ["đề nghị sửa và gửi lại"]
    office.receive("942")
    assert tasks(morning(office)) == ["đã nhận đầy đủ sau khi xem lại"]
    office.receive("942")
    assert morning(office) == []


def test_a_version_with_questions_is_no_all_clear(office: Office) -> None:
    office.receive("942", CRITICAL)
    morning(office)
    office.receive("942", WARNING)
    assert tasks(morning(office)) == ["đề nghị kiểm tra lại số liệu"]
    assert morning(office) == []


def test_a_good_report_that_was_never_questioned_is_mailed_to_nobody_unless_the_pack_wants_it(
    office: Office, pack: Pack
) -> None:
    office.receive("942")
    assert morning(office) == []
    people = pack.correspondence.model_copy(update={"notify": tuple(Verdict)})
    office.pack = replace(pack, correspondence=people)
    office.receive("943")
    assert tasks(morning(office)) == ["đã nhận đầy đủ"]
    office.receive("944", CRITICAL)
    morning(office)
    office.receive("944")
    assert tasks(morning(office)) == ["đã nhận đầy đủ sau khi xem lại"], (
        "all clear stands in for received"
    )


def test_a_waived_finding_is_reported_to_whoever_was_asked(office: Office) -> None:
    delivery = office.receive("942", CRITICAL)
    morning(office)
    office.judge_again(delivery, WAIVED)
    mails = morning(office)
    assert tasks(mails) == ["đã được xem xét, không cần sửa"]
    assert "Ý kiến: Trưởng phòng (20/01/2025): đã đối chiếu danh sách." in texts(mails)[0]
    assert morning(office) == []


def test_a_waived_finding_that_nobody_was_asked_about_is_reported_to_nobody(office: Office) -> None:
    office.receive("942", WAIVED)
    assert morning(office) == []


def test_a_report_that_is_checked_again_and_found_good_is_all_clear(office: Office) -> None:
    delivery = office.receive("942", CRITICAL)
    morning(office)
    office.judge_again(delivery)
    assert tasks(morning(office)) == ["đã nhận đầy đủ sau khi xem lại"]


def test_a_report_that_is_checked_again_and_found_the_same_is_not_mailed_again(
    office: Office,
) -> None:
    delivery = office.receive("942", CRITICAL)
    morning(office)
    office.judge_again(delivery, CRITICAL)
    assert morning(office) == []


def test_a_report_that_is_checked_again_and_found_the_same_is_reminded_of_as_before(
    office: Office,
) -> None:
    """As `mtqg reread` does it: on the second day, before the first reminder."""

    def reminders(unit: str, *, is_checked_again: bool) -> list[str]:
        delivery = office.receive(unit, CRITICAL)
        dates = []
        for day in range(14):
            if is_checked_again and day in (1, 5):
                office.judge_again(delivery, CRITICAL)
            dates += [f"day {day}: {task}" for task in tasks(morning(office))]
        office.receive(unit)
        assert tasks(morning(office)) == ["đã nhận đầy đủ sau khi xem lại"]
        return dates

    # Both series begin on a Monday, and no holiday is in either.
    left_alone = reminders("942", is_checked_again=False)
    office.now = at(MONDAY + timedelta(days=56))
    assert len(left_alone) > 1, "a question and reminders of it"
    assert reminders("943", is_checked_again=True) == left_alone


def test_what_another_check_of_a_file_finds_is_reminded_of_and_not_what_was_found_before(
    office: Office,
) -> None:
    delivery = office.receive("942", CRITICAL)
    morning(office)
    office.judge_again(delivery, replace(CRITICAL, cell="D14"))
    mails = []
    for _ in range(14):
        mails += morning(office)
    assert len(mails) > 1, "the new question and reminders of it"
    for text in texts(mails):
        assert "D14" in text
        assert "D12" not in text


def test_a_bad_file_is_an_open_issue_and_not_a_missing_report(
    pack: Pack, settings: Settings
) -> None:
    office = Office(pack_with_deadlines(pack, "training"), settings, at(MONDAY))
    office.receive("942", CRITICAL)
    mails = [mail for mail in morning(office) if "huyện Châu Thành" in str(mail["To"])]
    assert tasks(mails) == ["đề nghị sửa và gửi lại"]
    assert "Hạn gửi báo cáo: 15/01/2025 (còn 2 ngày làm việc)" in texts(mails)[0]


def test_the_three_worst_are_reported_in_full_where_a_marked_workbook_holds_the_rest(
    office: Office,
) -> None:
    cells = ("D10", "D11", "E12", "F13", "G14")
    many: list[Finding] = [WARNING, *(replace(CRITICAL, cell=cell) for cell in cells)]
    office.receive("942", *many)
    (text,) = texts(morning(office))
    assert text.index("ô D10") < text.index("ô B12"), "the worst first"
    assert text.count("Cách sửa:") == 5, "nothing is attached here, so the mail holds them all"
    assert "Tương tự ở 1 ô khác: D11." in text, "what is alike in a column is one item"

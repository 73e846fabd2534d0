"""Answers to letters: words become an explanation of the findings, and the office decides."""

from dataclasses import replace
from datetime import date, timedelta
from email.message import EmailMessage

import pytest

from program.calendar.stage import Stage
from program.finding import Finding
from program.pack.pack import Pack
from program.pack.source import MailboxSource
from program.records.audit import Signature
from program.records.letter import ReportName
from program.records.office_inbox import Decision, DecisionOutcome, Explanation
from program.settings import Settings
from publish.reports.office_inbox import office_inbox
from tests.mailroom import CRITICAL, WARNING, Collected, Office, at, pack_with_deadlines, texts
from tests.replies import UNIT_ADDRESS, answer_to, take
from warehouse.ledger import start_run
from warehouse.lifecycle.decisions import (
    decide_explanation,
    decide_replacement,
    decided_waivers,
)
from warehouse.lifecycle.explanations import record_explanations
from warehouse.lifecycle.withdraw import withdraw
from warehouse.maintenance.replay_log import run_document
from warehouse.outbox.acknowledgements import enqueue_acknowledgements
from warehouse.outbox.morning import enqueue_morning
from warehouse.queries.office_inbox import explanations, open_explanations

MONDAY = date(2025, 2, 10)
REVISED = replace(CRITICAL, rule="HIS-12", sheet=None, cell=None, value=None)
WORDS = "Số nữ ghi đúng theo danh sách lớp kèm Quyết định số 12/QĐ-UBND."


@pytest.fixture
def office(settings: Settings, pack: Pack) -> Office:
    """An office on a Monday, to which unit 942 has sent nothing yet."""
    return Office(pack, settings, at(MONDAY))


def asked(office: Office, *findings: Finding, period: str = "2024-Q4") -> Collected:
    """Unit 942 sends a report with findings, and gets its letter."""
    office.receive("942", *(findings or (CRITICAL,)), period=period)
    post = Collected()
    office.send(post)
    return post


def explain(office: Office) -> list[Explanation]:
    """The step of a run: returns what waits for the office after it."""
    record_explanations(office.warehouse, office.run, office.now)
    return open_explanations(office.warehouse)


def rules(explanation: Explanation) -> list[str]:
    return [each.finding.rule for each in explanation.findings]


def refusal(office: Office, reason: str = "Chưa có văn bản kèm theo.") -> Decision:
    return Decision(DecisionOutcome.REFUSED, "Nguyễn Văn A, Phòng Nghiệp vụ", office.now, reason)


@pytest.mark.both_databases
def test_words_in_answer_to_a_letter_explain_its_findings(office: Office) -> None:
    (letter,) = asked(office, CRITICAL, WARNING).mails
    office.now += timedelta(hours=1)
    take(office, answer_to(letter, WORDS))
    (explanation,) = explain(office)
    assert (explanation.text, explanation.unit_code) == (WORDS, "942")
    assert rules(explanation) == ["TRN-01", "TRN-05"]
    assert explanation.received_at == office.now
    # Once more: nothing is recorded twice.
    assert explain(office) == [explanation]


def test_the_next_run_makes_up_for_one_that_died_before_it_recorded_the_words(
    office: Office,
) -> None:
    (letter,) = asked(office).mails
    take(office, answer_to(letter, WORDS))
    # The run that extracted the mail ends here.
    office.now += timedelta(days=1)
    office.run = start_run(office.warehouse, office.day, "rules-1", office.now)
    assert len(explain(office)) == 1
    assert [
        row["run_id"] for row in run_document(office.warehouse, office.run)["explanations"]
    ] == [office.run]


def test_an_answer_with_a_file_and_no_words_explains_nothing(office: Office) -> None:
    (letter,) = asked(office).mails
    take(office, answer_to(letter, " \n "), files=1)
    office.judge()
    assert explain(office) == []
    assert explanations(office.warehouse) == []


def test_words_beside_a_file_belong_to_the_version_that_it_brings(office: Office) -> None:
    (letter,) = asked(office, CRITICAL, WARNING).mails
    take(office, answer_to(letter, WORDS), files=1)
    # The file waits to be checked: its mail is left to the next run.
    assert explain(office) == []
    office.judge(WARNING)
    (explanation,) = explain(office)
    assert explanation.submission_ids == (2,)
    assert rules(explanation) == ["TRN-05"]
    post = Collected()
    office.send(post)
    assert "đơn vị giải trình kèm theo đã được chuyển cơ quan tổng hợp" in texts(post.mails)[0]


def test_words_beside_a_file_that_is_right_ask_nothing_of_the_office(office: Office) -> None:
    (letter,) = asked(office).mails
    take(office, answer_to(letter, "Đã sửa, kính gửi."), files=1)
    office.judge()
    assert explain(office) == []
    (kept,) = explanations(office.warehouse)
    assert kept.text == "Đã sửa, kính gửi."


def test_an_answer_to_an_old_letter_is_about_what_the_newest_version_still_has(
    office: Office,
) -> None:
    (letter,) = asked(office, CRITICAL, WARNING).mails
    office.receive("942", WARNING)
    take(office, answer_to(letter, WORDS))
    (explanation,) = explain(office)
    assert (explanation.submission_ids, rules(explanation)) == ((2,), ["TRN-05"])
    # A still newer version has the finding with another value: it was not explained.
    office.receive("942", replace(WARNING, value="13"))
    assert open_explanations(office.warehouse) == []


def test_an_explanation_follows_its_finding_into_the_next_version(office: Office) -> None:
    (letter,) = asked(office, CRITICAL, WARNING).mails
    take(office, answer_to(letter, WORDS))
    explain(office)
    office.receive("942", WARNING)
    (explanation,) = open_explanations(office.warehouse)
    assert [(e.submission_id, e.finding.rule) for e in explanation.findings] == [(2, "TRN-05")]


def test_what_was_withdrawn_needs_no_decision(office: Office) -> None:
    (letter,) = asked(office).mails
    take(office, answer_to(letter, WORDS))
    assert len(explain(office)) == 1
    withdraw(office.warehouse, 1, Signature("", office.now, "gửi nhầm"))
    assert open_explanations(office.warehouse) == []


@pytest.mark.parametrize(
    ("unit", "sender"),
    [(None, "la@mail.example"), ("943", "dan-toc@ke-sach.example")],
    ids=["a stranger", "another unit"],
)
def test_nobody_explains_the_findings_of_others(
    office: Office, unit: str | None, sender: str
) -> None:
    (letter,) = asked(office).mails
    take(office, answer_to(letter, WORDS, from_addresses=(sender,)), unit=unit)
    assert explain(office) == []
    assert explanations(office.warehouse) == []


def test_another_address_of_the_unit_explains_too(office: Office) -> None:
    (letter,) = asked(office).mails
    # The office has said that the address is of the unit.
    take(office, answer_to(letter, WORDS, from_addresses=("canbo@mail.example",)), unit="942")
    assert len(explain(office)) == 1


def test_an_out_of_office_is_nothing(office: Office) -> None:
    (letter,) = asked(office).mails
    take(office, answer_to(letter, "Tôi đang nghỉ phép.", is_automatic=True))
    assert explain(office) == []
    assert explanations(office.warehouse) == []


def test_the_nearest_letter_of_a_thread_is_answered(office: Office) -> None:
    (first,) = asked(office, period="2024-Q3").mails
    office.now += timedelta(days=1)
    (second,) = asked(office).mails
    ids = tuple(str(mail["Message-ID"]).strip("<>") for mail in (second, first))
    take(office, answer_to(second, WORDS, thread_ids=("unknown@elsewhere.example", *ids)))
    (explanation,) = explain(office)
    assert [e.report and e.report.period for e in explanation.findings] == ["2024-Q4"]


@pytest.mark.parametrize(
    "subject",
    ["Re: {subject} [mã {code}]", "TRẢ LỜI: [MÃ {code}] {subject}", "Re: [ma? {code}]"],
)
def test_the_code_in_the_subject_stands_in_for_lost_headers(office: Office, subject: str) -> None:
    (letter,) = asked(office).mails
    code = str(letter["Message-ID"]).strip("<>")[:8]
    written = subject.format(subject=letter["Subject"], code=code)
    take(office, answer_to(letter, WORDS, thread_ids=(), subject=written))
    assert len(explain(office)) == 1


def test_neither_headers_nor_code_is_an_answer_to_nothing(office: Office) -> None:
    (letter,) = asked(office).mails
    take(office, answer_to(letter, WORDS, thread_ids=()))
    assert explain(office) == []


def test_thanks_for_an_all_clear_ask_nothing_of_the_office(office: Office) -> None:
    asked(office)
    office.now += timedelta(days=1)
    office.receive("942")
    office.remind()
    post = Collected()
    office.send(post)
    (all_clear,) = post.mails
    take(office, answer_to(all_clear, "Cảm ơn."))
    assert explain(office) == []


# The office


def test_a_refusal_goes_to_the_sender_once_with_the_reason_as_it_is(office: Office) -> None:
    (letter,) = asked(office).mails
    take(office, answer_to(letter, WORDS))
    (explanation,) = explain(office)
    decision = refusal(office, "Quyết định <số 12> không nói về lớp này.")
    for expected in (True, False):
        result = decide_explanation(
            office.warehouse,
            explanation.id,
            decision,
            recipient=explanation.recipient,
            about=[1],
        )
        assert result.is_new is expected
    post = Collected()
    office.send(post)
    (mail,) = post.mails
    assert "ý kiến về nội dung giải trình" in str(mail["Subject"])
    assert mail["In-Reply-To"] == letter["Message-ID"]
    assert "“Quyết định <số 12> không nói về lớp này”." in texts([mail])[0]
    html = str(mail.get_body(("html",)).get_content())  # type: ignore[union-attr]
    assert "Quyết định &lt;số 12&gt; không nói về lớp này”." in html
    assert open_explanations(office.warehouse) == []
    # Its sender answers again, and is heard again.
    take(office, answer_to(mail, "Xin gửi kèm văn bản.", message_id="again@chau-thanh.example"))
    (again,) = explain(office)
    assert (again.text, rules(again)) == ("Xin gửi kèm văn bản.", ["TRN-01"])


def test_a_refusal_is_not_sent_where_a_good_version_came_meanwhile(office: Office) -> None:
    (letter,) = asked(office).mails
    take(office, answer_to(letter, WORDS))
    (explanation,) = explain(office)
    decide_explanation(
        office.warehouse,
        explanation.id,
        refusal(office),
        recipient=explanation.recipient,
        about=[1],
    )
    office.receive("942")
    office.remind()
    post = Collected()
    office.send(post)
    assert [("đã nhận đầy đủ" in str(mail["Subject"])) for mail in post.mails] == [True]


def working_days_with_a_reminder(office: Office, days: int) -> list[int]:
    """On which of the next working days the unit is reminded, counted from the letter."""
    found = []
    working = office.pack.calendar.working_days
    asked_on = office.day
    for _ in range(days):
        office.now = at(working.after(office.day, 1))
        office.remind()
        post = Collected()
        office.send(post)
        found += [working.between(asked_on, office.day)] * len(post.mails)
    return found


def test_without_an_explanation_the_reminders_come_after_5_and_10_days(office: Office) -> None:
    asked(office)
    assert working_days_with_a_reminder(office, 20) == [5, 10]


def test_an_explanation_pauses_the_reminders_for_the_days_of_the_pack(office: Office) -> None:
    (letter,) = asked(office).mails
    take(office, answer_to(letter, WORDS))
    explain(office)
    assert office.pack.correspondence.mailing.explanation_pauses_days == 10
    assert working_days_with_a_reminder(office, 30) == [15, 20]


def test_a_refusal_ends_the_pause(office: Office) -> None:
    (letter,) = asked(office).mails
    working = office.pack.calendar.working_days
    take(office, answer_to(letter, WORDS))
    (explanation,) = explain(office)
    office.now = at(working.after(office.day, 3))
    decide_explanation(office.warehouse, explanation.id, refusal(office))
    office.now = at(MONDAY)
    assert working_days_with_a_reminder(office, 20) == [8, 13]


def test_an_explanation_does_not_pause_what_another_period_needs(office: Office) -> None:
    (letter,) = asked(office).mails
    take(office, answer_to(letter, WORDS))
    explain(office)
    asked(office, period="2024-Q3")
    assert working_days_with_a_reminder(office, 12) == [5, 10]


@pytest.mark.both_databases
def test_a_replacement_that_only_a_person_can_confirm_waits_for_the_office(office: Office) -> None:
    office.receive("942")
    asked(office, REVISED)
    asked(office, REVISED, CRITICAL, period="2024-Q3")
    (held,) = office_inbox(office.warehouse, {"HIS-12"}).replacements
    assert (held.submission_id, held.report) == (
        2,
        ReportName("training", "942", "2024-Q4", Stage.FINAL),
    )
    result = decide_replacement(
        office.warehouse, held.submission_id, refusal(office), recipient="a@b.example"
    )
    assert (result.is_new, result.mails) == (True, 1)
    assert office_inbox(office.warehouse, {"HIS-12"}).replacements == ()
    assert decided_waivers(office.warehouse) == ()


def test_a_replacement_that_its_sender_explained_waits_with_the_explanation(
    office: Office,
) -> None:
    office.receive("942")
    (letter,) = asked(office, REVISED).mails
    take(office, answer_to(letter, "Đúng là số điều chỉnh của quý IV."))
    explain(office)
    inbox = office_inbox(office.warehouse, {"HIS-12"})
    assert (len(inbox.explanations), inbox.replacements) == (1, ())
    (line,) = inbox.lines(office.pack)
    assert (line.key, line.sender) == ("G1", "942 Huyện Châu Thành")
    assert line.about == (
        "Báo cáo đào tạo, tập huấn, Quý IV năm 2024 (1 lỗi, 0 lưu ý): "
        "Đúng là số điều chỉnh của quý IV."
    )


def test_the_office_gets_a_morning_mail_for_an_explanation_alone(office: Office) -> None:
    (letter,) = asked(office).mails
    to = office.pack.correspondence.office.email
    assert enqueue_morning(office.warehouse, [to], office.now) == 1
    assert enqueue_morning(office.warehouse, [to], office.now) == 0
    office.send(Collected())
    take(office, answer_to(letter, WORDS))
    explain(office)
    assert enqueue_morning(office.warehouse, [to], office.now) == 1
    assert enqueue_morning(office.warehouse, [to], office.now) == 0
    post = Collected()
    office.send(post)
    (text,) = texts(post.mails)
    assert "CHỜ CƠ QUAN QUYẾT ĐỊNH: 1 việc." in text
    assert WORDS in text


# What a letter says about an answer

MAILBOX = "bao-cao@soctrang.example"


def with_mailbox(office: Office, *, url: str | None) -> None:
    """The pack has a mailbox with an address; it is read if there is a URL."""
    mailbox = MailboxSource(kind="mailbox", name="mailbox", address=MAILBOX, url=url)
    office.pack = replace(office.pack, sources=(*office.pack.sources, mailbox))


def test_a_letter_asks_for_an_answer_by_mail_where_a_mailbox_is_read(office: Office) -> None:
    with_mailbox(office, url="maildir:/var/mail/mtqg")
    (letter,) = asked(office).mails
    assert MAILBOX in str(letter["Reply-To"])
    code = str(letter["Message-ID"]).strip("<>")[:8]
    assert str(letter["Subject"]).endswith(f" [mã {code}]")
    (text,) = texts([letter])
    assert "Xin trả lời thư này kèm tệp đã sửa; nếu số liệu là đúng" in text
    assert "theo cách đã gửi; không cần báo riêng" not in text
    # Whoever wants to talk does not write to a mailbox that a program reads.
    assert f"thư điện tử {office.pack.correspondence.office.email}." in text
    # The code is enough for the answer.
    take(office, answer_to(letter, WORDS, thread_ids=()))
    assert len(explain(office)) == 1


def test_a_letter_says_nothing_of_an_answer_to_a_mailbox_that_nobody_reads(office: Office) -> None:
    with_mailbox(office, url=None)
    (letter,) = asked(office).mails
    assert office.pack.correspondence.office.email in str(letter["Reply-To"])
    assert "[mã" not in str(letter["Subject"])
    (text,) = texts([letter])
    assert "Xin trả lời thư này kèm tệp đã sửa" not in text


# What the sender hears


def acknowledge(office: Office) -> list[EmailMessage]:
    """The steps of a run after the load; returns the mails that it sends."""
    enqueue_acknowledgements(office.warehouse, explain(office), office.now)
    office.remind()
    post = Collected()
    office.send(post)
    return post.mails


@pytest.mark.both_databases
def test_the_sender_of_an_explanation_hears_once_that_it_was_received(office: Office) -> None:
    (letter,) = asked(office).mails
    office.now += timedelta(hours=1)
    take(office, answer_to(letter, WORDS))
    (mail,) = acknowledge(office)
    assert "đã nhận nội dung giải trình" in str(mail["Subject"])
    assert mail["In-Reply-To"] == letter["Message-ID"]
    (text,) = texts([mail])
    assert "nhận được lúc 10/02/2025 09:00 đã được chuyển cơ quan tổng hợp" in text
    assert "– Huyện Châu Thành – Quý IV năm 2024" in text
    assert acknowledge(office) == []
    # A second answer, to this mail and not to the letter, is about the same report.
    more = answer_to(mail, "Xin gửi kèm văn bản.", message_id="more@x.example", thread_ids=())
    subject = f"{more.subject} [mã {str(mail['Message-ID']).strip('<>')[:8]}]"
    take(office, replace(more, subject=subject))
    assert [rules(each) for each in explain(office)] == [["TRN-01"], ["TRN-01"]]
    assert len(acknowledge(office)) == 1


def test_words_beside_a_file_are_acknowledged_by_the_letter_about_the_file(office: Office) -> None:
    (letter,) = asked(office, CRITICAL, WARNING).mails
    take(office, answer_to(letter, WORDS), files=1)
    office.judge(WARNING)
    (mail,) = acknowledge(office)
    assert "đơn vị giải trình kèm theo đã được chuyển cơ quan tổng hợp" in texts([mail])[0]
    assert "Nội dung giải trình về" not in texts([mail])[0]
    assert acknowledge(office) == []


def test_thanks_are_not_acknowledged(office: Office) -> None:
    (letter,) = asked(office).mails
    take(office, answer_to(letter, "Đã sửa, kính gửi."), files=1)
    office.judge()
    (mail,) = acknowledge(office)
    assert "đã nhận đầy đủ sau khi xem lại" in str(mail["Subject"])


def accepted(office: Office) -> Decision:
    return Decision(DecisionOutcome.ACCEPTED, "Nguyễn Văn A, Phòng Nghiệp vụ", office.now, WORDS)


def test_the_sender_hears_once_that_words_were_accepted_which_waive_nothing(office: Office) -> None:
    (letter,) = asked(office).mails
    take(office, answer_to(letter, WORDS))
    acknowledge(office)
    office.now += timedelta(hours=2)
    for _ in range(2):
        decide_explanation(office.warehouse, 1, accepted(office))
    (mail,) = acknowledge(office)
    assert "đã chấp nhận nội dung giải trình" in str(mail["Subject"])
    assert "đã xem xét và chấp nhận nội dung giải trình" in texts([mail])[0]
    assert acknowledge(office) == []


def test_what_was_decided_before_the_mail_left_is_one_mail(office: Office) -> None:
    (letter,) = asked(office).mails
    take(office, answer_to(letter, WORDS))
    enqueue_acknowledgements(office.warehouse, explain(office), office.now)
    decide_explanation(office.warehouse, 1, accepted(office))
    (mail,) = acknowledge(office)
    assert "đã chấp nhận nội dung giải trình" in str(mail["Subject"])
    assert "kết quả xem xét sẽ được thông báo" not in texts([mail])[0]


def test_words_about_a_report_that_has_not_come_are_acknowledged_and_do_not_take_its_place(
    office: Office,
) -> None:
    office.pack = pack_with_deadlines(office.pack, "training")
    office.now = at(date(2025, 1, 20))
    office.remind()
    post = Collected()
    office.send(post)
    reminder = next(mail for mail in post.mails if UNIT_ADDRESS in str(mail["To"]))
    take(office, answer_to(reminder, "Xin lùi hạn một tuần."))
    enqueue_acknowledgements(office.warehouse, explain(office), office.now)
    decide_explanation(office.warehouse, 1, accepted(office))
    office.send(post)
    (text,) = texts(post.mails[-1:])
    assert "Báo cáo chưa gửi, đề nghị đơn vị vẫn gửi." in text

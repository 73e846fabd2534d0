"""Mails: what they say (golden files), that they cannot be abused, and that they arrive over real SMTP."""

import email
import hashlib
import io
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import policy
from email.header import decode_header, make_header
from email.message import Message
from itertools import count
from pathlib import Path
from urllib.parse import unquote, urlsplit

import openpyxl
import pytest
import yaml

from program.calendar.stage import Stage
from program.errors import ConfigurationError, MailDeferredError
from program.finding import Finding, Severity
from program.limits import Limits
from program.pack.pack import Pack
from program.records.letter import Letter, Notice, NoticeKind
from program.settings import ROOT, Settings
from program.submission import Verdict
from program.vietnamese import format_date
from publish.mail.message import compose
from publish.mail.transport import FolderTransport, SmtpTransport
from publish.marking.download_links import remove_expired_downloads
from publish.marking.letter_attachments import Attachment, attachments_of
from publish.marking.marking_process import MarkerPool, MarkingError
from publish.marking.request import MarkedReport, MarkRequest
from tests.integration.test_rebuild import night
from tests.smtp import Inbox, closed_port, mail_server
from tests.workbooks import report

GOLDEN = Path(__file__).parents[1] / "golden"
WHEN = datetime(2025, 1, 20, 18, tzinfo=UTC)
FINDING = Finding(
    rule="TRN-01",
    severity=Severity.CRITICAL,
    message="Số nữ (101) lớn hơn số người tham dự (100).",
    expected="Không quá 100",
    fix="Kiểm tra lại số nữ và số người tham dự của dòng này.",
    sheet="Tổng hợp",
    cell="D12",
    value="101",
)
QUESTION = Finding(
    "TRN-05",
    Severity.WARNING,
    "Tổng số lớp ghi 12, cộng lại được 11.",
    "Đối chiếu.",
    sheet="Tổng hợp",
    cell="B12",
)
NOTE = Finding("CELL-02", Severity.INFO, "Ô để trống.", "Không cần.", sheet="Tổng hợp", cell="H12")
NO_WORKBOOK = Finding(
    "FILE-02",
    Severity.CRITICAL,
    "Tệp gửi đến không phải bảng tính mà là tệp PDF.",
    "Gửi bảng tính.",
)


_NUMBERS = count(1)


def notice(
    verdict: Verdict, *findings: Finding, name: str = "báo cáo.xlsx", period: str | None = "2024-Q4"
) -> Notice:
    known = verdict is not Verdict.UNREADABLE
    form, unit = ("training", "942") if known else (None, None)
    return Notice(
        next(_NUMBERS), verdict, form, unit, period, Stage.FINAL, "942", name, WHEN, findings
    )


def letter(*notices: Notice, recipient: str = "dan-toc@chau-thanh.example") -> Letter:
    return Letter("0123456789abcdef", recipient, WHEN, WHEN.date(), notices)


KINDS = {
    "needs-fixing": letter(notice(Verdict.QUARANTINED, FINDING, QUESTION, NOTE)),
    "please-check": letter(notice(Verdict.ACCEPTED_WITH_WARNINGS, QUESTION)),
    "in-part": letter(notice(Verdict.ACCEPTED_WITH_WARNINGS, FINDING, QUESTION)),
    "several": letter(
        notice(Verdict.QUARANTINED, FINDING),
        notice(Verdict.UNREADABLE, NO_WORKBOOK, name="quý 3.xlsx", period=None),
    ),
}


def parsed(message: Message) -> email.message.EmailMessage:
    return email.message_from_bytes(message.as_bytes(), policy=policy.default)


def test_a_report_that_was_asked_about_and_compared_in_one_run_is_spoken_of_once(
    pack: Pack,
) -> None:
    judged = notice(Verdict.ACCEPTED_WITH_WARNINGS, QUESTION)
    differs = replace(QUESTION, rule="ACR-01", cell="C12", message="Khác với báo cáo của xã.")
    compared = replace(judged, kind=NoticeKind.CROSS_CHECKED, findings=(differs, QUESTION))
    other = notice(Verdict.UNREADABLE, NO_WORKBOOK, name="quý 3.xlsx", period=None)
    text = parsed(compose(letter(judged, other, compared), pack)).get_body(("plain",)).get_content()
    assert text.count("Tệp: báo cáo.xlsx") == text.count("ĐÃ NHẬN. Số liệu đã được ghi") == 1
    assert [text.count(each.message) for each in (QUESTION, differs)] == [1, 1]
    # What cannot be read comes first, though it was reported later: it is to be mended, the other to be
    # looked at.
    assert (
        text.index("Tệp: quý 3.xlsx") < text.index(QUESTION.message) < text.index(differs.message)
    )
    # Where nothing but the comparison asks, the letter says so, and that the report was received.
    received = replace(judged, verdict=Verdict.ACCEPTED, findings=(NOTE,))
    text = parsed(compose(letter(received, compared), pack)).get_body(("plain",)).get_content()
    assert text.count("Tệp: báo cáo.xlsx") == text.count("ĐÃ NHẬN, CẦN ĐỐI CHIẾU") == 1


def test_a_letter_says_when_a_corrected_file_is_checked(pack: Pack) -> None:
    def last_words(pack: Pack, *, has_intake: bool) -> str:
        message = parsed(compose(KINDS["needs-fixing"], pack, has_intake=has_intake))
        text: str = message.get_body(("plain",)).get_content()
        return text[text.index("Sửa xong") :]

    hours = pack.calendar.intake
    assert hours is not None
    in_hours = f"từ {hours.from_hour} giờ đến {hours.until_hour} giờ các ngày làm việc"
    assert in_hours in last_words(pack, has_intake=True)
    assert in_hours not in last_words(pack, has_intake=False)
    # The pack knows the hours; how often there is an intake is in the schedule.
    deployments = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]
    schedules = next(each["schedules"] for each in deployments if each["name"] == "intake")
    minutes = {schedule["cron"].split()[0].removeprefix("*/") for schedule in schedules}
    assert all(f"sau khoảng {each} phút" in last_words(pack, has_intake=True) for each in minutes)


def subject(message: Message) -> str:
    return str(make_header(decode_header(message["Subject"])))


@pytest.mark.parametrize("kind", KINDS)
def test_the_text_is_the_reviewed_one(
    pack: Pack, kind: str, request: pytest.FixtureRequest
) -> None:
    message = compose(KINDS[kind], pack)
    text = f"Subject: {subject(message)}\n\n{parsed(message).get_body(('plain',)).get_content()}"
    path = GOLDEN / f"mail-{kind}.txt"
    if request.config.getoption("--rewrite-golden"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", KINDS)
def test_a_letter_to_the_office_itself_leads_to_the_engineer_and_not_back_to_the_office(
    pack: Pack, kind: str
) -> None:
    people = pack.correspondence
    message = parsed(compose(replace(KINDS[kind], recipient=people.office.email), pack))
    for body in ("plain", "html"):
        words = re.sub("<[^>]+>", "", message.get_body((body,)).get_content())
        assert words.count(people.office.name) == 1  # "Kính gửi"
        assert f"liên hệ {people.engineer.name}, thư điện tử {people.engineer.email}." in words
        assert "trả lời thư này" not in words


def test_both_bodies_say_the_same(pack: Pack) -> None:
    message = parsed(compose(KINDS["needs-fixing"], pack))
    bodies = [message.get_body((kind,)).get_content() for kind in ("plain", "html")]
    for words in (
        "Tổng hợp",
        "D12",
        "101",
        "Không quá 100",
        FINDING.message,
        FINDING.fix,
        "TRN-01",
        "Huyện Châu Thành",
        "Quý IV",
    ):
        assert all(words in body for body in bodies), words
    assert all("CELL-02" not in body for body in bodies)


def test_the_same_letter_is_the_same_mail_to_the_byte(pack: Pack) -> None:
    assert compose(KINDS["several"], pack).as_bytes() == compose(KINDS["several"], pack).as_bytes()


def test_the_headers_are_what_mail_programs_expect(pack: Pack) -> None:
    message = compose(KINDS["several"], pack)
    assert message["Message-ID"] == "<0123456789abcdef@bandantoc.soctrang.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"] == "Mon, 20 Jan 2025 18:00:00 +0000"
    assert "dan-toc@chau-thanh.example" in message["To"]
    assert all(len(line) < 200 for line in message.as_bytes().splitlines())
    assert all(byte < 128 for byte in message.as_bytes())


def test_a_file_name_cannot_add_markup_or_headers(pack: Pack) -> None:
    name = "<script>alert(1)</script>\r\nBcc: all@example.org.xlsx"
    message = parsed(compose(letter(notice(Verdict.QUARANTINED, FINDING, name=name)), pack))
    assert message["Bcc"] is None
    assert "<script>" not in message.get_body(("html",)).get_content()
    assert "&lt;script&gt;" in message.get_body(("html",)).get_content()


def test_a_thousand_findings_stay_a_readable_mail(pack: Pack) -> None:
    message = parsed(compose(letter(notice(Verdict.QUARANTINED, *[FINDING] * 1000)), pack))
    text = message.get_body(("plain",)).get_content()
    assert text.count("TRN-01") == 40
    assert "960 chỗ khác" in text


def test_two_files_with_the_same_mistake_have_an_item_each(pack: Pack) -> None:
    scans = [
        notice(Verdict.UNREADABLE, NO_WORKBOOK, name=f"quý {number}.pdf", period=None)
        for number in (3, 4)
    ]
    text = parsed(compose(letter(*scans), pack)).get_body(("plain",)).get_content()
    assert text.count(NO_WORKBOOK.message) == 2
    assert "đối chiếu" not in text


@pytest.mark.parametrize(("reports", "findings"), [(3, 40), (40, 40), (90, 3)])
def test_a_mail_program_shows_a_letter_whole_however_many_reports_it_is_about(
    pack: Pack, reports: int, findings: int
) -> None:
    """Gmail cuts off what is beyond 102 kB, and with it whom to call."""
    notices = []
    for number in range(reports):
        found = [
            replace(FINDING, message=f"{FINDING.message} {number}-{line}", cell=f"D{line}")
            for line in range(findings)
        ]
        notices.append(notice(Verdict.QUARANTINED, *found, name=f"báo cáo {number}.xlsx"))
    message = parsed(compose(letter(*notices), pack))
    html = message.get_body(("html",)).get_content()
    assert len(html.encode()) < 102_000
    assert html.count("Tệp: ") == reports
    assert pack.correspondence.office.name in html


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with mail_server() as inbox:
        yield inbox


def test_a_mail_arrives_over_smtp_as_it_was_composed(pack: Pack, inbox: Inbox) -> None:
    message = compose(KINDS["several"], pack)
    post = SmtpTransport(inbox.url)
    post.send(message)
    post.close()
    taken = inbox.envelopes[0]
    assert taken.rcpt_tos == ["dan-toc@chau-thanh.example"]
    arrived = email.message_from_bytes(taken.content, policy=policy.default)
    assert arrived["Message-ID"] == message["Message-ID"]
    assert (
        arrived.get_body(("plain",)).get_content().split()
        == parsed(message).get_body(("plain",)).get_content().split()
    )


def test_a_server_without_tls_is_refused_unless_a_setting_allows_it(
    pack: Pack, inbox: Inbox
) -> None:
    with pytest.raises(MailDeferredError, match="mail server"):
        SmtpTransport(f"smtp://user:secret@127.0.0.1:{urlsplit(inbox.url).port}").send(
            compose(KINDS["several"], pack)
        )
    assert inbox.mails == []


def test_a_server_that_is_down_fails_without_showing_the_password(pack: Pack) -> None:
    with closed_port() as port, pytest.raises(MailDeferredError) as failure:
        SmtpTransport(f"smtp://user:secret@127.0.0.1:{port}?starttls=never").send(
            compose(KINDS["several"], pack)
        )
    assert "secret" not in str(failure.value)


@pytest.mark.parametrize("url", ["http://x", "smtp://", "nonsense"])
def test_a_wrong_url_names_the_setting(url: str) -> None:
    with pytest.raises(ConfigurationError, match="MTQG_SMTP_URL"):
        SmtpTransport(url)


def test_without_a_server_a_mail_is_one_file_however_often_it_is_sent(
    pack: Pack, tmp_path: Path
) -> None:
    for _ in range(2):
        FolderTransport(tmp_path / "outbox").send(compose(KINDS["several"], pack))
    files = list((tmp_path / "outbox").iterdir())
    assert [f.name for f in files] == ["0123456789abcdef.eml"]
    assert subject(email.message_from_bytes(files[0].read_bytes())).endswith(
        "đề nghị sửa và gửi lại"
    )


CONTENT = report()
FILE = Attachment("báo cáo quý 4 của huyện Châu Thành (đã đánh dấu).xlsx", "báo cáo.xlsx", report())
TOO_LARGE = Attachment("ảnh (đã đánh dấu).xlsx", "ảnh.xlsx", None)


def test_a_marked_workbook_goes_with_the_mail_under_its_vietnamese_name(pack: Pack) -> None:
    message = compose(KINDS["needs-fixing"], pack, [FILE])
    (attached,) = parsed(message).iter_attachments()
    assert attached.get_filename() == FILE.name
    assert (
        attached.get_content_type()
        == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    )
    assert attached.get_payload(decode=True) == FILE.content
    # Outlook of some ages looks for the name here, and for encoded words in it.
    older = dict(message.get_payload()[1].get_params(header="Content-Type"))["name"]
    assert str(make_header(decode_header(older))) == FILE.name
    for kind in ("plain", "html"):
        assert FILE.name in " ".join(parsed(message).get_body((kind,)).get_content().split())


def test_a_mail_with_a_workbook_is_mixed_around_both_bodies_and_the_same_to_the_byte(
    pack: Pack,
) -> None:
    message = compose(KINDS["needs-fixing"], pack, [FILE])
    assert message.get_content_type() == "multipart/mixed"
    assert [part.get_content_type().partition("/")[0] for part in message.get_payload()] == [
        "multipart",
        "application",
    ]
    assert message.as_bytes() == compose(KINDS["needs-fixing"], pack, [FILE]).as_bytes()
    assert all(byte < 128 for byte in message.as_bytes())
    assert all(len(line) < 998 for line in message.as_bytes().splitlines())


def test_a_workbook_that_is_too_large_is_reported_and_not_attached(pack: Pack) -> None:
    message = compose(KINDS["needs-fixing"], pack, [TOO_LARGE])
    assert list(parsed(message).iter_attachments()) == []
    for kind in ("plain", "html"):
        assert "quá lớn để gửi kèm" in parsed(message).get_body((kind,)).get_content()


def in_archive(
    content: bytes,
    *findings: Finding,
    sender: str | None = "942",
    number: int = 7,
    report_no: int = 1,
) -> Notice:
    return replace(
        notice(Verdict.QUARANTINED, *findings),
        delivery_id=number,
        sha256=hashlib.sha256(content).hexdigest(),
        sender_unit=sender,
        report_no=report_no,
    )


def attached(
    pack: Pack, settings: Settings, content: bytes, *notices: Notice
) -> list[tuple[str, bytes | None]]:
    with MarkerPool(pack, settings.limits) as marker:
        found = attachments_of(
            letter(*notices),
            pack,
            settings,
            {in_archive(content).sha256: content}.__getitem__,
            marker,
        )
    return [(each.name, each.content) for each in found]


def test_all_that_a_letter_says_of_a_file_is_in_one_workbook(
    pack: Pack, settings: Settings
) -> None:
    content = report()
    notices = [in_archive(content, FINDING, report_no=2), in_archive(content, QUESTION, NOTE)]
    ((name, marked),) = attached(pack, settings, content, *notices)
    book = openpyxl.load_workbook(io.BytesIO(marked or b""))
    said = str([cell.value for row in book.worksheets[0].iter_rows() for cell in row if cell.value])
    assert name == "báo cáo (đã đánh dấu).xlsx"
    assert "TRN-01" in said
    assert "TRN-05" in said
    assert "CELL-02" not in said
    assert {at for at in ("B12", "D12") if book["Tổng hợp"][at].comment} == {"B12", "D12"}


def test_a_file_goes_back_to_nobody_but_its_sender(pack: Pack, settings: Settings) -> None:
    assert attached(pack, settings, report(), in_archive(report(), FINDING, sender=None)) == []


def test_a_letter_with_more_than_a_mail_may_hold_says_so(pack: Pack, settings: Settings) -> None:
    content = report()
    notices = [in_archive(content, FINDING, number=number) for number in (1, 2)]
    one = len(attached(pack, settings, content, notices[0])[0][1] or b"")
    small = settings.model_copy(update={"max_mail_bytes": one * 3 // 2})
    names = [
        (name, content is not None) for name, content in attached(pack, small, content, *notices)
    ]
    assert names == [("báo cáo (đã đánh dấu).xlsx", True), ("báo cáo (đã đánh dấu) 2.xlsx", False)]


def test_two_workbooks_in_a_mail_are_explained_once(pack: Pack) -> None:
    other = replace(FILE, name="quý 3 (đã đánh dấu).xlsx")
    message = parsed(compose(KINDS["several"], pack, [FILE, other, TOO_LARGE]))
    for kind in ("plain", "html"):
        text = " ".join(message.get_body((kind,)).get_content().split())
        assert f"“{FILE.name}”, “{other.name}”" in text
        assert text.count("đã được tô màu") == 1
        assert "Bản đánh dấu của tệp “ảnh.xlsx” quá lớn" in text


PAIRS = {
    "one": (("training", "2024-Q4"),),
    "one form of three periods": (
        ("training", "2024-Q4"),
        ("training", "2024-Q3"),
        ("training", "2024-Q2"),
    ),
    "two of one period": (("training", "2024-Q4"), ("disbursement", "2024-Q4")),
    "two that share neither": (("training", "2024-Q4"), ("disbursement", "2024-12")),
    "three that share neither": (
        ("training", "2024-Q4"),
        ("disbursement", "2024-12"),
        ("disbursement", "2024-11"),
    ),
}
SUBJECTS = {
    "one": "Báo cáo đào tạo, tập huấn quý IV năm 2024",
    "one form of three periods": "03 báo cáo",
    "two of one period": "02 báo cáo",
    "two that share neither": "02 báo cáo",
    "three that share neither": "03 báo cáo",
}


@pytest.mark.parametrize("which", PAIRS)
def test_a_subject_names_the_unit_its_one_report_or_how_many_and_what_is_asked(
    pack: Pack, which: str
) -> None:
    notices = [
        replace(notice(Verdict.QUARANTINED, FINDING), form_code=form, period=period)
        for form, period in PAIRS[which]
    ]
    said = subject(compose(letter(*notices), pack))
    assert said == f"Huyện Châu Thành – {SUBJECTS[which]}: đề nghị sửa và gửi lại"


# --- a workbook too large for a mail
# -------------------------------------------------------------------------------


def linked(pack: Pack, settings: Settings, *notices: Notice) -> Attachment:
    with MarkerPool(pack, settings.limits) as marker:
        (found,) = attachments_of(letter(*notices), pack, settings, lambda _: CONTENT, marker)
    return found


@pytest.fixture
def shelf(settings: Settings) -> Settings:
    return settings.model_copy(
        update={"max_mail_bytes": 100, "marked_url": "https://bao-cao.example/danh-dau/"}
    )


def asked(**more: object) -> Notice:
    return replace(in_archive(CONTENT, FINDING), **{"form_code": "disbursement", **more})


def test_a_workbook_too_large_for_a_mail_is_had_by_a_link_that_nobody_can_guess(
    pack: Pack, shelf: Settings
) -> None:
    found = linked(pack, shelf, asked())
    (file,) = shelf.marked.glob("*/*")
    assert found.content is None
    assert found.link is not None
    assert file.name == found.name
    assert file.parent.name == hashlib.sha256(file.read_bytes()).hexdigest()
    assert (
        unquote(found.link.url)
        == f"https://bao-cao.example/danh-dau/{file.parent.name}/{file.name}"
    )
    assert openpyxl.load_workbook(file)["Tổng hợp"]["D12"].comment
    assert linked(pack, shelf, asked()) == found
    assert len(list(shelf.marked.glob("*/*"))) == 1


def test_a_letter_with_a_link_says_until_when_and_shows_the_worst_three(
    pack: Pack, shelf: Settings
) -> None:
    message = parsed(
        compose(letter(asked(findings=(FINDING,) * 5)), pack, [linked(pack, shelf, asked())])
    )
    text, html = (message.get_body((kind,)).get_content() for kind in ("plain", "html"))
    (url,) = re.findall(r"^https://\S+\.xlsx$", text, re.MULTILINE)
    assert f'href="{url}"' in html
    for body in (text, html):
        assert f"đến hết ngày {format_date(WHEN.date() + timedelta(days=30))}" in body
        assert "Ngoài ra còn 2 chỗ khác" in body
    assert list(message.iter_attachments()) == []


@pytest.mark.parametrize(
    "what",
    [{"form_code": "training"}, {"form_code": None}],
    ids=["personal columns", "unknown form"],
)
def test_what_may_hold_personal_data_is_never_had_by_a_link(
    pack: Pack, shelf: Settings, what: dict[str, object]
) -> None:
    forms = (
        form.model_copy(update={"personal_days": 365} if form.code == "training" else {})
        for form in pack.forms
    )
    with_persons = replace(pack, forms=tuple(forms))
    assert linked(with_persons, shelf, asked(**what)).link is None
    assert linked(with_persons, shelf, asked(), asked(**what, report_no=2)).link is None
    assert not shelf.marked.exists()


def test_without_an_address_or_a_disk_the_letter_says_that_the_office_can_be_asked(
    pack: Pack, shelf: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    assert linked(pack, shelf.model_copy(update={"marked_url": ""}), asked()).link is None
    shelf.marked.parent.mkdir(parents=True, exist_ok=True)
    shelf.marked.write_text("in the way")
    found = linked(pack, shelf, asked())
    assert found.link is None
    assert "link=no" in caplog.text
    text = parsed(compose(letter(asked()), pack, [found])).get_body(("plain",)).get_content()
    assert "cần bản đánh dấu, xin hỏi theo địa chỉ cuối thư" in text


def test_a_linked_workbook_is_kept_as_long_as_its_letter_says_and_no_longer(
    pack: Pack, shelf: Settings
) -> None:
    link = linked(pack, shelf, asked()).link
    assert link is not None
    now = datetime.now(UTC)
    assert remove_expired_downloads(shelf, now + timedelta(days=shelf.keep_marked_days)) == 0
    assert remove_expired_downloads(shelf, now + timedelta(days=shelf.keep_marked_days + 1)) == 1
    assert list(shelf.marked.iterdir()) == []
    assert remove_expired_downloads(shelf.model_copy(update={"var": shelf.var / "none"}), now) == 0


def test_each_run_deletes_old_download_links(settings: Settings) -> None:
    folder = settings.marked / ("0" * 64)
    folder.mkdir(parents=True)
    long_ago = datetime.now(UTC) - timedelta(days=settings.keep_marked_days + 2)
    os.utime(folder, (long_ago.timestamp(),) * 2)
    night(settings).warehouse.dispose()
    assert not folder.exists()


@pytest.mark.parametrize("content", [b"%PDF-1.7", report()[:3000]], ids=["pdf", "cut"])
def test_what_cannot_be_marked_leaves_the_mail_as_it_is_and_the_operator_a_line(
    pack: Pack, settings: Settings, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    assert attached(pack, settings, content, in_archive(content, FINDING)) == []
    assert "mark delivery=7" in caplog.text
    assert "FILE-0" in caplog.text


def test_bytes_that_the_archive_lost_leave_the_mail_as_it_is(
    pack: Pack, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    assert attached(pack, settings, b"other", in_archive(report(), FINDING)) == []
    assert "attached=no" in caplog.text


REQUEST = MarkRequest(report(), "a.xlsx", (MarkedReport("", (FINDING,)),))


def test_marking_that_asks_for_too_much_memory_ends_by_itself(pack: Pack) -> None:
    with (
        MarkerPool(pack, Limits(memory_bytes=1)) as marker,
        pytest.raises(MarkingError, match="memory|did not start"),
    ):
        marker.mark(REQUEST)


def test_marking_that_takes_too_long_is_ended(pack: Pack) -> None:
    with (
        MarkerPool(pack, Limits(seconds=0.001)) as marker,
        pytest.raises(MarkingError, match="time-out"),
    ):
        marker.mark(REQUEST)


def test_one_process_marks_all_and_another_follows_one_that_is_gone(pack: Pack) -> None:
    good, broken = (
        MarkRequest(report(), "a.xlsx", (MarkedReport("", (FINDING,)),)),
        MarkRequest(b"%PDF-1.7", "b.pdf", (MarkedReport("", (FINDING,)),)),
    )
    with MarkerPool(pack, Limits()) as marker:
        first = marker.mark(good)
        process = marker._process._child
        with pytest.raises(MarkingError, match="FILE-02"):
            marker.mark(broken)
        assert (marker.mark(good), marker._process._child) == (first, process)
        assert process is not None
        process.popen.kill()
        with pytest.raises(MarkingError, match="SIGKILL"):
            marker.mark(good)
        assert marker.mark(good) == first
        assert marker._process._child is not process


# --- one cause, one item
# -------------------------------------------------------------------------------


def body(message: Message) -> str:
    return parsed(message).get_body(("plain",)).get_content()


def test_a_bad_column_is_one_item_with_its_cells_and_counts_once(pack: Pack) -> None:
    column = [replace(FINDING, cell=f"D{row}") for row in range(10, 16)]
    text = body(compose(letter(notice(Verdict.QUARANTINED, *column)), pack))
    assert text.count(FINDING.message) == 1
    assert "Tương tự ở 5 ô khác: D11, D12, D13, D14, D15." in text
    assert "chỗ khác" not in text


def test_what_a_cross_check_says_of_two_reports_is_printed_once(pack: Pack) -> None:
    notices = [
        replace(
            notice(Verdict.ACCEPTED_WITH_WARNINGS, QUESTION),
            submission_id=number,
            form_code=form,
            kind=NoticeKind.CROSS_CHECKED,
        )
        for number, form in enumerate(("training", "disbursement"), start=1)
    ]
    text = body(compose(letter(*notices), pack))
    assert text.count(QUESTION.message) == 1
    assert text.count("đã nêu ở báo cáo trên") == 1


def test_a_mail_without_a_known_deadline_says_by_when(pack: Pack) -> None:
    text = body(compose(letter(notice(Verdict.QUARANTINED, FINDING)), pack))
    day = pack.calendar.working_days.after(letter().day, 5)
    assert f"Đề nghị gửi lại hoặc trả lời chậm nhất ngày {day:%d/%m/%Y}" in text
    assert "chậm nhất" not in body(compose(letter(notice(Verdict.ACCEPTED)), pack))

"""Mails: what they say (golden files), that they cannot be abused, and that they arrive over real SMTP."""

import email
import hashlib
import io
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email import policy
from email.header import decode_header, make_header
from email.message import Message
from pathlib import Path

import openpyxl
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope

from program.errors import ConfigurationError, DeliveryFailed
from program.finding import Finding, Severity
from program.letter import Letter, Notice
from program.limits import Limits
from program.pack import Pack
from program.settings import Settings
from program.stage import Stage
from program.submission import Verdict
from publish.mail import compose
from publish.marking.attaching import Attachment, attachments_of
from publish.marking.order import Order, Report
from publish.marking.process import Marker, MarkingError, mark_apart
from publish.post import FolderPost, SmtpPost
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
    "TRN-05", Severity.WARNING, "Tổng số lớp ghi 12, cộng lại được 11.", "Đối chiếu.", sheet="Tổng hợp", cell="B12"
)
NOTE = Finding("CELL-02", Severity.INFO, "Ô để trống.", "Không cần.", sheet="Tổng hợp", cell="H12")
NO_WORKBOOK = Finding("FILE-02", Severity.CRITICAL, "Tệp gửi đến không phải bảng tính mà là tệp PDF.", "Gửi bảng tính.")


def notice(verdict: Verdict, *findings: Finding, name: str = "báo cáo.xlsx", period: str | None = "2024-Q4") -> Notice:
    known = verdict is not Verdict.UNREADABLE
    return Notice(
        1, verdict, "training" if known else None, "942" if known else None, period, Stage.FINAL, "942", name, WHEN, findings
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


def subject(message: Message) -> str:
    return str(make_header(decode_header(message["Subject"])))


@pytest.mark.parametrize("kind", KINDS)
def test_the_text_is_the_reviewed_one(pack: Pack, kind: str, request: pytest.FixtureRequest) -> None:
    message = compose(KINDS[kind], pack)
    text = f"Subject: {subject(message)}\n\n{parsed(message).get_body(('plain',)).get_content()}"
    path = GOLDEN / f"mail-{kind}.txt"
    if request.config.getoption("--rewrite-golden"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def test_both_bodies_say_the_same(pack: Pack) -> None:
    message = parsed(compose(KINDS["needs-fixing"], pack))
    bodies = [message.get_body((kind,)).get_content() for kind in ("plain", "html")]
    for words in ("Tổng hợp", "D12", "101", "Không quá 100", FINDING.message, FINDING.fix, "TRN-01", "Huyện Châu Thành", "Quý 4"):
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


class Inbox:
    """What a mail server took in."""

    def __init__(self) -> None:
        self.mails: list[Envelope] = []

    async def handle_DATA(self, _server: object, _session: object, envelope: Envelope) -> str:  # noqa: N802  (aiosmtpd's name)
        self.mails.append(envelope)
        return "250 OK"


@pytest.fixture
def server() -> Iterator[Controller]:
    controller = Controller(Inbox(), hostname="127.0.0.1", port=free_port())
    controller.start()
    yield controller
    controller.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_mail_arrives_over_smtp_as_it_was_composed(pack: Pack, server: Controller) -> None:
    message = compose(KINDS["several"], pack)
    post = SmtpPost(f"smtp://127.0.0.1:{server.port}?starttls=never")
    post.send(message)
    post.close()
    taken = server.handler.mails[0]
    assert taken.rcpt_tos == ["dan-toc@chau-thanh.example"]
    arrived = email.message_from_bytes(taken.content, policy=policy.default)
    assert arrived["Message-ID"] == message["Message-ID"]
    assert arrived.get_body(("plain",)).get_content().split() == parsed(message).get_body(("plain",)).get_content().split()


def test_a_server_without_tls_is_refused_unless_told_otherwise(pack: Pack, server: Controller) -> None:
    with pytest.raises(DeliveryFailed, match="mail server"):
        SmtpPost(f"smtp://user:secret@127.0.0.1:{server.port}").send(compose(KINDS["several"], pack))
    assert server.handler.mails == []


def test_a_server_that_is_down_fails_without_showing_the_password(pack: Pack) -> None:
    with pytest.raises(DeliveryFailed) as failure:
        SmtpPost(f"smtp://user:secret@127.0.0.1:{free_port()}?starttls=never").send(compose(KINDS["several"], pack))
    assert "secret" not in str(failure.value)


@pytest.mark.parametrize("url", ["http://x", "smtp://", "nonsense"])
def test_a_wrong_url_names_the_setting(url: str) -> None:
    with pytest.raises(ConfigurationError, match="MTQG_SMTP_URL"):
        SmtpPost(url)


def test_without_a_server_a_mail_is_one_file_however_often_it_is_sent(pack: Pack, tmp_path: Path) -> None:
    for _ in range(2):
        FolderPost(tmp_path / "outbox").send(compose(KINDS["several"], pack))
    files = list((tmp_path / "outbox").iterdir())
    assert [f.name for f in files] == ["0123456789abcdef.eml"]
    assert subject(email.message_from_bytes(files[0].read_bytes())).endswith("cần sửa và gửi lại")


FILE = Attachment("báo cáo quý 4 của huyện Châu Thành (đã đánh dấu).xlsx", "báo cáo.xlsx", report())
TOO_LARGE = Attachment("ảnh (đã đánh dấu).xlsx", "ảnh.xlsx", None)


def test_a_marked_workbook_goes_with_the_mail_under_its_vietnamese_name(pack: Pack) -> None:
    message = compose(KINDS["needs-fixing"], pack, [FILE])
    (attached,) = parsed(message).iter_attachments()
    assert attached.get_filename() == FILE.name
    assert attached.get_content_type() == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert attached.get_payload(decode=True) == FILE.content
    # Outlook of some ages looks for the name here, and for encoded words in it.
    older = dict(message.get_payload()[1].get_params(header="Content-Type"))["name"]
    assert str(make_header(decode_header(older))) == FILE.name
    for kind in ("plain", "html"):
        assert FILE.name in " ".join(parsed(message).get_body((kind,)).get_content().split())


def test_a_mail_with_a_workbook_is_mixed_around_both_bodies_and_the_same_to_the_byte(pack: Pack) -> None:
    message = compose(KINDS["needs-fixing"], pack, [FILE])
    assert message.get_content_type() == "multipart/mixed"
    assert [part.get_content_type().partition("/")[0] for part in message.get_payload()] == ["multipart", "application"]
    assert message.as_bytes() == compose(KINDS["needs-fixing"], pack, [FILE]).as_bytes()
    assert all(byte < 128 for byte in message.as_bytes())
    assert all(len(line) < 998 for line in message.as_bytes().splitlines())


def test_a_workbook_that_is_too_large_is_told_and_not_attached(pack: Pack) -> None:
    message = compose(KINDS["needs-fixing"], pack, [TOO_LARGE])
    assert list(parsed(message).iter_attachments()) == []
    for kind in ("plain", "html"):
        assert "quá lớn để gửi kèm" in parsed(message).get_body((kind,)).get_content()


def in_archive(content: bytes, *findings: Finding, sender: str | None = "942", number: int = 7, part: int = 1) -> Notice:
    return replace(
        notice(Verdict.QUARANTINED, *findings),
        delivery_id=number,
        sha256=hashlib.sha256(content).hexdigest(),
        sender_unit=sender,
        part=part,
    )


def attached(pack: Pack, settings: Settings, content: bytes, *notices: Notice) -> list[tuple[str, bytes | None]]:
    with Marker(pack, settings.limits) as marker:
        found = attachments_of(letter(*notices), pack, settings, {in_archive(content).sha256: content}.__getitem__, marker)
    return [(each.name, each.content) for each in found]


def test_all_that_a_letter_says_of_a_file_is_in_one_workbook(pack: Pack, settings: Settings) -> None:
    content = report()
    notices = [in_archive(content, FINDING, part=2), in_archive(content, QUESTION, NOTE)]
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
    names = [(name, content is not None) for name, content in attached(pack, small, content, *notices)]
    assert names == [("báo cáo (đã đánh dấu).xlsx", True), ("báo cáo (đã đánh dấu) 2.xlsx", False)]


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


def test_marking_that_asks_for_too_much_ends_by_itself(pack: Pack) -> None:
    order = Order(report(), "a.xlsx", (Report("", (FINDING,)),))
    with pytest.raises(MarkingError):
        mark_apart(order, pack, Limits(memory_bytes=1))


def test_marking_that_takes_too_long_is_ended(pack: Pack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("publish.marking.process._START_SECONDS", 0.0)
    with pytest.raises(MarkingError, match="not done after"):
        mark_apart(Order(report(), "a.xlsx", (Report("", (FINDING,)),)), pack, Limits(seconds=0.01))


def test_one_process_marks_all_and_another_follows_one_that_is_gone(pack: Pack) -> None:
    good, broken = Order(report(), "a.xlsx", (Report("", (FINDING,)),)), Order(b"%PDF-1.7", "b.pdf", (Report("", (FINDING,)),))
    with Marker(pack, Limits()) as marker:
        first = marker.mark(good)
        process = marker._process
        with pytest.raises(MarkingError, match="FILE-02"):
            marker.mark(broken)
        assert (marker.mark(good), marker._process) == (first, process)
        assert process is not None
        process._popen.kill()
        with pytest.raises(MarkingError, match="SIGKILL"):
            marker.mark(good)
        assert marker.mark(good) == first
        assert marker._process is not process

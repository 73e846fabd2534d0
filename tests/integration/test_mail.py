"""Mails: what they say (golden files), that they cannot be abused, and that they arrive over real SMTP."""

import email
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from email import policy
from email.header import decode_header, make_header
from email.message import Message
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope

from program.answers import Letter, Notice
from program.errors import ConfigurationError, DeliveryFailed
from program.finding import Finding, Severity
from program.pack import Pack
from program.stage import Stage
from program.submission import Verdict
from publish.mail import compose
from publish.post import FolderPost, SmtpPost

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
    return Letter("0123456789abcdef", recipient, WHEN, notices)


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
    SmtpPost(f"smtp://127.0.0.1:{server.port}?starttls=never").send(message)
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

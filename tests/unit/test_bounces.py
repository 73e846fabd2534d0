"""What a mail that came back says, and what no mail can do."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.bounce_mailbox import open_mailbox
from connectors.bounces import Bounce, bounce_of, may_be_bounce
from program.errors import ConfigurationError
from tests.bounces import dsn

WHO = "dan-toc@chau-thanh.example"
NUMBER = "0123456789abcdef0123456789abcdef"
REASONS = {
    "postfix": f"550 5.1.1 <{WHO}>: Recipient address rejected: User unknown in virtual mailbox table",
    "exchange": f"550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient {WHO} not found by SMTP address lookup",
}


@pytest.mark.parametrize("server", ["postfix", "exchange"])
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_a_bounce_names_the_letter_its_recipient_and_what_the_server_said(
    server: str, line_end: bytes
) -> None:
    mail = dsn(server, NUMBER, WHO).replace(b"\n", line_end)
    assert bounce_of(mail) == Bounce(NUMBER, WHO, REASONS[server])


def test_the_end_of_the_letter_that_is_sent_back_may_be_missing() -> None:
    mail = dsn("postfix", NUMBER, WHO)
    assert bounce_of(mail[: mail.index(b"K=C3=ADnh")]) == Bounce(NUMBER, WHO, REASONS["postfix"])


@pytest.mark.parametrize(
    ("found", "put"),
    [
        (b"Status: 5.1.1\n", b"Status: 4.4.7\n"),
        (b"Status: 5.1.1\n", b""),
        (b"Final-Recipient:", b"Original-Recipient:"),
    ],
    ids=["given up after days", "no status", "only the original recipient"],
)
def test_what_a_server_says_has_failed_is_a_bounce(found: bytes, put: bytes) -> None:
    mail = dsn("postfix", NUMBER, WHO)
    assert found in mail
    # Postfix gives both recipients.
    alone = mail.replace(b"Original-Recipient:", b"X-Original-Recipient:")
    bounce = bounce_of(alone.replace(found, put, 1))
    assert bounce is not None
    assert (bounce.message_id, bounce.recipient) == (NUMBER, WHO)


def test_a_notification_of_rfc_6533_names_an_address_beyond_ascii() -> None:
    who = "dân-tộc@châu-thành.example"
    mail = (
        dsn("postfix", NUMBER, who)
        .replace(b"message/delivery-status", b"message/global-delivery-status")
        .replace(b"Content-Type: message/rfc822", b"Content-Type: message/global")
        .replace(b"rfc822; ", b"utf-8; ")
        .replace(b"rfc822;", b"utf-8;")
    )
    bounce = bounce_of(mail)
    assert bounce is not None
    assert (bounce.message_id, bounce.recipient) == (NUMBER, who)


def test_without_words_of_the_server_its_code_is_reported() -> None:
    mail = dsn("exchange", NUMBER, WHO)
    assert bounce_of(mail.replace(b"Diagnostic-Code:", b"X-Said:")) == Bounce(
        NUMBER, WHO, "status 5.1.10"
    )


def test_what_the_server_said_is_one_line_that_steers_no_terminal() -> None:
    bounce = bounce_of(
        dsn("exchange", NUMBER, WHO).replace(b"RESOLVER", b"\x1b[31m" + "đỏ".encode() + b"x" * 9000)
    )
    assert bounce is not None
    assert len(bounce.reason) <= 300
    assert bounce.reason.isprintable()


@pytest.mark.parametrize(
    ("found", "put"),
    [
        (b"Action: failed", b"Action: delayed"),
        (b"Action: failed", b"Action: delivered"),
        (b"report-type=delivery-status", b"report-type=disposition-notification"),
        (b"Content-Type: message/rfc822", b"Content-Type: text/plain"),
        (
            b"Action: failed",
            b"Action: failed\nStatus: 5.0.0\n\nFinal-Recipient: rfc822; b@x.example\nAction: failed",
        ),
        (b"boundary=", b"limit="),
    ],
)
def test_what_is_delayed_or_no_notification_of_one_failure_is_no_bounce(
    found: bytes, put: bytes
) -> None:
    mail = dsn("postfix", NUMBER, WHO)
    assert found in mail
    assert bounce_of(mail.replace(found, put)) is None


IN_WORDS = {
    "qmail": "192.0.2.25 does not like recipient. Remote host said: 550 5.1.1 User unknown Giving up on 192.0.2.25.",
    "exim": f"SMTP error from remote mail server after RCPT TO:<{WHO}>: host mx.districts.example [192.0.2.25]: 550 5.1.1 User unknown",
    "postfix-words": 'unknown user: "dan-toc"',
    "exchange-words": "The recipient name is not recognized",
}
"""Bounces that are no notification of the RFC, and what each server said."""


@pytest.mark.parametrize("server", IN_WORDS)
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_a_bounce_in_words_names_the_letter_its_recipient_and_what_the_server_said(
    server: str, line_end: bytes
) -> None:
    bounce = bounce_of(dsn(server, NUMBER, WHO).replace(b"\n", line_end))
    assert bounce is not None
    assert (bounce.message_id, bounce.recipient) == (NUMBER, WHO)
    assert IN_WORDS[server] in bounce.reason


def test_a_letter_that_is_only_delayed_is_no_bounce_in_words_either() -> None:
    assert bounce_of(dsn("exim-delayed", NUMBER, WHO)) is None


@pytest.mark.parametrize("server", IN_WORDS)
def test_words_of_a_bounce_that_a_person_sends_on_are_no_bounce(server: str) -> None:
    head, _, words = dsn(server, NUMBER, WHO).partition(b"\n\n")
    kept = [
        line
        for line in head.split(b"\n")
        if not line.lower().startswith((b"from:", b"return-path:"))
    ]
    sent_on = b"\n".join([b"From: can-bo@districts.example", *kept, b"", words])
    assert bounce_of(sent_on) is None
    assert not may_be_bounce(sent_on)


def test_words_about_several_recipients_or_in_an_endless_line_are_no_bounce() -> None:
    mail = dsn("qmail", NUMBER, WHO)
    another = b"<b@x.example>:\nSorry, no mailbox here by that name.\n\n--- Below"
    assert bounce_of(mail.replace(b"--- Below", another)) is None
    assert bounce_of(mail.replace(b"Sorry it", b"a" * 10_000)) is None


def test_a_bounce_that_somebody_forwards_is_none() -> None:
    forwarded = b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\n%s\n--b--\n"
    assert bounce_of(forwarded % dsn("postfix", NUMBER, WHO)) is None


@pytest.mark.parametrize(
    "mail",
    [
        b"",
        b"\x00\xff" * 5000,
        b'Content-Type: multipart/report; report-type=delivery-status; a="'
        + b";" * 130_000
        + b"\n\nx",
        b"".join(
            b"Content-Type: multipart/report; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(1500)
        ),
        b"Content-Type: message/rfc822\n\n" * 4000,
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n--b--",
    ],
    ids=[
        "empty",
        "no mail",
        "a header of semicolons",
        "nested multiparts",
        "nested mails",
        "an empty report",
    ],
)
def test_a_hostile_mail_is_no_bounce_and_no_error(mail: bytes) -> None:
    assert bounce_of(mail) is None


@pytest.mark.parametrize(
    "url",
    [
        "imap://u:hush@mail.example/INBOX",
        "pop3://u:hush@mail.example",
        "imaps://mail.example",
        "imaps://u:hu/sh@mail.example",
        "imaps://u:hush@mail.example:port",
        "imaps://u:hush@[mail.example",
        "imaps://u:hush\u2100@mail.example",
        "maildir:",
    ],
)
def test_a_wrong_url_is_reported_without_its_password(url: str) -> None:
    with pytest.raises(ConfigurationError, match="MTQG_BOUNCES_URL: ") as told:
        open_mailbox(url)
    assert "hu" not in str(told.value).replace("user:password", "")


def test_a_maildir_s_mail_keeps_its_flags_and_its_bytes(tmp_path: Path) -> None:
    for part in ("new", "cur", "tmp"):
        (tmp_path / part).mkdir()
    for name in ("new/1.a", "cur/2.a:2,F", "cur/3.a:2,S", "tmp/4.a"):
        (tmp_path / name).write_bytes(b"Subject: x\n\n" + b"x" * 300_000)
    box = open_mailbox(f"maildir:{tmp_path}")
    assert {name: len(mail) for name, mail in box.unread(datetime(2020, 1, 1, tzinfo=UTC))} == {
        "new/1.a": 131_072,
        "cur/2.a:2,F": 131_072,
    }
    assert list(box.unread(datetime(2100, 1, 1, tzinfo=UTC))) == []
    box.mark_read("new/1.a")
    box.mark_read("cur/2.a:2,F")
    assert sorted(path.name for path in (tmp_path / "cur").iterdir()) == [
        "1.a:2,S",
        "2.a:2,FS",
        "3.a:2,S",
    ]
    assert all(path.stat().st_size == 300_012 for path in (tmp_path / "cur").iterdir())

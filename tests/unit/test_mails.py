"""What a mail says, whoever wrote it with whatever program."""

import base64
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.mails.identity import mail_identity
from connectors.mails.inbound import mail_headers, read_mail
from connectors.mails.mail_deliveries import extractable_mail, files_of_mail
from connectors.packed_file import PackedFile
from program.finding import ReaderFinding
from program.limits import DEFAULT_LIMITS
from program.mail import AuthenticationOutcome, HoldReason
from program.pack.pack import Pack
from program.pack.senders import sender_of
from tests.mails import (
    OFFICE,
    OTHER_UNIT,
    PASSED,
    SERVER,
    STRANGER,
    UNIT,
    Part,
    attached,
    forwarded,
    mail,
    packed,
    page,
    plain,
)

CSV = b"a;b\n1;2\n3;4\n5;6\n"
PDF = b"%PDF-1.7 scan"
DAY = date(2025, 1, 20)
COMMUNE = "31569"
"""A commune of today, on the land of district 942; an older one with its code sent no reports."""
TNEF = b"\x78\x9f\x3e\x22 packed"


def files(content: bytes) -> list[PackedFile]:
    message = extractable_mail(content, DEFAULT_LIMITS)
    assert not isinstance(message, ReaderFinding)
    return list(files_of_mail(message, read_mail(content, SERVER), DEFAULT_LIMITS))


def names(content: bytes) -> list[str]:
    return [file.name for file in files(content)]


def rules(content: bytes) -> list[str | None]:
    return [file.refusal and file.refusal.rule for file in files(content)]


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ('"Báo cáo.csv"', "Báo cáo.csv"),
        ('"=?UTF-8?B?QsOhbyBjw6FvLmNzdg==?="', "Báo cáo.csv"),
        ("=?utf-8?q?B=C3=A1o_c=C3=A1o=2Ecsv?=", "Báo cáo.csv"),
        ("x; filename*=utf-8''B%C3%A1o%20c%C3%A1o.csv", "Báo cáo.csv"),
        (r'"C:\\fakepath\\Báo cáo.csv"', "Báo cáo.csv"),
        ('"../../etc/passwd"', "passwd"),
        ('"a\u202egnp.csv"', "agnp.csv"),
        (None, "tệp không tên"),
    ],
    ids=["raw", "RFC 2047", "unquoted", "RFC 2231", "a path", "out of it", "reversed", "none"],
)
def test_an_attachment_has_the_name_that_its_sender_gave_it(written: str | None, name: str) -> None:
    assert names(mail([plain("x"), attached(written, CSV)])) == [name]


def test_a_name_in_pieces_is_joined() -> None:
    pieces = "x; filename*0*=utf-8''B%C3%A1o%20c; filename*1*=%C3%A1o.csv"
    content = mail([attached("x", CSV)]).replace(b"filename=x", pieces[3:].encode())
    assert names(content) == ["Báo cáo.csv"]


@pytest.mark.parametrize("encoding", ["base64", "8bit", "7bit", "binary"])
def test_an_attachment_has_its_bytes_however_it_is_encoded(encoding: str) -> None:
    (file,) = files(mail([attached("a.csv", CSV, encoding=encoding)]))
    # The line end before the boundary belongs to the boundary.
    assert (file.content or b"").rstrip() == CSV.rstrip()


def test_bytes_of_a_workbook_survive_a_mail_program_that_encodes_nothing() -> None:
    content = packed({"xl/workbook.xml": bytes(range(256)).replace(b"\r", b"").replace(b"\n", b"")})
    (file,) = files(mail([attached("a.xlsx", content, encoding="binary")]))
    assert file.content == content


INLINE = attached(
    "logo.png", b"\x89PNG", media_type="image/png", disposition="inline", more=["Content-ID: <1>"]
)
PASSED_OVER: dict[str, Part] = {
    "a logo": INLINE,
    "a signature": attached("smime.p7s", b"x", media_type="application/pkcs7-signature"),
    "an invitation": attached("moi.ics", b"BEGIN:VCALENDAR", media_type="text/calendar"),
    "a card": attached("x.vcf", b"BEGIN:VCARD"),
    "a key": attached("key.asc", b"-----BEGIN PGP", media_type="application/pgp-keys"),
}


@pytest.mark.parametrize("part", PASSED_OVER.values(), ids=PASSED_OVER)
def test_what_nobody_means_to_send_is_passed_over(part: Part) -> None:
    assert names(mail([plain("x"), part, attached("a.csv", CSV)])) == ["a.csv"]
    assert names(mail([plain("x"), part])) == []


def test_a_picture_in_a_text_is_passed_over_and_a_scan_is_kept() -> None:
    picture = attached("1.png", b"\x89PNG", media_type="image/png", disposition="inline")
    assert names(mail([page("<img src=1.png>"), picture], kind="related")) == []
    scan = attached("quet.jpg", b"\xff\xd8\xff", media_type="image/jpeg")
    kept = files(mail([attached("a.csv", CSV), scan]))
    assert [(file.name, file.is_attachment) for file in kept] == [
        ("a.csv", False),
        ("quet.jpg", True),
    ]


def test_files_of_an_attached_zip_and_of_a_forwarded_mail_are_files_of_the_mail() -> None:
    inner = mail([plain("gốc"), attached("b.csv", CSV)], sender=STRANGER)
    encoded = base64.encodebytes(mail([attached("d.csv", CSV)]))
    headers = ["Content-Type: message/rfc822", "Content-Transfer-Encoding: base64"]
    content = mail(
        [
            plain("Chuyển tiếp"),
            attached("g.zip", packed({"1.csv": CSV, "2.pdf": PDF})),
            forwarded(inner),
            attached("c.eml", mail([attached("c.csv", CSV)])),
            (headers, encoded),
        ]
    )
    assert names(content) == ["g.zip / 1.csv", "g.zip / 2.pdf", "b.csv", "c.csv", "d.csv"]
    said = read_mail(content, None)
    assert (said.from_addresses, said.own_text) == ((UNIT,), "Chuyển tiếp")


def test_a_locked_zip_is_named_and_a_zip_of_scans_accompanies_the_report() -> None:
    locked = bytearray(packed({"1.csv": CSV}))
    # The flag of encryption, in the header and in the directory.
    locked[6] |= 1
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    content = mail(
        [
            attached("a.csv", CSV),
            attached("k.zip", bytes(locked)),
            attached("q.zip", packed({"1.pdf": PDF})),
        ]
    )
    assert [
        (file.name, file.refusal and file.refusal.rule, file.is_attachment)
        for file in files(content)
    ] == [
        ("a.csv", None, False),
        ("k.zip", "FILE-04", False),
        ("q.zip", None, True),
    ]


def test_winmail_dat_is_named_beside_what_can_be_read() -> None:
    packed_by_outlook = attached("x.dat", TNEF)
    assert rules(mail([packed_by_outlook])) == ["FILE-13"]
    named = attached("winmail.dat", b"anything", media_type="application/ms-tnef")
    assert rules(mail([named, attached("a.csv", CSV)])) == ["FILE-13", None]


def test_scans_alone_are_refused_and_in_a_reply_they_are_the_answer() -> None:
    parts = [plain("x"), attached("1.pdf", PDF), attached("2.pdf", PDF)]
    assert [file.is_attachment for file in files(mail(parts))] == [False, True]
    reply = mail(parts, more=["In-Reply-To: <abc@bandantoc.soctrang.example>"])
    assert [file.is_attachment for file in files(reply)] == [True, True]


@pytest.mark.parametrize(
    "link",
    [
        "https://drive.google.com/file/d/1AbC/view?usp=sharing",
        "https://docs.google.com/spreadsheets/d/1/edit#gid=0",
        "https://1drv.ms/x/s!AbC",
        "https://soctrang-my.sharepoint.com/:x:/g/personal/a",
        "https://www.dropbox.com/s/abc/bao-cao.xlsx?dl=0",
        "https://www.fshare.vn/file/ABC",
    ],
)
def test_a_mail_with_a_link_in_place_of_a_file_names_the_link(link: str) -> None:
    (file,) = files(mail([plain(f"Báo cáo tại {link}.\nTrân trọng")]))
    assert file.refusal == ReaderFinding("FILE-12", values={"link": link})
    assert read_mail(mail([page(f'<a href="{link}">đây</a>')]), None).links == (link,)
    assert rules(mail([plain(link), attached("a.csv", CSV)])) == [None]
    assert files(mail([plain("https://soctrang.gov.vn/tin")])) == []


WRITTEN = "Kính gửi Ban Dân tộc,\nSố nữ lớn hơn do nhập nhầm.\n"


@pytest.mark.parametrize(
    "below",
    [
        "\nVào 09:00, Th 2, 20 thg 1, 2025 Ban Dân tộc <a@b.example> đã viết:\n> cũ\n> cũ nữa\n",
        "\nVào Th 2, 20 thg 1, 2025 vào lúc 09:00 Ban Dân tộc tỉnh Sóc Trăng <\na@b.example> đã viết:\n\n> cũ\n",
        "\nOn Mon, Jan 20, 2025 at 9:00 AM Ban <a@b.example> wrote:\n> cũ\n",
        "\n-----Original Message-----\nFrom: x\n\ncũ\n",
        "\n________________________________\nTừ: Ban Dân tộc <a@b.example>\nĐã gửi: Thứ Hai\ncũ\n",
        "\nTừ: Ban Dân tộc <a@b.example>\nNgày: 20/01/2025\nChủ đề: Kết quả\n\ncũ\n",
        "\n---------- Forwarded message ---------\nFrom: x <a@b.example>\ncũ\n",
        "\n-- \nPhòng Dân tộc huyện\nĐT: 0299\n",
        "\nĐược gửi từ iPhone của tôi\n",
    ],
)
def test_own_text_has_no_quotation_and_no_signature(below: str) -> None:
    content = mail([plain(WRITTEN + below)])
    assert read_mail(content, None).own_text == WRITTEN.strip()


def test_what_stands_below_a_quotation_is_the_sender_s_own() -> None:
    text = "On Mon Ban <a@b.example> wrote:\n> Số nữ lớn hơn?\nĐúng, do nhập nhầm.\n> Còn cột C?\nKhông sai."
    assert read_mail(mail([plain(text)]), None).own_text == "Đúng, do nhập nhầm.\nKhông sai."


def test_the_text_of_a_page_has_no_markup_and_no_quotation() -> None:
    source = (
        "<html><head><style>p {}</style></head><body><p>Kính gửi Ban,</p><div>Đã sửa &amp; gửi lại.</div>"
        '<div class="gmail_quote"><blockquote>cũ</blockquote></div></body></html>'
    )
    assert read_mail(mail([page(source)]), None).own_text == "Kính gửi Ban,\nĐã sửa & gửi lại."


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [
        ("utf-8", "utf-8"),
        ("windows-1258", "utf-8"),
        ("no-such-charset", "utf-8"),
        ("punycode", "utf-8"),
        ("utf-16", "utf-16"),
    ],
)
def test_a_text_is_read_whatever_its_charset_is_called(declared: str, encoding: str) -> None:
    headers = [f"Content-Type: text/plain; charset={declared}", "Content-Transfer-Encoding: base64"]
    content = mail([(headers, base64.encodebytes("Đã gửi lại".encode(encoding)))])
    text = read_mail(content, None).own_text
    assert text == "Đã gửi lại" or declared == "windows-1258"


@pytest.mark.parametrize(
    ("written", "outcome"),
    [
        (PASSED, "passed"),
        (f"{SERVER} 1; dmarc=pass header.from=chau-thanh.example", "passed"),
        (f"{SERVER}; dmarc=fail (p=reject) header.from=chau-thanh.example; spf=pass", "failed"),
        (f"{SERVER}; spf=fail smtp.mailfrom=chau-thanh.example; dkim=none", "failed"),
        (f"{SERVER}; spf=softfail smtp.mailfrom=a@chau-thanh.example", "failed"),
        # Forwarded: SPF fails, and the signature holds.
        (
            f"{SERVER}; spf=fail smtp.mailfrom=x.example; dkim=pass header.i=@chau-thanh.example",
            "passed",
        ),
        # Anybody can sign with a domain of their own.
        (
            f"{SERVER}; spf=pass smtp.mailfrom=evil.example; dkim=pass header.d=evil.example",
            "unknown",
        ),
        (
            f"{SERVER}; dkim=fail header.d=chau-thanh.example; dkim=pass header.d=mail.chau-thanh.example",
            "passed",
        ),
        (f"{SERVER}; spf=pass smtp.mailfrom=example", "unknown"),
        ("other.example; dmarc=pass", "unknown"),
        (f"{SERVER}; none", "unknown"),
        (f"{SERVER} (dmarc=pass; (x)) ; spf=neutral", "unknown"),
        (None, "unknown"),
    ],
)
def test_authentication_is_what_the_receiving_server_says(
    written: str | None, outcome: str
) -> None:
    more = [f"Authentication-Results: {written}"] if written else []
    # Anybody can write one, which then stands below that of the server.
    more += (
        [f"Authentication-Results: {SERVER}; dmarc=pass"]
        if written and "other" not in written
        else []
    )
    said = read_mail(mail(more=more), SERVER).authentication
    assert said.outcome == AuthenticationOutcome(outcome)
    assert read_mail(mail(more=more), None).authentication.outcome is AuthenticationOutcome.UNKNOWN


AUTOMATIC = [
    "Auto-Submitted: auto-replied (vacation)",
    "Auto-Submitted: auto-generated",
    "List-Id: <x.example>",
    "Precedence: bulk",
    "Return-Path: <>",
    "X-Autoreply: yes",
]


@pytest.mark.parametrize("header", AUTOMATIC)
def test_a_mail_of_a_program_or_list_is_never_held_and_nothing_in_it_is_checked(
    pack: Pack, header: str
) -> None:
    content = mail([attached("a.csv", CSV)], sender=STRANGER, more=[header])
    said = read_mail(content, SERVER)
    assert said.is_automatic
    assert sender_of(said, pack, DAY, requires_authentication=True).hold is None
    assert [file.is_attachment for file in files(content)] == [True]


def test_a_person_s_mail_is_not_automatic() -> None:
    assert not read_mail(
        mail(more=["Auto-Submitted: no", "Return-Path: <a@b.example>"]), None
    ).is_automatic


@pytest.mark.parametrize(
    ("sender", "unit", "hold"),
    [
        (UNIT, "942", None),
        (f"Phòng Dân tộc <{UNIT.upper()}>", "942", None),
        (f'"{UNIT}" <{STRANGER}>', None, HoldReason.UNKNOWN_SENDER),
        (f"=?utf-8?q?{UNIT}=2C?= <{STRANGER}>", None, HoldReason.UNKNOWN_SENDER),
        (f"{UNIT}, {OTHER_UNIT}", None, HoldReason.AMBIGUOUS_SENDER),
        (f"{UNIT}, {STRANGER}", None, HoldReason.AMBIGUOUS_SENDER),
        (OFFICE, None, HoldReason.OFFICE_SENDER),
        ("", None, HoldReason.UNKNOWN_SENDER),
        ("không phải địa chỉ", None, HoldReason.UNKNOWN_SENDER),
    ],
)
def test_the_sender_is_the_unit_with_the_address(
    pack: Pack, sender: str, unit: str | None, hold: HoldReason | None
) -> None:
    found = sender_of(read_mail(mail(sender=sender), None), pack, DAY)
    assert (found.unit_code, found.hold) == (unit, hold)


def test_a_mail_that_fails_or_lacks_authentication_is_held(pack: Pack) -> None:
    failed = mail(more=[f"Authentication-Results: {SERVER}; dmarc=fail"])
    assert sender_of(read_mail(failed, SERVER), pack, DAY).hold is HoldReason.AUTHENTICATION_FAILED
    silent = read_mail(mail(), SERVER)
    assert sender_of(silent, pack, DAY).hold is None
    found = sender_of(silent, pack, DAY, requires_authentication=True)
    assert found.hold is HoldReason.AUTHENTICATION_UNKNOWN


def test_a_contact_of_a_unit_that_ended_and_of_one_on_its_land_is_the_unit_of_the_day(
    pack: Pack,
) -> None:
    contact = pack.correspondence.units["942"].model_copy(
        update={"other_emails": ("A@new.example",)}
    )
    units = {**pack.correspondence.units, "942": contact, COMMUNE: contact}
    correspondence = pack.correspondence.model_copy(update={"units": units})
    changed = replace(pack, correspondence=correspondence)
    said = read_mail(mail(sender="a@NEW.example"), None)
    assert sender_of(said, changed, DAY).unit_code == "942"
    assert sender_of(said, changed, date(2025, 8, 1)).unit_code == COMMUNE
    alone = read_mail(mail(), None)
    # A late report of a district comes after its end.
    assert sender_of(alone, pack, date(2025, 8, 1)).unit_code == "942"


def test_headers_say_whom_a_mail_answers_and_when_it_says_it_was_written() -> None:
    said = mail_headers(
        mail(more=["References: <1@a> <2@a>\r\n <3@a>", "In-Reply-To: <3@a>"]), None
    )
    assert said.thread_ids == ("3@a", "2@a", "1@a")
    assert said.message_id == "1@chau-thanh.example"
    assert said.claimed_at == datetime(2025, 1, 20, 2, 30, tzinfo=UTC)
    odd = mail_headers(b"Date: Mon, 99 Foo 99999 25:61\nSubject: =?utf-8?b?!?=\n\n", None)
    assert (odd.claimed_at, odd.message_id) == (None, None)


def test_a_mail_is_the_same_on_another_server_and_another_with_the_same_number_is_a_version() -> (
    None
):
    content = mail([plain("x")])
    moved = b"Received: by new.example\r\n" + content.replace(b"\r\n", b"\n")
    assert mail_identity(moved) == mail_identity(content)
    number, version = mail_identity(content)
    again = mail_identity(content.replace(b"09:30:00", b"09:31:00"))
    assert (again[0], again[1] != version) == (number, True)


def test_a_mail_without_a_number_is_known_by_its_headers_and_no_id_has_two_slashes() -> None:
    one, _ = mail_identity(mail(number=None))
    other, _ = mail_identity(mail(number=None, subject="Khác"))
    assert (one == mail_identity(mail(number=None))[0], one == other) == (True, False)
    hostile, _ = mail_identity(mail(number="a//1@" + "x" * 300))
    assert "/" not in hostile
    assert len(hostile) <= 200


HOSTILE = {
    "empty": b"",
    "no mail": b"\x00\xff" * 5000,
    "semicolons": b'Content-Type: multipart/mixed; a="' + b";" * 130_000 + b"\n\nx",
    "nested parts": b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(1500)
    ),
    "nested mails": b"Content-Type: message/rfc822\n\n" * 4000,
    "many parts": mail([attached("a", b"x") for _ in range(3000)]),
    "lines": b"From: a@b.example\n\n" + b"\n" * 2_000_000,
    "lines and boundaries": b"Content-Type: multipart/mixed; boundary \t=x\n" * 300
    + b"x\n" * 90_000,
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_mail_has_an_outcome(content: bytes) -> None:
    assert _outcome(content) is not None


def _outcome(content: bytes) -> object:
    said = read_mail(content, SERVER)
    mail_identity(content)
    message = extractable_mail(content, DEFAULT_LIMITS)
    if isinstance(message, ReaderFinding):
        return message
    return said, list(files_of_mail(message, said, DEFAULT_LIMITS))


HEADER_NAMES = st.sampled_from(
    [
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "References",
        "Content-Type",
        "Content-Disposition",
        "Content-Transfer-Encoding",
        "Content-ID",
        "Authentication-Results",
        "Auto-Submitted",
    ]
)
FRAGMENTS = st.sampled_from(
    [
        "multipart/mixed; boundary=b",
        "multipart/related; boundary=b",
        "message/rfc822",
        "text/plain; charset=utf-7",
        "text/html; charset=hz",
        "attachment; filename*0*=utf-8''%C3; filename*1=",
        'inline; filename="=?x?b?w6E=?="',
        "base64",
        "x-uuencode",
        "quoted-printable",
        "<a@b>",
        "=?utf-8?q?=C3?=",
        f"{SERVER}; dkim=pass (((",
        "a@b.example (c",
        "Mon, 31 Feb 2025 24:00:00 +9999",
    ]
)
VALUES = st.one_of(FRAGMENTS, st.text(max_size=60))
LINES = st.one_of(
    st.builds("{}: {}".format, HEADER_NAMES, VALUES),
    st.sampled_from(["", "--b", "--b--", "begin 644 x", "UEsDBA==", " tiếp theo"]),
    st.text(max_size=40),
)


@given(st.lists(LINES, max_size=40), st.binary(max_size=40))
def test_every_mail_ends_in_an_outcome_that_a_database_can_store(
    lines: list[str], end: bytes
) -> None:
    content = "\r\n".join(lines).encode("utf-8", "surrogatepass") + end
    assert _outcome(content) is not None
    said = read_mail(content, SERVER)
    stored = [
        said.subject,
        said.from_name,
        said.own_text,
        said.message_id or "",
        *mail_identity(content),
    ]
    for text in [*stored, *said.from_addresses, *said.thread_ids, *said.links]:
        text.encode("utf-8")
        assert "\x00" not in text

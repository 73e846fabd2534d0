"""One letter as an e-mail: subject, text and HTML, from the templates; the same letter gives the same bytes."""

from collections.abc import Sequence
from dataclasses import dataclass
from email.charset import QP, Charset
from email.header import Header
from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime, formataddr

import css_inline

from program.answers import Letter, Notice
from program.contact import Contact
from program.finding import Finding, Severity
from program.pack import Pack
from publish.enclosing import with_attachments
from publish.marking.attaching import Attachment
from publish.rendering import render

_MOST_FINDINGS = 40
"""More than this in one file is one mistake made many times; the mail stays readable and says how many there are."""


@dataclass(frozen=True, slots=True)
class _Report:
    """One file as the mail speaks of it. `asked` are the findings to act on, `more` how many are not listed.

    `is_partial`: some lines are kept out, and the rest is recorded.
    """

    notice: Notice
    form: str
    unit: str
    period: str
    asked: tuple[Finding, ...]
    more: int
    is_partial: bool


def compose(letter: Letter, pack: Pack, attachments: Sequence[Attachment] = ()) -> Message:
    """Return the mail for `letter`, in the office's name, with its marked workbooks; it says which were too large."""
    reports = [_report(notice, pack) for notice in letter.notices]
    receiver = _receiver(letter, pack)
    office = pack.correspondence.office
    values = {"reports": reports, "receiver": receiver, "office": office, "program": pack.program, "attachments": attachments}
    # The older classes, on purpose: EmailMessage of Python 3.11 loses and adds spaces where it folds a long Vietnamese
    # subject or name into several encoded words ("S óc Trăng"; seen 2026-11-23).
    bodies = MIMEMultipart("alternative", boundary=f"mtqg-{letter.message_id}")
    bodies.attach(_part(render("mail.txt.j2", **values), "plain"))
    bodies.attach(_part(css_inline.inline(render("mail.html.j2", **values)), "html"))
    message = with_attachments(bodies, attachments, boundary=f"mtqg-files-{letter.message_id}")
    message["From"] = _address(office)
    message["To"] = _address(receiver)
    message["Reply-To"] = _address(office)
    message["Subject"] = Header(" ".join(render("mail.subject.j2", **values).split()), "utf-8", header_name="Subject").encode()
    message["Date"] = format_datetime(letter.created_at)
    message["Message-ID"] = f"<{letter.message_id}@{office.email.partition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = "vi"
    return message


def _report(notice: Notice, pack: Pack) -> _Report:
    asked = [f for f in notice.findings if f.severity is not Severity.INFO]
    form = next((f for f in pack.forms if f.code == notice.form_code), None)
    # The sender is named, never the unit that a mistaken file claims: nobody is blamed for another's file.
    unit = pack.unit_on(notice.sender_unit or notice.unit_code, notice.period)
    return _Report(
        notice=notice,
        form=form.short_title if form else "Tệp báo cáo",
        unit=unit.name if unit else "đơn vị chưa xác định",
        period=pack.label_of(notice.form_code, notice.period, notice.stage) or "kỳ chưa xác định",
        asked=tuple(asked[:_MOST_FINDINGS]),
        more=max(0, len(asked) - _MOST_FINDINGS),
        is_partial=notice.verdict.loads and any(f.severity is Severity.CRITICAL for f in asked),
    )


def _receiver(letter: Letter, pack: Pack) -> Contact:
    known = (pack.correspondence.office, *pack.correspondence.units.values())
    return next((c for c in known if c.email == letter.recipient), Contact(name=letter.recipient, email=letter.recipient))


def _address(contact: Contact) -> str:
    return formataddr((Header(contact.name, "utf-8").encode(), contact.email))


def _part(text: str, subtype: str) -> MIMEText:
    """Return a body in quoted-printable, which stays legible in the raw mail."""
    charset = Charset("utf-8")
    charset.body_encoding = QP
    part = MIMEText("", subtype, "utf-8")
    del part["Content-Transfer-Encoding"]
    part.set_payload(text, charset)
    return part

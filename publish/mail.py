"""One letter as an e-mail: subject, text and HTML, from the templates; the same letter gives the same bytes."""

from collections.abc import Sequence
from email.charset import QP, Charset
from email.header import Header
from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime, formataddr

import css_inline

from program.contact import Contact
from program.letter import Letter
from program.pack import Pack
from publish.enclosing import with_attachments
from publish.marking.attaching import Attachment
from publish.rendering import render
from publish.wording import about_of


def compose(letter: Letter, pack: Pack, attachments: Sequence[Attachment] = ()) -> Message:
    """Return the mail for `letter`, in the office's name, with its marked workbooks; it says which were too large."""
    about = about_of(letter, pack, attachments)
    office = pack.correspondence.office
    values = {"about": about, "office": office, "program": pack.program, "attachments": attachments}
    # The older classes, on purpose: EmailMessage of Python 3.11 loses and adds spaces where it folds a long Vietnamese
    # subject or name into several encoded words ("S óc Trăng"; seen 2026-11-23).
    bodies = MIMEMultipart("alternative", boundary=f"mtqg-{letter.message_id}")
    bodies.attach(_part(render("mail/letter.txt.j2", **values), "plain"))
    bodies.attach(_part(css_inline.inline(render("mail/letter.html.j2", **values)), "html"))
    message = with_attachments(bodies, attachments, boundary=f"mtqg-files-{letter.message_id}")
    domain = office.email.partition("@")[2]
    message["From"] = _address(office)
    message["To"] = _address(about.receiver)
    message["Reply-To"] = _address(office)
    message["Subject"] = _header("Subject", render("mail/subject.j2", **values))
    message["Date"] = format_datetime(letter.created_at)
    message["Message-ID"] = f"<{letter.message_id}@{domain}>"
    if letter.references:
        message["In-Reply-To"] = f"<{letter.references[-1]}@{domain}>"
        message["References"] = "\r\n ".join(f"<{number}@{domain}>" for number in letter.references)
    message["List-Id"] = f"{_header('List-Id', pack.program.short_name)} <mtqg-monitor.{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = "vi"
    return message


def _header(name: str, text: str) -> str:
    """Return a text for a header: one line, whatever stood in it, encoded where it is not plain."""
    return Header(" ".join(text.split()), "utf-8", header_name=name).encode()


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

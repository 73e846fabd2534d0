"""Headers that all our mails have, and body parts that every mail program reads."""

from datetime import datetime
from email.charset import QP, Charset
from email.header import Header
from email.message import Message
from email.mime.text import MIMEText
from email.utils import format_datetime, formataddr

from program.pack.contact import Contact
from program.pack.pack import Program


def address_message(
    message: Message,
    office: Contact,
    program: Program,
    *,
    to: Contact,
    subject: str,
    number: str,
    at: datetime,
    reply_to: str = "",
) -> None:
    """Add the headers of a mail from a pack's office to `message`.

    `number` becomes its Message-ID. Answers go to `reply_to`, else to the office. The same values
    give the same bytes.
    """
    message["From"] = address(office)
    message["To"] = address(to)
    answered = office.model_copy(update={"email": reply_to}) if reply_to else office
    message["Reply-To"] = address(answered)
    message["Subject"] = header("Subject", subject)
    message["Date"] = format_datetime(at)
    message["Message-ID"] = message_id(number, office)
    list_name = header("List-Id", program.short_name)
    # Mail programs sort by this (RFC 2919).
    message["List-Id"] = f"{list_name} <mtqg-monitor.{_domain(office)}>"
    # No out-of-office program answers to this (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"


def message_id(number: str, office: Contact) -> str:
    """Return the Message-ID of a letter's number, in the office's domain."""
    return f"<{number}@{_domain(office)}>"


def address(contact: Contact) -> str:
    """Return a contact as a header writes it."""
    return formataddr((Header(contact.name, "utf-8").encode(), contact.email))


def header(name: str, text: str) -> str:
    """Return `text` as the value of header `name`: on one line, encoded where it is not ASCII."""
    # A line break in a sender's file name must not begin another header.
    one_line = " ".join(text.split())
    return Header(one_line, "utf-8", header_name=name).encode()


def text_part(text: str, subtype: str) -> MIMEText:
    """Return a body in quoted-printable, which stays legible in the raw mail."""
    charset = Charset("utf-8")
    charset.body_encoding = QP
    # MIMEText encodes UTF-8 as base64: the empty part gets its text in the other encoding.
    part = MIMEText("", subtype, "utf-8")
    del part["Content-Transfer-Encoding"]
    part.set_payload(text, charset)
    return part


def _domain(office: Contact) -> str:
    return office.email.partition("@")[2]

"""One letter as an e-mail: subject, text and HTML, from the templates; the same letter gives the same bytes."""

from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

import css_inline

from program.answers import Letter, Notice
from program.contact import Contact
from program.finding import Finding, Severity
from program.pack import Pack
from program.period import Period
from publish.rendering import render

_MOST_FINDINGS = 40
"""More than this in one file is one mistake made many times; the mail stays readable and says how many there are."""


@dataclass(frozen=True, slots=True)
class _Report:
    """One file as the mail speaks of it. `asked` are the findings to act on, `more` how many are not listed."""

    notice: Notice
    form: str
    unit: str
    period: str
    asked: tuple[Finding, ...]
    more: int


def compose(letter: Letter, pack: Pack) -> EmailMessage:
    """Return the mail for `letter`, in the office's name."""
    reports = [_report(notice, pack) for notice in letter.notices]
    receiver = _receiver(letter, pack)
    office = pack.correspondence.office
    values = {"reports": reports, "receiver": receiver, "office": office, "program": pack.program}
    message = EmailMessage()
    message["From"] = _address(office)
    message["To"] = _address(receiver)
    message["Reply-To"] = _address(office)
    message["Subject"] = " ".join(render("mail.subject.j2", **values).split())
    message["Date"] = format_datetime(letter.created_at)
    message["Message-ID"] = f"<{letter.message_id}@{office.email.partition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = "vi"
    message.set_content(render("mail.txt.j2", **values))
    message.add_alternative(css_inline.inline(render("mail.html.j2", **values)), subtype="html")
    message.set_boundary(f"mtqg-{letter.message_id}")
    return message


def _report(notice: Notice, pack: Pack) -> _Report:
    asked = [f for f in notice.findings if f.severity is not Severity.INFO]
    form = next((f for f in pack.forms if f.code == notice.form_code), None)
    # The sender is named, never the unit that a mistaken file claims: nobody is blamed for another's file.
    unit = pack.units.latest(notice.sender_unit or notice.unit_code or "")
    return _Report(
        notice=notice,
        form=form.short_title if form else "Tệp báo cáo",
        unit=unit.name if unit else "đơn vị chưa xác định",
        period=Period.parse(notice.period).label if notice.period else "kỳ chưa xác định",
        asked=tuple(asked[:_MOST_FINDINGS]),
        more=max(0, len(asked) - _MOST_FINDINGS),
    )


def _receiver(letter: Letter, pack: Pack) -> Contact:
    known = (pack.correspondence.office, *pack.correspondence.units.values())
    return next((c for c in known if c.email == letter.recipient), Contact(name=letter.recipient, email=letter.recipient))


def _address(contact: Contact) -> Address:
    return Address(display_name=contact.name, addr_spec=contact.email)

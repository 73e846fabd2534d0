"""Answers to the letters of an office, for tests: mails that come in by hand, without a mailbox."""

import hashlib
from dataclasses import replace
from email.message import EmailMessage

from program.delivery import Arrival, ExtractedFile, Offer
from program.mail import InboundMail
from tests.mailroom import Office
from warehouse.ledger import pending_mails, record_deliveries, record_extracted

UNIT_ADDRESS = "dan-toc@chau-thanh.example"
"""The address of unit 942 in the sample pack."""


def answer_to(letter: EmailMessage, text: str = "", **more: object) -> InboundMail:
    """A mail by which the recipient of a letter answers it."""
    mail = InboundMail(
        message_id="answer@chau-thanh.example",
        from_addresses=(UNIT_ADDRESS,),
        from_name="Phòng Dân tộc",
        subject=f"Re: {letter['Subject']}",
        thread_ids=(str(letter["Message-ID"]).strip("<>"),),
        own_text=text,
    )
    return replace(mail, **more)  # type: ignore[arg-type]


def take(office: Office, mail: InboundMail, unit: str | None = "942", files: int = 0) -> int:
    """A mail comes in and is extracted; returns the number of its delivery."""
    identity = f"{mail.message_id}/{office.now}"
    offer = Offer(identity, "1", mail.subject, office.now, unit)
    arrival = Arrival(
        offer,
        "mailbox",
        "mailbox",
        sha256=hashlib.sha256(identity.encode()).hexdigest(),
        received_at=office.now,
        mail=mail,
    )
    record_deliveries(office.warehouse, [arrival], run_id=office.run, now=office.now)
    waiting = pending_mails(office.warehouse)[-1]
    members = [ExtractedFile(f"báo cáo {n}.xlsx", 1, None) for n in range(files)]
    record_extracted(office.warehouse, waiting.id, members, run_id=office.run, now=office.now)
    return waiting.id

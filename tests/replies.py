"""Answers to the letters of an office, for tests: mails that come in by hand, without a mailbox."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from email.message import EmailMessage

from sqlalchemy import Engine

from program.delivery import Arrival, ExtractedFile, Offer
from program.mail import HoldReason, InboundMail
from tests.mailroom import Office
from warehouse.ledger import pending_mails, record_deliveries, record_extracted
from warehouse.lifecycle.holds import held_deliveries

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
    members = [ExtractedFile(f"báo cáo {n}.xlsx", 1, None) for n in range(files)]
    return take_into(office.warehouse, office.run, mail, office.now, unit, members)


def take_into(
    warehouse: Engine,
    run_id: int,
    mail: InboundMail,
    now: datetime,
    unit: str | None = "942",
    members: Sequence[ExtractedFile] = (),
    hold: HoldReason | None = None,
    sha256: str = "",
) -> int:
    """A mail comes in during a run and is extracted, if it is not held.

    `sha256` is that of its bytes in the archive, where a test has some.
    """
    identity = f"{mail.message_id}/{now}"
    offer = Offer(identity, "1", mail.subject, now, unit)
    sha256 = sha256 or hashlib.sha256(identity.encode()).hexdigest()
    arrival = Arrival(
        offer, "mailbox", "mailbox", sha256=sha256, received_at=now, mail=mail, hold=hold
    )
    record_deliveries(warehouse, [arrival], run_id=run_id, now=now)
    if hold is not None:
        return held_deliveries(warehouse)[-1].delivery.id
    waiting = pending_mails(warehouse)[-1]
    record_extracted(warehouse, waiting.id, members, run_id=run_id, now=now)
    return waiting.id

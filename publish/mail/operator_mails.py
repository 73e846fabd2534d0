"""Mails to the operator: the digest of a run, and the alarm if no run completed."""

import hashlib
from datetime import datetime
from email.message import Message

from program.pack.alarm_addresses import AlarmAddresses
from program.pack.pack import Pack
from program.records.digest import Digest
from publish.mail.headers import address_message, text_part
from publish.rendering import render

_HASH_LETTERS = 16


def compose_digest(digest: Digest, pack: Pack) -> Message:
    """Return the mail to the engineer about a run; the same run gives the same Message-ID."""
    state = "failed" if digest.errors else "completed"
    kind = "intake" if digest.is_intake else "run"
    program_name = pack.program.short_name
    # Two warehouses may both have a run 31: the moment of its start tells them apart.
    run_hash = _hash(digest.started_at.isoformat())
    return _to_engineer(
        render("mail/digest.txt.j2", digest=digest, pack=pack),
        AlarmAddresses.of_pack(pack),
        subject=f"[mtqg] {kind} {digest.run_id} {state}, as of {digest.as_of}: {program_name}",
        number=f"run-{digest.run_id}-{run_hash}",
        at=digest.started_at,
    )


def compose_alarm(text: str, addresses: AlarmAddresses, at: datetime) -> Message:
    """Return the mail that says what is wrong with the runs.

    The same text on the same day gives the same Message-ID.
    """
    return _to_engineer(
        render("mail/alarm.txt.j2", text=text, program=addresses.program),
        addresses,
        subject=f"[mtqg] alarm: {addresses.program.short_name}",
        number=f"alarm-{_hash(f'{at.date()} {text}')}",
        at=at,
    )


def _to_engineer(
    text: str,
    addresses: AlarmAddresses,
    *,
    subject: str,
    number: str,
    at: datetime,
) -> Message:
    message = text_part(text, "plain")
    address_message(
        message,
        addresses.office,
        addresses.program,
        to=addresses.engineer,
        subject=subject,
        number=number,
        at=at,
    )
    return message


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_HASH_LETTERS]

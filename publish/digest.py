"""The operator's mails: the digest of a night, and the alarm where there was none."""

import hashlib
from datetime import datetime
from email.message import Message

from program.digest import Digest
from program.pack import Pack
from publish.letterhead import address_message, text_part
from publish.rendering import render


def compose_digest(digest: Digest, pack: Pack) -> Message:
    """Return the mail about a night to the pack's engineer; the same night gives the same Message-ID."""
    state = "failed" if digest.errors else "completed"
    subject = f"[mtqg] night {digest.run_id} {state}, as of {digest.as_of}: {pack.program.short_name}"
    text = render("mail/digest.txt.j2", digest=digest, pack=pack)
    return _to_engineer(text, subject, pack, f"night-{digest.run_id}-{_hashed(digest.started_at.isoformat())}", digest.started_at)


def compose_alarm(text: str, pack: Pack, at: datetime) -> Message:
    """Return the mail that says in a sentence what is wrong with the nights; the same sentence on a day is the same mail."""
    body = render("mail/alarm.txt.j2", sentence=text, pack=pack)
    subject = f"[mtqg] alarm: {pack.program.short_name}"
    return _to_engineer(body, subject, pack, f"alarm-{_hashed(f'{at.date()} {text}')}", at)


def _to_engineer(text: str, subject: str, pack: Pack, number: str, at: datetime) -> Message:
    message = text_part(text, "plain")
    address_message(message, pack, to=pack.correspondence.engineer, subject=subject, number=number, at=at)
    return message


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]

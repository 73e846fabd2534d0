"""Who did what: the acts of persons that change what counts, what is kept, or what is read."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class AuditAction(StrEnum):
    """What a person did (`audit.action`)."""

    WITHDRAW = "withdraw"
    """A delivery was withdrawn."""
    REREAD = "reread"
    """A delivery was requeued, to be checked again."""
    RELEASE = "release"
    """A held delivery was taken as sent by a unit."""
    ACCEPT = "accept"
    """An explanation or a held replacement was accepted; its findings are waived."""
    REFUSE = "refuse"
    """A held delivery, an explanation or a held replacement was refused."""
    UNDO = "undo"
    """A decision about a held delivery, an explanation or a held replacement was taken back."""
    PURGE = "purge"
    """Bytes with personal data were deleted after their retention period."""


@dataclass(frozen=True, slots=True)
class Signature:
    """Who does something, when and why.

    `by` is empty where a program does it: the audit trail has the acts of persons only. `reason`
    may be empty where nobody is asked for one.
    """

    by: str
    at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One act: when, by whom, what, on what (`delivery 12`), and why."""

    at: datetime
    by: str
    action: AuditAction
    subject: str
    reason: str

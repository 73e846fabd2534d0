"""Inbound mails: what a mail says about itself, and why a delivery waits for the office.

Everything in a mail is the claim of its sender, but for the results of authentication, which the
receiving server wrote.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class HoldReason(StrEnum):
    """Why a delivery is held until the office decides (`holds.reason`)."""

    UNKNOWN_SENDER = "unknown_sender"
    """contacts.yaml has no unit with the address."""
    AMBIGUOUS_SENDER = "ambiguous_sender"
    """Several units that exist on the day have the address."""
    OFFICE_SENDER = "office_sender"
    """The office itself sent it, as with a mail that it forwards: no unit is its sender."""
    AUTHENTICATION_FAILED = "authentication_failed"
    """The receiving server says that the mail does not come from where it says."""
    AUTHENTICATION_UNKNOWN = "authentication_unknown"
    """The receiving server says nothing, and the source requires that it does."""


class AuthenticationOutcome(StrEnum):
    """What SPF, DKIM and DMARC say together."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"


PASS = "pass"  # noqa: S105  (a result, no password)
_FAILURES = ("fail", "softfail")


@dataclass(frozen=True, slots=True)
class MailAuthentication:
    """The results of SPF, DKIM and DMARC in the words of RFC 8601; empty where there is none.

    Only the header of the receiving server counts (`MailboxSource.authentication_server`).
    `is_aligned`: SPF or DKIM passed for the domain of the sender's address.
    """

    spf: str = ""
    dkim: str = ""
    dmarc: str = ""
    is_aligned: bool = False

    @property
    def outcome(self) -> AuthenticationOutcome:
        """DMARC decides where it says pass or fail; otherwise SPF and DKIM do.

        A pass for another domain proves nothing: anybody can sign with a domain of their own.
        """
        if self.dmarc == PASS:
            return AuthenticationOutcome.PASSED
        if self.dmarc in _FAILURES:
            return AuthenticationOutcome.FAILED
        # A mail that is forwarded fails SPF and keeps its DKIM signature.
        if self.is_aligned:
            return AuthenticationOutcome.PASSED
        if self.spf in _FAILURES or self.dkim in _FAILURES:
            return AuthenticationOutcome.FAILED
        return AuthenticationOutcome.UNKNOWN


@dataclass(frozen=True, slots=True)
class InboundMail:
    """What a mail says. Texts are single lines without control characters, but for `own_text`.

    `message_id` and `thread_ids` are Message-IDs without angle brackets; `thread_ids` are those
    that the mail answers, the nearest first. `from_addresses` are in lower case. `claimed_at` is
    its Date header (UTC), None without a usable one. `is_automatic`: a program sent it, or a list,
    and nobody must answer it. `own_text` is what its sender wrote, without quotations and
    signature. `links` lead to files in clouds (Google Drive, OneDrive).
    """

    message_id: str | None
    from_addresses: tuple[str, ...]
    from_name: str
    subject: str
    claimed_at: datetime | None = None
    thread_ids: tuple[str, ...] = ()
    authentication: MailAuthentication = MailAuthentication()
    is_automatic: bool = False
    own_text: str = ""
    links: tuple[str, ...] = ()

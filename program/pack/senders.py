"""Who sent a mail: the unit whose contact has the address, or why the office must say it."""

from dataclasses import dataclass
from datetime import date

from program.mail import AuthenticationOutcome, HoldReason, InboundMail
from program.pack.pack import Pack


@dataclass(frozen=True, slots=True)
class MailSender:
    """The unit that sent a mail, None where nobody knows it; `hold` says why the mail waits."""

    unit_code: str | None
    hold: HoldReason | None = None


def sender_of(
    mail: InboundMail,
    pack: Pack,
    day: date,
    *,
    requires_authentication: bool = False,
) -> MailSender:
    """Return who sent a mail that came on `day`, by the addresses in its From header.

    A mail of a program or a list is never held: nothing in it is checked.
    """
    units = _units_of(mail, pack, day)
    if mail.is_automatic:
        return MailSender(units.pop() if len(units) == 1 else None)
    hold = _doubt(mail, requires_authentication=requires_authentication)
    if hold is None:
        hold = _why_nobody(mail, pack, units)
    if hold is not None:
        return MailSender(None, hold)
    return MailSender(units.pop())


def _units_of(mail: InboundMail, pack: Pack, day: date) -> set[str]:
    """Return the units with an address of a mail; of several, those that report on a day.

    A district that ended and a commune on its land may have one contact. A late report of a
    district may come after its end: then no unit with its address reports any more.
    """
    correspondence = pack.correspondence
    # A unit may share the office's address, which proves nothing about the unit.
    addresses = frozenset(mail.from_addresses) - correspondence.office.addresses
    contacts = correspondence.units.items()
    units = {code for code, contact in contacts if addresses & contact.addresses}
    reporting = {code for code in units if _reports_on(code, pack, day)}
    return reporting or units


def _reports_on(code: str, pack: Pack, day: date) -> bool:
    """Tell whether a unit exists on a day, and units of its kind must send reports about it."""
    unit = pack.units.get(code, day)
    if unit is None:
        return False
    duties = pack.calendar.duties
    return any(duty.from_kind is unit.kind and duty.covers(day) for duty in duties)


def _doubt(mail: InboundMail, *, requires_authentication: bool) -> HoldReason | None:
    """Return why nobody can trust the address in a mail; None if it counts."""
    outcome = mail.authentication.outcome
    if outcome is AuthenticationOutcome.FAILED:
        return HoldReason.AUTHENTICATION_FAILED
    if outcome is AuthenticationOutcome.UNKNOWN and requires_authentication:
        return HoldReason.AUTHENTICATION_UNKNOWN
    return None


def _why_nobody(mail: InboundMail, pack: Pack, units: set[str]) -> HoldReason | None:
    """Return why the addresses of a mail name no unit; None if they name one."""
    correspondence = pack.correspondence
    addresses = frozenset(mail.from_addresses)
    if len(units) > 1:
        return HoldReason.AMBIGUOUS_SENDER
    for code in units:
        # A mail may have several senders. Each of them must be the unit's.
        is_only_its = addresses <= correspondence.units[code].addresses
        return None if is_only_its else HoldReason.AMBIGUOUS_SENDER
    if correspondence.office.addresses & addresses:
        return HoldReason.OFFICE_SENDER
    return HoldReason.UNKNOWN_SENDER

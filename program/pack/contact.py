"""The people who get mails, and in whose name mails are sent."""

from typing import Annotated, Literal

from pydantic import Field

from program.pack.mailing_policy import MailingPolicy, last_step
from program.pack.yaml_file import Model
from program.submission import Verdict

_ADDRESS = r"^[^@\s<>,;:\"()\[\]\\\x00-\x1f\x7f]+@[A-Za-z0-9.-]+$"

Address = Annotated[str, Field(max_length=254, pattern=_ADDRESS)]


class Contact(Model):
    """A person or post that gets mails. Addresses in a sample pack end in `.example`.

    The name goes into a mail's header, the address into a command to the mail server. So neither
    may have characters that end a header or a command. `other_emails` are addresses from which the
    contact sends mails too; none of our mails goes there.
    """

    name: str = Field(min_length=1, pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$")
    email: Address
    other_emails: tuple[Address, ...] = ()
    phone: str = ""

    @property
    def addresses(self) -> frozenset[str]:
        """All addresses from which the contact sends mails, in lower case."""
        return frozenset(each.lower() for each in (self.email, *self.other_emails))


class Escalation(Model):
    """Who gets a reminder of a report that is `after_working_days` late."""

    after_working_days: int = Field(ge=0)
    to: Literal["unit", "office", "leader"]


class Correspondence(Model):
    """A pack's `contacts.yaml`: the office that signs, its leader, the engineer, and unit contacts.

    `notify` lists the verdicts for which the sender gets a mail. `escalation` says who is reminded
    of a late report; the later it is, the higher. `escalation_source` is the source of that
    practice. `mailing` says when mails are sent and who is reminded. `send_to` says in words where
    units send their files; templates print it.
    """

    office: Contact
    leader: Contact
    engineer: Contact
    send_to: str = ""
    notify: tuple[Verdict, ...]
    escalation: tuple[Escalation, ...]
    escalation_source: str = Field(min_length=1)
    mailing: MailingPolicy = MailingPolicy()
    units: dict[str, Contact]

    def escalated(self, working_days_late: int) -> tuple[Escalation, ...]:
        """Return the steps that a late report has reached, the lowest first."""
        if working_days_late <= 0:
            return ()
        steps = sorted(self.escalation, key=lambda step: step.after_working_days)
        return tuple(step for step in steps if step.after_working_days <= working_days_late)

    def steps_late(self, working_days_late: int) -> tuple[Escalation, ...]:
        """Return the steps that a late report has reached recently.

        All of them have the same number of days. There are none where the last one is long past.
        """
        reached = self.escalated(working_days_late)
        days_reached = tuple(step.after_working_days for step in reached)
        last = last_step(days_reached, working_days_late)
        return tuple(step for step in reached if step.after_working_days == last)

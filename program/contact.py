"""Who is written to, and in whose name."""

from typing import Literal

from pydantic import Field

from program.configuration import Model
from program.mailing import Mailing, last_step
from program.submission import Verdict


class Contact(Model):
    """A person or post to write to. Addresses of a sample pack end in `.example`.

    A name stands in a header of a mail, an address in a command to the server: neither may hold what would end them.
    """

    name: str = Field(min_length=1, pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$")
    email: str = Field(max_length=254, pattern=r"^[^@\s<>,;:\"()\[\]\\\x00-\x1f\x7f]+@[A-Za-z0-9.-]+$")
    phone: str = ""


class Escalation(Model):
    """Who is told of a report that is `after_working_days` late: the unit itself, the office, or its leader."""

    after_working_days: int = Field(ge=0)
    to: Literal["unit", "office", "leader"]


class Correspondence(Model):
    """A pack's `contacts.yaml`: the office that signs, its leader, the engineer, and one contact a unit.

    `notify` lists the verdicts that are worth a mail to the sender; `escalation` whom a late report is brought to, the
    later the higher, with the `escalation_source` of that practice; `mailing` when mails go out and who is reminded.
    """

    office: Contact
    leader: Contact
    engineer: Contact
    notify: tuple[Verdict, ...]
    escalation: tuple[Escalation, ...]
    escalation_source: str = Field(min_length=1)
    mailing: Mailing = Mailing()
    units: dict[str, Contact]

    def escalated(self, working_days_late: int) -> tuple[Escalation, ...]:
        """Return the steps that a report so late has reached, the lowest first."""
        steps = sorted(self.escalation, key=lambda step: step.after_working_days)
        return tuple(step for step in steps if 0 < working_days_late >= step.after_working_days)

    def steps_late(self, working_days_late: int) -> tuple[Escalation, ...]:
        """Return the steps that a report so late has come to lately: of one number of days; none where that is past."""
        reached = self.escalated(working_days_late)
        last = last_step(tuple(step.after_working_days for step in reached), working_days_late)
        return tuple(step for step in reached if step.after_working_days == last)

"""Who is written to, and in whose name."""

from typing import Literal

from pydantic import Field

from program.configuration import Model
from program.submission import Verdict


class Contact(Model):
    """A person or post to write to. Addresses of a sample pack end in `.example`."""

    name: str
    email: str = Field(pattern=r"^[^@\s<>,;]+@[^@\s<>,;]+$")
    phone: str = ""


class Escalation(Model):
    """Who is told of a report that is `after_working_days` late: the unit itself, the office, or its leader."""

    after_working_days: int = Field(ge=0)
    to: Literal["unit", "office", "leader"]


class Correspondence(Model):
    """A pack's `contacts.yaml`: the office that signs, its leader, the engineer, and one contact a unit.

    `notify` lists the verdicts that are worth a mail to the sender; `escalation` whom a late report is brought to, the
    later the higher, with the `escalation_source` of that practice.
    """

    office: Contact
    leader: Contact
    engineer: Contact
    notify: tuple[Verdict, ...]
    escalation: tuple[Escalation, ...]
    escalation_source: str = Field(min_length=1)
    units: dict[str, Contact]

    def escalated(self, working_days_late: int) -> tuple[Escalation, ...]:
        """Return the steps that a report so late has reached, the lowest first."""
        steps = sorted(self.escalation, key=lambda step: step.after_working_days)
        return tuple(step for step in steps if 0 < working_days_late >= step.after_working_days)

"""Who is written to, and in whose name."""

from pydantic import Field

from program.configuration import Model
from program.submission import Verdict


class Contact(Model):
    """A person or post to write to. Addresses of a sample pack end in `.example`."""

    name: str
    email: str = Field(pattern=r"^[^@\s<>,;]+@[^@\s<>,;]+$")
    phone: str = ""


class Correspondence(Model):
    """A pack's `contacts.yaml`: the office that signs, the engineer, and one contact a unit.

    `notify` lists the verdicts that are worth a mail to the sender.
    """

    office: Contact
    engineer: Contact
    notify: tuple[Verdict, ...]
    units: dict[str, Contact]

"""What the templates of a letter speak of: reports with what became of them, reports that have not come, and what is asked."""

from dataclasses import dataclass
from datetime import date

from program.contact import Contact
from program.finding import Finding
from program.letter import Notice

_TONES = {"fix": "bad", "open": "bad", "unreadable": "bad", "part": "ask", "check": "ask", "compared": "ask"}
TASKS = ("fix", "open", "check", "late", "today", "soon", "overruled", "fixed", "received")
"""What a letter can be about, the most pressing first; its subject says one of them."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """When a report is due, seen from the letter's day, in working days. Only where somebody has said when."""

    due_date: date
    days_left: int
    days_late: int


@dataclass(frozen=True, slots=True)
class ToldReport:
    """One report as the mail speaks of it: its findings `shown` in full, and how many `more` there are in the file `marked`."""

    notice: Notice
    form: str
    unit: str
    period: str
    result: str
    shown: tuple[Finding, ...]
    more: int
    marked: str
    deadline: Deadline | None

    @property
    def tone(self) -> str:
        """How it looks: bad, ask or good."""
        return _TONES.get(self.result, "good")

    @property
    def task(self) -> str:
        """What it asks of its sender, as the subject names it."""
        return {"unreadable": "fix", "part": "check", "compared": "check"}.get(self.result, self.result)


@dataclass(frozen=True, slots=True)
class AskedReport:
    """A report that has not come."""

    form: str
    unit: str
    period: str
    deadline: Deadline

    @property
    def task(self) -> str:
        """Where it stands: soon, today or late."""
        return "late" if self.deadline.days_late else "soon" if self.deadline.days_left else "today"


@dataclass(frozen=True, slots=True)
class About:
    """All that the templates speak of, but for the office and its attachments."""

    receiver: Contact
    is_for_unit: bool
    day: date
    reports: tuple[ToldReport, ...]
    reminders: tuple[AskedReport, ...]
    accepted: tuple[str, ...]

    @property
    def task(self) -> str:
        """The most pressing of what the letter asks."""
        asked = {each.task for each in self._all}
        return next(task for task in TASKS if task in asked)

    @property
    def names(self) -> list[tuple[str, str, str]]:
        """The form, unit and period of each report that it is about, each once."""
        return list(dict.fromkeys((each.form, each.unit, each.period) for each in self._all))

    @property
    def _all(self) -> "tuple[ToldReport | AskedReport, ...]":
        return (*self.reports, *self.reminders)

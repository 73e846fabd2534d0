"""What the templates of a letter print: reports with their result, missing reports, the main task.

`wording` fills these classes; the sentences are in `templates/mail`.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from program.finding_groups import Group
from program.pack.contact import Contact
from program.records.letter import Notice


class ReportResult(StrEnum):
    """The result of a report, as its sender sees it. The templates of letters test these values."""

    FIX = "fix"
    """It has critical findings; no figure was loaded."""
    OPEN = "open"
    """The same, and an earlier letter asked for a correction already."""
    REFUSED = "refused"
    """The office does not accept what the sender explained: its findings stand."""
    UNREADABLE = "unreadable"
    """The file could not be read."""
    PART = "part"
    """It was loaded without the lines that have critical findings."""
    CHECK = "check"
    """It was loaded; its warnings need an answer."""
    COMPARED = "compared"
    """It was loaded; a cross-check later raised warnings."""
    FIXED = "fixed"
    """What earlier letters asked for is settled."""
    WAIVED = "waived"
    """A named person decided that its findings do not count."""
    RECEIVED = "received"
    """It was loaded and nothing is to be done."""


class Task(StrEnum):
    """What a letter asks of its receiver, the most pressing task first. Its subject names one."""

    FIX = "fix"
    OPEN = "open"
    REFUSED = "refused"
    CHECK = "check"
    LATE = "late"
    TODAY = "today"
    SOON = "soon"
    WAIVED = "waived"
    FIXED = "fixed"
    EXPLANATION_ACCEPTED = "explanation_accepted"
    EXPLAINED = "explained"
    RECEIVED = "received"


TASKS = tuple(Task)
"""All tasks, the most pressing first."""

_TASKS_OF_RESULTS = {
    ReportResult.FIX: Task.FIX,
    ReportResult.OPEN: Task.OPEN,
    ReportResult.REFUSED: Task.REFUSED,
    ReportResult.UNREADABLE: Task.FIX,
    ReportResult.PART: Task.CHECK,
    ReportResult.CHECK: Task.CHECK,
    ReportResult.COMPARED: Task.CHECK,
    ReportResult.FIXED: Task.FIXED,
    ReportResult.WAIVED: Task.WAIVED,
    ReportResult.RECEIVED: Task.RECEIVED,
}
_TONES_OF_RESULTS = {
    ReportResult.FIX: "bad",
    ReportResult.OPEN: "bad",
    ReportResult.REFUSED: "bad",
    ReportResult.UNREADABLE: "bad",
    ReportResult.PART: "ask",
    ReportResult.CHECK: "ask",
    ReportResult.COMPARED: "ask",
    ReportResult.FIXED: "good",
    ReportResult.WAIVED: "good",
    ReportResult.RECEIVED: "good",
}


@dataclass(frozen=True, slots=True)
class Deadline:
    """When a report is due, and how far the letter's day is from it, in working days."""

    due_date: date
    days_left: int
    days_late: int


@dataclass(frozen=True, slots=True)
class ReportedItem:
    """One report as the mail presents it.

    `shown` are the items printed in full and `more` is the number of the others. `is_listed_above`:
    what a cross-check found stands at an earlier report of the letter. `marked` is the name of the
    marked workbook that lists all of them; empty if the receiver gets none. `deadline` is None if
    the mail does not ask for the report again, or nobody set a deadline. `answer_by` is the day for
    an answer if the mail asks for one and no deadline is ahead.
    """

    notice: Notice
    form: str
    unit: str
    period: str
    result: ReportResult
    shown: tuple[Group, ...]
    more: int
    is_listed_above: bool
    marked: str
    deadline: Deadline | None
    answer_by: date | None

    @property
    def tone(self) -> str:
        """The CSS class of the report's result: bad, ask or good."""
        return _TONES_OF_RESULTS[self.result]

    @property
    def task(self) -> Task:
        """What the mail asks its reader to do."""
        return _TASKS_OF_RESULTS[self.result]


@dataclass(frozen=True, slots=True)
class RequestedItem:
    """A report that has not come."""

    form: str
    unit: str
    period: str
    deadline: Deadline

    @property
    def task(self) -> Task:
        """How the letter's day compares with the deadline: late, today or soon."""
        if self.deadline.days_late:
            return Task.LATE
        return Task.SOON if self.deadline.days_left else Task.TODAY


@dataclass(frozen=True, slots=True)
class AnsweredItem:
    """What the sender of an explanation gets to know about it.

    `names` are the form, unit and period of each report that it is about. `is_report_missing`: one
    of them has not come.
    """

    received_at: datetime
    names: tuple[tuple[str, str, str], ...]
    is_accepted: bool
    is_report_missing: bool

    @property
    def task(self) -> Task:
        """What the mail says: the explanation was accepted, or received."""
        return Task.EXPLANATION_ACCEPTED if self.is_accepted else Task.EXPLAINED


@dataclass(frozen=True, slots=True)
class LetterContext:
    """All values that the templates print, except the office, the engineer and the attachments.

    `is_for_office`: the receiver is the office in whose name all other letters are sent.
    """

    receiver: Contact
    is_for_unit: bool
    is_for_office: bool
    day: date
    reports: tuple[ReportedItem, ...]
    reminders: tuple[RequestedItem, ...]
    answered: tuple[AnsweredItem, ...]
    accepted: tuple[str, ...]

    @property
    def task(self) -> Task:
        """The most pressing task of the letter, which has one report or other item at least."""
        tasks = [each.task for each in (*self._asked, *self.answered)]
        return min(tasks, key=TASKS.index)

    @property
    def names(self) -> list[tuple[str, str, str]]:
        """The form, unit and period of each report in the letter, each once."""
        names = [(each.form, each.unit, each.period) for each in self._asked]
        for each in self.answered:
            names += each.names
        return list(dict.fromkeys(names))

    @property
    def _asked(self) -> "tuple[ReportedItem | RequestedItem, ...]":
        return (*self.reports, *self.reminders)

"""The content of a letter as data, without words: notices and reminders.

A notice is about a submission, a reminder about a report that is due, an acknowledgement about an
explanation.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from program.calendar.stage import Stage
from program.finding import Finding
from program.submission import Verdict

LETTER_CODE_LENGTH = 8
"""How many characters of a letter's id its code has."""


class NoticeKind(StrEnum):
    """What a notice says.

    Two are about an explanation, two about a report that has not come, the last is about a run.
    """

    CHECKED = "checked"
    """The result of the check. The verdict says what the sender must do."""
    CROSS_CHECKED = "cross_checked"
    """The findings of cross-checks, after the submission was accepted."""
    ALL_CLEAR = "all_clear"
    """An earlier request to the sender is settled."""
    WAIVED = "waived"
    """A named person waived the findings of an earlier request."""
    STILL_OPEN = "still_open"
    """A reminder of a request to correct a report: no better version has come."""
    NOT_ACCEPTED = "not_accepted"
    """The office does not accept an explanation, or a replacement. The findings stand."""
    EXPLAINED = "explained"
    """An explanation was received, and waits for the office."""
    EXPLANATION_ACCEPTED = "explanation_accepted"
    """The office accepts an explanation that waives nothing, so that no other notice says it."""
    MORNING = "morning"
    """What was checked since the last such mail, for the office: up to this submission."""
    DUE_SOON = "due_soon"
    """A reminder before the due date of a report."""
    OVERDUE = "overdue"
    """A reminder after the due date of a report."""
    ALARM = "alarm"
    """A run failed, or none has completed since it: for the operator's channels."""


@dataclass(frozen=True, slots=True)
class ReportName:
    """The key that identifies a report."""

    form_code: str
    unit_code: str
    period: str
    stage: Stage


@dataclass(frozen=True, slots=True)
class Notice:
    """What a recipient gets to know about one submission: its verdict and findings."""

    submission_id: int
    verdict: Verdict
    form_code: str | None
    unit_code: str | None
    period: str | None
    stage: Stage
    sender_unit: str | None
    delivery_name: str
    received_at: datetime
    findings: tuple[Finding, ...]
    is_one_of_several: bool = False
    """Its file holds other reports too, each with its own verdict."""
    report_no: int = 1
    """Its number among the reports of its file, from 1."""
    delivery_id: int = 0
    sha256: str | None = None
    """The sha256 of the file in the archive; None where the file was not kept."""
    kind: NoticeKind = NoticeKind.CHECKED
    is_explained: bool = False
    """Its sender wrote words beside the file, which wait for the office."""
    refusal: str = ""
    """Why the office does not accept it, in its own words; "" for every other notice."""

    @property
    def report(self) -> ReportName | None:
        """The report that it is about; None if its form, unit or period is unknown."""
        if self.form_code is None or self.unit_code is None or self.period is None:
            return None
        return ReportName(self.form_code, self.unit_code, self.period, self.stage)


@dataclass(frozen=True, slots=True)
class MissingReport:
    """A report that is due and of which nothing came, not even a rejected file."""

    report: ReportName
    due_date: date


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """What a sender gets to know about an explanation: it was received, or the office accepts it.

    `unit_code` is its sender. `reports` are those that it is about, `files` the names of files of
    which nobody knows the report. `is_report_missing`: it is about a report that had not come.
    """

    kind: NoticeKind
    unit_code: str | None
    received_at: datetime
    reports: tuple[ReportName, ...]
    files: tuple[str, ...]
    is_report_missing: bool


@dataclass(frozen=True, slots=True)
class News:
    """What a morning mail reports: the submissions after one number, up to another one."""

    after_submission: int
    up_to_submission: int


@dataclass(frozen=True, slots=True)
class RunAlarm:
    """What is wrong with a run: its errors, or for how many days none has completed since it."""

    run_id: int
    errors: tuple[str, ...]
    days_without: int = 0


@dataclass(frozen=True, slots=True)
class Letter:
    """Everything that one recipient gets in one mail. `message_id` identifies the mail.

    A letter with `news` is the office's morning mail, and holds nothing else. One with `alarms` is
    for a channel of the operator, and holds nothing else.

    `day` is the day in Vietnam on which its statements are true. `accepted` are the recipient's
    other reports of the same periods that are current. `references` are the message ids of earlier
    letters about the same reports, the oldest first.
    """

    message_id: str
    recipient: str
    created_at: datetime
    day: date
    notices: tuple[Notice, ...] = ()
    reminders: tuple[MissingReport, ...] = ()
    acknowledgements: tuple[Acknowledgement, ...] = ()
    accepted: tuple[ReportName, ...] = ()
    references: tuple[str, ...] = ()
    news: News | None = None
    alarms: tuple[RunAlarm, ...] = ()

    @property
    def code(self) -> str:
        """The beginning of its id, by which an answer names it in its subject."""
        return self.message_id[:LETTER_CODE_LENGTH]

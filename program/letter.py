"""What a letter says: notices of submissions, reminders of reports that are owed; as data, before any words."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from program.finding import Finding
from program.stage import Stage
from program.submission import Verdict


class NoticeKind(StrEnum):
    """What a notice of a submission tells."""

    JUDGED = "judged"
    """What was found in it; its verdict says what that asks of the sender."""
    COMPARED = "compared"
    """What holding it against other submissions brought, after it was accepted."""
    FIXED = "fixed"
    """All clear: what the sender was asked before is settled."""
    OVERRULED = "overruled"
    """A named person took back what the sender was asked."""
    OPEN = "open"
    """It was told before, and no better version has come since."""


@dataclass(frozen=True, slots=True)
class ReportName:
    """Which report: the four things that tell it from every other."""

    form_code: str
    unit_code: str
    period: str
    stage: Stage


@dataclass(frozen=True, slots=True)
class Notice:
    """What a recipient is owed about one submission: the verdict on it and its findings."""

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
    is_part: bool = False
    """Whether its file holds other reports too, each with a verdict of its own."""
    part: int = 1
    """Which of its file's reports it is."""
    delivery_id: int = 0
    sha256: str | None = None
    """Of the file's bytes in the archive; None where they were not kept."""
    kind: NoticeKind = NoticeKind.JUDGED

    @property
    def report(self) -> ReportName | None:
        """Which report it is about; None where its file does not let that be known."""
        if self.form_code is None or self.unit_code is None or self.period is None:
            return None
        return ReportName(self.form_code, self.unit_code, self.period, self.stage)


@dataclass(frozen=True, slots=True)
class Reminder:
    """A report that is owed and has not come."""

    report: ReportName
    due_date: date


@dataclass(frozen=True, slots=True)
class Letter:
    """All that goes to one recipient in one mail. The same `message_id` is always the same mail.

    `day` is the day in Vietnam as of which it speaks. `accepted` are the recipient's other reports of the same periods that are
    believed, `references` the message ids of earlier letters about the same reports, the oldest first.
    """

    message_id: str
    recipient: str
    created_at: datetime
    day: date
    notices: tuple[Notice, ...] = ()
    reminders: tuple[Reminder, ...] = ()
    accepted: tuple[ReportName, ...] = ()
    references: tuple[str, ...] = ()

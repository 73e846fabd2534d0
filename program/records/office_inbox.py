"""What waits for the office to decide: explanations of senders, and replacements that are held."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from program.finding import Finding
from program.records.letter import ReportName


class DecisionOutcome(StrEnum):
    """What the office decided (`decisions.outcome`)."""

    ACCEPTED = "accepted"
    """The findings are waived, as far as a finding can be."""
    REFUSED = "refused"
    """The findings stand. The sender gets a mail with the reason."""
    UNDONE = "undone"
    """An earlier decision is taken back: the thing waits again."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision of the office: what, by whom, when and why. It stands until it is undone."""

    outcome: DecisionOutcome
    decided_by: str
    decided_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class UnansweredFinding:
    """A finding that waits for an answer, in the newest submission of its report.

    `is_of_cross_check`: a cross-check found it. No waiver is about such a finding.
    """

    submission_id: int
    report: ReportName | None
    finding: Finding
    is_of_cross_check: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a sender wrote in reply to a letter of ours.

    `findings` are those that it answers and that are still open, `missing` the reports that it
    answers and that have not come. Both are empty where nothing is left to decide, or it was
    decided. `decision` is None until the office decides.
    """

    id: int
    delivery_id: int
    unit_code: str | None
    recipient: str
    text: str
    received_at: datetime
    submission_ids: tuple[int, ...]
    findings: tuple[UnansweredFinding, ...]
    missing: tuple[ReportName, ...]
    decision: Decision | None

    @property
    def concerned(self) -> frozenset[int]:
        """The submissions that it was written about, and those that have the findings now."""
        now = {each.submission_id for each in self.findings}
        return frozenset({*self.submission_ids, *now})

    @property
    def is_open(self) -> bool:
        """Tell whether it waits for the office."""
        return self.decision is None and bool(self.findings or self.missing)

    @property
    def is_settled(self) -> bool:
        """Tell whether nothing is left to decide, although nobody decided."""
        return self.decision is None and not self.is_open


@dataclass(frozen=True, slots=True)
class HeldReplacement:
    """A version that does not count, because a person must say whether it is meant.

    `findings` are the critical ones. An earlier version of the report counts meanwhile.
    """

    submission_id: int
    delivery_id: int
    delivery_name: str
    report: ReportName
    sender_unit: str | None
    received_at: datetime
    findings: tuple[UnansweredFinding, ...]

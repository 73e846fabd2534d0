"""Put notices into the outbox. Nothing else adds rows to it, but for a rebuild."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, insert, select, update
from sqlalchemy.orm import Session

from program.records.letter import MissingReport, NoticeKind
from program.submission import Verdict
from warehouse.database.portions import portions
from warehouse.states import OutboxState
from warehouse.tables import OutboxRow

_IDENTITY = (
    "submission_id",
    "form_code",
    "unit_code",
    "period",
    "stage",
    "recipient",
    "kind",
    "run_id",
    "step",
    "answers_id",
    "explanation_id",
)
"""The columns of the outbox that tell one notice from another. None of them ever changes."""
_COLUMNS_OF_MISSING = ("form_code", "unit_code", "period", "stage", "due_date")
_ABOUT_REPORTS = (NoticeKind.DUE_SOON, NoticeKind.OVERDUE)
"""The kinds about a report that has not come."""
ABOUT_EXPLANATIONS = (NoticeKind.EXPLAINED, NoticeKind.EXPLANATION_ACCEPTED)
"""The kinds about an explanation. All others but alarms are about a submission."""

_Identity: TypeAlias = tuple[Any, ...]
_Values: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class NewNotice:
    """A notice to put into the outbox.

    Attributes:
        verdict: What the check found; for `checked` only.
        run_id: The run whose cross-checks found something (`cross_checked`), or that an `alarm` is
            about.
        step: Which reminder of a series it is. For a refusal, or an explanation that was accepted,
            the number of the decision; 0 for one that was received. For a
            morning notice how many explanations and held deliveries there were, and one. For an
            alarm the days without a run, 0 if it failed. Null for all other kinds.
        answers_id: The notice with the question that is settled; for `all_clear` only.
        explanation_id: The explanation that it is about; for `explained` and
            `explanation_accepted`.
    """

    kind: NoticeKind
    recipient: str
    created_at: datetime
    submission_id: int | None = None
    missing: MissingReport | None = None
    verdict: Verdict | None = None
    run_id: int | None = None
    step: int | None = None
    answers_id: int | None = None
    explanation_id: int | None = None

    def __post_init__(self) -> None:
        """Raise ValueError where what the kind is about is missing."""
        subject: object = self.submission_id
        if self.kind in _ABOUT_REPORTS:
            subject = self.missing
        elif self.kind in ABOUT_EXPLANATIONS:
            subject = self.explanation_id
        elif self.kind is NoticeKind.ALARM:
            subject = self.run_id
        if subject is None:
            raise ValueError(f"a notice {self.kind} without what it is about")


def enqueue(session: Session, notices: Iterable[NewNotice]) -> int:
    """Put the notices into the outbox that it does not hold yet; return how many.

    In the caller's transaction, and idempotent: the outbox holds one `checked` and one `waived`
    notice of a submission for a recipient, one `cross_checked` for each run, one reminder for each
    step, one `all_clear` for each question, one notice of a kind about an explanation for each
    step, and one alarm about a run for each step.

    An all-clear that became obsolete is pending again: the question was put once more before the
    answer was sent, and is settled once more.
    """
    wanted: dict[_Identity, _Values] = {}
    for notice in notices:
        values = _values(notice)
        wanted.setdefault(_identity(values), values)
    on_record = _on_record(session, wanted.values())
    new = [values for identity, values in wanted.items() if identity not in on_record]
    # SQLAlchemy would insert one row of defaults for an empty list.
    if new:
        session.connection().execute(insert(OutboxRow), new)
    renewed = 0
    for identity, values in wanted.items():
        if values["kind"] is NoticeKind.ALL_CLEAR and identity in on_record:
            renewed += _renew(session, on_record[identity], values["created_at"])
    return len(new) + renewed


def _values(notice: NewNotice) -> _Values:
    return {
        "submission_id": notice.submission_id,
        **_values_of_missing(notice.missing),
        "recipient": notice.recipient,
        "kind": notice.kind,
        # The verdict of then: a cross-check may change that of the submission.
        "verdict": notice.verdict.value if notice.verdict else None,
        "run_id": notice.run_id,
        "step": notice.step,
        "answers_id": notice.answers_id,
        "explanation_id": notice.explanation_id,
        "state": OutboxState.PENDING,
        "created_at": notice.created_at,
        "attempts": 0,
    }


def _values_of_missing(missing: MissingReport | None) -> _Values:
    """Return the columns about a report that has not come; all None for other notices."""
    if missing is None:
        return dict.fromkeys(_COLUMNS_OF_MISSING)
    report = missing.report
    return {
        "form_code": report.form_code,
        "unit_code": report.unit_code,
        "period": report.period,
        "stage": report.stage.value,
        "due_date": missing.due_date,
    }


def _identity(values: _Values) -> _Identity:
    return tuple(values[name] for name in _IDENTITY)


def _on_record(session: Session, wanted: Collection[_Values]) -> dict[_Identity, int]:
    """Return the ids of the notices on record about the same submissions, units and runs."""
    columns = [getattr(OutboxRow, name) for name in _IDENTITY]
    query = select(OutboxRow.id, *columns)
    submissions: set[int] = set()
    units: set[str] = set()
    runs: set[int] = set()
    explanations: set[int] = set()
    for values in wanted:
        # A reminder has a unit instead of a submission, an alarm a run.
        if values["kind"] is NoticeKind.ALARM:
            runs.add(values["run_id"])
        elif values["kind"] in ABOUT_EXPLANATIONS:
            explanations.add(values["explanation_id"])
        elif values["submission_id"] is None:
            units.add(values["unit_code"])
        else:
            submissions.add(values["submission_id"])
    conditions: list[ColumnElement[bool]] = [
        OutboxRow.submission_id.in_(ids) for ids in portions(sorted(submissions))
    ]
    conditions += [OutboxRow.unit_code.in_(codes) for codes in portions(sorted(units))]
    is_alarm = OutboxRow.kind == NoticeKind.ALARM
    conditions += [is_alarm & OutboxRow.run_id.in_(ids) for ids in portions(sorted(runs))]
    conditions += [OutboxRow.explanation_id.in_(ids) for ids in portions(sorted(explanations))]
    found: dict[_Identity, int] = {}
    for is_wanted in conditions:
        for number, *identity in session.execute(query.where(is_wanted)):
            found[tuple(identity)] = number
    return found


def _renew(session: Session, number: int, now: datetime) -> int:
    """Make a notice pending again if it is obsolete; return how many became so."""
    statement = (
        update(OutboxRow)
        .where(OutboxRow.id == number, OutboxRow.state == OutboxState.OBSOLETE)
        .values(
            state=OutboxState.PENDING,
            created_at=now,
            # It goes into a new letter.
            message_id=None,
            letter_date=None,
        )
    )
    return int(session.execute(statement).rowcount)  # type: ignore[attr-defined]

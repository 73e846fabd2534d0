"""Decisions of the office on explanations and on held replacements.

One decision about a thing stands. Undoing it is a decision too, after which another may be made.

A finding that is waived here counts like one of a pack's `corrections/*.yaml`: the next run checks
the report again (`decided_waivers`).
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Engine, and_, select
from sqlalchemy.orm import Session, aliased

from program.pack.waiver import WaiverEntry
from program.records.audit import AuditAction, Signature
from program.records.letter import NoticeKind
from program.records.office_inbox import Decision, DecisionOutcome
from warehouse.audit import record_act
from warehouse.lifecycle.reprocess import requeue_waived, waived_deliveries
from warehouse.outbox.enqueue import NewNotice, enqueue
from warehouse.tables import DecisionRow, ExplanationRow, SubmissionRow


@dataclass(frozen=True, slots=True)
class DecisionResult:
    """What became of a decision. `decision` is the one on record: an earlier one if not `is_new`.

    `mails` counts the notices that it put into the outbox.
    """

    decision: Decision
    is_new: bool
    mails: int = 0


@dataclass(frozen=True, slots=True)
class UndoneDecision:
    """A decision that was taken back, and the deliveries that the next run checks again.

    It was not taken back if there are `replacements`: these deliveries count by it, in place of an
    earlier version.
    """

    decision: Decision
    requeued: tuple[int, ...] = ()
    replacements: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Subject:
    """What is decided about: an explanation, or the submission of a held replacement."""

    explanation_id: int | None = None
    submission_id: int | None = None

    @property
    def name(self) -> str:
        """Its name in the audit trail."""
        if self.explanation_id is not None:
            return f"explanation {self.explanation_id}"
        return f"submission {self.submission_id}"

    @property
    def is_about(self) -> ColumnElement[bool]:
        if self.explanation_id is not None:
            return DecisionRow.explanation_id == self.explanation_id
        return DecisionRow.submission_id == self.submission_id


def decide_explanation(
    engine: Engine,
    number: int,
    decision: Decision,
    *,
    waivers: Iterable[WaiverEntry] = (),
    recipient: str = "",
    about: Iterable[int] = (),
) -> DecisionResult:
    """Record what the office decided about an explanation, in one transaction.

    An acceptance waives `waivers`: the next run checks the report again, and says so by mail. One
    that waives nothing goes by mail to the sender of the explanation. A refusal goes by mail to
    `recipient`, once for each of the submissions `about`. An explanation that was decided before is
    unchanged.
    """
    with Session(engine) as session, session.begin():
        # The lock makes a second decision wait, which then finds the first one.
        explanation = session.get_one(ExplanationRow, number, with_for_update=True)
        recipient = recipient or explanation.recipient
        subject = _Subject(explanation_id=number)
        return _decide(session, subject, decision, waivers, recipient, about)


def decide_replacement(
    engine: Engine,
    submission: int,
    decision: Decision,
    *,
    waivers: Iterable[WaiverEntry] = (),
    recipient: str = "",
) -> DecisionResult:
    """Record what the office decided about a held replacement, as `decide_explanation` does."""
    with Session(engine) as session, session.begin():
        session.get_one(SubmissionRow, submission, with_for_update=True)
        subject = _Subject(submission_id=submission)
        return _decide(session, subject, decision, waivers, recipient, [submission])


def _decide(
    session: Session,
    subject: _Subject,
    decision: Decision,
    waivers: Iterable[WaiverEntry],
    recipient: str,
    about: Iterable[int],
) -> DecisionResult:
    earlier = session.scalar(select(DecisionRow).where(subject.is_about, decision_stands()))
    if earlier is not None:
        return DecisionResult(decision_of(earlier), is_new=False)
    row = DecisionRow(
        explanation_id=subject.explanation_id,
        submission_id=subject.submission_id,
        outcome=decision.outcome,
        decided_by=decision.decided_by,
        decided_at=decision.decided_at,
        reason=decision.reason,
        waivers=[waiver.model_dump(mode="json") for waiver in waivers],
    )
    session.add(row)
    session.flush()
    action = AuditAction.ACCEPT
    if decision.outcome is DecisionOutcome.REFUSED:
        action = AuditAction.REFUSE
    signature = Signature(decision.decided_by, decision.decided_at, decision.reason)
    record_act(session, action, subject.name, signature)
    mails = enqueue(session, _notices(row, recipient, about)) if recipient else 0
    return DecisionResult(decision, is_new=True, mails=mails)


def _notices(row: DecisionRow, recipient: str, about: Iterable[int]) -> Iterator[NewNotice]:
    """Yield what the sender hears of a decision now."""
    if row.outcome is DecisionOutcome.REFUSED:
        for number in about:
            yield NewNotice(NoticeKind.NOT_ACCEPTED, recipient, row.decided_at, number, step=row.id)
    elif row.explanation_id is not None and not row.waivers:
        yield NewNotice(
            NoticeKind.EXPLANATION_ACCEPTED,
            recipient,
            row.decided_at,
            step=row.id,
            explanation_id=row.explanation_id,
        )


def decided_waivers(engine: Engine) -> tuple[WaiverEntry, ...]:
    """Return what the office waived, in the order of its decisions."""
    is_accepted = DecisionRow.outcome == DecisionOutcome.ACCEPTED
    query = select(DecisionRow.waivers).where(is_accepted, decision_stands())
    with Session(engine) as session:
        lists = session.scalars(query.order_by(DecisionRow.id)).all()
    return tuple(WaiverEntry.model_validate(entry) for waivers in lists for entry in waivers)


def decision_on_replacement(engine: Engine, submission: int) -> Decision | None:
    """Return what the office decided about a held replacement, None if nothing stands."""
    subject = _Subject(submission_id=submission)
    with Session(engine) as session:
        row = session.scalar(select(DecisionRow).where(subject.is_about, decision_stands()))
        return decision_of(row) if row else None


def undo_decision_on_explanation(
    engine: Engine, number: int, signature: Signature, confirmable: Collection[str]
) -> UndoneDecision | None:
    """Take back what the office decided about an explanation, in one transaction.

    It waits for the office again. What the decision waived is waived no longer: the reports that
    were checked with these waivers are requeued for the next run. A notice of the decision that was
    not sent becomes obsolete; nobody hears of one that was undone before it left.

    `confirmable` are the rules that hold a replacement. Nothing changes where a run has put one in
    force by this decision: compared with itself, it would pass another check. Withdrawing it brings
    the earlier version back.

    Returns None, and changes nothing, where no decision stands.
    """
    return _undo(engine, _Subject(explanation_id=number), signature, confirmable)


def undo_decision_on_replacement(
    engine: Engine, number: int, signature: Signature, confirmable: Collection[str]
) -> UndoneDecision | None:
    """Take back what the office decided about a held replacement, as for an explanation.

    `number` is that of its submission.
    """
    return _undo(engine, _Subject(submission_id=number), signature, confirmable)


def _undo(
    engine: Engine, subject: _Subject, signature: Signature, confirmable: Collection[str]
) -> UndoneDecision | None:
    # Transactions that write come one after the other (`warehouse.database.backends`).
    with Session(engine) as session, session.begin():
        row = session.scalar(select(DecisionRow).where(subject.is_about, decision_stands()))
        if row is None:
            return None
        waivers = [WaiverEntry.model_validate(entry) for entry in row.waivers]
        of_replacements = [waiver for waiver in waivers if waiver.rule in confirmable]
        replacements = waived_deliveries(session, of_replacements)
        if replacements:
            return UndoneDecision(decision_of(row), replacements=tuple(sorted(replacements)))
        session.add(
            DecisionRow(
                explanation_id=subject.explanation_id,
                submission_id=subject.submission_id,
                undoes_id=row.id,
                outcome=DecisionOutcome.UNDONE,
                decided_by=signature.by,
                decided_at=signature.at,
                reason=signature.reason,
                waivers=[],
            )
        )
        record_act(session, AuditAction.UNDO, subject.name, signature)
        requeued = requeue_waived(session, waivers)
        return UndoneDecision(decision_of(row), tuple(requeued))


def decision_stands() -> ColumnElement[bool]:
    """SQL condition: the decision is in force. It was not undone, and undoes none itself."""
    undoing = aliased(DecisionRow)
    is_undone = select(undoing.id).where(undoing.undoes_id == DecisionRow.id).exists()
    return and_(DecisionRow.undoes_id.is_(None), ~is_undone)


def decision_of(row: DecisionRow) -> Decision:
    """Return a decision of the table."""
    return Decision(row.outcome, row.decided_by, row.decided_at, row.reason)

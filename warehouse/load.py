"""Taking checked deliveries in.

The verdicts, findings, facts, history and notices change together or not at all.

Many deliveries are one transaction: what is on record of their reports is read once, each takes its
place among the versions in memory (`warehouse.turns`), and every table is written once.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import TypeAlias

from sqlalchemy import Engine, func, insert, select, update
from sqlalchemy.orm import Session, aliased

from program.submission import Fact, Submission
from warehouse.bulk import insert_rows, next_ids
from warehouse.ledger import PROCESSED, RECEIVED
from warehouse.portions import portions
from warehouse.rejudging import was_mailed
from warehouse.tables import DeliveryRow, FactRow, FindingRow, OutboxRow, SubmissionRow
from warehouse.turns import ReportKey, Turn, Version, VersionHistory, report_key

PENDING = "pending"
COMPARED = "compared"
"""How the kind of a notice begins that is owed for a comparison; the night's number follows."""
Owed: TypeAlias = tuple[Submission, str | None]
"""A submission, and who gets a notice of it; None: nobody."""
_NONE: Mapping[int, int] = {}
_FINDING_COLUMNS = (
    "rule",
    "severity",
    "message",
    "fix",
    "expected",
    "sheet",
    "cell",
    "value",
    "overruled",
)
_finding_cells = attrgetter(*_FINDING_COLUMNS)


@dataclass(frozen=True, slots=True)
class CheckedDelivery:
    """All submissions of one delivery, and the moment at which they are recorded.

    `numbers`: those that the submissions had in a warehouse that is made anew, by part; none for
    all others.
    """

    submissions: Sequence[Owed]
    now: datetime
    numbers: Mapping[int, int] = field(default_factory=dict)

    @property
    def id(self) -> int:
        """The number of the delivery in the ledger."""
        return self.submissions[0][0].delivery.id

    @property
    def loads(self) -> bool:
        """Tell whether every submission enters the warehouse."""
        return all(submission.verdict.loads for submission, _ in self.submissions)

    @property
    def facts(self) -> int:
        """How many facts it holds."""
        return sum(len(submission.facts) for submission, _ in self.submissions)


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A delivery that waits to be recorded.

    `is_late`: an earlier run had it already, and others may have overtaken it.
    """

    turn: Turn
    judgement: int
    is_late: bool


@dataclass(frozen=True, slots=True)
class _Entry:
    """A submission with its place among the versions of its report.

    `recipient`: who is to get a notice of it.
    """

    submission: Submission
    version: Version
    now: datetime
    recipient: str | None


def load_delivery(
    engine: Engine,
    submissions: Sequence[Owed],
    *,
    run_id: int,
    rule_set_version: str,
    now: datetime,
    numbers: Mapping[int, int] = _NONE,
) -> int | None:
    """Record all submissions of one delivery, as `load_deliveries` does."""
    checked = CheckedDelivery(submissions, now, numbers)
    return load_deliveries(engine, [checked], run_id=run_id, rule_set_version=rule_set_version)[0]


def load_deliveries(
    engine: Engine, checked: Sequence[CheckedDelivery], *, run_id: int, rule_set_version: str
) -> list[int | None]:
    """Record some deliveries in one transaction; return how many facts of each were loaded.

    None for a delivery that was recorded before. Where one of them cannot be recorded, none is: the
    caller offers each alone.

    An accepted version closes the facts of the one before it of its stage (`known_to`); a bad one
    never replaces a good one. A delivery that is judged again, or that an earlier night had to
    leave, replaces its own earlier judgement, never what a later delivery said; what its sender was
    told already is not told twice. They take their places in the order given.
    """
    with Session(engine) as session, session.begin():
        waiting = _waiting(session, [each.id for each in checked], run_id)
        due = [each for each in checked if each.id in waiting]
        history = _read_history(session, due, waiting)
        entries = list(_placed(session, due, waiting, history))
        history.save_numbers(session)
        _insert_submissions(session, entries, run_id, rule_set_version)
        history.save_ends(session)
        _insert_findings(session, entries)
        _insert_facts(session, entries)
        _insert_notices(session, entries)
        _mark_processed(session, list(waiting))
    return [each.facts if each.id in waiting else None for each in checked]


def _waiting(session: Session, deliveries: Sequence[int], run_id: int) -> dict[int, _Waiting]:
    """Return those of `deliveries` that wait to be recorded, by their number."""
    found = {}
    for portion in portions(deliveries):
        for row in session.execute(_ARRIVED.where(DeliveryRow.id.in_(portion))):
            turn = Turn(row.received_at, row.id)
            found[row.id] = _Waiting(turn, row.judgement, is_late=row.arrived_in != run_id)
    return found


_whole = aliased(DeliveryRow)
_ARRIVED = (
    select(
        DeliveryRow.id,
        DeliveryRow.judgement,
        DeliveryRow.received_at,
        # What was in a zip came when the zip did.
        func.coalesce(_whole.run_id, DeliveryRow.run_id).label("arrived_in"),
    )
    .outerjoin(_whole, _whole.id == DeliveryRow.packed_in_id)
    .where(DeliveryRow.state == RECEIVED)
)


def _read_history(
    session: Session,
    due: Sequence[CheckedDelivery],
    waiting: Mapping[int, _Waiting],
) -> VersionHistory:
    """Return what is on record of the reports that are due."""
    reports = {_report_of(submission) for each in due for submission, _ in each.submissions}
    checked_before = [number for number, delivery in waiting.items() if delivery.judgement > 1]
    return VersionHistory.read(session, reports, checked_before)


def _report_of(submission: Submission) -> ReportKey | None:
    period = submission.period.code if submission.period else None
    return report_key(submission.form_code, submission.unit_code, period, submission.stage.value)


def _placed(
    session: Session,
    due: Sequence[CheckedDelivery],
    waiting: Mapping[int, _Waiting],
    history: VersionHistory,
) -> Iterator[_Entry]:
    """Yield each submission in its place, delivery by delivery."""
    unnumbered = [s.part for each in due for s, _ in each.submissions if s.part not in each.numbers]
    fresh = iter(next_ids(session.connection(), SubmissionRow.__tablename__, len(unnumbered)))
    for each in due:
        delivery = waiting[each.id]
        versions = []
        for submission, wanted_by in each.submissions:
            number = each.numbers.get(submission.part) or next(fresh)
            known_from = each.now if submission.verdict.loads else None
            version = Version(number, delivery.turn, delivery.judgement, known_from=known_from)
            _place(history, _report_of(submission), version, is_late=delivery.is_late)
            versions.append(version)
            recipient = wanted_by
            if recipient and was_mailed(session, each.id, delivery.judgement, submission):
                recipient = None
            yield _Entry(submission, version, each.now, recipient)
        if delivery.judgement > 1 and each.loads:
            history.end_earlier(versions[0], each.now)


def _place(
    history: VersionHistory,
    report: ReportKey | None,
    version: Version,
    *,
    is_late: bool,
) -> None:
    """Give a version its number among those of its report, and end what it replaces.

    It ends itself where a later delivery counts already.
    """
    if report is not None:
        history.number_next(report, version)
        is_again = version.judgement > 1
        if is_late and not is_again:
            history.number_by_turn(report, version)
        later = history.current_of_later(report, version.turn) if is_late or is_again else None
        if version.known_from is not None and later is not None:
            version.end(version.known_from, later.id)
        elif version.known_from is not None:
            history.supersede(report, version, version.known_from)
    history.add(report, version)


def _insert_submissions(
    session: Session,
    entries: Sequence[_Entry],
    run_id: int,
    rule_set_version: str,
) -> None:
    rows = []
    for entry in entries:
        submission, version = entry.submission, entry.version
        values_read = submission.values_read
        if values_read is None:
            values_read = len(submission.facts)
        rows.append(
            {
                "id": version.id,
                "delivery_id": submission.delivery.id,
                "judgement": version.judgement,
                "part": submission.part,
                "run_id": run_id,
                "form_code": submission.form_code,
                "form_version": submission.form_version,
                "unit_code": submission.unit_code,
                "period": submission.period.code if submission.period else None,
                "period_end": submission.period.end if submission.period else None,
                "stage": submission.stage.value,
                "version": version.number,
                "verdict": submission.verdict.value,
                "rule_set_version": rule_set_version,
                "loaded_at": entry.now,
                "known_from": version.known_from,
                "values_read": values_read,
            }
        )
    if rows:
        session.connection().execute(insert(SubmissionRow), rows)


def _insert_findings(session: Session, entries: Sequence[_Entry]) -> None:
    rows = [
        (entry.version.id, position, *_finding_cells(finding))
        for entry in entries
        for position, finding in enumerate(entry.submission.findings)
    ]
    if rows:
        columns = ("submission_id", "position", *_FINDING_COLUMNS)
        insert_rows(session.connection(), FindingRow.__tablename__, columns, rows)


def _insert_facts(session: Session, entries: Sequence[_Entry]) -> None:
    rows = [(entry.version.id, *fact) for entry in entries for fact in entry.submission.facts]
    if rows:
        columns = ("submission_id", *Fact._fields)
        insert_rows(session.connection(), FactRow.__tablename__, columns, rows)


def _insert_notices(session: Session, entries: Sequence[_Entry]) -> None:
    notices = [
        {
            "submission_id": entry.version.id,
            "recipient": entry.recipient,
            "kind": entry.submission.verdict.value,
            "state": PENDING,
            "created_at": entry.now,
            "attempts": 0,
        }
        for entry in entries
        if entry.recipient is not None
    ]
    if notices:
        session.connection().execute(insert(OutboxRow), notices)


def _mark_processed(session: Session, deliveries: Sequence[int]) -> None:
    for portion in portions(deliveries):
        these = update(DeliveryRow).where(DeliveryRow.id.in_(portion))
        session.connection().execute(these.values(state=PROCESSED))

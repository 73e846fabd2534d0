"""What the operator's digest and the dead-man switch ask. Nothing here writes."""

from datetime import datetime
from typing import Any

from sqlalchemy import Engine, and_, func, or_, select, text
from sqlalchemy.orm import Session

from program.records.digest import LastRuns, LetterCounts, Undelivered
from warehouse.database.backends import file_of
from warehouse.states import DeliveryState, OutboxState, RunKind, RunState
from warehouse.tables import DeliveryRow, OutboxRow, RunRow


def earlier_summaries(
    engine: Engine, run_id: int, most: int, kind: RunKind
) -> list[dict[str, Any]]:
    """Return the summaries of the last runs of a kind before `run_id` that ended, at most so many.

    The newest comes first.
    """
    # A run without an end has no figures to compare with.
    query = (
        select(RunRow.summary)
        .where(RunRow.id < run_id, RunRow.kind == kind, RunRow.finished_at.is_not(None))
        .order_by(RunRow.id.desc())
        .limit(most)
    )
    with Session(engine) as session:
        return [summary for summary in session.scalars(query) if summary]


def summary_before(engine: Engine, run_id: int) -> dict[str, Any]:
    """Return the summary of the run before `run_id`, of any kind; empty if it has none."""
    query = select(RunRow.summary).where(RunRow.id < run_id).order_by(RunRow.id.desc()).limit(1)
    with Session(engine) as session:
        return session.scalar(query) or {}


def undelivered(engine: Engine) -> list[Undelivered]:
    """Return the letters that failed, and those that were tried in vain and wait."""
    was_tried_in_vain = and_(OutboxRow.state == OutboxState.PENDING, OutboxRow.attempts > 0)
    is_undelivered = or_(OutboxRow.state == OutboxState.FAILED, was_tried_in_vain)
    query = select(OutboxRow).where(is_undelivered).order_by(OutboxRow.id)
    letters: dict[str, list[OutboxRow]] = {}
    with Session(engine) as session:
        for row in session.scalars(query):
            of_letter = letters.setdefault(str(row.message_id), [])
            of_letter.append(row)
    return [_undelivered(rows) for rows in letters.values()]


def _undelivered(rows: list[OutboxRow]) -> Undelivered:
    """Return a letter, from its notices: they share all but their kind."""
    first = rows[0]
    # A check's notice says more by its verdict.
    kinds = dict.fromkeys(str(row.verdict or row.kind) for row in rows)
    return Undelivered(
        recipient=first.recipient,
        about=tuple(kinds),
        is_final=first.state == OutboxState.FAILED,
        attempts=first.attempts,
        since=first.created_at,
        error=first.last_error or "",
    )


def letter_counts(engine: Engine) -> LetterCounts:
    """Return how many letters wait and how many failed. A letter may hold several notices."""
    query = (
        select(
            OutboxRow.state,
            func.count(OutboxRow.message_id.distinct()),
            func.min(OutboxRow.created_at),
        )
        .where(OutboxRow.state.in_((OutboxState.PENDING, OutboxState.FAILED)))
        .group_by(OutboxRow.state)
    )
    with Session(engine) as session:
        found = {state: (count, oldest) for state, count, oldest in session.execute(query)}
    waiting, oldest_since = found.get(OutboxState.PENDING, (0, None))
    failed, _ = found.get(OutboxState.FAILED, (0, None))
    return LetterCounts(waiting, failed, oldest_since)


def archived_files(engine: Engine) -> list[tuple[str, str]]:
    """Return the sha256 and the name of each file that the archive must have.

    Bytes that were purged or never kept are left out. A file that came twice is there once, under
    the name of its first delivery.
    """
    query = (
        select(DeliveryRow.sha256, DeliveryRow.name)
        .where(DeliveryRow.sha256.is_not(None), DeliveryRow.state != DeliveryState.PURGED)
        .order_by(DeliveryRow.id.desc())
    )
    with Session(engine) as session:
        # Later entries of the same key win: the first delivery is the last row.
        names = {str(sha256): name for sha256, name in session.execute(query)}
    return list(names.items())


def size_of(engine: Engine) -> int:
    """Return the size of the warehouse in bytes; 0 for one in memory."""
    file = file_of(engine.url)
    if file is not None:
        # The log may hold much that is not in the file yet.
        log = file.with_name(f"{file.name}-wal")
        return sum(each.stat().st_size for each in (file, log) if each.exists())
    with engine.connect() as connection:
        if connection.dialect.name != "postgresql":
            return 0
        size = connection.scalar(text("SELECT pg_database_size(current_database())"))
        return int(size or 0)


def started_at(engine: Engine, run_id: int) -> datetime:
    """Return when a run began."""
    with Session(engine) as session:
        return session.get_one(RunRow, run_id).started_at


def last_completed_at(engine: Engine, kind: RunKind) -> datetime | None:
    """Return when a run of a kind last ended without an error; None if none did."""
    query = select(func.max(RunRow.finished_at)).where(
        RunRow.kind == kind, RunRow.state == RunState.COMPLETED
    )
    with Session(engine) as session:
        return session.scalar(query)


def last_runs(engine: Engine, kind: RunKind) -> LastRuns | None:
    """Return when a run of a kind last completed and how the newest went; None if none began."""
    newest_run = select(RunRow).where(RunRow.kind == kind).order_by(RunRow.id.desc()).limit(1)
    last_completed = select(func.max(RunRow.finished_at)).where(
        RunRow.state == RunState.COMPLETED, RunRow.kind == kind
    )
    with Session(engine) as session:
        newest = session.scalar(newest_run)
        if newest is None:
            return None
        completed = session.scalar(last_completed)
        errors = tuple(str(error) for error in newest.summary.get("errors", []))
        # An error after the digest was mailed has not reached the operator.
        was_mailed = newest.summary.get("errors_mailed") == len(errors)
        return LastRuns(
            completed,
            newest.id,
            newest.state,
            newest.started_at,
            newest.as_of,
            errors,
            was_mailed,
        )

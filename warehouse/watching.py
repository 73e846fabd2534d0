"""What the operator's digest and the dead-man check ask. Nothing here writes."""

from datetime import datetime
from typing import Any

from sqlalchemy import Engine, func, or_, select, text
from sqlalchemy.orm import Session

from program.digest import LastNights, Undelivered
from warehouse.dialects import file_of
from warehouse.states import OutboxState, RunState
from warehouse.tables import OutboxRow, RunRow


def earlier_summaries(engine: Engine, run_id: int, most: int) -> list[dict[str, Any]]:
    """Return the summaries of the last nights before `run_id` that ended, at most so many."""
    query = (
        select(RunRow.summary)
        .where(RunRow.id < run_id, RunRow.finished_at.is_not(None))
        .order_by(RunRow.id.desc())
        .limit(most)
    )
    with Session(engine) as session:
        return [summary for summary in session.scalars(query) if summary]


def undelivered(engine: Engine) -> list[Undelivered]:
    """Return the mails that were refused for good, and those that were tried in vain and wait."""
    failing = or_(
        OutboxRow.state == OutboxState.FAILED,
        (OutboxRow.state == OutboxState.PENDING) & (OutboxRow.attempts > 0),
    )
    letters: dict[str, list[OutboxRow]] = {}
    with Session(engine) as session:
        for row in session.scalars(select(OutboxRow).where(failing).order_by(OutboxRow.id)):
            letters.setdefault(str(row.message_id), []).append(row)
    return [
        Undelivered(
            recipient=rows[0].recipient,
            about=tuple(dict.fromkeys(row.kind for row in rows)),
            is_final=rows[0].state == OutboxState.FAILED,
            attempts=rows[0].attempts,
            since=rows[0].created_at,
            error=rows[0].last_error or "",
        )
        for rows in letters.values()
    ]


def size_of(engine: Engine) -> int:
    """Return how many bytes the warehouse takes."""
    file = file_of(engine.url)
    if file is not None:
        parts = (file, file.with_name(f"{file.name}-wal"))
        return sum(part.stat().st_size for part in parts if part.exists())
    with engine.connect() as connection:
        if connection.dialect.name != "postgresql":
            return 0
        return int(connection.scalar(text("SELECT pg_database_size(current_database())")) or 0)


def started_at(engine: Engine, run_id: int) -> datetime:
    """Return when a night began."""
    with Session(engine) as session:
        return session.get_one(RunRow, run_id).started_at


def last_nights(engine: Engine) -> LastNights | None:
    """Return how the nights went lately; None where none ever began."""
    with Session(engine) as session:
        newest = session.scalar(select(RunRow).order_by(RunRow.id.desc()).limit(1))
        if newest is None:
            return None
        completed = session.scalar(
            select(func.max(RunRow.finished_at)).where(RunRow.state == RunState.COMPLETED)
        )
        errors = tuple(str(error) for error in newest.summary.get("errors", []))
        was_told = newest.summary.get("errors_mailed") == len(errors)
        return LastNights(completed, newest.id, newest.state, newest.started_at, errors, was_told)

"""How far each source was read: its cursor, its last complete listing, and what still arrives."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from program.delivery import SourcePosition, WaitingFile
from warehouse.tables import SourceCursorRow


def read_position(engine: Engine, source: str) -> SourcePosition:
    """Return how far a source was read; an empty position for one that never was."""
    with Session(engine) as session:
        row = session.get(SourceCursorRow, source)
        if row is None:
            return SourcePosition()
        waiting = {name: _waiting_file(stored) for name, stored in row.waiting.items()}
        return SourcePosition(row.cursor, row.listed_at, waiting)


def keep_position(engine: Engine, source: str, position: SourcePosition, now: datetime) -> None:
    """Record how far a source was read, in one transaction."""
    row = SourceCursorRow(
        source=source,
        cursor=position.cursor,
        listed_at=position.listed_at,
        waiting={name: _stored(file) for name, file in position.waiting.items()},
        updated_at=now,
    )
    with Session(engine) as session, session.begin():
        session.merge(row)


def _stored(file: WaitingFile) -> dict[str, str]:
    return {
        "external_version": file.external_version,
        "since": file.since.isoformat(),
        "first_at": file.first_at.isoformat(),
    }


def _waiting_file(stored: Mapping[str, str]) -> WaitingFile:
    return WaitingFile(
        external_version=stored["external_version"],
        since=datetime.fromisoformat(stored["since"]),
        first_at=datetime.fromisoformat(stored["first_at"]),
    )

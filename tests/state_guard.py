"""Triggers that refuse a change of a state that `warehouse.states` does not list.

Every warehouse that a test prepares has them, so that each test of a run, a command, a rebuild or
a kill watches the three machines. Production has none: there the code is held by these tests.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum

from sqlalchemy import Connection

from warehouse.database import engine as opening
from warehouse.states import DELIVERY_TRANSITIONS, OUTBOX_TRANSITIONS, SUBMISSION_TRANSITIONS

REFUSED = "this change of a state is not allowed"

_SUBMISSION_STATE = (
    "CASE WHEN {row}.known_from IS NULL THEN 'rejected' "
    "WHEN {row}.known_to IS NULL THEN {row}.verdict "
    "WHEN {row}.verdict = 'quarantined' THEN 'rejected_by_cross_check' "
    "ELSE 'closed' END"
)
_MACHINES: dict[str, tuple[str, Mapping[StrEnum, frozenset[StrEnum]]]] = {
    "deliveries": ("{row}.state", DELIVERY_TRANSITIONS),
    "submissions": (_SUBMISSION_STATE, SUBMISSION_TRANSITIONS),
    "outbox": ("{row}.state", OUTBOX_TRANSITIONS),
}
"""Each machine's table, the expression for a row's state, and what is allowed."""
_FUNCTION = (
    "CREATE OR REPLACE FUNCTION refuse_state() RETURNS trigger AS $$ BEGIN "
    f"RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ': {REFUSED}'; "
    "END $$ LANGUAGE plpgsql"
)


@contextmanager
def states_watched() -> Iterator[None]:
    """Have every warehouse that is prepared meanwhile refuse a change that is not allowed."""
    # A kill may have put itself in its place.
    create_views = opening.create_views

    def create_views_and_triggers(connection: Connection) -> None:
        create_views(connection)
        _create_triggers(connection)

    opening.create_views = create_views_and_triggers
    try:
        yield
    finally:
        opening.create_views = create_views


def stop_watching(connection: Connection) -> None:
    """Take the triggers from one warehouse, for a test that sets a state by hand."""
    is_postgresql = connection.dialect.name == "postgresql"
    for table in _MACHINES:
        of_table = f" ON {table}" if is_postgresql else ""
        connection.exec_driver_sql(f"DROP TRIGGER watch_{table}{of_table}")


def _create_triggers(connection: Connection) -> None:
    is_postgresql = connection.dialect.name == "postgresql"
    if is_postgresql:
        connection.exec_driver_sql(_FUNCTION)
    for table, (state, transitions) in _MACHINES.items():
        refused = _refused(state, transitions)
        if is_postgresql:
            connection.exec_driver_sql(
                f"CREATE OR REPLACE TRIGGER watch_{table} BEFORE UPDATE ON {table} "
                f"FOR EACH ROW WHEN ({refused}) EXECUTE FUNCTION refuse_state()"
            )
        else:
            connection.exec_driver_sql(
                f"CREATE TRIGGER IF NOT EXISTS watch_{table} BEFORE UPDATE ON {table} "
                f"WHEN {refused} BEGIN SELECT RAISE(ABORT, '{table}: {REFUSED}'); END"
            )


def _refused(state: str, transitions: Mapping[StrEnum, frozenset[StrEnum]]) -> str:
    """SQL condition: the row's state changes, and no transition is from the old one to the new."""
    before, after = state.format(row="OLD"), state.format(row="NEW")
    allowed = ["0 = 1"]
    for old, targets in transitions.items():
        names = ", ".join(f"'{new}'" for new in sorted(targets))
        if names:
            allowed.append(f"({before} = '{old}' AND {after} IN ({names}))")
    return f"({before}) <> ({after}) AND NOT ({' OR '.join(allowed)})"

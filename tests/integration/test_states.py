"""The machines of states: the diagrams show them, and the warehouse of a test refuses others."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import pytest
from sqlalchemy import Engine, insert, text
from sqlalchemy.exc import DatabaseError

from program.records.audit import Signature
from program.records.letter import NoticeKind
from program.settings import ROOT, Settings
from program.submission import Verdict
from tests.state_guard import REFUSED, stop_watching
from warehouse.database.backends import OpenMode
from warehouse.database.engine import open_warehouse
from warehouse.ledger import start_run
from warehouse.lifecycle.withdraw import withdraw
from warehouse.maintenance.retention import record_purged
from warehouse.outbox.reminders import open_issues
from warehouse.states import (
    DELIVERY_TRANSITIONS,
    OUTBOX_TRANSITIONS,
    SUBMISSION_TRANSITIONS,
    DeliveryState,
    OutboxState,
    SubmissionState,
    states_before,
)
from warehouse.tables import DeliveryRow, OutboxRow, SubmissionRow

NOON = datetime(2025, 1, 20, 5, tzinfo=UTC)
MACHINES: dict[str, Mapping[Any, frozenset[Any]]] = {
    "delivery": DELIVERY_TRANSITIONS,
    "submission": SUBMISSION_TRANSITIONS,
    "notice": OUTBOX_TRANSITIONS,
}
_DIAGRAM = re.compile(r"### (\w+)\n.*?```mermaid\nstateDiagram-v2\n(.*?)```", re.DOTALL)
_ARROW = re.compile(r"^ *(\w+|\[\*\]) --> (\w+|\[\*\])", re.MULTILINE)


def drawn() -> dict[str, set[tuple[str, str]]]:
    """Return the arrows of each diagram, without those from the beginning and to the end."""
    document = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    return {
        title.lower(): {arrow for arrow in _ARROW.findall(diagram) if "[*]" not in arrow}
        for title, diagram in _DIAGRAM.findall(document)
    }


@pytest.mark.parametrize("machine", MACHINES)
def test_the_diagram_shows_exactly_the_transitions_of_the_code(machine: str) -> None:
    transitions = MACHINES[machine]
    assert drawn()[machine] == {
        (str(before), str(after)) for before, those in transitions.items() for after in those
    }


@pytest.mark.parametrize(
    ("kind", "transitions"),
    [
        (DeliveryState, DELIVERY_TRANSITIONS),
        (SubmissionState, SUBMISSION_TRANSITIONS),
        (OutboxState, OUTBOX_TRANSITIONS),
    ],
)
def test_every_state_has_its_line(kind: type[StrEnum], transitions: Mapping[Any, Any]) -> None:
    assert set(transitions) == set(kind)


def test_the_states_before_one_are_those_that_may_become_it() -> None:
    before = states_before(DELIVERY_TRANSITIONS, DeliveryState.WITHDRAWN)
    assert set(before) == {
        DeliveryState.RECEIVED,
        DeliveryState.PROCESSED,
        DeliveryState.HELD,
    }


@pytest.fixture
def engine(settings: Settings) -> Engine:
    """A warehouse with one quarantined file, whose sender was asked to correct it."""
    engine = open_warehouse(settings.warehouse_url, OpenMode.WRITING)
    start_run(engine, NOON.date(), "r", NOON)
    with engine.begin() as connection:
        connection.execute(
            insert(DeliveryRow),
            {
                "source": "inbox",
                "channel": "folder",
                "external_id": "a",
                "external_version": "1",
                "name": "a.xlsx",
                "received_at": NOON,
                "recorded_at": NOON,
                "sha256": "a" * 64,
                "is_synthetic": False,
                "state": DeliveryState.PROCESSED,
                "run_id": 1,
            },
        )
        connection.execute(
            insert(SubmissionRow),
            {
                "delivery_id": 1,
                "run_id": 1,
                "form_code": "training",
                "unit_code": "942",
                "period": "2024-Q4",
                "version": 1,
                "verdict": Verdict.QUARANTINED.value,
                "rule_set_version": "r",
                "loaded_at": NOON,
            },
        )
        connection.execute(
            insert(OutboxRow),
            {
                "submission_id": 1,
                "recipient": "a@b.example",
                "kind": NoticeKind.CHECKED,
                "verdict": Verdict.QUARANTINED.value,
                "state": OutboxState.SENT,
                "created_at": NOON,
                "sent_at": NOON,
                "attempts": 1,
            },
        )
    return engine


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("deliveries", "state = 'duplicate'"),
        ("outbox", "state = 'pending'"),
        ("submissions", "known_from = loaded_at, verdict = 'accepted'"),
    ],
)
def test_a_change_that_is_not_listed_is_refused(engine: Engine, table: str, change: str) -> None:
    with pytest.raises(DatabaseError, match=f"{table}: {REFUSED}"), engine.begin() as connection:
        connection.execute(text(f"UPDATE {table} SET {change}"))
    with engine.begin() as connection:
        stop_watching(connection)
        connection.execute(text(f"UPDATE {table} SET {change}"))


def test_a_withdrawn_file_stays_withdrawn_when_its_bytes_are_purged(engine: Engine) -> None:
    def reports() -> int | None:
        with engine.connect() as connection:
            query = "SELECT COUNT(*) FROM mart_reporting WHERE submission_id IS NOT NULL"
            return connection.scalar(text(query))

    assert (reports(), len(open_issues(engine))) == (1, 1)
    withdraw(engine, 1, Signature("", NOON, "gửi nhầm"))
    assert (reports(), open_issues(engine)) == (0, [])
    record_purged(engine, "a" * 64)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT state FROM deliveries")) == "purged"
    assert (reports(), open_issues(engine)) == (0, [])

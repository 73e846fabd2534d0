"""A whole run on an inbox of more than sixty hostile files and one good report of a neighbour."""

from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from connectors.file_names import path_as_listed
from flows.mail.digest import send_digest
from flows.night import steps
from flows.night.run_context import RunContext, open_run
from program.settings import Settings
from tests.conftest import Fill
from tests.hostile_inbox import fill_hostile_inbox
from tests.steps_by_hand import collect, load
from warehouse.states import DeliveryState
from warehouse.tables import DeliveryRow, FactRow, SubmissionRow

ENDS = {
    DeliveryState.PROCESSED,
    DeliveryState.DUPLICATE,
    DeliveryState.ZIP_EXTRACTED,
    DeliveryState.ATTACHMENT,
}
"""What waits for nothing any more."""


def whole_run(settings: Settings) -> RunContext:
    with open_run(settings, None) as run:
        collect(run)
        load(run)
        steps.compare(run)
        steps.publish(run)
        steps.remind(run)
        steps.alert(run)
        send_digest(run, "")
        run.finish()
    return run


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_each_hostile_file_ends_in_an_outcome_and_the_good_report_is_loaded(
    settings: Settings, tmp_path: Path, fill: Fill
) -> None:
    inbox = tmp_path / "inbox"
    hostile, neighbour = inbox / "943-ke-sach", inbox / "942-chau-thanh"
    hostile.mkdir()
    neighbour.mkdir()
    (neighbour / "good.xlsx").write_bytes(fill("942", "2024-Q4"))
    there = fill_hostile_inbox(hostile)
    assert len(there) >= 60

    # A busy machine is no fault of a file.
    run = whole_run(settings.model_copy(update={"reading_seconds": 300}))
    assert run.summary.errors == []
    with Session(run.warehouse) as session:
        deliveries = session.scalars(select(DeliveryRow)).all()
        good = session.scalar(
            select(SubmissionRow.verdict)
            .join(DeliveryRow, DeliveryRow.id == SubmissionRow.delivery_id)
            .where(DeliveryRow.external_id == "942-chau-thanh/good.xlsx")
        )
        facts = session.scalar(select(func.count()).select_from(FactRow))
    listed = [row for row in deliveries if row.external_id.startswith("943-ke-sach/")]
    named = {path_as_listed(row.external_id).removeprefix("943-ke-sach/") for row in listed}
    assert named >= set(there)
    assert {row.state for row in deliveries} <= ENDS
    assert good == "accepted"
    assert facts

    again = whole_run(settings)
    assert (again.summary.received, again.summary.errors) == (0, [])
    below = {path.name for path in tmp_path.rglob("*")}
    assert "out.xlsx" not in below

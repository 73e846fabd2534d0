"""What a run takes from a source: every offer is its own boundary, and a source has a budget."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from flows.night import collecting
from flows.night.budget import SourceMeter
from flows.night.run_context import RunContext, open_run
from program.delivery import Offer, UnusableOffer
from program.pack.source import SourceBudget
from program.settings import Settings
from tests.conftest import Fill
from tests.steps_by_hand import collect, load
from warehouse.source_positions import read_position
from warehouse.tables import DeliveryRow, FindingRow

MOMENT = datetime(2025, 1, 20, tzinfo=UTC)


def whole_inbox(settings: Settings) -> RunContext:
    run = open_run(settings, None)
    collect(run)
    load(run)
    return run


def names(run: RunContext) -> set[str]:
    with Session(run.warehouse) as session:
        return set(session.scalars(select(DeliveryRow.external_id)))


def test_odd_files_are_outcomes_of_their_own_and_every_other_file_comes_in(
    settings: Settings, tmp_path: Path, fill: Fill
) -> None:
    folder = tmp_path / "inbox" / "942"
    folder.mkdir()
    (folder / "first.xlsx").write_bytes(fill("942", "2024-Q3"))
    odd = os.fsencode(folder) + b"/b\xe1o c\xe1o.xlsx"
    Path(os.fsdecode(odd)).write_bytes(fill("942", "2024-Q4"))
    os.mkfifo(folder / "pipe.xlsx")
    (folder / "loop.xlsx").symlink_to(folder / "loop.xlsx")
    (folder / "folder.xlsx").mkdir()
    run = whole_inbox(settings)
    assert run.summary.errors == []
    # The second report equals the first in every figure, which is asked about.
    assert run.summary.verdicts == {
        "accepted": 1,
        "accepted_with_warnings": 1,
        "unreadable": 2,
    }
    assert names(run) == {
        "942/first.xlsx",
        r"942/b\xe1o c\xe1o.xlsx",
        "942/pipe.xlsx",
        "942/loop.xlsx",
    }
    with Session(run.warehouse) as session:
        refusals = session.scalars(select(FindingRow.rule).where(FindingRow.severity == "critical"))
        assert refusals.all() == ["FILE-10", "FILE-10"]
        shown = session.scalars(select(DeliveryRow.name)).all()
    assert "báo cáo.xlsx" in shown
    # Named once: the next run knows them.
    again = whole_inbox(settings)
    assert (again.summary.received, again.summary.known) == (0, 4)


class Listed:
    """A source that offers what it is given."""

    def __init__(self, offers: Iterator[Offer | UnusableOffer]) -> None:
        self._offers = offers

    def offers(self, cursor: str | None) -> Iterator[tuple[Offer | UnusableOffer, str | None]]:
        for number, offer in enumerate(self._offers, start=1):
            yield offer, f"after {number}"

    def fetch(self, offer: Offer, max_bytes: int) -> bytes:
        return offer.external_id.encode()


def offer(number: int, sender: str = "942", size: int = 10) -> Offer:
    return Offer(f"{sender}-{number}", "1", f"{number}.xlsx", MOMENT, sender, size=size)


def collected(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    offers: Iterator[Offer | UnusableOffer],
    limits: SourceBudget,
) -> RunContext:
    monkeypatch.setattr(collecting, "connect", lambda *_: Listed(offers))
    run = open_run(settings, None)
    source = run.sources("portal")[0].model_copy(update={"budget": limits})
    collecting.collect(run, source)
    return run


def test_a_place_that_cannot_be_used_is_an_error_and_the_cursor_stays_before_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = UnusableOffer("943-b", "the folder cannot be listed")
    run = collected(settings, monkeypatch, iter([offer(1), broken, offer(2)]), SourceBudget())
    assert run.summary.received == 2
    assert run.summary.errors == ["source portal: 943-b: the folder cannot be listed"]
    assert read_position(run.warehouse, "portal").cursor == "after 1"


def test_one_sender_with_a_whole_archive_keeps_nobody_waiting(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    offers = [*(offer(number) for number in range(7)), offer(1, sender="943")]
    run = collected(settings, monkeypatch, iter(offers), SourceBudget(files_per_sender=5))
    assert names(run) == {"942-0", "942-1", "942-2", "942-3", "942-4", "943-1"}
    assert run.summary.left_to_next_run == [
        "source portal: 2 files of 942 are left to the next run: files_per_sender is 5"
    ]
    again = collected(settings, monkeypatch, iter(offers), SourceBudget(files_per_sender=5))
    assert (again.summary.received, again.summary.left_to_next_run) == (2, [])


@pytest.mark.parametrize(
    "limits", [SourceBudget(files=3), SourceBudget(bytes=25)], ids=["files", "bytes"]
)
def test_what_is_beyond_the_budget_comes_with_the_next_run(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, limits: SourceBudget
) -> None:
    offers = [offer(number) for number in range(5)]
    run = collected(settings, monkeypatch, iter(offers), limits)
    assert run.summary.received == 3
    assert read_position(run.warehouse, "portal").cursor == "after 3"
    (sentence,) = run.summary.left_to_next_run
    assert "2 files are left to the next run after 3 files of 30 bytes" in sentence
    assert collected(settings, monkeypatch, iter(offers), limits).summary.received == 2


def test_a_list_that_never_ends_ends_with_the_seconds_of_its_source(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = count(step=10)
    ticking = partial(SourceMeter, clock=lambda: next(ticks))
    monkeypatch.setattr(collecting, "SourceMeter", ticking)
    endless = (offer(number) for number in count())
    run = collected(settings, monkeypatch, endless, SourceBudget(seconds=95))
    assert run.summary.received == 9
    assert run.summary.left_to_next_run == [
        "source portal: it did not end its list in 95 seconds; what is behind comes with the next run"
    ]

"""When a file came, by our clock, and what becomes of one that does not stop changing."""

from datetime import UTC, datetime, timedelta

import pytest

from flows.night.listing import SourceListing
from program.delivery import Offer, SourcePosition

FIRST = datetime(2025, 1, 20, 13, tzinfo=UTC)
SECOND = FIRST + timedelta(days=1)
SETTLE = 60


def offer(claim: datetime | None, version: str = "1") -> Offer:
    return Offer("942/a.csv", version, "a.csv", claim, "942")


@pytest.mark.parametrize(
    ("listed_at", "claim", "received_at"),
    [
        (None, FIRST - timedelta(days=400), FIRST - timedelta(days=400)),
        (FIRST, FIRST + timedelta(hours=3), FIRST + timedelta(hours=3)),
        (FIRST, FIRST - timedelta(days=400), FIRST),
        (FIRST, SECOND + timedelta(days=400), SECOND),
        (FIRST, None, SECOND),
    ],
    ids=["first listing", "within", "before the last listing", "in the future", "no claim"],
)
def test_a_claim_counts_within_two_listings(
    listed_at: datetime | None, claim: datetime | None, received_at: datetime
) -> None:
    listing = SourceListing(SourcePosition(listed_at=listed_at), SECOND)
    assert listing.received_at(offer(claim)) == received_at


def test_the_time_of_the_last_listing_never_goes_back_with_the_clock() -> None:
    listing = SourceListing(SourcePosition(listed_at=SECOND), FIRST)
    assert listing.is_before_the_last
    assert listing.received_at(offer(FIRST)) == SECOND
    assert listing.position(None, is_complete=True).listed_at == SECOND


def test_a_list_that_left_something_does_not_count_as_the_last_one() -> None:
    listing = SourceListing(SourcePosition(listed_at=FIRST), SECOND)
    assert listing.position("c", is_complete=False) == SourcePosition("c", FIRST)
    assert listing.position("c", is_complete=True) == SourcePosition("c", SECOND)


def test_a_version_that_an_earlier_listing_had_came_then() -> None:
    far = SECOND + timedelta(days=400)
    first = SourceListing(SourcePosition(), FIRST)
    assert first.wait_for(first.with_time_seen(offer(far)), SETTLE) is None
    second = SourceListing(first.position(None, is_complete=True), SECOND)
    seen = second.with_time_seen(offer(far))
    assert seen.seen_at == FIRST
    assert second.received_at(seen) == FIRST
    assert second.with_time_seen(offer(far, "2")).seen_at is None


def test_a_file_that_still_changes_at_the_second_listing_is_refused_once() -> None:
    position, told = SourcePosition(), []
    for number in range(4):
        listing = SourceListing(position, FIRST + timedelta(days=number))
        found = listing.with_time_seen(offer(FIRST, str(number)))
        told.append(listing.wait_for(found, SETTLE))
        position = listing.position(None, is_complete=True)
    first, second, third, fourth = told
    assert first is None
    assert second is not None
    assert second.refusal is not None
    assert second.refusal.rule == "FILE-11"
    assert second == third == fourth
    assert position.waiting["942/a.csv"].first_at == FIRST


def test_two_runs_that_follow_at_once_report_nothing() -> None:
    first = SourceListing(SourcePosition(), FIRST)
    first.wait_for(first.with_time_seen(offer(FIRST)), SETTLE)
    second = SourceListing(first.position(None, is_complete=True), FIRST + timedelta(seconds=5))
    assert second.wait_for(second.with_time_seen(offer(FIRST, "2")), SETTLE) is None


def test_a_file_that_went_away_is_waited_for_no_longer() -> None:
    first = SourceListing(SourcePosition(), FIRST)
    first.wait_for(first.with_time_seen(offer(FIRST)), SETTLE)
    second = SourceListing(first.position(None, is_complete=True), SECOND)
    assert second.position(None, is_complete=True).waiting == {}

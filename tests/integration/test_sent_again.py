"""The same bytes again: a duplicate of what counts now, a new version of what was replaced."""

import os
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from flows.night.run_context import RunContext
from program.records.audit import Signature
from program.settings import Settings
from tests.conftest import GOOD_LEVELS, Fill
from tests.integration.test_gathered_deliveries import packed
from tests.integration.test_rebuild import compared, night, rebuilt
from tests.integration.test_version_order import Refuse, refuse, versions
from tests.kills.sample import BAD_LEVELS
from warehouse.database.engine import open_warehouse
from warehouse.lifecycle.withdraw import withdraw
from warehouse.tables import DeliveryRow, FindingRow

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("reads_here")]

__all__ = ["refuse"]  # a fixture of another module

A_DAY = 86_400
LONG_AGO = 1_737_000_000


@pytest.fixture
def good(fill: Fill) -> bytes:
    return fill("942", "2024-Q4")


@pytest.fixture
def better(fill: Fill) -> bytes:
    women = {"commune": 9, "total": 59}
    changed = {name: {**GOOD_LEVELS[name], "women": count} for name, count in women.items()}
    return fill("942", "2024-Q4", levels={**GOOD_LEVELS, **changed})


@pytest.fixture
def bad(fill: Fill) -> bytes:
    return fill("942", "2024-Q4", levels=BAD_LEVELS)


def sent(settings: Settings, name: str, content: bytes, minute: int = 0) -> None:
    path = Path(settings.inbox_url) / "942" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (LONG_AGO + 60 * minute,) * 2)


def ran(settings: Settings) -> RunContext:
    run = night(settings)
    run.warehouse.dispose()
    assert run.summary.errors == []
    return run


@contextmanager
def reading(settings: Settings) -> Iterator[Session]:
    engine = open_warehouse(settings.warehouse_url)
    with Session(engine) as session:
        yield session
    # PostgreSQL's driver complains of a connection that nobody closed, in whatever test runs then.
    engine.dispose()


def states(settings: Settings) -> Counter[str]:
    engine = open_warehouse(settings.warehouse_url)
    with engine.connect() as connection:
        found = Counter(connection.scalars(text("SELECT state FROM deliveries")))
    engine.dispose()
    return found


def order(settings: Settings) -> list[tuple[str, int, bool]]:
    """Name, version and whether it is current of each report of 2024-Q4."""
    return [(name, version, is_current) for name, version, _, is_current in versions(settings)]


def is_rebuilt_alike(settings: Settings) -> bool:
    return compared(settings.warehouse_url, rebuilt(settings))[1] == []


@pytest.mark.both_databases
def test_who_sends_the_first_file_again_after_another_means_it(
    settings: Settings, good: bytes, better: bytes
) -> None:
    for minute, (name, content) in enumerate(
        [("a.xlsx", good), ("b.xlsx", better), ("a lần 2.xlsx", good)]
    ):
        sent(settings, name, content, minute)
        ran(settings)
    assert order(settings) == [
        ("a.xlsx", 1, False),
        ("b.xlsx", 2, False),
        ("a lần 2.xlsx", 3, True),
    ]
    again = ran(settings)
    assert (again.summary.received, again.summary.duplicates) == (0, 0)
    assert is_rebuilt_alike(settings)


@pytest.mark.both_databases
def test_so_it_is_within_one_run_and_in_one_place(
    settings: Settings, good: bytes, better: bytes
) -> None:
    sent(settings, "a.xlsx", good)
    sent(settings, "b.xlsx", better, 1)
    sent(settings, "c.xlsx", good, 2)
    ran(settings)
    assert order(settings)[-1] == ("c.xlsx", 3, True)
    sent(settings, "c.xlsx", better, 3)
    ran(settings)
    sent(settings, "c.xlsx", good, 4)
    ran(settings)
    assert [row[1:] for row in order(settings)] == [(n, n == 5) for n in range(1, 6)]
    assert is_rebuilt_alike(settings)


@pytest.mark.both_databases
def test_what_counts_now_is_a_duplicate_in_a_later_run_and_in_the_same(
    settings: Settings, good: bytes
) -> None:
    sent(settings, "a.xlsx", good)
    sent(settings, "a (1).xlsx", good, 1)
    first = ran(settings)
    assert (first.summary.received, first.summary.duplicates) == (1, 1)
    sent(settings, "a (2).xlsx", good, 2)
    second = ran(settings)
    assert (second.summary.received, second.summary.duplicates) == (0, 1)
    assert states(settings) == {"processed": 1, "duplicate": 2}
    assert order(settings) == [("a.xlsx", 1, True)]
    assert is_rebuilt_alike(settings)


def test_a_duplicate_of_what_a_run_had_to_leave_is_checked_and_that_one_is_the_duplicate(
    settings: Settings, good: bytes, refuse: Refuse
) -> None:
    sent(settings, "a.xlsx", good)
    sent(settings, "b.xlsx", good, 1)
    refuse("a.xlsx")
    night(settings).warehouse.dispose()
    assert order(settings) == [("b.xlsx", 1, True)]
    refuse("")
    second = ran(settings)
    assert (second.summary.received, second.summary.duplicates) == (0, 1)
    assert states(settings) == {"processed": 1, "duplicate": 1}
    assert is_rebuilt_alike(settings)


def test_a_bad_file_again_after_a_good_one_is_checked_and_reported_again(
    settings: Settings, bad: bytes, good: bytes
) -> None:
    mails = []
    for minute, (name, content) in enumerate([("a.xlsx", bad), ("b.xlsx", good), ("c.xlsx", bad)]):
        sent(settings, name, content, minute)
        mails.append(ran(settings).summary.mails_written)
    assert mails == [1, 0, 1]
    found = [(name, verdict, is_current) for name, _, verdict, is_current in versions(settings)]
    assert found[0] == ("a.xlsx", "quarantined", False)
    assert found[1][2]
    assert found[2] == ("c.xlsx", "quarantined", False)


@pytest.mark.both_databases
def test_a_zip_again_means_what_is_in_it(settings: Settings, good: bytes, better: bytes) -> None:
    sent(settings, "a.zip", packed({"q4.xlsx": good}))
    ran(settings)
    sent(settings, "b.zip", packed({"q4.xlsx": good}), 1)
    assert ran(settings).summary.duplicates == 1
    sent(settings, "q4.xlsx", better, 2)
    ran(settings)
    sent(settings, "c.zip", packed({"q4.xlsx": good}), 3)
    ran(settings)
    assert order(settings) == [
        ("a.zip / q4.xlsx", 1, False),
        ("q4.xlsx", 2, False),
        ("c.zip / q4.xlsx", 3, True),
    ]
    assert is_rebuilt_alike(settings)


@pytest.mark.both_databases
def test_touching_the_whole_inbox_gives_duplicates_only(
    settings: Settings, good: bytes, better: bytes
) -> None:
    """The correction has the earlier name: who copies a folder copies by name, not by age."""
    sent(settings, "sai.xlsx", good)
    sent(settings, "gói.zip", packed({"q4.xlsx": good}), 1)
    sent(settings, "hỏng.xlsx", b"no workbook", 2)
    ran(settings)
    sent(settings, "a sửa.xlsx", better, 3)
    ran(settings)
    before = versions(settings)
    for minute, path in enumerate(sorted((Path(settings.inbox_url) / "942").iterdir())):
        os.utime(path, (LONG_AGO + A_DAY + minute,) * 2)
    touched = ran(settings)
    assert versions(settings) == before
    assert touched.summary.verdicts.total() == 0
    assert touched.summary.mails_written == 0
    assert touched.summary.received == 0
    assert is_rebuilt_alike(settings)


def test_one_file_that_is_put_into_its_place_again_is_meant(
    settings: Settings, good: bytes, better: bytes
) -> None:
    sent(settings, "a.xlsx", good)
    sent(settings, "b.xlsx", better, 1)
    ran(settings)
    sent(settings, "a.xlsx", good, 2)
    ran(settings)
    assert order(settings)[-1] == ("a.xlsx", 3, True)


@pytest.mark.both_databases
def test_a_correction_with_an_older_time_counts_and_is_asked_about(
    settings: Settings, good: bytes, better: bytes
) -> None:
    sent(settings, "b.xlsx", good, 5)
    ran(settings)
    sent(settings, "a.xlsx", better, 1)
    ran(settings)
    assert versions(settings) == [
        ("b.xlsx", 1, "accepted", False),
        ("a.xlsx", 2, "accepted_with_warnings", True),
    ]
    with reading(settings) as session:
        (message,) = session.scalars(
            select(FindingRow.message).where(FindingRow.rule == "HIS-17")
        ).all()
        first, second = session.scalars(select(DeliveryRow).order_by(DeliveryRow.id)).all()
    # Both were saved on one day: only the hours tell which is the older.
    saved, replaced = re.findall(r"lưu lúc (16/01/2025 \d\d:\d\d)", message)
    assert saved < replaced
    assert first.received_at < second.received_at
    assert first.offered_at is not None
    assert second.offered_at is not None
    assert first.offered_at > second.offered_at
    assert is_rebuilt_alike(settings)


def test_the_bytes_of_a_withdrawn_file_may_be_sent_again(settings: Settings, good: bytes) -> None:
    sent(settings, "a.xlsx", good)
    run = night(settings)
    withdraw(run.warehouse, 1, Signature("", run.now(), "gửi nhầm"))
    run.warehouse.dispose()
    sent(settings, "b.xlsx", good, 1)
    ran(settings)
    assert order(settings) == [("a.xlsx", 1, False), ("b.xlsx", 2, True)]


def test_a_text_dated_in_the_future_is_taken_by_the_second_run_as_of_the_first(
    settings: Settings, own_pack: Path
) -> None:
    path = Path(settings.inbox_url) / "942" / "bảng.csv"
    path.parent.mkdir(parents=True)
    path.write_text("a;b\n1;2\n", encoding="utf-8")
    os.utime(path, (4_000_000_000,) * 2)
    settings = settings.model_copy(update={"pack": edited(own_pack, "settle_seconds: 0")})
    first = ran(settings)
    assert (first.summary.received, first.summary.still_arriving) == (0, 1)
    second = ran(settings)
    assert (second.summary.received, second.summary.still_arriving) == (1, 0)
    with reading(settings) as session:
        row = session.scalars(select(DeliveryRow)).one()
    assert row.offered_at is not None
    assert row.offered_at.year == 2096
    assert row.received_at < second.now()


def test_a_text_that_changes_from_run_to_run_is_reported_to_its_sender_once(
    settings: Settings, own_pack: Path
) -> None:
    path = Path(settings.inbox_url) / "942" / "bảng.csv"
    path.parent.mkdir(parents=True)
    settings = settings.model_copy(update={"pack": edited(own_pack, "settle_seconds: 0")})
    mails = []
    for number in range(4):
        path.write_text("a;b\n" * (number + 1), encoding="utf-8")
        os.utime(path, (4_000_000_000 + number,) * 2)
        run = ran(settings)
        mails.append(run.summary.mails_written)
        assert len(run.summary.warnings) == min(number, 1)
    assert mails == [0, 1, 0, 0]
    with reading(settings) as session:
        assert session.scalars(select(FindingRow.rule)).all() == ["FILE-11"]


def edited(pack: Path, line: str) -> Path:
    """Add a setting to the inbox in the pack's `sources.yaml`; return the pack."""
    path = pack / "sources.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("    kind: folder\n", f"    kind: folder\n    {line}\n"), encoding="utf-8"
    )
    return pack

"""A delivery that a run had to leave is checked by a later one, and has the place that was its own."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from flows.night import steps
from program.settings import Settings
from tests.conftest import GOOD_LEVELS, Fill
from tests.integration.test_gathered_deliveries import packed
from tests.integration.test_rebuild import compared, night, put, rebuilt
from tests.kills.sample import BAD_LEVELS
from warehouse.database.engine import open_warehouse

pytestmark = [
    pytest.mark.slow,
    pytest.mark.both_databases,
    pytest.mark.usefixtures("reads_here"),
]

Refuse = Callable[[str], None]
_WOMEN = (("commune", 9), ("total", 59))


@pytest.fixture
def refuse(monkeypatch: pytest.MonkeyPatch) -> Refuse:
    """Have the database refuse what came under a name, until the name is ""."""
    load, refused = steps.load_deliveries, [""]

    def loading(engine: Any, checked: Any, **how: Any) -> list[int | None]:
        if any(each.submissions[0][0].delivery.name == refused[0] for each in checked):
            raise OSError("connection lost")
        return load(engine, checked, **how)

    monkeypatch.setattr(steps, "load_deliveries", loading)
    return lambda name: refused.__setitem__(0, name)


def sent(settings: Settings, *files: tuple[str, bytes]) -> None:
    """Put files into the inbox, each a minute after the one before it."""
    for minute, (name, content) in enumerate(files):
        put(settings, "942", name, content)
        os.utime(Path(settings.inbox_url) / "942" / name, (1_737_000_000 + 60 * minute,) * 2)


def versions(settings: Settings) -> list[tuple[Any, ...]]:
    """Name, version, verdict and whether it is current of each report of 2024-Q4."""
    engine = open_warehouse(settings.warehouse_url)
    query = """
        SELECT d.name, s.version, s.verdict, s.known_from IS NOT NULL AND s.known_to IS NULL
        FROM submissions s JOIN deliveries d ON d.id = s.delivery_id WHERE s.period = '2024-Q4' ORDER BY s.version"""
    with engine.connect() as connection:
        rows = [(*row[:3], bool(row[3])) for row in connection.execute(text(query))]
    engine.dispose()
    return rows


def lived(settings: Settings, refuse: Refuse, left: str) -> list[tuple[Any, ...]]:
    """Two runs, the first of which has to leave one delivery.

    What a rebuild makes of them is the same.
    """
    refuse(left)
    first = night(settings)
    assert len(first.summary.errors) == 1
    first.warehouse.dispose()
    refuse("")
    second = night(settings)
    assert second.summary.errors == []
    second.warehouse.dispose()
    assert compared(settings.warehouse_url, rebuilt(settings))[1] == []
    return versions(settings)


@pytest.fixture
def good(fill: Fill) -> bytes:
    return fill("942", "2024-Q4")


@pytest.fixture
def better(fill: Fill) -> bytes:
    return fill(
        "942",
        "2024-Q4",
        levels={
            **GOOD_LEVELS,
            **{name: {**GOOD_LEVELS[name], "women": women} for name, women in _WOMEN},
        },
    )


@pytest.fixture
def bad(fill: Fill) -> bytes:
    return fill("942", "2024-Q4", levels=BAD_LEVELS)


def test_a_good_one_does_not_replace_what_came_later(
    settings: Settings, refuse: Refuse, good: bytes, better: bytes
) -> None:
    sent(settings, ("a.xlsx", good), ("b.xlsx", better))
    found = lived(settings, refuse, "a.xlsx")
    assert [(name, version, is_current) for name, version, _, is_current in found] == [
        ("a.xlsx", 1, False),
        ("b.xlsx", 2, True),
    ]


def test_nobody_is_asked_to_mend_what_was_mended(
    settings: Settings, refuse: Refuse, bad: bytes, good: bytes
) -> None:
    sent(settings, ("a.xlsx", bad), ("b.xlsx", good))
    found = lived(settings, refuse, "a.xlsx")
    assert [row[:3] for row in found] == [("a.xlsx", 1, "quarantined"), ("b.xlsx", 2, found[1][2])]
    assert found[1][3]
    assert [
        path
        for path in settings.outbox.glob("*.eml")
        if "a.xlsx" in path.read_text(encoding="utf-8")
    ] == []


def test_a_good_one_is_current_where_what_came_later_is_bad(
    settings: Settings, refuse: Refuse, good: bytes, bad: bytes
) -> None:
    sent(settings, ("a.xlsx", good), ("b.xlsx", bad))
    found = lived(settings, refuse, "a.xlsx")
    assert [(row[0], row[1], row[3]) for row in found] == [
        ("a.xlsx", 1, True),
        ("b.xlsx", 2, False),
    ]


def test_of_three_the_first_finds_its_place_before_both(
    settings: Settings, refuse: Refuse, good: bytes, bad: bytes, better: bytes
) -> None:
    sent(settings, ("a.xlsx", good), ("b.xlsx", bad), ("c.xlsx", better))
    found = lived(settings, refuse, "a.xlsx")
    assert [(row[0], row[1], row[3]) for row in found] == [
        ("a.xlsx", 1, False),
        ("b.xlsx", 2, False),
        ("c.xlsx", 3, True),
    ]


def test_one_in_a_zip_has_the_turn_of_its_zip(
    settings: Settings, refuse: Refuse, good: bytes, better: bytes
) -> None:
    sent(settings, ("gói.zip", packed({"a.xlsx": good})), ("b.xlsx", better))
    found = lived(settings, refuse, "gói.zip / a.xlsx")
    assert [(row[0], row[1], row[3]) for row in found] == [
        ("gói.zip / a.xlsx", 1, False),
        ("b.xlsx", 2, True),
    ]


def test_an_older_file_that_comes_in_a_later_run_is_the_newer_version(
    settings: Settings, good: bytes, better: bytes
) -> None:
    """A file carries the day of its last saving: who sends an older one after all means it."""
    put(settings, "942", "b.xlsx", better)
    night(settings).warehouse.dispose()
    sent(settings, ("a.xlsx", good))
    night(settings).warehouse.dispose()
    assert [(row[0], row[1], row[3]) for row in versions(settings)] == [
        ("b.xlsx", 1, False),
        ("a.xlsx", 2, True),
    ]

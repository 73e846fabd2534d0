"""Which period's figure leaders read first: the page and the brief take the same."""

from dataclasses import dataclass
from datetime import date

import pytest

from program.calendar.stage import Stage
from program.pack.pack import Pack
from program.records.headline import headline

MAY = date(2025, 5, 2)


@dataclass(frozen=True)
class Figure:
    """A figure of a period."""

    period: str
    reported: int
    expected: int = 11
    stage: Stage = Stage.FINAL
    basis: str = "sum_of_districts"


FULL = Figure("2024-Q4", 10)


@pytest.mark.parametrize(
    ("rows", "first"),
    [
        ([FULL, Figure("2025-Q1", 9)], Figure("2025-Q1", 9)),
        ([FULL, Figure("2025-Q1", 8)], FULL),
        ([FULL, Figure("2025-Q2", 11)], FULL),
        ([FULL, Figure("2025", 11, stage=Stage.ESTIMATE)], FULL),
        ([FULL, Figure("2024", 9)], Figure("2024", 9)),
        ([Figure("2024-Q3", 3), Figure("2024-Q4", 1)], Figure("2024-Q4", 1)),
        ([FULL, Figure("2024-Q4", 1, 1, basis="reported")], Figure("2024-Q4", 1, 1, basis="reported")),
        ([Figure("2024-Q4", 0), Figure("2025-Q1", 11, stage=Stage.ESTIMATE)], None),
    ],
    ids=[
        "the latest with enough reports",
        "not one with too few",
        "not one that has not ended",
        "not an estimate",
        "of two that end together the longer",
        "the latest if none has enough",
        "the unit's own report before a sum",
        "none without a final report",
    ],
)  # fmt: skip
def test_leaders_read_the_latest_whole_figure_first(
    pack: Pack, rows: list[Figure], first: Figure | None
) -> None:
    for order in (rows, rows[::-1]):
        assert headline(order, pack.program, MAY) == first

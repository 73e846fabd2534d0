"""The place of a unit's figure: among its peers, with equal places for equal figures."""

import pytest

from publish.site.tables.ranks import Ranks
from tests.unit.test_page import figure

ROWS = [
    figure("1", "2024-Q4", 10.0),
    figure("2", "2024-Q4", 30.0),
    figure("3", "2024-Q4", 30.0),
    figure("4", "2024-Q4", 40.0),
    figure("1", "2024-Q3", 99.0),
]


def groups(code: str) -> str:
    return "other province" if code == "9" else "province"


@pytest.mark.parametrize(
    ("unit", "is_up", "place"),
    [("4", True, 1), ("2", True, 2), ("3", True, 2), ("1", True, 4), ("1", False, 1)],
)
def test_the_best_figure_is_first_and_equal_ones_share_a_place(
    unit: str, is_up: bool, place: int
) -> None:
    row = next(row for row in ROWS if row.unit_code == unit)
    assert Ranks(ROWS, groups).of(row, is_up=is_up) == (place, 4)


def test_a_unit_without_peers_has_no_place() -> None:
    alone = figure("9", "2024-Q4", 50.0)
    ranks = Ranks([*ROWS, alone], groups)
    assert ranks.of(alone, is_up=True) is None
    assert ranks.of(ROWS[-1], is_up=True) is None
    assert ranks.of(ROWS[0], is_up=True) == (4, 4), "the other province is no peer"

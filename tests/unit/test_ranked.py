"""Values kept in order while reports join and leave: the same spreads as of all values sorted anew."""

import numpy as np
import pytest

from expectations.history.ranked import Entries, Ranked
from expectations.history.robust import Floats, spread_of

REPORTS, KEYS = 40, 12


def values_of_reports(seed: int) -> Floats:
    """Return figures with gaps, zeros, negative ones and many of the same size, a row a report."""
    random = np.random.default_rng(seed)
    values = np.round(random.normal(3, 4, (REPORTS, KEYS)), seed % 3)
    values[random.random(values.shape) < 0.3] = np.nan
    values[:, 0] = np.nan
    values[:, 1] = 7
    return values


def ranked_of(values: Floats, asked: list[int] | None = None) -> Ranked:
    """Return what ranks these values, holding nobody; `asked` takes the reports it asks about."""

    def entries(place: int) -> Entries:
        if asked is not None:
            asked.append(place)
        keys = np.flatnonzero(~np.isnan(values[place]))
        return keys, values[place, keys]

    return Ranked(len(values), entries)


def assert_same(ranked: Ranked, values: Floats, held: list[int]) -> None:
    """Assert that each measure of the spread is, to the last bit, that of the held rows."""
    expected = spread_of(values[held])
    for found, wanted in zip(ranked.spread(np.arange(values.shape[1])), expected, strict=True):
        np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("seed", range(6))
def test_reports_that_join_and_leave_give_the_spread_of_those_that_are_held(seed: int) -> None:
    values = values_of_reports(seed)
    ranked, random = ranked_of(values), np.random.default_rng(seed)
    for _ in range(30):
        held = random.permutation(REPORTS)[: random.integers(0, REPORTS)].tolist()
        ranked.hold(held)
        assert_same(ranked, values, held)


def test_a_report_more_and_itself_left_out_is_all_that_changes_from_one_to_the_next() -> None:
    asked: list[int] = []
    ranked = ranked_of(values_of_reports(1), asked)
    ranked.hold(range(REPORTS - 1))
    asked.clear()
    ranked.hold([place for place in range(REPORTS) if place != 5])
    assert sorted(asked) == [5, REPORTS - 1]


def test_a_report_held_for_two_reasons_counts_once() -> None:
    values = values_of_reports(2)
    ranked = ranked_of(values)
    ranked.hold([1, 2, 3], np.array([3, 4]))
    assert_same(ranked, values, [1, 2, 3, 4])


def test_nobody_held_gives_no_points() -> None:
    ranked = ranked_of(values_of_reports(0))
    ranked.hold([])
    spread = ranked.spread(np.arange(KEYS))
    assert np.isnan(spread.median).all()
    assert not spread.points.any()
